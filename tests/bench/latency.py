"""How long a spoken question waits for the first sound of its answer: `python -m tests.bench.latency`.

`livechat serve` runs in one process, this client with bare `websockets` in another. It paces frames of 20 ms in real
time, as a microphone does, and never stops sending: silence follows the words. The end of speech is the last voiced
sample of the recording, the beginning of the answer the arrival of the first sound.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from tests.speech_fixture import spoken

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
FRAME_S = 0.02
FRAME = 640
PATIENT_MS = 1_000
"""Silence that ends a long question, which has pauses."""
BUDGET_MS = 120
"""What may pass beyond the silence that ends a question."""
VOICES = ("Kore", "Puck", "Charon", "Zephyr", "Fenrir", "Leda")
QUESTIONS = (
    "Hello.",
    "What can you do?",
    "What is seventeen times twenty four?",
    "My name is Anna.",
    "What is my name?",
    "How many feet are in a mile?",
    "What day is it today?",
    "What time is it?",
    "Tell me a joke.",
    "Who are you?",
    "How many days are there until Christmas this year?",
    "Convert twenty miles to kilometers.",
    "What did I just say to you?",
    "Please say that again, but a little slower.",
    "What is the square root of one hundred and forty four?",
    "Remember that my favorite color is a very dark green.",
    "What is my favorite color?",
    "How much is fifteen percent of eighty dollars?",
    "Which day of the week is the first of January?",
    "Let us play a guessing game.",
)
LONG_QUESTIONS = (
    "Can you please tell me how many feet there are in a mile because my brother wants to know it and he is not able "
    "to look it up by himself while he is driving home from his work in the city.",
    "I would like to know how many apples I have to buy at the market this morning if I want to give three dozen to "
    "my brother and two dozen to my sister and half a dozen to my neighbor.",
)
"""Around nine seconds in one breath; measured, but not counted in the median."""


@dataclass
class Run:
    """What one client has measured."""

    waits_ms: list[float] = field(default_factory=list[float])
    long_ms: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Seconds of a long question and what it waited beyond the silence."""
    interruptions_ms: list[float] = field(default_factory=list[float])
    heard: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class Microphone:
    """Sends what it is given, and silence else, one frame every 20 ms."""

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self._sound = b""
        self._sent = 0
        self._marks: list[tuple[int, asyncio.Future[float]]] = []

    def say(self, pcm: bytes) -> tuple[asyncio.Future[float], asyncio.Future[float]]:
        """Queues sound; the futures tell when the frames with its first and last voiced sample were sent."""
        loop = asyncio.get_running_loop()
        onset, end = loop.create_future(), loop.create_future()
        voiced = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(int)) > 300)
        self._marks += [(int(voiced[0]) * 2, onset), (int(voiced[-1]) * 2, end)]
        self._sound, self._sent = pcm, 0
        return onset, end

    async def run(self) -> None:
        next_at = time.perf_counter()
        while True:
            frame = self._sound[self._sent : self._sent + FRAME].ljust(FRAME, b"\0")
            self._sent += FRAME
            data = base64.b64encode(frame).decode()
            await self._client.send(
                f'{{"realtimeInput":{{"audio":{{"data":"{data}","mimeType":"audio/pcm;rate=16000"}}}}}}'
            )
            self._tell_marks()
            next_at += FRAME_S
            await asyncio.sleep(next_at - time.perf_counter())

    def _tell_marks(self) -> None:
        now = time.perf_counter()
        for place, told in self._marks:
            if place < self._sent and not told.done():
                told.set_result(now)
        self._marks = [mark for mark in self._marks if not mark[1].done()]


async def measure(url: str, silence_ms: int, count: int) -> Run:
    sayings = [(QUESTIONS[n % len(QUESTIONS)], VOICES[n % len(VOICES)]) for n in range(count)]
    sounds = [spoken(text, voice, 16_000) for text, voice in sayings]
    run = Run()
    async with talking(url, silence_ms) as (client, microphone):
        for (text, _), sound in zip(sayings, sounds, strict=True):
            wait, heard = await ask(client, microphone, sound)
            run.waits_ms.append(wait)
            run.heard.append((text, heard))
            await asyncio.sleep(0.3)
        for sound in sounds[:6]:
            run.interruptions_ms.append(await interrupt(client, microphone, sound))
    async with talking(url, PATIENT_MS) as (client, microphone):
        for text in LONG_QUESTIONS:
            sound = spoken(text, VOICES[0], 16_000)
            wait, _ = await ask(client, microphone, sound)
            run.long_ms.append((len(sound) / 32_000, wait - PATIENT_MS))
    return run


