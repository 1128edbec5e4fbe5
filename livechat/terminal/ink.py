"""Places in a text are counted in ink: the characters that are no spaces, for wrapping drops nothing but spaces."""

from __future__ import annotations

from typing import Final

from livechat.terminal.cells import width

LONGEST_WORD: Final = 64
"""Characters without a break that are taken for a word; more of them are broken anywhere."""


def inked(text: str) -> str:
    """`text` without its spaces."""
    return "".join(text.split())


def ink(text: str) -> int:
    """How many characters of `text` are no spaces."""
    return len(inked(text))


def past_ink(text: str, amount: int) -> int:
    """Where in `text` so much of its ink stands before; its end where there is not so much."""
    for position, character in enumerate(text):
        if amount <= 0:
            return position
        amount -= not character.isspace()
    return len(text)


def word_start(text: str, position: int) -> int:
    """The last place at or before `position` where a word begins or ends; wide characters are words by themselves."""
    for place in range(position, max(position - LONGEST_WORD, 0), -1):
        if place == len(text) or _between_words(text, place):
            return place
    return 0 if position <= LONGEST_WORD else position


def _between_words(text: str, position: int) -> bool:
    around = text[position - 1 : position + 1]
    return any(letter.isspace() or width(letter) > 1 for letter in around)
