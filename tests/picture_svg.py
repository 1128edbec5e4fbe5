"""Draws the cells of a terminal as an SVG that refers to nothing outside itself.

It has a dark ground of its own, for light and dark pages alike. Every run of letters has its place and its length, so
that columns stay columns in whatever fixed-width font there is; signs beyond ASCII often come from another font, so
each kind of them has its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final, NamedTuple

from pyte.screens import Char

CELL: Final = 8.4
LINE: Final = 19
SIZE: Final = 14
MARGIN: Final = 16
BAR: Final = 34
"""The height of the bar with the title."""
GROUND: Final = "#161a21"
COLORS: Final = {
    "default": "#dfe3ea",
    "red": "#f27983",
    "green": "#8fd07c",
    "brown": "#e8c76a",  # what the emulator calls yellow
    "magenta": "#dc9be8",
    "cyan": "#62cbdc",
    "brightwhite": "#ffffff",
}
"""Those of the face, on our ground."""
BACKGROUNDS: Final = {"red": "#c22f3d"}
FAINT: Final = 0.6
FONTS: Final = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
STYLE: Final = f"""\
    .ground {{ fill: {GROUND}; stroke: #454c59; }}
    text {{ font: {SIZE}px {FONTS}; }}
    .title {{ fill: #9aa3b2; text-anchor: middle; }}
    .bold {{ font-weight: bold; }}
    .italic {{ font-style: italic; }}
    .strike {{ text-decoration: line-through; }}
"""


class Look(NamedTuple):
    """How letters look that stand together."""

    classes: tuple[str, ...]
    color: str
    ground: str
    """Empty where there is none of its own."""
    ascii: bool


def drawn(rows: Sequence[Sequence[Char]], *, title: str) -> str:
    """The rows up to the last one with letters on it, in a window with a title."""
    shown = list(rows)
    while shown and not text_of(shown[-1]):
        shown.pop()
    width = round(max(map(len, shown)) * CELL + 2 * MARGIN)
    height = BAR + len(shown) * LINE + MARGIN
    told = "\n".join(text_of(row) for row in shown)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">',
            f"  <title>{escape(title)}</title>",
            f"  <desc>{escape(told)}</desc>",
            f"  <style>\n{STYLE}  </style>",
            f'  <rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            f'  <text class="title" x="{width / 2:g}" y="22">{escape(title)}</text>',
            *(mark for line, row in enumerate(shown) for mark in row_of(row, BAR + line * LINE)),
            "</svg>\n",
        ]
    )


def text_of(row: Sequence[Char]) -> str:
    return "".join(cell.data for cell in row).rstrip()


def row_of(row: Sequence[Char], top: int) -> Iterator[str]:
    """The marks of one row whose upper edge is there."""
    column = 0
    for look, cells in groupby(row, look_of):
        text = [cell.data for cell in cells]
        if look.ground:
            yield (
                f'  <rect x="{x_of(column)}" y="{top}" width="{len(text) * CELL:g}" height="{LINE}"'
                f' fill="{look.ground}"/>'
            )
        for place, run in runs_of(text, whole=look.ascii):
            yield text_mark(run, look, column + place, top + SIZE)
        column += len(text)


def runs_of(text: list[str], *, whole: bool) -> Iterator[tuple[int, list[str]]]:
    """What of it is drawn at once, and where it begins: words, or signs of one kind."""
    if whole:
        if inked := "".join(text).strip():
            yield "".join(text).index(inked), list(inked)
        return
    place = 0
    for sign, same in groupby(text):
        count = len(list(same))
        if sign:
            # The empty cell behind a wide sign belongs to it.
            yield place, [sign] * count + ([""] if text[place + count : place + count + 1] == [""] else [])
        place += count


def text_mark(run: list[str], look: Look, column: int, base: int) -> str:
    classes = f' class="{" ".join(look.classes)}"' if look.classes else ""
    faint = f' opacity="{FAINT}"' if "faint" in look.classes else ""
    length = f'textLength="{len(run) * CELL:g}" lengthAdjust="spacingAndGlyphs"'
    words = escape("".join(run), quote=False).replace(" ", "\u00a0")
    return f'  <text x="{x_of(column)}" y="{base}" {length}{classes} fill="{look.color}"{faint}>{words}</text>'


def look_of(cell: Char) -> Look:
    shapes = {
        "bold": cell.bold,
        "faint": cell.blink,
        "italic": cell.italics,
        "strike": cell.strikethrough,
    }
    color, ground = COLORS[cell.fg], BACKGROUNDS.get(cell.bg, "")
    if cell.reverse:
        color, ground = ground or GROUND, color
    return Look(
        tuple(name for name, on in shapes.items() if on), color, ground, cell.data.isascii() and cell.data != ""
    )


def x_of(column: int) -> str:
    return f"{MARGIN + column * CELL:g}"
