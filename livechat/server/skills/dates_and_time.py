"""Tells the time and reckons with days: today, weekdays, how long until, how long between, leap years."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Set
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from livechat.server.skills.days import MONTHS, Day, days_in, find_days, named
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.numerals import read_numbers
from livechat.server.skills.words import GLUE, Utterance, bag, made_of

_AHEAD = bag("until till til before left remaining away countdown sleeps soon")
_BEHIND = bag("since ago passed gone elapsed")
_COUNTED = bag("many much long far days weeks months hours sleeps countdown soon")
_ASKED_FOR = bag("what which when date day weekday")
_ASKING = _COUNTED | _ASKED_FOR | bag("is was will are tell know does did give name time year month how")
_FRAME = (
    GLUE
    | _AHEAD
    | _BEHIND
    | _ASKING
    | bag(
        """week current currently exact dates between into fall falls fell land lands happen happens happening more
        still yet calendar local moment number count calculate difference part go next this last coming following
        celebrated happen wondering question quick weekdays only year's"""
    )
)


def dates_and_time(moment: Moment) -> Reply | None:
    today = moment.now.date()
    if _asks_for_time(moment.said):
        return [_clock(moment.now)]
    if "leap" in moment.said.words:
        return _leap_year(moment.said, today)
    days, others = find_days(moment.said.raw, today)
    words = {str(word) for word in others}
    if not words <= _FRAME or not words & _ASKING:
        return None
    text = (_about_today, _about_a_day, _about_two_days)[min(len(days), 2)](days, words, moment.now)
    return [text] if text else None


def _asks_for_time(said: Utterance) -> bool:
    asked = len(said.core) <= 3 or not bag("what tell have know current give got clock").isdisjoint(said.words)
    return asked and made_of(said.core, bag("time oclock clock hour"), bag("current currently local moment exact got"))


def _clock(now: datetime) -> str:
    half = f"{(now.hour - 1) % 12 + 1}:{now.minute:02} {'am' if now.hour < 12 else 'pm'}"
    return f"It is {half}." if 1 <= now.hour <= 12 else f"It is {now.hour}:{now.minute:02}, that is {half}."


def _leap_year(said: Utterance, today: date) -> Reply | None:
    tokens = read_numbers(said.words)
    numbers = [token for token in tokens if isinstance(token, Fraction)]
    if not made_of([token for token in tokens if isinstance(token, str)], bag("leap"), bag("year years next one")):
        return None
    if numbers and (numbers[0].denominator != 1 or not 1 <= numbers[0] <= 9999):
        return None
    year = int(numbers[0]) if numbers else today.year + ("next" in said.words)
    if not numbers and "when" in said.words:
        year = next(year for year in range(today.year + 1, today.year + 9) if isleap(year))
        return [f"The next leap year is {year}."]
    return [f"Yes, {year} is a leap year." if isleap(year) else f"No, {year} is not a leap year."]


def _about_today(days: list[Day], words: Set[str], now: datetime) -> str | None:
    if words & _COUNTED and words & _AHEAD and "year" in words:
        return _counted(date(now.year, 12, 31), words, now)
    if words & (_COUNTED | _AHEAD | _BEHIND | bag("how your my who where when last next")):
        return None
    if words & bag("day date weekday"):
        return f"Today is {named(now.date())}." + (f" {_clock(now)}" if "time" in words else "")
    if "week" in words:
        return f"It is week {now.isocalendar().week} of {now.year}."
    if "month" in words:
        return f"It is {MONTHS[now.month - 1]} {now.year}."
    return f"It is {now.year}." if "year" in words else None


def _about_a_day(days: list[Day], words: Set[str], now: datetime) -> str | None:
    today = now.date()
    counted = bool(words & _COUNTED)
    if counted and days[0].whole_month and "days" in words and not words & (_AHEAD | _BEHIND | {"to"}):
        return _length_of_month(days[0].near(today, 0))
    if words & _AHEAD or (counted and words & {"to", "in"}):
        return _counted(days[0].near(today, 1), words, now)
    if words & _BEHIND:
        return _counted(days[0].near(today, -1), words, now)
    if counted:
        return None
    if not words & _ASKED_FOR:
        return _yes_or_no(_this(days[0], today), today, today) if words & {"is", "was"} else None
    return _told(_meant(days[0], words, today), today)


def _this(day: Day, today: date) -> date | None:
    """The day of that name this year; for a month, today if it is in that month."""
    first = day.near(today, 0)
    return today if day.whole_month and first and (first.year, first.month) == (today.year, today.month) else first


def _meant(day: Day, words: Set[str], today: date) -> date | None:
    """The date of a day of which only the name is known, from the tense and the year of the question."""
    if "year" in words:
        return day.near(date(today.year + ("next" in words) - ("last" in words), 1, 1), 0)
    return day.near(today, -1 if words & bag("was fell did last") else 1)


def _told(day: date | None, today: date) -> str | None:
    if day is None:
        return None
    name = {0: "Today is", 1: "Tomorrow is", -1: "Yesterday was"}.get((day - today).days)
    return f"{name or ('That was' if day < today else 'That is')} {named(day)}."


def _length_of_month(day: date | None) -> str | None:
    return f"{MONTHS[day.month - 1]} {day.year} has {days_in(day.year, day.month)} days." if day else None


def _about_two_days(days: list[Day], words: Set[str], now: datetime) -> str | None:
    today = now.date()
    one = days[0].near(today, 0)
    other = one and days[1].near(one, 1)
    if one is None or other is None:
        return None
    if words & _COUNTED:
        first, last = sorted((one, other))
        return f"From {named(first)} to {named(last)} it is {_span(first, last, words)}."
    near, far = sorted((one, other), key=lambda day: abs((day - today).days))
    if not words & {"is", "was", "will"} or words & _ASKED_FOR or abs((near - today).days) > 1:
        return None
    return _yes_or_no(far, near, today)


def _yes_or_no(asked: date | None, day: date, today: date) -> str | None:
    """Whether `day`, which is close to today, is the day that was asked about."""
    told = _told(day, today)
    return f"{'Yes' if asked == day else 'No'}, {told[:1].lower()}{told[1:]}" if asked and told else None


def _counted(day: date | None, words: Set[str], now: datetime) -> str | None:
    """How far a day is from now, ahead or behind."""
    today = now.date()
    if day is None or day == today:
        return "That is today." if day else None
    if "hours" in words and day > today:
        hours = (datetime.combine(day, time()) - now.replace(tzinfo=None)) // timedelta(hours=1)
        return f"It is about {hours:,} hours until {named(day)} begins."
    if day > today:
        return f"It is {_span(today, day, words)} until {named(day)}."
    return f"It has been {_span(day, today, words)} since {named(day)}."


def _span(first: date, last: date, words: Set[str]) -> str:
    """The time between two days in the unit that was asked for, days if none was."""
    days = (last - first).days
    if "weeks" in words:
        return _both(divmod(days, 7), "week")
    if "months" in words:
        months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        start = date(year, month + 1, min(first.day, days_in(year, month + 1)))
        return _both((months, (last - start).days), "month")
    return _number(days, "day")


def _both(amounts: tuple[int, int], unit: str) -> str:
    whole, days = amounts
    parts = [_number(whole, unit)] * (whole > 0) + [_number(days, "day")] * (days > 0 or whole == 0)
    return " and ".join(parts)


def _number(amount: int, unit: str) -> str:
    return f"{amount:,} {unit}{'s' * (amount != 1)}"
