"""Who is connected to the server, and the WebSocket of each, which can be made to go wrong below the messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event

from livechat.server.door import is_get
from livechat.server.lines import Gone
from livechat.server.outlet import CutAct, Outlet
from livechat.server.portions import Portions

PONG = 0x8A
"""How a pong of a server begins: the last fragment, opcode 10 (RFC 6455, 5.2)."""
WAITING = 2048
"""So many may stand at the door and not be let in yet; 800 take 4 MB."""
HTTP = b"HTTP/"
"""How the answer to a handshake begins; no frame does."""


class Guest(ServerConnection):
    """A WebSocket whose pongs can be slow, whose bytes are counted, and which can fall silent."""

    outlet: Outlet
    """From the first byte on."""
    pong_s: float = 0.0
    """How late pings are answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.outlet = Outlet(transport, self._stop_pinging)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.outlet.lost()
        super().connection_lost(exc)

    def send_data(self) -> None:
        for data in self.protocol.data_to_send():
            if not data:
                self.outlet.end()
            elif data[0] == PONG:
                self.outlet.pong(data, self.pong_s)
            elif data.startswith(HTTP):
                self.outlet.write_uncounted(data)
            else:
                self.outlet.write(data)

    def _stop_pinging(self) -> None:
        if self.keepalive_task is not None:
            self.keepalive_task.cancel()


class Reader(Protocol):
    """What reads a connection that begins with something else than GET."""

    def feed(self, data: bytes) -> None: ...

    def end(self) -> None:
        """The client sends no more."""
        ...


class Caller(Guest):
    """A guest of whom it is not known yet what it wants: a WebSocket, or something that is no GET."""

    _first: bytes | None = b""
    """What has come while that could not be said."""
    _reader: Reader | None = None
    _deaf = False
    """What it says is thrown away: it has been told goodbye."""

    def turn_deaf(self) -> None:
        """Reads on without listening, so that its answer to a close is not kept waiting behind what it still says."""
        self._deaf = True
        self._portions.resume()

    def process_event(self, event: Event) -> None:
        said = isinstance(event, Frame) and event.opcode in DATA_OPCODES
        if not (said and self._deaf):
            super().process_event(event)

    def data_received(self, data: bytes) -> None:
        if self._first is not None:
            data = self._first + data
            get = is_get(data)
            self._first = data if get is None else None
            if get is None:
                return
            if not get:
                self._reader = self._other()
        if self._reader is not None:
            self._reader.feed(data)
        else:
            self._portions.put(data)

    def eof_received(self) -> None:
        if self._reader is not None:
            self._reader.end()
        else:
            self._portions.finish()
            super().eof_received()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._portions = Portions(self.transport, super().data_received)
        self.recv_messages.pause, self.recv_messages.resume = self._portions.pause, self._portions.resume

    def connection_lost(self, exc: Exception | None) -> None:
        self._portions.stop()
        super().connection_lost(exc)

    def _other(self) -> Reader | None:
        """Reads what is no GET; None leaves it to the library of the WebSockets, which knows nothing else."""
        return None


class Guests:
    """Who is connected, and who of them has passed the door. A handshake that never ends takes nobody's place."""

    def __init__(self) -> None:
        self.present: set[ServerConnection] = set()
        self.admitted: set[ServerConnection] = set()

    def kind(self, other: Callable[[asyncio.Transport], Reader] | None = None) -> type[ServerConnection]:
        """The kind of connection that signs itself in and out; `other` reads what begins with no GET."""
        present, admitted = self.present, self.admitted

        class Registered(Caller):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                present.add(self)
                super().connection_made(transport)
                if len(present) - len(admitted) > WAITING:
                    self.transport.abort()

            def connection_lost(self, exc: Exception | None) -> None:
                present.discard(self)
                admitted.discard(self)
                super().connection_lost(exc)

            def _other(self) -> Reader | None:
                return other(self.transport) if other else None

        return Registered


class SocketLine:
    """A guest's WebSocket as a Courier uses it (see `livechat.server.lines.Line`)."""

    def __init__(self, socket: ServerConnection) -> None:
        assert isinstance(socket, Caller)
        self._guest = socket

    async def receive(self) -> bytes:
        try:
            if not self._guest.outlet.silent:
                frame = await self._guest.recv(decode=False)
                if not self._guest.outlet.silent:
                    return frame
            await self._guest.wait_closed()
        except ConnectionClosed:
            pass
        raise Gone

    async def send(self, frame: str | bytes) -> None:
        try:
            await self._guest.send(frame)
        except ConnectionClosed:
            raise Gone from None

    async def ready(self) -> None:
        await self._guest.outlet.ready()

    async def close(self, code: int, reason: str) -> None:
        if self._guest.outlet.silent:
            await self._guest.wait_closed()
        else:
            self._guest.turn_deaf()
            await self._guest.close(code, reason)

    def abort(self) -> None:
        self._guest.transport.abort()

    def drop(self) -> None:
        self._guest.outlet.drop()

    def fall_silent(self) -> None:
        self._guest.outlet.fall_silent()

    def strike_at(self, byte: int, act: CutAct) -> None:
        self._guest.outlet.strike_at(byte, act)

    def pong_after(self, seconds: float) -> None:
        self._guest.pong_s = seconds
