"""Tests what servers say."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.protocol.codec import encode
from livechat.protocol.server import ServerMessage, UsageMetadata, VoiceActivity
from tests.wire_facts import FIELDS, classes_of, enums_of, exactly, model, models_in, read, said, snake


def test_every_class_of_the_wire_is_here_and_no_other() -> None:
    assert sorted(models_in("server")) == sorted(classes_of("server"))


@pytest.mark.parametrize("name", classes_of("server"))
def test_a_class_has_the_fields_the_wire_has(name: str) -> None:
    assert {field.rstrip("_") for field in model(name).model_fields} == {snake(field) for field in FIELDS[name]}


@pytest.mark.parametrize(("name", "field", "values"), enums_of("server"))
def test_every_value_of_an_enum_is_known_in_any_case(name: str, field: str, values: list[str]) -> None:
    for value in values:
        for spelt in (value, value.lower(), value.swapcase()):
            assert read(name, field, spelt) == value


@pytest.mark.parametrize("name", classes_of("server"))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_dialect_is_read_and_one_is_written(name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name))
    message = model(name).model_validate_json(json.dumps(sent))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert model(name).model_validate_json(written) == message


@pytest.mark.parametrize("key", ["type", "voiceActivityType", "voice_activity_type"])
def test_the_kind_of_voice_activity_is_understood_under_the_libraries_name_too(key: str) -> None:
    activity = VoiceActivity.model_validate_json(f'{{"{key}": "activity_end"}}')
    assert encode(activity) == '{"type":"ACTIVITY_END"}'


@pytest.mark.parametrize("error", ['{"code":400,"message":"bad"}', '"quota"', "[1,null]"])
def test_an_error_is_kept_whatever_it_is(error: str) -> None:
    message = ServerMessage.model_validate_json(f'{{"error":{error}}}')
    assert encode(message) == f'{{"error":{error}}}'


def test_both_ways_to_count_the_answer_are_kept_apart() -> None:
    usage = UsageMetadata.model_validate_json('{"response_token_count": 1, "candidatesTokenCount": "2"}')
    assert (usage.response_token_count, usage.candidates_token_count) == (1, 2)


PARTS: list[dict[str, object]] = [
    {"text": "Hel"},
    {"text": "hm", "thought": True},
    {"text": "lo"},
    {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": b"\1\0"}},
    {"inlineData": {"mimeType": "image/png", "data": b"png"}},
]


def content(**fields: object) -> ServerMessage:
    return ServerMessage.model_validate({"serverContent": fields})


def test_a_message_says_its_words_and_its_sound() -> None:
    message = content(modelTurn={"parts": PARTS}, outputTranscription={"text": "unread"})
    assert (message.text, message.audio) == ("Hello", b"\1\0")
    assert not message.turn_complete
    assert not message.interrupted


def test_the_words_of_speech_are_its_transcript() -> None:
    message = content(modelTurn={"parts": PARTS[3:]}, outputTranscription={"text": "spoken"}, turnComplete=True)
    assert (message.text, message.turn_complete) == ("spoken", True)


def test_a_chunk_of_music_is_sound() -> None:
    assert content(audioChunks=[{"data": b"\1\0\2\0"}, {"data": b"\3\0\4\0"}]).audio == b"\1\0\2\0\3\0\4\0"


def test_a_message_without_content_says_nothing() -> None:
    empty = ServerMessage()
    assert (empty.text, empty.audio, empty.turn_complete, empty.interrupted) == ("", b"", False, False)
    assert content(interrupted=True).interrupted
    assert content(interrupted=True).text == ""
    assert content(modelTurn={}).audio == b""
    assert (empty.heard, empty.function_calls, content().heard) == ("", [], "")


def test_a_message_says_what_was_heard_and_what_is_asked_for() -> None:
    assert content(inputTranscription={"text": "hello"}).heard == "hello"
    asked = ServerMessage.model_validate({"toolCall": {"functionCalls": [{"id": "1", "name": "f"}]}})
    assert [call.name for call in asked.function_calls] == ["f"]
    assert ServerMessage.model_validate({"toolCall": {}}).function_calls == []
