"""The functions of a user's program, called by a model: run once, answered once, and never the end of anything."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from livechat.errors import UsageError
from livechat.events import Noted, ToolEnded, ToolStarted
from livechat.library.call_runner import AT_ONCE, LARGEST, LONGEST, STOPPED, CallRunner, Function, Tools, named
from livechat.protocol.parts import FunctionResponse
from tests.aio import run

Answers = list[FunctionResponse]


def asked(name: str, id: str = "1", **args: object) -> ToolStarted:
    return ToolStarted(1, id, name, args)


def cancelled(name: str, id: str = "1") -> ToolEnded:
    return ToolEnded(1, id, name, "cancelled", 5)


async def with_runner(tools: dict[str, Function], use: Callable[[CallRunner, Answers], Awaitable[object]]) -> Answers:
    answers: Answers = []
    async with asyncio.TaskGroup() as tasks:
        await use(CallRunner(tools, tasks, answers.append), answers)
    return answers


def answered(tool: Function, *calls: ToolStarted) -> Answers:
    """What the model is told where this is called `tool`."""

    async def use(runner: CallRunner, _: Answers) -> None:
        for call in calls:
            runner.see(0.0, call)

    return run(with_runner({"tool": tool}, use))


def told(tool: Function, **args: object) -> dict[str, Any]:
    (answer,) = answered(tool, ToolStarted(1, "1", "tool", args))
    assert (answer.id, answer.name) == ("1", "tool")
    assert answer.response is not None
    return answer.response


# ------------------------------------------------------------------------------------------------------- what runs


def test_an_ordinary_function_is_called_with_the_arguments_in_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []

    def tool(city: str, days: int = 1) -> dict[str, object]:
        threads.append(threading.current_thread())
        return {"city": city, "days": days}

    assert told(tool, city="Oslo") == {"city": "Oslo", "days": 1}
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


def test_a_coroutine_function_is_awaited_on_the_loop() -> None:
    async def tool(city: str) -> str:
        await asyncio.sleep(0)
        return f"{city} in {threading.current_thread().name}"

    assert told(tool, city="Oslo") == {"output": "Oslo in MainThread"}


def test_what_a_function_gives_to_be_awaited_is_awaited() -> None:
    async def slow(word: str) -> str:
        return word.upper()

    def tool(word: str) -> Awaitable[str]:
        return slow(word)

    assert told(tool, word="rain") == {"output": "RAIN"}


@pytest.mark.parametrize("given", [None, 7, "rain", True, ["a", 1], {"a": {"b": [None]}}])
def test_json_is_told_as_it_is(given: object) -> None:
    assert told(lambda: given) == (given if isinstance(given, dict) else {"output": given})


def test_who_makes_the_answer_makes_it_whole_but_for_whose_it_is() -> None:
    made = FunctionResponse(id="9", name="other", response={"ok": 1}, scheduling="SILENT")
    (answer,) = answered(lambda: made, asked("tool"))
    assert answer == FunctionResponse(id="1", name="tool", response={"ok": 1}, scheduling="SILENT")
    assert made.id == "9"


def test_an_answer_does_not_change_with_what_it_was_made_from() -> None:
    given = {"list": [1]}
    (answer,) = answered(lambda: given, asked("tool"))
    given["list"].append(2)
    assert answer.response == {"list": [1]}


def test_calls_run_beside_each_other_and_each_is_answered_by_its_id() -> None:
    both = threading.Barrier(2)

    def tool(n: int) -> int:
        both.wait(5)
        return n

    answers = answered(tool, asked("tool", "a", n=1), asked("tool", "b", n=2))
    assert {answer.id: answer.response for answer in answers} == {"a": {"output": 1}, "b": {"output": 2}}


def test_a_call_without_an_id_is_answered_without_one() -> None:
    answers = answered(weather, asked("tool", "", city="Oslo"), asked("tool", "", city="Rome"))
    assert [(answer.id, answer.name) for answer in answers] == [(None, "tool")] * 2


def test_only_so_many_run_at_once() -> None:
    running, most = 0, 0

    async def tool() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(3):
            await asyncio.sleep(0)
        running -= 1

    assert len(answered(tool, *(asked("tool", str(n)) for n in range(3 * AT_ONCE)))) == 3 * AT_ONCE
    assert most == AT_ONCE


# ------------------------------------------------------------------------------------------------- what goes wrong


class Odd(Exception):
    def __str__(self) -> str:
        raise ValueError


def raising(error: BaseException) -> Function:
    def tool() -> None:
        raise error

    return tool


def raising_later(error: BaseException) -> Function:
    async def tool() -> None:
        raise error

    return tool


ERRORS = {
    "ValueError: no such city": ValueError("no such city"),
    "StopIteration": StopIteration(),
    "SystemExit: 1": SystemExit(1),
    "<exception str() failed>": Odd(),
    "Error: half of ?": RuntimeError("half of \ud800"),
}


@pytest.mark.parametrize("words", ERRORS)
def test_what_a_function_raises_is_told_to_the_model(words: str) -> None:
    response = told(raising(ERRORS[words]))
    assert words in response["error"]


def test_what_a_coroutine_raises_is_told_to_the_model() -> None:
    assert told(raising_later(KeyError("Oslo"))) == {"error": "KeyError: 'Oslo'"}


def test_a_coroutine_that_was_cancelled_by_somebody_else_has_failed() -> None:
    response = told(raising_later(asyncio.CancelledError("the database is gone")))
    assert response == {"error": "asyncio.exceptions.CancelledError: the database is gone"}


def test_an_error_is_told_in_bounded_words() -> None:
    response = told(raising(ValueError("x" * 100_000)))
    assert len(response["error"]) == LONGEST


def test_arguments_that_do_not_fit_are_an_error() -> None:
    response = told(weather, town="Oslo")
    assert "unexpected keyword argument 'town'" in response["error"]


def endless() -> list[object]:
    inner: list[object] = []
    inner.append(inner)
    return inner


NO_JSON: dict[str, object] = {
    "a set": {1},
    "a lock": threading.Lock(),
    "not a number": float("nan"),
    "half a character": "\ud800",
    "without an end": endless(),
    "numbers for keys": {1: "x"},
    "too much": "x" * (LARGEST + 1),
}


@pytest.mark.parametrize("what", NO_JSON)
def test_what_cannot_be_sent_is_an_error_and_ends_nothing(what: str) -> None:
    response = told(lambda: NO_JSON[what])
    assert list(response) == ["error"]
    assert response["error"]


def test_a_function_that_is_not_there_is_an_error_that_says_which_are() -> None:
    (answer,) = answered(lambda: 1, asked("tol"))
    assert answer.response == {"error": "there is no function 'tol'; there are: tool"}


def test_where_there_are_no_functions_the_error_says_so() -> None:
    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("any"))

    (answer,) = run(with_runner({}, use))
    assert answer.response == {"error": "there is no function 'any'; there are: none"}


# ------------------------------------------------------------------------------------------ what is not wanted any more


def test_what_the_model_takes_back_is_cancelled_and_not_answered() -> None:
    ended: list[str] = []

    async def tool() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        runner.see(0.1, cancelled("tool", "another"))
        await asyncio.sleep(0)
        assert ended == []
        runner.see(0.2, cancelled("tool"))

    assert run(with_runner({"tool": tool}, use)) == []
    assert ended == ["cancelled"]


def test_what_a_thread_gives_too_late_is_thrown_away() -> None:
    """Also where that is a coroutine, which would complain that it was never awaited."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    async def never() -> None: ...

    def tool() -> Awaitable[None]:
        begun.set()
        may_end.wait(5)
        return never()

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.to_thread(begun.wait, 5)
        runner.see(0.1, cancelled("tool"))
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.to_thread(wait_for_tools)
        ended.set()

    assert run(with_runner({"tool": tool}, use)) == []
    assert ended.is_set()


