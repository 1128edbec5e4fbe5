"""Claims about what is shown where the encoding is poor: punctuation by its likeness, the rest as question marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.cells import width
from livechat.terminal.glyphs import ASCII, UNICODE
from livechat.terminal.lookalikes import ERRORS, encoded, in_ascii, register
from livechat.terminal.safe import safe


@pytest.fixture(autouse=True)
def _registered() -> None:
    register()


def test_punctuation_is_shown_by_its_likeness() -> None:
    assert in_ascii("“no” — it’s 3 × 4 ÷ 2 – or «−6»…") == '"no" - it\'s 3 x 4 / 2 - or "-6"...'


def test_our_signs_are_those_of_the_screen_in_ascii() -> None:
    for sign, stand_in in zip(UNICODE, ASCII, strict=True):
        if isinstance(sign, str):
            assert in_ascii(sign) == stand_in


def test_letters_that_are_not_there_are_question_marks() -> None:
    assert in_ascii("über 中文") == "?ber ??"


def test_what_has_no_width_leaves_no_mark() -> None:
    assert in_ascii("cafe\u0301 👨\u200d👩 \ufe0f") == "cafe ?? "


def test_on_a_screen_nothing_gets_wider() -> None:
    assert encoded("wait… 中 e\u0301 ⏳", "ascii") == b"wait. ? e ??"
    assert encoded("naïve…", "latin-1") == b"na\xefve."
    assert encoded("naïve… 中\ud800", "utf-8") == "naïve… 中?".encode()


JOINED = st.text(st.sampled_from("👨👩💻🏽\u200d\ufe0f\u20e3🇵🇹ᄀ가각ᅡᆨनि中é\u0301…a1"))


@given((st.text() | JOINED).map(safe))
def test_no_text_that_passed_the_gate_gets_wider(text: str) -> None:
    for line in text.splitlines():
        assert width(encoded(line, "ascii").decode("ascii")) <= width(line)


def test_what_the_encoding_has_stays_as_it_is() -> None:
    assert "über — 中".encode("latin-1", ERRORS) == b"\xfcber - ?"
    assert "über — 中".encode("utf-8", ERRORS) == "über — 中".encode()


def test_nothing_is_made_up_of_bytes_that_cannot_be_read() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", ERRORS)


@given(st.text(st.characters()))
def test_every_text_can_be_written_in_every_encoding(text: str) -> None:
    assert in_ascii(text).isascii()
    assert text.encode("ascii", ERRORS).decode("ascii").isascii()
    text.encode("cp437", ERRORS)
    text.encode("utf-8", ERRORS)
