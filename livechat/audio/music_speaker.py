"""Plays music in stereo on a sound card, seconds ahead of the ear, and goes on after the card was lost.

The loop posts orders into a deque; PortAudio's thread carries them out and copies from the queue, which is its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

import numpy as np

from livechat.audio.keeping import Keeper, Line, Tell
from livechat.audio.music_queue import FADE_MS, MusicQueue
from livechat.audio.pcm import Encoding, Format
from livechat.audio.portaudio import Device, Kind, PortAudio, Stream, Wanted, Work
from livechat.audio.resample import Converter

ROOM_S: Final = 8.0
"""Seconds of music that are enough to have in stock."""
START_S: Final = 1.0
"""Seconds of music that are worth a beginning."""
_LATENCY_S: Final = 0.1
"""How far ahead the card asks for it. On a machine with three times more to do than it can, PulseAudio broke off four
times in six seconds at PortAudio's `high` (35 ms), and never at this; a pause is heard after 125 ms in place of 48."""
_REPORTS: Final = 20
"""Times a second that it is told what was heard."""
_FADES_S: Final = 1.0
"""The longest that closing waits for the sound to fade."""


class _Handed(NamedTuple):
    """What PortAudio's thread has handed to the card since the last stop."""

    epoch: int
    frames: int
    """At the rate of what is played."""


