"""The vocabulary of the server's mind keeps its grammar: what it is told has happened, what it orders is an order."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, get_args

import pytest

from livechat.server.acts import Order, Told
from livechat.server.ears import EarEvent

TOLD: tuple[type[Any], ...] = tuple(word for word in get_args(Told) if word not in get_args(EarEvent))
ORDERS: tuple[type[Any], ...] = get_args(Order)

IRREGULAR = ("ClientSaid", "Left", "Spoken", "Thought")
VERBS = (
    *("Send", "Hang", "Open", "Warm", "Listen", "Begin", "Flush", "Transcribe", "Read", "Leave"),
    *("Think", "Pause", "Resume", "Speak", "Be", "Suffer", "Note"),
)


def named(word: type[Any]) -> str:
    return word.__name__


def test_what_the_ears_report_is_told_as_it_is() -> None:
    assert set(get_args(EarEvent)) <= set(get_args(Told))


@pytest.mark.parametrize("word", TOLD, ids=named)
def test_what_is_told_is_a_past_participle(word: type[Any]) -> None:
    assert word.__name__.endswith("ed") or word.__name__ in IRREGULAR


@pytest.mark.parametrize("word", ORDERS, ids=named)
def test_what_is_ordered_is_an_imperative(word: type[Any]) -> None:
    assert word.__name__.startswith(VERBS)
    assert not word.__name__.endswith("ed")


@pytest.mark.parametrize("word", TOLD + ORDERS, ids=named)
def test_a_word_is_frozen_and_small_and_says_what_it_means(word: type[Any]) -> None:
    assert dataclasses.is_dataclass(word)
    params: Any = vars(word)["__dataclass_params__"]
    assert params.frozen
    assert "__slots__" in vars(word)
    meaning = inspect.getdoc(word) or ""
    assert meaning
    assert not meaning.startswith(f"{word.__name__}("), "that is the docstring dataclass makes"
