"""Tests chance that is none: the same key, the same number; and no favourites."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from livechat.server.music.chance import draw, hashed, pick, pick_weighted

keys = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False))


@given(st.lists(keys))
def test_the_same_key_always_gives_the_same_number(key: list[object]) -> None:
    assert hashed(*key) == hashed(*key)
    assert 0 <= draw(*key) < 1


def test_a_number_does_not_change_with_the_years() -> None:
    assert hashed("techno", 7) == 1552907361809544253
    assert hashed("\ud800") == hashed("\ud800")


def test_every_choice_has_its_turn() -> None:
    assert Counter(pick("abc", number) for number in range(3_000)).keys() == set("abc")
    assert all(900 < count < 1_100 for count in Counter(pick("abc", number) for number in range(3_000)).values())


def test_the_heavier_is_picked_more_often_and_what_weighs_nothing_never() -> None:
    counts = Counter(pick_weighted([("a", 3.0), ("b", 1.0), ("c", 0.0)], number) for number in range(4_000))
    assert counts["c"] == 0
    assert 2.7 < counts["a"] / counts["b"] < 3.3


def test_what_rounding_leaves_over_goes_to_the_last() -> None:
    assert pick_weighted([("a", float("nan"))], 1) == "a"
