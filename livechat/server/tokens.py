"""Counts tokens plausibly: the embedded server has no tokenizer, and a client wants numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass

CHARACTERS_PER_TOKEN = 4
AUDIO_TOKENS_PER_S = 25
"""How Google counts Live sound, input and output alike."""
TOKENS_PER_PICTURE = 258
"""How Google counts a picture, and a frame of video at one a second [D tokens]."""


@dataclass(frozen=True)
class Tokens:
    """So many tokens of text, of sound and of pictures."""

    text: int = 0
    audio: int = 0
    video: int = 0

    @property
    def total(self) -> int:
        return self.text + self.audio + self.video

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio, self.video + other.video)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.text - other.text, self.audio - other.audio, self.video - other.video)


NONE = Tokens()


def of_text(text: str) -> Tokens:
    return of_characters(len(text))


def of_characters(count: int) -> Tokens:
    """A quarter of them, rounded up."""
    return Tokens(text=-(-count // CHARACTERS_PER_TOKEN))


def of_sound(milliseconds: int) -> Tokens:
    """25 for each second, rounded up."""
    return Tokens(audio=-(-milliseconds * AUDIO_TOKENS_PER_S // 1000))


def of_pictures(count: int) -> Tokens:
    return Tokens(video=count * TOKENS_PER_PICTURE)
