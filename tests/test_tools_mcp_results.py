"""Claims about results of servers' tools: text is handed on, and what is not is said to be left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.mcp_results import value_of
from livechat.tools.results import response_of
from livechat.tools.toolbox import ToolFailure


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


IMAGE = {"type": "image", "data": "AAAA" * 100, "mimeType": "image/png"}
LEFT_OUT = "[an image (image/png) of 300 bytes is left out: only text is handed on]"


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ({"content": [text("hello")]}, "hello"),
        ({"content": [text("a"), text("b")]}, "a\n\nb"),
        ({"content": []}, None),
        ({}, None),
        ({"content": "no list"}, None),
        ({"content": [text("a horse"), IMAGE]}, f"a horse\n\n{LEFT_OUT}"),
        ({"content": [IMAGE]}, LEFT_OUT),
        (
            {"content": [{"type": "audio", "data": "AAAA"}]},
            "[an audio of 3 bytes is left out: only text is handed on]",
        ),
        ({"content": [{"type": "resource", "resource": {"uri": "x:y", "text": "inside"}}]}, "inside"),
        (
            {"content": [{"type": "resource", "resource": {"uri": "x:y", "blob": "AAAA", "mimeType": "a/b"}}]},
            "[a file (a/b) of 3 bytes is left out: only text is handed on]",
        ),
        ({"content": [{"type": "resource_link", "uri": "file:///a", "name": "A"}]}, "A: file:///a"),
        ({"content": [{"type": "resource_link", "uri": "file:///a"}]}, "a resource: file:///a"),
        ({"content": [{"type": "dance"}]}, "[content of the type 'dance' is left out]"),
        ({"content": [{"type": "text"}, 3]}, None),
        ({"content": [text('{"a": 1}')], "structuredContent": {"a": 1}}, {"a": 1}),
        ({"content": [text("hi")], "structuredContent": {"result": "hi"}}, {"result": "hi"}),
        ({"content": [text("[1]")], "structuredContent": {"result": [1]}}, {"result": [1]}),
        ({"content": [text("see")], "structuredContent": {"a": 1}}, {"result": {"a": 1}, "text": "see"}),
        ({"content": [text("see")], "structuredContent": "said"}, "said\n\nsee"),
        ({"content": [text("3")], "structuredContent": 3}, 3),
        ({"content": [IMAGE], "structuredContent": {"a": 1}}, {"result": {"a": 1}, "text": LEFT_OUT}),
    ],
)
def test_a_result_becomes_what_a_model_can_be_told(result: dict[str, Any], value: object) -> None:
    assert value_of(result) == value
    assert response_of(value)


def test_an_error_is_told_in_the_server_s_words() -> None:
    with pytest.raises(ToolFailure, match=r"^no such file\nat all$"):
        value_of({"isError": True, "content": [text("no such file"), text("at all")]})
    with pytest.raises(ToolFailure, match=r"^it failed, and does not say why$"):
        value_of({"isError": True, "content": [IMAGE]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(["type", "text", "data", "mimeType", "resource", "uri", "blob", "name"])
KINDS = st.sampled_from(["text", "image", "audio", "resource", "resource_link"])
BLOCKS = st.dictionaries(KEYS, KINDS | JSON, max_size=4)


@given(st.fixed_dictionaries({"content": st.lists(BLOCKS | JSON) | JSON}, optional={"structuredContent": JSON}))
def test_whatever_a_server_gives_there_is_an_answer(result: dict[str, Any]) -> None:
    assert response_of(value_of(result))
