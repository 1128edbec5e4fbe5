"""The embedded server: its socket, and one Connection for each client that its door lets in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cached_property, partial
from http import HTTPStatus
from typing import Final
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.http11 import Request, Response

from livechat.protocol.codec import MAX_FRAME
from livechat.server.address import gate_of, unavailable, url_of
from livechat.server.agreement import BROKEN
from livechat.server.answers import Answer
from livechat.server.auth_tokens import TokenMint
from livechat.server.brain import Brain
from livechat.server.chance import Chance
from livechat.server.dialect import REASON_BYTES
from livechat.server.door import Door, Visitor
from livechat.server.gate import Asked, Gate
from livechat.server.guests import Guests, Reader, SocketLine
from livechat.server.host import Host
from livechat.server.lines import Line
from livechat.server.options import ServerOptions as ServerOptions
from livechat.server.options import installed_version
from livechat.server.pieces import Mishap, Notice
from livechat.server.script import ScriptedBrain
from livechat.server.studio import Studio

PING_S: Final = 30.0
PONG_S: Final = 120.0
"""Pongs may be slow: a client that thinks for a minute is still there."""
CLOSE_S: Final = 5.0
"""How long a client may take to answer a close."""
FAREWELL_S: Final = 0.5
"""The same when the server itself ends."""
OPEN_S: Final = 5.0
"""How long a handshake, or any other request, may take."""
QUEUED_FRAMES: Final = 0
"""Frames read ahead of what is heard: the longest are 16 MiB each."""
QUEUED_CLIENTS: Final = 1024
"""Connections that the system holds until they are accepted."""


class Server:
    """A running server. `async with serve(options) as server:` begins and ends it."""

    def __init__(self, options: ServerOptions, gate: Gate, brain: Brain, studio: Studio, missing: str) -> None:
        scenario = options.scenario
        self._options = options
        self._chance = Chance(scenario.seed, options.token)
        self._host = Host(options, brain, studio, missing, self._chance)
        self._gate = gate
        self._door = Door(
            gate, TokenMint(), places=options.max_connections, upgrade=scenario.upgrade, health=self._health
        )
        self._guests = Guests()
        self._visitors: WeakKeyDictionary[ServerConnection, Visitor] = WeakKeyDictionary()
        self._clients = 0
        self._tokens = 0
        self._listener: Listener | None = None
        self._listened = asyncio.Event()
        self._given_up = False
        """Nobody waits for it to listen any more."""

    @property
    def port(self) -> int:
        """The port it listens on, also where a free one was taken."""
        assert self._listener is not None
        return int(next(iter(self._listener.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """What a client connects to."""
        return url_of(self._options.host, self.port, secure=self._options.tls is not None)

    @property
    def seed(self) -> int:
        """What decides in place of chance."""
        return self._chance.seed

    async def open(self) -> None:
        """Begins to listen. Raises DeviceError if the port cannot be had."""
        try:
            await asyncio.shield(self._listen())
        except asyncio.CancelledError:
            self._given_up = True
            await self._listened.wait()
            raise
        except OSError as error:
            raise unavailable(self._options.host, self._options.port, error) from error
        self._record("server", seed=self.seed, version=self._version, scenario=self._options.scenario.name)

    async def _listen(self) -> None:
        """To its end, also where nobody waits for that any more: a port half begun would stay open."""
        address = "127.0.0.1" if self._options.host == "localhost" else self._options.host
        try:
            self._listener = await listen(
                self._converse,
                address,
                self._options.port,
                ssl=self._options.tls,
                backlog=QUEUED_CLIENTS,
                process_request=self._process_request,
                create_connection=self._guests.kind(self._read_other),
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
            if self._given_up:
                self._listener.close()
        except OSError:
            if not self._given_up:
                raise
        finally:
            self._listened.set()

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
        self._record("end")

    # -------------------------------------------------------------------------------------------- the door

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw_items())
        asked = Asked(request.method, request.path, headers)
        found = self._door.receive(asked, self.url, len(self._guests.admitted), self._options.now())
        if isinstance(found, Visitor):
            self._guests.admitted.add(connection)
            self._visitors[connection] = found
            return None
        self._note(asked, found)
        return respond(connection, found)

    def _read_other(self, transport: asyncio.Transport) -> Reader:
        """Who reads a request that is no GET."""
        from livechat.server.rest import OneRequest

        return OneRequest(self._turns_away, self._mint, transport.write, transport.close)

    def _turns_away(self, asked: Asked) -> Answer | None:
        refused = self._door.turns_away(asked)
        if refused is not None:
            self._note(asked, refused)
        return refused

    def _mint(self, asked: Asked, body: bytes) -> Answer:
        self._tokens += 1
        answer = self._door.mint(body, self._options.now(), self._chance.token_name(self._tokens))
        self._note(asked, answer)
        return answer

    def _note(self, asked: Asked, answer: Answer) -> None:
        """What was answered over HTTP; health is asked for too often to be told."""
        if answer.status != HTTPStatus.OK:
            self._options.log(f"turned away: {answer.status} {answer.line}")
        why = {"matter": answer.matter} if answer.matter else {}
        self._record("http", status=answer.status, path=self._gate.shown(asked), **why)

    @cached_property
    def _version(self) -> str:
        return self._options.version or installed_version()

    def _health(self) -> Mapping[str, object]:
        return {
            "status": "ok",
            "connections": len(self._guests.admitted),
            "version": self._version,
            "seed": self.seed,
        }

    # -------------------------------------------------------------------------------------- a conversation

    async def _converse(self, socket: ServerConnection) -> None:
        self._clients += 1
        number, visitor = self._clients, self._visitors.pop(socket)
        began = asyncio.get_running_loop().time()
        self._record("connected", connection=number, api=visitor.path.api, version=visitor.path.version)
        try:
            await self._host.hold(self._line(socket, number), visitor, number, partial(self._log_of, number))
        except* Exception as broken:
            self._log_of(number, f"broke: {first_of(broken)!r}")
            await socket.close(1011, BROKEN)
        seconds = asyncio.get_running_loop().time() - began
        ended = f"closed {socket.close_code} {socket.close_reason}".rstrip()
        self._log_of(number, f"{visitor.path.api} {visitor.path.version}, {seconds:.1f} s, {ended}")
        self._record("closed", connection=number, code=socket.close_code)

    def stage(self, cue: Notice | Mishap) -> int:
        """Lets something happen to every conversation that is open now; their number."""
        return self._host.stage(cue)

    def _line(self, socket: ServerConnection, number: int) -> Line:
        line = SocketLine(socket)
        if self._options.events is None:
            return line
        from livechat.server.event_log import LoggedLine

        return LoggedLine(line, self._options.events, number)

    def _log_of(self, number: int, line: str) -> None:
        self._options.log(f"client {number}: {line}")

    def _record(self, event: str, **fields: object) -> None:
        if self._options.events is not None:
            self._options.events.record(event, **fields)


@asynccontextmanager
async def serve(options: ServerOptions) -> AsyncGenerator[Server, None]:
    """A server that listens until the block is left.

    Raises UsageError for a host that others can reach where there is no token, DeviceError if the port cannot be had.
    """
    gate = gate_of(options.host, options.token, options.allow_hosts, options.allow_origins)
    lacking = options.missing()
    if lacking is not None:
        options.log(f"no speech: not installed: {lacking}. To add it: {options.install_line}")
    studio = Studio(partial(options.load_speech, options.speech_folder), options.log)
    reason = speech_reason(lacking, options.install_line)
    server = Server(options, gate, brain_of(options), studio, reason)
    try:
        await server.open()
        if options.preload and lacking is None:
            studio.warm_up()
        yield server
    finally:
        await server.close()
        await studio.close()


def brain_of(options: ServerOptions) -> Brain:
    """What the scenario wants said, and behind it the brain asked for; the built-in one needs nothing but itself."""
    from livechat.server.brain import BuiltinBrain

    brain = options.brain or BuiltinBrain(datetime.now)
    return ScriptedBrain(options.scenario.turns, brain) if options.scenario.turns else brain


def speech_reason(lacking: str | None, install_line: str) -> str:
    """What a close frame says to a client that wants speech; "" if nothing is lacking."""
    if lacking is None:
        return ""
    whole = f"This server cannot hear or speak yet. Run: {install_line}"
    if install_line and len(whole.encode()) <= REASON_BYTES:
        return whole
    return "This server cannot hear or speak: livechat's extra `local` is not installed. Its log says how."


def first_of(broken: BaseExceptionGroup[Exception]) -> Exception:
    """What went wrong, out of the groups that tasks wrap it in."""
    first = broken.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def respond(connection: ServerConnection, answer: Answer) -> Response:
    """An answer as the library of the WebSockets sends it."""
    response = connection.respond(HTTPStatus(answer.status), answer.body)
    del response.headers["Content-Type"]
    for name, value in (("Content-Type", answer.kind), *answer.headers):
        response.headers[name] = value
    return response


def silent_logger() -> logging.Logger:
    """What the WebSocket library logs is either said by our own log or nobody's concern."""
    logger = logging.Logger("livechat.server", logging.CRITICAL + 1)
    logger.addHandler(logging.NullHandler())
    return logger
