"""Tools by their names: what is built in, and the marked functions of a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from livechat.errors import LivechatError, MissingInput, UsageError
from livechat.tools.file_toolbox import FileToolbox
from livechat.tools.functions import FunctionToolbox
from livechat.tools.results import Answer
from livechat.tools.source import load_tools
from tests.aio import run
from tests.cli import environment

WEATHER = '''
from __future__ import annotations
import os
import beside
from livechat.tools.functions import tool

@tool
def weather(city: str) -> str:
    """Tells the weather."""
    import beside_later
    return f"{beside_later.WORD} in {city}"

@tool(name="wind")
async def blowing() -> list[int]:
    return [os.getpid(), beside.IMPORTED.append(1) or len(beside.IMPORTED)]

@tool
def variable(name: str) -> str | None:
    return os.environ.get(name)

again = weather

def not_marked() -> None: ...
'''
Boxes = dict[str, FunctionToolbox | FileToolbox]


@contextmanager
def loaded(names: Sequence[str], env: dict[str, str] | None = None) -> Iterator[Boxes]:
    boxes = load_tools(names, env=env)
    try:
        yield boxes
    finally:
        for box in boxes.values():
            if isinstance(box, FileToolbox):
                box.close()


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("IMPORTED = []")
    (tmp_path / "beside_later.py").write_text("WORD = 'rain'")
    file = tmp_path / "weather.py"
    file.write_text(WEATHER)
    return file


def failure(name: str) -> LivechatError:
    with pytest.raises(LivechatError) as error:
        load_tools([name])
    return error.value


def test_what_is_built_in_is_named() -> None:
    boxes = load_tools(["clock", "calculator", "clock"])
    assert [[*box.marks] for box in boxes.values()] == [["clock"], ["calculator"]]


def test_notes_are_kept_where_it_is_said(tmp_path: Path) -> None:
    box = load_tools(["notes"], folder=tmp_path)["notes"]
    run(box.call("add_note", {"text": "milk"}))
    assert (tmp_path / "notes.txt").read_text() == "milk\n"


def test_the_marked_functions_of_a_file_are_its_tools(weather: Path) -> None:
    with loaded([str(weather)]) as boxes:
        assert {title: [one.name for one in box.declarations()] for title, box in boxes.items()} == {
            "weather.py": ["weather", "wind", "variable"]
        }
        assert run(boxes["weather.py"].call("weather", {"city": "Oslo"})) == Answer({"output": "rain in Oslo"})


def test_a_file_has_one_process_however_often_it_is_named(weather: Path) -> None:
    names = [str(weather), str(weather.parent / ".." / weather.parent.name / "weather.py")]
    with loaded(names) as boxes:
        assert [*boxes] == ["weather.py"]
        given = run(boxes["weather.py"].call("wind", {}))
        assert isinstance(given, Answer)
        pid, imports = given.response["output"]
        assert pid != os.getpid()
        assert imports == 1


def test_each_file_has_a_process_of_its_own_and_those_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.py").write_text(f"import livechat.tools.functions as f\n@f.tool\ndef {name}(): ...\n")
    with loaded([str(tmp_path / "one" / "t.py"), str(tmp_path / "two" / "t.py")]) as boxes:
        assert {title: [*box.marks] for title, box in boxes.items()} == {
            "t.py": ["one"],
            str(tmp_path / "two" / "t.py"): ["two"],
        }
        assert len({box.pid for box in boxes.values() if isinstance(box, FileToolbox)}) == 2


def test_a_file_is_given_the_environment_that_is_said(weather: Path) -> None:
    with loaded([str(weather)], {**environment(), "HERE": "yes"}) as boxes:
        assert run(boxes["weather.py"].call("variable", {"name": "HERE"})) == Answer({"output": "yes"})


def test_a_name_that_nothing_has_is_an_error_that_names_the_nearest() -> None:
    error = failure("clok")
    assert str(error) == "there are no tools called 'clok' — did you mean clock?"
    assert error.hint == "built in are clock, calculator, notes; your own are in a FILE.py"


def test_a_file_named_without_its_ending_is_what_was_meant(weather: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(weather.parent)
    assert failure("weather").hint == "--tools weather.py"


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    error = failure(str(tmp_path / "gone.py"))
    assert isinstance(error, MissingInput)
    assert str(error) == f"there is no file {tmp_path / 'gone.py'}"


def test_a_file_that_cannot_be_used_says_where_and_why_and_ends_the_others(weather: Path) -> None:
    bad = weather.parent / "bad.py"
    bad.write_text("def f():\n    int('x')\nf()\n")
    with pytest.raises(UsageError) as error:
        load_tools([str(weather), str(bad)])
    assert str(error.value) == "bad.py:2: ValueError: invalid literal for int() with base 10: 'x'"
    assert (error.value.why, error.value.hint) == (
        "it cannot be imported",
        "python bad.py shows where that comes from",
    )


def test_what_is_no_python_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text("x")
    assert str(failure(str(tmp_path / "tools.txt"))) == "tools.txt is no Python file"


def test_where_no_process_can_be_started_that_is_said(weather: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    error = failure(str(weather))
    assert (str(error), error.why) == ("no process can be started for weather.py", "No such file or directory")


def test_who_presses_ctrl_c_while_a_file_is_imported_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("open('begun', 'w')\nimport re\nre.match('(a+)+$', 'a' * 60 + 'b')")
    command = [sys.executable, "-m", "livechat", "tools", "list", "--tools", "slow.py"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE) as running:
        until = time.monotonic() + 30
        while not (tmp_path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.02)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 130
        assert time.monotonic() - began < 3, "a busy machine takes its time; the match would take hours"


def test_what_a_file_prints_when_it_is_imported_is_in_the_log_and_it_reads_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tool = "from livechat.tools.functions import tool\n@tool\ndef one() -> str: ...\n"
    (tmp_path / "loud.py").write_text("import sys\nprint('hi' + sys.stdin.read())\n" + tool)
    with caplog.at_level("INFO", "livechat"), loaded([str(tmp_path / "loud.py")]):
        pass
    assert caplog.messages == ["the tool loud.py printed: hi"]
    assert capfd.readouterr() == ("", "")
