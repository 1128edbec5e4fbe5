"""The shapes of messages, and where a message is not of its shape.

A shape is a message with leaves: an object has these keys and no others, except that a name ending in `?` may be
missing; a list has elements of one shape and at least one; a leaf is itself, or one of the kinds below.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

Json = Any
Shape = Any
"""JSON with leaves."""


@dataclass(frozen=True)
class Words:
    """Text of so many characters."""

    least: int = 1
    most: int = 10_000


@dataclass(frozen=True)
class Pcm:
    """Base64 of so many bytes of sound, or of as many as are left at the end."""

    size: int


@dataclass(frozen=True)
class Form:
    """A string of this form."""

    pattern: str


@dataclass(frozen=True)
class Number:
    """A whole number that is not negative."""


def misfits(message: Json, shape: Shape, where: str = "") -> list[str]:
    """Where and how a message is not of a shape; nothing if it is."""
    if isinstance(shape, dict):
        return _object_misfits(message, cast(dict[str, Shape], shape), where)
    if isinstance(shape, list):
        return _list_misfits(message, cast(Sequence[Shape], shape)[0], where)
    return [] if _fits(message, shape) else [f"{where}: {str(message)[:80]!r} is not {shape!r}"]


def _object_misfits(message: Json, shape: Mapping[str, Shape], where: str) -> list[str]:
    if not isinstance(message, dict):
        return [f"{where}: {message!r} is no object"]
    told = cast(dict[str, Json], message)
    known = {name.removesuffix("?"): inner for name, inner in shape.items()}
    needed = {name for name in shape if not name.endswith("?")}
    wrong = [f"{where}: {name} is missing" for name in sorted(needed - told.keys())]
    wrong += [f"{where}: {name} is too much" for name in sorted(told.keys() - known.keys())]
    for name in known.keys() & told.keys():
        wrong += misfits(told[name], known[name], f"{where}.{name}")
    return wrong


def _list_misfits(message: Json, shape: Shape, where: str) -> list[str]:
    if not isinstance(message, list) or not message:
        return [f"{where}: {message!r} is no list of anything"]
    told = enumerate(cast(Sequence[Json], message))
    return [misfit for index, one in told for misfit in misfits(one, shape, f"{where}[{index}]")]


def _fits(message: Json, leaf: Shape) -> bool:
    match leaf:
        case Words(least, most):
            return isinstance(message, str) and least <= len(message) <= most
        case Pcm(size):
            return isinstance(message, str) and len(b64decode(message, validate=True)) == size
        case Form(pattern):
            return isinstance(message, str) and re.fullmatch(pattern, message) is not None
        case Number():
            return type(message) is int and message >= 0
        case _:
            return bool(message == leaf) and type(message) is type(leaf)
