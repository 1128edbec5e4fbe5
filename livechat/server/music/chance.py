"""Chance that is none: numbers that look drawn and follow from what they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Choice = TypeVar("Choice")


def hashed(*key: object) -> int:
    """A number of 64 bits, the same on every machine and every day for the same key."""
    return int.from_bytes(blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def draw(*key: object) -> float:
    """A number from 0 up to but not including 1."""
    return (hashed(*key) >> 11) / 2**53


def pick(choices: Sequence[Choice], *key: object) -> Choice:
    """One of the choices, all of them as likely."""
    return choices[hashed(*key) % len(choices)]


def pick_weighted(choices: Sequence[tuple[Choice, float]], *key: object) -> Choice:
    """One of the choices by their weights, of which at least one is above zero."""
    left = draw(*key) * sum(weight for _, weight in choices)
    for choice, weight in choices:
        left -= weight
        if left < 0:
            return choice
    return choices[-1][0]
