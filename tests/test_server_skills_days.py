"""Days are found however they are named."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.days import days_in, easter, find_days, named

TODAY = date(2027, 3, 10)
"""A Wednesday."""


def found(text: str, direction: int = 1) -> list[str]:
    days, _ = find_days(text, TODAY)
    return [str(day.near(TODAY, direction)) for day in days]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 March 2000", "2000-03-03"),
        ("3rd of March, 2000", "2000-03-03"),
        ("the third of march", "2028-03-03"),
        ("March the 3rd 2000", "2000-03-03"),
        ("march twenty first", "2027-03-21"),
        ("the thirty first of december", "2027-12-31"),
        ("20 march", "2027-03-20"),
        ("sept 5", "2027-09-05"),
        ("december", "2027-12-01"),
        ("4 july seventeen seventy six", "1776-07-04"),
        ("4 july two thousand and one", "2001-07-04"),
        ("4 july twenty twenty seven", "2027-07-04"),
        ("4 july 12", "2027-07-04"),
        ("2000-01-31", "2000-01-31"),
        ("31/12/1999", "1999-12-31"),
        ("12/31/1999", "1999-12-31"),
        ("1.2.1999", "1999-02-01"),
        ("5/5/2005", "2005-05-05"),
        ("today", "2027-03-10"),
        ("tonight", "2027-03-10"),
        ("tomorrow", "2027-03-11"),
        ("yesterday", "2027-03-09"),
        ("the day after tomorrow", "2027-03-12"),
        ("the day before yesterday", "2027-03-08"),
        ("next week", "2027-03-17"),
        ("in two weeks", "2027-03-24"),
        ("in a month", "2027-04-10"),
        ("12 months from now", "2028-03-10"),
        ("a week from today", "2027-03-17"),
        ("3 days ago", "2027-03-07"),
        ("friday", "2027-03-12"),
        ("this friday", "2027-03-12"),
        ("wednesday", "2027-03-10"),
        ("next wednesday", "2027-03-17"),
        ("last wednesday", "2027-03-03"),
        ("last friday", "2027-03-05"),
        ("christmas", "2027-12-25"),
        ("Christmas Eve", "2027-12-24"),
        ("christmas 2030", "2030-12-25"),
        ("christmas in 2030", "2030-12-25"),
        ("christmas next year", "2028-12-25"),
        ("christmas last year", "2026-12-25"),
        ("christmas this year", "2027-12-25"),
        ("christmas every year", "2027-12-25"),
        ("new year's eve", "2027-12-31"),
        ("new year", "2028-01-01"),
        ("valentine's day", "2028-02-14"),
        ("easter", "2027-03-28"),
        ("good friday", "2027-03-26"),
        ("easter monday", "2027-03-29"),
        ("thanksgiving", "2027-11-25"),
        ("29 february", "2028-02-29"),
    ],
)
def test_a_day_is_found(text: str, day: str) -> None:
    assert found(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "may I ask",
        "1/2/1999",
        "99/99/1999",
        "2000-13-01",
        "in 5 minutes",
        "5 days",
        "5 days from home",
        "in 99999999999 days",
        "in 99999 years",
        "third time",
        "half march",
        "40 days",
        "next",
        "",
    ],
)
def test_what_names_no_day_is_left_alone(text: str) -> None:
    assert [day for day in found(text) if "03-01" not in day] == []


def test_the_rest_of_the_words_is_kept() -> None:
    days, rest = find_days("how many days until 3 March and 5 cats", TODAY)
    assert len(days) == 1
    assert rest == ["how", "many", "days", "until", "and", 5, "cats"]


def test_several_days_come_in_their_order() -> None:
    assert found("from today to christmas eve and new year's day") == ["2027-03-10", "2027-12-24", "2028-01-01"]


@pytest.mark.parametrize(("direction", "day"), [(1, "2028-01-01"), (-1, "2027-01-01"), (0, "2027-01-01")])
def test_without_a_year_the_nearest_in_that_direction_is_meant(direction: int, day: str) -> None:
    assert found("1 january", direction) == [day]


@pytest.mark.parametrize("text", ["30 february", "31 june 2027", "29 february 2027"])
def test_days_that_never_were_have_no_date(text: str) -> None:
    assert found(text) == ["None"]


def test_the_end_of_a_month_that_is_shorter_is_its_last_day() -> None:
    days, _ = find_days("in a month", date(2027, 1, 31))
    assert str(days[0].near(date(2027, 1, 31), 1)) == "2027-02-28"


@pytest.mark.parametrize(("year", "month", "days"), [(2027, 2, 28), (2028, 2, 29), (2027, 12, 31), (2027, 4, 30)])
def test_months_have_their_lengths(year: int, month: int, days: int) -> None:
    assert days_in(year, month) == days


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1990, 4, 15), (2000, 4, 23), (2024, 3, 31), (2025, 4, 20), (2038, 4, 25), (1818, 3, 22)]
)
def test_easter_is_when_it_was_and_will_be(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@given(st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_a_day_that_is_named_is_found_again(day: date) -> None:
    days, rest = find_days(named(day).split(", ")[1], TODAY)
    assert [one.near(TODAY, 0) for one in days] == [day]
    assert rest == []


@given(st.text(st.sampled_from("0123456789 /-.thndmarchistomw"), max_size=40))
def test_any_text_can_be_searched_for_days(text: str) -> None:
    for day in find_days(text, TODAY)[0]:
        day.near(TODAY, 1)
