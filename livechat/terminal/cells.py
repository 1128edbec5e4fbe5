"""Text is measured, wrapped, cut and padded here in the cells that a terminal gives it.

A cell is one column of one row. What a terminal shows as one character is a grapheme, of several code points perhaps:
one cell wide, two (CJK, emoji), or none. The widths are those of `rich.cells`; characters that Unicode calls ambiguous
(UAX 11: ● … →) are taken as one cell. All text is one line: it holds neither line feeds nor tabs. A joiner joins two
pictures (UAX 29, GB11) and nothing else: rich lets it swallow whatever follows, here that counts, as on a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple
from unicodedata import category

from livechat.terminal.safe import Safe
from livechat.terminal.style import Row, Span, Style, text_of

ELLIPSIS: Final = Safe("…")
_JOINER: Final = "\u200d"
_ARROW: Final = "↔"
"""Of the pictures that Unicode joins to others the only one that is no "other symbol" (So): a head that is shaken."""
_OF_A_PICTURE: Final = frozenset("\ufe0f🏻🏼🏽🏾🏿")
"""What may stand between a picture and its joiner: that it is one, and the colours of skin."""


def width(text: str) -> int:
    """The cells that `text` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len  # here because it costs more than the start of a command that measures nothing

    return sum(map(cell_len, _apart(text)))


def graphemes(text: str) -> list[str]:
    """What a terminal shows as single characters, in order; joined they are `text`."""
    return [grapheme for grapheme, _ in _measured(text)]


def width_of(row: Row) -> int:
    """The cells that `row` takes."""
    return width(text_of(row))


def wrapped(row: Row, columns: int) -> list[Row]:
    """`row` in rows of at most `columns` cells: broken at spaces and beside wide characters, else between graphemes.

    Nothing is lost but the spaces at a break. A row holds a grapheme at least, even where it is wider than `columns`.
    """
    letters = _letters(row)
    if not letters:
        return [row]
    rows: list[Row] = []
    start = 0
    while start < len(letters):
        end, following = _broken(letters, start, columns)
        rows.append(_joined(letters[start:end]))
        start = following
    return rows


def cut(row: Row, columns: int, mark: Safe = ELLIPSIS) -> Row:
    """`row` where it fits into `columns`, else its first words with `mark` behind; nothing where not even that fits."""
    if width_of(row) <= columns:
        return row
    room = columns - width(mark)
    if room < 0:
        return ()
    letters = _letters(row)
    end = _before_spaces(letters, 0, _fitting(letters, 0, room))
    return _joined([*letters[:end], _Letter(mark, 0, letters[max(end - 1, 0)].style)])


def padded(row: Row, columns: int) -> Row:
    """`row` with so many spaces behind that it takes `columns` cells; a longer one is left as it is."""
    missing = columns - width_of(row)
    return (*row, Span(Safe(" " * missing))) if missing > 0 else row


class _Letter(NamedTuple):
    """A grapheme where it stands."""

    text: str
    width: int
    style: Style

    @property
    def is_space(self) -> bool:
        return self.text == " "


def _measured(text: str) -> list[tuple[str, int]]:
    """The graphemes of `text` and their widths."""
    if text.isascii() and text.isprintable():
        return [(character, 1) for character in text]
    from rich.cells import split_graphemes

    return [(part[start:end], cells) for part in _apart(text) for start, end, cells in split_graphemes(part)[0]]


def _apart(text: str) -> list[str]:
    """`text` in parts, of which rich takes no joiner for more than it is."""
    if _JOINER not in text:
        return [text]
    from rich.cells import cell_len

    parts: list[str] = []
    start = 0
    for end in range(1, len(text)):
        before, joiner, following = text[max(0, end - 2) : end - 1], text[end - 1], text[end]
        if joiner == _JOINER and cell_len(following) and not (_ends_picture(before) and _is_picture(following)):
            parts.append(text[start:end])
            start = end
    return [*parts, text[start:]]


def _ends_picture(character: str) -> bool:
    return character in _OF_A_PICTURE or (character != "" and _is_picture(character))


def _is_picture(character: str) -> bool:
    return character == _ARROW or category(character) == "So"


def _letters(row: Row) -> list[_Letter]:
    """`row` by graphemes. One that begins in a span and ends in the next has the style of the first."""
    styles = [span.style for span in row for _ in span.text]
    letters: list[_Letter] = []
    position = 0
    for grapheme, cells in _measured(text_of(row)):
        letters.append(_Letter(grapheme, cells, styles[position]))
        position += len(grapheme)
    return letters


def _joined(letters: Iterable[_Letter]) -> Row:
    runs = groupby(letters, key=attrgetter("style"))
    return tuple(Span(Safe("".join(letter.text for letter in run)), style) for style, run in runs)


def _fitting(letters: Sequence[_Letter], start: int, columns: int) -> int:
    """Where the letters from `start` on no longer fit into `columns`."""
    taken = 0
    for position in range(start, len(letters)):
        taken += letters[position].width
        if taken > columns:
            return position
    return len(letters)


def _broken(letters: Sequence[_Letter], start: int, columns: int) -> tuple[int, int]:
    """Where the row that begins at `start` ends, and where the next begins; between them are spaces alone."""
    limit = max(_fitting(letters, start, columns), start + 1)
    if limit == len(letters):
        return limit, limit
    for place in range(limit, start, -1):
        if _may_break(letters[place - 1], letters[place]):
            end = _before_spaces(letters, start, place)
            if end > start:
                return end, _past_spaces(letters, place)
    return limit, limit


def _may_break(before: _Letter, after: _Letter) -> bool:
    return before.is_space or after.is_space or before.width > 1 or after.width > 1


def _before_spaces(letters: Sequence[_Letter], start: int, position: int) -> int:
    while position > start and letters[position - 1].is_space:
        position -= 1
    return position


def _past_spaces(letters: Sequence[_Letter], position: int) -> int:
    while position < len(letters) and letters[position].is_space:
        position += 1
    return position
