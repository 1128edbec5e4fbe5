"""Keeps what tools print off the screen, which is the conversation's: it goes to the log, line by line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TextIO, cast

LONGEST: Final = 1_000
"""Characters of one line that are kept."""
_log = logging.getLogger(__name__)


class Printer:
    """Who prints: the call of a tool."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._line = ""

    def print(self, text: str) -> None:
        *lines, self._line = (self._line + text)[: 100 * LONGEST].split("\n")
        for line in lines:
            _log.info("the tool %s printed: %s", self._name, line[:LONGEST])
        self._line = self._line[:LONGEST]


_PRINTER: ContextVar[Printer | None] = ContextVar("livechat_printer", default=None)
"""Whose thread or task this is; a thread that a tool has begun by itself has none."""


def prints_as(name: str) -> None:
    """From now on what is printed in this context is printed by the tool of this name."""
    _PRINTER.set(Printer(name))


@contextmanager
def kept_off_the_screen() -> Generator[None]:
    """Inside, what the tools of a user's file write to the standard output and error goes to the log."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", _Screen(sys.stdout)), cast("TextIO", _Screen(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


class _Screen:
    """A stream as it is, but for who is a tool."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        printer = _PRINTER.get()
        if printer is None:
            return self._stream.write(text)
        printer.print(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
