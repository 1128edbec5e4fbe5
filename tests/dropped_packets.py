"""A network of its own in which packets are dropped: what a link sees there, and when it is given up.

`python -m tests.dropped_packets CASE…` is run by `test_link_packets` inside `unshare -n`, and writes a line of JSON
for each case. All cases run at once, each with a server and rules of the firewall for its own port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from websockets.asyncio.server import ServerConnection, serve

from livechat.events import Disconnected
from livechat.link import Link, open_link
from livechat.server.certificate import context, for_localhost
from tests.proxies import gate

FRAME = json.dumps({"realtimeInput": {"audio": {"data": "A" * 856, "mimeType": "audio/pcm;rate=16000"}}})
"""20 ms of microphone."""
FRAME_S = 0.02
POLL_S = 0.25
"""How often a session asks for the strain."""
SHOWN_S = 1.0
"""The strain that a session tells of."""
AT_MOST_S = 12.0


@dataclass
class Figures:
    """Seconds since the packets vanished; -1.0 is never."""

    shown: float = -1.0
    abandoned: float = -1.0
    most: float = 0.0
    """The largest strain."""
    blocked: float = -1.0
    """When a `send` had waited for as long as a frame lasts."""
    closed_in: float = 0.0
    """How long the close took at last."""


Scene = Callable[["Watched", int], Coroutine[object, object, None]]
Handler = Callable[[ServerConnection], Awaitable[None]]


class Watched:
    """A link, and what its user would see of it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.figures = Figures()
        self.now = asyncio.get_running_loop().time
        self.vanished: float | None = None
        self.shown = asyncio.Event()

    @property
    def gone(self) -> bool:
        return self.figures.abandoned >= 0

    def vanish(self) -> None:
        self.vanished = self.now()

    @property
    def age(self) -> float:
        return round(self.now() - self.vanished, 3) if self.vanished is not None else -1.0

    async def speak(self, frame_s: float = FRAME_S) -> None:
        """A microphone that never stops."""
        with suppress(Disconnected):
            while True:
                late = asyncio.get_running_loop().call_later(FRAME_S, self.block, self.now())
                try:
                    await self.link.send(FRAME)
                finally:
                    late.cancel()
                await asyncio.sleep(frame_s)

    def block(self, since: float) -> None:
        if self.figures.blocked < 0 and self.vanished is not None:
            self.figures.blocked = round(since - self.vanished, 3)

    async def ask(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            strain = self.link.strain()
            self.figures.most = round(max(strain, self.figures.most), 3)
            if strain > SHOWN_S and self.figures.shown < 0:
                self.figures.shown = self.age
                self.shown.set()

    async def hear(self) -> None:
        """Until the link is given up."""
        with suppress(Disconnected):
            while True:
                await self.link.receive()
        self.figures.abandoned = self.age


def iptables(*words: str | int) -> None:
    subprocess.run(["iptables", "-w", *map(str, words)], check=True)


def drop(port: int, chain: str = "INPUT", ends: tuple[str, ...] = ("--sport", "--dport"), how: str = "-A") -> None:
    """Packets to or from this port vanish: at INPUT on the way, at OUTPUT as if this machine had no network."""
    for end in ends:
        iptables(how, chain, "-p", "tcp", end, port, "-j", "DROP")


# ------------------------------------------------------------------------------------------------------ scenes


async def dead(
    watched: Watched, port: int, chain: str = "INPUT", ends: tuple[str, ...] = ("--sport", "--dport")
) -> None:
    await asyncio.sleep(1.1)
    drop(port, chain, ends)
    watched.vanish()
    await asyncio.sleep(AT_MOST_S)


async def speaks_into_the_void(watched: Watched, port: int) -> None:
    """The network is gone for a while before the first word."""
    await asyncio.sleep(1.1)
    drop(port)
    await asyncio.sleep(1.0)
    watched.vanish()
    await watched.speak()


async def short_break(watched: Watched, port: int) -> None:
    await asyncio.sleep(1.1)
    drop(port)
    watched.vanish()
    await asyncio.sleep(1.5)
    drop(port, how="-D")
    await asyncio.sleep(AT_MOST_S - 4)


async def lossy(watched: Watched, port: int) -> None:
    """Every tenth packet is lost for a while."""
    for end in ("--sport", "--dport"):
        iptables(*f"-A INPUT -p tcp {end} {port} -m statistic --mode random --probability 0.1 -j DROP".split())
    watched.vanish()
    await asyncio.sleep(AT_MOST_S)


async def nothing(watched: Watched, port: int) -> None:
    watched.vanish()
    await asyncio.sleep(AT_MOST_S)


# ----------------------------------------------------------------------------------------------------- servers


async def listens(connection: ServerConnection) -> None:
    async for _ in connection:
        pass


async def talks(connection: ServerConnection) -> None:
    """Sends every 40 ms and reads nothing at all: no pong ever comes, and at last there is no room for what we say."""
    connection.transport.pause_reading()
    while True:
        await connection.send(FRAME)
        await asyncio.sleep(0.04)


@dataclass(frozen=True)
class Case:
    """What happens, whether the microphone runs, who is there, and how one gets there."""

    scene: Scene
    speaks: bool
    handler: Handler = listens
    way: Literal["", "tls", "proxy", "behind a proxy"] = ""
    """Whether TLS is spoken, or a proxy stands in between: packets vanish before it, or only behind it."""


dead_at_once = partial(dead, chain="OUTPUT")

CASES: dict[str, Case] = {
    "speaking": Case(dead, True),
    "speaking, nothing leaves": Case(dead_at_once, True),
    "speaking, only our words are lost": Case(partial(dead, ends=("--dport",)), True),
    "speaking, only their answers are lost": Case(partial(dead, ends=("--sport",)), True),
    "speaking over TLS": Case(dead, True, way="tls"),
    "speaking to a proxy": Case(dead, True, way="proxy"),
    "the first word": Case(speaks_into_the_void, False),
    "idle": Case(dead, False),
    "idle, nothing leaves": Case(dead_at_once, False),
    "idle over TLS": Case(dead, False, way="tls"),
    "a break of 1.5 s": Case(short_break, True),
    "a break of 1.5 s while idle": Case(short_break, False),
    "a break behind a proxy": Case(dead, True, way="behind a proxy"),
    "every tenth packet lost": Case(lossy, True),
    "idle and well": Case(nothing, False),
    "no pong and no room": Case(nothing, True, talks),
}


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int, None]:
    quiet = logging.Logger("server", logging.CRITICAL + 1)
    listening = socket.create_server(("127.0.0.1", 0))
    if handler is talks:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    async with serve(handler, sock=listening, ssl=tls, logger=quiet, ping_interval=None, close_timeout=0.1):
        yield listening.getsockname()[1]


