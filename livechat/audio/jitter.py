"""The buffer between the network and the speaker: sound goes in as it arrives and comes out evenly. Pure.

Time is counted in samples pulled, so it stands still when nobody listens. Sound starts at a deadline after its
first piece, never at a level: one piece of 240 ms would satisfy any level (measured, audio.md §5).
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Final

FADE_MS: Final = 5
START_MS: Final = 60


@dataclass(slots=True)
class _Stretch:
    """Sound of one turn without a seam: it fades in at its beginning and wherever it runs dry."""

    turn: int | None
    """None: the fade of what was flushed, which counts as nobody's."""
    starts: int
    """Not before this many samples were pulled."""
    pieces: deque[memoryview] = field(default_factory=deque[memoryview])
    queued: int = 0
    """Samples in `pieces`."""
    half: bytes = b""
    """The first byte of a sample whose second has not come."""
    finished: bool = False
    begun: bool = False
    """Some of it was given out."""
    dry: int = 0
    """Samples of silence since it ran out."""


class JitterBuffer:
    """Queues s16le mono and gives it out in any portions, silence where there is none.

    No sample is lost or doubled, order is kept, and gain never moves faster than 1 in 5 ms: not at a start,
    a flush, a gap, an end, or where two turns meet.
    """

    def __init__(self, rate: int = 24_000, start_ms: int = START_MS) -> None:
        self._rate = rate
        self._start = rate * start_ms // 1000
        self._fade = rate * FADE_MS // 1000
        self._stretches: deque[_Stretch] = deque()
        self._gain = 0
        """The last sample's gain, in steps of 1 / `_fade`."""
        self._now = 0
        self.played: dict[int, int] = {}
        """Samples given out, by turn."""
        self.given = 0
        """Samples given out of all turns. What fades after a flush is in neither count."""
        self.underruns = 0
        """Gaps: sound of a turn, then silence, then more of the same turn."""
        self._concealed = 0

    # -------------------------------------------------------------------------------------------- going in

    def push(self, pcm: bytes, turn: int) -> None:
        """Queues a piece of a turn's sound; half a sample at its end waits for the next piece."""
        stretch = self._stretch_of(turn)
        pcm = stretch.half + pcm
        whole = len(pcm) & ~1
        stretch.half = pcm[whole:]
        if not whole:
            return
        if stretch.dry:
            self.underruns += 1
            self._concealed += stretch.dry
            stretch.dry = 0
        stretch.pieces.append(memoryview(pcm)[:whole])
        stretch.queued += whole // 2

    def finish(self, turn: int) -> None:
        """No more of this turn follows: what is queued of it need not wait, and running out of it is no gap."""
        for stretch in self._stretches:
            if stretch.turn == turn:
                stretch.finished = True
                stretch.starts = min(stretch.starts, self._now)

    def flush(self) -> None:
        """Forgets what is queued but for the few samples in which the sound fades out."""
        sounding = self._stretches[0] if self._stretches else None
        self._stretches.clear()
        if sounding and sounding.queued and self._gain:
            pcm = self._take(sounding, min(self._gain, sounding.queued))
            pieces = deque([memoryview(pcm)])
            self._stretches.append(_Stretch(None, self._now, pieces, len(pcm) // 2, finished=True))

    def _stretch_of(self, turn: int) -> _Stretch:
        last = self._stretches[-1] if self._stretches else None
        if last is None or last.turn != turn or last.finished:
            last = _Stretch(turn, self._now + self._start)
            self._stretches.append(last)
        return last

    # ------------------------------------------------------------------------------------------- coming out

    def pull(self, samples: int) -> bytes:
        """Exactly so many samples."""
        parts: list[bytes] = []
        while samples:
            part = self._next(samples)
            parts.append(part)
            samples -= len(part) // 2
            self._now += len(part) // 2
        return b"".join(parts)

    def _next(self, most: int) -> bytes:
        """The next samples that are all of one kind: silence, or sound of one stretch."""
        self._drop_ended()
        if not self._stretches:
            return bytes(2 * most)
        stretch = self._stretches[0]
        if stretch.starts > self._now:
            return bytes(2 * min(most, stretch.starts - self._now))
        if not stretch.queued:
            stretch.dry += most if stretch.begun else 0
            return bytes(2 * most)
        stretch.begun = True
        count = min(most, stretch.queued)
        if stretch.turn is not None:
            self.given += count
            self.played[stretch.turn] = self.played.get(stretch.turn, 0) + count
        return self._shaped(self._take(stretch, count), stretch.queued)

    def _drop_ended(self) -> None:
        while self._stretches and not self._stretches[0].queued:
            ended = self._stretches[0].finished or len(self._stretches) > 1
            if not ended:
                return
            self._stretches.popleft()

    def _take(self, stretch: _Stretch, samples: int) -> bytes:
        """The first samples of a stretch, which holds as many."""
        stretch.queued -= samples
        parts: list[memoryview] = []
        wanted = 2 * samples
        while wanted:
            piece = stretch.pieces.popleft()
            if len(piece) > wanted:
                stretch.pieces.appendleft(piece[wanted:])
                piece = piece[:wanted]
            parts.append(piece)
            wanted -= len(piece)
        return b"".join(parts)

    def _shaped(self, pcm: bytes, after: int) -> bytes:
        """The sound with its fades: gain rises by a step a sample, never above the samples left to come down in,
        so the last before a silence or another turn has none.

        `after` is how many samples of the same stretch are queued behind these.
        """
        if self._gain == self._fade <= after:
            return pcm
        samples = list(struct.unpack(f"<{len(pcm) // 2}h", pcm))
        left = len(samples) + after - 1
        for at, sample in enumerate(samples):
            self._gain = min(self._fade, self._gain + 1, left - at)
            samples[at] = int(sample * self._gain / self._fade)
        return struct.pack(f"<{len(samples)}h", *samples)

    # ---------------------------------------------------------------------------------------- what it knows

    @property
    def depth_ms(self) -> float:
        """Length of what is queued."""
        return sum(stretch.queued for stretch in self._stretches) * 1000 / self._rate

    @property
    def concealed_ms(self) -> float:
        """Silence inside turns, summed over the gaps."""
        return self._concealed * 1000 / self._rate

    @property
    def drained(self) -> bool:
        """Nothing is queued; more of an unfinished turn may still come."""
        return not any(stretch.queued for stretch in self._stretches)

    @property
    def idle(self) -> bool:
        """Nothing is queued, and no turn waits for more: nobody need pull."""
        return all(stretch.finished and not stretch.queued for stretch in self._stretches)
