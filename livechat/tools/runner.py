"""Runs what the model asks for: each call once, each answered once or not at all, and none of them ever waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, cast

from livechat.events import ToolFinished
from livechat.tools.results import failure_of, response_of
from livechat.tools.steps import PATIENCE_S, Steps
from livechat.tools.toolbox import problem_of
from livechat.tools.watch import Stall, Watch

Report: TypeAlias = Callable[[ToolFinished], None]
"""Told of each response, on the loop."""
Mould: TypeAlias = Callable[[str, object], Mapping[str, Any]]
"""Makes the response of what the tool of a call has given."""

AT_ONCE: Final = 32
"""Calls that run at the same time; those beyond wait for one of them."""
MOST_PIECES: Final = 200
"""Responses of one call that gives them piece by piece."""
STOPPED: Final = "not finished: the user has stopped the conversation"
_log = logging.getLogger(__name__)


class Caller(Protocol):
    """Where tools are called: a Toolbox, or Toolboxes."""

    async def call(self, name: str, args: Mapping[str, Any]) -> object | AsyncIterator[object]: ...


@dataclass(eq=False)
class _Run:
    """One call that runs."""

    id: str
    name: str
    args: Mapping[str, Any]
    wanted: bool = True
    """Somebody waits for its answer."""
    task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        self.wanted = False
        if self.task is not None:
            self.task.cancel()


class Runner:
    """The hands of a conversation: begins calls and breaks them off, and never waits for one.

    The task group is for the calls, which never break it and never hold up its end for longer than
    `livechat.tools.steps.PATIENCE_S`. From the loop of the group.
    """

    def __init__(
        self,
        tools: Caller,
        report: Report,
        tasks: asyncio.TaskGroup,
        *,
        stalled: Callable[[Stall], None] | None = None,
        mould: Mould | None = None,
    ) -> None:
        """`stalled` is told on the loop of a tool that has held the loop up; `mould` is `response_of` if left out."""
        self._tools = tools
        self._report = report
        self._tasks = tasks
        self._room = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, _Run] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._watch = Watch(stalled)
        self._mould = mould or _plain

    def check(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        """Has an error reported where the tool says that it cannot be called so; nothing where it can, or cannot tell.

        What is begun or broken off meanwhile is not looked at any more.
        """
        check = self._checks[id] = self._tasks.create_task(self._check(id, name, args), name=f"look at {name}")
        check.add_done_callback(lambda _: self._checks.pop(id, None))

    def begin(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        """Begins a call; one with the id of a call that still runs is the same."""
        self._leave_unchecked(id)
        if id in self._running:
            return
        run = self._running[id] = _Run(id, name, args)
        run.task = self._tasks.create_task(self._run(run), name=f"tool {name}")
        run.task.add_done_callback(lambda _: self._ended(run))

    def cancel(self, id: str) -> None:
        """Breaks a call off: nothing more is reported of it, whatever it still does."""
        self._leave_unchecked(id)
        if (run := self._running.pop(id, None)) is not None:
            run.cancel()

    def close(self) -> None:
        """Breaks off what still runs, and tells the model so: it would wait for the answers."""
        for id in list(self._checks):
            self._leave_unchecked(id)
        for run in list(self._running.values()):
            self._tell(run, {"error": STOPPED})
            run.cancel()

    def _leave_unchecked(self, id: str) -> None:
        if (check := self._checks.pop(id, None)) is not None:
            check.cancel()

    async def _check(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        try:
            problem = await problem_of(self._tools, name, args)
        except Exception as error:  # of code of the tool's own
            _log.info("whether a call of %r fits is not known", name, exc_info=error)
        else:
            if problem:
                self._report(ToolFinished(id, {"error": problem}))

    def _ended(self, run: _Run) -> None:
        if self._running.get(run.id) is run:
            del self._running[run.id]

    async def _run(self, run: _Run) -> None:
        try:
            async with self._room:
                await self._answer(run)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            self._fail(run, error)
        except BaseException as error:  # also SystemExit: a tool ends nothing but itself
            self._fail(run, error)

    async def _answer(self, run: _Run) -> None:
        given = await self._watched(self._tools.call(run.name, run.args), run.name)
        if isinstance(given, AsyncIterator):
            await self._answer_in_pieces(run, cast("AsyncIterator[object]", given))
        else:
            self._tell(run, self._mould(run.id, given))

    async def _answer_in_pieces(self, run: _Run, pieces: AsyncIterator[object]) -> None:
        try:
            await self._answer_piece_by_piece(run, pieces)
        finally:
            await _close(pieces)

    async def _answer_piece_by_piece(self, run: _Run, pieces: AsyncIterator[object]) -> None:
        """Each at once, and a word that there are no more."""
        for told in range(MOST_PIECES):
            try:
                piece = await self._watched(_next(pieces), run.name)
            except StopAsyncIteration:
                self._tell(run, {} if told else {"output": None})
                return
            self._tell(run, self._mould(run.id, piece), more=True)
            await asyncio.sleep(0)  # who never waits would hold the loop for ever
        self._tell(run, {"error": f"broken off after {MOST_PIECES} pieces"})

    async def _watched(self, work: Coroutine[Any, Any, object], name: str) -> object:
        steps = Steps(work, name)
        with self._watch.over(steps):
            return await steps

    def _fail(self, run: _Run, error: BaseException) -> None:
        _log.info("the tool %r failed", run.name, exc_info=error)
        self._tell(run, failure_of(error))

    def _tell(self, run: _Run, response: Mapping[str, Any], *, more: bool = False) -> None:
        if run.wanted:
            run.wanted = more
            self._report(ToolFinished(run.id, response, more))


def _plain(id: str, given: object) -> Mapping[str, Any]:
    return response_of(given)


async def _next(pieces: AsyncIterator[object]) -> object:
    return await anext(pieces)


async def _close(pieces: AsyncIterator[object]) -> None:
    """Has a generator let go of what it holds, if it does so soon."""
    if isinstance(pieces, AsyncGenerator):
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE_S):
                await Steps(pieces.aclose())
