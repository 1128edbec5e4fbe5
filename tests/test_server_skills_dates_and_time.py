"""The time is told and days are counted where that is asked for, and only there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from livechat.server.skills.dates_and_time import dates_and_time
from tests.brain_help import NOW, answer


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2027, 3, 10, 14, 5), "It is 14:05, that is 2:05 pm."),
        (datetime(2027, 3, 10, 9, 30), "It is 9:30 am."),
        (datetime(2027, 3, 10, 12, 0), "It is 12:00 pm."),
        (datetime(2027, 3, 10, 0, 1), "It is 0:01, that is 12:01 am."),
    ],
)
def test_the_time_is_told_on_both_clocks(now: datetime, said: str) -> None:
    assert answer(dates_and_time, "what time is it?", now=now) == said


WAYS = ["do you have the time", "tell me the time please", "time", "what is the current time"]


@pytest.mark.parametrize("asked", WAYS)
def test_the_time_is_asked_for_in_many_ways(asked: str) -> None:
    assert (answer(dates_and_time, asked) or "").startswith("It is 14:05")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("What day is it?", "Today is Wednesday, 10 March 2027."),
        ("what's today's date", "Today is Wednesday, 10 March 2027."),
        ("what is the date and time", "Today is Wednesday, 10 March 2027. It is 14:05, that is 2:05 pm."),
        ("which year is it", "It is 2027."),
        ("what month are we in", "It is March 2027."),
        ("what week is it", "It is week 10 of 2027."),
        ("what day is tomorrow", "Tomorrow is Thursday, 11 March 2027."),
        ("what was yesterday", "Yesterday was Tuesday, 9 March 2027."),
        ("is it friday", "No, today is Wednesday, 10 March 2027."),
        ("is it wednesday today", "Yes, today is Wednesday, 10 March 2027."),
        ("is tomorrow thursday", "Yes, tomorrow is Thursday, 11 March 2027."),
        ("is it march", "Yes, today is Wednesday, 10 March 2027."),
        ("is it april", "No, today is Wednesday, 10 March 2027."),
        ("what weekday was 1 January 2000", "That was Saturday, 1 January 2000."),
        ("what day was july 4", "That was Saturday, 4 July 2026."),
        ("what day is july 4", "That is Sunday, 4 July 2027."),
        ("on which day does christmas fall this year", "That is Saturday, 25 December 2027."),
        ("on which day will christmas be next year", "That is Monday, 25 December 2028."),
        ("when was easter last year", "That was Sunday, 5 April 2026."),
        ("what date is it in two weeks", "That is Wednesday, 24 March 2027."),
        ("how many days until christmas", "It is 290 days until Saturday, 25 December 2027."),
        ("in how many days is easter", "It is 18 days until Sunday, 28 March 2027."),
        ("how many days to tomorrow", "It is 1 day until Thursday, 11 March 2027."),
        ("how long until today", "That is today."),
        ("how many weeks until easter", "It is 2 weeks and 4 days until Sunday, 28 March 2027."),
        ("how many weeks until 17 march", "It is 1 week until Wednesday, 17 March 2027."),
        ("how many weeks until tomorrow", "It is 1 day until Thursday, 11 March 2027."),
        ("how many months until 9 may", "It is 1 month and 29 days until Sunday, 9 May 2027."),
        ("how many months until 10 may", "It is 2 months until Monday, 10 May 2027."),
        ("how many hours until tomorrow", "It is about 9 hours until Thursday, 11 March 2027 begins."),
        ("how many days until 1 march 2027", "It has been 9 days since Monday, 1 March 2027."),
        ("how many days since 1 january", "It has been 68 days since Friday, 1 January 2027."),
        ("how many hours since yesterday", "It has been 1 day since Tuesday, 9 March 2027."),
        ("how many days are left in the year", "It is 296 days until Friday, 31 December 2027."),
        (
            "how many days between march 1 and march 31",
            "From Monday, 1 March 2027 to Wednesday, 31 March 2027 it is 30 days.",
        ),
        (
            "how many days from christmas to today",
            "From Wednesday, 10 March 2027 to Saturday, 25 December 2027 it is 290 days.",
        ),
        ("how many days does february have", "February 2027 has 28 days."),
        ("how many days are in february 2028", "February 2028 has 29 days."),
        ("is 2028 a leap year", "Yes, 2028 is a leap year."),
        ("was nineteen hundred a leap year", "No, 1900 is not a leap year."),
        ("is next year a leap year", "Yes, 2028 is a leap year."),
        ("when is the next leap year", "The next leap year is 2028."),
    ],
)
def test_days_are_told_and_counted(asked: str, said: str) -> None:
    assert answer(dates_and_time, asked) == said


@pytest.mark.parametrize(
    "asked",
    [
        "what time does the train leave",
        "what's the time in Tokyo",
        "how was your day",
        "what happened yesterday",
        "call me back tomorrow",
        "today is my birthday",
        "see you friday",
        "when is my birthday",
        "leap over the fence",
        "is 99999 a leap year",
        "is half a leap year",
        "how long is christmas",
        "what day is 30 february",
        "how many days until 30 february",
        "how many days between today and 30 february",
        "how many days between 30 february and today",
        "is it 30 february",
        "how many days does 30 february have",
        "is christmas on a friday",
        "what is today and tomorrow",
        "wednesday thursday tell",
        "is it christmas on easter",
        "which one",
        "hello",
        "",
    ],
)
def test_what_asks_for_no_day_is_left_to_others(asked: str) -> None:
    said = answer(dates_and_time, asked)
    assert said is None


def test_a_clock_with_a_zone_counts_hours_like_one_without() -> None:
    asked = "how many hours until tomorrow"
    assert answer(dates_and_time, asked, now=NOW.replace(tzinfo=UTC)) == answer(dates_and_time, asked)


def test_the_next_leap_year_may_be_eight_years_away() -> None:
    said = answer(dates_and_time, "when is the next leap year", now=datetime(2096, 5, 1))
    assert said == "The next leap year is 2104."
