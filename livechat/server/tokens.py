"""Counts tokens plausibly: the embedded server has no tokenizer, and a client wants numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass

CHARACTERS_PER_TOKEN = 4
AUDIO_TOKENS_PER_S = 25
"""How Google counts Live sound, input and output alike."""


@dataclass(frozen=True)
class Tokens:
    """So many tokens of text and of sound."""

    text: int = 0
    audio: int = 0

    @property
    def total(self) -> int:
        return self.text + self.audio

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio)


def of_text(text: str) -> Tokens:
    return of_characters(len(text))


def of_characters(count: int) -> Tokens:
    """A quarter of them, rounded up."""
    return Tokens(text=-(-count // CHARACTERS_PER_TOKEN))


def of_sound(milliseconds: int) -> Tokens:
    """25 for each second, rounded up."""
    return Tokens(audio=-(-milliseconds * AUDIO_TOKENS_PER_S // 1000))
