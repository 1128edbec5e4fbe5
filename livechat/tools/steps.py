"""Takes a coroutine step by step: how long each step holds the loop is seen, and one that will not end is left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Generic, TypeVar, cast

T = TypeVar("T")

PATIENCE_S: Final = 0.25
"""How long a coroutine that is cancelled may take to let go of what it holds."""


class Steps(Generic[T]):
    """Awaits `work` in the task that awaits this: the same, but that a cancellation comes through in any case.

    A coroutine that swallows its cancellation is left where it stands when PATIENCE_S have passed: a task that awaits
    it would never end. Until then it may be cancelled again and again, as it is by libraries that insist.
    """

    def __init__(self, work: Coroutine[Any, Any, T], name: str = "") -> None:
        self.name = name
        self.since: float | None = None
        """When the step began that holds the loop now, by the monotonic clock; None between steps. From any thread."""
        self.thread: int = 0
        """Where the last step was taken."""
        self._work = work
        self._impatient = False

    def __await__(self) -> Generator[Any, Any, T]:
        task = asyncio.current_task()
        assert task is not None
        error: BaseException | None = None
        leaving: asyncio.TimerHandle | None = None
        try:
            while True:
                try:
                    waits_for = self._step(error)
                except StopIteration as ended:
                    return cast("T", ended.value)
                if leaving is not None and not task.cancelling():
                    leaving.cancel()  # it was a time limit of its own, which has taken its cancellation back
                    leaving = None
                try:
                    yield waits_for
                    error = None
                except asyncio.CancelledError as cancelled:
                    if self._impatient:
                        self._leave()
                        raise
                    leaving = leaving or asyncio.get_running_loop().call_later(PATIENCE_S, self._lose_patience, task)
                    error = cancelled
                except BaseException as raised:
                    error = raised
        finally:
            if leaving is not None:
                leaving.cancel()

    def _step(self, error: BaseException | None) -> object:
        self.thread = threading.get_ident()
        self.since = monotonic()
        try:
            return self._work.send(None) if error is None else self._work.throw(error)
        finally:
            self.since = None

    def _lose_patience(self, task: asyncio.Task[Any]) -> None:
        self._impatient = True
        task.cancel()

    def _leave(self) -> None:
        with suppress(BaseException):  # it may raise whatever it likes, or swallow this too
            self._work.close()
