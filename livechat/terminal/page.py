"""A page knows how rows are laid out at a width: a gutter for who speaks, the words hanging beside it.

     you  What's the weather in Lisbon tomorrow,
          and do I need an umbrella?
       ƒ  get_weather(city='Lisbon')  ✓ 312 ms

Where there is no room for a gutter, the name stands above its words. The last column is never used: a terminal
that wraps there and one that does not would disagree about the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from livechat.terminal.cells import cut, padded, width, width_of, wrapped
from livechat.terminal.glyphs import Glyphs, glyphs
from livechat.terminal.inputs import Look
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style

NOTHING: Final = Safe("")
USER: Final = Safe("you")
NAME_CELLS: Final = 8
"""The most that a name gets of a row."""
LEAST_WORDS: Final = 12
"""Cells for words beside a gutter; with fewer there is none."""

_GAP: Final = 2
_SPACES: Final = "    "
"""What a tab becomes."""


class Page(NamedTuple):
    """A width, and the look of what is written at it."""

    look: Look
    columns: int

    @property
    def glyphs(self) -> Glyphs:
        return glyphs(ascii=self.look.ascii)

    @property
    def usable(self) -> int:
        """The cells of a row."""
        return max(self.columns - 1, 1)

    @property
    def indent(self) -> int:
        """The cells before the words."""
        gutter = _field(self.look) + _GAP
        if self.usable - gutter >= LEAST_WORDS:
            return gutter
        return _GAP if self.usable >= LEAST_WORDS else 0

    @property
    def room(self) -> int:
        """The cells of a row's words."""
        return max(self.usable - self.indent, 1)

    @property
    def speaker(self) -> Safe:
        """The model's name as it fits."""
        return _speaker(self.look)

    def label(self, name: Safe, style: Style, *, goes_on: bool = False) -> Row:
        """A name or a sign as the gutter has it; `goes_on` marks that the same was said to speak before."""
        before = Safe(" " * max(self.indent - _GAP - width(name), 0))
        mark = Safe(("~" if self.look.ascii else self.glyphs.ellipsis) if goes_on else "")
        return (Span(before), Span(Safe(name + mark), style))

    def hung(self, label: Row, rows: Sequence[Row]) -> list[Row]:
        """`rows` of words beside their label, or below one that is too wide; without a label, beside nothing."""
        margin = Span(Safe(" " * self.indent))
        hung: list[Row] = [(margin, *row) if row else () for row in rows]
        if not label:
            return hung
        if width_of(label) < self.indent:
            return [(*padded(label, self.indent), *rows[0]), *hung[1:]]
        return [cut(label, self.usable), *hung]

    def wrapped(self, words: Row) -> list[Row]:
        return wrapped(words, self.room)

    def wrapped_wide(self, row: Row) -> list[Row]:
        """A row that has no gutter."""
        return wrapped(row, self.usable)

    def lines(self, text: Safe, style: Style = Style.NONE) -> list[Row]:
        """Text of several lines as rows."""
        return [row for line in text.split("\n") for row in self.wrapped((Span(Safe(line), style),))]

    def cut(self, row: Row, columns: int) -> Row:
        """`row` where it fits, else as much as does, and an ellipsis."""
        return cut(row, columns, self.glyphs.ellipsis)

    def cut_bare(self, row: Row, columns: int) -> Row:
        """As much of `row` as fits."""
        return cut(row, columns, NOTHING)


def clean(text: str) -> Safe:
    """Foreign text of several lines, with spaces for tabs."""
    return untabbed(safe(text))


def untabbed(text: Safe) -> Safe:
    return Safe(text.replace("\t", _SPACES))


def duration(ms: float) -> Safe:
    """A length of time as people read it."""
    return Safe(f"{ms:.0f} ms" if ms < 999.5 else f"{ms / 1000:.1f} s")


def _field(look: Look) -> int:
    return max(width(USER), width(_speaker(look)))


def _speaker(look: Look) -> Safe:
    name = safe(look.speaker, multiline=False)
    row = cut((Span(name),), NAME_CELLS, glyphs(ascii=look.ascii).ellipsis)
    return Safe("".join(span.text for span in row))
