"""Claims about the ways a command ends: each has its words on stderr and its exit code, and none is a traceback."""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from livechat.commands.endings import ended, run, unwrapped
from livechat.commands.group import Command, Group, built
from livechat.config import ConfigProblems
from livechat.errors import ConfigError, LivechatError, QuotaExceeded, UsageError
from livechat.terminal.report import Report

from .cli import environment
from .cli_help import be_clean

KEY = "AIzaSyD-0123456789abcdefghijklmnopqx9Qz"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    be_clean(monkeypatch, tmp_path, {"GEMINI_API_KEY": KEY})


def tree(doing: Callable[[], None]) -> Callable[[], Group]:
    """A root with one command `go`, which does what is given."""

    def command() -> None:
        """Go."""
        doing()

    def find(name: str) -> Command:
        return built(name, command)

    return lambda: Group("livechat", names=["go"], find=find, help="help", alone="alone")


def saying(words: str) -> Callable[[], None]:
    return lambda: void(sys.stdout.write(words))


def void(_: object) -> None:
    """Nothing, whatever is given."""


def test_what_a_library_logs_passes_the_gate(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["go"], tree(lambda: logging.getLogger("somebody").error("bad \x1b]0;owned\x07"))) == 0
    assert capsys.readouterr().err == "warning: somebody: bad ␛\n"


def raising(error: BaseException) -> Callable[[], Group]:
    def fail() -> None:
        raise error

    return tree(fail)


def test_a_command_that_returns_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["go"], tree(saying("done"))) == 0
    assert capsys.readouterr() == ("done", "")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            QuotaExceeded("quota exceeded", why="too much", hint="wait"),
            75,
            "error: quota exceeded\n  why: too much\n  try: wait\n  ref: exit 75\n",
        ),
        (typer.Exit(3), 3, ""),
        (typer.Exit(), 0, ""),
        (SystemExit(4), 4, ""),
        (SystemExit(None), 0, ""),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (
            typer.BadParameter("no good."),
            2,
            "error: invalid value: no good\n  try: livechat go --help\n  ref: exit 2\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            74,
            "error: cannot write the output\n  why: No space left on device\n"
            "  try: make room there, or write elsewhere\n  ref: exit 74\n",
        ),
        (
            OSError(errno.ENOSPC, "Full", "a.wav"),
            74,
            "error: cannot write a.wav\n  why: Full\n  try: make room there, or write elsewhere\n  ref: exit 74\n",
        ),
    ],
)
def test_every_foreseen_end_has_its_code_and_its_words(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["go"], raising(error)) == code
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    "error", [KeyError("x"), SystemExit("words"), RecursionError("deep"), OSError(errno.EIO, "io")]
)
def test_an_unforeseen_end_is_one_line_and_how_to_see_more(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["go"], raising(error)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"error: livechat is at fault here: {type(error).__name__}: ")
    assert said[1] == "  try: run the same command again with --debug, and report what it prints"
    assert said[2:] == ["  ref: exit 1"]


@pytest.mark.parametrize("args", [["--debug", "go"], ["go", "--debug"]])
def test_a_traceback_is_shown_to_those_who_asked_for_it(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args, raising(UsageError("wrong"))) == 2
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("livechat.errors.UsageError: wrong\nerror: wrong\n  try: livechat go --help\n  ref: exit 2\n")


