"""Every call begins once and ends once: by its answer, or because nobody waits for it any more."""

from __future__ import annotations

from typing import Any

import pytest

from livechat.events import ToolEnded, ToolStarted
from livechat.open_calls import OpenCalls
from livechat.protocol.parts import FunctionCall, FunctionResponse


def opened(*ids: str | None) -> OpenCalls:
    calls = OpenCalls()
    for number, one in enumerate(ids):
        calls.called(FunctionCall(id=one, name=f"tool{number}"), 1, 10.0)
    return calls


def answer(id: str | None = "a", **response: object) -> FunctionResponse:
    return FunctionResponse(id=id, name="tool0", response=response)


def test_a_call_is_told_with_its_arguments() -> None:
    started = OpenCalls().called(FunctionCall(id="a", name="f", args={"x": 1}), 3, 0.0)
    assert started == ToolStarted(3, "a", "f", {"x": 1})


def test_a_call_whose_arguments_are_streamed_begins_once() -> None:
    calls = opened("a")
    assert calls.called(FunctionCall(id="a", name="tool0"), 1, 11.0) is None
    assert calls.answered(answer(output="yes"), 12.0) == ToolEnded(1, "a", "tool0", "done", 2000, "yes")
    assert calls.answered(answer(output="yes"), 12.0) is None


@pytest.mark.parametrize(
    ("response", "outcome", "words"),
    [
        ({"output": "19 degrees"}, "done", "19 degrees"),
        ({"error": "no such town"}, "failed", "no such town"),
        ({"high": 19, "sky": "größer"}, "done", '{"high": 19, "sky": "größer"}'),
        ({}, "done", "{}"),
    ],
)
def test_an_answer_ends_it_with_its_words(response: dict[str, Any], outcome: str, words: str) -> None:
    ended = opened("a").answered(answer(**response), 10.25)
    assert ended is not None
    assert (ended.outcome, ended.after_ms, ended.result) == (outcome, 250, words)


def test_an_answer_of_which_more_follows_ends_nothing() -> None:
    calls = opened("a")
    more = FunctionResponse(id="a", name="tool0", response={"output": "1"}, will_continue=True)
    assert calls.answered(more, 11.0) is None
    assert calls.answered(answer(output="2"), 11.0) is not None


def test_without_ids_a_call_is_known_by_its_name() -> None:
    calls = opened(None, None)
    ended = calls.answered(FunctionResponse(name="tool1", response={}), 10.0)
    assert ended is not None
    assert ended.name == "tool1"
    assert calls.answered(FunctionResponse(name="other", response={}), 10.0) is None


def test_what_was_cancelled_ends_so_and_is_answered_no_more() -> None:
    calls = opened("a", "b")
    assert calls.cancelled(["b", "unknown"], 11.0) == [ToolEnded(1, "b", "tool1", "cancelled", 1000)]
    assert calls.answered(answer("b"), 11.0) is None
    assert calls.answered(answer("a"), 11.0) is not None
