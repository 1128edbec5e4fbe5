"""Measures how a voice sounds: its pitch and its spectral centroid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 60, 400


def samples(pcm: bytes) -> Floats:
    """s16le as numbers between -1 and 1."""
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768


def median_pitch(sound: Floats, rate: int) -> float:
    """The median fundamental in Hz over the voiced 20 ms steps, by YIN (de Cheveigné and Kawahara, 2002); 0 if none."""
    longest = rate // LOWEST_HZ
    size = rate // 24
    found = [
        hz
        for start in range(0, len(sound) - size - longest, rate // 50)
        if (hz := _pitch(sound[start : start + size + longest], size, longest, rate))
    ]
    return float(np.median(found)) if found else 0.0


def _pitch(stretch: Floats, size: int, longest: int, rate: int) -> float:
    if np.sqrt(np.mean(np.square(stretch))) < 0.02:
        return 0.0
    energy = np.concatenate(([0.0], np.cumsum(np.square(stretch))))
    energies = energy[size : size + longest] - energy[:longest]
    products = np.correlate(stretch, stretch[:size])[:longest]
    difference = energies[0] + energies - 2 * products
    normal = difference[1:] * np.arange(1, longest) / np.maximum(np.cumsum(difference[1:]), 1e-12)
    shortest = rate // HIGHEST_HZ
    dips = np.nonzero(normal[shortest:] < 0.2)[0]
    if not len(dips):
        return 0.0
    lag = shortest + int(dips[0])
    while lag + 1 < len(normal) and normal[lag + 1] < normal[lag]:
        lag += 1
    return rate / (lag + 1)


def spectral_centroid(sound: Floats, rate: int) -> float:
    """The mean, over the 43 ms frames within 20 dB of the loudest, of the centre of gravity of their power, in Hz."""
    size = rate * 43 // 1000
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2] * np.hanning(size)
    power = np.square(np.abs(np.fft.rfft(frames)))
    energy = power.sum(axis=1)
    loud = energy > energy.max() / 100
    centres = power[loud] @ np.fft.rfftfreq(size, 1 / rate) / energy[loud]
    return float(centres.mean())
