"""Borrows a terminal: its line discipline and modes are ours for a while, and are given back whatever happens.

While it is borrowed, keys come as they are pressed (cbreak: no echo, no lines; ctrl-c, ctrl-z and ctrl-\\ stay signals)
and pasted text is marked (bracketed paste, mode 2004). It is given back at the end, at the exit of the process and
before SIGQUIT ends that. SIGINT, SIGTERM and SIGHUP unwind the program, and so come to the end as well.

Giving back takes no time: what a stalled terminal (ctrl-s, a dead connection) does not take soon is not sent. It is
written on a descriptor of our own, each time in one call, which the kernel does not mix with other writing. Whoever
draws on the terminal begins after it was borrowed and has ended when it is given back; only the protocol of the
keyboard may be switched on meanwhile, when the terminal answers.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeAlias

PATIENCE_S: Final = 0.2
"""How long a terminal may take to accept a few bytes."""
RESET: Final = "\x1b[0m\x1b[?7h\x1b[?2026l\x1b[?2004l\x1b[?25h"
"""Plain letters, long lines wrapped, no frame begun (synchronized output), pasting as ever, a cursor."""
_BELOW: Final = "\x1b[J"
"""Erases what stands from the cursor on."""
_PASTE_MARKED: Final = "\x1b[?2004h"
Attributes: TypeAlias = list[Any]
"""What tcgetattr gives: numbers, and a list of control characters."""


def takes_orders(env: Mapping[str, str]) -> bool:
    """Whether the terminal understands escape sequences, by its name."""
    return env.get("TERM", "") not in ("", "dumb", "unknown")


class Terminal:
    """The terminal behind a descriptor."""

    def __init__(self, descriptor: int, *, modes: bool) -> None:
        self.descriptor = descriptor
        self._modes = modes
        """Whether modes are switched at all."""
        self._out = _own(descriptor)
        self._before: Attributes | None = None
        """What it was like; None while it is not ours."""
        self._on: list[str] = [_PASTE_MARKED]
        self._off: list[str] = [RESET]

    @property
    def in_front(self) -> bool:
        """Whether we may touch it: a shell may have put us into the background."""
        try:
            return os.tcgetpgrp(self.descriptor) == os.getpgrp()
        except OSError:  # it controls no jobs
            return True

    def take(self) -> bool:
        """Makes it ours, or ours again; not in the background, where it returns False."""
        import termios

        if not self.in_front:
            return False
        with suppress(termios.error):  # it is gone: reading says so
            self._before = self._before or termios.tcgetattr(self.descriptor)
            now: Attributes = [*self._before[:6], list(self._before[6])]
            now[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)  # IEXTEN takes ctrl-o and ctrl-v for itself
            now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self.descriptor, termios.TCSANOW, now)
            self.write("".join(self._on))
        return True

    def give_back(self) -> None:
        """Leaves it as it was, if it is ours."""
        import termios

        if self._before is None or not self.in_front:
            return
        with suppress(termios.error):  # it may be gone
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self._before)
        self.write("".join(self._off))
        self._before = None

    def switch(self, on: str, off: str) -> None:
        """Switches something on for as long as it is ours."""
        self._on.append(on)
        self._off.insert(0, off)
        self.write(on)

    def switch_off(self, on: str, off: str) -> None:
        """That again."""
        self._on.remove(on)
        self._off.remove(off)
        self.write(off)

    def write(self, orders: str) -> None:
        """Gives orders to it, or does not where it takes none or not soon."""
        if not self._modes:
            return
        with suppress(OSError, ValueError):  # gone; ValueError: a descriptor that select cannot look at
            if select.select([], [self._out], [], PATIENCE_S)[1]:
                os.write(self._out, orders.encode())

    def forget_typed(self) -> None:
        """Throws away what was typed and not read."""
        import termios

        with suppress(termios.error):
            termios.tcflush(self.descriptor, termios.TCIFLUSH)

    def close(self) -> None:
        os.close(self._out)


@contextmanager
def borrowed(descriptor: int, env: Mapping[str, str] = os.environ) -> Generator[Terminal]:
    """Inside, the terminal can be taken; it is given back in the end."""
    terminal = Terminal(descriptor, modes=takes_orders(env))

    def leave_at_once() -> None:
        terminal.write(f"{_BELOW}\n")  # what is drawn again and again begins at the cursor
        terminal.give_back()

    atexit.register(terminal.give_back)
    try:
        with _before_quitting(leave_at_once):
            yield terminal
    finally:
        terminal.give_back()
        atexit.unregister(terminal.give_back)
        terminal.close()


@contextmanager
def _before_quitting(doing: Callable[[], None]) -> Generator[None]:
    """Inside, SIGQUIT (ctrl-\\) does that before it does what it did."""
    former = signal.getsignal(signal.SIGQUIT) or signal.SIG_DFL

    def quitting(number: int, frame: FrameType | None) -> None:
        doing()
        signal.signal(number, former)
        signal.raise_signal(number)

    if former is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGQUIT, quitting)
    try:
        yield
    finally:
        signal.signal(signal.SIGQUIT, former)


def _own(descriptor: int) -> int:
    """A descriptor of our own for writing to that terminal, which never waits; else the same once more."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return os.dup(descriptor)
