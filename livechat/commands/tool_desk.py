"""What the user does about the model's calls: lets them run or not, breaks one off, looks at one once more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

from livechat.commands.faces import laid_out
from livechat.commands.stage import ignored, read_keys
from livechat.events import Event, Input, ToolAllowed, ToolDenied, ToolEnded, ToolStarted, ToolStopped
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.holding import Script
    from livechat.commands.tool_kit import Kit
    from livechat.session import Session
    from livechat.terminal.decoder import Key
    from livechat.terminal.inputs import Own

SETTLE_S: Final = 0.5
"""A key this soon after a question came up, or after another such key, was meant for something else, or is held."""
MOST_ASKED: Final = 8
"""Calls that may wait for the user at a time: a model that asks for more is told no."""
LONGEST: Final = 100_000
"""Characters of arguments, and of a result, that are shown at once."""
AGREE_S: Final = 60.0
AGREE: Final = Safe("May a model be told this? y or n")
ANSWERS: Final = {"y": "y", "yes": "y", "n": "n", "no": "n", "a": "a", "always": "a"}
"""What may be typed for a key, on a line of its own."""
STOP: Final = "x"
NONE_YET: Final = "the model has called no tool yet"


def unseen(lines: Sequence[Safe]) -> None:
    """Where there is no terminal."""


class ToolDesk:
    """An observer of one session after another. Give it each key that means nothing else with `press`."""

    def __init__(self) -> None:
        self.show: Callable[[Sequence[Safe]], None] = unseen
        """Puts lines of ours on the terminal."""
        self.keyed = True
        """Keys come to it; where they do not, lines may."""
        self._proposal: asyncio.Future[bool] | None = None
        """What the user is asked about before there is a session."""
        self._session: Session | None = None
        self._open: dict[str, ToolStarted] = {}
        """The calls that have not ended, by their ids, oldest first, each as it was told last."""
        self._question: str | None = None
        """The oldest call that waits for the user,"""
        self._asked_at = 0.0
        """and since when it is that,"""
        self._pressed_at = 0.0
        """and when a key for an answer was pressed last."""
        self._last: ToolStarted | None = None
        self._end: ToolEnded | None = None
        """Of the last."""

    def during(self, script: Script) -> Script:
        """The same script, whose session the keys speak to while it runs."""

        async def attended(session: Session) -> None:
            self.attend(session)
            await script(session)

        return attended

    def attend(self, session: Session) -> None:
        """From now on the keys speak to this session."""
        self._session = session
        self._open.clear()
        self._question = None
        self._asked_at = self._pressed_at = -SETTLE_S

    @property
    def asks(self) -> bool:
        """A call waits for the user."""
        return self._question is not None

    def __call__(self, t: float, event: Event) -> None:
        if isinstance(event, ToolStarted):
            self._open[event.id] = event
            self._last, self._end = event, None
        elif isinstance(event, ToolEnded):
            self._open.pop(event.id, None)
            if self._last is not None and self._last.id == event.id:
                self._end = event
        else:
            return
        question = next((call.id for call in self._open.values() if call.waits), None)
        if question != self._question:
            self._question, self._asked_at = question, t
        if isinstance(event, ToolStarted) and event.waits and self._crowded:
            self._tell(ToolDenied(event.id))

    @property
    def _crowded(self) -> bool:
        return sum(call.waits for call in self._open.values()) > MOST_ASKED

    def take(self, key: Key) -> None:
        """Takes a key where keys mean nothing else."""
        if not (key.released or key.repeated):
            self.press(key.text.lower() if key.name == "char" else key.name)

    async def agrees(self, lines: Sequence[Safe]) -> bool:
        """Shows lines and waits until y or n is pressed; who does not answer within a minute does not agree."""
        loop = asyncio.get_running_loop()
        self.show([*lines, AGREE])
        shown_at = loop.time()
        try:
            async with asyncio.timeout(AGREE_S):
                while True:
                    self._proposal = loop.create_future()
                    agreed = await self._proposal
                    if not agreed or loop.time() - shown_at >= SETTLE_S:
                        return agreed
        except TimeoutError:
            return False
        finally:
            self._proposal = None

    def press(self, name: str) -> bool:
        """Does what a key means for the calls; False where it means nothing."""
        if self._proposal is not None and not self._proposal.done() and name in ("y", "n", "q", "ctrl-d"):
            self._proposal.set_result(name == "y")
            return name in ("y", "n")
        match name:
            case "y" | "n" | "a" if self._question is not None:
                hasty, self._pressed_at = self._hasty, self._now
                if not hasty:
                    self._answer(self._question, name)
            case "x" if self._open:
                self._tell(ToolStopped(next(reversed(self._open))))
            case "ctrl-o":
                self.show(self.in_full())
            case _:
                return False
        return True

    def answered_by(self, line: str) -> bool:
        """Whether a line that was typed answers the question there is, or breaks off a call."""
        if line.strip().lower() == STOP:
            return self.press(STOP)
        answer = ANSWERS.get(line.strip().lower())
        if answer is None or self._question is None or self._hasty:
            return False
        return self.press(answer)

    def in_full(self) -> list[Safe]:
        """The call in question, or the last, with all its arguments and what came of it."""
        call = self._last if self._question is None else self._open[self._question]
        if call is None:
            return [Safe(NONE_YET)]
        end = self._end if self._end is not None and self._end.id == call.id else None
        told = [f"{call.name} is called with", *_indented(json.dumps(dict(call.args), indent=2, ensure_ascii=False))]
        if end is not None:
            told += [f"{end.outcome} after {end.after_ms} ms" + (", and the model was told" if end.result else "")]
            told += _indented(end.result) if end.result else []
        return [safe(line, multiline=False) for line in told]

    @property
    def _hasty(self) -> bool:
        """Whoever presses a key now cannot have read the question."""
        return self._now - max(self._asked_at, self._pressed_at) < SETTLE_S

    @property
    def _now(self) -> float:
        return 0.0 if self._session is None else self._session.now

    def _answer(self, id: str, answer: str) -> None:
        self._tell(ToolDenied(id) if answer == "n" else ToolAllowed(id, always=answer == "a"))

    def _tell(self, happened: Input) -> None:
        if self._session is not None:
            self._session.tell(happened)


def pressed_by(desk: ToolDesk | None) -> Callable[[Key], None]:
    """What a key does where keys are for tools alone."""
    return ignored if desk is None else desk.take


def show_calls(desk: ToolDesk | None, tell: Callable[[Own], None]) -> None:
    """Has calls shown on a face that is told like this."""
    if desk is not None:
        desk.show = lambda lines: tell(laid_out(lines))


def tool_keys(desk: ToolDesk | None, kit: Kit) -> AbstractContextManager[object]:
    """Inside, keys come to the desk, where its user can be asked."""
    return read_keys(desk.take) if desk is not None and kit.asks else nullcontext()


def _indented(text: str) -> list[str]:
    left = len(text) - LONGEST
    more = [f"  [{left} characters more]"] if left > 0 else []
    return [*(f"  {line}" for line in text[:LONGEST].split("\n")), *more]
