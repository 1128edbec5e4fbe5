"""Streamed text is cut where a reader would breathe, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.sentences import FIRST, LONGEST, SentenceCutter


def cut(text: str, size: int = 10_000) -> list[str]:
    cutter = SentenceCutter()
    pieces: list[str] = []
    for start in range(0, len(text), size):
        pieces += cutter.feed(text[start : start + size])
    return pieces + cutter.flush()


def test_sentences_come_one_by_one_with_the_space_behind_them() -> None:
    assert cut("It rained. Nobody minded! Why? Who knows.") == ["It rained. ", "Nobody minded! ", "Why? ", "Who knows."]


def test_a_sentence_comes_as_soon_as_the_next_one_begins() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("It rained.") == []
    assert cutter.feed(" ") == []
    assert cutter.feed("N") == ["It rained. "]
    assert cutter.flush() == ["N"]


def test_the_end_of_nothing_is_nothing() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("") == []
    assert cutter.flush() == []


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Watson met Mrs. Hudson.",
        "Some fruit, e.g. apples, is red.",
        "Pi is 3.14 and e is 2.72.",
        "It was J. Smith.",
        "We met at 5 p.m. in the park.",
        "Read no. 5 of the list.",
        "Apples, pears, etc. are fruit.",
        "Well... maybe.",
        "He said … nothing at all.",
        '"Stop!" she called.',
        "(Really?) asked the fox.",
        "1. Open the box.",
        "See example.com for more.",
    ],
)
def test_what_only_looks_like_an_end_does_not_cut(text: str) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("We met at 5 p.m. She was late.", ["We met at 5 p.m. ", "She was late."]),
        ("What?! No. Never.", ["What?! ", "No. ", "Never."]),
        ("Well... Maybe.", ["Well... ", "Maybe."]),
        ('He said "stop." Then he left.', ['He said "stop." ', "Then he left."]),
        ("And so am I. Good.", ["And so am I. ", "Good."]),
        ("The answer is 5. Good.", ["The answer is 5. ", "Good."]),
        ("A title\n\nA text", ["A title\n\n", "A text"]),
        ("- milk\n- bread\n", ["- milk\n", "- bread\n"]),
        ("1. Open it.\n2. Close it.", ["1. Open it.\n", "2. Close it."]),
        ("雨だ。寒い！", ["雨だ。", "寒い！"]),
        ("寒い！！ねえ", ["寒い！！", "ねえ"]),
    ],
)
def test_ends_cut(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


def test_the_first_piece_of_a_long_sentence_ends_at_a_clause() -> None:
    text = "When the sun had gone down behind the hills, the fox came out of the wood and looked about, and waited."
    pieces = cut(text)
    assert pieces[0] == "When the sun had gone down behind the hills, "
    assert pieces[1:] == ["the fox came out of the wood and looked about, and waited."]


def test_a_first_sentence_without_clauses_is_left_whole() -> None:
    text = "The fox came out of the wood and looked about for a very long time without any sound."
    assert cut(text) == [text]


def test_a_clause_too_short_to_stand_alone_is_not_cut_off() -> None:
    text = "Well, the fox came out of the wood and looked about for a very long time without a sound."
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("unit", "ending"),
    [("and then the fox ran on, ", ", "), ("word ", " "), ("x", "x")],
    ids=["clauses", "spaces", "nothing"],
)
def test_endless_sentences_are_cut_at_the_best_place_there_is(unit: str, ending: str) -> None:
    pieces = cut((unit * 1000)[:1000])
    assert len(pieces) > 3
    assert all(len(piece) <= LONGEST for piece in pieces)
    assert all(piece.endswith(ending) for piece in pieces[:-1])


def test_a_flood_of_white_space_is_not_held_back_for_ever() -> None:
    assert max(map(len, cut(" " * 10_000 + "end"))) <= LONGEST


def test_after_a_flush_the_first_piece_is_early_again() -> None:
    text = "When the sun had gone down behind the hills, the fox came out of the wood and looked about"
    cutter = SentenceCutter()
    assert len(cutter.feed(text)) == 1
    cutter.flush()
    assert len(cutter.feed(text)) == 1


BITS = [*"ab I.!?…,;—\"'”)\n 1。", " Dr. ", " e.g. ", ". B", "word ", "something longer, "]
TEXT = st.lists(st.sampled_from(BITS), max_size=150).map("".join)


@given(TEXT, st.integers(1, 40))
def test_nothing_is_lost_and_the_arrival_does_not_matter(text: str, size: int) -> None:
    pieces = cut(text, size)
    assert "".join(pieces) == text
    assert pieces == cut(text)
    assert all(0 < len(piece) <= LONGEST for piece in pieces)


@given(st.text(max_size=600))
def test_any_text_comes_out_whole(text: str) -> None:
    assert "".join(cut(text, 7)) == text


def test_the_bounds_are_those_that_are_given() -> None:
    cutter = SentenceCutter(first=10, longest=30)
    assert cutter.feed("a clause of some length, and the rest of it without an end") == [
        "a clause of some length, ",
        "and the rest of it without an ",
    ]
    assert FIRST < LONGEST
