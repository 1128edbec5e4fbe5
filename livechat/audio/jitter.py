"""The buffer between the network and the speaker: sound goes in as it arrives and comes out evenly. Pure.

Time is counted in samples pulled, so it stands still when nobody listens. Sound starts at a deadline after its
first piece, never at a level: one piece of 240 ms would satisfy any level (measured, audio.md §5). When arrivals run
thin, speech is stretched by a period of its pitch now and then; when it runs dry all the same, the last period
rings on for a moment. Both are inserted between samples that were sent, of which none is left out.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from livechat.audio.arrival import Arrivals
from livechat.audio.filling import HOLD_MS, RING_MS, needed, one_period_more, ringing

START_MS: Final = 60
"""The deadline before anything is known of how sound arrives."""
FADE_MS: Final = 5
STRETCH: Final = 0.15
"""The most by which sound is lengthened."""
_STEP_MS: Final = 10
"""So often it is judged whether arrivals run thin, whatever the portions in which sound is pulled."""
_NOTHING: Final = memoryview(b"")


@dataclass(slots=True)
class _Run:
    """Sound of one turn without a seam: it fades in at its beginning and after a silence."""

    turn: int | None
    """None: the fade of what was flushed, which counts as nobody's."""
    starts: int
    """Not before this many samples were pulled."""
    pieces: deque[memoryview] = field(default_factory=deque[memoryview])
    queued: int = 0
    """Samples in `pieces`."""
    half: bytes = b""
    """The first byte of a sample whose second has not come."""
    insert: memoryview = _NOTHING
    """A period that lengthens the sound."""
    insert_in: int = 0
    """Samples before it."""
    ring: memoryview = _NOTHING
    """What sounds when all this is used up."""
    past: bytes = b""
    """What was sent and given out last, as far back as is needed to go on from it."""
    finished: bool = False
    begun: bool = False
    """Some of it was given out."""
    dry: int = 0
    """Samples since it ran out."""
    credit: float = 0.0
    """Samples by which it may be stretched."""
    worth: float = 0.0
    """The credit with which it is worth looking for a period."""
    step: int = 0
    """Samples to the next judgement."""

    @property
    def left(self) -> int:
        """Samples still to come, the ring not counted."""
        return self.queued + len(self.insert) // 2

    def put(self, piece: memoryview) -> None:
        self.pieces.append(piece)
        self.queued += len(piece) // 2

    def head(self, samples: int) -> bytes:
        """The first samples, of those that were sent. Where arrivals are thin not much more is queued."""
        return b"".join(self.pieces)[: 2 * samples]

    def drop(self) -> None:
        self.pieces.clear()
        self.insert, self.queued = _NOTHING, 0

    def take(self, most: int) -> tuple[memoryview, bool]:
        """The next samples of one kind, from one piece, and whether they were sent."""
        if self.insert and not self.insert_in:
            part, self.insert = _cut(self.insert, most)
            return part, False
        part, rest = _cut(self.pieces.popleft(), min(most, self.insert_in) if self.insert else most)
        if rest:
            self.pieces.appendleft(rest)
        self.queued -= len(part) // 2
        self.insert_in -= len(part) // 2 if self.insert else 0
        return part, True


def _cut(piece: memoryview, samples: int) -> tuple[memoryview, memoryview]:
    return piece[: 2 * samples], piece[2 * samples :]


