"""A connection that is lost while a tool is called: the real command line, the embedded server, a tool that counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.testing import serving
from tests.cli import livechat

TOOL = '''
import time, livechat

@livechat.tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    with open("runs.txt", "a") as runs:
        runs.write(city + "\\n")
    time.sleep({seconds})
    return f"It is 19 degrees and sunny in {{city}}."
'''
ASK = ("text", "what is the weather in Lisbon?", "--tools", "weather.py", "--approve", "auto")
GOES_ON = {"LIVECHAT_SERVER_TRIES": "8"}


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        pytest.param("drop@toolCall:1#1", 0.5, id="behind the call, which runs on"),
        pytest.param("drop@text:1#1", 0.0, id="in the answer, which is about a call that is done"),
        pytest.param("close:1011:Internal error encountered.@toolCall:1#1", 0.0, id="as an error of the server's"),
    ],
)
def test_the_tool_runs_once_and_the_answer_is_about_what_it_gave(tmp_path: Path, when: str, seconds: float) -> None:
    (tmp_path / "weather.py").write_text(TOOL.format(seconds=seconds), "utf-8")
    with serving(faults=[when]) as server:
        run = livechat(*ASK, "--server", server.url, cwd=tmp_path, env=GOES_ON)
    assert run.returncode == 0, run.stderr.decode()
    assert (tmp_path / "runs.txt").read_text("utf-8") == "Lisbon\n"
    assert run.stdout.decode().count("19 degrees and sunny in Lisbon") == 1
    assert "rebuilt" in run.stderr.decode()
