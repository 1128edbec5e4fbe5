"""Reads keys as they are pressed, on the running loop, from a terminal that is given back whatever happens.

On Windows a thread asks the console for them. Elsewhere the terminal is borrowed, as `giving_back` says, and given to
the shell while the program is stopped (ctrl-z) and while it goes on in the background (bg).
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import signal
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, TextIO, cast

from livechat.terminal.decoder import Decoder, Key

if TYPE_CHECKING:
    from livechat.terminal.console import Console
    from livechat.terminal.giving_back import Terminal

ESCAPE_S: Final = 0.05
"""So long after an ESC it was the key: what a terminal sends in one go comes in one go, or nearly."""
LOOK_S: Final = 0.5
"""How often a program in the background looks whether it was brought back: not every shell says so."""
_ASK, _PUSH, _POP = "\x1b[?u", "\x1b[>27u", "\x1b[<u"
_WANTED: Final = 27
"""Of kitty's flags: escape codes (1) for all keys (8), with their repeats and releases (2) and with the text (16) that
they write, without which nobody could say what shift and 2 write."""
_SIGNALS: Final = {"ctrl-c": "SIGINT", "ctrl-\\": "SIGQUIT", "ctrl-z": "SIGTSTP"}
"""What the line discipline makes of these keys where they come as characters, and not as kitty's escape codes."""


class Keyboard:
    """What is known of the keyboard while its keys are read."""

    releases = False
    """Whether it tells when a key is let go. That comes true when the terminal has answered."""


def can_read(stream: TextIO | None) -> bool:
    """Whether single keys can be read here: on a terminal, or the console of Windows."""
    return stream is not None and not stream.closed and stream.isatty()


def keys(
    stream: TextIO,
    pressed: Callable[[Key], None],
    *,
    hold: bool = False,
    front: Callable[[bool], None] = lambda ours: None,
) -> AbstractContextManager[Keyboard]:
    """Inside, `pressed` is called on the running loop with each key. `can_read` says if it can.

    With `hold` the terminal is asked whether it can tell of releases; where it can, `pressed` gets those as well.
    `front` is told False before the terminal is the shell's, so that nothing is drawn any more, and True when it is
    ours again, with who knows what on it.
    """
    if importlib.util.find_spec("termios") is None:
        return _of_console(cast("Console", importlib.import_module("msvcrt")), pressed)
    return _of_terminal(stream.fileno(), pressed, hold, front)


@contextmanager
def _of_terminal(
    descriptor: int, pressed: Callable[[Key], None], hold: bool, front: Callable[[bool], None]
) -> Generator[Keyboard]:
    from livechat.terminal.giving_back import borrowed

    with borrowed(descriptor) as terminal:
        reading = _Reading(terminal, pressed, hold, front)
        reading.begin()
        try:
            yield reading
        finally:
            reading.end()


class _Reading(Keyboard):
    """Reads a terminal while it is ours."""

    def __init__(
        self, terminal: Terminal, pressed: Callable[[Key], None], hold: bool, front: Callable[[bool], None]
    ) -> None:
        self._terminal = terminal
        self._pressed = pressed
        self._hold = hold
        self._asked = 0
        """How often the terminal was asked about kitty's protocol: whether it knows it, and what it now does of it."""
        self._front = front
        self._ours = False
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder()
        self._timer: asyncio.TimerHandle | None = None
        """Ends the waiting for what follows an ESC."""
        self._look: asyncio.TimerHandle | None = None
        """Looks whether we are in front again."""

    def begin(self) -> None:
        self._ours = True
        self._come()
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)

    def end(self) -> None:
        for timer in (self._timer, self._look):
            if timer is not None:
                timer.cancel()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        self._loop.remove_signal_handler(signal.SIGCONT)
        self._loop.remove_reader(self._terminal.descriptor)
        if self._hold:
            self._terminal.give_back()
            self._terminal.forget_typed()  # an answer, or the release of the last key: no shell understands them

    # ------------------------------------------------------------------------------------------------- whose it is

    def _come(self) -> None:
        """Reads from now on, or when the program is in front again."""
        ours = self._terminal.take()
        if ours:
            self._loop.add_reader(self._terminal.descriptor, self._read)
            if self._hold and not self._asked:
                self._ask()
        else:
            self._loop.remove_reader(self._terminal.descriptor)
            self._look = self._loop.call_later(LOOK_S, self._come)
        if ours != self._ours:
            self._ours = ours
            self._front(ours)

    def _stop(self) -> None:
        """Ctrl-Z: the shell gets its terminal back."""
        self._go()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        self._loop.remove_signal_handler(signal.SIGCONT)
        signal.raise_signal(signal.SIGTSTP)
        # Continued, or never stopped: where no shell has control of jobs, ctrl-z does nothing.
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        self._come()

    def _continued(self) -> None:
        """After SIGSTOP, of which nobody was told, or brought from the background to the front."""
        self._go()
        self._come()

    def _go(self) -> None:
        if self._look is not None:
            self._look.cancel()
        if self._ours:
            self._ours = False
            self._front(False)
        self._loop.remove_reader(self._terminal.descriptor)
        self._terminal.give_back()

    # ------------------------------------------------------------------------------------------------- what it tells

    def _read(self) -> None:
        data = _read(self._terminal.descriptor)
        if not data:  # the terminal is gone, or says that it ends here (ctrl-d comes as the character \x04)
            self._loop.remove_reader(self._terminal.descriptor)
        if self._timer is not None:
            self._timer.cancel()
        found = self._decoder.feed(data)
        self._timer = self._loop.call_later(ESCAPE_S, self._nothing_followed) if self._decoder.waiting else None
        self._agree()
        self._tell(found)

    def _nothing_followed(self) -> None:
        self._tell(self._decoder.timeout())

    def _tell(self, found: list[Key]) -> None:
        for key in found:
            _tell(key, self._pressed, self._signal)

    def _signal(self, number: int) -> None:
        """To whom the terminal would send it: all programs in front."""
        try:
            os.killpg(os.tcgetpgrp(self._terminal.descriptor), number)
        except OSError:  # it controls no jobs
            signal.raise_signal(number)

    def _ask(self) -> None:
        self._asked += 1
        self._terminal.write(_ASK)

    def _agree(self) -> None:
        """Follows the terminal's answers."""
        flags, self._decoder.kitty_flags = self._decoder.kitty_flags, None
        if flags is None or not self._hold:
            return
        if self._asked == 1:
            self._terminal.switch(_PUSH, _POP)
            self._ask()
        elif flags & _WANTED == _WANTED:
            self.releases = True
        elif not self.releases:
            self._terminal.switch_off(_PUSH, _POP)
            self._hold = False


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def _tell(key: Key, pressed: Callable[[Key], None], send: Callable[[int], None]) -> None:
    """Has a signal sent for a key that stands for one, and tells of any other."""
    number: int | None = getattr(signal, _SIGNALS.get(key.name, ""), None)
    if number is None:
        pressed(key)
    elif not (key.released or key.repeated):
        send(number)


@contextmanager
def _of_console(console: Console, pressed: Callable[[Key], None]) -> Generator[Keyboard]:
    import threading

    from livechat.terminal.console import read

    loop, over = asyncio.get_running_loop(), threading.Event()

    def tell(key: Key) -> None:
        loop.call_soon_threadsafe(_tell, key, pressed, signal.raise_signal)

    reading = threading.Thread(target=read, args=(console, tell, over), name="console", daemon=True)
    reading.start()
    try:
        yield Keyboard()
    finally:
        over.set()
        reading.join()
