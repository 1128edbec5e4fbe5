"""Speakers that need no sound card: one writes sound down as it comes, one plays it in real time to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from livechat.audio.jitter import JitterBuffer
from livechat.audio.sink import RATE, Sink
from livechat.errors import LivechatError

Report: TypeAlias = Callable[[int, bool], None]
"""Takes the samples (24 kHz) handed out since the last report, and whether nothing is left."""
STEP: Final = RATE // 50
"""Samples of one step of `ClockedSpeaker`: 20 ms."""


class Speaker(Protocol):
    """What plays the model's sound, 24 kHz s16le mono, and reports what it handed out to the listener.

    Reports come from the loop, never out of one of these calls, and add up to what was played, to the sample.
    Of what `stop` threw away, and of what was not yet reported then, nothing is told.
    """

    def play(self, pcm: bytes, turn: int) -> None:
        """Queues a piece of a turn; raises what `Sink.write` raises, where one is written to."""
        ...

    def finish(self, turn: int) -> None:
        """No more sound of this turn follows."""
        ...

    def stop(self) -> None:
        """Silence now."""
        ...

    async def close(self) -> None:
        """Lets go of everything at once; only what a sink still has to write is waited for."""
        ...


class CollectingSpeaker:
    """Writes all sound to a sink as it arrives, and reports it as played at once."""

    def __init__(self, sink: Sink, played: Report) -> None:
        self._sink = sink
        self._played = played
        self._unreported = 0
        self._handle: asyncio.Handle | None = None

    def play(self, pcm: bytes, turn: int) -> None:
        self._sink.write(pcm)
        self._unreported += len(pcm) // 2
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._report)

    def finish(self, turn: int) -> None:
        """All of it is written already."""

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._unreported = None, 0

    async def close(self) -> None:
        self.stop()
        await self._sink.close()

    def _report(self) -> None:
        samples, self._unreported, self._handle = self._unreported, 0, None
        self._played(samples, True)


class TeeSpeaker:
    """Plays on a speaker and writes the same sound to a sink as it arrives, heard or not."""

    def __init__(self, speaker: Speaker, sink: Sink) -> None:
        self._speaker = speaker
        self._sink = sink

    def play(self, pcm: bytes, turn: int) -> None:
        self._speaker.play(pcm, turn)
        self._sink.write(pcm)

    def finish(self, turn: int) -> None:
        self._speaker.finish(turn)

    def stop(self) -> None:
        self._speaker.stop()

    async def close(self) -> None:
        try:
            await self._speaker.close()
        finally:
            await self._sink.close()


class ClockedSpeaker:
    """Plays through the jitter buffer in real time by the loop's clock, as a sound card would, and to no card.

    Each 20 ms are taken from the buffer when they have passed, by absolute deadlines. The sink gets what a
    listener would have heard, the silence of gaps included, from a turn's first arrival to its end.
    """

    def __init__(
        self,
        sink: Sink | None,
        played: Report,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        buffer: JitterBuffer | None = None,
    ) -> None:
        self._sink = sink
        self._played = played
        self._loop = loop or asyncio.get_running_loop()
        self.buffer = buffer or JitterBuffer(RATE)
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._reported = 0
        self._failed: Exception | None = None

    def play(self, pcm: bytes, turn: int) -> None:
        self._raise_failure()
        self.buffer.push(pcm, turn)
        if self._timer is None:
            self._due = self._loop.time()
            self._wind()

    def finish(self, turn: int) -> None:
        self.buffer.finish(turn)

    def stop(self) -> None:
        self.buffer.flush()

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._sink is not None:
            await self._sink.close()
        self._raise_failure()

    def _wind(self) -> None:
        self._due += STEP / RATE
        self._timer = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        """Hands out the step whose time is over. After a hold-up the next ones follow at once: a card does not wait."""
        self._timer = None
        self._write(self.buffer.pull(STEP))
        samples = self.buffer.given - self._reported
        self._reported += samples
        if not self.buffer.idle:
            self._wind()
        if samples:
            self._played(samples, self.buffer.drained)

    def _write(self, pcm: bytes) -> None:
        """A failure here has no caller to tell; the next call of ours raises it."""
        if self._sink is None or self._failed is not None:
            return
        try:
            self._sink.write(pcm)
        except (OSError, LivechatError) as error:
            self._failed = error

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise self._failed
