"""Claims about the measurement with chirps: where the echo is, how loud it is, and what a canceller leaves of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from livechat.audio.chirp import (
    CANCELLED_DB,
    EARLIEST_S,
    LATEST_S,
    PEAK,
    Canceller,
    Measurement,
    find,
    measure,
    sound,
    voice,
)
from livechat.audio.echo import EchoCanceller, HalfDuplex, echo_missing

Doubles = npt.NDArray[np.float64]

QUIET = 9_600
"""Samples of silence before the chirps, and at least after them."""


def played() -> Doubles:
    """What sounds at 16 kHz, from some quiet on, in whole frames."""
    chirps = soxr.resample(np.frombuffer(sound(), "<i2") / 32_768, 24_000, 16_000)
    together = np.concatenate([np.zeros(QUIET), chirps, np.zeros(QUIET)])
    return np.pad(together, (0, -len(together) % 320))


def noise(dbfs: float, seed: int = 1) -> Doubles:
    return np.random.default_rng(seed).standard_normal(len(played())) * 10 ** (dbfs / 20)


def later(samples: Doubles, ms: float) -> Doubles:
    moved = np.roll(samples, shift := round(ms * 16))
    moved[slice(None, shift) if shift > 0 else slice(len(moved) + shift, None)] = 0
    return moved


def room(samples: Doubles, seed: int = 3) -> Doubles:
    """The same with reflections that die down by 60 dB in 0.3 s."""
    tail = np.random.default_rng(seed).standard_normal(4_800) * 10 ** (-3 * np.arange(4_800) / 4_800) * 0.03
    tail[0] = 1.0
    return np.convolve(samples, tail)[: len(samples)]


def pcm(samples: Doubles) -> bytes:
    return np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype("<i2").tobytes()


def floats(samples: Doubles) -> npt.NDArray[np.float32]:
    return samples.astype(np.float32)


def measured(
    heard: Doubles, make: Callable[[], Canceller] | None = None, *, takes_db: float | None = None
) -> Measurement:
    if takes_db is not None:
        make = partial(Knowing, heard, takes_db)
    return measure(pcm(heard), pcm(played()), make)


class Knowing:
    """A canceller that knows the echo before it hears it, and takes as many dB from it."""

    def __init__(self, echo: Doubles, db: float) -> None:
        clipped = np.clip(echo, -1, 1 - 1 / 32_768)
        self._frames = iter(clipped.reshape(-1, 320) * (1 - 10 ** (-db / 20)))

    def process(self, near: bytes, far: bytes) -> bytes:
        assert len(near) == len(far) == 640
        return pcm(np.frombuffer(near, "<i2") / 32_768 - next(self._frames))


class Muting:
    """A canceller that takes as many dB from everything."""

    def __init__(self, db: float) -> None:
        self._factor = 10 ** (-db / 20)

    def process(self, near: bytes, far: bytes) -> bytes:
        return pcm(np.frombuffer(near, "<i2") / 32_768 * self._factor)


# -------------------------------------------------------------------------------------------------- the chirps


def test_the_chirps_last_three_seconds_at_a_moderate_level_and_begin_and_end_softly() -> None:
    samples = np.frombuffer(sound(), "<i2") / 32_768
    assert 3.0 < len(samples) / 24_000 < 3.3
    assert 0.95 * PEAK < np.abs(samples).max() <= PEAK
    silent = np.flatnonzero(np.convolve(samples == 0, np.ones(480), "valid") == 480)
    begins = silent[np.flatnonzero(np.diff(silent) > 1)] + 480
    assert len(begins) == 6
    for chirp in [0, *begins]:
        assert np.abs(samples[chirp : chirp + 24]).max() < 0.001
        assert np.abs(samples[chirp + 7_680 - 24 : chirp + 7_680]).max() < 0.001


def test_the_chirps_hold_the_frequencies_of_speech_and_no_others() -> None:
    samples = np.frombuffer(sound(), "<i2") / 32_768
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / 24_000)
    within = power[(hz > 250) & (hz < 6_500)].sum()
    assert within > 0.999 * power.sum()
    assert all(power[(hz > low) & (hz < 2 * low)].sum() > 0.1 * within for low in (300, 600, 1_200, 2_400))


# --------------------------------------------------------------------------------------------------- the delay


@pytest.mark.parametrize("delay_ms", [-455.0, -60.0, 0.0, 7.5, 120.0, 333.0, 650.0])
def test_an_echo_is_found_where_it_is(delay_ms: float) -> None:
    found = measured(room(later(played(), delay_ms)) * 0.3 + noise(-60))
    assert found.delay_ms == pytest.approx(delay_ms, abs=0.1)


def test_the_range_holds_what_cards_and_bluetooth_have() -> None:
    assert EARLIEST_S <= -0.5
    assert LATEST_S >= 0.5


def test_an_echo_softer_than_the_noise_is_found() -> None:
    echo = later(played(), 80) * 0.1
    found = measured(echo + noise(-28))
    assert found.delay_ms == pytest.approx(80, abs=0.2)
    assert found.outcome == "faint"


@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_echo(seed: int) -> None:
    found = measured(noise(-20, seed))
    assert (found.outcome, found.delay_ms, found.erle_db) == ("unheard", None, None)
    assert found.noise_dbfs == pytest.approx(-20, abs=0.5)


def test_an_echo_that_moves_is_where_it_was_last() -> None:
    sound, half = played(), len(played()) // 2
    heard = np.concatenate([later(sound, 200)[:half], later(sound, 30)[half:]])
    found = measured(heard * 0.3 + noise(-60), takes_db=30)
    assert (found.outcome, found.delay_ms) == ("good", 30.0)


def test_somebody_who_hums_is_no_echo() -> None:
    seconds = np.arange(len(played())) / 16_000
    hum = np.sin(2 * np.pi * 220 * seconds + 3 * np.sin(2 * np.pi * 5 * seconds)) * 0.2
    assert find(floats(hum), floats(played())) is None


def test_a_sound_that_comes_once_is_no_echo_of_seven() -> None:
    chirps = played()
    once = np.concatenate([chirps[: QUIET + 6_000], np.zeros(len(chirps) - QUIET - 6_000)])
    assert find(floats(once + noise(-40)), floats(chirps)) is None


# --------------------------------------------------------------------------------------------------- the levels


@pytest.mark.parametrize("echo_db", [-30.0, -12.0, 0.0, 6.0])
def test_levels_are_those_of_the_echo_without_the_noise(echo_db: float) -> None:
    found = measured(later(played(), 60) * 10 ** (echo_db / 20) + noise(-52))
    level = 20 * math.log10(np.sqrt(np.mean(np.square(played()[np.abs(played()) > 0]))))
    assert found.echo_db == pytest.approx(echo_db, abs=0.7)
    assert found.noise_dbfs == pytest.approx(-52, abs=0.5)
    assert found.snr_db == pytest.approx(level + echo_db + 52, abs=1.5)


def test_a_microphone_that_gives_only_zeros_is_deaf() -> None:
    assert measured(played() * 0) == Measurement("deaf")


def test_a_microphone_without_any_noise_still_has_an_echo() -> None:
    found = measured(later(played(), 30), takes_db=30)
    assert found.outcome == "good"
    assert found.delay_ms == pytest.approx(30, abs=0.1)


def test_a_microphone_at_its_end_is_named_whatever_a_canceller_makes_of_it() -> None:
    assert measured(later(played(), 30) * 8, takes_db=40).outcome == "clipped"
    assert measured(later(played(), 30) * 3.9, takes_db=40).outcome == "good"


def test_without_chirps_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="no chirps"):
        measure(pcm(noise(-40)), bytes(2 * len(played())), None)


# ----------------------------------------------------------------------------------------------- the cancellation


@pytest.mark.parametrize(("db", "outcome"), [(10, "poor"), (14, "poor"), (16, "good"), (35, "good")])
def test_the_verdict_follows_what_is_cancelled(db: float, outcome: str) -> None:
    found = measured(later(played(), 60) * 0.5 + noise(-60), takes_db=db)
    assert found.outcome == outcome
    assert found.erle_db == pytest.approx(db, abs=0.2)


def test_an_echo_of_which_only_a_little_is_left_is_good_however_little_there_was() -> None:
    assert measured(later(played(), 60) * 0.05 + noise(-50), takes_db=8).outcome == "good"
    assert measured(later(played(), 60) * 0.5 + noise(-50), takes_db=8).outcome == "poor"


def test_without_a_canceller_an_echo_stays() -> None:
    found = measured(later(played(), 60) * 0.5 + noise(-50))
    assert (found.outcome, found.erle_db) == ("poor", None)
    assert measured(later(played(), 60) * 0.03 + noise(-50)).outcome == "poor"


def test_only_the_last_chirps_count_for_a_canceller_must_learn() -> None:
    class Learner(Knowing):
        frames = 0

        def process(self, near: bytes, far: bytes) -> bytes:
            self.frames += 1
            known = super().process(near, far)
            return known if self.frames > 110 else near

    heard = later(played(), 60) * 0.5 + noise(-60)
    assert measured(heard, partial(Learner, heard, 30)).outcome == "good"


def test_a_canceller_that_takes_the_voice_with_the_echo_muffles() -> None:
    heard = later(played(), 60) * 0.5 + noise(-60)
    found = measured(heard, partial(Muting, 30))
    assert found.outcome == "muffled"
    assert (found.heard or 0) < 0.2
    assert (found.erle_db or 0) > CANCELLED_DB
    assert measured(heard, takes_db=30).heard == 1


def test_the_voice_is_at_the_level_of_speech_and_pauses() -> None:
    sound = voice(32_000)
    assert 20 * math.log10(float(np.sqrt(np.mean(np.square(sound))))) == pytest.approx(-26, abs=0.1)
    assert 0.2 < np.mean(np.abs(sound) < 1e-3) < 0.5


@pytest.mark.skipif(echo_missing() is not None, reason="not installed: pywebrtc-audio")
class TestWithTheRealCanceller:
    @pytest.mark.parametrize(("delay_ms", "gain"), [(20, 0.3), (40, 0.3), (120, 0.3), (200, 0.15)])
    def test_in_a_room_it_is_good(self, delay_ms: float, gain: float) -> None:
        heard = room(np.tanh(2 * later(played(), delay_ms)) / 2) * gain + noise(-60)
        found = measured(heard, EchoCanceller)
        assert found.outcome == "good"
        assert (found.erle_db or 0) > 15

    def test_with_a_reference_that_comes_after_the_echo_it_is_poor(self) -> None:
        found = measured(room(later(played(), -60)) + noise(-60), EchoCanceller)
        assert found.outcome == "poor"

    def test_half_duplex_leaves_nothing_of_the_echo_or_of_the_voice(self) -> None:
        found = measured(later(played(), 60) * 0.5 + noise(-60), HalfDuplex)
        assert (found.erle_db or 0) > 60
        assert (found.outcome, found.heard) == ("muffled", 0)
