"""What docstrings tell of parameters, in the three ways in which Python programmers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.docstrings import Told, told_by

GOOGLE = """Tells the weather
    of a city.

    Not of the sea.

    Args:
        city (str): The city's name,
            in English.
        days (int, optional): How many days: at most 5.
        *more: ignored
        silent:

    Returns:
        str: words

    Raises:
        KeyError: city: unknown
    """
NUMPY = """Tells the weather of a city.

    Parameters
    ----------
    city : str
        The city's name,
        in English.
    days, hours : int, optional
        How many.
    **more
        The rest.

    Returns
    -------
    words : str
        Not a parameter.
    """
SPHINX = """Tells the weather of a city.

    :param city: The city's name,
        in English.
    :param int days: How many days: at most 5.
    :type days: int
    :returns: words

    :param last: The last one.
    """


def test_google_style_is_read() -> None:
    assert told_by(GOOGLE) == Told(
        "Tells the weather of a city.\nNot of the sea.",
        {"city": "The city's name, in English.", "days": "How many days: at most 5.", "more": "ignored"},
    )


def test_numpy_style_is_read() -> None:
    assert told_by(NUMPY) == Told(
        "Tells the weather of a city.",
        {"city": "The city's name, in English.", "days": "How many.", "hours": "How many.", "more": "The rest."},
    )


def test_sphinx_style_is_read() -> None:
    assert told_by(SPHINX) == Told(
        "Tells the weather of a city.",
        {"city": "The city's name, in English.", "days": "How many days: at most 5.", "last": "The last one."},
    )


def test_epytext_is_read_as_sphinx_is() -> None:
    assert told_by("Weather.\n\n@param city: the name").parameters == {"city": "the name"}


def test_a_margin_after_a_section_of_google_ends_it() -> None:
    assert told_by("Weather.\n\nArgs:\n    city: the name\nAnd so: on.\n").parameters == {"city": "the name"}


def test_a_word_that_looks_like_a_title_is_none_in_a_sentence() -> None:
    assert told_by("Returns\nnothing: at all.") == Told("Returns nothing: at all.")


def test_lines_that_are_no_parameters_are_passed_over() -> None:
    assert told_by("Weather.\n\nArgs:\n    see below\n        more: of it\n    city: the name").parameters == {
        "city": "the name"
    }


def test_text_between_fields_belongs_to_the_description() -> None:
    told = told_by("Weather.\n\n:returns: words\nMore of it.\n:param city: the name")
    assert told == Told("Weather.\nMore of it.", {"city": "the name"})


@pytest.mark.parametrize("nothing", [None, "", "  \n "])
def test_no_docstring_tells_nothing(nothing: str | None) -> None:
    assert told_by(nothing) == Told()


@given(st.text(alphabet="ab :-\n\t*@(),Args:Parameters", max_size=200))
def test_any_text_is_read(text: str) -> None:
    told = told_by(text)
    assert all(name and words for name, words in told.parameters.items())
