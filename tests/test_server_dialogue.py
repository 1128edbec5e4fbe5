"""The mind of the embedded server, in plays."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.protocol.server import ServerMessage, SetupComplete
from livechat.server.acts import (
    BeginUtterance,
    BeSilent,
    ClientSaid,
    Connected,
    Failed,
    FlushEars,
    Garbled,
    LeaveUnread,
    Listen,
    OpenEars,
    Order,
    Send,
    Speak,
    Spoken,
    Think,
    Thought,
    ThoughtEnded,
    Ticked,
    Told,
    Transcribe,
    Transcribed,
    WarmUp,
)
from livechat.server.dialogue import Dialogue
from livechat.server.ears import EarSettings
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    ENDS,
    GENERATED,
    INTERRUPTED,
    PAUSED,
    QUICK,
    RESUMED,
    SESSION,
    STARTED,
    VERTEX,
    answers,
    asks,
    closes,
    connected,
    content,
    frame,
    heard,
    hearing,
    sends_sound,
    session,
    setup,
    sounds,
    spoken,
    thinks,
    transcript,
    types,
    written,
)
from tests.playbook import Playbook, after, nothing

# ------------------------------------------------------------------------------------------- the setup


def test_a_setup_is_answered_first_and_at_once() -> None:
    assert (
        connected()
        >> setup(model=AUDIO_MODEL)
        << Send(ServerMessage(setup_complete=SetupComplete()))
        << OpenEars(EarSettings("HIGH", "HIGH", 20, 500))
    )


def test_only_a_session_that_will_be_spoken_in_warms_up_the_voice() -> None:
    for model, modality, warm in ((AUDIO_MODEL, "AUDIO", [WarmUp()]), ("gemini-2.0-flash-live-001", "TEXT", [])):
        dialogue = Dialogue(QUICK)
        orders = dialogue.handle(
            setup(f'{{"generationConfig": {{"responseModalities": ["{modality}"]}}}}', model=model), 0
        )
        assert orders[2:] == warm


def test_vertex_names_the_session_and_hears_with_low_sensitivity() -> None:
    assert (
        connected(VERTEX)
        >> setup(model=AUDIO_MODEL)
        << Send(ServerMessage(setup_complete=SetupComplete(session_id=str(SESSION))))
        << OpenEars(EarSettings("LOW", "LOW", 20, 500))
    )


def test_who_says_nothing_is_not_waited_for_without_end() -> None:
    assert connected() >> after(9.9) << nothing >> after(0.2) << BeSilent << closes(1011, "Deadline expired")


def test_after_the_setup_a_client_may_be_silent_for_ever() -> None:
    assert session() >> after(100_000) << nothing


def test_a_tick_too_early_changes_nothing() -> None:
    assert connected() >> Ticked() << nothing


def test_a_second_setup_is_refused() -> None:
    assert session() >> setup() << BeSilent << closes(1007, "Request contains an invalid argument.")


def test_anything_before_the_setup_is_refused() -> None:
    assert connected() >> asks("hello") << BeSilent << closes(1007)


def test_a_refused_setup_closes_with_the_reason_cut_to_123_bytes() -> None:
    play = connected() >> setup(model="gemini-9.9-live")
    silence, hang_up = play.take()
    assert silence == BeSilent()
    assert hang_up == closes(1008, "models/gemini-9.9-live is not found for API version v1, or is not supported for")
    assert len(getattr(hang_up, "reason", "").encode()) == 123
    assert play


def test_a_frame_that_is_not_the_protocol_is_refused() -> None:
    assert session() >> Garbled("Expecting value") << BeSilent << closes(1007, "Invalid JSON", "Expecting value")


def test_after_the_close_nothing_is_heard() -> None:
    dialogue = Dialogue(QUICK)
    play = Playbook[Told, Order](dialogue) >> Garbled("") << BeSilent << closes(1007)
    assert play >> asks("hello") << nothing >> Connected() << nothing
    assert dialogue.over
    assert dialogue.deadline is None
    assert "over" in repr(dialogue)


@pytest.mark.parametrize("field", ['"playbackControl": "PLAY"', '"musicGenerationConfig": {"bpm": 90}'])
def test_controls_of_music_are_refused(field: str) -> None:
    assert session() >> frame(f"{{{field}}}") << BeSilent << closes(1007)


def test_prompts_of_music_are_refused() -> None:
    prompts = frame('{"clientContent": {"weightedPrompts": [{"text": "jazz", "weight": 1}]}}')
    assert session() >> prompts << BeSilent << closes(1007)


def test_a_frame_that_says_nothing_we_know_changes_nothing() -> None:
    assert session() >> frame('{"brandNew": {}}') << nothing >> frame("{}") << nothing


def test_a_frame_says_one_thing() -> None:
    content = {"turns": [{"parts": [{"text": "hi"}]}], "turnComplete": True}
    first = {"setup": {"model": "models/gemini-2.0-flash-live-001"}, "clientContent": content}
    assert connected() >> frame(json.dumps(first)) << BeSilent << closes(1007)
    later = {"realtimeInput": {"text": "hi"}, "clientContent": content}
    assert session() >> frame(json.dumps(later)) << BeSilent << closes(1007)


# ----------------------------------------------------------------------------------------------- words


def test_words_can_come_in_several_contents_before_they_are_answered() -> None:
    assert (
        written()
        >> asks("one", complete=False)
        << nothing
        >> asks("I said one", complete=False, role="model")
        << nothing
        >> asks("two")
        << thinks(1, ("user", "one"), ("model", "I said one"), ("user", "two"))
    )


def test_a_turn_without_words_waits_for_words() -> None:
    play = written() >> frame('{"clientContent": {"turnComplete": true}}')
    (ended,) = play.take()
    assert isinstance(ended, Send)
    assert (
        ended.message.server_content
        == content(
            turn_complete=True, turn_complete_reason="NEED_MORE_INPUT", waiting_for_input=True
        ).message.server_content
    )
    assert play >> asks("", role="user") << ENDS


def test_history_that_was_announced_is_taken_in_silence() -> None:
    assert (
        written(agreed='{"historyConfig": {"initialHistoryInClientContent": true}}')
        >> asks("My name is Ada.", complete=False)
        << nothing
        >> asks("Hello Ada.", role="model")
        << nothing
        >> asks("Who am I?")
        << thinks(1, ("user", "My name is Ada."), ("model", "Hello Ada."), ("user", "Who am I?"))
    )


def test_a_model_that_takes_text_live_refuses_contents_in_mid_session() -> None:
    assert session(model="gemini-3.1-flash-live-preview") >> asks("hello") << BeSilent << closes(1007)


def test_such_a_model_takes_announced_history_and_live_text() -> None:
    assert (
        session('{"historyConfig": {"initialHistoryInClientContent": true}}', model="gemini-3.1-flash-live-preview")
        >> asks("I am Ada.")
        << nothing
        >> types("Who am I?")
        << thinks(1, ("user", "I am Ada."), ("user", "Who am I?"))
        >> asks("and?")
        << BeSilent
        << closes(1007)
    )


def test_thoughts_of_the_client_are_not_its_words() -> None:
    turn = '{"parts": [{"text": "hmm", "thought": true}, {"text": "hel"}, {"text": "lo"}, {"inlineData": {}}]}'
    assert (
        written()
        >> frame(f'{{"clientContent": {{"turns": [{turn}], "turnComplete": true}}}}')
        << thinks(1, ("user", "hello"))
    )


def test_a_server_that_breaks_says_so() -> None:
    assert session() >> Failed("no voice") << BeSilent << closes(1011, "Internal error encountered. no voice")


# -------------------------------------------------------------------------------------- spoken questions


def test_a_guess_that_comes_after_the_speaker_went_on_is_void() -> None:
    play = spoken() >> STARTED >> PAUSED << Transcribe(1) >> RESUMED << LeaveUnread(1)
    play = play >> Transcribed(1, "Tell", 300) << nothing >> ENDED << Transcribe(2)
    assert play >> Transcribed(2, "Tell me.", 500) << thinks(1, ("user", "Tell me."))


def test_a_guess_without_words_is_not_answered() -> None:
    assert spoken() >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "", 300) << nothing >> ENDED << nothing


def test_two_utterances_are_read_in_order_and_answered_together() -> None:
    assert (
        spoken(terms=replace(QUICK, speculative=False))
        >> STARTED
        >> ENDED
        << Transcribe(1)
        >> STARTED
        >> PAUSED
        << Transcribe(2)
        >> Transcribed(2, "Two.", 10)
        << nothing
        >> ENDED
        << nothing
        >> Transcribed(1, "One.", 10)
        << thinks(1, ("user", "One."), ("user", "Two."))
    )


def test_noise_is_not_answered() -> None:
    assert spoken() >> STARTED >> ENDED << Transcribe(1) >> Transcribed(1, "", 300) << nothing


def test_noise_whose_end_the_client_marks_is_answered_with_waiting() -> None:
    end = frame('{"realtimeInput": {"audioStreamEnd": true}}')
    play = spoken() >> STARTED >> end << FlushEars() >> ENDED << Transcribe(1) >> Transcribed(1, "", 300)
    assert play << ENDS >> end << FlushEars()


def test_every_rate_is_told_to_the_ears() -> None:
    assert (
        spoken()
        >> sends_sound(b"ab", "audio/pcm")
        << Listen(b"ab", 16_000)
        >> sends_sound(b"ab", "audio/pcm; rate=48000")
        << Listen(b"ab", 48_000)
        >> sends_sound(b"ab", None)
        << Listen(b"ab", 16_000)
    )


def test_the_old_way_of_sound_is_heard_and_only_its_first_chunk() -> None:
    chunk = '{"data": "YWI=", "mimeType": "audio/pcm;rate=16000"}'
    assert spoken() >> frame(f'{{"realtimeInput": {{"mediaChunks": [{chunk}, {chunk}]}}}}') << Listen(b"ab", 16_000)


def test_pictures_are_looked_over() -> None:
    image = '{"data": "YWI=", "mimeType": "image/jpeg"}'
    assert (
        spoken()
        >> frame(f'{{"realtimeInput": {{"mediaChunks": [{image}]}}}}')
        << nothing
        >> frame(f'{{"realtimeInput": {{"video": {image}}}}}')
        << nothing
    )


def test_sound_that_is_not_pcm_is_refused() -> None:
    assert spoken() >> sends_sound(b"", "audio/ogg") << BeSilent << closes(1007, "audio/ogg")


def test_a_server_without_speech_says_so_when_it_is_spoken_to() -> None:
    deaf = replace(QUICK, speech_missing="no ears here")
    assert written(deaf) >> sends_sound(b"ab") << BeSilent << closes(1008, "no ears here")


# -------------------------------------------------------------------------------------- marked activity

MANUAL = '{"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}}'
START, END = frame('{"realtimeInput": {"activityStart": {}}}'), frame('{"realtimeInput": {"activityEnd": {}}}')


def test_marked_activity_is_heard_from_start_to_end() -> None:
    play = connected() >> setup(MANUAL, model=AUDIO_MODEL) << Send << OpenEars(None)
    assert (
        play
        >> sends_sound(b"before")
        << nothing
        >> START
        << BeginUtterance()
        >> sends_sound(b"hello?")
        << Listen(b"hello?", 16_000)
        >> START
        << nothing
        >> END
        << Transcribe(1)
        >> END
        << nothing
        >> sends_sound(b"behind")
        << nothing
        >> Transcribed(1, "Hello?", 300)
        << thinks(1, ("user", "Hello?"))
        >> START
        << BeginUtterance()
        << BeSilent()
        << INTERRUPTED
        << ENDS
    )


def test_marked_activity_without_words_is_answered_with_waiting() -> None:
    play = session(MANUAL, model=AUDIO_MODEL) >> START << BeginUtterance() >> END << Transcribe(1)
    assert play >> Transcribed(1, "", 0) << ENDS


def test_a_whole_activity_may_come_in_one_frame() -> None:
    sound = '{"data": "YWI=", "mimeType": "audio/pcm"}'
    fields = f'"activityStart": {{}}, "audio": {sound}, "text": "and", "activityEnd": {{}}, "audioStreamEnd": true'
    play = session(MANUAL, model=AUDIO_MODEL) >> frame(f'{{"realtimeInput": {{{fields}}}}}')
    assert play << BeginUtterance() << Listen(b"ab", 16_000) << Transcribe(1)
    assert play >> Transcribed(1, "Hello?", 10) << thinks(1, ("user", "and"), ("user", "Hello?"))


@pytest.mark.parametrize("mark", [START, END])
def test_marks_are_refused_where_speech_is_detected(mark: ClientSaid) -> None:
    assert spoken() >> mark << BeSilent << closes(1007, "detection disabled")


# ------------------------------------------------------------------------------------- changes and looks


CLOCK = FunctionDeclaration(name="get_time")
TOOLS = '{"tools": [{"functionDeclarations": [{"name": "get_time"}]}, {"googleSearch": {}}]}'


def test_a_context_update_changes_the_instruction_and_the_tools_from_then_on() -> None:
    play = session(TOOLS, model="gemini-3.8-live") >> frame('{"contextUpdate": {"tools": {"tools": []}}}') << nothing
    play = play >> asks("x") << thinks(1, ("user", "x")) >> ThoughtEnded(1) << GENERATED << ENDS
    play = play >> frame('{"contextUpdate": {"systemInstruction": {"parts": [{"text": "Rhyme."}]}}}') << nothing
    assert play >> asks("y") << thinks(2, ("system", "Rhyme."), ("user", "x"), ("user", "y"))


def test_an_older_model_refuses_a_context_update() -> None:
    assert session() >> frame('{"contextUpdate": {}}') << BeSilent << closes(1007, "contextUpdate")


def test_a_dialogue_says_where_it_is() -> None:
    play = connected()
    assert repr(play.mind) == "<Dialogue waiting for a setup>"
    play = play >> setup() << Send << OpenEars >> asks("x") << thinks(1, ("user", "x"))
    assert (
        repr(play.mind)
        == "<Dialogue <Floor, <Memory of 1 entries, 1 tokens>, <SpokenReply 1: 0 of 0 characters sent>>>"
    )
    assert play


def test_a_whole_turn_goes_through_ears_brain_tools_and_voice() -> None:
    tools = '{"tools": [{"functionDeclarations": [{"name": "get_time"}]}], "inputAudioTranscription": {}}'
    clock = FunctionDeclaration(name="get_time")
    play = spoken(tools) >> STARTED >> PAUSED << Transcribe(1) >> RESUMED << LeaveUnread(1) >> PAUSED << Transcribe(2)
    play = play >> Transcribed(2, "Time?", 9) << hearing("Time?")
    play = play << thinks(1, ("user", "Time?"), tools=(clock,)) >> ENDED << heard("Time?")
    play = play >> Thought(1, FunctionCall(name="get_time")) >> ThoughtEnded(1) << Send
    play = play >> answers("get_time", {"output": "noon"}) << Think >> Thought(1, "Noon.") >> ThoughtEnded(1)
    assert play << Speak(1, "Noon.", "Puck") >> Spoken(1, bytes(480)) << transcript("Noon.") << sounds(480) << GENERATED


def test_live_text_need_not_interrupt() -> None:
    patient = '{"realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"}}'
    play = (
        spoken(patient) >> types("one") << thinks(1, ("user", "one")) >> types("two") << nothing >> STARTED << nothing
    )
    assert play >> types("") << nothing


def test_only_what_an_update_names_is_changed() -> None:
    play = session('{"systemInstruction": {"parts": [{"text": "Rhyme."}]}}', model="gemini-3.8-live")
    update = '{"contextUpdate": {"tools": {"tools": [{"functionDeclarations": [{"name": "get_time"}]}]}}}'
    clock = FunctionDeclaration(name="get_time")
    assert play >> frame(update) >> types("x") << thinks(1, ("system", "Rhyme."), ("user", "x"), tools=(clock,))
