"""A terminal in memory, with all that it has ever shown."""

from __future__ import annotations

from collections.abc import Mapping

import pyte
import pyte.modes
from pyte.screens import Char


class Terminal:
    """Does not reflow: where it becomes narrower, text beyond the edge is lost."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.HistoryScreen(columns, lines, history=100_000)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, text: str | bytes) -> None:
        self._stream.feed(text.encode() if isinstance(text, str) else text)

    def resize(self, columns: int, lines: int) -> None:
        """Not lower: this emulator throws lines away then which others keep."""
        self.screen.resize(lines, columns)

    @property
    def shown(self) -> list[str]:
        """The lines of the screen, without the spaces behind."""
        return [self._text(self.screen.buffer[line]) for line in range(self.screen.lines)]

    @property
    def text(self) -> list[str]:
        """The lines that have gone over the upper edge and those of the screen, without the empty ones at the end."""
        lines = [self._text(line) for line in self.screen.history.top] + self.shown
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def last_column(self) -> str:
        return "".join(self.screen.buffer[line][self.screen.columns - 1].data for line in range(self.screen.lines))

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and line, from 0."""
        return self.screen.cursor.x, self.screen.cursor.y

    @property
    def cursor_seen(self) -> bool:
        return not self.screen.cursor.hidden

    @property
    def wraps(self) -> bool:
        return pyte.modes.DECAWM in self.screen.mode

    def _text(self, line: Mapping[int, Char]) -> str:
        return "".join(line[column].data for column in range(self.screen.columns)).rstrip()
