"""Watches a model that owes words: the user is told of its silence, and then another connection is better."""

from __future__ import annotations

from math import inf

NOTICE_S = 5.0
"""Seconds of silence after which the user is told."""
PATIENCE = 2
"""Connections in a row that are left because of one; then the server is taken to have nothing to say."""


class Silence:
    """The silences of one conversation."""

    def __init__(self, stall_s: float) -> None:
        """stall_s: seconds after which a connection is left."""
        self._stall_s = stall_s
        self._since = inf
        self._told_of = -inf
        """The silence that the user was told of, by when it began."""
        self._left = 0
        """Connections left because of one, in a row."""

    @property
    def deadline(self) -> float:
        """The next moment at which something is to be done about it; `inf` while the model owes nothing."""
        return self._since + (self._stall_s if self._told_of == self._since else NOTICE_S)

    def since(self, moment: float) -> None:
        """The model owes words since then; `inf` while it owes none, or nobody watches."""
        self._since = moment

    def broken(self) -> None:
        """All that was said is answered."""
        self._left = 0

    def notice(self, now: float) -> float | None:
        """For how long it has lasted, where the user is to be told; once for each."""
        if now < self._since + NOTICE_S or self._told_of == self._since:
            return None
        self._told_of = self._since
        return now - self._since

    def over(self, now: float) -> bool:
        """Whether it has lasted for too long."""
        return now >= self._since + self._stall_s

    def leave(self) -> bool:
        """The connection is left because of it; False where that was tried often enough."""
        self._left += 1
        return self._left <= PATIENCE
