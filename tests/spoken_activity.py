"""A day at the microphone, from a seed: sentences and short answers in noise, and what Silero and a gate make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from livechat.audio.activity import Began, Over, VoiceGate
from livechat.audio.speech import SpeechDetector
from tests.speech_fixture import spoken
from tests.spoken_ends import ENDED, RATE, TOLD, TUNED, noise

Floats = NDArray[np.float64]
SHORT = ("Yes.", "No.", "Stop.", "Okay.", "Right.", "Go.", "Hi.", "What?", "Six.", "Wait.")
VOICES = ("Kore", "Puck", "Charon", "Aoede", "Fenrir", "Leda")
FRAME = 640


@dataclass(frozen=True)
class Frame:
    pcm: bytes
    at: float


@dataclass(frozen=True)
class Said:
    """From its first sample to its last, both 50 dB below its peak."""

    text: str
    began: float
    ended: float


@dataclass(frozen=True)
class Day:
    """Sound and what is said in it, in seconds."""

    pcm: bytes
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Span:
    """An activity: from when to when sound was sent."""

    began: float
    over: float


@dataclass(frozen=True)
class Score:
    """What became of what was said."""

    lost_ms: list[float]
    """Of each utterance's beginning, without those that were missed."""
    missed: list[str]
    cut_ms: list[float]
    """Of each utterance's end."""
    false: int
    """Activities in which nobody said anything."""


def day(seed: int, length_s: float, kind: str = "white", dbfs: float = -85, gain_db: float = 0) -> Day:
    """Every other utterance is a short answer; pauses are of 1 to 2.5 s."""
    chance, sound, said = Random(seed), Floats(0), list[Said]()
    parts, at = [sound], 0
    while at < length_s * RATE:
        text = chance.choice(SHORT if len(said) % 2 else TUNED + TOLD)
        clean = np.frombuffer(spoken(text, chance.choice(VOICES)), "<i2") / 32768 * 10 ** (gain_db / 20)
        pause = round(chance.uniform(1.0, 2.5) * RATE)
        audible = np.nonzero(np.abs(clean) > np.abs(clean).max() * ENDED)[0]
        said.append(Said(text, (at + pause + audible[0]) / RATE, (at + pause + audible[-1] + 1) / RATE))
        parts += [np.zeros(pause), clean]
        at += pause + len(clean)
    whole = np.concatenate([*parts, np.zeros(RATE)])
    whole = whole + noise(kind, len(whole), dbfs, np.random.default_rng(seed))
    return Day(pcm_of(whole), tuple(said))


def pcm_of(sound: Floats) -> bytes:
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype("<i2").tobytes()


def keys(length_s: float, seed: int = 1) -> bytes:
    """Somebody types: four clicks of 10 ms a second, over the noise of a room."""
    rng = np.random.default_rng(seed)
    sound = noise("room", round(length_s * RATE), -55, rng)
    for at in rng.integers(0, len(sound) - 160, round(4 * length_s)):
        sound[at : at + 160] += rng.standard_normal(160) * np.geomspace(0.2, 0.002, 160)
    return pcm_of(sound)


def spans(pcm: bytes, detector: SpeechDetector) -> Iterator[Span]:
    """The activities that the gate makes of some sound, with its defaults."""
    gate, began = VoiceGate(), 0.0
    detector.reset()
    sent = [
        one
        for at in range(0, len(pcm) - FRAME + 1, FRAME)
        for one in gate.feed(Frame(pcm[at : at + FRAME], (at + FRAME) / 2 / RATE), detector.feed(pcm[at : at + FRAME]))
    ]
    for one in [*sent, *gate.close()]:
        if isinstance(one, Began):
            began = one.at
        elif isinstance(one, Over):
            yield Span(began, one.at)


def score(day: Day, detector: SpeechDetector) -> Score:
    found = list(spans(day.pcm, detector))
    lost, missed, cut = list[float](), list[str](), list[float]()
    for said in day.said:
        over = [span for span in found if span.began < said.ended and said.began < span.over]
        if not over:
            missed.append(said.text)
            continue
        lost.append(max(0.0, over[0].began - said.began) * 1000)
        cut.append(max(0.0, said.ended - over[-1].over) * 1000)
    false = [span for span in found if all(span.over <= said.began or said.ended <= span.began for said in day.said)]
    return Score(lost, missed, cut, len(false))
