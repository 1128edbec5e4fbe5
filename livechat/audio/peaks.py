"""Keeps what sounded in the last moment, to be looked at: the highest peak of it, as a meter shows it."""

from __future__ import annotations

from collections import deque
from math import inf, log10
from typing import Final

import numpy as np

SHOWN_S: Final = 0.08
"""What a meter shows; an eye sees no less."""
MOST: Final = 256
"""Pieces; of more, which nobody has looked at, the oldest are forgotten."""
_FULL: Final = 32_768


class Peaks:
    """`add` is a `Tap` and may be called from any thread; `read` belongs to one."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[float, float, bytes]] = deque(maxlen=MOST)

    def add(self, pcm: bytes, rate: int, at: float) -> None:
        """s16le mono at `rate` Hz whose first sample sounds when the clock shows `at`."""
        self._pieces.append((at, at + len(pcm) / 2 / rate, pcm))

    def read(self, now: float) -> float:
        """The peak in dBFS of the pieces that sounded in the last `SHOWN_S`; -inf for silence."""
        pieces = self._pieces
        while pieces and pieces[0][1] <= now - SHOWN_S:
            pieces.popleft()
        highest = max((_highest(pcm) for begins, _, pcm in tuple(pieces) if begins <= now), default=0)
        return 20 * log10(highest / _FULL) if highest else -inf


def _highest(pcm: bytes) -> int:
    samples = np.frombuffer(pcm, "<i2")
    return max(int(samples.max()), -int(samples.min())) if len(samples) else 0
