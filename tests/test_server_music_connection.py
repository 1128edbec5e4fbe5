"""Tests the body of a music session: its thread, and the way from a bar to the client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from livechat.server.agreement import Terms
from livechat.server.music.connection import MusicConnection, Stage
from livechat.server.music.dialogue import CHUNK_BYTES, MusicDialogue
from livechat.server.music.score import Bar, Note
from livechat.server.scenario import Pace, Scenario
from tests.server_help import Client, has

SETUP = {"model": "models/lyria-realtime-exp"}
AHEAD = Scenario(pace=Pace(ahead_s=10))
BAR = Bar(0, 200, 0.5, (Note("bells", 72, 3.5, 1.0, 0.8),))
REST = Bar(1, 200, 0.5, ())


def ignore(line: str) -> None:
    """A log for who wants none."""


@asynccontextmanager
async def connected(log: Callable[[str], None] = ignore) -> AsyncGenerator[Client, None]:
    client = Client()
    dialogue = MusicDialogue(Terms(UUID(int=1), music=True, scenario=AHEAD))
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(MusicConnection(client, dialogue, log).run())
        yield client
        client.leaves()


def hung_up_on(log: Callable[[str], None], *messages: dict[str, object]) -> Client:
    """A client that said all this, after its session came to an end."""

    async def run() -> Client:
        client = Client()
        for message in messages:
            client.says(**message)
        async with asyncio.timeout(20):
            await MusicConnection(client, MusicDialogue(Terms(UUID(int=1), music=True)), log).run()
        return client

    return asyncio.run(run())


def music_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("music")]


def test_music_is_played_by_a_thread_that_ends_with_the_session() -> None:
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


def test_what_is_refused_is_hung_up_on_and_logged() -> None:
    lines: list[str] = []

    client = hung_up_on(lines.append, {"setup": {"model": "models/gemini-3.8-live"}})
    assert client.closed is not None
    assert client.closed[0] == 1008
    assert lines == [f"hung up: 1008 {client.closed[1]}"]


def test_a_synthesizer_that_fails_ends_the_session_with_1011(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def breaks(stage: Stage, bar: Bar, fresh: bool) -> bytes:
        raise MemoryError("no room for music")

    monkeypatch.setattr(Stage, "_play", breaks)

    client = hung_up_on(lines.append, {"setup": SETUP}, {"playbackControl": "PLAY"})
    assert client.closed == (1011, "Internal error encountered. playing failed")
    assert lines[0] == "playing failed: MemoryError('no room for music')"


def test_the_stage_lets_bars_ring_into_each_other_unless_it_begins_afresh() -> None:
    async def run() -> tuple[bytes, bytes]:
        stage = Stage()
        try:
            await stage.play(BAR, fresh=True)
            ringing = await stage.play(REST, fresh=False)
            await stage.play(BAR, fresh=False)
            return ringing, await stage.play(REST, fresh=True)
        finally:
            await stage.close()

    ringing, silence = asyncio.run(run())
    assert any(ringing)
    assert not any(silence)


def test_the_loop_stays_free_while_a_bar_is_made() -> None:
    async def run() -> float:
        stage = Stage()
        loop, longest = asyncio.get_running_loop(), 0.0
        await stage.play(BAR, fresh=True)
        notes = tuple(Note("strings", pitch, 0.0, 4.0, 0.5) for pitch in range(40, 90))
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(stage.play(Bar(0, 60, 0.5, notes), fresh=False))
            before = loop.time()
            while not task.done():
                await asyncio.sleep(0.001)
                now = loop.time()
                longest, before = max(longest, now - before), now
        await stage.close()
        return longest

    assert asyncio.run(run()) < 0.1


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
