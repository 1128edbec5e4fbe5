"""Plays of the client's mind: what happens (`>>`) and what must come out (`<<`)."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.closing import Facts
from livechat.conversation import DOUBLET_S, EARLY_FRAMES, LATE_CHUNKS_S, MISSING_END_S, Conversation, Terms
from livechat.events import (
    CloseLink,
    Ended,
    Event,
    Failed,
    FinishPlaying,
    Garbled,
    GoingAway,
    Heard,
    HearingEnded,
    Input,
    Interrupted,
    Left,
    Lost,
    ModelSaid,
    ModelThought,
    Noted,
    Opened,
    Output,
    Play,
    Played,
    Ready,
    Received,
    Refused,
    ReplyCame,
    Send,
    SendSound,
    StopPlaying,
    Ticked,
    TurnEnded,
    Typed,
    UsageCounted,
    UserSaid,
)
from livechat.protocol.client import ClientContent, ClientMessage, RealtimeInput, ToolResponse
from livechat.protocol.codec import decode_server_message
from livechat.protocol.parts import Blob, Content, FunctionResponse, Part
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from tests.playbook import Playbook, after, nothing

SECOND = bytes(48_000)
"""One second of sound at 24 kHz."""

SETUP = Setup(model="models/gemini-3.8-live")


def mind(model: str = "models/gemini-3.8-live", *, plays: bool = True) -> Conversation:
    return Conversation(Terms(Setup(model=model), plays=plays, facts=Facts(server="somewhere")))


def play(conversation: Conversation, *ignore: type[Output]) -> Playbook[Input, Output]:
    """A play of a session that is already open."""
    conversation.handle(Opened(), 0.0)
    conversation.handle(came({"setupComplete": {}}), 0.0)
    return Playbook(conversation, tick=Ticked, ignore=(ReplyCame, *ignore))


def came(message: dict[str, object]) -> Received:
    return Received(decode_server_message(json.dumps(message)))


def content(**fields: object) -> Received:
    return came({"serverContent": fields})


def sound(pcm: bytes = SECOND) -> Received:
    part = Part(inline_data=Blob(data=pcm, mime_type="audio/pcm;rate=24000"))
    message = ServerMessage.model_validate({"serverContent": {"modelTurn": {}}})
    assert message.server_content
    message.server_content.model_turn = Content(parts=[part])
    return Received(message)


def said(text: str) -> Received:
    return content(outputTranscription={"text": text})


def wrote(text: str, **part: object) -> Received:
    return content(modelTurn={"parts": [{"text": text, **part}]})


COMPLETE = content(turnComplete=True)
GENERATED = content(generationComplete=True)
INTERRUPTED = content(interrupted=True)
PLAYED_ALL = Played(24_000)


def typed(text: str) -> Send:
    words = Content(role="user", parts=[Part(text=text)])
    return Send(ClientMessage(client_content=ClientContent(turns=[words], turn_complete=True)))


# ------------------------------------------------------------------------------------------------ the link


def test_an_open_socket_is_greeted_with_the_setup_and_nothing_else() -> None:
    assert Playbook(mind()) >> Opened() << Send(ClientMessage(setup=SETUP)) << nothing


def test_what_was_said_before_the_setup_is_complete_is_sent_right_after_it() -> None:
    assert (
        Playbook(mind())
        >> Typed("hello")
        >> Heard(b"\1\0")
        >> Opened()
        << Send
        >> came({"setupComplete": {"sessionId": "abc"}})
        << Ready("models/gemini-3.8-live", "abc")
        << SendSound(b"\1\0")
        << typed("hello")
        << UserSaid(1, "hello", "hello", final=True)
    )


def test_sound_that_ended_before_the_setup_is_complete_is_still_marked_as_ended() -> None:
    book = Playbook(mind()) >> Heard(b"\1\0") >> HearingEnded() >> Opened() << Send >> came({"setupComplete": {}})
    book = book << Ready << SendSound(b"\1\0")
    assert book << Send(ClientMessage(realtime_input=RealtimeInput(audio_stream_end=True)))


def test_the_oldest_of_too_many_early_frames_go() -> None:
    conversation = mind()
    for number in range(EARLY_FRAMES + 5):
        conversation.handle(Heard(number.to_bytes(2, "little")), 0.0)
    conversation.handle(Opened(), 0.0)
    out = conversation.handle(came({"setupComplete": {}}), 0.0)
    sent = [one.pcm for one in out if isinstance(one, SendSound)]
    assert len(sent) == EARLY_FRAMES
    assert sent[0] == (5).to_bytes(2, "little")


def test_a_server_that_does_not_answer_the_setup_is_given_up_after_ten_seconds() -> None:
    conversation = mind()
    book = Playbook[Input, Output](conversation, tick=Ticked) >> Opened() << Send >> after(9.9) << nothing >> after(0.2)
    failed, *rest = book.take()
    assert isinstance(failed, Failed)
    assert failed.exit_code == 69
    assert "did not answer the setup within 10 s" in failed.what
    assert rest == [CloseLink(), Ended("failed", 0, 0)]
    assert book
    assert conversation.over


def test_a_second_setup_complete_is_no_news() -> None:
    assert play(mind()) >> came({"setupComplete": {}}) << nothing


def test_a_refused_connection_fails_with_its_cause() -> None:
    book = Playbook(mind()) >> Refused("http", "bad key", 403)
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 77
    assert book


def test_a_frame_that_is_not_the_protocol_ends_the_session_with_76() -> None:
    book = play(mind()) >> Garbled("not JSON: '<html>'")
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 76
    assert "<html>" in failed.what
    assert book


def test_after_the_end_nothing_is_answered() -> None:
    book = play(mind()) >> Left() << CloseLink() << Ended("left", 0, 0)
    assert book >> Typed("hello?") << nothing >> COMPLETE << nothing


def test_a_normal_close_between_turns_is_the_end_and_no_failure() -> None:
    assert play(mind()) >> Lost(1000, "") << CloseLink() << Ended("closed", 0, 0)


def test_a_normal_close_leaves_the_speaker_its_last_words() -> None:
    book = play(mind(), ModelSaid) >> sound() << Play >> COMPLETE << FinishPlaying(1)
    assert (
        book
        >> Lost(1000, "")
        << nothing
        >> Typed("more")
        << Noted
        >> Heard(b"\0\0")
        << nothing
        >> HearingEnded()
        << nothing
        >> PLAYED_ALL
        << TurnEnded
        << CloseLink()
        << Ended("closed", 1, 0)
    )


def test_a_normal_close_in_the_middle_of_a_turn_is_a_failure() -> None:
    book = play(mind(), UserSaid, Send) >> Typed("hello") >> Lost(1000, "")
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 75
    assert book


def test_a_close_during_the_setup_names_what_we_sent_last() -> None:
    book = Playbook(mind()) >> Opened() << Send >> Lost(1007, "Request contains an invalid argument.")
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 76
    assert "setup" in failed.error.why
    assert book


@pytest.mark.parametrize("time_left", ["nans", "infs", "-1e999s", "s", "50"])
def test_a_warning_with_no_time_or_an_endless_one_is_still_told_in_seconds(time_left: str) -> None:
    told = play(mind()) >> came({"goAway": {"timeLeft": time_left}})
    assert told << GoingAway(50.0 if time_left == "50" else 0.0)


def test_a_warning_before_the_close_is_told_and_remembered() -> None:
    book = play(mind()) >> came({"goAway": {"timeLeft": "50s"}}) << GoingAway(50.0)
    book = book >> came({"goAway": {"timeLeft": "soon"}}) << GoingAway(0.0) >> came({"goAway": {}}) << GoingAway(0.0)
    book = book >> Lost(1011, "Deadline expired before operation could complete.")
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert "goAway" in failed.error.why
    assert book


# ------------------------------------------------------------------------------------------------ the user


def test_sound_goes_out_as_it_comes_and_its_end_is_marked() -> None:
    book = play(mind()) >> Heard(b"\2\0") << SendSound(b"\2\0") >> HearingEnded()
    assert book << Send(ClientMessage(realtime_input=RealtimeInput(audio_stream_end=True)))


def test_typed_text_takes_the_road_its_model_takes() -> None:
    book = play(mind("models/gemini-3.1-flash-live-preview"), UserSaid) >> Typed("hi")
    assert book << Send(ClientMessage(realtime_input=RealtimeInput(text="hi")))


def test_two_lines_before_any_answer_are_one_turn() -> None:
    book = play(mind(), Send) >> Typed("one") << UserSaid(1, "one", "one", final=True)
    assert book >> Typed("two") << UserSaid(1, "two", "one\ntwo", final=True)


def test_a_line_during_a_reply_begins_the_next_turn() -> None:
    book = play(mind(plays=False), Send) >> wrote("Once") << ModelSaid(1, "Once", spoken=False)
    assert book >> Typed("stop") << UserSaid(2, "stop", "stop", final=True)


def test_words_without_any_answer_are_given_up_and_said() -> None:
    book = play(mind(), UserSaid, Send) >> Typed("hello") >> after(59.9) << nothing >> after(0.2)
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 75
    assert book


# --------------------------------------------------------------------------------------- a turn, told well


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


def test_words_that_come_after_their_turn_has_ended_still_belong_to_it() -> None:
    book = play(mind(plays=False)) >> said("Four.") << ModelSaid >> COMPLETE << TurnEnded
    book = book >> content(inputTranscription={"text": "2+2"}) << UserSaid(1, "2+2", "2+2", final=False)
    assert book >> content(inputTranscription={"text": "And"}) << UserSaid(2, "And", "And", final=False)


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


# ---------------------------------------------------------------------------------------- marks too many


def test_a_doubled_turn_complete_ends_a_turn_once() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> COMPLETE << TurnEnded
    assert book >> COMPLETE << nothing >> GENERATED << nothing >> INTERRUPTED << nothing


def test_a_doublet_that_meets_the_next_question_does_not_end_it() -> None:
    book = play(mind(plays=False), Send, UserSaid, ModelSaid) >> Typed("a") >> wrote("A") >> COMPLETE << TurnEnded
    book = book >> Typed("b") >> COMPLETE << nothing >> COMPLETE << nothing >> after(DOUBLET_S / 2) >> wrote("B")
    assert book >> after(DOUBLET_S * 2) << nothing >> COMPLETE << TurnEnded(2, "b", "B", False, 0)


def test_a_turn_the_model_passes_over_in_silence_ends_after_a_moment() -> None:
    book = (
        play(mind(), Send, UserSaid) >> Typed("a") >> content(turnComplete=True, turnCompleteReason="NEED_MORE_INPUT")
    )
    assert book >> after(DOUBLET_S * 0.9) << nothing >> after(0.1) << TurnEnded(1, "a", "", False, 0, "NEED_MORE_INPUT")


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


def test_after_an_interruption_the_users_new_words_open_the_next_turn() -> None:
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> INTERRUPTED << Interrupted
    book = book >> content(inputTranscription={"text": "No"}) << UserSaid(2, "No", "No", final=False)
    assert book >> wrote("Sorry") << TurnEnded(1, "", "x", True, 0, "missing turnComplete") << UserSaid


def test_a_report_of_more_sound_than_was_queued_credits_nobody() -> None:
    assert play(mind()) >> Played(100) << nothing


# -------------------------------------------------------------------------- several spoken turns, one reply


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


# --------------------------------------------------------------------------------------------- the rest


def test_usage_is_told_before_the_end_of_its_turn() -> None:
    usage = {"promptTokenCount": 5, "responseTokenCount": 3}
    book = play(mind(plays=False), ModelSaid) >> wrote("x")
    book = book >> came({"serverContent": {"turnComplete": True}, "usageMetadata": usage})
    assert book << UsageCounted({"text": 5}, {"text": 3}, 0, 8) << TurnEnded


def test_usage_beside_a_doubled_turn_complete_is_counted_once() -> None:
    end = came({"serverContent": {"turnComplete": True}, "usageMetadata": {"promptTokenCount": 5}})
    book = play(mind(plays=False), ModelSaid) >> wrote("x") >> end << UsageCounted({"text": 5}, {}, 0, 5) << TurnEnded
    assert book >> end << UsageCounted({"text": 5}, {}, 0, 5)


def test_usage_of_the_next_reply_is_its_own_though_the_one_before_still_plays() -> None:
    def end(tokens: int) -> Received:
        usage = {"responseTokenCount": tokens}
        return came({"serverContent": {"turnComplete": True}, "usageMetadata": usage})

    book = play(mind(), Play, FinishPlaying) >> sound() >> end(25) << UsageCounted({}, {"text": 25}, 0, 25)
    assert book >> sound() >> sound() >> end(50) << UsageCounted({}, {"text": 75}, 0, 75)


def test_usage_beside_the_first_words_of_a_turn_belongs_to_that_turn() -> None:
    def whole(text: str) -> Received:
        words = {"modelTurn": {"parts": [{"text": text}]}, "turnComplete": True}
        return came({"serverContent": words, "usageMetadata": {"responseTokenCount": 10}})

    book = play(mind(plays=False), ModelSaid, TurnEnded) >> whole("one") << UsageCounted({}, {"text": 10}, 0, 10)
    assert book >> whole("two") << UsageCounted({}, {"text": 20}, 0, 20)


def test_a_call_of_a_tool_that_was_not_offered_is_answered_so_that_the_session_goes_on() -> None:
    book = play(mind()) >> came({"toolCall": {"functionCalls": [{"id": "1", "name": "rm"}]}})
    refused = FunctionResponse(id="1", name="rm", response={"error": "this client offers no tools"})
    book = book << Send(ClientMessage(tool_response=ToolResponse(function_responses=[refused]))) << Noted
    assert book >> came({"toolCall": {}}) << nothing


def test_an_error_object_is_told() -> None:
    assert play(mind()) >> came({"error": {"code": 3}}) << Noted


def test_its_state_shows() -> None:
    conversation = mind()
    assert repr(conversation) == "<Conversation CONNECTING>"
    play(conversation).take()
    conversation.handle(sound(), 0.0)
    assert conversation.in_turn
    assert repr(conversation) == "<Conversation OPEN turn=1 queued=1000ms>"
    conversation.handle(INTERRUPTED, 0.0)
    assert repr(conversation) == "<Conversation OPEN turn=1!>"


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


@pytest.mark.parametrize("reason", ["", "x"])
def test_every_news_is_an_event(reason: str) -> None:
    assert isinstance(Ended(reason, 0, 0), Event)
