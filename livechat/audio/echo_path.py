"""Learns the way of sound from the speaker to the microphone, and says what of the microphone's sound came that way.

A partitioned-block Kalman filter in the frequency domain (Enzner and Vary, "Frequency-domain adaptive Kalman filter
for acoustic echo control in hands-free telephones", 2006; in partitions: Kuech, Mabande and Enzner, 2014). It knows how
far its own estimate may be off, so it goes on learning fast and holds still while somebody else speaks. A loudspeaker
near its limit bends the sound before the room does; how much is one more number that is learned.

Where the echo comes at another time than expected (`echo_watch`), the way is made longer or shorter by so much.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from livechat.audio.echo_watch import EchoWatch
from livechat.audio.pcm import SPEECH_RATE, Floats

Spectra: TypeAlias = npt.NDArray[np.complex64]

FRAME: Final = SPEECH_RATE // 50
SIZE: Final = 2 * FRAME
BINS: Final = FRAME + 1
PARTITIONS: Final = 20
"""Of 20 ms each: delay and room together are 400 ms at most."""
BEND: Final = np.float32(4)
"""Drive of the saturation whose share is learned; the shape hardly matters from 2 to 6."""
KEPT: Final = np.float32(0.9973**2)
"""What is still true of the way one frame later; the rest has changed, as clocks drift and people move."""
SPREAD: Final = np.float32(0.3)
"""How much of a partition may have moved into each of its neighbours."""
PRIOR: Final = 0.08
FRESH, FRESH_FRAMES = 0.05, 100
"""While the way is new, partitions that carry much may be more wrong than others."""
SMOOTH: Final = np.float32(0.7)
UNEXPLAINED, DISTURBED = 0.6, 3.0
"""At least this share of the error is taken for something else than a wrong estimate; the second, for speech."""
STRAIGHTENED: Final = 4
"""In each frame one partition in so many is brought back to 20 ms; what wraps around in the others is small."""
FORGET: Final = 0.98
TINY: Final = np.float32(1e-6)


class _Past:
    """The spectra of the last partitions, newest first, written twice so that none has to be moved."""

    def __init__(self) -> None:
        self._rows: Spectra = np.zeros((2 * PARTITIONS, BINS), np.complex64)
        self._at = 0

    def add(self, spectrum: Spectra) -> None:
        self._at = (self._at - 1) % PARTITIONS
        self._rows[self._at] = self._rows[self._at + PARTITIONS] = spectrum

    @property
    def newest_first(self) -> Spectra:
        return self._rows[self._at : self._at + PARTITIONS]


class EchoPath:
    """One way from one speaker to one microphone; frames are 20 ms of 16 kHz."""

    def __init__(self) -> None:
        self._straight, self._bent = _Past(), _Past()
        self._far: Floats = np.zeros((2, FRAME), np.float32)
        self._way: Spectra = np.zeros((PARTITIONS, BINS), np.complex64)
        self._doubt: Floats = np.full((PARTITIONS, BINS), PRIOR, np.float32)
        self._error: Floats = np.full(BINS, 1e-4, np.float32)
        self._misjudged: Floats = np.zeros(BINS, np.float32)
        self._bend, self._bent_power, self._bent_share = 0.0, 0.0, 0.0
        self._frames = 0
        self._watch = EchoWatch()

    @property
    def moved(self) -> float:
        """By how many samples the way has become longer in the last frame."""
        return self._watch.moved

    @property
    def lost(self) -> int:
        """For how many frames the echo has not been where it was expected."""
        return self._watch.lost

    @property
    def misjudged(self) -> Floats:
        """Power spectrum (sum of squares over a frame) of the echo that a wrong estimate may have left over."""
        return self._misjudged

    def echo(self, near: Floats, far: Floats, *, alone: bool = True) -> Floats:
        """The echo in `near`, as known before this frame; learns from the frame, and less where it is not alone."""
        self._hear(far)
        straight, bent = self._sounds()
        self._watch.look(near, self._bent_by(straight, bent), alone=alone)
        if self._watch.moved:
            self._shift(self._watch.moved)
            straight, bent = self._sounds()
        elif self._watch.gone:
            self._frames = 0  # another way, to be learned as fast as the first
        echo = self._bent_by(straight, bent)
        error = near - echo
        if not self._watch.lost:
            self._learn_bend(near - straight, bent, error)
            self._learn_way(error, UNEXPLAINED if alone else DISTURBED)
        return echo

    def _hear(self, far: Floats) -> None:
        both = np.stack([far, np.tanh(BEND * far) / BEND - far]).astype(np.float32, copy=False)
        straight, bent = np.fft.rfft(np.concatenate([self._far, both], axis=1), axis=1)
        self._far = both
        self._straight.add(straight)
        self._bent.add(bent)

    def _sounds(self) -> tuple[Floats, Floats]:
        """The echo of what was played, and of what a saturated loudspeaker adds to it."""
        spectra = [(past.newest_first * self._way).sum(axis=0) for past in (self._straight, self._bent)]
        straight, bent = np.fft.irfft(np.stack(spectra), SIZE, axis=1)[:, FRAME:].astype(np.float32, copy=False)
        return straight, bent

    def _shift(self, samples: float) -> None:
        """Makes the way so many samples longer, and forgets what of it is then beyond its ends."""
        length = PARTITIONS * FRAME
        answer = np.fft.irfft(self._way, SIZE, axis=1)[:, :FRAME].reshape(-1)
        turned = np.exp(-2j * math.pi * samples * np.fft.rfftfreq(2 * length))
        moved = np.fft.irfft(np.fft.rfft(answer, 2 * length) * turned)[:length].reshape(PARTITIONS, FRAME)
        self._way = np.fft.rfft(moved, SIZE, axis=1).astype(np.complex64)

    def _bent_by(self, straight: Floats, bent: Floats) -> Floats:
        both: Floats = np.multiply(bent, self._bend, dtype=np.float32)
        both += straight
        return both

    def _learn_bend(self, wanted: Floats, bent: Floats, error: Floats) -> None:
        """Least squares with forgetting; frames in which much is left over count little."""
        weight = 1 / (float(error @ error) + FRAME * 1e-7)
        self._bent_power = FORGET * self._bent_power + float(bent @ bent) * weight
        self._bent_share = FORGET * self._bent_share + float(bent @ wanted) * weight
        self._bend = min(1.2, max(-0.2, self._bent_share / (self._bent_power + 0.01)))

    def _learn_way(self, error: Floats, unexplained: float) -> None:
        past = self._straight.newest_first + self._bend * self._bent.newest_first
        power = np.square(past.real) + np.square(past.imag)
        heard = np.fft.rfft(np.concatenate([np.zeros(FRAME, np.float32), error]))
        misjudged = (self._doubt * power).sum(axis=0)
        self._error += (1 - SMOOTH) * (np.square(heard.real) + np.square(heard.imag) - self._error)
        self._misjudged += (1 - SMOOTH) * (misjudged - self._misjudged)
        others = np.maximum(self._error - self._misjudged, unexplained * self._error)
        gain = self._doubt / (misjudged + others + TINY)
        np.conjugate(past, out=past)
        past *= heard
        past *= gain
        self._way += past
        self._straighten()
        self._doubt_again(gain, power)

    def _straighten(self) -> None:
        some = slice(self._frames % STRAIGHTENED, None, STRAIGHTENED)
        answers = np.fft.irfft(self._way[some], SIZE, axis=1)
        answers[:, FRAME:] = 0
        self._way[some] = np.fft.rfft(answers, axis=1)

    def _doubt_again(self, gain: Floats, power: Floats) -> None:
        """Less than before, by what was learned; more, by what may have changed since."""
        gain *= power
        self._doubt *= KEPT * (1 - gain)
        carried = np.square(self._way.real) + np.square(self._way.imag)
        if self._frames < 6 * FRESH_FRAMES:
            fresh = FRESH * math.exp(-self._frames / FRESH_FRAMES)
            self._doubt += np.float32(fresh) * carried.mean(axis=1, keepdims=True)
        carried *= 1 - KEPT
        self._doubt += carried
        self._doubt[1:] += SPREAD * carried[:-1]
        self._doubt[:-1] += SPREAD * carried[1:]
        self._frames += 1
