"""Plays sound on a sound card, and goes on after the card was lost.

Two threads meet here by posting, never by waiting. The loop posts orders into a deque; PortAudio's thread carries
them out, copies from the jitter buffer, which is its own, and posts back what it handed out.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from livechat.audio.jitter import FADE_MS, JitterBuffer
from livechat.audio.keeping import Keeper, Line, Tell
from livechat.audio.pcm import LIVE, amplified
from livechat.audio.playout import Report, Silences, Tap, Taps
from livechat.audio.portaudio import Device, Kind, Latency, PortAudio, Stream, Wanted, Work
from livechat.audio.resample import Converter
from livechat.audio.sink import RATE
from livechat.errors import DeviceError

_QUICK_MS: Final = 4
"""A block where silence must come at once: what hosts take by themselves then (2.7 ms) costs 1.8 % of a core more and
saves 5 ms (measured with PulseAudio)."""
_REPORTED: Final = RATE // 50
"""Samples that are worth a report."""


def output_available(device: Wanted = None) -> DeviceError | None:
    """Why nothing can be played here, or None where something can. Loads PortAudio."""
    try:
        PortAudio().find(device, "output")
    except DeviceError as error:
        return error
    return None


class _Handed(NamedTuple):
    """What PortAudio's thread has handed to the card since the last flush."""

    epoch: int
    samples: int
    """At 24 kHz."""
    drained: bool


class _Engine:
    """The side of the speaker that PortAudio's thread runs; it owns the jitter buffer."""

    def __init__(
        self,
        stream: Stream,
        start_ms: int | None,
        report: Callable[[_Handed, float], None],
        tap: Callable[[bytes, int, float], None],
    ) -> None:
        self.orders: deque[Callable[[], None]] = deque()
        self.buffer = JitterBuffer(stream.rate) if start_ms is None else JitterBuffer(stream.rate, start_ms)
        self.rate = stream.rate
        self.handed = _Handed(0, 0, drained=True)
        """Replaced with every block by this thread, and read by the loop at any time."""
        self.gain_db = 0.0
        """How much louder the sound is given out than it came. Read by this thread, changed by any."""
        self._channels = stream.channels
        self._report = report
        self._tap = tap
        self._epoch = 0
        self._base = 0
        """What the buffer had given out at the last flush."""
        self._queued = 0
        """At 24 kHz, of all that has reached it since then."""
        self._whole = True
        """What the resampler held back of it has reached it too."""
        self._told = 0
        self._silent_in: float | None = None
        """Seconds into the next block at which an ordered silence begins."""

    def push(self, pcm: bytes, turn: int, queued: int, *, whole: bool) -> None:
        self.buffer.push(pcm, turn)
        self._queued, self._whole = queued, whole

    def flush(self, epoch: int) -> None:
        self.buffer.flush()
        self._epoch, self._base = epoch, self.buffer.given
        self._queued = self._told = 0
        self._silent_in = 0 if self.buffer.idle else FADE_MS / 1000

    def fill(self, out: memoryview, frames: int, lead_s: float) -> None:
        """Carries out the orders and copies the next block."""
        while self.orders:
            self.orders.popleft()()
        if self._silent_in is not None:
            self._report(_Handed(self._epoch, 0, drained=True), lead_s + self._silent_in)
            self._silent_in = None
        pcm = self.buffer.pull(frames)
        if self.gain_db:
            pcm = amplified(pcm, self.gain_db)
        out[:] = pcm if self._channels == 1 else _spread(pcm, self._channels)
        self._tap(pcm, self.rate, lead_s)
        self.handed = handed = self._count()
        new = handed.samples - self._told
        if new >= _REPORTED or (new and handed.drained):
            self._told = handed.samples
            self._report(handed, lead_s + frames / self.rate)

    def _count(self) -> _Handed:
        drained = self.buffer.drained
        if drained and self._whole:
            return _Handed(self._epoch, self._queued, drained)
        given = (self.buffer.given - self._base) * RATE // self.rate
        return _Handed(self._epoch, min(self._queued, given), drained)


