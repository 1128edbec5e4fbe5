"""What a toolbox is: functions that are declared to a model, and called by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from livechat.errors import UsageError
from livechat.suggest import closest

if TYPE_CHECKING:
    from livechat.protocol.parts import FunctionDeclaration


class ToolFailure(Exception):
    """Raised by a tool or its toolbox: the model is told these very words, as an error that it may mend."""


class Toolbox(Protocol):
    """Functions by their names. Its declarations may change while a conversation goes on."""

    def declarations(self) -> Sequence[FunctionDeclaration]:
        """What a model is told of the functions; no two have the same name."""
        ...

    async def call(self, name: str, args: Mapping[str, Any]) -> object | AsyncIterator[object]:
        """What the function gives: any value, or an iterator over what it gives piece by piece.

        Raises ToolFailure for a name or for arguments that do not fit, and whatever the function raises. The arguments
        are JSON and are not changed. Whoever cancels this cancels the function where that can be done.
        """
        ...


@runtime_checkable
class Particular(Protocol):
    """A toolbox that knows before a call whether it fits."""

    async def problem(self, name: str, args: Mapping[str, Any]) -> str:
        """What is wrong with these arguments, in words for the model; nothing where they fit."""
        ...


async def problem_of(tools: object, name: str, args: Mapping[str, Any]) -> str:
    """What a toolbox says is wrong with a call; nothing where it does not look."""
    return await tools.problem(name, args) if isinstance(tools, Particular) else ""


class Toolboxes:
    """Several toolboxes as one, by the titles under which a user knows them ("weather.py", "github")."""

    def __init__(self, boxes: Mapping[str, Toolbox]) -> None:
        """Raises UsageError where two of them have a tool of the same name."""
        self._boxes = dict(boxes)
        self._demand_different_names()

    def __iter__(self) -> Iterator[tuple[str, Toolbox]]:
        return iter(self._boxes.items())

    def declarations(self) -> Sequence[FunctionDeclaration]:
        """Of all of them, in their order."""
        return [declaration for box in self._boxes.values() for declaration in box.declarations()]

    def title_of(self, name: str) -> str | None:
        """Where the tool of this name is; None where there is none."""
        for title, box in self._boxes.items():
            if any(declaration.name == name for declaration in box.declarations()):
                return title
        return None

    async def problem(self, name: str, args: Mapping[str, Any]) -> str:
        """As Particular.problem, by the toolbox that has the tool."""
        title = self.title_of(name)
        return "" if title is None else await problem_of(self._boxes[title], name, args)

    async def call(self, name: str, args: Mapping[str, Any]) -> object | AsyncIterator[object]:
        """As Toolbox.call, by the toolbox that has the tool."""
        title = self.title_of(name)
        if title is None:
            raise no_such_tool(name, [declaration.name or "" for declaration in self.declarations()])
        return await self._boxes[title].call(name, args)

    def _demand_different_names(self) -> None:
        owners: dict[str, str] = {}
        for title, box in self._boxes.items():
            for declaration in box.declarations():
                other = owners.setdefault(declaration.name or "", title)
                if other != title:
                    raise UsageError(
                        f"both {other} and {title} have a tool called {declaration.name!r}",
                        why="the model could not tell them apart",
                        hint='give one of them another name: @livechat.tool(name="…")',
                    )


def no_such_tool(name: str, names: Sequence[str]) -> ToolFailure:
    """What a model is told that calls what was never declared."""
    near = closest(name, names)
    guess = f" — did you mean {near}?" if near else ""
    return ToolFailure(f"there is no function {name!r}{guess}; there are: {', '.join(names) or 'none'}")
