"""A session that is held on a loop in another thread: how it is begun, asked and closed by those that cannot await."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from livechat.errors import UsageError
from livechat.library.portal import Each, Portal
from livechat.protocol.parts import Blob

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")
Item = TypeVar("Item")
Held = TypeVar("Held")
Opened = TypeVar("Opened", bound="Sync[Any]")


class Sync(Generic[Held]):
    """What the synchronous sessions have in common: something held on a loop elsewhere, and the way to it."""

    def __init__(self, portal: Portal[Held], held: Held) -> None:
        self._portal = portal
        self._held = held
        # Who forgets a session, as a notebook does whose cell runs again, has closed it; it waits for nothing there.
        weakref.finalize(self, portal.leave).atexit = False

    def _call(self, work: Callable[[], Awaitable[T]]) -> T:
        return self._portal.call(work)

    def _each(self, begin: Callable[[], AsyncIterator[Item]]) -> Iterator[Item]:
        return Each(self, self._portal, self._portal.call(on_the_loop(begin)))

    def _feed(self, given: object, send: Callable[[Any], Awaitable[None]]) -> None:
        pieces = pieces_of(given)
        if pieces is None:
            self._call(lambda: send(given))
        else:
            self._portal.feed(pieces, send)

    def close(self) -> None:
        """Ends the session, and waits until nothing is left of it. From any thread, as often as one likes."""
        self._portal.close()

    def raise_broken(self, instead: BaseException | None = None) -> None:
        """Raises what went wrong when it was closed, if nothing is raised `instead`. From any thread."""
        if self._portal.error is not None and instead is None:
            raise self._portal.error


class SyncConnection(AbstractContextManager[Opened]):
    """A session to be: `with connection as session`, or `session = connection.open()` where no block can hold it."""

    def __init__(
        self, opening: Callable[[], AbstractAsyncContextManager[Any]], kind: Callable[[Portal[Any], Any], Opened]
    ) -> None:
        self._opening = opening
        self._kind = kind
        self._session: Opened | None = None

    def open(self) -> Opened:
        """Opens the session, which lives until its `close`, or until nobody holds it any more. From any thread.

        Raises what `LiveGenerativeModel.connect` raises; an interrupt gives it up.
        """
        portal = Portal(self._opening)
        return self._kind(portal, portal.open())

    def __enter__(self) -> Opened:
        """Opens the session of the block. From any thread. Raises what `open` raises, UsageError inside the block."""
        if self._session is not None:
            raise UsageError("this connection holds a session already", hint="make another with connect_sync()")
        self._session = self.open()
        return self._session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it. From any thread. Raises what a callback raised, unless the block raises something itself."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
            session.raise_broken(error)


def on_the_loop(do: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    """What does not wait, as something to be done where the loop is."""

    async def done() -> T:
        return do()

    return done


def pieces_of(given: object) -> Iterable[object] | None:
    """What several pieces can be drawn from; None is one piece, though bytes, arrays and blobs iterate too."""
    one = isinstance(given, (bytes, bytearray, memoryview, str, Path, Blob)) or hasattr(given, "__array__")
    return cast("Iterable[object]", given) if isinstance(given, Iterable) and not one else None
