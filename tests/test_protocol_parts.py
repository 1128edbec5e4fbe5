"""Tests the parts of a turn: fields, dialects, and keys that are nobody's business."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.protocol.codec import encode
from livechat.protocol.parts import FunctionDeclaration, Part, Schema
from tests.wire_facts import FIELDS, classes_of, enums_of, exactly, model, models_in, read, said, snake


def test_every_class_of_the_wire_is_here_and_no_other() -> None:
    assert sorted(models_in("parts")) == sorted(classes_of("parts"))


@pytest.mark.parametrize("name", classes_of("parts"))
def test_a_class_has_the_fields_the_wire_has(name: str) -> None:
    assert {field.rstrip("_") for field in model(name).model_fields} == {snake(field) for field in FIELDS[name]}


@pytest.mark.parametrize(("name", "field", "values"), enums_of("parts"))
def test_every_value_of_an_enum_is_known_in_any_case(name: str, field: str, values: list[str]) -> None:
    for value in values:
        for spelt in (value, value.lower(), value.swapcase()):
            assert read(name, field, spelt) == value


@pytest.mark.parametrize("name", classes_of("parts"))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_dialect_is_read_and_one_is_written(name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name))
    message = model(name).model_validate_json(json.dumps(sent))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert model(name).model_validate_json(written) == message


def test_keys_that_belong_to_the_caller_are_never_touched() -> None:
    frame = {
        "functionCall": {"args": {"snake_key": {"in_ner": None}, "mimeType": 1}},
        "functionResponse": {"response": {"turn_complete": [{"inline_data": None}], "x": None}},
        "partMetadata": {"a_b": {"cD": None}},
    }
    assert json.loads(encode(Part.model_validate_json(json.dumps(frame)))) == frame


def test_json_schema_is_carried_as_it_is() -> None:
    shape = {"type": "object", "properties": {"snake_key": {"type": "string", "default": None}}, "any_of": [{"a": 1}]}
    frame = {"parameters_json_schema": shape, "response_json_schema": shape}
    written = json.loads(encode(FunctionDeclaration.model_validate_json(json.dumps(frame))))
    assert written == {"parametersJsonSchema": shape, "responseJsonSchema": shape}


def test_the_properties_of_a_schema_keep_their_names_and_lose_their_dialect() -> None:
    frame = {"type": "object", "properties": {"any_of": {"type": "string", "min_length": "3"}}}
    written = json.loads(encode(Schema.model_validate_json(json.dumps(frame))))
    assert written == {"type": "OBJECT", "properties": {"any_of": {"type": "STRING", "minLength": 3}}}


def test_a_default_of_null_says_something() -> None:
    assert encode(Schema(default=None, title=None)) == '{"default":null}'


def test_a_schema_may_be_deep() -> None:
    frame = '{"items":' * 90 + "{}" + "}" * 90
    assert encode(Schema.model_validate_json(frame)) == frame
