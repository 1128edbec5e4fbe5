"""Several toolboxes as one: whose tool it is, and what is said where names clash or are not there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from livechat.errors import UsageError
from livechat.protocol.parts import FunctionDeclaration
from livechat.tools.toolbox import Toolbox, Toolboxes, ToolFailure, no_such_tool


class Box:
    """Tools that give what they are called with."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    def declarations(self) -> Sequence[FunctionDeclaration]:
        return [FunctionDeclaration(name=name) for name in self.names]

    async def call(self, name: str, args: Mapping[str, Any]) -> object:
        return self.names[0], name, dict(args)


def two() -> Toolboxes:
    boxes: dict[str, Toolbox] = {"weather.py": Box("weather", "wind"), "clock": Box("clock")}
    return Toolboxes(boxes)


def test_the_declarations_of_all_come_in_their_order() -> None:
    assert [declaration.name for declaration in two().declarations()] == ["weather", "wind", "clock"]
    assert [title for title, _ in two()] == ["weather.py", "clock"]


def test_a_call_goes_to_the_toolbox_that_has_the_tool() -> None:
    assert asyncio.run(two().call("clock", {"zone": "UTC"})) == ("clock", "clock", {"zone": "UTC"})
    assert asyncio.run(two().call("wind", {})) == ("weather", "wind", {})


def test_a_toolbox_may_change_what_it_has() -> None:
    box = Box("weather")
    boxes = Toolboxes({"weather.py": box})
    box.names.append("rain")
    assert boxes.title_of("rain") == "weather.py"
    assert boxes.title_of("snow") is None


def test_a_tool_that_is_not_there_is_a_failure_that_names_the_nearest() -> None:
    with pytest.raises(ToolFailure, match=r"no function 'wether' — did you mean weather\?; there are: weather, wind"):
        asyncio.run(two().call("wether", {}))


def test_where_nothing_is_alike_or_nothing_is_there_no_guess_is_made() -> None:
    assert str(no_such_tool("x", ["weather"])) == "there is no function 'x'; there are: weather"
    assert str(no_such_tool("x", [])) == "there is no function 'x'; there are: none"


def test_tools_of_the_same_name_are_an_error_that_names_both_toolboxes() -> None:
    boxes: dict[str, Toolbox] = {"a.py": Box("weather"), "b.py": Box("weather")}
    with pytest.raises(UsageError, match=r"both a\.py and b\.py have a tool called 'weather'"):
        Toolboxes(boxes)
