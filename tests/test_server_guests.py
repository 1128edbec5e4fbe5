"""A guest's WebSocket on real sockets: how it goes wrong below the messages, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.exceptions import ConnectionClosed

from livechat.server.courier import Courier
from livechat.server.guests import Guests, SocketLine
from livechat.server.lines import Gone
from livechat.server.scenario import CloseWith, Drop, Fault, HalfOpen, Network, Pad, Say, Scenario, Stall
from tests.aio import run
from tests.mischief_help import SETUP, at, draw_half, gist, text

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
PING = b"\x89\x82mask" + bytes(a ^ b for a, b in zip(b"hi", b"ma", strict=True))
PONG = b"\x8a\x02hi"
TEXT = b"\x81\x82mask" + bytes(a ^ b for a, b in zip(b"hi", b"ma", strict=True))
Play = Callable[["House"], Awaitable[None]]


class House:
    """A server whose one handler is the test: it hands over each line and keeps it until the test is over."""

    def __init__(self) -> None:
        self.guests = Guests()
        self.lines: asyncio.Queue[SocketLine] = asyncio.Queue()
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def handle(self, socket: ServerConnection) -> None:
        self.lines.put_nowait(SocketLine(socket))
        await socket.wait_closed()

    @asynccontextmanager
    async def raw(self) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter, SocketLine], None]:
        """A client that is a bare TCP connection after the handshake, and its line."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(UPGRADE)
            await reader.readuntil(b"\r\n\r\n")
            yield reader, writer, await self.lines.get()
        finally:
            writer.transport.abort()

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[tuple[ClientConnection, SocketLine], None]:
        async with connect(self.url, close_timeout=0.1) as client:
            yield client, await self.lines.get()


