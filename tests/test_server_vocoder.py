"""The vocoder: sound goes apart and together again, and other speakers come out as they were ordered."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livechat.server.timbres import AS_GIVEN, Timbre
from livechat.server.vocoder import (
    BIN_HZ,
    BINS,
    HARMONIC_WIDTH_HZ,
    HOP,
    RATE,
    averaged,
    melody,
    polar,
    pulses,
    revoice,
    sound,
    spectrum,
    tract,
    white,
)
from tests.acoustics import median_pitch, spectral_centroid

FRAMES = 160

Floats = NDArray[np.float32]


def steady(hz: float) -> Floats:
    return np.full(FRAMES, hz, np.float32)


def vowel(hz: float, *formants: float) -> Floats:
    """A voice of `hz` through resonances at `formants`, 100 Hz wide."""
    frequencies = np.arange(BINS) * BIN_HZ
    gain = sum(1 / (1 + ((frequencies - formant) / 100) ** 2) for formant in formants)
    return sound(spectrum(pulses(steady(hz)), FRAMES) * np.asarray(gain, np.float32)) / np.float32(20)


def test_a_sound_taken_apart_and_put_together_is_the_same() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, FRAMES * HOP).astype(np.float32)
    again = sound(spectrum(noise, FRAMES))
    assert again.dtype == np.float32
    assert np.abs(again - noise)[HOP:-HOP].max() < 1e-5


def test_a_cosine_of_amplitude_one_peaks_at_one() -> None:
    cosine = np.cos(2 * np.pi * 1000 * np.arange(FRAMES * HOP) / RATE).astype(np.float32)
    assert np.abs(spectrum(cosine, FRAMES))[80].max() == pytest.approx(1, abs=1e-3)


def test_noise_has_power_one_at_every_frequency_and_is_always_the_same() -> None:
    power = np.square(np.abs(white(400)))[10:-10, 5:-5]
    assert power.mean() == pytest.approx(1, abs=0.03)
    assert np.array_equal(white(5), white(5))


@pytest.mark.parametrize("hz", [80, 120, 200, 333])
def test_pulses_hold_every_harmonic_at_one_amplitude(hz: float) -> None:
    peaks = np.abs(spectrum(pulses(steady(hz)), FRAMES))[FRAMES // 2]
    harmonics = np.rint(hz * np.arange(1, int(5000 / hz)) / BIN_HZ).astype(int)
    assert peaks[harmonics].min() > 0.6
    assert peaks[harmonics].max() < 1.05
    assert peaks[int(11_100 / BIN_HZ) :].max() < 0.02


def test_pulses_are_silent_where_the_voice_is() -> None:
    pitch = np.concatenate((np.zeros(80), np.full(80, 150))).astype(np.float32)
    train = pulses(pitch)
    assert not train[: 79 * HOP].any()
    assert train[82 * HOP :].any()


def test_an_average_over_a_width_keeps_the_mean_and_flattens_what_repeats_within_it() -> None:
    ripple = np.tile(1 + np.cos(2 * np.pi * np.arange(BINS) / 10), (2, 1)).astype(np.float32)
    flat = averaged(ripple, np.array([10, 10], np.float32))
    assert flat == pytest.approx(np.ones((2, BINS)), abs=0.02)


def test_an_average_over_one_bin_changes_nothing() -> None:
    power = np.random.default_rng(0).random((3, BINS), dtype=np.float32)
    assert averaged(power, np.ones(3, np.float32)) == pytest.approx(power)


@pytest.mark.parametrize("hz", [150, 200, 290])
def test_the_tract_is_found_under_the_ripple_of_the_voice(hz: float) -> None:
    power = np.square(np.abs(spectrum(vowel(hz, 800, 2400), FRAMES)))
    gain = np.abs(tract(power[60:61], steady(hz)[:1]))[0]
    top = gain.max()
    assert abs(peak(gain, 500, 1400) - 800) <= hz / 2
    assert abs(peak(gain, 1800, 3000) - 2400) <= hz / 2
    at_harmonics, between = (gain[np.rint(hz * (np.arange(1, 6) + shift) / BIN_HZ).astype(int)] for shift in (0, 0.5))
    assert between.min() > 0.1 * top * (at_harmonics.min() / at_harmonics.max())


def peak(gain: Floats, low_hz: float, high_hz: float) -> float:
    low = int(low_hz / BIN_HZ)
    return (low + int(gain[low : int(high_hz / BIN_HZ)].argmax())) * BIN_HZ


def test_the_tract_of_silence_is_almost_nothing() -> None:
    assert np.abs(tract(np.zeros((1, BINS), np.float32), steady(200)[:1])).max() < 1e-5


def test_the_tract_gives_back_the_strength_of_the_harmonics() -> None:
    power = np.full((1, BINS), HARMONIC_WIDTH_HZ / 200, np.float32)  # what harmonics of 1 at 200 Hz leave
    assert np.abs(tract(power, steady(200)[:1])) == pytest.approx(np.ones((1, BINS)), rel=0.02)


@pytest.mark.parametrize("pitch_hz", [85, 110, 170, 230])
def test_a_voice_gets_the_pitch_of_its_timbre(pitch_hz: float) -> None:
    given = vowel(AS_GIVEN.pitch_hz, 700, 1200, 2600)
    other = revoice(given, steady(AS_GIVEN.pitch_hz), Timbre(pitch_hz, 1.0))
    assert median_pitch(other.astype(np.float64), RATE) == pytest.approx(pitch_hz, rel=0.03)


@pytest.mark.parametrize("formants", [0.8, 0.9, 1.1])
def test_resonances_move_by_the_factor_of_the_timbre(formants: float) -> None:
    given = vowel(AS_GIVEN.pitch_hz, 2000)
    other = revoice(given, steady(AS_GIVEN.pitch_hz), Timbre(AS_GIVEN.pitch_hz, formants))
    power = np.square(np.abs(spectrum(other, FRAMES))).mean(axis=0)
    assert int(averaged(power[None], np.full(1, 10, np.float32)).argmax()) * BIN_HZ == pytest.approx(
        2000 * formants, rel=0.06
    )


def test_a_tilt_makes_a_voice_brighter_or_softer() -> None:
    given = vowel(AS_GIVEN.pitch_hz, 700, 2600)
    centroids = [
        spectral_centroid(revoice(given, steady(193), Timbre(193, 1.0, tilt_db=tilt)).astype(np.float64), RATE)
        for tilt in (-3, 0, 3)
    ]
    assert centroids == sorted(centroids)
    assert centroids[2] > 1.2 * centroids[0]


def test_breath_replaces_harmonics_by_noise_of_the_same_strength() -> None:
    given = vowel(AS_GIVEN.pitch_hz, 700, 2600)
    clear, breathy = (revoice(given, steady(193), Timbre(193, 1.0, breath=breath)) for breath in (0.0, 0.9))
    assert np.square(breathy).mean() == pytest.approx(np.square(clear).mean(), rel=0.25)
    assert periodicity(breathy) < 0.6 < periodicity(clear)


def periodicity(voice: Floats) -> float:
    """How alike the voice is one period of 193 Hz later, 1 at most."""
    lag = round(RATE / 193)
    early, late = voice[5000:20_000], voice[5000 + lag : 20_000 + lag]
    return float(early @ late / np.sqrt((early @ early) * (late @ late)))


def test_the_melody_moves_around_the_pitch_of_the_timbre_by_its_liveliness() -> None:
    pitch = np.array([AS_GIVEN.pitch_hz, 2 * AS_GIVEN.pitch_hz, 0, -1], np.float32)
    assert melody(pitch, Timbre(100, 1.0)).tolist() == [100, 200, 0, 0]
    assert melody(pitch, Timbre(100, 1.0, liveliness=2)).tolist() == [100, 400, 0, 0]


def test_sound_without_a_voice_in_it_keeps_its_strength() -> None:
    hiss = np.random.default_rng(0).normal(0, 0.1, FRAMES * HOP).astype(np.float32)
    other = revoice(hiss, steady(0), Timbre(100, 0.85))
    assert other.std() == pytest.approx(hiss.std(), rel=0.05)


def test_a_pop_stays_where_it_was() -> None:
    pop = np.zeros(FRAMES * HOP, np.float32)
    pop[20_000:20_060] = np.hanning(60)
    other = revoice(pop, steady(0), Timbre(100, 0.85))
    assert abs(int(np.abs(other).argmax()) - 20_030) < 60
    assert np.square(other[19_500:20_500]).sum() > 0.8 * np.square(other).sum()


def test_polar_numbers_are_lengths_and_angles() -> None:
    numbers = polar(np.array([1, 2], np.float32), np.array([0, np.pi / 2], np.float32))
    assert numbers.dtype == np.complex64
    assert numbers == pytest.approx(np.array([1, 2j]), abs=1e-6)
