"""Hands on what a client has sent a little at a time, so that others have their turn in between.

A quarter of a megabyte that comes at once can be thirty thousand frames, which take half a second to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

SMALLEST, LARGEST = 512, 8192
"""Bytes at a time, doubled while they are taken gladly: a long frame comes soon, and tiny ones some sixty at a time."""
SPELL_S: Final = 0.002
"""So long before others have their turn."""


class Portions:
    """Stands between a transport and who reads from it, and pauses the one for the other."""

    def __init__(self, transport: asyncio.Transport, take: Callable[[bytes], None]) -> None:
        self._transport = transport
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._ahead = b""
        self._at = 0
        self._next: asyncio.Handle | None = None
        self._paused = False
        self._size = SMALLEST

    def put(self, data: bytes) -> None:
        """These bytes came."""
        self._ahead = self._ahead[self._at :] + data if self._at < len(self._ahead) else data
        self._at = 0
        if self._next is None and not self._paused:
            self._go_on()

    def pause(self) -> None:
        """Whoever takes them has enough for now."""
        self._paused = True
        self._size = SMALLEST
        self._transport.pause_reading()

    def resume(self) -> None:
        """And wants more again."""
        self._paused = False
        self._read_or_wait()

    def finish(self) -> None:
        """Nothing more will come: what is left is handed on at once."""
        rest = self._ahead[self._at :]
        self.stop()
        if rest:
            self._take(rest)

    def stop(self) -> None:
        """Nothing more is wanted."""
        self._ahead, self._at = b"", 0
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _go_on(self) -> None:
        self._next = None
        until = self._loop.time() + SPELL_S
        while not self._paused and self._at < len(self._ahead) and self._loop.time() <= until:
            began = self._loop.time()
            portion = self._ahead[self._at : self._at + self._size]
            self._at += len(portion)
            self._size = min(2 * self._size, LARGEST)
            self._take(portion)
            if self._loop.time() - began > SPELL_S / 4:  # full of frames that are no messages, as pings are
                self._size = SMALLEST
        if not self._paused:
            self._read_or_wait()

    def _read_or_wait(self) -> None:
        """Goes on with what is left when others have had their turn, and reads more where nothing is."""
        if self._at == len(self._ahead):
            self._transport.resume_reading()
            return
        self._transport.pause_reading()
        if self._next is None:
            self._next = self._loop.call_soon(self._go_on)
