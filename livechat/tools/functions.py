"""Makes tools of Python functions: what their signatures and docstrings say is what the model is told."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    overload,
    runtime_checkable,
)

from livechat.errors import UsageError
from livechat.suggest import closest
from livechat.tools.toolbox import ToolFailure, no_such_tool

if TYPE_CHECKING:
    from livechat.protocol.parts import FunctionDeclaration
    from livechat.tools.arguments import Arguments
    from livechat.tools.docstrings import Told
    from livechat.tools.places import Place

Function: TypeAlias = Callable[..., object]
Functions: TypeAlias = Mapping[str, Function] | Sequence[Function]
"""Functions by the names that the model is told, or functions that have those names."""
F = TypeVar("F", bound=Function)
Permission = Literal["allow", "ask", "deny"]
OnCancel = Literal["drop", "finish", "ask"]
Scheduling = Literal["SILENT", "WHEN_IDLE", "INTERRUPT"]

_LIKE: Final = 'tools={"get_weather": get_weather} or tools=[get_weather]'
_LEGAL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}")
"""The names that the wire takes."""
_MARKS: Final = "__livechat_tool__"


@dataclass(frozen=True, slots=True)
class Marks:
    """What `@livechat.tool(…)` says of a function; None is what the user's settings say."""

    name: str | None = None
    description: str | None = None
    blocking: bool | None = None
    """Whether the model waits for the answer before it says anything more."""
    scheduling: Scheduling | None = None
    """When the model speaks of the answer, where it does not wait for it."""
    timeout_s: float | None = None
    permission: Permission | None = None
    on_cancel: OnCancel | None = None
    """What becomes of a call that the model takes back while it runs."""

    def __post_init__(self) -> None:
        """Raises UsageError for what none of these can be."""
        _demand_one_of("permission", self.permission, get_args(Permission))
        _demand_one_of("scheduling", self.scheduling, get_args(Scheduling))
        _demand_one_of("on_cancel", self.on_cancel, get_args(OnCancel))
        if self.timeout_s is not None and not 0 < self.timeout_s < inf:
            raise UsageError(f"timeout_s={self.timeout_s!r}: a tool has more than 0 seconds, and not for ever")
        if self.name is not None and not _LEGAL.fullmatch(self.name):
            raise _illegal(self.name)


def _demand_one_of(field: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        near = closest(str(value), known)
        guess = f" — did you mean {near}?" if near else ""
        raise UsageError(f"{field}={value!r} is none of {', '.join(known)}{guess}")


@overload
def tool(function: F, /) -> F: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    blocking: bool | None = None,
    scheduling: Scheduling | None = None,
    timeout_s: float | None = None,
    permission: Permission | None = None,
    on_cancel: OnCancel | None = None,
) -> Callable[[F], F]: ...
def tool(
    function: F | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    blocking: bool | None = None,
    scheduling: Scheduling | None = None,
    timeout_s: float | None = None,
    permission: Permission | None = None,
    on_cancel: OnCancel | None = None,
) -> F | Callable[[F], F]:
    """Marks a function as one that a model may call; it stays the function that it was.

    name: what the model calls it, if not by its own name. description: what the model is told of it, if not its
    docstring. blocking: whether the model waits for the answer. scheduling: when it speaks of the answer if it did not
    wait. timeout_s: after how many seconds it is told that there is none. permission: whether the user is asked.
    on_cancel: whether a call that the model takes back is broken off ("drop"), goes on unheard ("finish"), or is the
    user's to decide ("ask"). Raises UsageError for what none of these can be.
    """
    marks = Marks(name, description, blocking, scheduling, timeout_s, permission, on_cancel)

    def mark(function: F) -> F:
        setattr(function, _MARKS, marks)
        return function

    return mark if function is None else mark(function)


def marks_of(function: object) -> Marks | None:
    """What its decorator says; None where it has none."""
    marks = getattr(function, _MARKS, None)
    return marks if isinstance(marks, Marks) else None


@runtime_checkable
class Marked(Protocol):
    """A toolbox of functions, with what their decorators say."""

    @property
    def marks(self) -> Mapping[str, Marks]: ...


