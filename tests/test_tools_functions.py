"""Python functions as tools: their names, their declarations, where they run, and what they are given."""

from __future__ import annotations

import asyncio
import functools
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from google.genai import types
from pydantic import BaseModel, Field

from livechat.errors import UsageError
from livechat.protocol.codec import encode
from livechat.protocol.parts import Tool
from livechat.tools.functions import Function, Functions, FunctionToolbox, Marks, marks_of, named, tool
from livechat.tools.results import Answer
from livechat.tools.toolbox import Toolbox, Toolboxes, ToolFailure
from tests.aio import run


def weather(city: str, days: int = 1) -> dict[str, object]:
    """Tells the weather of a city.

    Args:
        city: The city's name.
    """
    return {"city": city, "days": days}


class Forecast:
    """A forecast."""

    def __call__(self, city: str) -> str:
        return f"rain in {city}"

    async def later(self, city: str) -> str:
        """Tells it later."""
        return f"snow in {city}"


class Colour(Enum):
    RED = "red"


class Later:
    async def __call__(self) -> str:
        return threading.current_thread().name


def called(function: Function, **args: object) -> object:
    return run(FunctionToolbox({"tool": function}).call("tool", args))


def output(function: Function, **args: object) -> object:
    given = called(function, **args)
    assert isinstance(given, Answer)
    return given.response["output"]


# ---------------------------------------------------------------------------------------------------- the decorator


def test_a_marked_function_is_the_function_that_it_was() -> None:
    def hello(name: str) -> str:
        return f"hello {name}"

    assert tool(hello) is hello
    assert tool(timeout_s=5)(hello) is hello
    assert hello("Ada") == "hello Ada"
    assert marks_of(hello) == Marks(timeout_s=5)
    assert marks_of(weather) is None


def test_the_decorator_says_how_a_tool_is_to_be_treated() -> None:
    marked = tool(
        name="forecast",
        description="Tells the future.",
        blocking=False,
        scheduling="SILENT",
        timeout_s=2.5,
        permission="allow",
        on_cancel="finish",
    )(functools.partial(weather))
    box = FunctionToolbox([marked])
    assert box.marks == {
        "forecast": Marks("forecast", "Tells the future.", False, "SILENT", 2.5, "allow", "finish"),
    }
    (declaration,) = box.declarations()
    assert (declaration.name, declaration.description) == ("forecast", "Tells the future.")
    assert declaration.behavior == "NON_BLOCKING"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"permission": "yes"}, "permission='yes' is none of allow, ask, deny"),
        ({"scheduling": "SILNT"}, "did you mean SILENT"),
        ({"on_cancel": 5}, "on_cancel=5 is none of drop, finish, ask"),
        ({"timeout_s": 0}, "timeout_s=0: a tool has more than 0 seconds"),
        ({"timeout_s": float("inf")}, "and not for ever"),
        ({"timeout_s": float("nan")}, "and not for ever"),
        ({"name": "the weather"}, "a tool cannot be called 'the weather'"),
    ],
)
def test_what_no_tool_can_be_is_a_mistake_at_once(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        tool(**wrong)


def test_type_checkers_know_a_marked_function_as_it_was(tmp_path: Path) -> None:
    program = tmp_path / "marked.py"
    program.write_text(
        "from livechat.tools.functions import tool\n"
        "@tool\ndef one(x: int) -> str: return str(x)\n"
        "@tool(timeout_s=1)\nasync def two(x: int) -> str: return str(x)\n"
        "reveal_type(one)\nreveal_type(two)\n"
    )
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(program)],
        capture_output=True,
        text=True,
    )
    assert '"def (x: int) -> str"' in told.stdout
    assert '"def (x: int) -> Coroutine[Any, Any, str]"' in told.stdout.replace("typing.", "")
    assert "error" not in told.stdout


def test_marking_a_function_imports_nothing_heavy() -> None:
    program = "import sys, livechat.tools.functions; print([m for m in sys.modules if m in ('pydantic', 'asyncio')])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


# -------------------------------------------------------------------------------------------------- the declarations


class Node(BaseModel):
    value: int
    children: list[Node] = []


def everything(
    text: str,
    count: Annotated[int, Field(gt=0, le=10)],
    unit: Literal["c", "f"],
    colour: Colour,
    one: Literal[1, 2],
    day: date | None,
    moment: datetime,
    id: UUID,
    each: dict[str, list[Node]],
    pair: tuple[int, str],
    either: int | str | None,
    any: Any,  # noqa: ANN401  whatever it is
    node: Node,
    bare: dict,
    items: list,
    number: float = 0.5,
) -> None:
    """Takes all kinds of arguments."""


def test_google_s_own_client_reads_a_declaration_in_which_nothing_is_what_the_api_refuses() -> None:
    """The refusals are those told of in `livechat.tools.schemas`."""
    (declaration,) = FunctionToolbox([everything]).declarations()
    setup = json.loads(encode(Tool(function_declarations=[declaration])))
    read = types.Tool.model_validate(setup)
    assert read.function_declarations is not None
    root = read.function_declarations[0].parameters
    assert root is not None
    for schema in schemas_in(root):
        given = schema.model_fields_set
        assert not schema.model_extra
        assert given == {"any_of"} or schema.type is not None
        assert schema.properties or schema.type != types.Type.OBJECT
        assert schema.items or schema.type != types.Type.ARRAY
        assert not schema.enum or schema.type == types.Type.STRING
        assert schema.type != types.Type.STRING or schema.format in (None, "enum", "date-time")
        assert not given & {"additional_properties", "ref", "defs", "default", "title"}


