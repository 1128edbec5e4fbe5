"""Threads that nothing waits for: what they give, what they raise, and what becomes of what comes too late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from livechat.tools.threads import MOST, Threads
from livechat.tools.toolbox import ToolFailure
from tests.aio import run

WHO: ContextVar[str] = ContextVar("WHO")


def join_all() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("livechat-tool"):
            thread.join(5)


def result(work: Callable[[], object]) -> object:
    return run(Threads().run(work, "tool"))


def raising(error: BaseException) -> Callable[[], object]:
    def work() -> None:
        raise error

    return work


def test_work_is_done_in_a_daemon_thread_named_after_the_tool() -> None:
    thread = result(threading.current_thread)
    assert isinstance(thread, threading.Thread)
    assert (thread.daemon, thread.name) == (True, "livechat-tool tool")


def test_work_is_done_in_the_context_of_who_asks() -> None:
    async def main() -> str:
        WHO.set("Ada")
        return await Threads().run(WHO.get, "tool")

    assert run(main()) == "Ada"


def test_what_is_raised_is_raised_here() -> None:
    with pytest.raises(KeyError, match="Oslo"):
        result(raising(KeyError("Oslo")))


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), StopIteration(), GeneratorExit()])
def test_what_would_end_more_than_the_tool_is_a_failure(error: BaseException) -> None:
    with pytest.raises(ToolFailure, match=type(error).__name__) as raised:
        result(raising(error))
    assert raised.value.__cause__ is error


async def cancelled_late(work: Callable[[], object], begun: threading.Event, may_end: threading.Event) -> None:
    task = asyncio.get_running_loop().create_task(Threads().run(work, "tool"))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    await asyncio.to_thread(join_all)


def test_what_comes_too_late_is_thrown_away() -> None:
    """Also a coroutine, which would complain that it was never awaited."""
    begun, may_end = threading.Event(), threading.Event()

    async def never() -> None: ...

    def work() -> Coroutine[Any, Any, None]:
        begun.set()
        may_end.wait(5)
        return never()

    run(cancelled_late(work, begun, may_end))


def test_an_error_that_comes_too_late_is_thrown_away() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(5)
        raise ValueError

    run(cancelled_late(work, begun, may_end))


def test_a_thread_that_outlives_the_loop_disturbs_nobody() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(5)

    async def main() -> None:
        task = asyncio.get_running_loop().create_task(Threads().run(work, "tool"))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.wait([task])

    run(main())
    may_end.set()
    join_all()


def test_one_owner_has_only_so_many_threads_until_they_end() -> None:
    may_end = threading.Event()

    async def main() -> None:
        threads = Threads()
        tasks = [asyncio.get_running_loop().create_task(threads.run(may_end.wait, "tool")) for _ in range(MOST)]
        await asyncio.sleep(0)
        with pytest.raises(ToolFailure, match=f"{MOST} calls are still running"):
            await threads.run(may_end.wait, "tool")
        may_end.set()
        await asyncio.wait(tasks)
        await asyncio.to_thread(join_all)
        assert await threads.run(lambda: "again", "tool") == "again"

    run(main())
