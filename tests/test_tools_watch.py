"""The watch over the loop: it names the tool that holds it up, and ends when there is nothing to watch."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time

import pytest

from livechat.tools.steps import Steps
from livechat.tools.watch import TOO_LONG_S, Stall, Watch, _place
from tests.aio import run


async def blocking() -> None:
    time.sleep(TOO_LONG_S + 0.2)  # noqa: ASYNC251
    await asyncio.sleep(0.01)


async def watched(watch: Watch) -> None:
    steps: Steps[object] = Steps(blocking(), "weather")
    with watch.over(steps):
        await steps


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name.startswith("livechat")]


def watching() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "livechat-tool-watch"]


def test_a_tool_that_blocks_the_loop_is_named_with_the_line_where_it_does(caplog: pytest.LogCaptureFixture) -> None:
    stalls: list[Stall] = []
    with caplog.at_level(logging.WARNING):
        run(watched(Watch(stalls.append)))
    (stall,) = stalls
    line = blocking.__code__.co_firstlineno + 1
    assert (stall.name, stall.where) == ("weather", f"test_tools_watch.py:{line}")
    assert TOO_LONG_S < stall.seconds < TOO_LONG_S + 0.2
    assert str(stall) == f"the tool weather blocks: nothing else went on for {stall.seconds:.1f} s ({stall.where})"
    assert warnings(caplog) == [str(stall)]


def test_where_nobody_wants_to_know_it_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        run(watched(Watch(None)))
    assert len(warnings(caplog)) == 1


def test_a_tool_that_waits_blocks_nothing() -> None:
    stalls: list[Stall] = []

    async def main() -> None:
        watch = Watch(stalls.append)
        one: Steps[object] = Steps(asyncio.sleep(TOO_LONG_S + 0.2))
        two: Steps[object] = Steps(asyncio.sleep(0))
        with watch.over(one):
            with watch.over(two):
                await two
            assert watching() == ["livechat-tool-watch"]
            await one

    run(main())
    assert stalls == []


def test_it_watches_only_while_there_is_something_to_watch() -> None:
    async def main() -> None:
        watch = Watch(None)
        for _ in range(2):
            steps: Steps[object] = Steps(asyncio.sleep(0))
            with watch.over(steps):
                await steps

    run(main())
    for thread in threading.enumerate():
        if thread.name == "livechat-tool-watch":
            thread.join(1)
    assert watching() == []


def test_a_thread_that_is_gone_is_nowhere() -> None:
    assert _place(-1) == ""


def test_a_stall_without_a_place_says_so() -> None:
    assert str(Stall("weather", 1.25, "")) == "the tool weather blocks: nothing else went on for 1.2 s"


async def matching() -> None:
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({TOO_LONG_S + 0.3})"], check=True)  # noqa: ASYNC221


def test_the_line_is_the_tools_own_though_it_is_deep_in_the_standard_library() -> None:
    stalls: list[Stall] = []

    async def main() -> None:
        steps: Steps[object] = Steps(matching(), "weather")
        with Watch(stalls.append).over(steps):
            await steps

    run(main())
    assert stalls[0].where == f"test_tools_watch.py:{matching.__code__.co_firstlineno + 1}"
