"""Sums are understood in words, digits and signs, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from livechat.server.skills.arithmetic import arithmetic
from tests.brain_help import answer


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("what is 17 times 24", "17 times 24 is 408."),
        ("seventeen times twenty four", "17 times 24 is 408."),
        ("What is seventeen times twenty-four?", "17 times 24 is 408."),
        ("Could you add 5 and 7 and tell me the result?", "5 plus 7 is 12."),
        ("what's the result of 6 times 7", "6 times 7 is 42."),
        ("Uh, can you tell me what 12 times 12 is, please?", "12 times 12 is 144."),
        ("twenty-four - four", "24 minus 4 is 20."),
        ("What's (3 + 4) * 5?", "(3 plus 4) times 5 is 35."),
        ("3.5 × 2 ÷ 7", "3.5 times 2 divided by 7 is 1."),
        ("how much is 15% of 80", "15 percent of 80 is 12."),
        ("two to the power of ten", "2 to the power of 10 is 1024."),
        ("2 to the 10th power", "2 to the power of 10 is 1024."),
        ("two to the tenth", "2 to the power of 10 is 1024."),
        ("2 raised to the third power plus one", "2 to the power of 3 plus 1 is 9."),
        ("9^2", "9 to the power of 2 is 81."),
        ("9² + 2³", "9 squared plus 2 cubed is 89."),
        ("the square root of eighty one", "The square root of 81 is 9."),
        ("√2", "The square root of 2 is about 1.4142."),
        ("I need to know what 56 times 3 is", "56 times 3 is 168."),
        ("add five to seven", "5 plus 7 is 12."),
        ("if I add 45 and 67 what do I get", "45 plus 67 is 112."),
        ("10 add 5", "10 plus 5 is 15."),
        ("subtract 9 from 20", "20 minus 9 is 11."),
        ("take 3 away from 10", "10 minus 3 is 7."),
        ("take away 4 from 9", "9 minus 4 is 5."),
        ("10 take away 4", "10 minus 4 is 6."),
        ("20 subtract 5", "20 minus 5 is 15."),
        ("multiply one hundred and five by eight", "105 times 8 is 840."),
        ("the product of 3, 4 and 5", "3 times 4 times 5 is 60."),
        ("divide 144 by 12", "144 divided by 12 is 12."),
        ("the sum of one hundred and five", "100 plus 5 is 105."),
        ("the average of 2, 4, and 9", "(2 plus 4 plus 9) divided by 3 is 5."),
        ("the difference between 3 and 10", "10 minus 3 is 7."),
        ("the difference of 5 plus 2 and 3", "5 plus 2 minus 3 is 4."),
        ("the remainder when 17 is divided by 5", "17 modulo 5 is 2."),
        ("one third of 27", "1/3 of 27 is 9."),
        ("17 times, 24", "17 times 24 is 408."),
        ("6 x 7", "6 times 7 is 42."),
        ("minus seven plus three", "Minus 7 plus 3 is minus 4."),
        ("10 / 3", "10 divided by 3 is about 3.3333, exactly 3 and 1/3."),
        ("-10 / 3", "Minus 10 divided by 3 is about minus 3.3333, exactly minus 3 and 1/3."),
        ("1 / 3", "1 divided by 3 is about 0.3333."),
        ("1/2 + 1/3", "1 divided by 2 plus 1 divided by 3 is about 0.8333, exactly 5/6."),
        ("1 / 1001", "1 divided by 1001 is about 0.000999."),
        ("root of (2 times 2 plus 1.25)", "The square root of (2 times 2 plus 1.25) is about 2.2913."),
        ("square root of 1.000000000001", "The square root of 1.000000000001 is about 1."),
    ],
)
def test_a_sum_is_worked_out_and_said_back(asked: str, said: str) -> None:
    assert answer(arithmetic, asked) == said


def test_a_root_that_only_looks_exact_is_said_with_about() -> None:
    assert (answer(arithmetic, f"square root of 4.{'0' * 50}1") or "").endswith(" is about 2.")


@pytest.mark.parametrize(
    ("asked", "part"),
    [("7 divided by 0", "divided by zero"), ("9^9^9^9", "thousand digits"), ("square root of minus 4", "no real")],
)
def test_what_has_no_answer_is_refused_kindly(asked: str, part: str) -> None:
    assert part in (answer(arithmetic, asked) or "")


@pytest.mark.parametrize(
    "asked",
    [
        "tell me a story about a man who counts to 17 times",
        "seventeen times",
        "what is 5",
        "what is minus 5",
        "what is 50 percent",
        "add 3",
        "subtract 5",
        "is it 3 and 4",
        "2x + 3",
        "my phone number is 5 5 5 1 2 3",
        "i have 3 cats plus 2 dogs",
        "what do you get if you add 3 and 4 and multiply by 5",
        "book a table for 4 at 7",
        "what is 12:30",
        "1 + 1 + 2 of 3",
        "difference between x and 3",
        "",
    ],
)
def test_what_is_no_sum_is_left_to_others(asked: str) -> None:
    assert answer(arithmetic, asked) is None
