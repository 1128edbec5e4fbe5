"""Tells of a network that does not keep up: that nothing arrives any more, and how much speech that has cost."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from livechat.events import HEARD_RATE, Faltering, Output, SoundDropped

TOLD_S = 1.0
"""Seconds between two news of sound that was not sent."""


class Strain:
    """The strain of one conversation; `tell` is called with the news of it."""

    def __init__(self, tell: Callable[[Output], None]) -> None:
        self._tell = tell
        self._falters = False
        self._dropped = 0
        """Samples of the user's sound that were not sent."""
        self._told_at = -inf
        self._due = inf
        """When what was dropped since is told."""

    def __repr__(self) -> str:
        return f"{'falters ' * self._falters}dropped={self._dropped}"

    @property
    def deadline(self) -> float:
        """When something is to be told; `inf` while nothing is."""
        return self._due

    def faltered(self, silent_s: float) -> None:
        """Nothing that was sent has arrived for so long; told once."""
        if not self._falters:
            self._falters = True
            self._tell(Faltering(silent_s))

    def recovered(self) -> None:
        """Something arrives again, or nothing is sent this way any more."""
        if self._falters:
            self._falters = False
            self._tell(Faltering(0.0))

    def dropped(self, samples: int, now: float) -> None:
        """So many samples (16 kHz) will not be sent."""
        self._dropped += samples
        self._due = max(now, self._told_at + TOLD_S)
        self.ticked(now)

    def ticked(self, now: float) -> None:
        """Tells what is due."""
        if now >= self._due:
            self._told_at, self._due = now, inf
            self._tell(SoundDropped(self._dropped * 1000 // HEARD_RATE))
