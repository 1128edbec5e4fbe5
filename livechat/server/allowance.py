"""Cuts an answer where the setup says: after `maxOutputTokens`, or before one of the `stopSequences`."""

from __future__ import annotations

from collections.abc import Sequence


class Allowance:
    """What may be said of a text that comes in pieces. Without limits every piece passes as it is.

    characters: so many at most; None is no limit.
    """

    def __init__(self, characters: int | None = None, stops: Sequence[str] = ()) -> None:
        self._left = characters
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        """An end that may be the beginning of a stop sequence."""
        self.spent: bool = False
        """Nothing more may be said."""

    def take(self, piece: str) -> str:
        """What may be said now, with this piece."""
        if self.spent:
            return ""
        text = self._held + piece
        found = min((at for at in (text.find(stop) for stop in self._stops) if at >= 0), default=-1)
        if found >= 0:
            self.spent = True
            self._held = ""
            return self._limited(text[:found])
        held = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return self._limited(text[: len(text) - held])

    def rest(self) -> str:
        """What was held back and turned out to be no stop sequence, at the end."""
        held, self._held = self._held, ""
        return "" if self.spent else self._limited(held)

    def _limited(self, text: str) -> str:
        if self._left is None:
            return text
        text = text[: self._left]
        self._left -= len(text)
        self.spent = self.spent or not self._left
        return text


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` begin `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
