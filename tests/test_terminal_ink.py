"""Places in a text, counted in what wrapping never drops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.ink import LONGEST_WORD, ink, inked, past_ink, word_start


def test_ink_is_what_is_no_space() -> None:
    assert (inked(" a b\n c "), ink(" a b\n c ")) == ("abc", 3)


@pytest.mark.parametrize(("amount", "place"), [(0, 0), (1, 1), (2, 3), (3, 4), (4, 4)])
def test_a_place_is_behind_so_much_ink(amount: int, place: int) -> None:
    assert past_ink("a bc", amount) == place


@given(st.text(), st.integers(0, 50))
def test_before_that_place_stands_just_so_much(text: str, amount: int) -> None:
    assert ink(text[: past_ink(text, amount)]) == min(amount, ink(text))


@pytest.mark.parametrize(("position", "start"), [(0, 0), (3, 0), (4, 4), (5, 5), (7, 5), (9, 9)])
def test_a_place_inside_a_word_becomes_its_beginning(position: int, start: int) -> None:
    assert word_start("four five", position) == start


def test_every_wide_character_is_a_word() -> None:
    assert word_start("今日は良い天気", 3) == 3


def test_what_is_too_long_for_a_word_is_broken_anywhere() -> None:
    assert word_start("x" * 200, 150) == 150
    assert word_start("x" * 200, LONGEST_WORD) == 0
