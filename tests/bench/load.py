"""How a crowd is served, and one client among others who mean no good: `python -m tests.bench.load`.

The server is alone in its process, the clients that are measured are in this one, those that flood it in a third. What
a turn waits for others is the time to the first piece of its answer, less the median of such times where nobody else
is there, in the same run. If this process is late, that counts too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from websockets.asyncio.client import ClientConnection, connect

from tests.bench.flood import PATH

TEXTS, VOICES, IDLE, HALF_OPEN = 100, 20, 1_000, 800
ALONE_S, TOGETHER_S, FLOOD_S = 15.0, 30.0, 8.0
TRIALS = 3
QUICKLY = (0.0, 0.05)
QUESTIONS = (
    "Hello.",
    "What is seventeen times twenty four?",
    "My name is Anna.",
    "How many feet are in a mile?",
    "What is my name?",
    "Tell me a joke.",
    "What time is it?",
    "How many days are there until Christmas?",
)
THINK_S = (1.0, 3.0)
"""What a person needs between an answer and the next question."""

FLOODS: Sequence[tuple[str, float | None]] = (
    ("empty", 10_000),
    ("empty", None),
    ("ping", 10_000),
    ("ping", None),
    ("deaf ping", None),
    ("more to come", 10_000),
    ("unknown call", 10_000),
    ("sound", 1_600),
    ("hours of sound", None),
    ("many values", None),
    ("rich", None),
)
"""What a client may do to others (see `tests.bench.flood`), and how many frames a second; None is as fast as it can."""

FRAME_S = 0.02
BEAT = 8
"""Frames of 20 ms after which the server's frames of 32 ms begin with one of ours: speech begins and ends there."""
VOICED = b"\x00\x20\x00\xe0" * 160
SILENT = bytes(640)
SPOKEN_BEATS = 6

MB = 1e6


@dataclass
class Waits:
    """Seconds that turns took to the first piece of their answer."""

    text: list[float]
    voice: list[float]


# ------------------------------------------------------------------------------------------------ the server


