"""Knows how long a connection and its session may last, and when to tell the client to go."""

from __future__ import annotations

from livechat.server.scenario import Limits


class Lifetime:
    """From the open connection to its end. All times are in seconds of the same clock."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._ends = _later(now, limits.real(limits.connection_s))
        self._told: float | None = None
        """The end that the client was told of."""
        self._begun = now
        self._compressed = True
        """The session is not measured, because nothing grows or nothing has begun."""
        self.heard_s: float | None = None
        self.seen_s: float | None = None
        """When in the session the first sound and the first picture came; None if none has."""

    def begin(
        self,
        now: float,
        *,
        compressed: bool,
        lasted_s: float = 0.0,
        heard_s: float | None = None,
        seen_s: float | None = None,
    ) -> None:
        """The session begins here, or goes on after it has lasted so long."""
        self._begun = now - lasted_s
        self._compressed = compressed
        self.heard_s = heard_s
        self.seen_s = seen_s

    def hear(self, now: float) -> None:
        """Sound has come."""
        if self.heard_s is None:
            self.heard_s = self.lasted_s(now)

    def see(self, now: float) -> None:
        """A picture has come."""
        if self.seen_s is None:
            self.seen_s = self.lasted_s(now)

    def lasted_s(self, now: float) -> float:
        """How long the session has lasted, over all its connections."""
        return now - self._begun

    def shorten(self, seconds: float, now: float) -> None:
        """The connection ends in so many seconds, whatever the limits say, and the client is told so."""
        self._ends = now + seconds
        self._told = self.end

    @property
    def end(self) -> float | None:
        """When the connection is closed."""
        ends = [end for end in (self._ends, self._session_end) if end is not None]
        return min(ends, default=None)

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is due."""
        end = self.end
        if end is None or end == self._told:
            return end
        return end - self._notice

    def notice(self, now: float) -> float | None:
        """The seconds left if the client is to be told now; None if not now, or told already."""
        end = self.end
        if end is None or end == self._told or now < end - self._notice:
            return None
        self._told = end
        return max(0.0, end - now)

    def over(self, now: float) -> bool:
        end = self.end
        return end is not None and now >= end

    @property
    def _notice(self) -> float:
        return self._limits.notice_s / self._limits.time_scale

    @property
    def _session_end(self) -> float | None:
        if self._compressed:
            return None
        begins = ((self.heard_s, self._limits.audio_s), (self.seen_s, self._limits.video_s))
        ends = [
            self._begun + since + longest
            for since, limit in begins
            if since is not None and (longest := self._limits.real(limit)) is not None
        ]
        return min(ends, default=None)


def _later(now: float, seconds: float | None) -> float | None:
    return None if seconds is None else now + seconds
