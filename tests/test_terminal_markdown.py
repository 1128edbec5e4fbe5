"""Claims about the little Markdown that is shown in style."""

from __future__ import annotations

import re
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.glyphs import ASCII
from livechat.terminal.markdown import Markdown
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style, text_of

BOLD, ITALIC, CODE, FENCE = Style.BOLD, Style.ITALIC, Style.CYAN, Style.DIM
PIECES = st.sampled_from(
    [
        *"*_`~#-+ \t1.>|[]()\\ab\u00e9\u4e2d",
        "**",
        "***",
        "```",
        "~~~",
        "# ",
        "- ",
        "    ",
        "word",
        "\x1b[1m",
        "[/]",
        "\n",
    ]
)
LINES = st.one_of(st.lists(PIECES, max_size=20).map("".join), st.text(max_size=20))


def row(*spans: tuple[str, Style] | str) -> Row:
    return tuple(Span(Safe(span)) if isinstance(span, str) else Span(Safe(span[0]), span[1]) for span in spans)


SHOWN: list[tuple[str, Row]] = [
    ("", row()),
    ("plain words", row("plain words")),
    ("a **bold** word", row("a ", ("bold", BOLD), " word")),
    ("**a** and **b**", row(("a", BOLD), " and ", ("b", BOLD))),
    ("an *apt* word", row("an ", ("apt", ITALIC), " word")),
    ("**very *very* loud**", row(("very ", BOLD), ("very", BOLD | ITALIC), (" loud", BOLD))),
    ("*all **of** it*", row("*all ", ("of", BOLD), " it*")),
    ("***both***", row("***both***")),
    ("run `ls *x*` now", row("run ", ("`ls *x*`", CODE), " now")),
    ("``a ` b``", row(("``a ` b``", CODE))),
    ("**bold `code`**", row(("bold ", BOLD), ("`code`", BOLD | CODE))),
    ("# Title", row(("Title", BOLD))),
    ("### A *b* ##", row(("A ", BOLD), ("b", BOLD | ITALIC))),
    ("#hashtag", row("#hashtag")),
    ("# ", row("# ")),
    ("####### seven", row("####### seven")),
    ("C# and F#", row("C# and F#")),
    ("- item", row("• ", "item")),
    ("  * **x** y", row("  • ", ("x", BOLD), " y")),
    ("+ item", row("• ", "item")),
    ("-5 degrees", row("-5 degrees")),
    ("1. first", row("1. first")),
    ("- [ ] task", row("• ", "[ ] task")),
    ("---", row("---")),
    ("* * *", row("* * *")),
    ("- ", row("- ")),
    ("2 * 3 * 4 ** 5 ** 6", row("2 * 3 * 4 ** 5 ** 6")),
    ("2*3*4", row("2*3*4")),
    ("snake_case_name __init__", row("snake_case_name __init__")),
    ("a **lonely mark", row("a **lonely mark")),
    ("a `lonely tick", row("a `lonely tick")),
    ("[bold]x[/] [link](y)", row("[bold]x[/] [link](y)")),
    ("> quoted", row("> quoted")),
    ("| a | b |", row("| a | b |")),
    ("\ttabbed", row("    tabbed")),
    ("a\x1b[31mb\nc", row("a␛b␤c")),
]


@pytest.mark.parametrize(("line", "shown"), SHOWN)
def test_marks_become_styles_and_the_rest_stays(line: str, shown: Row) -> None:
    assert Markdown().line(line) == shown


def read(*lines: str) -> list[Row]:
    markdown = Markdown()
    return [markdown.line(line) for line in lines]


def test_code_between_fences_is_indented_and_read_for_no_marks() -> None:
    assert read("```python", "def f(*a, **b):", "", "# x", "```", "**out**") == [
        row(("```python", FENCE)),
        row("    ", "def f(*a, **b):"),
        row(),
        row("    ", "# x"),
        row(("```", FENCE)),
        row(("out", BOLD)),
    ]


def test_a_fence_is_closed_by_its_like_only() -> None:
    rows = read("~~~~", "```", "~~~", "~~~~ x", "~~~~~", "*out*")
    assert rows[1:4] == [row("    ", "```"), row("    ", "~~~"), row("    ", "~~~~ x")]
    assert rows[4:] == [row(("~~~~~", FENCE)), row(("out", ITALIC))]


def test_three_ticks_with_their_partner_on_the_line_are_code_and_no_fence() -> None:
    assert read("```ls```", "*out*") == [row(("```ls```", CODE)), row(("out", ITALIC))]


def test_in_ascii_a_list_has_bullets_of_ascii() -> None:
    assert Markdown(ASCII).line("* item") == row("- ", "item")


def words(text: str) -> list[str]:
    return re.findall(r"\w", text.replace("_", ""))


@given(st.lists(LINES, max_size=6))
def test_no_character_of_a_word_is_lost(lines: list[str]) -> None:
    for line, shown in zip(lines, read(*lines), strict=True):
        assert words(text_of(shown)) == words(safe(line, multiline=False))


@given(st.lists(LINES, max_size=6))
def test_nothing_is_added_but_bullets_and_indents(lines: list[str]) -> None:
    for line, shown in zip(lines, read(*lines), strict=True):
        clean = safe(line.expandtabs(4), multiline=False)
        left = iter("    " + clean.replace("-", "-•").replace("*", "*•").replace("+", "+•") + " ")
        assert all(character in left for character in text_of(shown))


@given(st.lists(LINES, max_size=6))
def test_every_row_has_passed_the_gate(lines: list[str]) -> None:
    for shown in read(*lines):
        assert safe(text_of(shown), multiline=False) == text_of(shown)
        assert all(span.text for span in shown)


SLOW = [
    *("*" * 99_000, "`" * 99_000, "-" * 99_000, "** a" * 25_000, "*a " * 33_000, "`a" * 50_000, "**a " * 25_000),
    *(" " * 99_000 + "#", "# " + " #" * 50_000, "# a" + " #" * 50_000 + " b", "- " * 50_000 + "x"),
    *("".join("`" * n + "a" for n in range(1, 440)), "`a " + "``a ```a " * 10_000),
]


@pytest.mark.parametrize("line", SLOW, ids=range(len(SLOW)))
def test_a_line_made_to_be_slow_is_read_all_the_same(line: str) -> None:
    began = thread_time()
    Markdown().line(line)
    assert thread_time() - began < 3
