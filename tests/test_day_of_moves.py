"""A spoken conversation of a day, whose server ends each connection after ten minutes, keeps all its words."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import linear_regression
from time import process_time
from uuid import UUID

from livechat.conversation import Conversation, Terms
from livechat.events import Event, GoingAway, Heard, Reconnected, Reconnecting, SoundDropped, TurnEnded, UserSaid
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    ContextWindowCompression,
    GenerationConfig,
    SessionResumption,
    Setup,
    SlidingWindow,
)
from livechat.server.agreement import Terms as ServerTerms
from livechat.server.scenario import Limits, Scenario
from livechat.server.sessions import Sessions
from livechat.session import Session, Wire
from tests.long import SOAK
from tests.simulation import net
from tests.simulation.host import Host
from tests.simulation.world import FRAME_MS, LOUDNESS, SILENCE_MS, Loop, voice

HOURS = 24 if SOAK else 2
WARM_H = HOURS // 4 or 1
"""After so long everything has been there that there is."""
HOUR_S = 3_600
SILENCE = bytes(32 * SILENCE_MS)
LATENCY_S = 0.03
LIMITS = Limits(connection_s=600.0, notice_s=50.0, audio_s=None, video_s=None)
ANSWERED_S = 10.0
"""After so long what was said last is answered."""
SLOPE = 0.1 * 2**20
"""Bytes an hour."""
BLOCKS = 1_500
"""Objects an hour; what is said takes some 50 for each turn, here and in the server."""
SETUP = Setup(
    model="models/gemini-3.8-live",
    generation_config=GenerationConfig(response_modalities=["AUDIO"]),
    input_audio_transcription=AudioTranscriptionConfig(),
    output_audio_transcription=AudioTranscriptionConfig(),
    session_resumption=SessionResumption(),
    context_window_compression=ContextWindowCompression(sliding_window=SlidingWindow()),
)


class Server:
    """Accepts one connection after the other, and keeps none that is over."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.opened = 0
        self.opened_at = 0.0
        self._scenario = Scenario(limits=LIMITS)
        self._sessions = Sessions(self._scenario.resumption, LIMITS)
        self._host: Host | None = None

    async def connect(self) -> Wire:
        await asyncio.sleep(2 * LATENCY_S)
        self.opened += 1
        self.opened_at = self.loop.time()
        wire = net.Wire(LATENCY_S, lambda frame: host.hears(frame))
        host = Host(
            ServerTerms(UUID(int=self.opened), speculative=True, scenario=self._scenario, sessions=self._sessions),
            think_s=0.05,
            read=_read,
            asked=lambda history: None,
            says=wire.say,
            hangs_up=wire.hang_up,
            passes=lambda message, before: None,
        )
        return wire


