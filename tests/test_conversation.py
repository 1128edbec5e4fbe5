"""Plays of the client's mind: what happens (`>>`) and what must come out (`<<`)."""

from __future__ import annotations

import pytest

from livechat.conversation import GARBLED, Conversation, Terms
from livechat.events import (
    CloseLink,
    Ended,
    Event,
    Failed,
    FinishPlaying,
    FloorClaimed,
    FloorYielded,
    Garbled,
    GoingAway,
    Heard,
    HearingEnded,
    Hushed,
    Input,
    Interrupted,
    Left,
    Lost,
    ModelSaid,
    Noted,
    Opened,
    Output,
    Play,
    Ready,
    Received,
    Refused,
    Send,
    SendSound,
    StopPlaying,
    Ticked,
    TurnEnded,
    Typed,
    UsageCounted,
    UserSaid,
)
from livechat.hearing import LOUD
from livechat.outgoing import HELD_FRAMES
from livechat.protocol.client import ActivityEnd, ActivityStart, ClientMessage, RealtimeInput, ToolResponse
from livechat.protocol.parts import FunctionResponse
from livechat.protocol.setup import Setup
from tests.conversation_help import (
    COMPLETE,
    INTERRUPTED,
    PLAYED_ALL,
    SETUP,
    came,
    mind,
    play,
    sound,
    typed,
    wrote,
)
from tests.playbook import Playbook, after, nothing

START = ClientMessage(realtime_input=RealtimeInput(activity_start=ActivityStart()))
END = ClientMessage(realtime_input=RealtimeInput(activity_end=ActivityEnd()))

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
        << typed("hello")
        << UserSaid(1, "hello", "hello", final=True)
        << SendSound(b"\1\0")
    )


def test_sound_that_ended_before_the_setup_is_complete_is_still_marked_as_ended() -> None:
    book = Playbook(mind()) >> Heard(b"\1\0") >> HearingEnded() >> Opened() << Send >> came({"setupComplete": {}})
    book = book << Ready << SendSound(b"\1\0")
    assert book << Send(ClientMessage(realtime_input=RealtimeInput(audio_stream_end=True)))


def test_the_oldest_of_too_many_early_frames_go() -> None:
    conversation = mind()
    for number in range(HELD_FRAMES + 5):
        conversation.handle(Heard((LOUD + number).to_bytes(2, "little") * 320), 0.0)
    conversation.handle(Opened(), 0.0)
    out = conversation.handle(came({"setupComplete": {}}), 0.0)
    sent = [one.pcm for one in out if isinstance(one, SendSound)]
    assert len(sent) == HELD_FRAMES
    assert sent[0] == (LOUD + 5).to_bytes(2, "little") * 320


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


def test_a_frame_that_is_not_the_protocol_is_told_once_and_ends_nothing() -> None:
    told = Noted("the server sent what is not the Live protocol: not JSON: '<html>'")
    assert play(mind()) >> Garbled("not JSON: '<html>'") << told >> Garbled("again") << nothing >> COMPLETE << nothing
    assert play(mind()) >> Garbled("a") << Noted >> COMPLETE >> Garbled("b") << Noted


def test_a_server_that_sends_nothing_else_is_given_up_with_76() -> None:
    book = play(mind())
    for number in range(GARBLED):
        book = book >> Garbled(f"not JSON: {number}")
        told = book.take()
        assert isinstance(told[0], Noted) if number == 0 else number == GARBLED - 1 or not told
    failed = told[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 76
    assert failed.what == "somewhere sent what is not the Live protocol"
    assert failed.error.why == f"not JSON: {GARBLED - 1}"
    assert book


def test_what_answers_a_setup_and_is_not_the_protocol_ends_the_session_at_once() -> None:
    conversation = mind()
    conversation.handle(Opened(), 0.0)
    failed = conversation.handle(Garbled("<html>"), 0.0)[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 76


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


def manual() -> Conversation:
    detection = {"automaticActivityDetection": {"disabled": True}}
    return Conversation(Terms(Setup.model_validate({"realtimeInputConfig": detection}), plays=True))


def test_who_marks_the_activity_says_when_it_begins_and_ends_and_no_pause_of_the_stream() -> None:
    book = play(manual()) >> FloorClaimed() << Send(START) >> Heard(b"\2\0") << SendSound(b"\2\0")
    assert book >> FloorYielded() << Send(END) >> HearingEnded() << nothing


def test_an_activity_before_the_session_is_open_is_marked_when_it_is() -> None:
    book = Playbook(manual()) >> FloorClaimed() >> Heard(b"\1\0") >> FloorYielded() >> Opened() << Send
    assert book >> came({"setupComplete": {}}) << Ready << Send(START) << SendSound(b"\1\0") << Send(END)


def test_no_activity_is_marked_when_the_server_has_closed() -> None:
    book = play(mind()) >> sound() << Play >> COMPLETE << FinishPlaying >> Lost(1000, "") << nothing
    assert book >> FloorClaimed() << nothing >> HearingEnded() << nothing


def test_typed_text_takes_the_road_its_model_takes() -> None:
    book = play(mind("models/gemini-3.1-flash-live-preview"), UserSaid) >> Typed("hi")
    assert book << Send(ClientMessage(realtime_input=RealtimeInput(text="hi")))


def test_words_without_any_answer_are_given_up_and_said() -> None:
    book = play(mind(), UserSaid, Send) >> Typed("hello") >> after(59.9) << nothing >> after(0.2)
    failed = book.take()[0]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 75
    assert book


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


def test_what_the_user_wants_no_more_of_is_cut_off() -> None:
    book = play(mind()) >> sound() << Play >> Hushed() << StopPlaying() << Interrupted(1, 0, 1000, "", "")
    assert book >> sound() << nothing


def test_a_time_that_comes_between_is_no_news() -> None:
    assert play(mind()) >> Ticked() << nothing


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


@pytest.mark.parametrize("reason", ["", "x"])
def test_every_news_is_an_event(reason: str) -> None:
    assert isinstance(Ended(reason, 0, 0), Event)
