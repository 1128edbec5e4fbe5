"""Reads the single values of a scenario file: each reader makes of a value what a scenario holds, or says why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from livechat.server.fault_words import mistake_in_close
from livechat.suggest import closest
from livechat.toml_text import Toml

Read: TypeAlias = Callable[[Toml], Any]
"""Makes of a value what a scenario holds. Raises Wrong."""


class Wrong(Exception):
    """What is wrong with a value, and what could be there."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


_KINDS: Mapping[object, str] = MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a table",
    }
)


def kind(value: object) -> str:
    """What it is, in words."""
    return _KINDS.get(type(value), "a date")


def text(value: Toml) -> str:
    if isinstance(value, str):
        return value
    raise Wrong(f"must be text in quotes, not {kind(value)}")


def truth(value: Toml) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong(f"must be true or false, not {kind(value)}")


def number(low: float, high: float) -> Read:
    def read(value: Toml) -> int | float:
        if type(value) not in (int, float):
            raise Wrong(f"must be a number, not {kind(value)}")
        if not low <= value <= high:
            raise Wrong(f"{value} is not between {low:g} and {high:g}")
        return cast("int | float", value)

    return read


def whole(low: int, high: int) -> Read:
    in_range = number(low, high)

    def read(value: Toml) -> int:
        if type(value) is not int:
            raise Wrong(f"must be a whole number, not {kind(value)}")
        return cast("int", in_range(value))

    return read


def or_endless(read: Read, meaning: float | None) -> Read:
    """The same, and what `inf` means."""

    def read_or_inf(value: Toml) -> object:
        return meaning if value == inf else read(value)

    return read_or_inf


def one_of(*choices: str | int) -> Read:
    def read(value: Toml) -> object:
        if value in choices and type(value) is type(choices[0]):
            return value
        near = closest(value, map(str, choices)) if isinstance(value, str) else None
        guess = f" — did you mean {near}?" if near else ""
        raise Wrong(f"{value!r} is not one of {', '.join(map(str, choices))}{guess}")

    return read


def regex(value: Toml) -> str:
    try:
        re.compile(text(value))
    except (re.error, OverflowError, RecursionError) as error:
        raise Wrong(f"no regular expression: {error}") from None
    return str(value)


def close_code(value: Toml) -> int:
    code = int(whole(0, 65_535)(value))
    if mistake := mistake_in_close(code, ""):
        raise Wrong(mistake)
    return code


def close_reason(value: Toml) -> str:
    if mistake := mistake_in_close(1000, text(value)):
        raise Wrong(mistake)
    return str(value)


def url(value: Toml) -> str:
    if re.fullmatch(r"[!-~]+", text(value)):
        return str(value)
    raise Wrong("no URL: it is empty, or has spaces or signs beyond ASCII")


def json_object(value: Toml) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"must be a table, not {kind(value)}")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise Wrong("holds what JSON has no words for: a date, inf or nan") from None
    return cast("Mapping[str, Any]", value)


def items(value: Toml) -> Sequence[Toml] | None:
    """What is in a list, or None for what is none."""
    return cast("Sequence[Toml]", value) if isinstance(value, list) else None