def _read(pcm: bytes) -> str:
    """The lines whose both halves were heard, and of others that they were not."""
    halves = Counter((int.from_bytes(level, "little") - LOUDNESS) // 2 for level in _levels(pcm) if any(level))
    return " ".join(f"T{number} {'' if count == 2 else 'clipped '}calls0 words6" for number, count in halves.items())


def _levels(pcm: bytes) -> Sequence[bytes]:
    return list(dict.fromkeys(pcm[at : at + 2] for at in range(0, len(pcm), 64)))


@dataclass
class User:
    """Says something every few minutes, and every third time just when the server gives notice."""

    session: Session
    server: Server
    said: int = 0
    answers: Counter[int] = field(default_factory=Counter[int])
    clipped: int = 0
    moves: Counter[str] = field(default_factory=Counter[str])
    others: list[Event] = field(default_factory=list[Event])
    notices: int = 0
    speaks: bool = False
    during: int = 0
    """Notices given while the user spoke."""
    chance: Random = field(default_factory=lambda: Random("a day"))

    def sees(self, t: float, event: Event) -> None:
        if isinstance(event, TurnEnded) and not event.interrupted:
            number = int(event.text.split()[0].removeprefix("<T"))
            self.answers[number] += 1
        elif isinstance(event, UserSaid):
            self.clipped += "clipped" in event.whole
        elif isinstance(event, Reconnected):
            self.moves[event.how] += 1
        elif isinstance(event, GoingAway):
            self.notices += 1
            self.during += self.speaks
        elif isinstance(event, Reconnecting | SoundDropped) or (isinstance(event, TurnEnded) and event.interrupted):
            self.others.append(event)

    async def speak_until(self, end: float) -> None:
        loop = self.server.loop
        if not self.said:
            await self._say()
        while loop.time() < end:
            at = loop.time() + self.chance.uniform(100.0, 300.0)
            if self.chance.random() < 0.4:
                notice = self.server.opened_at + 550.0
                at = max(loop.time() + 10.0, notice + self.chance.uniform(-2.5, 1.5))
            await self.listen(at - loop.time())
            await self._say()

    async def listen(self, seconds: float) -> None:
        """The microphone hears nothing for so long."""
        until = self.server.loop.time() + seconds
        while self.server.loop.time() < until:
            await asyncio.sleep(SILENCE_MS / 1000)
            await self.session.hear(Heard(SILENCE))

    async def _say(self) -> None:
        self.said += 1
        self.speaks = True
        for half in (0, 1):
            for _ in range(10):
                await asyncio.sleep(FRAME_MS / 1000)
                await self.session.hear(Heard(voice(self.said, half, FRAME_MS)))
        self.speaks = False


class Speaker:
    """Plays at once."""

    ahead = 0

    def __init__(self) -> None:
        self.session: Session | None = None

    def play(self, pcm: bytes, turn: int) -> None:
        assert self.session is not None
        self.session.played(len(pcm) // 2, False)

    def finish(self, turn: int) -> None:
        pass

    def stop(self) -> None:
        assert self.session is not None
        self.session.played(0, True)


@dataclass
class Held:
    """What the process holds at a moment."""

    tasks: int
    threads: int
    descriptors: int
    blocks: int
    """Of Python's own memory: one for each object, and for what it holds beside itself."""
    resident: int
    """Bytes of the process; 0 where /proc is not."""

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        descriptors = Path("/proc/self/fd")
        return cls(
            len(asyncio.all_tasks()),
            threading.active_count(),
            len(os.listdir(descriptors)) if descriptors.exists() else 0,
            sys.getallocatedblocks(),
            int(Path("/proc/self/statm").read_text().split()[1]) * 4096 if descriptors.exists() else 0,
        )


@dataclass
class Day:
    """What is left of one."""

    user: User
    held: list[Held]
    """After each hour."""
    cpu_s: float


def live_through(hours: int) -> Day:
    async def main() -> tuple[User, list[Held]]:
        server, speaker, held = Server(), Speaker(), list[Held]()
        session = speaker.session = Session(Conversation(Terms(SETUP, plays=True, tries=8)), server.connect)
        session.hand_over(speaker)
        user = User(session, server)
        session.subscribe(user.sees)

        async def script(session: Session) -> None:
            for hour in range(1, hours + 1):
                await user.speak_until(hour * HOUR_S)
                await user.listen(ANSWERED_S)
                held.append(Held.now())

        await session.run(script)
        return user, held

    began = process_time()
    with asyncio.Runner(loop_factory=Loop) as runner:
        user, held = runner.run(main())
    return Day(user, held, process_time() - began)


def test_each_connection_is_gone_on_from_no_word_is_lost_and_nothing_piles_up() -> None:
    faulthandler.cancel_dump_traceback_later()  # a whole day takes longer than a test may
    day = live_through(HOURS)
    user, first, last = day.user, day.held[WARM_H - 1], day.held[-1]
    hours = HOURS - WARM_H
    assert set(user.moves) == {"resumed"}
    assert user.moves.total() == user.notices >= 6 * HOURS
    assert user.during >= HOURS, "the user was speaking when notice was given"
    assert user.answers == Counter(range(1, user.said + 1)), "each line is answered once"
    assert not user.clipped
    assert not user.others
    assert (first.tasks, first.threads, first.descriptors) == (last.tasks, last.threads, last.descriptors)
    assert (last.blocks - first.blocks) / hours < BLOCKS
    if SOAK:
        resident = [float(held.resident) for held in day.held[WARM_H - 1 :]]
        assert linear_regression(range(len(resident)), resident).slope <= SLOPE
        assert day.cpu_s <= 120
