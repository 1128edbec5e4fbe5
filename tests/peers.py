"""Peers that are no Live servers: they take a connection, say what they were told to say, and remember who came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast


class Peer:
    """Answers what looks like a whole request with fixed bytes and hangs up; `None` is a peer that never answers."""

    def __init__(self, answer: bytes | None, *, greets: bool = False) -> None:
        self.answer = answer
        self.greets = greets
        """It speaks first, as SSH and SMTP do."""
        self.heard: list[bytes] = []
        """What each connection has sent so far."""
        self.came = asyncio.Event()
        self.transports: list[asyncio.Transport] = []
        self.port = 0

    def speak(self, transport: asyncio.Transport) -> None:
        if self.answer is not None:
            transport.write(self.answer)
            transport.close()


class _Connection(asyncio.Protocol):
    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.number = len(peer.heard)
        peer.heard.append(b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.peer.transports.append(self.transport)
        if self.peer.greets:
            self.peer.speak(self.transport)

    def data_received(self, data: bytes) -> None:
        self.peer.heard[self.number] += data
        self.peer.came.set()
        if self.peer.heard[self.number].endswith(b"\r\n\r\n"):
            self.peer.speak(self.transport)


@asynccontextmanager
async def listening(peer: Peer) -> AsyncGenerator[Peer, None]:
    """Runs `peer` on a free loopback port."""
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(peer), "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        async with server:
            yield peer
    finally:
        for transport in peer.transports:
            transport.abort()
        await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next round


def http(status: str, *headers: str, body: str = "") -> bytes:
    """An HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()