class _Engine:
    """The side of the speaker that PortAudio's thread runs; it owns the queue."""

    def __init__(self, stream: Stream, rate: int, start_s: float, report: Callable[[_Handed, float], None]) -> None:
        self.orders: deque[Callable[[], None]] = deque()
        self.rate, self.channels = stream.rate, stream.channels
        self.queue = MusicQueue(stream.rate, stream.channels, start_s)
        self._source_rate = rate
        self._report = report
        self._epoch = self._pushed = self._told = 0
        self._whole = True
        """What the resampler held back has reached it too."""
        self._silenced = False

    def push(self, pcm: bytes, pushed: int, *, whole: bool) -> None:
        """`pushed` counts the frames, at the rate of what is played, of all that came since the last stop."""
        if pcm:
            self.queue.push(pcm)
        self._pushed, self._whole = pushed, whole

    def trim(self, frames: int, pushed: int) -> None:
        """Forgets the last so many of these frames."""
        self.queue.trim(frames * self.rate // self._source_rate)
        self._pushed = pushed

    def finish(self) -> None:
        self.queue.finish()

    def stop(self, epoch: int) -> None:
        self.queue.stop()
        self._epoch, self._pushed, self._told, self._whole = epoch, 0, 0, True
        self._silenced = True

    def fill(self, out: memoryview, frames: int, lead_s: float) -> None:
        """Carries out the orders and copies the next block."""
        while self.orders:
            self.orders.popleft()()
        out[:] = self.queue.pull(frames)
        ends_in = lead_s + frames / self.rate
        if self._silenced:
            self._report(_Handed(self._epoch, 0), max(ends_in, lead_s + FADE_MS / 1000))
            self._silenced = False
        handed = self._handed()
        new = handed.frames - self._told
        if new >= self._source_rate // _REPORTS or (new and self.queue.drained):
            self._told = handed.frames
            self._report(handed, ends_in)

    def _handed(self) -> _Handed:
        if self.queue.drained and self._whole:
            return _Handed(self._epoch, self._pushed)
        return _Handed(self._epoch, min(self._pushed, self.queue.given * self._source_rate // self.rate))


class MusicSpeaker:
    """Plays s16le, interleaved, as it comes; at another rate or in other channels where the card takes no other.

    Music starts when `start_s` of it is queued, and after it ran out waits for as much again. `ROOM_S` of it in stock
    are enough: `room` waits for that. A pause, a stop and the end are silence at once, with a fade of 8 ms. When the
    card is lost the music waits; when it is back, or the system's default has taken its place, all follows that had
    not been heard. `tell` gets the news of that. Everything is called from the loop it was made on. Raises
    `DeviceError` when it cannot be opened, `UsageError` for a name no device has.
    """

    kind: ClassVar[Kind] = "output"

    def __init__(
        self,
        *,
        device: Wanted = None,
        rate: int = 48_000,
        channels: int = 2,
        start_s: float = START_S,
        keeper: Keeper | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.wanted = device
        self.tell = tell
        self.name: str = ""
        """The card's; foreign text."""
        self._format = Format(Encoding.S16LE, channels, rate)
        self._start_s = start_s
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()
        """Something was heard, or was given up."""
        self._unheard: deque[bytes] = deque()
        self._ahead = 0
        """Bytes in it."""
        self._epoch = self._queued = self._heard = self._silent = 0
        self._underruns = 0
        self._gain_db = 0.0
        self._extra_s = 0.0
        self._paused = self._draining = self._closed = False
        self._converter: Converter | None = None
        self._engines: dict[Stream, _Engine] = {}
        """Those made for streams of which one will be ours."""
        self._engine: _Engine | None = None
        self._keeper = keeper or Keeper()
        self._line: Line = self._keeper.keep(self)

    @property
    def ahead_s(self) -> float:
        """Seconds of music that were played into it and have not sounded."""
        return self._ahead / self._format.bytes_per_second

    @property
    def extra_s(self) -> float:
        """Seconds of music that may be in stock beyond `ROOM_S` for a while."""
        return self._extra_s

    @extra_s.setter
    def extra_s(self, seconds: float) -> None:
        self._extra_s = seconds
        self._moved.set()

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def lost(self) -> bool:
        """There is no card now: the music waits until there is one."""
        return self._engine is None

    @property
    def underruns(self) -> int:
        """Times that the music ran out before more of it came."""
        return self._underruns + (0 if self._engine is None else self._engine.queue.underruns)

    @property
    def gain_db(self) -> float:
        """How much louder the music is played than it came; a change is heard after what the card already has."""
        return self._gain_db

    @gain_db.setter
    def gain_db(self, decibels: float) -> None:
        self._gain_db = decibels
        self._set_volume()

    def play(self, pcm: bytes) -> None:
        """Queues a piece, cut anywhere. After a close nothing is played."""
        if pcm and not self._closed:
            self._draining = False
            self._unheard.append(pcm)
            self._ahead += len(pcm)
            self._feed(pcm)

    def pause(self) -> None:
        """Silence at once; the music waits, and so does who waits for room or the end."""
        self._paused = True
        if (engine := self._engine) is not None:
            engine.orders.append(engine.queue.pause)

    def resume(self) -> None:
        self._paused = False
        if (engine := self._engine) is not None:
            engine.orders.append(engine.queue.resume)

    def stop(self) -> None:
        """Silence at once, and nothing is queued. What is played next begins a new frame; a pause stays one."""
        self._unheard.clear()
        self._ahead = 0
        self._draining = False
        self._restart()
        self._moved.set()

    def trim(self, keep_s: float) -> float:
        """Forgets what is queued beyond so many seconds, and gives how many seconds that was.

        What is played next takes over from there. What the card has already counts as queued until it has sounded.
        """
        keep = round(keep_s * self._format.rate) * self._format.block
        frames = max(self._ahead - keep, 0) // self._format.block
        if frames:
            self._forget_last(frames * self._format.block)
            self._moved.set()
        return frames / self._format.rate

    async def room(self) -> None:
        """Waits while more than `ROOM_S` and `extra_s` of music are queued."""
        await self._until(lambda: self.ahead_s <= ROOM_S + self._extra_s)

    async def drain(self) -> None:
        """Waits until all has sounded, however little it is, or was stopped. While it is paused, that is not so."""
        self._draining = True
        self._feed_end()
        await self._until(lambda: self._ahead < self._format.block)

    async def close(self) -> None:
        """Silence at once: its fade is waited for, a second at most."""
        if self._closed:
            return
        self._closed = True
        self.stop()
        try:
            async with asyncio.timeout(_FADES_S):
                await self._hear(lambda: self._engine is None or self._silent == self._epoch)
        except TimeoutError:
            pass  # the card takes no sound any more: there is none to fade
        finally:
            self._line.close()

    async def _until(self, met: Callable[[], bool]) -> None:
        await self._hear(lambda: self._closed or met())

    async def _hear(self, met: Callable[[], bool]) -> None:
        while not met():
            self._moved.clear()
            await self._moved.wait()

    # ----------------------------------------------------------------------------------- to the engine and back

    def _feed(self, pcm: bytes) -> None:
        if (engine := self._engine) is None:
            return
        if self._converter is None:
            self._converter = Converter(self._format, engine.rate, all_channels=True, quality="HQ")
        self._queued += len(pcm)
        self._push(engine, self._converter.feed(pcm), whole=engine.rate == self._format.rate)

    def _feed_end(self) -> None:
        if (engine := self._engine) is None:
            return
        if self._converter is not None:
            self._push(engine, self._converter.finish(), whole=True)
            self._converter = None
        engine.orders.append(engine.finish)

    def _push(self, engine: _Engine, pcm: bytes, *, whole: bool) -> None:
        mapped = _on_channels(pcm, self._format.channels, engine.channels)
        pushed = self._queued // self._format.block
        engine.orders.append(lambda: engine.push(mapped, pushed, whole=whole))

    def _restart(self) -> None:
        """Nothing is queued, and no report of what was is believed."""
        self._epoch += 1
        self._queued = self._heard = 0
        self._converter = None
        if (engine := self._engine) is not None:
            epoch = self._epoch
            engine.orders.append(lambda: engine.stop(epoch))

    def _set_volume(self) -> None:
        if self._engine is not None:
            self._engine.queue.volume = 10 ** (self._gain_db / 20)

    def _post(self, handed: _Handed, sounds_in: float) -> None:
        """From PortAudio's thread."""
        self._keeper.post(self._hear_in, sounds_in, handed)

    def _hear_in(self, sounds_in: float, handed: _Handed) -> None:
        self._loop.call_later(sounds_in, self._hears, handed)

    def _hears(self, handed: _Handed) -> None:
        self._silent = max(self._silent, handed.epoch)
        if handed.epoch == self._epoch and handed.frames > self._heard:
            self._forget((handed.frames - self._heard) * self._format.block)
            self._heard = handed.frames
        self._moved.set()

    def _forget(self, heard: int) -> None:
        """Drops so many bytes from what was not heard."""
        self._ahead -= heard
        while heard:
            piece = self._unheard.popleft()
            if len(piece) > heard:
                self._unheard.appendleft(piece[heard:])
            heard -= min(heard, len(piece))

    def _forget_last(self, surplus: int) -> None:
        """Drops so many bytes, whole frames, from the end of what was not heard."""
        self._ahead -= surplus
        if (engine := self._engine) is not None:
            self._queued -= surplus
            frames, pushed = surplus // self._format.block, self._queued // self._format.block
            engine.orders.append(lambda: engine.trim(frames, pushed))
        while surplus:
            piece = self._unheard.pop()
            if len(piece) > surplus:
                self._unheard.append(piece[:-surplus])
            surplus -= min(surplus, len(piece))

    # ------------------------------------------------------------------------------------ a tenant of the keeper

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        rates = (self._format.rate, device.rate)
        channels = (self._format.channels, 2, 1)
        return portaudio.open("output", device, rates, self._make, channels=channels, latency=_LATENCY_S)

    def _make(self, stream: Stream) -> Work:
        self._engines[stream] = engine = _Engine(stream, self._format.rate, self._start_s, self._post)
        return engine.fill

    def spare(self) -> bool:
        return self._paused or not self._unheard

    def closed(self) -> None:
        self._underruns = self.underruns
        self._engine = None
        self._moved.set()

    def opened(self, stream: Stream) -> None:
        self.closed()
        self._engine, self.name = self._engines[stream], stream.device.name
        self._engines.clear()
        self._restart()
        self._set_volume()
        if self._paused:
            self.pause()
        for pcm in self._unheard:
            self._feed(pcm)
        if self._draining:
            self._feed_end()


def _on_channels(pcm: bytes, channels: int, wanted: int) -> bytes:
    """Mono on every channel; of more, each on its own where there are so many, else their mean on every one."""
    if channels == wanted:
        return pcm
    steps = np.frombuffer(pcm, "<i2").reshape(-1, channels)
    spread = np.zeros((len(steps), wanted), "<i2")
    if 1 < channels < wanted:
        spread[:, :channels] = steps
    else:
        spread[:] = np.rint(steps.mean(axis=1, keepdims=True))
    return spread.tobytes()
