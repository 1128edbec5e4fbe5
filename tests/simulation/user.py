"""The user of a simulated world: says the lines of the schedule, and remembers what came of each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from math import inf

from livechat import events
from livechat.session import Session
from tests.simulation.schedule import Line
from tests.simulation.world import FRAME_MS, SILENCE_MS, World, voice

PATIENCE_S = 300.0
"""Beyond any wait that a fault of these schedules can cause, with eight tries and half a minute between two."""
SILENCE = bytes(32 * SILENCE_MS)
IMPATIENT_S = 1.5
"""Seconds that such a user waits for a try."""
WATCHED_S = 10.0
"""Seconds between two looks at a server that may have fallen silent."""
ECHO_S = 0.6
"""How long after the model's voice it may still be heard."""
UNDERSTOOD_S = 60.0
DOUBT_S = 8.0
"""Seconds after which speech that nobody reacts to may have been noise."""
DESPAIR_S = 40.0
"""Seconds that the user waits for what was spoken to be read, and to be answered."""


@dataclass
class Fortune:
    """What became of one line."""

    line: Line
    said_at: float = inf
    done_at: float = inf
    overtaken: bool = False
    """The user said something else before it was answered to its end."""
    excused: bool = False
    """What was spoken and what was called before the machine stood still, nobody wants to be heard afterwards; and of
    what was asked before the user was told that the conversation is lost, nobody can tell."""
    answers: list[str] = field(default_factory=list[str])
    """Those that came to their end."""
    over_voice: bool = False
    """It was spoken while the model was, and may be taken for its voice."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """The user reads that it was understood, or has an answer."""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def said(self) -> bool:
        return self.said_at < inf


class User:
    """One user; `script` is what a session is run with, and `sees` is shown its news."""

    def __init__(self, world: World) -> None:
        self.fortunes = [Fortune(line) for line in world.schedule.lines]
        self.news: list[tuple[float, events.Event]] = []
        self.gave_up: Fortune | None = None
        """The first line whose answer was waited for in vain."""
        self._patience: asyncio.Timeout | None = None
        self._world = world
        world.slept = self._slept

    def _slept(self, seconds: float) -> None:
        patience = self._patience
        if patience is not None and (until := patience.when()) is not None and not patience.expired():
            patience.reschedule(until + seconds)  # nobody waits in one's sleep
        for fortune in self.fortunes:
            if fortune.said and (fortune.line.aloud or fortune.line.calls) and not fortune.done.is_set():
                fortune.excused = True
                fortune.done.set()

    def sees(self, t: float, event: events.Event) -> None:
        self.news.append((t, event))
        if not isinstance(event, events.UsageCounted | events.ModelSaid):
            self._world.tell(f"news   {event}"[:400])
        if isinstance(event, events.Ready):
            self._world.begin()
        if isinstance(event, events.Reconnecting):
            self._world.away_until = t + event.in_s
        if isinstance(event, events.Reconnecting | events.Reconnected):
            for fortune in self.fortunes:
                if fortune.over_voice and not fortune.heard.is_set():
                    fortune.excused = True  # where nothing sounds it is sent again
        if isinstance(event, events.SoundDropped):
            for fortune in self.fortunes:
                if fortune.said and fortune.line.aloud and not fortune.done.is_set():
                    fortune.excused = True  # and counted on the screen
        if isinstance(event, events.Reconnecting) and event.in_s > IMPATIENT_S and self._world.schedule.impatient:
            self._world.loop.call_later(IMPATIENT_S, self._retry)
        if isinstance(event, events.Reconnected) and event.how == "lost":
            for fortune in self.fortunes:
                if fortune.said and fortune.line.calls and not fortune.done.is_set():
                    fortune.excused = True
                    fortune.done.set()
        if isinstance(event, events.UserSaid):
            for fortune in self.fortunes:
                if fortune.line.tag in event.whole:
                    fortune.heard.set()
        if isinstance(event, events.TurnEnded) and not event.interrupted:
            for fortune in self.fortunes:
                if f"{fortune.line.tag}>" in event.text:
                    fortune.answers.append(event.text)
                    fortune.done_at = min(fortune.done_at, t)
                    fortune.heard.set()
                    fortune.done.set()

    def _retry(self) -> None:
        assert self._world.session is not None
        self._world.tell("user   wants it tried at once")
        self._world.session.report(events.Retried())

    async def script(self, session: Session) -> None:
        before: Fortune | None = None
        for fortune in self.fortunes:
            if before is not None and fortune.line.waits and not await self._answered(before, session):
                return
            if before is not None and before.line.aloud and not fortune.line.aloud:
                await self._understood(before, session)
            await self._pause(fortune.line.pause_s, before, session)
            for earlier in self.fortunes[: fortune.line.number - 1]:
                earlier.overtaken = earlier.overtaken or not earlier.done.is_set()
            fortune.said_at = self._world.loop.time()
            self._world.loop.call_later(DESPAIR_S, self._watch, fortune)
            await self._say(fortune.line, session)
            before = fortune
        if before is not None and await self._answered(before, session):
            await asyncio.sleep(1.0)

    async def _answered(self, fortune: Fortune, session: Session) -> bool:
        """Whether it is, within all patience; the microphone hears silence meanwhile where it was spoken."""
        try:
            async with self._patient(PATIENCE_S):
                while not fortune.done.is_set() and self._listens(fortune):
                    await self._silence(session)
                await fortune.done.wait()
        except TimeoutError:
            self.gave_up = fortune
            self._world.tell(f"user   gives up waiting for the answer to {fortune.line.tag}")
            return False
        return True

    @contextlib.asynccontextmanager
    async def _patient(self, seconds: float) -> AsyncGenerator[None]:
        """Raises TimeoutError after so many seconds in which the machine was awake."""
        try:
            async with asyncio.timeout(seconds) as self._patience:
                yield
        finally:
            self._patience = None

    def _watch(self, fortune: Fortune) -> None:
        """Who gets no answer from a server that keeps silent says something else after a while.

        A model need not answer what it hears, nor speak of each result by itself: that it keeps silent for ever
        nobody can know (reliability.md A4), nor whether what was merely loud was meant for it.
        """
        if fortune.done.is_set():
            return
        met_silence = self._world.was_silent(fortune.said_at)
        if fortune.excused or (met_silence and (fortune.line.aloud or fortune.line.calls)):
            fortune.excused = True
            fortune.done.set()
        else:
            self._world.loop.call_later(WATCHED_S, self._watch, fortune)

    def _doubt(self, fortune: Fortune) -> None:
        """What a silent server does not react to may have been the model's own voice."""
        fortune.excused = fortune.excused or (self._world.silent and not fortune.heard.is_set())

    async def _understood(self, fortune: Fortune, session: Session) -> None:
        """Who types after having spoken waits for those words to be read: what is typed would overtake them."""
        with contextlib.suppress(TimeoutError):
            async with self._patient(UNDERSTOOD_S):
                while not fortune.heard.is_set():
                    await self._silence(session)

    async def _pause(self, seconds: float, before: Fortune | None, session: Session) -> None:
        until = self._world.loop.time() + seconds
        while before is not None and self._listens(before) and self._world.loop.time() < until:
            await self._silence(session)
        await asyncio.sleep(max(0.0, until - self._world.loop.time()))

    def _listens(self, fortune: Fortune) -> bool:
        return fortune.line.aloud and not fortune.done.is_set()

    async def _silence(self, session: Session) -> None:
        await asyncio.sleep(SILENCE_MS / 1000)
        if not self._world.schedule.marks:
            await session.hear(events.Heard(SILENCE))

    async def _say(self, line: Line, session: Session) -> None:
        self._world.tell(f"user   {'says' if line.aloud else 'types'} {line.text}")
        if not line.aloud:
            session.tell(events.Typed(line.text))
        elif self._world.schedule.marks:
            session.tell(events.FloorClaimed())
            await self._speak(line, session)
            session.tell(events.FloorYielded())
        else:
            await self._speak(line, session)
            self._doubt(self.fortunes[line.number - 1])
            self._world.loop.call_later(DOUBT_S, self._doubt, self.fortunes[line.number - 1])
            await self._silence(session)
            await self._silence(session)

    async def _speak(self, line: Line, session: Session) -> None:
        for half in (0, 1):
            for _ in range(line.speech_ms // 2 // FRAME_MS):
                await asyncio.sleep(FRAME_MS / 1000)
                echoes = not self._world.schedule.marks and self._world.loop.time() < self._world.sounds_until + ECHO_S
                fortune = self.fortunes[line.number - 1]
                fortune.over_voice = fortune.over_voice or echoes
                await session.hear(events.Heard(voice(line.number, half, FRAME_MS)))
