"""Proxies of a company: HTTP with CONNECT and SOCKS5, with a password, and a note of all that they could read."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

GRANTED, NOT_ALLOWED = 0, 2
NAMED, IPV4 = 3, 1


@dataclass
class Gate:
    """A proxy that lets through to the names it knows, each of which is a port of this machine."""

    ports: Mapping[str, int]
    credentials: str = ""
    """`user:password`, where it wants them."""
    port: int = 0
    seen: bytearray = field(default_factory=bytearray)
    """What was said to the proxy and through it by who came."""
    asked: list[str] = field(default_factory=list[str])
    """Where they wanted to go, as `host:port`."""

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.seen += request
        self.asked.append(request.split()[1].decode())
        basic = f"Basic {base64.b64encode(self.credentials.encode()).decode()}"
        if self.credentials and f"Proxy-Authorization: {basic}".encode() not in request:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif (port := self._port_of(self.asked[-1])) is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._pass_on(port, reader, writer)

    async def socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """SOCKS5 (RFC 1928) with the user and password of RFC 1929."""
        _, methods = await reader.readexactly(2)
        wanted = 2 if self.credentials else 0
        if wanted not in await reader.readexactly(methods):
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, wanted)))
        if wanted:
            given = [await self._word(reader, skip) for skip in (1, 0)]
            writer.write(bytes((1, int(":".join(given) != self.credentials))))
        _, _, _, kind = await reader.readexactly(4)
        host = await self._word(reader) if kind == NAMED else ".".join(map(str, await reader.readexactly(4)))
        self.asked.append(f"{host}:{int.from_bytes(await reader.readexactly(2))}")
        port = self._port_of(self.asked[-1])
        writer.write(bytes((5, NOT_ALLOWED if port is None else GRANTED, 0, IPV4, 0, 0, 0, 0, 0, 0)))
        if port is not None:
            await self._pass_on(port, reader, writer)

    async def _word(self, reader: asyncio.StreamReader, skip: int = 0) -> str:
        await reader.readexactly(skip)
        return (await reader.readexactly((await reader.readexactly(1))[0])).decode()

    def _port_of(self, asked: str) -> int | None:
        return self.ports.get(asked.rpartition(":")[0])

    async def _pass_on(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, onwards = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, onwards, self.seen))
                tasks.create_task(self._pump(beyond, writer, bytearray()))
        finally:
            onwards.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                seen += data
                writer.write(data)
        writer.close()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def accepting(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int, None]:
    """The free loopback port where every connection is the handler's, and none is left at the end."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                await handler(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async with asyncio.TaskGroup() as tasks:
        server = await asyncio.start_server(
            lambda *ends: running.add(tasks.create_task(serve(*ends))), "127.0.0.1", 0, ssl=tls
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in running:
                task.cancel()
    await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next round
    await asyncio.sleep(0)


@asynccontextmanager
async def gate(
    kind: Literal["http", "socks"], ports: Mapping[str, int], credentials: str = ""
) -> AsyncGenerator[Gate, None]:
    """Runs one on a free loopback port."""
    made = Gate(ports, credentials)
    async with accepting(made.http if kind == "http" else made.socks) as made.port:
        yield made
