"""Carries calls from PortAudio's thread to the loop, and never makes that thread wait for the loop's.

To wake a loop is a system call, for which a thread lets go of the interpreter. The loop's thread takes it, does all
that it woke up for, and only then the first one goes on: 2 ms and more, on a busy machine, in a callback that takes
0.04 (p99.9, measured). So a thread that may wait does the waking.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")


class Postbox:
    """Of the loop that it was made on. Its thread begins with the first call from another and ends with `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._over = False

    def post(self, call: Callable[[*Ts], object], *args: *Ts) -> None:
        """Has it called from the loop soon, in the order of posting; where the loop has ended, nothing."""
        if self._over:
            return
        letter = partial(call, *args)
        if threading.get_ident() == self._home:
            self._deliver(letter)
        else:
            self._calls.put(letter)
            if self._thread is None:
                self._thread = threading.Thread(target=self._carry, name="livechat-postbox", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """What was posted before is still called."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread = None

    def _carry(self) -> None:
        while not self._over and (letter := self._calls.get()) is not None:
            self._deliver(letter)

    def _deliver(self, letter: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(letter)
        except RuntimeError:  # the loop has ended: nobody is left to tell
            self._over = True
