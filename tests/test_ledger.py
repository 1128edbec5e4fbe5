"""Tests what is kept of a conversation: the handles and what they stand for, and the history a new session is told."""

from __future__ import annotations

import pytest

from livechat.events import Interrupted, ModelSaid, Noted, ToolEnded, ToolStarted
from livechat.ledger import SEED_CHARACTERS, TURNS_KEPT, Exchange, Ledger, Past, contents_of
from livechat.protocol.parts import Content, Part

PAST = (Exchange("one", "1"), Exchange("two", "2"))


def said(role: str, *texts: str, thought: bool = False) -> Content:
    return Content(role=role, parts=[Part(text=text, thought=thought or None) for text in texts])


# ------------------------------------------------------------------------------------------------ the handles


def test_a_handle_is_used_while_nothing_was_said_since_it_came() -> None:
    ledger = Ledger(Past())
    assert ledger.handle == ""
    ledger.resumable("h1", complete=True)
    assert ledger.handle == "h1"
    ledger.touched()
    assert ledger.handle == ""
    ledger.resumable("h2", complete=True)
    assert ledger.handle == "h2"


def test_one_that_came_before_everything_was_answered_is_not() -> None:
    ledger = Ledger(Past())
    ledger.resumable("h1", complete=True)
    ledger.resumable("h2", complete=False)
    assert ledger.handle == ""


def test_one_that_was_refused_is_gone() -> None:
    ledger = Ledger(Past("h0", PAST))
    assert ledger.handle == "h0"
    ledger.refused()
    assert ledger.handle == ""


def test_its_state_shows() -> None:
    ledger = Ledger(Past("h0", PAST))
    assert repr(ledger) == "turns=2"
    ledger.touched()
    assert repr(ledger) == "turns=2 uncovered"


# ------------------------------------------------------------------------------------------------ history


def test_what_an_earlier_run_has_left_comes_first() -> None:
    ledger = Ledger(Past("", PAST))
    ledger.told(ModelSaid(1, "3", spoken=True))
    assert ledger.turns == 3
    assert ledger.history(()) == [*PAST, Exchange("", "3")]


def test_turns_that_are_still_open_are_no_history() -> None:
    ledger = Ledger(Past("", PAST))
    ledger.told(ModelSaid(1, "3", spoken=True))
    ledger.told(ModelSaid(2, "4", spoken=True))
    assert ledger.history([1]) == [*PAST, Exchange("", "4")]


def test_an_answer_is_its_transcript_or_what_was_written_where_nothing_was_spoken() -> None:
    ledger = Ledger(Past())
    for text, spoken in (("Hel", False), ("lo", False)):
        ledger.told(ModelSaid(1, text, spoken=spoken))
    for text, spoken in (("draft", False), ("Good ", True), ("day", True)):
        ledger.told(ModelSaid(2, text, spoken=spoken))
    assert ledger.history(()) == [Exchange("", "Hello"), Exchange("", "Good day")]


@pytest.mark.parametrize("spoken", [True, False])
def test_of_an_answer_that_was_cut_only_what_was_heard_counts(spoken: bool) -> None:
    ledger = Ledger(Past())
    ledger.told(ModelSaid(1, "All of it.", spoken=spoken))
    ledger.told(Interrupted(1, 10, 90, "All of", " it."))
    assert ledger.history(()) == [Exchange("", "All of")]
    ledger.told(ModelSaid(1, " more", spoken=spoken))
    assert ledger.history(()) == [Exchange("", "All of more")]


def test_what_a_tool_gave_is_told_as_what_it_is() -> None:
    ledger = Ledger(Past())
    ledger.told(ToolStarted(1, "a", "look", {"city": "Róma"}))
    ledger.told(ToolEnded(1, "a", "look", "done", 5, "sunny"))
    ledger.told(ToolEnded(1, "b", "other", "done", 5, "rain"))
    ledger.told(ToolEnded(1, "c", "mute", "cancelled", 5, ""))
    ledger.told(ModelSaid(1, "Fine.", spoken=True))
    words = '[The result of look({"city": "Róma"})] sunny\n[The result of other] rain'
    assert ledger.history(()) == [Exchange(words, "Fine.")]


def test_other_news_is_nothing_that_was_said() -> None:
    ledger = Ledger(Past())
    ledger.told(Noted("a note"))
    assert ledger.turns == 0


def test_only_the_newest_of_a_long_conversation_is_told() -> None:
    long = "x" * (SEED_CHARACTERS // 2 - 1)
    past = (Exchange("old", ""), Exchange(long, "ab"), Exchange("", long))
    assert Ledger(Past("", past)).history(()) == [*past[1:]]
    assert Ledger(Past("", (Exchange("y" * SEED_CHARACTERS, "z"), *PAST))).history(()) == [*PAST]


def test_of_thousands_of_turns_the_oldest_are_forgotten() -> None:
    ledger = Ledger(Past())
    for turn in range(1, TURNS_KEPT + 3):
        ledger.told(ModelSaid(turn, str(turn), spoken=True))
    history = ledger.history(())
    assert len(history) == ledger.turns == TURNS_KEPT
    assert history[0] == Exchange("", "3")


def test_history_that_a_program_has_told_is_kept_without_thoughts() -> None:
    ledger = Ledger(Past())
    ledger.recalled([said("user", "o", "ne"), said("model", "hm", thought=True), said("user", "again")])
    ledger.recalled([said("model", "1"), said("model", "and more"), Content(parts=[Part()]), Content(role="model")])
    told = ledger.history(())
    assert told == [
        *(Exchange("one", ""), Exchange("again", ""), Exchange("", "1")),
        *(Exchange("", "and more"), Exchange("", "")),
    ]


def test_sides_that_said_nothing_are_left_out_of_what_the_wire_takes() -> None:
    contents = contents_of([Exchange("one", "1"), Exchange("", "2"), Exchange("three", ""), Exchange("", "")])
    assert contents == [said("user", "one"), said("model", "1"), said("model", "2"), said("user", "three")]


def test_a_transcript_in_pieces_is_one_until_it_is_final() -> None:
    ledger = Ledger(Past())
    for text, final in (("tw", False), ("o", True), ("three", True), ("", True)):
        ledger.heard(1, text, final=final)
    assert ledger.history(()) == [Exchange("two\nthree", "")]
    assert (ledger.has_question(1), ledger.has_question(2)) == (True, False)
