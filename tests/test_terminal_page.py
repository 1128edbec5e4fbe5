"""How rows are laid out beside who says them."""

from __future__ import annotations

import pytest

from livechat.terminal.inputs import Look
from livechat.terminal.page import USER, Page, clean, duration
from livechat.terminal.safe import Safe
from livechat.terminal.style import Row, Span, Style
from tests.view_help import shown


def page(columns: int = 40, speaker: str = "puck", *, ascii: bool = False) -> Page:
    return Page(Look(speaker, ascii=ascii), columns)


def words(text: str) -> Row:
    return (Span(Safe(text)),)


def beside(page: Page, name: Safe, *texts: str, goes_on: bool = False) -> str:
    return shown(page.hung(page.label(name, Style.NONE, goes_on=goes_on), [words(text) for text in texts]))


def test_names_stand_right_aligned_in_a_gutter_as_wide_as_the_longer_of_them() -> None:
    assert beside(page(), USER, "one", "two") == " you  one\n      two"
    assert beside(page(), Safe("puck"), "one") == "puck  one"
    assert beside(page(speaker="ai"), USER, "one") == "you  one"
    assert beside(page(speaker="ai"), Safe("ai"), "one") == " ai  one"


def test_a_long_name_gets_eight_cells() -> None:
    assert page(speaker="Zubenelgenubi").speaker == "Zubenel…"
    assert page(speaker="Zubenelgenubi", ascii=True).speaker == "Zuben..."
    assert page(speaker="\x1b[31m名前").speaker == "␛名前"


def test_who_goes_on_speaking_has_a_mark_in_the_gap() -> None:
    assert beside(page(), USER, "one", goes_on=True) == " you… one"
    assert beside(page(ascii=True), USER, "one", goes_on=True) == " you~ one"


def test_a_row_of_nothing_stays_empty() -> None:
    assert shown(page().hung((), [(), words("x")])) == "\n      x"


def test_a_narrow_page_has_the_name_above_and_a_narrower_one_no_margin() -> None:
    assert beside(page(18), USER, "one", "two") == "you\n  one\n  two"
    assert beside(page(18), Safe("ƒ"), "one", "two") == "ƒ one\n  two"
    assert beside(page(9), USER, "one") == "you\none"
    assert beside(page(3), USER, "one") == "y…\none"


@pytest.mark.parametrize("columns", [1, 2, 12, 13, 18, 19, 80])
def test_no_row_reaches_the_last_column(columns: int) -> None:
    assert page(columns).indent + page(columns).room <= max(columns - 1, 1)


def test_lines_are_wrapped_one_by_one() -> None:
    rows = page(19).lines(Safe("one two three four\nfive"), Style.BOLD)
    assert shown(rows) == "one two\nthree four\nfive"
    assert shown(page(9).wrapped_wide(words("one two three"))) == "one two\nthree"


def test_what_is_too_long_is_cut_with_a_mark_or_without() -> None:
    assert shown([page().cut(words("one two"), 5), page().cut_bare(words("one two"), 5)]) == "one…\none t"


def test_foreign_text_passes_the_gate_and_loses_its_tabs() -> None:
    assert clean("a\tb\x1b]0;c\x07\r\nd") == "a    b␛\nd"


@pytest.mark.parametrize(("ms", "text"), [(0, "0 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (1800, "1.8 s")])
def test_a_length_of_time_is_told_in_what_people_count(ms: float, text: str) -> None:
    assert duration(ms) == text
