"""The key that is pushed to talk, on a terminal, which tells when a key goes down and not when it comes up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from livechat.audio.activity import PushGate, Sent

REPEAT_S: Final = 0.15
"""What comes so soon after the key is the key held down: terminals repeat it ten to forty times a second."""
LET_GO_S: Final = 0.25
"""So long after the last of them it is up again."""


class TalkKey:
    """A tap takes the floor and the next one yields it; who holds the key down has the floor until it comes up.

    That it is held shows when it begins to be repeated, up to half a second after it went down, and the first repeat
    is as good as a tap. So the floor is yielded then and taken back at the second, within what `PushGate` still sends.
    """

    def __init__(self, gate: PushGate, send: Callable[[Sequence[Sent]], None], say: Callable[[str], None]) -> None:
        self._gate = gate
        self._send = send
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._came_at = -inf
        self._held: asyncio.TimerHandle | None = None
        """Ends the holding when no more repeats come."""

    def pressed(self) -> None:
        now = self._loop.time()
        repeated, self._came_at = now - self._came_at <= REPEAT_S, now
        if repeated:
            self._hold(now)
        else:
            self._send(self._gate.toggle(now))
            self._say("on air; space sends" if self._gate.pressed else "sent")

    def close(self) -> None:
        """Waits for nothing any more."""
        if self._held is not None:
            self._held.cancel()

    def _hold(self, now: float) -> None:
        if self._held is not None:
            self._held.cancel()
        elif not self._gate.pressed:
            self._send(self._gate.press(now))
            self._say("on air while you hold the key")
        self._held = self._loop.call_later(LET_GO_S, self._let_go)

    def _let_go(self) -> None:
        self._held = None
        if self._gate.pressed:  # the activity may have ended for another reason
            self._send(self._gate.release(self._loop.time()))
            self._say("sent")
