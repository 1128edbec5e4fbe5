"""A reply in writing: goes out as fast as it is thought, a short first piece and then bigger ones."""

from __future__ import annotations

import re

from livechat.server.acts import Order, Send
from livechat.server.allowance import Allowance
from livechat.server.dialect import Dialect
from livechat.server.reply import Reply
from livechat.server.tokens import Tokens, of_characters

DELTA = 80
"""Characters at which a piece goes out at once."""
DELTA_S = 0.05
"""How long a smaller one waits for more."""
LONGEST_DELTA = 16_384
"""Characters in one message: even escaped far below the 1 MiB that every client takes."""
_FIRST_WORD = re.compile(r"\s*\S*")


class Writing:
    """Cuts words that come bit by bit into pieces of a size worth sending."""

    def __init__(self, longest: int = LONGEST_DELTA) -> None:
        self._longest = longest
        """Characters of a piece."""
        self._text = ""
        """What has not gone out."""
        self.begun: bool = False
        """Something has."""
        self.due: float | None = None
        """When what is there goes out even if it is little."""

    @property
    def done(self) -> bool:
        return not self._text

    def add(self, words: str, now: float) -> None:
        self._text += words
        if self.due is None and self._text:
            self.due = now + DELTA_S

    def round_off(self, now: float) -> None:
        """No more words come for now."""
        if self._text:
            self.due = now

    def take(self, now: float) -> list[str]:
        """The pieces that go out now."""
        pieces: list[str] = []
        if self._text and not self.begun:
            self.begun = True
            found = _FIRST_WORD.match(self._text)
            pieces.append(self._cut(found.end() if found else 0))
        due = self.due is not None and now >= self.due
        while len(self._text) >= DELTA or (due and self._text):
            pieces.append(self._cut(self._longest))
        if not self._text:
            self.due = None
        return pieces

    def _cut(self, length: int) -> str:
        piece, self._text = self._text[:length], self._text[length:]
        return piece


class WrittenReply(Reply):
    """A reply in text parts. A client that does not read stops the connection and so the brain; none has to rest."""

    def __init__(self, number: int, dialect: Dialect, *, held: bool, allowance: Allowance) -> None:
        super().__init__(number, dialect, held=held, allowance=allowance)
        self._writing = Writing()

    def add(self, piece: str, now: float) -> None:
        super().add(piece, now)
        self._writing.add(piece, now)

    def round_off(self, now: float) -> None:
        self._writing.round_off(now)

    def advance(self, now: float) -> list[Order]:
        pieces = [] if self.held else self._writing.take(now)
        self._told += sum(map(len, pieces))
        return [Send(self._dialect.written(piece)) for piece in pieces]

    @property
    def sent(self) -> bool:
        return self._writing.done

    @property
    def deadline(self) -> float | None:
        return None if self.held else self._writing.due

    @property
    def tokens(self) -> Tokens:
        return of_characters(self._told)
