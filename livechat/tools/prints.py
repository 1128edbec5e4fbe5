"""Keeps tools off the terminal, which is the conversation's: what they print goes to the log, and they read nothing."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Generator, Iterator
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
        self._line = self._line[:LONGEST]
        told = _PRINTER.set(_Nobody(""))
        try:
            for line in lines:
                _log.info("the tool %s printed: %s", self._name, line[:LONGEST])
        finally:
            _PRINTER.reset(told)


class _Nobody(Printer):
    """Who prints while the log is told of a print: a handler of a tool's own, which would have it told once more."""

    def print(self, text: str) -> None:
        pass


_PRINTER: ContextVar[Printer | None] = ContextVar("livechat_printer", default=None)
"""Whose thread or task this is; a thread that a tool has begun by itself has none."""


def prints_as(name: str) -> None:
    """From now on what is printed in this context is printed by the tool of this name."""
    _PRINTER.set(Printer(name))


@contextmanager
def kept_off_the_screen() -> Generator[None]:
    """Inside, what the tools of a user's file write to the standard output and error goes to the log, and their
    standard input is at its end. What is closed stays None."""
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = sys.stdin and cast("TextIO", _Keys(sys.stdin))
    sys.stdout = sys.stdout and cast("TextIO", _Screen(sys.stdout))
    sys.stderr = sys.stderr and cast("TextIO", _Screen(sys.stderr))
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams


class _Keys:
    """What the user types, but for who is a tool: for those it is at its end, and no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._end = io.TextIOWrapper(io.BytesIO(), "utf-8")

    def __iter__(self) -> Iterator[str]:
        return iter(self._of_whom())

    def __getattr__(self, name: str) -> object:
        return getattr(self._of_whom(), name)

    def _of_whom(self) -> TextIO:
        return self._stream if _PRINTER.get() is None else self._end


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
