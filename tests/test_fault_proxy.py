"""The proxy of the tests does what its switches say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests import aio
from tests.fault_proxy import FaultProxy, faulty


@dataclass
class Talk:
    """A line through the proxy to a server that sends back what it hears."""

    proxy: FaultProxy
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def says_for_ever(self) -> None:
        while True:
            await self.says(bytes(65536))

    async def hears(self, size: int, within_s: float = 2.0) -> bytes:
        async with asyncio.timeout(within_s):
            return await self.reader.readexactly(size)

    async def hears_nothing(self, for_s: float = 0.1) -> None:
        with pytest.raises(TimeoutError):
            await self.hears(1, for_s)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def talking(room: int | None = None) -> AsyncGenerator[Talk, None]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, faulty(server.sockets[0].getsockname()[1], room=room) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            yield Talk(proxy, reader, writer)
        finally:
            proxy.reset()
            writer.transport.abort()
            await asyncio.sleep(0.02)


def test_what_it_passes_comes_whole_and_its_end_too() -> None:
    async def main() -> None:
        async with talking() as talk:
            sent = bytes(range(256)) * 4000
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.says(sent))
                assert await talk.hears(len(sent)) == sent
            assert talk.proxy.passed("up") == talk.proxy.passed("down") == len(sent)
            talk.writer.write_eof()
            assert await talk.reader.read() == b""

    aio.run(main())


def test_what_is_held_goes_out_afterwards_and_what_is_swallowed_never() -> None:
    async def main() -> None:
        async with talking() as talk:
            talk.proxy.blackhole("up")
            await talk.says(b"a")
            await talk.hears_nothing()
            talk.proxy.passes()
            assert await talk.hears(1) == b"a"
            talk.proxy.swallow("down")
            await talk.says(b"b")
            await talk.hears_nothing()
            talk.proxy.passes()
            await talk.says(b"c")
            assert await talk.hears(1) == b"c"

    aio.run(main())


def test_a_blackhole_is_felt_by_who_sends() -> None:
    async def main() -> None:
        async with talking(room=4096) as talk:
            talk.proxy.blackhole()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(talk.says_for_ever(), 0.3)

    aio.run(main())


def test_a_delay_is_kept_and_so_is_the_order() -> None:
    async def main() -> float:
        async with talking() as talk:
            now = asyncio.get_running_loop().time
            talk.proxy.delay(0.2, "up")
            began = now()
            await talk.says(b"late")
            await talk.hears_nothing(0.05)
            talk.proxy.delay(0.0)
            await talk.says(b"r")
            assert await talk.hears(5) == b"later"
            return now() - began

    assert 0.19 <= aio.run(main()) < 1


def test_a_rate_is_kept() -> None:
    async def main() -> float:
        async with talking() as talk:
            now = asyncio.get_running_loop().time
            talk.proxy.rate(10_000, "up")
            began = now()
            await talk.says(bytes(4000))
            await talk.hears(4000)
            return now() - began

    assert 0.35 <= aio.run(main()) < 1


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_a_cut_comes_after_exactly_so_many_bytes(size: int) -> None:
    async def main() -> None:
        async with talking() as talk:
            await talk.says(b"before")
            await talk.hears(6)
            talk.proxy.cut_after(size, "down")
            await talk.says(bytes(9000))
            assert len(await talk.hears(size)) == size
            with pytest.raises(ConnectionResetError):
                await talk.hears(1)

    aio.run(main())


def test_after_a_reset_one_may_come_again() -> None:
    async def main() -> None:
        async with talking() as talk:
            await talk.says(b"a")
            await talk.hears(1)
            talk.proxy.reset()
            with pytest.raises(ConnectionResetError):
                await talk.reader.read()
            reader, writer = await asyncio.open_connection("127.0.0.1", talk.proxy.port)
            writer.write(b"b")
            assert await reader.readexactly(1) == b"b"
            writer.transport.abort()
            assert talk.proxy.opened == 2

    aio.run(main())


def test_where_nobody_listens_it_hangs_up() -> None:
    async def main() -> None:
        async with faulty(1) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.transport.abort()

    aio.run(main())
