"""Off a terminal nothing is for a terminal: no escape, no drawing and no traceback, whatever the environment asks."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import LIMIT_S, Terminal, begun, environment, livechat
from tests.speech_fixture import spoken
from tests.test_end_to_end import write_wav

ENVIRONMENTS = {
    "forced": {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TTY_INTERACTIVE": "1", "LIVECHAT_OUTPUT_FACE": "tty"},
    "narrow": {"FORCE_COLOR": "3", "COLUMNS": "40", "LINES": "5", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    "bare": {"NO_COLOR": "1", "TERM": "dumb", "CI": "1", "LIVECHAT_OUTPUT_FACE": "screen-reader"},
}
in_each_environment = pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=list(ENVIRONMENTS))

QUIET_COMMANDS = (
    "--help",
    "voices",
    "doctor",
    "devices",
    "config show",
    "sessions list",
    "text --local 'say: good morning'",
    "text --local --json 'say: good morning'",
    "text --local --usage -v 'say: “good” — 中文 \U0001f600 שלום'",
    "voces",
    "text --voice Puk hello",
    "--profile none voices",
    "text --server ws://127.0.0.1:9 hello",
)
"""Those that make no sound, and mistakes."""
SPOKEN_COMMANDS = (
    "send-audio --local question.wav",
    "talk --local --input-device none --output-device none --start-with 'say: hi' --once",
    "demo --question question.wav",
)


def harmless(run: subprocess.CompletedProcess[bytes]) -> None:
    """Nothing that a terminal would obey, and no sign of a program that broke."""
    for stream in (run.stdout, run.stderr):
        assert b"\x1b" not in stream, stream
        assert b"\r" not in stream, stream
        assert b"\x9b" not in stream.decode("utf-8").encode("latin-1", "ignore"), stream
        assert b"Traceback" not in stream, stream
        assert b"is at fault here" not in stream, stream
        assert rb"\u" not in stream, stream


@in_each_environment
@pytest.mark.parametrize("words", QUIET_COMMANDS)
def test_off_a_terminal_nothing_is_for_one(words: str, env: dict[str, str], tmp_path: Path) -> None:
    harmless(livechat(*shlex.split(words), cwd=tmp_path, env={"LIVECHAT_STATE": str(tmp_path), **env}))


@pytest.mark.speech
@pytest.mark.parametrize(("words", "env"), [*zip(SPOKEN_COMMANDS, ENVIRONMENTS.values(), strict=True)])
def test_nor_where_it_speaks(words: str, env: dict[str, str], tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", spoken("What is two plus two?"))
    run = livechat(*shlex.split(words), cwd=tmp_path, env={"LIVECHAT_STATE": str(tmp_path), **env})
    assert run.returncode == 0, run.stderr
    harmless(run)


def test_colors_that_are_asked_for_are_there_all_the_same(tmp_path: Path) -> None:
    assert b"\x1b[" in livechat("--color", "always", "voces", cwd=tmp_path, env={"TERM": "dumb"}).stderr


@pytest.mark.parametrize("piped", ["stdout", "stderr"])
def test_what_goes_into_a_pipe_is_free_of_what_the_terminal_beside_it_is_sent(piped: str, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    other = "stderr" if piped == "stdout" else "stdout"
    words = ["-v", "text", "--local", "say: good morning"]
    env = environment({"FORCE_COLOR": "1", "LIVECHAT_STATE": str(tmp_path), "LIVECHAT_OUTPUT_FACE": "tty"})
    streams = {piped: subprocess.PIPE, other: slave}
    with begun(*words, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, **streams) as process:
        os.close(slave)
        out, err = process.communicate(timeout=LIMIT_S)
    os.close(master)
    assert process.returncode == 0
    assert b"\x1b" not in (out or err)
    assert piped == "stderr" or out == b"Good morning.\n"


@pytest.mark.parametrize(
    "words", ["--help", "voices", "doctor", "config show", "text --local 'tell a long story'", "text --local --json hi"]
)
def test_a_reader_that_leaves_after_a_line_is_told_nothing(words: str, tmp_path: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -W error -m livechat -q {words} | head -1"
    env = environment({"FORCE_COLOR": "1", "LIVECHAT_STATE": str(tmp_path)})
    run = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, timeout=LIMIT_S, check=True)
    assert run.stdout.count(b"\n") == 1
    assert run.stderr == b""


MOVES = re.compile(r"\x1b(?:\[[0-9;]*[@-LPSTXZ`a-fhlr]|[78DEHMc])|\r(?!\r*\n)|\x08")
"""What moves a cursor or erases, which a screen reader would read again or pass over."""


@pytest.mark.speech
def test_on_a_terminal_that_is_read_aloud_nothing_moves_and_every_state_is_a_line(tmp_path: Path) -> None:
    words = "talk --local --input-device none --output-device none --once --screen-reader --start-with 'say: hi'"
    with Terminal(shlex.split(words), tmp_path, {"LIVECHAT_STATE": str(tmp_path)}) as terminal:
        assert terminal.end() == 0
    assert not MOVES.search(terminal.shown), terminal.shown
    lines = terminal.shown.splitlines()
    assert [line for line in lines if line.startswith(("you", "puck"))] == ["you: say: hi", "puck: Hi."]
    assert {"Thinking.", "Answering."} & {*lines}, "of states that follow each other within a second the newest is told"
