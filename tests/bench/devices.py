"""Measures a call on a sound server of its own: every figure comes from the speaker's monitor or from the wire.

The server that the call talks to, the mouth before its microphone and the ear at its speaker are in this process. What
the model says is made of samples that count, upwards in one turn and downwards in the next, so the recording tells
which of them were heard and when; so do the user's on the wire.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from websockets.asyncio.server import Server, ServerConnection, serve

from tests import pulse_fixture
from tests.pulse_call import CYCLE, Samples, counting, last_heard
from tests.pulse_fixture import MICROPHONE_RATE, SPEAKER_RATE, Pulse

TRIALS: Final = 101
"""Of which the first is not counted."""
PIECE: Final = SPEAKER_RATE // 5
"""Samples of a message of the model's."""
SPEED: Final = 1.5
"""At which its sound arrives."""
MOUTH_S: Final = 0.002
"""So often the mouth speaks."""
SETTLED: Final = SPEAKER_RATE // 100
"""Samples of nothing behind which sound is stale."""
Times = npt.NDArray[np.float64]


def devices() -> Iterator[tuple[str, float, float]]:
    """Prints the figures at both latencies, and gives those that have a bound."""
    if problem := pulse_fixture.missing():
        print(f"      devices: not measured: {problem}", flush=True)
        return
    for latency in ("low", "high"):
        figures = measure(latency)
        figures.show()
        if latency == "low":
            yield "p95 from `interrupted` to silence, ms", q(figures.silence_ms, 95), 20
            yield "stale samples after it", sum(figures.stale), 0
            yield "p95 of the error of heard_ms, ms", q(np.abs(figures.heard_error_ms), 95), 20
            yield "p99 of a frame's way from the microphone to the wire, ms", q(figures.frame_ms, 99), 5
            for kind in ("input", "output"):
                yield f"p99.9 of the {kind} callback, ms", q(figures.callback_ms(kind), 99.9), 1


def q(values: list[float] | Times, percent: float) -> float:
    return float(np.percentile(values, percent))


# ------------------------------------------------------------------------------------------------- the figures


@dataclass
class Figures:
    """Of one run, its first trial left out."""

    latency: str
    silence_ms: list[float] = field(default_factory=list[float])
    """From the sending of `interrupted` to the end of what sounds, the fade included."""
    stale: list[int] = field(default_factory=list[int])
    heard_error_ms: list[float] = field(default_factory=list[float])
    silence_error_ms: list[float] = field(default_factory=list[float])
    """Of what the call itself told of the silence."""
    gaps: int = 0
    frame_ms: list[float] = field(default_factory=list[float])
    callbacks: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict[str, npt.NDArray[np.float64]])
    cpu: float = 0.0
    rss_mb: float = 0.0

    def callback_ms(self, kind: str, *, cpu: bool = False) -> npt.NDArray[np.float64]:
        return self.callbacks[kind][1:, int(cpu)] * 1000

    def show(self) -> None:
        rows: list[tuple[str, list[float] | Times, tuple[float, ...]]] = [
            ("`interrupted` to silence", self.silence_ms, (50, 95)),
            ("error of heard_ms", self.heard_error_ms, (5, 50, 95)),
            ("error of the silence told", self.silence_error_ms, (5, 50, 95)),
            ("microphone to wire", self.frame_ms, (50, 99)),
        ]
        blocks = {kind: int(np.median(self.callbacks[kind][:, 2])) for kind in self.callbacks}
        print(
            f"      devices, latency {self.latency}: {len(self.silence_ms)} trials, blocks of "
            f"{blocks['output']} out and {blocks['input']} in, CPU {self.cpu:.1%} of a core, {self.rss_mb:.0f} MB; "
            f"{sum(self.stale)} stale samples, {self.gaps} gaps",
            flush=True,
        )
        for kind in ("input", "output"):
            rows.append((f"callback {kind}", self.callback_ms(kind), (50, 99, 99.9)))
            rows.append(("  its CPU", self.callback_ms(kind, cpu=True), (50, 99, 99.9)))
        for name, values, percents in rows:
            told = ", ".join(f"p{percent:g} {q(values, percent):.3f}" for percent in percents)
            print(f"      {name:27} {told} ms", flush=True)


