"""Watches whether the echo comes when it is expected, and finds it where it comes at another time.

A card that ran dry, or a microphone that lost some samples, makes the same way longer or shorter from one moment to the
next. Learning that anew takes seconds in which an echo passes for somebody's voice; but the echo that was expected is
still there, only at another time, and twenty milliseconds of it are enough to see where.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from livechat.audio.pcm import SPEECH_RATE, Floats

FRAME: Final = SPEECH_RATE // 50
FOUND: Final = 0.1
"""Of the microphone's power; where less is left over, the echo is where it was expected."""
KNOWN, TRUSTED = 0.5, 0.35
"""Where usually more than this share is left over the way is not known enough to look for an echo elsewhere, or to miss
it."""
RATING: Final = 0.04
"""How much a frame counts in what is usual."""
LOUD: Final = FRAME * 3e-6
"""Energy of a frame (-55 dBFS) in which an echo is worth looking for."""
ALIKE: Final = 0.97, 0.85, 0.6
"""How like the echo that was expected what is found must be to be believed: at once, and where it was found at the same
place in two and three frames in a row. Measured where a card ran dry: 0.99; of somebody else's voice: up to 0.7."""
BETTER: Final = 2.0
"""So many times less must be left over there."""
SAME: Final = 1.5
"""Samples."""
MISSING: Final = (1, 0.1, 2.5), (1, 0.5, 1.5), (3, 0.2, 2.5)
"""In so many frames so little of the echo is there where it was missed, unless what is heard is so many times stronger:
who speaks besides adds to it."""
PRESENT, HIDDEN = 0.5, 2.5
"""So much is there where it is found again, in as many frames as `MISSING` looks at; and then as much may hide it."""
PATIENCE: Final = 15
"""Frames for which an echo that is not there is looked for elsewhere, before another way is learned."""
FAR_OFF: Final = 3 * FRAME
"""It is looked for so many samples to either side."""


class EchoWatch:
    """Frames are 20 ms of 16 kHz."""

    def __init__(self) -> None:
        self.moved: float = 0.0
        """By how many samples the echo comes later than before, where that is beyond doubt in this frame; else 0."""
        self.lost: int = 0
        """Frames since the echo that was expected was not there, though nothing louder hid it, nor found again."""
        self.gone: bool = False
        """Since this frame it is not looked for any more: the way must be another one."""
        self._recent: Floats = np.zeros((2, FRAME + FAR_OFF), np.float32)
        """What was heard of late, and the echo that was expected in it."""
        self._seen_at, self._seen = 0.0, 0
        """Where an echo that may have moved was found, and in how many frames in a row."""
        self._unexplained = 1.0
        """The share of the microphone's power that was left over while nobody else spoke."""

    def look(self, near: Floats, echo: Floats, *, alone: bool) -> None:
        """Takes what was heard and the echo that was expected in it; `alone`: nobody is judged to speak besides."""
        self._recent = np.concatenate([self._recent[:, FRAME:], np.stack([near, echo])], axis=1)
        self._miss(alone=alone)
        self.moved = self._found_at(near, echo, alone=alone)
        if self.moved:
            self._recent[:] = 0  # it holds what was expected at the old place

    def _miss(self, *, alone: bool) -> None:
        """Whether the echo that was expected of late is in what was heard: whoever speaks takes nothing from it."""
        little = any(self._share(frames, hidden) < share for frames, share, hidden in MISSING)
        missed = alone and self._unexplained < TRUSTED and little
        found = PRESENT < self._share(MISSING[-1][0], HIDDEN) < math.inf
        self.lost = self.lost + 1 if missed or (self.lost and not found) else 0
        self.gone = self.lost == PATIENCE
        if self.gone:
            self.lost, self._unexplained = 0, 1.0

    def _share(self, frames: int, hidden: float) -> float:
        """Of the echo that was expected in so many frames, how much was there; infinity where that cannot be told."""
        heard, expected = self._recent[:, -frames * FRAME :]
        power = float(expected @ expected)
        if power < frames * LOUD or float(heard @ heard) > hidden * power:
            return math.inf
        return float(heard @ expected) / power

    def _found_at(self, near: Floats, echo: Floats, *, alone: bool) -> float:
        heard, left, expected = (float(sound @ sound) for sound in (near, near - echo, echo))
        if min(heard, expected) < LOUD:
            return 0.0
        known = self._unexplained < KNOWN
        self._unexplained += RATING * alone * (min(1.0, left / heard) - self._unexplained)
        if not known or left < FOUND * heard:
            self._seen = 0
            return 0.0
        at, likeness = self._most_alike()
        self._seen = self._seen + 1 if self._seen and abs(at - self._seen_at) < SAME else 1
        self._seen_at = at
        believed = likeness > ALIKE[min(self._seen, len(ALIKE)) - 1] and (1 - likeness**2) * heard * BETTER < left
        return at if believed else 0.0

    def _most_alike(self) -> tuple[float, float]:
        """Where the last frame is most like what was expected, later or earlier, and how much it is so (at most 1)."""
        heard, expected = self._recent
        later, earlier = _likeness(expected, heard[-FRAME:]), _likeness(heard, expected[-FRAME:])
        if later.max() >= earlier.max():
            at, likeness = _peak(later)
            return FAR_OFF - at, likeness
        at, likeness = _peak(earlier)
        return at - FAR_OFF, likeness


def _likeness(where: Floats, what: Floats) -> Floats:
    """How like `what` each stretch of `where` is, from -1 to 1."""
    size = len(where) - len(what) + 1
    spectra = np.fft.rfft(where, 2 * len(where)) * np.conj(np.fft.rfft(what, 2 * len(where)))
    alike = np.fft.irfft(spectra)[:size]
    power = np.concatenate([[0.0], np.cumsum(np.square(where, dtype=np.float64))])
    energy = (power[len(what) :] - power[:size]) * float(what @ what)
    likeness: Floats = (alike / np.sqrt(energy + 1e-12)).astype(np.float32)
    return likeness


def _peak(values: Floats) -> tuple[float, float]:
    """Where the highest value is, between the samples by a parabola, and how high it is."""
    at = int(values.argmax())
    if not 0 < at < len(values) - 1:
        return float(at), float(values[at])
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    return at + 0.5 * (before - after) / (before - 2 * here + after), here
