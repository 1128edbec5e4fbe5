"""The way of the microphone's frames into the mind, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import pytest

from livechat.audio.activity import LATE_S, STARVED_S, PushGate, Sent, Sound
from livechat.audio.microphone import Frame
from livechat.ear import QUIET_FRAMES, AlwaysOpen, Attention, Ear, Gate, OneTurn
from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Input, VoiceEnded
from livechat.session import Session
from tests import virtual


class Microphone:
    """Gives the frames it is fed."""

    def __init__(self) -> None:
        self.muted = False
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()

    def feed(self, *marks: int, late: float = 0.0) -> None:
        now = asyncio.get_running_loop().time() - late
        for mark in marks:
            self._frames.put_nowait(Frame(pcm(mark), -20.0, now))

    def end(self) -> None:
        self._frames.put_nowait(None)

    async def __anext__(self) -> Frame:
        frame = await self._frames.get()
        if frame is None:
            raise StopAsyncIteration
        return frame


class Mind:
    """What a session is to an ear: it is told, and may have no room."""

    def __init__(self) -> None:
        self.live = False
        self.told: list[Input] = []
        self.has_room = asyncio.Event()
        self.has_room.set()

    async def room(self) -> None:
        await self.has_room.wait()

    async def hear(self, *happened: Input) -> None:
        self.told += happened
        await asyncio.sleep(0)

    def report(self, happened: Input) -> None:
        self.told.append(happened)


def pcm(mark: int) -> bytes:
    return bytes([mark, 0]) * 320


def heard(*marks: int) -> list[Input]:
    return [Heard(pcm(mark)) for mark in marks]


Play = Callable[[Ear, Microphone, Mind], Awaitable[None]]


def played(play: Play, attention: Attention | None = None, *, muted: bool = False) -> list[Input]:
    """What the mind is told while `play` goes on and the ear listens; the microphone ends after it."""

    async def main() -> list[Input]:
        microphone, mind = Microphone(), Mind()
        ear = Ear(cast("Session", mind), microphone, attention or Attention(AlwaysOpen()), muted=muted)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ear.listen())
            await play(ear, microphone, mind)
            await asyncio.sleep(0.1)
            microphone.end()
        return mind.told

    return virtual.run(main())


async def settle() -> None:
    await asyncio.sleep(0.01)


# -------------------------------------------------------------------------------------------- what is heard


def test_every_frame_is_told_and_then_the_end() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1, 2, 3)

    assert played(play) == [*heard(1, 2, 3), HearingEnded()]


@pytest.mark.parametrize("live", [True, False])
def test_while_a_microphone_is_heard_that_does_not_wait_the_session_knows_it(live: bool) -> None:
    async def main() -> list[bool]:
        microphone, mind = Microphone(), Mind()
        ear = Ear(cast("Session", mind), microphone, Attention(AlwaysOpen()), live=live)
        lives = [mind.live]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ear.listen())
            await settle()
            lives.append(mind.live)
            microphone.end()
        return [*lives, mind.live]

    assert virtual.run(main()) == [False, live, False]


def test_a_microphone_that_gave_nothing_has_no_end_to_tell() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.pause()

    assert played(play) == []


def test_the_echo_is_taken_out_by_what_sounded_until_then() -> None:
    asked: list[tuple[bytes, float]] = []

    class Far:
        def take(self, until: float) -> bytes:
            asked.append((b"far", until))
            return pcm(9)

    class Half:
        def process(self, near: bytes, far: bytes) -> bytes:
            assert far == pcm(9)
            return pcm(near[0] - 1)

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.canceller, ear.far_end = Half(), Far()
        await asyncio.sleep(0.5)
        microphone.feed(5)

    assert played(play) == [*heard(4), HearingEnded()]
    assert asked == [(b"far", 0.5)]


@pytest.mark.parametrize(("gain", "expected"), [(0, 10), (6, 20), (-6, 5)])
def test_the_microphone_is_made_louder(gain: int, expected: int) -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(10)

    assert played(play, Attention(AlwaysOpen(), gain))[0] == Heard(pcm(expected))


def test_what_is_meant_to_be_sent_is_kept_with_its_time() -> None:
    kept: list[tuple[bytes, float]] = []

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        await asyncio.sleep(1)
        microphone.feed(1)

    played(play, Attention(AlwaysOpen(), keep=lambda sound, at: kept.append((sound, at))))
    assert kept == [(pcm(1), 1.0)]


def test_what_was_said_beside_the_activity_is_not_kept() -> None:
    kept: list[tuple[bytes, float]] = []
    push = PushGate(pre_roll_ms=40, tail_ms=0)

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        for mark in range(1, 8):
            await asyncio.sleep(0.02)
            microphone.feed(mark)
            if mark in (3, 5):
                await asyncio.sleep(0)
                ear.send(push.toggle(asyncio.get_running_loop().time()))

    played(play, Attention(push, keep=lambda sound, at: kept.append((sound, round(at, 3)))))
    assert kept == [(pcm(2), 0.04), (pcm(3), 0.06), (pcm(4), 0.08), (pcm(5), 0.1), (pcm(6), 0.12)]


class Ends:
    """Takes 2 for the quiet 0.25 s behind a voice, and 3 for a voice, to which silence puts an end."""

    def __init__(self) -> None:
        self.resets = 0
        self._quiet: int | None = None
        """Frames of silence since that voice."""

    def feed(self, sound: bytes, at: float, probability: float) -> float | None:
        assert probability == 1.0
        if sound == pcm(2):
            return at - 0.25
        if sound == pcm(3):
            self._quiet = 0
        elif self._quiet is not None and sound == bytes(640):
            self._quiet += 1
            return at - 0.02 * self._quiet if self._quiet == QUIET_FRAMES else None
        return None

    def reset(self) -> None:
        self.resets += 1
        self._quiet = None


def test_the_end_of_the_voice_is_told_as_so_long_ago() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1, 2)

    told = played(play, Attention(AlwaysOpen(), voice_ends=Ends()))
    assert told == [*heard(1, 2), VoiceEnded(0.25), HearingEnded()]


def test_a_voice_that_mute_cuts_off_has_ended_there() -> None:
    ends = Ends()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(3)
        await asyncio.sleep(0.25)
        ear.mute(True)

    assert played(play, Attention(AlwaysOpen(), voice_ends=ends)) == [*heard(3), VoiceEnded(0.25), HearingEnded()]
    assert ends.resets == 1


def test_the_end_of_a_voice_that_was_not_sent_is_not_told() -> None:
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.send(push.press(0.0))
        microphone.feed(1)
        await settle()
        ear.mute(True)
        ear.mute(False)
        await asyncio.sleep(0.5)
        microphone.feed(2)

    told = played(play, Attention(push, voice_ends=Ends()))
    assert told == [FloorClaimed(), *heard(1), FloorYielded(), HearingEnded(), HearingEnded()]


@pytest.mark.parametrize("spoke_before", [True, False])
def test_a_voice_beside_the_activity_is_not_cut_off_by_mute(spoke_before: bool) -> None:
    push = PushGate(tail_ms=0)

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        if spoke_before:
            ear.send(push.press(0.0))
            ear.send(push.release(0.0))
            microphone.feed(1)
        await asyncio.sleep(1)
        microphone.feed(3)
        await settle()
        ear.mute(True)

    assert not [one for one in played(play, Attention(push, voice_ends=Ends())) if isinstance(one, VoiceEnded)]


def test_who_speaks_on_after_the_key_has_ended_with_what_was_sent() -> None:
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.send(push.press(0.0))
        microphone.feed(1)
        await asyncio.sleep(0.1)
        ear.send(push.release(0.1))
        await asyncio.sleep(0.15)
        microphone.feed(3)
        await asyncio.sleep(0.06)
        microphone.feed(3)
        await asyncio.sleep(0.4)
        microphone.feed(2)

    told = played(play, Attention(push, voice_ends=Ends()))
    assert [round(one.ago_s, 3) for one in told if isinstance(one, VoiceEnded)] == [0.0]


def test_a_microphone_that_claims_to_be_half_a_second_late_is_not_believed_until_it_is_another() -> None:
    asked: list[float] = []

    class Far:
        def take(self, until: float) -> bytes:
            asked.append(round(until, 3))
            return pcm(0)

    class Passing:
        def process(self, near: bytes, far: bytes) -> bytes:
            return near

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.canceller, ear.far_end = Passing(), Far()
        await asyncio.sleep(1)
        microphone.feed(1, late=0.47)
        await asyncio.sleep(0.02)
        microphone.feed(1, late=0.47)
        await settle()
        microphone.feed(1)
        await settle()
        ear.moved()
        microphone.feed(1, late=0.2)

    played(play)
    assert asked == [0.995, 1.015, 1.03, 1.035]


# ----------------------------------------------------------------------------------------------------- mute


def test_mute_ends_the_stream_and_nothing_follows() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1)
        await settle()
        ear.mute(True)
        assert ear.muted
        microphone.feed(2)
        await settle()

    assert played(play) == [*heard(1), HearingEnded()]


def test_a_frame_that_waits_for_room_when_mute_comes_is_not_sent() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1)
        await settle()
        mind.has_room.clear()
        microphone.feed(2)
        await settle()
        ear.mute(True)
        mind.has_room.set()

    assert played(play) == [*heard(1), HearingEnded()]


def test_who_unmutes_is_heard_again() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        assert ear.muted
        ear.mute(False)
        microphone.feed(1)

    assert played(play, muted=True) == [*heard(1), HearingEnded()]


# ---------------------------------------------------------------------------------------------------- gates


def test_a_key_marks_the_activity_with_what_was_said_just_before_and_after() -> None:
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        for mark in range(1, 4):
            microphone.feed(mark)
            await asyncio.sleep(0.02)
        ear.send(push.toggle(asyncio.get_running_loop().time()))
        microphone.feed(4)
        await asyncio.sleep(0.02)
        ear.send(push.toggle(asyncio.get_running_loop().time()))
        await asyncio.sleep(0.2)
        microphone.feed(5)

    told = played(play, Attention(push))
    assert told == [FloorClaimed(), *heard(1, 2, 3, 4, 5), FloorYielded(), HearingEnded()]


def test_an_activity_ends_by_time_alone_when_the_frames_stop() -> None:
    said: list[str] = []
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1)
        ear.send(push.press(0.0))
        await asyncio.sleep(STARVED_S + LATE_S)
        assert mind.told[-1] == FloorYielded()

    told = played(play, Attention(push, tell=said.append))
    assert told == [FloorClaimed(), *heard(1), FloorYielded(), HearingEnded()]
    assert said == ["starved"]


def test_an_end_by_itself_without_anybody_to_tell_is_an_end() -> None:
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.send(push.press(0.0))
        await asyncio.sleep(STARVED_S + LATE_S)

    assert played(play, Attention(push)) == [FloorClaimed(), FloorYielded()]


def test_mute_closes_the_activity() -> None:
    push = PushGate()

    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        ear.send(push.press(0.0))
        microphone.feed(1)
        await settle()
        ear.mute(True)

    told = played(play, Attention(push))
    assert told == [FloorClaimed(), *heard(1), FloorYielded(), HearingEnded()]


def test_who_leaves_in_the_middle_of_an_activity_closes_it() -> None:
    push, told = PushGate(), list[Input]()

    async def main() -> None:
        microphone, mind = Microphone(), Mind()
        mind.told = told
        ear = Ear(cast("Session", mind), microphone, Attention(push))
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(ear.listen())
            ear.send(push.press(0.0))
            microphone.feed(1)
            await settle()
            listening.cancel()
        await asyncio.sleep(2 * STARVED_S)

    virtual.run(main())
    assert told == [FloorClaimed(), *heard(1), FloorYielded(), HearingEnded()]


def test_the_whole_of_a_pipe_is_one_turn() -> None:
    async def play(ear: Ear, microphone: Microphone, mind: Mind) -> None:
        microphone.feed(1, 2)

    told = played(play, Attention(OneTurn()))
    assert told == [FloorClaimed(), *heard(1, 2), FloorYielded(), HearingEnded()]


@pytest.mark.parametrize("gate", [AlwaysOpen(), OneTurn()])
def test_a_gate_without_times_has_nothing_to_do_at_any(gate: Gate) -> None:
    assert gate.deadline is None
    assert [*gate.tick(100.0), *gate.close()] == []


# ----------------------------------------------------------------------------------------- by a network's ear


@pytest.mark.speech
@pytest.mark.parametrize("noisy", [False, True])
def test_silence_is_no_activity_to_the_network(noisy: bool) -> None:
    from livechat.ear import ByVoice

    gate = ByVoice(noisy=noisy)
    sent: list[Sent] = []
    for at in range(50):
        frame: Sound = Frame(bytes(640), -120.0, at * 0.02)
        sent += gate.feed(frame)
    rest: Sequence[Sent] = [*gate.tick(100.0), *gate.close()]
    assert (sent, rest, gate.deadline) == ([], [], None)
