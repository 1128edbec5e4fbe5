"""A TCP proxy that is switched live to pass, hold, swallow, delay, slow down or break what goes through it.

It ends TCP: the kernels on both sides go on acknowledging whatever it does, so a dead network it is not; that is
what `tests.dropped_packets` is for.

    async with faulty(port) as proxy:       # in front of 127.0.0.1:port
        link = await open_link(f"ws://127.0.0.1:{proxy.port}/", {})
        proxy.swallow()
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, cast

Way = Literal["up", "down"]
"""`up` goes from who connected to the proxy to who it stands in front of."""
HELD = 4096
"""Bytes that are held in each way before no more is read, beside what the kernels hold."""
AT_ONCE_S = 0.02
"""How much a slow way gives on at a time."""
LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass
class Fault:
    """What is done to one way."""

    delay_s: float = 0.0
    rate: float = 0.0
    """Bytes a second; 0 is as fast as it goes."""
    held: bool = False
    swallowed: bool = False
    cut_at: int | None = None
    """Bytes of all connections together, after which everything is reset."""
    passed: int = 0
    """Bytes that were given on."""


class _Pipe:
    """One way of one connection."""

    def __init__(self, proxy: FaultProxy, fault: Fault, source: asyncio.Transport, sink: asyncio.Transport) -> None:
        self.proxy, self.fault, self.source, self.sink = proxy, fault, source, sink
        self.loop = asyncio.get_running_loop()
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.size = 0
        self.ended = False
        """The source has said that nothing more comes."""
        self.blocked = False
        """The sink takes nothing."""
        self.free_at = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def take(self, data: bytes) -> None:
        self.waiting.append((self.loop.time() + self.fault.delay_s, data))
        self.size += len(data)
        self.run()

    def run(self) -> None:
        """Gives on what may go by now, and comes back when more may."""
        self.drop_timer()
        while self.waiting and not self.blocked and not self.fault.held and not self.sink.is_closing():
            due = max(self.waiting[0][0], self.free_at)
            if due > self.loop.time():
                self.timer = self.loop.call_at(due, self.run)
                break
            self._give()
        if self.size > HELD:
            self.source.pause_reading()
        elif not self.source.is_closing():
            self.source.resume_reading()
        if self.ended and not self.waiting:
            self.sink.close()

    def drop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def _give(self) -> None:
        """The first that waits, or as much of it as may go now."""
        fault = self.fault
        due, data = self.waiting.popleft()
        most = max(1, round(fault.rate * AT_ONCE_S)) if fault.rate else len(data)
        if fault.cut_at is not None:
            most = min(most, fault.cut_at - fault.passed)
        piece, rest = data[:most], data[most:]
        if rest:
            self.waiting.appendleft((due, rest))
        self.size -= len(piece)
        self.free_at = self.loop.time() + len(piece) / fault.rate if fault.rate else 0.0
        if fault.swallowed:
            return
        self.sink.write(piece)
        fault.passed += len(piece)
        if fault.passed == fault.cut_at:
            fault.cut_at = None
            self.proxy.reset()


class _End(asyncio.Protocol):
    """One end of a connection: `comes` from it, `goes` to it, as soon as there are both ends."""

    comes: _Pipe | None = None
    goes: _Pipe | None = None

    def __init__(self, proxy: FaultProxy, near: bool) -> None:
        self.proxy, self.near = proxy, near

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.pause_reading()
        self.proxy.ends.add(self)
        if self.near:
            self.proxy.opened += 1
            self.proxy.tasks.create_task(self.proxy.join(self))

    def data_received(self, data: bytes) -> None:
        if self.comes:
            self.comes.take(data)

    def eof_received(self) -> bool:
        if self.comes:
            self.comes.ended = True
            self.comes.run()
        return True  # the other way goes on

    def pause_writing(self) -> None:
        if self.goes:
            self.goes.blocked = True

    def resume_writing(self) -> None:
        if self.goes:
            self.goes.blocked = False
            self.goes.run()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end learns of it in the same way."""
        self.proxy.ends.discard(self)
        for pipe in filter(None, (self.comes, self.goes)):
            pipe.drop_timer()
            self.proxy.pipes.discard(pipe)
            other = pipe.sink if pipe is self.comes else pipe.source
            abort(other) if exc else other.close()


