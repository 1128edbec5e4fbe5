"""Days as people name them: "3 March 2000", "the fourth of July", "christmas", "next friday", "in two weeks".

Everything is counted in today's calendar, also for times before it was introduced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from livechat.server.skills.numerals import Token, ordinal_of, read_numbers
from livechat.server.skills.words import plain_words

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH = {
    **{name.lower(): number for number, name in enumerate(MONTHS, start=1)},
    **{name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)},
    "sept": 9,
}
_WEEKDAY = {name.lower(): number for number, name in enumerate(WEEKDAYS)}
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b")


@dataclass(frozen=True)
class Day:
    """A day that was named, with or without its year."""

    in_year: Callable[[int], date]
    """The day in a given year; raises ValueError if that year has none."""
    year: int | None = None
    whole_month: bool = False
    """Only the month was named; the day is its first."""

    def near(self, today: date, direction: int) -> date | None:
        """The day meant: in its year, else the next (1) or the last (-1) one from today, else this year's (0)."""
        if self.year is not None:
            return self._in(self.year)
        for step in range(9):  # 29 February may be eight years away
            day = self._in(today.year + step * (direction or 1))
            if day is not None and (day - today).days * direction >= 0:
                return day
        return None

    def _in(self, year: int) -> date | None:
        try:
            return self.in_year(year)
        except ValueError:
            return None


def named(day: date) -> str:
    """ "Wednesday, 10 March 2027"."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def find_days(text: str, today: date) -> tuple[list[Day], list[Token]]:
    """Every day that `text` names, in order, and the rest of its words and numbers."""
    tokens = read_numbers(plain_words(_dates_in_words(text)))
    tokens = [token.removesuffix("'s") if isinstance(token, str) else token for token in tokens]
    days: list[Day] = []
    others: list[Token] = []
    at = 0
    while at < len(tokens):
        found = next(filter(None, (reader(tokens, at, today) for reader in _READERS)), None)
        if found:
            days.append(found[0])
            at += found[1]
        else:
            others.append(tokens[at])
            at += 1
    return days, others


def _dates_in_words(text: str) -> str:
    """Dates in digits written out, if it is clear which number is the month."""
    text = _ISO.sub(lambda match: _written(match[0], int(match[3]), int(match[2]), match[1]), text)
    return _DOTTED.sub(lambda match: _dotted(match[0], int(match[1]), int(match[2]), match[3]), text)


def _written(text: str, day: int, month: int, year: str) -> str:
    return f"{day} {MONTHS[month - 1]} {year}" if 1 <= month <= 12 else text


def _dotted(text: str, first: int, second: int, year: str) -> str:
    if first > 12 or first == second or "." in text:
        return _written(text, first, second, year)
    return _written(text, second, first, year) if second > 12 else text


Found = tuple[Day, int]
"""A day, and how many tokens name it."""


def _fixed(day: date) -> Day:
    return Day(lambda _: day, day.year)


def _word(tokens: Sequence[Token], at: int) -> str:
    return str(tokens[at]) if 0 <= at < len(tokens) else ""


def _whole(tokens: Sequence[Token], at: int) -> int | None:
    """The whole number or ordinal at `at`."""
    token = tokens[at] if at < len(tokens) else ""
    if isinstance(token, str):
        return ordinal_of(token)
    return int(token) if token.denominator == 1 else None


def _day_of_month(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """A day's number and how many tokens say it: 21, 21st, third, twenty first."""
    number = _whole(tokens, at)
    if number is None:
        return None
    unit = ordinal_of(_word(tokens, at + 1))
    if number in (20, 30) and unit is not None and unit < 10:
        return number + unit, 2
    return (number, 1) if 1 <= number <= 31 else None


