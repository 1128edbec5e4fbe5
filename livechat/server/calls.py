"""Keeps the functions that one reply has asked for: not sent yet, not answered yet, answered."""

from __future__ import annotations

from collections.abc import Callable

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.server.brain import Said, answered


class Calls:
    """A reply goes on when the last of its calls has its answer."""

    def __init__(self) -> None:
        self._wanted: list[FunctionCall] = []
        self._open: dict[str, FunctionCall] = {}
        self._answers: list[Said] = []

    @property
    def wanted(self) -> bool:
        """There are calls that the client has not been told of."""
        return bool(self._wanted)

    @property
    def open(self) -> tuple[str, ...]:
        """The ids of the calls that the client has not answered."""
        return tuple(self._open)

    def want(self, call: FunctionCall) -> None:
        self._wanted.append(call)

    def issue(self, name: Callable[[], str]) -> list[FunctionCall]:
        """The calls to tell the client of, each with the id that `name` makes."""
        issued = [FunctionCall(id=name(), name=call.name, args=call.args or {}) for call in self._wanted]
        self._wanted.clear()
        self._open |= {call.id: call for call in issued if call.id}
        return issued

    def answer(self, response: FunctionResponse) -> bool:
        """Takes the answer of one call, by its id, or where there is none by the function's name.

        True if it was awaited and is the last.
        """
        found = response.id or next((id for id, call in self._open.items() if call.name == response.name), "")
        call = self._open.pop(found, None)
        if call is None:
            return False
        self._answers.append(answered(call, response))
        return not self._open

    def take(self) -> list[Said]:
        """Hands over the answers, as the history tells them."""
        answers, self._answers = self._answers, []
        return answers
