"""The queue between music and a card: it starts when enough has come, and fades wherever sound begins or ends."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from livechat.audio.pcm import Encoding, Floats, decode, encode

FADE_MS: Final = 8
CROSSING_MS: Final = 50
"""In which music takes over from other music."""


class MusicQueue:
    """Queues interleaved s16le and gives it out in any portions, silence where there is none. For one thread.

    No frame (a sample of every channel) is lost or doubled, order is kept, and no gain moves faster than from 0 to 1
    in 8 ms. What is given out anywhere else is what was pushed, bit for bit, as long as `volume` is 1.
    """

    def __init__(self, rate: int, channels: int, start_s: float) -> None:
        self._channels = channels
        self._block = 2 * channels
        self._fade = rate * FADE_MS // 1000
        self._start = round(rate * start_s)
        self._pieces: deque[memoryview] = deque()
        self._tail = b""
        """What fades after a stop."""
        self._left_off = b""
        """How it would have gone on where its end was trimmed away."""
        self._crossing = rate * CROSSING_MS // 1000 * self._block
        self._gain = 0
        """The last frame's gain, in steps of 1 / `_fade`; never more than there are frames to come down in."""
        self._waits = True
        """For enough sound, as in the beginning."""
        self._ran_dry = False
        self._finished = False
        self._allowed: int | None = None
        """Frames that a pause still lets through."""
        self._last_volume = 1.0
        self.volume: float = 1.0
        """What all samples are multiplied by; a change takes one portion."""
        self.queued: int = 0
        """Frames that were pushed and not given out."""
        self.given: int = 0
        """Frames given out since the last stop, of those that were pushed after it."""
        self.underruns: int = 0
        """Gaps: the music ran out, and then more of it came."""

    def push(self, pcm: bytes) -> None:
        """Queues whole frames."""
        self.underruns += self._ran_dry
        self._ran_dry = self._finished = False
        left_off, self._left_off = self._left_off, b""
        self._pieces.append(memoryview(self._crossed(left_off, pcm) if left_off and self.queued else pcm))
        self.queued += len(pcm) // self._block

    def trim(self, frames: int) -> None:
        """Forgets the last so many frames, but for those in which the sound fades; what is pushed next takes over."""
        kept = max(self.queued - frames, self._gain)
        whole = b"".join(self._pieces)
        self._left_off = whole[kept * self._block :][: self._crossing]
        self._pieces = deque([memoryview(whole)[: kept * self._block]] if kept else [])
        self.queued = kept

    def finish(self) -> None:
        """No more follows: what is queued need not wait, and running out of it is no gap."""
        self._finished = True
        self._ran_dry = False

    def pause(self) -> None:
        """Keeps what is queued, but for the frames in which the sound fades."""
        if self._allowed is None:
            self._allowed = self._gain

    def resume(self) -> None:
        self._allowed = None

    def stop(self) -> None:
        """Forgets what is queued, but for the frames in which the sound fades."""
        if self._gain:
            frames = self._gain
            falling = np.arange(frames - 1, -1, -1) / np.float32(self._fade)
            self._tail = self._louder(self._take(frames), falling.astype(np.float32))
        self._pieces.clear()
        self._left_off = b""
        self._gain = self.queued = self.given = 0
        self._waits, self._ran_dry, self._finished = True, False, False

    @property
    def drained(self) -> bool:
        """Nothing is queued."""
        return not self.queued

    def pull(self, frames: int) -> bytes:
        """Exactly so many frames."""
        tail, self._tail = self._tail[: frames * self._block], self._tail[frames * self._block :]
        wanted = frames - len(tail) // self._block
        return (tail + self._sound(wanted)).ljust(frames * self._block, b"\0")

    def _sound(self, wanted: int) -> bytes:
        """So many frames, or as many as there are."""
        if self._waits and (not self.queued or not (self._finished or self.queued >= self._start)):
            return b""
        left = self.queued if self._allowed is None else min(self.queued, self._allowed)
        frames = min(wanted, left)
        pcm = self._shaped(self._take(frames), frames, left) if frames else b""
        self.queued -= frames
        self.given += frames
        if self._allowed is not None:
            self._allowed -= frames
        self._waits = frames < wanted and not self.queued
        self._ran_dry = self._waits and not self._finished
        return pcm

    def _take(self, frames: int) -> bytes:
        """The first so many frames."""
        parts: list[memoryview] = []
        missing = frames * self._block
        while missing:
            piece = self._pieces.popleft()
            parts.append(piece[:missing])
            if len(piece) > missing:
                self._pieces.appendleft(piece[missing:])
            missing -= len(parts[-1])
        return b"".join(parts)

    def _shaped(self, pcm: bytes, frames: int, left: int) -> bytes:
        """With its fades: gain rises by a step a frame, and falls when no more are left to come down in."""
        if self._gain == self._fade <= left - frames and self.volume == self._last_volume == 1:
            return pcm
        at = np.arange(frames)
        steps = np.minimum(np.minimum(self._gain + 1 + at, self._fade), left - 1 - at)
        self._gain = int(steps[-1])
        return self._louder(pcm, steps.astype(np.float32) / np.float32(self._fade))

    def _crossed(self, before: bytes, after: bytes) -> bytes:
        """The second, whose beginning comes up while the first goes down."""
        size = min(len(before), len(after))
        shape = (-1, self._channels)
        going = decode(before[:size], Encoding.S16LE).reshape(shape)
        coming = decode(after[:size], Encoding.S16LE).reshape(shape)
        way = np.linspace(0, 1, len(coming) + 2, dtype=np.float32)[1:-1, np.newaxis]
        crossed: Floats = (going + (coming - going) * way).astype(np.float32)
        return encode(crossed) + after[size:]

    def _louder(self, pcm: bytes, gains: Floats) -> bytes:
        """Each frame times its gain and the volume, on its way from what it was."""
        before, self._last_volume = self._last_volume, self.volume
        way = np.linspace(before, self._last_volume, len(gains) + 1)[1:]
        samples = decode(pcm, Encoding.S16LE).reshape(-1, self._channels)
        louder: Floats = (samples * (gains * way)[:, np.newaxis]).astype(np.float32)
        return encode(louder)
