"""History stands once above a region of which nothing is ever left behind, in a terminal in memory."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.region import BEGIN, END, RESERVE, Region, fitted
from tests.terminal_help import Terminal

COLUMNS, LINES = 20, 8
ROWS = ["partial words", "", "STATE", "keys"]


def drawn(*frames: tuple[list[str], list[str]], columns: int = COLUMNS, lines: int = LINES) -> Terminal:
    terminal, region = Terminal(columns, lines), Region()
    for history, rows in frames:
        terminal.feed(region.draw(history, rows, columns, lines))
    return terminal


def kept(rows: list[str], columns: int, lines: int) -> list[str]:
    return [fitted(row, columns).rstrip() for row in rows[-(lines - 1) :]]


def broken(line: str, columns: int = COLUMNS) -> list[str]:
    """ASCII as a terminal breaks it."""
    return [line[start : start + columns].rstrip() for start in range(0, len(line), columns)] or [""]


def without_end(lines: list[str]) -> list[str]:
    """Without the empty lines at the end, which a terminal cannot tell from nothing."""
    return without_end(lines[:-1]) if lines and not lines[-1] else lines


ROW = st.text(st.sampled_from("ab 界한é😀"), max_size=30)
LONG = st.text(st.sampled_from("abc. "), max_size=3 * COLUMNS).map(str.rstrip)
FRAMES = st.lists(st.tuples(st.lists(LONG, max_size=12), st.lists(ROW, max_size=12)), max_size=12)


@given(FRAMES)
def test_whatever_is_drawn_history_stands_once_in_order_and_the_rows_below(
    frames: list[tuple[list[str], list[str]]],
) -> None:
    terminal, region = Terminal(COLUMNS, LINES), Region()
    history: list[str] = []
    for lines, rows in frames:
        terminal.feed(region.draw(lines, rows, COLUMNS, LINES))
        history += [part for line in lines for part in broken(line)]
        assert terminal.text == without_end(history + kept(rows, COLUMNS, LINES))
        assert terminal.cursor_seen != bool(rows)
        assert terminal.wraps
    terminal.feed(region.draw((), (), COLUMNS, LINES))
    assert terminal.text == without_end(history)
    assert terminal.cursor_seen


SHORT = st.text(st.sampled_from("abcdef"), min_size=1, max_size=8)
STEP = st.tuples(
    st.lists(SHORT, max_size=4), st.lists(ROW, min_size=1, max_size=6), st.integers(10, 60), st.integers(0, 2)
)


@given(st.lists(STEP, max_size=12))
def test_after_any_change_of_size_nothing_of_an_older_region_is_left(
    steps: list[tuple[list[str], list[str], int, int]],
) -> None:
    columns, lines = COLUMNS, LINES
    terminal, region = Terminal(columns, lines), Region()
    history: list[str] = []
    for number, (texts, rows, wide, more) in enumerate(steps):
        columns, lines = wide, lines + more
        terminal.resize(columns, lines)
        new = [f"{number}{text}" for text in texts]
        terminal.feed(region.draw(new, rows, columns, lines))
        history += new
        below = [row for row in kept(rows, columns, lines) if row]
        assert [line for line in terminal.text if line] == history + below


def test_after_a_change_of_size_the_region_begins_with_empty_lines_which_history_takes() -> None:
    terminal, region = Terminal(COLUMNS, 24), Region()
    terminal.feed(region.draw(["one"], ROWS, COLUMNS, 24))
    assert terminal.text == ["one", *ROWS]
    terminal.resize(30, 24)
    terminal.feed(region.draw(["two"], ROWS, 30, 24))
    assert terminal.text == ["one", "two", *[""] * (RESERVE - 4), *ROWS]
    terminal.feed(region.draw(["three"], ROWS, 30, 24))
    assert terminal.text == ["one", "two", "three", *[""] * (RESERVE - 5), *ROWS]
    terminal.feed(region.draw((), [*ROWS[:-1], "other keys"], 30, 24))
    assert terminal.text == ["one", "two", "three", *[""] * (RESERVE - 5), *ROWS[:-1], "other keys"]
    lines = [f"line {number}" for number in range(100)]
    terminal.feed(region.draw(lines, ROWS, 30, 24))
    assert terminal.text == ["one", "two", "three", *lines, *ROWS]


def test_what_is_reserved_is_more_than_half_a_screen_of_a_vt100() -> None:
    assert RESERVE > 12


def test_each_change_of_size_draws_every_row_again() -> None:
    region = Region()
    for columns in (20, 30, 40):
        frame = region.draw((), ROWS, columns, LINES)
        assert all(row in frame for row in ROWS)


def test_between_rows_there_are_no_line_feeds_at_which_a_system_would_take_a_frame_apart() -> None:
    region = Region()
    frames = [region.draw(["one"], ROWS, COLUMNS, LINES), region.draw((), [f"{row}!" for row in ROWS], COLUMNS, LINES)]
    assert [frame.count("\n") for frame in frames] == [1, 0]


def test_once_taken_away_the_region_follows_history_again() -> None:
    terminal, region = Terminal(COLUMNS, LINES), Region()
    terminal.feed(region.draw(["one"], ROWS, COLUMNS, LINES))
    terminal.resize(30, LINES)
    for rows in (ROWS, [], ROWS):
        terminal.feed(region.draw((), rows, 30, LINES))
    assert terminal.shown == ["one", *ROWS, "", "", ""]


def test_an_identical_frame_is_nothing_to_write() -> None:
    region = Region()
    assert region.draw(["hello"], ROWS, COLUMNS, LINES)
    assert region.draw((), ROWS, COLUMNS, LINES) == ""
    assert region.draw((), (), COLUMNS, LINES)
    assert region.draw((), (), COLUMNS, LINES) == ""
    assert region.draw((), (), COLUMNS + 1, LINES) == ""


def test_a_frame_is_one_string_between_the_marks_of_synchronized_output() -> None:
    region = Region()
    frames = [
        region.draw(["a", "b"], ROWS, COLUMNS, LINES),
        region.draw((), [*ROWS[:2], "OTHER", "keys"], COLUMNS, LINES),
        region.draw(["c"], (), COLUMNS, LINES),
        region.draw(["d"], (), COLUMNS, LINES),
    ]
    for frame in frames:
        assert frame.startswith(BEGIN)
        assert frame.endswith(END)
        assert frame.count(BEGIN) == frame.count(END) == 1


def test_only_the_rows_that_differ_are_written() -> None:
    region = Region()
    region.draw((), ROWS, COLUMNS, LINES)
    frame = region.draw((), ["partial words", "", "OTHER", "keys"], COLUMNS, LINES)
    assert "OTHER" in frame
    assert not any(row in frame for row in ("partial", "keys"))


def test_a_row_that_becomes_shorter_leaves_no_end_behind() -> None:
    assert drawn(([], ["a long row", "keys"]), ([], ["short", "keys"])).text == ["short", "keys"]


def test_a_region_taller_than_the_screen_keeps_its_last_rows_and_a_line_of_history() -> None:
    rows = [f"row {number}" for number in range(20)]
    terminal = drawn((["history"], rows), ([], rows[:-1]))
    assert terminal.shown == ["history", *rows[-LINES:-1]]


def test_on_a_screen_of_one_line_one_row_is_left() -> None:
    assert drawn((["history"], ROWS), lines=1).text == ["history", "keys"]


def test_more_history_at_once_than_the_screen_has_lines_is_all_there() -> None:
    lines = [f"line {number}" for number in range(500)]
    assert drawn((["first"], ROWS), (lines, ROWS)).text == ["first", *lines, *ROWS]


@pytest.mark.parametrize("row", ["x" * 100, "界" * 50, "\x1b[1m" + "x" * 19 + "界\x1b[0m"])
def test_the_last_column_stays_empty(row: str) -> None:
    assert drawn(([], [row, row])).last_column.strip() == ""


@pytest.mark.parametrize(
    ("row", "columns", "expected"),
    [
        ("abc", 4, "abc"),
        ("abcd", 4, "abc"),
        ("\x1b[1mabc\x1b[0m", 4, "\x1b[1mabc\x1b[0m"),
        ("\x1b[1mabcd\x1b[0m", 4, "\x1b[1mabc\x1b[0m"),
        ("ab\x1b[1;31mcd\x1b[0mef", 4, "ab\x1b[1;31mc\x1b[0m"),
        ("界界", 4, "界"),
        ("👨‍👩‍👧👨‍👩‍👧", 4, "👨‍👩‍👧"),
        ("abc", 1, ""),
        ("", 1, ""),
    ],
)
def test_a_painted_row_is_cut_between_graphemes_and_keeps_its_paint(row: str, columns: int, expected: str) -> None:
    assert fitted(row, columns) == expected


def test_the_cursor_is_hidden_while_there_is_a_region() -> None:
    assert not drawn(([], ROWS)).cursor_seen
    assert not drawn(([], ROWS), (["history"], ROWS)).cursor_seen
    assert drawn(([], ROWS), ([], [])).cursor_seen


def test_the_cursor_waits_on_the_first_cell_of_the_region() -> None:
    assert drawn((["one", "two"], ROWS)).cursor == (0, 2)
    assert drawn((["one", "two"], ROWS), ([], [*ROWS[:-1], "other"])).cursor == (0, 2)
    assert drawn((["one", "two"], ROWS), (["three"], [])).cursor == (0, 3)


def test_a_terminal_that_has_become_narrower_without_our_knowing_is_clean_after_the_next_frame() -> None:
    terminal, region = Terminal(20, LINES), Region()
    terminal.feed(region.draw(["one"], ["x" * 70, "STATE"], 80, LINES))
    assert terminal.shown[:3] == ["one", "x" * 20, "STATE"], "a row is one line all the same"
    terminal.feed(region.draw(["two"], ["y" * 70, "STATE"], 20, LINES))
    assert [line for line in terminal.text if line] == ["one", "two", "y" * 19, "STATE"]


def test_a_terminal_that_takes_characters_for_wider_is_clean_after_the_next_frame() -> None:
    family = "👨‍👩‍👧" * 9  # 18 cells for us, several times that for one that knows no joiner
    terminal = drawn((["one"], [family, "STATE"]), (["two"], ["words", "STATE"]))
    assert terminal.text == ["one", "two", "words", "STATE"]


def test_after_others_have_written_all_below_the_cursor_is_erased_and_every_row_drawn() -> None:
    terminal, region = Terminal(COLUMNS, LINES), Region()
    terminal.feed(region.draw(["one"], ROWS, COLUMNS, LINES))
    terminal.feed("[1]+  Stopped\r\n$ fg\r\n")
    region.redraw()
    terminal.feed(region.draw((), ROWS, COLUMNS, LINES))
    assert terminal.text == ["one", "[1]+  Stopped", "$ fg", *ROWS]


def test_what_others_left_below_is_erased_also_where_no_region_comes() -> None:
    terminal, region = Terminal(COLUMNS, LINES), Region()
    terminal.feed("old\r\nrubbish\r")
    region.redraw()
    terminal.feed(region.draw((), (), COLUMNS, LINES))
    assert terminal.text == ["old"]
    assert terminal.cursor_seen


def test_the_screen_is_never_erased_from_its_first_cell_which_would_be_history_for_tmux() -> None:
    region = Region()
    frames = [region.draw(["one"], rows, columns, LINES) for columns in (20, 30) for rows in (ROWS, [], ROWS)]
    erasures = re.findall(r"(.{0,3})\x1b\[J", "".join(frames))
    assert erasures
    assert set(erasures) == {"\x1b[C"}
