"""Reads bytes that come when they come, without ever holding up the event loop or outliving it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Generator
from io import UnsupportedOperation
from typing import BinaryIO, Protocol, TypeVar

from livechat.audio.file import BLOCK

T = TypeVar("T")


class Reader(Protocol):
    """Something bytes are read from onwards."""

    async def read(self) -> bytes:
        """At least one byte and at most `BLOCK`; none at the end."""
        ...


class PolledReader:
    """Reads a pipe, a socket or a terminal as its bytes arrive; what nobody asks for stays in the pipe.

    The descriptor stays blocking, since its other holders may be other programs: it is only read when
    it has something, and then gives what it has.
    """

    def __init__(self, file: int) -> None:
        self._file = file

    async def read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()

        def wake() -> None:
            if not ready.done():  # or given up in this very moment
                ready.set_result(None)

        loop.add_reader(self._file, wake)
        try:
            await ready
        finally:
            loop.remove_reader(self._file)
        return os.read(self._file, BLOCK)


class DirectReader:
    """Reads what always has its bytes at hand: a redirected file, /dev/zero, a buffer in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    async def read(self) -> bytes:
        await asyncio.sleep(0)  # let the others have their turn: an endless file is never not ready
        return self._stream.read(BLOCK)


class ThreadReader:
    """Reads a pipe where the loop cannot watch one (Windows): a daemon thread posts what it reads.

    It reads a block when one is asked for, and none ahead. It is left behind, blocked in its read, when nobody
    asks any more.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._wanted = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._asked = False
        self._come: bytes | OSError | None = None
        self._arrival = asyncio.Event()

    async def read(self) -> bytes:
        if not self._asked:
            self._asked = True
            self._ask()
        await self._arrival.wait()
        self._asked = False
        self._arrival.clear()
        come, self._come = self._come, None
        if isinstance(come, OSError):
            raise come
        return come or b""

    def _ask(self) -> None:
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, args=(loop,), name="livechat-pipe", daemon=True)
            self._thread.start()
        self._wanted.release()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        come: bytes | OSError = b"more"
        while come and not isinstance(come, OSError):
            self._wanted.acquire()
            try:
                come = os.read(self._file, BLOCK)
            except OSError as error:
                come = error
            try:
                loop.call_soon_threadsafe(self._arrived, come)
            except RuntimeError:  # the loop is closed: nobody is left to read for
                return

    def _arrived(self, come: bytes | OSError) -> None:
        self._come = come
        self._arrival.set()


def reader_of(stream: BinaryIO) -> Reader:
    """The reader that suits what a stream is and what the running loop can watch."""
    try:
        file = stream.fileno()
    except UnsupportedOperation:  # a buffer in memory
        return DirectReader(stream)
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(file, lambda: None)
    except PermissionError:  # epoll's word for what is always ready
        return DirectReader(stream)
    except NotImplementedError:
        return ThreadReader(file)
    loop.remove_reader(file)
    return PolledReader(file)


class Window:
    """Gives bytes of a reader by their offset, onwards only; keeps no more than was asked for last."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept = b""
        self._start = 0
        self._ended = False

    async def at(self, offset: int, count: int) -> bytes:
        """So many bytes from there on, or as many as there are before the end."""
        await self.skip_to(offset)
        while len(self._kept) < count and (data := await self._read()):
            self._kept += data
        return self._kept[:count]

    async def take(self) -> bytes:
        """What is there or comes next, once and for all; nothing at the end."""
        taken = self._kept or await self._read()
        self._start += len(taken)
        self._kept = b""
        return taken

    async def skip_to(self, offset: int) -> None:
        """Moves on to an offset, without keeping what is passed."""
        while self._start + len(self._kept) < offset:
            self._start += len(self._kept)
            self._kept = await self._read()
            if not self._kept:
                return
        self._kept = self._kept[offset - self._start :]
        self._start = offset

    async def _read(self) -> bytes:
        """The reader is not asked beyond its end: a terminal would want to be told twice."""
        data = b"" if self._ended else await self._reader.read()
        self._ended = not data
        return data


async def answer(steps: Generator[tuple[int, int], bytes, T], window: Window) -> T:
    """Runs something that asks for bytes by offset on a window, and returns what it returns."""
    try:
        offset, count = next(steps)
        while True:
            offset, count = steps.send(await window.at(offset, count))
    except StopIteration as done:
        result: T = done.value
        return result
