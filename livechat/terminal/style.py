"""A row of the screen is spans of harmless text, each in a style; painting turns it into what a terminal is sent.

Colours are the sixteen of ANSI, so that the terminal's own theme decides how they look. A style never carries a
meaning by itself: beside it there is always a word or a symbol.
"""

from __future__ import annotations

from enum import Flag, auto
from typing import NamedTuple, TypeAlias

from livechat.terminal.safe import Safe


class Style(Flag):
    """How text looks; members combine with `|`."""

    NONE = 0
    BOLD = auto()
    DIM = auto()
    ITALIC = auto()
    STRIKE = auto()
    CYAN = auto()
    MAGENTA = auto()
    GREEN = auto()
    YELLOW = auto()
    RED = auto()
    ALARM = auto()
    """White on red; reversed where there are no colours."""


class Span(NamedTuple):
    """Text of one style, without line feeds and tabs."""

    text: Safe
    style: Style = Style.NONE


Row: TypeAlias = tuple[Span, ...]
"""What stands on one row of the screen, or is yet to be wrapped into several."""

_SHAPES = {Style.BOLD: "1", Style.DIM: "2", Style.ITALIC: "3", Style.STRIKE: "9"}
_COLORS = {
    Style.CYAN: "36",
    Style.MAGENTA: "35",
    Style.GREEN: "32",
    Style.YELLOW: "33",
    Style.RED: "31",
    Style.ALARM: "97;41",
}
_COLORED = _SHAPES | _COLORS
_COLORLESS = _SHAPES | {Style.ALARM: "7"}
_RESET = "\x1b[0m"


def painted(row: Row, *, sgr: bool, color: bool) -> str:
    """`row` as a terminal is sent it, each styled span reset at its end; ECMA-48 §8.3.117 has the numbers.

    Without `sgr` it is the bare text. Without `color` (NO_COLOR) the shapes of letters stay and colours go.
    """
    if not sgr:
        return text_of(row)
    codes = _COLORED if color else _COLORLESS
    return "".join(_painted(span, codes) for span in row)


def text_of(row: Row) -> Safe:
    """What `row` says."""
    return Safe("".join(span.text for span in row))


def _painted(span: Span, codes: dict[Style, str]) -> str:
    wanted = ";".join(code for style, code in codes.items() if style in span.style)
    return f"\x1b[{wanted}m{span.text}{_RESET}" if wanted and span.text else span.text
