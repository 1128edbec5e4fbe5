"""The units the built-in brain converts, with exact factors.

Sources: the international yard and pound agreement of 1959 (yard 0.9144 m, pound 0.45359237 kg), US customary
volumes (gallon of 231 cubic inches), the imperial gallon (4.54609 l), the SI brochure, IEC 80000-13 for kibi and mebi.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Unit:
    dimension: str
    one: str
    """Its name after the number 1."""
    many: str
    """Its name after other numbers."""
    factor: Fraction
    """How many of the dimension's base unit it is."""
    zero: Fraction = Fraction(0)
    """Base units at its zero; only temperatures have one."""


# Name after 1, name after other numbers = factor and, of temperatures, the base units at zero; further spellings and,
# in brackets, abbreviations that count only beside a number. British spellings are added for every name.
_TABLE = """
:length
meter, meters = 1; [m]
kilometer, kilometers = 1000; km, kms
centimeter, centimeters = 0.01; cm, cms
millimeter, millimeters = 0.001; mm
micrometer, micrometers = 0.000001; micron, microns
nanometer, nanometers = 0.000000001; nm
inch, inches = 0.0254; [in]
foot, feet = 0.3048; ft
yard, yards = 0.9144; yd, yds
mile, miles = 1609.344; [mi]
nautical mile, nautical miles = 1852; nmi
furlong, furlongs = 201.168
light year, light years = 9460730472580800; lightyear, lightyears
:mass
kilogram, kilograms = 1; kg, kgs, kilo, kilos
gram, grams = 0.001; [g]
milligram, milligrams = 0.000001; mg
tonne, tonnes = 1000; metric ton, metric tons, [t]
pound, pounds = 0.45359237; lb, lbs
ounce, ounces = 0.028349523125; oz
stone, stone = 6.35029318; stones, [st]
US ton, US tons = 907.18474; ton, tons, short ton, short tons
imperial ton, imperial tons = 1016.0469088; long ton, long tons, uk ton, uk tons
carat, carats = 0.0002
:volume
liter, liters = 1; [l]
milliliter, milliliters = 0.001; ml, mls
centiliter, centiliters = 0.01; cl
deciliter, deciliters = 0.1; dl
cubic meter, cubic meters = 1000
cubic centimeter, cubic centimeters = 0.001; [cc]
cubic foot, cubic feet = 28.316846592
cubic inch, cubic inches = 0.016387064
US gallon, US gallons = 3.785411784; gallon, gallons, gal
imperial gallon, imperial gallons = 4.54609; uk gallon, uk gallons, british gallon, british gallons
US quart, US quarts = 0.946352946; quart, quarts, qt
US pint, US pints = 0.473176473; pint, pints
imperial pint, imperial pints = 0.56826125; uk pint, uk pints, british pint, british pints
US cup, US cups = 0.2365882365; cup, cups
fluid ounce, fluid ounces = 0.0295735295625; fl oz, ounce, ounces, oz
tablespoon, tablespoons = 0.01478676478125; tbsp
teaspoon, teaspoons = 0.00492892159375; tsp
:temperature
kelvin, kelvin = 1 0; kelvins, degrees kelvin, [k]
degree Celsius, degrees Celsius = 1 273.15; celsius, centigrade, degrees centigrade, degrees c, [c]
degree Fahrenheit, degrees Fahrenheit = 5/9 45967/180; fahrenheit, degrees f, farenheit, [f]
:time
second, seconds = 1; sec, secs, [s]
millisecond, milliseconds = 0.001; [ms]
minute, minutes = 60; [min], [mins]
hour, hours = 3600; hr, hrs, [h]
day, days = 86400
week, weeks = 604800
fortnight, fortnights = 1209600
year, years = 31536000
leap year, leap years = 31622400
:months
month, months = 1
year, years = 12
decade, decades = 120
century, centuries = 1200
millennium, millennia = 12000; millenniums
:speed
meter per second, meters per second = 1; m s
kilometer per hour, kilometers per hour = 5/18; kilometers an hour, km h, kmh, kph, km per hour
mile per hour, miles per hour = 0.44704; miles an hour, mph
foot per second, feet per second = 0.3048
knot, knots = 463/900
:area
square meter, square meters = 1; sq m, sqm
square kilometer, square kilometers = 1000000; sq km
square centimeter, square centimeters = 0.0001; sq cm
square foot, square feet = 0.09290304; sq ft
square inch, square inches = 0.00064516
square yard, square yards = 0.83612736
square mile, square miles = 2589988.110336
acre, acres = 4046.8564224
hectare, hectares = 10000; [ha]
:data
byte, bytes = 1
bit, bits = 1/8
kilobyte, kilobytes = 1000; [kb]
megabyte, megabytes = 1000000; [mb], meg, megs
gigabyte, gigabytes = 1000000000; [gb], gig, gigs
terabyte, terabytes = 1000000000000; [tb]
petabyte, petabytes = 1000000000000000; [pb]
kibibyte, kibibytes = 1024; kib
mebibyte, mebibytes = 1048576; mib
gibibyte, gibibytes = 1073741824; gib
kilobit, kilobits = 125
megabit, megabits = 125000
gigabit, gigabits = 125000000
"""

Spelling = tuple[str, ...]


def _rows() -> Iterator[tuple[Unit, list[str]]]:
    dimension = ""
    for line in filter(None, _TABLE.splitlines()):
        if line.startswith(":"):
            dimension = line[1:]
            continue
        head, _, spellings = line.partition(";")
        names, _, numbers = head.partition(" = ")
        one, many = names.split(", ")
        unit = Unit(dimension, one, many, *map(Fraction, numbers.split()))
        yield unit, [one, many, *filter(None, (spelling.strip() for spelling in spellings.split(",")))]


def _british(name: str) -> str:
    return name.replace("meter", "metre").replace("liter", "litre").replace("gram", "gramme")


def _spellings(*, short: bool) -> dict[Spelling, tuple[Unit, ...]]:
    table: dict[Spelling, tuple[Unit, ...]] = {}
    for unit, names in _rows():
        chosen = [name for name in names if name.startswith("[") == short]
        for spelling in dict.fromkeys(spelt for name in chosen for spelt in (name, _british(name))):
            words = tuple(spelling.strip("[]").lower().split())
            table[words] = (*table.get(words, ()), unit)
    return table


SPELLINGS = _spellings(short=False)
"""What each spelling may mean: "ounce" is a mass and a volume."""
ABBREVIATIONS = _spellings(short=True)
"""The same of letters that mean a unit only beside a number."""
DIMENSIONS = tuple(dict.fromkeys(unit.dimension for unit, _ in _rows()))
LONGEST = max(map(len, SPELLINGS))
"""Words of the longest spelling."""
