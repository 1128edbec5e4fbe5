"""What is told of a frame, and what is not."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from livechat.protocol.parts import Part
from livechat.server.frame_facts import MOST_KINDS, facts, setup_facts


def kinds(message: object) -> list[str]:
    found = facts(json.dumps(message))["kinds"]
    assert isinstance(found, list)
    return cast("list[str]", found)


MESSAGES: list[tuple[dict[str, Any], list[str]]] = [
    ({"setup": {"model": "models/x"}}, ["setup"]),
    ({"setupComplete": {}}, ["setupComplete"]),
    ({"realtimeInput": {"audio": {"data": "AAAA"}}}, ["realtimeInput.audio"]),
    ({"realtime_input": {"activity_start": {}}}, ["realtimeInput.activityStart"]),
    ({"clientContent": {"turns": [], "turnComplete": True}}, ["clientContent.turns", "clientContent.turnComplete"]),
    ({"clientContent": {}}, ["clientContent"]),
    ({"clientContent": 7}, ["clientContent"]),
    ({"toolResponse": {"functionResponses": []}}, ["toolResponse"]),
    (
        {"serverContent": {"turnComplete": True}, "usageMetadata": {}},
        ["serverContent.turnComplete", "usageMetadata"],
    ),
    ({"serverContent": {"modelTurn": {"parts": [{"text": "a"}, {"text": "b"}]}}}, ["serverContent.modelTurn.text"]),
    (
        {"serverContent": {"modelTurn": {"parts": [{"text": "hm", "thought": True}]}}},
        ["serverContent.modelTurn.thought"],
    ),
    (
        {"serverContent": {"modelTurn": {"parts": [{"inlineData": {}}, 7]}}},
        ["serverContent.modelTurn.inlineData"],
    ),
    ({"serverContent": {"modelTurn": 7}}, []),
    ({"secret name": 1, "serverContent": {"other secret": 1}}, ["unknown", "serverContent.unknown"]),
]


@pytest.mark.parametrize(("message", "told"), MESSAGES)
def test_a_frame_is_told_by_its_kinds(message: object, told: list[str]) -> None:
    assert kinds(message) == told


@pytest.mark.parametrize("frame", ["", "{", "[]", "7", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_message_is_garbled(frame: str | bytes) -> None:
    assert facts(frame)["kinds"] == ["garbled"]


def test_its_size_is_that_of_its_bytes() -> None:
    assert facts('{"ä": 1}')["bytes"] == 9
    assert facts(b'{"a": 1}') == {"kinds": ["unknown"], "bytes": 8}


def test_sound_is_counted_and_not_told() -> None:
    told = facts('{"realtimeInput": {"mediaChunks": [{"data": "QUJDREVG"}, {"data": "QUJD"}]}}')
    assert told["sound_bytes"] == 9
    assert "QUJD" not in str(told)


def test_words_are_told_only_if_they_are_wanted() -> None:
    frame = '{"clientContent": {"turns": [{"parts": [{"text": "my "}, {"text": "secret"}]}]}}'
    assert "secret" not in str(facts(frame))
    assert facts(frame, words=True)["words"] == "my secret"
    assert "words" not in facts('{"setupComplete": {}}', words=True)


def test_a_frame_of_many_names_is_told_in_few() -> None:
    found = kinds({"clientContent": {}, **dict.fromkeys((f"serverContent{n}" for n in range(99)), 1)})
    assert found == ["clientContent", "unknown"]
    parts = [{name: 1} for name in Part.model_fields]
    several = kinds({"serverContent": {"modelTurn": {"parts": parts}}, "goAway": {}, "toolCall": {}, "setup": {}})
    assert len(several) <= MOST_KINDS


def test_a_deep_frame_is_read_to_its_bottom_and_one_of_too_many_values_is_garbled() -> None:
    deep = '{"text": "a", "x": ' + '{"x":' * 300 + '{"text": "b"}' + "}" * 300 + "}"
    assert facts(deep, words=True)["words"] == "ab"
    assert facts("[" + "0," * 2_000_000 + "0]")["kinds"] == ["garbled"]


def test_a_setup_is_told_by_its_model_and_the_names_of_its_fields() -> None:
    setup = {
        "model": "models/x",
        "generation_config": {"response_modalities": ["AUDIO"]},
        "systemInstruction": {"parts": [{"text": "secret"}]},
        "mine": 1,
    }
    told = setup_facts(json.dumps({"setup": setup}))
    assert told == {
        "model": "models/x",
        "modalities": ["AUDIO"],
        "fields": ["generationConfig", "model", "systemInstruction", "unknown"],
    }
    assert setup_facts('{"setup": {}}') == {"model": "", "modalities": [], "fields": []}


@pytest.mark.parametrize("frame", ["{}", "{", '{"setup": 7}'])
def test_any_other_frame_is_no_setup(frame: str) -> None:
    assert setup_facts(frame) is None
