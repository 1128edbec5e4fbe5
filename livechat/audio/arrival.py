"""Learns how sound arrives: how late its pieces can be, so when to begin playing and how much to keep in hand. Pure.

Time is counted in samples. A pause of more than a second is not the network's (a function runs, a model thinks), so
nothing is learned from it. The figures were chosen on made-up arrivals, for want of recorded ones.
"""

from __future__ import annotations

from collections import deque
from typing import Final

LATEST_MS: Final = 240
"""No answer waits longer than this for its beginning, however late the line is."""
WARY_MS: Final = 400
"""So long a wait is held to be possible until `_FEW_WAITS` were seen."""
MOST_MS: Final = 1_000
"""Never more than this is kept in hand."""
SLACK_MS: Final = 60
PAUSE_MS: Final = 1_000
_TURNS, _WAITS = 16, 200
"""How many are remembered."""
_FEW_TURNS, _FEW_WAITS = 4, 12
_STRETCHABLE: Final = 0.1
"""Of a sound's length that stretching can surely add, so that a deadline need not."""


class Arrivals:
    """What is known of the line this conversation comes by. Learns from every turn, also while it lasts."""

    def __init__(self, rate: int, start_ms: int) -> None:
        self._ms = rate / 1000
        self._earliest = start_ms * self._ms
        self._waits: deque[int] = deque(maxlen=_WAITS)
        """Samples between two arrivals of a turn."""
        self._late: deque[float] = deque(maxlen=_TURNS)
        """By how many samples each turn's pieces came too late to be played at once, the last turn included."""
        self._hand = (WARY_MS + SLACK_MS) * self._ms
        """Samples that had better be queued when a piece has come, to last until the next."""
        self._overdue = WARY_MS * self._ms
        """After so many samples without a piece the line has stalled."""
        self._began = self._last = self._sent = 0

    def begin(self, now: int) -> int:
        """The first piece of a turn is here: after how many samples to begin. Its `arrived` follows."""
        deadline = self._deadline()
        self._late.append(0)
        self._began = self._last = now
        self._sent = 0
        return deadline

    def arrived(self, now: int, samples: int) -> None:
        """A piece of the present turn is here."""
        wait, self._last = now - self._last, now
        if wait > PAUSE_MS * self._ms:
            self._began = now - self._sent  # what comes after a pause is not late
        elif wait:
            self._late[-1] = max(self._late[-1], now - self._began - self._sent * (1 + _STRETCHABLE))
            self._learn(wait)
        self._sent += samples

    def thin(self, queued: int, now: int) -> bool:
        """Whether so many queued samples may not last until the next piece."""
        waited = now - self._last
        return queued + waited < self._hand or (waited > self._overdue and queued < self._hand)

    def _learn(self, wait: int) -> None:
        """The longest wait is to be outlasted, and by half as much again as it stands out from the usual one."""
        self._waits.append(wait)
        usual, longest = sorted(self._waits)[len(self._waits) // 2], max(self._waits)
        wary = WARY_MS * self._ms if len(self._waits) < _FEW_WAITS else 0
        self._hand = min(MOST_MS * self._ms, max(wary, 1.5 * longest - 0.5 * usual) + SLACK_MS * self._ms)
        self._overdue = 1.5 * usual

    def _deadline(self) -> int:
        """The one that would have been right for three of four of the last turns."""
        if len(self._late) < _FEW_TURNS:
            return int(self._earliest)
        late = sorted(self._late)[len(self._late) * 3 // 4] + SLACK_MS / 2 * self._ms
        return int(max(self._earliest, min(LATEST_MS * self._ms, late)))
