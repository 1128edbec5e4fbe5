"""What has come from a server and nobody has taken yet: first in, first out, for one taker at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, Generic, TypeVar
from weakref import WeakSet

from livechat.errors import UsageError

T = TypeVar("T")
U = TypeVar("U")

MOST: Final = 1024
"""Items that wait before whoever fills the inbox has to wait too: some ten seconds of a reply."""


class Inbox(Generic[T]):
    """Filled from a loop's callbacks and tasks, emptied by one task of the same loop."""

    def __init__(self, most: int = MOST) -> None:
        self.drops = False
        """Nobody has to take anything: where it is full the oldest goes, and `room` waits for nobody."""
        self._most = most
        self._items: deque[T] = deque()
        self._came = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._taker = False
        self._closed = False
        self._error: Exception | None = None
        self._stops = 0
        self._iterations: WeakSet[AsyncIterator[object]] = WeakSet()

    @property
    def is_iterated(self) -> bool:
        """Somebody holds an iteration over it."""
        return bool(self._iterations)

    def demand_free(self) -> None:
        """Raises UsageError where somebody waits for an item."""
        if self._taker:
            raise UsageError(
                "somebody else is receiving from this session",
                why="each message is given to one consumer",
                hint="iterate in one task and hand on from there; callbacks are a consumer too",
            )

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Adds what came; after `close` nothing comes any more."""
        if self._closed:
            return
        if self.drops and len(self._items) >= self._most:
            self._items.popleft()
        self._items.append(item)
        self._weigh()
        self._came.set()

    async def room(self) -> None:
        """Waits while it is full."""
        self._weigh()
        await self._has_room.wait()

    def close(self, error: Exception | None = None, *, discard: bool = False) -> None:
        """Nothing more comes. Who takes gets what is there, unless it is discarded, and then the end or the error."""
        if discard:
            self._items.clear()
        if not self._closed:
            self._closed, self._error = True, error
        self._weigh()
        self._came.set()

    def stop(self) -> None:
        """Ends the iterations that have begun; what is there stays for the next."""
        self._stops += 1
        self._came.set()

    def each(self, choose: Callable[[T], U | None]) -> AsyncIterator[U]:
        """What `choose` makes of the items, those left out of which it makes None."""
        taking = _Taking(self, choose)
        self._iterations.add(taking)
        return taking

    @property
    def stops(self) -> int:
        return self._stops

    async def take(self, stops: int) -> T:
        """The next item. Raises StopAsyncIteration at the end or when stopped since `stops`, the error of a broken end,
        and UsageError where somebody else is waiting for one.
        """
        self.demand_free()
        self._taker = True
        try:
            while not (self._items and stops == self._stops):
                if stops != self._stops or self._closed:
                    raise self._end(stops)
                self._came.clear()
                await self._came.wait()
        finally:
            self._taker = False
        item = self._items.popleft()
        self._weigh()
        return item

    def _end(self, stops: int) -> Exception:
        return self._error if self._error is not None and stops == self._stops else StopAsyncIteration()

    def _weigh(self) -> None:
        if self._closed or self.drops or len(self._items) < self._most:
            self._has_room.set()
        else:
            self._has_room.clear()


class _Taking(AsyncIterator[U], Generic[T, U]):
    """One iteration. It holds nothing while nobody waits for it, so it may be left at any time."""

    def __init__(self, inbox: Inbox[T], choose: Callable[[T], U | None]) -> None:
        self._inbox = inbox
        self._choose = choose
        self._stops = inbox.stops

    async def __anext__(self) -> U:
        while True:
            chosen = self._choose(await self._inbox.take(self._stops))
            if chosen is not None:
                return chosen
