"""A loop of their own for the coroutines of tools: one that blocks holds up other tools, and nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final, TypeVar

from livechat.tools.steps import PATIENCE_S, Steps
from livechat.tools.threads import Outcome

T = TypeVar("T")

FREE_S: Final = 0.05
"""A loop that does not even begin a call for so long is blocked."""
_log = logging.getLogger(__name__)


class AsideLoop:
    """A loop in a thread that keeps no process up: begun when it is needed, and anew when a tool blocks it.

    All coroutines share it, so that what one opens another can use. It ends with its owner.
    """

    def __init__(self) -> None:
        self._loop: _Loop | None = None

    async def run(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """What the coroutine gives or raises; who is cancelled here cancels it there. From any loop.

        Raises ToolFailure for what is raised that is no Exception.
        """
        steps = Steps(work, name)
        loop = await self._free()
        while (there := loop.begin(_carried_out(steps))) is None:  # a tool has just stopped it
            self._loop = None
            loop = await self._free()
        loop.running.add(steps)
        try:
            return (await asyncio.wrap_future(there)).result()
        finally:
            loop.running.discard(steps)
            del there  # as in Outcome

    def let(self, work: Coroutine[Any, Any, object]) -> None:
        """Has the coroutine run there some time, whatever comes of it."""
        if self._loop is None or self._loop.begin(_carried_out(Steps(work))) is None:
            work.close()

    def close(self) -> None:
        """Ends the loop, and leaves what still runs in it."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    async def _free(self) -> _Loop:
        """The loop if it is free, else another."""
        if self._loop is not None and self._loop.running and not await self._loop.answers():
            blocking = sorted(steps.name for steps in self._loop.running if steps.since is not None)
            _log.warning("the tool %s blocks: other tools go on without it", ", ".join(blocking) or "that has ended")
            self.close()
        if self._loop is None:
            self._loop = _Loop()
            weakref.finalize(self, self._loop.close)
        return self._loop


class _Loop:
    """One loop and its thread."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self.running: set[Steps[Any]] = set()
        self._leaving = False
        self.ended: threading.Event = threading.Event()
        threading.Thread(target=self._run, name="livechat-tool-loop", daemon=True).start()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T] | None:
        """None where nobody is there any more to begin it."""
        with suppress(RuntimeError):
            if not self._leaving:
                return asyncio.run_coroutine_threadsafe(work, self.loop)
        work.close()
        return None

    async def answers(self) -> bool:
        here = asyncio.get_running_loop()
        answer: asyncio.Future[None] = here.create_future()
        with suppress(TimeoutError, RuntimeError):  # or a tool has stopped it
            self.loop.call_soon_threadsafe(_answer, here, answer)
            async with asyncio.timeout(FREE_S):
                await answer
        return answer.done() and not answer.cancelled()

    def close(self) -> None:
        with suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        try:
            self.loop.run_forever()
            self._leaving = True
            with suppress(RuntimeError):  # stopped once more, by a tool or by its owner's end
                self._leave_all()
        finally:
            self.loop.close()
            self.ended.set()

    def _leave_all(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))  # what was just given begins, and has a task
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=2 * PATIENCE_S))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())


def _answer(here: asyncio.AbstractEventLoop, answer: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # nobody is there any more
        here.call_soon_threadsafe(lambda: None if answer.done() else answer.set_result(None))


async def _carried_out(steps: Steps[T]) -> Outcome[T]:
    """What it comes to: SystemExit, raised here, would end the loop."""
    try:
        return Outcome([await steps])
    except asyncio.CancelledError as error:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        return Outcome(error=error)
    except BaseException as error:
        return Outcome(error=error)
