"""Holds a conversation, or a music session, with everybody whom the door lets in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from livechat.server.acts import Staged
from livechat.server.agreement import Terms
from livechat.server.brain import Brain
from livechat.server.chance import Chance
from livechat.server.connection import Connection
from livechat.server.courier import Courier
from livechat.server.dialogue import Dialogue
from livechat.server.door import Visitor
from livechat.server.lines import Gone, Line, Wire
from livechat.server.options import ServerOptions
from livechat.server.pieces import Mishap, Notice
from livechat.server.scenario import Fault
from livechat.server.sessions import Sessions
from livechat.server.studio import Studio

if TYPE_CHECKING:
    from livechat.server.music.connection import MusicConnection

EXPIRED: Final = "The auth token has expired."

Log = Callable[[str], None]


class Host:
    """What all connections of one server share, and those of them that are open."""

    def __init__(self, options: ServerOptions, brain: Brain, studio: Studio, missing: str, chance: Chance) -> None:
        self._options = options
        self._brain = brain
        self._studio = studio
        self._missing = missing
        self._chance = chance
        self._sessions = Sessions(options.scenario.resumption, options.scenario.limits)
        self._stages: set[asyncio.Queue[Staged]] = set()

    async def hold(self, line: Line, visitor: Visitor, number: int, log: Log) -> None:
        """Returns when the connection is closed, by whomever. `number` counts connections from 1."""
        draw = self._chance.of(number).random
        struck = partial(self._struck, number)
        async with Courier(line, self._options.scenario, number, draw, log, struck) as wire:
            try:
                async with asyncio.timeout(self._seconds_left(visitor)):
                    await self._run(wire, self._terms(visitor, number), log)
            except TimeoutError:
                await wire.close(1008, EXPIRED)

    def stage(self, cue: Notice | Mishap) -> int:
        """Lets something happen in every conversation that is open now; their number."""
        for stage in self._stages:
            stage.put_nowait(Staged(cue))
        return len(self._stages)

    async def _run(self, wire: Wire, terms: Terms, log: Log) -> None:
        connection = self._connection(wire, terms, log)
        stage: asyncio.Queue[Staged] = asyncio.Queue()
        self._stages.add(stage)
        try:
            async with asyncio.TaskGroup() as tasks:
                staging = tasks.create_task(_tell_of(stage, connection))
                await connection.run()
                staging.cancel()
        finally:
            self._stages.discard(stage)

    def _connection(self, wire: Wire, terms: Terms, log: Log) -> Connection | MusicConnection:
        if not terms.music:
            return Connection(wire, Dialogue(terms), self._brain, self._studio, log)
        from livechat.server.music.connection import MusicConnection
        from livechat.server.music.dialogue import MusicDialogue

        return MusicConnection(wire, MusicDialogue(terms), self._studio, log)

    def _struck(self, number: int, fault: Fault) -> None:
        if self._options.events is not None:
            from livechat.server.fault_words import words

            self._options.events.record("fault", connection=number, fault=words(fault))

    def _terms(self, visitor: Visitor, number: int) -> Terms:
        path = visitor.path
        return Terms(
            session_id=self._chance.session_id(number),
            version=path.version,
            vertex=path.api in ("vertex", "firebase-vertex"),
            music=path.api == "music",
            speech_missing=self._missing,
            speculative=self._brain.speculative,
            silence_ms=self._options.silence_ms,
            scenario=self._options.scenario,
            sessions=self._sessions,
            grant=visitor.token,
        )

    def _seconds_left(self, visitor: Visitor) -> float | None:
        """How long a client's ephemeral token lasts."""
        if visitor.token is None:
            return None
        return (visitor.token.token.expires - self._options.now()).total_seconds()


async def _tell_of(stage: asyncio.Queue[Staged], connection: Connection | MusicConnection) -> None:
    """Passes on what is staged; what ends the connection is seen by who reads from it."""
    try:
        while True:
            await connection.tell(await stage.get())
    except Gone:
        pass
