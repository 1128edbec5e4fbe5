"""The two places where functions run: on the caller's loop or on one aside, and in threads beside either."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeAlias, cast

from livechat.protocol.parts import FunctionResponse
from livechat.tools.aside import AsideLoop
from livechat.tools.results import Answer, response_of
from livechat.tools.threads import Threads

Call: TypeAlias = Callable[[], object]
"""A function with its arguments: checks them first, and raises ToolFailure for those that do not fit."""


class Place(Protocol):
    """Where functions run. From one loop."""

    async def on_a_loop(self, call: Call, name: str) -> object:
        """What a function gives that only makes a coroutine or an async generator when it is called."""
        ...

    async def in_a_thread(self, call: Call, name: str) -> object:
        """What any function gives; if that is to be awaited, what comes of it."""
        ...


class Here:
    """Coroutines share the caller's loop, and with it all that a program has opened there."""

    def __init__(self) -> None:
        self._threads = Threads()

    async def on_a_loop(self, call: Call, name: str) -> object:
        given = call()
        return await given if inspect.isawaitable(given) else given

    async def in_a_thread(self, call: Call, name: str) -> object:
        given = await self._threads.run(lambda: _told(call()), name)
        return await given if inspect.isawaitable(given) else given


class Aside:
    """Coroutines have a loop of their own: none can hold up the caller's."""

    def __init__(self, threads: Threads | None = None, loop: AsideLoop | None = None) -> None:
        """New ones, where none are given."""
        self._threads = threads or Threads()
        self._loop = loop or AsideLoop()

    async def on_a_loop(self, call: Call, name: str) -> object:
        return self._relayed(await self._loop.run(_awaited(call), name), name)

    async def in_a_thread(self, call: Call, name: str) -> object:
        given = await self._threads.run(lambda: _told(call()), name)
        if inspect.isawaitable(given):
            given = await self._loop.run(_awaited(lambda: given), name)
        return self._relayed(given, name)

    def _relayed(self, given: object, name: str) -> object:
        return self._pieces(cast("AsyncIterator[object]", given), name) if isinstance(given, AsyncIterator) else given

    async def _pieces(self, pieces: AsyncIterator[object], name: str) -> AsyncGenerator[object]:
        """What an iterator gives on the other loop."""
        try:
            while True:
                try:
                    piece = await self._loop.run(_next(pieces), name)
                except StopAsyncIteration:
                    return
                yield piece
        finally:
            if isinstance(pieces, AsyncGenerator):
                self._loop.let(pieces.aclose())  # without waiting: this may be closed itself


def _told(given: object) -> object:
    """A value as the response that it makes: that may run code of its own, and is done where the function ran."""
    if inspect.isawaitable(given) or isinstance(given, AsyncIterator | FunctionResponse):
        return cast("object", given)
    return Answer(response_of(given))


async def _awaited(call: Call) -> object:
    given = call()
    return _told(await cast("Awaitable[object]", given) if inspect.isawaitable(given) else given)


async def _next(pieces: AsyncIterator[object]) -> object:
    return _told(await anext(pieces))
