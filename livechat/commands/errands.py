"""Whether the model is still at it: a tool of its runs, or what one gave is not spoken of yet.

A model that does not wait for its tools ends the turn in which it calls one, and answers in another.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from livechat.events import Event, ModelSaid, ReplyCame, ToolEnded, ToolStarted, TurnEnded
from livechat.terminal.network import LOST

if TYPE_CHECKING:
    from livechat.session import Session

DUE_S: Final = 10.0
"""Seconds in which a model says something about what a tool gave, if it ever does: some results it takes in silence."""
NEWS: Final = (TurnEnded, ReplyCame, ModelSaid, ToolStarted, ToolEnded)
"""What may change the answer to that."""
HANDLE_S: Final = 0.2
"""Seconds in which a server gives the handle that resumes what was said: it comes behind the end of the turn."""


async def await_handle(session: Session) -> None:
    """Waits a moment for the handle to what was said: without it the next run has to tell the conversation again."""
    from livechat.events import Reconnecting, Resumable
    from livechat.session import SessionOver

    with suppress(TimeoutError, SessionOver):
        async with asyncio.timeout(HANDLE_S):
            await session.until(Resumable, Reconnecting)


class Errands:
    """An observer of a session."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self.due: bool = False
        """A tool has answered the model, which has said nothing since."""
        self.came: bool = False
        """All of the last reply is here."""
        self.over: bool = False
        """The last turn is over."""
        self.said: bool = False
        """The model has said something at all."""
        self.reason: str = ""
        """The server's reason for the end of the last turn."""

    @property
    def open(self) -> bool:
        """A call has not ended."""
        return bool(self._open)

    @property
    def busy(self) -> bool:
        """More is to be expected."""
        return self.open or self.due

    @property
    def patience_s(self) -> float | None:
        """Seconds for which it is worth waiting for more; None where others see to that."""
        return DUE_S if self.due and not self.open else None

    def __call__(self, t: float, event: Event) -> None:
        match event:
            case ToolStarted():
                self._open.add(event.id)
            case ToolEnded():
                self._open.discard(event.id)
                self.due = self.due or event.outcome != "cancelled"
            case ModelSaid():
                self.said, self.due, self.came, self.over = True, False, False, False
            case ReplyCame():
                self.came = True
                self.said = self.said or bool(event.text)
            case TurnEnded() if event.reason == LOST:
                self.came = self.over = False
            case TurnEnded():
                self.over, self.reason = True, event.reason
                self.said = self.said or bool(event.text or event.spoken_ms)
            case _:
                pass
