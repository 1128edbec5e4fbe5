"""Notices that the model was interrupted by its own voice: what the server heard are the model's own words.

Pure. An interruption counts as the model's own doing when no words of the user follow it, or only such as the model
had just said; two of them in a row are no accident (field.md pain 1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from livechat.events import Event, Interrupted, ModelSaid, TurnEnded, UserSaid

IN_A_ROW: Final = 2
ECHOED: Final = 0.7
"""Of the words heard, the part that the model had said shortly before, from which they are an echo."""
FEWEST: Final = 3
"""Fewer words than these anybody may say after the model."""
RECENT: Final = 600
"""Characters of what the model said last, which an echo may come from."""


class SelfHearing:
    """An observer of a session that calls `tell` once, when the model has interrupted itself twice in a row."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._said = ""
        self._heard: str | None = None
        """What the server has heard since the reply was cut off; None while none is."""
        self._in_a_row = 0
        self._told = False

    def __call__(self, t: float, event: Event) -> None:
        match event:
            case ModelSaid(text=text):
                if self._heard:  # else the words may only be late
                    self._judge()
                self._said = (self._said + text)[-RECENT:]
            case Interrupted():
                self._judge()
                self._heard = ""
            case UserSaid(text=text):
                self._heard = None if self._heard is None else self._heard + text
            case TurnEnded(interrupted=False):
                self._judge()
                self._in_a_row = 0
            case _:
                pass

    def _judge(self) -> None:
        """What was heard after an interruption is complete when something else happens."""
        heard, self._heard = self._heard, None
        if heard is None:
            return
        self._in_a_row = self._in_a_row + 1 if self._echoes(heard) else 0
        if self._in_a_row >= IN_A_ROW and not self._told:
            self._told = True
            self._tell()

    def _echoes(self, heard: str) -> bool:
        words, said = _words(heard), set(_words(self._said))
        return not words or (len(words) >= FEWEST and sum(word in said for word in words) >= ECHOED * len(words))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
