"""Makes up how the pieces of spoken answers arrive, on six kinds of line, from a seed, and plays them.

Nobody outside has recorded the real API's arrivals; known is that a piece is 160 to 240 ms long. What makes a line
hard is how late its pieces come behind a listener who began with the first one, and the parameters here are chosen
so that fixed deadlines of 50, 100 and 200 ms do about as they did in the measurements of audio.md §5.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from livechat.audio.jitter import JitterBuffer

PIECE_MS = (160, 240)
TURN_MS = (2_000, 12_000)


@dataclass(frozen=True)
class Piece:
    """One piece of an answer."""

    at_ms: float
    """After the first piece."""
    length_ms: int


Trace: TypeAlias = list[Piece]
Line: TypeAlias = Callable[[Random, list[int]], list[float]]
"""When pieces of these lengths arrive (ms), not yet in order."""


def steady(speed: float, jitter_ms: float = 8) -> Line:
    """Each piece when it is complete at this speed, and a little later at times."""

    def line(random: Random, lengths: list[int]) -> list[float]:
        return [sum(lengths[:at]) / speed + random.uniform(0, jitter_ms) for at in range(len(lengths))]

    return line


def slow_start(random: Random, lengths: list[int]) -> list[float]:
    """Slower than speech for the first second or so, faster afterwards."""
    speed, slow_ms = random.uniform(0.89, 0.94), random.uniform(600, 800)
    return [
        min(sent, slow_ms) / speed + max(0, sent - slow_ms) / 1.5 + random.uniform(0, 12)
        for sent in (sum(lengths[:at]) for at in range(len(lengths)))
    ]


def wifi(speed: float) -> Line:
    """Now and then nothing comes for a while, and then everything at once."""

    def line(random: Random, lengths: list[int]) -> list[float]:
        times = [time + random.expovariate(1 / 12) for time in steady(speed)(random, lengths)]
        stall = random.expovariate(1 / 2_200)
        while stall < times[-1]:
            ends = stall + random.uniform(60, 540)
            times = [ends if stall <= time < ends else time for time in times]
            stall = ends + random.expovariate(1 / 2_200)
        return times

    return line


LINES: Mapping[str, Line] = {
    "1.0x steady": steady(1.0),
    "1.5x steady": steady(1.5),
    "4x steady": steady(4.0),
    "slow start": slow_start,
    "Wi-Fi 2x": wifi(2.0),
    "Wi-Fi 1.0x": wifi(1.0),
}


def traces(name: str, turns: int, seed: int) -> list[Trace]:
    """So many turns of a line, the same for the same seed."""
    random = Random(f"{name} {seed}")
    return [_trace(LINES[name], random) for _ in range(turns)]


def _trace(line: Line, random: Random) -> Trace:
    lengths: list[int] = []
    whole = random.uniform(*TURN_MS)
    while sum(lengths) < whole:
        lengths.append(random.randint(*PIECE_MS))
    times = line(random, lengths)
    arrivals = [max(times[: at + 1]) - times[0] for at in range(len(times))]  # one socket: nothing overtakes
    return [Piece(at, length) for at, length in zip(arrivals, lengths, strict=True)]


# ------------------------------------------------------------------------------------------------ fixed deadlines


def lateness_ms(trace: Trace) -> float:
    """The shortest deadline with which no piece comes too late."""
    sent = 0
    late = 0.0
    for piece in trace:
        late = max(late, piece.at_ms - sent)
        sent += piece.length_ms
    return late


def clean_share(found: list[Trace], deadline_ms: float) -> float:
    """The share of turns without a gap at a fixed deadline."""
    return sum(lateness_ms(trace) <= deadline_ms for trace in found) / len(found)


# ------------------------------------------------------------------------------------------------- the jitter buffer


@dataclass(frozen=True)
class Played:
    """What became of one turn."""

    start_ms: float
    """From its first piece to its first sound."""
    gap_ms: float
    stretched_ms: float


def voice(samples: int, rate: int) -> bytes:
    """Something with a pitch that moves and harmonics, as loud as speech."""
    phase, out = 0.0, list[int]()
    for at in range(samples):
        phase += 2 * math.pi * (140 + 40 * math.sin(at * 5 / rate)) / rate
        out.append(int(6_000 * (math.sin(phase) + math.sin(2 * phase) / 2 + math.sin(3 * phase) / 3)))
    return struct.pack(f"<{samples}h", *out)


def play(found: list[Trace], rate: int = 8_000, buffer: JitterBuffer | None = None) -> list[Played]:
    """Plays the turns one after the other, as one conversation."""
    buffer = buffer or JitterBuffer(rate)
    sound = memoryview(voice(20 * rate, rate))
    return [play_turn(buffer, trace, turn, sound, rate) for turn, trace in enumerate(found)]


def play_turn(buffer: JitterBuffer, trace: Trace, turn: int, sound: memoryview, rate: int, pull_ms: int = 10) -> Played:
    """Pulls for as long as there is something to hear; all of the turn has come out then."""
    gaps, stretched = buffer.concealed_ms, buffer.stretched_ms
    now = sent = coming = 0
    start: int | None = None
    while coming < len(trace) or not buffer.idle:
        while coming < len(trace) and trace[coming].at_ms <= now:
            size = trace[coming].length_ms * rate // 1000
            buffer.push(bytes(sound[2 * sent : 2 * (sent + size)]), turn)
            sent, coming = sent + size, coming + 1
            if coming == len(trace):
                buffer.finish(turn)
        buffer.pull(rate * pull_ms // 1000)
        if start is None and buffer.played.get(turn):
            start = now + pull_ms - buffer.played[turn] * 1000 // rate
        now += pull_ms
    assert buffer.played[turn] == sent
    return Played(start or 0, buffer.concealed_ms - gaps, buffer.stretched_ms - stretched)
