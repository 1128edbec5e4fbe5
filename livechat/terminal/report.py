"""What the program says about itself, on stderr: errors with their cause and cure, warnings, notes.

    error: no such file: qestion.wav — did you mean question.wav?
      why: …
      try: livechat send-audio question.wav
      ref: exit 66

An error takes at most six lines of 80 columns: where it would take more its cause is shortened, except with -v.
Every word passes the gate and loses the secrets it may hold. Prose is wrapped on a terminal; a line that begins with
a space (a command to copy, an excerpt with its caret) is left as it is. Colour only where a terminal shows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TextIO

from livechat.errors import LivechatError
from livechat.terminal import cells
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, painted

Color = Literal["auto", "always", "never"]

WIDEST = 80
ERROR_ROWS = 6
"""Lines that an error takes at most on a terminal of `WIDEST` columns."""
HIDDEN = "[hidden]"
SHORTEST_SECRET = 6
_DIM = "\x1b[2m"
_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1m",
    "tool": "\x1b[1;36m",
    "why": _DIM,
    "try": "\x1b[1;32m",
    "ref": _DIM,
}
_PLAIN = "\x1b[0m"
_BROKEN_OFF = " …"


class Part(NamedTuple):
    """A piece under its label: rows as they are shown, of which those that begin with a space are lay-out."""

    head: str
    label: str
    rows: list[str]


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
        self._references: list[str] = []
        self._instead: Callable[[str], None] | None = None

    def divert(self, instead: Callable[[str], None] | None) -> None:
        """From now on gives warnings, notes and details to `instead`, without secrets, as foreign text; None ends that.

        What is on the terminal then is somebody else's, and would be written over.
        """
        self._instead = instead

    def give_up(self) -> None:
        """Says nothing any more: the terminal takes no output, and whoever wrote would wait for it."""
        self._stream = None

    def hide(self, secret: str) -> None:
        """From now on prints `[hidden]` in place of `secret`; what is shorter than any key may stand for itself."""
        if len(secret) >= SHORTEST_SECRET:
            self._secrets.add(secret)

    def refer(self, where: str) -> None:
        """From now on an error says that there is more to read: `trace call.ndjson`."""
        self._references.append(where)

    def error(self, *problems: LivechatError) -> None:
        """One failure and, on its last line, the exit code it ends with; it may be several problems in one file."""
        *others, last = problems
        reference = " · ".join([f"exit {last.exit_code}", *self._references])
        self._write("".join([*(self._told(problem) for problem in others), self._told(last, reference)]))

    def warning(self, text: str) -> None:
        self._tell("warning", text)

    def note(self, text: str) -> None:
        if not self.quiet:
            self._tell("note", text)

    def tool(self, text: str, *, asks: bool = False) -> None:
        """What becomes of a tool's call; a question is put with -q too."""
        if asks or not self.quiet:
            self._tell("tool", text)

    def detail(self, text: str) -> None:
        """A note for those who asked with -v."""
        if self.verbosity and not self.quiet:
            self._tell("note", text)

    def table(self, rows: Sequence[Row]) -> None:
        """Rows for people, in colours where there are some; not with -q."""
        if not self.quiet:
            terminal = self._is_terminal()
            shown = (painted(row, sgr=terminal, color=self._colorful()) for row in rows)
            self._write(self.without_secrets("".join(f"{row}\n" for row in shown)))

    def end_line(self) -> None:
        """On a terminal, ends the line on which it has shown the ^C."""
        if self._is_terminal():
            self._write("\n")

    def block(self, text: str) -> None:
        """Lines as they are: a traceback."""
        self._write(self._disarmed(text).rstrip("\n") + "\n")

    def _tell(self, label: str, text: str) -> None:
        if self._instead is None:
            self._write(self._painted(self._part(label, text)))
        else:
            self._instead(self.without_secrets(text if label == "note" else f"{label}: {text}"))

    def _told(self, problem: LivechatError, reference: str = "") -> str:
        below = (("why", problem.why), ("try", problem.hint), ("ref", reference))
        parts = [self._part("error", str(problem)), *(self._part(label, text, "  ") for label, text in below if text)]
        width = self._width()
        if width is not None and not self.verbosity:
            parts = shortened(parts, width)
        return "".join(map(self._painted, parts))

    def _part(self, label: str, text: str, indent: str = "") -> Part:
        head, width = f"{indent}{label}: ", self._width()
        rows = [row for line in self._disarmed(text).split("\n") for row in wrapped(line, width, len(head))]
        return Part(head, label, rows)

    def _painted(self, part: Part) -> str:
        style = _STYLES[part.label] if self._colorful() else ""
        start = f"{style}{part.head}{_PLAIN}" if style else part.head
        margin = " " * len(part.head)
        first, *others = part.rows
        return "\n".join([start + first, *(row if row.startswith(" ") else margin + row for row in others), ""])

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


def shortened(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts of an error in as many rows as it may take: first the why gives up some, then the error's own prose."""
    excess = sum(len(part.rows) for part in parts) - ERROR_ROWS * WIDEST // width
    kept = {part.label: part for part in parts}
    for label in ("why", "error"):
        if label in kept and excess > 0:
            part = kept[label]
            kept[label] = part._replace(rows=_without(part.rows, excess, width - len(part.head)))
            excess -= len(part.rows) - len(kept[label].rows)
    return list(kept.values())


def _without(rows: list[str], excess: int, width: int) -> list[str]:
    """`rows` less `excess` rows of prose, of which one is left at least."""
    prose = sum(not row.startswith(" ") for row in rows)
    last = max(prose - excess, 1) - 1
    return rows if last >= prose - 1 else [*rows[:last], _broken_off(rows[last], width), *rows[prose:]]


def _broken_off(row: str, width: int) -> str:
    while row and cells.width(row + _BROKEN_OFF) > width:
        row = row[:-1]
    return row.rstrip() + _BROKEN_OFF


def wrapped(line: str, width: int | None, margin: int) -> Iterator[str]:
    """`line` in rows of at most `width - margin` cells, cut at spaces only, so a path or a URL stays whole.

    A line that begins with a space is somebody's lay-out and comes back as it is; so does every line without a width.
    """
    if width is None or line.startswith(" ") or cells.width(line) <= width - margin:
        yield line
        return
    row = ""
    for word in line.split(" "):
        if row and cells.width(row) + 1 + cells.width(word) > width - margin:
            yield row
            row = word
        else:
            row = f"{row} {word}" if row else word
    yield row
