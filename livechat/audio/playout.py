"""Speakers that need no sound card: one writes sound down as it comes, one plays it in real time to nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from livechat.audio.jitter import JitterBuffer
from livechat.audio.sink import RATE, Sink
from livechat.errors import LivechatError

Report: TypeAlias = Callable[[int, bool], None]
"""Takes the samples (24 kHz) handed out since the last report, and whether nothing is left."""
Tap: TypeAlias = Callable[[bytes, int, float], None]
"""Is told what really sounds: s16le mono, its rate in Hz, and the loop's time at which its first sample sounds.

Whoever runs the speaker calls it, which may be PortAudio's thread: it may only put the piece somewhere and return.
Pieces of nothing but zeros are left out: time that was not told of is silence. A tap that raises is told nothing more,
and the loop's exception handler is given what it raised; the sound goes on.
"""
STEP: Final = RATE // 50
"""Samples of one step of `ClockedSpeaker`: 20 ms."""


class Speaker(Protocol):
    """What plays the model's sound, 24 kHz s16le mono, and reports what it handed out to the listener.

    Reports come from the loop, never out of one of these calls, and add up to what was played, to the sample.
    Of what `stop` threw away, and of what was not yet reported then, nothing is told.
    """

    @property
    def ahead(self) -> int:
        """Samples (24 kHz) that were not reported yet and will sound even if `stop` is called now: the card has them.

        What was reported and this together is what the listener will have heard, exact to one block of the card.
        """
        ...

    def play(self, pcm: bytes, turn: int) -> None:
        """Queues a piece of a turn; raises what `Sink.write` raises, where one is written to."""
        ...

    def finish(self, turn: int) -> None:
        """No more sound of this turn follows."""
        ...

    def stop(self) -> None:
        """Silence now. When it is heard there is one report of no samples, for each call, unless it is closed first."""
        ...

    async def close(self) -> None:
        """Lets go of everything at once; only what a sink still has to write is waited for."""
        ...


class Taps:
    """Tells taps what sounds, and lets go of one that raises. From one thread at a time."""

    def __init__(self, taps: Sequence[Tap], loop: asyncio.AbstractEventLoop, *, of_silence: Sequence[Tap] = ()) -> None:
        self._taps = list(taps)
        self._of_silence = list(of_silence)
        """Those that are told of silence too."""
        self._loop = loop

    def __call__(self, pcm: bytes, rate: int, at: float) -> None:
        self._tell(self._of_silence, pcm, rate, at)
        if self._taps and pcm.count(0) != len(pcm):
            self._tell(self._taps, pcm, rate, at)

    def _tell(self, taps: list[Tap], pcm: bytes, rate: int, at: float) -> None:
        for tap in tuple(taps):
            try:
                tap(pcm, rate, at)
            except Exception as error:
                taps.remove(tap)
                self._complain(error)

    def _complain(self, error: Exception) -> None:
        context = {"message": "what listens to the speaker failed and is told nothing more", "exception": error}
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to tell
            self._loop.call_soon_threadsafe(self._loop.call_exception_handler, context)


class Silences:
    """Reports for each stop, once, that the silence it ordered is heard."""

    def __init__(self, played: Report) -> None:
        self._played = played
        self._awaited: deque[int] = deque()

    def order(self, number: int = 0) -> None:
        """There was a stop; later ones have higher numbers where they have any."""
        self._awaited.append(number)

    def heard(self, number: int = 0) -> None:
        """The silence of this stop is heard, and so is that of all before it."""
        while self._awaited and self._awaited[0] <= number:
            self._awaited.popleft()
            self._played(0, True)

    def forget(self) -> None:
        self._awaited.clear()


class CollectingSpeaker:
    """Writes all sound to a sink as it arrives, and reports it as played at once."""

    ahead = 0

    def __init__(self, sink: Sink, played: Report) -> None:
        self._sink = sink
        self._played = played
        self._unreported = 0
        self._handle: asyncio.Handle | None = None
        self._stops = Silences(played)

    def play(self, pcm: bytes, turn: int) -> None:
        self._sink.write(pcm)
        self._unreported += len(pcm) // 2
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._report)

    def finish(self, turn: int) -> None:
        """All of it is written already."""

    def stop(self) -> None:
        self._forget()
        self._stops.order()
        asyncio.get_running_loop().call_soon(self._stops.heard)

    async def close(self) -> None:
        self._forget()
        self._stops.forget()
        await self._sink.close()

    def _forget(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._unreported = None, 0

    def _report(self) -> None:
        samples, self._unreported, self._handle = self._unreported, 0, None
        self._played(samples, True)


class TeeSpeaker:
    """Plays on a speaker and writes the same sound to a sink as it arrives, heard or not.

    What is heard goes on when nothing can be written any more, as where the disk is full: `warn` is told once; without
    it, `close` raises the failure. Only a reader who went away, a `BrokenPipeError`, is raised at once.
    """

    def __init__(self, speaker: Speaker, sink: Sink, *, warn: Callable[[LivechatError], None] | None = None) -> None:
        self._speaker = speaker
        self._sink = sink
        self._warn = warn
        self._failed: LivechatError | None = None

    @property
    def ahead(self) -> int:
        return self._speaker.ahead

    def play(self, pcm: bytes, turn: int) -> None:
        self._speaker.play(pcm, turn)
        if self._failed is None:
            try:
                self._sink.write(pcm)
            except LivechatError as error:
                self._fail(error)

    def finish(self, turn: int) -> None:
        self._speaker.finish(turn)

    def stop(self) -> None:
        self._speaker.stop()

    async def close(self) -> None:
        try:
            await self._speaker.close()
        finally:
            await self._close_sink()
        if self._failed is not None and self._warn is None:
            raise self._failed

    async def _close_sink(self) -> None:
        try:
            await self._sink.close()
        except LivechatError as error:
            if self._failed is None:
                self._fail(error)

    def _fail(self, error: LivechatError) -> None:
        self._failed = error
        if self._warn is not None:
            self._warn(error)


class ClockedSpeaker:
    """Plays through the jitter buffer in real time by the loop's clock, as a sound card would, and to no card.

    Each 20 ms are taken from the buffer when they have passed, by absolute deadlines. The sink gets what a
    listener would have heard, the silence of gaps included, from a turn's first arrival to its end.
    """

    ahead = 0

    def __init__(
        self,
        sink: Sink | None,
        played: Report,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        buffer: JitterBuffer | None = None,
        taps: Sequence[Tap] = (),
    ) -> None:
        self._sink = sink
        self._played = played
        self._loop = loop or asyncio.get_running_loop()
        self._stops = Silences(played)
        self._tap = Taps(taps, self._loop)
        self.buffer: JitterBuffer = buffer or JitterBuffer(RATE)
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
        self._stops.order()
        if self._timer is None:
            self._loop.call_soon(self._stops.heard)

    async def close(self) -> None:
        self._stops.forget()
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
        pcm = self.buffer.pull(STEP)
        self._tap(pcm, RATE, self._due - STEP / RATE)
        self._write(pcm)
        samples = self.buffer.given - self._reported
        self._reported += samples
        if not self.buffer.idle:
            self._wind()
        self._stops.heard()
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
