"""What tools print goes to the log, and what everybody else prints to the screen."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from livechat.events import ToolFinished
from livechat.tools.functions import Function, FunctionToolbox
from livechat.tools.prints import LONGEST, kept_off_the_screen, prints_as
from livechat.tools.runner import Runner
from tests.aio import run


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """A loop aside ends with its owner, which a generator that has ended may still hold."""
    yield
    gc.collect()


def write_some() -> None:
    sys.stdout.write("to the")
    sys.stdout.write(" screen\nand ")
    sys.stderr.writelines(["more\n", "unfinished"])


def called(function: Function, *, aside: bool) -> None:
    async def main() -> None:
        def report(told: ToolFinished) -> None:
            if not told.more:
                sys.stdout.write("it is told\n")

        async with asyncio.TaskGroup() as tasks:
            runner = Runner(FunctionToolbox({"tool": function}, aside=aside), report, tasks)
            runner.begin("1", "tool", {})

    run(main())


async def write_later() -> None:
    await asyncio.sleep(0)
    write_some()


async def write_in_pieces() -> AsyncIterator[int]:
    yield 1
    write_some()
    yield 2


@pytest.mark.parametrize("function", [write_some, write_later, write_in_pieces])
def test_what_a_tool_prints_is_logged_line_by_line(
    function: Function, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "livechat"), kept_off_the_screen():
        called(function, aside=True)
    printed = [message for message in caplog.messages if "printed" in message]
    assert printed == ["the tool tool printed: to the screen", "the tool tool printed: and more"]
    assert capsys.readouterr() == ("it is told\n", "")


def test_outside_of_it_a_tool_prints_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    """A program's own functions print where the program does."""
    called(write_some, aside=False)
    assert "to the screen\nand " in capsys.readouterr().out


def test_the_streams_are_themselves_but_for_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with kept_off_the_screen():
        assert sys.stdout.encoding == before[0].encoding
        sys.stdout.flush()
        sys.stderr.writelines(["not a tool's\n"])
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().err == "not a tool's\n"


def test_a_line_without_an_end_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        prints_as("tool")
        for _ in range(3):
            sys.stdout.write("x" * 10_000_000)
        sys.stdout.write("\n")

    with caplog.at_level(logging.INFO, "livechat"), kept_off_the_screen():
        run(main())
    (message,) = [message for message in caplog.messages if "printed" in message]
    assert message == "the tool tool printed: " + "x" * LONGEST


def read_some() -> str:
    assert not sys.stdin.isatty()
    assert list(sys.stdin) == []
    with suppress(EOFError):
        return input()
    return sys.stdin.read() + sys.stdin.buffer.read().decode()


def test_a_tool_that_reads_is_at_the_end_of_its_input_and_we_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[ToolFinished] = []

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            Runner(FunctionToolbox({"tool": read_some}, aside=True), told.append, tasks).begin("1", "tool", {})

    monkeypatch.setattr(sys, "stdin", ours := io.StringIO("one\ntwo\nthree\n"))
    with kept_off_the_screen():
        run(main())
        assert sys.stdin.readline() == "one\n"
        assert list(sys.stdin) == ["two\n", "three\n"]
    assert sys.stdin is ours
    assert told[-1].response == {"output": ""}


def test_streams_that_are_closed_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with kept_off_the_screen():
        assert sys.stdin is None


def test_a_tool_whose_own_log_is_on_the_screen_prints_a_line_once(caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise each line that is logged would be printed, and logged."""

    async def main() -> None:
        prints_as("tool")
        sys.stderr.write("hello\n")

    with caplog.at_level(logging.INFO, "livechat"), kept_off_the_screen():
        logging.getLogger().addHandler(handler := logging.StreamHandler(sys.stderr))
        try:
            run(main())
        finally:
            logging.getLogger().removeHandler(handler)
    assert caplog.messages == ["the tool tool printed: hello"]
