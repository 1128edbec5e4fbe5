"""The body on virtual time: one door, one order, exact alarms, and nothing left behind however it ends."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from livechat.conversation import GARBLED, Conversation, Terms
from livechat.errors import (
    LivechatError,
    LocalProtocolError,
    QuotaExceeded,
    RemoteProtocolError,
    Unanswered,
    Unreachable,
    UsageError,
)
from livechat.events import (
    Disconnected,
    Ended,
    Event,
    Failed,
    FellSilent,
    FloorClaimed,
    FloorYielded,
    Heard,
    Input,
    Interrupted,
    ModelSaid,
    Noted,
    Opened,
    Played,
    Ready,
    Refused,
    Ticked,
    ToolAllowed,
    ToolStarted,
    TurnEnded,
    Typed,
    UserSaid,
)
from livechat.outbox import OUTBOX
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from livechat.session import FAREWELL_S, Observer, Session, SessionOver
from livechat.terminal.news import news
from livechat.tool_calls import ToolRule
from livechat.trace import TraceWriter, replay
from tests import virtual
from tests.session_help import COMPLETE, INTERRUPTED, READY, FakeWire, Frame, polite, silent, sound, wrote

E = TypeVar("E", bound=Event)
Script = Callable[[Session], Awaitable[None]]

SETUP = Setup(model="models/gemini-3.8-live")
MANUAL = Setup.model_validate(
    {"model": SETUP.model, "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
)


@dataclass
class FakeSpeaker:
    """Notes what it is told to do; plays nothing."""

    done: list[str] = field(default_factory=list[str])
    ahead: int = 0

    def play(self, pcm: bytes, turn: int) -> None:
        self.done.append(f"play {len(pcm)} of {turn}")

    def finish(self, turn: int) -> None:
        self.done.append(f"finish {turn}")

    def stop(self) -> None:
        self.done.append("stop")


class Told:
    """An observer that remembers, with the times."""

    def __init__(self) -> None:
        self.news: list[tuple[float, Event]] = []

    def __call__(self, t: float, event: Event) -> None:
        self.news.append((t, event))

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for _, event in self.news]

    def when(self, kind: type[Event]) -> float:
        return next(t for t, event in self.news if isinstance(event, kind))

    def all(self, kind: type[E]) -> list[E]:
        return [event for _, event in self.news if isinstance(event, kind)]


@dataclass
class Stage:
    """A session with everything around it made up."""

    wire: FakeWire
    session: Session
    told: Told


def staged(
    wire: FakeWire | None = None, *, plays: bool = False, speaker: FakeSpeaker | None = None, setup: Setup = SETUP
) -> Stage:
    """Call it on a running loop."""
    link = wire or FakeWire()

    async def connect() -> FakeWire:
        await asyncio.sleep(0)
        return link

    terms = Terms(setup, plays=plays or speaker is not None)
    session = Session(Conversation(terms), connect, speaker=speaker)
    told = Told()
    session.subscribe(told)
    return Stage(link, session, told)


async def ask(session: Session, text: str = "hello") -> None:
    """A script of one question."""
    session.tell(Typed(text))
    await session.until(TurnEnded)


async def wait(session: Session) -> None:
    """A script that waits for what does not come."""
    await session.until(Noted)


# ------------------------------------------------------------------------------------------ a session, whole


def test_a_script_is_one_conversation_from_the_setup_to_the_close() -> None:
    async def main() -> Stage:
        stage = staged()
        await stage.session.run(ask)
        return stage

    stage = virtual.run(main())
    assert [next(iter(frame)) for frame in stage.wire.sent] == ["setup", "clientContent"]
    assert stage.wire.closes[0] == (1000, "")
    assert stage.told.kinds == ["Ready", "UserSaid", "ModelSaid", "ModelSaid", "TurnEnded", "Ended"]
    assert stage.told.news[-1][1] == Ended("left", 1, 0)


def noting(name: str, heard: list[tuple[str, str]]) -> Observer:
    return lambda t, event: heard.append((name, type(event).__name__))


def test_all_observers_are_told_everything_in_one_order() -> None:
    async def main() -> list[tuple[str, str]]:
        heard: list[tuple[str, str]] = []
        stage = staged()
        for name in ("first", "second"):
            stage.session.subscribe(noting(name, heard))
        await stage.session.run(ask)
        return heard

    heard = virtual.run(main())
    assert heard[::2] == [("first", kind) for _, kind in heard[::2]]
    assert [kind for _, kind in heard[::2]] == [kind for _, kind in heard[1::2]]


def test_without_a_speaker_sound_is_nobodys_business() -> None:
    async def main() -> Told:
        stage = staged(FakeWire(lambda frame: [READY] if "setup" in frame else [sound(), COMPLETE]), plays=True)

        async def script(session: Session) -> None:
            session.tell(Typed("x"))
            await asyncio.sleep(1)

        await stage.session.run(script)
        return stage.told

    assert "Failed" not in virtual.run(main()).kinds


def test_a_speaker_is_told_what_to_do_and_its_reports_are_heard() -> None:
    async def main() -> tuple[FakeSpeaker, Told]:
        speaker = FakeSpeaker()
        stage = staged(
            FakeWire(lambda frame: [READY, sound(), COMPLETE, sound()] if "setup" in frame else []), plays=True
        )
        stage.session.hand_over(speaker)

        async def script(session: Session) -> None:
            await asyncio.sleep(1)
            session.played(240, True)
            stage.wire.comes(INTERRUPTED)
            await asyncio.sleep(1)

        await stage.session.run(script)
        return speaker, stage.told

    speaker, told = virtual.run(main())
    assert speaker.done == ["play 480 of 1", "finish 1", "play 480 of 2", "stop"]
    assert told.when(TurnEnded) == 1.0


def test_what_was_heard_of_a_reply_that_is_cut_off_counts_what_the_card_already_has() -> None:
    async def main() -> Told:
        speaker = FakeSpeaker()
        stage = staged(FakeWire(lambda frame: [READY, sound(), sound()] if "setup" in frame else []), plays=True)
        stage.session.hand_over(speaker)

        async def script(session: Session) -> None:
            await asyncio.sleep(1)
            session.played(96, False)
            speaker.ahead = 192
            stage.wire.comes(INTERRUPTED)
            await asyncio.sleep(0.015)
            session.played(0, True)

        await stage.session.run(script)
        return stage.told

    told = virtual.run(main())
    assert [(cut.heard_ms, cut.dropped_ms) for cut in told.all(Interrupted)] == [(12, 8)]
    assert [(silent.turn, silent.after_ms) for silent in told.all(FellSilent)] == [(1, 15)]


def test_the_floor_is_claimed_heard_and_yielded_in_order() -> None:
    async def main() -> list[Frame]:
        stage = staged(setup=MANUAL)

        async def script(session: Session) -> None:
            await session.until(Ready)
            await session.hear(FloorClaimed(), Heard(bytes(640)), FloorYielded())

        await stage.session.run(script)
        return stage.wire.sent

    kinds = [next(iter(frame["realtimeInput"])) for frame in virtual.run(main()) if "realtimeInput" in frame]
    assert kinds == ["activityStart", "audio", "activityEnd"]


# ------------------------------------------------------------------------------------------ the order of telling


def test_what_speaks_up_while_it_is_told_is_heard_next() -> None:
    async def main() -> list[str]:
        stage = staged()
        session, order = stage.session, list[str]()

        def echo(t: float, event: Event) -> None:
            order.append(f"{type(event).__name__}")
            if isinstance(event, Ready):
                session.tell(Typed("one"))
                session.tell(Typed("two"))
                order.append("still Ready")

        session.subscribe(echo)
        await session.run(lambda session: asyncio.sleep(0.5))
        return order

    assert virtual.run(main())[:4] == ["Ready", "still Ready", "UserSaid", "UserSaid"]


def test_a_speaker_that_reports_at_once_does_not_overtake_the_message_it_plays() -> None:
    class Instant(FakeSpeaker):
        session: Session

        def play(self, pcm: bytes, turn: int) -> None:
            self.session.played(len(pcm) // 2, True)

    async def main() -> Told:
        words = {"outputTranscription": {"text": "Hi."}, "turnComplete": True}
        answer: Frame = {"serverContent": sound()["serverContent"] | words}
        speaker = Instant()
        stage = staged(FakeWire(lambda frame: [READY, answer] if "setup" in frame else []), speaker=speaker)
        speaker.session = stage.session
        await stage.session.run(lambda session: asyncio.sleep(0.5))
        return stage.told

    assert virtual.run(main()).kinds == ["Ready", "ModelSaid", "TurnEnded", "Ended"]


def test_a_trace_is_written_before_its_input_takes_effect_and_holds_all_of_them() -> None:
    async def main() -> list[str]:
        order: list[str] = []

        class Trace:
            def write(self, happened: Input, now: float) -> None:
                order.append(type(happened).__name__)

        stage = staged()
        stage.session.record(Trace())
        stage.session.subscribe(lambda t, event: order.append(f"-> {type(event).__name__}"))
        await stage.session.run(ask)
        return order

    assert virtual.run(main()) == [
        *("Opened", "Typed", "Received", "-> Ready", "-> UserSaid"),
        *("Received", "-> ModelSaid", "Received", "-> ModelSaid", "Received", "-> TurnEnded"),
        *("Left", "-> Ended"),
    ]


def test_news_carry_the_seconds_since_the_session_began_whatever_its_clock_shows() -> None:
    async def main() -> tuple[Told, float]:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(100)
        stage = staged()
        session = Session(stage.session.conversation, lambda: connected(stage.wire), clock=lambda: loop.time() + 5000)
        session.subscribe(stage.told)

        async def script(session: Session) -> None:
            await asyncio.sleep(2.5)
            await ask(session)

        await session.run(script)
        return stage.told, session.now

    told, now = virtual.run(main())
    assert told.when(Ready) == 0
    assert told.when(UserSaid) == 2.5
    assert now == 2.5


async def connected(wire: FakeWire) -> FakeWire:
    return wire


# ----------------------------------------------------------------------------------------------- the alarms


def test_the_setup_is_waited_for_to_the_millisecond() -> None:
    async def main() -> Told:
        stage = staged(FakeWire(lambda frame: []))
        with pytest.raises(Unreachable, match="within 10 s"):
            await stage.session.run(wait)
        return stage.told

    assert virtual.run(main()).when(Failed) == pytest.approx(10.0, abs=0.001)


def test_an_answer_is_waited_for_to_the_millisecond_from_the_last_line() -> None:
    async def main() -> Told:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            session.tell(Typed("one"))
            await asyncio.sleep(7.125)
            session.tell(Typed("two"))
            await wait(session)

        with pytest.raises(Unanswered):
            await stage.session.run(script)
        return stage.told

    assert virtual.run(main()).when(Failed) == pytest.approx(67.125, abs=0.001)


def test_an_alarm_that_is_not_needed_any_more_does_not_ring() -> None:
    async def main() -> list[Input]:
        heard: list[Input] = []

        class Trace:
            def write(self, happened: Input, now: float) -> None:
                heard.append(happened)

        stage = staged()
        stage.session.record(Trace())

        async def script(session: Session) -> None:
            await ask(session)
            await asyncio.sleep(1000)

        await stage.session.run(script)
        return heard

    assert Ticked() not in virtual.run(main())


def test_an_alarm_that_rings_too_early_is_set_again() -> None:
    async def main() -> Told:
        stage, loop = staged(FakeWire(lambda frame: [])), asyncio.get_running_loop()

        def set_back() -> float:
            return loop.time() - (0.001 if loop.time() > 5 else 0)

        session = Session(stage.session.conversation, lambda: connected(stage.wire), clock=set_back)
        session.subscribe(stage.told)
        with pytest.raises(Unreachable):
            await session.run(wait)
        return stage.told

    assert virtual.run(main()).when(Failed) == pytest.approx(10.0, abs=0.0005)


def test_nothing_rings_after_the_session() -> None:
    async def main() -> list[str]:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            session.tell(Typed("x"))
            raise UsageError("enough")

        with pytest.raises(UsageError):
            await stage.session.run(script)
        await asyncio.sleep(1000)
        return stage.told.kinds

    assert virtual.run(main())[-1] == "Ended"


def test_a_speaker_that_reports_after_a_cancelled_session_wakes_nothing() -> None:
    async def main() -> list[str]:
        stage = staged(FakeWire(silent), plays=True)

        async def script(session: Session) -> None:
            session.tell(Typed("x"))
            await wait(session)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stage.session.run(script)
        stage.session.played(1, True)
        before = stage.told.kinds
        await asyncio.sleep(1000)
        return stage.told.kinds[len(before) :]

    assert virtual.run(main()) == []


# ------------------------------------------------------------------------------------------------- the ends


def test_a_failure_is_raised_as_itself_and_told_first() -> None:
    async def main() -> Told:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            stage.wire.ends(1011, "You exceeded your current quota.")
            await wait(session)

        with pytest.raises(QuotaExceeded):
            await stage.session.run(script)
        return stage.told

    assert virtual.run(main()).kinds == ["Ready", "Failed", "Ended"]


def test_a_link_that_never_opens_is_a_failure_too() -> None:
    async def refuse() -> FakeWire:
        raise Disconnected(Refused("connect", "nobody"))

    async def main() -> Told:
        told, ran = Told(), list[Session]()

        async def script(session: Session) -> None:
            ran.append(session)

        session = Session(Conversation(Terms(Setup(model="m"), plays=False)), refuse)
        session.subscribe(told)
        with pytest.raises(Unreachable):
            await session.run(script)
        assert ran == []
        return told

    assert virtual.run(main()).kinds == ["Failed", "Ended"]


@pytest.mark.parametrize("frame", ["<html>", "[]", '{"setupComplete":1}'])
def test_a_frame_that_is_not_the_protocol_is_told_and_the_session_goes_on(frame: str) -> None:
    async def main() -> Told:
        stage = staged()

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.comes(frame)
            await session.until(Noted)
            await ask(session)

        await stage.session.run(script)
        return stage.told

    assert virtual.run(main()).kinds[-2:] == ["TurnEnded", "Ended"]


def test_nothing_but_frames_that_are_not_the_protocol_end_the_session() -> None:
    async def main() -> FakeWire:
        stage = staged()

        async def script(session: Session) -> None:
            for _ in range(GARBLED):
                stage.wire.comes("<html>")
            await wait(session)

        with pytest.raises(RemoteProtocolError):
            await stage.session.run(script)
        return stage.wire

    assert virtual.run(main()).closes


def test_a_close_of_the_server_between_turns_ends_the_session_in_peace() -> None:
    async def main() -> Told:
        stage = staged()

        async def script(session: Session) -> None:
            await ask(session)
            stage.wire.ends(1000)
            await wait(session)

        await stage.session.run(script)
        return stage.told

    assert virtual.run(main()).news[-1][1] == Ended("closed", 1, 0)


def test_what_lay_before_the_loss_is_told_before_it() -> None:
    async def main() -> list[str]:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            stage.wire.comes(wrote("last words"))
            stage.wire.ends(1011, "")
            # What we say now cannot be sent any more; that is not told before what lay on the wire.
            stage.wire.closes.append((0, "the peer's"))
            session.tell(Typed("too late"))
            await wait(session)

        with pytest.raises(LivechatError):
            await stage.session.run(script)
        return stage.told.kinds

    assert virtual.run(main()) == ["Ready", "UserSaid", "ModelSaid", "Failed", "Ended"]


def test_what_a_script_raises_comes_out_after_a_proper_close() -> None:
    async def main() -> Stage:
        stage = staged()

        async def script(session: Session) -> None:
            await session.until(Ready)
            raise UsageError("no such voice")

        with pytest.raises(UsageError, match="no such voice"):
            await stage.session.run(script)
        return stage

    stage = virtual.run(main())
    assert stage.wire.closes[0] == (1000, "")
    assert stage.told.kinds[-1] == "Ended"


def test_a_failure_of_the_session_counts_more_than_what_the_script_made_of_it() -> None:
    async def main() -> None:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            stage.wire.ends(1011, "")
            try:
                await wait(session)
            except SessionOver:
                raise UsageError("lost my place") from None

        with pytest.raises(LivechatError) as raised:
            await stage.session.run(script)
        assert raised.value.exit_code == 75

    virtual.run(main())


def test_a_message_that_cannot_be_written_is_raised_as_itself() -> None:
    async def main() -> Stage:
        stage = staged()

        async def script(session: Session) -> None:
            session.tell(Typed("\ud800"))
            await wait(session)

        with pytest.raises(LocalProtocolError):
            await stage.session.run(script)
        return stage

    assert virtual.run(main()).wire.closes


def test_a_socket_that_takes_nothing_is_left_after_the_farewell() -> None:
    async def main() -> float:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.open.clear()
            session.tell(Heard(b"\0\0"))

        await stage.session.run(script)
        return stage.session.now

    assert virtual.run(main()) == FAREWELL_S


def test_a_peer_that_never_answers_the_close_is_left_after_the_farewell() -> None:
    async def main() -> tuple[float, int]:
        stage = staged()
        stage.wire.lets_go = False
        await stage.session.run(ask)
        return stage.session.now, len(stage.wire.closes)

    assert virtual.run(main()) == (FAREWELL_S, 2)


def test_what_was_said_last_is_still_sent() -> None:
    async def main() -> FakeWire:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            for number in range(100):
                session.tell(Typed(str(number)))

        await stage.session.run(script)
        return stage.wire

    wire = virtual.run(main())
    assert len(wire.sent) == 101


@pytest.mark.parametrize("by", ["the speaker", "the clock"])
def test_what_an_observer_raises_ends_the_session_though_a_callback_told_it(by: str) -> None:
    def breaks(t: float, event: Event) -> None:
        if isinstance(event, TurnEnded):
            raise BrokenPipeError

    async def main() -> tuple[float, FakeWire]:
        answer = [sound(), COMPLETE] if by == "the speaker" else [COMPLETE]
        stage = staged(FakeWire(lambda frame: [READY] if "setup" in frame else answer), speaker=FakeSpeaker())
        stage.session.subscribe(breaks)
        asyncio.get_running_loop().call_later(0.5, stage.session.played, 240, True)
        with pytest.raises(ExceptionGroup) as raised:
            await stage.session.run(ask)
        assert raised.group_contains(BrokenPipeError)
        return stage.session.now, stage.wire

    ended_at, wire = virtual.run(main())
    assert ended_at == 0.5
    assert wire.closes


def test_a_session_that_is_cut_off_from_outside_was_left_and_did_not_fail() -> None:
    async def main() -> list[Event]:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            session.tell(Typed("x"))
            await wait(session)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stage.session.run(script)
        return [event for _, event in stage.told.news]

    *_, last_words, end = virtual.run(main())
    assert (last_words, end) == (UserSaid(1, "x", "x", final=True), Ended("left", 0, 0))


# ----------------------------------------------------------------------------------------------- for scripts


def test_news_are_waited_for_by_kind_and_the_first_of_several_kinds_counts() -> None:
    async def main() -> list[Event]:
        stage, got = staged(FakeWire(silent)), list[Event]()

        async def script(session: Session) -> None:
            await session.until(Ready)
            for frame in (wrote("a"), wrote("b"), COMPLETE):
                stage.wire.comes(frame)
                got.append(await session.until(TurnEnded, ModelSaid))

        await stage.session.run(script)
        return got

    assert [type(event) for event in virtual.run(main())] == [ModelSaid, ModelSaid, TurnEnded]


def test_who_waits_when_the_session_ends_is_told_that_it_is_over() -> None:
    async def main() -> list[str]:
        stage, seen = staged(FakeWire(silent)), list[str]()

        async def script(session: Session) -> None:
            stage.wire.ends(1011, "")
            for _ in range(2):  # also when it is over already
                try:
                    await wait(session)
                except SessionOver:
                    seen.append("over")

        with pytest.raises(LivechatError):
            await stage.session.run(script)
        return seen

    assert virtual.run(main()) == ["over", "over"]


def test_the_end_itself_can_be_waited_for() -> None:
    async def main() -> list[Event]:
        stage, got = staged(FakeWire(silent)), list[Event]()

        async def script(session: Session) -> None:
            stage.wire.ends(1000)
            got.append(await session.until(Ended))

        await stage.session.run(script)
        return got

    assert virtual.run(main()) == [Ended("closed", 0, 0)]


async def frames(count: int, taken: list[int]) -> AsyncIterator[bytes]:
    for number in range(count):
        taken.append(number)
        yield number.to_bytes(2, "little")


def sounds(wire: FakeWire) -> list[Frame]:
    return [frame["realtimeInput"]["audio"] for frame in wire.sent if "audio" in frame.get("realtimeInput", {})]


def test_a_source_is_sent_whole_and_in_order_and_its_end_is_marked() -> None:
    async def main() -> FakeWire:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            await session.listen(frames(300, []))

        await stage.session.run(script)
        return stage.wire

    wire = virtual.run(main())
    heard = [audio["data"] for audio in sounds(wire)]
    assert len(heard) == 300
    assert heard == sorted(heard, key=lambda data: heard.index(data))
    assert {audio["mimeType"] for audio in sounds(wire)} == {"audio/pcm;rate=16000"}
    assert wire.sent[-1] == {"realtimeInput": {"audioStreamEnd": True}}


def test_a_source_waits_until_the_server_is_ready_and_loses_nothing() -> None:
    async def main() -> tuple[list[int], FakeWire]:
        stage, taken = staged(FakeWire(lambda frame: [])), list[int]()

        async def script(session: Session) -> None:
            asyncio.get_running_loop().call_later(3, stage.wire.comes, READY)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.listen(frames(5_000, taken)))
                await asyncio.sleep(2.9)
                assert taken == []

        await stage.session.run(script)
        return taken, stage.wire

    taken, wire = virtual.run(main())
    assert len(taken) == len(sounds(wire)) == 5_000
    assert wire.sent[-1] == {"realtimeInput": {"audioStreamEnd": True}}


def test_a_source_is_not_read_faster_than_the_socket_takes_it() -> None:
    async def main() -> tuple[list[int], FakeWire]:
        stage, taken = staged(FakeWire(silent)), list[int]()

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.open.clear()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.listen(frames(10_000, taken)))
                await asyncio.sleep(60)
                assert len(taken) <= OUTBOX + 2
                stage.wire.open.set()

        await stage.session.run(script)
        return taken, stage.wire

    taken, wire = virtual.run(main())
    assert len(taken) == len(sounds(wire)) == 10_000


def test_a_source_waits_while_other_words_fill_the_socket() -> None:
    async def main() -> int:
        stage, taken = staged(FakeWire(silent)), list[int]()

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.open.clear()
            for number in range(OUTBOX * 2):
                session.tell(Typed(str(number)))
            await asyncio.sleep(0.1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.listen(frames(100, taken)))
                await asyncio.sleep(1)
                waited = len(taken)
                stage.wire.open.set()
            assert len(taken) == 100
            taken[:] = [waited]

        await stage.session.run(script)
        return taken[0]

    assert virtual.run(main()) == 1


def test_a_source_that_is_cut_off_in_the_middle_of_a_frame_holds_nothing_up() -> None:
    async def main() -> FakeWire:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.open.clear()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await session.listen(frames(10, []))
            session.tell(Heard(b"\7\7"))
            stage.wire.open.set()
            await asyncio.sleep(1)
            assert len(sounds(stage.wire)) >= 1

        await stage.session.run(script)
        return stage.wire

    assert sounds(virtual.run(main()))[-1]["data"] == "Bwc="


def test_what_others_said_meanwhile_is_sent_though_the_source_is_cut_off() -> None:
    async def main() -> None:
        stage = staged(FakeWire(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            stage.wire.open.clear()
            asyncio.get_running_loop().call_later(0.5, session.tell, Typed("hello?"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await session.listen(frames(10, []))
            stage.wire.open.set()
            await asyncio.sleep(1)
            assert "clientContent" in stage.wire.sent[-1]

        await stage.session.run(script)

    virtual.run(main())


def test_what_is_said_while_a_frame_is_on_its_way_goes_after_it() -> None:
    class Slow(FakeWire):
        async def send(self, frame: str) -> None:
            await asyncio.sleep(1 if "audio" in frame else 0)
            await super().send(frame)

    async def main() -> list[str]:
        stage = staged(Slow(silent))

        async def script(session: Session) -> None:
            await session.until(Ready)
            asyncio.get_running_loop().call_later(0.5, session.tell, Typed("hello?"))
            await session.listen(frames(2, []))

        await stage.session.run(script)
        return [next(iter(frame)) for frame in stage.wire.sent]

    assert virtual.run(main()) == ["setup", "realtimeInput", "clientContent", "realtimeInput", "realtimeInput"]


def test_a_source_does_not_outlive_its_session() -> None:
    async def main() -> None:
        stage = staged(FakeWire(silent))

        async def endless() -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.02)
                yield b"\0\0"

        async def script(session: Session) -> None:
            asyncio.get_running_loop().call_later(5, stage.wire.ends, 1011, "")
            await session.listen(endless())

        with pytest.raises(LivechatError):
            await stage.session.run(script)

    virtual.run(main())


# ------------------------------------------------------------------------------------------------ cancelling


CANCEL_POINTS = 50
"""Rounds of the loop; the longest of the scenes that end has about thirty."""
SCENES: dict[str, tuple[Callable[[Frame], list[Frame]], Script]] = {}


def scene(server: Callable[[Frame], list[Frame]]) -> Callable[[Script], Script]:
    def named(script: Script) -> Script:
        SCENES[script.__name__] = server, script
        return script

    return named


@scene(polite)
async def a_question(session: Session) -> None:
    await ask(session)
    await ask(session)


@scene(silent)
async def a_recording(session: Session) -> None:
    await session.until(Ready)
    await session.listen(frames(20, []))


@scene(lambda frame: [])
async def no_setup(session: Session) -> None:
    await wait(session)


@scene(polite)
async def a_failing_script(session: Session) -> None:
    await ask(session)
    raise UsageError("x")


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("lets_go", [True, False])
def test_a_session_cancelled_at_any_point_leaves_nothing_behind(name: str, lets_go: bool) -> None:
    server, script = SCENES[name]

    async def cancelled_after(steps: int) -> bool:
        stage = staged(FakeWire(server))
        stage.wire.lets_go = lets_go
        opened: list[Input] = []

        class Trace:
            def write(self, happened: Input, now: float) -> None:
                opened.append(happened)

        stage.session.record(Trace())
        task = asyncio.get_running_loop().create_task(stage.session.run(script))
        for _ in range(steps):
            await asyncio.sleep(0)
        done = task.done()
        task.cancel()
        await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert bool(stage.wire.closes) == (Opened() in opened), "an open link is closed, on every way"
        if not task.cancelled():
            task.exception()  # it had ended by itself, or was just about to
        before = stage.told.kinds
        await asyncio.sleep(1000)
        assert stage.told.kinds == before, "nothing rings afterwards"
        return done

    async def main() -> int | None:
        for steps in range(CANCEL_POINTS):
            if await cancelled_after(steps):
                return steps
        return None

    ended_after = virtual.run(main())
    if name == "no_setup" or not lets_go:
        assert ended_after is None, "it waits, and was cancelled while it waited"
    else:
        assert ended_after is not None
        assert ended_after > 5


def test_ctrl_c_while_connecting_is_just_that() -> None:
    async def main() -> list[str]:
        told = Told()

        async def never() -> FakeWire:
            await asyncio.Event().wait()
            raise AssertionError

        session = Session(Conversation(Terms(Setup(model="m"), plays=False)), never)
        session.subscribe(told)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await session.run(wait)
        return told.kinds

    assert virtual.run(main()) == []


# -------------------------------------------------------------------------------------------------- the trace


def test_the_trace_of_a_session_with_a_barge_in_replays_to_the_same_bytes() -> None:
    def server(frame: Frame) -> list[Frame]:
        return [READY] if "setup" in frame else []

    async def main() -> tuple[list[str], str]:
        stage = staged(FakeWire(server), speaker=FakeSpeaker())
        file, lines = io.StringIO(), list[str]()
        terms = Terms(Setup(model="models/gemini-3.8-live"), plays=True)
        stage.session.record(TraceWriter(file.write, terms, stage.session.began))
        stage.session.subscribe(lambda t, event: lines.append(news(t, event)))

        async def script(session: Session) -> None:
            await session.until(Ready)
            session.tell(Typed("a story"))
            stage.wire.comes(sound(24_000))
            stage.wire.comes({"serverContent": {"outputTranscription": {"text": "Once upon a time"}}})
            await asyncio.sleep(1 / 3)
            session.tell(Played(8_000))
            session.tell(Heard(b"\1\0"))
            stage.wire.comes(INTERRUPTED)
            stage.wire.comes(COMPLETE)
            await session.until(TurnEnded)

        await stage.session.run(script)
        return lines, file.getvalue()

    lines, trace = virtual.run(main())
    replayed: list[str] = []
    assert replay(io.StringIO(trace), lambda t, event: replayed.append(news(t, event)))
    assert replayed == lines
    assert '"heard_ms":333' in "".join(lines)
    assert any(json.loads(line)["type"] == "interrupted" for line in lines)
    changed: list[str] = []
    replay(io.StringIO(trace.replace("8000", "9000")), lambda t, event: changed.append(news(t, event)))
    assert changed != lines


# ------------------------------------------------------------------------------------ what a program adds


def test_another_speaker_plays_until_the_usual_one_plays_again() -> None:
    async def main() -> tuple[FakeSpeaker, FakeSpeaker]:
        usual, guest = FakeSpeaker(), FakeSpeaker()
        stage = staged(FakeWire(silent), speaker=usual)

        async def script(session: Session) -> None:
            await session.until(Ready)
            changes: list[Callable[[], None]] = [
                *(lambda: None, lambda: session.attach(FakeSpeaker()), lambda: session.attach(guest), session.detach),
            ]
            for change in changes:
                change()
                stage.wire.comes(sound(24))
                await asyncio.sleep(1)

        await stage.session.run(script)
        return usual, guest

    usual, guest = virtual.run(main())
    assert guest.done == ["play 48 of 1"]
    assert usual.done == ["play 48 of 1", "play 48 of 1"]


def test_an_observer_that_is_unsubscribed_is_told_no_more() -> None:
    async def main() -> Told:
        stage = staged()

        async def script(session: Session) -> None:
            await ask(session)
            session.unsubscribe(stage.told)
            await ask(session)

        await stage.session.run(script)
        return stage.told

    assert virtual.run(main()).kinds == ["Ready", "UserSaid", "ModelSaid", "ModelSaid", "TurnEnded"]


@dataclass
class Shown:
    """An intake that takes so many messages and then has everybody wait."""

    room_for: int
    heard: Told
    shown: list[str] = field(default_factory=list[str])

    def put(self, message: ServerMessage) -> None:
        self.shown.append(f"{message.text or 'setup'} after {len(self.heard.news)}")

    async def room(self) -> None:
        if len(self.shown) >= self.room_for:
            await asyncio.Event().wait()


def test_a_message_is_shown_before_its_news_and_nothing_is_read_while_it_cannot_be() -> None:
    async def main() -> list[str]:
        stage = staged()
        intake = Shown(2, stage.told)
        stage.session.take_in(intake)

        async def script(session: Session) -> None:
            session.tell(Typed("hello"))
            await asyncio.sleep(60 / 2)

        await stage.session.run(script)
        return intake.shown

    assert virtual.run(main()) == ["setup after 0", "Hel after 2"]


@dataclass
class FakeHands:
    """Notes what it is told to do; runs nothing."""

    done: list[str] = field(default_factory=list[str])

    def check(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        self.done.append(f"check {id} {name} {args}")

    def begin(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        self.done.append(f"begin {id} {name} {args}")

    def cancel(self, id: str) -> None:
        self.done.append(f"cancel {id}")


@pytest.mark.parametrize("has_hands", [True, False])
def test_hands_look_at_a_call_run_it_when_it_is_allowed_and_let_go_at_the_end(has_hands: bool) -> None:
    async def main() -> list[str]:
        wire, hands = FakeWire(silent), FakeHands()

        async def connect() -> FakeWire:
            return wire

        session = Session(Conversation(Terms(SETUP, plays=False, tools={"f": ToolRule()})), connect)
        if has_hands:
            session.give_hands(hands)

        async def script(session: Session) -> None:
            wire.comes({"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {"x": 1}}]}})
            await session.until(ToolStarted)
            session.tell(ToolAllowed("1"))

        await session.run(script)
        return hands.done

    done = ["check 1 f {'x': 1}", "begin 1 f {'x': 1}", "cancel 1"]
    assert virtual.run(main()) == (done if has_hands else [])
