"""Calls the tools of a file in its process, and knows of each call whether anything of it still runs."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from livechat.events import ToolFinished
from livechat.tools.aside import AsideLoop
from livechat.tools.functions import FunctionToolbox
from livechat.tools.places import Aside
from livechat.tools.runner import Runner
from livechat.tools.threads import Threads
from livechat.tools.toolbox import ToolFailure
from livechat.tools.worker_words import Begin, Check, Fits, Leave, Left, Told, Word

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Calls:
    """Begins calls and leaves them, as it is asked to. From the loop of the task group."""

    def __init__(self, box: FunctionToolbox, say: Callable[[Word], None], tasks: asyncio.TaskGroup) -> None:
        """`box` has its place from `place_of_calls`; `say` is called from any thread."""
        self._box = box
        self._say = say
        self._tasks = tasks
        self._runner = Runner(box, self._told, tasks)
        self._work: dict[int, _Work] = {}

    def heed(self, word: Word) -> None:
        match word:
            case Begin():
                self._begin(word)
            case Check():
                self._tasks.create_task(self._check(word))
            case Leave():
                self._leave(word.id)
            case _:
                pass

    def close(self) -> None:
        """Breaks off what still runs."""
        self._runner.close()

    def _begin(self, word: Begin) -> None:
        work = self._work[word.id] = _Work(partial(self._say, Left(word.id)))
        before = _WORK.set(work)  # the task of the call has it too
        self._runner.begin(str(word.id), word.name, word.args)
        _WORK.reset(before)

    def _leave(self, id: int) -> None:
        self._runner.cancel(str(id))
        work = self._work.pop(id, None)
        if work is None:
            self._say(Left(id))
        else:
            work.leave()

    def _told(self, told: ToolFinished) -> None:
        id = int(told.id)
        if not told.more:
            self._work.pop(id, None)
        self._say(Told(id, told.response, told.more))

    async def _check(self, word: Check) -> None:
        problem = ""
        try:
            problem = await self._box.problem(word.name, word.args)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # of code of the file's own
            _log.info("whether a call of %r fits is not known", word.name, exc_info=error)
        self._say(Fits(word.id, problem))


def place_of_calls() -> Aside:
    """Where functions run so that is known what runs of which call."""
    return Aside(_CountedThreads(), _CountedLoop())


class _Work:
    """What runs of one call, in parts."""

    def __init__(self, left: Callable[[], None]) -> None:
        self._left = left
        self._parts = 0
        self._leaving = False
        self._lock = threading.Lock()

    def part(self) -> _Part:
        with self._lock:
            self._parts += 1
        return _Part(self._ended)

    def leave(self) -> None:
        """Nobody waits for it: once nothing of it runs, that is said."""
        with self._lock:
            self._leaving = True
            idle = not self._parts
        if idle:
            self._left()

    def _ended(self) -> None:
        with self._lock:
            self._parts -= 1
            idle = self._leaving and not self._parts
        if idle:
            self._left()


class _Part:
    """A thread or a coroutine, which is begun, or given up before."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.ended = ended
        self._taken = threading.Lock()

    def take(self) -> bool:
        """Whether we are the first: who is to do it, or who has given it up."""
        return self._taken.acquire(blocking=False)


_WORK: ContextVar[_Work] = ContextVar("livechat_work")
"""Whose task this is."""


class _CountedThreads(Threads):
    async def run(self, work: Callable[[], T], name: str) -> T:
        part = _WORK.get().part()

        def counted() -> T:
            if not part.take():
                raise ToolFailure("it was given up before it began")
            try:
                return work()
            finally:
                part.ended()

        try:
            return await super().run(counted, name)
        finally:
            if part.take():
                part.ended()


class _CountedLoop(AsideLoop):
    async def run(self, work: Coroutine[Any, Any, T], name: str) -> T:
        part = _WORK.get().part()

        async def counted() -> T:
            if not part.take():
                raise ToolFailure("it was given up before it began")
            try:
                return await work
            finally:
                part.ended()

        whole = counted()
        try:
            return await super().run(whole, name)
        finally:
            if part.take():
                whole.close()
                work.close()
                part.ended()
