"""Counts what a conversation took: how long answers and silences were waited for, how many turns there were.

Pure: an observer of a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from livechat.events import (
    Answered,
    Event,
    FellSilent,
    GoingAway,
    Interrupted,
    ModelSaid,
    Reconnected,
    Reconnecting,
    SoundDropped,
    TurnEnded,
    UsageCounted,
)


@dataclass(frozen=True, slots=True)
class Spread:
    """How some times are spread, in ms."""

    count: int
    p50: int
    p95: int

    @classmethod
    def of(cls, times: Sequence[int]) -> Spread | None:
        """None where there are none."""
        ordered = sorted(times)
        return cls(len(ordered), _rank(ordered, 50), _rank(ordered, 95)) if ordered else None


def _rank(ordered: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile: one of the values, and of few the larger."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


class Figures:
    """An observer that keeps the times of every answer and every silence."""

    def __init__(self) -> None:
        self._ended = 0
        self._unfinished = False
        """The model has said something in a turn that has not ended."""
        self._away = self._moving = False
        """There is no connection; the server has said that it will close the one there is."""
        self.interruptions: int = 0
        """Replies that the user or the server cut off, not the network."""
        self.reconnects: int = 0
        """Connections that took the place of one that was lost, or left as the server wished."""
        self.lost_turns: int = 0
        """Turns that the server knows nothing of any more."""
        self.unsent_ms: int = 0
        """Sound of the user that was not sent: the network was slower than speech."""
        self.ended_at: float = 0.0
        """Seconds from the session's beginning to its newest news: not every session comes to tell of its end."""
        self.usage: UsageCounted | None = None
        """The tokens of the whole session, where the server counts them."""
        self._answers: list[int] = []
        self._silences: list[int] = []

    def __call__(self, t: float, event: Event) -> None:
        self.ended_at = t
        match event:
            case Answered(after_ms=after_ms):
                self._answers.append(after_ms)
            case FellSilent(after_ms=after_ms):
                self._silences.append(after_ms)
            case ModelSaid():
                self._unfinished = True
            case TurnEnded(interrupted=True) if self._away:
                pass  # its question is asked again, and answered in another
            case TurnEnded(text=text, spoken_ms=spoken_ms):
                self._ended += bool(text or spoken_ms)
                self._unfinished = False
            case UsageCounted():
                self.usage = event
            case Interrupted():
                self.interruptions += not self._away
            case Reconnecting():
                self._away = True
            case GoingAway():
                self._moving = True
            case Reconnected():
                self._reconnected(event)
            case SoundDropped(ms=ms):
                self.unsent_ms = ms
            case _:
                pass

    def _reconnected(self, event: Reconnected) -> None:
        """One that nothing was lost before goes on with what another run has left."""
        self.reconnects += self._away or self._moving
        self._away = self._moving = False
        if event.how == "lost":
            self.lost_turns = event.turns

    @property
    def turns(self) -> int:
        """Turns in which the model said something, the last one perhaps not to its end."""
        return self._ended + self._unfinished

    @property
    def answers(self) -> Spread | None:
        """From the end of the user's speech to the first sample at the ear."""
        return Spread.of(self._answers)

    @property
    def silences(self) -> Spread | None:
        """From the server's `interrupted` to silence at the ear."""
        return Spread.of(self._silences)
