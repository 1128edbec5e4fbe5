"""Takes pictures in a thread of its own, each when it is asked for, and never holds up the loop or the exit."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Final, Protocol, TypeAlias

EARLY: Final = 0.1
"""The part of the interval that a picture is there before its time: as fresh as can be, and not late."""


class Shutter(Protocol):
    """What a thread that takes pictures asks. Times are seconds of one clock that only goes forward."""

    @property
    def closed(self) -> bool:
        """No more pictures are wanted."""
        ...

    def next(self) -> float | None:
        """Blocks until a picture is asked for, and says for when; None when none will be."""
        ...

    def wait(self, at: float) -> bool:
        """Blocks until then; False where no more pictures are wanted."""
        ...

    def fires(self) -> bool:
        """Whether a picture is due now, which takes that one as taken; for who has to look at every one anyhow."""
        ...


Shots: TypeAlias = Callable[[Shutter], Iterator[bytes]]
"""A source: begins in the thread, yields a JPEG for each that the shutter asks for, and ends with its pictures."""


class Feed:
    """The pictures of one source: an async iterator of JPEG bytes.

    The first is taken when it is asked for, each other nine tenths of `every_s` after that, and sooner by as much as
    the last took: whoever asks for the next when the last is sent always sends what is there to be seen now. Nothing
    is queued. Raises what the source raises. Close it when done: its thread is a daemon and ends with the picture
    that it is at.
    """

    def __init__(self, shots: Shots, every_s: float = 1.0) -> None:
        self._shots = shots
        self._every_s = every_s
        self._due = -math.inf
        """When the picture that was asked for last was wanted."""
        self._took_s = 0.0
        """How long after its time the last one came, but half the interval at most: opening a camera takes seconds."""
        self._trigger = Trigger()
        self._thread: threading.Thread | None = None
        self._asked = False
        self._over = False
        self._come: deque[bytes | Exception | None] = deque()
        """The picture that was asked for, and how it ended: None is well."""
        self._arrival = asyncio.Event()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        while not self._come and not self._over:
            if not self._asked:
                self._ask()
            self._arrival.clear()
            await self._arrival.wait()
        self._asked = False
        come = self._come.popleft() if self._come else None
        if isinstance(come, bytes):
            return come
        self._over = True
        raise come or StopAsyncIteration

    def close(self) -> None:
        """Ends it; who waits for a picture is told. Idempotent, from the loop's thread."""
        self._trigger.close()
        self._over = True
        self._come.clear()
        self._arrival.set()

    def _ask(self) -> None:
        self._asked = True
        rest_s = self._every_s * (1 - EARLY) - self._took_s if self._thread is not None else 0.0
        self._due = time.monotonic() + rest_s
        self._trigger.press(self._due)
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, args=(loop,), name="livechat-video", daemon=True)
            self._thread.start()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for picture in self._shots(self._trigger):
                self._post(loop, picture)
        except Exception as error:  # raised to who asked
            self._post(loop, error)
        else:
            self._post(loop, None)

    def _post(self, loop: asyncio.AbstractEventLoop, come: bytes | Exception | None) -> None:
        try:
            loop.call_soon_threadsafe(self._arrived, come)
        except RuntimeError:  # the loop is closed: nobody is left to show it to
            self._trigger.close()

    def _arrived(self, come: bytes | Exception | None) -> None:
        self._took_s = min(self._every_s / 2, max(0.0, time.monotonic() - self._due))
        if not self._over:
            self._come.append(come)
        self._arrival.set()


class Trigger:
    """The shutter of a feed, and its other end, which the loop holds."""

    def __init__(self) -> None:
        self._presses: SimpleQueue[float | None] = SimpleQueue()
        self._closed = threading.Event()
        self._due: float | None = None
        """When the picture is wanted that was asked for; the thread's own."""

    def press(self, at: float) -> None:
        """Asks for a picture at that time."""
        self._presses.put(at)

    def close(self) -> None:
        self._closed.set()
        self._presses.put(None)

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def next(self) -> float | None:
        due = self._presses.get()
        return None if self.closed else due

    def wait(self, at: float) -> bool:
        return not self._closed.wait(max(0.0, at - time.monotonic()))

    def fires(self) -> bool:
        if self._due is None:
            try:
                self._due = self._presses.get_nowait()
            except Empty:
                return False
        if self._due is None or time.monotonic() < self._due:
            return False
        self._due = None
        return True