@asynccontextmanager
async def talking(url: str, silence_ms: int) -> AsyncGenerator[tuple[ClientConnection, Microphone], None]:
    """A session with an open microphone."""
    async with connect(url + PATH, max_size=None, compression=None) as client, asyncio.TaskGroup() as tasks:
        await client.send(json.dumps({"setup": setup(silence_ms)}))
        await client.recv()
        microphone = Microphone(client)
        sending = tasks.create_task(microphone.run())
        await asyncio.sleep(1.5)
        yield client, microphone
        sending.cancel()


async def ask(client: ClientConnection, microphone: Microphone, sound: bytes) -> tuple[float, str]:
    """Milliseconds from the end of a spoken question to the first sound of its answer, and what was understood."""
    _, end = microphone.say(sound)
    first, heard = await answer(client)
    return (first - await end) * 1000, heard


def setup(silence_ms: int) -> dict[str, Any]:
    return {
        "model": "models/gemini-3.8-live",
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": silence_ms}},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }


async def answer(client: ClientConnection) -> tuple[float, str]:
    """When the first sound came, and what was understood; returns when the turn is over."""
    first, heard = 0.0, ""
    async for frame in client:
        now = time.perf_counter()
        content: dict[str, Any] = json.loads(frame).get("serverContent", {})
        heard += content.get("inputTranscription", {}).get("text", "")
        first = first or (now if "modelTurn" in content else 0.0)
        if content.get("turnComplete") and first:
            break
    return first, heard


async def interrupt(client: ClientConnection, microphone: Microphone, sound: bytes) -> float:
    """Milliseconds from the onset of a voice to `interrupted`, one second into a story."""
    story = {"turns": [{"role": "user", "parts": [{"text": "tell me a long story"}]}], "turnComplete": True}
    await client.send(json.dumps({"clientContent": story}))
    onset: asyncio.Future[float] | None = None
    interrupted = 0.0
    async for frame in client:
        content: dict[str, Any] = json.loads(frame).get("serverContent", {})
        if "modelTurn" in content and onset is None:
            await asyncio.sleep(1.0)
            onset, _ = microphone.say(sound)
        if content.get("interrupted"):
            interrupted = time.perf_counter()
            break
    assert onset is not None
    waited = (interrupted - await onset) * 1000
    await answer(client)
    return waited


@contextmanager
def server() -> Generator[tuple[subprocess.Popen[str], str, float], None, None]:
    """`livechat serve` on a free port, its URL, and the seconds until it was ready."""
    began = time.perf_counter()
    command = [str(Path(sys.executable).parent / "livechat"), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ready = re.fullmatch(r"listening on (ws://\S+)\n", process.stdout.readline())
        assert ready is not None, "the server did not get ready"
        try:
            yield process, ready[1], time.perf_counter() - began
        finally:
            process.terminate()


def peak_mb(process: int) -> float:
    """The most memory that a process has had, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(peak[1]) / 1024 if peak else 0.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--silence", type=int, default=300, help="ms of silence that end a question")
    options.add_argument("--count", type=int, default=30)
    options.add_argument("--url", help="a server that runs already")
    given = options.parse_args()
    if given.url:
        return report(asyncio.run(measure(given.url, given.silence, given.count)), given.silence)
    with server() as (process, url, ready_s):
        run = asyncio.run(measure(url, given.silence, given.count))
        print(f"ready after {ready_s:.2f} s, at most {peak_mb(process.pid):.0f} MB")
        return report(run, given.silence)


def report(run: Run, silence_ms: int) -> int:
    waits = sorted(run.waits_ms)
    for wait, (said, heard) in zip(run.waits_ms, run.heard, strict=True):
        print(f"  {wait:4.0f} ms  said {said!r}, heard {heard!r}")
    bound = silence_ms + BUDGET_MS
    print(f"end of speech to first sound at {silence_ms} ms of silence: median {median(waits):.0f} ms (bound {bound})")
    print(f"  best {waits[0]:.0f}, 90 % {waits[int(len(waits) * 0.9)]:.0f}, worst {waits[-1]:.0f} of {len(waits)}")
    beyond = ", ".join(f"{ms:.0f} ms for {seconds:.0f} s" for seconds, ms in run.long_ms)
    print(f"  beyond the silence, for questions longer than they should be: {beyond}")
    print(f"onset of a voice to interrupted: {', '.join(f'{ms:.0f}' for ms in run.interruptions_ms)} ms")
    return 0 if median(waits) <= bound else 1


if __name__ == "__main__":
    sys.exit(main())
