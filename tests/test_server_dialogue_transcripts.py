"""What the client reads of what is spoken, and how it is told where speech is, in plays of the whole mind."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livechat.protocol.parts import Transcription
from livechat.protocol.server import ServerMessage, VoiceActivity, VoiceActivityDetectionSignal
from livechat.server.acts import (
    BeginUtterance,
    BeSilent,
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
    Transcribe,
    Transcribed,
)
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechStarted
from livechat.server.scenario import UNLIMITED, Pace, Scenario, Turn
from livechat.server.scenario import Speak as Say
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    ENDS,
    GENERATED,
    PAUSED,
    QUICK,
    RESUMED,
    SECOND,
    STARTED,
    VERTEX,
    Play,
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
    sound_in,
    sounds,
    spoken,
    thinks,
    transcript,
    types,
    words_in,
    writes,
    written,
)
from tests.playbook import after, nothing


def input_words(order: object) -> Transcription:
    """The transcript of the user in an order."""
    said = order.message.server_content if isinstance(order, Send) else None
    found = (said.input_transcription or said.interim_input_transcription) if said else None
    return found or Transcription()


# ------------------------------------------------------------------------------------------------ the user


def test_no_transcript_of_the_user_where_none_was_asked_for() -> None:
    play = session(model=AUDIO_MODEL) >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "A?", 9) << Think
    assert play >> ENDED << nothing


def test_words_that_may_be_complete_are_told_as_interim_and_then_as_final() -> None:
    play = session('{"inputAudioTranscription": {}}', model=AUDIO_MODEL) >> STARTED >> PAUSED << Transcribe(1)
    play = play >> Transcribed(1, "Tell me", 9) << hearing("Tell me") << Think >> RESUMED << LeaveUnread(1) << BeSilent
    play = play >> PAUSED << Transcribe(2) >> Transcribed(2, "Tell me more.", 9) << hearing("Tell me more.") << Think
    assert play >> ENDED << heard("Tell me more.")


def test_what_is_typed_is_not_transcribed() -> None:
    play = session('{"inputAudioTranscription": {}}', model=AUDIO_MODEL)
    assert play >> types("x") << thinks(1, ("user", "x"))


def test_words_have_their_times_where_they_were_asked_for() -> None:
    play = session('{"inputAudioTranscription": {"wordTimestamp": true}}', model=AUDIO_MODEL)
    play = play >> SpeechStarted(1_000) >> SpeechEnded(3_500, 3_000) << Transcribe(1) >> Transcribed(1, "ab cd", 2_000)
    words, _ = play.take()
    found = input_words(words)
    assert (found.text, found.finished, found.start_offset, found.end_offset) == ("ab cd", True, "1s", "3s")
    assert [(word.word, word.start_offset, word.end_offset) for word in found.words or []] == [
        ("ab", "1s", "1.800s"),
        ("cd", "2.200s", "3s"),
    ]
    assert play


def test_a_transcript_may_name_its_language_and_its_speaker() -> None:
    asked = {"inputAudioTranscription": {"languageCodes": ["pl-PL"], "diarization": True}}
    play = session(json.dumps(asked), model=AUDIO_MODEL) >> STARTED >> ENDED << Transcribe(1)
    words, _ = (play >> Transcribed(1, "Hello.", 9)).take()
    found = input_words(words)
    assert (found.language_code, found.speaker_label) == ("en-US", "speaker_1")
    assert play


@pytest.mark.parametrize(
    "asked",
    [
        {"customVocabulary": ["livechat"]},
        {"mode": "SMART"},
        {"mode": "VERBATIM"},
        {"sourceText": "Hello?"},
        {"languageAuto": {}, "languageHints": {"languageCodes": ["en"]}, "adaptationPhrases": ["x"]},
    ],
)
def test_wishes_about_the_transcript_are_taken_and_change_nothing(asked: dict[str, object]) -> None:
    play = session(json.dumps({"inputAudioTranscription": asked}), model=AUDIO_MODEL) >> STARTED >> ENDED
    assert play << Transcribe(1) >> Transcribed(1, "Hello?", 9) << heard("Hello?") << Think


def test_interim_words_have_a_time_where_it_was_asked_for() -> None:
    fields = {"inputAudioTranscription": {}, "realtimeInputConfig": {"interimTranscriptTimestampEnabled": True}}
    play = session(json.dumps(fields), model=AUDIO_MODEL) >> SpeechStarted(1_000) >> SpeechPaused(1_600) << Transcribe
    told, _ = (play >> Transcribed(1, "Hello?", 500)).take()
    found = input_words(told)
    assert (found.text, found.start_offset, found.end_offset, found.words) == ("Hello?", "1s", "1.500s", None)
    assert play


def test_a_void_reading_is_told_to_nobody() -> None:
    play = session('{"inputAudioTranscription": {}}', model=AUDIO_MODEL) >> STARTED >> PAUSED << Transcribe(1)
    play = play >> RESUMED << LeaveUnread(1) >> PAUSED << Transcribe(2) >> Transcribed(2, "Two.", 9)
    play = play << hearing("Two.") << Think
    assert play >> Transcribed(1, "One.", 9) << nothing


def test_a_script_decides_what_was_heard() -> None:
    turns = (Turn((Say("x"),), hear="What time is it?"), Turn((), hear=None))
    terms = replace(QUICK, scenario=Scenario(limits=UNLIMITED, turns=turns))
    play = spoken('{"inputAudioTranscription": {}}', terms) >> STARTED >> ENDED << Transcribe(1)
    play = play >> Transcribed(1, "mumble", 9) << heard("What time is it?") << thinks(1, ("user", "What time is it?"))
    play = play >> ThoughtEnded(1) << GENERATED << ENDS >> STARTED >> ENDED << Transcribe(2)
    assert play >> Transcribed(2, "Hello?", 9) << heard("Hello?") << Think


# ----------------------------------------------------------------------------------------------- the model


def spoken_once(fields: str, sentence: str, pcm: bytes) -> list[Order]:
    """What comes of one sentence spoken."""
    play = session(fields, model=AUDIO_MODEL) >> asks("x") << Think >> Thought(1, sentence) >> ThoughtEnded(1) << Speak
    orders = (play >> Spoken(1, pcm)).take()
    orders += (play >> after(10)).take()
    assert play
    return orders


def test_the_last_words_come_before_generation_is_complete_and_that_before_the_turn_is() -> None:
    orders = spoken_once('{"outputAudioTranscription": {}}', "Once upon a time.", bytes(2 * SECOND))
    said = [order for order in orders if words_in(order)]
    assert "".join(map(words_in, said)) == "Once upon a time."
    assert orders.index(said[-1]) < orders.index(GENERATED) < len(orders) - 1
    assert orders[-1] == ENDS


def test_chunks_of_sound_are_as_long_as_productions() -> None:
    orders = spoken_once("{}", "Once upon a time.", bytes(SECOND))
    assert [len(pcm) for pcm in map(sound_in, orders) if pcm] == [9_600, 11_520, 11_520, 11_520, 3_840]


def test_the_words_of_the_model_have_their_times_where_they_were_asked_for() -> None:
    orders = spoken_once('{"outputAudioTranscription": {"wordTimestamp": true}}', "ab cd", bytes(9_600))
    told = next(order for order in orders if words_in(order))
    assert isinstance(told, Send)
    content = told.message.server_content
    found = (content.output_transcription if content else None) or Transcription()
    assert (found.start_offset, found.end_offset) == ("0s", "0.200s")
    assert [(word.word, word.start_offset, word.end_offset) for word in found.words or []] == [
        ("ab", "0s", "0.080s"),
        ("cd", "0.120s", "0.200s"),
    ]


def test_vertex_begins_with_an_empty_transcript() -> None:
    play = spoken(terms=VERTEX) >> asks("x") << Think >> Thought(1, "Yes.") >> ThoughtEnded(1) << Speak
    empty = content(output_transcription=Transcription())
    assert play >> Spoken(1, bytes(480)) << empty << transcript("Yes.") << sounds(480) << GENERATED


def test_a_scenario_hands_sound_out_faster_or_slower_than_it_is_played() -> None:
    def sent(pace: Pace, until: float) -> float:
        terms = replace(QUICK, scenario=Scenario(limits=UNLIMITED, pace=pace))
        play = spoken(terms=terms) >> asks("x") << Think >> Thought(1, "One.") >> ThoughtEnded(1) << Speak
        orders = (play >> Spoken(1, bytes(20 * SECOND))).take()
        orders += (play >> after(until)).take()
        assert play
        return sum(len(sound_in(order) or b"") for order in orders) / SECOND

    assert sent(Pace(ahead_s=float("inf")), 0) == 20
    assert sent(Pace(ahead_s=0), 5) == pytest.approx(5.2, abs=0.25)
    assert sent(Pace(ahead_s=0, speed=0.5), 5) == pytest.approx(2.7, abs=0.25)
    assert sent(Pace(ahead_s=0, speed=3), 5) == pytest.approx(15.2, abs=0.25)


# ----------------------------------------------------------------------------------------- where speech is


def activity(kind: str, offset: str) -> Send:
    return Send(ServerMessage(voice_activity=VoiceActivity(type=kind, audio_offset=offset)))


def test_vertex_tells_where_speech_is_to_who_asked() -> None:
    play = session('{"explicitVadSignal": true}', model=AUDIO_MODEL, terms=VERTEX)
    play = play >> SpeechStarted(1_200) << activity("ACTIVITY_START", "1.200s")
    assert play >> SpeechEnded(2_500, 2_000) << activity("ACTIVITY_END", "2s") << Transcribe(1)


def test_it_is_told_before_the_model_is_silenced() -> None:
    play = session('{"explicitVadSignal": true}', model=AUDIO_MODEL, terms=VERTEX) >> types("x") << Think
    assert play >> STARTED << activity("ACTIVITY_START", "0s") << BeSilent << Send << ENDS


def test_nobody_else_is_told() -> None:
    assert session(model=AUDIO_MODEL, terms=VERTEX) >> STARTED << nothing >> ENDED << Transcribe(1)
    refused = connected() >> setup('{"explicitVadSignal": true}', model=AUDIO_MODEL)
    assert refused << BeSilent << closes(1007, "explicitVadSignal")


def test_what_the_client_marks_itself_it_is_not_told() -> None:
    fields = {
        "explicitVadSignal": True,
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
    }
    play = connected(VERTEX) >> setup(json.dumps(fields), model=AUDIO_MODEL) << Send << OpenEars(None)
    play = play >> frame('{"realtimeInput": {"activityStart": {}}}') << BeginUtterance()
    assert play >> sends_sound(b"ab") << Listen >> frame('{"realtimeInput": {"activityEnd": {}}}') << Transcribe(1)


def test_projects_on_a_list_are_told_in_another_message() -> None:
    terms = replace(QUICK, scenario=Scenario(limits=UNLIMITED, vad_signals=True))

    def signal(kind: str) -> Send:
        told = VoiceActivityDetectionSignal(vad_signal_type=kind)
        return Send(ServerMessage(voice_activity_detection_signal=told))

    play = session(model=AUDIO_MODEL, terms=terms) >> STARTED << signal("VAD_SIGNAL_TYPE_SOS")
    assert play >> ENDED << signal("VAD_SIGNAL_TYPE_EOS") << Transcribe(1)


# ----------------------------------------------------------------------------------------- what is limited


def limited_to(**generation: object) -> Play:
    fields = {"generationConfig": {"responseModalities": ["TEXT"], **generation}}
    return session(json.dumps(fields)) >> asks("x") << Think


def test_an_answer_is_no_longer_than_was_asked_for() -> None:
    play = limited_to(maxOutputTokens=2) >> Thought(1, "12345678901234") << writes("12345678")
    play = play >> Thought(1, " more") << nothing >> ThoughtEnded(1) << GENERATED << ENDS
    assert play >> asks("y") << thinks(2, ("user", "x"), ("model", "12345678"), ("user", "y"))


def test_a_spoken_answer_is_no_longer_either() -> None:
    fields = {"generationConfig": {"maxOutputTokens": 25}}  # a second of speech, so some fifteen characters
    play = session(json.dumps(fields), model=AUDIO_MODEL) >> types("x") << Think
    play = play >> Thought(1, "Once upon a time there was a tower.") >> ThoughtEnded(1)
    assert play << Speak(1, "Once upon a tim", "Puck")


def test_an_answer_stops_before_a_stop_sequence_wherever_it_is_cut() -> None:
    play = limited_to(stopSequences=["STOP"]) >> Thought(1, "One two ST") << writes("One")
    assert play >> Thought(1, "OP three") << nothing >> ThoughtEnded(1) << writes(" two ") << GENERATED << ENDS
    play = limited_to(stopSequences=["STOP"]) >> Thought(1, "One ST") << writes("One") >> ThoughtEnded(1)
    assert play << writes(" ST") << GENERATED << ENDS


@pytest.mark.parametrize(
    "wish",
    [
        {"temperature": 0.5},
        {"topP": 0.9},
        {"topK": 40.0},
        {"seed": 7},
        {"candidateCount": 1},
        {"presencePenalty": 1},
        {"frequencyPenalty": -1},
        {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
        {"responseFormat": [{"text": {"mimeType": "text/plain"}}]},
        {"audioTranscriptionConfig": {}},
        {"enableEnhancedCivicAnswers": True},
        {"speechConfig": {"languageCode": "pl-PL"}},
    ],
)
def test_other_wishes_are_taken_and_change_nothing(wish: dict[str, object]) -> None:
    assert limited_to(**wish) >> Thought(1, "Yes.") << writes("Yes.") >> ThoughtEnded(1) << GENERATED << ENDS


@pytest.mark.parametrize(
    "wish",
    [
        {"labels": {"a": "b"}},
        {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF", "method": "SEVERITY"}]},
        {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}},
        {"proactivity": {"proactiveVideo": True}},
    ],
)
def test_so_are_wishes_beside_the_generation(wish: dict[str, object]) -> None:
    assert written(agreed=json.dumps(wish)) >> asks("x") << Think >> Thought(1, "Yes.") << writes("Yes.")
