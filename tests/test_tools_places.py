"""The places where functions run: what both make of what a function gives."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator

import pytest

from livechat.tools.places import Aside, Here, Place
from livechat.tools.results import Answer, response_of
from tests.aio import run


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """A loop ends with its owner, which the traceback of an error may still hold."""
    yield
    gc.collect()


PLACES: dict[str, Callable[[], Place]] = {"here": Here, "aside": Aside}


async def later() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


async def count() -> AsyncIterator[str]:
    for _ in range(2):
        yield threading.current_thread().name


def told(given: object) -> object:
    return response_of(given)["output"]


@pytest.mark.parametrize("place", PLACES)
def test_a_value_of_a_thread_is_made_json_in_it(place: str) -> None:
    class Value:
        def __str__(self) -> str:
            return threading.current_thread().name

    given = run(PLACES[place]().in_a_thread(Value, "weather"))
    assert isinstance(given, Answer)
    assert given.response["output"] == "livechat-tool weather"


@pytest.mark.parametrize(("place", "thread"), [("here", "MainThread"), ("aside", "livechat-tool-loop")])
def test_a_coroutine_runs_where_the_place_is(place: str, thread: str) -> None:
    def makes_one() -> Awaitable[str]:
        return later()

    assert told(run(PLACES[place]().on_a_loop(later, "tool"))) == thread
    assert told(run(PLACES[place]().in_a_thread(makes_one, "tool"))) == thread


@pytest.mark.parametrize(("place", "thread"), [("here", "MainThread"), ("aside", "livechat-tool-loop")])
def test_a_generator_gives_its_pieces_where_the_place_is(place: str, thread: str) -> None:
    async def main() -> list[object]:
        found: list[object] = []
        for run_it in (PLACES[place]().on_a_loop, PLACES[place]().in_a_thread):
            given = await run_it(count, "tool")
            assert isinstance(given, AsyncIterator)
            found += [told(piece) async for piece in given]
        return found

    assert run(main()) == [thread] * 4


def test_a_generator_aside_that_is_left_lets_go_of_what_it_holds() -> None:
    let_go = threading.Event()

    async def holding() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            let_go.set()

    async def main() -> None:
        place = Aside()
        given = await place.on_a_loop(holding, "tool")
        assert isinstance(given, AsyncGenerator)
        async for _ in given:
            break
        await given.aclose()
        assert await asyncio.to_thread(let_go.wait, 5)

    run(main())


def test_an_iterator_that_is_no_generator_is_relayed_too() -> None:
    class Two:
        left = 2

        def __aiter__(self) -> Two:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return self.left

    async def main() -> list[object]:
        given = await Aside().in_a_thread(Two, "tool")
        assert isinstance(given, AsyncIterator)
        return [told(piece) async for piece in given]

    assert run(main()) == [1, 0]
