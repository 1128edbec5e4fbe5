"""Answers the model's calls with plain Python callables: each is run once, and answered once by its id."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from traceback import format_exception_only
from typing import Any, Final, TypeAlias, cast

from livechat.errors import UsageError
from livechat.events import Event, ToolEnded, ToolStarted
from livechat.protocol.codec import MAX_FRAME, encode
from livechat.protocol.parts import FunctionResponse

Function: TypeAlias = Callable[..., object]
Tools: TypeAlias = Mapping[str, Function] | Sequence[Function]
"""Functions by the names that the model was told, or functions that have those names."""
Answer: TypeAlias = Callable[[FunctionResponse], None]

AT_ONCE: Final = 32
"""Calls that run at the same time; those beyond wait for one of them."""
LARGEST: Final = MAX_FRAME // 2
"""Bytes of one answer as it is sent."""
LONGEST: Final = 2_000
"""Characters that the model is told of an error."""
STOPPED: Final = "not finished: the user has stopped the conversation"
_log = logging.getLogger(__name__)
_LIKE: Final = 'tools={"get_weather": get_weather} or tools=[get_weather]'


def named(tools: Tools | None) -> dict[str, Function]:
    """The functions by their names. Raises UsageError for what cannot be called and for what has no name of its own."""
    match cast("object", tools):
        case None:
            found: dict[str, Function] = {}
        case Mapping():
            found = dict(cast("Mapping[str, Function]", tools))
        case list() | tuple():
            found = _by_name(cast("Sequence[Function]", tools))
        case _:
            raise UsageError(f"tools of type {type(tools).__name__} have no names", hint=_LIKE)
    for name, tool in found.items():
        if not callable(tool):
            raise UsageError(f"the tool {name!r} cannot be called: it is of type {type(tool).__name__}", hint=_LIKE)
    return found


def _by_name(tools: Sequence[Function]) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for tool in tools:
        name = getattr(tool, "__name__", "<no name>")
        if not name.isidentifier():
            raise UsageError(f"a tool of type {type(tool).__name__} has no name of its own", hint=_LIKE)
        if name in found:
            raise UsageError(f"two tools are called {name!r}", hint=_LIKE)
        found[name] = tool
    return found


@dataclass(eq=False)
class _Run:
    """One call that runs."""

    asked: ToolStarted
    wanted: bool = True
    """The model waits for its answer."""
    task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        self.wanted = False
        if self.task is not None:
            self.task.cancel()


class CallRunner:
    """Runs what the model asks for: `async def` functions on the loop, all others in threads that keep no process up.

    `see` is an observer of the session; `answer` sends what it is given. The task group is for the calls, which never
    break it. From the session's loop.
    """

    def __init__(self, tools: Mapping[str, Function], tasks: asyncio.TaskGroup, answer: Answer) -> None:
        self._tools = tools
        self._tasks = tasks
        self._answer = answer
        self._room = asyncio.Semaphore(AT_ONCE)
        self._running: list[_Run] = []

    def see(self, t: float, event: Event) -> None:
        """Begins what is asked for, and breaks off what the model has taken back or somebody else has answered."""
        if isinstance(event, ToolStarted):
            self._begin(_Run(event))
        elif isinstance(event, ToolEnded) and event.id:
            for run in [run for run in self._running if run.wanted and run.asked.id == event.id]:
                run.cancel()

    def close(self) -> None:
        """Breaks off what still runs, and tells the model so: it would wait for the answers."""
        for run in [run for run in self._running if run.wanted]:
            run.cancel()
            self._answer(_response(run.asked, {"error": STOPPED}))

    def _begin(self, run: _Run) -> None:
        self._running.append(run)
        run.task = self._tasks.create_task(self._run(run), name="tool")
        run.task.add_done_callback(lambda _: self._running.remove(run))

    async def _run(self, run: _Run) -> None:
        async with self._room:
            response = await self._result(run.asked)
        if run.wanted:
            run.wanted = False
            self._answer(response)

    async def _result(self, asked: ToolStarted) -> FunctionResponse:
        tool = self._tools.get(asked.name)
        if tool is None:
            there_are = ", ".join(self._tools) or "none"
            return _response(asked, {"error": f"there is no function {asked.name!r}; there are: {there_are}"})
        try:
            return _answer_of(asked, await _called(tool, asked.args))
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            return _failure(asked, error)
        except Exception as error:
            return _failure(asked, error)


async def _called(tool: Function, args: Mapping[str, Any]) -> object:
    given = tool(**args) if inspect.iscoroutinefunction(tool) else await _in_a_thread(lambda: tool(**args))
    return await cast("Awaitable[object]", given) if inspect.isawaitable(given) else given


async def _in_a_thread(work: Callable[[], object]) -> object:
    """What it gives or raises. It runs on when nobody waits any more, and then what it gives is thrown away."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[object, BaseException | None]] = loop.create_future()
    context = copy_context()

    def tell(given: object, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((given, error))
        elif inspect.iscoroutine(given):
            given.close()

    def run() -> None:
        given, error = None, None
        try:
            given = context.run(work)
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, given, error)

    threading.Thread(target=run, name="livechat-tool", daemon=True).start()
    given, error = await done
    if error is not None:
        raise _Raised(error)
    return given


class _Raised(Exception):
    """What a thread raised, which may be what cannot be raised here."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _failure(asked: ToolStarted, error: BaseException) -> FunctionResponse:
    raised = error.error if isinstance(error, _Raised) else error
    _log.info("the tool %r failed", asked.name, exc_info=raised)
    told = "".join(format_exception_only(raised)).strip()
    return _response(asked, {"error": told.encode("utf-8", "replace").decode()[:LONGEST]})


def _answer_of(asked: ToolStarted, given: object) -> FunctionResponse:
    """As it is now, whatever becomes of what was given. Raises LocalProtocolError and ValueError for no JSON."""
    if isinstance(given, FunctionResponse):
        answer = given.model_copy(update={"id": asked.id or None, "name": asked.name})
    elif isinstance(given, Mapping):
        answer = _response(asked, dict(cast("Mapping[str, Any]", given)))
    else:
        answer = _response(asked, {"output": given})
    written = encode(answer)
    if len(written) > LARGEST:
        raise ValueError(f"an answer of {len(written)} bytes is too large: at most {LARGEST}")
    return FunctionResponse.model_validate_json(written)


def _response(asked: ToolStarted, response: dict[str, Any]) -> FunctionResponse:
    return FunctionResponse(id=asked.id or None, name=asked.name, response=response)