@contextmanager
def crowded_server(places: int) -> Generator[tuple[int, int]]:
    """The port and the process id of a server of its own."""
    command = [sys.executable, "-m", "tests.bench.server", str(places)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


def resident_mb(pid: int) -> float:
    """The resident memory of a process, in 10^6 bytes; nan where the system does not tell."""
    statm = Path(f"/proc/{pid}/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB if statm.exists() else math.nan


# ----------------------------------------------------------------------------------------------- the clients


@asynccontextmanager
async def session(port: int, modality: str) -> AsyncGenerator[ClientConnection]:
    """A conversation that is set up."""
    model = "gemini-2.5-flash-native-audio-latest" if modality == "AUDIO" else "gemini-2.0-flash-live-001"
    setup = {"model": f"models/{model}", "generationConfig": {"responseModalities": [modality]}}
    url = f"ws://127.0.0.1:{port}{PATH}"
    async with connect(url, compression=None, proxy=None, max_size=None, open_timeout=60, ping_interval=None) as client:
        await client.send(json.dumps({"setup": setup}))
        await client.recv()
        yield client


async def ask(client: ClientConnection, question: str) -> float:
    """Seconds from a question to the first word of its answer; returns when the turn is over."""
    turn = {"turns": [{"role": "user", "parts": [{"text": question}]}], "turnComplete": True}
    message = json.dumps({"clientContent": turn})
    began = time.perf_counter()
    await client.send(message)
    first = 0.0
    while b'"turnComplete"' not in (frame := await client.recv(decode=False)):
        if not first and b'"modelTurn"' in frame:
            first = time.perf_counter() - began
    return first


async def type_on(port: int, waits: list[float], until: float, think: tuple[float, float], seed: int) -> None:
    """Asks and waits, on and on."""
    chance = random.Random(seed)
    async with session(port, "TEXT") as client:
        await asyncio.sleep(chance.uniform(0, think[1]))
        turn = seed
        while time.perf_counter() < until:
            waits.append(await ask(client, QUESTIONS[turn % len(QUESTIONS)]))
            turn += 1
            await asyncio.sleep(chance.uniform(*think))


async def talk_on(port: int, waits: list[float], until: float, seed: int) -> None:
    """An open microphone that speaks a second, is silent until it is answered, and speaks again."""
    chance = random.Random(seed)
    async with session(port, "AUDIO") as client, asyncio.TaskGroup() as tasks:
        talker = Talker(client, waits)
        reading = tasks.create_task(talker.read())
        await asyncio.sleep(chance.uniform(0, 6))
        await talker.speak_on(until)
        reading.cancel()


class Talker:
    """The two directions of one spoken conversation."""

    def __init__(self, client: ClientConnection, waits: list[float]) -> None:
        self._client = client
        self._waits = waits
        self._spoke_at: float | None = None
        """When the last voiced frame was sent, until it is answered."""
        self._heard_out = asyncio.Event()
        self._heard_out.set()

    async def read(self) -> None:
        while True:
            frame = await self._client.recv(decode=False)
            if self._spoke_at is not None and b'"inlineData"' in frame:
                self._waits.append(time.perf_counter() - self._spoke_at)
                self._spoke_at = None
            if b'"turnComplete"' in frame:
                self._heard_out.set()

    async def speak_on(self, until: float) -> None:
        next_at = time.perf_counter()
        voiced_beats = 0
        while time.perf_counter() < until:
            if voiced_beats == 0 and self._heard_out.is_set():
                self._heard_out.clear()
                voiced_beats = SPOKEN_BEATS
            for _ in range(BEAT):
                await self._client.send(sound(VOICED if voiced_beats else SILENT))
                next_at += FRAME_S
                await asyncio.sleep(next_at - time.perf_counter())
            if voiced_beats == 1:
                self._spoke_at = next_at - FRAME_S
            voiced_beats = max(0, voiced_beats - 1)


def sound(pcm: bytes) -> str:
    data = base64.b64encode(pcm).decode()
    return f'{{"realtimeInput":{{"audio":{{"data":"{data}","mimeType":"audio/pcm;rate=16000"}}}}}}'


# ---------------------------------------------------------------------------------------------- the measures


async def converse(port: int, texts: int, voices: int, seconds: float, think: tuple[float, float]) -> Waits:
    waits = Waits([], [])
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as tasks:
        for seed in range(texts):
            tasks.create_task(type_on(port, waits.text, until, think, seed))
        for seed in range(voices):
            tasks.create_task(talk_on(port, waits.voice, until, seed))
    return waits


def crowd() -> Iterator[tuple[str, float, float]]:
    """100 who type and 20 who speak, against one of each."""
    with crowded_server(TEXTS + VOICES) as (port, pid):
        asyncio.run(converse(port, 1, 1, ALONE_S / 2, QUICKLY))  # what is first needed is loaded by then
        alone = asyncio.run(converse(port, 1, 1, 2 * ALONE_S, QUICKLY))
        before = cpu_seconds(pid)
        together = asyncio.run(converse(port, TEXTS, VOICES, TOGETHER_S, THINK_S))
        busy = (cpu_seconds(pid) - before) / TOGETHER_S
    print(f"      {TEXTS} who type and {VOICES} who speak keep {busy:.0%} of a core busy", flush=True)
    for what, one, many in (("typed", alone.text, together.text), ("spoken", alone.voice, together.voice)):
        print(f"      {what}: alone {told(one)}; together {told(many)}", flush=True)
        yield f"ms that a {what} turn waits for others, 99 of 100", (p99(many) - median(one)) * 1e3, 50


def idle() -> Iterator[tuple[str, float, float]]:
    """1,000 who have come and say nothing."""
    with crowded_server(IDLE) as (port, pid):
        empty, full = asyncio.run(_with_idle(port, pid))
    each = (full - empty) / IDLE * 1e3
    print(f"      a server of nobody {empty:.0f} MB, of {IDLE} idle clients {full:.0f}: {each:.0f} kB each", flush=True)
    if not math.isnan(full):
        yield f"MB of a server of {IDLE} idle clients", full, 100


async def _with_idle(port: int, pid: int) -> tuple[float, float]:
    empty = resident_mb(pid)
    async with AsyncExitStack() as stack:
        for _ in range(IDLE):
            await stack.enter_async_context(session(port, "AUDIO"))
        return empty, resident_mb(pid)


def half_open() -> Iterator[tuple[str, float, float]]:
    """800 handshakes that never end, in turn with none."""
    without: list[float] = []
    among: list[float] = []
    for _ in range(TRIALS):
        with crowded_server(2) as (port, _):
            asyncio.run(converse(port, 2, 0, 1, QUICKLY))
            without.append(p99(asyncio.run(converse(port, 2, 0, FLOOD_S, QUICKLY)).text))
            with flooding("half-open", port, HALF_OPEN):
                among.append(p99(asyncio.run(converse(port, 2, 0, FLOOD_S, QUICKLY)).text))
    yield f"ms that {HALF_OPEN} half-open handshakes add, 99 of 100", (median(among) - median(without)) * 1e3, 10


def floods() -> Iterator[tuple[str, float, float]]:
    """One who types, and one who floods."""
    for kind, rate in FLOODS:
        with crowded_server(2) as (port, pid):
            asyncio.run(converse(port, 1, 0, 1, QUICKLY))
            alone = asyncio.run(converse(port, 1, 0, FLOOD_S / 2, QUICKLY)).text
            with flooding(kind, port, rate):
                among = asyncio.run(converse(port, 1, 0, FLOOD_S, QUICKLY)).text
            memory = resident_mb(pid)
        how = f"{kind}, {rate:.0f}/s" if rate else f"{kind}, as fast as it can"
        print(f"      {how}: alone {told(alone)}; among {told(among)}; {memory:.0f} MB", flush=True)
        yield f"ms that a typed turn waits for a flood ({how}), 99 of 100", (p99(among) - median(alone)) * 1e3, 50


@contextmanager
def flooding(kind: str, port: int, rate: float | None) -> Generator[None]:
    command = [sys.executable, "-m", "tests.bench.flood", kind, str(port), *([str(rate)] if rate else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.communicate()


def cpu_seconds(pid: int) -> float:
    """Processor seconds a process has used; nan where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.nan
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def p99(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def told(values: Sequence[float]) -> str:
    middle, high, most = (1e3 * value for value in (median(values), p99(values), max(values)))
    return f"median {middle:.1f}, p99 {high:.1f}, most {most:.1f} ms of {len(values)}"


def load() -> Iterator[tuple[str, float, float]]:
    """What each measure is called, what it is, and what it may be."""
    for measure in (crowd, idle, half_open, floods):
        yield from measure()


if __name__ == "__main__":
    for name, value, bound in load():
        print(f"{'ok  ' if value <= bound else 'OVER'}  {value:6.2f} (bound {bound:g})  {name}", flush=True)
