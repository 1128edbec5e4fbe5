"""What a transcript holds: every word once and whole, whatever the order it was written in, whatever is damaged."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.transcripts.words import (
    MOST,
    Cut,
    Note,
    Opening,
    Transcript,
    Turn,
    counted,
    opening_of,
    record_of,
)

BEGAN = datetime(2026, 11, 21, 9, 30, 7, tzinfo=timezone(timedelta(hours=1)))
OPENING = Opening(BEGAN, "gemini-3.8-live", "Puck", "the practice server", "0.1.0")


def a(type: str, t: float = 0.0, **fields: object) -> dict[str, Any]:
    return {"v": 1, "t": t, "type": type, **fields}


def of(*records: dict[str, Any]) -> Transcript:
    transcript = Transcript()
    for record in records:
        transcript.add(record)
    return transcript


def turn(*records: dict[str, Any]) -> Turn:
    (item,) = of(*({"turn": 1, **record} for record in records)).items
    assert isinstance(item, Turn)
    return item


def ended(user: str, text: str, spoken_ms: int = 0, reason: str = "", t: float = 9.0) -> dict[str, Any]:
    return a("turn.end", t, user=user, text=text, spoken_ms=spoken_ms, interrupted=False, reason=reason)


def test_the_first_line_brings_back_when_it_began_and_with_whom() -> None:
    assert of(dict(record_of(OPENING.line()))).opening == OPENING
    assert '"began":"2026-11-21T09:30:07+01:00"' in OPENING.line()


def test_a_beginning_without_a_zone_is_taken_for_utc() -> None:
    record = dict(record_of(OPENING.line())) | {"began": "2026-11-21T09:30:07"}
    assert opening_of(record).began == datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [{"began": "yesterday"}, {"began": 7}, {"v": 2}, {"model": None}, {"type": "note"}])
def test_a_first_line_that_cannot_be_one_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        opening_of(dict(record_of(OPENING.line())) | wrong)


def test_pieces_are_joined_until_the_whole_words_come_and_those_hold() -> None:
    pieces = [a("user.partial", 1.0, text="What "), a("user.partial", 1.5, text="is it?")]
    assert turn(*pieces).user == "What is it?"
    assert turn(*pieces, a("user.final", 2.0, text="What is it?")).user == "What is it?"


def test_pieces_that_begin_anew_take_the_place_of_those_before() -> None:
    heard = [a("user.partial", 1.0, text="What "), a("user.partial", 1.5, text="is")]
    again = [a("user.partial", 4.0, text="What is ", anew=True), a("user.partial", 4.5, text="it?")]
    assert (turn(*heard, *again).user, turn(*heard, *again).user_at) == ("What is it?", 1.0)


def test_a_late_tail_of_the_user_is_said_once_and_whole() -> None:
    first, tail = a("user.final", 1.0, text="What is"), a("user.final", 2.0, text="What is the time?")
    found = turn(
        first, a("text.delta", 1.5, text="It is", spoken=True), tail, ended("What is the time?", "It is nine.")
    )
    assert (found.user, found.answer) == ("What is the time?", "It is nine.")
    assert (found.user_at, found.model_at) == (1.0, 1.5)


def test_words_that_come_after_their_turn_has_ended_belong_to_it() -> None:
    found = turn(ended("", "It is nine."), a("user.partial", 10.0, text="What "), a("user.partial", 10.1, text="time?"))
    assert (found.user, found.user_at, found.answer) == ("What time?", 10.0, "It is nine.")


def test_the_end_of_a_turn_alone_holds_all_of_its_words() -> None:
    found = turn(ended("hi", "hello", 400, t=3.0))
    assert (found.user, found.user_at, found.answer, found.model_at, found.spoken_ms) == ("hi", 3.0, "hello", 3.0, 400)


def test_an_end_that_knows_nothing_of_the_user_takes_no_words_away() -> None:
    assert turn(a("user.partial", 1.0, text="What is it?"), ended("", "Nine.")).user == "What is it?"


def test_the_transcript_of_speech_is_the_answer_and_what_was_written_beside_it_is_not() -> None:
    written, spoken = a("text.delta", text="aside", spoken=False), a("text.delta", text="said", spoken=True)
    assert turn(written, spoken).answer == "said"
    assert turn(written).answer == "aside"


def test_an_interruption_parts_what_was_heard_from_what_was_not() -> None:
    cut = a("interrupted", 2.0, heard_ms=700, dropped_ms=1, heard="It is ", unheard="half past")
    found = turn(cut, ended("", "It is half past"))
    assert found.cut == Cut(700, "It is ", "half past")
    assert found.model_at == 2.0
    assert turn(a("text.delta", 1.0, text="It", spoken=True), cut).model_at == 1.0


def test_turns_stand_in_the_order_in_which_they_began_and_notes_where_they_came() -> None:
    found = of(
        a("user.final", 1, turn=1, text="one"),
        a("note", 2, text="a note"),
        a("user.final", 3, turn=2, text="two"),
        a("text.delta", 4, turn=1, text="late", spoken=True),
    )
    first, note, second = found.items
    assert isinstance(first, Turn)
    assert isinstance(second, Turn)
    assert (first.user, first.answer, second.user) == ("one", "late", "two")
    assert note == Note(2, "note", "a note")


def test_what_a_line_changed_is_told_by_its_place() -> None:
    found = Transcript()
    assert found.add(a("user.final", turn=7, text="x")) == 0
    assert found.add(a("note", text="x")) == 1
    assert found.add(a("text.delta", turn=7, text="y", spoken=True)) == 0
    assert found.add(a("session.ready", model="m")) is None
    assert found.add(dict(record_of(OPENING.line()))) is None


@pytest.mark.parametrize(
    ("record", "note"),
    [
        (
            a("tool.call", 5, turn=1, id="1", name="look", args={"at": "ö"}, waits=False),
            Note(5, "tool", 'look {"at": "ö"}'),
        ),
        (
            a("tool.call", 5, turn=1, id="1", name="look", args={}, waits=True),
            Note(5, "tool", "look {} waits for the user"),
        ),
        (
            a("tool.result", 5, turn=1, id="1", name="look", outcome="done", after_ms=3, result="x\n" * 999),
            Note(5, "tool", f"look done: {'x ' * 200}…"),
        ),
        (
            a("tool.cancel", 5, turn=1, id="1", name="look", outcome="cancelled", after_ms=3, result=""),
            Note(5, "tool", "look cancelled"),
        ),
        (
            a("reconnected", 5, how="resumed", turns=1),
            Note(5, "note", "resumed — the server still has the conversation (1 turn)"),
        ),
        (a("error", 6, what="refused", why="", hint="", exit=1), Note(6, "error", "refused")),
        (a("error", 6, what="refused", why="full", hint="", exit=1), Note(6, "error", "refused (full)")),
        (a("session.end", 7, reason="left", turns=1, interruptions=2), Note(7, "end", "1 turn, 2 interruptions")),
        (
            a("session.end", 7, reason="closed", turns=0, interruptions=1),
            Note(7, "end", "the server closed the connection; 0 turns, 1 interruption"),
        ),
    ],
)
def test_what_became_of_the_session_is_noted(record: dict[str, Any], note: Note) -> None:
    assert of(record).items == [note]


def test_its_length_and_its_turns_are_known_also_where_it_broke_off() -> None:
    broken = of({**ended("", "a", t=4.0), "turn": 1}, {**ended("", "b", t=8.5), "turn": 3}, a("note", 9.5, text="x"))
    assert (broken.ended, broken.turns, broken.length_s) == (False, 3, 9.5)
    whole = of({**ended("", "a"), "turn": 3}, a("session.end", 20.0, reason="left", turns=2, interruptions=0))
    assert (whole.ended, whole.turns, whole.length_s) == (True, 2, 20.0)


def test_a_turn_that_was_left_when_its_words_were_there_is_one() -> None:
    asked, said = a("user.final", turn=1, text="hi"), a("text.delta", 2.0, turn=1, text="hello", spoken=True)
    left = a("session.end", 3.0, reason="left", turns=0, interruptions=0)
    assert (of(asked).turns, of(asked, left).turns) == (0, 0), "nobody has answered"
    assert of(asked, said).turns == 1
    whole = of(asked, said, left)
    assert (whole.turns, whole.items[-1]) == (1, Note(3.0, "end", "1 turn, 0 interruptions"))
    late = of(asked, {**ended("hi", "hello"), "turn": 1}, said, {**left, "turns": 1})
    assert late.turns == 1, "what comes after the end of a turn begins none"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00\xff\xfe",
        b"[1]",
        b'"text"',
        b"{",
        b'{"t": NaN}',
        b'{"t": 1e999}',
        b"[" * 100_000,
        b'{"t": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        record_of(text)


def test_a_number_of_json_is_kept_as_it_is() -> None:
    assert record_of('{"t": 1.5, "n": 2}') == {"t": 1.5, "n": 2}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"t": 1.0},
        a("note", t=float(MOST), text="x"),
        {"t": True, "type": "note", "text": "x"},
        {"t": "1", "type": "note", "text": "x"},
        a("note"),
        a("note", text=["x"]),
        a("user.final", text="x"),
        a("user.final", turn="1", text="x"),
        a("user.final", turn=1),
        a("turn.end", turn=1, user="x"),
        a("session.end", reason="left", turns=None, interruptions=0),
    ],
)
def test_a_line_that_lacks_what_its_kind_has_is_refused_and_changes_nothing(record: dict[str, Any]) -> None:
    found = Transcript()
    with pytest.raises(ValueError, match=r".+"):
        found.add(record)
    assert (found.items, found.ended, found.turns) == ([], False, 0)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert turn(dict(record_of('{"t": 1, "type": "user.final", "turn": 1, "text": "a\\ud800b"}'))).user == "a?b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KINDS = [
    "transcript",
    "user.partial",
    "user.final",
    "text.delta",
    "interrupted",
    "turn.end",
    "note",
    "session.end",
    "tool.call",
]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["turn", "text", "t", "user"]), JSON)))
)
def test_no_line_whatever_it_holds_does_more_than_be_refused(lines: list[tuple[str, dict[str, Any]]]) -> None:
    found = Transcript()
    for kind, fields in lines:
        try:
            found.add(record_of(json.dumps({"t": 0, "type": kind, **fields})))
        except ValueError:
            continue


def test_things_are_counted_as_people_say_it() -> None:
    assert [counted(count, "turn") for count in (0, 1, 2)] == ["0 turns", "1 turn", "2 turns"]
