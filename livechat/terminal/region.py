"""Says what to write so that history is printed once and only a small region below it is ever drawn again.

Between frames the cursor stays, hidden, on the first cell of the region. That cell belongs to the region whatever a
terminal does when its size changes: one that reflows moves the cursor together with the text, one that does not
leaves both alone. So to take the region away is to erase from the cursor on, and no count of broken rows can be wrong.

What reflows into more lines pushes lines over the upper edge of the screen, in tmux also where its lower half is
empty, and what has gone there is out of reach. So from a change of size on the region is at least `RESERVE` lines
high: it begins with empty lines, and they are the first that history takes.

A frame is one string, between the marks of synchronized output (DEC private mode 2026; a terminal that does not know
the mode ignores it). While rows are drawn the terminal does not wrap (mode 7, DECAWM): also where its size has just
changed, or where it takes a character for wider than we do, a row is one line. Between rows there are no line feeds:
a system that makes CR LF of them passes what we write on in pieces, and a change of size could come between two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from livechat.terminal.cells import graphemes, width

RESERVE: Final = 16
"""Lines. Seven rows of 78 to 119 cells take no more when the terminal has 50 columns at once."""

BEGIN: Final = "\x1b[?2026h"
END: Final = "\x1b[?2026l"
HIDE: Final = "\x1b[?25l"
SHOW: Final = "\x1b[?25h"
NO_WRAP: Final = "\x1b[?7l"
WRAP: Final = "\x1b[?7h"
ERASE: Final = "\r\x1b[K\x1b[C\x1b[J\r"
"""From the cursor's line on. Never from the first cell of the screen at once: tmux would keep the rows as history."""
REST_OF_LINE: Final = "\x1b[K"
NEXT_ROW: Final = "\r\x1bD"
"""Scrolls where the screen ends, also where it has just become lower."""

_SGR: Final = re.compile(r"(\x1b\[[0-9;:]*m)")


class Region:
    """Knows what it has drawn last. Its first frame begins where the cursor is, which is to be an empty line."""

    def __init__(self) -> None:
        self._rows: tuple[str, ...] = ()
        self._size: tuple[int, int] | None = None
        self._least = 0
        self._unsure = False

    def draw(self, history: Sequence[str], rows: Sequence[str], columns: int, lines: int) -> str:
        """What to write so that `history` stands above the region and `rows` end it; "" where nothing changes.

        All are painted lines: text and SGR, nothing else. `columns` and `lines` are the terminal's size now. Of more
        rows than fit on the screen with a line of history the last are kept. A row is cut before the last column.
        Without rows there is no region; the cursor is seen again, where it began.
        """
        resized = self._size not in (None, (columns, lines))
        self._size = columns, lines
        self._least = RESERVE if resized else max(0, self._least - len(history))
        most = max(1, lines - 1)
        kept = tuple(fitted(row, columns) for row in rows[-most:])
        if kept:
            kept = ("",) * (min(self._least, most) - len(kept)) + kept
        else:
            self._least = 0
        if history or resized or self._unsure or len(kept) != len(self._rows):
            return self._anew(history, kept)
        return self._changed(kept)

    def redraw(self) -> None:
        """Says that somebody else has written: the next frame erases what is below the cursor, and draws every row."""
        self._unsure = True

    def _anew(self, history: Sequence[str], rows: tuple[str, ...]) -> str:
        stood = bool(self._rows) or self._unsure
        self._rows, self._unsure = rows, False
        above = (ERASE if stood else "") + "".join(f"{line}\r\n" for line in history)
        if not rows:
            return _frame(above + (SHOW if stood else ""))
        return _frame(above + HIDE + NO_WRAP + NEXT_ROW.join(rows) + _up(len(rows) - 1) + WRAP)

    def _changed(self, rows: tuple[str, ...]) -> str:
        drawn, here = "", 0
        for place, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
            if old != new:
                drawn += NEXT_ROW * (place - here) + "\r" + new + REST_OF_LINE
                here = place
        self._rows = rows
        return _frame(NO_WRAP + drawn + _up(here) + WRAP if drawn else "")


def fitted(row: str, columns: int) -> str:
    """A painted row without what would stand in the last column or beyond it; its SGR is kept."""
    room = columns - 1
    if width(_SGR.sub("", row)) <= room:
        return row
    kept: list[str] = []
    for number, piece in enumerate(_SGR.split(row)):
        if number % 2:
            kept.append(piece)
            continue
        for grapheme in graphemes(piece):
            room -= width(grapheme)
            if room < 0:
                break
            kept.append(grapheme)
    return "".join(kept)


def _frame(drawn: str) -> str:
    return BEGIN + drawn + END if drawn else ""


def _up(lines: int) -> str:
    return f"\r\x1b[{lines}A" if lines else "\r"
