"""Our history becomes the messages of a chat completion, and its chunks become our pieces."""

from __future__ import annotations

import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import RemoteProtocolError
from livechat.protocol.parts import FunctionCall, FunctionDeclaration, FunctionResponse, Schema
from livechat.server.brain import Said, answered
from livechat.server.chat_completions import (
    AnswerReader,
    error_in,
    first_model,
    json_schema,
    messages_of,
    request_body,
)


def delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def read(*chunks: object) -> list[str | FunctionCall]:
    reader = AnswerReader()
    pieces: list[str | FunctionCall] = [text for chunk in chunks for text in reader.read(chunk)]
    return [*pieces, *reader.end()]


# ------------------------------------------------------------------------------------------------- there


def test_the_system_instruction_comes_first_and_once() -> None:
    history = [Said("user", "hi"), Said("system", "Be kind."), Said("system", "Be short.")]
    assert messages_of(history) == [
        {"role": "system", "content": "Be kind.\n\nBe short."},
        {"role": "user", "content": "hi"},
    ]


def test_what_one_side_said_in_a_row_is_one_message() -> None:
    history = [Said("user", "one"), Said("user", "two"), Said("model", "three")]
    assert messages_of(history) == [
        {"role": "user", "content": "one\ntwo"},
        {"role": "assistant", "content": "three"},
    ]


def weather(city: str, id_: str | None) -> Said:
    call = FunctionCall(id=id_, name="get_weather", args={"city": city})
    return answered(call, FunctionResponse(id=id_, name="get_weather", response={"degrees": 21}))


def test_the_answer_of_a_function_follows_the_call_it_belongs_to() -> None:
    history = [Said("user", "weather in Rome?"), weather("Rome", "a"), Said("model", "21 degrees.")]
    call = {"name": "get_weather", "arguments": '{"city": "Rome"}'}
    assert messages_of(history) == [
        {"role": "user", "content": "weather in Rome?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "a", "content": '{"degrees": 21}'},
        {"role": "assistant", "content": "21 degrees."},
    ]


def test_several_answers_follow_one_message_with_all_the_calls() -> None:
    messages = messages_of(
        [Said("user", "both"), Said("model", "Let me see."), weather("Rome", "a"), weather("Oslo", None)]
    )
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool"]
    calls = cast("list[dict[str, object]]", messages[1]["tool_calls"])
    assert messages[1]["content"] == "Let me see."
    assert [call["id"] for call in calls] == ["a", "call_3"]
    assert [message["tool_call_id"] for message in messages[2:]] == ["a", "call_3"]


def test_an_answer_without_anything_before_it_still_has_its_call() -> None:
    assert [message["role"] for message in messages_of([weather("Rome", "a")])] == ["assistant", "tool"]


def test_after_calls_the_model_begins_a_new_message() -> None:
    history = [Said("user", "x"), Said("model", "a"), weather("Rome", "a"), Said("model", "b"), Said("model", "c")]
    assert messages_of(history)[-1] == {"role": "assistant", "content": "b\nc"}


def test_functions_are_offered_in_both_dialects_of_schema() -> None:
    tools = [
        FunctionDeclaration(name="a", description="A", parameters=Schema(type="OBJECT", properties={})),
        FunctionDeclaration(
            name="b", parameters_json_schema={"type": "object", "properties": {"x": {"type": "string"}}}
        ),
        FunctionDeclaration(name="c"),
    ]
    body = request_body("m", [Said("user", "hi")], tools)
    assert body["model"] == "m"
    assert body["stream"] is True
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "a", "description": "A", "parameters": {"type": "object", "properties": {}}},
        },
        {
            "type": "function",
            "function": {
                "name": "b",
                "description": "",
                "parameters": {"type": "object", "properties": {"x": {"type": "string"}}},
            },
        },
        {
            "type": "function",
            "function": {"name": "c", "description": "", "parameters": {"type": "object", "properties": {}}},
        },
    ]


def test_without_functions_the_request_offers_none() -> None:
    assert "tools" not in request_body("m", [Said("user", "hi")], [])


