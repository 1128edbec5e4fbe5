"""A program's functions in a spoken conversation: run once, answered once by id, and taken back at a word."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Container
from typing import Any

import pytest

from livechat.errors import UsageError
from livechat.events import Noted, ToolEnded, ToolStarted
from livechat.library.call_runner import CallRunner
from livechat.protocol.parts import FunctionResponse
from livechat.tools.functions import Function
from livechat.tools.runner import STOPPED
from tests.aio import run

Answers = list[FunctionResponse]


def asked(name: str, id: str = "1", **args: object) -> ToolStarted:
    return ToolStarted(1, id, name, args)


def cancelled(name: str, id: str = "1") -> ToolEnded:
    return ToolEnded(1, id, name, "cancelled", 5)


async def with_runner(
    tools: dict[str, Function], use: Callable[[CallRunner, Answers], Awaitable[object]], elsewhere: Container[str] = ()
) -> Answers:
    answers: Answers = []
    async with asyncio.TaskGroup() as tasks:
        await use(CallRunner(tools, tasks, answers.append, elsewhere), answers)
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


async def for_ever() -> None:
    await asyncio.Event().wait()


# ------------------------------------------------------------------------------------------------------- what runs


def test_an_ordinary_function_is_called_with_the_arguments_in_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []

    def tool(city: str, days: int = 1) -> dict[str, object]:
        threads.append(threading.current_thread())
        return {"city": city, "days": days}

    assert told(tool, city="Oslo") == {"output": {"city": "Oslo", "days": 1}}
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


def test_a_coroutine_function_is_awaited_on_the_loop_of_the_program() -> None:
    async def tool(city: str) -> str:
        await asyncio.sleep(0)
        return f"{city} in {threading.current_thread().name}"

    assert told(tool, city="Oslo") == {"output": "Oslo in MainThread"}


def test_who_makes_the_answer_makes_it_whole_but_for_whose_it_is() -> None:
    made = FunctionResponse(id="9", name="other", response={"ok": 1}, scheduling="SILENT")
    later = FunctionResponse(scheduling="INTERRUPT")

    async def tool() -> FunctionResponse:
        return later

    assert answered(lambda: made, asked("tool")) == [
        FunctionResponse(id="1", name="tool", response={"ok": 1}, scheduling="SILENT")
    ]
    assert answered(tool, asked("tool")) == [FunctionResponse(id="1", name="tool", response={}, scheduling="INTERRUPT")]
    assert made.id == "9"


def test_an_answer_does_not_change_with_what_it_was_made_from() -> None:
    made = FunctionResponse(response={"list": [1]})
    (answer,) = answered(lambda: made, asked("tool"))
    assert made.response is not None
    made.response["list"].append(2)
    assert answer.response == {"list": [1]}


def test_calls_run_beside_each_other_and_each_is_answered_by_its_id() -> None:
    both = threading.Barrier(2)

    def tool(n: int) -> int:
        both.wait(5)
        return n

    answers = answered(tool, asked("tool", "a", n=1), asked("tool", "b", n=2))
    assert {answer.id: answer.response for answer in answers} == {"a": {"output": 1}, "b": {"output": 2}}


def test_a_call_that_came_without_an_id_is_answered_without_one() -> None:
    answers = answered(lambda: 1, asked("tool", "#1"), asked("tool", "#2"))
    assert [(answer.id, answer.name) for answer in answers] == [(None, "tool")] * 2


def test_a_function_may_answer_piece_by_piece() -> None:
    async def tool() -> AsyncIterator[object]:
        yield 1
        yield FunctionResponse(response={"n": 2}, scheduling="SILENT")

    assert answered(tool, asked("tool")) == [
        FunctionResponse(id="1", name="tool", response={"output": 1}, will_continue=True),
        FunctionResponse(id="1", name="tool", response={"n": 2}, scheduling="SILENT", will_continue=True),
        FunctionResponse(id="1", name="tool", response={}),
    ]


# ------------------------------------------------------------------------------------------------- what goes wrong


def test_what_a_function_raises_is_told_to_the_model() -> None:
    def tool(city: str) -> None:
        raise KeyError(city)

    assert told(tool, city="Oslo") == {"error": "KeyError: 'Oslo'"}


def test_arguments_that_do_not_fit_are_an_error_that_can_be_mended() -> None:
    assert "town: there is no such parameter" in told(lambda city: city, town="Oslo")["error"]


@pytest.mark.parametrize("given", [threading.Lock(), float("nan"), "x" * 1_000_000, {1}])
def test_what_cannot_be_sent_as_it_is_is_sent_all_the_same(given: object) -> None:
    assert "output" in told(lambda: given)


def test_a_function_that_is_not_there_is_an_error_that_says_which_are() -> None:
    (answer,) = answered(lambda: 1, asked("tol"))
    assert answer.response == {"error": "there is no function 'tol' — did you mean tool?; there are: tool"}


def test_a_name_that_the_wire_does_not_take_is_a_mistake() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        run(with_runner({"the tool": lambda: 1}, lambda runner, answers: for_ever()))
    assert isinstance(raised.value.exceptions[0], UsageError)


# ------------------------------------------------------------------------------------------ what is not wanted any more


def test_what_the_model_takes_back_is_cancelled_and_not_answered() -> None:
    ended: list[str] = []

    async def tool() -> None:
        try:
            await for_ever()
        finally:
            ended.append("cancelled")

    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0.01)
        runner.see(0.1, cancelled("tool", "another"))
        await asyncio.sleep(0)
        assert ended == []
        runner.see(0.2, cancelled("tool"))
        runner.see(0.2, cancelled("tool"))

    assert run(with_runner({"tool": tool}, use)) == []
    assert ended == ["cancelled"]


def test_what_somebody_else_has_answered_is_not_answered_again() -> None:
    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("tool"))
        await asyncio.sleep(0)
        runner.see(0.1, ToolEnded(1, "1", "tool", "done", 5, "by hand"))

    assert run(with_runner({"tool": for_ever}, use)) == []


def test_what_the_session_runs_itself_is_left_to_it() -> None:
    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, asked("clock"))
        runner.see(0.1, ToolEnded(1, "1", "clock", "done", 5, "noon"))

    assert run(with_runner({"tool": for_ever}, use, elsewhere={"clock"})) == []


def test_who_closes_while_an_answer_is_sent_has_it_sent_once() -> None:
    async def tool() -> None: ...

    async def main() -> Answers:
        answers: Answers = []

        def answer(response: FunctionResponse) -> None:
            answers.append(response)
            runner.close()

        async with asyncio.TaskGroup() as tasks:
            runner = CallRunner({"tool": tool}, tasks, answer)
            runner.see(0.0, asked("tool"))
        return answers

    assert len(run(main())) == 1


def test_who_closes_tells_the_model_of_what_does_not_run_to_its_end() -> None:
    """It waits for every answer; also for those to calls that had no time to begin."""

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

    assert len(run(with_runner({"tool": for_ever}, use))) == 2


def test_other_news_are_nothing_to_a_runner() -> None:
    async def use(runner: CallRunner, _: Answers) -> None:
        runner.see(0.0, Noted("rain"))

    assert run(with_runner({}, use)) == []
