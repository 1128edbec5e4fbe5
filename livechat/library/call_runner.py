"""Answers the model's calls in a spoken conversation with functions of the program: each is run once, answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping
from typing import Any, TypeAlias

from livechat.events import Event, ToolEnded, ToolFinished, ToolStarted
from livechat.protocol.parts import FunctionResponse
from livechat.tools.functions import Function, Functions, FunctionToolbox
from livechat.tools.results import response_of
from livechat.tools.runner import Runner

Tools: TypeAlias = Functions
"""Functions by the names that the model was told, or functions that have those names."""
Answer: TypeAlias = Callable[[FunctionResponse], None]


class CallRunner:
    """Runs what the model asks for by a `Runner`, which knows where a function may run and when it is given up.

    `see` is an observer of the session; `answer` sends what it is given. The task group is for the calls, which never
    break it. The calls of names `elsewhere` are somebody else's. From the session's loop.
    """

    def __init__(
        self,
        tools: Mapping[str, Function],
        tasks: asyncio.TaskGroup,
        answer: Answer,
        elsewhere: Container[str] = (),
    ) -> None:
        """Raises UsageError for names that the wire does not take."""
        self._runner = Runner(FunctionToolbox(tools), self._finished, tasks, mould=self._moulded)
        self._answer = answer
        self._elsewhere = elsewhere
        self._asked: dict[str, ToolStarted] = {}
        self._made: dict[str, FunctionResponse] = {}
        """Answers that functions have made themselves."""

    def see(self, t: float, event: Event) -> None:
        """Begins what is asked for, and breaks off what the model has taken back or somebody else has answered."""
        if isinstance(event, ToolStarted) and event.name not in self._elsewhere:
            self._asked[event.id] = event
            self._runner.begin(event.id, event.name, event.args)
        elif isinstance(event, ToolEnded) and self._asked.pop(event.id, None) is not None:
            self._runner.cancel(event.id)

    def close(self) -> None:
        """Breaks off what still runs, and tells the model so: it would wait for the answers."""
        self._runner.close()

    def _moulded(self, id: str, given: object) -> Mapping[str, Any]:
        if isinstance(given, FunctionResponse):
            self._made[id] = given
        return response_of(given)

    def _finished(self, told: ToolFinished) -> None:
        asked = self._asked[told.id] if told.more else self._asked.pop(told.id)
        made = self._made.pop(told.id, FunctionResponse())
        answer = made.model_copy(update={"id": _wire_id(asked.id), "name": asked.name, "response": dict(told.response)})
        if told.more:
            answer.will_continue = True
        self._answer(answer)


def _wire_id(id: str) -> str | None:
    """None for a call that came without one, and was given a number here."""
    return None if id.startswith("#") else id
