"""Responses: whatever a tool gives is JSON, at most so large, and says what was left out."""

from __future__ import annotations

import json
import math
from collections import OrderedDict, deque, namedtuple
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from livechat.protocol.parts import FunctionResponse
from livechat.tools.results import LARGEST, LONGEST, Answer, failure_of, response_of
from livechat.tools.toolbox import ToolFailure


class Colour(Enum):
    RED = "red"


class City(BaseModel):
    name: str
    founded: date


@dataclass
class Point:
    x: int
    inner: object = None


Pair = namedtuple("Pair", "left right")

PLAIN: Mapping[str, tuple[object, object]] = {
    "nothing": (None, None),
    "a truth": (True, True),
    "a number": (7, 7),
    "a fraction": (0.5, 0.5),
    "words": ("rain", "rain"),
    "a list": ([1, ["a"]], [1, ["a"]]),
    "a tuple": ((1, 2), [1, 2]),
    "a mapping": ({"a": {"b": None}}, {"a": {"b": None}}),
    "a mapping of numbers": ({1: "x", None: "y"}, {"1": "x", "None": "y"}),
    "a set": ({1}, [1]),
    "a frozen set": (frozenset("a"), ["a"]),
    "a deque": (deque([1, 2]), [1, 2]),
    "an ordered mapping": (OrderedDict(a=1), {"a": 1}),
    "values of a mapping": ({"a": 1}.values(), [1]),
    "a range": (range(3), [0, 1, 2]),
    "a generator": ((n for n in (1, 2)), [1, 2]),
    "a named tuple": (Pair(1, "b"), {"left": 1, "right": "b"}),
    "a dataclass": (Point(1, Point(2)), {"x": 1, "inner": {"x": 2, "inner": None}}),
    "a model": (City(name="Oslo", founded=date(1048, 1, 1)), {"name": "Oslo", "founded": "1048-01-01"}),
    "an enum": ([Colour.RED, {Colour.RED: 1}], ["red", {"red": 1}]),
    "a day": (date(2026, 11, 21), "2026-11-21"),
    "a moment": (datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21T00:00:00+00:00"),
    "a time": (time(17, 30), "17:30:00"),
    "a span": (timedelta(minutes=90), "1:30:00"),
    "a decimal": (Decimal("1.10"), "1.10"),
    "a ratio": (Fraction(1, 3), "1/3"),
    "an id": (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "a path": (PurePosixPath("/a/b"), "/a/b"),
    "bytes of text": (b"rain", "rain"),
    "a large number": (2**60, str(2**60)),
    "half a character": ("a\ud800", "a?"),
}


@pytest.mark.parametrize("what", PLAIN)
def test_what_can_be_told_is_told(what: str) -> None:
    value, told = PLAIN[what]
    assert response_of(value) == {"output": told}


def endless() -> list[object]:
    inner: list[object] = [1]
    inner.append(inner)
    return inner


class Odd:
    pass


def naturals() -> Iterator[int]:
    n = 0
    while True:
        yield n
        n += 1


NOTED: Mapping[str, tuple[object, object, str]] = {
    "not a number": (math.nan, "NaN", "not finite"),
    "infinity": ([math.inf, -math.inf], ["Infinity", "-Infinity"], "not finite"),
    "a cycle": (endless(), [1, None], "what holds itself"),
    "bytes of no text": (b"\xff\xfe", "2 bytes", "bytes that are no text"),
    "an object": (Odd(), "an object of type Odd", "a value of type Odd"),
    "a type": (Odd, "<class 'tests.test_tools_results.Odd'>", "a value of type type"),
    "an error": (ValueError("no"), "no", "a value of type ValueError"),
    "a huge number": (10**5000, "a whole number of 16610 bits", ""),
}


@pytest.mark.parametrize("what", NOTED)
def test_what_cannot_be_told_as_it_is_says_so(what: str) -> None:
    value, told, note = NOTED[what]
    response = response_of(value)
    assert response["output"] == told
    assert note in response.get("note", "")


TOO_MUCH: Mapping[str, object] = {
    "text": "ü" * 10_000_000,
    "bytes": b"x" * 10_000_000,
    "bytes that end within a character": "ü".encode() * 5_000_000,
    "a list": ["word"] * 1_000_000,
    "lists": [[["word"] * 1000] * 1000] * 1000,
    "empty lists": [[]] * 1_000_000,
    "a mapping": {str(n): n for n in range(100_000)},
    "without an end": naturals(),
    "text that grows when it is written": "\0\n" * 10_000_000,
    "numbers": [0.1 + 0.2] * 1_000_000,
    "keys": {"k" * 10_000_000: 1, "next": 2},
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_is_too_much_is_cut_and_says_so(what: str) -> None:
    response = response_of(TOO_MUCH[what])
    assert response["note"]
    assert LARGEST / 4 < len(json.dumps(response)) <= LARGEST


def test_what_is_too_deep_is_cut() -> None:
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert "deeper than 40 levels" in response_of(deep)["note"]


def test_a_response_of_the_tools_own_making_is_left_as_it_is() -> None:
    assert response_of({"error": "no such city"}) == {"error": "no such city"}
    assert response_of({"output": [1]}) == {"output": [1]}
    assert response_of({"output": 1, "more": 2}) == {"output": {"output": 1, "more": 2}}
    assert response_of({}) == {"output": {}}
    assert response_of(Answer({"output": 1})) == {"output": 1}
    assert response_of(FunctionResponse(response={"city": {1}}, scheduling="SILENT")) == {"city": [1]}
    assert response_of(FunctionResponse()) == {}


def test_the_response_does_not_change_with_what_it_was_made_of() -> None:
    value = {"a": [1]}
    response = response_of(value)
    value["a"].append(2)
    assert response == {"output": {"a": [1]}}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists))
def test_whatever_is_given_the_response_can_be_sent(value: object) -> None:
    json.dumps(response_of(value), allow_nan=False).encode()


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError


class Evil(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


def test_an_error_is_told_with_its_kind() -> None:
    assert failure_of(KeyError("Oslo")) == {"error": "KeyError: 'Oslo'"}
    assert failure_of(SystemExit(1)) == {"error": "SystemExit: 1"}
    assert failure_of(ValueError()) == {"error": "ValueError"}


def test_a_failure_is_told_in_its_own_words() -> None:
    assert failure_of(ToolFailure("there is no such city")) == {"error": "there is no such city"}
    assert failure_of(ToolFailure()) == {"error": "ToolFailure"}


class Mute(ToolFailure):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("error", [Silent(), Evil(), Mute()])
def test_an_error_that_has_no_words_is_told_all_the_same(error: Exception) -> None:
    assert type(error).__name__ in failure_of(error)["error"]


def test_only_so_many_notes_are_made() -> None:
    assert response_of([type(name, (), {})() for name in "abcdefgh"])["note"].count("told in words") == 5


def test_an_error_is_told_in_bounded_words_that_can_be_sent() -> None:
    assert len(failure_of(ValueError("x" * 100_000))["error"]) == LONGEST
    assert failure_of(ValueError("half of \ud800")) == {"error": "ValueError: half of ?"}
