"""The tools of a Python file, which run in a process of their own: what they do there cannot hold us up, or end us."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from livechat.tools.functions import Marks
from livechat.tools.results import Answer, told_of
from livechat.tools.toolbox import ToolFailure, no_such_tool
from livechat.tools.worker import Answer as Word
from livechat.tools.worker import Worker
from livechat.tools.worker_words import Begin, Check, Fits, Leave, Left, Offered, Told, written

if TYPE_CHECKING:
    from livechat.protocol.parts import FunctionDeclaration

Note: TypeAlias = Callable[[str], None]

GRACE_S: Final = 0.08
"""Seconds that a call has to end when nobody waits for it any more; then its process is killed."""
SOON_S: Final = 0.5
"""Seconds after which another process is begun, whether it is wanted by then or not."""
IMPORTED_S: Final = 3.0
"""Seconds that an import may take before who waits for it is told so."""
LOOK_S: Final = 2.0
"""Seconds that it may take to say whether a call fits."""


def _offer_of(worker: Worker, note: Note | None) -> Offered:
    """What a file has, once it is imported; who waits for that for long is told what for."""
    with suppress(TimeoutError):
        return worker.offer.result(None if note is None else IMPORTED_S)
    if note is not None:
        note(f"{worker.file.name} is still being imported")
    return worker.offer.result()


class FileToolbox:
    """The marked functions of one file, in the process that is given, which ends with this, or with `close`.

    Where a call does not end that nobody waits for, the process is killed and another begun: what the functions kept in
    their module is lost then, and what ran beside the call has failed. Calls are from one loop at a time.
    """

    def __init__(self, worker: Worker, note: Note | None = None) -> None:
        """Waits until the file is imported. `note` is told when another process has to be begun.

        Raises UsageError, with the line, for a file that cannot be used.
        """
        from livechat.protocol.parts import FunctionDeclaration

        self._workers = _Workers(worker, note)
        self._ids = count(1)
        offer = _offer_of(worker, note)
        self._declarations = [FunctionDeclaration.model_validate(one) for one in offer.declarations]
        self._marks = {name: Marks(**marks) for name, marks in offer.marks.items()}
        weakref.finalize(self, self._workers.close)

    @property
    def pid(self) -> int:
        """Of the process there is now."""
        return self._workers.current().pid

    def close(self) -> None:
        """Ends the process, and waits for that: half a second at most."""
        self._workers.close()

    @property
    def marks(self) -> Mapping[str, Marks]:
        """What the decorators say, by the names of all the tools."""
        return self._marks

    def declarations(self) -> Sequence[FunctionDeclaration]:
        """As Toolbox.declarations."""
        return self._declarations

    async def problem(self, name: str, args: Mapping[str, Any]) -> str:
        """As Particular.problem; nothing where the process has more to do than to answer."""
        if name not in self._marks:
            return ""
        await self._workers.settled()
        try:
            asked = _Asked(self._workers, name, args, next(self._ids), Check)
        except ToolFailure as failure:
            return str(failure)
        try:
            async with asyncio.timeout(LOOK_S):
                answer = await asked.next()
        except TimeoutError:
            return ""
        finally:
            asked.forget()
        return answer.problem if isinstance(answer, Fits) else ""

    async def call(self, name: str, args: Mapping[str, Any]) -> object | AsyncIterator[object]:
        """As Toolbox.call."""
        if name not in self._marks:
            raise no_such_tool(name, list(self._marks))
        await self._workers.settled()
        run = _Asked(self._workers, name, args, next(self._ids), Begin)
        first = await _told(run)
        return _pieces(run, first) if first.more else Answer(first.response)


async def _told(run: _Asked) -> Told:
    """The next response. Raises ToolFailure where there is none any more."""
    try:
        answer = await run.next()
    except BaseException:
        run.leave()
        raise
    if isinstance(answer, Told):
        if not answer.more:
            run.forget()
        return answer
    run.forget()
    raise ToolFailure(run.why_it_ended())


async def _pieces(run: _Asked, told: Told) -> AsyncGenerator[object]:
    """What a tool gives piece by piece, from the first on."""
    try:
        while told.more:
            yield Answer(told.response)
            told = await _told(run)
    finally:
        run.leave()
    if "error" in told.response:
        raise ToolFailure(str(told.response["error"]))


class _Workers:
    """The process of a file: one after another."""

    def __init__(self, worker: Worker, note: Note | None) -> None:
        self.title = worker.file.name
        self._begin = worker.another
        self._note = note
        self._worker: Worker | None = worker
        self._why = ""
        """The last has ended for this reason."""
        self._closed = False
        self.leaving: set[_Asked] = set()
        """What has not ended that nobody waits for any more."""

    async def settled(self) -> None:
        """Until it is known whether the process there is will stay."""
        for asked in tuple(self.leaving):
            await asked.settled()

    def current(self) -> Worker:
        """The one there is, or another if it has ended. Raises ToolFailure where there can be none."""
        if self._worker is not None and self._worker.ended.is_set():
            self.end(self._worker, self._worker.why)
        if self._worker is None:
            self._worker = self._another()
        return self._worker

    def _another(self) -> Worker:
        if self._closed:
            raise ToolFailure(f"{self.title} has ended with the conversation")
        try:
            worker = self._begin()
        except OSError as error:
            raise ToolFailure(f"{self.title} cannot be started: {told_of(error)}") from None
        if self._note is not None:
            self._note(f"{self.title} is begun anew, and what it kept in memory is lost: {self._why}")
        return worker

    def end(self, worker: Worker, why: str) -> None:
        """Kills a process; there will be another when one is wanted."""
        worker.kill(why)
        if self._worker is worker:
            self._worker, self._why = None, why

    def renew(self) -> None:
        """Begins another where there is none: its file may take its time to be imported."""
        with suppress(ToolFailure):  # the next call tries again
            self.current()

    def close(self) -> None:
        self._closed = True
        if self._worker is not None:
            self._worker.close()


class _Asked:
    """One word said to the process, and what comes for it. From a loop."""

    def __init__(
        self, workers: _Workers, name: str, args: Mapping[str, Any], id: int, kind: type[Begin] | type[Check]
    ) -> None:
        """Raises ToolFailure for what cannot be said."""
        self._workers = workers
        self._name = name
        self._id = id
        self._loop = asyncio.get_running_loop()
        self._answers: asyncio.Queue[Word | None] = asyncio.Queue()
        self._patience: asyncio.TimerHandle | None = None
        self._over = False
        self._settled = asyncio.Event()
        line = _line(kind(id, name, args))
        self._worker = workers.current()
        self._worker.say(line, id, self._hear)

    async def next(self) -> Word | None:
        """What comes next; None where the process has ended."""
        return await self._answers.get()

    def forget(self) -> None:
        """Nothing more is expected."""
        self._over = True
        if self._patience is not None:
            self._patience.cancel()
        self._worker.forget(self._id)
        self._workers.leaving.discard(self)
        self._settled.set()

    def leave(self) -> None:
        """Has the call end soon, or else ends the process."""
        if not self._over:
            self._over = True
            self._workers.leaving.add(self)
            self._patience = self._loop.call_later(GRACE_S, self._lose_patience)
            self._worker.say(written(Leave(self._id)), self._id, self._hear)

    async def settled(self) -> None:
        """Until what was left has ended, or its process."""
        if self._loop is asyncio.get_running_loop():
            await self._settled.wait()
        else:  # nobody has waited for its end
            self._lose_patience()

    def why_it_ended(self) -> str:
        """In words for the model."""
        worker = self._worker
        self._end(worker.why)
        return f"{self._name} has no result: the process of {self._workers.title} has ended ({worker.why})"

    def _lose_patience(self) -> None:
        self.forget()
        self._end(f"{self._name} did not end when it was broken off")

    def _end(self, why: str) -> None:
        """Another process is begun soon, if the conversation goes on then."""
        self._workers.end(self._worker, why)
        if not self._loop.is_closed():
            self._loop.call_later(SOON_S, self._workers.renew)

    def _hear(self, word: Word | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._take, word)

    def _take(self, word: Word | None) -> None:
        self._answers.put_nowait(word)
        if self._over and (word is None or isinstance(word, Left)):
            self.forget()


def _line(word: Begin | Check) -> bytes:
    """The word as it is said. Raises ToolFailure for arguments that are no JSON, or too large."""
    from livechat.tools.arguments import LARGEST

    try:
        line = written(word)
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolFailure(f"the arguments of {word.name} cannot be read: {told_of(error)}") from None
    if len(line) > LARGEST:
        raise ToolFailure(f"the arguments of {word.name} are too large: at most {LARGEST} bytes")
    return line
