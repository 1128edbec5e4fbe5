"""Claims about the single values of a scenario file."""

from __future__ import annotations

from datetime import date
from math import inf, nan

import pytest

from livechat.server.scenario_values import (
    Read,
    Wrong,
    close_code,
    close_reason,
    items,
    json_object,
    kind,
    number,
    one_of,
    or_endless,
    regex,
    text,
    truth,
    url,
    whole,
)
from livechat.toml_text import Toml

MODE = one_of("rollback", "keep", "refuse")


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (text, "a", "a"),
        (truth, False, False),
        (number(0, 5), 5, 5),
        (number(0, 5), 0.5, 0.5),
        (whole(1, 5), 1, 1),
        (or_endless(number(0, 5), None), inf, None),
        (or_endless(whole(0, 5), None), 3, 3),
        (MODE, "keep", "keep"),
        (one_of(401, 403), 403, 403),
        (regex, "a|b", "a|b"),
        (close_code, 1011, 1011),
        (close_reason, "x" * 123, "x" * 123),
        (url, "https://portal.example/", "https://portal.example/"),
        (json_object, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ],
)
def test_a_right_value_is_taken(read: Read, value: object, meaning: object) -> None:
    assert read(value) == meaning


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (text, 1, "must be text in quotes, not a whole number"),
        (truth, "yes", "must be true or false, not text"),
        (number(0, 5), True, "must be a number, not true or false"),
        (number(0, 5), "1", "must be a number, not text"),
        (number(0, 5), 5.5, "5.5 is not between 0 and 5"),
        (number(0, 5), nan, "nan is not between 0 and 5"),
        (number(0, 5), inf, "inf is not between 0 and 5"),
        (whole(1, 5), 1.0, "must be a whole number, not a number"),
        (whole(1, 5), 0, "0 is not between 1 and 5"),
        (or_endless(whole(1, 5), None), "inf", "must be a whole number, not text"),
        (MODE, "rolback", "'rolback' is not one of rollback, keep, refuse — did you mean rollback?"),
        (MODE, "qqq", "'qqq' is not one of rollback, keep, refuse"),
        (MODE, [], "[] is not one of rollback, keep, refuse"),
        (one_of(1), True, "True is not one of 1"),
        (regex, "a(", "no regular expression: missing ), unterminated subpattern at position 1"),
        (regex, "a{99999999999}", "no regular expression: the repetition number is too large"),
        (close_code, 1006, "1006 is never sent: it is what a client says of a connection that just ended"),
        (close_code, 70_000, "70000 is not between 0 and 65535"),
        (close_reason, "x" * 124, "the reason has 124 bytes, and a close frame has room for 123"),
        (url, "a b", "no URL: it is empty, or has spaces or signs beyond ASCII"),
        (json_object, [], "must be a table, not a list"),
        (json_object, {"a": inf}, "holds what JSON has no words for: a date, inf or nan"),
        (json_object, {"a": date(2026, 11, 21)}, "holds what JSON has no words for: a date, inf or nan"),
    ],
)
def test_a_wrong_value_is_refused_with_the_reason(read: Read, value: Toml, why: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read(value)
    assert wrong.value.message.startswith(why)


def test_every_kind_of_value_has_words() -> None:
    values = (True, 1, 1.5, "", [], {}, date(2026, 11, 21))
    assert [kind(value) for value in values] == [
        *("true or false", "a whole number", "a number", "text", "a list", "a table", "a date")
    ]


def test_only_a_list_has_items() -> None:
    assert items([1, 2]) == [1, 2]
    assert items({}) is None