@asynccontextmanager
async def opened(case: Case, certificate: ssl.SSLContext) -> AsyncGenerator[tuple[Link, int], None]:
    """The link, and the port whose packets vanish."""
    async with AsyncExitStack() as held:
        secret = certificate if case.way == "tls" else None
        port = await held.enter_async_context(serving(case.handler, secret))
        address = f"{'wss' if secret else 'ws'}://localhost:{port}/"
        if case.way.endswith("proxy"):
            proxy = await held.enter_async_context(gate("http", {"far.example": port}))
            os.environ["WS_PROXY"] = f"http://127.0.0.1:{proxy.port}"
            address, port = "ws://far.example/", proxy.port if case.way == "proxy" else port
        yield await open_link(address, {}), port


@contextmanager
def certified() -> Iterator[ssl.SSLContext]:
    """A certificate that this process trusts."""
    with TemporaryDirectory() as folder:
        made = for_localhost(Path(folder), datetime.now(UTC), "")
        os.environ["SSL_CERT_FILE"] = str(made.certificate)
        yield context(made)


async def play(case: Case, certificate: ssl.SSLContext) -> Figures:
    async with opened(case, certificate) as (link, port):
        watched = Watched(link)
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(watched.ask()), tasks.create_task(case.scene(watched, port))]
            others += [tasks.create_task(watched.speak())] if case.speaks else []
            ends = tasks.create_task(watched.hear())
            await asyncio.wait([ends, others[1]], return_when=asyncio.FIRST_COMPLETED)
            for task in (ends, *others):
                task.cancel()
        began = watched.now()
        await link.close()
        watched.figures.closed_in = round(watched.now() - began, 3)
        return watched.figures


async def told(name: str, certificate: ssl.SSLContext) -> None:
    figures = await play(CASES[name], certificate)
    print(json.dumps({"case": name, **asdict(figures)}), flush=True)  # noqa: T201


async def main(names: list[str]) -> None:
    with certified() as certificate:
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(told(name, certificate))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(CASES)))
