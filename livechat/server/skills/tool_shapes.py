"""What a declared function takes, read from either dialect of its schema, as far as a plain request can fill it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from livechat.protocol.parts import FunctionDeclaration
from livechat.server.skills.words import bag, plain_words, stem

_PARTS_OF_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_GENERIC = frozenset(
    map(
        stem,
        bag(
            """get set fetch do run find show list call api tool function make create update query lookup look up
            current my by for info information data request the a of to is check control adjust manage change
            perform execute handle retrieve display tell give value details"""
        ),
    )
)


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str
    """ "string", "number", "integer", "boolean", "array"; anything else is not filled."""
    required: bool
    choices: tuple[str, ...] = ()
    about: str = ""

    @property
    def spoken(self) -> str:
        """Its name as one says it: "departure city"."""
        return " ".join(name_words(self.name))


@dataclass(frozen=True)
class Shape:
    """A function that can be called."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]

    @property
    def matter(self) -> frozenset[str]:
        """The stems of its name that say what it is about; all of its name if none does."""
        stems = frozenset(map(stem, name_words(self.name)))
        return stems - _GENERIC or stems

    @property
    def verb(self) -> str:
        """The stem its name begins with, "" if that word could begin any name."""
        first = stem(name_words(self.name)[0]) if name_words(self.name) else ""
        return "" if first in _GENERIC else first

    @property
    def described_by(self) -> frozenset[str]:
        """The stems of its name and description."""
        return (self.matter | frozenset(map(stem, plain_words(self.about)))) - _GENERIC


def name_words(name: str) -> list[str]:
    """ "get_weatherReport" as get, weather, report."""
    return [part.lower() for part in _PARTS_OF_NAME.findall(name)]


def shape_of(declaration: FunctionDeclaration) -> Shape:
    schema = _schema(declaration)
    required = schema.get("required")
    names = cast("list[object]", required) if isinstance(required, list) else []
    parameters = tuple(
        _parameter(name, value, name in names) for name, value in _fields(schema.get("properties")).items()
    )
    return Shape(declaration.name or "", declaration.description or "", parameters)


def _schema(declaration: FunctionDeclaration) -> dict[str, object]:
    if declaration.parameters is not None:
        return declaration.parameters.model_dump(exclude_none=True)
    return _fields(declaration.parameters_json_schema)


def _fields(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _parameter(name: str, value: object, required: bool) -> Parameter:
    fields = _fields(value)
    kinds = fields.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in cast("list[object]", kinds) if kind != "null"), "")
    choices = fields.get("enum")
    listed = cast("list[object]", choices) if isinstance(choices, list) else []
    return Parameter(
        name, str(kinds or "").lower(), required, tuple(map(str, listed)), str(fields.get("description") or "")
    )
