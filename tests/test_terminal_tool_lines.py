"""A tool's call in lines, as the faces without a screen tell it."""

from __future__ import annotations

import dataclasses
from typing import Literal

import pytest

from livechat.events import Ended, ToolEnded, ToolStarted, TurnEnded
from livechat.terminal.tool_lines import ASKS, NEXT, ToolLines

CALL = ToolStarted(1, "1", "get_weather", {"city": "Lisbon"})
DONE = ToolEnded(1, "1", "get_weather", "done", 312, "19 degrees")
Outcome = Literal["done", "failed", "cancelled", "denied", "stopped"]
SHOWN = "get_weather(city='Lisbon')"


def test_a_call_that_runs_is_told_when_it_has_ended() -> None:
    lines = ToolLines()
    assert lines(CALL) == []
    assert lines(DONE) == [f"{SHOWN} done in 312 ms: 19 degrees"]


@pytest.mark.parametrize(
    ("outcome", "result", "told"),
    [
        ("done", "", "done in 312 ms"),
        ("failed", "no\nsuch city", "failed after 312 ms: no such city"),
        ("cancelled", "", "cancelled after 312 ms, result not sent"),
        ("stopped", "x", "you broke it off"),
        ("denied", "nobody has allowed it", "not run: nobody has allowed it"),
        ("denied", "", "not run"),
    ],
)
def test_what_came_of_it_is_told_in_words(outcome: Outcome, result: str, told: str) -> None:
    lines = ToolLines()
    lines(CALL)
    assert lines(dataclasses.replace(DONE, outcome=outcome, result=result)) == [f"{SHOWN} {told}"]


def test_a_call_that_asks_says_so_with_all_its_arguments_and_nothing_that_commands_a_terminal() -> None:
    asks = ToolStarted(1, "1", "se\x1b[2Jnd\n", {"text": "x" * 3000 + "\x1b]0;t\x07"}, waits=True)
    (line,) = ToolLines()(asks)
    assert line.endswith(f"\\x1b]0;t\\x07') {ASKS}")
    assert "x" * 3000 in line
    assert not {"\x1b", "\n", "\x07"} & set(line)


def test_keys_answer_one_question_after_the_other_and_it_is_said_which() -> None:
    lines, asks = ToolLines(), dataclasses.replace(CALL, waits=True)
    other, third = dataclasses.replace(asks, id="2", args={"n": 2}), dataclasses.replace(asks, id="3", args={"n": 3})
    assert lines(asks) == [f"{SHOWN} {ASKS}"]
    assert lines(other) == [f"get_weather(n=2) {NEXT}"]
    assert lines(third) == [f"get_weather(n=3) {NEXT}"]
    assert lines(CALL) == [f"get_weather(n=2) {ASKS}"]
    assert lines(DONE)[1:] == []
    assert lines(dataclasses.replace(DONE, id="3", outcome="denied")) == ["get_weather(n=3) not run: 19 degrees"]
    assert lines(dataclasses.replace(DONE, id="2"))[1:] == []


def test_with_the_session_end_the_calls_of_which_nothing_more_is_told() -> None:
    lines = ToolLines()
    lines(CALL)
    assert lines(TurnEnded(1, "", "", False, 0)) == []
    assert lines(Ended("left", 1, 0)) == [f"{SHOWN} not finished"]
    assert lines(Ended("left", 1, 0)) == []
    assert lines(DONE) == ["get_weather done in 312 ms: 19 degrees"]
