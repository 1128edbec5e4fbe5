"""Says when the next connection is tried and when no more, and when one that the server will close is left.

The first try is made at once and the later ones ever more seldom, never more than `A_MINUTE` in any minute
(reliability.md A8). A planned end is met in the first pause near it, at the latest `MARGIN_S` before it.
"""

from __future__ import annotations

from collections import deque
from math import inf

FURTHER_TRIES = 8
"""Connections tried for one that was lost, where that is wished and nothing else is said."""
A_MINUTE = 8
"""Connections tried in any minute, at most."""
LONGEST_S = 30.0
"""Seconds between two tries, at most."""
HELD_S = 10.0
"""Seconds after which a connection has held: the tries are counted from 1 again."""
MARGIN_S = 5.0
"""Seconds before the end that was announced at which a connection is left, whatever goes on; less near it."""
LEAD_S = 60.0
"""Seconds before that end from which on a pause is good enough; a goAway may come minutes ahead (wire-protocol §5)."""


class Relinking:
    """The tries of one conversation, and its planned moves."""

    def __init__(self, tries: int, jitter: float) -> None:
        """tries: after a loss, before it is given up; jitter: 0 to 1, that many clients do not come back as one."""
        self.tries = tries
        self.attempt: int = 0
        """The try that is due or under way; 0 while a connection holds."""
        self.at: float = inf
        """When it is due."""
        self._leave_from = inf
        self._leave_by = inf
        """Between these a connection that ends by plan is left."""
        self._leaving = False
        """The first of these has come."""
        self._moves = False
        """What is tried now replaces a connection that ends by plan."""
        self._jitter = jitter
        self._made: deque[float] = deque(maxlen=A_MINUTE)
        self._ready_at = inf

    @property
    def deadline(self) -> float:
        """The next moment at which something is due; `inf` where there is none."""
        return min(self.at, self._leave_by, self._leave_from)

    def plan(self, now: float, *, soon: bool = False) -> bool:
        """Plans the next try, at once where it is `soon`; False where there were enough."""
        if now >= self._ready_at + HELD_S:
            self.attempt = 0
        self._ready_at = self._leave_from = self._leave_by = inf
        self._leaving = self._moves = False
        self.attempt += 1
        if self.attempt > self.tries:
            return False
        self.at = now if soon else now + self._pause()
        if len(self._made) == A_MINUTE:
            self.at = max(self.at, self._made[0] + 60.0)
        return True

    def leave(self, now: float) -> None:
        """Plans the move of a connection that ends by plan: where it succeeds, it is no try."""
        self.plan(now)
        self._moves = True

    def _pause(self) -> float:
        if self.attempt == 1:
            return 0.0
        # The golden ratio spreads one number over the tries as evenly as numbers can be.
        share = (self._jitter + self.attempt * 0.6180339887498949) % 1.0
        return min(LONGEST_S, 2.0 ** (self.attempt - 2)) * (0.5 + 0.5 * share)

    def tried(self, now: float) -> None:
        """The try that was due is made."""
        self.at = inf
        self._made.append(now)

    def ready(self, now: float) -> None:
        """A connection is there, and may yet fail at once."""
        self._ready_at = now
        self.attempt -= self._moves
        self._moves = False

    def proved(self) -> None:
        """It has carried a whole turn: it holds."""
        self.attempt = 0

    def end_announced(self, left_s: float, now: float) -> None:
        """The server will close the connection in so many seconds."""
        end = now + left_s
        self._leave_from = max(now, end - LEAD_S)
        # Of little time half is given to the pause that may come: an answer that is almost over need not be cut.
        self._leave_by = now + max(left_s - MARGIN_S, min(left_s, MARGIN_S) / 2)

    def leaving(self, now: float) -> bool:
        """Whether the connection is to be left at the next opportunity."""
        if now >= self._leave_from:
            self._leaving, self._leave_from = True, inf
        if self._leaving and len(self._made) == A_MINUTE and now < self._made[0] + 60.0:
            self._leaving, self._leave_by = False, inf  # a server that sends everybody away is waited for
        return self._leaving

    def must_leave(self, now: float) -> bool:
        """Whether it is to be left whatever goes on."""
        return now >= self._leave_by