class DeviceSpeaker:
    """A `Speaker` on a sound card, at 24 kHz or else, resampled, at the card's own rate.

    Sound is reported when it has been heard, not when the card took it: what is drained may be closed without
    losing its tail. When the card is lost the sound waits; when it is back, or the system's default has taken its
    place, all follows that had not been heard. `tell` gets the news of that. How long an answer is worth hearing late
    is for the mind to say, which gives a deaf speaker up by a `stop`. A call's speaker and microphone share a
    `keeper`. Raises `DeviceError` when it cannot be opened, `UsageError` for a name no device has.
    """

    kind: ClassVar[Kind] = "output"

    def __init__(
        self,
        played: Report,
        *,
        device: Wanted = None,
        start_ms: int | None = None,
        latency: Latency = "high",
        keeper: Keeper | None = None,
        tell: Tell | None = None,
        taps: Sequence[Tap] = (),
        taps_of_silence: Sequence[Tap] = (),
    ) -> None:
        self.wanted = device
        self._played = played
        self._start_ms = start_ms
        self._latency: Latency = latency
        self.tell = tell
        self._loop = asyncio.get_running_loop()
        self._silences = Silences(played)
        self._taps = Taps(taps, self._loop, of_silence=taps_of_silence)
        self._epoch = 0
        self._queued = 0
        self._reported = 0
        self._unheard: deque[tuple[int, bytes]] = deque()
        """What was not reported yet, by turn; no bytes at all mean that the turn is finished."""
        self._engines: dict[Stream, _Engine] = {}
        """Those made for streams of which one will be ours."""
        self._engine: _Engine | None = None
        self._gain_db = 0.0
        self.name: str = ""
        self._turn: int | None = None
        self._converter: Converter | None = None
        self._keeper = keeper or Keeper()
        self._line: Line = self._keeper.keep(self)

    @property
    def ahead(self) -> int:
        if self._engine is None or (handed := self._engine.handed).epoch != self._epoch:
            return 0
        return handed.samples - self._reported

    @property
    def gain_db(self) -> float:
        """How much louder the sound is played than it came; taps are told of what is played."""
        return self._gain_db

    @gain_db.setter
    def gain_db(self, decibels: float) -> None:
        self._gain_db = decibels
        if self._engine is not None:
            self._engine.gain_db = decibels

    @property
    def buffer(self) -> JitterBuffer | None:
        """Where the sound goes through now, to be looked at; None while the card is lost."""
        return None if self._engine is None else self._engine.buffer

    def play(self, pcm: bytes, turn: int) -> None:
        if pcm:
            self._unheard.append((turn, pcm))
            self._feed(pcm, turn)

    def finish(self, turn: int) -> None:
        self._unheard.append((turn, b""))
        self._feed_end(turn)

    def stop(self) -> None:
        self._unheard.clear()
        self._restart()
        self._silences.order(self._epoch)
        if self._engine is None:
            self._loop.call_soon(self._silences.heard, self._epoch)

    async def close(self) -> None:
        """Silence at once."""
        self._epoch += 1
        self._silences.forget()
        self._line.close()

    # ----------------------------------------------------------------------------------- to the engine and back

    def _feed(self, pcm: bytes, turn: int) -> None:
        engine = self._engine
        if engine is None:
            return
        self._queued += len(pcm) // 2
        if self._converter is None or turn != self._turn:
            self._end_turn(engine)
            self._turn, self._converter = turn, Converter(LIVE, engine.rate)
        self._push(engine, self._converter.feed(pcm), turn, whole=False)

    def _feed_end(self, turn: int) -> None:
        engine = self._engine
        if engine is None:
            return
        if turn == self._turn:
            self._end_turn(engine)
        engine.orders.append(lambda: engine.buffer.finish(turn))

    def _end_turn(self, engine: _Engine) -> None:
        """Sends the turn's last samples after it, which the resampler held back."""
        if self._converter is not None and self._turn is not None:
            self._push(engine, self._converter.finish(), self._turn, whole=True)
        self._turn = self._converter = None

    def _push(self, engine: _Engine, pcm: bytes, turn: int, *, whole: bool) -> None:
        queued = self._queued
        engine.orders.append(lambda: engine.push(pcm, turn, queued, whole=whole))

    def _restart(self) -> None:
        """Nothing is queued, and no report of what was is believed."""
        self._epoch += 1
        self._queued = self._reported = 0
        self._turn = self._converter = None
        if (engine := self._engine) is not None:
            epoch = self._epoch
            engine.orders.append(lambda: engine.flush(epoch))

    def _post(self, handed: _Handed, sounds_in: float) -> None:
        """From PortAudio's thread."""
        self._keeper.post(self._hear_in, sounds_in, handed)

    def _hear_in(self, sounds_in: float, handed: _Handed) -> None:
        self._loop.call_later(sounds_in, self._heard, handed)

    def _sounds(self, pcm: bytes, rate: int, sounds_in: float) -> None:
        """From PortAudio's thread."""
        self._taps(pcm, rate, self._loop.time() + sounds_in)

    def _heard(self, handed: _Handed) -> None:
        self._silences.heard(handed.epoch)
        if handed.epoch != self._epoch:
            return  # of what was stopped meanwhile nothing is told
        if (new := handed.samples - self._reported) > 0:
            self._reported = handed.samples
            self._forget(2 * new)
            self._played(new, handed.drained)

    def _forget(self, heard: int) -> None:
        """Drops so many bytes from what was not heard, and the ends of turns that come right behind them."""
        while self._unheard and (heard or not self._unheard[0][1]):
            turn, pcm = self._unheard.popleft()
            if len(pcm) > heard:
                self._unheard.appendleft((turn, pcm[heard:]))
            heard = max(0, heard - len(pcm))

    # ------------------------------------------------------------------------------------ a tenant of the keeper

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        block_ms = _QUICK_MS if self._latency == "low" else 0
        return portaudio.open(
            "output", device, (RATE, device.rate), self._make, latency=self._latency, block_ms=block_ms
        )

    def _make(self, stream: Stream) -> Work:
        self._engines[stream] = engine = _Engine(stream, self._start_ms, self._post, self._sounds)
        return engine.fill

    def spare(self) -> bool:
        return not self._unheard

    def closed(self) -> None:
        self._engine = None
        self._silences.heard(self._epoch)

    def opened(self, stream: Stream) -> None:
        self._engine, self.name = self._engines[stream], stream.device.name
        self._engine.gain_db = self._gain_db
        self._engines.clear()
        self._restart()
        waiting, self._unheard = self._unheard, deque()
        for turn, pcm in waiting:
            if pcm:
                self.play(pcm, turn)
            else:
                self.finish(turn)


def _spread(pcm: bytes, channels: int) -> bytes:
    """Mono on so many channels."""
    mono = array("h", pcm)
    spread = array("h", bytes(channels * len(pcm)))
    for channel in range(channels):
        spread[channel::channels] = mono
    return spread.tobytes()
