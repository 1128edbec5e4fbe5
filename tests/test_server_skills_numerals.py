"""Numbers are read from words and digits as people say them, and said exactly or with "about"."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.numerals import LONGEST, number_of, ordinal_of, read_numbers, said
from livechat.server.skills.words import row


def read(text: str) -> list[str]:
    return [str(token) for token in read_numbers(text.split())]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("seventeen", "17"),
        ("twenty four", "24"),
        ("one hundred and five", "105"),
        ("a hundred and one", "101"),
        ("twenty four hundred", "2400"),
        ("three thousand and six", "3006"),
        ("one million two hundred thousand and sixty", "1200060"),
        ("2 million", "2000000"),
        ("1.5 million", "1500000"),
        ("a thousand", "1000"),
        ("1,000,000.5", "1000000.5"),
        ("three point one four", "3.14"),
        ("3 point 14", "3.14"),
        ("point five", "0.5"),
        ("half", "1/2"),
        ("a half", "1/2"),
        ("half a", "1/2"),
        ("a third", "1/3"),
        ("one third", "1/3"),
        ("two thirds", "2/3"),
        ("three quarters", "3/4"),
        ("two and a half", "5/2"),
        ("two and three quarters", "11/4"),
        ("a dozen", "12"),
        ("dozen", "12"),
        ("two dozen", "24"),
        ("zero", "0"),
    ],
)
def test_numbers_are_read_as_they_are_said(words: str, number: str) -> None:
    assert number_of(words.split()) == Fraction(number)


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("seventeen times twenty four", ["17", "times", "24"]),
        ("five five five", ["5", "5", "5"]),
        ("nineteen eighty four", ["19", "84"]),
        ("third of april", ["third", "of", "april"]),
        ("two and", ["2", "and"]),
        ("two and that", ["2", "and", "that"]),
        ("hundred", ["hundred"]),
        ("a fox", ["a", "fox"]),
        ("point taken", ["point", "taken"]),
        ("five point", ["5", "point"]),
        ("1.2.3 is", ["1.2.3", "is"]),
        ("3 point 14 15", ["157/50", "15"]),
        ("two third", ["2", "third"]),
        ("", []),
    ],
)
def test_what_is_no_part_of_a_number_stays_a_word(words: str, tokens: list[str]) -> None:
    assert read(words) == tokens


def test_and_joins_only_where_it_may() -> None:
    assert read_numbers(["one", "hundred", "and", "five"], joining=False) == [100, "and", 5]
    assert read_numbers(["one", "thousand", "and", "five"], joining=False) == [1000, "and", 5]


def test_scales_only_go_down() -> None:
    assert read("two thousand thousand") == ["2000", "thousand"]
    assert read("zero thousand") == ["0", "thousand"]
    assert read("one million two million") == ["1000002", "million"]


def test_overlong_numbers_stay_words() -> None:
    assert read("9" * (LONGEST + 1)) == ["9" * (LONGEST + 1)]
    assert number_of(["9" * LONGEST]) == Fraction("9" * LONGEST)
    assert len(str(number_of(["point", *["one"] * 100]))) < 3 * LONGEST


def test_no_number_and_several_numbers_are_not_one() -> None:
    assert number_of([]) is None
    assert number_of(["fox"]) is None
    assert number_of(["five", "five"]) is None


@pytest.mark.parametrize(
    ("word", "number"),
    [("third", 3), ("3rd", 3), ("21st", 21), ("twentieth", 20), ("five", None), ("best", None), ("99999999th", None)],
)
def test_ordinals_are_read_too(word: str, number: int | None) -> None:
    assert ordinal_of(word) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("408", "408"),
        ("5280", "5280"),
        ("86400", "86,400"),
        ("-4", "minus 4"),
        ("5.75", "5.75"),
        ("1/3", "about 0.3333"),
        ("-22/7", "about minus 3.1429"),
        ("0.00001", "0.00001"),
        ("1/30000", "about 0.00003333"),
        ("0", "0"),
        ("999999/1000000", "about 1"),
    ],
)
def test_numbers_are_said_exactly_or_about(value: str, text: str) -> None:
    assert said(Fraction(value)) == text


def test_very_large_and_very_small_numbers_become_powers_of_ten() -> None:
    assert said(Fraction(2) ** 200) == "about 1.6069 times 10 to the power of 60"
    assert said(Fraction(10) ** 50) == "1 times 10 to the power of 50"
    assert said(Fraction(3, 10**20)) == "3 times 10 to the power of minus 20"


def test_more_places_can_be_asked_for() -> None:
    assert said(Fraction("0.123456"), 6) == "0.123456"
    assert said(Fraction("22.2222"), 2) == "about 22.22"


@given(st.integers(0, 10**15 - 1))
def test_digits_are_read_back_as_they_are_said(number: int) -> None:
    assert number_of([said(Fraction(number))]) == number


WORDS = row("a and half third point one two twenty hundred thousand dozen of 3 4.5 quarters")


@given(st.lists(st.sampled_from(WORDS)))
def test_any_row_of_words_can_be_read(words: list[str]) -> None:
    assert len(read_numbers(words)) <= len(words)
