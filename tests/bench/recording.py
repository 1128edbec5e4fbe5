"""Kills recordings and counts what they lack, and measures what recording costs who speaks and who waits."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from livechat.recording import Recording
from tests.recording_help import begin, joined, kill

KILLS = 101
"""The first is dropped."""
AT_ONCE = 4
FILES = (("you", 16_000, 0), ("model", 24_000, 0), ("conversation", 24_000, 0), ("conversation", 24_000, 1))
REAL_S, HOUR_S, STEP_S = 10, 3600, 20
FRAME = np.random.default_rng(1).integers(-9000, 9000, 320, np.int16).tobytes()
BLOCK = np.random.default_rng(2).integers(-9000, 9000, 240, np.int16).tobytes()


def recording() -> Iterator[tuple[str, float, float]]:
    with TemporaryDirectory() as folder:
        lost = sorted(kills(Path(folder)))
        told = f"p50 {lost[len(lost) // 2]:.0f} ms, p95 {lost[len(lost) * 95 // 100]:.0f} ms, max {lost[-1]:.0f} ms"
        print(f"      recording: lost by kill -9, worst file of each of {len(lost)}: {told}", flush=True)
        yield "the most that kill -9 costs a recording, ms", lost[-1], 100
        yield "CPU of recording two voices that both speak all the time, % of a core", speaking(Path(folder)), 2
        yield "RSS after an hour of recording over RSS after ten minutes", hour(Path(folder)), 1.05


def kills(folder: Path) -> list[float]:
    """Milliseconds that the worst file of each recording lacks."""

    def lost_ms(number: int) -> float:
        into = folder / str(number)
        told = kill(begin(into), random.Random(number))
        ends = [(np.flatnonzero(joined(into, name)[:, channel])[-1] + 1) / rate for name, rate, channel in FILES]
        return 20.0 * told - 1000.0 * float(min(ends))

    with ThreadPoolExecutor(AT_ONCE) as several:
        return list(several.map(lost_ms, range(KILLS)))[1:]


def speaking(folder: Path) -> float:
    """Prints what the calls cost; percent of a core, all threads, less what the pauses of this loop cost alone."""
    began = time.monotonic()
    recorded = Recording(folder / "real", began=began, warn=print)
    you, model = list[float](), list[float]()
    cpu = time.process_time()
    for frame in range(1, REAL_S * 50 + 1):
        time.sleep(max(0.0, began + frame / 50 - time.monotonic()))
        at = began + frame / 50
        called = time.perf_counter()
        recorded.you(FRAME, at)
        you.append(time.perf_counter() - called)
        for block in (0.0, 0.01):
            called = time.perf_counter()
            recorded.model(BLOCK, 24_000, at + block)
            model.append(time.perf_counter() - called)
    cpu = time.process_time() - cpu
    recorded.close()
    for name, costs in (("you", you), ("model", model)):
        costs.sort()
        p50, p99 = costs[len(costs) // 2], costs[len(costs) * 99 // 100]
        print(f"      recording: a call of {name}() costs p50 {p50 * 1e6:.1f} µs, p99 {p99 * 1e6:.1f} µs", flush=True)
    return 100 * (cpu - pauses()) / REAL_S


def pauses() -> float:
    """Seconds of CPU that a loop costs which only waits."""
    began, cpu = time.monotonic(), time.process_time()
    for frame in range(1, 101):
        time.sleep(max(0.0, began + frame / 50 - time.monotonic()))
    return (time.process_time() - cpu) * REAL_S / 2


def hour(folder: Path) -> float:
    now = 0.0
    recorded = Recording(folder / "hour", began=0.0, warn=print, clock=lambda: now)
    sizes: list[int] = []
    for second in range(0, HOUR_S, STEP_S):
        now = second + float(STEP_S)
        for frame in range(STEP_S * 50):
            recorded.you(FRAME, second + (frame + 1) / 50)
        for block in range(STEP_S * 60):
            recorded.model(BLOCK, 24_000, second + block / 100)
        written = folder / "hour" / "you.wav"
        while written.stat().st_size < 44 + 32_000 * now:
            time.sleep(0.005)
        sizes.append(rss())
    recorded.close()
    early = sizes[600 // STEP_S]
    print(f"      recording: RSS {early} kB after ten minutes, {sizes[-1]} kB after an hour", flush=True)
    assert recorded.lost_s == 0
    return sizes[-1] / early


def rss() -> int:
    """kB, where there is /proc."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
