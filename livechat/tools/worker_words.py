"""The words between livechat and a process that has the tools of a file: one object of JSON to a line.

What is no such word is something else that was written there: a tool may find the pipe and write to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias, cast


@dataclass(frozen=True, slots=True)
class Begin:
    """We ask for a call."""

    id: int
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """We ask whether a call would fit."""

    id: int
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leave:
    """We wait for a call no more."""

    id: int


@dataclass(frozen=True, slots=True)
class Offered:
    """The file has been imported, and these are its tools."""

    declarations: Sequence[Mapping[str, Any]]
    """As they are sent."""
    marks: Mapping[str, Mapping[str, Any]]
    """What their decorators say, by their names."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The file cannot be used: the parts of a UsageError."""

    what: str
    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Told:
    """A response of a call, and whether more of them follow."""

    id: int
    response: Mapping[str, Any]
    more: bool


@dataclass(frozen=True, slots=True)
class Fits:
    """What is wrong with a call; nothing where it fits."""

    id: int
    problem: str


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing of a call runs any more that was to be left."""

    id: int


@dataclass(frozen=True, slots=True)
class Logged:
    """What was logged, by which logger."""

    logger: str
    level: int
    text: str


Word: TypeAlias = Begin | Check | Leave | Offered | Unusable | Told | Fits | Left | Logged
_KINDS: Final[Mapping[str, type[Word]]] = {
    kind.__name__: kind for kind in (Begin, Check, Leave, Offered, Unusable, Told, Fits, Left, Logged)
}
_KIND: Final = "word"
_BEGINNING: Final = b'{"word": "'


def written(word: Word) -> bytes:
    """The word as a line. Raises ValueError, TypeError or RecursionError for what is no JSON, or too deep."""
    told = {field.name: getattr(word, field.name) for field in fields(word)}
    return json.dumps({_KIND: type(word).__name__, **told}).encode() + b"\n"


def read(line: bytes) -> Word | None:
    """The word that a line is; None for what is none."""
    if not line.startswith(_BEGINNING):
        return None
    try:
        told = cast("dict[str, Any]", json.loads(line))
        word = _KINDS[told.pop(_KIND)](**told)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return word if isinstance(getattr(word, "id", 0), int) else None
