"""Measures ears and voices on this machine: `python -m tests.bench.voices`.

Prints for each timbre its pitch and spectral centroid, how many words whisper gets wrong of what it says, and the two
timbres that are hardest to tell apart; then what loading, speaking, transcribing and hearing cost.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import soxr

from livechat.server.ears import FRAME_BYTES, FRAME_MS, EarSettings
from livechat.server.speech import Speech, load_speech
from livechat.server.timbres import VOICES, Timbre
from livechat.server.voice import RATE
from tests.acoustics import median_pitch, samples, spectral_centroid

SENTENCES = (
    "Hello there, how are you doing today?",
    "The quick brown fox jumps over the lazy dog.",
    "What is the capital of France, and how many people live there?",
    "Every summer morning she sells fresh bread by the sea.",
    "Please remember that my favorite color is green.",
    "It is a long walk from the station to the harbor.",
    "I cannot find my keys, so we will have to wait outside.",
    "The old man carried a heavy basket of apples up the hill.",
    "Would you like another cup of coffee, or should we leave now?",
    "How many grams are there in a pound of butter?",
    "Once upon a time a small fox lived near a frozen river.",
    "Turn left at the next corner and drive straight ahead.",
    "My brother plays the violin and my sister sings in a choir.",
    "The weather will be cloudy with a chance of rain tomorrow.",
    "You can always ask me to repeat that or speak more slowly.",
    "He opened the window because the kitchen was full of smoke.",
    "A long journey begins with a single step.",
    "They were surprised to see so many birds in the garden.",
    "Thank you very much, that was a wonderful story.",
    "We should finish the work before the end of the week.",
)


def main() -> None:
    start = time.perf_counter()
    speech = load_speech()
    print(f"loaded in {(time.perf_counter() - start) * 1000:.0f} ms, {memory_mb():.0f} MB")
    timbres(speech)
    costs(speech)
    print(f"{memory_mb():.0f} MB, {len(os.listdir('/proc/self/task'))} threads")


def timbres(speech: Speech) -> None:
    names: dict[Timbre, list[str]] = {}
    for prebuilt in VOICES:
        names.setdefault(prebuilt.timbre, []).append(prebuilt.name)
    print(f"\n{'names':26} {'pitch':>6} {'centroid':>8} {'wrong words':>11}")
    measured: dict[str, tuple[float, float]] = {}
    for shared in names.values():
        pcm = [speech.voice.speak(sentence, shared[0]) for sentence in SENTENCES]
        pitch = float(np.mean([median_pitch(samples(sound), RATE) for sound in pcm]))
        centroid = float(np.mean([spectral_centroid(samples(sound), RATE) for sound in pcm]))
        wrong = word_error_rate(speech, pcm)
        label = "/".join(shared)
        measured[label] = (pitch, centroid)
        print(f"{label:26} {pitch:4.0f}Hz {centroid:6.0f}Hz {wrong:10.1%}", flush=True)
    one, other = min(combinations(measured, 2), key=lambda pair: distance(measured, *pair))
    print(f"hardest to tell apart: {one} and {other}, {distance(measured, one, other):.1%}\n")


def distance(measured: dict[str, tuple[float, float]], one: str, other: str) -> float:
    """By how much two timbres differ in pitch or in centroid, whichever is more."""
    return max(max(a, b) / min(a, b) - 1 for a, b in zip(measured[one], measured[other], strict=True))


def word_error_rate(speech: Speech, pcm: list[bytes]) -> float:
    pairs = [
        (words(sentence), words(speech.transcriber.transcribe(at_16k(sound))))
        for sentence, sound in zip(SENTENCES, pcm, strict=True)
    ]
    return sum(edits(said, heard) for said, heard in pairs) / sum(len(said) for said, _ in pairs)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def edits(said: list[str], heard: list[str]) -> int:
    """Levenshtein's distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def costs(speech: Speech) -> None:
    names = [prebuilt.name for prebuilt in VOICES][: len(SENTENCES)]
    sounds = [speech.voice.speak(sentence, name) for sentence, name in zip(SENTENCES, names, strict=True)]
    heard = [with_noise(at_16k(sound)) for sound in sounds]
    ears = speech.ears(EarSettings())
    frames = [pcm[at : at + FRAME_BYTES] for pcm in heard for at in range(0, len(pcm), FRAME_BYTES)]
    seconds = np.mean([len(sound) / 2 / RATE for sound in sounds])
    report(f"speak {seconds:.1f} s", [timed(speech.voice.speak, *pair) for pair in zip(SENTENCES, names, strict=True)])
    report("transcribe it", [timed(speech.transcriber.transcribe, pcm) for pcm in heard])
    report(f"hear {FRAME_MS} ms", [timed(ears.feed, frame) for frame in frames])


def with_noise(pcm: bytes) -> bytes:
    """`pcm` with white noise about 25 dB below the voice."""
    noise = np.random.default_rng(0).normal(0, 150, len(pcm) // 2)
    return (np.frombuffer(pcm, "<i2") + noise).clip(-32768, 32767).astype("<i2").tobytes()


def report(what: str, seconds: list[float]) -> None:
    median, most = np.median(seconds) * 1000, np.max(seconds) * 1000
    print(f"{what:16} median {median:7.2f} ms, p90 {np.quantile(seconds, 0.9) * 1000:7.2f} ms, most {most:7.2f} ms")


def timed(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def at_16k(pcm: bytes) -> bytes:
    resampled: np.ndarray[tuple[int], np.dtype[np.int16]] = soxr.resample(np.frombuffer(pcm, "<i2"), RATE, 16_000)
    return resampled.tobytes()


def memory_mb() -> float:
    """The resident memory of this process, in 10^6 bytes; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if statm.exists() else 0.0


if __name__ == "__main__":
    main()
