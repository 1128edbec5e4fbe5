"""What leaves for one client: counted byte by byte, and cut, held back or ended where it was told to."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias, cast

from livechat.server.scenario import Drop, HalfOpen, Stall

HELD_BYTES: Final = 2**16
"""So much is held back at most of what nobody waits for: pongs."""
UNREAD_BYTES: Final = 2**20
"""Who has left so much unread gets no pongs: he who sends pings and reads nothing would fill the memory with them."""
LATE_AT_ONCE: Final = 64
"""Pongs that may be late at the same time; a client that floods with pings is not answered each."""
PATIENCE_S: Final = 5.0
"""How long a reset waits for a client to take what was sent before it."""
UNSENT_S: Final = 0.005
"""How often it is looked whether it has."""
WATCH_S: Final = 0.1
"""How often it is looked whether a client has left that is not read from."""
LINGER_NOT: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing resets."""

LEAVING: Final = select.POLLRDHUP if sys.platform == "linux" else 0  # elsewhere a reset alone is told
"""What is looked for beside what is always told: a half-closed connection, where the system knows of it."""

CutAct: TypeAlias = Drop | HalfOpen | Stall


class Outlet:
    """The way out to one client. It takes over writing, and the end, of a transport that others read from."""

    def __init__(self, transport: asyncio.Transport, falls_silent: Callable[[], None]) -> None:
        self._transport = transport
        self._falls_silent = falls_silent
        self._loop = asyncio.get_running_loop()
        self._marks: list[tuple[int, CutAct]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: bytearray | None = None
        self._ends = False
        self._ended = False
        self._open = asyncio.Event()
        self._open.set()
        self.silent: bool = False
        """Nothing leaves any more."""
        self.left: int = 0
        """Bytes that have left, those before the WebSocket not counted."""

    # ------------------------------------------------------------------------------------------- what leaves

    def write(self, data: bytes) -> None:
        """Takes whole frames."""
        if self.silent or self._ended:
            return
        if self._held is not None:
            self._held += data
        elif self._marks and self.left + len(data) >= self._marks[0][0]:
            byte, act = self._marks.pop(0)
            room = max(byte - self.left, 0)
            self._put(data[:room])
            self._strike(act)
            self.write(data[room:])
        else:
            self._put(data)

    def pong(self, frame: bytes, seconds: float) -> None:
        """A pong, so much later; left out where too many are waiting already."""
        if not seconds:
            self._pong(frame)
        elif len(self._timers) < LATE_AT_ONCE:
            self._later(seconds, lambda: self._pong(frame))

    def write_uncounted(self, data: bytes) -> None:
        """What comes before the WebSocket."""
        self._transport.write(data)

    def end(self) -> None:
        """Nothing more is to come."""
        if self._held is not None:
            self._ends = True
        elif not self.silent:
            self._ended = True
            with suppress(OSError):  # the client has gone before
                self._transport.write_eof() if self._transport.can_write_eof() else self._transport.close()

    async def ready(self) -> None:
        """Returns when nothing is held back."""
        await self._open.wait()

    # ----------------------------------------------------------------------------------------- what goes wrong

    def strike_at(self, byte: int, act: CutAct) -> None:
        """Does it when so many bytes have left."""
        self._marks = sorted([*self._marks, (byte, act)], key=lambda mark: mark[0])

    def drop(self) -> None:
        """Resets the connection as soon as all that was written has left, and at last after PATIENCE_S."""
        self.silent = True
        self._transport.pause_reading()
        self._reset(self._loop.time() + PATIENCE_S)

    def fall_silent(self) -> None:
        """Nothing leaves from now on and nothing is read; the connection ends when the client leaves."""
        self.silent = True
        self._falls_silent()
        self._transport.pause_reading()
        self._watch()

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long."""
        self._held = bytearray()
        self._open.clear()
        self._later(seconds, self._release)

    def lost(self) -> None:
        """The connection is no more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._open.set()

    # -------------------------------------------------------------------------------------------------- inside

    def _pong(self, frame: bytes) -> None:
        held = len(self._held or b"")
        if held < HELD_BYTES and self._transport.get_write_buffer_size() < UNREAD_BYTES:
            self.write(frame)

    def _put(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self.left += len(data)
            self._transport.write(data)

    def _strike(self, act: CutAct) -> None:
        match act:
            case Drop():
                self.drop()
            case HalfOpen():
                self.fall_silent()
            case Stall(seconds):
                self.hold(seconds)

    def _release(self) -> None:
        held, self._held = bytes(self._held or b""), None
        self._open.set()
        self.write(held)
        if self._ends:
            self.end()

    def _reset(self, deadline: float) -> None:
        if self._loop.time() < deadline and unsent(self._transport):
            self._later(UNSENT_S, lambda: self._reset(deadline))
            return
        with suppress(OSError):  # the client has gone before
            _socket(self._transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self._transport.abort()

    def _watch(self) -> None:
        if has_left(self._transport):
            self._transport.abort()
        else:
            self._later(WATCH_S, self._watch)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        def due() -> None:
            self._timers.discard(timer)
            do()

        timer = self._loop.call_later(seconds, due)
        self._timers.add(timer)


def unsent(transport: asyncio.Transport) -> int:
    """Bytes that the other side has not acknowledged; where the system does not tell, only those of our own buffer."""
    buffered = transport.get_write_buffer_size()
    if sys.platform == "win32":
        return buffered
    from fcntl import ioctl
    from termios import TIOCOUTQ

    with suppress(OSError):
        queued = ioctl(_socket(transport).fileno(), TIOCOUTQ, b"\0" * 4)
        return buffered + int.from_bytes(queued, sys.byteorder)
    return buffered


def has_left(transport: asyncio.Transport) -> bool:
    """Whether the other side has closed or reset, though nobody has read what it sent before.

    Windows does not tell: there a silent connection stays until the server ends.
    """
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(_socket(transport).fileno(), LEAVING)
    return bool(poll.poll(0))


def _socket(transport: asyncio.Transport) -> socket.socket:
    return cast(socket.socket, transport.get_extra_info("socket"))
