"""Works out a row of numbers and operation words, exactly where that is possible.

sum     = product {("plus" | "minus") product}
product = factor {("times" | "over" | "mod" | "of") factor}
factor  = "minus" factor | power
power   = marked ["power" factor]
marked  = simple {"squared" | "cubed" | "percent" | "factorial"}
simple  = number | "(" sum ")" | function ["minus"] marked
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

from livechat.server.skills.numerals import Token

LARGEST_BITS = 3400
"""Bits of the largest numerator or denominator: about a thousand digits."""
MOST_TOKENS = 80
"""Bounds the depth of the recursion too."""
HIGHEST_ROOT = 12
LARGEST_FACTORIAL = 400
GUARD_DIGITS = 25
"""Digits of a root that is not exact."""


_TOO_LARGE = "That number has more than a thousand digits, which is more than I can work with."


class Impossible(Exception):
    """The task is understood and has no answer that could be given; the text says why."""


class Unreadable(Exception):
    """The tokens are no task."""


@dataclass(frozen=True)
class Value:
    number: Fraction
    exact: bool = True
    percent: bool = False


def calculate(tokens: Sequence[Token]) -> Value:
    """The value of a row of tokens. Raises Unreadable and Impossible."""
    if len(tokens) > MOST_TOKENS:
        raise Unreadable
    reader = _Reader(tokens)
    value = reader.sum()
    reader.expect_end()
    return value


class _Reader:
    """Recursive descent over the grammar above, evaluating as it goes."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._rest = list(reversed(tokens))

    def expect_end(self) -> None:
        if self._rest:
            raise Unreadable

    def _take(self, *wanted: str) -> str | None:
        """The next token, if it is one of these words."""
        if self._rest and isinstance(token := self._rest[-1], str) and token in wanted:
            self._rest.pop()
            return token
        return None

    def sum(self) -> Value:
        value = self._product()
        while operation := self._take("plus", "minus"):
            value = _added(value, self._product(), 1 if operation == "plus" else -1)
        return value

    def _product(self) -> Value:
        value = self._factor()
        while operation := self._take("times", "over", "mod", "of"):
            value = _BINARY[operation](value, self._factor())
        return value

    def _factor(self) -> Value:
        if self._take("minus"):
            value = self._factor()
            return Value(-value.number, value.exact, value.percent)
        base = self._marked()
        return _power(base, self._factor()) if self._take("power") else base

    def _marked(self) -> Value:
        value = self._simple()
        while mark := self._take(*_MARKS):
            value = _MARKS[mark](value)
        return value

    def _simple(self) -> Value:
        if name := self._take(*_FUNCTIONS):
            sign = -1 if self._take("minus") else 1
            value = self._marked()
            return _FUNCTIONS[name](Value(sign * value.number, value.exact))
        if self._take("("):
            value = self.sum()
            if not self._take(")"):
                raise Unreadable
            return value
        if self._rest and isinstance(number := self._rest.pop(), Fraction):
            return Value(number)
        raise Unreadable


def _bounded(number: Fraction, exact: bool) -> Value:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > LARGEST_BITS:
        raise Impossible(_TOO_LARGE)
    return Value(number, exact)


def _added(left: Value, right: Value, sign: int) -> Value:
    """A percentage that is added or taken away is one of what stands before it."""
    step = right.number * left.number if right.percent and not left.percent else right.number
    return _bounded(left.number + sign * step, left.exact and right.exact)


def _times(left: Value, right: Value) -> Value:
    return _bounded(left.number * right.number, left.exact and right.exact)


def _over(left: Value, right: Value) -> Value:
    if right.number == 0:
        raise Impossible("Nothing can be divided by zero: there is no number of zeros that would make it up.")
    return _bounded(left.number / right.number, left.exact and right.exact)


def _mod(left: Value, right: Value) -> Value:
    if right.number == 0:
        raise Impossible("Nothing can be divided by zero, so there is no remainder either.")
    return _bounded(left.number % right.number, left.exact and right.exact)


def _of(left: Value, right: Value) -> Value:
    """Only shares are "of" something: "2 of 3" is no product."""
    if not left.percent and not 0 < left.number < 1:
        raise Unreadable
    return _times(left, right)


def _power(base: Value, exponent: Value) -> Value:
    degree = exponent.number.denominator
    if degree > HIGHEST_ROOT or not exponent.exact:
        raise Impossible("I can only work out powers with a whole exponent or a simple fraction.")
    raised = _whole_power(base, exponent.number.numerator)
    return raised if degree == 1 else _root(raised, degree)


def _whole_power(base: Value, exponent: int) -> Value:
    bits = max(base.number.numerator.bit_length(), base.number.denominator.bit_length())
    if bits > 1 and bits * abs(exponent) > LARGEST_BITS:
        raise Impossible(_TOO_LARGE)
    if base.number == 0 and exponent < 0:
        raise Impossible("Zero has no negative powers: that would be a division by zero.")
    if bits <= 1:  # 0, 1 and -1 stay small whatever the exponent; only its sign and parity matter
        exponent = exponent % 2 + 2 * (exponent > 0)
    return Value(base.number**exponent, base.exact)


def _factorial(value: Value) -> Value:
    if value.number.denominator != 1 or value.number < 0:
        raise Impossible("Only whole numbers from zero on have a factorial.")
    if value.number > LARGEST_FACTORIAL:
        raise Impossible(_TOO_LARGE)
    return Value(Fraction(factorial(int(value.number))), value.exact)


def _root(value: Value, degree: int) -> Value:
    if value.number < 0:
        if degree % 2 == 0:
            raise Impossible("A negative number has no real square root.")
        positive = _root(Value(-value.number, value.exact), degree)
        return Value(-positive.number, positive.exact)
    top, bottom = (_whole_root(part, degree) for part in value.number.as_integer_ratio())
    if Fraction(top, bottom) ** degree == value.number:
        return Value(Fraction(top, bottom), value.exact)
    scale = 10 ** (GUARD_DIGITS + len(str(value.number.denominator)))
    return Value(Fraction(_whole_root(int(value.number * scale**degree), degree), scale), exact=False)


def _whole_root(number: int, degree: int) -> int:
    """The largest whole number whose power is not above `number`, by Newton's method from above."""
    if number == 0:
        return 0
    root = 1 << -(-number.bit_length() // degree)
    while True:
        nearer = ((degree - 1) * root + number // root ** (degree - 1)) // degree
        if nearer >= root:
            return root
        root = nearer


_BINARY: dict[str, Callable[[Value, Value], Value]] = {"times": _times, "over": _over, "mod": _mod, "of": _of}
_MARKS: dict[str, Callable[[Value], Value]] = {
    "squared": lambda value: _whole_power(value, 2),
    "cubed": lambda value: _whole_power(value, 3),
    "percent": lambda value: Value(value.number / 100, value.exact, percent=True),
    "factorial": _factorial,
}
_FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "root": lambda value: _root(value, 2),
    "cuberoot": lambda value: _root(value, 3),
    "square": lambda value: _whole_power(value, 2),
    "cube": lambda value: _whole_power(value, 3),
    "double": lambda value: _times(Value(Fraction(2)), value),
    "triple": lambda value: _times(Value(Fraction(3)), value),
}
