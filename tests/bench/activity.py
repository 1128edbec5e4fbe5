"""How well Silero and its gate find what was said, and how true the estimate of its end is: `python -m
tests.bench.activity`. The sound is made by the embedded voice, from seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import product
from statistics import median
from typing import TypeAlias

from livechat.audio.speech import SpeechDetector
from livechat.audio.speech_end import SpeechEnd
from tests.spoken_activity import FRAME, SHORT, Score, day, keys, pcm_of, score, spans
from tests.spoken_ends import RATE, TOLD, errors_ms, noise, scenes

SEEDS, LENGTH_S = (1, 2, 3), 65.0
KINDS, LEVELS = ("white", "pink", "room"), (-60, -52, -45)
END_VOICES = ("Kore", "Puck", "Charon", "Aoede", "Fenrir", "Leda")
TRIALS, PACED_S = 5, 5.0
Feed: TypeAlias = Callable[[bytes, float], object]
"""Of a frame and its time."""


def activity() -> Iterator[tuple[str, float, float]]:
    """Prints what of 65 s of speech a gate sends in each noise, the errors of ends, and what both cost."""
    detector = SpeechDetector()
    yield from gate(detector)
    yield from silence(detector)
    yield from ends()
    yield from costs(detector)


def gate(detector: SpeechDetector) -> Iterator[tuple[str, float, float]]:
    print(
        f"      Silero and VoiceGate: {len(SEEDS)} x {LENGTH_S:.0f} s of speech, every other utterance a short answer"
    )
    print("      noise       said  onsets lost  longest, ms  missed  of them short  ends cut  false", flush=True)
    every: list[Score] = []
    for kind, dbfs, gain_db in (
        ("white", -85, 0),
        *((k, d, 0) for k, d in product(KINDS, (-60, -45))),
        ("pink", -60, -15),
    ):
        found = [score(day(seed, LENGTH_S, kind, dbfs, gain_db), detector) for seed in SEEDS]
        lower = f", voice {gain_db} dB" if gain_db else ""
        print(f"      {kind:5} {dbfs:4}  {told(found)}{lower}", flush=True)
        every += found
    lost = [ms for one in every for ms in one.lost_ms]
    missed = [text for one in every for text in one.missed]
    yield "utterances of which the gate lost the first sample, %", 100 * sum(ms > 0 for ms in lost) / len(lost), 1
    yield "utterances that the gate missed, %", 100 * len(missed) / (len(lost) + len(missed)), 1


def told(found: list[Score]) -> str:
    lost = [ms for one in found for ms in one.lost_ms]
    missed = [text for one in found for text in one.missed]
    cut = sum(ms > 0 for one in found for ms in one.cut_ms)
    short, false = sum(text in SHORT for text in missed), sum(one.false for one in found)
    onsets = f"{sum(ms > 0 for ms in lost):11}  {max(lost):11.0f}"
    return f"{len(lost) + len(missed):4}  {onsets}  {len(missed):6}  {short:13}  {cut:8}  {false:5}"


def silence(detector: SpeechDetector) -> Iterator[tuple[str, float, float]]:
    count = round(LENGTH_S * RATE)
    sounds = {f"{kind} {dbfs}": pcm_of(noise(kind, count, dbfs)) for kind, dbfs in product(KINDS, (-60, -45, -30))}
    sounds["keys"] = keys(LENGTH_S)
    found = {name: sum(1 for _ in spans(pcm, detector)) for name, pcm in sounds.items()}
    print(
        f"      activities in {LENGTH_S:.0f} s of noise alone: {', '.join(f'{n} {c}' for n, c in found.items())}",
        flush=True,
    )
    yield "activities in a minute of noise alone, the worst", max(found.values()) * 60 / LENGTH_S, 1


def ends() -> Iterator[tuple[str, float, float]]:
    """Of sentences that the estimate was not fitted to."""
    print(f"      end of speech: error in ms over {len(TOLD)} sentences x {len(END_VOICES)} voices", flush=True)
    every: list[float] = []
    for kind, dbfs in product(KINDS, LEVELS):
        errors = errors_ms(scenes(TOLD, END_VOICES, kind, dbfs))
        found = [error for error in errors if error is not None]
        missed = f", {len(errors) - len(found)} missed" if len(found) < len(errors) else ""
        p50, p95 = quantile(found, 50), quantile(found, 95)
        figures = (
            f"median {median(found):+4.0f}, |error| p50 {p50:3.0f}, p95 {p95:3.0f}, most {quantile(found, 100):3.0f}"
        )
        print(f"      {kind:5} {dbfs}  {figures}{missed}", flush=True)
        every += found
    yield "p95 of the error of the end of speech, ms, all noises", quantile(every, 95), 30


def quantile(errors: list[float], percent: int) -> float:
    found = sorted(abs(error) for error in errors)
    return found[min(len(found) - 1, len(found) * percent // 100)]


def costs(detector: SpeechDetector) -> Iterator[tuple[str, float, float]]:
    """The least of several trials: what else runs on the machine empties caches, and costs then count it too."""
    pcm, ender = day(1, 10.0, "pink", -60).pcm, SpeechEnd()
    frames = [pcm[at : at + FRAME] for at in range(0, len(pcm) - FRAME + 1, FRAME)]

    def judge(frame: bytes, _: float) -> float:
        return detector.feed(frame)

    hot = min(per_frame_us(frames, judge) for _ in range(TRIALS)) / 20
    paced = per_frame_us(frames[: round(PACED_S * 50)], judge, pause_s=0.02) / 20
    print(
        f"      CPU of Silero for 1 s of sound: {hot:.1f} ms at a stretch, {paced:.1f} ms frame by frame in real time"
    )
    yield "CPU of Silero, ms for 1 s of sound", hot, 5
    yield "CPU of the end of speech, µs for a frame", min(per_frame_us(frames, ender.feed) for _ in range(TRIALS)), 50


def per_frame_us(frames: list[bytes], feed: Feed, pause_s: float = 0.0) -> float:
    """Mean CPU of this thread."""
    spent = 0.0
    for number, frame in enumerate(frames):
        began = time.thread_time()
        feed(frame, number * 0.02)
        spent += time.thread_time() - began
        if pause_s:
            time.sleep(pause_s)
    return spent / len(frames) * 1e6


if __name__ == "__main__":
    for name, figure, bound in activity():
        print(f"{'ok  ' if figure <= bound else 'OVER'}  {figure:5.2f} (bound {bound:g})  {name}", flush=True)
