"""One configuration file: its values, and everything that is wrong with it, each with its place in the text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

from livechat.config_keys import KEYS, PROFILES, SECTIONS, About, Value, mistake
from livechat.errors import ConfigError, MissingInput
from livechat.suggest import closest
from livechat.toml_places import KeyPath, Place, Places, locate

Toml: TypeAlias = Any
"""What a file may hold before anything is known of it."""
Table: TypeAlias = dict[str, Toml]

LARGEST = 1 << 20
"""Bytes of a file that are read: no configuration is longer, and a device that never ends is none."""

_AT = re.compile(r" \(at line (\d+), column (\d+)\)")
_SECRET = re.compile(r"(?i)key|token|secret|password")
_SECRET_LINE = re.compile(r"(?i)(\S*(?:key|token|secret|password)\S*\s*=).*")


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of a text."""

    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Document:
    """A text that is TOML. `tables` is what it holds, which may not be what we know."""

    path: Path
    text: str = ""
    tables: Table = field(default_factory=dict[str, Toml])
    places: Mapping[KeyPath, Places] = field(default_factory=dict[KeyPath, Places])

    @property
    def profiles(self) -> list[str]:
        return [*_table(self.tables.get(PROFILES))]

    def values(self, profile: str | None = None) -> Iterator[tuple[About, Value, str]]:
        """The keys given, in a profile or outside of all, with value and origin; for a file without problems."""
        above = () if profile is None else (PROFILES, profile)
        tables = self.tables if profile is None else self.tables[PROFILES][profile]
        for section in SECTIONS:
            for name, value in _table(tables.get(section)).items():
                line = self.places[(*above, section, name)].key.line
                yield KEYS[f"{section}.{name}"], value, f"{self.path}:{line}"

    def errors(self) -> tuple[ConfigError, ...]:
        """All that is wrong, in the order of the text."""
        problems = sorted(self._problems(), key=lambda problem: (problem.place.line, problem.place.column))
        return tuple(error_at(self.path, self.text, problem) for problem in problems)

    def _problems(self) -> Iterator[Problem]:
        yield from self._in_sections((), self.tables, [*SECTIONS, PROFILES])
        if not isinstance(self.tables.get(PROFILES, {}), dict):
            yield self._problem((PROFILES,), f"{PROFILES} are tables, like [{PROFILES}.work.session]")
        for name, sections in _table(self.tables.get(PROFILES)).items():
            path = (PROFILES, name)
            if isinstance(sections, dict):
                yield from self._in_sections(path, _table(sections), [*SECTIONS])
            else:
                yield self._problem(path, f"a profile holds sections, like [{PROFILES}.{name}.session]")

    def _in_sections(self, above: KeyPath, tables: Table, known: Sequence[str]) -> Iterator[Problem]:
        for name, keys in tables.items():
            path = (*above, name)
            if name not in known:
                message = _unknown_section(name, known) if isinstance(keys, dict) else _homeless(name)
                yield self._problem(path, message, _hint_for(name))
            elif isinstance(keys, dict) and name in SECTIONS:
                yield from self._in_section(path, _table(keys))
            elif name in SECTIONS:
                yield self._problem(path, f"{name!r} is a section: [{'.'.join(path)}] on a line of its own")

    def _in_section(self, path: KeyPath, keys: Table) -> Iterator[Problem]:
        for name, value in keys.items():
            about = KEYS.get(f"{path[-1]}.{name}")
            if about is None:
                yield self._problem((*path, name), _unknown_key(path[-1], name), _hint_for(name))
            elif message := mistake(about, value):
                yield self._problem((*path, name), message, on_value=True)

    def _problem(self, path: KeyPath, message: str, hint: str = "", *, on_value: bool = False) -> Problem:
        places = self.places[path]
        return Problem(places.value if on_value else places.key, message, hint)


def read(path: Path) -> Document:
    """The document in a file. Raises MissingInput for what cannot be read, ConfigError for what is not TOML."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise MissingInput(f"cannot read the configuration file {path}: {error.strerror or error}") from None
    if len(content) > LARGEST:
        raise ConfigError(f"{path} is longer than {LARGEST} bytes: that is no configuration file")
    return parse(path, content)


def parse(path: Path, content: bytes) -> Document:
    """The document in the bytes of a file (UTF-8, with or without a byte order mark). Raises ConfigError."""
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    try:
        content.decode("utf-8")
        return Document(path, text, tomllib.loads(text), locate(text))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise error_at(path, text, Problem(Place(line, 1, 1), "this line is not UTF-8 text")) from None
    except RecursionError:
        raise ConfigError(f"{path}: lists and tables are too deep in each other") from None
    except ValueError as error:
        raise error_at(path, text, _syntax_problem(text, str(error))) from None


def error_at(path: Path, text: str, problem: Problem) -> ConfigError:
    """The problem in words, with the line that has it and a caret under the place."""
    place = problem.place
    what = f"{path}:{place.line}:{place.column}  {problem.message}\n{excerpt(text, place)}"
    return ConfigError(what, hint=problem.hint)


def excerpt(text: str, place: Place) -> str:
    """The line of `place`, the one before it and a row of carets. What may be a secret is left out."""
    lines = [_SECRET_LINE.sub(r"\1 …", line.replace("\t", " ")) for line in text.split("\n")]
    digits = max(3, len(str(place.line)))
    shown = [f" {number:>{digits}} | {lines[number - 1]}" for number in (place.line - 1, place.line) if number >= 1]
    column = min(place.column, len(lines[place.line - 1]) + 1)
    length = max(1, min(place.length, len(lines[place.line - 1]) - column + 1))
    carets = " " * (column - 1) + "^" * length
    return "\n".join([*shown, f"{' ' * (digits + 2)}| {carets}"])


def _table(value: Toml) -> Table:
    """`value` if it is a table, else one without keys."""
    return cast("Table", value) if isinstance(value, dict) else {}


def _syntax_problem(text: str, message: str) -> Problem:
    found = _AT.search(message)
    if found is None:  # "(at end of document)"
        lines = text.split("\n")
        return Problem(Place(len(lines), len(lines[-1]) + 1, 1), message)
    line, column = int(found[1]), int(found[2])
    return Problem(Place(line, column, 1), _AT.sub("", message))


def _unknown_section(name: str, known: Sequence[str]) -> str:
    near = closest(name, known)
    return f"unknown section [{name}]" + (f" — did you mean [{near}]?" if near else "")


def _homeless(name: str) -> str:
    return f"the key {name!r} stands outside of any section{_home_of(name)}"


def _unknown_key(section: str, name: str) -> str:
    near = closest(name, [about.key for about in KEYS.values() if about.section == section])
    guess = f" — did you mean {near!r}?" if near else _home_of(name)
    return f"unknown key {name!r} in [{section}]{guess}"


def _home_of(name: str) -> str:
    homes = [f"[{about.section}]" for about in KEYS.values() if about.key == name]
    return f" — it belongs in {' or '.join(homes)}" if homes else ""


def _hint_for(name: str) -> str:
    if not _SECRET.search(name):
        return ""
    return "a key is not kept in this file: put it into GEMINI_API_KEY, or into a file for --api-key-file"
