"""The threads of a server that make sound and read it, and its speech models, loaded once and in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeVar

from livechat.errors import LivechatError
from livechat.server.ears import EarSettings
from livechat.server.intake import Hearing, MarkedHearing

Result = TypeVar("Result")

LAST_WORK_S = 1.0
"""How long work that cannot be called back is waited for at the end."""


class Transcriber(Protocol):
    def transcribe(self, pcm: bytes) -> str: ...


class Voice(Protocol):
    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes: ...


class Speech(Protocol):
    """What is used of `livechat.server.speech.Speech`."""

    @property
    def transcriber(self) -> Transcriber: ...
    @property
    def voice(self) -> Voice: ...
    @property
    def notes(self) -> Sequence[str]: ...
    def ears(self, settings: EarSettings, hint_after_ms: int = 100) -> Hearing: ...


class Studio:
    """One thread reads what was said, one speaks and one plays music, for all: a machine has few cores to spare.

    `load` blocks until the models are there; what it raises is raised to everybody who needs them.
    """

    def __init__(self, load: Callable[[], Speech], log: Callable[[str], None]) -> None:
        self._load = load
        self._log = log
        self._reading = ThreadPoolExecutor(1, "reading")
        self._speaking = ThreadPoolExecutor(1, "speaking")
        self._playing = ThreadPoolExecutor(1, "music")
        self._speech: Future[Speech] | None = None
        self._pools = (self._reading, self._speaking, self._playing)

    def warm_up(self) -> None:
        """Begins to load, if nobody has."""
        if self._speech is None:
            self._speech = self._reading.submit(self._loaded)

    async def ears(self, settings: EarSettings | None) -> Hearing:
        """New ears; without settings those whose utterances the client marks."""
        return MarkedHearing() if settings is None else (await self._models()).ears(settings)

    async def transcribe(self, pcm: bytes) -> str:
        """The words in 16 kHz s16le mono. Cancelled before its thread has begun it, it costs nothing."""
        transcriber = (await self._models()).transcriber
        return await self._do(self._reading, lambda: transcriber.transcribe(pcm))

    async def speak(self, text: str, voice_name: str) -> bytes:
        """`text` as 24 kHz s16le mono."""
        voice = (await self._models()).voice
        return await self._do(self._speaking, lambda: voice.speak(text, voice_name))

    async def play(self, bar: Callable[[], Result]) -> Result:
        """What comes of making a bar of music, or whatever else that takes time."""
        return await self._do(self._playing, bar)

    async def close(self) -> None:
        """Drops what has not begun and waits a moment for what has."""
        loop = asyncio.get_running_loop()
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORK_S):
                await asyncio.gather(*(loop.run_in_executor(None, pool.shutdown) for pool in self._pools))

    def _loaded(self) -> Speech:
        try:
            speech = self._load()
        except LivechatError as error:
            self._log(f"the speech models are not there: {error}")
            raise
        for note in speech.notes:
            self._log(note)
        return speech

    async def _models(self) -> Speech:
        self.warm_up()
        assert self._speech is not None
        if self._speech.done():
            return self._speech.result()
        return await asyncio.shield(asyncio.wrap_future(self._speech))

    async def _do(self, pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        return await asyncio.wrap_future(pool.submit(work))
