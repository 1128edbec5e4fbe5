"""The body over several links on virtual time: one at a time, none waited for in vain, nothing of one on the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from livechat.conversation import Conversation, Terms
from livechat.errors import AccessDenied
from livechat.events import (
    Disconnected,
    Ended,
    Event,
    Faltering,
    Heard,
    Noted,
    Ready,
    Reconnected,
    Reconnecting,
    Refused,
    Slept,
    SoundDropped,
    TurnEnded,
    Typed,
)
from livechat.protocol.setup import Setup
from livechat.session import OVERSLEPT_S, PARTING_S, PULSE_S, STRAINED_S, Session
from tests import virtual
from tests.session_help import FakeWire, polite, silent, wrote

SETUP = Setup(model="models/gemini-3.8-live")
GO = {"goAway": {"timeLeft": "0s"}}


class Strained(FakeWire):
    """A link whose peer's kernel can be silent."""

    silent_s = 0.0

    def strain(self) -> float:
        return self.silent_s


class Stage:
    """A session to which links are given in turn: a wire, a refusal, or nothing that ever comes about."""

    def __init__(self, *links: FakeWire | Refused | None, tries: int = 8, suspended: float = 0.0) -> None:
        self.to_come = list(links)
        self.opened_at: list[float] = []
        self.suspended_s = suspended
        self.loop = asyncio.get_running_loop()
        self.news: list[tuple[float, Event]] = []
        terms = Terms(SETUP, plays=False, tries=tries)
        self.session = Session(Conversation(terms), self.connect, suspended=lambda: self.suspended_s)
        self.session.subscribe(lambda t, event: self.news.append((t, event)))

    async def connect(self) -> FakeWire:
        self.opened_at.append(self.loop.time())
        link = self.to_come.pop(0)
        if link is None:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        if isinstance(link, Refused):
            raise Disconnected(link)
        assert link is not None
        return link

    async def run(self, script: Callable[[Session], Awaitable[None]]) -> None:
        async with asyncio.timeout(600):
            await self.session.run(script)

    def all(self, kind: type[Event]) -> list[Any]:
        return [event for _, event in self.news if isinstance(event, kind)]

    def kinds(self, *kinds: type[Event]) -> list[str]:
        return [type(event).__name__ for _, event in self.news if isinstance(event, kinds)]


def texts(wire: FakeWire) -> Sequence[str]:
    """The lines that were typed and reached it."""
    return [frame["clientContent"]["turns"][0]["parts"][0]["text"] for frame in wire.sent if "clientContent" in frame]


# ------------------------------------------------------------------------------------------- from one to the next


def test_the_next_link_is_opened_when_the_last_is_closed_and_the_script_goes_on() -> None:
    async def main() -> None:
        first, second = FakeWire(polite), FakeWire(polite)
        stage = Stage(first, second)
        begun = 0

        async def script(session: Session) -> None:
            nonlocal begun
            begun += 1
            await session.until(Ready)
            first.ends(1011, "Internal error encountered.")
            await session.until(Reconnected)
            assert first.closes
            session.tell(Typed("still there?"))
            await session.until(TurnEnded)

        await stage.run(script)
        assert begun == 1
        assert texts(second) == ["still there?"]
        assert stage.kinds(Reconnecting, Reconnected, Ended) == ["Reconnecting", "Reconnected", "Ended"]

    virtual.run(main())


@pytest.mark.parametrize("lets_go", [True, False])
def test_a_link_that_is_left_by_plan_is_not_waited_for(lets_go: bool) -> None:
    async def main() -> None:
        first, second = FakeWire(silent), FakeWire(silent)
        first.lets_go = lets_go
        stage = Stage(first, second)

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.comes(GO)
            await session.until(Reconnected)

        await stage.run(script)
        assert stage.opened_at == [0.0, 0.0 if lets_go else PARTING_S]
        assert len(first.closes) == 1
        assert not stage.all(Reconnecting), "a move is no loss"

    virtual.run(main())


def test_nothing_is_heard_of_a_link_that_is_left_and_nothing_sent_on_it() -> None:
    async def main() -> None:
        first, second = FakeWire(polite), FakeWire(polite)
        first.lets_go = False
        stage = Stage(first, second)

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.open.clear()  # the socket takes nothing more
            session.tell(Typed("one"))
            await asyncio.sleep(0)
            session.tell(Typed("two"))
            first.comes(GO)
            await asyncio.sleep(PARTING_S / 2)
            first.comes(wrote("a ghost"))
            first.open.set()
            await asyncio.sleep(1.0)

        await stage.run(script)
        assert texts(first) == [], "what waited for it is void"
        assert texts(second) == ["one", "two"], "and is said again, once"
        assert "ghost" not in str(stage.news)

    virtual.run(main())


