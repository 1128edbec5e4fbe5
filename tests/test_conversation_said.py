"""Plays of what a program says in the protocol's own words, and of the calls that it answers itself."""

from __future__ import annotations

from typing import Any

from livechat.conversation import Conversation, Terms
from livechat.events import (
    Answered,
    CancelTool,
    CheckTool,
    CloseLink,
    Ended,
    Failed,
    FinishPlaying,
    FloorClaimed,
    Heard,
    HearingEnded,
    Left,
    Lost,
    ModelSaid,
    Noted,
    Opened,
    Play,
    Played,
    Ready,
    ReplyCame,
    RunTool,
    Said,
    Send,
    SendSound,
    SpeakerChanged,
    ToolAllowed,
    ToolDenied,
    ToolEnded,
    ToolFinished,
    ToolStarted,
    ToolStopped,
    TurnEnded,
    Typed,
    UserSaid,
    VoiceEnded,
)
from livechat.protocol.client import ClientMessage
from livechat.protocol.setup import Setup
from livechat.tool_calls import ToolRule
from tests.conversation_help import COMPLETE, PLAYED_ALL, came, mind, play, sound, wrote
from tests.playbook import Playbook, after, nothing


def message(**fields: object) -> ClientMessage:
    return ClientMessage.model_validate(fields)


def content(*texts: str, role: str = "user", complete: bool = True) -> ClientMessage:
    turns = [{"role": role, "parts": [{"text": text} for text in texts]}] if texts else None
    return message(clientContent={"turns": turns, "turnComplete": complete})


