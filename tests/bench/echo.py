"""Judges ways of keeping echo out in made-up rooms by the server's ears, and times our own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from livechat.audio.echo import SILENCE, EchoCanceller, HalfDuplex, load_aec3
from tests.echo_scenes import (
    OTHER_VOICES,
    OTHERS,
    TRAIN,
    VOICES,
    Canceller,
    Place,
    Scene,
    frames,
    judge,
    level_db,
    scene,
    through,
)


class Nothing:
    """Lets everything through."""

    def process(self, near: bytes, far: bytes) -> bytes:
        return near


class Aec3Alone:
    """WebRTC's canceller as the package has it."""

    def __init__(self) -> None:
        self._aec3 = load_aec3()

    def process(self, near: bytes, far: bytes) -> bytes:
        return self._aec3.process(np.frombuffer(near, "<i2"), np.frombuffer(far, "<i2")).tobytes()


WAYS: dict[str, Callable[[], Canceller]] = {
    "none": Nothing,
    "half-duplex": HalfDuplex,
    "AEC3 alone": Aec3Alone,
    "ours": EchoCanceller,
}
Pairs = Sequence[tuple[Scene, Scene]]
"""The same place with nobody in it, and with somebody who speaks up three times."""


def echo() -> Iterator[tuple[str, float, float]]:
    """Prints scenes with false starts, onsets heard within 0.8 s, and how loud the frames that hold speech come out."""
    print("      echo: false starts, onsets heard, level of frames with speech over that of the speech", flush=True)
    train, others = built(TRAIN, VOICES), built(OTHERS, OTHER_VOICES)
    control = [judge(both.near, both.onsets_ms) for _, both in [*train, *others]]
    print(f"      no echo at all          {sum(one.heard for one in control)} of {len(control) * 3}", flush=True)
    for way, make in WAYS.items():
        told("train", way, make, train)
    for way, make in WAYS.items():
        false, missed = told("held out", way, make, others)
        if way == "ours":
            yield "held-out scenes with false starts, of 12", false, 0
            yield "held-out onsets missed, of 36", missed, 3
    for name, places in variations().items():
        told(name, "ours", EchoCanceller, built(places, VOICES))
    cut_db = -level_db(through(EchoCanceller(), train[0][1].near, silent(train[0][1].far)), train[0][1])
    yield "dB by which speech is cut while the far end is silent", cut_db, 3
    ours, aec3 = cost(EchoCanceller, train), cost(Aec3Alone, train)
    print(f"      CPU for a frame of 20 ms in double talk: {ours:.3f} ms, of which AEC3 {aec3:.3f}", flush=True)
    yield "CPU for a frame in double talk over that of AEC3 alone", ours / aec3, 4


def variations() -> dict[str, list[Place]]:
    return {
        "drift +100 ppm": [replace(place, drift_ppm=100.0) for place in TRAIN],
        "drift -100 ppm": [replace(place, drift_ppm=-100.0) for place in TRAIN],
        "20 ms late": [replace(place, misaligned_ms=20) for place in TRAIN],
        "20 ms early": [replace(place, misaligned_ms=-20) for place in TRAIN],
        "noise -45 dBFS": [replace(place, noise_dbfs=-45.0) for place in TRAIN],
    }


def built(places: Sequence[Place], voices: Sequence[str]) -> Pairs:
    return [(scene(place, onsets=0, voices=voices), scene(place, voices=voices)) for place in places]


def told(which: str, way: str, make: Callable[[], Canceller], pairs: Pairs) -> tuple[int, int]:
    """Prints a line; how many scenes had a false start, and how many onsets were missed."""
    alone = [judge(through(make(), empty.mic, empty.far), ()) for empty, _ in pairs]
    heard = [through(make(), both.mic, both.far) for _, both in pairs]
    verdicts = [judge(one, both.onsets_ms) for one, (_, both) in zip(heard, pairs, strict=True)]
    false, found = sum(one.false > 0 for one in alone), sum(one.heard for one in verdicts)
    onsets = sum(one.onsets for one in verdicts)
    level = sum(level_db(one, both) for one, (_, both) in zip(heard, pairs, strict=True)) / len(pairs)
    print(f"      {which:14} {way:12} {false:2}/{len(pairs)}  {found:2}/{onsets}  {level:6.1f} dB", flush=True)
    return false, onsets - found


def silent(far: bytes) -> bytes:
    return bytes(len(far))


def cost(make: Callable[[], Canceller], pairs: Pairs) -> float:
    """CPU time of a frame, in ms: the median of the means of some scenes."""
    means: list[float] = []
    for _, both in pairs[:5]:
        canceller, count = make(), len(list(frames(both.mic)))
        canceller.process(SILENCE, SILENCE)
        began = time.thread_time()
        through(canceller, both.mic, both.far)
        means.append((time.thread_time() - began) / count * 1000)
    return sorted(means)[len(means) // 2]


if __name__ == "__main__":
    for name, figure, bound in echo():
        print(f"{'ok  ' if figure <= bound else 'OVER'}  {figure:5.2f} (bound {bound:g})  {name}", flush=True)
