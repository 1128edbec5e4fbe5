"""The three vocabularies keep their grammar: inputs have happened, commands order, events are news."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from typing import Any, get_args

import pytest

from livechat import events
from livechat.events import Command, Disconnected, Event, Input, Left, Lost, Output, Refused, TurnEnded, UsageCounted

INPUTS: tuple[type[Any], ...] = get_args(Input)
COMMANDS: tuple[type[Any], ...] = get_args(Command)
EVENTS: tuple[type[Any], ...] = get_args(Event)
WORDS = INPUTS + COMMANDS + EVENTS

IRREGULAR = ("Heard", "Left", "Lost", "Said", "Slept")
ORDERS = ("Send", "Play", "Finish", "Stop", "Close", "Run", "Check", "Cancel", "Reconnect")


def named(word: type[Any]) -> str:
    return word.__name__


@pytest.mark.parametrize("word", INPUTS, ids=named)
def test_an_input_is_a_past_participle(word: type[Any]) -> None:
    assert word.__name__.endswith("ed") or word.__name__ in IRREGULAR


@pytest.mark.parametrize("word", COMMANDS, ids=named)
def test_a_command_is_an_imperative(word: type[Any]) -> None:
    assert word.__name__.startswith(ORDERS)
    assert not word.__name__.endswith("ed")


@pytest.mark.parametrize("word", WORDS, ids=named)
def test_a_word_is_frozen_and_small_and_says_what_it_means(word: type[Any]) -> None:
    params = word.__dataclass_params__
    assert params.frozen
    assert params.eq
    assert "__slots__" in vars(word)
    meaning = inspect.getdoc(word) or ""
    assert meaning
    assert not meaning.startswith(f"{word.__name__}("), "that is the docstring dataclass makes"


@pytest.mark.parametrize("word", WORDS, ids=named)
def test_a_field_of_bytes_or_seconds_says_its_unit(word: type[Any]) -> None:
    said = documented(word)
    for field in dataclasses.fields(word):
        if field.type == "bytes":
            assert "kHz" in said.get(field.name, ""), f"{word.__name__}.{field.name}"
        if field.type == "float":
            assert field.name.endswith("_s"), f"{word.__name__}.{field.name}"


def documented(word: type[Any]) -> dict[str, str]:
    """What stands under each field of a class."""
    body = ast.parse(inspect.getsource(word)).body[0]
    assert isinstance(body, ast.ClassDef)
    said: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said[field.target.id] = ast.unparse(below) if isinstance(below, ast.Expr) else ""
    return said


def test_every_word_of_the_file_stands_in_exactly_one_vocabulary() -> None:
    mine = [word for word in vars(events).values() if isinstance(word, type) and word.__module__ == events.__name__]
    assert {word for word in mine if dataclasses.is_dataclass(word)} == set(WORDS)
    assert len(set(WORDS)) == len(WORDS)


def test_an_output_is_a_command_or_an_event() -> None:
    assert set(get_args(Output)) == set(COMMANDS + EVENTS)


def test_equal_words_are_equal() -> None:
    assert TurnEnded(1, "a", "b", False, 0) == TurnEnded(1, "a", "b", False, 0, "")
    assert UsageCounted() == UsageCounted({}, {}, 0, 0)
    assert Left() == Left()


def test_no_two_reports_share_their_counts() -> None:
    assert UsageCounted().prompt is not UsageCounted().prompt


@pytest.mark.parametrize("happened", [Refused("tls", "no"), Lost(1011, "")])
def test_a_disconnected_link_says_which_input_it_is(happened: Refused | Lost) -> None:
    assert Disconnected(happened).happened == happened
    assert str(Disconnected(happened)) == type(happened).__name__, "the detail is foreign text and stays inside"