def wait_for_tools() -> None:
    for thread in threading.enumerate():
        if thread.name == "livechat-tool":
            thread.join(5)


def test_a_thread_that_outlives_the_loop_disturbs_nobody() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def tool() -> None:
        begun.set()
        may_end.wait(5)

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.to_thread(begun.wait, 5)
        runner.see(0.1, cancelled("tool"))

    run(with_runner({"tool": tool}, use))
    may_end.set()
    wait_for_tools()


def test_what_somebody_else_has_answered_is_not_answered_again() -> None:
    async def tool() -> None:
        await asyncio.Event().wait()

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0)
        runner.see(0.1, ToolEnded(1, "1", "tool", "done", 5, "by hand"))

    assert run(with_runner({"tool": tool}, use)) == []


def test_what_was_taken_back_is_let_go_of_in_peace() -> None:
    let_go: list[str] = []

    async def tool() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            let_go.append("the database")

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0.01)
        runner.see(0.1, cancelled("tool"))
        await asyncio.sleep(0)
        runner.see(0.2, cancelled("tool"))

    run(with_runner({"tool": tool}, use))
    assert let_go == ["the database"]


def test_who_closes_while_an_answer_is_sent_has_it_sent_once() -> None:
    async def tool() -> None: ...

    async def main() -> Answers:
        answers: Answers = []

        def answer(response: FunctionResponse) -> None:
            answers.append(response)
            runner.close()

        async with asyncio.TaskGroup() as tasks:
            runner = CallRunner({"tool": tool}, tasks, answer)
            runner.see(0.0, asked("tool", ""))
        return answers

    assert len(run(main())) == 1


