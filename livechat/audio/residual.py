"""Says whether the far end explains what is left of the microphone's sound once the echo is taken out.

For every band it knows how much of the echo is usually left over, how much a wrong estimate of the echo's way may have
left over now, and the noise of the room. What is louder than all that somebody in the room has said.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from livechat.audio.pcm import Floats

Bands: TypeAlias = npt.NDArray[np.floating]

EDGES: Final = np.array([4, 8, 12, 16, 20, 24, 30, 36, 44, 52, 62, 74, 88, 104, 124, 148, 176, 210, 250])
"""Of the bands, in steps of 25 Hz: 100 Hz to 6 kHz, narrower where speech has its harmonics."""
BANDS: Final = len(EDGES) - 1
FRAME: Final = 320

DECAY: Final = 0.6
"""Of the echo from frame to frame, after it was loud: what rings on is no news."""
LEAK_DB: Final = (-30.0, 6.0)
QUANTILE, STEP_DB = 0.55, 0.5
"""The leak is learned by steps to be so large that this share of the frames stays below it."""
HELD: Final = 0.05
"""How much of that is learned upwards while somebody speaks."""
MARGIN, NOISE_MARGIN = 2.0, 4.0
"""How many times the usual leak, and the noise, explain nothing new; the noise is the least heard of late."""
NOISE_RISE: Final = 1.01
SPAN_DB: Final = (-10.0, 15.0)
"""What one band can say at most for the far end and for somebody in the room."""
AUDIBLE, LOUD = 6.0, 10.0
"""A residual of less than so many times the noise is not worth a gate; an echo of less is not worth learning from."""
TINY: Final = 1e-9


def bands(power: npt.NDArray[np.floating]) -> Floats:
    """Power spectra of frames of 320 samples, zero-padded to 640, as power in each band, over their last axis."""
    return (np.add.reduceat(power, EDGES, axis=-1)[..., :-1] / FRAME).astype(np.float32, copy=False)


class Residual:
    """What the far end leaves over, learned from the frames in which nobody else speaks."""

    def __init__(self) -> None:
        self.excess_db: float = SPAN_DB[0]
        """How much louder than the far end and the noise explain the last frame was, in the mean over the bands."""
        self.audible: bool = False
        """Whether what the far end may leave over could be heard above the noise."""
        self._echo: Bands = np.zeros(BANDS)
        self._leak_db: Bands = np.zeros(BANDS)
        self._noise: Bands = np.full(BANDS, np.inf)

    @property
    def noise(self) -> float:
        """Mean power of the room's noise in a band; 0 before the first frame."""
        return float(self._noise.sum()) if np.isfinite(self._noise[0]) else 0.0

    def judge(self, left: Floats, echo: Floats, misjudged: Floats, *, alone: bool = True) -> None:
        """Takes the bands of a frame: what is left over, the echo taken out, and how wrong that may have been.

        `alone` says that nobody but the far end has been speaking, so that there is something to learn.
        """
        self._echo = np.maximum(echo, DECAY * self._echo)
        self._noise = np.minimum(NOISE_RISE * self._noise, left + 1e-7)
        explained = MARGIN * 10 ** (self._leak_db / 10) * self._echo + misjudged
        excess_db = 10 * np.log10((left + TINY) / (explained + NOISE_MARGIN * self._noise))
        self.excess_db = float(np.clip(excess_db, *SPAN_DB).mean())
        self.audible = bool(explained.sum() > AUDIBLE * self._noise.sum())
        self._learn(left, 1.0 if alone else HELD)

    def _learn(self, left: Floats, slow: float) -> None:
        """A quantile in log power takes no model of what a loudspeaker does."""
        off_db = 10 * np.log10((left + TINY) / (self._echo + TINY)) - self._leak_db
        steps = np.where(off_db > 0, np.minimum(off_db, STEP_DB * QUANTILE * slow), STEP_DB * (QUANTILE - 1))
        self._leak_db = np.clip(self._leak_db + np.where(self._echo > LOUD * self._noise, steps, 0.0), *LEAK_DB)
