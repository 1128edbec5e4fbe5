"""What a caller gives as plain Python is read into the messages of the wire, or refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from livechat.errors import UsageError
from livechat.library.given import (
    GOOGLE_TOOLS,
    Instruction,
    ToolLike,
    check_setup,
    instruction_of,
    read_setup,
    tools_of,
)
from livechat.protocol.google_tools import GoogleSearch
from livechat.protocol.parts import Content, FunctionDeclaration, Part, Schema, Tool
from livechat.protocol.setup import GenerationConfig, Setup
from livechat.protocol.setup_options import CustomizedAvatar

WEATHER = FunctionDeclaration(name="weather")
CLOCK = FunctionDeclaration(name="clock")
SEARCH = Tool(google_search=GoogleSearch())


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ("Be brief.", ["Be brief."]),
        (Part(text="Be brief."), ["Be brief."]),
        (["Be brief.", Part(text="Be kind.")], ["Be brief.", "Be kind."]),
        ((), []),
    ],
)
def test_an_instruction_is_a_content_of_its_parts(given: Instruction, parts: list[str]) -> None:
    assert instruction_of(given) == Content(parts=[Part(text=text) for text in parts])


def test_a_content_is_an_instruction_as_it_is() -> None:
    whole = Content(role="system", parts=[Part(text="Be brief.")])
    assert instruction_of(whole) is whole


@pytest.mark.parametrize(
    ("given", "tools"),
    [
        (None, []),
        ([], []),
        (WEATHER, [Tool(function_declarations=[WEATHER])]),
        ([WEATHER, CLOCK], [Tool(function_declarations=[WEATHER, CLOCK])]),
        (SEARCH, [SEARCH]),
        ("google_search", [SEARCH]),
        ([WEATHER, "google_search", CLOCK], [SEARCH, Tool(function_declarations=[WEATHER, CLOCK])]),
        ({"name": "weather"}, [Tool(function_declarations=[WEATHER])]),
        ({"google_search": {}}, [SEARCH]),
        ({"googleSearch": {}}, [SEARCH]),
        ([{"functionDeclarations": [{"name": "clock"}]}, WEATHER], [
            Tool(function_declarations=[CLOCK]), Tool(function_declarations=[WEATHER])
        ]),
    ],
)  # fmt: skip
def test_declarations_are_gathered_behind_the_other_tools(
    given: ToolLike | list[ToolLike] | None, tools: list[Tool]
) -> None:
    assert tools_of(given) == tools


def test_a_declaration_in_a_mapping_keeps_the_callers_own_names() -> None:
    schema = {"type": "object", "properties": {"city_name": {"type": "string"}}}
    (tool,) = tools_of({"name": "f", "parameters": schema, "parameters_json_schema": {"a_b": {"c_d": 1}}})
    (function,) = tool.function_declarations or []
    assert function.parameters == Schema(type="OBJECT", properties={"city_name": Schema(type="STRING")})
    assert function.parameters_json_schema == {"a_b": {"c_d": 1}}


@pytest.mark.parametrize("name", GOOGLE_TOOLS)
def test_each_tool_of_googles_own_has_a_name(name: str) -> None:
    (tool,) = tools_of(name)
    assert tool.model_fields_set == {name}


@pytest.mark.parametrize(("name", "near"), [("google_serch", "google_search"), ("☃", "")])
def test_a_name_that_no_tool_has_is_refused(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}'") as refused:
        tools_of(name)
    assert ("did you mean" in str(refused.value)) == bool(near)
    assert near in str(refused.value)


@pytest.mark.parametrize("given", [7, object(), [7.5]])
def test_what_is_no_tool_is_refused(given: object) -> None:
    wrong: dict[str, Any] = {"given": given}
    with pytest.raises(UsageError, match="is no tool"):
        tools_of(**wrong)


@pytest.mark.parametrize(
    "twice", [[WEATHER, WEATHER], [Tool(function_declarations=[WEATHER]), {"name": "weather"}]], ids=["bare", "mixed"]
)
def test_two_functions_of_one_name_are_refused(twice: list[ToolLike]) -> None:
    with pytest.raises(UsageError, match="'weather'"):
        tools_of(twice)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"model": 7}, "model"),
        ({"labels": {"a": {1, 2}}}, "set is not JSON"),
        ({"labels": {"a": float("inf")}}, "not JSON compliant"),
    ],
)
def test_a_mapping_that_is_no_setup_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match="setup cannot be sent") as refused:
        read_setup(fields, "setup")
    assert why in refused.value.why


def test_a_mapping_of_any_kind_is_read_at_any_depth() -> None:
    from types import MappingProxyType

    fields = MappingProxyType({"generation_config": MappingProxyType({"seed": 7}), "labels": None})
    setup = read_setup(fields, "setup")
    assert setup == Setup(generation_config=GenerationConfig(seed=7), labels=None)
    assert setup.model_fields_set == {"generation_config", "labels"}


def test_a_mapping_may_hold_messages_and_bytes() -> None:
    setup = read_setup({"tools": [SEARCH], "avatar_config": {"customized_avatar": {"image_data": b"\xff"}}}, "setup")
    assert setup.tools == [SEARCH]
    assert setup.avatar_config is not None
    assert setup.avatar_config.customized_avatar == CustomizedAvatar(image_data=b"\xff")


def test_a_setup_is_checked_as_it_goes_over_the_wire() -> None:
    whole = Setup(model="m", generation_config=GenerationConfig(seed=7))
    assert check_setup(whole, "this") == whole
    assert check_setup(Setup(), "this") == Setup()


@pytest.mark.parametrize("seed", [1.5, float("nan"), object()])
def test_a_setup_with_a_value_that_is_none_is_refused(seed: object) -> None:
    whole = Setup(generation_config=GenerationConfig.model_construct(seed=seed))
    with pytest.raises(UsageError, match="this cannot be sent"):
        check_setup(whole, "this")
