"""A terminal in memory, with all that it has ever shown, and one of the system's that is read when a test wants it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
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


class Pty:
    """A pseudo-terminal: `descriptor` is the program's end, the rest is what its user does and sees."""

    LIMIT_S = 10.0

    def __init__(self, columns: int = 40, lines: int = 10) -> None:
        self._user, self.descriptor = pty.openpty()
        os.set_blocking(self._user, False)
        self.seen = b""
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._user, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, data: bytes) -> None:
        os.write(self._user, data)

    def stop(self) -> None:
        """Ctrl-S, and waits until it has come to have its effect."""
        self.type(b"\x13")
        end = time.monotonic() + self.LIMIT_S
        while select.select([], [self.descriptor], [], 0)[1]:
            assert time.monotonic() < end, "ctrl-s stops nothing here"

    def go_on(self) -> None:
        """Ctrl-Q."""
        self.type(b"\x11")

    def read_until(self, text: bytes) -> bytes:
        """All that was seen since the last such call up to the first `text`. Raises TimeoutError."""
        end = time.monotonic() + self.LIMIT_S
        while text not in self.seen:
            if not select.select([self._user], [], [], end - time.monotonic())[0]:
                raise TimeoutError(f"{text!r} is not in the {len(self.seen)} bytes {self.seen[-200:]!r}")
            self.seen += os.read(self._user, 65536)
        before, found, self.seen = self.seen.partition(text)
        return before + found

    def hang_up(self) -> None:
        """The window is closed."""
        if self._user >= 0:
            os.close(self._user)
            self._user = -1

    def close(self) -> None:
        self.hang_up()
        os.close(self.descriptor)
