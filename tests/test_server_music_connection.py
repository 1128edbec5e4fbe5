"""Tests the body of a music session: its thread, and the way from a bar to the client."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import ref

import pytest

from livechat.server.agreement import Terms
from livechat.server.music import connection as module
from livechat.server.music.connection import Desk, MusicConnection, Stage, played
from livechat.server.music.dialogue import CHUNK_BYTES, MusicDialogue
from livechat.server.music.score import Bar, Note
from livechat.server.music.synth import Synth
from livechat.server.scenario import Pace, Scenario
from livechat.server.studio import Studio
from tests.server_help import Client, PretendSpeech, has

SETUP = {"model": "models/lyria-realtime-exp"}
MUSIC = Terms(UUID(int=1), music=True)
AHEAD = Scenario(pace=Pace(ahead_s=10))
BAR = Bar(0, 200, 0.5, (Note("bells", 72, 3.5, 1.0, 0.8),))
REST = Bar(1, 200, 0.5, ())


def ignore(line: str) -> None:
    """A log for who wants none."""


@asynccontextmanager
async def studio() -> AsyncGenerator[Studio, None]:
    used = Studio(PretendSpeech, ignore)
    try:
        yield used
    finally:
        await used.close()


@asynccontextmanager
async def connected(log: Callable[[str], None] = ignore) -> AsyncGenerator[Client, None]:
    client = Client()
    dialogue = MusicDialogue(Terms(UUID(int=1), music=True, scenario=AHEAD))
    async with studio() as used, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(MusicConnection(client, dialogue, used, log).run())
        yield client
        client.leaves()


def hung_up_on(log: Callable[[str], None], *messages: dict[str, object]) -> Client:
    """A client that said all this, after its session came to an end."""

    async def run() -> Client:
        client = Client()
        for message in messages:
            client.says(**message)
        async with studio() as used, asyncio.timeout(20):
            await MusicConnection(client, MusicDialogue(MUSIC), used, log).run()
        return client

    return asyncio.run(run())


def music_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("music")]


def test_music_is_played_by_a_thread_that_begins_with_the_first_bar_and_ends_with_the_studio() -> None:
    async def run() -> None:
        async with connected() as client:
            client.says(setup=SETUP)
            client.says(clientContent={"weightedPrompts": [{"text": "techno", "weight": 1}]})
            await client.until(lambda message: "setupComplete" in message)
            assert music_threads() == []
            client.says(playbackControl="PLAY")
            await client.until(has("audioChunks"))
            assert len(music_threads()) == 1
            assert len(client.told_of("audioChunks")[0][0]["data"]) == CHUNK_BYTES * 4 // 3
        assert music_threads() == []

    asyncio.run(run())


def test_a_hundred_sessions_play_in_one_thread() -> None:
    async def run() -> None:
        clients = [Client() for _ in range(100)]
        async with studio() as used, asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(MusicConnection(client, MusicDialogue(MUSIC), used, ignore).run())
                client.says(setup=SETUP)
                client.says(playbackControl="PLAY")
            await clients[-1].until(lambda message: "setupComplete" in message)
            await clients[0].until(has("audioChunks"))
            assert len(music_threads()) == 1
            for client in clients:
                client.leaves()

    asyncio.run(run())


def test_who_stops_and_plays_all_the_time_has_one_bar_in_the_making(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    may_go_on = threading.Event()

    def waits(desk: Desk, bar: Bar) -> bytes:
        made.append(bar.number)
        may_go_on.wait(10)
        return played(desk, bar)

    monkeypatch.setattr(module, "played", waits)

    async def run() -> None:
        async with connected() as client:
            client.says(setup=SETUP)
            for _ in range(50):
                client.says(playbackControl="PLAY")
                client.says(playbackControl="STOP")
            client.says(playbackControl="PLAY")
            await client.until(lambda message: client.said.empty())
            may_go_on.set()
            await client.until(has("audioChunks"))
            assert len(made) < 10

    asyncio.run(run())


def test_what_is_refused_is_hung_up_on() -> None:
    client = hung_up_on(ignore, {"setup": {"model": "models/gemini-3.8-live"}})
    assert client.closed is not None
    assert client.closed[0] == 1008


def test_a_synthesizer_that_fails_ends_the_session_with_1011(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def breaks(desk: Desk, bar: Bar) -> bytes:
        raise MemoryError("no room for music")

    monkeypatch.setattr(module, "played", breaks)

    client = hung_up_on(lines.append, {"setup": SETUP}, {"playbackControl": "PLAY"})
    assert client.closed == (1011, "Internal error encountered. playing failed")
    assert lines[0] == "playing failed: MemoryError('no room for music')"


def test_the_stage_lets_bars_ring_into_each_other_unless_it_begins_afresh() -> None:
    async def run() -> tuple[bytes, bytes]:
        async with studio() as used:
            stage = Stage(used)
            await stage.play(BAR, fresh=True)
            ringing = await stage.play(REST, fresh=False)
            await stage.play(BAR, fresh=False)
            return ringing, await stage.play(REST, fresh=True)

    ringing, silence = asyncio.run(run())
    assert any(ringing)
    assert not any(silence)


def test_the_loop_stays_free_while_a_bar_is_made() -> None:
    async def run() -> float:
        loop, longest = asyncio.get_running_loop(), 0.0
        notes = tuple(Note("strings", pitch, 0.0, 4.0, 0.5) for pitch in range(40, 90))
        async with studio() as used, asyncio.TaskGroup() as tasks:
            stage = Stage(used)
            await stage.play(BAR, fresh=True)
            task = tasks.create_task(stage.play(Bar(0, 60, 0.5, notes), fresh=False))
            before = loop.time()
            while not task.done():
                await asyncio.sleep(0.001)
                now = loop.time()
                longest, before = max(longest, now - before), now
        return longest

    assert asyncio.run(run()) < 0.1


def test_the_synthesizer_goes_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    synths: list[ref[Synth]] = []

    def noted(desk: Desk, bar: Bar) -> bytes:
        pcm = played(desk, bar)
        synths.append(ref(desk.synth or Synth()))
        return pcm

    monkeypatch.setattr(module, "played", noted)

    async def run() -> None:
        async with connected() as client:
            client.says(setup=SETUP)
            client.says(playbackControl="PLAY")
            await client.until(has("audioChunks"))

    gc.collect()
    gc.disable()
    try:
        asyncio.run(run())
        assert {synth() for synth in synths} == {None}
    finally:
        gc.enable()


def test_nobody_who_leaves_in_the_middle_of_a_bar_is_waited_for_long() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        async with connected() as client:
            client.says(setup=SETUP)
            client.says(playbackControl="PLAY")
            await client.until(has("audioChunks"))
            began = loop.time()
        return loop.time() - began

    assert asyncio.run(run()) < 1.0
