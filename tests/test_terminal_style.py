"""Claims about rows of styled text and what a terminal is sent for them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style, painted, text_of

SGR = re.compile(r"\x1b\[([0-9;]*)m")
STYLES = st.lists(st.sampled_from(list(Style)), max_size=4).map(lambda some: Style(sum({s.value for s in some})))
TEXTS = st.text(max_size=8).map(lambda text: safe(text, multiline=False))
ROWS = st.lists(st.builds(Span, TEXTS, STYLES), max_size=5).map(tuple)


def span(text: str, style: Style = Style.NONE) -> Span:
    return Span(Safe(text), style)


CODES = [
    (Style.NONE, "x"),
    (Style.BOLD, "\x1b[1mx\x1b[0m"),
    (Style.DIM | Style.STRIKE, "\x1b[2;9mx\x1b[0m"),
    (Style.ITALIC | Style.CYAN, "\x1b[3;36mx\x1b[0m"),
    (Style.MAGENTA, "\x1b[35mx\x1b[0m"),
    (Style.GREEN, "\x1b[32mx\x1b[0m"),
    (Style.YELLOW, "\x1b[33mx\x1b[0m"),
    (Style.RED | Style.BOLD, "\x1b[1;31mx\x1b[0m"),
    (Style.ALARM, "\x1b[97;41mx\x1b[0m"),
]


@pytest.mark.parametrize(("style", "sent"), CODES)
def test_a_style_is_sent_before_its_text_and_reset_behind(style: Style, sent: str) -> None:
    assert painted((span("x", style),), sgr=True, color=True) == sent


def test_spans_follow_one_another() -> None:
    row = (span("a "), span("b", Style.BOLD), span(" c"))
    assert painted(row, sgr=True, color=True) == "a \x1b[1mb\x1b[0m c"


def test_nothing_is_sent_for_a_span_without_text() -> None:
    assert painted((span("", Style.ALARM),), sgr=True, color=True) == ""


def test_without_colors_the_shapes_stay_and_an_alarm_is_reversed() -> None:
    row = (span("a", Style.BOLD | Style.RED), span("b", Style.GREEN), span("c", Style.ALARM))
    assert painted(row, sgr=True, color=False) == "\x1b[1ma\x1b[0mb\x1b[7mc\x1b[0m"


def test_every_style_is_sent_as_something_and_no_two_alike() -> None:
    sent = [painted((span("x", style),), sgr=True, color=True) for style in Style]
    assert len(set(sent)) == len(sent) == 10
    assert "x" not in sent


@given(ROWS, st.booleans())
def test_what_is_left_without_the_styles_is_the_text(row: Row, color: bool) -> None:
    assert SGR.sub("", painted(row, sgr=True, color=color)) == text_of(row)
    assert painted(row, sgr=False, color=color) == text_of(row)


@given(ROWS, st.booleans())
def test_no_style_lasts_beyond_its_span(row: Row, color: bool) -> None:
    codes = SGR.findall(painted(row, sgr=True, color=color))
    assert all(codes[0::2])
    assert "0" not in codes[0::2]
    assert set(codes[1::2]) <= {"0"}
    assert len(codes) % 2 == 0


@given(ROWS)
def test_without_colors_no_color_is_sent(row: Row) -> None:
    sent = {code for codes in SGR.findall(painted(row, sgr=True, color=False)) for code in codes.split(";")}
    assert sent <= {"0", "1", "2", "3", "7", "9"}
