"""Seeded choices that are equal on every machine and in every run: SplitMix64, seeded from text.

The generator is the one of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


def seed_of(*parts: object) -> int:
    """A seed that depends on the text of every part and on nothing else (not on PYTHONHASHSEED)."""
    return zlib.crc32("\x1f".join(map(str, parts)).encode())


class Chooser:
    """A row of choices that follows from its seed alone."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1. The bias of the modulo is far below what a story can show."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return (z ^ (z >> 31)) % bound

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        rest = list(things)
        return [rest.pop(self.below(len(rest))) for _ in things]