def schemas_in(schema: types.Schema) -> Iterator[types.Schema]:
    yield schema
    items = [schema.items] if schema.items else []
    for inner in [*(schema.properties or {}).values(), *(schema.any_of or []), *items]:
        yield from schemas_in(inner)


def test_signature_and_docstring_become_the_declaration() -> None:
    box: Toolbox = FunctionToolbox([weather])
    (declaration,) = box.declarations()
    assert declaration.model_dump(exclude_none=True) == {
        "name": "weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "OBJECT",
            "properties": {
                "city": {"type": "STRING", "description": "The city's name."},
                "days": {"type": "INTEGER", "description": "(default: 1)"},
            },
            "required": ["city"],
        },
    }


def test_a_function_without_parameters_is_declared_without_any() -> None:
    def now() -> str: ...

    (declaration,) = FunctionToolbox([now]).declarations()
    assert declaration.model_dump(exclude_none=True) == {"name": "now"}


def test_a_blocking_function_says_so() -> None:
    (declaration,) = FunctionToolbox({"weather": tool(blocking=True)(functools.partial(weather))}).declarations()
    assert declaration.behavior == "BLOCKING"


@pytest.mark.parametrize(
    ("function", "about"),
    [
        (functools.partial(weather, days=2), "Tells the weather of a city."),
        (Forecast(), "A forecast."),
        (Forecast().later, "Tells it later."),
        (Forecast, "A forecast."),
    ],
)
def test_whatever_can_be_called_has_a_description(function: Function, about: str) -> None:
    (declaration,) = FunctionToolbox({"tool": function}).declarations()
    assert declaration.description == about


# ---------------------------------------------------------------------------------------------------------- the names

WRONG: Mapping[str, tuple[Any, str]] = {
    "no name": ([functools.partial(weather)], "a tool of type partial has no name of its own"),
    "a lambda": ([lambda: 1], "a tool of type function has no name of its own"),
    "twice": ([weather, weather], "two tools are called 'weather'"),
    "no function": ({"x": 5}, "the tool 'x' cannot be called: it is of type int"),
    "no tools": (weather, "tools of type function have no names"),
    "a space": ({"the weather": weather}, "a tool cannot be called 'the weather'"),
    "too long": ({"x" * 65: weather}, "a tool cannot be called"),
    "no letters": ({"": weather}, "a tool cannot be called ''"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_has_no_name_for_the_wire_is_an_error(what: str) -> None:
    tools, words = WRONG[what]
    with pytest.raises(UsageError, match=words):
        FunctionToolbox(tools)


def test_functions_are_named_by_themselves_by_their_marks_or_by_who_gives_them() -> None:
    marked = tool(name="a.b-c")(functools.partial(weather))
    given: list[Functions] = [[weather], (marked,), {"other": marked}]
    assert [list(named(tools)) for tools in given] == [["weather"], ["a.b-c"], ["other"]]


# ------------------------------------------------------------------------------------------------------------ the calls


def test_an_ordinary_function_runs_in_a_thread_that_keeps_no_process_up() -> None:
    def where() -> list[object]:
        return [threading.current_thread().daemon, threading.current_thread() is threading.main_thread()]

    assert output(where) == [True, False]


def test_a_coroutine_function_runs_on_the_loop() -> None:
    async def where() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert called(where) == "MainThread"
    assert called(functools.partial(where)) == "MainThread"
    assert called(Later()) == "MainThread"


def test_what_a_function_gives_to_be_awaited_is_awaited() -> None:
    def later(city: str) -> Awaitable[str]:
        return Forecast().later(city)

    assert called(later, city="Oslo") == "snow in Oslo"


def test_an_async_generator_is_given_as_it_is() -> None:
    async def count(to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    def counting(to: int) -> AsyncIterator[int]:
        return count(to)

    async def main(function: Function) -> list[object]:
        given = await FunctionToolbox({"tool": function}).call("tool", {"to": 2})
        assert isinstance(given, AsyncIterator)
        return [piece async for piece in given]

    assert run(main(count)) == [0, 1]
    assert run(main(counting)) == [0, 1]


def test_a_generator_is_run_through_in_its_thread() -> None:
    def count() -> Iterator[str]:
        yield threading.current_thread().name
        yield "b"

    assert output(count) == ["livechat-tool tool", "b"]


def test_what_a_thread_gives_is_made_json_there() -> None:
    assert output(weather, city="Oslo") == {"city": "Oslo", "days": 1}


def test_arguments_are_checked_before_anything_runs() -> None:
    ran: list[str] = []

    def note(text: str) -> None:
        ran.append(text)

    async def note_later(text: str) -> None:
        ran.append(text)

    for function in (note, note_later):
        with pytest.raises(ToolFailure, match="text: Input should be a valid string"):
            called(function, text=7)
    assert ran == []


def test_a_toolbox_knows_its_functions() -> None:
    box = FunctionToolbox({"weather": weather})
    assert box.has(weather)
    assert not box.has(Forecast())


def test_a_tool_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(ToolFailure, match="no function 'wether' — did you mean weather"):
        run(FunctionToolbox([weather]).call("wether", {}))


def test_what_is_wrong_with_a_call_is_known_before_it_runs() -> None:
    ran: list[int] = []

    def double(number: int) -> int:
        ran.append(number)
        return 2 * number

    box = FunctionToolbox([double])
    assert run(box.problem("double", {"number": 2})) == ""
    assert "number" in run(box.problem("double", {"number": "two"}))
    assert "number" in run(box.problem("double", {}))
    assert run(box.problem("triple", {})) == ""
    assert run(Toolboxes({"here": box}).problem("double", {})) == run(box.problem("double", {}))
    assert run(Toolboxes({}).problem("double", {})) == ""
    assert ran == []
