"""The model's calls that nobody has answered yet: what began, and how each of them ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livechat.events import ToolEnded, ToolStarted
from livechat.protocol.parts import FunctionCall, FunctionResponse


@dataclass(frozen=True, slots=True)
class _Call:
    turn: int
    id: str
    name: str
    at: float


class OpenCalls:
    """The calls of one conversation, in the order in which they came."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def called(self, call: FunctionCall, turn: int, now: float) -> ToolStarted | None:
        """The model asks for it; nothing where that is a further piece of a call whose arguments are streamed."""
        one = _Call(turn, call.id or "", call.name or "", now)
        if one.id and self._find(one.id, one.name):
            return None
        self._calls.append(one)
        return ToolStarted(turn, one.id, one.name, call.args or {})

    def answered(self, response: FunctionResponse, now: float) -> ToolEnded | None:
        """What its answer ends; nothing where more of it follows, or nobody asked."""
        if response.will_continue:
            return None
        call = self._find(response.id or "", response.name or "")
        if call is None:
            return None
        self._calls.remove(call)
        told = response.response or {}
        after_ms = _milliseconds(now - call.at)
        return ToolEnded(call.turn, call.id, call.name, "failed" if "error" in told else "done", after_ms, _words(told))

    def cancelled(self, ids: Iterable[str], now: float) -> list[ToolEnded]:
        """What the model waits for no more."""
        gone = [call for one in ids for call in self._calls if call.id == one]
        self._calls = [call for call in self._calls if call not in gone]
        return [ToolEnded(call.turn, call.id, call.name, "cancelled", _milliseconds(now - call.at)) for call in gone]

    def _find(self, id: str, name: str) -> _Call | None:
        """By its id; Vertex may give none, and then its name is all there is (wire-protocol §2)."""
        for call in self._calls:
            if call.id == id and (id or call.name == name):
                return call
        return None


def _words(response: dict[str, Any]) -> str:
    """What the model is told: the one conventional field if it is words, else all of it as JSON."""
    for field in ("output", "error"):
        if isinstance(words := response.get(field), str):
            return words
    return json.dumps(response, ensure_ascii=False)


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
