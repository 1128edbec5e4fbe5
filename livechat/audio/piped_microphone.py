"""A microphone at the other end of a pipe: PCM on stdin as frames with their level and time, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from math import inf
from typing import Final

from livechat.audio.microphone import Frame
from livechat.audio.pcm import FRAME_BYTES, SPEECH_RATE, level_dbfs
from livechat.audio.source import Source, paced

FRAME_S: Final = 0.02
PAUSED_S: Final = 0.5
"""A frame that comes so late follows a pause of whoever writes into the pipe."""


class PipedMicrophone:
    """An asynchronous iterator of `Frame`s that ends with its source or with `close`.

    A pipe that holds a recording is not rushed through: no frame comes before its time. What comes while it is muted
    is read and thrown away.
    """

    rate = SPEECH_RATE
    dropped = 0
    """Frames that nobody took in time: a pipe waits."""

    def __init__(self, source: Source, name: str = "standard input") -> None:
        self.name = name
        self.muted = False
        self._source = source
        self._frames: AsyncIterator[bytes] = paced(source)
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._at = -inf

    def __aiter__(self) -> PipedMicrophone:
        return self

    async def __anext__(self) -> Frame:
        while not self._closed:
            pcm = (await anext(self._frames)).ljust(FRAME_BYTES, b"\0")
            self._at = self._moment()
            if not self.muted:
                return Frame(pcm, level_dbfs(pcm), self._at)
        raise StopAsyncIteration

    def _moment(self) -> float:
        """The frame's end: right behind the one before, as sound is, whenever the pipe was read."""
        now, due = self._loop.time(), self._at + FRAME_S
        return now if now - due > PAUSED_S else due

    def close(self) -> None:
        self._closed = True
        self._source.close()
