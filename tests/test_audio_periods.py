"""Claims about the search for the lag at which a sound repeats itself."""

from __future__ import annotations

import math
from random import Random

import pytest

from livechat.audio.periods import HIGHEST_HZ, lag, longest_lag


def tone(hertz: float, rate: int, level: float = 8_000) -> list[int]:
    """A buzz with eight harmonics, as long as a search takes."""
    return [
        int(sum(level * math.sin(2 * math.pi * hertz * harmonic * at / rate) / harmonic for harmonic in range(1, 9)))
        for at in range(2 * longest_lag(rate))
    ]


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("hertz", [65, 80, 110.5, 150, 199, 240, 310, 400])
def test_the_lag_of_a_voice_is_a_whole_number_of_its_periods(hertz: float, rate: int) -> None:
    found = lag(tone(hertz, rate), rate)
    assert rate // HIGHEST_HZ <= found <= longest_lag(rate)
    periods = found * hertz / rate
    assert abs(periods - round(periods)) <= 1.5 * hertz / rate  # one sample and a half


@pytest.mark.parametrize("level", [2, 100, 14_000])
def test_loudness_does_not_matter(level: float) -> None:
    assert lag(tone(100, 24_000, level), 24_000) == pytest.approx(240, abs=1)


def test_of_two_likenesses_the_greater_wins_and_not_the_louder() -> None:
    rate, random = 24_000, Random(1)
    samples = [random.randint(-3_000, 3_000) for _ in range(2 * longest_lag(rate))]
    samples[:600] = samples[:200] * 3
    samples[600:] = [10 * sample for sample in samples[400:600]]
    assert lag(samples, rate) == 200


@pytest.mark.parametrize("sample", [0, 32_767, -32_768])
def test_silence_and_the_loudest_sound_have_some_lag(sample: int) -> None:
    rate = 24_000
    assert rate // HIGHEST_HZ <= lag([sample] * 2 * longest_lag(rate), rate) <= longest_lag(rate)