PICTURE = message(realtimeInput={"video": {"mimeType": "image/jpeg", "data": b"jpeg"}})
ACTIVITY = message(realtimeInput={"activityStart": {}})
UPDATE = message(contextUpdate={"tools": {"tools": []}})
ANSWER = message(toolResponse={"functionResponses": [{"id": "1", "name": "f", "response": {"output": "ok"}}]})
CALL = came({"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {"x": 2}}]}})


def helped(setup: dict[str, Any] | None = None) -> Conversation:
    """A mind whose program answers calls."""
    return Conversation(
        Terms(Setup.model_validate({"model": "models/m", **(setup or {})}), plays=True, answers_calls=True)
    )


def test_contents_go_out_as_they_are_and_begin_a_turn_when_they_complete_it() -> None:
    book = play(mind()) >> Said(content("one", complete=False)) << Send(content("one", complete=False))
    book = book >> Said(content("two", "three")) << Send(content("two", "three"))
    assert book << UserSaid(1, "one\ntwo\nthree", "one\ntwo\nthree", final=True)


def test_nothing_more_to_say_completes_the_turn_too() -> None:
    book = play(mind(), Send) >> Said(content("one", complete=False)) << nothing
    assert book >> Said(content()) << UserSaid(1, "one", "one", final=True)


def test_what_the_model_said_before_is_none_of_the_user_s_words() -> None:
    assert play(mind(), Send) >> Said(content("I said", role="model")) << UserSaid(1, "", "", final=True)


def test_history_that_was_announced_is_no_turn() -> None:
    book = play(helped({"historyConfig": {"initialHistoryInClientContent": True}}), Send)
    book = book >> Said(content("long ago", complete=False)) >> Said(content("since then")) << nothing
    assert book >> Said(content("now")) << UserSaid(1, "now", "now", final=True)


def test_live_text_is_typed_text() -> None:
    said = message(realtimeInput={"text": "hi"})
    assert play(mind()) >> Said(said) << Send(said) << UserSaid(1, "hi", "hi", final=True)


def test_pictures_and_new_contexts_are_sent_and_change_nothing_else() -> None:
    assert play(mind()) >> Said(PICTURE) << Send(PICTURE) >> Said(UPDATE) << Send(UPDATE)


def test_the_user_s_activity_takes_back_the_end_of_the_voice_before() -> None:
    book = play(mind(), Play, ModelSaid) >> VoiceEnded(0.0) >> Said(ACTIVITY) << Send(ACTIVITY)
    assert book >> sound() >> Played(10) << nothing
    book = play(mind(), Play, ModelSaid) >> VoiceEnded(0.0) >> sound() >> Played(10)
    assert book << Answered


def test_what_is_said_before_the_session_is_open_follows_in_order_but_for_pictures() -> None:
    book = Playbook(mind()) >> Said(PICTURE) >> FloorClaimed() >> Said(UPDATE) >> Opened() << Send
    assert book >> came({"setupComplete": {}}) << Ready << Send(ACTIVITY) << Send(UPDATE)


def test_what_is_said_to_a_server_that_has_closed_is_told_to_be_lost() -> None:
    book = play(mind()) >> sound() << Play >> COMPLETE << FinishPlaying >> Lost(1000, "") << nothing
    assert book >> Said(content("too late")) << Noted


def test_a_call_is_left_to_who_answers_calls_and_ends_with_its_answer() -> None:
    book = play(helped()) >> wrote("wait") << ModelSaid >> CALL << ToolStarted(1, "1", "f", {"x": 2}) >> CALL << nothing
    assert book >> Said(ANSWER) << Send(ANSWER) << ToolEnded(1, "1", "f", "done", 0, "ok") >> Said(ANSWER) << Send


def test_a_call_that_is_cancelled_ends_there() -> None:
    book = play(helped()) >> CALL << ToolStarted >> came({"toolCallCancellation": {"ids": ["1"]}})
    assert book << ToolEnded(0, "1", "f", "cancelled", 0) >> came({"toolCallCancellation": {}}) << nothing


def test_another_speaker_owes_nothing_of_what_the_one_before_had_queued() -> None:
    book = play(mind(), FinishPlaying) >> sound() << Play >> COMPLETE << nothing >> SpeakerChanged()
    assert book << TurnEnded >> PLAYED_ALL << nothing


# --------------------------------------------------------------------------------------------------- tools


def handy(model: str = "models/gemini-3.8-live", **rules: ToolRule) -> Conversation:
    """A mind that runs the tool `f` itself."""
    return Conversation(Terms(Setup(model=model), plays=True, tools={"f": ToolRule("allow"), **rules}))


def response(**answer: object) -> Send:
    return Send(message(toolResponse={"functionResponses": [{"id": "1", "name": "f", "response": answer}]}))


def test_a_tool_is_run_and_its_answer_sent_before_it_is_told() -> None:
    book = play(handy()) >> CALL << ToolStarted(0, "1", "f", {"x": 2}) << RunTool("1", "f", {"x": 2})
    book = book >> ToolFinished("1", {"output": "ok"}) << response(output="ok")
    assert book << ToolEnded(0, "1", "f", "done", 0, "ok")


def test_the_user_s_word_reaches_the_call_it_is_about() -> None:
    book = play(handy(f=ToolRule()), CheckTool) >> CALL << ToolStarted(0, "1", "f", {"x": 2}, waits=True)
    book = book >> ToolAllowed("1") << ToolStarted << RunTool >> ToolStopped("1") << CancelTool("1")
    assert book << response(error="the user broke f off") << ToolEnded
    book = play(handy(f=ToolRule()), CheckTool) >> CALL << ToolStarted >> ToolDenied("1")
    assert book << response(error="the user did not allow f") << ToolEnded


def test_a_tool_that_hangs_is_given_up_at_its_time() -> None:
    book = play(handy()) >> CALL << ToolStarted << RunTool >> after(29.9) << nothing >> after(0.2)
    assert book << CancelTool("1") << response(error="no result within 30 s") << ToolEnded


def test_the_end_of_the_session_is_the_end_of_its_tools_and_sends_nothing_more() -> None:
    book = play(handy()) >> CALL << ToolStarted << RunTool >> Left() << CloseLink << CancelTool("1")
    assert book << ToolEnded(0, "1", "f", "cancelled", 0) << Ended


def test_a_lost_connection_ends_them_too() -> None:
    book = play(handy()) >> CALL << ToolStarted << RunTool >> Lost(1006, "") << Failed << CloseLink
    assert book << CancelTool("1") << ToolEnded << Ended


HELD = "models/gemini-2.5-flash-native-audio-latest"


def test_where_input_during_a_blocking_call_ends_the_session_it_is_held() -> None:
    book = play(handy(HELD)) >> CALL << ToolStarted << RunTool >> Heard(b"\1\0") >> HearingEnded() << nothing
    book = book >> ToolFinished("1", {"output": "ok"}) << response(output="ok") << ToolEnded
    assert book << SendSound(b"\1\0") << Send(message(realtimeInput={"audioStreamEnd": True}))


def test_elsewhere_the_user_is_heard_while_a_tool_runs() -> None:
    assert play(handy()) >> CALL << ToolStarted << RunTool >> Heard(b"\1\0") << SendSound(b"\1\0")


def test_a_turn_that_waits_for_a_tool_is_not_given_up() -> None:
    slow = ToolRule("allow", timeout_s=120)
    book = play(handy(f=slow), UserSaid, Send) >> Typed("weather?") >> CALL << ToolStarted << RunTool
    book = book >> after(100) << nothing >> ToolFinished("1", {"output": "ok"}) << ToolEnded >> after(59.9) << nothing
    assert book >> after(0.2) << Failed << CloseLink << Ended


def test_a_reply_that_was_generated_waits_for_its_tool_before_its_end_is_missed() -> None:
    book = play(handy(f=ToolRule("allow", timeout_s=120)), ModelSaid, ReplyCame, Send) >> wrote("let me see")
    book = book >> came({"serverContent": {"generationComplete": True}}) >> CALL << ToolStarted << RunTool
    book = book >> after(100) << nothing >> ToolFinished("1", {"output": "ok"}) << ToolEnded >> after(9.9) << nothing
    assert book >> after(0.2) << TurnEnded
