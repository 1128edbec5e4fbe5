"""Tests what every message has in common: casings, base64, numbers, enums, unknown fields, late models."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from livechat.protocol.codec import encode
from livechat.protocol.part_kinds import FileData
from livechat.protocol.parts import Part
from livechat.protocol.wire import Base64, Float, Int, Json, JsonObject, Many, Wire, one_of, wire_name


class Sample(Wire):
    """A message of every type."""

    null_counts: ClassVar[frozenset[str]] = frozenset({"default"})

    data: Base64 | None = None
    whole_number: Int | None = None
    number: Float | None = None
    flag: bool | None = None
    color: Annotated[str, one_of("RED", "green")] | None = None
    anything: Json | None = None
    arguments: JsonObject | None = None
    class_: str | None = None
    children: Many[Sample] | None = None
    default: Json | None = None


def read(**fields: object) -> Sample:
    return Sample.model_validate_json(json.dumps(fields))


def refuses(frame: str) -> bool:
    try:
        Sample.model_validate_json(frame)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("attribute", "name"), [("turn_complete", "turnComplete"), ("text", "text"), ("schema_", "schema")]
)
def test_the_wire_s_name_is_lower_camel(attribute: str, name: str) -> None:
    assert wire_name(attribute) == name


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("AAE=", b"\x00\x01"),
        ("AAE", b"\x00\x01"),
        ("-__--_8=", b"\xfb\xff\xfe\xfb\xff"),
        ("+//++/8=", b"\xfb\xff\xfe\xfb\xff"),
        ("+_/-+/8", b"\xfb\xff\xfe\xfb\xff"),
        ("-/8=", b"\xfb\xff"),
    ],
)
def test_bytes_come_in_both_alphabets_mixed_or_not_padded_or_not(text: str, data: bytes) -> None:
    assert read(data=text).data == data


@pytest.mark.parametrize(
    "text",
    ["A", "AAAAA", "AA AA", "AAA\n", "=AAA", "AAAA====", "AAF=", "-/F=", "AA*A", "-/é=", "-/-/A", 12, ["AAE="]],
)
def test_anything_else_is_not_base64(text: object) -> None:
    assert refuses(json.dumps({"data": text}))


@given(st.binary(max_size=64))
def test_bytes_survive_the_way(data: bytes) -> None:
    assert Sample.model_validate_json(encode(Sample(data=data))).data == data


def test_in_python_bytes_are_bytes() -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({"data": "AAE="})


@pytest.mark.parametrize("number", [7, "7", 7.0, -(2**63), str(2**63 - 1), "-1"])
def test_a_whole_number_comes_as_number_or_string(number: float | str) -> None:
    assert read(whole_number=number).whole_number == int(number)


@pytest.mark.parametrize(
    "number", [2**63, str(2**63), -(2**63) - 1, 1.5, 1e300, "1.5", "", " 7", "0x7", "1_0", "٣", True, [7]]
)
def test_anything_else_is_no_whole_number(number: object) -> None:
    assert refuses(json.dumps({"wholeNumber": number}))


@pytest.mark.parametrize("number", [0.5, 40, "0.5", "-3e2", "12"])
def test_a_number_comes_as_number_or_string(number: float | str) -> None:
    assert read(number=number).number == float(number)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", '"NaN"', '"1e999"', '""', "true", "1" + "0" * 400]
)
def test_a_number_is_finite(number: str) -> None:
    assert refuses(f'{{"number": {number}}}')


@pytest.mark.parametrize("value", ["NaN", "[Infinity]", '{"a": {"b": [1, -1e999]}}'])
@pytest.mark.parametrize("field", ["anything", "arguments", "never_heard_of"])
def test_no_infinity_hides_in_free_json(field: str, value: str) -> None:
    assert refuses(f'{{"{field}": {value}}}')


@pytest.mark.parametrize(
    "frame",
    ['{"flag": "true"}', '{"flag": 1}', '{"color": 1}', '{"class": 5}', '{"arguments": []}', '{"children": {}}'],
)
def test_types_are_not_guessed(frame: str) -> None:
    assert refuses(frame)


@pytest.mark.parametrize(
    ("said", "understood"), [("RED", "RED"), ("red", "RED"), ("Green", "green"), ("Mauve", "Mauve"), ("", "")]
)
def test_an_enum_is_open_and_knows_its_values_in_any_case(said: str, understood: str) -> None:
    assert read(color=said).color == understood


def test_a_list_is_refused_at_its_first_wrong_element() -> None:
    with pytest.raises(ValidationError) as refused:
        read(children=[{"flag": True}, 1, 2, 3])
    assert refused.value.error_count() == 1


def test_what_is_set_is_written_and_nothing_else() -> None:
    sample = Sample(flag=False, whole_number=0, class_="", arguments={}, children=[])
    assert encode(sample) == '{"wholeNumber":0,"flag":false,"arguments":{},"class":"","children":[]}'


def test_null_is_absence_but_for_what_is_free() -> None:
    sample = read(flag=None, arguments={"a": None}, children=None, unknown=None)
    assert encode(sample) == '{"arguments":{"a":null},"unknown":null}'


def test_null_is_said_where_it_says_something() -> None:
    assert encode(read(default=None)) == '{"default":null}'
    assert encode(Sample(default=None)) == '{"default":null}'
    assert encode(Sample()) == "{}"


def test_a_field_set_later_is_written_too() -> None:
    sample = Sample()
    sample.flag = True
    assert encode(sample) == '{"flag":true}'


def test_of_a_field_given_in_both_casings_the_wire_s_own_counts() -> None:
    sample = Sample.model_validate_json('{"whole_number": 1, "wholeNumber": 2}')
    assert encode(sample) == '{"wholeNumber":2}'


def test_a_field_given_late_in_the_other_casing_is_no_second_field() -> None:
    sample = Sample.model_validate({"whole_number": 1})
    assert sample.model_extra is not None
    sample.model_extra["wholeNumber"] = 9
    assert encode(sample) == '{"wholeNumber":1}'


def test_a_message_built_without_unknown_fields_needs_none() -> None:
    sample = Sample(flag=True)
    object.__setattr__(sample, "__pydantic_extra__", None)
    assert encode(sample) == '{"flag":true}'


def test_a_late_model_arrives_with_its_first_value() -> None:
    part = Part.model_validate_json('{"file_data": {"file_uri": "gs://x", "brand_new": [1]}}')
    assert isinstance(part.file_data, FileData)
    assert encode(part) == '{"fileData":{"fileUri":"gs://x","brand_new":[1]}}'


def test_a_late_model_takes_only_itself_from_python() -> None:
    assert Part(file_data=FileData(file_uri="u")).file_data == FileData(file_uri="u")
    with pytest.raises(ValidationError):
        Part.model_validate({"file_data": 5})


def test_what_is_wrong_in_a_late_model_is_told_with_its_place() -> None:
    with pytest.raises(ValidationError) as refused:
        Part.model_validate_json('{"fileData": {"fileUri": 5}}')
    assert refused.value.errors()[0]["loc"] == ("fileData", "fileUri")


def test_rare_models_cost_no_start() -> None:
    script = (
        "import sys, livechat.protocol.codec as codec\n"
        'codec.decode_client_message(\'{"setup": {"model": "m"}}\')\n'
        'codec.decode_server_message(\'{"serverContent": {"turnComplete": true}}\')\n'
        "print([name for name in sys.modules if name.startswith('livechat.protocol.')])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for rare in ("part_kinds", "setup_options", "grounding", "google_tools", "retrieval", "music"):
        assert f"livechat.protocol.{rare}'" not in loaded
