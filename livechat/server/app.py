"""The embedded server: its socket, its door, and one Connection for each client. The only socket file of the room."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final
from uuid import uuid4

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from livechat.errors import DeviceError, UsageError
from livechat.protocol.codec import MAX_FRAME, encode
from livechat.protocol.endpoints import ServedPath, parse_path
from livechat.protocol.server import ServerMessage
from livechat.server.brain import Brain
from livechat.server.connection import Connection
from livechat.server.dialect import REASON_BYTES
from livechat.server.dialogue import Dialogue
from livechat.server.gate import Asked, Gate, TurnedAway, is_loopback
from livechat.server.lines import Gone, Hurt
from livechat.server.models import speech_missing
from livechat.server.scenario import Scenario
from livechat.server.sessions import Sessions
from livechat.server.setup_rules import BROKEN, SILENCE_MS, Terms
from livechat.server.studio import Speech, Studio

PING_S: Final = 30.0
PONG_S: Final = 120.0
"""Pongs may be slow: a client that thinks for a minute is still there."""
STALLED_S: Final = 60.0
"""How long a client may leave what it is sent unread before it is taken for gone."""
CLOSE_S: Final = 5.0
"""How long a client may take to answer a close."""
FAREWELL_S: Final = 0.5
"""The same when the server itself ends."""
OPEN_S: Final = 5.0
"""How long a handshake may take."""
QUEUED_FRAMES: Final = 2
"""Frames read ahead of what is heard; with the longest frames 32 MiB a client."""
EXAMPLE_PATH: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def ignore(_: str) -> None:
    """A log for who wants none."""


def load_shipped(folder: Path | None) -> Speech:
    from livechat.server.speech import load_speech

    return load_speech(folder)


@dataclass(frozen=True)
class ServerOptions:
    """What a server is made of; everything has its use in a test or in a command."""

    brain: Brain | None = None
    """None is the built-in one."""
    host: str = "127.0.0.1"
    """Of this machine's own: a loopback address or `localhost`."""
    port: int = 0
    """0 takes a free one."""
    max_connections: int = 64
    scenario: Scenario = field(default_factory=Scenario)
    """What it is like; the plain one is production."""
    silence_ms: int = SILENCE_MS
    """Silence that ends an utterance where the client does not say."""
    speech_folder: Path | None = None
    """Models that replace the shipped ones."""
    preload: bool = False
    """Load the models at once, and not when the first client needs them."""
    install_line: str = ""
    """What to type to be heard and spoken to; for the log, and for close frames if it fits."""
    log: Callable[[str], None] = ignore
    load_speech: Callable[[Path | None], Speech] = field(default=load_shipped)
    missing: Callable[[], str | None] = field(default=speech_missing)
    """Which packages are lacking to hear and speak; None if none."""