def test_who_closes_tells_the_model_of_what_does_not_run_to_its_end() -> None:
    """It waits for every answer; also for those to calls that had no time to begin."""

    async def tool() -> None:
        await asyncio.Event().wait()

    async def use(runner: CallRunner, answers: Answers) -> None:
        runner.see(0.0, asked("tool", "a"))
        await asyncio.sleep(0)
        runner.see(0.0, asked("tool", "b"))
        runner.close()
        runner.close()
        assert [(answer.id, answer.response) for answer in answers] == [
            ("a", {"error": STOPPED}),
            ("b", {"error": STOPPED}),
        ]

    assert len(run(with_runner({"tool": tool}, use))) == 2


def test_who_will_not_be_cancelled_is_not_answered_twice() -> None:
    async def tool() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "all the same"
        return "never"

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        runner.close()

    (answer,) = run(with_runner({"tool": tool}, use))
    assert answer.response == {"error": STOPPED}


def test_other_news_are_nothing_to_a_runner() -> None:
    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, Noted("rain"))

    assert run(with_runner({}, use)) == []


# ---------------------------------------------------------------------------------------------------------- names


def weather(city: str) -> str:
    return city


async def tides() -> None: ...


def test_functions_are_named_by_a_mapping_or_by_themselves() -> None:
    assert named({"forecast": weather}) == {"forecast": weather}
    assert named([weather, tides]) == {"weather": weather, "tides": tides}
    assert named((weather,)) == {"weather": weather}
    assert named(None) == {}


UNNAMED: dict[str, object] = {
    "has no name of its own": [lambda: 1],
    "of type partial has no name": [functools.partial(weather, "Oslo")],
    "two tools are called 'weather'": [weather, weather],
    "of type function have no names": weather,
    "of type str have no names": "weather",
    "'weather' cannot be called": {"weather": 7},
}


@pytest.mark.parametrize("problem", UNNAMED)
def test_what_is_no_function_with_a_name_is_a_mistake(problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as raised:
        named(cast("Tools", UNNAMED[problem]))
    assert "tools=" in raised.value.hint