def test_a_google_schema_becomes_a_json_schema() -> None:
    schema = Schema(
        type="OBJECT",
        required=["cities"],
        properties={
            "cities": Schema(type="ARRAY", items=Schema(type="STRING", enum=["Rome"]), min_items=1),
            "days": Schema(type="INTEGER", nullable=True, description="how many"),
            "either": Schema(any_of=[Schema(type="STRING"), Schema(type="NUMBER")]),
        },
    )
    assert json_schema(schema) == {
        "type": "object",
        "required": ["cities"],
        "properties": {
            "cities": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["Rome"]}},
            "days": {"type": ["integer", "null"], "description": "how many"},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        },
    }


# -------------------------------------------------------------------------------------------------- back


def test_texts_come_at_once() -> None:
    reader = AnswerReader()
    assert list(reader.read(delta(role="assistant", content=""))) == []
    assert list(reader.read(delta(content="Hel"))) == ["Hel"]
    assert list(reader.read(delta(content="lo"))) == ["lo"]
    assert list(reader.end()) == []


@pytest.mark.parametrize(("reason", "finished"), [(None, False), ("stop", True)])
def test_an_answer_is_finished_when_the_server_says_why_it_stopped(reason: str | None, finished: bool) -> None:
    reader = AnswerReader()
    assert list(reader.read({"choices": [{"finish_reason": reason}]})) == []
    assert reader.finished is finished


def test_a_whole_answer_is_read_like_a_chunk() -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
    assert read(whole) == ["Hello"]


@pytest.mark.parametrize("chunk", [{"choices": [], "usage": {"total_tokens": 3}}, {}, [], None, {"choices": [None]}])
def test_chunks_without_an_answer_say_nothing(chunk: object) -> None:
    assert read(chunk) == []


def test_the_pieces_of_a_call_are_put_together() -> None:
    pieces = read(
        delta(tool_calls=[{"index": 0, "id": "x", "function": {"name": "get_weather", "arguments": ""}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"ci'}}]),
        delta(tool_calls=[{"index": 1, "id": "y", "function": {"name": "get_time"}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": 'ty": "Rome"}'}}]),
    )
    assert pieces == [
        FunctionCall(id="x", name="get_weather", args={"city": "Rome"}),
        FunctionCall(id="y", name="get_time", args={}),
    ]


def test_a_call_in_one_piece_with_arguments_as_an_object_is_read_too() -> None:
    pieces = read(delta(tool_calls=[{"function": {"name": "get_weather", "arguments": {"city": "Rome"}}}]))
    assert pieces == [FunctionCall(id=None, name="get_weather", args={"city": "Rome"})]


@pytest.mark.parametrize("arguments", ["{", "[1]", "nope"])
def test_arguments_that_are_no_object_are_an_error(arguments: str) -> None:
    with pytest.raises(RemoteProtocolError):
        read(delta(tool_calls=[{"index": 0, "id": "x", "function": {"name": "f", "arguments": arguments}}]))


def test_what_a_model_thinks_aloud_is_not_said() -> None:
    assert read(
        delta(content="\n<thi"), delta(content="nk>hm"), delta(content="m</think>"), delta(content="\n\nYes")
    ) == ["Yes"]
    assert read(delta(content="<think>for ever")) == []


def test_text_that_only_begins_like_a_thought_is_said() -> None:
    assert read(delta(content="<"), delta(content="3 you")) == ["<3 you"]
    assert read(delta(content="<th")) == ["<th"]
    assert read(delta(content="Yes"), delta(content=" <think>")) == ["Yes", " <think>"]


@given(st.text(min_size=1, max_size=60), st.integers(1, 7))
def test_however_a_text_is_cut_into_chunks_it_comes_out_whole(text: str, size: int) -> None:
    thought = "<think>secret</think>"
    whole = thought + text
    pieces = read(*(delta(content=whole[start : start + size]) for start in range(0, len(whole), size)))
    assert "".join(map(str, pieces)) == text.lstrip()


# ------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "no such model", "code": 404}}, "no such model"),
        ({"error": "model not found"}, "model not found"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"choices": []}, None),
        ({"error": None}, None),
        ([], None),
    ],
)
def test_errors_are_found_in_every_shape(body: object, message: str | None) -> None:
    assert error_in(body) == message


def test_the_first_model_that_is_listed_is_taken() -> None:
    assert first_model({"object": "list", "data": [{"id": "llama"}, {"id": "qwen"}]}) == "llama"
    assert first_model({"data": []}) is None
    assert first_model(json.loads('{"data": null}')) is None