class JitterBuffer:
    """Queues s16le mono and gives it out in any portions, silence where there is none.

    No sample is lost or doubled, order is kept, and no gain moves faster than 1 in 5 ms: not at a start, a flush,
    a gap, an end, or where two turns meet. `start_ms` is the deadline; without it, it is learned.
    """

    def __init__(self, rate: int = 24_000, start_ms: int | None = None) -> None:
        self._rate = rate
        self._start = None if start_ms is None else rate * start_ms // 1000
        self._fade = rate * FADE_MS // 1000
        self._search = needed(rate)
        self._arrivals = Arrivals(rate, START_MS)
        self._runs: deque[_Run] = deque()
        self._gain = 0
        """The last sample's gain, in steps of 1 / `_fade`."""
        self._tail = _NOTHING
        """The end of a ring over which new sound fades in."""
        self._now = 0
        self.played: dict[int, int] = {}
        """Samples given out, by turn, of those that were pushed: what was made up to fill in is not counted."""
        self.given: int = 0
        """The same of all turns. What fades after a flush is in neither count."""
        self.underruns: int = 0
        """Gaps: sound of a turn ran out, and then came more of the same turn."""
        self._concealed = 0
        self._stretched = 0

    # -------------------------------------------------------------------------------------------- going in

    def push(self, pcm: bytes, turn: int) -> None:
        """Queues a piece of a turn's sound; half a sample at its end waits for the next piece."""
        run = self._run_of(turn)
        pcm = run.half + pcm
        whole = len(pcm) & ~1
        run.half = pcm[whole:]
        if not whole:
            return
        self._arrivals.arrived(self._now, whole // 2)
        if run.dry:
            self._resume(run)
        run.ring = _NOTHING
        run.put(memoryview(pcm)[:whole])

    def finish(self, turn: int) -> None:
        """No more of this turn follows: what is queued of it need not wait, and running out of it is no gap."""
        for run in self._runs:
            if run.turn == turn:
                run.finished = True
                run.starts = min(run.starts, self._now)

    def flush(self) -> None:
        """Forgets what is queued but for the few samples in which the sound fades out."""
        run = self._runs[0] if self._runs else None
        fades_already = run is not None and self._ended(run) and self._gain <= run.left <= self._fade
        rings_out = run is not None and not run.left and len(run.ring) <= 2 * self._fade
        self._runs.clear()
        if run is None or not self._gain:
            return
        if not fades_already and not rings_out:
            run.ring = self._faded(run)
            run.drop()
        run.turn, run.finished = None, True
        self._runs.append(run)

    def _run_of(self, turn: int) -> _Run:
        last = self._runs[-1] if self._runs else None
        if last is None or last.turn != turn or last.finished:
            learned = self._arrivals.begin(self._now)
            last = _Run(turn, self._now + (learned if self._start is None else self._start), worth=self._search / 4)
            self._runs.append(last)
        return last

    def _resume(self, run: _Run) -> None:
        """After a gap sound fades in, over the ring if it still sounds."""
        self.underruns += 1
        self._concealed += run.dry
        run.dry = 0
        if run.ring:
            ring = _samples(run.ring[: 2 * self._fade])
            tail = _pcm(sample * (self._fade - at) / self._fade for at, sample in enumerate(ring, 1))
            self._tail = self._mixed(memoryview(tail.tobytes().ljust(2 * self._fade, b"\0")))
            self._gain = 0

    def _ended(self, run: _Run) -> bool:
        return run.finished or run is not self._runs[-1]

    # ------------------------------------------------------------------------------------------- coming out

    def pull(self, samples: int) -> bytes:
        """Exactly so many samples."""
        parts: list[memoryview] = []
        while samples:
            part = self._next(samples)
            parts.append(self._mixed(part) if self._tail else part)
            samples -= len(part) // 2
            self._now += len(part) // 2
        return b"".join(parts)

    def _next(self, most: int) -> memoryview:
        """The next samples that are all of one kind."""
        while self._runs and self._ended(self._runs[0]) and not self._runs[0].left and not self._runs[0].ring:
            self._runs.popleft()
        if not self._runs:
            return _silence(most)
        run = self._runs[0]
        if wait := max(run.starts - self._now, 0 if run.begun else len(self._tail) // 2):
            return _silence(min(most, wait))
        if run.left:
            return self._sound(run, most)
        part = self._rung(run, most) if run.ring else _silence(most)
        run.dry += len(part) // 2 if run.begun else 0
        return part

    def _sound(self, run: _Run, most: int) -> memoryview:
        run.begun = True
        if not run.step:
            run.step = self._rate * _STEP_MS // 1000
            self._judge(run)
        part, sent = run.take(min(most, run.step))
        count = len(part) // 2
        if not sent:
            self._stretched += count
        elif run.turn is not None:
            self.given += count
            self.played[run.turn] = self.played.get(run.turn, 0) + count
        run.step -= count if sent else 0
        run.past = (run.past + part)[-2 * self._search :]
        after = run.left if self._ended(run) else self._fade
        shaped = self._shaped(part, after)
        if not run.left and self._gain:
            self._ring_on(run)
        return shaped

    def _judge(self, run: _Run) -> None:
        """Where arrivals run thin the right to stretch grows, and is used as soon as it is worth a period."""
        if self._ended(run) or not self._arrivals.thin(run.queued, self._now):
            return
        run.credit += STRETCH * run.step
        if run.insert or run.credit < run.worth or run.queued < self._search:
            return
        at, more = one_period_more(run.head(self._search), self._rate)
        run.worth = max(at, self._search // 4)
        if at <= run.credit:
            run.insert_in, run.insert = at, memoryview(more)
            run.credit = min(run.credit - at, self._search / 4)

    def _ring_on(self, run: _Run) -> None:
        """Prepares what sounds if no more comes. It holds its fade in itself, and the gain reached."""
        hold_ms, ring_ms = (0, FADE_MS) if self._ended(run) else (HOLD_MS, RING_MS)
        ring = ringing(run.past, self._rate, self._rate * hold_ms // 1000, self._rate * ring_ms // 1000)
        if self._gain < self._fade:
            ring = _pcm(sample * self._gain / self._fade for sample in _samples(ring)).tobytes()
        run.ring = memoryview(ring)

    def _rung(self, run: _Run, most: int) -> memoryview:
        self._gain = self._fade
        part, run.ring = _cut(run.ring, most)
        if not run.ring:
            self._gain = 0
        return part

    def _faded(self, run: _Run) -> memoryview:
        """The next 5 ms of a run and of the ring before it, falling to silence."""
        pcm = b""
        while run.left and (missing := self._fade - len(pcm) // 2):
            pcm += run.take(missing)[0]
        pcm = self._shaped(memoryview(pcm), self._fade).tobytes() + run.ring
        held = pcm + pcm[-2:] * self._fade
        mixed = self._mixed(memoryview(held)[: 2 * self._fade])
        return _pcm(sample * (self._fade - at) / self._fade for at, sample in enumerate(_samples(mixed), 1))

    def _shaped(self, pcm: memoryview, after: int) -> memoryview:
        """The sound with its fades: gain rises by a step a sample, and falls when no more samples are left to come
        down in, so the last before a silence or another turn has none.

        `after` is how many samples of the same run follow these, as far as that is known to be few.
        """
        if self._gain == self._fade <= after:
            return pcm
        samples = list(_samples(pcm))
        left = len(samples) + after - 1
        for at, sample in enumerate(samples):
            self._gain = min(self._fade, self._gain + 1, max(self._gain - 1, left - at))
            samples[at] = int(sample * self._gain / self._fade)
        return _pcm(samples)

    def _mixed(self, pcm: memoryview) -> memoryview:
        """The sound, with the tail over it."""
        tail, self._tail = _cut(self._tail, len(pcm) // 2)
        both = zip(_samples(pcm[: len(tail)]), _samples(tail), strict=True)
        mixed = _pcm(max(-32768, min(32767, one + other)) for one, other in both)
        return memoryview(mixed.tobytes() + pcm[len(tail) :])

    # ---------------------------------------------------------------------------------------- what it knows

    @property
    def depth_ms(self) -> float:
        """Length of what is queued, in the time it takes to play."""
        return sum(run.left for run in self._runs) * 1000 / self._rate

    @property
    def concealed_ms(self) -> float:
        """Length of the gaps inside turns, whether the last sound rang on in them or there was silence."""
        return self._concealed * 1000 / self._rate

    @property
    def stretched_ms(self) -> float:
        """By how much what was played was lengthened, the gaps not counted."""
        return self._stretched * 1000 / self._rate

    @property
    def drained(self) -> bool:
        """Nothing that was pushed is queued; more of an unfinished turn may still come."""
        return not any(run.queued for run in self._runs)

    @property
    def idle(self) -> bool:
        """Nothing is queued or fading, and no turn waits for more: nobody need pull."""
        return not self._tail and all(run.finished and not run.left and not run.ring for run in self._runs)


def _samples(pcm: memoryview | bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)


def _pcm(samples: Iterable[float]) -> memoryview:
    whole = [int(sample) for sample in samples]
    return memoryview(struct.pack(f"<{len(whole)}h", *whole))


def _silence(samples: int) -> memoryview:
    return memoryview(bytes(2 * samples))
