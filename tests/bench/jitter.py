"""Compares the jitter buffer with fixed deadlines on made-up arrivals, and times its callback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import mean, median

from livechat.audio.jitter import JitterBuffer
from tests.arrival_traces import LINES, Played, Trace, clean_share, play, play_turn, traces, voice

TURNS, SEEDS = 130, (1, 2, 3)
SLOW = 2_000
"""Hz at which turns are compared: lateness does not depend on it, and the bench takes a minute less."""
RATE, BLOCK = 24_000, 480


def jitter() -> Iterator[tuple[str, float, float]]:
    """Prints turns without a gap, learned and in each first turn, beside a fixed deadline of the same median delay."""
    print("      jitter buffer: clean turns @ median start, fixed deadline of that length, stretched", flush=True)
    for name in LINES:
        found = [traces(name, TURNS, seed) for seed in SEEDS]
        learned = [played for turns in found for played in play(turns, SLOW)]
        first = [play([turn], SLOW)[0] for turns in found for turn in turns]
        every = [turn for turns in found for turn in turns]
        print(f"      {name:12} learned {told(learned, every)}   first turn {told(first, every)}", flush=True)
    costs = [cost for seed in SEEDS for cost in callback(traces("Wi-Fi 1.0x", 8, seed))]
    p99 = sorted(costs)[len(costs) * 99 // 100]
    print(
        f"      callback of {BLOCK} samples, Wi-Fi 1.0x, CPU: mean {mean(costs):.3f} ms, p99 {p99:.3f} ms", flush=True
    )
    yield "p99 of the jitter buffer's callback, ms", p99, 1.0


def told(played: list[Played], turns: list[Trace]) -> str:
    start = median(turn.start_ms for turn in played)
    clean = mean(turn.gap_ms == 0 for turn in played)
    longer = sum(turn.stretched_ms for turn in played) / sum(piece.length_ms for turn in turns for piece in turn)
    return f"{clean:.3f} @ {start:3.0f} ms, fixed {clean_share(turns, start):.3f}, {longer:5.1%}"


def callback(turns: list[Trace]) -> list[float]:
    """Milliseconds of CPU of each pull."""
    buffer, sound, costs = Timed(RATE), memoryview(voice(20 * RATE, RATE)), list[float]()
    for turn, trace in enumerate(turns):
        play_turn(buffer, trace, turn, sound, RATE, BLOCK * 1000 // RATE)
        costs += buffer.costs
        buffer.costs.clear()
    return costs


class Timed(JitterBuffer):
    """Keeps what each pull costs in CPU time, in ms: what else runs on the machine does not count."""

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self.costs: list[float] = []

    def pull(self, samples: int) -> bytes:
        began = time.thread_time()
        pcm = super().pull(samples)
        self.costs.append((time.thread_time() - began) * 1000)
        return pcm
