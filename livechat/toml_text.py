"""One TOML file: what it holds, where each key of it stands, and errors that show the line.

It knows nothing of what a file should hold: `config_file` and the server's `scenario_file` do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from livechat.errors import ConfigError, MissingInput
from livechat.toml_places import KeyPath, Place, Places, locate

Toml: TypeAlias = Any
"""What a file may hold before anything is known of it."""
Table: TypeAlias = dict[str, Toml]

LARGEST = 1 << 20
"""Bytes of a file that are read: none that is written by hand is longer, and a device that never ends is none."""

SHOWN = 72
"""Characters of a line that an excerpt shows, so that it fits into 80 columns."""

_AT = re.compile(r" \(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of a text."""

    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True)
class TomlText:
    """A text that is TOML. `tables` is what it holds, which may not be what we know."""

    path: Path
    text: str = ""
    tables: Table = field(default_factory=dict[str, Toml])
    places: Mapping[KeyPath, Places] = field(default_factory=dict[KeyPath, Places])


def read_bytes(path: Path, what: str) -> bytes:
    """What is in a file, which `what` says in words. Raises MissingInput for what cannot be read, else ConfigError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise MissingInput(f"cannot read the {what} file {path}: {reason}") from None
    if len(content) > LARGEST:
        raise ConfigError(f"{path} is longer than {LARGEST} bytes: that is no {what} file")
    return content


def as_it_is(text: str) -> str:
    """For files without secrets: every line may be shown."""
    return text


def parse_toml(path: Path, content: bytes, shown: Callable[[str], str] = as_it_is) -> TomlText:
    """The bytes of a file (UTF-8, with or without a byte order mark) as TOML. Raises ConfigError.

    shown: what of the text an error may show; it keeps the lines and may shorten them.
    """
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    try:
        content.decode("utf-8")
        return TomlText(path, text, tomllib.loads(text), locate(text))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise error_at(path, shown(text), Problem(Place(line, 1, 1), "this line is not UTF-8 text")) from None
    except RecursionError:
        raise ConfigError(f"{path}: lists and tables are too deep in each other") from None
    except ValueError as error:
        raise error_at(path, shown(text), _syntax_problem(text, str(error))) from None


def error_at(path: Path, text: str, problem: Problem) -> ConfigError:
    """The problem in words, with the line that has it and a caret under the place."""
    place = problem.place
    what = f"{path}:{place.line}:{place.column}  {problem.message}\n{excerpt(text, place)}"
    return ConfigError(what, hint=problem.hint)


def in_order(problems: list[Problem]) -> list[Problem]:
    """As they stand in the text."""
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


def excerpt(text: str, place: Place) -> str:
    """The line of `place`, the one before it and a row of carets."""
    lines = text.replace("\t", " ").split("\n")
    digits = max(3, len(str(place.line)))
    shown = [f" {number:>{digits}} | {lines[number - 1]}" for number in (place.line - 1, place.line) if number >= 1]
    column = min(place.column, len(lines[place.line - 1]) + 1)
    length = max(1, min(place.length, len(lines[place.line - 1]) - column + 1))
    carets = " " * (column - 1) + "^" * length
    skipped = max(0, column + min(length, SHOWN // 2) - SHOWN)
    return "\n".join(_window(row, digits + 4, skipped) for row in [*shown, f"{' ' * (digits + 2)}| {carets}"])


def _window(row: str, head: int, skipped: int) -> str:
    """A row of the excerpt, of whose text behind its head no more is shown than fits."""
    text = row[head + skipped :]
    return row[:head] + (text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def _syntax_problem(text: str, message: str) -> Problem:
    found = _AT.search(message)
    if found is None:  # "(at end of document)"
        lines = text.split("\n")
        return Problem(Place(len(lines), len(lines[-1]) + 1, 1), message)
    line, column = int(found[1]), int(found[2])
    return Problem(Place(line, column, 1), _AT.sub("", message))
