"""Numbers in words and in digits, read exactly and said plainly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Token = str | Fraction
"""A word that is no number, or a number."""

LONGEST = 60
"""Digits of the longest number that is read; longer ones stay words."""


def _counted(names: str, start: int) -> dict[str, int]:
    return {name: value for value, name in enumerate(names.split(), start)}


ONES = _counted(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""",
    0,
)
TENS = {
    name: 10 * value for name, value in _counted("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()
}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PART = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
PARTS = {"half": 2, "halves": 2, **_PART, **{f"{name}s": value for name, value in _PART.items()}}
ORDINALS = {
    **_counted(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth""",
        1,
    ),
    **{name[:-1] + "ieth": value for name, value in TENS.items()},
}


def read_numbers(words: Sequence[str], *, joining: bool = True) -> list[Token]:
    """`words` with every number in it read: ["one", "hundred", "and", "five", "miles"] -> [105, "miles"].

    joining: whether "and" may join hundreds with what follows; without it "one hundred and five" are two numbers,
    as in a sum of one hundred and five.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(words):
        found = _number(words, at, joining)
        tokens.append(words[at] if found is None else found[0])
        at = at + 1 if found is None else found[1]
    return tokens


def number_of(words: Sequence[str]) -> Fraction | None:
    """The one number that all of `words` say together, if they do."""
    tokens = read_numbers(words)
    return tokens[0] if len(tokens) == 1 and isinstance(tokens[0], Fraction) else None


def ordinal_of(word: str) -> int | None:
    """3 for "third" and "3rd"; None for what is no ordinal."""
    if word[-2:] in ("st", "nd", "rd", "th") and word[:-2].isdecimal() and len(word) <= 6:
        return int(word[:-2])
    return ORDINALS.get(word)


Found = tuple[Fraction, int]
"""A number, and where in the words it ends."""


def _number(words: Sequence[str], at: int, joining: bool) -> Found | None:
    whole = _whole(words, at, joining)
    if whole is None:
        return _point(words, at, Fraction(0)) or _bare_part(words, at) or _dozen(words, at)
    value, end = whole
    if _at(words, end) == "dozen":
        return value * 12, end + 1
    return _point(words, end, value) or _part(words, end, value) or _mixed(words, end, value) or whole


def _whole(words: Sequence[str], at: int, joining: bool) -> Found | None:
    """A number up to trillions, built as it is said: hundreds within thousands within millions."""
    total, ceiling = Fraction(0), 10**15
    group = _below_thousand(words, at, joining)
    if group is None:
        return None
    value, at = group
    while value and 0 < (scale := SCALES.get(_at(words, at), 0)) < ceiling:
        total, value, ceiling, at = total + value * scale, Fraction(0), scale, at + 1
        group = _below_thousand(words, at + 1 if joining and _at(words, at) == "and" else at, joining)
        if group is not None:
            value, at = group
    return total + value, at


def _below_thousand(words: Sequence[str], at: int, joining: bool) -> Found | None:
    """Digits, "a" before a hundred or more, or words up to "nine hundred and ninety nine" and "twenty four hundred"."""
    found = _digits(words, at) or _below_hundred(words, at)
    if found is None and _at(words, at) == "a" and _at(words, at + 1) in ("hundred", *SCALES):
        found = Fraction(1), at + 1
    if found is None or _at(words, found[1]) != "hundred":
        return found
    hundreds, at = found[0] * 100, found[1] + 1
    rest = _below_hundred(words, at + 1 if joining and _at(words, at) == "and" else at)
    return (hundreds + rest[0], rest[1]) if rest else (hundreds, at)


def _below_hundred(words: Sequence[str], at: int) -> Found | None:
    first = _at(words, at)
    if first in ONES:
        return Fraction(ONES[first]), at + 1
    if first not in TENS:
        return None
    unit = ONES.get(_at(words, at + 1), 0)
    return (Fraction(TENS[first] + unit), at + 2) if 0 < unit < 10 else (Fraction(TENS[first]), at + 1)


def _digits(words: Sequence[str], at: int) -> Found | None:
    word = _at(words, at).replace(",", "")
    if not word[:1].isdecimal() or len(word) > LONGEST or not word.replace(".", "", 1).isdecimal():
        return None
    return Fraction(word), at + 1


def _dozen(words: Sequence[str], at: int) -> Found | None:
    """A dozen; how many of them is read before."""
    at += _at(words, at) == "a"
    return (Fraction(12), at + 1) if _at(words, at) == "dozen" else None


def _point(words: Sequence[str], at: int, value: Fraction) -> Found | None:
    """ "point one four" after a whole number: every word one digit, or one run of digits."""
    if _at(words, at) != "point":
        return None
    digits, end = "", at + 1
    while len(digits) < LONGEST and (word := _at(words, end)):
        digit = str(ONES.get(word, word))
        if not digit.isdecimal() or (len(digit) > 1 and digits):
            break
        digits, end = digits + digit, end + 1
    return (value + Fraction(int(digits[:LONGEST]), 10 ** len(digits[:LONGEST])), end) if digits else None


def _part(words: Sequence[str], at: int, count: Fraction) -> Found | None:
    """ "quarters" after three, "third" after one."""
    name = _at(words, at)
    if name not in PARTS or count < 1 or count.denominator != 1 or (count > 1) != name.endswith("s"):
        return None
    return count / PARTS[name], at + 1


def _bare_part(words: Sequence[str], at: int) -> Found | None:
    """ "half", "half a", "a half", "a third"; but "third" alone is an ordinal."""
    if _at(words, at) in ("half", "quarter"):
        return Fraction(1, PARTS[words[at]]), at + 1 + (_at(words, at + 1) in ("a", "an"))
    return _part(words, at + 1, Fraction(1)) if _at(words, at) == "a" else None


def _mixed(words: Sequence[str], at: int, whole: Fraction) -> Found | None:
    """ "and a half", "and three quarters" after a whole number."""
    if _at(words, at) != "and":
        return None
    count = Fraction(ONES.get(_at(words, at + 1), 0))
    part = _part(words, at + 2, count) if count else _bare_part(words, at + 1)
    return (whole + part[0], part[1]) if part else None


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def said(value: Fraction, places: int = 4) -> str:
    """A number as it is spoken and read: exact where `places` decimals hold it, else "about" and rounded.

    Small ones keep four digits that count; very large and very small ones become powers of ten;
    thousands are set off by commas from 10,000 on.
    """
    text, exact = _positive(abs(value), places)
    return ("" if exact else "about ") + ("minus " if value < 0 else "") + text


def _positive(value: Fraction, places: int) -> tuple[str, bool]:
    if value >= 10**40 or 0 < value < Fraction(1, 10**12):
        power = len(str(int(value))) - 1 if value >= 1 else -len(str(int(1 / value)))
        factor, exact = _positive(value / Fraction(10) ** power, 4)
        return f"{factor} times 10 to the power of {said(Fraction(power))}", exact
    while 0 < value * 10**places < 1000:
        places += 1
    scaled = round(value * 10**places)
    whole, part = divmod(scaled, 10**places)
    decimals = f"{part:0{places}d}".rstrip("0")
    text = f"{whole:,}" if whole >= 10_000 else str(whole)
    return f"{text}.{decimals}" if decimals else text, scaled == value * 10**places
