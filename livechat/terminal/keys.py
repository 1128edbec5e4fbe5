"""Reads single keys from the terminal as they are pressed, and gives the terminal back as it was, whatever happens.

The line discipline is changed while keys are read (cbreak: no echo, no waiting for a line; ctrl-c, ctrl-z and ctrl-\\
stay what they are). It is put back at the end, before the program stops for ctrl-z, and at the exit of the process.
"""

from __future__ import annotations

import asyncio
import atexit
import codecs
import importlib.util
import os
import re
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, TypeAlias

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O])?")
"""What a key without a character sends (ECMA-48 §5.4, and the SS3 of function keys)."""
Attributes: TypeAlias = list[Any]
"""What tcgetattr gives: numbers, and a list of control characters."""


def can_read(stream: TextIO | None) -> bool:
    """Whether single keys can be read here: on a terminal, and not on Windows, whose console works otherwise."""
    here = importlib.util.find_spec("termios") is not None
    return here and stream is not None and not stream.closed and stream.isatty()


@contextmanager
def keys(stream: TextIO, pressed: Callable[[str], None]) -> Generator[None]:
    """Inside, `pressed` is called on the running loop with each character that is typed. `can_read` says if it can.

    An escape sequence (an arrow, a function key) is no character and is left out.
    """
    descriptor = stream.fileno()
    loop = asyncio.get_running_loop()
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    def read() -> None:
        data = _read(descriptor)
        if not data:  # the terminal is gone, or says that it ends here (ctrl-d comes as the character \x04)
            loop.remove_reader(descriptor)
        for character in _ESCAPES.sub("", decoder.decode(data)):
            pressed(character)

    with _single_keys(descriptor, loop):
        loop.add_reader(descriptor, read)
        try:
            yield
        finally:
            loop.remove_reader(descriptor)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1024)
    except OSError:
        return b""


@contextmanager
def _single_keys(descriptor: int, loop: asyncio.AbstractEventLoop) -> Generator[None]:
    import termios

    before: Attributes = termios.tcgetattr(descriptor)

    def give_back() -> None:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

    def take() -> None:
        now: Attributes = termios.tcgetattr(descriptor)
        now[3] &= ~(termios.ECHO | termios.ICANON)
        now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
        termios.tcsetattr(descriptor, termios.TCSADRAIN, now)

    def stop() -> None:
        """Ctrl-Z: the shell gets its terminal back."""
        give_back()
        loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        # Continued: the signal was delivered within the call above.
        loop.add_signal_handler(signal.SIGTSTP, stop)

    def go_on() -> None:
        """Continued: in the foreground (fg) the terminal is ours again, in the background (bg) the shell's."""
        with suppress(OSError, termios.error):
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                take()

    atexit.register(give_back)
    take()
    loop.add_signal_handler(signal.SIGTSTP, stop)
    loop.add_signal_handler(signal.SIGCONT, go_on)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTSTP)
        loop.remove_signal_handler(signal.SIGCONT)
        give_back()
        atexit.unregister(give_back)
