"""Where music goes: to the sound card, into a file or a pipe, or both; 48 kHz, s16le, stereo."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat.commands.options import wanted
from livechat.errors import UsageError
from livechat.library.music import BYTES_PER_S, CHANNELS, FRAME_BYTES, RATE

if TYPE_CHECKING:
    from livechat.audio.keeping import News
    from livechat.audio.music_speaker import MusicSpeaker
    from livechat.audio.sink import FileSink, PipeSink

LEAD_S: Final = 4.0
"""Seconds of music in stock that are no backlog: a chunk of two, and as much again."""
FRESH_S: Final = 1.0
"""Seconds of it that are still heard before music that owes nothing to it."""
REACTS_S: Final = 0.2
"""What comes sooner after a reset was on its way before it."""
SETTLE_S: Final = 3.0
"""Seconds in which all has come that piled up on its way here."""
LATEST_S: Final = 60.0
"""No more lost time than that is made up for: more music does not pile up."""
TICK_S: Final = 0.25
STOPPED_S: Final = 1.0
"""A tick that takes longer tells that this program was stopped."""
SOFTEST_DB, LOUDEST_DB = -30.0, 12.0
ABANDON_S: Final = 0.5
"""Seconds that a pipe has for what it has not taken yet, once somebody has cut the music off."""


@dataclass
class MusicSound:
    """Both outlets of one run. Of the running loop."""

    sink: FileSink | PipeSink | None
    speaker: MusicSpeaker | None
    left: int | None = None
    """Bytes that are still wanted; None where there is no end."""
    came: int = 0
    """Bytes of music so far."""
    skipped_s: float = 0.0
    """How much of it was not to be heard any more."""
    _lost_s: float = field(default=0.0, init=False)
    """Time in which nothing sounded, and that was not made up for."""
    _renewed_at: float | None = field(default=None, init=False)
    _ending: bool = field(default=False, init=False)

    @property
    def heard_s(self) -> float:
        """How much of the music was heard; where nobody hears it, written."""
        return self.came_s - self.skipped_s - self.stock_s

    @property
    def came_s(self) -> float:
        return self.came / BYTES_PER_S

    @property
    def stock_s(self) -> float:
        """How much of it will still be heard."""
        return self.speaker.ahead_s if self.speaker is not None else 0.0

    @property
    def gaps(self) -> int:
        return self.speaker.underruns if self.speaker is not None else 0

    @property
    def gain_db(self) -> float:
        """How much louder it is played than it comes."""
        return self.speaker.gain_db if self.speaker is not None else 0.0

    @property
    def full(self) -> bool:
        """There is as much as was wanted."""
        return self.left == 0

    async def take(self, pcm: bytes) -> int:
        """Plays and writes what is wanted of this, no faster than it is taken; gives its bytes.

        Raises DeviceError, and BrokenPipeError when nobody reads any more.
        """
        if self.left is not None:
            pcm = pcm[: self.left]
            self.left -= len(pcm)
        self.came += len(pcm)
        if self.sink is not None:
            self.sink.write(pcm)
            await self.sink.drain()
        if self.speaker is not None:
            self._make_way()
            self.speaker.play(pcm)
            await self.speaker.room()
        return len(pcm)

    def pause(self, paused: bool) -> None:
        """Silence on the card at once, or on from there."""
        if self.speaker is not None:
            self.speaker.pause() if paused else self.speaker.resume()

    def renew(self) -> None:
        """What comes from now on owes nothing to what came: it need not wait for the end of that."""
        self._renewed_at = _now()

    def _make_way(self) -> None:
        if self._renewed_at is not None and _now() - self._renewed_at >= REACTS_S:
            self._renewed_at = None
            self._skip(FRESH_S)

    async def keep_up(self) -> None:
        """Makes up for time in which nothing sounded, as there was no card or the program was stopped, until the end.

        What has piled up meanwhile is skipped, lest keys be heard late for ever; never more than was lost.
        """
        settled_s = 0.0
        while self.speaker is not None and not self._ending:
            began = _now()
            await asyncio.sleep(TICK_S)
            passed_s = _now() - began
            if self.speaker.lost or passed_s > STOPPED_S:
                self._lost_s, settled_s = min(self._lost_s + passed_s, LATEST_S), 0.0
            else:
                settled_s += passed_s
            self._catch_up(self.speaker, settled=settled_s >= SETTLE_S)

    def _catch_up(self, speaker: MusicSpeaker, *, settled: bool) -> None:
        if (speaker.lost or settled) and not self._ending:
            self._lost_s -= self._skip(max(speaker.ahead_s - self._lost_s, LEAD_S))
        if settled:
            self._lost_s = 0.0
        speaker.extra_s = self._lost_s

    def _skip(self, keep_s: float) -> float:
        """Forgets what is in stock beyond that; where it was only to be heard, as much more is wanted in its place."""
        skipped_s = self.speaker.trim(keep_s) if self.speaker is not None else 0.0
        self.skipped_s += skipped_s
        if self.sink is None and self.left is not None:
            self.left += round(skipped_s * RATE) * FRAME_BYTES
        return skipped_s

    @property
    def turn(self) -> Callable[[float], str] | None:
        """Makes what is played so many dB louder, and says how loud it is; None where nothing is."""
        return None if self.speaker is None else self._turn

    def _turn(self, by_db: float) -> str:
        assert self.speaker is not None
        gain_db = min(max(self.speaker.gain_db + by_db, SOFTEST_DB), LOUDEST_DB)
        self.speaker.gain_db = gain_db
        return f"played {f'at {gain_db:+.0f} dB' if gain_db else 'as it comes'}"

    async def finish(self) -> None:
        """Waits until all of it was heard: nothing of it is skipped any more."""
        self._ending = True
        if self.speaker is not None:
            await self.speaker.drain()

    async def close(self, *, hurried: bool) -> None:
        """Lets go of both, and leaves a file whole; `hurried` waits for no reader of a pipe."""
        try:
            if self.speaker is not None:
                await self.speaker.close()
        finally:
            if self.sink is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(ABANDON_S if hurried else None):
                        await self.sink.close()


def _now() -> float:
    return asyncio.get_running_loop().time()


def open_sound(
    *, out: str | None, play: bool, device: str | None, longest_s: float | None, tell: Callable[[News], None]
) -> MusicSound:
    """The outlets that were asked for. Called from the loop, before anything is asked of a server.

    Raises UsageError and DeviceError.
    """
    if out == "-" and sys.stdout.isatty():
        raise UsageError(
            "refusing to write sound to a terminal",
            hint='livechat music "minimal techno" -o FILE.wav\n'
            'livechat music "minimal techno" -o - | aplay -f S16_LE -r 48000 -c 2',
        )
    sink = None
    if out is not None:
        from livechat.audio.sink import open_sink

        sink = open_sink(out, rate=RATE, channels=CHANNELS)
    left = None if longest_s is None else round(longest_s * RATE) * FRAME_BYTES
    return MusicSound(sink, _open_speaker(device, tell) if play else None, left)


def _open_speaker(device: str | None, tell: Callable[[News], None]) -> MusicSpeaker:
    from livechat.audio.device import output_available
    from livechat.audio.music_speaker import MusicSpeaker

    if problem := output_available(wanted(device)):
        first = problem.hint.partition("\n")[0]
        problem.hint = f'{first}\nor have it written: livechat music "minimal techno" -o FILE.wav'
        raise problem
    return MusicSpeaker(device=wanted(device), rate=RATE, channels=CHANNELS, tell=tell)