@pytest.mark.parametrize(
    ("args", "error", "hint"),
    [
        (["go"], UsageError("wrong"), "livechat go --help"),
        (["go"], UsageError("wrong", hint="right"), "right"),
        (["go"], ConfigProblems((ConfigError("a"), ConfigError("b"))), "mend it, then: livechat config validate"),
        (
            ["--config", "a b.toml", "go"],
            ConfigProblems((ConfigError("wrong"),)),
            "mend it, then: livechat config validate 'a b.toml'",
        ),
        (["go"], ConfigProblems((ConfigError("wrong", hint="right"),)), "right"),
    ],
)
def test_a_mistake_without_a_cure_gets_where_to_look_for_one(
    args: list[str], error: BaseException, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(args, raising(error))
    assert capsys.readouterr().err.splitlines()[-2] == f"  try: {hint}"


@pytest.mark.parametrize("error", [typer.Exit(1), SystemExit(1)])
def test_an_exit_is_no_error_and_has_no_traceback(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--debug", "go"], raising(error)) == 1
    assert capsys.readouterr().err == ""


def test_the_key_is_in_no_error_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--debug", "go"], raising(ValueError(f"refused {KEY}"))) == 1
    said = capsys.readouterr().err
    assert KEY not in said
    assert "ValueError: refused [hidden]" in said


def test_all_problems_of_a_configuration_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    problems = ConfigProblems((ConfigError("a.toml:1:1  one"), ConfigError("a.toml:2:1  two", hint="do")))
    assert run(["go"], raising(problems)) == 78
    assert capsys.readouterr().err == "error: a.toml:1:1  one\nerror: a.toml:2:1  two\n  try: do\n  ref: exit 78\n"


@pytest.mark.parametrize(
    ("leaves", "spoken_of"),
    [
        ([ValueError(), LivechatError("a"), QuotaExceeded("b")], 1),
        ([KeyboardInterrupt(), LivechatError("a")], 1),
        ([KeyError(), KeyboardInterrupt(), BrokenPipeError()], 2),
        ([KeyError(), SystemExit(143)], 1),
        ([KeyError(), ValueError()], 0),
    ],
)
def test_of_a_group_the_error_that_says_most_is_spoken_of(leaves: list[BaseException], spoken_of: int) -> None:
    nested = BaseExceptionGroup("outer", [leaves[0], BaseExceptionGroup("inner", leaves[1:])])
    assert unwrapped(nested) is leaves[spoken_of]
    assert unwrapped(leaves[0]) is leaves[0]


def test_a_group_ends_a_command_like_the_error_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["go"], raising(ExceptionGroup("tasks", [QuotaExceeded("quota exceeded")]))) == 75
    assert capsys.readouterr().err == "error: quota exceeded\n  ref: exit 75\n"


def test_an_ending_is_told_to_the_report_it_is_given() -> None:
    stream = io.StringIO()
    assert ended(UsageError("wrong"), Report(stream, {})) == 2
    assert stream.getvalue() == "error: wrong\n  ref: exit 2\n"


def test_signals_are_as_before_when_the_command_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run(["go"], tree(lambda: None))
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_the_terminal_s_encoding_lacks_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    assert run(["go"], tree(saying("é"))) == 0
    assert ascii_only.buffer.seek(0) == 0
    assert ascii_only.buffer.read() == b"?"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", b"a - ?"), ("cp1252", b"a \x97 \xe9"), ("utf-8", b"a \xe2\x80\x94 \xc3\xa9")]
)
def test_errors_and_answers_show_what_looks_alike(encoding: str, shown: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    assert run(["go"], tree(saying("a — é"))) == 0
    assert run(["go"], raising(UsageError("a — é"))) == 2
    for stream in streams:
        stream.flush()
        stream.buffer.seek(0)
        assert shown in stream.buffer.read()


SCRIPT = """
import sys, time
from livechat.commands.endings import run
from livechat.commands.group import Group, built

def command() -> None:
    try:
        print("ready", flush=True)
        {doing}
    finally:
        print("cleaned up", file=sys.stderr)

def tree() -> Group:
    return Group("livechat", names=["go"], find=lambda name: built(name, command), help="", alone="")

sys.exit(run(["go"], tree))
"""


@pytest.mark.parametrize(
    "doing", ["time.sleep(30)", "import asyncio; asyncio.run(asyncio.sleep(30))"], ids=["waiting", "in a loop"]
)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_command_after_its_cleaning_up(doing: str, sent: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(doing=doing)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, sent)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert said == "cleaned up\n"


IN_A_TASK = """
        import asyncio, os, signal

        async def struck() -> None:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(30)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(0)

        async def closing() -> None:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(struck())
            finally:
                await asyncio.sleep(0)
                print("closed", file=sys.stderr)

        asyncio.run(closing())
"""


def test_a_sigterm_in_a_task_and_another_while_it_ends_are_quiet_and_all_is_closed() -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(doing=IN_A_TASK.strip())],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (process.returncode, process.stderr) == (143, "closed\ncleaned up\n")


def test_a_bad_descriptor_that_is_not_stdout_is_our_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["go"], raising(OSError(errno.EBADF, "bad"))) == 1
    assert "livechat is at fault here: OSError" in capsys.readouterr().err


def test_what_a_closed_stdout_refuses_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with os.fdopen(os.open(os.devnull, os.O_RDONLY), "w") as refusing:
        monkeypatch.setattr(sys, "stdout", refusing)
        assert run(["go"], raising(OSError(errno.EBADF, "bad"))) == 74
    assert capsys.readouterr().err.startswith("error: standard output is closed\n")