class FunctionToolbox:
    """Functions as tools: `async def` functions run on a loop, all others in threads that keep no process up."""

    def __init__(self, functions: Functions, *, place: Callable[[], Place] | None = None) -> None:
        """`place` makes the place where they run once one is called; if it is left out, that is `Here`.

        Raises UsageError for what cannot be called, has no name of its own, or a name the wire does not take.
        """
        self._tools = {name: _Tool(name, function) for name, function in named(functions).items()}
        self._make_place = place

    @property
    def marks(self) -> Mapping[str, Marks]:
        """What the decorators say, by the names of all the tools."""
        return {name: tool.marks for name, tool in self._tools.items()}

    def has(self, function: Function) -> bool:
        """Whether this very function is one of the tools."""
        return any(tool.is_of(function) for tool in self._tools.values())

    def declarations(self) -> Sequence[FunctionDeclaration]:
        """Raises UsageError where a signature cannot be said on the wire."""
        return [tool.declaration for tool in self._tools.values()]

    async def problem(self, name: str, args: Mapping[str, Any]) -> str:
        """What is wrong with these arguments, in words for the model; nothing where they fit."""
        tool = self._tools.get(name)
        return "" if tool is None else tool.problem(args)

    async def call(self, name: str, args: Mapping[str, Any]) -> object | AsyncIterator[object]:
        """As Toolbox.call."""
        tool = self._tools.get(name)
        if tool is None:
            raise no_such_tool(name, list(self._tools))
        call = partial(tool.call, args)
        return await (self._place.on_a_loop(call, name) if tool.is_async else self._place.in_a_thread(call, name))

    @cached_property
    def _place(self) -> Place:
        from livechat.tools.places import Here

        return Here() if self._make_place is None else self._make_place()


class _Tool:
    """One function; what is read from its signature is read when somebody asks."""

    def __init__(self, name: str, function: Function) -> None:
        self.name = name
        self.marks = marks_of(function) or Marks()
        self._function = function

    def is_of(self, function: Function) -> bool:
        return self._function == function

    @property
    def is_async(self) -> bool:
        """Whether calling it runs nothing yet, so that it may be called on the loop."""
        function = self._function
        while isinstance(function, partial):
            function = function.func
        called = function if inspect.isroutine(function) else type(function).__call__
        return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)

    @cached_property
    def declaration(self) -> FunctionDeclaration:
        from livechat.protocol.parts import FunctionDeclaration
        from livechat.tools.schemas import wire_schema

        about = self.marks.description or self._told.about
        behavior = {True: "BLOCKING", False: "NON_BLOCKING", None: None}[self.marks.blocking]
        told = {
            "name": self.name,
            "description": about or None,
            "parameters": wire_schema(self._arguments.schema),
            "behavior": behavior,
        }
        return FunctionDeclaration.model_validate({field: value for field, value in told.items() if value is not None})

    def problem(self, args: Mapping[str, Any]) -> str:
        try:
            self._arguments.read(args)
        except ToolFailure as failure:
            return str(failure)
        return ""

    def call(self, args: Mapping[str, Any]) -> object:
        given = self._arguments.read(args)
        return self._function(*given.positional, **given.named)

    @cached_property
    def _told(self) -> Told:
        from livechat.tools.docstrings import told_by

        return told_by(_docstring(self._function))

    @cached_property
    def _arguments(self) -> Arguments:
        from livechat.tools.arguments import Arguments

        return Arguments(self._function, self.name, self._told.parameters)


def named(functions: Functions) -> dict[str, Function]:
    """The functions by their names. Raises UsageError for what cannot be called or has no name that the wire takes."""
    match cast("object", functions):
        case Mapping():
            found = dict(cast("Mapping[str, Function]", functions))
        case list() | tuple():
            found = _by_name(cast("Sequence[Function]", functions))
        case _:
            raise UsageError(f"tools of type {type(functions).__name__} have no names", hint=_LIKE)
    for name, function in found.items():
        if not callable(function):
            raise UsageError(f"the tool {name!r} cannot be called: it is of type {type(function).__name__}", hint=_LIKE)
        if not _LEGAL.fullmatch(name):
            raise _illegal(name)
    return found


def _illegal(name: str) -> UsageError:
    return UsageError(
        f"a tool cannot be called {name!r}",
        why="a name has up to 64 letters (a to z), digits, dots, dashes and underscores, and begins with no digit",
        hint='@livechat.tool(name="…") gives it another',
    )


def _by_name(functions: Sequence[Function]) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for function in functions:
        marks = marks_of(function) or Marks()
        name = marks.name or str(getattr(function, "__name__", "<no name>"))
        if marks.name is None and not name.isidentifier():
            raise UsageError(f"a tool of type {type(function).__name__} has no name of its own", hint=_LIKE)
        if name in found:
            raise UsageError(f"two tools are called {name!r}", hint=_LIKE)
        found[name] = function
    return found


def _docstring(function: Function) -> str | None:
    """Its own: an object that is called has that of its `__call__`, or of its type."""
    while isinstance(function, partial):
        function = function.func
    if inspect.isroutine(function) or inspect.isclass(function):
        return inspect.getdoc(function)
    return type(function).__call__.__doc__ or inspect.getdoc(type(function))
