"""Measures music: what is in a stretch of sound, told by numbers."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from livechat.server.music.composer import Composer
from livechat.server.music.score import BEATS, Settings
from livechat.server.music.synth import Synth

RATE = 48_000
HOP = 128
"""Frames between two looks for onsets: 2.7 ms."""
CLEAR = 3.0
"""A rise that counts as an onset."""
Wave = NDArray[np.float64]


@dataclass
class Take:
    """What was played: left and right from -1 to 1, and what is known of it."""

    stereo: Wave
    joints: list[int]
    """The frames at which a bar ends and the next begins."""
    bpm: float
    speed: float
    """Seconds of music made in one second of one core."""

    @property
    def mono(self) -> Wave:
        return np.asarray(self.stereo.mean(axis=1))

    @property
    def level(self) -> float:
        """In dB below full scale."""
        return float(20 * np.log10(np.sqrt(np.mean(self.stereo**2)) + 1e-9))


def played(text: str, seconds: float = 8, asked: Settings | None = None, *, seed: int = 1) -> Take:
    """So much music for a prompt."""
    composer, synth = Composer(seed), Synth()
    composer.steer([(text, 1.0)])
    composer.configure(asked or Settings())
    pieces: list[bytes] = []
    joints: list[int] = []
    began = process_time()
    bar = composer.next_bar()
    while True:
        pieces.append(synth.render(bar))
        joints.append((joints[-1] if joints else 0) + len(pieces[-1]) // 4)
        if joints[-1] >= seconds * RATE:
            break
        bar = composer.next_bar()
    speed = joints[-1] / RATE / (process_time() - began)
    return Take(wave(b"".join(pieces)), joints[:-1], bar.bpm, speed)


def wave(pcm: bytes) -> Wave:
    """s16le, left and right in turn."""
    return np.frombuffer(pcm, "<i2").reshape(-1, 2) / 32_768


def energy_in(sound: Wave, low: float, high: float) -> float:
    """Between two frequencies, as power of the samples."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(power[(hertz >= low) & (hertz < high)].sum()) / len(sound) ** 2


def onsets(sound: Wave) -> Wave:
    """How much louder it becomes in each hop, over all frequencies together (spectral flux)."""
    size = 1024
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[::HOP] * np.hanning(size)
    loudness = np.log1p(100 * np.abs(np.fft.rfft(frames, axis=1)) / size)
    rise = np.maximum(np.diff(loudness, axis=0), 0).sum(axis=1)
    return np.asarray(np.maximum(rise - np.median(rise), 0))


def onset_count(sound: Wave) -> int:
    """Clear beginnings: what is the highest rise within 50 ms on either side, and well above what is usual."""
    rise = onsets(sound)
    reach = round(0.05 * RATE / HOP)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(rise, reach), 2 * reach + 1).max(axis=1)
    return int(np.sum((rise == around) & (rise > CLEAR)))


def measured_bpm(sound: Wave, expected: float) -> float:
    """From the autocorrelation of the onsets: its highest peak within a fifth of the expected length of a bar."""
    flux = onsets(sound)
    size = 1 << (2 * len(flux) - 1).bit_length()
    power = np.abs(np.fft.rfft(flux - flux.mean(), size)) ** 2
    likeness = np.fft.irfft(power, size)[: len(flux)]
    bar = BEATS * 60 / expected * RATE / HOP
    lags = np.arange(int(bar * 0.9), int(bar * 1.1))
    best = int(lags[np.argmax(likeness[lags])])
    left, middle, right = likeness[best - 1 : best + 2]
    exact = best + 0.5 * (left - right) / (left - 2 * middle + right)
    return float(BEATS * 60 * RATE / HOP / exact)


def pitch_classes(sound: Wave) -> Wave:
    """How strong each of the twelve is, from 100 Hz to 2 kHz, with what is shared by all left out."""
    size = 16_384
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2] * np.hanning(size)
    power = (np.abs(np.fft.rfft(frames, axis=1)) ** 2).sum(axis=0)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    strength = np.zeros(12)
    for bin_number in np.flatnonzero((hertz > 100) & (hertz < 2_000)):
        exact = 69 + 12 * np.log2(hertz[bin_number] / 440)
        if abs(exact - round(exact)) < 0.3:
            strength[round(exact) % 12] += power[bin_number]
    return np.asarray(strength / strength.sum())


def centre(sound: Wave) -> float:
    """The centre of its spectrum in Hz."""
    strength = np.abs(np.fft.rfft(sound))
    return float((strength * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / strength.sum())
