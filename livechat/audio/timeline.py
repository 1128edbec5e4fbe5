"""Places blocks of sound on one timeline: those that follow on without a seam, others where they were heard.

The clock of a card drifts against ours, and the times that are told jitter by some milliseconds. A block that is off
by no more than that follows on, sample for sample. What is further off is placed anew, and in a pause, where nobody
hears it, already what is less far off; so no error grows, however long the conversation lasts.

After a hold-up blocks come late and in a heap. The first seems to follow a gap, and for the rest there is no room.
They follow on all the same: what is left out for them is a piece of the next pause.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

BEARABLE_S: Final = 0.040
"""How far off a block may be amid sound: at 100 ppm it takes 400 s to get there."""
IN_PAUSES_S: Final = 0.020
"""The same where block and surroundings are quiet: still more than jitter, which would cut up a steady noise."""
BESIDE_ZEROS_S: Final = 0.005
"""Beside zeros there may be more: a speaker does not tell of blocks that hold nothing else. Nobody hears a seam."""
HEAP_S: Final = 0.6
"""So much may come in a heap: more than the half second that is kept for a slow reader, or made up for by a pacer."""
PATIENCE_S: Final = 5.0
"""How long sound waits for a pause to be put right in; then it loses what there is no room for."""
_QUIET: Final = 200
"""The highest step of what counts as a pause: -44 dBFS."""
_ZERO: Final = 2
_EDGE: Final = 8
"""Samples on either side of a seam that are looked at."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a block belongs."""

    start: int
    """Samples from the beginning of the timeline."""
    skipped: int
    """Samples at the head of the block for which there is no room: what was placed before them stays."""
    follows: bool
    """It follows the block before without a seam."""


class Timeline:
    """The timeline of one source with one rate; only goes forward."""

    def __init__(self, rate: int, end: int = 0) -> None:
        self._rate = rate
        self.end: int = end
        """Samples up to the end of the last block."""
        self._edge = b""
        """The last samples placed; nothing at the beginning, where no block can follow on."""
        self._overdue = 0
        """Samples placed since there was no room for them."""

    def place(self, pcm: bytes, at: float) -> Placed:
        """The place of a block (s16le mono, not empty) that begins `at` seconds after the timeline does."""
        count = len(pcm) // 2
        wanted = round(at * self._rate)
        off = wanted - self.end
        if self._edge and self._follows(pcm, off):
            start, skipped = self.end, 0
        else:
            start, skipped = max(wanted, self.end), min(count, max(0, -off))
        follows = bool(self._edge) and start == self.end
        if skipped < count:
            self.end = start + count - skipped
            self._edge = pcm[-2 * _EDGE :]
        return Placed(start, skipped, follows)

    def _follows(self, pcm: bytes, off: int) -> bool:
        bearable = self._bearable(pcm, off)
        if off >= -bearable:
            self._overdue = 0
            return off <= bearable
        in_a_heap = bearable == BEARABLE_S * self._rate and off >= -HEAP_S * self._rate
        if in_a_heap and self._overdue < PATIENCE_S * self._rate:
            self._overdue += len(pcm) // 2
            return True
        return False

    def _bearable(self, pcm: bytes, off: int) -> float:
        """In samples."""
        if off > 0 and min(_loudest(self._edge), _loudest(pcm[: 2 * _EDGE])) <= _ZERO:
            return BESIDE_ZEROS_S * self._rate
        if abs(off) > IN_PAUSES_S * self._rate and _loudest(self._edge) <= _QUIET and _loudest(pcm) <= _QUIET:
            return IN_PAUSES_S * self._rate
        return BEARABLE_S * self._rate


def _loudest(pcm: bytes) -> int:
    steps = array("h", pcm)  # native order, which is little on every machine that has a sound card
    return max(max(steps), -min(steps))
