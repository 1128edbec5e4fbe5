"""Measures `livechat talk` as its users run it: on devices of the tests' own, under a terminal, with `livechat serve`.

Somebody asks for a story, and asks for another while the first is told, again and again. What is measured is heard at
the speaker's monitor, and what the process costs is read from the system; the server is in a process of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from tests import pulse_fixture
from tests.bench.latency import peak_mb, server
from tests.cli import Terminal
from tests.speech_fixture import spoken
from tests.talk_lab import Room, Said, interruptions, lines, room, wait_for

STORY = "Tell me a long story about a dragon."
TRIALS = 22
"""Interruptions; the first is not counted."""
LISTENED_S = 1.2
"""So long each story is listened to."""
MISSED_S = 8.0
"""Who is not heard by then has spoken in vain."""
COST_S = 45
OPEN = 13
"""Stories in a room with an echo; the first is heard in silence."""
OPEN_S = 7.5
"""From one wish to the next there: two thirds of that the model speaks."""
ERL_DB, DELAY_S = -10, 0.06
WITHIN_S = 0.3
"""Sound that comes later than this after an interruption belongs to the next answer."""


@dataclass
class Figures:
    """Of one call whose latencies count."""

    silences_ms: list[float] = field(default_factory=list[float])
    """From `interrupted` to the last sample at the monitor."""
    silence_errors_ms: list[float] = field(default_factory=list[float])
    answers_ms: list[float] = field(default_factory=list[float])
    errors_ms: list[float] = field(default_factory=list[float])
    """What was told of an answer's latency, less what the loop-back shows."""
    missed: int = 0
    gaps: int = 0
    """Holes of up to 20 ms in the sound at the monitor."""
    sounding_s: float = 0.0


def talk() -> Iterator[tuple[str, float, float]]:
    if problem := pulse_fixture.missing():
        print(f"      talk: not measured, PulseAudio is {problem}", flush=True)
        return
    with server() as (_, url, _), room(url) as here, TemporaryDirectory() as folder:
        figures = interrupted(here, Path(folder))
        tell("interrupted to silence at the monitor, ms", figures.silences_ms)
        tell("  as it is told, less that", figures.silence_errors_ms)
        tell("end of speech to first sample at the monitor, ms", figures.answers_ms)
        tell("  as it is told, less that", figures.errors_ms)
        gaps = f"{figures.gaps} gaps in {figures.sounding_s:.0f} s of sound"
        print(f"      talk: {figures.missed} of {TRIALS} interruptions not heard, {gaps}", flush=True)
        yield "talk: interrupted to silence at the monitor, p95 ms", p95(figures.silences_ms), 20
        yield "talk: answer latency told, p95 of its error in ms", p95(list(map(abs, figures.errors_ms))), 30
        false, heard = in_the_open(here, Path(folder))
        print(f"      talk: in a room with an echo, {heard} of {OPEN - 1} heard, {false} false", flush=True)
        yield "talk: interruptions of the model by itself in a room with an echo", false, 0
        yield "talk: interruptions by the user not heard there, of 12", OPEN - 1 - heard, 1
        started, memory = list[float](), list[float]()
        for how, bound in (("off", 4), ("on", 6)):
            cpu = cost(here, Path(folder), how, started, memory)
            yield f"talk: CPU of a call with --aec {how}, % of a core", cpu, bound
        yield "talk: RSS at most, MB", max(memory), 90
        yield "talk: start to the first frame heard, s", median(started), 1.5


def interrupted(here: Room, folder: Path) -> Figures:
    """One call, in which every story is cut off by the wish for the next."""
    files = ("--record", "rec", "--trace", "trace")
    with here.talk(folder, "--aec", "off", *files) as terminal:
        terminal.expect("q ends the call")
        figures, asked = Figures(), list[Said]()
        for number in range(TRIALS + 1):
            asked.append(here.say(spoken(STORY)))
            figures.missed += not listened(here, asked[-1], folder / "trace", number)
        terminal.type("q")
        terminal.end()
    judge(figures, here, folder, asked)
    return figures


def listened(here: Room, asked: Said, trace: Path, before: int) -> bool:
    """Whether the wish came through; waits until its answer was listened to."""
    try:
        wait_for(lambda: len(interruptions(trace)) >= before, "an interruption", MISSED_S)
        heard = wait_until_heard(here, asked)
    except AssertionError:
        return False
    time.sleep(max(0.0, heard + LISTENED_S - time.monotonic()))
    return True


