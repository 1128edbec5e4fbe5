"""A tool's call in lines: what it is called with when it asks, and what came of it."""

from __future__ import annotations

from typing import Final

from livechat.events import Ended, Event, Failed, ToolEnded, ToolStarted
from livechat.terminal.page import duration
from livechat.terminal.safe import safe
from livechat.terminal.tool_rows import asked, in_full

LONGEST: Final = 400
"""Characters of a tool's name or result that are shown."""
ASKS: Final = "waits for your approval: y, n or a (always)"

NEXT: Final = "waits too: you are asked about it next"


class ToolLines:
    """Give it all news of a session, in order."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], str] = {}
        """The tools that were asked for, as one would call them, by the call's id and name."""
        self._asking: dict[tuple[str, str], str] = {}
        """Those that wait for the user, with all their arguments, oldest first: keys answer the first."""

    def __call__(self, event: Event) -> list[str]:
        """What is to be said of a piece of news; nothing in it commands a terminal."""
        match event:
            case ToolStarted():
                return self._started(event)
            case ToolEnded():
                call = self._running.pop((event.id, event.name), _line(event.name[:LONGEST]))
                return [f"{call} {_outcome(event)}", *self._answered(event)]
            case Ended() | Failed():
                return self._left()
            case _:
                return []

    def _started(self, told: ToolStarted) -> list[str]:
        self._running[told.id, told.name] = asked(told, 0.0).call
        if not told.waits:
            return self._answered(told)
        call = self._asking[told.id, told.name] = in_full(told)
        return [f"{call} {ASKS if len(self._asking) == 1 else NEXT}"]

    def _answered(self, told: ToolStarted | ToolEnded) -> list[str]:
        """A call waits no more: if it was the one in question, the next is."""
        first = next(iter(self._asking), None)
        self._asking.pop((told.id, told.name), None)
        return [f"{call} {ASKS}" for call in [*self._asking.values()][:1] if first == (told.id, told.name)]

    def _left(self) -> list[str]:
        """The end of the session is that of the tools, of which nothing more is told."""
        lines = [f"{call} not finished" for call in reversed(self._running.values())]
        self._running.clear()
        self._asking.clear()
        return lines


def _outcome(told: ToolEnded) -> str:
    after, result = duration(told.after_ms), _line(told.result[:LONGEST])
    match told.outcome:
        case "done":
            return f"done in {after}{result and f': {result}'}"
        case "failed":
            return f"failed after {after}{result and f': {result}'}"
        case "cancelled":
            return f"cancelled after {after}, result not sent"
        case "stopped":
            return "you broke it off"
        case _:  # denied
            return f"not run{result and f': {result}'}"


def _line(text: str) -> str:
    return safe(" ".join(text.split()), multiline=False)
