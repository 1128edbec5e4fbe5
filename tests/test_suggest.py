"""Tests did-you-mean."""

from __future__ import annotations

import pytest

from livechat.protocol.generations import VOICES
from livechat.suggest import closest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("zephir", "Zephyr"), ("PUK", "Puck"), ("charron", "Charon"), ("Sulafet", "Sulafat"), ("kore", "Kore")],
)
def test_a_misspelt_voice_is_found_in_any_case(typed: str, meant: str) -> None:
    assert closest(typed, VOICES) == meant


@pytest.mark.parametrize("typed", ["", "xyzzy", "🙂"])
def test_nothing_like_it_is_nothing(typed: str) -> None:
    assert closest(typed, VOICES) is None


def test_nothing_to_choose_from_is_nothing() -> None:
    assert closest("Puck", ()) is None


def test_of_names_that_differ_in_case_alone_the_first_is_meant() -> None:
    assert closest("text", iter(["Text", "TEXT"])) == "Text"


def test_how_alike_a_name_must_be_can_be_said() -> None:
    assert closest("voice", ["profile"]) == "profile"
    assert closest("voice", ["profile"], 0.7) is None