def wait_until_heard(here: Room, asked: Said) -> float:
    ended = asked.ends
    wait_for(lambda: here.monitor.first_sound(ended + WITHIN_S) < time.monotonic(), "the answer", MISSED_S)
    return here.monitor.first_sound(ended + WITHIN_S)


def judge(figures: Figures, here: Room, folder: Path, asked: Sequence[Said]) -> None:
    """Compares what was told with what was heard; each answer and each interruption with the wish before it."""
    told = lines(folder / "rec" / "events.ndjson")
    silent = [line["after_ms"] for line in told if line["type"] == "silence.heard"]
    for at, claimed in list(zip(interruptions(folder / "trace"), silent, strict=False))[1:]:
        measured = (here.monitor.last_sound(at, at + WITHIN_S) - at) * 1000
        figures.silences_ms.append(measured)
        figures.silence_errors_ms.append(claimed - measured)
    answered = [line["after_ms"] for line in told if line["type"] == "answer.heard"]
    if len(answered) == len(asked):
        for said, claimed in list(zip(asked, answered, strict=True))[1:]:
            measured = (here.monitor.first_sound(said.ends + WITHIN_S) - said.ends) * 1000
            figures.answers_ms.append(measured)
            figures.errors_ms.append(claimed - measured)
    holes(figures, here)


def holes(figures: Figures, here: Room) -> None:
    """Counts the runs of zeros that a voice does not have."""
    places = np.flatnonzero(here.monitor.samples)
    steps = np.diff(places)
    figures.gaps = int(np.count_nonzero((steps > 8) & (steps < here.monitor.rate // 50)))
    figures.sounding_s = len(places) / here.monitor.rate


def in_the_open(here: Room, folder: Path) -> tuple[int, int]:
    """How often the model was interrupted by itself, and how often by the user, where the microphone hears both."""
    trace = folder / "open"
    with here.echoing(ERL_DB, DELAY_S), here.talk(folder, "--trace", trace.name) as terminal:
        terminal.expect("q ends the call")
        asked = list[Said]()
        for _ in range(OPEN):
            asked.append(here.say(spoken(STORY)))
            time.sleep(OPEN_S)
            terminal.drain()
        terminal.type("q")
        terminal.end()
    at = interruptions(trace)
    heard = [any(said.begins < one < said.ends + WITHIN_S for one in at) for said in asked]
    false = [one for one in at if not any(said.begins < one < said.ends + WITHIN_S for said in asked)]
    return len(false), sum(heard)


def cost(here: Room, folder: Path, how: str, started: list[float], memory: list[float]) -> float:
    """Percent of a core that a call takes in which the model speaks about half the time."""
    began = time.monotonic()
    with here.talk(folder, "--aec", how) as terminal:
        terminal.expect("hearing '")
        started.append(time.monotonic() - began)
        terminal.expect("q ends the call")
        since, cpu = time.monotonic(), cpu_s(terminal)
        while time.monotonic() < since + COST_S:
            here.say(spoken(STORY))
            time.sleep(5)
            terminal.drain()
        lasted, cpu = time.monotonic() - since, cpu_s(terminal) - cpu
        memory.append(peak_mb(terminal.process.pid))
        sounded = np.count_nonzero(here.monitor.between(since, since + lasted)) / here.monitor.rate / lasted
        told = f"{memory[-1]:.0f} MB, started in {started[-1]:.2f} s, the model spoke {sounded:.0%} of the time"
        print(f"      talk --aec {how}: {100 * cpu / lasted:.1f} % of a core, {told}", flush=True)
        terminal.type("q")
        terminal.end()
    return 100 * cpu / lasted


def cpu_s(terminal: Terminal) -> float:
    """Seconds of CPU that the process has had, all threads."""
    fields = Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(what: str, values: Sequence[float]) -> None:
    print(f"      talk: {what}: p50 {median(values):.1f}, p95 {p95(values):.1f}, {len(values)} trials", flush=True)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[round(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    for name, figure, limit in talk():
        print(f"{'ok  ' if figure <= limit else 'OVER'}  {figure:6.2f} (bound {limit:g})  {name}", flush=True)
