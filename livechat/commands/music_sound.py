"""Where music goes: to the sound card, into a file or a pipe, or both; 48 kHz, s16le, stereo."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from livechat.commands.options import wanted
from livechat.errors import UsageError
from livechat.library.music import BYTES_PER_S, CHANNELS, FRAME_BYTES, RATE

if TYPE_CHECKING:
    from livechat.audio.keeping import News
    from livechat.audio.music_speaker import MusicSpeaker
    from livechat.audio.sink import FileSink, PipeSink

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

    @property
    def heard_s(self) -> float:
        """How much of the music was heard; where nobody hears it, written."""
        return self.came / BYTES_PER_S - (self.speaker.ahead_s if self.speaker is not None else 0.0)

    @property
    def came_s(self) -> float:
        return self.came / BYTES_PER_S

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
            self.speaker.play(pcm)
            await self.speaker.room()
        return len(pcm)

    def pause(self, paused: bool) -> None:
        """Silence on the card at once, or on from there."""
        if self.speaker is not None:
            self.speaker.pause() if paused else self.speaker.resume()

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
        """Waits until all of it was heard."""
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
