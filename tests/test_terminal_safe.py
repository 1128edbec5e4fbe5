"""Claims about the gate that foreign text passes before it can reach a screen."""

from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.safe import LONGEST, Gate, safe

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ALLOWED_CONTROLS = {"\n", "\t"}
PIECES = st.sampled_from(
    [
        *"\x1b[]P^_X\\\x07\x9c\x9b\x9d\x90m (B\r\n\t\u2028\ufeff\u202e\ud800\udfff\x00\x7f\x85\U000e0067aé",
        *("0;", "31", "👩\u200d🚀", "x" * 249, "1" * 126),
    ]
)
HOSTILE = st.one_of(
    st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cc", "Cf"]))),
    st.lists(PIECES, max_size=12).map("".join),
)


WHOLE = [
    ("\x1b]0;title\x07after", "␛after"),
    ("\x1b]52;c;ZXZpbA==\x1b\\after", "␛after"),
    ("\x9d0;title\x9cafter", "␛after"),
    ("\x1bPq#0\x1b\\a\x1b^pm\x1b\\b\x1b_apc\x1b\\c\x1bXsos\x1b\\d", "␛a␛b␛c␛d"),
    ("\x90q\x9ca\x9epm\x9cb\x9fapc\x9cc\x98sos\x9cd", "␛a␛b␛c␛d"),
    ("\x1b[31mred\x1b[0m", "␛red␛"),
    ("\x9b2Jgone\x9b1 q", "␛gone␛"),
    ("\x1bcreset\x1b(Bcharset\x1b7", "␛reset␛charset␛"),
]


@pytest.mark.parametrize(("hostile", "shown"), WHOLE)
def test_a_whole_escape_sequence_becomes_one_sign(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


BROKEN = [
    ("\x1b]0;never ended", "␛0;never ended"),
    ("\x1b]0;a\nb\x07", "␛0;a\nb␇"),
    ("\x1b]0;a\x1b[31mb", "␛0;a␛b"),
    ("\x1b[31", "␛31"),
    ("\x9b", "\ufffd"),
    ("\x1b", "␛"),
    ("\x1b\x1b[m", "␛␛"),
    ("\x1b]" + "x" * 251 + "\x07", "␛" + "x" * 251 + "␇"),
]


@pytest.mark.parametrize(("hostile", "shown"), BROKEN)
def test_a_broken_or_overlong_sequence_loses_its_opening_and_keeps_its_text(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


def test_other_controls_become_pictures() -> None:
    assert safe("".join(chr(c) for c in range(0x20) if c not in (9, 10, 13, 27))) == "".join(
        chr(0x2400 + c) for c in range(0x20) if c not in (9, 10, 13, 27)
    )
    assert safe("\x7f") == "␡"


def test_every_control_by_itself_is_made_visible_or_dropped() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(character) == "Cc" and character not in "\n\t":
            assert safe(character) in ("\n", "␛", "␡", "\ufffd") or 0x2400 <= ord(safe(character)) < 0x2420
        elif unicodedata.bidirectional(character) in BIDI:
            assert safe(character) == ""
    assert [safe(chr(code)) for code in range(0x80, 0xA0)] == ["\ufffd"] * 32


def test_c1_and_surrogates_become_the_replacement_character() -> None:
    assert safe("\x85\x84") == "\ufffd\ufffd"
    assert safe("\ud83d\ude00") == "\ufffd\ufffd"


def test_every_kind_of_line_end_becomes_a_line_feed() -> None:
    assert safe("a\r\nb\rc\u2028d\u2029e\nf") == "a\nb\nc\nd\ne\nf"


def test_bidi_controls_byte_order_marks_and_tags_are_dropped() -> None:
    assert safe("\ufeffa\u202eb\u2066c\u200fd\u061ce\U000e0067f") == "abcdef"


def test_text_is_kept_as_it_is() -> None:
    text = "plain\ttext\n👩\u200d🚀 ❤\ufe0f é हिन्दी עברית العربية 中文 ␛"
    assert safe(text) == text


def test_on_one_line_a_line_feed_and_a_tab_are_pictures_too() -> None:
    assert safe("a\nb\tc\r\nd", multiline=False) == "a␤b␉c␤d"


@given(HOSTILE, st.booleans())
def test_no_control_survives(text: str, multiline: bool) -> None:
    for character in safe(text, multiline=multiline):
        category = unicodedata.category(character)
        assert category != "Cs"
        assert category != "Cc" or (multiline and character in ALLOWED_CONTROLS)
        assert unicodedata.bidirectional(character) not in BIDI


@given(HOSTILE, st.booleans())
def test_the_gate_passed_twice_is_the_gate_passed_once(text: str, multiline: bool) -> None:
    once = safe(text, multiline=multiline)
    assert safe(once, multiline=multiline) == once


@given(HOSTILE, st.lists(st.integers(min_value=0, max_value=600), max_size=6))
def test_where_the_pieces_are_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    gate = Gate()
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [gate.feed(text[start:end]) for start, end in pairwise(edges)]
    assert "".join(pieces) + gate.flush() == safe(text)


@pytest.mark.parametrize("hostile", [hostile for hostile, _ in WHOLE + BROKEN])
def test_a_sequence_may_be_cut_anywhere(hostile: str) -> None:
    for cut in range(len(hostile)):
        gate = Gate()
        assert gate.feed(hostile[:cut]) + gate.feed(hostile[cut:]) + gate.flush() == safe(hostile)


@given(HOSTILE)
def test_characters_one_by_one_make_no_difference(text: str) -> None:
    gate = Gate()
    assert "".join(gate.feed(character) for character in text) + gate.flush() == safe(text)


def test_a_stream_holds_back_an_unfinished_sequence_and_no_more() -> None:
    gate = Gate()
    assert gate.feed("a\x1b]0;ti") == "a"
    assert gate.feed("tle\x07b") == "␛b"
    assert gate.feed("\x1b[3") == ""
    assert gate.flush() == "␛3"
    assert gate.flush() == ""


def test_a_stream_never_holds_more_than_the_longest_sequence() -> None:
    gate = Gate()
    shown = gate.feed("\x1b]" + "x" * LONGEST)
    assert shown == "␛" + "x" * LONGEST


def test_a_carriage_return_waits_for_its_line_feed() -> None:
    gate = Gate()
    assert [gate.feed("a\r"), gate.feed("\nb\r"), gate.feed("c"), gate.flush()] == ["a", "\nb", "\nc", ""]
