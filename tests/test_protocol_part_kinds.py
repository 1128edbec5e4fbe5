"""Tests the rarer kinds of parts."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.protocol.codec import encode
from livechat.protocol.part_kinds import PartialArg
from tests.wire_facts import FIELDS, classes_of, enums_of, exactly, model, models_in, read, said, snake


def test_every_class_of_the_wire_is_here_and_no_other() -> None:
    assert sorted(models_in("part_kinds")) == sorted(classes_of("part_kinds"))


@pytest.mark.parametrize("name", classes_of("part_kinds"))
def test_a_class_has_the_fields_the_wire_has(name: str) -> None:
    assert {field.rstrip("_") for field in model(name).model_fields} == {snake(field) for field in FIELDS[name]}


@pytest.mark.parametrize(("name", "field", "values"), enums_of("part_kinds"))
def test_every_value_of_an_enum_is_known_in_any_case(name: str, field: str, values: list[str]) -> None:
    for value in values:
        for spelt in (value, value.lower(), value.swapcase()):
            assert read(name, field, spelt) == value


@pytest.mark.parametrize("name", classes_of("part_kinds"))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_dialect_is_read_and_one_is_written(name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name))
    message = model(name).model_validate_json(json.dumps(sent))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert model(name).model_validate_json(written) == message


def test_a_streamed_argument_may_be_null() -> None:
    part = PartialArg.model_validate_json('{"json_path":"$.a","null_value":null,"will_continue":null}')
    assert json.loads(encode(part)) == {"jsonPath": "$.a", "nullValue": None}
