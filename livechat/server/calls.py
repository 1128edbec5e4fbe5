"""Keeps the functions that were asked for: not sent yet, not answered yet, answered.

A function that blocks holds up the reply that asked for it; one that does not outlives it, and what it gives back is
spoken of by its `scheduling`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.server.brain import Said, answered


class Calls:
    """Those that block one reply: it goes on when the last of them has its answer."""

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

    def issue(self, name: Callable[[], str], blocks: Callable[[FunctionCall], bool]) -> list[FunctionCall]:
        """The calls to tell the client of, each with the id that `name` makes; those that block are awaited."""
        issued = [FunctionCall(id=name(), name=call.name, args=call.args or {}) for call in self._wanted]
        self._wanted.clear()
        self._open |= {call.id: call for call in issued if call.id and blocks(call)}
        return issued

    def awaits(self, response: FunctionResponse) -> bool:
        """Whether this answers one of them."""
        return _found(response, self._open) is not None

    def answer(self, response: FunctionResponse) -> bool:
        """Takes the answer of one call; True if it is the last. Whether more is to follow is not asked: these block."""
        id = _found(response, self._open)
        if id is None:
            return False
        self._answers.append(answered(self._open.pop(id), response))
        return not self._open

    def take(self) -> list[Said]:
        """Hands over the answers, as the history tells them."""
        answers, self._answers = self._answers, []
        return answers


@dataclass(frozen=True, slots=True)
class Running:
    """A function that runs while the conversation goes on."""

    call: FunctionCall
    reply: int
    """The number of the reply that asked for it."""


class Background:
    """Those that do not block, of a whole session."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}

    @property
    def busy(self) -> bool:
        """Something is still to come."""
        return bool(self._running)

    def run(self, calls: Sequence[FunctionCall], reply: int) -> None:
        self._running |= {call.id: Running(call, reply) for call in calls if call.id}

    def answer(self, response: FunctionResponse) -> Said | None:
        """The answer of one of them as the history tells it, or None; it runs on if more answers will follow."""
        id = _found(response, {id: running.call for id, running in self._running.items()})
        if id is None:
            return None
        call = self._running[id].call
        if not response.will_continue:
            del self._running[id]
        return answered(call, response)

    def cancel(self, reply: int) -> tuple[str, ...]:
        """Gives up what that reply has asked for; the ids."""
        ids = tuple(id for id, running in self._running.items() if running.reply == reply)
        for id in ids:
            del self._running[id]
        return ids


def _found(response: FunctionResponse, calls: Mapping[str, FunctionCall]) -> str | None:
    """The id of the call that this answers: by its id, or where it has none by the function's name."""
    if response.id:
        return response.id if response.id in calls else None
    return next((id for id, call in calls.items() if call.name == response.name), None)
