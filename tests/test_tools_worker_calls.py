"""Calls in the process of a file: each is answered, and of one that is left it is said when nothing of it runs."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from livechat.tools.functions import Function, FunctionToolbox
from livechat.tools.worker_calls import Calls, place_of_calls
from livechat.tools.worker_words import Begin, Check, Fits, Leave, Left, Told, Word
from tests.aio import run


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """A loop aside ends with its owner, which a generator that has ended may still hold."""
    yield
    gc.collect()


class Said:
    """What is said, from any thread, and waited for."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def __call__(self, word: Word) -> None:
        self.words.append(word)
        self._loop.call_soon_threadsafe(self._news.set)

    async def until(self, word: Word) -> None:
        while word not in self.words:
            self._news.clear()
            await self._news.wait()

    async def stays_without(self, word: Word) -> None:
        await asyncio.sleep(0.1)
        assert word not in self.words


def calling(use: Callable[[Calls, Said], Awaitable[None]], *functions: Function) -> list[Word]:
    async def main() -> list[Word]:
        said = Said()
        box = FunctionToolbox(functions, place=place_of_calls)
        async with asyncio.TaskGroup() as tasks:
            calls = Calls(box, said, tasks)
            await use(calls, said)
            calls.close()
        return said.words

    return run(main())


def test_a_call_is_answered_by_its_number() -> None:
    def double(number: int) -> int:
        return 2 * number

    async def count() -> AsyncIterator[int]:
        yield 1

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Begin(7, "double", {"number": 4}))
        await said.until(Told(7, {"output": 8}, False))
        calls.heed(Begin(8, "count", {}))
        await said.until(Told(8, {}, False))
        calls.heed(Left(9))

    assert calling(use, double, count) == [
        Told(7, {"output": 8}, False),
        Told(8, {"output": 1}, True),
        Told(8, {}, False),
    ]


def test_a_call_is_looked_at() -> None:
    def double(number: int) -> int:
        raise AssertionError("nobody has called it")

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Check(1, "double", {"number": 4}))
        await said.until(Fits(1, ""))
        calls.heed(Check(2, "double", {}))

    problem = calling(use, double)[-1]
    assert isinstance(problem, Fits)
    assert "number: is missing" in problem.problem


def test_a_look_that_fails_is_one_that_finds_nothing() -> None:
    class Broken(FunctionToolbox):
        async def problem(self, name: str, args: object) -> str:
            raise SystemExit

    async def main() -> None:
        said = Said()
        async with asyncio.TaskGroup() as tasks:
            Calls(Broken([]), said, tasks).heed(Check(1, "double", {}))
            await said.until(Fits(1, ""))

    run(main())


def test_a_thread_that_is_left_runs_until_it_ends() -> None:
    release = threading.Event()

    def hangs() -> None:
        release.wait(5)

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Begin(1, "hangs", {}))
        await asyncio.sleep(0.05)
        calls.heed(Leave(1))
        await said.stays_without(Left(1))
        release.set()
        await said.until(Left(1))

    assert calling(use, hangs) == [Left(1)]


def test_a_coroutine_that_is_left_ends_when_it_has_let_go() -> None:
    let_go: list[str] = []

    async def hangs() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            let_go.append("now")

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Begin(1, "hangs", {}))
        await asyncio.sleep(0.05)
        calls.heed(Leave(1))
        await said.until(Left(1))
        assert let_go == ["now"]

    assert calling(use, hangs) == [Left(1)]


def test_a_coroutine_that_blocks_has_not_ended() -> None:
    release = threading.Event()

    async def blocks() -> None:
        release.wait(5)

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Begin(1, "blocks", {}))
        await asyncio.sleep(0.05)
        calls.heed(Leave(1))
        await said.stays_without(Left(1))
        release.set()
        await said.until(Left(1))

    calling(use, blocks)


@pytest.mark.parametrize("begun", [True, False])
def test_what_has_not_begun_or_has_ended_is_left_at_once(begun: bool) -> None:
    async def nothing() -> None: ...

    async def use(calls: Calls, said: Said) -> None:
        if begun:
            calls.heed(Begin(1, "nothing", {}))
        calls.heed(Leave(1))
        assert said.words == [Left(1)]

    calling(use, nothing)


def test_what_waits_for_a_free_loop_when_it_is_left_is_left() -> None:
    release = threading.Event()

    async def blocks() -> None:
        release.wait(5)

    async def nothing() -> None: ...

    async def use(calls: Calls, said: Said) -> None:
        calls.heed(Begin(1, "blocks", {}))
        await asyncio.sleep(0.05)
        calls.heed(Begin(2, "nothing", {}))
        await asyncio.sleep(0.01)
        calls.heed(Leave(2))
        await said.until(Left(2))
        release.set()
        await said.until(Told(1, {"output": None}, False))

    calling(use, blocks, nothing)
