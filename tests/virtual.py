"""An event loop on virtual time: when every task waits, its clock jumps to the next timer.

An hour of conversation passes in the time that its callbacks take, to the last bit the same on every machine.
Such a loop has no room for real waiting: sockets are looked at and not waited for, and nothing may come from threads.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Ready = list[tuple[selectors.SelectorKey, int]]


class Deadlock(AssertionError):
    """Every task waits and no timer is set: nothing would ever happen again."""


class _Selector(selectors.DefaultSelector):
    now = 0.0
    each_round: Callable[[], bool] | None = None

    def select(self, timeout: float | None = None) -> Ready:
        if self.each_round is not None and self.each_round():
            timeout = 0.0
        ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock("every task waits, and no timer will wake one")
        if not ready and timeout is not None:
            self.now += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` begins at 0.0 and moves only while every task waits."""

    def __init__(self) -> None:
        self._waiting = _Selector()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.now

    def each_round(self, step: Callable[[], bool]) -> None:
        """Calls `step` whenever nothing runs, which says whether it has given anybody something to do."""
        self._waiting.each_round = step


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs `main` on a fresh virtual loop in asyncio's debug mode. Raises Deadlock at once where it would hang."""
    with asyncio.Runner(loop_factory=VirtualLoop, debug=True) as runner:
        return runner.run(main)
