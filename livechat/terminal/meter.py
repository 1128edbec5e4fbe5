"""A level of sound becomes ten cells of a bar, from -60 dBFS to full scale, in eighths of a cell.

███████▎··        the last cell is red: the sound that fills it is about to be clipped
[#######---]      in ASCII, with its two brackets
"""

from __future__ import annotations

from math import isnan
from typing import Final

from livechat.terminal.safe import Safe
from livechat.terminal.style import Row, Span, Style

CELLS: Final = 10
"""Cells of the bar itself."""
FLOOR_DBFS: Final = -60.0
"""The level of an empty bar."""
CLIP_DBFS: Final = -1.0
"""The level from which sound is as good as clipped."""

_EIGHTHS: Final[tuple[str, ...]] = ("", *"▏▎▍▌▋▊▉")
_FULL, _EMPTY = "█", "·"


def bar(dbfs: float, *, ascii: bool, style: Style) -> Row:
    """The bar of a level, in `style` but for its last cell; -inf (silence) and NaN (no level) are an empty one."""
    fill = _fill(dbfs)
    cells = _hashes(fill) if ascii else _blocks(fill)
    empty = "-" if ascii else _EMPTY
    filled = cells.rstrip(empty)
    body = [
        Span(Safe(filled[: CELLS - 1]), style),
        Span(Safe(filled[CELLS - 1 :]), Style.RED),
        Span(Safe(cells[len(filled) :]), Style.DIM),
    ]
    shown = tuple(span for span in body if span.text)
    return (Span(Safe("[")), *shown, Span(Safe("]"))) if ascii else shown


def clips(dbfs: float) -> bool:
    """Whether sound of this level is as good as clipped."""
    return dbfs >= CLIP_DBFS


def _fill(dbfs: float) -> float:
    """How much of the bar is filled, 0 to 1."""
    return 0.0 if isnan(dbfs) else min(max(1 - dbfs / FLOOR_DBFS, 0.0), 1.0)


def _blocks(fill: float) -> str:
    full, eighths = divmod(round(fill * CELLS * 8), 8)
    return (_FULL * full + _EIGHTHS[eighths]).ljust(CELLS, _EMPTY)


def _hashes(fill: float) -> str:
    return ("#" * round(fill * CELLS)).ljust(CELLS, "-")
