"""Words spoken in noise with a known last sample, and how far from it the estimate is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livechat.audio.speech_end import SpeechEnd
from tests.speech_fixture import spoken

Floats = NDArray[np.float64]
RATE = 16_000
ENDED = 10 ** (-50 / 20)
"""Of its peak: the last sample above it is where the clean sound ends."""
BEFORE_S, AFTER_S = 1.0, 0.7

TUNED = (
    *("Yes.", "Stop.", "What's the time?", "How much is seventeen times twenty four?", "I think that is enough."),
    *("What is the capital of France?", "Okay, and then what?", "Give me a minute.", "Go back.", "Play some music."),
    *("Never mind, forget it.", "It was a nice evening.", "Are you there?", "Help!", "Please say that again."),
)
"""The figures of `speech_end` were chosen on these."""
TOLD = (
    *("No.", "Thanks.", "Tell me a story about a dragon.", "Could you please wait a moment?", "Turn it off."),
    *(
        "My name is Elizabeth.",
        "I'd like a cup of tea.",
        "That was a joke, wasn't it?",
        "Is it going to rain tomorrow?",
    ),
    *("Let's talk about maths.", "Remind me at half past six.", "Read me the news.", "I am looking for a book."),
    *("Hello.", "Who wrote this song?"),
)
"""And not on these."""


@dataclass(frozen=True)
class Scene:
    """One sentence in one noise."""

    name: str
    pcm: bytes
    end_s: float


def noise(kind: str, samples: int, dbfs: float, rng: np.random.Generator | None = None) -> Floats:
    """White noise; pink; or that of a room: 1/f² above 60 Hz, with a hiss 15 dB below."""
    rng = rng or np.random.default_rng(1)
    sound: Floats = rng.standard_normal(samples)
    if kind != "white":
        hertz = np.fft.rfftfreq(samples, 1 / RATE)
        slope = 1 / np.maximum(hertz, 60) if kind == "room" else 1 / np.sqrt(np.maximum(hertz, 20))
        sound = np.fft.irfft(np.fft.rfft(sound) * slope * (hertz > 30), samples)
        sound = sound / sound.std() + (10 ** (-15 / 20) * rng.standard_normal(samples) if kind == "room" else 0)
    scaled: Floats = sound / sound.std() * 10 ** (dbfs / 20)
    return scaled


def last_sample(clean: Floats) -> int:
    loudness = np.abs(clean)
    return int(np.nonzero(loudness > loudness.max() * ENDED)[0][-1])


def scenes(texts: Sequence[str], voices: Sequence[str], kind: str, dbfs: float, seed: int = 1) -> Iterator[Scene]:
    rng = np.random.default_rng(seed)
    for text in texts:
        for voice in voices:
            clean = np.frombuffer(spoken(text, voice), "<i2") / 32768
            before = round((BEFORE_S + rng.uniform(0, 0.2)) * RATE)
            whole = np.concatenate((np.zeros(before), clean, np.zeros(round(AFTER_S * RATE))))
            heard = whole + noise(kind, len(whole), dbfs, rng)
            samples = np.clip(np.rint(heard * 32768), -32768, 32767).astype("<i2")
            yield Scene(f"{voice}: {text}", samples.tobytes(), (before + last_sample(clean)) / RATE)


def errors_ms(heard: Iterable[Scene]) -> list[float | None]:
    """By how many ms the last end told is too late, for each scene; None where none is told."""
    return [None if (end := _told(scene.pcm)) is None else (end - scene.end_s) * 1000 for scene in heard]


def _told(pcm: bytes) -> float | None:
    ends = SpeechEnd()
    found = [ends.feed(pcm[at : at + 640], (at + 640) / 2 / RATE) for at in range(0, len(pcm) - 639, 640)]
    return max((end for end in found if end is not None), default=None)