def _year(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """A year and how many tokens say it, a comma or "of" before it aside: 1984, or 19 and 84."""
    number, ending = _whole(tokens, at), _whole(tokens, at + 1)
    if number is None or isinstance(tokens[at], str):
        return None, 0
    if 10 <= number <= 20 and ending is not None and 10 <= ending <= 99:
        return number * 100 + ending, 2
    return (number, 1) if 1000 <= number <= 9999 else (None, 0)


def _calendar_day(tokens: Sequence[Token], at: int, today: date) -> Found | None:
    """ "3 March", "the third of March 2000", "March the 3rd, 2000", "March"."""
    before = _day_of_month(tokens, at)
    if before:
        start = at + before[1] + (_word(tokens, at + before[1]) == "of")
        month, day, end = _MONTH.get(_word(tokens, start)), before[0], start + 1
    else:
        month = _MONTH.get(_word(tokens, at))
        start = at + 1 + (_word(tokens, at + 1) == "the")
        after = _day_of_month(tokens, start)
        day, end = (after[0], start + after[1]) if after else (0, at + 1)
    if month is None or (day == 0 and _word(tokens, at) in ("may", "mar", "sun")):  # "may" alone is a verb
        return None
    year, length = _year(tokens, end)
    return Day(lambda in_year: date(in_year, month, day or 1), year, day == 0), end + length - at


def _relative_day(tokens: Sequence[Token], at: int, today: date) -> Found | None:
    """Days counted from today, by a word or by a number of days, weeks, months or years."""
    for words, offset in _OFFSETS:
        if tuple(tokens[at : at + len(words)]) == words:
            return _fixed(today + timedelta(offset)), len(words)
    start = at + (_word(tokens, at) == "in")
    number = 1 if _word(tokens, start) in ("a", "an", "one") else _whole(tokens, start)
    unit = _word(tokens, start + 1).removesuffix("s")
    if number is None or unit not in _LENGTHS:
        return None
    if start > at:
        return _shifted(today, number, unit, 2 + 1)
    if _word(tokens, start + 2) == "ago":
        return _shifted(today, -number, unit, 3)
    if _word(tokens, start + 2) == "from" and _word(tokens, start + 3) in ("now", "today"):
        return _shifted(today, number, unit, 4)
    return None


def _shifted(today: date, number: int, unit: str, length: int) -> Found | None:
    """`number` units after today; the 31st of a shorter month is its last day."""
    days, months = _LENGTHS[unit]
    try:
        if not months:
            return _fixed(today + timedelta(days * number)), length
        year, month = divmod(today.year * 12 + today.month - 1 + months * number, 12)
        return _fixed(date(year, month + 1, min(today.day, days_in(year, month + 1)))), length
    except (ValueError, OverflowError):  # beyond the years 1 to 9999
        return None


def days_in(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def _weekday(tokens: Sequence[Token], at: int, today: date) -> Found | None:
    """ "friday", "next friday", "last friday"; today's own name means today, with "next" in a week."""
    which = _word(tokens, at) if _word(tokens, at) in ("next", "last", "this", "coming") else ""
    number = _WEEKDAY.get(_word(tokens, at + bool(which)))
    if number is None:
        return None
    ahead = (number - today.weekday()) % 7
    if which == "last":
        ahead = ahead - 7
    elif which == "next" and ahead == 0:
        ahead = 7
    return _fixed(today + timedelta(ahead)), 1 + bool(which)


def _holiday(tokens: Sequence[Token], at: int, today: date) -> Found | None:
    for words, in_year in _HOLIDAYS:
        if tuple(tokens[at : at + len(words)]) == words:
            at_year = at + len(words) + (_word(tokens, at + len(words)) in ("in", "of"))
            year, length = _year(tokens, at_year)
            if year is None and _word(tokens, at + len(words) + 1) == "year":
                year = {"this": today.year, "next": today.year + 1, "last": today.year - 1}.get(
                    _word(tokens, at + len(words))
                )
                return Day(in_year, year), len(words) + 2 * (year is not None)
            return Day(in_year, year), (at_year + length - at) if year else len(words)
    return None


def easter(year: int) -> date:
    """Easter Sunday: the anonymous Gregorian algorithm (Nature, 1876; Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _thanksgiving(year: int) -> date:
    """The fourth Thursday of November, as in the United States."""
    first = date(year, 11, 1)
    return first + timedelta((3 - first.weekday()) % 7 + 21)


def _every(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


_LENGTHS = {"day": (1, 0), "week": (7, 0), "fortnight": (14, 0), "month": (0, 1), "year": (0, 12)}
"""Days, months."""
_OFFSETS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("the", "day", "after", "tomorrow"), 2),
    (("day", "after", "tomorrow"), 2),
    (("the", "day", "before", "yesterday"), -2),
    (("day", "before", "yesterday"), -2),
    (("tomorrow",), 1),
    (("today",), 0),
    (("tonight",), 0),
    (("yesterday",), -1),
    (("next", "week"), 7),
)
_NAMES: tuple[tuple[str, Callable[[int], date]], ...] = (
    ("christmas eve", _every(12, 24)),
    ("christmas day, xmas day, christmas, xmas", _every(12, 25)),
    ("boxing day", _every(12, 26)),
    ("new year eve, new years eve, silvester, the end of the year", _every(12, 31)),
    ("new year day, new years day, the new year, new year, new years", _every(1, 1)),
    ("halloween", _every(10, 31)),
    ("valentine day, valentines day, valentine, valentines", _every(2, 14)),
    ("april fool day, april fools day, april fools", _every(4, 1)),
    ("saint patrick day, st patrick day, saint patricks day, st patricks day", _every(3, 17)),
    ("women day, international women day", _every(3, 8)),
    ("independence day", _every(7, 4)),
    ("thanksgiving", _thanksgiving),
    ("good friday", lambda year: easter(year) - timedelta(2)),
    ("easter monday", lambda year: easter(year) + timedelta(1)),
    ("easter sunday, easter", easter),
)
_HOLIDAYS = tuple((tuple(name.split()), in_year) for names, in_year in _NAMES for name in names.split(", "))
_READERS = (_holiday, _calendar_day, _relative_day, _weekday)
