"""Units are converted exactly where that is asked for, and only there."""

from __future__ import annotations

import pytest

from livechat.server.skills.units import units
from tests.brain_help import answer


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("how many feet in a mile", "1 mile is 5280 feet."),
        ("how many feet are there in one mile?", "1 mile is 5280 feet."),
        ("convert 10 km to miles", "10 kilometers is about 6.2137 miles."),
        ("a mile in feet", "1 mile is 5280 feet."),
        ("miles to kilometers", "1 mile is about 1.6093 kilometers."),
        ("feet per mile", "1 mile is 5280 feet."),
        ("how many centimetres per inch", "1 inch is 2.54 centimeters."),
        ("72 fahrenheit in celsius", "72 degrees Fahrenheit is about 22.22 degrees Celsius."),
        ("what is 72 degrees in celsius", "72 degrees Fahrenheit is about 22.22 degrees Celsius."),
        ("100 degrees celsius in fahrenheit", "100 degrees Celsius is 212 degrees Fahrenheit."),
        ("-40 f in c", "Minus 40 degrees Fahrenheit is minus 40 degrees Celsius."),
        ("minus 40 degrees fahrenheit in kelvin", "Minus 40 degrees Fahrenheit is 233.15 kelvin."),
        ("5 foot 11 in cm", "5 feet and 11 inches is 180.34 centimeters."),
        ("six feet two inches in centimeters", "6 feet and 2 inches is 187.96 centimeters."),
        ("how many hours in three weeks and two days", "3 weeks and 2 days is 552 hours."),
        ("12 in to cm", "12 inches is 30.48 centimeters."),
        ("how many ounces in a cup", "1 US cup is 8 fluid ounces."),
        ("how many ounces in a pound", "1 pound is 16 ounces."),
        ("how many days in a year", "1 year is 365 days. That is without leap days."),
        ("how many months in 3 years", "3 years is 36 months."),
        ("two and a half hours to minutes", "2.5 hours is 150 minutes."),
        ("60 mph in km/h", "60 miles per hour is about 96.5606 kilometers per hour."),
        ("a marathon is 42 kilometers how many miles is that", "42 kilometers is about 26.0976 miles."),
        ("water boils at 212 fahrenheit what is that in celsius", "212 degrees Fahrenheit is 100 degrees Celsius."),
        ("36 inches in yards", "36 inches is 1 yard."),
        ("how many meters and feet in a mile", None),
    ],
)
def test_what_is_asked_for_is_converted(asked: str, said: str | None) -> None:
    assert answer(units, asked) == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "how many liters in a mile",
            "Miles measure length and liters measure volume, so the one can't become the other.",
        ),
        ("how many days in a month", "Months are not all equally long, so that has no exact answer."),
    ],
)
def test_what_cannot_be_converted_is_refused_with_the_reason(asked: str, said: str) -> None:
    assert answer(units, asked) == said


@pytest.mark.parametrize(
    "asked",
    [
        "set a timer for ten minutes",
        "I ran 5 miles in 40 minutes",
        "the 5 minutes after 3 hours",
        "a foot and a yard",
        "is a mile longer than a kilometer",
        "how long is a giraffe's neck in feet",
        "how many days left in the year",
        "how many liters of paint in a mile",
        "20 degrees",
        "20 degrees celsius and 30 fahrenheit",
        "what is 20 in celsius",
        "one yard",
        "5 of them",
        "minus",
        "hello",
        "",
    ],
)
def test_what_is_no_conversion_is_left_to_others(asked: str) -> None:
    assert answer(units, asked) is None
