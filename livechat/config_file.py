"""One configuration file: its values, and everything that is wrong with it, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from livechat.config_keys import KEYS, PROFILES, SECTIONS, About, Value, mistake
from livechat.errors import ConfigError
from livechat.suggest import closest
from livechat.toml_places import KeyPath
from livechat.toml_text import Problem, Table, Toml, TomlText, error_at, in_order, parse_toml, read_bytes

_SECRET = re.compile(r"(?i)key|token|secret|password")
_SECRET_LINE = re.compile(r"(?i)(\S*(?:key|token|secret|password)\S*\s*=).*")


class Document(TomlText):
    """The text of a configuration file, right or wrong."""

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
        text = _without_secrets(self.text)
        return tuple(error_at(self.path, text, problem) for problem in in_order([*self._problems()]))

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
                yield self._problem(path, f"{name!r} is a section: [{'.'.join(map(str, path))}] on a line of its own")

    def _in_section(self, path: KeyPath, keys: Table) -> Iterator[Problem]:
        for name, value in keys.items():
            about = KEYS.get(f"{path[-1]}.{name}")
            if about is None:
                yield self._problem((*path, name), _unknown_key(str(path[-1]), name), _hint_for(name))
            elif message := mistake(about, value):
                yield self._problem((*path, name), message, on_value=True)

    def _problem(self, path: KeyPath, message: str, hint: str = "", *, on_value: bool = False) -> Problem:
        places = self.places[path]
        return Problem(places.value if on_value else places.key, message, hint)


def read(path: Path) -> Document:
    """The document in a file. Raises MissingInput for what cannot be read, ConfigError for what is not TOML."""
    return parse(path, read_bytes(path, "configuration"))


def parse(path: Path, content: bytes) -> Document:
    """The document in the bytes of a file (UTF-8, with or without a byte order mark). Raises ConfigError."""
    found = parse_toml(path, content, _without_secrets)
    return Document(found.path, found.text, found.tables, found.places)


def _without_secrets(text: str) -> str:
    """The text as it may be shown: of a line that may hold a secret no value."""
    return "\n".join(_SECRET_LINE.sub(r"\1 …", line) for line in text.split("\n"))


def _table(value: Toml) -> Table:
    """`value` if it is a table, else one without keys."""
    return cast("Table", value) if isinstance(value, dict) else {}


def _unknown_section(name: str, known: Sequence[str]) -> str:
    near = closest(name, known)
    return f"unknown section [{name}]" + (f" — did you mean [{near}]?" if near else "")


def _homeless(name: str) -> str:
    return f"the key {name!r} stands outside of any section{_home_of(name)}"


def _unknown_key(section: str, name: str) -> str:
    keys = [] if _SECRET.search(name) else [about.key for about in KEYS.values() if about.section == section]
    near = closest(name, keys)
    guess = f" — did you mean {near!r}?" if near else _home_of(name)
    return f"unknown key {name!r} in [{section}]{guess}"


def _home_of(name: str) -> str:
    homes = [f"[{about.section}]" for about in KEYS.values() if about.key == name]
    return f" — it belongs in {' or '.join(homes)}" if homes else ""


def _hint_for(name: str) -> str:
    if not _SECRET.search(name):
        return ""
    return "no key is kept here: use GEMINI_API_KEY, or a file and --api-key-file"
