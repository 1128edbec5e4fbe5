"""Measures with some chirps what of the speaker's sound comes back through the microphone, and what a canceller leaves.

A chirp is a sweep whose pitch rises evenly to the ear (Farina, 2000): all frequencies of speech at a moderate level,
which a matched filter finds even in noise that is louder. They come at uneven intervals, so that none is taken for
another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from livechat.audio.pcm import FRAME_BYTES, LIVE, SPEECH_RATE, Encoding, Floats, decode, encode

LOWEST_HZ, HIGHEST_HZ = 300, 6_000
CHIRP_S: Final = 0.32
FADE_S: Final = 0.04
PEAK: Final = 0.25
"""-12 dBFS."""
GAPS_S: Final = (0.12, 0.16, 0.10, 0.18, 0.13, 0.15, 0.11)
"""After each chirp."""

EARLIEST_S, LATEST_S = -0.7, 0.7
"""Where an echo is looked for: also before its cause, for the times that sound systems tell may be wrong by half a
second (measured)."""
FOUND_DB: Final = 18.0
"""How far the matched filter's peak stands above the rest: 15 at most in 600 trials with noise alone, 38 and more in
rooms, 18 for an echo 10 dB below the noise."""
AGREE_S: Final = 0.01
"""How far apart both halves of the sound may find the same echo."""
FAINT_DB: Final = 3.0
"""An echo less than this above the noise bothers nobody."""
CLIPPED: Final = 1e-3
"""Of the samples. What drives the microphone beyond its end so often comes back in shapes that were never played."""
CANCELLED_DB: Final = 15.0
"""In made-up rooms our canceller took 17 to 46 dB from the last chirps, AEC3 alone 5 to 8 with a wrong reference."""
HEARD: Final = 0.5
"""So much of a voice comes through in rooms where the echo is 6 dB softer than what was played, and more where it is
softer still; of an echo as loud as that it may be nothing."""
VOICE_DBFS: Final = -26.0
RESIDUE_DB: Final = 6.0
"""What is left of an echo may stand so far above the noise, however little there was to cancel."""
_SOUNDING: Final = 1e-5
"""Mean square of a frame: -50 dBFS."""
_LEARNT: Final = 0.6
"""Of the sound: what comes later shows what a canceller can do."""
_AROUND_S: Final = 0.02
_END: Final = 32_700 / 32_768
_NOTHING: Final = 1e-12
_FRAME: Final = FRAME_BYTES // 2

Outcome: TypeAlias = Literal["deaf", "unheard", "faint", "clipped", "good", "muffled", "poor"]
"""The microphone gives only zeros; no echo is found; hardly any; the microphone is driven beyond its end; the canceller
takes the echo out; and a voice with it; it does not, or there is none."""
Doubles: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Canceller(Protocol):
    """`livechat.audio.echo.EchoCanceller`."""

    def process(self, near: bytes, far: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came back of the chirps; what there was nothing to measure for is None."""

    outcome: Outcome
    noise_dbfs: float | None = None
    """What the microphone hears when nothing is played."""
    delay_ms: float | None = None
    """From when the speaker was believed to sound to when the microphone was believed to hear it."""
    echo_db: float | None = None
    """The echo at the microphone against what was played."""
    snr_db: float | None = None
    """The same against the noise."""
    erle_db: float | None = None
    """Echo return loss enhancement: how much softer the canceller leaves the last chirps than they came."""
    heard: float | None = None
    """How much of somebody who speaks into the last chirps would come through it: a share of the time."""


def sound() -> bytes:
    """The chirps, three seconds of 24 kHz s16le."""
    seconds = np.arange(round(CHIRP_S * LIVE.rate)) / LIVE.rate
    rise = math.log(HIGHEST_HZ / LOWEST_HZ) / CHIRP_S
    fade = np.clip(np.minimum(seconds, seconds[::-1]) / FADE_S, 0, 1)
    chirp = PEAK * np.sin(np.pi / 2 * fade) ** 2 * np.sin(2 * np.pi * LOWEST_HZ * np.expm1(rise * seconds) / rise)
    silences = (np.zeros(round(gap * LIVE.rate)) for gap in GAPS_S)
    return encode(np.concatenate([part for silence in silences for part in (chirp, silence)]).astype(np.float32))


def measure(near: bytes, far: bytes, make_canceller: Callable[[], Canceller] | None) -> Measurement:
    """Compares what was heard with what sounded in the same time: 16 kHz s16le in whole frames of 20 ms, equally many.

    A canceller shows twice what it can do, the second time with a voice mixed in. Some tenths of a second before the
    first chirp tell the noise. Raises `ValueError` where nothing was played.
    """
    if near.count(0) == len(near):
        return Measurement("deaf")
    heard, played = decode(near, Encoding.S16LE), decode(far, Encoding.S16LE)
    sounding = _powers(played) > _SOUNDING
    if not sounding.any():
        raise ValueError("the far end has no chirps")
    noise = max(_NOTHING, float(np.median(_powers(heard)[: max(1, int(np.argmax(sounding)))])))
    delay = find(heard, played)
    if delay is None:
        return Measurement("unheard", _in_db(noise))
    echoing = _later(sounding, delay)
    echo = max(_NOTHING, float(np.mean(_powers(heard)[echoing])) - noise)
    last = echoing & (np.cumsum(echoing) > _LEARNT * echoing.sum())
    erle, passed = (None, None) if make_canceller is None else _tried(heard, far, last, make_canceller)
    return Measurement(
        _judged(heard, echo / noise, erle, passed, float(np.mean(_powers(heard)[last])) / noise),
        noise_dbfs=_in_db(noise),
        delay_ms=round(delay * 1_000, 1),
        echo_db=_in_db(echo / float(np.mean(_powers(played)[sounding]))),
        snr_db=_in_db(echo / noise),
        erle_db=erle,
        heard=passed,
    )


