"""Virtual time: it jumps, it is exact, and it never hides a hang."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests import virtual
from tests.virtual import Deadlock


def test_a_day_passes_in_no_time() -> None:
    async def day() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert virtual.run(day()) == 86_400
    assert time.monotonic() - began < 10


def test_time_begins_at_zero_and_stands_still_while_somebody_works() -> None:
    async def work() -> list[float]:
        loop = asyncio.get_running_loop()
        moments = [loop.time()]
        for _ in range(100):
            await asyncio.sleep(0)
        return [*moments, loop.time()]

    assert virtual.run(work()) == [0.0, 0.0]


def test_tasks_wake_in_the_order_of_their_moments_not_of_their_making() -> None:
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, asyncio.get_running_loop().time()))

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, seconds in (("late", 3.0), ("early", 1.0), ("between", 2.0)):
                tasks.create_task(sleeper(name, seconds))

    virtual.run(main())
    assert woken == [("early", 1.0), ("between", 2.0), ("late", 3.0)]


def test_timeouts_run_on_virtual_time_too() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) == 600


def test_a_deadlock_raises_at_once() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    began = time.monotonic()
    with pytest.raises(Deadlock):
        virtual.run(never())
    assert time.monotonic() - began < 10


def test_two_tasks_that_wait_for_each_other_are_a_deadlock_too() -> None:
    async def main() -> None:
        chicken, egg = asyncio.Event(), asyncio.Event()

        async def wait_then_set(first: asyncio.Event, second: asyncio.Event) -> None:
            await first.wait()
            second.set()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wait_then_set(chicken, egg))
            tasks.create_task(wait_then_set(egg, chicken))

    with pytest.raises(Deadlock):
        virtual.run(main())


def test_the_clean_up_of_a_deadlocked_task_still_runs() -> None:
    cleaned: list[str] = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("up")

    with pytest.raises(Deadlock):
        virtual.run(never())
    assert cleaned == ["up"]
