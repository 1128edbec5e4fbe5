"""The threads that read and speak: shared, loaded once, never waited for at the end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from livechat.errors import LivechatError
from livechat.server.ears import EarSettings
from livechat.server.intake import MarkedHearing
from livechat.server.studio import LAST_WORK_S, Studio
from tests.aio import run
from tests.server_help import PretendSpeech


class SlowSpeech(PretendSpeech):
    """Its transcriber tells that it has begun, and waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self.reads = asyncio.Event()
        self.may_read = threading.Event()
        self.begun = 0

    def transcribe(self, pcm: bytes) -> str:
        self.begun += 1
        self._loop.call_soon_threadsafe(self.reads.set)
        self.may_read.wait(5)
        return super().transcribe(pcm)


def ignore(line: str) -> None:
    pass


def test_the_models_are_loaded_once_and_by_the_first_who_needs_them() -> None:
    loads: list[str] = []

    def load() -> PretendSpeech:
        loads.append(threading.current_thread().name)
        return PretendSpeech("hello")

    async def play() -> None:
        studio = Studio(load, ignore)
        assert isinstance(await studio.ears(None), MarkedHearing)
        assert loads == []
        words, sound = await asyncio.gather(studio.transcribe(b"\x01\x01"), studio.speak("hi", "Puck"))
        assert (words, len(sound)) == ("hello", 960)
        assert await studio.ears(EarSettings())
        studio.warm_up()
        await studio.close()
        assert loads == ["reading_0"]

    run(play())


def test_notes_of_the_models_are_logged() -> None:
    class Replaced(PretendSpeech):
        notes = ("whisper is replaced by /models/model.bin",)

    async def play() -> None:
        log: list[str] = []
        studio = Studio(Replaced, log.append)
        await studio.speak("hi", "Puck")
        await studio.close()
        assert log == ["whisper is replaced by /models/model.bin"]

    run(play())


def test_models_that_cannot_be_loaded_are_logged_once_and_told_to_everybody() -> None:
    def fail() -> PretendSpeech:
        raise LivechatError("no whisper here")

    async def play() -> None:
        log: list[str] = []
        studio = Studio(fail, log.append)
        for _ in range(2):
            with pytest.raises(LivechatError, match="no whisper here"):
                await studio.transcribe(b"")
        await studio.close()
        assert log == ["the speech models are not there: no whisper here"]

    run(play())


def test_reading_that_is_given_up_before_it_begins_costs_nothing() -> None:
    async def play() -> None:
        speech = SlowSpeech()
        studio = Studio(lambda: speech, ignore)
        await studio.ears(EarSettings())
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(studio.transcribe(b"\x01\x01"))
            second = tasks.create_task(studio.transcribe(b"\x02\x02"))
            await speech.reads.wait()
            second.cancel()
            await asyncio.sleep(0.01)
            speech.may_read.set()
            assert await first
        await studio.close()
        assert speech.begun == 1

    run(play())


def test_a_voice_does_not_wait_for_the_reader() -> None:
    async def play() -> None:
        speech = SlowSpeech()
        studio = Studio(lambda: speech, ignore)
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(studio.transcribe(b"\x01\x01"))
            assert await studio.speak("hi", "Puck")
            assert not reading.done()
            speech.may_read.set()
        await studio.close()

    run(play())


def test_the_end_waits_for_work_under_way_only_a_moment() -> None:
    async def play() -> None:
        speech = SlowSpeech()
        studio = Studio(lambda: speech, ignore)
        await studio.ears(EarSettings())
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(studio.transcribe(b"\x01\x01"))
            await speech.reads.wait()
            reading.cancel()
        began = time.monotonic()
        await studio.close()
        assert LAST_WORK_S - 0.1 <= time.monotonic() - began < LAST_WORK_S + 0.5
        speech.may_read.set()

    run(play())
