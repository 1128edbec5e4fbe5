"""A voice box in numbers: takes one speaker's sound apart into source and resonances, and speaks with another's.

Sound is a short-time spectrum here: frames every 12.5 ms, 50 ms long, 601 frequencies 20 Hz apart. All arrays are
[frames, 601] unless they say otherwise, and float32, which is twice as fast as float64 and exact enough for an ear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from livechat.server.timbres import AS_GIVEN, Timbre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Spectrum = NDArray[np.complex64]

RATE = 24_000
HOP = 300
FFT = 1200
BINS = FFT // 2 + 1
BIN_HZ = RATE / FFT
OVERLAP = FFT // HOP
HIGHEST_HARMONIC_HZ = 11_000
VOICED_ABOVE_HZ = 40

NOISE_SHAPE_BINS = 12
TILT_FROM_HZ = 500
NOISE_FROM_HZ = 4_500
NOISE_RISE_HZ = 1_200

# What noise of variance 1 becomes in a spectrum scaled for cosines: the root of 6 / FFT under a Hann window.
NOISE_AMPLITUDE = (6 / FFT) ** 0.5

TINY = 1e-14  # power far below hearing, so that silence has a logarithm

# A harmonic of a steady voice spreads over 1.5 bins of power under a Hann window.
HARMONIC_WIDTH_HZ = 1.5 * BIN_HZ


def window() -> Floats:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


def pulses(pitch: Floats) -> Floats:
    """[frames * 300] samples of glottal pulses: every harmonic up to 11 kHz at amplitude 1, silence where unvoiced.

    The sum of cosines in closed form (Dirichlet's kernel): sin((n + 1/2) t) / (2 sin(t/2)) - 1/2.
    """
    centres = (np.arange(len(pitch)) + 0.5) * HOP
    hz = np.interp(np.arange(len(pitch) * HOP) + 0.5, centres, pitch)
    voiced = hz > VOICED_ABOVE_HZ
    hz = np.maximum(hz, VOICED_ABOVE_HZ)
    half_phase = (np.pi * np.modf(np.cumsum(hz) / RATE)[0]).astype(np.float32)
    order = (np.floor(HIGHEST_HARMONIC_HZ / hz) + 0.5).astype(np.float32)
    below = 2 * np.sin(half_phase)
    at_peak = np.abs(below) < 2e-3
    sound = np.sin(2 * order * half_phase) / np.where(at_peak, 1, below)
    return np.where(voiced, np.where(at_peak, order, sound) - np.float32(0.5), np.float32(0))


def spectrum(sound: Floats, frames: int) -> Spectrum:
    """The short-time spectrum of `sound`, scaled so that a cosine of amplitude 1 peaks at 1."""
    padded = np.pad(sound, FFT // 2, mode="reflect")
    views = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:frames]
    return np.fft.rfft(views * (window() * np.float32(OVERLAP / FFT))).astype(np.complex64, copy=False)


def sound(spectrum: Spectrum) -> Floats:
    """The inverse, [frames * 300] samples, windowed again, overlapped and added."""
    frames = (np.fft.irfft(spectrum, FFT) * (window() * np.float32(FFT / OVERLAP))).reshape(-1, OVERLAP, HOP)
    weights = np.square(window()).reshape(OVERLAP, HOP)
    out = np.zeros((len(frames) + OVERLAP - 1, HOP), np.float32)
    weight = np.zeros_like(out)
    for part in range(OVERLAP):
        out[part : part + len(frames)] += frames[:, part]
        weight[part : part + len(frames)] += weights[part]
    out /= np.maximum(weight, 1e-11)
    return out.reshape(-1)[FFT // 2 : FFT // 2 + len(frames) * HOP]


def tract(power: Floats, pitch: Floats) -> Spectrum:
    """What the vocal tract does to harmonics of amplitude 1, without the ripple that `pitch` itself leaves in `power`.

    CheapTrick (Morise, Speech Communication 67, 2015): power is averaged over a part of the fundamental, then liftered
    so that what is left of the ripple goes and the peaks come back. The phase is the one that resonances of this
    strength have at least, which sounds less of a buzz than none.
    """
    level = np.log(averaged(power, pitch / (2 * BIN_HZ)) * (pitch / HARMONIC_WIDTH_HZ)[:, None] + TINY)
    turns = pitch[:, None] * (np.arange(BINS, dtype=np.float32) / RATE)
    lifter = np.sinc(turns) * (1.3 - 0.3 * np.cos(2 * np.pi * turns))
    lifter[:, 1:-1] *= 2  # the negative times are folded onto the positive ones: cause before effect
    cepstrum = np.fft.irfft(level, FFT)[:, :BINS] * lifter
    logarithm = np.fft.rfft(cepstrum.astype(np.float32, copy=False), FFT) / 2
    return polar(np.exp(logarithm.real), logarithm.imag)


def polar(length: NDArray[np.floating[Any]], angle: NDArray[np.floating[Any]]) -> Spectrum:
    """Complex numbers; numpy's own way, exp(1j * angle), takes twenty times as long."""
    numbers = np.empty(angle.shape, np.complex64)
    numbers.real = length * np.cos(angle)
    numbers.imag = length * np.sin(angle)
    return numbers


def averaged(power: Floats, width: Floats) -> Floats:
    """`power` averaged around each frequency over `width` [frames] bins, at least 1, mirrored at both ends."""
    reach = int(width.max(initial=1) / 2 + 0.5)
    mirrored = np.pad(power, ((0, 0), (reach, reach)), mode="reflect")
    total = np.zeros_like(power)
    for shift in range(-reach, reach + 1):
        share = np.clip(width / 2 + 0.5 - abs(shift), 0, 1)
        total += share[:, None] * mirrored[:, reach + shift : reach + shift + BINS]
    return total / width[:, None]


def melody(pitch: Floats, timbre: Timbre) -> Floats:
    """The same tune around the timbre's pitch."""
    tune = timbre.pitch_hz * (np.maximum(pitch, 1) / np.float32(AS_GIVEN.pitch_hz)) ** np.float32(timbre.liveliness)
    return np.where(pitch > VOICED_ABOVE_HZ, tune, np.float32(0)).astype(np.float32)


def breath(timbre: Timbre) -> Floats:
    """[601] The share of noise in the amplitude of the voice: everybody's voice turns to noise above 4 or 5 kHz."""
    rise = 1 / (1 + np.exp(-(np.arange(BINS) * BIN_HZ - NOISE_FROM_HZ) / NOISE_RISE_HZ))
    return np.maximum(rise, timbre.breath).astype(np.float32)


def brightness(timbre: Timbre) -> Floats:
    """[601] The gain that tilts the spectrum, from 500 Hz up."""
    octaves = np.log2(np.maximum(np.arange(BINS) * BIN_HZ / TILT_FROM_HZ, 1))
    return (10 ** (timbre.tilt_db * octaves / 20)).astype(np.float32)


def revoice(given: Floats, pitch: Floats, timbre: Timbre) -> Floats:
    """The sound `given`, whose fundamental is `pitch` [frames] in Hz, from another speaker."""
    voiced = pitch > VOICED_ABOVE_HZ
    moved = np.minimum(np.rint(np.arange(BINS) / timbre.formants), BINS - 1).astype(np.intp)
    out = spectrum(given, len(pitch))
    power = np.square(np.abs(out))
    out[~voiced] *= reshaped(power[~voiced], moved)
    if voiced.any():
        cords = source(melody(pitch, timbre), timbre)[voiced]
        out[voiced] = tract(power[voiced], pitch[voiced])[:, moved] * cords
    return sound(out * brightness(timbre))


def reshaped(power: Floats, moved: NDArray[np.intp]) -> Floats:
    """The gain that moves the resonances of hisses and pops, whose phases stay: they hold the moment of the pop."""
    shape: Floats = np.sqrt(averaged(power, np.full(len(power), NOISE_SHAPE_BINS, np.float32)) + TINY)
    gain: Floats = shape[:, moved] / shape
    return gain


def source(pitch: Floats, timbre: Timbre) -> Spectrum:
    """What the vocal cords send into the tract: pulses and breath."""
    rough = breath(timbre)
    hiss = white(len(pitch)) * np.sqrt(HARMONIC_WIDTH_HZ / np.maximum(pitch, VOICED_ABOVE_HZ))[:, None]
    voiced = spectrum(pulses(pitch), len(pitch)) * np.sqrt(1 - np.square(rough))
    return np.asarray(voiced + hiss * rough, np.complex64)


def white(frames: int) -> Spectrum:
    """Noise of power 1 at every frequency, always the same."""
    samples = np.random.default_rng(0).standard_normal(frames * HOP, dtype=np.float32)
    return spectrum(samples, frames) * np.float32(1 / NOISE_AMPLITUDE)
