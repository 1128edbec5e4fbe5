"""JSON Schema in the words of the wire, and arguments back in the shape of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.parts import Schema
from livechat.tools.schemas import DEEPEST, LONGEST, MOST, restored, wire_schema

Json = dict[str, Any]


def arguments(**properties: object) -> Json:
    return {"type": "object", "properties": properties}


def told(inner: object, **root: object) -> Json:
    """How one argument is asked for."""
    schema = wire_schema({**arguments(a=inner), **root})
    assert schema is not None
    assert schema.properties is not None
    return schema.properties["a"].model_dump(exclude_none=True)


ANY = {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}, {"type": "BOOLEAN"}]}
STRING = {"type": "STRING"}
ENTRY = {"type": "OBJECT", "properties": {"key": {"type": "STRING"}, "value": {"type": "INTEGER"}}}
ENTRIES = {"type": "ARRAY", "items": {**ENTRY, "required": ["key", "value"]}}

SAID: Mapping[str, tuple[object, Json]] = {
    "words": ({"type": "string", "title": "A"}, {"type": "STRING"}),
    "a truth": ({"type": "boolean", "description": "on?"}, {"type": "BOOLEAN", "description": "on?"}),
    "rules of words": (
        {"type": "string", "pattern": "^a", "minLength": 1, "maxLength": 9},
        {"type": "STRING", "pattern": "^a", "min_length": 1, "max_length": 9},
    ),
    "bounds": ({"type": "number", "minimum": 0.5, "maximum": 2}, {"type": "NUMBER", "minimum": 0.5, "maximum": 2}),
    "open bounds of whole numbers": (
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
        {"type": "INTEGER", "minimum": 1, "maximum": 9},
    ),
    "open bounds": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.5},
        {"type": "NUMBER", "description": "(more than 0; less than 1.5)"},
    ),
    "bounds of draft 4": ({"type": "number", "exclusiveMinimum": True, "minimum": 0}, {"type": "NUMBER", "minimum": 0}),
    "steps": ({"type": "integer", "multipleOf": 5}, {"type": "INTEGER", "description": "(a multiple of 5)"}),
    "a default": (
        {"type": "integer", "default": 3, "description": "how many"},
        {"type": "INTEGER", "description": "how many (default: 3)"},
    ),
    "a default that says nothing": ({"type": "string", "default": None}, {"type": "STRING"}),
    "a moment": ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
    "another format": ({"type": "string", "format": "uri"}, {"type": "STRING", "description": "(format: uri)"}),
    "a width": ({"type": "integer", "format": "int32"}, {"type": "INTEGER", "format": "int32"}),
    "choices": ({"type": "string", "enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
    "choices without a type": ({"enum": ["a", "b", None]}, {"type": "STRING", "enum": ["a", "b"]}),
    "choices of numbers": ({"enum": [1, 2]}, {"type": "INTEGER", "description": "(one of 1, 2)"}),
    "choices of many kinds": ({"enum": [1, "a"]}, {"type": "STRING", "description": '(one of 1, "a")'}),
    "one choice": ({"const": "a"}, {"type": "STRING", "enum": ["a"]}),
    "one number": ({"const": 1, "type": "integer"}, {"type": "INTEGER", "description": "(one of 1)"}),
    "long values": ({"enum": [[1] * 99]}, {"type": "STRING", "description": "(one of " + str([1] * 99)[:99] + "…)"}),
    "a list": (
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3, "uniqueItems": True},
        {
            "type": "ARRAY",
            "items": {"type": "STRING"},
            "min_items": 1,
            "max_items": 3,
            "description": "(no item twice)",
        },
    ),
    "a list of anything": ({"type": "array"}, {"type": "ARRAY", "items": ANY}),
    "a list of whatever": ({"items": True, "type": "array"}, {"type": "ARRAY", "items": ANY}),
    "a tuple": (
        {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"type": "ARRAY", "items": {"any_of": [{"type": "STRING"}, {"type": "INTEGER"}]}},
    ),
    "a tuple of draft 7": ({"items": [{"type": "string"}]}, {"type": "ARRAY", "items": {"type": "STRING"}}),
    "an object": (
        {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x", "gone"], "$schema": "…"},
        {"type": "OBJECT", "properties": {"x": {"type": "NUMBER"}}, "required": ["x"]},
    ),
    "an object without a type": (
        {"properties": {"x": {"type": "number"}}, "additionalProperties": False},
        {"type": "OBJECT", "properties": {"x": {"type": "NUMBER"}}},
    ),
    "a mapping": ({"additionalProperties": {"type": "integer"}}, ENTRIES),
    "a bounded mapping": (
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 2},
        {**ENTRIES, "description": "(at least 1 entries; at most 2 entries)"},
    ),
    "anything": ({}, ANY),
    "whatever": (True, ANY),
    "anything, described": (
        {"description": "a value"},
        {"any_of": [{"type": "STRING", "description": "a value"}, *ANY["any_of"][1:]]},
    ),
    "nothing": ({"type": "null"}, {"any_of": [{**one, "nullable": True} for one in ANY["any_of"]]}),
    "what may be null": (
        {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "description": "if any"},
        {"type": "STRING", "nullable": True, "description": "if any"},
    ),
    "null in a list of types": ({"type": ["integer", "null"]}, {"type": "INTEGER", "nullable": True}),
    "null in OpenAPI": ({"type": "string", "nullable": True}, {"type": "STRING", "nullable": True}),
    "one of two": (
        {"oneOf": [{"type": "string", "description": "a name"}, {"type": "integer"}], "description": "who"},
        {"any_of": [{"type": "STRING", "description": "who a name"}, {"type": "INTEGER"}]},
    ),
    "one of two or null": (
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        {"any_of": [{"type": "STRING", "nullable": True}, {"type": "INTEGER", "nullable": True}]},
    ),
    "alternatives in alternatives": (
        {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "boolean"}]},
        {"any_of": [{"type": "STRING"}, {"type": "INTEGER"}, {"type": "BOOLEAN"}]},
    ),
    "several types": (
        {"type": ["string", "integer"], "description": "who"},
        {"any_of": [{"type": "STRING", "description": "who"}, {"type": "INTEGER"}]},
    ),
    "an unknown type": ({"type": "colour"}, ANY),
    "parts": (
        {"allOf": [{"properties": {"x": {}}, "required": ["x"]}, {"properties": {"y": {}}, "required": ["y"]}]},
        {"type": "OBJECT", "properties": {"x": ANY, "y": ANY}, "required": ["y", "x"]},
    ),
    "one part": (
        {"allOf": [{"type": "string"}], "description": "who", "default": "me"},
        {"type": "STRING", "description": 'who (default: "me")'},
    ),
    "a long description": (
        {"type": "string", "description": "x" * 5000},
        {"type": "STRING", "description": "x" * LONGEST},
    ),
    "no description": ({"type": "string", "description": 5}, {"type": "STRING"}),
}


@pytest.mark.parametrize("what", SAID)
def test_a_schema_is_said_in_the_words_of_the_wire(what: str) -> None:
    schema, said = SAID[what]
    assert told(schema) == said


def test_references_are_followed() -> None:
    city = {"type": "object", "properties": {"name": {"type": "string"}}, "description": "A city."}
    said = told({"$ref": "#/$defs/a~1b", "description": "Where."}, **{"$defs": {"a/b": city}})
    assert said == {"type": "OBJECT", "properties": {"name": {"type": "STRING"}}, "description": "Where."}


@pytest.mark.parametrize("ref", ["#/$defs/gone", "http://example.com/x", "#/$defs/self"])
def test_a_reference_to_nowhere_may_be_anything(ref: str) -> None:
    assert told({"$ref": ref}, **{"$defs": {"self": {"$ref": "#/$defs/self"}}}) == ANY


def test_what_holds_itself_is_asked_for_as_json_in_a_string() -> None:
    node = {
        "type": "object",
        "title": "Node",
        "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/$defs/Node", "description": "the next"}},
    }
    assert told({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": node}}) == {
        "type": "OBJECT",
        "properties": {
            "value": {"type": "INTEGER"},
            "next": {"type": "STRING", "description": "the next (Node, written as JSON)"},
        },
    }


def test_the_whole_may_refer_to_itself() -> None:
    assert told({"$ref": "#"})["properties"]["a"] == {"type": "STRING", "description": "(written as JSON)"}


def test_parts_that_hold_themselves_come_to_an_end() -> None:
    loop = {"allOf": [{"$ref": "#/$defs/loop"}]}
    assert told({"$ref": "#/$defs/loop"}, **{"$defs": {"loop": loop}}) == ANY


def test_few_references_that_are_many_schemas_are_bounded() -> None:
    defs: Json = {"d0": {"type": "string"}}
    for level in range(1, 12):
        below = {"$ref": f"#/$defs/d{level - 1}"}
        defs[f"d{level}"] = {"type": "object", "properties": {str(n): below for n in range(10)}}
    schema = wire_schema({**arguments(a={"$ref": "#/$defs/d11"}), "$defs": defs})
    assert schema is not None
    assert MOST < sum(1 for _ in all_in(schema)) < 12 * MOST


def all_in(schema: Schema) -> Iterator[Schema]:
    yield schema
    for inner in [
        *(schema.properties or {}).values(),
        *(schema.any_of or []),
        *([schema.items] if schema.items else []),
    ]:
        yield from all_in(inner)


def test_what_lies_too_deep_is_asked_for_as_json() -> None:
    deep: Json = {"type": "string"}
    for _ in range(DEEPEST + 5):
        deep = {"type": "array", "items": deep}
    said = told(deep)
    for _ in range(DEEPEST):
        said = said["items"]
    assert said == {"type": "STRING", "description": "(written as JSON)"}


@pytest.mark.parametrize("empty", [{"type": "object"}, {"type": "object", "properties": {}}, {"properties": {}}])
def test_a_function_without_arguments_has_no_schema(empty: Json) -> None:
    assert wire_schema(empty) is None


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array"}, {"anyOf": [{}, {}]}])
def test_arguments_that_are_no_object_are_an_error(schema: Json) -> None:
    with pytest.raises(ValueError, match="the arguments of a function are an object"):
        wire_schema(schema)


# --------------------------------------------------------------------------------------------------------- and back

BACK: Mapping[str, tuple[Json, object, object]] = {
    "words": ({"type": "string"}, "[1]", "[1]"),
    "anything": ({}, "[1]", "[1]"),
    "a mapping": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        [{"key": "a", "value": 1}, {"key": "b", "value": 2}],
        {"a": 1, "b": 2},
    ),
    "an empty mapping": ({"additionalProperties": {}}, [], {}),
    "a mapping as it is": ({"additionalProperties": {}}, {"a": 1}, {"a": 1}),
    "a mapping that may be null": (
        {"anyOf": [{"additionalProperties": {}}, {"type": "null"}]},
        [{"key": "a", "value": 1}],
        {"a": 1},
    ),
    "a mapping of mappings": (
        {"additionalProperties": {"additionalProperties": {}}},
        [{"key": "a", "value": [{"key": "b", "value": 2}]}],
        {"a": {"b": 2}},
    ),
    "no entries": ({"additionalProperties": {}}, [{"key": "a"}], [{"key": "a"}]),
    "a list where an object is meant": (
        {"properties": {"x": {}}},
        [{"key": "a", "value": 1}],
        [{"key": "a", "value": 1}],
    ),
    "a list of entries": (
        {"type": "array", "items": {"properties": {"key": {}, "value": {}}}},
        [{"key": "a", "value": 1}],
        [{"key": "a", "value": 1}],
    ),
    "an object as JSON": ({"properties": {"x": {}}}, ' {"x": [1]}', {"x": [1]}),
    "a list as JSON": ({"items": {}}, "[1, 2]", [1, 2]),
    "broken JSON": ({"items": {}}, "[1, 2", "[1, 2"),
    "an object in a list": ({"items": {"properties": {"x": {"items": {}}}}}, [{"x": "[1]"}], [{"x": [1]}]),
    "a tuple": ({"prefixItems": [{"items": {}}, {"additionalProperties": {}}]}, ["[1]", "{}"], [[1], {}]),
    "the object that fits": (
        {"anyOf": [{"properties": {"x": {}}}, {"properties": {"x": {}, "y": {"items": {}}}}]},
        {"x": 1, "y": "[1]"},
        {"x": 1, "y": [1]},
    ),
    "a field that is not known": ({"properties": {"x": {}}}, {"z": "[1]"}, {"z": "[1]"}),
    "a list where none belongs": ({"type": "integer"}, [1], [1]),
}


@pytest.mark.parametrize("what", BACK)
def test_arguments_come_back_in_the_shape_of_the_schema(what: str) -> None:
    schema, given_, back = BACK[what]
    assert restored({"a": given_}, arguments(a=schema)) == {"a": back}


def test_what_holds_itself_comes_back_from_json() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    schema = {**arguments(a={"$ref": "#/$defs/Node"}), "$defs": {"Node": node}}
    assert restored({"a": {"next": '{"next": "{}"}'}}, schema) == {"a": {"next": {"next": {}}}}


def test_arguments_are_a_copy() -> None:
    args: Json = {"a": {"b": [1]}}
    restored(args, arguments(a={}))["a"]["b"].append(2)
    assert args == {"a": {"b": [1]}}


def test_arguments_may_be_deeper_than_any_schema() -> None:
    deep: object = 1
    for _ in range(150):
        deep = [deep]
    assert restored({"a": deep}, arguments(a={"$ref": "#"})) == {"a": deep}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
WORDS = ["type", "properties", "items", "anyOf", "oneOf", "allOf", "$ref", "enum", "const", "required", "default"]
ODD = st.recursive(
    JSON | st.sampled_from(["string", "object", "array", "null", "#", "#/properties/a"]),
    lambda inner: st.dictionaries(st.sampled_from(WORDS), inner, max_size=4) | st.lists(inner, max_size=3),
)


@given(ODD, JSON)
def test_any_schema_is_said_and_any_arguments_come_back(inner: object, value: object) -> None:
    schema = wire_schema(arguments(a=inner))
    assert schema is not None
    assert all(one.type or one.any_of for one in all_in(schema))
    assert all(one.properties for one in all_in(schema) if one.type == "OBJECT")
    assert all(one.items for one in all_in(schema) if one.type == "ARRAY")
    restored({"a": value}, arguments(a=inner))
