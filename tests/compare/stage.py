"""A Live server for one misbehaviour: it answers `question N` with `answer N`, and does wrong what it is told to.

Over TLS on localhost, since google-genai insists on that; the same for both clients, each on a port of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request, Response

Message = dict[str, Any]
KEY_HEADER = "x-goog-api-key"


class Talk:
    """One connection of one client, as the misbehaviours see it."""

    def __init__(self, client: ServerConnection, number: int) -> None:
        self.client = client
        self.number = number
        """Of the connection, from 1."""
        self.setup: Message = {}

    async def begin(self) -> None:
        """Takes the setup and says nothing."""
        self.setup = json.loads(await self.client.recv())["setup"]

    async def ready(self) -> None:
        await self.begin()
        await self.say({"setupComplete": {}})

    async def question(self) -> int:
        """The number of the next question that the client asks, whichever way it says it."""
        while True:
            frame = str(await self.client.recv(decode=True))
            asked = re.findall(r"question (\d+)", frame)
            if asked and '"setup"' not in frame and not re.search(r'"turnComplete": ?false', frame):
                return int(asked[-1])

    async def answered(self) -> Message:
        """The next message with a tool's response."""
        while True:
            message: Message = json.loads(await self.client.recv())
            if not {"toolResponse", "tool_response"}.isdisjoint(message):
                return message

    async def answer(self, number: int) -> None:
        await self.write("answer")
        await self.write(f" {number}")
        await self.say({"serverContent": {"generationComplete": True}})
        await self.complete()

    async def complete(self, **fields: object) -> None:
        await self.say({"serverContent": {"turnComplete": True, **fields}})

    async def write(self, text: str) -> None:
        await self.say({"serverContent": {"modelTurn": {"parts": [{"text": text}]}}})

    async def say(self, message: object) -> None:
        """As production sends it: JSON in a binary frame."""
        await self.send(json.dumps(message))

    async def send(self, frame: str | bytes) -> None:
        await self.client.send(frame.encode() if isinstance(frame, str) else frame)

    async def send_broken_text(self, data: bytes) -> None:
        """A text frame whatever the bytes: a library would refuse to send it."""
        protocol = self.client.protocol
        protocol.writes.append(WebSocketFrame(Opcode.TEXT, data).serialize(mask=False))
        self.client.send_data()

    async def close(self, code: int, reason: str) -> None:
        await self.client.close(code, reason)

    async def go_on(self) -> None:
        """Behaves from now on."""
        while True:
            await self.answer(await self.question())

    def hang_up(self) -> None:
        """Ends the stream without a closing frame."""
        self.client.transport.close()

    def reset(self) -> None:
        """Resets the TCP connection."""
        sock = self.client.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.transport.abort()

    def answer_no_pings(self) -> None:
        protocol: Any = self.client.protocol
        send = protocol.send_frame

        def but_pongs(frame: WebSocketFrame) -> None:
            if frame.opcode is not Opcode.PONG:
                send(frame)

        protocol.send_frame = but_pongs


Play = Callable[[Talk], Awaitable[None]]
"""What happens in the first connection; in later ones the server behaves, unless the play says `always`."""


@dataclass(frozen=True)
class Refusal:
    """What is answered to the upgrade."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    to_another: bool = False
    """With a Location at another origin, which notes whether it is given the key."""


@dataclass(frozen=True)
class Case:
    """One misbehaviour, and what a client should make of it."""

    name: str
    play: Play | None = None
    always: bool = False
    """In every connection, not only the first."""
    refusal: Refusal | None = None
    silent: bool = False
    """The connection is taken, and the upgrade never answered."""
    wanted: str = "answers"
    """`answers`: both questions are answered, though something went wrong. `word`: it is said what is wrong."""
    patience_s: float = 5.0
    effects: int = 0
    """How often a tool should have run."""


async def behaving(talk: Talk) -> None:
    await talk.ready()
    await talk.go_on()


@asynccontextmanager
async def staged(case: Case, tls: ssl.SSLContext) -> AsyncGenerator[tuple[str, list[str]]]:
    """A server that does this: its address, and what it noted."""
    notes: list[str] = []
    if case.silent:
        async with await asyncio.start_server(_says_nothing, "localhost", 0, ssl=tls) as mute:
            yield _address(mute.sockets[0]), notes
            return
    count = 0

    async def live(client: ServerConnection) -> None:
        nonlocal count
        count += 1
        play = case.play if case.play is not None and (count == 1 or case.always) else behaving
        try:
            await play(Talk(client, count))
            await client.wait_closed()
        except ConnectionClosed:
            return

    async def refuse(_: ServerConnection, request: Request) -> Response | None:
        refusal = case.refusal
        if refusal is None:
            return None
        if request.path == "/elsewhere":
            notes.append(
                "the key went to another origin" if request.headers.get(KEY_HEADER) else "a redirect was followed"
            )
            return Response(404, "Not Found", Headers())
        headers = Headers([*refusal.headers, ("Content-Length", str(len(refusal.body)))])
        if refusal.to_another:
            headers["Location"] = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/elsewhere"
        return Response(refusal.status, HTTPStatus(refusal.status).phrase, headers, refusal.body.encode())

    async with serve(
        live, "127.0.0.1", 0, ssl=tls, process_request=refuse, ping_interval=None, close_timeout=0.5
    ) as server:
        yield _address(server.sockets[0]), notes


async def _says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(1024):
            pass
    except OSError:
        pass
    finally:
        writer.close()


def _address(sock: socket.socket) -> str:
    return f"https://localhost:{sock.getsockname()[1]}"
