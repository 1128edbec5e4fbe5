"""Plays of turns: what happens (`>>`) and what must come out (`<<`)."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.events import (
    Answered,
    CloseLink,
    Committed,
    Ended,
    Failed,
    FellSilent,
    FinishPlaying,
    FloorClaimed,
    FloorYielded,
    Heard,
    Hushed,
    Input,
    Interrupted,
    Left,
    ModelSaid,
    ModelThought,
    Noted,
    Opened,
    Output,
    Play,
    Played,
    Received,
    ReplyCame,
    Send,
    Silenced,
    StopPlaying,
    Ticked,
    TurnEnded,
    Typed,
    UserSaid,
    VoiceEnded,
)
from livechat.protocol.server import UsageMetadata
from livechat.turn_taking import (
    DOUBLET_S,
    EMPTY_S,
    FIRST_WORD_S,
    LATE_CHUNKS_S,
    MISSING_END_S,
    TurnTaking,
)
from livechat.turns import DEAF_SPEAKER_S
from livechat.usage import Usage
from tests.conversation_help import (
    COMPLETE,
    GENERATED,
    INTERRUPTED,
    PLAYED_ALL,
    SECOND,
    came,
    content,
    mind,
    play,
    said,
    sound,
    wrote,
)
from tests.playbook import Playbook, after, nothing

# --------------------------------------------------------------------------------------- a turn, told well


def test_two_lines_before_any_answer_are_one_turn() -> None:
    book = play(mind(), Send) >> Typed("one") << UserSaid(1, "one", "one", final=True)
    assert book >> Typed("two") << UserSaid(1, "two", "one\ntwo", final=True)


def test_a_line_during_a_reply_begins_the_next_turn() -> None:
    book = play(mind(plays=False), Send) >> wrote("Once") << ModelSaid(1, "Once", spoken=False)
    assert book >> Typed("stop") << UserSaid(2, "stop", "stop", final=True)


def test_a_typed_question_and_a_text_answer_make_a_turn() -> None:
    assert (
        play(mind(plays=False), Send)
        >> Typed("2+2?")
        << UserSaid(1, "2+2?", "2+2?", final=True)
        >> wrote("Fo")
        << ModelSaid(1, "Fo", spoken=False)
        >> wrote("ur.")
        << ModelSaid(1, "ur.", spoken=False)
        >> GENERATED
        << nothing
        >> COMPLETE
        << TurnEnded(1, "2+2?", "Four.", False, 0)
    )


def test_a_spoken_turn_ends_when_the_wire_said_so_and_the_speaker_has_run_out() -> None:
    assert (
        play(mind())
        >> content(inputTranscription={"text": "Hel"})
        << UserSaid(1, "Hel", "Hel", final=False)
        >> content(inputTranscription={"text": "lo.", "finished": True})
        << UserSaid(1, "lo.", "Hello.", final=True)
        >> sound()
        << Play(SECOND, 1)
        >> said("Hi.")
        << ModelSaid(1, "Hi.", spoken=True)
        >> GENERATED
        << FinishPlaying(1)
        >> COMPLETE
        << nothing
        >> Played(23_999)
        << nothing
        >> Played(1)
        << TurnEnded(1, "Hello.", "Hi.", False, 1000)
    )


def test_the_users_words_are_final_when_the_model_begins() -> None:
    book = play(mind(plays=False)) >> content(inputTranscription={"text": "Hello"}) << UserSaid
    assert book >> said("Hi") << UserSaid(1, "", "Hello", final=True) << ModelSaid(1, "Hi", spoken=True)


def test_a_finished_mark_without_words_makes_them_final_once() -> None:
    book = play(mind(plays=False)) >> content(inputTranscription={"text": "Hello"}) << UserSaid
    book = book >> content(inputTranscription={"finished": True}) << UserSaid(1, "", "Hello", final=True)
    assert book >> content(inputTranscription={"finished": True}) << nothing


def test_an_empty_transcript_is_no_turn() -> None:
    assert play(mind()) >> content(inputTranscription={}, outputTranscription={}) << nothing


def test_a_late_tail_of_the_users_words_joins_its_own_turn() -> None:
    book = play(mind(plays=False)) >> content(inputTranscription={"text": "Tell me"}) << UserSaid
    book = book >> said("Well") << UserSaid << ModelSaid
    assert book >> content(inputTranscription={"text": " more"}) << UserSaid(1, " more", "Tell me more", final=True)


def test_a_second_utterance_before_the_answer_stands_on_a_line_of_its_own() -> None:
    book = play(mind(plays=False)) >> content(inputTranscription={"text": "One.", "finished": True})
    book = book << UserSaid(1, "One.", "One.", final=True) >> content(inputTranscription={"text": "Two."})
    assert book << UserSaid(1, "Two.", "One.\nTwo.", final=True)


def test_words_that_come_after_their_turn_has_ended_still_belong_to_it() -> None:
    book = play(mind(plays=False)) >> said("Four.") << ModelSaid >> COMPLETE << TurnEnded
    book = book >> content(inputTranscription={"text": "2+2"}) << UserSaid(1, "2+2", "2+2", final=False)
    assert book >> content(inputTranscription={"text": "And"}) << UserSaid(2, "And", "And", final=False)


def test_words_that_come_long_after_a_turn_without_any_are_those_of_the_next() -> None:
    book = play(mind(plays=False)) >> said("Your tool says four.") << ModelSaid >> COMPLETE << TurnEnded >> after(1.0)
    book = book >> content(inputTranscription={"text": "And"}) << UserSaid(2, "And", "And", final=False)
    assert book >> said("Five.") << UserSaid << ModelSaid(2, "Five.", spoken=True)


def test_words_spoken_into_a_finished_reply_begin_the_next_turn() -> None:
    book = play(mind()) >> sound() << Play >> GENERATED << FinishPlaying
    book = book >> content(inputTranscription={"text": "Wait"}) << UserSaid(2, "Wait", "Wait", final=False)
    assert book >> content(inputTranscription={}) << nothing


def test_silence_after_a_finished_reply_is_no_turn() -> None:
    assert play(mind()) >> sound() << Play >> GENERATED << FinishPlaying >> content(inputTranscription={}) << nothing


def test_thoughts_are_told_apart_from_words() -> None:
    book = play(mind(plays=False)) >> wrote("hmm", thought=True) << ModelThought(1, "hmm")
    assert book >> wrote("Yes") << ModelSaid(1, "Yes", spoken=False)


def test_parts_that_are_neither_words_nor_sound_are_passed_over() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    assert play(mind()) >> content(modelTurn={"parts": [picture, {}]}) << nothing >> content(modelTurn={}) << nothing


def test_the_sound_of_a_turn_nobody_plays_counts_as_heard() -> None:
    book = play(mind(plays=False), ModelSaid) >> said("word") >> sound() << nothing
    assert book >> INTERRUPTED << Interrupted(1, 1000, 0, "word", "")


def test_a_reply_that_is_all_here_is_told_once_and_before_its_turn_is_over() -> None:
    conversation = mind()
    play(conversation).take()
    conversation.handle(said("Hi."), 0.0)
    assert conversation.handle(GENERATED, 0.0) == [ReplyCame(1, "Hi.")]
    assert conversation.handle(GENERATED, 0.0) == []


def test_where_an_interaction_has_several_spoken_turns_no_reply_is_called_the_last() -> None:
    conversation = mind("models/gemini-3.8-live-extended-thinking")
    play(conversation).take()
    conversation.handle(said("Let me think."), 0.0)
    assert conversation.handle(GENERATED, 0.0) == []


# ----------------------------------------------------------------------------------- waiting for the answer


def unanswered(book: Playbook[Input, Output]) -> bool:
    failed, *_ = book.take()
    return isinstance(failed, Failed) and failed.exit_code == 75


def test_a_model_that_thinks_aloud_is_not_given_up() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelThought) >> Typed("a") >> after(50)
    book = book >> wrote("hm", thought=True) >> after(59.9) << nothing >> after(0.2)
    assert unanswered(book)


def test_a_line_typed_into_a_reply_is_waited_for_once_that_reply_is_over() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> wrote("A") >> Typed("b") >> after(90) << nothing
    book = book >> wrote("A") >> COMPLETE << TurnEnded >> after(59.9) << nothing >> after(0.2)
    assert unanswered(book)


# ---------------------------------------------------------------------------------------- marks too many


def test_a_doubled_turn_complete_ends_a_turn_once() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> COMPLETE << TurnEnded
    assert book >> COMPLETE << nothing >> GENERATED << nothing >> INTERRUPTED << nothing


def answered(*ignore: type[Output]) -> Playbook[Input, Output]:
    """A play whose first question is answered."""
    book = play(mind(plays=False), Send, UserSaid, ModelSaid, *ignore) >> Typed("a") >> wrote("A")
    return book >> COMPLETE << TurnEnded(1, "a", "A", False, 0)


def test_a_doublet_that_meets_the_next_question_does_not_end_it_however_slow_the_model_is() -> None:
    book = answered() >> Typed("b") >> COMPLETE << nothing >> COMPLETE << nothing >> after(FIRST_WORD_S * 0.9)
    book = book << nothing >> wrote("B") >> after(FIRST_WORD_S * 2) << nothing
    assert book >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


@pytest.mark.parametrize("sign", [wrote("hm", thought=True), came({"toolCall": {"functionCalls": [{"name": "f"}]}})])
def test_a_thought_or_a_call_shows_too_that_a_mark_was_a_doublet(sign: Received) -> None:
    book = answered(ModelThought, Noted) >> Typed("b") >> COMPLETE << nothing >> sign >> after(FIRST_WORD_S * 2)
    assert book << nothing >> wrote("B") >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


def test_two_questions_passed_over_in_silence_end_one_by_one() -> None:
    book = answered() >> Typed("b") >> COMPLETE >> after(FIRST_WORD_S) << TurnEnded(2, "b", "", False, 0)
    assert book >> Typed("c") >> after(DOUBLET_S) >> COMPLETE >> after(EMPTY_S) << TurnEnded(3, "c", "", False, 0)


def test_a_reason_for_saying_nothing_is_believed_soon_and_its_doublet_is_not() -> None:
    blocked = content(turnComplete=True, turnCompleteReason="PROHIBITED_INPUT_CONTENT")
    book = answered() >> Typed("b") >> blocked << nothing >> after(EMPTY_S)
    book = book << TurnEnded(2, "b", "", False, 0, "PROHIBITED_INPUT_CONTENT")
    assert book >> Typed("c") >> blocked >> after(EMPTY_S) << nothing >> wrote("C") >> COMPLETE << TurnEnded


def test_the_late_turn_complete_of_a_turn_given_up_does_not_end_the_next() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted
    book = book >> after(LATE_CHUNKS_S) << TurnEnded(1, "", "x", True, 0, "missing turnComplete")
    book = book >> after(60) >> Typed("b") >> COMPLETE >> after(FIRST_WORD_S * 0.9) << nothing >> wrote("B")
    assert book >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


def test_the_late_turn_complete_of_a_turn_given_up_is_looked_for_once() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted
    book = book >> after(LATE_CHUNKS_S) << TurnEnded >> COMPLETE << nothing >> after(60)
    assert book >> Typed("b") >> COMPLETE >> after(EMPTY_S) << TurnEnded(2, "b", "", False, 0)


def test_a_turn_the_model_passes_over_in_silence_ends_after_a_moment() -> None:
    book = (
        play(mind(), Send, UserSaid) >> Typed("a") >> content(turnComplete=True, turnCompleteReason="NEED_MORE_INPUT")
    )
    assert book >> after(EMPTY_S * 0.9) << nothing >> after(0.1) << TurnEnded(1, "a", "", False, 0, "NEED_MORE_INPUT")


def test_an_interrupted_without_a_reply_and_its_turn_complete_do_not_end_the_question() -> None:
    book = play(mind(plays=False), Send, UserSaid) >> Typed("a") >> INTERRUPTED << nothing >> COMPLETE << nothing
    assert book >> after(5) << nothing >> wrote("A") << ModelSaid(1, "A", spoken=False) >> COMPLETE << TurnEnded


def test_generation_complete_without_a_reply_means_nothing() -> None:
    conversation = mind()
    book = play(conversation, Send, UserSaid) >> Typed("a") >> GENERATED << nothing
    assert book
    assert conversation.deadline == 60.0


# ------------------------------------------------------------------------------------------ marks too few


def test_a_turn_without_its_turn_complete_ends_after_the_assumed_playback_and_a_grace() -> None:
    book = play(mind(), FinishPlaying) >> sound() << Play >> sound() << Play >> GENERATED >> Played(48_000)
    book = book >> after(2 + MISSING_END_S - 0.1) << nothing >> after(0.2)
    assert book << TurnEnded(1, "", "", False, 2000, "missing turnComplete")


def test_an_interrupted_turn_without_its_turn_complete_ends_too() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted
    assert book >> after(LATE_CHUNKS_S) << TurnEnded(1, "", "x", True, 0, "missing turnComplete")


def test_a_new_question_is_answered_though_the_turn_complete_before_it_is_missing() -> None:
    book = play(mind(plays=False), Send, UserSaid) >> Typed("a") >> wrote("A") << ModelSaid >> GENERATED
    book = book >> Typed("b") >> wrote("B") << TurnEnded(1, "a", "A", False, 0, "missing turnComplete")
    assert book << ModelSaid(2, "B", spoken=False)


def test_a_reply_long_after_an_interruption_is_a_new_one() -> None:
    conversation = mind(plays=False)
    play(conversation).take()
    conversation.handle(wrote("x"), 0.0)
    conversation.handle(INTERRUPTED, 0.0)
    out = conversation.handle(wrote("y"), LATE_CHUNKS_S + 1)
    assert out == [
        TurnEnded(1, "", "x", True, 0, "missing turnComplete"),
        ModelSaid(2, "y", spoken=False),
    ]


# ----------------------------------------------------------------------------------------- interruptions


def test_an_interruption_silences_first_and_reports_what_was_heard() -> None:
    book = play(mind(), ModelSaid) >> sound() << Play >> said("one two three four") >> Played(12_000)
    assert (
        book
        >> INTERRUPTED
        << StopPlaying()
        << Interrupted(1, 500, 500, "one two ", "three four")
        >> COMPLETE
        << TurnEnded(1, "", "one two three four", True, 1000)
    )


def test_late_chunks_of_a_dead_reply_are_neither_played_nor_told() -> None:
    book = play(mind()) >> sound() << Play >> INTERRUPTED << StopPlaying() << Interrupted
    book = book >> sound() << nothing >> said("late") << nothing >> wrote("late") << nothing
    assert book >> GENERATED << nothing >> COMPLETE << TurnEnded >> sound() << Play(SECOND, 2)


def test_a_doubled_interrupted_is_one_interruption() -> None:
    book = play(mind()) >> sound() << Play >> INTERRUPTED << StopPlaying() << Interrupted
    assert book >> INTERRUPTED << nothing >> Left() << CloseLink() << Ended("left", 0, 1)


def test_an_interrupted_that_comes_after_turn_complete_still_silences() -> None:
    book = play(mind()) >> sound() << Play >> COMPLETE << FinishPlaying(1)
    assert book >> INTERRUPTED << StopPlaying() << Interrupted(1, 0, 1000, "", "") << TurnEnded


def test_the_marks_of_an_interruption_in_the_last_echo_of_a_reply_do_not_end_the_words_that_made_it() -> None:
    book = play(mind(), Play, FinishPlaying, UserSaid) >> sound() >> COMPLETE
    book = book >> content(inputTranscription={"text": "Wait"}) >> INTERRUPTED << StopPlaying() << Interrupted
    book = book << TurnEnded >> COMPLETE << nothing >> after(FIRST_WORD_S) << nothing >> said("Yes?") << ModelSaid
    assert book >> COMPLETE << TurnEnded(2, "Wait", "Yes?", False, 0)


def test_the_words_of_an_interruption_are_not_those_of_the_turn_they_cut_off() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted >> COMPLETE << TurnEnded
    assert book >> content(inputTranscription={"text": "No"}) << UserSaid(2, "No", "No", final=False)


def test_after_an_interruption_the_users_new_words_open_the_next_turn() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted
    book = book >> content(inputTranscription={"text": "No"}) << UserSaid(2, "No", "No", final=False)
    assert book >> wrote("Sorry") << TurnEnded(1, "", "x", True, 0, "missing turnComplete") << UserSaid


def test_a_report_of_more_sound_than_was_queued_credits_nobody() -> None:
    assert play(mind()) >> Played(100) << nothing


def test_how_far_the_listener_is_can_be_seen_while_something_sounds() -> None:
    conversation, seen = mind(), list[tuple[int, int, int] | None]()
    book = play(conversation, ModelSaid, Play) >> said("one two")
    for happened in (sound(), Played(12_000), Played(12_000)):
        seen.append(conversation.progress)
        book = book >> happened
    assert book << nothing
    assert seen == [None, (1, 0, 1000), (1, 500, 1000)]
    assert conversation.progress is None


# ------------------------------------------------------------------------------------------ a reply hushed


def test_a_hushed_reply_is_silent_at_once_and_its_rest_is_for_nobody() -> None:
    book = play(mind(), ModelSaid) >> sound() << Play >> said("one two three four") >> Played(12_000)
    book = book >> Hushed() << StopPlaying() << Interrupted(1, 500, 500, "one two ", "three four")
    book = book >> sound() << nothing >> after(LATE_CHUNKS_S * 5) << nothing >> said(" five") << nothing
    book = book >> wrote("hm", thought=True) << nothing >> GENERATED << nothing
    assert book >> COMPLETE << TurnEnded(1, "", "one two three four", True, 1000)


def test_a_reply_hushed_before_its_first_word_is_never_heard_and_nobody_waits_for_it() -> None:
    conversation = mind(plays=False)
    book = play(conversation, Send, UserSaid) >> Typed("a") >> Hushed() << Interrupted(1, 0, 0, "", "")
    book = book >> after(500) << nothing >> wrote("A") << nothing >> GENERATED << nothing
    book = book >> COMPLETE << TurnEnded(1, "a", "", True, 0) >> Typed("b") >> wrote("B") << ModelSaid
    assert book >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


def test_what_is_said_after_a_hush_gets_its_own_turn() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> Typed("a") >> Hushed() << Interrupted
    book = book >> content(inputTranscription={"text": "b"}) >> wrote("rest of A") << nothing
    book = book >> INTERRUPTED << nothing >> COMPLETE << TurnEnded(1, "a", "", True, 0)
    assert book >> wrote("B") >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


def test_a_hushed_reply_whose_marks_are_lost_ends_too() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> wrote("A") >> Hushed() << Interrupted >> GENERATED
    book = book >> after(MISSING_END_S) << TurnEnded(1, "", "A", True, 0, "missing turnComplete")
    book = book >> wrote("B") >> Hushed() << Interrupted >> GENERATED >> Typed("c")
    assert book >> wrote("C") << TurnEnded(2, "", "B", True, 0, "missing turnComplete") >> COMPLETE << TurnEnded


def test_a_hushed_reply_pauses_as_often_as_it_likes() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("A") >> Hushed() << Interrupted
    book = book >> content(turnComplete=True, interactionStatus="IN_PROGRESS") << nothing >> wrote("B") << nothing
    assert book >> content(interactionStatus="IDLE") << TurnEnded(1, "", "A", True, 0)


def test_where_nothing_is_said_there_is_nothing_to_hush() -> None:
    assert play(mind()) >> Hushed() << nothing


def test_a_hush_silences_what_the_wire_has_ended_long_ago() -> None:
    book = play(mind()) >> sound() << Play >> COMPLETE << FinishPlaying
    assert book >> Hushed() << StopPlaying() << Interrupted(1, 0, 1000, "", "") << TurnEnded(1, "", "", True, 1000)


# -------------------------------------------------------------------------- several spoken turns, one reply


def test_an_interaction_that_pauses_before_its_first_word_goes_on() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> Typed("a") >> after(50)
    book = book >> content(turnComplete=True, interactionStatus="IN_PROGRESS") >> after(50) << nothing >> wrote("A")
    assert book >> content(turnComplete=True, interactionStatus="IDLE") << TurnEnded(1, "a", "A", False, 0)


def test_a_turn_is_not_over_while_the_interaction_is_in_progress() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("Let me think.")
    book = book >> content(turnComplete=True, interactionStatus="IN_PROGRESS") << nothing >> wrote(" Done.")
    assert (
        book
        >> content(turnComplete=True, interactionStatus="IDLE")
        << TurnEnded(1, "", "Let me think. Done.", False, 0)
    )


def test_an_idle_that_comes_alone_ends_the_turn_that_waited_for_it() -> None:
    book = play(mind()) >> sound() << Play >> GENERATED << FinishPlaying
    book = book >> content(turnComplete=True, interactionStatus="IN_PROGRESS") << nothing >> PLAYED_ALL << nothing
    book = book >> sound() << Play >> GENERATED << FinishPlaying >> PLAYED_ALL << nothing
    book = book >> content(turnComplete=True, interactionStatus="IN_PROGRESS") << nothing
    assert book >> content(interactionStatus="IDLE") << TurnEnded(1, "", "", False, 2000)


def test_a_status_before_its_turn_complete_is_weighed_with_it_and_only_once() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> content(interactionStatus="IN_PROGRESS") << nothing
    assert book >> COMPLETE << nothing >> COMPLETE << TurnEnded


def test_a_status_without_a_turn_means_nothing() -> None:
    assert play(mind()) >> content(interactionStatus="IDLE") << nothing


HAPPENINGS = st.sampled_from(
    [
        COMPLETE,
        GENERATED,
        INTERRUPTED,
        wrote("w"),
        said("s "),
        sound(bytes(960)),
        content(inputTranscription={"text": "u"}),
        content(turnComplete=True, interactionStatus="IN_PROGRESS"),
        content(interactionStatus="IDLE"),
        Typed("t"),
        Hushed(),
        wrote("t", thought=True),
        Heard(bytes(4)),
        Played(480),
        Played(10_000),
        Ticked(),
    ]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(HAPPENINGS, st.floats(0, 4)), max_size=40), st.booleans())
def test_whatever_the_wire_does_turns_end_once_in_order_and_silence_comes_first(
    happenings: list[tuple[Input, float]], plays: bool
) -> None:
    conversation = mind(plays=plays)
    now = 0.0
    out: list[Output] = []
    opening: list[tuple[Input, float]] = [(Opened(), 0.0), (came({"setupComplete": {}}), 0.0)]
    for happened, seconds in opening + happenings:
        now += seconds
        if conversation.deadline is not None and now >= conversation.deadline:
            out += conversation.handle(Ticked(), now)
        out += conversation.handle(happened, now)
    # Whatever is left open ends by itself or fails; it never hangs.
    for _ in range(200):
        out += conversation.handle(Played(10**6), now)
        if conversation.deadline is None:
            break
        now = max(now, conversation.deadline)
        out += conversation.handle(Ticked(), now)
    assert conversation.deadline is None
    ended = [event.turn for event in out if isinstance(event, TurnEnded)]
    assert ended == sorted(set(ended))
    for before, news in pairwise(out):
        if plays and isinstance(news, Interrupted):
            assert isinstance(before, (StopPlaying, Interrupted))
    words = [event for event in out if isinstance(event, (UserSaid, ModelSaid))]
    for event in words:
        ends = [place for place, news in enumerate(out) if isinstance(news, TurnEnded) and news.turn == event.turn]
        if isinstance(event, ModelSaid) and ends:
            assert out.index(event) < ends[0]


def test_a_speaker_that_hands_nothing_out_is_given_up_and_its_turn_ends() -> None:
    book = play(mind(), ModelSaid) >> said("Hi.") >> sound() << Play >> COMPLETE << FinishPlaying(1)
    book = book >> after(1) >> Played(12_000) << nothing >> after(DEAF_SPEAKER_S * 0.99) << nothing >> after(0.1)
    book = book << Noted << StopPlaying() << TurnEnded(1, "", "Hi.", False, 1000)
    assert book >> Played(12_000) << nothing >> after(60) << nothing


def test_a_speaker_is_not_called_deaf_for_a_pause_between_replies() -> None:
    book = play(mind()) >> sound() << Play >> COMPLETE << FinishPlaying(1) >> PLAYED_ALL << TurnEnded >> after(60)
    book = book >> sound() << Play >> after(DEAF_SPEAKER_S / 2) >> sound() << Play >> after(DEAF_SPEAKER_S / 2)
    assert book << Noted << StopPlaying() >> COMPLETE << FinishPlaying(1 + 1) << TurnEnded


def test_a_program_that_was_stopped_does_not_blame_its_speaker() -> None:
    conversation = mind()
    assert play(conversation) >> sound() << Play
    assert conversation.handle(Ticked(), 100.0) == []
    assert conversation.deadline == 100.0 + DEAF_SPEAKER_S
    assert conversation.handle(Played(24_000), 100.1) == []
    assert conversation.deadline is None


class Rough:
    """A server that answers every question, says its marks twice as often as not, and takes its time; and a user."""

    def __init__(self, seed: int, *, plays: bool) -> None:
        self.dice = Random(seed)
        self.plays = plays
        self.mind = mind(plays=plays)
        play(self.mind).take()
        self.now = 0.0
        self.queued = 0
        self.ends: list[TurnEnded] = []
        self.late: Received | None = None
        """A doublet that is still to come."""

    def tell(self, *happened: Input) -> None:
        for one in happened:
            for output in self.mind.handle(one, self.now):
                assert not isinstance(output, Failed)
                if isinstance(output, Play):
                    self.queued += len(output.pcm) // 2
                elif isinstance(output, StopPlaying):
                    self.queued = 0
                elif isinstance(output, TurnEnded):
                    self.ends.append(output)

    def wait(self, most: float) -> None:
        until = self.now + self.dice.uniform(0, most)
        while self.mind.deadline is not None and self.mind.deadline <= until:
            self.now = max(self.now, self.mind.deadline)
            self.tell(Ticked())
        self.now = until
        handed, self.queued = self.queued, 0
        self.tell(Played(handed))

    def often(self) -> bool:
        return self.dice.random() < 0.5

    def mark(self, mark: Received) -> None:
        self.tell(mark)
        if self.often():
            self.wait(0.3)
            self.tell(mark)

    def ask(self, question: str) -> None:
        spoken = content(inputTranscription={"text": question, "finished": self.often()})
        self.tell(Typed(question) if self.often() else spoken)
        if self.late is not None:
            self.wait(0.3)
            self.tell(self.late)

    def answer(self, words: list[str]) -> None:
        for word in words:
            self.wait(FIRST_WORD_S * 0.9 if word is words[0] else 1)
            if self.often():
                self.tell(wrote("hm", thought=True))
            self.tell(*([sound(bytes(4800)), said(word)] if self.plays else [wrote(word)]))

    def end(self) -> None:
        cut_off = self.dice.random() < 0.3
        self.mark(INTERRUPTED if cut_off else GENERATED)
        self.wait(1)
        self.tell(COMPLETE)
        self.late = COMPLETE if self.often() else None


@pytest.mark.parametrize("plays", [True, False])
def test_whatever_is_doubled_every_question_keeps_its_own_answer(plays: bool) -> None:
    for seed in range(100):
        rough = Rough(seed, plays=plays)
        wanted = [(f"q{n}", [f"{n}.{word} " for word in range(rough.dice.randint(1, 4))]) for n in range(5)]
        for question, words in wanted:
            rough.ask(question)
            rough.answer(words)
            rough.end()
        rough.wait(10)
        assert [(end.user, end.text) for end in rough.ends] == [(asked, "".join(words)) for asked, words in wanted], (
            seed
        )


def test_sound_that_is_no_pcm_is_not_played_and_said_once() -> None:
    def as_(mime: str) -> Received:
        return content(modelTurn={"parts": [{"inlineData": {"mimeType": mime, "data": "AAAA"}}]})

    book = play(mind()) >> as_("audio/mp3") << Noted("the server sends audio/mp3, which cannot be played")
    book = book >> as_("audio/mp3") << nothing >> as_("Audio/PCM") << Play >> as_("audio/pcm; rate=24000") << Play
    book = (
        book >> as_("audio/pcm;rate=16000") << Noted("the server sends audio/pcm;rate=16000; it is played at 24000 Hz")
    )
    assert book << Play >> as_("audio/pcm;rate=16000") << Play >> as_("image/png") << nothing


def test_its_state_shows() -> None:
    turns = TurnTaking(lambda output: None, Usage(), plays=True, interacts=False, answer_s=60)
    assert (repr(turns), turns.open, turns.unfinished) == ("", False, False)
    turns.called(0.0)
    assert not turns.open
    turns.typed("a", 0.0)
    message = sound().message.server_content
    assert message is not None
    turns.words(message, 0.0)
    assert (repr(turns), turns.open, turns.unfinished) == ("turn=1 queued=1000ms", True, True)
    turns.interrupted(0.0)
    assert repr(turns) == "turn=1!"


# ------------------------------------------------------------------------------------------ how long it took


def test_an_answer_is_timed_from_the_end_of_the_voice_to_its_first_sample_at_the_ear() -> None:
    book = play(mind(), FinishPlaying) >> after(1) >> VoiceEnded(0.2) >> after(0.3) >> sound() << Play
    book = book >> after(0.12) >> Played(480) << Answered(1, 600) >> after(0.02) >> Played(480) << nothing
    assert book


def test_a_second_spoken_turn_to_the_same_words_is_no_second_answer() -> None:
    book = play(mind(), FinishPlaying, TurnEnded) >> VoiceEnded(0) >> sound() << Play >> COMPLETE >> sound() << Play
    assert book >> Played(48_000) << Answered(1, 0)


def test_what_was_typed_is_answered_without_a_time() -> None:
    book = play(mind(), UserSaid, Send) >> VoiceEnded(0) >> Typed("stop") >> sound() << Play >> Played(480) << nothing
    assert book


def test_what_was_said_before_the_floor_was_taken_is_not_what_is_answered() -> None:
    book = play(mind(), Send, UserSaid) >> VoiceEnded(0) >> after(9) >> FloorClaimed() >> FloorYielded()
    assert book >> sound() << Play >> Played(480) << nothing


def test_the_silence_after_an_interruption_is_timed_when_it_is_heard() -> None:
    book = play(mind(), Interrupted) >> sound() << Play >> Played(480) >> INTERRUPTED << StopPlaying
    assert book >> after(0.012) >> Silenced() << FellSilent(1, 12) >> Silenced() << nothing


def test_a_speaker_given_up_falls_silent_without_news_and_the_next_stop_is_its_own() -> None:
    book = play(mind(), Noted, Interrupted) >> sound() << Play >> after(DEAF_SPEAKER_S) << StopPlaying
    book = book >> sound() << Play >> Played(480) >> INTERRUPTED << StopPlaying
    assert book >> after(0.01) >> Silenced() << nothing >> Silenced() << FellSilent(1, 10)


def test_what_the_card_has_is_heard_of_a_reply_that_is_cut_off() -> None:
    book = play(mind(), ModelSaid) >> sound() << Play >> said("one two three four") >> Played(12_000) >> Committed(240)
    assert book >> INTERRUPTED << StopPlaying << Interrupted(1, 510, 490, "one two ", "three four")


def test_what_the_card_had_is_not_counted_twice() -> None:
    book = play(mind(), ModelSaid) >> sound() << Play >> said("one two") >> Committed(240) >> Played(240)
    assert book >> INTERRUPTED << StopPlaying << Interrupted(1, 10, 990, "", "one two")


# --------------------------------------------------------------------------------------- the turns by themselves


class Alone:
    """The turns of a conversation and nothing else, and what they have told."""

    def __init__(self, *, plays: bool = False, interacts: bool = False) -> None:
        self.told: list[Output] = []
        self.usage = Usage()
        self.turns = TurnTaking(self.told.append, self.usage, plays=plays, interacts=interacts, answer_s=60)

    def comes(self, *came: Received, now: float = 0.0) -> Alone:
        for one in came:
            told = one.message.server_content
            assert told is not None
            if told.interrupted:
                self.turns.interrupted(now)
            self.turns.words(told, now)
            self.turns.marks(told, now)
        return self

    def types(self, *lines: str, now: float = 0.0) -> Alone:
        for text in lines:
            self.turns.typed(text, now)
        return self

    def is_lost(self, now: float = 0.0) -> tuple[list[int], list[int]]:
        return self.turns.broken_off(now)

    @property
    def ends(self) -> list[TurnEnded]:
        return [told for told in self.told if isinstance(told, TurnEnded)]

    def follows(self) -> tuple[int, int, int] | None:
        """Of which turn how much was not answered and by which turn it is, since the last look."""
        followed, self.turns.followed_up = self.turns.followed_up, None
        return followed


def read(text: str, **fields: object) -> Received:
    return content(inputTranscription={"text": text, **fields})


REFUSED = content(turnComplete=True, turnCompleteReason="PROHIBITED_INPUT_CONTENT")
GOES_ON = content(turnComplete=True, interactionStatus="IN_PROGRESS")


def test_the_front_is_the_oldest_turn_that_the_wire_has_not_ended() -> None:
    alone = Alone(plays=True)
    turns = alone.turns
    assert (turns.front, turns.newest, turns.answering) == (0, 0, None)
    alone.types("one")
    assert (turns.front, turns.newest, turns.answering) == (1, 1, None)
    alone.comes(sound()).types("two")
    assert (turns.front, turns.newest, turns.answering, turns.begun) == (1, 1, 1, 2)
    alone.comes(COMPLETE)
    assert (turns.front, turns.newest, turns.answering) == (2, 2, None)
    alone.comes(sound(), COMPLETE)
    assert (turns.front, turns.newest, turns.unfinished, turns.open) == (0, 2, False, True)
    turns.clear()
    assert not turns.open


def test_turns_and_interruptions_are_counted() -> None:
    turns = Alone().comes(*[wrote("1"), INTERRUPTED, COMPLETE] * 2, wrote("3"), COMPLETE).turns
    assert (turns.ended, turns.interruptions) == (3, 2)


@pytest.mark.parametrize("before", [[], [wrote("1"), INTERRUPTED], [wrote("1"), GENERATED]])
def test_a_transcript_without_words_begins_no_turn_wherever_it_comes(before: list[Received]) -> None:
    assert Alone().comes(*before, read("")).turns.begun == (1 if before else 0)


def test_words_that_come_after_the_voice_has_begun_anew_are_those_of_the_next_turn() -> None:
    alone = Alone().comes(said("Four."), COMPLETE)
    alone.turns.voice_began()
    alone.comes(read("And"))
    assert alone.told[-1] == UserSaid(2, "And", "And", final=False)


@pytest.mark.parametrize("words", [wrote("w"), wrote("w", thought=True), said("w"), sound()])
def test_what_a_turn_costs_is_added_to_what_those_before_it_did(words: Received) -> None:
    alone, totals = Alone(), list[int]()
    for _ in range(2):
        alone.comes(words)
        totals.append(alone.usage.count(UsageMetadata(response_token_count=10)).total)
        alone.comes(COMPLETE)
        alone.turns.ticked(FIRST_WORD_S)
    assert totals == [10, 20]


# -------------------------------------------------------------------------------------- whether words are owed


def test_a_model_owes_words_from_the_line_on_and_then_from_each_sign_of_it() -> None:
    alone = Alone()
    assert alone.turns.silent_since == inf
    assert alone.types("one", now=3.0).turns.silent_since == 3.0
    alone.turns.called(3.5)
    assert alone.turns.silent_since == 3.5
    assert alone.comes(wrote("hm", thought=True), now=4.0).turns.silent_since == 4.0
    assert alone.comes(wrote("1"), now=5.0).turns.silent_since == 5.0
    assert alone.comes(GENERATED, now=6.0).turns.silent_since == inf


def test_it_is_not_silent_while_what_it_has_said_may_still_sound() -> None:
    alone = Alone(plays=True).types("one")
    assert alone.comes(sound(), sound(), now=5.0).turns.silent_since == 7.0
    assert alone.comes(said("1"), now=9.0).turns.silent_since == 9.0


def test_where_nobody_has_said_anything_nothing_is_owed_nor_put_again() -> None:
    alone = Alone()
    alone.turns.nothing_was_said()
    assert (alone.turns.silent_since, alone.is_lost()) == (inf, ([], []))


def test_it_owes_nothing_to_what_was_only_spoken() -> None:
    assert Alone().comes(read("one")).turns.silent_since == inf


@pytest.mark.parametrize("typed", [True, False])
def test_of_what_the_server_has_nothing_to_do_about_nothing_is_put_again(typed: bool) -> None:
    alone = Alone().types("one") if typed else Alone().comes(read("one"))
    alone.comes(COMPLETE).turns.ticked(EMPTY_S)
    alone.turns.nothing_was_said()
    assert (alone.turns.passed_over, alone.is_lost()) == ([], ([], []))


def test_nor_while_a_tool_runs_and_then_anew() -> None:
    alone = Alone().types("one")
    alone.turns.wait_for_tools(True, 1.0)
    assert (alone.turns.silent_since, alone.turns.answer_by) == (inf, inf)
    alone.turns.wait_for_tools(False, 30.0)
    assert (alone.turns.silent_since, alone.turns.answer_by) == (30.0, 90.0)
    alone.turns.wait_for_tools(False, 40.0)
    assert alone.turns.silent_since == 30.0


def test_nor_after_it_was_cut_off_or_has_said_that_it_pauses() -> None:
    assert Alone().types("one").comes(wrote("1"), INTERRUPTED).turns.silent_since == inf
    assert Alone().types("one").comes(wrote("1"), GOES_ON).turns.silent_since == inf


def test_an_end_that_was_waited_for_while_a_tool_ran_is_missed_later() -> None:
    alone = Alone().comes(wrote("1"), GENERATED)
    alone.turns.wait_for_tools(True, 1.0)
    alone.turns.ticked(MISSING_END_S * 2)
    assert alone.ends == []
    alone.turns.wait_for_tools(False, 50.0)
    assert alone.turns.deadline == 50.0 + MISSING_END_S


def test_an_answer_is_owed_all_the_same_where_its_empty_end_was_probably_that_of_another() -> None:
    alone = Alone().types("one").comes(wrote("1"), COMPLETE).types("two", now=0.5).comes(COMPLETE, now=0.6)
    alone.turns.ticked(0.6 + FIRST_WORD_S)
    assert alone.ends[-1] == TurnEnded(2, "two", "", False, 0)
    assert alone.turns.silent_since == 0.5
    assert alone.is_lost() == ([], [2])


@pytest.mark.parametrize("how", ["meant", "with a reason", "all was said", "another came"])
def test_but_not_where_that_was_meant(how: str) -> None:
    alone = Alone().types("one").comes(wrote("1"), COMPLETE)
    came = 5.0 if how == "meant" else 0.6
    alone.types("two", now=0.5).comes(REFUSED if how == "with a reason" else COMPLETE, now=came)
    alone.turns.ticked(came + FIRST_WORD_S)
    if how == "all was said":
        alone.turns.nothing_was_said()
    elif how == "another came":
        alone.comes(wrote("3"), COMPLETE)
    assert alone.turns.silent_since == inf


@pytest.mark.parametrize("mark", [COMPLETE, REFUSED])
def test_a_line_that_was_ended_without_a_word_is_put_again_unless_a_reason_was_given(mark: Received) -> None:
    alone = Alone().types("one").comes(mark)
    alone.turns.ticked(EMPTY_S)
    assert alone.is_lost() == ([], [1] if mark is COMPLETE else [])


def test_what_was_passed_over_is_known_until_something_is_answered() -> None:
    assert Alone().turns.passed_over == []
    alone = Alone().comes(read("one"), COMPLETE)
    alone.turns.ticked(EMPTY_S)
    assert (alone.turns.passed_over, alone.is_lost()) == ([1], ([], []))
    alone.types("two", now=5.0).comes(COMPLETE, now=5.0)
    alone.turns.ticked(5.0 + FIRST_WORD_S)
    assert alone.turns.passed_over == [1, 2]
    alone.comes(wrote("3"), COMPLETE)
    assert alone.turns.passed_over == []


def test_lines_that_may_be_unanswered_are_owed_an_answer_where_the_end_of_the_one_before_is_missing() -> None:
    alone = Alone().types("one", "two").comes(wrote("1"), GENERATED, now=1.0)
    alone.turns.ticked(1.0 + MISSING_END_S)
    assert (alone.turns.unsure, alone.turns.silent_since) == (True, 1.0)
    alone.comes(COMPLETE, now=20.0)
    assert alone.turns.silent_since == inf, "that was it"
    alone = Alone().types("one").comes(wrote("1"), GENERATED, now=1.0)
    alone.turns.ticked(1.0 + MISSING_END_S)
    assert alone.turns.silent_since == inf


# ---------------------------------------------------------------------------------------- which line an answer is to


def test_an_answer_that_was_cut_by_the_next_line_is_followed_by_one_to_that() -> None:
    alone = Alone().types("one", "two", "three").comes(wrote("1"), INTERRUPTED, COMPLETE, now=1.0)
    assert alone.follows() == (1, 2, 2)
    assert (alone.turns.front, alone.turns.silent_since) == (2, 1.0)
    alone.comes(wrote("2"), INTERRUPTED, COMPLETE, now=2.0)
    assert alone.follows() == (2, 1, 3)
    alone.comes(wrote("3"), INTERRUPTED, COMPLETE, now=3.0)
    assert (alone.follows(), alone.turns.open) == (None, False)


def test_lines_that_the_server_has_taken_in_together_are_answered_together() -> None:
    alone = Alone().types("one", "two", "three").comes(INTERRUPTED, COMPLETE, wrote("1 and 2"), COMPLETE)
    assert alone.turns.unsure
    assert alone.comes(wrote("3")).follows() == (1, 1, 2)


def test_one_that_was_not_may_be_to_the_first_line_alone_until_the_model_says_more() -> None:
    alone = Alone().types("one", "two").comes(wrote("1"), COMPLETE)
    assert (alone.turns.unsure, alone.turns.open) == (True, False)
    alone.comes(wrote("2"), COMPLETE, now=1.0)
    assert alone.follows() == (1, 1, 2)
    assert [end.text for end in alone.ends] == ["1", "2"]
    assert not alone.turns.unsure


def test_what_the_server_had_taken_in_before_it_answered_follows_up_nothing() -> None:
    alone = Alone().types("one", "two").comes(INTERRUPTED, COMPLETE, wrote("1 and 2"), COMPLETE)
    assert not alone.turns.unsure
    alone = Alone().types("one").comes(INTERRUPTED, COMPLETE).types("two").comes(wrote("1"), COMPLETE)
    assert alone.turns.unsure


def test_of_many_lines_it_has_taken_in_one_with_each_such_mark() -> None:
    assert Alone().types("one", "two", "three").comes(INTERRUPTED, COMPLETE, wrote("2"), COMPLETE).turns.unsure


def test_only_one_end_goes_with_an_interruption_before_the_first_word() -> None:
    alone = Alone().types("one").comes(INTERRUPTED, COMPLETE)
    alone.turns.ticked(FIRST_WORD_S)
    assert alone.ends == []
    alone.comes(COMPLETE)
    alone.turns.ticked(FIRST_WORD_S)
    assert alone.ends == [TurnEnded(1, "one", "", False, 0)]


def test_the_end_that_a_turn_given_up_still_owes_is_doubted_once_though_the_model_only_calls_a_tool() -> None:
    alone = Alone().comes(wrote("0"), INTERRUPTED)
    alone.turns.ticked(LATE_CHUNKS_S)
    alone.types("one", now=60.0).comes(COMPLETE, now=60.0)
    assert alone.turns.deadline == 60.0 + FIRST_WORD_S
    alone.turns.called(61.0)
    alone.comes(COMPLETE, now=62.0)
    assert alone.turns.deadline == 62.0 + EMPTY_S


def test_what_is_spoken_after_the_lines_is_what_is_answered() -> None:
    assert not Alone().types("one", "two").comes(read("three"), wrote("3"), COMPLETE).turns.unsure
    assert Alone().types("one", "two").comes(read(""), wrote("1"), COMPLETE).turns.unsure


@pytest.mark.parametrize("how", ["a line", "what was written after something spoken"])
def test_words_of_what_was_spoken_before_the_last_line_do_not_say_that_it_was_taken_in(how: str) -> None:
    for before, spoken, unsure in ((1, 1, True), (1, 2, False), (2, 2, True), (2, 3, False)):
        alone = Alone().types("one")
        if how == "a line":
            alone.turns.typed("two", 0.0, unread=before)
        else:
            alone.turns.written_again(unread=before)
        alone.comes(*[read("sp"), read("oken", finished=True)] * spoken, wrote("1"), COMPLETE)
        assert alone.turns.unsure == unsure


def test_a_line_after_something_that_was_spoken_follows_it_up() -> None:
    assert Alone().comes(read("one")).types("two").comes(wrote("1"), COMPLETE).turns.unsure


@pytest.mark.parametrize("cut", [True, False])
def test_what_is_hushed_was_answered_as_far_as_anybody_wants(cut: bool) -> None:
    alone = Alone().types("one", "two").comes(wrote("1"))
    alone.turns.hushed(0.0)
    alone.comes(*([INTERRUPTED] if cut else []), COMPLETE)
    assert (alone.follows(), alone.turns.unsure, alone.turns.open) == (None, False, False)


def test_lines_that_were_put_again_together_have_one_answer_if_that_is_not_cut() -> None:
    alone = Alone()
    assert alone.turns.asked_again(0, 0.0, messages=3) == 1
    alone.comes(wrote("1 to 3"), COMPLETE)
    assert (alone.turns.unsure, alone.turns.open) == (False, False)


def test_nor_does_anything_follow_one_that_was_put_again_alone() -> None:
    alone = Alone()
    alone.turns.asked_again(0, 0.0)
    assert not alone.comes(wrote("1"), INTERRUPTED, COMPLETE).turns.open


def test_and_if_it_is_the_rest_of_them_have_one() -> None:
    alone = Alone()
    alone.turns.asked_again(0, 0.0, messages=3)
    alone.comes(wrote("1"), INTERRUPTED, COMPLETE)
    assert alone.follows() == (1, 2, 2)
    alone.comes(wrote("2 and 3"), COMPLETE)
    assert (alone.follows(), alone.turns.unsure) == (None, False)


@pytest.mark.parametrize("how", ["a line", "what was written after something spoken"])
def test_what_comes_after_them_is_not_of_them(how: str) -> None:
    alone = Alone()
    alone.turns.asked_again(0, 0.0, messages=2)
    if how == "a line":
        alone.types("three")
    else:
        alone.turns.written_again()
    for number in (1, 2):
        alone.comes(wrote(f"{number}"), INTERRUPTED, COMPLETE)
        assert alone.follows() == (number, 3 - number, number + 1)
    assert not alone.comes(wrote("3"), INTERRUPTED, COMPLETE).turns.open


@pytest.mark.parametrize("how", ["a line", "what was written after something spoken"])
def test_so_that_one_answer_is_not_surely_to_all_of_them(how: str) -> None:
    alone = Alone()
    alone.turns.asked_again(0, 0.0, messages=2)
    if how == "a line":
        alone.types("three")
    else:
        alone.turns.written_again()
    assert alone.comes(wrote("1 and 2"), COMPLETE).turns.unsure


def test_what_is_written_again_where_no_turn_is_open_begins_none() -> None:
    alone = Alone()
    alone.turns.written_again()
    assert (alone.turns.open, alone.turns.begun) == (False, 0)


# ------------------------------------------------------------------------------- lines behind the results of tools


def owing(alone: Alone, *, owed: bool = True) -> Alone:
    """The model has been given results that it is still to speak of, unless it has."""
    alone.turns.wait_for_tools(False, 0.0, owed=owed)
    return alone


def test_what_a_model_that_owes_words_about_a_result_says_next_may_be_those() -> None:
    alone = owing(Alone()).types("one").comes(wrote("The result is 4."), COMPLETE)
    assert (alone.follows(), alone.turns.unsure) == (None, True)
    owing(alone, owed=False).comes(wrote("1"), COMPLETE)
    assert alone.follows() == (1, 1, 2)
    assert not alone.turns.unsure


def test_a_line_that_nobody_answers_after_them_is_put_again_whole() -> None:
    alone = owing(Alone()).types("one", "two").comes(wrote("The result is 4."), COMPLETE)
    assert alone.is_lost() == ([], [2])
    assert alone.follows() == (1, 2, 2)


def test_what_cuts_the_words_about_a_result_is_answered_next() -> None:
    alone = owing(Alone()).types("one").comes(wrote("The res"), INTERRUPTED, COMPLETE)
    assert (alone.follows(), alone.turns.front) == ((1, 1, 2), 2)


@pytest.mark.parametrize("owed", [True, False])
def test_a_line_into_a_reply_waits_behind_the_words_about_results_where_they_are_still_owed(owed: bool) -> None:
    alone = owing(Alone().comes(wrote("0"))).types("one").comes(COMPLETE)
    assert owing(alone, owed=owed).comes(wrote("so"), COMPLETE).turns.unsure == owed


def test_and_so_do_those_after_it() -> None:
    alone = owing(owing(Alone().comes(wrote("0"))).types("one", "two").comes(COMPLETE))
    alone.comes(wrote("so"), COMPLETE, wrote("1"), COMPLETE)
    assert (alone.follows(), alone.turns.unsure) == ((2, 2, 3), True)
    alone.comes(wrote("2"), COMPLETE)
    assert (alone.follows(), alone.turns.unsure) == ((3, 1, 4), False)


def test_but_not_later_than_when_their_time_comes() -> None:
    alone = owing(owing(Alone().comes(wrote("0"))).types("one").comes(COMPLETE), owed=False)
    assert not owing(alone).comes(wrote("1"), COMPLETE).turns.unsure


@pytest.mark.parametrize("sign", ["a call", "an interruption"])
def test_a_sign_without_words_is_of_the_lines_that_may_be_unanswered(sign: str) -> None:
    alone = Alone().types("one", "two", "three").comes(wrote("1"), COMPLETE)
    if sign == "a call":
        alone.turns.called(1.0)
    else:
        alone.comes(INTERRUPTED, COMPLETE, now=1.0)
    assert alone.follows() == (1, 2, 2)
    assert alone.turns.front == 2
    alone.comes(wrote("2 and 3"), COMPLETE)
    assert alone.turns.unsure == (sign == "a call"), "of what was cut the server had taken in the third"


def test_lines_that_may_be_unanswered_wait_for_a_connection_without_end() -> None:
    alone = Alone().types("one", "two").comes(wrote("1"), COMPLETE)
    assert alone.is_lost(1.0) == ([], [2])
    assert alone.turns.answer_by == inf


def test_it_does_not_where_there_were_no_results_when_it_was_typed() -> None:
    alone = Alone().comes(wrote("0")).types("one")
    assert not owing(alone).comes(COMPLETE, wrote("1"), COMPLETE).turns.unsure


def test_nor_where_it_has_cut_that_reply() -> None:
    alone = owing(Alone().comes(wrote("0"))).types("one").comes(INTERRUPTED, COMPLETE)
    assert not alone.comes(wrote("1"), COMPLETE).turns.unsure


def test_nor_where_something_was_spoken_before_it() -> None:
    alone = owing(Alone().comes(read("zero"))).types("one").comes(wrote("0"), COMPLETE)
    assert alone.turns.unsure
    assert alone.comes(wrote("1")).follows() == (1, 1, 2)


def test_a_line_that_is_put_again_is_behind_nothing() -> None:
    alone = owing(Alone()).types("one")
    assert alone.is_lost() == ([], [1])
    assert alone.turns.asked_again(1, 1.0) == 1
    assert not alone.comes(wrote("1"), COMPLETE).turns.unsure


# ----------------------------------------------------------------------------------------- another connection


def test_with_a_connection_goes_what_it_might_have_said() -> None:
    alone = Alone().types("one").comes(INTERRUPTED)
    assert alone.is_lost() == ([], [1])
    assert (alone.turns.silent_since, alone.turns.answer_by, alone.turns.deadline) == (inf, inf, inf)
    assert alone.turns.asked_again(1, 5.0) == 1
    alone.comes(COMPLETE, now=6.0)
    assert alone.turns.deadline == 6.0 + EMPTY_S, "it goes with nothing that came over the other"


def test_no_mark_that_the_lost_connection_owed_is_looked_for() -> None:
    alone = Alone().comes(wrote("0"), INTERRUPTED)
    alone.turns.ticked(LATE_CHUNKS_S)
    alone.is_lost(LATE_CHUNKS_S)
    alone.types("one", now=LATE_CHUNKS_S).comes(COMPLETE, now=LATE_CHUNKS_S)
    assert alone.turns.deadline == LATE_CHUNKS_S + EMPTY_S


def test_nor_is_a_reason_that_is_given_again_the_doublet_of_one_before() -> None:
    alone = Alone().types("one").comes(REFUSED)
    alone.turns.ticked(EMPTY_S)
    alone.is_lost(EMPTY_S)
    alone.types("two", now=EMPTY_S).comes(REFUSED, now=EMPTY_S)
    assert alone.turns.deadline == EMPTY_S * 2


def test_what_was_whole_has_ended_and_what_was_cut_too_but_that_is_put_again() -> None:
    alone = Alone().comes(wrote("0"), GENERATED)
    assert alone.is_lost() == ([], [])
    alone.comes(wrote("1"))
    assert alone.is_lost() == ([2], [])
    assert alone.ends == [TurnEnded(1, "", "0", False, 0), TurnEnded(2, "", "1", True, 0, "connection lost")]


def test_where_an_interaction_has_several_spoken_turns_none_is_known_to_be_whole() -> None:
    assert Alone(interacts=True).comes(wrote("0"), GENERATED).is_lost() == ([1], [])


def test_what_was_interrupted_is_over_and_not_put_again() -> None:
    alone = Alone().types("one").comes(wrote("1"), INTERRUPTED)
    assert alone.is_lost() == ([], [])
    assert alone.ends == [TurnEnded(1, "one", "1", True, 0)]


def test_what_was_typed_into_an_answer_that_is_cut_is_put_again_after_its_question_in_one_turn() -> None:
    alone = Alone().types("one").comes(wrote("1")).types("two")
    assert alone.is_lost() == ([1], [2])
    assert [(end.turn, end.interrupted, end.reason) for end in alone.ends] == [
        *((1, True, "connection lost"), (2, True, "connection lost")),
    ]
    assert alone.turns.asked_again(1, 1.0, messages=2) == 3


def test_a_question_that_is_put_again_keeps_its_turn_its_words_and_is_owed_an_answer() -> None:
    alone = Alone().types("one")
    alone.is_lost()
    assert alone.turns.asked_again(1, 5.0) == 1
    assert alone.turns.silent_since == 5.0
    alone.comes(wrote("1"), COMPLETE)
    assert alone.ends == [TurnEnded(1, "one", "1", False, 0)]
    assert len([told for told in alone.told if isinstance(told, UserSaid)]) == 1, "nothing of it is news"
    assert not alone.turns.unsure


def test_an_answer_that_is_cut_by_the_loss_is_not_unsure_for_its_lines_are_put_again_anyway() -> None:
    alone = Alone().types("one", "two").comes(wrote("1"))
    assert alone.is_lost() == ([1], [])
    assert not alone.turns.unsure


def test_words_that_are_heard_again_are_told_again_after_the_lines() -> None:
    alone = Alone().types("one", "two").comes(read("three", finished=True))
    alone.turns.heard_again(1)
    alone.told.clear()
    alone.comes(read("three", finished=True))
    assert alone.told == [UserSaid(1, "three", "one\ntwo\nthree", final=True)]


def test_of_a_turn_that_was_only_spoken_they_are_not_final_again() -> None:
    alone = Alone().comes(read("one", finished=True))
    alone.turns.heard_again(1)
    alone.turns.heard_again(7)
    alone.told.clear()
    alone.comes(read("one"), read(" more", finished=True))
    assert alone.told == [UserSaid(1, "one", "one", final=False), UserSaid(1, " more", "one more", final=True)]


def test_another_speaker_has_nothing_of_what_was_queued_at_the_one_before() -> None:
    alone = Alone(plays=True).comes(sound(), INTERRUPTED, COMPLETE, sound(), COMPLETE)
    assert len(alone.ends) == 1
    alone.turns.speaker_changed()
    assert (len(alone.ends), alone.turns.open, alone.turns.progress) == (2, False, None)
    alone.turns.silenced(1.0)
    assert not [told for told in alone.told if isinstance(told, FellSilent)]


# ------------------------------------------------------------------- lines that cross the words about further results


def leaving(alone: Alone, *round_trips: float) -> Alone:
    """The model may yet speak of further results, over connections whose setups were answered in so long."""
    for seconds in round_trips:
        alone.turns.answered_in(seconds)
    alone.turns.wait_for_tools(False, 0.0, left=True)
    return alone


@pytest.mark.parametrize(("came", "crossed"), [(5.05, True), (5.1, False)])
def test_what_comes_sooner_than_a_server_can_answer_was_begun_before_the_line(came: float, crossed: bool) -> None:
    alone = leaving(Alone(), 0.1).types("one", now=5.0).comes(wrote("And the other is 5."), COMPLETE, now=came)
    assert alone.turns.unsure == crossed
    alone.comes(wrote("1"), now=6.0)
    assert alone.follows() == ((1, 1, 2) if crossed else None)


@pytest.mark.parametrize(("round_trips", "crossed"), [([0.1, 1.0], True), ([1.0, 0.1], True), ([0.01, 0.1], False)])
def test_the_shortest_way_there_and_back_counts(round_trips: list[float], crossed: bool) -> None:
    alone = leaving(Alone(), *round_trips).types("one").comes(wrote("so"), COMPLETE, now=0.05)
    assert alone.turns.unsure == crossed


def test_where_it_is_not_known_how_soon_a_server_can_answer_no_line_is_crossed() -> None:
    assert not leaving(Alone()).types("one").comes(wrote("1"), COMPLETE, now=0.05).turns.unsure


def test_where_no_results_are_left_no_line_is_crossed() -> None:
    alone = leaving(Alone(), 0.1)
    alone.turns.wait_for_tools(False, 0.0)
    assert not alone.types("one").comes(wrote("1"), COMPLETE, now=0.05).turns.unsure


def test_what_is_said_in_pieces_crosses_a_line_once() -> None:
    alone = leaving(Alone(), 0.1).types("one").comes(wrote("hm", thought=True), wrote("The"), wrote(" other"), now=0.05)
    alone.comes(COMPLETE, wrote("1"), COMPLETE, now=0.2)
    assert alone.follows() == (1, 1, 2)
    assert not alone.turns.unsure, "one line was crossed by one answer"


def test_a_call_may_be_about_the_lines_that_were_not_answered_and_elsewhere_begins_no_turn() -> None:
    alone = Alone().types("one", "two").comes(wrote("1"), COMPLETE)
    alone.turns.called(3.0)
    assert (alone.follows(), alone.turns.front, alone.turns.unsure) == ((1, 1, 2), 2, False)
    alone.comes(wrote("2"), COMPLETE)
    alone.turns.called(4.0)
    assert (alone.turns.front, alone.turns.begun) == (0, 2)
