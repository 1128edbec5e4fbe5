"""One line on stderr that says how far sound has been sent or written; nothing where stderr is no terminal."""

from __future__ import annotations

from typing import Final, Self, TextIO

EVERY_S: Final = 0.25
"""Seconds of sound between two drawings."""
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Draws on `stream` while it is open, and takes its line away when it is closed."""

    def __init__(self, stream: TextIO | None, total_s: float | None, *, shown: bool = True, verb: str = "sent") -> None:
        """`total_s` is None where the end is not known; `verb` says what has been done."""
        self._stream = stream if shown and stream is not None and stream.isatty() else None
        self._total_s = total_s
        self._verb = verb
        self._drawn_s = -EVERY_S
        self._stands = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Takes the line away until it is shown again: something else is to be said there."""
        if self._stream is not None and self._stands:
            self._stands = False
            self._stream.write(_CLEAR)
            self._stream.flush()

    def show(self, position_s: float) -> None:
        """Says that this much of it is done."""
        if self._stream is None or position_s - self._drawn_s < EVERY_S:
            return
        self._drawn_s = position_s
        self._stands = True
        self._stream.write(f"{_CLEAR}{self._verb} {_clock(position_s)}{self._of_total(position_s)}")
        self._stream.flush()

    def _of_total(self, position_s: float) -> str:
        if not self._total_s:
            return ""
        return f" of {_clock(self._total_s)} ({min(1.0, position_s / self._total_s):.0%})"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
