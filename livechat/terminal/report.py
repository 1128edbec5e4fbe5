"""What the program says about itself, on stderr: errors with their cause and cure, warnings, notes.

    error: no such file: qestion.wav — did you mean question.wav?
      why: …
      try: livechat send-audio question.wav

Every word passes the gate and loses the secrets it may hold. Prose is wrapped on a terminal; a line that begins with
a space (a command to copy, an excerpt with its caret) is left as it is. Colour only where a terminal shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Literal, TextIO

from livechat.errors import LivechatError
from livechat.terminal.safe import Safe, safe

Color = Literal["auto", "always", "never"]

WIDEST = 80
HIDDEN = "[hidden]"
SHORTEST_SECRET = 6
_STYLES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1m", "why": "\x1b[2m", "try": "\x1b[1;32m"}
_PLAIN = "\x1b[0m"


class Report:
    """The one voice on stderr. `hide` gives it a secret that it must never print.

    A stream that is absent, closed or broken is not an error: there is nobody left to tell.
    """

    def __init__(self, stream: TextIO | None, env: Mapping[str, str]) -> None:
        self.color: Color = "auto"
        self.quiet = False
        """Leaves out notes and details; errors and warnings stay."""
        self.verbosity = 0
        """1 and more shows details."""
        self._stream = stream
        self._env = env
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """From now on prints `[hidden]` in place of `secret`; what is shorter than any key may stand for itself."""
        if len(secret) >= SHORTEST_SECRET:
            self._secrets.add(secret)

    def error(self, error: LivechatError) -> None:
        self._labelled("error", str(error), indent=0)
        if error.why:
            self._labelled("why", error.why, indent=2)
        if error.hint:
            self._labelled("try", error.hint, indent=2)

    def warning(self, text: str) -> None:
        self._labelled("warning", text, indent=0)

    def note(self, text: str) -> None:
        if not self.quiet:
            self._labelled("note", text, indent=0)

    def detail(self, text: str) -> None:
        """A note for those who asked with -v."""
        if self.verbosity and not self.quiet:
            self._labelled("note", text, indent=0)

    def end_line(self) -> None:
        """On a terminal, ends the line on which it has shown the ^C."""
        if self._is_terminal():
            self._write("\n")

    def block(self, text: str) -> None:
        """Lines as they are: a traceback."""
        self._write(self._disarmed(text).rstrip("\n") + "\n")

    def _labelled(self, label: str, text: str, *, indent: int) -> None:
        head = " " * indent + label + ": "
        width = self._width()
        rows = [row for line in self._disarmed(text).split("\n") for row in wrapped(line, width, len(head))]
        style = _STYLES[label] if self._colorful() else ""
        start = f"{style}{head}{_PLAIN}" if style else head
        margin = " " * len(head)
        body = "\n".join(row if not number or row.startswith(" ") else margin + row for number, row in enumerate(rows))
        self._write(f"{start}{body}\n")

    def without_secrets(self, text: str) -> str:
        """`text` with `[hidden]` for every secret: for what goes to stdout, where nothing else is changed."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def _disarmed(self, text: str) -> Safe:
        return safe(self.without_secrets(text))

    def _is_terminal(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # closed
            return False

    def _colorful(self) -> bool:
        return wants_color(self.color, self._is_terminal(), self._env)

    def _width(self) -> int | None:
        """Cells a line may take, or None where lines are not wrapped."""
        if self._stream is None or not self._is_terminal():
            return None
        try:
            return min(WIDEST, os.get_terminal_size(self._stream.fileno()).columns or WIDEST)
        except OSError:
            return WIDEST

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def wants_color(choice: Color, is_terminal: bool, env: Mapping[str, str]) -> bool:
    """Whether to colour: as chosen, and by itself only on a terminal that can (NO_COLOR and TERM=dumb say no)."""
    if choice != "auto":
        return choice == "always"
    return is_terminal and not env.get("NO_COLOR") and env.get("TERM") not in ("dumb", "unknown")


def cells(text: str) -> int:
    """The columns `text` takes on a terminal: two for a wide character, none for a combining one (UAX 11)."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(line: str, width: int | None, margin: int) -> Iterator[str]:
    """`line` in rows of at most `width - margin` cells, cut at spaces only, so a path or a URL stays whole.

    A line that begins with a space is somebody's lay-out and comes back as it is; so does every line without a width.
    """
    if width is None or line.startswith(" ") or cells(line) <= width - margin:
        yield line
        return
    row = ""
    for word in line.split(" "):
        if row and cells(row) + 1 + cells(word) > width - margin:
            yield row
            row = word
        else:
            row = f"{row} {word}" if row else word
    yield row