def in_house(play: Play, ping_s: float | None = None) -> None:
    async def main() -> None:
        house = House()
        kind = house.guests.kind()
        async with listen(
            house.handle,
            "127.0.0.1",
            0,
            create_connection=kind,
            compression=None,
            close_timeout=0.05 if ping_s else 0.5,
            ping_interval=ping_s,
            ping_timeout=ping_s,
        ) as listener:
            house.port = next(iter(listener.sockets)).getsockname()[1]
            await play(house)
            for guest in list(house.guests.present):
                guest.transport.abort()
        assert house.guests.present == set()

    run(main())


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes up to a reset. Fails where the connection is closed in order."""
    received = bytearray()
    try:
        while more := await reader.read(2**16):
            received += more
    except ConnectionResetError:
        return bytes(received)
    raise AssertionError(f"it was closed in order after {len(received)} bytes")


def now() -> float:
    return asyncio.get_running_loop().time()


# ------------------------------------------------------------------------------------------- nothing wrong


def test_messages_pass_both_ways() -> None:
    async def play(house: House) -> None:
        async with house.client() as (client, line):
            await client.send("hello")
            assert await line.receive() == b"hello"
            await line.send(b"bytes")
            await line.send("text")
            assert [await client.recv(), await client.recv()] == [b"bytes", "text"]
            await line.ready()
            await line.close(1008, "no")
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "no")

    in_house(play)


def test_a_client_that_left_is_gone_for_who_reads_and_who_writes() -> None:
    async def play(house: House) -> None:
        async with house.client() as (client, line):
            await client.close()
            with pytest.raises(Gone):
                await line.receive()
            with pytest.raises(Gone):
                await line.send(b"x")

    in_house(play)


def test_guests_sign_out_when_they_leave() -> None:
    async def play(house: House) -> None:
        async with house.client() as (_, line):
            assert len(house.guests.present) == 1
            house.guests.admitted |= house.guests.present
            line.abort()
            with pytest.raises(Gone):
                await line.receive()
        assert house.guests.present == house.guests.admitted == set()

    in_house(play)


# ------------------------------------------------------------------------------------------------ the reset


def test_a_drop_is_a_reset_after_all_that_was_sent() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            await line.send(b"x" * 100)
            line.drop()
            assert await rest(reader) == b"\x82\x64" + b"x" * 100
            with pytest.raises(Gone):
                await line.receive()

    in_house(play)


@pytest.mark.parametrize("byte", [0, 1, 2, 57, 101, 102, 103, 150, 204])
def test_a_drop_at_a_byte_lets_exactly_so_many_through(byte: int) -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            line.strike_at(byte, Drop())
            with suppress(Gone):
                await line.send(b"x" * 100)
                await line.send(b"y" * 100)
            whole = b"\x82\x64" + b"x" * 100 + b"\x82\x64" + b"y" * 100
            assert await rest(reader) == whole[:byte]

    in_house(play)


def test_a_reset_waits_until_a_slow_client_has_taken_what_was_sent() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            line.strike_at(5_000_000, Drop())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await line.send(b"x" * 6_000_000)
            assert len(await rest(reader)) == 5_000_000

    in_house(play)


def test_pongs_count_as_bytes() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.strike_at(6, Drop())
            writer.write(PING + PING)
            assert await rest(reader) == PONG + PONG[:2]

    in_house(play)


def test_a_client_of_websockets_sees_a_drop_as_an_abnormal_end() -> None:
    async def play(house: House) -> None:
        async with house.client() as (client, line):
            line.drop()
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1006

    in_house(play)


def test_a_client_that_takes_nothing_does_not_hold_up_its_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.server.outlet.PATIENCE_S", 0.05)

    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            line.strike_at(20_000_000, Drop())
            with suppress(Gone):
                await line.send(b"x" * 21_000_000)
            assert len(await rest(reader)) < 20_000_000

    in_house(play)


# -------------------------------------------------------------------------------------------------- the pongs


def test_pings_are_answered_at_once_where_nobody_asked_otherwise() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, _):
            writer.write(PING)
            assert await reader.readexactly(4) == PONG

    in_house(play)


def test_slow_pongs_come_so_much_later_and_hold_up_nothing_else() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.pong_after(0.1)
            asked = now()
            writer.write(PING + TEXT)
            assert await line.receive() == b"hi"
            await line.send(b"yo")
            assert await reader.readexactly(4) == b"\x82\x02yo"
            assert now() - asked < 0.09
            assert await reader.readexactly(4) == PONG
            assert 0.1 <= now() - asked < 0.3

    in_house(play)


def test_the_library_s_own_measure_of_the_way_sees_slow_pongs() -> None:
    async def play(house: House) -> None:
        async with house.client() as (client, line):
            line.pong_after(0.1)
            assert 0.1 <= await (await client.ping()) < 0.3

    in_house(play)


def test_a_flood_of_pings_is_not_kept_for_later() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.pong_after(0.05)
            writer.write(PING * 1000 + TEXT)
            assert await line.receive() == b"hi"
            assert await reader.readexactly(4 * 64) == PONG * 64
            await line.send(b"yo")
            assert await reader.readexactly(4) == b"\x82\x02yo"

    in_house(play)


def test_who_pings_and_reads_nothing_gets_no_pongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.server.outlet.UNREAD_BYTES", 0)

    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            writer.write(PING * 1000 + TEXT)
            assert await line.receive() == b"hi"
            await line.send(b"yo")
            assert await reader.readexactly(4) == b"\x82\x02yo"

    in_house(play)


def test_no_pong_comes_after_the_end() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.pong_after(0.02)
            writer.write(PING + TEXT)
            await line.receive()
            async with asyncio.TaskGroup() as tasks:
                closing = tasks.create_task(line.close(1000, ""))
                assert await reader.readexactly(4) == b"\x88\x02\x03\xe8"
                writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
                assert await reader.read() == b""
                await asyncio.wait([closing], timeout=0.05)
                writer.close()

    in_house(play)


# -------------------------------------------------------------------------------------------------- half open


async def hears_nothing(reader: asyncio.StreamReader, seconds: float = 0.1) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


def test_a_half_open_line_neither_sends_nor_reads_nor_pongs_and_stays() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.fall_silent()
            writer.write(PING + TEXT)
            await line.send(b"x")
            assert await hears_nothing(reader)
            writer.write(b"x" * 30_000_000)
            assert await hears_nothing(reader)
            assert writer.transport.get_write_buffer_size() > 20_000_000, "it takes what the client says"
            assert len(house.guests.present) == 1

    in_house(play)


def test_what_was_read_before_a_line_fell_silent_is_not_heard_any_more() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line), asyncio.TaskGroup() as tasks:
            writer.write(TEXT * 40)
            assert await line.receive() == b"hi"
            line.fall_silent()
            receiving = tasks.create_task(heard(line))
            assert await hears_nothing(reader)
            assert not receiving.done()
            writer.close()
            assert await receiving == "gone"

    in_house(play)


def test_a_line_that_falls_silent_with_a_frame_on_its_way_in_does_not_hear_it() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line), asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(heard(line))
            await asyncio.sleep(0)
            line.strike_at(0, HalfOpen())
            writer.write(TEXT + PING)
            assert await hears_nothing(reader)
            assert not receiving.done()
            writer.close()
            assert await receiving == "gone"

    in_house(play)


async def heard(line: SocketLine) -> bytes | str:
    try:
        return await line.receive()
    except Gone:
        return "gone"


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_client_that_leaves_a_silent_line_ends_it(end: str) -> None:
    async def play(house: House) -> None:
        async with house.raw() as (_, writer, line):
            writer.write(TEXT)
            line.fall_silent()
            writer.close() if end == "close" else writer.transport.abort()
            with pytest.raises(Gone):
                await line.receive()

    in_house(play)


def test_closing_a_silent_line_waits_for_others_to_do_it() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line), asyncio.TaskGroup() as tasks:
            line.fall_silent()
            closing = tasks.create_task(line.close(1000, ""))
            assert await hears_nothing(reader)
            assert not closing.done()
            writer.close()

    in_house(play)


def test_a_line_falls_silent_at_a_byte_and_its_server_pings_no_more() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            line.strike_at(5, HalfOpen())
            await line.send(b"hello")
            assert await reader.readexactly(5) == b"\x82\x05hel"
            assert await hears_nothing(reader, 0.4), "its server takes it for dead"

    in_house(play, ping_s=0.1)


# ----------------------------------------------------------------------------------------------------- held back


def test_a_stall_at_a_byte_holds_everything_and_loses_nothing() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.strike_at(5, Stall(0.1))
            line.strike_at(11, Drop())
            await line.send(b"hello")
            writer.write(PING + TEXT)
            assert await line.receive() == b"hi"
            began = now()
            assert await reader.readexactly(5) == b"\x82\x05hel"
            assert await rest(reader) == b"lo" + PONG
            assert now() - began >= 0.08
            await line.ready()

    in_house(play)


def test_an_end_during_a_stall_comes_after_it() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line), asyncio.TaskGroup() as tasks:
            line.strike_at(3, Stall(0.05))
            await line.send(b"hello")
            tasks.create_task(line.close(1000, ""))
            writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
            assert await reader.read() == b"\x82\x05hello\x88\x02\x03\xe8"
            writer.close()

    in_house(play)


def test_a_ping_flood_during_a_stall_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.server.outlet.HELD_BYTES", 40)

    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line):
            line.strike_at(0, Stall(0.1))
            line.strike_at(45, Drop())
            writer.write(PING * 100 + TEXT)
            assert await line.receive() == b"hi"
            await line.send(b"hello")
            assert await rest(reader) == PONG * 10 + b"\x82\x05hel"

    in_house(play)


def test_two_stalls_follow_each_other() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            line.strike_at(3, Stall(0.05))
            line.strike_at(2, Stall(0.05))
            began = now()
            await line.send(b"hello")
            assert await reader.readexactly(7) == b"\x82\x05hello"
            assert now() - began >= 0.09

    in_house(play)


# ------------------------------------------------------------------------------------------- under a courier


@asynccontextmanager
async def carried(
    house: House, *faults: Fault, latency_ms: float = 0.0
) -> AsyncGenerator[tuple[ClientConnection, Courier], None]:
    """A client, and the courier to it, which is told of these faults."""
    scenario = Scenario(faults=faults, network=Network(latency_ms))
    async with house.client() as (client, line), Courier(line, scenario, 1, draw_half, print) as courier:
        yield client, courier


def test_messages_come_pretty_in_binary_frames_and_others_as_they_were_said() -> None:
    async def play(house: House) -> None:
        async with carried(house, at(Say("?!"), "text", 2), at(Say(b"\xff"), "text", 2)) as (client, courier):
            for message in (SETUP, text("a"), text("b")):
                await courier.send(message)
            assert await client.recv() == b'{\n  "setupComplete": {}\n}\n'
            assert [gist(await client.recv()) for _ in range(4)] == ["a", "?!", b"\xff", "b"]

    in_house(play)


def test_a_message_can_be_too_long_for_who_takes_a_mebibyte() -> None:
    async def play(house: House) -> None:
        async with carried(house, at(Pad(1_100_000), "any")) as (client, courier):
            await courier.send(SETUP)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1009

    in_house(play)


@pytest.mark.parametrize("moment", [at(CloseWith(4321, "so"), "text"), at(CloseWith(4321, "so"), after_s=0.05)])
def test_a_client_is_closed_on_with_any_code(moment: Fault) -> None:
    async def play(house: House) -> None:
        async with carried(house, moment) as (client, courier):
            await courier.send(SETUP)
            if moment.when.kind:
                await courier.send(text("never comes"))
            assert gist(await client.recv()) == "setupComplete"
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4321, "so")
            with pytest.raises(Gone):
                await courier.receive()

    in_house(play)


def test_a_scenario_cuts_a_frame_in_the_middle() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, _, line):
            async with Courier(line, Scenario(faults=(at(Drop(), byte=40),)), 1, draw_half, print) as courier:
                with suppress(Gone):
                    await courier.send(SETUP)
                    await courier.send(text("a"))
                received = await rest(reader)
            assert len(received) == 40
            assert received.startswith(b'\x82\x1a{\n  "setupComplete"')

    in_house(play)


def test_a_connection_goes_half_open_in_the_middle_and_ends_with_its_client() -> None:
    async def play(house: House) -> None:
        async with house.raw() as (reader, writer, line), Courier(line, Scenario(), 1, draw_half, print) as courier:
            await courier.suffer(HalfOpen())
            await courier.send(text("a"))
            writer.write(PING)
            assert await hears_nothing(reader)
            writer.close()
            await courier.close(1000, "nobody hears this")
            with pytest.raises(Gone):
                await courier.receive()

    in_house(play)


def test_a_client_that_leaves_takes_its_courier_s_work_with_it() -> None:
    async def play(house: House) -> None:
        async with carried(house, latency_ms=3_600_000) as (client, courier):
            await courier.send(text("a"))
            await client.close()
            with pytest.raises(Gone):
                await courier.receive()

    in_house(play)
