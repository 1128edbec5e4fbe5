"""Runs what may take its time in threads of its own, which nothing waits for: neither the loop nor the exit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from inspect import iscoroutine
from typing import Final, Generic, TypeVar

from livechat.tools.results import told_of
from livechat.tools.toolbox import ToolFailure

T = TypeVar("T")

MOST: Final = 64
"""Threads of one owner that are alive at the same time; a tool that hangs keeps its own for ever."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What work in another thread has come to."""

    given: list[T] = field(default_factory=list[T])
    """Nothing where it raised."""
    error: BaseException | None = None

    def result(self) -> T:
        """What it gave. Raises what it raised, and ToolFailure for what would end more than a tool, as SystemExit."""
        if self.error is None:
            return self.given[0]
        try:
            if isinstance(self.error, Exception) and not isinstance(self.error, StopIteration):
                raise self.error
            raise ToolFailure(told_of(self.error)) from self.error
        finally:
            del self  # the error holds this frame, and the frame would hold the error


class Threads:
    """The threads of one owner, which keep no process up. From one loop."""

    def __init__(self) -> None:
        self._alive: set[threading.Thread] = set()

    async def run(self, work: Callable[[], T], name: str) -> T:
        """What `work` gives or raises. It runs on when nobody waits any more, and then what it gives is thrown away.

        Raises ToolFailure where too many run already, and for what is raised that is no Exception.
        """
        self._alive = {thread for thread in self._alive if thread.is_alive()}
        if len(self._alive) >= MOST:
            raise ToolFailure(f"{len(self._alive)} calls are still running: try again when they have ended")
        done: asyncio.Future[Outcome[T]] = asyncio.get_running_loop().create_future()
        thread = threading.Thread(target=_working(work, done), name=f"livechat-tool {name}", daemon=True)
        self._alive.add(thread)
        thread.start()
        try:
            return (await done).result()
        finally:
            del done  # as in Outcome


def _working(work: Callable[[], T], done: asyncio.Future[Outcome[T]]) -> Callable[[], None]:
    """What the thread does, in the context of its caller."""
    context = copy_context()
    loop = done.get_loop()

    def run() -> None:
        try:
            outcome: Outcome[T] = Outcome([context.run(work)])
        except BaseException as error:
            outcome = Outcome(error=error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_tell, done, outcome)

    return run


def _tell(done: asyncio.Future[Outcome[T]], outcome: Outcome[T]) -> None:
    if not done.done():
        done.set_result(outcome)
    elif outcome.given and iscoroutine(late := outcome.given[0]):
        late.close()  # it would complain that nobody awaits it
