"""The calculator: exact where it can be, and never at work for long."""

from __future__ import annotations

import math
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.calculator import LONGEST, worked_out
from livechat.tools.toolbox import ToolFailure

RESULTS: dict[str, int | float] = {
    "17 * 24": 408,
    " (3 + 4) × 5 ": 35,
    "10 ÷ 4 − 1": 1.5,
    "0.1 + 0.2": 0.3,
    "1/3 + 2/3": 1,
    "2 ^ 10": 1024,
    "2 ** -2": 0.25,
    "7 // 2": 3,
    "-7 % 3": 2,
    "+5": 5,
    "sqrt(16)": 4,
    "sqrt(2)": math.sqrt(2),
    "2 ** 0.5": math.sqrt(2),
    "log(1000)": 3,
    "ln(e)": 1,
    "sin(π)": math.sin(math.pi),
    "round(2.6) + floor(1.9) + ceil(1.1) + abs(-1)": 7,
    "factorial(20)": math.factorial(20),
    "1e3 + 1E-3 + 1_000": 2000.001,
    "log2(8)": 3,
    "1 ** 100000": 1,
    "e * 1": math.e,
    "12345678901234567890 + 1": 12345678901234567891,
}


@pytest.mark.parametrize("expression", RESULTS)
def test_an_expression_is_worked_out(expression: str) -> None:
    assert worked_out(expression) == RESULTS[expression]


FAILURES = {
    "1 / 0": "division by zero",
    "9 ** 9 ** 9": "too large",
    "2.5 ** 100000": "too large",
    "factorial(100000)": "too large",
    "1e400": "too large",
    "10 ** 999 * 10 ** 999": "too large",
    "exp(1000)": "too large",
    "2.0 ** 0.5 ** -20": "too large",
    "factorial(2.5)": "no such number",
    "(-8) ** 0.5": "no such number",
    "sqrt(-1)": "no such number",
    "3 +": "no expression",
    "": "no expression",
    "2pi": "no expression",
    "1if 2else 3": "no expression",
    "0x1F": "no expression",
    "-" * 400 + "1)": "no expression",
    "__import__('os').system('true')": "not known here",
    "open('x')": "not known here",
    "x": "not known here",
    "'a' * 5": "not known here",
    "1 if 2 else 3": "not known here",
    "sqrt(1, 2)": "not known here",
    "True": "numbers only",
    "1" * (LONGEST + 1): "longer than",
}


@pytest.mark.parametrize("expression", FAILURES)
def test_what_has_no_value_says_why(expression: str) -> None:
    began = time.thread_time()
    with pytest.raises(ToolFailure, match=FAILURES[expression]):
        worked_out(expression)
    assert time.thread_time() - began < 0.1


@given(st.text(alphabet="0123456789+-*/().%^ esqrtpilnfacob", max_size=40))
def test_any_text_has_a_value_or_a_reason(text: str) -> None:
    with suppress(ToolFailure):
        assert isinstance(worked_out(text), (int, float))
