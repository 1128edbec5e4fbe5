"""What a function takes: any signature as a schema, and arguments held against it in words a model can mend."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from livechat.errors import UsageError
from livechat.tools.arguments import LARGEST, LONGEST, Arguments, Given
from livechat.tools.toolbox import ToolFailure


class Colour(Enum):
    RED = "red"


class City(BaseModel):
    name: str = Field(min_length=1)
    people: int | None = None


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Spot(NamedTuple):
    x: int
    y: int = 0


@dataclass
class Point:
    x: int


def arguments(function: Callable[..., object], **told: str) -> Arguments:
    return Arguments(function, "tool", told)


def read(function: Callable[..., object], **args: object) -> dict[str, object]:
    given = arguments(function).read(args)
    assert given.positional == []
    return given.named


def complaint(function: Callable[..., object], **args: object) -> str:
    with pytest.raises(ToolFailure) as failure:
        arguments(function).read(args)
    return str(failure.value)


def taking(hint: object) -> Callable[..., object]:
    def function(a: object) -> None: ...

    function.__annotations__["a"] = hint
    return function


TAKEN: dict[str, tuple[object, object, object]] = {
    "words": (str, "a", "a"),
    "a whole number": (int, 3.0, 3),
    "a number in words": (float, "1.5", 1.5),
    "a choice": (Literal["a", "b"], "b", "b"),
    "an enum": (Colour, "red", Colour.RED),
    "perhaps": (int | None, None, None),
    "a list": (list[int], [1, "2"], [1, 2]),
    "a set": (set[int], [1, 1], {1}),
    "a tuple": (tuple[int, str], [1, "a"], (1, "a")),
    "a mapping": (dict[str, int], [{"key": "a", "value": 1}], {"a": 1}),
    "a mapping by numbers": (dict[int, str], {"1": "a"}, {1: "a"}),
    "a model": (City, {"name": "Oslo"}, City(name="Oslo")),
    "models": (list[City], [{"name": "Oslo", "people": 5}], [City(name="Oslo", people=5)]),
    "a model in itself": (Node, {"value": 1, "children": ['{"value": 2}']}, Node(value=1, children=[Node(value=2)])),
    "a named tuple": (Spot, [1, 2], Spot(1, 2)),
    "a dataclass": (Point, {"x": 1}, Point(1)),
    "a day": (date, "2026-11-21", date(2026, 11, 21)),
    "a decimal": (Decimal, "1.10", Decimal("1.10")),
    "an id": (UUID, str(UUID(int=1)), UUID(int=1)),
    "anything": (Any, {"a": [1]}, {"a": [1]}),
    "a bounded number": (Annotated[int, Field(gt=0)], 1, 1),
    "a described one": (Annotated[str, "the city"], "Oslo", "Oslo"),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_can_be_annotated_can_be_taken(what: str) -> None:
    hint, given, taken = TAKEN[what]
    assert read(taking(hint), a=given) == {"a": taken}


def test_what_is_left_out_is_left_to_the_function() -> None:
    def function(a: int, b: list[int] | None = None, *, c: str = "c") -> None: ...

    assert read(function, a=1) == {"a": 1}
    assert read(function, a=1, c="d") == {"a": 1, "c": "d"}


def test_positional_parameters_are_given_in_their_places() -> None:
    def function(a: int, b: int = 5, /, c: int = 6) -> None: ...

    assert arguments(function).read({"a": 1, "c": 2}) == Given([1, 5], {"c": 2})
    assert arguments(function).read({"a": 1, "b": 2}) == Given([1, 2], {})


def test_names_that_pydantic_keeps_for_itself_are_names_like_others() -> None:
    def function(self_: int, json: str, model_config: int, _private: int, schema: str = "") -> None: ...

    given = {"self_": 1, "json": "a", "model_config": 2, "_private": 3, "schema": "b"}
    assert read(function, **given) == given


def test_without_an_annotation_the_default_says_the_type() -> None:
    def function(a, b=3, c=True, d=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        ...

    properties = arguments(function).schema["properties"]
    assert [properties[name].get("type") for name in "abcd"] == ["string", "integer", "boolean", "string"]
    assert read(function, a=5, d="x") == {"a": 5, "d": "x"}


def test_words_about_a_parameter_come_from_its_annotation_before_the_docstring() -> None:
    def function(
        a: Annotated[str, "noted"], b: Annotated[str, Field(description="in a field")], c: str, d: str = "d"
    ) -> None: ...

    properties = arguments(function, a="told", b="told", c="told").schema["properties"]
    assert [properties[name].get("description") for name in "abcd"] == ["noted", "in a field", "told", None]


class Caller:
    def __init__(self, place: str = "") -> None: ...

    def __call__(self, city: str) -> None: ...

    def method(self, town: str) -> None: ...

    @staticmethod
    def static(village: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (functools.partial(Caller.static, village="Ås"), ["village"]),
        (functools.partial(Caller().method, "Oslo"), []),
        (Caller(), ["city"]),
        (Caller().method, ["town"]),
        (Caller.static, ["village"]),
        (Caller, ["place"]),
        (lambda *args, **others: None, []),
        (print, ["sep", "end", "file", "flush"]),
    ],
)
def test_whatever_can_be_called_has_parameters(function: Callable[..., object], names: list[str]) -> None:
    assert list(arguments(function).schema.get("properties", {})) == names


# ---------------------------------------------------------------------------------------------------- what does not fit


def weather(city: str, days: int = 1) -> None: ...


def test_a_complaint_names_all_that_does_not_fit_and_what_would() -> None:
    assert complaint(weather, days="soon", town="Oslo") == (
        "the arguments of tool do not fit: city: is missing; days: Input should be a valid integer, unable to parse "
        "string as an integer (given 'soon'); town: there is no such parameter. It takes: city, days (optional)"
    )


def test_a_complaint_names_the_place_in_a_list_of_models() -> None:
    def function(cities: list[City]) -> None: ...

    assert "cities.1.name: String should have at least 1 character (given '')" in complaint(
        function, cities=[{"name": "Oslo"}, {"name": ""}]
    )


def test_a_complaint_is_bounded() -> None:
    def function(numbers: list[int]) -> None: ...

    told = complaint(function, numbers=["x" * 100] * 1000)
    assert len(told) <= LONGEST
    assert "'xxx" in told


def test_arguments_that_are_too_large_are_not_looked_at() -> None:
    assert complaint(weather, city="x" * LARGEST) == f"the arguments of tool are too large: at most {LARGEST} bytes"


def test_a_function_without_parameters_takes_nothing() -> None:
    def function() -> None: ...

    assert read(function) == {}
    assert complaint(function, a=1).endswith("It takes: nothing")


def test_arguments_that_are_no_json_are_a_failure() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "cannot be read" in complaint(weather, city=deep)
    assert "cannot be read" in complaint(weather, city={1})


# ---------------------------------------------------------------------------------------------- what cannot be declared


class Opaque: ...


class Place(TypedDict):
    name: str


def missing_name(a: Gone) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (taking(Opaque), "a is of type Opaque, which no JSON is"),
        (taking(Callable[[], int]), "a is of type collections.abc.Callable[[], int], which no JSON is"),
        (missing_name, "its annotations cannot be read: NameError: name 'Gone' is not defined"),
        (type, "no signature found"),
        (taking(Place), "a: Please use `typing_extensions.TypedDict`" if sys.version_info < (3, 12) else ""),
    ],
)
def test_what_cannot_be_asked_for_is_an_error_that_says_why(function: Callable[..., object], why: str) -> None:
    if not why:
        assert arguments(function).schema
        return
    with pytest.raises(UsageError, match="cannot be declared") as error:
        arguments(function)
    assert why in error.value.why
    place = f" (test_tools_arguments.py:{function.__code__.co_firstlineno})" if function is not type else ""
    assert str(error.value) == f"the tool 'tool'{place} cannot be declared"


def test_parameters_that_are_only_wrong_together_are_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def fails_once(name: str, **fields: object) -> type[BaseModel]:
        nonlocal made
        made += 1
        if made == 1:
            raise TypeError("not together\nat all")
        return City

    monkeypatch.setattr("livechat.tools.arguments.create_model", fails_once)
    with pytest.raises(UsageError) as error:
        arguments(weather)
    assert error.value.why == "TypeError: not together"
