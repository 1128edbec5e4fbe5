"""Makes up scenes of open speakers from a seed, and judges by the server's ears what a canceller makes of them.

A scene is a shoebox room by the image method (Allen and Berkley, 1979), a loudspeaker that saturates, a noisy
microphone, an answer being played, and somebody who speaks into it three times. Everything is 16 kHz.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Protocol, TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

from livechat.server.ears import Ears, EarSettings, SpeechStarted
from tests.speech_fixture import spoken

Floats: TypeAlias = NDArray[np.float64]
Talk: TypeAlias = Callable[[str, str], Floats]
"""A text said by a voice, at any level."""

RATE, FRAME = 16_000, 320
SOUND_M_S = 343.0
LEAD_IN_MS, GAP_MS, NEAR_MS = (2_000, 3_000), (3_300, 3_900), 2_300
SCENE_MS = 13_500
HEARD_WITHIN_MS = 800

ANSWERS = (
    "The harbour was quiet when the last boat came in, and nobody waited on the pier.",
    "There are three things to know about bread: flour, water, and a great deal of patience.",
    "In the morning the road climbs slowly through the forest until the valley opens below you.",
    "The first machines of this kind filled a whole room and broke down twice a day.",
    "Most of the river is shallow, but under the old bridge it is deeper than it looks.",
    "She kept the letters in a wooden box and read them only when it rained.",
    "If you turn left at the station you will see the market on the other side of the square.",
    "Scientists measured the same star for forty years before they noticed that it was moving.",
    "You can grow tomatoes on a balcony, provided that they get six hours of sun.",
    "The orchestra played so softly that we could hear the snow falling outside.",
)
WORDS = (
    "Stop, please.",
    "Wait a moment, I have a question.",
    "No, that is not what I meant.",
    "Hold on, can you say that again?",
    "Okay, thank you, that is enough.",
    "What about tomorrow?",
    "Excuse me, who told you that?",
    "Actually, let us talk about something else.",
    "Yes, I know that already.",
    "Can you speak a little slower?",
)
VOICES = ("Puck", "Kore", "Charon", "Leda", "Orus", "Aoede", "Algieba", "Zephyr", "Achernar", "Fenrir")


class Canceller(Protocol):
    """What every way of keeping echo out has in common."""

    def process(self, near: bytes, far: bytes) -> bytes: ...


@dataclass(frozen=True)
class Place:
    """What a scene is made of beside what is said in it."""

    seed: int
    delay_ms: int = 120
    erl_db: float = 0.0
    """How much softer the echo is than what was played."""
    rt60_s: float = 0.3
    drive: float = 2.0
    """Of the loudspeaker's tanh; 0 is a loudspeaker without fault."""
    far_dbfs: float = -20.0
    near_dbfs: float = -26.0
    noise_dbfs: float = -60.0
    drift_ppm: float = 0.0
    misaligned_ms: int = 0
    """How much the reference comes later than it says."""


@dataclass(frozen=True)
class Scene:
    """What the microphone hears and what the speaker is given, s16le, and where somebody begins to speak."""

    mic: bytes
    far: bytes
    near: bytes
    """The microphone without any echo."""
    onsets_ms: tuple[int, ...]


@dataclass(frozen=True)
class Verdict:
    """Starts of speech that nobody made, and those of `onsets` that were heard in time."""

    false: int
    heard: int
    onsets: int


def said(text: str, voice: str) -> Floats:
    """Speech by our own voice."""
    return np.frombuffer(spoken(text, voice), "<i2").astype(np.float64)


def scene(place: Place, *, onsets: int = 3, talk: Talk = said, voices: Sequence[str] = VOICES) -> Scene:
    """The scene of a place; the same seed says the same with and without somebody in the room."""
    random = Random(place.seed)
    chance = np.random.default_rng(place.seed)
    model, user = random.sample(list(voices), 2)
    length = SCENE_MS * RATE // 1000
    far = at_level(answer(random, model, length, talk), place.far_dbfs)
    size = (random.uniform(3.5, 6.0), random.uniform(3.0, 5.0), random.uniform(2.4, 3.0))
    card, mouth = distances(random)
    echo = np.convolve(saturate(far, place.drive), room(random, size, place.rt60_s, card))[:length]
    echo = at_level(delayed(drifted(echo, place.drift_ppm), place.delay_ms), place.far_dbfs - place.erl_db)
    way = room(random, size, place.rt60_s, mouth)
    near, begun = interruptions(random, user, length, onsets, place.near_dbfs, way, talk)
    near += chance.standard_normal(length) * 10 ** (place.noise_dbfs / 20)
    return Scene(pcm(near + echo), pcm(delayed(far, place.misaligned_ms)), pcm(near), begun)


