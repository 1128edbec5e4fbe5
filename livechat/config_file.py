"""One configuration file: its values, and everything that is wrong with it, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from livechat.config_keys import KEYS, PROFILES, SECTIONS, About, Value, mistake
from livechat.config_named import NAMED, NamedSection, Setting, mistake_in, setting_of
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
        above, tables = self._beneath(profile)
        for section in SECTIONS:
            for name, value in _keys_in(tables.get(section)):
                line = self.places[(*above, section, name)].key.line
                yield KEYS[f"{section}.{name}"], value, f"{self.path}:{line}"

    def named(self, profile: str | None = None) -> Iterator[tuple[str, str, str, Setting, str]]:
        """The keys given under names: section, name, key, value and origin; for a file without problems."""
        above, tables = self._beneath(profile)
        for section, about in NAMED.items():
            for name, keys in _tables_in(tables.get(section)):
                for key in filter(lambda key: key.key in keys, about.keys):
                    value = setting_of(key.kind, keys[key.key])
                    line = self.places[(*above, section, name, key.key)].key.line
                    if value is not None:
                        yield section, name, key.key, value, f"{self.path}:{line}"

    def _beneath(self, profile: str | None) -> tuple[KeyPath, Table]:
        """The sections of a profile, or those outside of all, and the path to them."""
        return ((), self.tables) if profile is None else ((PROFILES, profile), self.tables[PROFILES][profile])

    def errors(self) -> tuple[ConfigError, ...]:
        """All that is wrong, in the order of the text."""
        text = _without_secrets(self.text)
        return tuple(error_at(self.path, text, problem) for problem in in_order([*self._problems()]))

    def _problems(self) -> Iterator[Problem]:
        yield from self._in_sections((), self.tables, [*SECTIONS, *NAMED, PROFILES])
        if not isinstance(self.tables.get(PROFILES, {}), dict):
            yield self._problem((PROFILES,), f"{PROFILES} are tables, like [{PROFILES}.work.session]")
        for name, sections in _table(self.tables.get(PROFILES)).items():
            path = (PROFILES, name)
            if isinstance(sections, dict):
                yield from self._in_sections(path, _table(sections), [*SECTIONS, *NAMED])
            else:
                yield self._problem(path, f"a profile holds sections, like [{PROFILES}.{name}.session]")

    def _in_sections(self, above: KeyPath, tables: Table, known: Sequence[str]) -> Iterator[Problem]:
        for name, keys in tables.items():
            path = (*above, name)
            if name not in known:
                message = _unknown_section(name, known) if isinstance(keys, dict) else _homeless(name)
                yield self._problem(path, message, _hint_for(name))
            elif isinstance(keys, dict) and name in NAMED:
                yield from self._under_names(path, NAMED[name], _table(keys))
            elif isinstance(keys, dict) and name in SECTIONS:
                yield from self._in_section(path, _table(keys))
            elif name != PROFILES:
                dotted = ".".join(map(str, path)) + ".NAME" * (name in NAMED)
                yield self._problem(path, f"{name!r} is a section: [{dotted}] on a line of its own")

    def _under_names(self, path: KeyPath, about: NamedSection, tables: Table) -> Iterator[Problem]:
        """What is wrong in tables under names of the user's own; what is a key here may be one of the section's."""
        keys = dict(_keys_in(tables))
        if path[-1] in SECTIONS:
            yield from self._in_section(path, keys)
        else:
            for name in keys:
                yield self._problem((*path, name), _nameless(".".join(map(str, path)), name))
        for name, table in _tables_in(tables):
            if not about.names.fullmatch(name):
                yield self._problem((*path, name), f"{name!r} is no name: {about.names_in_words}")
            yield from self._in_named((*path, name), about, table)

    def _in_named(self, path: KeyPath, about: NamedSection, keys: Table) -> Iterator[Problem]:
        wrong = 0
        for name, value in keys.items():
            key = about.key(name)
            message = _unknown_named(path, about, name) if key is None else mistake_in(key, value)
            if message:
                wrong += 1
                yield self._problem((*path, name), message, _hint_for(name), on_value=key is not None)
        if not wrong and (message := about.whole({**self._outside_of_profiles(path), **keys})):
            yield self._problem(path, message)

    def _outside_of_profiles(self, path: KeyPath) -> Table:
        """The table that the one at `path` says more about, where that is in a profile."""
        *_, section, name = path
        return _table(_table(self.tables.get(str(section))).get(str(name)))

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


def _keys_in(value: Toml) -> Iterator[tuple[str, Toml]]:
    """What `value` holds that are no tables, with their names."""
    return ((name, inner) for name, inner in _table(value).items() if not isinstance(inner, dict))


def _tables_in(value: Toml) -> Iterator[tuple[str, Table]]:
    """What `value` holds that are tables, with their names."""
    return ((name, _table(inner)) for name, inner in _table(value).items() if isinstance(inner, dict))


def _nameless(section: str, key: str) -> str:
    return f"{key!r} stands right in [{section}]: it belongs in a table with a name, like [{section}.NAME]"


def _unknown_named(path: KeyPath, about: NamedSection, name: str) -> str:
    near = None if _SECRET.search(name) else closest(name, [key.key for key in about.keys])
    known = ", ".join(key.key for key in about.keys)
    where = ".".join(map(str, path))
    return f"unknown key {name!r} in [{where}] — " + (f"did you mean {near!r}?" if near else f"there are: {known}")


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
