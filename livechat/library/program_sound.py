"""A program's own sound in place of devices: an async iterator that is heard, a function that is given what sounds."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from math import inf
from typing import Final, cast

from livechat.audio.microphone import Frame
from livechat.audio.pcm import FRAME_BYTES, Framer, level_dbfs
from livechat.errors import DeviceError, LivechatError
from livechat.library.sounds import AudioLike, Sound

FRAME_S: Final = 0.02
AHEAD_S: Final = 0.2
"""So far what is given may be ahead of the time it lasts: live sound comes in pieces, and a recording is not rushed."""
PAUSED_S: Final = 0.5
"""What comes so late follows a pause: its time begins anew."""


class ProgramMicrophone:
    """An asynchronous iterator of frames that ends with what it was given. Of the running loop.

    None of them comes long before its time. What comes while it is muted is taken and thrown away. What goes wrong in
    the program is a DeviceError.
    """

    name = ""

    def __init__(self, source: AsyncIterable[AudioLike]) -> None:
        self.muted = False
        self._source = aiter(source)
        self._sound = Sound()
        self._ended = False
        self._framer = Framer()
        self._frames: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._due = -inf

    def __aiter__(self) -> ProgramMicrophone:
        return self

    async def __anext__(self) -> Frame:
        while True:
            while not self._frames:
                await self._refill()
            pcm = self._frames.popleft()
            await self._moment()
            if not self.muted:
                return Frame(pcm, level_dbfs(pcm), self._loop.time())

    async def close(self) -> None:
        """Has an asynchronous generator run to its end. Raises DeviceError for what it raises then."""
        if inspect.isasyncgen(self._source):
            try:
                await cast("AsyncGenerator[AudioLike, None]", self._source).aclose()
            except Exception as error:
                raise failure("microphone", error) from error

    async def _refill(self) -> None:
        """Raises StopAsyncIteration at the end, and DeviceError."""
        if self._ended:
            raise StopAsyncIteration
        try:
            pieces = await self._next()
        except Exception as error:
            raise failure("microphone", error) from error
        for piece in pieces:
            self._frames.extend(self._framer.feed(piece))
        self._pad()

    async def _next(self) -> list[bytes]:
        try:
            return self._sound.feed(await anext(self._source))
        except StopAsyncIteration:
            self._ended = True
            return self._sound.flush()

    def _pad(self) -> None:
        """At the end there is a last frame."""
        if self._ended and (rest := self._framer.take_rest()):
            self._frames.append(rest.ljust(FRAME_BYTES, b"\0"))

    async def _moment(self) -> None:
        """Waits for the time of a frame."""
        now = self._loop.time()
        if now - self._due > PAUSED_S:
            self._due = now
        if self._due - now > AHEAD_S:
            await asyncio.sleep(self._due - now - AHEAD_S)
        self._due += FRAME_S


class ProgramSpeaker:
    """A sink that gives all of its sound to a function, until that fails."""

    def __init__(self, hear: Callable[[bytes], object], failed: Callable[[LivechatError], None]) -> None:
        self.written: int = 0
        self._hear: Callable[[bytes], object] | None = hear
        self._failed = failed

    def write(self, pcm: bytes) -> None:
        """Tells a failure and raises none."""
        if self._hear is None:
            return
        try:
            self._hear(pcm)
        except Exception as error:
            self._hear = None
            self._failed(failure("speaker", error))
        else:
            self.written += len(pcm)

    async def close(self) -> None:
        """Nothing is given any more."""
        self._hear = None


def failure(what: str, error: Exception) -> LivechatError:
    """What the program raised, as a device's failure; it stays its cause."""
    if isinstance(error, DeviceError):
        return error
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    failed = DeviceError(f"the {what} that the program gives has failed", why=why)
    failed.__cause__ = error
    return failed
