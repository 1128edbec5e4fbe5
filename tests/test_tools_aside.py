"""A loop aside: what runs there gives, raises and is cancelled as if it were here, and what blocks it is left."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from livechat.tools.aside import AsideLoop
from livechat.tools.steps import PATIENCE_S
from livechat.tools.toolbox import ToolFailure
from tests.aio import ends, run


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """A loop ends with its owner, which the traceback of an error may still hold."""
    yield
    gc.collect()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def once(work: Coroutine[Any, Any, object]) -> object:
    async def main() -> object:
        return await AsideLoop().run(work, "tool")

    return run(main())


async def where() -> threading.Thread:
    await asyncio.sleep(0)
    return threading.current_thread()


def test_it_runs_in_a_thread_that_keeps_no_process_up() -> None:
    thread = once(where())
    assert isinstance(thread, threading.Thread)
    assert (thread.name, thread.daemon) == ("livechat-tool-loop", True)


def test_all_share_one_loop() -> None:
    async def main() -> None:
        aside = AsideLoop()
        assert await aside.run(where(), "a") is await aside.run(where(), "b")

    run(main())


def test_what_is_raised_there_is_raised_here() -> None:
    async def work() -> None:
        raise KeyError("Oslo")

    with pytest.raises(KeyError, match="Oslo"):
        once(work())


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_would_end_more_than_the_tool_is_a_failure(error: BaseException) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(ToolFailure, match=type(error).__name__):
        once(work())


def test_who_is_cancelled_here_is_cancelled_there() -> None:
    begun, let_go = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()

    async def main() -> None:
        aside = AsideLoop()
        task = asyncio.get_running_loop().create_task(aside.run(work(), "tool"))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert await asyncio.to_thread(let_go.wait, 5)

    run(main())


def test_a_tool_that_blocks_is_named_and_others_go_on_without_it(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    begun = threading.Event()

    async def blocking() -> None:
        begun.set()
        release.wait(5)

    async def main() -> None:
        aside = AsideLoop()
        blocked = asyncio.get_running_loop().create_task(aside.run(blocking(), "weather"))
        await asyncio.to_thread(begun.wait, 5)
        assert isinstance(await aside.run(where(), "clock"), threading.Thread)
        release.set()
        await blocked

    with caplog.at_level(logging.WARNING, "livechat"):
        run(main())
    assert "the tool weather blocks: other tools go on without it" in caplog.messages


def test_a_tool_that_stops_the_loop_ends_only_itself() -> None:
    async def stopping() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.Event().wait()

    async def main() -> None:
        aside = AsideLoop()
        with pytest.raises(asyncio.CancelledError):
            await aside.run(stopping(), "tool")
        assert isinstance(await aside.run(where(), "clock"), threading.Thread)

    run(main())


def test_a_loop_that_has_ended_is_followed_by_another() -> None:
    async def main() -> None:
        aside = AsideLoop()
        await aside.run(where(), "tool")
        loop = aside._loop
        assert loop is not None
        loop.close()
        await asyncio.to_thread(loop.ended.wait, 5)
        assert isinstance(await aside.run(where(), "tool"), threading.Thread)

    run(main())


def test_it_ends_with_its_owner() -> None:
    once(where())
    assert all(ends(thread) for thread in threading.enumerate() if thread.name == "livechat-tool-loop")


def test_what_still_runs_when_it_ends_is_left_though_it_will_not_end() -> None:
    begun = threading.Event()

    async def stubborn() -> None:
        begun.set()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def main() -> None:
        aside = AsideLoop()
        task = asyncio.get_running_loop().create_task(aside.run(stubborn(), "tool"))
        await asyncio.to_thread(begun.wait, 5)
        aside.close()
        aside.close()
        async with asyncio.timeout(PATIENCE_S + 1):
            await asyncio.wait([task])
        assert task.cancelled()

    run(main())


def test_what_is_let_run_there_is_not_waited_for() -> None:
    done = threading.Event()

    async def work() -> None:
        done.set()
        raise ValueError

    async def main() -> None:
        aside = AsideLoop()
        aside.let(work())
        assert not done.is_set()
        await aside.run(where(), "tool")
        aside.let(work())
        assert await asyncio.to_thread(done.wait, 5)
        loop = aside._loop
        assert loop is not None
        aside.close()
        await asyncio.to_thread(loop.ended.wait, 5)
        assert loop.begin(work()) is None
        aside.let(work())

    run(main())
