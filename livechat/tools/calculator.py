"""Works out an expression as people write it: exact as long as it can be, bounded, and with nothing in it that acts."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final, TypeAlias

from livechat.tools.toolbox import ToolFailure

Number: TypeAlias = Fraction | float

LONGEST: Final = 500
"""Characters of an expression."""
MOST_BITS: Final = 4_000
"""Bits of the largest numerator or denominator: about 1200 digits."""
_SIGNS: Final = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "π": "pi"})
_GLUED: Final = re.compile(r"\d(?!e[-+]?\d)[a-z]", re.IGNORECASE)
"""A name without a space after a number, which Python's parser would warn of on the screen."""
_CONSTANTS: Final[Mapping[str, float]] = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = {
    "sqrt": math.sqrt,
    "cbrt": math.cbrt,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log10,
    "log2": math.log2,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "radians": math.radians,
    "degrees": math.degrees,
}
_EXACT: Final[Mapping[str, Callable[[Number], Number]]] = {
    "abs": lambda number: number if number >= 0 else -number,
    "floor": lambda number: Fraction(math.floor(number)),
    "ceil": lambda number: Fraction(math.ceil(number)),
    "round": lambda number: Fraction(round(number)),
    "factorial": lambda number: _factorial(number),
}
_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other,
    ast.FloorDiv: lambda one, other: Fraction(one // other),
    ast.Mod: lambda one, other: one % other,
    ast.Pow: lambda one, other: _power(one, other),
}


def worked_out(expression: str) -> int | float:
    """The value of an expression; whole where it is. Raises ToolFailure for what is none or has no value."""
    if len(expression) > LONGEST:
        raise ToolFailure(f"the expression is longer than {LONGEST} characters")
    if _GLUED.search(expression):
        raise _unreadable(expression)
    try:
        tree = ast.parse(expression.strip().translate(_SIGNS), mode="eval")
        value = _value(tree.body)
        return int(value) if value == int(value) and isinstance(value, Fraction) else float(value)
    except ZeroDivisionError:
        raise ToolFailure("a division by zero has no result") from None
    except (OverflowError, MemoryError):
        raise ToolFailure("the result is too large") from None
    except (SyntaxError, RecursionError):
        raise _unreadable(expression) from None
    except ValueError:
        raise ToolFailure("there is no such number: a root or a logarithm of what has none") from None


def _unreadable(expression: str) -> ToolFailure:
    return ToolFailure(f"{expression!r} is no expression: write it like (3 + 4) * sqrt(2)")


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=bool()):
            raise ToolFailure("there are numbers only")
        case ast.Constant(value=int() | float() as number):
            return _bounded(Fraction(str(number)) if math.isfinite(number) else number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
            return _bounded(_OPERATIONS[type(sign)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _EXACT:
            return _bounded(_EXACT[name](_value(inner)))
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _FUNCTIONS:
            return _exact(_FUNCTIONS[name](float(_value(inner))))
        case _:
            known = ", ".join([*_EXACT, *_FUNCTIONS, *_CONSTANTS])
            raise ToolFailure(f"{ast.unparse(node)!r} is not known here; there are + - * / // % ** ( ) and {known}")


def _bounded(number: Number) -> Number:
    if isinstance(number, Fraction):
        if max(number.numerator.bit_length(), number.denominator.bit_length()) > MOST_BITS:
            raise OverflowError
    elif not math.isfinite(number):
        raise OverflowError
    return number


def _exact(number: float) -> Number:
    """A root that comes out even is whole."""
    return Fraction(int(number)) if number.is_integer() and abs(number) < 2**53 else _bounded(number)


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits > 1 and bits * abs(exponent.numerator) > 2 * MOST_BITS:
            raise OverflowError
        return base**exponent.numerator
    if base < 0:
        raise ValueError
    return _exact(float(base) ** float(exponent))


def _factorial(number: Number) -> Number:
    if number != int(number) or number < 0:
        raise ValueError
    if number > MOST_BITS:
        raise OverflowError
    return Fraction(math.factorial(int(number)))
