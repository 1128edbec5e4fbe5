"""Finds where in a TOML text each key and each value stands, which `tomllib` does not tell.

It reads only what `tomllib` has accepted, so it knows TOML's words and leaves its rules alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""A key and before it the tables it is in, outermost first; for what is in an array its number there, from 0."""


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
    """The places of all keys and of all items of arrays of `text`, valid TOML.

    What stands several times, as a table may, has its first place.
    """
    return _Reader(text).places()


class _Reader:
    """Walks through a text once, from key to value to key."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._places: dict[KeyPath, Places] = {}
        self._tables: dict[KeyPath, int] = {}
        """How many tables each array of tables has so far."""

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
        one_of_many = self._text.startswith("[[", self._at)
        self._at += 2 if one_of_many else 1
        self._next()
        table = self._names((), one_more=one_of_many)
        self._pass(_BRACKETS)
        return table

    def _pair(self, table: KeyPath) -> None:
        path = self._names(table)
        self._pass(_EQUALS)
        start = self._at
        self._value(path)
        self._places[path] = Places(self._places[path].key, self._place(start))

    def _names(self, table: KeyPath, *, one_more: bool = False) -> KeyPath:
        """The path of a dotted key inside `table`; notes each part of it.

        What is said of an array of tables is said of its last; `one_more` begins the next.
        """
        path = table
        while True:
            start = self._at
            path = (*path, _spelled_out(self._pass(_NAME)))
            place = self._place(start)
            self._places.setdefault(path, Places(place, place))
            more = bool(self._pass(_DOT))
            if one_more and not more:
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
                self._places.setdefault(path, Places(place, place))
            if not more:
                return path

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at : self._at + 1]:
            case "{":
                self._items("}", lambda _: self._pair(path))
            case "[":
                self._items("]", lambda number: self._item((*path, number)))
            case _:
                self._pass(_SCALAR)

    def _item(self, path: KeyPath) -> None:
        start = self._at
        self._value(path)
        place = self._place(start)
        self._places[path] = Places(place, place)

    def _items(self, end: str, read: Callable[[int], None]) -> None:
        self._at += 1
        number = 0
        while self._next() not in (end, ""):
            read(number)
            number += 1
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