class FaultProxy:
    """In front of one address; a switch holds for what is open and for what is opened later.

    A switch is for the ways that are named, or for both.
    """

    def __init__(self, host: str, port: int, tasks: asyncio.TaskGroup) -> None:
        self.tasks = tasks
        self.ends: set[_End] = set()
        self.pipes: set[_Pipe] = set()
        self.port = 0
        self.opened = 0
        """Connections that have come."""
        self._target = host, port
        self._ways: dict[Way, Fault] = {"up": Fault(), "down": Fault()}

    def passes(self, *ways: Way) -> None:
        """As if the proxy were not there, from now on; what was held goes out."""
        for fault in self._chosen(ways):
            fault.delay_s, fault.rate, fault.held, fault.swallowed, fault.cut_at = 0.0, 0.0, False, False, None
        self._run()

    def blackhole(self, *ways: Way) -> None:
        """Takes nothing any more: the kernels' buffers fill, and then nobody can send."""
        for fault in self._chosen(ways):
            fault.held = True

    def swallow(self, *ways: Way) -> None:
        """Takes everything and gives nothing on."""
        for fault in self._chosen(ways):
            fault.swallowed = True

    def delay(self, seconds: float, *ways: Way) -> None:
        """Gives everything on so much later, in order."""
        for fault in self._chosen(ways):
            fault.delay_s = seconds

    def rate(self, bytes_a_second: float, *ways: Way) -> None:
        """Gives on no more than this, for each connection."""
        for fault in self._chosen(ways):
            fault.rate = bytes_a_second

    def cut_after(self, size: int, way: Way) -> None:
        """Resets as soon as so many more bytes (at least 1) have gone this way, be it in the middle of a frame."""
        self._ways[way].cut_at = self._ways[way].passed + size

    def reset(self) -> None:
        """Breaks every open connection, at both ends, with a RST; a new one may come."""
        for end in list(self.ends):
            abort(end.transport)

    def passed(self, way: Way) -> int:
        """Bytes that have been given on this way since the beginning."""
        return self._ways[way].passed

    def _chosen(self, ways: tuple[Way, ...]) -> list[Fault]:
        return [self._ways[way] for way in ways or ("up", "down")]

    def _run(self) -> None:
        for pipe in list(self.pipes):
            pipe.run()

    async def join(self, near: _End) -> None:
        """Connects what has come to where it wants to go."""
        loop = asyncio.get_running_loop()
        try:
            _, far = await loop.create_connection(lambda: _End(self, near=False), *self._target)
        except OSError:
            abort(near.transport)
            return
        up = near.comes = far.goes = _Pipe(self, self._ways["up"], near.transport, far.transport)
        down = far.comes = near.goes = _Pipe(self, self._ways["down"], far.transport, near.transport)
        self.pipes |= {up, down}
        self._run()


def abort(transport: asyncio.Transport) -> None:
    """Closes with a RST."""
    connected: socket.socket = transport.get_extra_info("socket")
    with suppress(OSError):
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


@asynccontextmanager
async def faulty(port: int, host: str = "127.0.0.1", *, room: int | None = None) -> AsyncGenerator[FaultProxy, None]:
    """A proxy on a free loopback port in front of `host:port`; `room` is how many bytes its kernel may take in."""
    async with asyncio.TaskGroup() as tasks:
        proxy = FaultProxy(host, port, tasks)
        listening = socket.create_server(("127.0.0.1", 0))
        if room is not None:  # before anybody connects: the window that is offered comes of it
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        proxy.port = listening.getsockname()[1]
        server = await asyncio.get_running_loop().create_server(lambda: _End(proxy, near=True), sock=listening)
        try:
            yield proxy
        finally:
            server.close()
            proxy.reset()
    await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next round
    await asyncio.sleep(0)
