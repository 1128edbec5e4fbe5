"""A coroutine taken step by step: the same as awaiting it, but that it can always be left."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from livechat.tools.steps import PATIENCE_S, Steps
from tests import virtual


async def stubborn(swallowed: list[BaseException], kinds: tuple[type[BaseException], ...]) -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except kinds as error:
            swallowed.append(error)


def begin(work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    async def main() -> object:
        return await Steps(work)

    return asyncio.get_running_loop().create_task(main())


def test_what_it_gives_is_given() -> None:
    async def work() -> str:
        await asyncio.sleep(1)
        return "done"

    async def main() -> tuple[str, float]:
        return await Steps(work()), asyncio.get_running_loop().time()

    assert virtual.run(main()) == ("done", 1.0)


def test_what_it_raises_is_raised() -> None:
    async def work() -> None:
        await asyncio.sleep(1)
        raise KeyError("Oslo")

    async def main() -> None:
        await Steps(work())

    with pytest.raises(KeyError, match="Oslo"):
        virtual.run(main())


def test_what_it_waits_for_may_raise_into_it() -> None:
    async def work() -> str:
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, waits.set_exception, ValueError("no"))
        try:
            await waits
        except ValueError as error:
            return str(error)
        return "yes"

    async def main() -> str:
        return await Steps(work())

    assert virtual.run(main()) == "no"


def test_a_time_limit_within_it_works_as_ever() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(1):
                await asyncio.Event().wait()
        except TimeoutError:
            return "too late"
        return "never"

    async def main() -> tuple[str, float]:
        given = await Steps(work())
        await asyncio.sleep(10 * PATIENCE_S)  # the task is not cancelled a second time
        return given, asyncio.get_running_loop().time()

    assert virtual.run(main()) == ("too late", 1.0 + 10 * PATIENCE_S)


def test_who_has_come_to_a_time_limit_of_its_own_may_go_on_as_long_as_it_likes() -> None:
    async def work() -> str:
        for _ in range(2):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.Event().wait()
            await asyncio.sleep(10 * PATIENCE_S)
        return "done"

    async def main() -> str:
        return await Steps(work())

    assert virtual.run(main()) == "done"


def test_who_is_cancelled_may_let_go_of_what_it_holds() -> None:
    let_go: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(PATIENCE_S / 2)
            let_go.append("the database")

    async def main() -> None:
        task = begin(work())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    virtual.run(main())
    assert let_go == ["the database"]


@pytest.mark.parametrize("kinds", [(asyncio.CancelledError,), (asyncio.CancelledError, GeneratorExit)])
def test_who_swallows_its_cancellation_is_left_when_patience_ends(kinds: tuple[type[BaseException], ...]) -> None:
    swallowed: list[BaseException] = []

    async def main() -> float:
        task = begin(stubborn(swallowed, kinds[:1]))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) == 1 + PATIENCE_S
    assert len(swallowed) == 1


def test_who_is_cancelled_again_and_again_may_let_go_all_the_same() -> None:
    let_go: list[str] = []

    async def work() -> str:
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        task = asyncio.current_task()
        assert task is not None
        while task.cancelling():
            task.uncancel()
        await asyncio.sleep(10 * PATIENCE_S)
        let_go.append("the database")
        return "done"

    async def main() -> object:
        task = begin(work())
        await asyncio.sleep(1)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(PATIENCE_S / 10)
        return await task

    assert virtual.run(main()) == "done"
    assert let_go == ["the database"]


def test_a_step_that_holds_the_loop_is_seen_while_it_does() -> None:
    seen: list[bool] = []

    async def work() -> None:
        seen.append(steps.since is not None)
        await asyncio.sleep(1)
        seen.append(steps.since is not None)

    async def main() -> None:
        asyncio.get_running_loop().call_later(0.5, lambda: seen.append(steps.since is None))
        await steps
        assert steps.since is None

    steps = Steps(work(), "tool")
    virtual.run(main())
    assert seen == [True, True, True]
    assert steps.name == "tool"
