"""Tests what is kept of a conversation: the handles and what they stand for, and the history a new session is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import Interrupted, ModelSaid, Noted, ToolEnded, ToolStarted
from livechat.ledger import SEED_CHARACTERS, TURNS_KEPT, Exchange, Ledger, Past, contents_of
from livechat.protocol.client import ClientMessage, RealtimeInput
from livechat.protocol.parts import Content, Part

PAST = (Exchange("one", "1"), Exchange("two", "2"))


def said(role: str, *texts: str, thought: bool = False) -> Content:
    return Content(role=role, parts=[Part(text=text, thought=thought or None) for text in texts])


def line(text: str) -> ClientMessage:
    return ClientMessage(realtime_input=RealtimeInput(text=text))


def ask(ledger: Ledger, turn: int, text: str) -> ClientMessage:
    """A line of the user, and what it was put by."""
    message = line(text)
    ledger.asked(turn, message, text)
    return message


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
    ledger.resumable("h1", complete=True)
    ledger.refused()
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


def test_of_one_that_was_cut_before_any_of_it_was_heard_nothing_counts() -> None:
    ledger = Ledger(Past())
    for text, spoken in (("draft", False), ("All of it.", True)):
        ledger.told(ModelSaid(1, text, spoken=spoken))
    ledger.told(Interrupted(1, 0, 100, "", "All of it."))
    assert ledger.history(()) == [Exchange("", "")]


def test_what_a_tool_gave_is_told_as_what_it_is() -> None:
    ledger = Ledger(Past())
    ledger.told(ToolStarted(1, "a", "look", {"city": "Róma"}))
    ledger.told(ToolEnded(1, "a", "look", "done", 5, "sunny"))
    ledger.told(ToolEnded(1, "b", "other", "done", 5, "rain"))
    ledger.told(ToolEnded(1, "c", "mute", "cancelled", 5, ""))
    ledger.told(ModelSaid(1, "Fine.", spoken=True))
    words = '[The result of look({"city": "Róma"})] sunny\n[The result of other] rain'
    assert ledger.history(()) == [Exchange(words, "Fine.")]


def test_results_that_newer_ones_leave_no_room_for_are_forgotten_and_what_was_said_with_them_is_not() -> None:
    ledger = Ledger(Past())
    half = "x" * (SEED_CHARACTERS // 2 - len("[The result of f] "))
    for turn in (1, 2):
        ask(ledger, turn, str(turn))
        ledger.told(ToolEnded(turn, "a", "f", "done", 5, half))
    assert [half in exchange.user for turn in (1, 2) for exchange in ledger.history([3 - turn])] == [True, True]
    ledger.told(ToolEnded(3, "a", "f", "done", 5, "y"))
    told = [exchange.user for exchange in ledger.history(())]
    assert (told[0], half in told[1], told[2]) == ("1", True, "[The result of f] y")


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


# ------------------------------------------------------------------------------------------------ questions


def test_questions_are_given_as_they_were_put_and_in_their_order() -> None:
    ledger = Ledger(Past())
    second = ask(ledger, 2, "two")
    ledger.heard(1, "one", final=True)
    ledger.began_to_speak(1)
    assert ledger.questions([7, 2, 1]) == [(1, ["one", ""]), (2, [second])]


def test_what_did_not_complete_a_question_is_put_with_the_rest_of_it() -> None:
    ledger = Ledger(Past())
    first = line("of")
    ledger.began_to_ask(first)
    assert ledger.unfinished == [first]
    assert not ledger.has_question(1)
    second = ask(ledger, 1, "one")
    assert ledger.questions([1]) == [(1, [first, second])]
    assert ledger.unfinished == []
    assert ledger.history(()) == [Exchange("one", "")]


def test_what_is_answered_is_remembered_in_words_alone() -> None:
    ledger = Ledger(Past())
    for text in ("one", "two"):
        ask(ledger, 1, text)
    ledger.heard(2, "three", final=False)
    before = ledger.history(())
    ledger.answered()
    assert ledger.questions([1, 2]) == [(1, ["one\ntwo"]), (2, ["three"])]
    assert ledger.history(()) == before


def test_something_spoken_that_nobody_has_read_is_no_question_that_can_be_put() -> None:
    ledger = Ledger(Past())
    ledger.began_to_speak(1)
    assert not ledger.has_question(1)
    ledger.heard(1, "", final=True)
    assert not ledger.has_question(1)
    ask(ledger, 1, "")
    assert ledger.has_question(1), "a picture has no words"


def test_words_that_were_spoken_before_a_line_stand_before_it_whenever_they_are_read() -> None:
    ledger = Ledger(Past())
    ledger.began_to_speak(1)
    ask(ledger, 1, "two")
    ledger.began_to_speak(1)
    for text in ("one", "three"):
        ledger.heard(1, text, final=True)
    assert ledger.history(()) == [Exchange("one\ntwo\nthree", "")]


def test_words_that_are_read_after_a_line_are_no_part_of_it() -> None:
    ledger = Ledger(Past())
    ask(ledger, 1, "one")
    for text in ("t", "wo"):
        ledger.heard(1, text, final=False)
    assert ledger.history(()) == [Exchange("one\ntwo", "")]


def test_what_was_spoken_and_never_read_was_nothing() -> None:
    ledger = Ledger(Past())
    ledger.began_to_speak(1)
    message = ask(ledger, 1, "one")
    ledger.heard(2, "two", final=True)
    ledger.began_to_speak(2)
    for turn in (1, 2, 3):
        ledger.unheard(turn)
    assert ledger.questions([1, 2, 3]) == [(1, [message]), (2, ["two"])]


def test_a_turn_that_will_be_said_again_leaves_nothing() -> None:
    ledger = Ledger(Past())
    ask(ledger, 1, "one")
    ask(ledger, 2, "two")
    for turn in (1, 3):
        ledger.emptied(turn)
    assert ledger.history(()) == [Exchange("two", "")]


# ------------------------------------------------------------------------------------------------ put elsewhere


def test_a_question_that_is_put_in_another_turn_takes_along_what_tools_gave_and_leaves_what_the_model_said() -> None:
    ledger = Ledger(Past())
    ask(ledger, 1, "one")
    ledger.told(ModelSaid(1, "half an ans", spoken=True))
    ledger.told(ToolEnded(1, "a", "f", "done", 5, "sunny"))
    again = line("one")
    ledger.moved(1, 3, [again])
    assert ledger.questions([1, 3]) == [(3, [again])]
    assert ledger.history(()) == [Exchange("one\n[The result of f] sunny", "")]


def test_two_questions_that_are_put_together_are_one_of_one_turn() -> None:
    ledger = Ledger(Past())
    ask(ledger, 1, "one")
    ask(ledger, 2, "two")
    for turn, result in ((1, "sunny"), (2, "rain")):
        ledger.told(ToolEnded(turn, "a", "f", "done", 5, result))
    again = [line("one"), line("two")]
    for turn, message in zip((1, 2), again, strict=True):
        ledger.moved(turn, 3, [message])
    assert ledger.questions([3]) == [(3, again)]
    assert ledger.history(()) == [Exchange("one\ntwo\n[The result of f] sunny\n[The result of f] rain", "")]


def test_words_that_are_put_in_writing_are_that_from_then_on_and_what_is_still_to_be_heard_is_not() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "one", final=True)
    ledger.began_to_speak(1)
    again = line("one")
    ledger.moved(1, 2, [again])
    assert ledger.questions([2]) == [(2, [again, ""])]
    ledger.heard(2, "two", final=True)
    assert ledger.history(()) == [Exchange("one\ntwo", "")]


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_what_an_answer_was_not_to_is_of_the_turn_that_follows(answered: int) -> None:
    ledger = Ledger(Past())
    messages = [ask(ledger, 1, text) for text in ("one", "two", "three")]
    ledger.told(ModelSaid(1, "1", spoken=True))
    ledger.followed_up(1, 3 - answered, 2)
    assert ledger.questions([1, 2]) == [(1, messages[:answered]), (2, messages[answered:])]
    told = ledger.history(())
    assert told[0].model == "1"
    assert told[1] == Exchange("\n".join(("one", "two", "three")[answered:]), "")


# ------------------------------------------------------------------------------------------------ heard again


def test_of_a_turn_that_was_only_spoken_nothing_is_left_when_it_is_heard_again() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "one", final=True)
    ledger.told(ModelSaid(1, "1", spoken=True))
    assert ledger.heard_again(1) == []
    assert ledger.heard_again(2) == []
    assert (ledger.turns, ledger.has_question(1)) == (0, False)


def test_words_that_come_again_are_awaited_where_they_were_spoken() -> None:
    ledger = Ledger(Past())
    first = ask(ledger, 1, "one")
    ledger.heard(1, "two", final=True)
    third = ask(ledger, 1, "three")
    assert ledger.heard_again(1) == [third], "the first was written before anything was spoken"
    assert ledger.questions([1]) == [(1, [first, "", third])]
    assert ledger.history(()) == [Exchange("one\nthree", "")]


def test_words_that_were_spoken_last_are_awaited_last() -> None:
    ledger = Ledger(Past())
    first = ask(ledger, 1, "one")
    for text in ("two", "three"):
        ledger.heard(1, text, final=True)
    assert ledger.heard_again(1) == []
    assert ledger.questions([1]) == [(1, [first, ""])]


def test_what_was_written_after_something_of_an_earlier_turn_comes_after_that_again() -> None:
    ledger = Ledger(Past())
    same = "said twice over"
    first, second = ask(ledger, 1, same), ask(ledger, 1, same)
    assert first == second, "which is told by what was placed, not by what it says"
    assert ledger.heard_again(1, [second]) == [second]
    assert ledger.questions([1]) == [(1, [first, "", second])]


# ------------------------------------------------------------------------------------------------ heard no more


def test_what_was_read_of_stale_speech_is_put_in_writing_and_what_was_not_is_forgotten() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "one", final=True)
    ledger.heard(2, "two", final=True)
    third = ask(ledger, 2, "three")
    ledger.began_to_speak(2)
    ledger.began_to_speak(3)
    ledger.deafened(2, line)
    assert ledger.questions([1, 2, 3]) == [(1, ["one"]), (2, [line("two"), third]), (3, [])]
    assert [ledger.has_question(turn) for turn in (1, 2, 3)] == [True, True, False]


SAID = st.lists(
    st.one_of(
        st.tuples(st.just("typed"), st.text("ab", max_size=2), st.just(True)),
        st.tuples(st.just("speaks"), st.just(""), st.just(True)),
        st.tuples(st.just("read"), st.text("cd", max_size=2), st.booleans()),
    ),
    max_size=12,
)


def told(said: list[tuple[str, str, bool]]) -> tuple[Ledger, list[ClientMessage]]:
    """A ledger with one turn of which all this was said, and what was written of it."""
    ledger, written = Ledger(Past()), list[ClientMessage]()
    for how, text, final in said:
        if how == "typed":
            written.append(ask(ledger, 1, text))
        elif how == "speaks":
            ledger.began_to_speak(1)
        else:
            ledger.heard(1, text, final=final)
    return ledger, written


def parts_of(ledger: Ledger) -> list[ClientMessage | str]:
    return [part for _, parts in ledger.questions([1]) for part in parts]


@given(SAID)
def test_whatever_was_said_no_word_of_it_is_lost_when_it_is_put_in_writing(said: list[tuple[str, str, bool]]) -> None:
    ledger, written = told(said)
    before = ledger.history(())
    ledger.deafened(1, line)
    assert ledger.history(()) == before
    messages = parts_of(ledger)
    assert all(isinstance(part, ClientMessage) for part in messages)
    assert [part for part in messages if any(part is one for one in written)] == written


@given(SAID, st.integers(0, 3))
def test_whatever_was_said_what_was_written_stays_once_and_in_its_order_when_the_rest_is_heard_again(
    said: list[tuple[str, str, bool]], placed: int
) -> None:
    ledger, written = told(said)
    after = ledger.heard_again(1, written[placed:])
    parts = parts_of(ledger)
    assert [part for part in parts if part != ""] == written
    assert ("" in parts) == bool(written), "what is heard again has a place, where anything else has one"
    assert after == [part for part in parts[parts.index("") :] if part != ""] if written else after == []
    assert len(after) >= len(written[placed:])


def test_results_that_newer_ones_would_always_crowd_out_are_not_kept() -> None:
    ledger = Ledger(Past())
    long = "x" * (SEED_CHARACTERS // 3)
    for turn in range(1, 7):
        ledger.told(ToolEnded(turn, f"c{turn}", "read", "done", 1, long))
        ledger.told(ModelSaid(turn, f"said {turn}", spoken=False))
    kept = [exchange for exchange in ledger.history(()) if long in exchange.user]
    assert [exchange.model for exchange in kept] == ["said 5", "said 6"]
    assert sum(long in entry.user for entry in ledger.history({5, 6})) == 0, "and nothing of them comes back"


def test_a_transcript_in_pieces_stays_one_though_a_line_is_typed_meanwhile() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "what", final=False)
    ledger.began_to_speak(1)
    message = ask(ledger, 1, "hello")
    ledger.heard(1, " is it", final=False)
    ledger.heard(1, "?", final=True)
    assert ledger.questions([1]) == [(1, ["what is it?", message])]
    ledger.heard(1, "And now?", final=True)
    assert ledger.questions([1]) == [(1, ["what is it?", message, "And now?"])]


def test_what_is_heard_again_is_read_again_from_its_beginning() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "what", final=False)
    message = ask(ledger, 1, "hello")
    assert ledger.heard_again(1) == [message]
    ledger.heard(1, "what is it?", final=True)
    assert ledger.questions([1]) == [(1, ["what is it?", message])]


def test_words_that_come_after_the_answer_stand_by_themselves() -> None:
    ledger = Ledger(Past())
    ledger.heard(1, "what", final=False)
    ask(ledger, 1, "hello")
    ledger.answered()
    ledger.heard(1, "is it?", final=True)
    assert ledger.history(()) == [Exchange("what\nhello\nis it?", "")]
