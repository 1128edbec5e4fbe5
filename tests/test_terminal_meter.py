"""Claims about the bar that shows how loud it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.cells import width_of
from livechat.terminal.meter import CELLS, bar, clips
from livechat.terminal.style import Style, text_of

INF = float("inf")
LEVELS = st.floats(-90, 20) | st.floats()

SHOWN = [
    (-INF, "··········"),
    (float("nan"), "··········"),
    (-90.0, "··········"),
    (-60.0, "··········"),
    (-59.5, "▏·········"),
    (-30.0, "█████·····"),
    (-27.0, "█████▌····"),
    (-16.5, "███████▎··"),
    (-6.0, "█████████·"),
    (-0.8, "█████████▉"),
    (0.0, "██████████"),
    (INF, "██████████"),
]


@pytest.mark.parametrize(("dbfs", "shown"), SHOWN)
def test_a_level_fills_eighths_of_ten_cells(dbfs: float, shown: str) -> None:
    assert text_of(bar(dbfs, ascii=False, style=Style.GREEN)) == shown


@pytest.mark.parametrize(
    ("dbfs", "shown"),
    [(-INF, "[----------]"), (-30.0, "[#####-----]"), (-6.0, "[#########-]"), (0.0, "[##########]")],
)
def test_in_ascii_it_stands_in_brackets(dbfs: float, shown: str) -> None:
    assert text_of(bar(dbfs, ascii=True, style=Style.GREEN)) == shown


@given(LEVELS, st.booleans())
def test_a_bar_is_always_as_wide(dbfs: float, ascii: bool) -> None:
    assert width_of(bar(dbfs, ascii=ascii, style=Style.NONE)) == CELLS + 2 * ascii


@given(LEVELS)
def test_in_ascii_it_is_ascii(dbfs: float) -> None:
    assert text_of(bar(dbfs, ascii=True, style=Style.NONE)).isascii()


@given(st.floats(-90, 20), st.floats(0, 60), st.booleans())
def test_what_is_louder_is_never_shorter(dbfs: float, more: float, ascii: bool) -> None:
    def filled(level: float) -> int:
        text = text_of(bar(level, ascii=ascii, style=Style.NONE))
        return sum("·▏▎▍▌▋▊▉█".index(c) for c in text) if not ascii else text.count("#")

    assert filled(dbfs) <= filled(dbfs + more)


@pytest.mark.parametrize("ascii", [False, True])
def test_only_the_last_cell_is_red_and_what_is_empty_is_dim(ascii: bool) -> None:
    loud = {span.text: span.style for span in bar(0, ascii=ascii, style=Style.GREEN)}
    low = {span.text: span.style for span in bar(-30, ascii=ascii, style=Style.GREEN)}
    full, empty = ("#", "-") if ascii else ("█", "·")
    assert loud.items() >= {full * 9: Style.GREEN, full: Style.RED}.items()
    assert low.items() >= {full * 5: Style.GREEN, empty * 5: Style.DIM}.items()


def test_a_sound_near_full_scale_is_as_good_as_clipped() -> None:
    assert [clips(level) for level in (-INF, -1.1, -1.0, 0.0, float("nan"))] == [False, False, True, True, False]
