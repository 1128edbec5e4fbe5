"""Keeps what waits for the socket, in order, and lets no sound of a microphone grow old in it.

Words, answers and marks are never dropped; sound that was spoken while there was no link is old and goes out all the
same, and with it what is said while that is on its way (reliability.md A11).
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TypeAlias

from livechat.events import HEARD_RATE, CloseLink, Send, SendSound

OUTBOX = 50
"""Messages that may wait for the socket before a source of sound is asked to wait: one second of frames."""
OLD_S = 0.5
"""Seconds that sound of a microphone may wait for the socket: what is older would only be in the way."""

Letter: TypeAlias = Send | SendSound | CloseLink


class Outbox:
    """What one session has still to send."""

    def __init__(self) -> None:
        self.live: bool = False
        """The sound comes from a microphone, which does not wait."""
        self._letters: deque[tuple[Letter, float]] = deque()
        """With the times at which they were put in."""
        self._catching_up = -inf
        """Until then sound that waits is not late by itself, but for what was kept and goes before it."""

    def __bool__(self) -> bool:
        return bool(self._letters)

    @property
    def full(self) -> bool:
        """Who can wait should."""
        return len(self._letters) >= OUTBOX

    def put(self, letter: Letter, now: float) -> int:
        """Gives the samples (16 kHz) of older sound that were dropped for it."""
        dropped = 0
        if self.live and isinstance(letter, SendSound):
            letter = self._kept_if_behind(letter, now)
            dropped = self.drop_old(now)
        self._letters.append((letter, now))
        return dropped

    def _kept_if_behind(self, sound: SendSound, now: float) -> SendSound:
        """What is said behind kept sound is kept too, for as long again: enough for a link twice as fast as speech."""
        if sound.kept:
            self._catching_up = max(now, self._catching_up) + len(sound.pcm) / (2 * HEARD_RATE)
            return sound
        return SendSound(sound.pcm, kept=True) if self._letters and now < self._catching_up else sound

    def take(self) -> Letter:
        """The oldest; there must be one."""
        return self._letters.popleft()[0]

    def drop_old(self, now: float) -> int:
        """Drops live sound that has waited for too long; gives its samples."""
        before = now - OLD_S
        if not self.live or not self._letters or self._letters[0][1] >= before:
            return 0
        fresh: deque[tuple[Letter, float]] = deque()
        dropped = 0
        for letter, at in self._letters:
            if at < before and isinstance(letter, SendSound) and not letter.kept:
                dropped += len(letter.pcm) // 2
            else:
                fresh.append((letter, at))
        self._letters = fresh
        return dropped

    def drop_sound(self) -> None:
        """The machine stood still: live sound of before is stale, whatever the clock says, which may have stood too."""
        if self.live:
            self._letters = deque(one for one in self._letters if not isinstance(one[0], SendSound))
            self._catching_up = -inf

    def caught_up(self) -> None:
        """All that waited is sent."""
        self._catching_up = -inf

    def clear(self) -> None:
        """What waits is void."""
        self._letters.clear()
        self._catching_up = -inf
