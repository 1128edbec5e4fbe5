"""Listens to a microphone, in frames of 20 ms that know their level and their time, while devices come and go.

PortAudio's thread copies a block and posts it; all else happens on the loop. Who reads too slowly loses the oldest
frames, never the newest, and can count them.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from livechat.audio.keeping import Keeper, Line, MicrophoneSilent, Tell
from livechat.audio.pcm import SPEECH_RATE, Encoding, Format, Framer, level_dbfs
from livechat.audio.portaudio import Device, Kind, Latency, PortAudio, Stream, Wanted, Work
from livechat.audio.resample import Converter
from livechat.errors import DeviceError

FRAME_MS: Final = 20
_BLOCK_MS: Final = 4
"""What is asked of the device. Sound systems hold back what is less than a block behind a full one: with PulseAudio
every frame of a call came up to 15 ms late where a block was a frame, as its beginning had it (measured)."""
QUEUE_FRAMES: Final = 25
"""Half a second; what nobody took by then is too old to send."""
SILENT_S: Final = 5.0
"""So much of nothing but zeros is no quiet room: even the best microphone has noise."""
_QUIET_DBFS: Final = -50.0
_QUIET_FRAMES: Final = 25


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of sound."""

    pcm: bytes
    """16 kHz s16le mono."""
    level_db: float
    """RMS in dBFS, see `level_dbfs`."""
    at: float
    """When its last sample was taken in: seconds of the loop's clock."""


def input_available(device: Wanted = None) -> DeviceError | None:
    """Why nothing can be heard here, or None where something can. Loads PortAudio."""
    try:
        PortAudio().find(device, "input")
    except DeviceError as error:
        return error
    return None


class _Intake:
    """What becomes of the blocks of one stream: the frames of it, each with its time."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self._format = Format(Encoding.S16LE, channels, rate)
        self.forget()

    def forget(self) -> None:
        """Begins anew: nothing of what was fed comes out any more."""
        self._converter = Converter(self._format)
        self._framer = Framer()
        self._taken_s = self._given_s = 0.0

    def seconds(self, block: bytes) -> float:
        return len(block) / self._format.bytes_per_second

    def feed(self, block: bytes, ended: float) -> Iterator[Frame]:
        """The frames that are full now; `ended` is when the block's last sample was taken in."""
        self._taken_s += self.seconds(block)
        for pcm in self._framer.feed(self._converter.feed(block)):
            self._given_s += FRAME_MS / 1000
            yield Frame(pcm, level_dbfs(pcm), ended - (self._taken_s - self._given_s))


class Microphone:
    """An asynchronous iterator of `Frame`s that ends with `close`.

    It goes on when its device is lost, on the same one or on the system's default; `tell` gets the news. A call's
    speaker and microphone share a `keeper`. Raises `DeviceError` when it cannot be opened, `UsageError` for a name
    no device has.
    """

    kind: ClassVar[Kind] = "input"

    def __init__(
        self,
        *,
        device: Wanted = None,
        latency: Latency = "low",
        keeper: Keeper | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.wanted = device
        self.dropped: int = 0
        """Frames that nobody took in time."""
        self._latency: Latency = latency
        self.tell = tell
        self._loop = asyncio.get_running_loop()
        self._frames: deque[Frame] = deque(maxlen=QUEUE_FRAMES)
        self._came = asyncio.Event()
        self._closed = False
        self._muted = False
        self._listens_from = -math.inf
        self._zeros = 0.0
        self._quiet = 0
        """Frames in a row."""
        self._intakes: dict[Stream, _Intake] = {}
        """Those made for streams of which one will be ours."""
        self._intake: _Intake | None = None
        self.name: str = ""
        self._keeper = keeper or Keeper()
        self._line: Line = self._keeper.keep(self)

    @property
    def rate(self) -> int:
        """Hz that the device gives now."""
        return self._intake.rate if self._intake else SPEECH_RATE

    @property
    def muted(self) -> bool:
        """While it is, nothing is handed out; nor is ever handed out what was taken in meanwhile."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        self._frames.clear()
        if self._intake is not None:
            self._intake.forget()
        self._listens_from = self._loop.time()

    def __aiter__(self) -> Microphone:
        return self

    async def __anext__(self) -> Frame:
        while not self._frames and not self._closed:
            self._came.clear()
            await self._came.wait()
        if self._closed:
            raise StopAsyncIteration
        return self._frames.popleft()

    def close(self) -> None:
        """Nothing is taken in or handed out any more. It never waits for the device."""
        self._closed = True
        self._frames.clear()
        self._came.set()
        self._line.close()

    # ------------------------------------------------------------------------------------ a tenant of the keeper

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        rates = (SPEECH_RATE, device.rate)
        return portaudio.open("input", device, rates, self._make, latency=self._latency, block_ms=_BLOCK_MS)

    def _make(self, stream: Stream) -> Work:
        self._intakes[stream] = intake = _Intake(stream.rate, stream.channels)
        time, post, rate = self._loop.time, self._keeper.post, stream.rate
        gathered, enough = bytearray(), rate * _BLOCK_MS // 1000 * (FRAME_MS // _BLOCK_MS) * 2 * stream.channels

        def copy(block: memoryview, frames: int, lead_s: float) -> None:
            gathered.extend(block)
            if len(gathered) >= enough:
                post(self._arrived, intake, bytes(gathered), time() - lead_s + frames / rate)
                gathered.clear()

        return copy

    def spare(self) -> bool:
        return self._muted or self._quiet >= _QUIET_FRAMES

    def closed(self) -> None:
        """Who waits goes on waiting."""

    def opened(self, stream: Stream) -> None:
        self._intake, self.name = self._intakes[stream], stream.device.name
        self._intakes.clear()
        self._zeros = 0.0

    # -------------------------------------------------------------------------------------------- on the loop

    def _arrived(self, intake: _Intake, pcm: bytes, ended: float) -> None:
        seconds = intake.seconds(pcm)
        if self._closed or self._muted or ended - seconds < self._listens_from:
            return
        self._watch_for_zeros(pcm, seconds)
        for frame in intake.feed(pcm, ended):
            self.dropped += len(self._frames) == QUEUE_FRAMES
            self._quiet = self._quiet + 1 if frame.level_db < _QUIET_DBFS else 0
            self._frames.append(frame)
        if self._frames:
            self._came.set()

    def _watch_for_zeros(self, block: bytes, seconds: float) -> None:
        if block.count(0) != len(block):
            self._zeros = 0.0
            return
        before, self._zeros = self._zeros, self._zeros + seconds
        if before < SILENT_S <= self._zeros and self.tell is not None:
            self.tell(MicrophoneSilent(self.name))
