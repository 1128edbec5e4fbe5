"""Calls in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.codec import encode
from livechat.protocol.parts import FunctionCall
from livechat.protocol.server import ServerMessage, ToolCall
from livechat.server.partial_args import in_parts

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=60),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text(max_size=5), inner, min_size=1),
    max_leaves=8,
)


def wire(call: FunctionCall) -> list[dict[str, Any]]:
    """The pieces as they go over the wire."""
    message = ServerMessage(tool_call=ToolCall(function_calls=in_parts(call)))
    pieces: list[dict[str, Any]] = json.loads(encode(message))["toolCall"]["functionCalls"]
    return pieces


def test_a_call_begins_with_its_name_and_ends_with_nothing_more() -> None:
    assert wire(FunctionCall(id="1", name="f", args={"city": "Rome"})) == [
        {"id": "1", "name": "f", "willContinue": True},
        {"id": "1", "partialArgs": [{"jsonPath": "$.city", "stringValue": "Rome"}], "willContinue": True},
        {"id": "1"},
    ]
    assert wire(FunctionCall(id="1", name="f")) == [{"id": "1", "name": "f", "willContinue": True}, {"id": "1"}]


def test_a_long_text_comes_in_pieces_of_its_own() -> None:
    pieces = [piece["partialArgs"][0] for piece in wire(FunctionCall(args={"a": "x" * 40}))[1:-1]]
    assert [len(piece["stringValue"]) for piece in pieces] == [16, 16, 8]
    assert [piece.get("willContinue") for piece in pieces] == [True, True, None]


def test_every_kind_of_value_stands_at_its_place() -> None:
    args = {"n": 1.5, "yes": True, "no": None, "deep": {"list": [1, {"odd name": ""}]}}
    assert [piece["partialArgs"][0] for piece in wire(FunctionCall(args=args))[1:-1]] == [
        {"jsonPath": "$.n", "numberValue": 1.5},
        {"jsonPath": "$.yes", "boolValue": True},
        {"jsonPath": "$.no", "nullValue": "NULL_VALUE"},
        {"jsonPath": "$.deep.list[0]", "numberValue": 1},
        {"jsonPath": '$.deep.list[1]["odd name"]', "stringValue": ""},
    ]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_every_value_comes_once_in_its_order_at_a_place_of_its_own(args: dict[str, Any]) -> None:
    came: dict[str, object] = {}
    continued = ""
    for piece in wire(FunctionCall(name="f", args=args))[1:-1]:
        (part,) = piece["partialArgs"]
        path = part["jsonPath"]
        assert (path in came) is (path == continued)
        if "stringValue" in part:
            came[path] = str(came.get(path, "")) + part["stringValue"]
        else:
            came[path] = part.get("numberValue", part.get("boolValue"))
        continued = path if part.get("willContinue") else ""
    assert list(came.values()) == list(leaves(args))


def leaves(value: object) -> Iterator[object]:
    """What holds nothing else, in order."""
    if isinstance(value, dict):
        for inner in cast("dict[str, object]", value).values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from leaves(inner)
    else:
        yield value
