"""Jokes are told whole, not twice, and not longer than the orders allow."""

from __future__ import annotations

from livechat.server.skills.jokes import JOKES, holds_joke, joke
from tests.brain_help import moment


def test_all_jokes_are_told_before_one_is_told_again() -> None:
    said = ["tell me a joke"]
    for _ in JOKES:
        said += [f"> {joke(moment(*said))}", "tell me a joke"]
    assert {text[2:] for text in said if text.startswith(">")} == set(JOKES)
    assert joke(moment(*said)) in JOKES


def test_where_one_sentence_is_ordered_the_joke_has_one() -> None:
    for turns in range(20):
        told = joke(moment(*["hm"] * turns, "tell me a joke", system="Answer in one sentence."))
        assert "?" not in told
        assert told.count(".") == 1


def test_a_joke_is_known_in_an_answer() -> None:
    assert holds_joke(f"Aye. {JOKES[0]}")
    assert not holds_joke("Aye.")
