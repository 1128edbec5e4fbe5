"""What a microphone gives is sent while it is fresh, dropped while the link is slow, and kept while there is none."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from livechat.conversation import Conversation, Terms
from livechat.events import (
    Disconnected,
    Event,
    FloorClaimed,
    FloorYielded,
    Heard,
    Ready,
    Reconnected,
    Reconnecting,
    Refused,
    Said,
    Slept,
    SoundDropped,
    Typed,
)
from livechat.outbox import OLD_S
from livechat.protocol.client import ClientMessage, ToolResponse
from livechat.protocol.parts import FunctionResponse
from livechat.protocol.setup import Setup
from livechat.session import PULSE_S, Session
from tests import virtual
from tests.long import SOAK
from tests.session_help import FakeWire, Frame, silent

SETUP = Setup.model_validate(
    {
        "model": "models/gemini-2.5-flash-native-audio-latest",
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
    }
)
"""With marks of ours, which are never dropped."""
SLOW = 8_000
"""Bytes a second; speech needs 45,000."""
BUFFER = 4_096
"""Bytes that a link takes before whoever sends has to wait."""
FRAME_S = 0.02
CANCELS = 4_000 if SOAK else 1_000


class Narrow(FakeWire):
    """A link that takes so many bytes a second, and notes when it was given what."""

    def __init__(self, server: Callable[[Frame], list[Frame]] = silent, rate: float = SLOW) -> None:
        super().__init__(server)
        self.rate = rate
        self.given: list[tuple[float, Frame]] = []
        self._free_at = 0.0
        self._loop = asyncio.get_running_loop()

    async def send(self, frame: str) -> None:
        now = self._loop.time()
        self.given.append((now, json.loads(frame)))
        await super().send(frame)
        self._free_at = max(self._free_at, now) + len(frame) / self.rate
        await asyncio.sleep(max(0.0, self._free_at - BUFFER / self.rate - now))

    def sounds(self) -> list[tuple[float, int]]:
        """The numbers of the frames of sound, with the times at which they were given."""
        return [(t, number_of(frame)) for t, frame in self.given if "audio" in frame.get("realtimeInput", {})]

    def others(self) -> list[str]:
        """What else went out, in short."""
        return [word for _, frame in self.given if (word := in_short(frame))]


def number_of(frame: Frame) -> int:
    return int.from_bytes(base64.b64decode(frame["realtimeInput"]["audio"]["data"])[:2], "little")


def in_short(frame: Frame) -> str:
    live: dict[str, Any] = frame.get("realtimeInput", {})
    if "clientContent" in frame:
        return str(frame["clientContent"]["turns"][0]["parts"][0]["text"])
    if "toolResponse" in frame:
        return str(frame["toolResponse"]["functionResponses"][0]["id"])
    return next((name for name in ("activityStart", "activityEnd") if name in live), "")


def pcm(number: int) -> bytes:
    """20 ms that are loud and tell their number, up to 30,000."""
    return (number + 1_000).to_bytes(2, "little") * 320


@dataclass
class Stage:
    """A session on links that are made one after the other; None is a connection that does not come about."""

    links: list[Narrow | None]
    live: bool = True
    spoken_at: list[float] = field(default_factory=list[float])
    """When each frame was told."""
    news: list[tuple[float, Event]] = field(default_factory=list[tuple[float, Event]])

    async def run(self, script: Callable[[Session], Any], suspended: Callable[[], float] = lambda: 0.0) -> None:
        to_come = iter(self.links)

        async def connect() -> Narrow:
            await asyncio.sleep(0.01)
            if (link := next(to_come)) is None:
                raise Disconnected(Refused("connect", "nobody there"))
            return link

        session = Session(Conversation(Terms(SETUP, plays=False, tries=8)), connect, suspended=suspended)
        session.live = self.live
        session.subscribe(lambda t, event: self.news.append((t, event)))
        await session.run(script)

    async def speak(self, session: Session, seconds: float, *, and_then: Callable[[int], None] | None = None) -> None:
        """Frames in real time; `and_then` is called after each with its number."""
        loop = asyncio.get_running_loop()
        for _ in range(round(seconds / FRAME_S)):
            await asyncio.sleep(FRAME_S)
            number = len(self.spoken_at)
            self.spoken_at.append(loop.time())
            await session.hear(Heard(pcm(number % 30_000)))
            if and_then is not None:
                and_then(number)

    def all(self, kind: type[Event]) -> list[float]:
        return [t for t, event in self.news if isinstance(event, kind)]


def test_on_a_slow_link_old_sound_is_dropped_and_nothing_else_ever_is() -> None:
    async def main() -> None:
        link = Narrow()
        stage = Stage([link])
        expected: list[str] = []

        async def script(session: Session) -> None:
            def say(number: int) -> None:
                what = number % 250
                if what == 0:
                    session.tell(FloorClaimed())
                    expected.append("activityStart")
                elif what == 100:
                    session.tell(FloorYielded())
                    expected.append("activityEnd")
                elif what == 150:
                    session.tell(Typed(f"line {number}"))
                    expected.append(f"line {number}")
                elif what == 200:
                    response = FunctionResponse(id=f"call {number}", name="f", response={})
                    session.tell(Said(ClientMessage(tool_response=ToolResponse(function_responses=[response]))))
                    expected.append(f"call {number}")

            await session.until(Ready)
            await stage.speak(session, 60, and_then=say)
            await asyncio.sleep(5)

        await stage.run(script)
        sounds = link.sounds()
        ages = sorted(t - stage.spoken_at[number - 1_000] for t, number in sounds)
        assert ages[-1] <= OLD_S + 1e-9
        numbers = [number for _, number in sounds]
        assert numbers == sorted(set(numbers)), "what is sent keeps its order, and goes once"
        assert 0.1 < len(numbers) / len(stage.spoken_at) < 0.25, "as much as the link takes"
        assert link.others() == expected, "words, answers and marks all go out, in order"
        told = [event.ms for _, event in stage.news if isinstance(event, SoundDropped)]
        assert told[-1] == (len(stage.spoken_at) - len(numbers)) * 20, "all that was dropped is told"
        assert told == sorted(told)
        assert len(told) <= 63, "once a second"

    virtual.run(main())


def test_a_file_waits_for_a_slow_link_and_nothing_of_it_is_dropped() -> None:
    async def main() -> None:
        link = Narrow()
        stage = Stage([link], live=False)

        async def script(session: Session) -> None:
            await session.until(Ready)
            await stage.speak(session, 4)

        await stage.run(script)
        assert [number - 1_000 for _, number in link.sounds()] == list(range(200))
        assert not stage.all(SoundDropped)
        assert link.sounds()[-1][0] > 20, "it took its time"

    virtual.run(main())


@pytest.mark.parametrize("lot", range(25 if SOAK else 1))
def test_what_is_said_is_sent_once_though_whoever_said_it_is_cancelled_at_any_moment(lot: int) -> None:
    async def main() -> None:
        link = Narrow(rate=1_000_000)
        stage = Stage([link], live=False)
        chance = Random(lot)
        cancelled = 0

        async def script(session: Session) -> None:
            nonlocal cancelled
            await session.until(Ready)
            for number in range(CANCELS):
                await session.room()
                saying = asyncio.get_running_loop().create_task(session.hear(Heard(pcm(number))))
                for _ in range(chance.choice((1, 1, 2, 3))):
                    await asyncio.sleep(chance.choice((0.0, 0.0, 0.0005, 0.002)))
                cancelled += saying.cancel()
                await asyncio.wait([saying])
            await asyncio.sleep(10)

        await stage.run(script)
        assert [number - 1_000 for _, number in link.sounds()] == list(range(CANCELS))
        assert cancelled > CANCELS / 3

    virtual.run(main())


def test_a_quarter_of_an_hour_on_a_slow_link_piles_nothing_up() -> None:
    async def main() -> None:
        link = Narrow()
        stage = Stage([link])
        blocks: list[int] = []

        def forget(number: int) -> None:
            link.given.clear()
            link.sent.clear()
            if number % 7_500 == 0:
                stage.spoken_at[:-1] = [0.0] * number  # one object
                blocks.append(sys.getallocatedblocks())

        async def script(session: Session) -> None:
            await session.until(Ready)
            await stage.speak(session, 900, and_then=forget)

        await stage.run(script)
        del blocks[:2]  # two minutes of sound are kept
        assert len(blocks) == 4
        assert blocks[-1] - blocks[0] < 450 * 4, "each second tells of what it dropped"

    virtual.run(main())


# ------------------------------------------------------------------------------------------- while there is none


@pytest.mark.parametrize("rate", [100_000, 1_000_000])
def test_what_is_said_while_there_is_no_link_is_sent_afterwards_and_nothing_behind_it_is_dropped(rate: float) -> None:
    async def main() -> None:
        first, last = Narrow(), Narrow(rate=rate)
        stage = Stage([first, *[None] * 4, last])

        async def script(session: Session) -> None:
            await session.until(Ready)
            session.tell(FloorClaimed())
            first.ends(1006)
            await stage.speak(session, 20)
            session.tell(FloorYielded())
            await asyncio.sleep(20)

        await stage.run(script)
        assert len(stage.all(Reconnected)) == 1
        assert [number - 1_000 for _, number in last.sounds()] == list(range(1_000)), "each, once and in order"
        assert last.others() == ["activityStart", "activityEnd"]
        assert not stage.all(SoundDropped)
        assert last.sounds()[0][0] > stage.spoken_at[0] + 2, "it was a while"

    virtual.run(main())


def test_of_a_long_time_without_a_link_the_last_half_minute_is_kept() -> None:
    async def main() -> None:
        first, last = Narrow(), Narrow(rate=1_000_000)
        stage = Stage([first, *[None] * 6, last])

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            while not stage.all(Reconnected):
                await stage.speak(session, 0.5)

        await stage.run(script)
        sent = [number - 1_000 for _, number in last.sounds()]
        assert len(stage.spoken_at) > 2_000
        assert sent == list(range(sent[0], len(stage.spoken_at))), "the newest, without a gap"
        assert 1_500 <= len(sent) <= 1_526, "and what was said since"

    virtual.run(main())


def test_of_what_was_said_before_a_sleep_nothing_is_sent_after_it() -> None:
    async def main() -> None:
        first, last = Narrow(), Narrow(rate=1_000_000)
        stage = Stage([first, *[None] * 4, last])

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            await stage.speak(session, 2)
            session.tell(Slept(600.0))
            asleep = len(stage.spoken_at)
            await stage.speak(session, 20)
            assert [number - 1_000 for _, number in last.sounds()] == list(range(asleep, len(stage.spoken_at)))

        await stage.run(script)
        assert stage.all(Reconnecting)

    virtual.run(main())


def test_nor_of_what_waited_for_a_link_that_is_still_there() -> None:
    async def main() -> None:
        link, asleep = Narrow(), [0.0]
        stage = Stage([link])

        async def script(session: Session) -> None:
            await session.until(Ready)
            await stage.speak(session, 2)
            session.tell(Typed("and now?"))
            asleep[0] = 5.0  # which the loop's clock has not noticed
            await asyncio.sleep(PULSE_S)
            given = len(link.sounds())
            await asyncio.sleep(5)
            assert len(link.sounds()) == given
            assert link.others() == ["and now?"]

        await stage.run(script, lambda: asleep[0])

    virtual.run(main())
