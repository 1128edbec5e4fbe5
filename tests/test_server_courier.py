"""The way to one client on virtual time: plain, shaped, stalled, closed; and on a real socket, end to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from livechat.server.courier import STALLED_S, WAITING_BYTES, Courier, Resampling
from livechat.server.lines import Gone
from livechat.server.outlet import CutAct
from livechat.server.scenario import CloseWith, Drop, Fault, HalfOpen, Network, Omit, Say, Scenario, Stall
from tests.mischief_help import at, draw_half, gist, text
from tests.virtual import run

ABC = [text("a"), text("b"), text("c")]
BIG = text("x" * 100_000)


class Tape:
    """A line that keeps what it is told, with the time."""

    def __init__(self) -> None:
        self.told: list[tuple[float, object]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.lost = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.marks: list[tuple[int, CutAct]] = []
        self.pong_s = 0.0

    def _tell(self, what: object) -> None:
        self.told.append((round(asyncio.get_running_loop().time(), 6), what))

    async def receive(self) -> bytes:
        await self.lost.wait()
        raise Gone

    async def send(self, frame: str | bytes) -> None:
        await self.reads.wait()
        if self.lost.is_set():
            raise Gone
        self._tell(gist(frame))

    async def ready(self) -> None:
        await self.open.wait()

    async def close(self, code: int, reason: str) -> None:
        if not self.lost.is_set():
            self._tell(CloseWith(code, reason))
        self.lost.set()

    def abort(self) -> None:
        self._tell("abort")
        self.lost.set()

    def drop(self) -> None:
        self._tell(Drop())
        self.lost.set()

    def fall_silent(self) -> None:
        self._tell(HalfOpen())

    def strike_at(self, byte: int, act: CutAct) -> None:
        self.marks.append((byte, act))

    def pong_after(self, seconds: float) -> None:
        self.pong_s = seconds


Play = Callable[[Courier, Tape], Awaitable[None]]


def played(play: Play, *faults: Fault, network: Network | None = None, number: int = 1) -> list[tuple[float, object]]:
    """What a line is told in a play, on virtual time; and no task is left after it."""
    log: list[str] = []

    async def main() -> list[tuple[float, object]]:
        tape = Tape()
        scenario = Scenario(faults=faults, network=network or Network())
        async with Courier(tape, scenario, number, draw_half, log.append) as courier:
            await play(courier, tape)
        assert len(asyncio.all_tasks()) == 1
        return [*tape.told, *((0.0, line) for line in log)]

    return run(main())


async def send_all(courier: Courier, tape: Tape) -> None:
    for message in ABC:
        await courier.send(message)


async def send_much(courier: Courier) -> None:
    for _ in range(1000):
        await courier.send(BIG)


def now() -> float:
    return asyncio.get_running_loop().time()


# -------------------------------------------------------------------------------------------------- the plain way


def test_without_faults_it_sends_at_once_and_has_no_task() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await send_all(courier, tape)
        assert len(asyncio.all_tasks()) == 1
        await courier.close(1000, "bye")
        with pytest.raises(Gone):
            await courier.receive()

    assert played(play) == [(0.0, "a"), (0.0, "b"), (0.0, "c"), (0.0, CloseWith(1000, "bye"))]


def test_who_sends_waits_for_who_reads() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        tape.reads.clear()
        asyncio.get_running_loop().call_later(7, tape.reads.set)
        await courier.send(ABC[0])
        assert now() == 7

    assert played(play) == [(7.0, "a")]


@pytest.mark.parametrize("shaped", [False, True])
def test_a_client_that_reads_nothing_for_a_minute_is_given_up(shaped: bool) -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        tape.reads.clear()
        with pytest.raises(Gone):
            await send_much(courier)
        assert now() == pytest.approx(STALLED_S)

    network = Network(latency_ms=0.0001 if shaped else 0)
    assert played(play, network=network) == [(60.0, "abort"), (0.0, "given up: nothing was read for 60 s")]


def test_a_stall_at_a_byte_is_no_client_that_reads_nothing() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        tape.open.clear()
        asyncio.get_running_loop().call_later(100, tape.open.set)
        await courier.send(ABC[0])

    assert played(play) == [(100.0, "a")]


def test_who_left_is_gone() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        tape.lost.set()
        for _ in range(2):
            with pytest.raises(Gone):
                await courier.send(ABC[0])
        await courier.suffer(Stall(1))
        courier.abort()

    assert played(play) == [(0.0, "abort")]


def test_the_line_is_told_of_bytes_and_pongs() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        assert tape.marks == [(100, Drop()), (5, Stall(2))]
        assert tape.pong_s == 8

    assert played(play, at(Drop(), byte=100), at(Stall(2), byte=5), network=Network(pong_s=8)) == []


# ------------------------------------------------------------------------------------------------- the shaped way


def test_latency_holds_up_what_is_sent_and_not_who_sends() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await send_all(courier, tape)
        assert now() == 0.0
        await courier.close(1000, "bye")

    assert played(play, network=Network(latency_ms=200, jitter_ms=100)) == [
        *((0.25, "a"), (0.25, "b"), (0.25, "c"), (0.25, CloseWith(1000, "bye")))
    ]


def test_faults_strike_and_the_rest_comes_through() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await send_all(courier, tape)
        await asyncio.sleep(3)

    told = played(play, at(Omit(), "text", 2), at(Say("!"), "text", 3), at(Say("?"), after_s=2))
    assert told == [(0.0, "a"), (0.0, "!"), (0.0, "c"), (2.0, "?")]


def test_faults_of_another_connection_leave_the_way_plain() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await send_all(courier, tape)
        assert len(asyncio.all_tasks()) == 1

    assert [what for _, what in played(play, at(Omit(), "text", connection=2), number=1)] == ["a", "b", "c"]
    assert [what for _, what in played(send_all_and_wait, at(Omit(), "text", connection=2), number=2)] == ["b", "c"]


async def send_all_and_wait(courier: Courier, tape: Tape) -> None:
    await send_all(courier, tape)
    await asyncio.sleep(1)


def test_only_so_much_waits_for_the_network() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        sent = 0
        while now() == 0.0 and sent < 2 * WAITING_BYTES:
            await courier.send(BIG)
            sent += 100_000
        assert WAITING_BYTES - 100_000 < sent < WAITING_BYTES + 100_000

    played(play, network=Network(bandwidth=1_000_000))


def test_who_waits_for_room_learns_that_the_client_left() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        asyncio.get_running_loop().call_later(1, tape.lost.set)
        with pytest.raises(Gone):
            await send_much(courier)

    played(play, network=Network(bandwidth=1_000_000))


# ------------------------------------------------------------------------------------------------ what is suffered


def test_a_stall_begins_in_the_middle_of_a_plain_conversation() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.send(ABC[0])
        await courier.suffer(Stall(10))
        await courier.send(ABC[1])
        await courier.send(ABC[2])
        assert now() == 0.0
        await courier.close(1000, "")

    assert played(play) == [(0.0, "a"), (10.0, "b"), (10.0, "c"), (10.0, CloseWith(1000))]


@pytest.mark.parametrize("end", [CloseWith(1011, "x"), Drop()])
def test_after_an_end_everybody_is_gone(end: CloseWith | Drop) -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.send(ABC[0])
        await courier.suffer(end)
        with pytest.raises(Gone):
            await courier.receive()
        with pytest.raises(Gone):
            await courier.send(ABC[1])
        await courier.close(1000, "nobody hears this")

    assert played(play) == [(0.0, "a"), (0.0, end)]


def test_a_reset_does_not_wait_for_the_end_of_a_stall() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.suffer(Stall(1000))
        await courier.send(ABC[0])
        await asyncio.sleep(1)
        await courier.suffer(Drop())
        with pytest.raises(Gone):
            await courier.receive()

    assert played(play) == [(1.0, Drop())]


def test_a_half_open_connection_swallows_everything_and_stays() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.send(ABC[0])
        await courier.suffer(HalfOpen())
        await asyncio.sleep(1)
        for _ in range(100):
            await courier.send(BIG)
        assert now() == 1.0
        asyncio.get_running_loop().call_later(3600, tape.lost.set)
        with pytest.raises(Gone):
            await courier.receive()

    assert played(play) == [(0.0, "a"), (0.0, HalfOpen())]


def test_an_abort_waits_for_nothing() -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.send(ABC[0])
        courier.abort()

    assert played(play, network=Network(latency_ms=1000)) == [(0.0, "abort")]


# ------------------------------------------------------------------------------------------------------ the end


@pytest.mark.parametrize("network", [Network(), Network(latency_ms=1000)])
def test_what_goes_wrong_with_its_user_is_not_wrapped(network: Network) -> None:
    async def play(courier: Courier, tape: Tape) -> None:
        await courier.send(ABC[0])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        played(play, network=network)


def test_a_bug_of_its_own_is_heard_of() -> None:
    class Broken(Tape):
        async def send(self, frame: str | bytes) -> None:
            raise ZeroDivisionError

    async def main() -> None:
        async with Courier(Broken(), Scenario(network=Network(latency_ms=1)), 1, draw_half, print) as courier:
            await courier.send(ABC[0])
            await courier.receive()

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)


def test_it_can_be_cancelled() -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(5),
            Courier(Tape(), Scenario(network=Network(latency_ms=1)), 1, draw_half, print) as courier,
        ):
            await courier.receive()

    with pytest.raises(TimeoutError):
        run(main())


# ------------------------------------------------------------------------------------------------------ the sound


def test_sound_is_resampled_as_one_stream_whose_chunks_join() -> None:
    import numpy as np

    seconds = np.arange(24_000) / 24_000
    pcm = (np.sin(2 * np.pi * 440 * seconds) * 20_000).astype("<i2").tobytes()
    resample = Resampling()
    pieces = [resample(pcm[start : start + 9_600], 24_000, 16_000) for start in range(0, len(pcm), 9_600)]
    joined = np.frombuffer(b"".join([*pieces, resample(b"", 24_000, 16_000)]), "<i2")
    assert len(joined) == 16_000
    wanted = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000) * 20_000
    assert np.abs(joined - wanted)[200:-200].max() < 20


def test_an_ended_stream_begins_anew_and_half_a_sample_is_left_out() -> None:
    resample = Resampling()
    first = [resample(b"\1\0" * 1200 + b"x", 24_000, 12_000), resample(b"", 24_000, 12_000)]
    assert len(b"".join(first)) == 1200
    assert first == [resample(b"\1\0" * 1200, 24_000, 12_000), resample(b"", 24_000, 12_000)]
    assert resample(b"", 8_000, 16_000) == b""


def test_who_wants_to_be_told_of_faults_is_told_of_each_before_it_ends_the_connection() -> None:
    told: list[Fault] = []
    faults = (at(Omit(), "text"), at(CloseWith(1011), after_s=1.0))

    async def main() -> None:
        async with Courier(Tape(), Scenario(faults=faults), 1, draw_half, print, told.append) as courier:
            await send_all(courier, Tape())
            assert told == [faults[0]]
            await asyncio.sleep(2)

    run(main())
    assert told == list(faults)
