"""Writes to a terminal without ever waiting for it, and asks it for its size.

A terminal takes no output while its reader is away: after ctrl-s, behind an ssh that hangs. A write would wait for as
long. Whether it does is a property of the open file, which the shell shares; so the terminal is opened once more, for
us alone. Where that cannot be (no name for it, no permission, Windows) the given descriptor is used, and a write may
wait.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Final

UNKNOWN_SIZE: Final = (80, 24)
"""Columns and lines where the terminal does not tell; those of the VT100."""


class Output:
    """The terminal behind `descriptor`, which stays open when this is closed."""

    def __init__(self, descriptor: int) -> None:
        self._given = descriptor
        self._own = _opened_again(descriptor)

    def write(self, data: bytes) -> bytes:
        """What of `data` could not be written now. Raises OSError where the terminal is gone."""
        with suppress(BlockingIOError, InterruptedError):
            return data[os.write(self._descriptor, data) :]
        return data

    def ready(self, seconds: float) -> bool:
        """Waits until the terminal takes output, or for so long. Raises OSError where it is gone."""
        if sys.platform == "win32":
            return True
        return bool(select.select([], [self._descriptor], [], seconds)[1])

    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal now."""
        with suppress(OSError):
            columns, lines = os.get_terminal_size(self._descriptor)
            if columns > 0 and lines > 0:
                return columns, lines
        return UNKNOWN_SIZE

    def release(self) -> None:
        """Undoes a ctrl-s: nobody would after the end of the program."""
        if sys.platform == "win32" or self._is_someone_elses():
            return
        import termios

        # TCOON alone undoes only a TCOOFF (Linux, n_tty_ioctl_helper).
        with suppress(termios.error):
            termios.tcflow(self._descriptor, termios.TCOOFF)
            termios.tcflow(self._descriptor, termios.TCOON)

    def discard(self) -> None:
        """Throws away what is written and has not been read."""
        if sys.platform == "win32" or self._is_someone_elses():
            return
        import termios

        with suppress(termios.error):
            termios.tcflush(self._descriptor, termios.TCOFLUSH)

    def close(self) -> None:
        """Twice does no harm."""
        own, self._own = self._own, None
        if own is not None:
            os.close(own)

    @property
    def _descriptor(self) -> int:
        return self._given if self._own is None else self._own

    def _is_someone_elses(self) -> bool:
        """Whether we are in its background, where to control it means to be stopped (SIGTTOU)."""
        if sys.platform == "win32":
            return False
        with suppress(OSError):  # it is no terminal, or not that of our session: no such danger
            return os.tcgetpgrp(self._descriptor) != os.getpgrp()
        return False


def _opened_again(descriptor: int) -> int | None:
    if sys.platform == "win32":
        return None
    with suppress(OSError):
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    return None
