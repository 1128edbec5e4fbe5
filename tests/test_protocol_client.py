"""Tests what clients say."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.protocol.client import ClientMessage, RealtimeInput
from livechat.protocol.codec import encode
from tests.wire_facts import FIELDS, classes_of, enums_of, exactly, model, models_in, read, said, snake


def test_every_class_of_the_wire_is_here_and_no_other() -> None:
    assert sorted(models_in("client")) == sorted(classes_of("client"))


@pytest.mark.parametrize("name", classes_of("client"))
def test_a_class_has_the_fields_the_wire_has(name: str) -> None:
    assert {field.rstrip("_") for field in model(name).model_fields} == {snake(field) for field in FIELDS[name]}


@pytest.mark.parametrize(("name", "field", "values"), enums_of("client"))
def test_every_value_of_an_enum_is_known_in_any_case(name: str, field: str, values: list[str]) -> None:
    for value in values:
        for spelt in (value, value.lower(), value.swapcase()):
            assert read(name, field, spelt) == value


@pytest.mark.parametrize("name", classes_of("client"))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_dialect_is_read_and_one_is_written(name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name))
    message = model(name).model_validate_json(json.dumps(sent))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert model(name).model_validate_json(written) == message


def test_an_empty_input_is_an_input() -> None:
    assert encode(ClientMessage(realtime_input=RealtimeInput())) == '{"realtimeInput":{}}'


def test_several_inputs_in_one_frame_are_all_read() -> None:
    frame = '{"realtimeInput":{"text":"t","audio_stream_end":true,"audio":{"data":"AAE="}},"playback_control":"play"}'
    message = ClientMessage.model_validate_json(frame)
    assert message.realtime_input is not None
    assert (message.realtime_input.text, message.realtime_input.audio_stream_end) == ("t", True)
    assert message.playback_control == "PLAY"
