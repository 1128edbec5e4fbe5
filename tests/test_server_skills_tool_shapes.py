"""What a function takes is read from either dialect of schema, however odd it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.parts import FunctionDeclaration, Schema
from livechat.server.skills.tool_shapes import Parameter, Shape, name_words, shape_of


def test_both_dialects_have_the_same_shape() -> None:
    google = FunctionDeclaration(
        name="get_weather",
        description="Weather",
        parameters=Schema(
            type="OBJECT",
            properties={
                "city": Schema(type="STRING", description="where"),
                "unit": Schema(type="STRING", enum=["c", "f"]),
            },
            required=["city"],
        ),
    )
    plain = FunctionDeclaration(
        name="get_weather",
        description="Weather",
        parameters_json_schema={
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "where"},
                "unit": {"type": ["null", "string"], "enum": ["c", "f"]},
            },
            "required": ["city"],
        },
    )
    city = Parameter("city", "string", required=True, about="where")
    unit = Parameter("unit", "string", required=False, choices=("c", "f"))
    assert shape_of(google) == shape_of(plain) == Shape("get_weather", "Weather", (city, unit))


def test_a_function_may_take_nothing() -> None:
    assert shape_of(FunctionDeclaration(name="ping")) == Shape("ping", "", ())
    assert shape_of(FunctionDeclaration()) == Shape("", "", ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "properties", "required", "enum", "x"]), inner, max_size=3)
    ),
)


@given(JSON)
def test_any_schema_can_be_read(schema: object) -> None:
    shape = shape_of(FunctionDeclaration(name="f", parameters_json_schema=schema))
    assert isinstance(shape.parameters, tuple)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("get_weather", ["get", "weather"]),
        ("playMusic", ["play", "music"]),
        ("HTTPServer2", ["http", "server", "2"]),
        ("", []),
    ],
)
def test_names_are_made_of_words(name: str, words: list[str]) -> None:
    assert name_words(name) == words
    assert Parameter(name, "string", required=False).spoken == " ".join(words)


def test_what_a_function_is_about_is_in_the_words_of_its_name() -> None:
    shape = Shape("get_current_weather", "Get the weather in a city", ())
    assert shape.matter == {"weather"}
    assert shape.verb == ""
    assert {"weather", "city"} <= shape.described_by
    assert Shape("search", "", ()).verb == "search"
    assert Shape("get", "", ()).matter == {"get"}
    assert Shape("", "", ()).verb == ""
