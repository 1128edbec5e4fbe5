"""Sound and pictures that come in, live or in contents, and what they weigh, in plays of the whole mind."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from livechat.server.acts import (
    BeginUtterance,
    BeSilent,
    ClientSaid,
    Failed,
    FlushEars,
    Listen,
    OpenEars,
    Read,
    Send,
    Think,
    ThoughtEnded,
    Transcribe,
    Transcribed,
)
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    ENDS,
    GENERATED,
    INTERRUPTED,
    PAUSED,
    QUICK,
    STARTED,
    Play,
    asks,
    closes,
    connected,
    frame,
    heard,
    limited,
    sends_sound,
    session,
    setup,
    spoken,
    thinks,
    types,
    usage_in,
    written,
)
from tests.playbook import after, nothing

FLASH, LIVE, OLD = "gemini-3.1-flash-live-preview", "gemini-3.8-live", "gemini-2.0-flash-live-001"
SOUND = {"data": "YWI=", "mimeType": "audio/pcm;rate=16000"}
IMAGE = {"data": "YWI=", "mimeType": "image/jpeg"}
SECOND_IN = bytes(32_000)
"""A second of 16 kHz sound."""


def live(**fields: object) -> ClientSaid:
    return frame(json.dumps({"realtimeInput": fields}))


def given(*parts: dict[str, object], complete: bool = True, role: str = "user") -> ClientSaid:
    turns = [{"role": role, "parts": list(parts)}]
    return frame(json.dumps({"clientContent": {"turns": turns, "turnComplete": complete}}))


def blob(data: bytes = b"ab", mime_type: str = "audio/pcm;rate=24000") -> dict[str, object]:
    return {"inlineData": {"data": base64.b64encode(data).decode(), "mimeType": mime_type}}


def weighed(play: Play, number: int = 1) -> dict[str, int]:
    """Ends a reply that says nothing: what was in view of it, by kind."""
    play = play >> ThoughtEnded(number) << GENERATED
    usage = usage_in(play.take()[0])
    assert usage is not None
    details = {str(one.modality): one.token_count or 0 for one in usage.prompt_tokens_details or []}
    assert sum(details.values()) == usage.prompt_token_count
    assert play
    return details


# -------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("model", "coverage", "counts"),
    [
        (FLASH, None, True),
        (LIVE, None, True),
        (AUDIO_MODEL, None, False),
        (OLD, "TURN_INCLUDES_ALL_INPUT", True),
        (OLD, "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO", True),
        (LIVE, "TURN_INCLUDES_ONLY_ACTIVITY", False),
        (LIVE, "TURN_COVERAGE_UNSPECIFIED", True),
    ],
)
def test_a_picture_outside_of_speech_counts_where_the_coverage_has_it(
    model: str, coverage: str | None, counts: bool
) -> None:
    play = session(json.dumps({"realtimeInputConfig": {"turnCoverage": coverage} if coverage else {}}), model=model)
    play = play >> live(video=IMAGE) << nothing >> types("x") << thinks(1, ("user", "x"))
    assert weighed(play) == ({"TEXT": 1, "VIDEO": 258} if counts else {"TEXT": 1})


def test_a_picture_within_speech_always_counts() -> None:
    play = spoken() >> STARTED >> live(video=IMAGE) << nothing >> ENDED << Transcribe(1)
    play = play >> Transcribed(1, "What is it?", 1_000) << thinks(1, ("user", "What is it?"))
    assert weighed(play) == {"VIDEO": 258, "AUDIO": 25}


def test_a_picture_interrupts_nobody() -> None:
    play = spoken() >> asks("x") << Think >> live(video=IMAGE) << nothing
    assert play


def test_a_picture_leaves_a_guess_as_it_is() -> None:
    play = session(model=LIVE) >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "And?", 9) << Think
    assert play >> live(video=IMAGE) << nothing >> ENDED << nothing


def test_pictures_make_no_handles() -> None:
    play = session('{"sessionResumption": {}}', model=LIVE, terms=limited())
    assert play >> live(video=IMAGE) << nothing >> live(video=IMAGE) << nothing >> after(100) << nothing


def test_a_picture_in_a_content_counts() -> None:
    play = written() >> given({"text": "look"}, blob(mime_type="image/png")) << thinks(1, ("user", "look"))
    assert weighed(play) == {"TEXT": 1, "VIDEO": 258}


def test_the_old_way_of_pictures_is_honoured_for_the_first() -> None:
    play = session(model=LIVE) >> live(mediaChunks=[IMAGE, IMAGE]) << nothing >> types("x") << Think
    assert weighed(play) == {"TEXT": 1, "VIDEO": 258}


# ----------------------------------------------------------------------------------------------- sound


def test_one_frame_may_hold_sound_and_a_picture_and_words() -> None:
    play = session(model=LIVE) >> live(audio=SOUND, video=IMAGE, text="x") << Listen(b"ab", 16_000)
    play = play << thinks(1, ("user", "x"))
    assert weighed(play) == {"TEXT": 1, "VIDEO": 258}


def test_one_frame_may_hold_two_sounds_and_both_are_heard() -> None:
    play = spoken() >> live(audio=SOUND, mediaChunks=[{"data": "Y2Q=", "mimeType": "audio/pcm;rate=8000"}])
    assert play << Listen(b"ab", 16_000) << Listen(b"cd", 8_000)


def test_an_empty_frame_of_live_input_is_nothing() -> None:
    assert spoken() >> live() << nothing


def test_speech_weighs_by_the_second() -> None:
    play = spoken() >> sends_sound(SECOND_IN * 4) << Listen >> STARTED >> ENDED << Transcribe(1)
    play = play >> Transcribed(1, "Hello?", 1_200) << Think
    assert weighed(play) == {"AUDIO": 30}


def test_where_all_input_is_covered_silence_weighs_too() -> None:
    fields = '{"realtimeInputConfig": {"turnCoverage": "TURN_INCLUDES_ALL_INPUT"}}'
    play = spoken(fields) >> sends_sound(SECOND_IN * 4) << Listen >> STARTED >> ENDED << Transcribe(1)
    play = play >> Transcribed(1, "Hello?", 1_000) << Think
    assert weighed(play) == {"AUDIO": 100}
    play = play >> sends_sound(SECOND_IN * 2) << Listen >> STARTED >> ENDED << Transcribe(2)
    play = play >> Transcribed(2, "Yes?", 1_000) << Think
    assert weighed(play, 2) == {"AUDIO": 150}


def test_it_weighs_too_where_the_client_marks_its_speech() -> None:
    detection = {"automaticActivityDetection": {"disabled": True}, "turnCoverage": "TURN_INCLUDES_ALL_INPUT"}
    play = connected() >> setup(json.dumps({"realtimeInputConfig": detection}), model=AUDIO_MODEL) << Send
    play = play << OpenEars(None) >> sends_sound(SECOND_IN * 2) << nothing
    play = play >> live(activityStart={}) << BeginUtterance() >> sends_sound(SECOND_IN) << Listen
    play = play >> live(activityEnd={}) << Transcribe(1) >> Transcribed(1, "Hello?", 1_000) << Think
    assert weighed(play) == {"AUDIO": 75}


def test_the_end_of_the_stream_means_nothing_where_the_client_marks_its_speech() -> None:
    fields = '{"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}}'
    play = connected() >> setup(fields, model=AUDIO_MODEL) << Send << OpenEars(None)
    assert play >> live(audioStreamEnd=True) << nothing


def test_the_end_of_the_stream_ends_what_is_being_said() -> None:
    play = spoken() >> STARTED >> live(audioStreamEnd=True) << FlushEars() >> ENDED << Transcribe(1)
    assert play >> Transcribed(1, "Hello?", 9) << thinks(1, ("user", "Hello?"))


def test_ears_that_fail_end_the_session() -> None:
    assert spoken() >> Failed("hearing failed") << BeSilent << closes(1011, "Internal error", "hearing failed")


# ----------------------------------------------------------------------------------- sound in contents


def test_sound_in_a_content_is_read_and_answered() -> None:
    play = spoken() >> given(blob(b"abcd")) << Read(1, b"abcd", 24_000) >> after(1) << nothing
    play = play >> Transcribed(1, "What time is it?", 2_000) << thinks(1, ("user", "What time is it?"))
    assert weighed(play) == {"AUDIO": 50}


def test_it_is_no_transcript_for_the_client_was_not_heard() -> None:
    play = spoken('{"inputAudioTranscription": {}}') >> given(blob()) << Read >> Transcribed(1, "Hello?", 9)
    assert play << Think


def test_words_beside_it_are_said_first() -> None:
    play = written() >> given({"text": "What is said here?"}, blob()) << Read(1, b"ab", 24_000)
    assert play >> Transcribed(1, "Hello.", 9) << thinks(1, ("user", "What is said here?"), ("user", "Hello."))


def test_several_sounds_are_all_read_and_the_last_asks() -> None:
    play = written() >> given(blob(b"ab"), blob(b"cd")) << Read(1, b"ab", 24_000) << Read(2, b"cd", 24_000)
    play = play >> Transcribed(2, "Two.", 9) << nothing >> Transcribed(1, "One.", 9)
    assert play << thinks(1, ("user", "One."), ("user", "Two."))


def test_sound_that_is_given_before_the_turn_is_complete_waits() -> None:
    play = written() >> given(blob(), complete=False) << Read >> Transcribed(1, "One.", 9) << nothing >> asks("two")
    assert play << thinks(1, ("user", "One."), ("user", "two"))


def test_sound_without_words_waits_for_words() -> None:
    play = written() >> given(blob()) << Read >> Transcribed(1, "", 9)
    assert play << ENDS


def test_sound_in_a_content_interrupts() -> None:
    play = written() >> asks("x") << Think >> given(blob()) << BeSilent << INTERRUPTED << ENDS << Read
    assert play >> Transcribed(1, "Hm?", 9) << thinks(2, ("user", "x"), ("user", "Hm?"))


def test_sound_of_the_models_is_not_read() -> None:
    play = written() >> given(blob(), {"text": "Hi."}, role="model", complete=False) << nothing >> asks("x")
    assert play << thinks(1, ("model", "Hi."), ("user", "x"))


def test_sound_in_a_content_needs_a_rate_that_can_be() -> None:
    assert written() >> given(blob(mime_type="audio/pcm;rate=1")) << BeSilent << closes(1007, "1 Hz")


def test_a_server_without_ears_says_so() -> None:
    deaf = replace(QUICK, speech_missing="no ears here")
    assert written(deaf) >> given(blob()) << BeSilent << closes(1008, "no ears here")
    assert written(deaf) >> live(video=IMAGE) << nothing >> asks("x") << Think


@pytest.mark.parametrize(
    "part",
    [
        {"fileData": {"fileUri": "gs://x", "mimeType": "image/png"}},
        {"functionCall": {"name": "f", "args": {}}},
        {"functionResponse": {"name": "f", "response": {}}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"thought": True, "text": "hm"},
        {"thoughtSignature": "AAAA"},
        {"videoMetadata": {"fps": 1}},
        {"inlineData": {"data": "AAAA", "mimeType": "video/mp4"}},
        {"mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
        {"speechMetadata": {"speaker": "a"}},
        {"audioTranscription": {"text": "hm"}},
        {"audioMetadata": {"startOffset": "1s"}},
        {"mediaProcessing": "x"},
        {"documentMetadata": {"startPage": 1}},
        {"spreadsheetMetadata": {"sheetIndex": 1}},
        {"partMetadata": {"a": 1}},
        {"toolCall": {"id": "1", "toolType": "GOOGLE_SEARCH"}},
        {"toolResponse": {"id": "1", "response": {}}},
    ],
)
def test_every_other_part_is_taken_and_passed_over(part: dict[str, object]) -> None:
    assert written() >> given(part, {"text": "x"}) << thinks(1, ("user", "x"))


# ------------------------------------------------------------------------------------- seeded history


def seeded(*turns: tuple[str, str], complete: bool = True) -> ClientSaid:
    contents = [{"role": role, "parts": [{"text": text}]} for role, text in turns]
    return frame(json.dumps({"clientContent": {"turns": contents, "turnComplete": complete}}))


HISTORY = '{"historyConfig": {"initialHistoryInClientContent": true}}'


def test_seeded_history_may_end_with_the_model_and_weighs() -> None:
    play = session(HISTORY, model=LIVE) >> seeded(("user", "a" * 40), ("model", "b" * 80)) << nothing
    play = play >> types("c" * 4) << thinks(1, ("user", "a" * 40), ("model", "b" * 80), ("user", "cccc"))
    assert weighed(play) == {"TEXT": 31}


def test_seeded_history_may_be_empty() -> None:
    play = session(HISTORY, model=LIVE) >> frame('{"clientContent": {"turnComplete": true}}') << nothing
    assert play >> asks("x") << thinks(1, ("user", "x"))


def test_history_that_is_not_announced_is_a_question() -> None:
    assert (
        session(model=LIVE)
        >> seeded(("user", "a"), ("model", "b"), ("user", "c"))
        << thinks(1, ("user", "a"), ("model", "b"), ("user", "c"))
    )


def test_sound_in_seeded_history_weighs_and_is_not_read() -> None:
    play = session(HISTORY, model=LIVE) >> given(blob(bytes(48_000)), {"text": "abcd"}) << nothing
    play = play >> types("x") << thinks(1, ("user", "abcd"), ("user", "x"))
    assert weighed(play) == {"TEXT": 2, "AUDIO": 25}


def test_what_is_heard_is_told_before_it_is_answered() -> None:
    play = spoken('{"inputAudioTranscription": {}}') >> STARTED >> ENDED << Transcribe(1) >> Transcribed(1, "A?", 9)
    assert play << heard("A?") << Think
