"""Clients on loopback whose connection is lost or is left by plan: what arrives of their users' words, and how late."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from livechat.conversation import Conversation, Terms
from livechat.events import Event, Heard, Reconnected, Resumable, TurnEnded, Typed
from livechat.link import Link, open_link
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.protocol.setup import AutomaticActivityDetection, GenerationConfig, RealtimeInputConfig, Setup
from livechat.server.brain import Said
from livechat.server.ears import EarEvent, Ears, EarSettings
from livechat.server.options import ServerOptions
from livechat.session import Session
from livechat.testing import LIVE_PATH, LiveServer
from tests.fault_proxy import faulty
from tests.server_help import LoudIsSpeech, PretendSpeech

Loss = Literal["RST", "1011", "EOF"]
LOSSES: Sequence[Loss] = ("RST", "1011", "EOF")
FRAME = 320
"""Samples: 20 ms."""
SOFTEST = 600
"""The first sample of what is said; each is one louder than the one before."""
SPOKEN = Setup(
    model="models/gemini-2.5-flash-native-audio-latest",
    generation_config=GenerationConfig(response_modalities=["AUDIO"]),
    realtime_input_config=RealtimeInputConfig(
        automatic_activity_detection=AutomaticActivityDetection(silence_duration_ms=200)
    ),
)
WRITTEN = Setup(
    model="models/gemini-2.0-flash-live-001", generation_config=GenerationConfig(response_modalities=["TEXT"])
)
THINK = "think"
"""A line that is never answered."""


class Brain:
    """Says yes, and thinks for ever when it is told to."""

    speculative = True

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        if history[-1].text == THINK:
            await asyncio.Event().wait()
        yield "Yes."


class Noting(Ears):
    """Ears that keep all they hear."""

    def __init__(self, settings: EarSettings, hint_after_ms: int) -> None:
        super().__init__(settings, hint_after_ms, LoudIsSpeech())
        self.heard = bytearray()

    def feed(self, pcm: bytes) -> list[EarEvent]:
        self.heard += pcm
        return super().feed(pcm)


@dataclass
class Listening(PretendSpeech):
    """Notes what each connection hears."""

    ears_given: list[Noting] = field(default_factory=list[Noting])

    def __post_init__(self) -> None:
        super().__init__("What time is it?")

    def ears(self, settings: EarSettings, hint_after_ms: int = 100) -> Ears:
        self.ears_given.append(Noting(settings, hint_after_ms))
        return self.ears_given[-1]

    def taken(self) -> list[list[int]]:
        """The samples that each connection has heard since the last time, silence left out."""
        given, self.ears_given = self.ears_given, []
        return [[sample for (sample,) in struct.iter_unpack("<h", ears.heard) if sample] for ears in given]


@dataclass
class Place:
    """A server in a thread of its own, and what it hears."""

    server: LiveServer
    speech: Listening

    @property
    def url(self) -> str:
        return self.server.url + LIVE_PATH


@contextmanager
def place() -> Generator[Place]:
    speech = Listening()
    options = ServerOptions(brain=Brain(), load_speech=lambda folder: speech, missing=lambda: None)
    with LiveServer().running(options) as server:
        yield Place(server, speech)


def numbered(seconds: float) -> list[bytes]:
    """What is said: frames in which no sample is like another. Up to 2 s."""
    count = round(seconds * 50) * FRAME
    pcm = struct.pack(f"<{count}h", *range(SOFTEST, SOFTEST + count))
    return [pcm[at : at + 2 * FRAME] for at in range(0, len(pcm), 2 * FRAME)]


def numbers(seconds: float) -> list[int]:
    return list(range(SOFTEST, SOFTEST + round(seconds * 50) * FRAME))


class Timed:
    """A link that notes when sound was sent."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.receive, self.close, self.strain = link.receive, link.close, link.strain
        self.sounds: list[float] = []

    async def send(self, frame: str) -> None:
        await self._link.send(frame)
        if "audio/pcm" in frame:
            self.sounds.append(asyncio.get_running_loop().time())


@dataclass
class Moved:
    """What came of a move."""

    how: str
    heard: list[list[int]]
    """By each connection."""
    gap_s: float
    """From the last sound that was sent on one connection to the first on the next."""


async def moves(place: Place, speaks_at: float, seconds: float, left_s: float) -> Moved:
    """The server gives notice, and the user begins to speak so many seconds after that (or before it)."""
    loop = asyncio.get_running_loop()
    links: list[Timed] = []
    how: list[str] = []

    async def connect() -> Timed:
        links.append(Timed(await open_link(place.url, {})))
        return links[-1]

    def look(_: float, event: Event) -> None:
        if isinstance(event, Reconnected):
            how.append(event.how)

    async def script(session: Session) -> None:
        session.subscribe(look)
        session.tell(Typed("hello"))
        await session.until(Resumable)
        answered = asyncio.Event()
        session.subscribe(lambda _, event: answered.set() if isinstance(event, TurnEnded) else None)
        begin = loop.time() + 0.3
        loop.call_at(begin + max(0.0, -speaks_at), place.server.go_away, left_s)
        said = [bytes(2 * FRAME)] * round((0.3 + max(0.0, speaks_at)) * 50) + numbered(seconds)
        at = loop.time()
        while said or not (answered.is_set() and how):
            at += 0.02
            await asyncio.sleep(at - loop.time())
            await session.hear(Heard(said.pop(0) if said else bytes(2 * FRAME)))

    session = Session(Conversation(Terms(SPOKEN, plays=False, tries=8)), connect)
    session.live = True
    await session.run(script)
    return Moved(how[0], place.speech.taken(), links[1].sounds[0] - links[0].sounds[-1])


async def comes_back(place: Place, loss: Loss, *, in_turn: bool) -> float:
    """Seconds from the loss of a connection to the moment when the next is ready for whatever is said."""
    back: list[float] = []
    loop = asyncio.get_running_loop()

    async with faulty(place.server.port) as proxy:
        url = f"ws://127.0.0.1:{proxy.port}{LIVE_PATH}"

        def end_all() -> None:
            for end in list(proxy.ends):
                end.transport.close()

        strikes: dict[Loss, Callable[[], None]] = {
            "RST": proxy.reset,
            "1011": lambda: place.server.close(1011, "Internal error encountered."),
            "EOF": end_all,
        }

        async def script(session: Session) -> None:
            session.tell(Typed("hello"))
            await session.until(Resumable)
            if in_turn:
                session.tell(Typed(THINK))
                await asyncio.sleep(0.02)
            began = loop.time()
            loop.call_soon(strikes[loss])
            await session.until(Reconnected)
            back.append(loop.time() - began)

        await Session(Conversation(Terms(WRITTEN, plays=False, tries=8)), lambda: open_link(url, {})).run(script)
    return back[0]
