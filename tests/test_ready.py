"""Claims about the forks that tests run instead of new interpreters: nobody can tell them apart."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .cli import Terminal, begun, environment, livechat
from .ready import Forked, can_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux alone")


@pytest.mark.parametrize(
    "line", ["voices", "voices --jsn", "-q text --local hi", "config path", "text --server nowhere x"]
)
def test_a_fork_does_what_a_new_interpreter_does(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forked = livechat(*line.split(), cwd=tmp_path)
    monkeypatch.setenv("LIVECHAT_SOAK", "1")
    new = livechat(*line.split(), cwd=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (new.returncode, new.stdout, new.stderr)


def test_it_has_the_folder_the_variables_and_the_input_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "here.toml").write_text("[session]\nvoice = 'Puck'\n", "utf-8")
    (tmp_path / "sitecustomize.py").write_text("import sys; print('world', file=sys.stderr)\n", "utf-8")
    env = environment({"LIVECHAT_CONFIG": "here.toml", "PYTHONPATH": str(tmp_path)})
    assert can_run(env, environment())
    shown = livechat("config", "show", cwd=tmp_path, env=env)
    assert b'voice = "Puck"' in shown.stdout
    assert shown.stderr == b"world\n"
    assert livechat("text", "--local", cwd=tmp_path, stdin=b"what is 3 plus 4?").stdout == b"3 plus 4 is 7.\n"


def test_what_an_interpreter_reads_when_it_begins_has_a_new_one_begun() -> None:
    for own in ({"PYTHONUTF8": "0"}, {"LANG": "de_DE.ISO-8859-1"}, {"LC_ALL": "C"}):
        assert not can_run(environment(own), environment())


def test_a_signal_ends_it_as_any_process(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    with begun("serve", "--port", "0", cwd=tmp_path, env=environment(), stdout=pipe, stderr=pipe) as process:
        assert isinstance(process, Forked)
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"listening on ")
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_a_terminal_is_its_own_and_ctrl_c_there_is_a_signal(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect("> ")
        terminal.type("\x04")
        assert isinstance(terminal.process, Forked)
        assert terminal.end() == 0
    with Terminal(["serve", "--port", "0"], tmp_path) as terminal:
        terminal.expect("listening on ")
        terminal.type("\x03")
        assert terminal.end() in (0, 130)
