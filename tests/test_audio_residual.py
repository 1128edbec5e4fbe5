"""Claims about what is left over: what the far end explains is nobody, what it does not explain is somebody."""

from __future__ import annotations

import numpy as np
import pytest

from livechat.audio.pcm import Floats
from livechat.audio.residual import BANDS, Residual, bands

NOISE = 1e-4


def flat(power: float) -> Floats:
    return np.full(BANDS, power, np.float32)


def learned(leak: float = 0.01) -> Residual:
    """After six seconds in which this share of a loud echo was left over."""
    residual = Residual()
    residual.judge(flat(NOISE), flat(0), flat(0))
    for _ in range(300):
        residual.judge(flat(leak + NOISE), flat(1), flat(0))
    return residual


def test_a_band_holds_the_power_of_its_bins() -> None:
    sine = np.sin(np.arange(320) * 2 * np.pi * 1000 / 16_000)
    powers = bands(np.square(np.abs(np.fft.rfft(sine, 640))))
    assert powers.shape == (BANDS,)
    assert powers.argmax() == 7  # 900 to 1100 Hz
    assert bands(np.ones((2, 321))).shape == (2, BANDS)


def test_noise_alone_is_nobody_and_nothing_is_audible() -> None:
    residual = Residual()
    assert residual.noise == 0
    for _ in range(10):
        residual.judge(flat(NOISE), flat(0), flat(0))
    assert residual.excess_db < -5
    assert not residual.audible
    assert residual.noise == pytest.approx(NOISE * BANDS, rel=0.01)


def test_speech_over_noise_is_somebody() -> None:
    residual = Residual()
    residual.judge(flat(NOISE), flat(0), flat(0))
    residual.judge(flat(100 * NOISE), flat(0), flat(0))
    assert residual.excess_db > 10


def test_what_usually_leaks_is_nobody_and_what_is_louder_is_somebody() -> None:
    residual = learned()
    assert residual.audible
    assert residual.excess_db < -1
    residual.judge(flat(0.1), flat(1), flat(0))
    assert residual.excess_db > 3


def test_an_echo_that_rings_on_is_nobody() -> None:
    residual = learned()
    residual.judge(flat(0.006), flat(0), flat(0))
    assert residual.excess_db < 0


def test_what_a_wrong_estimate_may_have_left_is_nobody() -> None:
    residual = learned()
    residual.judge(flat(0.1), flat(1), flat(0.1))
    assert residual.excess_db < 0


def test_long_speech_is_not_learned_as_a_leak() -> None:
    residual = learned()
    for _ in range(100):
        residual.judge(flat(1), flat(1), flat(0), alone=False)
    assert residual.excess_db > 10
    for _ in range(100):
        residual.judge(flat(1), flat(1), flat(0))
    assert residual.excess_db < 0
