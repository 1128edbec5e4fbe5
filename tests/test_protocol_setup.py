"""Tests the setup of a session."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.protocol.codec import encode
from livechat.protocol.setup import GenerationConfig, SessionResumption, Setup
from tests.wire_facts import FIELDS, classes_of, enums_of, exactly, model, models_in, read, said, snake


def test_every_class_of_the_wire_is_here_and_no_other() -> None:
    assert sorted(models_in("setup")) == sorted(classes_of("setup"))


@pytest.mark.parametrize("name", classes_of("setup"))
def test_a_class_has_the_fields_the_wire_has(name: str) -> None:
    assert {field.rstrip("_") for field in model(name).model_fields} == {snake(field) for field in FIELDS[name]}


@pytest.mark.parametrize(("name", "field", "values"), enums_of("setup"))
def test_every_value_of_an_enum_is_known_in_any_case(name: str, field: str, values: list[str]) -> None:
    for value in values:
        for spelt in (value, value.lower(), value.swapcase()):
            assert read(name, field, spelt) == value


@pytest.mark.parametrize("name", classes_of("setup"))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_dialect_is_read_and_one_is_written(name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name))
    message = model(name).model_validate_json(json.dumps(sent))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert model(name).model_validate_json(written) == message


def test_labels_keep_their_names() -> None:
    setup = Setup.model_validate_json('{"labels": {"safety_identifier": "u", "mimeType": "v"}}')
    assert json.loads(encode(setup)) == {"labels": {"safety_identifier": "u", "mimeType": "v"}}


def test_python_s_float_of_a_whole_number_stays_that_number() -> None:
    config = GenerationConfig.model_validate_json('{"top_k": 40.0, "max_output_tokens": "256", "temperature": 0}')
    assert (config.top_k, config.max_output_tokens, config.temperature) == (40, 256, 0)


def test_an_empty_object_that_asks_for_something_is_written() -> None:
    assert encode(Setup(session_resumption=SessionResumption())) == '{"sessionResumption":{}}'
