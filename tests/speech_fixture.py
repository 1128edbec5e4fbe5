"""Spoken PCM for other tests, made by our own voice and remembered for the session."""

from __future__ import annotations

from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

from livechat.server.voice import RATE, Voice, load_voice


@cache
def voice() -> Voice:
    """The one voice of this test session."""
    return load_voice()


@cache
def spoken(text: str, voice_name: str = "Kore", rate: int = 16_000, tail_ms: int = 0) -> bytes:
    """`text` as s16le mono at `rate` Hz, with `tail_ms` of digital silence behind it."""
    samples = np.frombuffer(voice().speak(text, voice_name), "<i2")
    resampled: NDArray[np.int16] = soxr.resample(samples, RATE, rate)
    return resampled.tobytes() + bytes(2 * (rate * tail_ms // 1000))
