"""Decides which frames are the user's activity, and marks its beginnings and ends, where the server does not. Pure.

Two gates: one that listens for speech, one with a key. Both hand out what is to be sent, in order: a `Began`, the
frames from a little before it on, an `Over`. Between marks no frame is missing or doubled, outside them none is sent.
Time is the frames' own; `tick` is for the time in which no frames come.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

PRE_ROLL_MS: Final = 300
"""Sent from before the beginning: people press a key, and a detector wakes, after the first syllable has begun."""
STARVED_S: Final = 1.0
"""So long without a frame ends an activity: the microphone is gone or muted, and the model would wait for ever."""
LATE_S: Final = 0.2
"""So much later than it was taken in a frame may arrive and still belong to the activity."""
_BYTES_PER_MS: Final = 32
"""16 kHz s16le mono."""

Why: TypeAlias = Literal["quiet", "released", "limit", "starved", "closed"]
"""No speech any more; the key let go; the longest activity reached; no frames any more; the gate closed or muted."""


class Sound(Protocol):
    """A frame of 16 kHz s16le mono and when its last sample was taken in (seconds of the loop's clock)."""

    @property
    def pcm(self) -> bytes: ...
    @property
    def at(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Began:
    """The user became active: the frames that follow belong to it."""

    at: float
    """When the first sample that follows was taken in."""


@dataclass(frozen=True, slots=True)
class Over:
    """The user's activity is over."""

    at: float
    """When the last sample sent was taken in."""
    why: Why


Sent: TypeAlias = bytes | Began | Over
"""A frame's samples, or a mark between frames."""


class _Activity:
    """What both gates keep: the last frames before an activity, and the activity while it is open."""

    def __init__(self, pre_roll_ms: int) -> None:
        self.open = False
        self.last = -math.inf
        """When the last sample of all was taken in; of an activity without any, when it began."""
        self._pre_roll = pre_roll_ms * _BYTES_PER_MS
        self._held: deque[Sound] = deque()
        self._held_bytes = 0

    def hold(self, frame: Sound, *, trim: bool = True) -> None:
        """Keeps a frame that may yet be sent; `trim` drops those that are older than the pre-roll."""
        if frame.at - self.last > STARVED_S:
            self._forget()
        self.last = frame.at
        self._held.append(frame)
        self._held_bytes += len(frame.pcm)
        while trim and self._held and self._held_bytes - len(self._held[0].pcm) >= self._pre_roll:
            self._held_bytes -= len(self._held.popleft().pcm)

    def begin(self, now: float) -> list[Sent]:
        if now - self.last > STARVED_S:
            self._forget()
        frames = [frame.pcm for frame in self._held]
        began = Began(_begin(self._held[0]) if frames else now)
        self.last = self.last if frames else now
        self.open = True
        self._forget()
        return [began, *frames]

    def send(self, frame: Sound) -> list[Sent]:
        self.last = frame.at
        return [frame.pcm]

    def end(self, why: Why) -> list[Sent]:
        self.open = False
        return [Over(self.last, why)]

    def close(self) -> list[Sent]:
        self._forget()
        return self.end("closed") if self.open else []

    def _forget(self) -> None:
        self._held.clear()
        self._held_bytes = 0


class VoiceGate:
    """Opens when speech is likely and closes after `quiet_ms` without any.

    An activity begins with `onset_ms` of frames whose probability is `start_above` or more, and `pre_roll_ms` before
    them; from there on a frame is speech down to `end_below`.
    """

    def __init__(
        self,
        *,
        start_above: float = 0.4,
        end_below: float = 0.25,
        onset_ms: int = 40,
        quiet_ms: int = 600,
        pre_roll_ms: int = PRE_ROLL_MS,
    ) -> None:
        self._start_above = start_above
        self._end_below = end_below
        self._onset_ms = onset_ms
        self._quiet_after_ms = quiet_ms
        self._activity = _Activity(pre_roll_ms)
        self._voiced = False
        """Whether the last frame was speech."""
        self._run_ms = 0
        """Speech in a row before an activity; quiet in a row within one."""

    @property
    def open(self) -> bool:
        return self._activity.open

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do if no frame comes before; None for never."""
        return self._activity.last + STARVED_S if self.open else None

    def feed(self, frame: Sound, probability: float) -> list[Sent]:
        """What the next frame, speech with this `probability` (0 … 1), lets go."""
        missed = self.tick(_begin(frame))
        self._voiced = probability >= (self._end_below if self._voiced else self._start_above)
        return missed + (self._while_open(frame) if self.open else self._while_waiting(frame))

    def tick(self, now: float) -> list[Sent]:
        """Ends the activity if no frame has come for too long."""
        return self._end("starved") if _due(self.deadline, now) else []

    def close(self) -> list[Sent]:
        """Ends the activity, if there is one, and forgets what was held back. The gate can go on with other sound."""
        self._reset()
        return self._activity.close()

    def _while_waiting(self, frame: Sound) -> list[Sent]:
        self._activity.hold(frame, trim=not self._voiced)
        self._run_ms = self._run_ms + _length_ms(frame) if self._voiced else 0
        if not self._voiced or self._run_ms < self._onset_ms:
            return []
        self._run_ms = 0
        return self._activity.begin(frame.at)

    def _while_open(self, frame: Sound) -> list[Sent]:
        sent = self._activity.send(frame)
        self._run_ms = 0 if self._voiced else self._run_ms + _length_ms(frame)
        return sent + self._end("quiet") if self._run_ms >= self._quiet_after_ms else sent

    def _end(self, why: Why) -> list[Sent]:
        self._reset()
        return self._activity.end(why)

    def _reset(self) -> None:
        self._voiced, self._run_ms = False, 0


class PushGate:
    """Is open while a key is held, `pre_roll_ms` before and `tail_ms` after; never for longer than `longest_s`."""

    def __init__(self, *, pre_roll_ms: int = PRE_ROLL_MS, tail_ms: int = 200, longest_s: float = 60.0) -> None:
        self._tail_s = tail_ms / 1000
        self._longest_s = longest_s
        self._activity = _Activity(pre_roll_ms)
        self._released = False
        self._limit = self._until = -math.inf
        """Until when sound belongs to the activity: at the longest, and as things stand."""

    @property
    def open(self) -> bool:
        return self._activity.open

    @property
    def pressed(self) -> bool:
        """Whether the key counts as held; no longer so once the activity was ended for another reason."""
        return self.open and not self._released

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do if no frame comes before; None for never."""
        return min(self._activity.last + STARVED_S, self._until + LATE_S) if self.open else None

    def press(self, now: float) -> list[Sent]:
        """The key went down: begins an activity, or goes on with the one that was about to end."""
        sent = self.tick(now)
        self._released = False
        if not self.open:
            self._limit = now + self._longest_s
            sent += self._activity.begin(now)
        self._until = self._limit
        return sent

    def release(self, now: float) -> list[Sent]:
        """The key went up: what is said until the tail's end is still sent, then the activity ends by itself."""
        sent = self.tick(now)
        self._released = True
        self._until = min(self._until, now + self._tail_s)
        return sent

    def toggle(self, now: float) -> list[Sent]:
        """The key of a terminal that tells of no release."""
        return self.release(now) if self.pressed else self.press(now)

    def feed(self, frame: Sound) -> list[Sent]:
        """What the next frame lets go."""
        missed = self.tick(_begin(frame))
        if not self.open:
            self._activity.hold(frame)
            return missed
        sent = self._activity.send(frame)
        return sent + self._activity.end(self._reason) if frame.at >= self._until else sent

    def tick(self, now: float) -> list[Sent]:
        """Ends the activity if its time is up, or if no frame has come for too long."""
        if not _due(self.deadline, now):
            return []
        return self._activity.end(self._reason if now >= self._until + LATE_S else "starved")

    def close(self) -> list[Sent]:
        """Ends the activity, if there is one, and forgets what was held back. The gate can go on with other sound."""
        return self._activity.close()

    @property
    def _reason(self) -> Why:
        return "released" if self._released else "limit"


def _due(deadline: float | None, now: float) -> bool:
    return deadline is not None and now >= deadline


def _length_ms(frame: Sound) -> int:
    return len(frame.pcm) // _BYTES_PER_MS


def _begin(frame: Sound) -> float:
    """When the frame's first sample was taken in."""
    return frame.at - len(frame.pcm) / _BYTES_PER_MS / 1000
