"""A network of its own in which packets are dropped: what a link sees there, and when it is given up.

`python -m tests.dropped_packets CASE…` is run by `test_link_packets` inside `unshare -n`, and writes a line of JSON
for each case. All cases run at once, each with a server and rules of the firewall for its own port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial

from websockets.asyncio.server import ServerConnection, serve

from livechat.events import Disconnected
from livechat.link import Link, open_link

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
    await asyncio.sleep(2.0)
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


CASES: dict[str, tuple[Scene, bool, Handler]] = {
    "speaking": (dead, True, listens),
    "speaking, nothing leaves": (partial(dead, chain="OUTPUT"), True, listens),
    "speaking, only our words are lost": (partial(dead, ends=("--dport",)), True, listens),
    "speaking, only their answers are lost": (partial(dead, ends=("--sport",)), True, listens),
    "the first word": (speaks_into_the_void, False, listens),
    "idle": (dead, False, listens),
    "idle, nothing leaves": (partial(dead, chain="OUTPUT"), False, listens),
    "a break of 2 s": (short_break, True, listens),
    "a break of 2 s while idle": (short_break, False, listens),
    "every tenth packet lost": (lossy, True, listens),
    "idle and well": (nothing, False, listens),
    "no pong and no room": (nothing, True, talks),
}
"""What happens, whether the microphone runs, and who is there."""


@asynccontextmanager
async def serving(handler: Handler) -> AsyncGenerator[int, None]:
    quiet = logging.Logger("server", logging.CRITICAL + 1)
    listening = socket.create_server(("127.0.0.1", 0))
    if handler is talks:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    async with serve(handler, sock=listening, logger=quiet, ping_interval=None, close_timeout=0.1):
        yield listening.getsockname()[1]


async def play(case: str) -> Figures:
    scene, speaks, handler = CASES[case]
    async with serving(handler) as port:
        link = await open_link(f"ws://127.0.0.1:{port}/", {})
        watched = Watched(link)
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(watched.ask()), tasks.create_task(scene(watched, port))]
            others += [tasks.create_task(watched.speak())] if speaks else []
            ends = tasks.create_task(watched.hear())
            await asyncio.wait([ends, others[1]], return_when=asyncio.FIRST_COMPLETED)
            for task in (ends, *others):
                task.cancel()
        began = watched.now()
        await link.close()
        watched.figures.closed_in = round(watched.now() - began, 3)
        return watched.figures


async def main(cases: list[str]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for case in cases:
            tasks.create_task(told(case))


async def told(case: str) -> None:
    figures = await play(case)
    print(json.dumps({"case": case, **asdict(figures)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(CASES)))
