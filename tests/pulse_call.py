"""A speaker and a microphone in a process of their own, on a test's sound server, that do and tell what they are told.

`python -m tests.pulse_call` takes orders as lines of JSON and gives news as such; `Call` is the other end. Sound is
made of samples that count, so a recording says by itself which of them were heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from livechat.audio.portaudio import Latency

Samples = npt.NDArray[np.int16]
CYCLE: Final = 30_000
"""Samples after which the count begins anew: 1.25 s at 24 kHz."""


def counting(start: int, samples: int) -> Samples:
    """Samples of which each is one more than the last, and none is zero."""
    return (1 + np.arange(start, start + samples) % CYCLE).astype("<i2")


def last_heard(recorded: Samples) -> int:
    """How many samples of `counting(0, …)`, of fewer than a cycle, were played before the fade, by a recording.

    The last one that follows its predecessor: what fades counts no more.
    """
    steps = np.flatnonzero((np.diff(recorded) == 1) & (recorded[1:] > 1))
    return int(recorded[steps[-1] + 1]) if len(steps) else 0


class Call:
    """The test's end of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._orders, self._told = process.stdin, process.stdout
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def do(self, order: str, **details: object) -> None:
        self._orders.write(json.dumps({"order": order, **details}) + "\n")
        self._orders.flush()

    def wait_for(self, kind: str, timeout: float = 8, **expected: object) -> dict[str, Any]:
        """The next news of this kind and of these details."""
        end = time.monotonic() + timeout
        while True:
            try:
                news = self._news.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain for {kind} {expected}") from None
            if news["kind"] == kind and expected.items() <= news.items():
                return news

    def end(self) -> bytes:
        """What it left on its standard error."""
        self._orders.close()
        assert self.process.wait(10) == 0
        return self._leave()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()
        self._leave()

    def _leave(self) -> bytes:
        self._reader.join()
        assert self.process.stderr is not None
        with self.process.stderr as errors, self._told:
            return errors.read().encode()

    def _read(self) -> None:
        for line in self._told:
            self._news.put(json.loads(line))


@contextmanager
def call(environment: Mapping[str, str], **options: object) -> Generator[Call]:
    """Starts one; `options` are those of `Player`. It must have said nothing on descriptor 2 when it ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.pulse_call", json.dumps(options)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    other = Call(process)
    try:
        other.wait_for("ready")
        yield other
    except BaseException:
        other.kill()
        raise
    assert other.process.returncode is not None or other.end() == b""


class Player:
    """The process's own end."""

    def __init__(self, *, speaker: bool = True, microphone: bool = False, latency: str | float = "high") -> None:
        from livechat.audio.device import DeviceSpeaker
        from livechat.audio.keeping import Keeper
        from livechat.audio.microphone import Microphone

        keeper = Keeper()
        self._reported = 0
        self._silences = 0
        self.speaker = None
        self.microphone = None
        if speaker:
            self.speaker = DeviceSpeaker(self._played, keeper=keeper, latency=cast("Latency", latency), tell=self._tell)
        if microphone:
            self.microphone = Microphone(keeper=keeper, tell=self._tell)

    async def run(self) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        async with asyncio.TaskGroup() as tasks:
            if self.microphone is not None:
                tasks.create_task(self._listen())
            _news("ready")
            while line := await reader.readline():
                order = json.loads(line)
                getattr(self, order.pop("order"))(**order)
            if self.microphone is not None:
                self.microphone.close()
        if self.speaker is not None:
            await self.speaker.close()
        transport.close()

    # ---------------------------------------------------------------------------------------------- orders

    def play(self, start: int, samples: int, turn: int = 1) -> None:
        assert self.speaker is not None
        for at in range(start, start + samples, 4_800):
            self.speaker.play(counting(at, min(4_800, start + samples - at)).tobytes(), turn)
        self.speaker.finish(turn)

    def stop(self) -> None:
        assert self.speaker is not None
        heard = self._reported + self.speaker.ahead
        at = time.monotonic()
        self.speaker.stop()
        self._reported = 0
        _news("stopped", heard=heard, at=at)

    # ------------------------------------------------------------------------------------------------ news

    def _played(self, samples: int, drained: bool) -> None:
        self._reported += samples
        _news("played" if samples else "silent", total=self._reported, drained=drained)

    def _tell(self, news: object) -> None:
        _news("device", what=type(news).__name__, said=str(news), name=getattr(news, "name", ""))

    async def _listen(self) -> None:
        assert self.microphone is not None
        async for frame in self.microphone:
            samples = np.frombuffer(frame.pcm, "<i2")
            _news("frame", samples=samples.tolist() if samples.any() else [])


def _news(kind: str, **details: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, "time": time.monotonic(), **details}) + "\n")
    sys.stdout.flush()


async def main(options: dict[str, Any]) -> None:
    await Player(**options).run()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