def measure(latency: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        return asyncio.run(Run(pulse, latency).measured())


# ---------------------------------------------------------------------------------------------- ear and mouth


class Ear:
    """Records the monitor, and knows when each sample sounded: as early as its pieces allow."""

    def __init__(self, pulse: Pulse) -> None:
        command = ["parec", "--device=vspk.monitor", "--format=s16le", "--channels=1", "--latency-msec=5"]
        self._recorder = subprocess.Popen(
            [*command, f"--rate={SPEAKER_RATE}"], stdout=subprocess.PIPE, env=pulse.environment
        )
        self._pieces: list[tuple[float, bytes]] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self._recorder.stdout is not None
        with self._recorder.stdout as pipe:
            while pcm := os.read(pipe.fileno(), 65_536):
                self._pieces.append((time.monotonic(), pcm))

    def end(self) -> tuple[Samples, Times]:
        self._recorder.terminate()
        self._thread.join()
        self._recorder.wait()
        ends = np.cumsum([len(pcm) for _, pcm in self._pieces]) / 2 / SPEAKER_RATE
        began = min(at - end for (at, _), end in zip(self._pieces, ends, strict=True))
        samples = np.frombuffer(b"".join(pcm for _, pcm in self._pieces), "<i2")
        return samples, began + np.arange(1, len(samples) + 1) / SPEAKER_RATE


class Mouth:
    """Speaks counting samples into the microphone and remembers when."""

    def __init__(self, pulse: Pulse) -> None:
        self._pipe = os.open(pulse.microphone, os.O_WRONLY | os.O_NONBLOCK)
        self._over = threading.Event()
        self.spoken: list[float] = []
        """When each piece was."""
        self._thread = threading.Thread(target=self._speak)
        self._thread.start()

    def _speak(self) -> None:
        piece, due = round(MICROPHONE_RATE * MOUTH_S), time.monotonic()
        while not self._over.wait(max(0, due - time.monotonic())):
            pcm = counting(len(self.spoken) * piece, piece).tobytes()
            self.spoken.append(time.monotonic())
            try:
                os.write(self._pipe, pcm)
            except BlockingIOError:
                self.spoken.pop()  # nobody listens yet
            due += MOUTH_S

    def age(self, pcm: bytes, at: float) -> float | None:
        """How long before `at` the last sample was spoken."""
        last = int.from_bytes(pcm[-2:], "little") - 1
        piece = round(MICROPHONE_RATE * MOUTH_S)
        cycles = (len(self.spoken) * piece - 1 - last) // CYCLE
        number = (cycles * CYCLE + last) // piece
        return at - self.spoken[number] if last >= 0 else None

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        os.close(self._pipe)


# ------------------------------------------------------------------------------------------------- the server


@dataclass
class Trial:
    began: float
    """The first piece is sent."""
    interrupted: float = 0.0


class Run:
    """One call from its beginning to its end."""

    def __init__(self, pulse: Pulse, latency: str) -> None:
        self._pulse = pulse
        self._random = Random(7)
        self._trials: list[Trial] = []
        self._ages: list[float] = []
        self._figures = Figures(latency)

    async def measured(self) -> Figures:
        ear, self._mouth = Ear(self._pulse), Mouth(self._pulse)
        try:
            async with serve(self._serve, "127.0.0.1", 0) as server:
                told = await self._call(server)
        finally:
            self._mouth.end()
            samples, times = ear.end()
        self._judge(samples, times, told)
        return self._figures

    async def _call(self, server: Server) -> list[dict[str, Any]]:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.caller", str(port), self._figures.latency),
            stdout=asyncio.subprocess.PIPE,
            env=self._pulse.environment,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        return [json.loads(line) for line in out.splitlines()]

    async def _serve(self, client: ServerConnection) -> None:
        await client.recv()
        await client.send('{"setupComplete": {}}')
        async with asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(self._hear(client))
            await asyncio.sleep(2.5)  # a made-up sink sleeps so long when it begins
            self._ages.clear()
            for number in range(TRIALS):
                await self._trial(client, number)
            hearing.cancel()
        await client.close()

    async def _hear(self, client: ServerConnection) -> None:
        async for frame in client:
            at = time.monotonic()
            audio = json.loads(frame).get("realtimeInput", {}).get("audio")
            if audio is not None and (age := self._mouth.age(base64.b64decode(audio["data"]), at)) is not None:
                self._ages.append(age)

    async def _trial(self, client: ServerConnection, number: int) -> None:
        trial = Trial(time.monotonic())
        self._trials.append(trial)
        cut = trial.began + self._random.uniform(0.2, 0.35)
        for piece in range(3):
            await sleep_until(min(cut, trial.began + piece * PIECE / SPEAKER_RATE / SPEED))
            await client.send(spoken(counting(piece * PIECE, PIECE), number))
        await sleep_until(cut)
        trial.interrupted = time.monotonic()
        await client.send('{"serverContent": {"interrupted": true}}')
        await asyncio.sleep(0.01)
        await client.send('{"serverContent": {"turnComplete": true}}')
        await asyncio.sleep(0.2)

    # ------------------------------------------------------------------------------------------- what came of it

    def _judge(self, samples: Samples, times: Times, told: list[dict[str, Any]]) -> None:
        figures = self._figures
        heard = [line["heard_ms"] for line in told if "heard_ms" in line]
        silent = [line["after_ms"] for line in told if "after_ms" in line]
        assert len(heard) == len(silent) == len(self._trials)
        starts = [*(trial.began for trial in self._trials), times[-1]]
        for number, trial in list(enumerate(self._trials))[1:]:
            here = (times >= starts[number]) & (times < starts[number + 1])
            self._judge_trial(trial, turned(samples[here], number), times[here], heard[number], silent[number])
        figures.frame_ms = [age * 1000 for age in self._ages]
        last = told[-1]
        figures.callbacks = {kind: np.array(last[kind]) for kind in ("input", "output")}
        figures.cpu, figures.rss_mb = next(line["cpu"] for line in told if "cpu" in line), last["rss_mb"]

    def _judge_trial(self, trial: Trial, samples: Samples, times: Times, heard_ms: int, silent_ms: int) -> None:
        figures, sounding = self._figures, np.flatnonzero(samples)
        pauses = np.flatnonzero(np.diff(sounding) > SETTLED)
        after = [pause for pause in pauses if times[sounding[pause]] > trial.interrupted]
        last = sounding[after[0]] if after else sounding[-1]
        figures.gaps += len(pauses) - len(after)
        figures.stale.append(int(np.count_nonzero(samples[last + 1 :]) + np.count_nonzero(samples < 0)))
        silence_ms = float(times[last] - trial.interrupted) * 1000
        figures.silence_ms.append(silence_ms)
        figures.silence_error_ms.append(silent_ms - silence_ms)
        figures.heard_error_ms.append(heard_ms - last_heard(samples[: last + 1]) * 1000 / SPEAKER_RATE)


def turned(samples: Samples, number: int) -> Samples:
    """The samples of a turn so that they count upwards; those of the turns beside it are negative then."""
    return samples if number % 2 else -samples


def spoken(samples: Samples, number: int) -> str:
    data = base64.b64encode(turned(samples, number).astype("<i2").tobytes()).decode()
    blob = {"mimeType": f"audio/pcm;rate={SPEAKER_RATE}", "data": data}
    return json.dumps({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})


async def sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
