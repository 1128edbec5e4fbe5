"""The table of units holds exact factors, and every spelling names what it should."""

from __future__ import annotations

from fractions import Fraction

import pytest

from livechat.server.skills.unit_table import ABBREVIATIONS, DIMENSIONS, LONGEST, SPELLINGS, Unit


def unit(name: str, dimension: str) -> Unit:
    return next(unit for unit in SPELLINGS[tuple(name.split())] if unit.dimension == dimension)


@pytest.mark.parametrize(
    ("one", "count", "other", "dimension"),
    [
        ("mile", "5280", "foot", "length"),
        ("yard", "36", "inches", "length"),
        ("inch", "2.54", "cm", "length"),
        ("stone", "14", "pounds", "mass"),
        ("pound", "16", "ounces", "mass"),
        ("ton", "2000", "pounds", "mass"),
        ("long ton", "2240", "pounds", "mass"),
        ("gallon", "231", "cubic inch", "volume"),
        ("gallon", "128", "fluid ounces", "volume"),
        ("cup", "16", "tablespoons", "volume"),
        ("tablespoon", "3", "teaspoons", "volume"),
        ("imperial gallon", "8", "imperial pints", "volume"),
        ("cubic foot", "1728", "cubic inches", "volume"),
        ("acre", "43560", "square feet", "area"),
        ("square mile", "640", "acres", "area"),
        ("hectare", "10000", "square metres", "area"),
        ("day", "86400", "seconds", "time"),
        ("century", "1200", "months", "months"),
        ("mph", "1.609344", "kph", "speed"),
        ("knot", "1.852", "kilometres per hour", "speed"),
        ("gigabyte", "1000", "megabytes", "data"),
        ("gibibyte", "1024", "mebibytes", "data"),
        ("byte", "8", "bits", "data"),
    ],
)
def test_factors_are_exact(one: str, count: str, other: str, dimension: str) -> None:
    assert unit(one, dimension).factor == Fraction(count) * unit(other, dimension).factor


def test_temperatures_have_their_zeros() -> None:
    celsius, fahrenheit = unit("celsius", "temperature"), unit("fahrenheit", "temperature")
    assert celsius.zero == Fraction("273.15")
    assert fahrenheit.zero + 32 * fahrenheit.factor == celsius.zero
    assert fahrenheit.zero + 212 * fahrenheit.factor == celsius.zero + 100


def test_a_spelling_may_mean_several_units() -> None:
    assert {unit.dimension for unit in SPELLINGS["ounce",]} == {"mass", "volume"}
    assert {unit.dimension for unit in SPELLINGS["year",]} == {"time", "months"}


def test_letters_that_are_words_as_well_are_kept_apart() -> None:
    assert ("in",) in ABBREVIATIONS
    assert ("in",) not in SPELLINGS
    assert all(len(words) == 1 for words in ABBREVIATIONS)


def test_every_name_and_dimension_is_there() -> None:
    assert DIMENSIONS[0] == "length"
    assert LONGEST == 3
    assert {unit.dimension for units in SPELLINGS.values() for unit in units} == set(DIMENSIONS)