def test_a_link_that_does_not_come_about_is_told_and_tried_again() -> None:
    async def main() -> None:
        first, last = FakeWire(silent), FakeWire(silent)
        stage = Stage(first, Refused("connect", "no"), Refused("http", "busy", 503), last)

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            await session.until(Reconnected)

        await stage.run(script)
        assert [event.attempt for event in stage.all(Reconnecting)] == [1, 2, 3]
        assert stage.opened_at == sorted(stage.opened_at)
        assert stage.opened_at[2] - stage.opened_at[1] > 0.25, "the second try waits"

    virtual.run(main())


def test_a_refused_key_ends_it() -> None:
    async def main() -> None:
        first = FakeWire(silent)
        stage = Stage(first, Refused("http", "API key not valid", 401))

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            await session.until(Noted)

        with pytest.raises(AccessDenied):
            await stage.run(script)
        assert [event.reason for event in stage.all(Ended)] == ["failed"]

    virtual.run(main())


# --------------------------------------------------------------------------------------------- leaving meanwhile


@pytest.mark.parametrize("links", [(None,), (Refused("connect", "no"), Refused("connect", "no"))])
def test_who_leaves_while_there_is_no_link_is_gone_at_once(links: tuple[Refused | None, ...]) -> None:
    async def main() -> None:
        first = FakeWire(silent)
        stage = Stage(first, *links)

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            await asyncio.sleep(0.2)

        await stage.run(script)
        assert stage.loop.time() == 0.2
        assert [event.reason for event in stage.all(Ended)] == ["left"]

    virtual.run(main())


@pytest.mark.parametrize("links", [(None,), (Refused("connect", "no"), Refused("connect", "no"))])
def test_what_an_observer_raises_while_there_is_no_link_ends_the_session_too(links: tuple[Refused | None, ...]) -> None:
    async def main() -> None:
        first = FakeWire(silent)
        stage = Stage(first, *links)

        def fails(_: float, event: Event) -> None:
            raise BrokenPipeError

        async def script(session: Session) -> None:
            await session.until(Ready)
            first.ends(1006)
            await asyncio.sleep(0.1)
            session.subscribe(fails)
            session.report(Typed("x"))
            session.report(Slept(20.0))
            await asyncio.sleep(60.0)

        with pytest.raises(ExceptionGroup) as raised:
            await stage.run(script)
        assert raised.group_contains(BrokenPipeError)
        assert [event.reason for event in stage.all(Ended)] == ["left"]

    virtual.run(main())


# -------------------------------------------------------------------------------------------- the pulse of a link


def test_a_link_that_acknowledges_nothing_is_said_to_falter_and_to_have_recovered() -> None:
    async def main() -> None:
        wire = Strained(silent)
        stage = Stage(wire)

        async def script(session: Session) -> None:
            await session.until(Ready)
            wire.silent_s = STRAINED_S
            await asyncio.sleep(1.0)
            assert not stage.all(Faltering)
            wire.silent_s = 1.25
            await asyncio.sleep(1.0)
            wire.silent_s = 0.0
            await asyncio.sleep(1.0)

        await stage.run(script)
        assert stage.all(Faltering) == [Faltering(1.25), Faltering(0.0)]

    virtual.run(main())


@pytest.mark.parametrize("tries", [0, 8])
def test_who_goes_on_over_no_other_link_is_told_nothing_of_this_one(tries: int) -> None:
    async def main() -> None:
        wire = Strained(silent)
        wire.silent_s = 3.0
        stage = Stage(wire, tries=tries)

        async def script(session: Session) -> None:
            await session.until(Ready)
            await asyncio.sleep(2.0)

        await stage.run(script)
        assert len(stage.all(Faltering)) == bool(tries)

    virtual.run(main())


@pytest.mark.parametrize("slept_s", [OVERSLEPT_S - 0.1, 12.0])
def test_a_machine_that_was_suspended_for_long_gets_another_link(slept_s: float) -> None:
    async def main() -> None:
        first, second = FakeWire(silent), FakeWire(silent)
        stage = Stage(first, second)

        async def script(session: Session) -> None:
            await session.until(Ready)
            await session.hear(Heard(bytes(640)))
            stage.suspended_s += slept_s
            await asyncio.sleep(2 * PULSE_S)

        await stage.run(script)
        assert len(stage.all(Reconnected)) == (slept_s > OVERSLEPT_S)

    virtual.run(main())


def test_what_sound_has_changed_is_kept_in_time_though_nothing_else_happens() -> None:
    async def main() -> None:
        first = FakeWire(silent)
        stage = Stage(first, None)
        second = Heard((2_000).to_bytes(2, "little") * 16_000)

        async def script(session: Session) -> None:
            session.live = True
            await session.until(Ready)
            first.ends(1006)
            await session.until(Reconnecting)
            for _ in range(33):
                session.tell(second)
            await asyncio.sleep(1.5)

        await stage.run(script)
        told = [(t, event.ms) for t, event in stage.news if isinstance(event, SoundDropped)]
        assert [ms for _, ms in told] == [1_000, 3_000]
        assert told[1][0] - told[0][0] == pytest.approx(1.0)

    virtual.run(main())
