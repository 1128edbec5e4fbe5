"""Rows of numbers and operations have one exact value, an honest refusal, or are no task."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livechat.server.skills.calculation import LARGEST_BITS, MOST_TOKENS, Impossible, Unreadable, Value, calculate
from livechat.server.skills.numerals import Token


def tokens(text: str) -> list[Token]:
    return [Fraction(word) if word[0].isdigit() or word[1:].isdigit() else word for word in text.split()]


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("2 plus 3 times 4", "14"),
        ("( 2 plus 3 ) times 4", "20"),
        ("10 minus 3 minus 2", "5"),
        ("7 over 2", "7/2"),
        ("17 mod 5", "2"),
        ("minus 7 plus 3", "-4"),
        ("2 times minus 3", "-6"),
        ("2 power 10", "1024"),
        ("2 power 3 power 2", "512"),
        ("2 power minus 1", "1/2"),
        ("minus 2 squared", "-4"),
        ("3 cubed", "27"),
        ("5 factorial", "120"),
        ("0 factorial", "1"),
        ("root 81", "9"),
        ("root 16 plus 9", "13"),
        ("root ( 16 plus 9 )", "5"),
        ("cuberoot 27", "3"),
        ("cuberoot minus 27", "-3"),
        ("root 9/4", "3/2"),
        ("8 power 2/3", "4"),
        ("4 power 1.5", "8"),
        ("square 5", "25"),
        ("cube 2", "8"),
        ("double 8", "16"),
        ("triple 3", "9"),
        ("15 percent of 80", "12"),
        ("1/2 of 250", "125"),
        ("50 percent", "1/2"),
        ("100 plus 10 percent", "110"),
        ("100 minus 10 percent", "90"),
        ("10 percent plus 10 percent", "1/5"),
        ("0 power 0", "1"),
        ("1 power 99999999999999", "1"),
        ("minus 1 power 3", "-1"),
        ("( minus 1 ) power 99999999999999", "-1"),
        ("( minus 1 ) power minus 99999999999998", "1"),
        ("0 power 5", "0"),
        ("root 0", "0"),
    ],
)
def test_values_are_exact(task: str, value: str) -> None:
    found = calculate(tokens(task))
    assert (found.number, found.exact) == (Fraction(value), True)


def test_roots_that_are_not_exact_say_so() -> None:
    found = calculate(tokens("root 2"))
    assert not found.exact
    assert abs(found.number**2 - 2) < Fraction(1, 10**20)
    tiny = calculate(tokens("root ( 2 power minus 301 )"))
    assert not tiny.exact
    assert tiny.number > 0


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("7 over 0", "divided by zero"),
        ("7 mod 0", "divided by zero"),
        ("0 power minus 1", "negative powers"),
        ("root minus 4", "no real square root"),
        ("9 power 9 power 9 power 9", "thousand digits"),
        ("2 power 1600 times 2 power 1600 times 2 power 1600", "thousand digits"),
        ("2 power 0.001", "whole exponent"),
        ("2 power root 2", "whole exponent"),
        ("1.5 factorial", "whole numbers"),
        ("( minus 1 ) factorial", "whole numbers"),
        ("1000 factorial", "thousand digits"),
    ],
)
def test_what_has_no_answer_is_refused_with_the_reason(task: str, why: str) -> None:
    with pytest.raises(Impossible, match=why):
        calculate(tokens(task))


@pytest.mark.parametrize(
    "task",
    ["", "plus", "3 4", "3 plus", "( 3", "3 )", "fox", "2 of 3", "root", "times 3", " ".join(["1 plus"] * MOST_TOKENS)],
)
def test_what_is_no_task_is_not_read(task: str) -> None:
    with pytest.raises(Unreadable):
        calculate(tokens(task))


NUMBERS = st.fractions(max_denominator=10**6)


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_fractions(one: Fraction, other: Fraction) -> None:
    for word, value in (("plus", one + other), ("minus", one - other), ("times", one * other)):
        assert calculate([one, word, other]) == Value(value)


@given(st.integers(0, 10**30), st.integers(2, 3))
def test_roots_of_powers_are_exact(number: int, degree: int) -> None:
    name = {2: "root", 3: "cuberoot"}[degree]
    assert calculate([name, Fraction(number**degree)]) == Value(Fraction(number))


OPERATIONS = ["plus", "minus", "times", "over", "power", "root", "percent", "squared", "mod", "of"]
WORDS = st.sampled_from([*OPERATIONS, "(", ")"])
SMALL = st.integers(0, 99).map(Fraction)


@given(st.lists(st.one_of(SMALL, WORDS), max_size=12))
def test_no_row_of_tokens_breaks_it_or_grows_without_bound(row: list[Token]) -> None:
    try:
        value = calculate(row)
    except (Impossible, Unreadable):
        assume(False)
    else:
        assert value.number.numerator.bit_length() <= 2 * LARGEST_BITS
