"""The runner of tools: each call begun once, answered once or not at all, and never the end of anything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from livechat.events import ToolFinished
from livechat.session import Hands
from livechat.tools.functions import Function, FunctionToolbox
from livechat.tools.runner import AT_ONCE, MOST_PIECES, STOPPED, Runner
from livechat.tools.steps import PATIENCE_S
from tests import virtual
from tests.aio import run

Told = list[ToolFinished]


async def with_runner(function: Function, use: Callable[[Runner, Told], Awaitable[object]]) -> Told:
    """What is reported where this is called `tool`."""
    told: Told = []
    async with asyncio.TaskGroup() as tasks:
        await use(Runner(FunctionToolbox({"tool": function}), told.append, tasks), told)
    return told


def told_of(function: Function, *ids: str, **args: object) -> Told:
    async def use(runner: Runner, _: Told) -> None:
        for id in ids or ["1"]:
            runner.begin(id, "tool", args)

    return run(with_runner(function, use))


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_a_runner_is_a_pair_of_hands() -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            hands: Hands = Runner(FunctionToolbox([]), print, tasks)
            hands.cancel("never begun")

    run(main())


def test_what_a_tool_gives_is_reported_by_the_id_of_the_call() -> None:
    def double(n: int) -> int:
        return 2 * n

    assert told_of(double, n=4) == [ToolFinished("1", {"output": 8})]


def test_a_call_that_is_begun_twice_runs_once() -> None:
    assert told_of(lambda: "once", "1", "1") == [ToolFinished("1", {"output": "once"})]


def test_calls_run_beside_each_other() -> None:
    both = threading.Barrier(2)

    def meet() -> str:
        both.wait(5)
        return "met"

    assert {told.id: told.response for told in told_of(meet, "a", "b")} == {
        "a": {"output": "met"},
        "b": {"output": "met"},
    }


def test_only_so_many_run_at_once() -> None:
    running, most = 0, 0

    async def busy() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await soon()
        running -= 1

    assert len(told_of(busy, *map(str, range(3 * AT_ONCE)))) == 3 * AT_ONCE
    assert most == AT_ONCE


def test_a_call_that_is_broken_off_is_cancelled_and_nothing_is_reported() -> None:
    ended: list[str] = []

    async def tool() -> None:
        try:
            await for_ever()
        finally:
            ended.append("let go")

    async def use(runner: Runner, _: Told) -> None:
        runner.begin("1", "tool", {})
        await soon()
        runner.cancel("2")
        assert ended == []
        runner.cancel("1")
        runner.cancel("1")

    assert run(with_runner(tool, use)) == []
    assert ended == ["let go"]


def test_a_tool_that_swallows_its_cancellation_is_left_behind() -> None:
    async def tool() -> None:
        while True:
            try:
                await for_ever()
            except asyncio.CancelledError:
                continue

    async def use(runner: Runner, _: Told) -> None:
        runner.begin("1", "tool", {})
        await soon()
        runner.cancel("1")

    async def main() -> float:
        assert await with_runner(tool, use) == []
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) == PATIENCE_S


def test_an_answer_in_spite_of_a_cancellation_is_dropped() -> None:
    async def tool() -> str:
        try:
            await for_ever()
        except asyncio.CancelledError:
            return "all the same"
        return "never"

    async def use(runner: Runner, _: Told) -> None:
        runner.begin("1", "tool", {})
        await soon()
        runner.cancel("1")

    assert run(with_runner(tool, use)) == []


def test_who_closes_tells_of_what_does_not_run_to_its_end() -> None:
    """Also of calls that had no time to begin."""

    async def use(runner: Runner, told: Told) -> None:
        runner.begin("a", "tool", {})
        await soon()
        runner.begin("b", "tool", {})
        runner.close()
        runner.close()
        assert told == [ToolFinished("a", {"error": STOPPED}), ToolFinished("b", {"error": STOPPED})]

    assert len(run(with_runner(for_ever, use))) == 2


def test_an_id_may_come_again_when_its_call_has_ended() -> None:
    async def use(runner: Runner, _: Told) -> None:
        runner.begin("1", "tool", {})
        await soon()
        runner.cancel("1")
        runner.begin("1", "tool", {})
        await soon()
        runner.close()

    assert run(with_runner(for_ever, use)) == [ToolFinished("1", {"error": STOPPED})]


def test_an_async_generator_reports_each_piece_and_its_end() -> None:
    async def count() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    assert told_of(count) == [
        ToolFinished("1", {"output": "one"}, more=True),
        ToolFinished("1", {"output": "two"}, more=True),
        ToolFinished("1", {}),
    ]


def test_an_async_generator_that_gives_nothing_says_so() -> None:
    async def nothing() -> AsyncIterator[str]:
        for word in list[str]():
            yield word

    assert told_of(nothing) == [ToolFinished("1", {"output": None})]


def test_an_async_generator_that_raises_midway_ends_in_an_error() -> None:
    async def count() -> AsyncIterator[int]:
        yield 1
        raise ValueError("no two")

    assert told_of(count)[1:] == [ToolFinished("1", {"error": "ValueError: no two"})]


def test_an_async_generator_without_an_end_is_broken_off_and_leaves_the_loop_free() -> None:
    async def count() -> AsyncIterator[int]:
        while True:
            yield 1

    told = told_of(count)
    assert len(told) == MOST_PIECES + 1
    assert told[-1] == ToolFinished("1", {"error": f"broken off after {MOST_PIECES} pieces"})


def test_a_tool_that_is_not_there_is_an_error() -> None:
    async def use(runner: Runner, _: Told) -> None:
        runner.begin("1", "tol", {})

    (told,) = run(with_runner(lambda: 1, use))
    assert told.response == {"error": "there is no function 'tol' — did you mean tool?; there are: tool"}


def test_a_call_that_does_not_fit_is_reported_when_it_is_looked_at_and_one_that_fits_is_not() -> None:
    async def main() -> list[ToolFinished]:
        told: list[ToolFinished] = []

        def double(number: int) -> int:
            raise AssertionError("nobody has allowed it")

        async with asyncio.TaskGroup() as tasks:
            runner = Runner(FunctionToolbox([double]), told.append, tasks)
            runner.check("1", "double", {"number": 2})
            runner.check("2", "double", {"number": "two"})
            runner.check("3", "double", {"number": "three"})
            runner.cancel("3")
        return told

    ((told),) = virtual.run(main())
    assert told.id == "2"
    assert "number" in told.response["error"]


class Slow:
    """A toolbox whose look at a call takes its time, or fails."""

    def __init__(self, seconds: float, error: Exception | None = None) -> None:
        self.seconds, self.error = seconds, error

    async def problem(self, name: str, args: Mapping[str, Any]) -> str:
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        return "it does not fit"

    async def call(self, name: str, args: Mapping[str, Any]) -> object:
        return "called"


def test_a_call_that_has_begun_is_looked_at_no_more() -> None:
    async def main() -> Told:
        told: Told = []
        async with asyncio.TaskGroup() as tasks:
            runner = Runner(Slow(10), told.append, tasks)
            runner.check("1", "tool", {})
            await asyncio.sleep(1)
            runner.begin("1", "tool", {})
        return told

    assert virtual.run(main()) == [ToolFinished("1", {"output": "called"})]


def test_who_closes_the_runner_waits_for_no_look_at_a_call() -> None:
    async def main() -> tuple[Told, float]:
        told: Told = []
        async with asyncio.TaskGroup() as tasks:
            runner = Runner(Slow(1000), told.append, tasks)
            runner.check("1", "tool", {})
            await asyncio.sleep(1)
            runner.close()
        return told, asyncio.get_running_loop().time()

    told, took = virtual.run(main())
    assert told == []
    assert took < 10


def test_a_look_at_a_call_that_fails_says_nothing_and_ends_nothing() -> None:
    async def main() -> Told:
        told: Told = []
        async with asyncio.TaskGroup() as tasks:
            Runner(Slow(0, ValueError()), told.append, tasks).check("1", "tool", {})
        return told

    assert virtual.run(main()) == []
