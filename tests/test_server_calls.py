"""The functions that were asked for."""

from __future__ import annotations

import json
from collections.abc import Callable

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.server.calls import Calls


def numbered() -> Callable[[], str]:
    numbers = iter(range(1, 100))
    return lambda: f"call-{next(numbers)}"


def always(call: FunctionCall) -> bool:
    return True


def issued(*names: str) -> Calls:
    calls = Calls()
    for name in names:
        calls.want(FunctionCall(name=name))
    calls.issue(numbered(), always)
    return calls


def test_a_call_is_wanted_until_it_is_issued_and_open_until_it_is_answered() -> None:
    calls = Calls()
    assert (calls.wanted, calls.open) == (False, ())
    calls.want(FunctionCall(name="f", args={"x": 1}))
    assert (calls.wanted, calls.open) == (True, ())
    assert calls.issue(numbered(), always) == [FunctionCall(id="call-1", name="f", args={"x": 1})]
    assert (calls.wanted, calls.open) == (False, ("call-1",))
    assert calls.answer(FunctionResponse(id="call-1", name="f", response={"output": 2}))
    assert calls.open == ()
    (told,) = calls.take()
    assert json.loads(told.text) == {"id": "call-1", "name": "f", "args": {"x": 1}, "response": {"output": 2}}
    assert calls.take() == []


def test_only_the_last_answer_lets_the_reply_go_on() -> None:
    calls = issued("a", "b")
    assert not calls.answer(FunctionResponse(id="call-2", response={}))
    assert calls.answer(FunctionResponse(id="call-1", response={}))
    assert [json.loads(told.text)["name"] for told in calls.take()] == ["b", "a"]


def test_an_answer_nobody_awaits_is_ignored() -> None:
    calls = issued("a")
    assert not calls.answer(FunctionResponse(id="stranger", name="a", response={}))
    assert not calls.answer(FunctionResponse(name="b", response={}))
    assert calls.answer(FunctionResponse(id="call-1", response={}))
    assert not calls.answer(FunctionResponse(id="call-1", response={}))


def test_an_answer_without_id_is_for_the_oldest_call_of_its_name() -> None:
    calls = issued("a", "b", "a")
    assert not calls.answer(FunctionResponse(name="a", response={}))
    assert calls.open == ("call-2", "call-3")
