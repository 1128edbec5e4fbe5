"""Plays of turns: what happens (`>>`) and what must come out (`<<`)."""

from __future__ import annotations

from itertools import pairwise
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
