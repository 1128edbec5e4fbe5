"""A day of a server on a virtual clock: a client talks, is sent away, comes back, and leaves nothing behind.

It takes a quarter of a minute; outside the long tests (`make soak`) the day ends at six in the morning.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import os
import tracemalloc
from datetime import datetime
from itertools import count, cycle
from uuid import UUID

from livechat.protocol.codec import encode
from livechat.protocol.server import ServerMessage
from livechat.server.agreement import Terms
from livechat.server.brain import BuiltinBrain
from livechat.server.connection import Connection
from livechat.server.dialogue import Dialogue
from livechat.server.sessions import Sessions
from tests import virtual
from tests.server_help import MS, SPEECH, Client, InstantStudio, PretendSpeech, setup

HOUR_S = 3600.0
HOURS = 24 if os.environ.get("LIVECHAT_SOAK") else 6
SLACK = 150_000
"""Bytes by which two moments differ: a window that slides, twenty handles, and what regular expressions remember."""
PAUSE_S = 45.0
WINDOW = {"triggerTokens": "2000", "slidingWindow": {"targetTokens": "1000"}}
"""Filled within the first hour."""
QUESTIONS = ("Hello.", "What is seventeen times three?", "My name is Anna.", "Tell me a joke.", "What is my name?")


class Lodger(Client):
    """A client that counts what it is told, and keeps of it only how to come back."""

    def __init__(self, handle: str) -> None:
        super().__init__()
        self.handle = handle
        self.must_go = False
        self.answered = asyncio.Event()
        self.turns = 0

    async def send(self, message: ServerMessage) -> None:
        encode(message)
        self.must_go |= message.go_away is not None
        if message.session_resumption_update is not None:
            self.handle = message.session_resumption_update.new_handle or self.handle
        if message.server_content is not None and message.server_content.turn_complete:
            self.turns += 1
            self.answered.set()

    async def speaks_up(self) -> None:
        """A second of voice and one of silence, in tenths."""
        for sample in (SPEECH, b"\0\0"):
            data = base64.b64encode(sample * (100 * MS // 2)).decode()
            for _ in range(10):
                self.says(realtimeInput={"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}})
                await asyncio.sleep(0.1)

    async def stay(self) -> None:
        """Types and speaks in turn until it is to go."""
        resumption = {"handle": self.handle} if self.handle else {}
        self.says(setup=setup(sessionResumption=resumption, contextWindowCompression=WINDOW))
        for turn, question in zip(count(), cycle(QUESTIONS)):
            self.answered.clear()
            if turn % 2:
                await self.speaks_up()
            else:
                self.asks(question)
            async with asyncio.timeout(60):
                await self.answered.wait()
            await asyncio.sleep(PAUSE_S)
            if self.must_go:
                return


class Day:
    """One client's sessions with one server without sockets; each connection ends after ten minutes."""

    def __init__(self) -> None:
        self.sessions = Sessions()
        self.brain = BuiltinBrain(lambda: datetime(2026, 11, 21, 9, 15))
        self.studio = InstantStudio(PretendSpeech())
        self.handle = ""
        self.connections = 0
        self.turns = 0

    async def until(self, hour: float) -> None:
        while asyncio.get_running_loop().time() < hour * HOUR_S:
            await self.visit()

    async def visit(self) -> None:
        """From one connection's setup to its goAway."""
        client = Lodger(self.handle)
        terms = Terms(UUID(int=self.connections), speculative=True, sessions=self.sessions)
        connection = Connection(client, Dialogue(terms), self.brain, self.studio, lambda line: None)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connection.run())
            await client.stay()
            client.leaves()
        assert client.closed is None, client.closed
        self.handle = client.handle
        self.turns += client.turns
        self.connections += 1


def test_memory_is_as_flat_at_the_end_of_a_day_as_in_its_beginning() -> None:
    async def main() -> list[tuple[int, int]]:
        await day.until(2)
        tracemalloc.start()
        try:
            return [await held(day, hour) for hour in (4, HOURS)]
        finally:
            tracemalloc.stop()

    day = Day()
    with asyncio.Runner(loop_factory=virtual.VirtualLoop) as runner:  # the debug mode takes four times as long
        (morning_bytes, morning_objects), (night_bytes, night_objects) = runner.run(main())
    assert day.connections >= 6 * HOURS
    assert day.turns > 60 * HOURS
    assert len(day.sessions) == 1
    assert night_bytes - morning_bytes < SLACK
    assert night_objects - morning_objects < 500


async def held(day: Day, hour: float) -> tuple[int, int]:
    """The bytes and the objects that are held after so many hours, since the measuring began."""
    await day.until(hour)
    gc.collect()
    return tracemalloc.get_traced_memory()[0], len(gc.get_objects())