class Server:
    """A running server. `async with serve(options) as server:` begins and ends it."""

    def __init__(self, options: ServerOptions, brain: Brain, studio: Studio, missing: str) -> None:
        self._options = options
        self._brain = brain
        self._studio = studio
        self._missing = missing
        self._gate = Gate(own_names())
        self._guests = Guests()
        self._clients = 0
        self._sessions = Sessions(options.scenario.resumption, options.scenario.limits)
        self._listener: Listener | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also where a free one was taken."""
        assert self._listener is not None
        return int(next(iter(self._listener.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """What a client connects to."""
        host = self._options.host
        return f"ws://[{host}]:{self.port}" if ":" in host else f"ws://{host}:{self.port}"

    async def open(self) -> None:
        """Begins to listen. Raises DeviceError if the port cannot be had."""
        address = "127.0.0.1" if self._options.host == "localhost" else self._options.host
        try:
            self._listener = await listen(
                self._converse,
                address,
                self._options.port,
                process_request=self._process_request,
                create_connection=self._guests.kind(),
                max_size=MAX_FRAME,
                max_queue=QUEUED_FRAMES,
                compression=None,  # sound hardly shrinks, and each client would hold 100 kB for it
                open_timeout=OPEN_S,
                close_timeout=CLOSE_S,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                server_header=None,
                logger=silent_logger(),
            )
        except OSError as error:
            raise unavailable(self._options.host, self._options.port, error) from error

    async def close(self) -> None:
        """Ends every conversation with 1001 and returns within a second, whatever the clients do."""
        if self._listener is None:
            return
        self._listener.close(code=1001, reason="The server ends.")
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._listener.wait_closed()
        for connection in self._guests.present:
            connection.transport.abort()
        await self._listener.wait_closed()

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        turned_away = self._turn_away(request)
        if turned_away is None:
            self._guests.admitted.add(connection)
            return None
        self._options.log(f"turned away: {turned_away.status} {turned_away.line}")
        return connection.respond(HTTPStatus(turned_away.status), turned_away.line + "\n")

    def _turn_away(self, request: Request) -> TurnedAway | None:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw_items())
        turned_away = self._gate.refuses(Asked(request.method, request.path, headers))
        if turned_away is not None:
            return turned_away
        if parse_path(request.path) is None:
            return TurnedAway(
                404, f"Nothing is here. A client of the Gemini Live API connects to {self.url}{EXAMPLE_PATH}"
            )
        if len(self._guests.admitted) >= self._options.max_connections:
            return TurnedAway(503, f"All {self._options.max_connections} conversations are taken; try again later.")
        return None

    async def _converse(self, socket: ServerConnection) -> None:
        path = parse_path(socket.request.path) if socket.request else None
        if path is None:
            return
        self._clients += 1
        name = f"client {self._clients}"
        self._options.log(f"{name}: {path.api} {path.version}")
        dialogue = Dialogue(self._terms(path))
        connection = Connection(
            SocketWire(socket),
            dialogue,
            self._brain,
            self._studio,
            log=lambda line: self._options.log(f"{name}: {line}"),
        )
        try:
            await connection.run()
        except* Exception as broken:
            self._options.log(f"{name}: broke: {broken.exceptions[0]!r}")
            await socket.close(1011, BROKEN)
        self._options.log(f"{name}: closed {socket.close_code} {socket.close_reason}")

    def _terms(self, path: ServedPath) -> Terms:
        return Terms(
            session_id=uuid4(),
            version=path.version,
            vertex=path.api in ("vertex", "firebase-vertex"),
            music=path.api == "music",
            speech_missing=self._missing,
            speculative=self._brain.speculative,
            silence_ms=self._options.silence_ms,
            scenario=self._options.scenario,
            sessions=self._sessions,
        )


class Guests:
    """Who is connected, and who of them has passed the door. A handshake that never ends takes nobody's place."""

    def __init__(self) -> None:
        self.present: set[ServerConnection] = set()
        self.admitted: set[ServerConnection] = set()

    def kind(self) -> type[ServerConnection]:
        """The kind of connection that signs itself in and out."""
        present, admitted = self.present, self.admitted

        class Guest(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                present.add(self)
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                present.discard(self)
                admitted.discard(self)
                super().connection_lost(exc)

        return Guest


class SocketWire:
    """A WebSocket as a Connection uses it."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed:
            raise Gone from None

    async def send(self, message: ServerMessage) -> None:
        try:
            async with asyncio.timeout(STALLED_S):
                await self._socket.send(encode(message, pretty=True).encode("ascii"))
        except TimeoutError:
            self.abort()
            raise Gone from None
        except ConnectionClosed:
            raise Gone from None

    async def suffer(self, act: Hurt) -> None:
        self.abort()

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code, reason)

    def abort(self) -> None:
        self._socket.transport.abort()


@asynccontextmanager
async def serve(options: ServerOptions) -> AsyncGenerator[Server, None]:
    """A server that listens on loopback until the block is left.

    Raises UsageError for a host that is not this machine's own, DeviceError if the port cannot be had.
    """
    if options.host != "localhost" and not is_loopback(options.host):
        raise UsageError(
            f"{options.host} is not an address of this machine alone",
            why="This server asks nobody for a password, so it listens on loopback only.",
            hint="--host 127.0.0.1",
        )
    lacking = options.missing()
    if lacking is not None:
        options.log(f"no speech: not installed: {lacking}. To add it: {options.install_line}")
    studio = Studio(partial(options.load_speech, options.speech_folder), options.log)
    server = Server(options, options.brain or builtin_brain(), studio, speech_reason(lacking, options.install_line))
    try:
        await server.open()
        if options.preload and lacking is None:
            studio.warm_up()
        yield server
    finally:
        await server.close()
        await studio.close()


def builtin_brain() -> Brain:
    """The brain that needs nothing but itself."""
    from livechat.server.brain import BuiltinBrain

    return BuiltinBrain(datetime.now)


def speech_reason(lacking: str | None, install_line: str) -> str:
    """What a close frame says to a client that wants speech; "" if nothing is lacking."""
    if lacking is None:
        return ""
    whole = f"This server cannot hear or speak yet. Run: {install_line}"
    if install_line and len(whole.encode()) <= REASON_BYTES:
        return whole
    return "This server cannot hear or speak: livechat's extra `local` is not installed. Its log says how."


def unavailable(host: str, port: int, error: OSError) -> DeviceError:
    """Why nobody can listen there."""
    if error.errno == errno.EADDRINUSE:
        return DeviceError(
            f"port {port} of {host} is in use", why="Another program listens there.", hint="livechat serve --port 0"
        )
    return DeviceError(f"cannot listen on {host} port {port}", why=error.strerror or str(error))


def own_names() -> frozenset[str]:
    """What this machine calls itself, in lower case."""
    name = socket.gethostname().lower()
    return frozenset({name, name.partition(".")[0], f"{name}.local"})


def silent_logger() -> logging.Logger:
    """What the WebSocket library logs is either said by our own log or nobody's concern."""
    logger = logging.Logger("livechat.server", logging.CRITICAL + 1)
    logger.addHandler(logging.NullHandler())
    return logger
