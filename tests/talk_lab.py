"""A room for calls: a speaker that is recorded and a microphone that is spoken into, both in real time, and a server.

The microphone is fed 20 ms at a time, each when it is due, and never skips: who is late catches up. What the speaker
plays is read as it plays, so that every sample of either has a time, that of `time.monotonic`. A room may have an echo.
"""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tests import pulse_fixture
from tests.cli import LIMIT_S, Terminal
from tests.pulse_fixture import MICROPHONE_RATE, SPEAKER_RATE, Pulse

Samples = npt.NDArray[np.int16]
FRAME_S: Final = 0.02
FRAME: Final = MICROPHONE_RATE // 50
FADED: Final = 10**2.5
"""50 dB below its loudest a voice has ended."""
REFLECTIONS: Final = ((0.0, 1.0), (0.011, 0.5), (0.037, -0.3))
"""How the room answers: seconds after the direct sound, and how loud."""
_PULSE: Final = ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "XDG_RUNTIME_DIR", "HOME")


class Monitor:
    """What the speaker plays, at `rate`, from the moment this is made until `close`."""

    def __init__(self, pulse: Pulse, rate: int = SPEAKER_RATE) -> None:
        self.rate = rate
        self.began = math.inf
        """When its first sample sounded: none comes before it has."""
        self._sound = bytearray()
        command = ["parec", "--device=vspk.monitor", "--format=s16le", "--channels=1", "--latency-msec=5"]
        self._process = subprocess.Popen([*command, f"--rate={rate}"], stdout=subprocess.PIPE, env=pulse.environment)
        self._reader = threading.Thread(target=self._read, name="monitor")
        self._reader.start()
        wait_for(lambda: len(self._sound) > rate // 5, "the monitor")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    @property
    def samples(self) -> Samples:
        """All so far."""
        return np.frombuffer(bytes(self._sound), "<i2")

    def between(self, since: float, until: float) -> Samples:
        """What sounded in this time, as far as it has."""
        low, high = (max(0, round(min(at - self.began, 1e6) * self.rate)) for at in (since, until))
        return self.at(low, high - low)

    def at(self, place: int, count: int) -> Samples:
        """So many from there on, as far as they have sounded."""
        return np.frombuffer(bytes(self._sound[2 * max(0, place) : 2 * max(0, place + count)]), "<i2")

    def first_sound(self, since: float) -> float:
        """When the first sample after that sounded which is not silence; infinite where none did."""
        sounding = np.flatnonzero(self.between(since, math.inf))
        return since + float(sounding[0]) / self.rate if len(sounding) else math.inf

    def last_sound(self, since: float, until: float) -> float:
        """When the last such sample in this time sounded; `since` where none did."""
        sounding = np.flatnonzero(self.between(since, until))
        return since + float(sounding[-1] + 1) / self.rate if len(sounding) else since

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while piece := os.read(pipe.fileno(), 65_536):
                self._sound += piece
                self.began = min(self.began, time.monotonic() - len(self._sound) / 2 / self.rate)


class Said:
    """Something that is spoken into the microphone. `begins` and `ends` wait until that has happened."""

    def __init__(self, samples: Samples) -> None:
        self._left = samples
        loud = np.abs(samples.astype(np.int32))
        voiced = np.flatnonzero(loud * FADED > loud.max())
        self._first, self._last = int(voiced[0]), int(voiced[-1])
        self._place = 0
        self._times: dict[int, float] = {}
        """When the frame with that sample was spoken to its end, and how much of it came behind that sample."""
        self._came = {place: threading.Event() for place in (self._first, self._last)}

    @property
    def begins(self) -> float:
        """When its first sample was spoken that can be heard."""
        return self._time(self._first)

    @property
    def ends(self) -> float:
        """When its last one was."""
        return self._time(self._last)

    def frame(self) -> Samples:
        """The next one; empty when all was said."""
        piece, self._left = self._left[:FRAME], self._left[FRAME:]
        return piece

    def spoken(self, at: float) -> None:
        """The last frame taken ended then."""
        self._place += FRAME
        for place, came in self._came.items():
            if place < self._place and not came.is_set():
                self._times[place] = at - (self._place - place) / MICROPHONE_RATE
                came.set()

    def _time(self, place: int) -> float:
        assert self._came[place].wait(LIMIT_S)
        return self._times[place]


@dataclass
class Echo:
    """What of the speaker comes back into the microphone."""

    monitor: Monitor
    gain_db: float
    delay_s: float
    began: float

    def frame(self, at: float) -> npt.NDArray[np.float64]:
        """That of the frame that begins then."""
        out = np.zeros(FRAME)
        for after_s, strength in REFLECTIONS:
            piece = self.monitor.at(round((at - self.delay_s - after_s - self.began) * MICROPHONE_RATE), FRAME)
            out[: len(piece)] += 10 ** (self.gain_db / 20) * strength * piece
        return out


class Mouth:
    """Feeds the microphone: the room's noise, what is said, what comes back from the speaker."""

    def __init__(self, microphone: Path) -> None:
        self.echo: Echo | None = None
        self._microphone = microphone
        self._saying: deque[Said] = deque()
        self._over = threading.Event()
        self._random = np.random.default_rng(4)
        self.noise = 3.0
        """Of the room: the standard deviation of its samples."""
        self._pipe = -1
        self._thread = threading.Thread(target=self._feed, name="mouth")
        self._thread.start()

    def say(self, pcm: bytes) -> Said:
        """Speaks 16 kHz s16le from now on, or after what is being said."""
        said = Said(np.frombuffer(pcm, "<i2"))
        self._saying.append(said)
        return said

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _feed(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            said = self._saying[0] if self._saying else None
            piece = said.frame() if said is not None else np.zeros(0, np.int16)
            self._write(self._mixed(piece, due - FRAME_S))
            if said is not None:
                said.spoken(time.monotonic())
                if not len(piece):
                    self._saying.popleft()
            due += FRAME_S
        self._let_go()

    def _mixed(self, piece: Samples, begins: float) -> bytes:
        mixed = self._random.normal(0, self.noise, FRAME)
        if self.echo is not None:
            mixed += self.echo.frame(begins)
        mixed[: len(piece)] += piece
        return np.clip(np.rint(mixed), -32768, 32767).astype("<i2").tobytes()

    def _write(self, frame: bytes) -> None:
        """Into the pipe; where nobody reads it now, the frame is spoken to nobody."""
        try:
            if self._pipe < 0:
                self._pipe = os.open(self._microphone, os.O_WRONLY | os.O_NONBLOCK)
            os.write(self._pipe, frame)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._let_go()

    def _let_go(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


@dataclass
class Room:
    """A running sound server with somebody in front of it."""

    pulse: Pulse
    mouth: Mouth
    monitor: Monitor
    server: str

    def say(self, pcm: bytes) -> Said:
        return self.mouth.say(pcm)

    def talk(self, folder: Path, *words: str, face: str = "plain") -> Terminal:
        """`livechat talk` with the devices of this room, at a terminal, in a folder; to be entered."""
        ours = {name: self.pulse.environment[name] for name in _PULSE}
        env = {**ours, "LIVECHAT_STATE": str(folder / "state"), "LIVECHAT_OUTPUT_FACE": face}
        return Terminal(["talk", "--server", self.server, *words], folder, env)

    @contextmanager
    def echoing(self, gain_db: float, delay_s: float) -> Generator[None]:
        """Inside, the microphone hears the speaker."""
        monitor = Monitor(self.pulse, MICROPHONE_RATE)
        time.sleep(0.2)  # for enough blocks to know by their times when the first one was played
        self.mouth.echo = Echo(monitor, gain_db, delay_s, monitor.began)
        try:
            yield
        finally:
            self.mouth.echo = None
            monitor.close()

    def control(self, *words: str) -> str:
        """What `pactl` says to that."""
        command = ["pactl", *words]
        told = subprocess.run(command, env=self.pulse.environment, check=True, capture_output=True, text=True)
        return told.stdout.strip()

    def unplug(self, name: str) -> None:
        lines = self.control("list", "short", "modules").splitlines()
        self.control("unload-module", next(line.split()[0] for line in lines if f"_name={name} " in line))

    def plug_in_microphone(self) -> None:
        where = f"file={self.pulse.microphone}"
        sound = ("rate=16000", "channels=1", "format=s16le")
        self.control("load-module", "module-pipe-source", "source_name=vmic", where, *sound)
        self.control("set-default-source", "vmic")

    def plug_in_speaker(self) -> None:
        """One that is recorded by a new monitor. After the microphone: a monitor that is the default source for want
        of another would be moved to that."""
        self.control("load-module", "module-null-sink", "sink_name=vspk", "rate=24000", "channels=1", "format=s16le")
        self.monitor.close()
        self.monitor = Monitor(self.pulse)


@contextmanager
def room(server: str) -> Generator[Room]:
    """A room of one's own, in which calls are to that server."""
    with tempfile.TemporaryDirectory() as short, pulse_fixture.pulse(Path(short)) as pulse:
        made = Room(pulse, Mouth(pulse.microphone), Monitor(pulse), server)
        try:
            yield made
        finally:
            made.mouth.close()
            made.monitor.close()


def wait_for(happened: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    end = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines of NDJSON in a file that may still be written."""
    text = file.read_text() if file.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1] if line]


def interruptions(trace: Path) -> list[float]:
    """When the client was told of each, by its trace."""
    return [line["at"] for line in lines(trace) if line.get("in") == "Received" and _interrupted(line["message"])]


def _interrupted(message: dict[str, Any]) -> bool:
    return bool(message.get("serverContent", {}).get("interrupted"))
