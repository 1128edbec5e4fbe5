"""The key that is pushed to talk, on terminals that tell when it comes up, and on those that tell when it goes down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from livechat.audio.activity import PushGate, Sent
    from livechat.terminal.decoder import Key

REPEAT_S: Final = 0.15
"""What comes so soon after the key is the key held down: terminals repeat it ten to forty times a second."""
LET_GO_S: Final = 0.25
"""So long after the last of them it is up again."""
TAP_S: Final = 0.3
"""Who lets the key go sooner has tapped it, where the terminal tells of that."""


class TalkKey:
    """A tap takes the floor and the next one yields it; who holds the key down has the floor until it comes up.

    Where the terminal tells of releases that is seen. Elsewhere it shows when the key begins to be repeated, up to half
    a second after it went down, and the first repeat is as good as a tap. So the floor is yielded then and taken back
    at the second, within what `PushGate` still sends.
    """

    def __init__(self, gate: PushGate, send: Callable[[Sequence[Sent]], None], say: Callable[[str], None]) -> None:
        self._gate = gate
        self._send = send
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._came_at = -inf
        self._held: asyncio.TimerHandle | None = None
        """Ends the holding when no more repeats come."""
        self._took_at: float | None = None
        """When the key that is down took the floor, where its release is going to be told."""

    def pressed(self, key: Key, *, releases: bool) -> None:
        """The key came; `releases` says whether the terminal tells of repeats and releases as such."""
        now = self._loop.time()
        if releases:
            self._seen(key, now)
            return
        repeated, self._came_at = now - self._came_at <= REPEAT_S, now
        if repeated:
            self._hold(now)
        else:
            self._toggle(now)

    def close(self) -> None:
        """Waits for nothing any more."""
        if self._held is not None:
            self._held.cancel()

    def _seen(self, key: Key, now: float) -> None:
        if key.released:
            took_at, self._took_at = self._took_at, None
            if took_at is not None and now - took_at >= TAP_S:
                self._let_go()
        elif not key.repeated:
            self._toggle(now)
            self._took_at = now if self._gate.pressed else None

    def _toggle(self, now: float) -> None:
        self._send(self._gate.toggle(now))
        self._say("on air; space sends" if self._gate.pressed else "sent")

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