def answer(random: Random, voice: str, length: int, talk: Talk) -> Floats:
    """Sentences with short pauses between them, from the first second on."""
    parts, texts = [np.zeros(RATE // 5)], random.sample(ANSWERS, len(ANSWERS))
    while sum(map(len, parts)) < length:
        parts += [trimmed(talk(texts.pop(), voice)), np.zeros(int(random.uniform(0.05, 0.25) * RATE))]
    return np.concatenate(parts)[:length]


def interruptions(
    random: Random, voice: str, length: int, count: int, dbfs: float, way: Floats, talk: Talk
) -> tuple[Floats, tuple[int, ...]]:
    """Somebody who begins to speak so many times, and when that was, in ms."""
    near, begun, at = np.zeros(length), list[int](), random.randint(*LEAD_IN_MS)
    for text in random.sample(WORDS, count):
        words = at_level(np.convolve(trimmed(talk(text, voice)), way), dbfs)[: NEAR_MS * RATE // 1000]
        start = at * RATE // 1000
        near[start : start + len(words)] += words[: length - start]
        begun.append(at)
        at += random.randint(*GAP_MS)
    return near, tuple(begun)


TRAIN = tuple(
    Place(seed=100 + at, erl_db=erl_db, delay_ms=delay_ms, drive=drive)
    for at, (erl_db, delay_ms, drive) in enumerate(product((0.0, 10.0), (40, 120, 200), (1.0, 3.0)))
)
"""What the canceller was made with."""
OTHERS = tuple(
    Place(
        seed=9000 + at,
        erl_db=Random(at).choice((0.0, 10.0)) if at > 1 else 10.0 * at,
        delay_ms=Random(at + 50).randint(30, 210),
        rt60_s=Random(at + 100).uniform(0.2, 0.4),
        drive=Random(at + 150).uniform(0.5, 3.5),
    )
    for at in range(12)
)
"""What it was only judged with: other rooms, other delays, and `OTHER_VOICES`."""
OTHER_VOICES = ("Enceladus", "Autonoe", "Schedar", "Gacrux", "Laomedeia", "Despina", "Iapetus", "Sulafat", "Achird")


# ------------------------------------------------------------------------------------------------- acoustics


def distances(random: Random) -> tuple[float, float]:
    """Metres from the microphone to the loudspeaker, and to the mouth."""
    return random.uniform(0.2, 0.9), random.uniform(0.4, 0.8)


def room(random: Random, size: tuple[float, float, float], rt60_s: float, distance_m: float) -> Floats:
    """The impulse response of a shoebox between two points this far apart, without the way the direct sound takes."""
    reflection = math.sqrt(1 - absorption(size, rt60_s))
    here = [random.uniform(0.3, 0.7) * side for side in size]
    angle = random.uniform(0, 2 * math.pi)
    there = [here[0] + distance_m * math.cos(angle), here[1] + distance_m * math.sin(angle), here[2]]
    axes = [images(*axis, rt60_s * SOUND_M_S) for axis in zip(size, there, here, strict=True)]
    x, y, z = (np.square(offset) for offset, _ in axes)
    bounces = axes[0][1][:, None, None] + axes[1][1][None, :, None] + axes[2][1][None, None, :]
    metres = np.sqrt(x[:, None, None] + y[None, :, None] + z[None, None, :])
    at = np.rint((metres - distance_m) / SOUND_M_S * RATE).astype(np.int64)
    inside = at < int(rt60_s * RATE)
    answer = np.zeros(int(rt60_s * RATE))
    np.add.at(answer, at[inside], (reflection**bounces / metres)[inside])
    return answer


def absorption(size: tuple[float, float, float], rt60_s: float) -> float:
    """Of every wall, by Sabine's formula; no more than a wall can absorb."""
    width, depth, height = size
    walls = 2 * (width * depth + width * height + depth * height)
    return min(0.95, 0.161 * width * depth * height / (walls * rt60_s))


def images(side: float, source: float, receiver: float, reach: float) -> tuple[Floats, Floats]:
    """The images of a source along one axis: how far they are from the receiver, and how often they were reflected."""
    order = math.ceil(reach / (2 * side))
    cells: Floats = np.arange(-order, order + 1, dtype=np.float64)
    offsets = np.concatenate([2 * cells * side + source - receiver, 2 * cells * side - source - receiver])
    return offsets, np.concatenate([np.abs(2 * cells), np.abs(2 * cells - 1)])


def saturate(sound: Floats, drive: float) -> Floats:
    """A loudspeaker at its limit."""
    return np.tanh(drive * sound) / drive if drive else sound


def drifted(sound: Floats, ppm: float) -> Floats:
    """The same on a clock that is slower by so many millionths."""
    if not ppm:
        return sound
    moved: Floats = soxr.resample(sound, RATE, RATE * (1 + ppm / 1e6), quality="VHQ")
    return np.pad(moved, (0, len(sound)))[: len(sound)]


def delayed(sound: Floats, ms: int) -> Floats:
    """So much later; earlier where `ms` is negative."""
    moved = np.roll(sound, ms * RATE // 1000)
    if ms:
        moved[slice(0, ms * RATE // 1000) if ms > 0 else slice(ms * RATE // 1000, None)] = 0
    return moved


def at_level(sound: Floats, dbfs: float) -> Floats:
    """Brought to this RMS where it sounds: over the frames that are at most 30 dB below the loudest."""
    frames: Floats = np.mean(np.square(sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)), axis=1)
    return sound * (10 ** (dbfs / 20) / math.sqrt(float(np.mean(frames[frames > frames.max() / 1000]))))


def trimmed(sound: Floats) -> Floats:
    """Without what is silent before and after it."""
    loud = np.nonzero(np.abs(sound) > np.max(np.abs(sound)) / 30)[0]
    return sound[loud[0] : loud[-1] + 1]


def pcm(sound: Floats) -> bytes:
    """As s16le."""
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype("<i2").tobytes()


# ------------------------------------------------------------------------------------------------- judging


def through(canceller: Canceller, mic: bytes, far: bytes) -> bytes:
    """All that a canceller lets through, frame by frame."""
    return b"".join(canceller.process(mic[at : at + 2 * FRAME], far[at : at + 2 * FRAME]) for at in frames(mic))


def frames(sound: bytes) -> Iterator[int]:
    return iter(range(0, len(sound) - 2 * FRAME + 1, 2 * FRAME))


def judge(heard: bytes, onsets_ms: Sequence[int]) -> Verdict:
    """What the server's ears, as they are set by themselves, make of it; a start belongs to an onset at most once."""
    ears = Ears(EarSettings())
    starts = [event.at_ms for event in ears.feed(heard) if isinstance(event, SpeechStarted)]
    answered = {at for at in onsets_ms for start in starts if belongs(start, at)}
    false = [start for start in starts if not any(belongs(start, at, NEAR_MS + 300) for at in onsets_ms)]
    return Verdict(len(false), len(answered), len(onsets_ms))


def belongs(start_ms: int, onset_ms: int, within_ms: int = HEARD_WITHIN_MS) -> bool:
    """Whether a start is that of an onset; the detector's frames are 32 ms long and may have begun before it."""
    return onset_ms - 64 <= start_ms <= onset_ms + within_ms


def level_db(heard: bytes, scene: Scene) -> float:
    """How much louder what was heard is than the speech at the microphone, over all frames that hold speech.

    What is left of an echo counts too; but a canceller may shift the phase, and so nothing finer is compared.
    """
    near, out = samples(scene.near)[: len(heard) // 2], samples(heard)
    powers = [np.mean(np.square(one[: len(one) // FRAME * FRAME].reshape(-1, FRAME)), axis=1) for one in (near, out)]
    spoken_in = powers[0] > 1e-4
    return 10 * math.log10(max(1e-12, float(powers[1][spoken_in].sum() / powers[0][spoken_in].sum())))


def samples(sound: bytes) -> Floats:
    """s16le as numbers between -1 and 1."""
    return np.frombuffer(sound, "<i2").astype(np.float64) / 32768
