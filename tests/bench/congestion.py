"""Speaks over a link on loopback that is far too slow for it, and measures how old what is sent has become."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator

from livechat.conversation import Conversation, Terms
from livechat.events import Event, Heard, Resumable, SoundDropped, Typed
from livechat.link import Link, open_link
from livechat.session import Session
from livechat.testing import LIVE_PATH
from tests.fault_proxy import faulty
from tests.moves import FRAME, SPOKEN, Timed, place

SLOW = 8_000
"""Bytes a second; speech needs 45,000."""
SPOKEN_S = 20
LINES = 4
ROOM = 4_096
"""Bytes that the kernel of whoever is in the way takes in: a network has no megabytes of room either."""


class Dated(Timed):
    """A link that notes which frame of sound it was given when."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.given: dict[int, float] = {}

    async def send(self, frame: str) -> None:
        if "audio/pcm" in frame:
            data = base64.b64decode(json.loads(frame)["realtimeInput"]["audio"]["data"])
            self.given[int.from_bytes(data[:2], "little")] = asyncio.get_running_loop().time()
        await super().send(frame)


def congestion() -> Iterator[tuple[str, float, float]]:
    ages, dropped_ms, lines, heard = asyncio.run(speak())
    told = f"{len(ages)} of {SPOKEN_S * 50} frames sent, {dropped_ms} ms told to be dropped"
    print(f"      at {SLOW} bytes a second: {told}; p50 {ages[len(ages) // 2]:.0f} ms old", flush=True)
    yield "age of sound that goes out on a link too slow for it, p99, ms", ages[len(ages) * 99 // 100], 500
    yield "lines of text that such a link lost", LINES - lines, 0
    yield "frames of sound that it lost, doubled or mixed up", len(ages) - in_order(heard), 0


def in_order(heard: list[int]) -> int:
    """Frames that were heard whole, once and after the one before; all samples of one are equal."""
    frames = [heard[at : at + FRAME] for at in range(0, len(heard), FRAME)]
    return sum(len(set(frame)) == 1 and (not at or frame > frames[at - 1]) for at, frame in enumerate(frames))


async def speak() -> tuple[list[float], int, int, list[int]]:
    """The ages in milliseconds, how much was told to be dropped, the lines that arrived, and the samples that did."""
    loop = asyncio.get_running_loop()
    spoken: dict[int, float] = {}
    news: list[Event] = []

    async def script(session: Session) -> None:
        session.tell(Typed("hello"))
        await session.until(Resumable)
        session.subscribe(lambda _, event: news.append(event))
        proxy.rate(SLOW, "up")
        at = loop.time()
        for number in range(SPOKEN_S * 50):
            at += 0.02
            await asyncio.sleep(at - loop.time())
            spoken[1_000 + number] = loop.time()
            await session.hear(Heard((1_000 + number).to_bytes(2, "little") * FRAME))
            if number % (SPOKEN_S * 50 // LINES) == 0:
                session.tell(Typed("and now?"))
        proxy.passes()
        await asyncio.sleep(2.0)

    with place() as server:
        async with faulty(server.server.port, room=ROOM) as proxy:
            link = Dated(await open_link(f"ws://127.0.0.1:{proxy.port}{LIVE_PATH}", {}))

            async def connect() -> Dated:
                return link

            session = Session(Conversation(Terms(SPOKEN, plays=False, tries=8)), connect)
            session.live = True
            await session.run(script)
            typed = sum("clientContent.turns" in event.get("kinds", ()) for event in server.server.events)
    dropped = [event.ms for event in news if isinstance(event, SoundDropped)]
    ages = sorted(1000 * (at - spoken[number]) for number, at in link.given.items())
    return ages, dropped[-1], typed - 1, server.speech.taken()[0]
