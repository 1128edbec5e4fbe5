"""Finds where in a TOML text each key and each value stands, which `tomllib` does not tell.

It reads only what `tomllib` has accepted, so it knows TOML's words and leaves its rules alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

KeyPath = tuple[str, ...]
"""A key and before it the tables it is in, outermost first."""


@dataclass(frozen=True)
class Place:
    """A stretch of one line."""

    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    length: int
    """In characters, at least 1; what goes on over several lines ends with the first."""


@dataclass(frozen=True)
class Places:
    """Where a key is written and where its value; a table's value is its name in the header."""

    key: Place
    value: Place


_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BRACKETS = re.compile(r"[ \t]*\]{1,2}")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_NAME = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_SCALAR = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[^,\]}#\s](?:[^,\]}#\n]*[^,\]}#\s])?',
    re.DOTALL,
)


def locate(text: str) -> dict[KeyPath, Places]:
    """The places of all keys of `text`, valid TOML. What stands several times, as a table may, has its first place."""
    return _Reader(text).places()


class _Reader:
    """Walks through a text once, from key to value to key."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._places: dict[KeyPath, Places] = {}

    def places(self) -> dict[KeyPath, Places]:
        table: KeyPath = ()
        while self._next():
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._places

    def _next(self) -> str:
        """The next character that is neither blank nor comment, or nothing at the end."""
        self._pass(_BLANK)
        return self._text[self._at : self._at + 1]

    def _pass(self, pattern: re.Pattern[str]) -> str:
        """Goes past what `pattern` matches here and returns it."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _header(self) -> KeyPath:
        while self._next() == "[":
            self._at += 1
        table = self._names(())
        self._pass(_BRACKETS)
        return table

    def _pair(self, table: KeyPath) -> None:
        path = self._names(table)
        self._pass(_EQUALS)
        start = self._at
        self._value(path)
        self._places[path] = Places(self._places[path].key, self._place(start))

    def _names(self, table: KeyPath) -> KeyPath:
        """The path of a dotted key inside `table`; notes each part of it."""
        path = table
        while True:
            start = self._at
            path = (*path, _spelled_out(self._pass(_NAME)))
            place = self._place(start)
            self._places.setdefault(path, Places(place, place))
            if not self._pass(_DOT):
                return path

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at : self._at + 1]:
            case "{":
                self._items("}", lambda: self._pair(path))
            case "[":
                self._items("]", lambda: self._value(path))
            case _:
                self._pass(_SCALAR)

    def _items(self, end: str, read: Callable[[], None]) -> None:
        self._at += 1
        while self._next() not in (end, ""):
            read()
            if self._next() == ",":
                self._at += 1
        self._at += 1

    def _place(self, start: int) -> Place:
        """From `start` to here, or to the end of its line."""
        before = self._text.rfind("\n", 0, start) + 1
        end_of_line = self._text.find("\n", start, self._at)
        end = self._at if end_of_line < 0 else end_of_line
        return Place(self._text.count("\n", 0, start) + 1, start - before + 1, max(1, end - start))


def _spelled_out(name: str) -> str:
    """The name that a bare or quoted key stands for."""
    (spelled,) = tomllib.loads(f"{name} = 0")
    return spelled