def find(heard: Floats, played: Floats) -> float | None:
    """How many seconds behind what was played, at 16 kHz, it is heard; None where it is not, beyond doubt.

    Where that changes meanwhile, as it does where a sound system is still finding its pace, the end counts.
    """
    sounding = np.flatnonzero(played)
    half = sounding[len(sounding) // 2]
    begun, ended = np.where(np.arange(len(played)) < half, [played, 0 * played], [0 * played, played])
    delay, clear_db = _peak(heard, ended)
    if clear_db > FOUND_DB:
        return delay
    agreed = abs(_peak(heard, begun)[0] - delay) < AGREE_S
    delay, clear_db = _peak(heard, played)
    return delay if agreed and clear_db > FOUND_DB else None


def _peak(heard: Floats, played: Floats) -> tuple[float, float]:
    """Where the matched filter answers loudest, in seconds, and how many dB that is above its other answers."""
    first, last = round(EARLIEST_S * SPEECH_RATE), round(LATEST_S * SPEECH_RATE)
    size = 1 << (len(heard) + last - first).bit_length()
    answers = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size)), size)
    levels = np.abs(np.concatenate([answers[first:], answers[:last]]))
    best = int(np.argmax(levels))
    around = round(_AROUND_S * SPEECH_RATE)
    others = np.concatenate([levels[: max(0, best - around)], levels[best + around :]])
    clear = levels[best] ** 2 / max(_NOTHING, float(np.mean(np.square(others))))
    return (best + first) / SPEECH_RATE, 10 * math.log10(max(_NOTHING, clear))


def _tried(heard: Floats, far: bytes, last: Flags, make: Callable[[], Canceller]) -> tuple[float, float]:
    """How many dB a canceller takes from the last chirps, and how much of a voice in them it lets through."""
    came, left = float(np.mean(_powers(heard)[last])), _left(heard, far, make())[last]
    spoken = voice(len(heard)) * np.repeat(last, _FRAME)
    words = _powers(spoken)
    speaking = words > _SOUNDING
    through = _left(heard + spoken, far, make())[speaking] > words[speaking] / 10
    return _in_db(came / max(_NOTHING, float(np.mean(left)))), round(float(np.mean(through)), 2)


def _left(heard: Floats, far: bytes, canceller: Canceller) -> Doubles:
    """The powers of the frames that come out of it."""
    near, frames = encode(heard), range(0, len(far), FRAME_BYTES)
    left = (canceller.process(near[at : at + FRAME_BYTES], far[at : at + FRAME_BYTES]) for at in frames)
    return _powers(decode(b"".join(left), Encoding.S16LE))


def voice(samples: int) -> Floats:
    """Something like vowels at 16 kHz: a pitch that wavers, two formants, three syllables a second."""
    seconds = np.arange(samples) / SPEECH_RATE
    turns = np.cumsum(140 + 20 * np.sin(2 * np.pi * 3 * seconds)) / SPEECH_RATE
    sound = np.zeros(samples)
    for harmonic in range(1, 25):
        formants = 2 * math.exp(-(((harmonic * 140 - 600) / 200) ** 2)) + 1.5 * math.exp(
            -(((harmonic * 140 - 1_700) / 300) ** 2)
        )
        sound += np.sin(2 * np.pi * harmonic * turns) * (1 + formants) / harmonic**1.2
    sound *= np.clip(0.6 + np.sin(2 * np.pi * 3.3 * seconds), 0, None)
    level: Floats = (sound * 10 ** (VOICE_DBFS / 20) / np.sqrt(np.mean(np.square(sound)))).astype(np.float32)
    return level


def _judged(heard: Floats, snr: float, erle_db: float | None, passed: float | None, loud: float) -> Outcome:
    """`loud` is how far the last chirps stand above the noise."""
    if np.mean(np.abs(heard) >= _END) > CLIPPED:
        return "clipped"
    if _in_db(snr) < FAINT_DB:
        return "faint"
    if erle_db is None or passed is None or (erle_db < CANCELLED_DB and _in_db(loud) - erle_db > RESIDUE_DB):
        return "poor"
    return "good" if passed >= HEARD else "muffled"


def _powers(samples: Floats) -> Doubles:
    """The mean square of each frame."""
    powers: Doubles = np.square(samples.reshape(-1, _FRAME)).mean(axis=1, dtype=np.float64)
    return powers


def _later(sounding: Flags, delay: float) -> Flags:
    """The frames of the echo of others."""
    moved = np.roll(sounding, shift := round(delay * SPEECH_RATE / _FRAME))
    moved[slice(None, shift) if shift >= 0 else slice(shift, None)] = False
    return moved


def _in_db(power: float) -> float:
    return round(10 * math.log10(max(_NOTHING, power)), 1)
