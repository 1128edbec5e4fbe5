"""Claims about the cells that text takes on a terminal, and about cutting it to them."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby, pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.cells import cell_len

from livechat.terminal.cells import cut, graphemes, padded, width, width_of, wrapped
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style, text_of

FAMILY = "👩\u200d👩\u200d👧"
FLAG = "🇵🇹"
HEART = "❤\ufe0f"
ACCENT = "e\u0301"
PIECES = st.sampled_from([*"ab .-●…→中文界한é", "word", "  ", FAMILY, FLAG, HEART, ACCENT, "\u200d", "שלום", "नि"])
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=20)).map(
    lambda text: safe(text, multiline=False)
)
SPANS = st.builds(Span, TEXTS, st.sampled_from([Style.NONE, Style.BOLD, Style.DIM | Style.STRIKE]))
ROWS = st.lists(SPANS, max_size=5).map(tuple)


def plain(text: str) -> Row:
    return (Span(Safe(text)),)


def texts(rows: list[Row]) -> list[str]:
    return [text_of(row) for row in rows]


MEASURED = [
    ("", 0),
    ("abc", 3),
    ("中文", 4),
    (ACCENT, 1),
    (FAMILY, 2),
    ("\u200d\u200dab", 2),
    ("a\u200db\u200dc", 3),
    ("क्\u200dष", 2),
    ("👩\u200da\u200d👩", 5),
    ("👩🏽\u200d💻", 2),
    ("❤\ufe0f\u200d🔥", 2),
    ("🙂\u200d↔\ufe0f", 2),
    ("👩\u200d\u0301", 2),
    (HEART, 2),
    ("●○◆…→▌█·", 8),
    ("◌▸↻⊘ƒ✓✗", 7),
    ("⏳", 2),
]


@pytest.mark.parametrize(("text", "cells"), MEASURED)
def test_a_text_takes_the_cells_that_a_terminal_gives_it(text: str, cells: int) -> None:
    assert width(text) == cells


@given(st.one_of(st.text(), TEXTS).map(lambda text: text.replace("\u200d", "")))
def test_the_widths_are_those_of_rich_where_no_joiner_is(text: str) -> None:
    assert width(text) == cell_len(text)


@given(st.text(st.sampled_from("a0中é\u0301न\u200d")))
def test_a_joiner_hides_nothing_that_is_no_picture(text: str) -> None:
    assert width(text) == width(text.replace("\u200d", ""))


@given(TEXTS)
def test_a_text_is_as_wide_as_its_graphemes(text: Safe) -> None:
    assert width(text) == sum(map(width, graphemes(text)))


@given(TEXTS, TEXTS)
def test_two_texts_are_never_wider_together_than_apart(one: Safe, other: Safe) -> None:
    assume(not other.startswith("\ufe0f"))  # which would widen the emoji before it
    assert width(one + other) <= width(one) + width(other)


def test_what_looks_like_one_character_is_one_grapheme() -> None:
    assert graphemes(f"a{ACCENT}中{FAMILY}{HEART} ") == ["a", ACCENT, "中", FAMILY, HEART, " "]
    assert graphemes("") == []
    assert graphemes("\u200d\u200dab") == ["\u200d\u200d", "a", "b"]
    assert graphemes("a\u200d\u0301b\u200dc") == ["a\u200d\u0301", "b\u200d", "c"]


@given(TEXTS)
def test_the_graphemes_joined_are_the_text(text: Safe) -> None:
    assert "".join(graphemes(text)) == text


@given(ROWS)
def test_a_row_is_as_wide_as_its_text(row: Row) -> None:
    assert width_of(row) == width("".join(span.text for span in row))


WRAPPED = [
    ("", ["",]),
    ("fits here", ["fits here"]),
    ("one two three", ["one two", "three"]),
    ("one      two", ["one", "two"]),
    ("one two    ", ["one two"]),
    ("a  b", ["a  b"]),
    ("  indented words", ["  indente", "d words"]),
    ("    code and", ["    code", "and"]),
    ("abcdefghijklmn op", ["abcdefghi", "jklmn op"]),
    ("see abcdefghijkl", ["see", "abcdefghi", "jkl"]),
    ("世界世界世界", ["世界世界", "世界"]),
    ("世界世界abc", ["世界世界", "abc"]),
    ("我用 Python 写程序", ["我用", "Python 写", "程序"]),
    (f"abcdefgh{FAMILY}", ["abcdefgh", FAMILY]),
    ("           x", [" " * 9, "  x"]),
    ("abcdefgh \u0301i", ["abcdefgh \u0301", "i"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), WRAPPED)
def test_rows_break_at_spaces_and_beside_wide_characters_else_anywhere(text: str, rows: list[str]) -> None:
    assert texts(wrapped(plain(text), 9)) == rows


def test_a_row_keeps_the_styles_of_its_words() -> None:
    row = (Span(Safe("one t")), Span(Safe("wo three"), Style.BOLD))
    assert wrapped(row, 8) == [(Span(Safe("one t")), Span(Safe("wo"), Style.BOLD)), (Span(Safe("three"), Style.BOLD),)]


def test_an_accent_in_another_span_stays_with_its_letter() -> None:
    row = (Span(Safe("e")), Span(Safe("\u0301x"), Style.BOLD))
    assert wrapped(row, 1) == [plain(ACCENT), (Span(Safe("x"), Style.BOLD),)]


def test_what_is_wider_than_the_screen_stands_on_a_row_of_its_own() -> None:
    assert texts(wrapped(plain("a中b"), 1)) == ["a", "中", "b"]
    assert texts(wrapped(plain("ab"), 0)) == ["a", "b"]


@given(ROWS, st.integers(2, 30))
def test_every_row_fits(row: Row, columns: int) -> None:
    assert all(width_of(one) <= columns for one in wrapped(row, columns))


def styled(rows: list[Row]) -> list[tuple[str, Style]]:
    """Every character but spaces with its style."""
    return [(char, span.style) for row in rows for span in row for char in span.text if char != " "]


@given(ROWS, st.integers(1, 30))
def test_wrapping_loses_nothing_but_spaces_at_a_break(row: Row, columns: int) -> None:
    text, rows = text_of(row), texts(wrapped(row, columns))
    position = len(rows[0])
    assert text.startswith(rows[0])
    for one in rows[1:]:
        while not text.startswith(one, position):
            assert text[position] == " "
            position += 1
        position += len(one)
    assert not text[position:].strip(" ")


@given(st.lists(st.builds(Span, st.text("ab 中", max_size=9).map(Safe), st.sampled_from(list(Style))), max_size=5))
def test_wrapping_changes_no_style(spans: list[Span]) -> None:
    row = tuple(spans)
    assert styled(wrapped(row, 7)) == styled([row])


@given(st.lists(st.text("abc", min_size=1, max_size=9), max_size=9), st.integers(9, 20))
def test_no_row_breaks_before_a_word_that_would_have_fitted(words: list[str], columns: int) -> None:
    rows = texts(wrapped(plain(" ".join(words)), columns))
    for row, following in pairwise(rows):
        assert len(row) + 1 + len(following.partition(" ")[0]) > columns


CUT = [
    ("fits", 4, "fits"),
    ("too long", 7, "too lo…"),
    ("too long", 5, "too…"),
    ("   x", 3, "…"),
    ("too long", 1, "…"),
    ("too long", 0, ""),
    ("too long", -3, ""),
    ("中文中文", 4, "中…"),
    (f"{FAMILY}{FAMILY}", 3, f"{FAMILY}…"),
]


@pytest.mark.parametrize(("text", "columns", "shown"), CUT)
def test_what_is_cut_says_so(text: str, columns: int, shown: str) -> None:
    assert text_of(cut(plain(text), columns)) == shown


def test_the_mark_of_a_cut_has_the_style_of_what_it_stands_for() -> None:
    row = (Span(Safe("ab"), Style.BOLD), Span(Safe("cdef"), Style.DIM))
    assert cut(row, 4) == (Span(Safe("ab"), Style.BOLD), Span(Safe("c…"), Style.DIM))
    assert cut(row, 5, Safe("...")) == (Span(Safe("ab..."), Style.BOLD),)
    assert cut(row, 1) == (Span(Safe("…"), Style.BOLD),)


@given(ROWS, st.integers(0, 30))
def test_what_is_cut_fits_and_is_the_beginning(row: Row, columns: int) -> None:
    shown = cut(row, columns)
    assert width_of(shown) <= columns
    assert shown == row or text_of(row).startswith(text_of(shown).removesuffix("…"))


def test_a_row_is_padded_to_its_columns_with_spaces_without_style() -> None:
    row = (Span(Safe("中"), Style.BOLD),)
    assert padded(row, 4) == (*row, Span(Safe("  ")))
    assert padded(row, 2) == row
    assert padded(row, 1) == row


@given(ROWS, st.integers(0, 30))
def test_rows_padded_and_cut_stand_in_columns(row: Row, columns: int) -> None:
    assume(not text_of(row).endswith("\u200d"))  # which would join the first space to what stands before it
    assert width_of(padded(cut(row, columns), columns)) == columns


@given(ROWS, st.integers(1, 30))
def test_spans_of_one_style_are_one_span(row: Row, columns: int) -> None:
    for one in wrapped(row, columns):
        assert len(list(groupby(span.style for span in one))) == len(one) or one == row


def test_what_measures_nothing_does_not_wait_for_rich() -> None:
    code = "import sys; from livechat.terminal.cells import width; sys.exit(width('abc') != 3 or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
