"""Carries what a server says to one client: at once where nobody asked otherwise, else when the Mischief lets it go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, cast

from livechat.protocol.server import ServerMessage
from livechat.server.lines import Gone, Hurt, Line
from livechat.server.mischief import Leaving, Mischief
from livechat.server.scenario import CloseWith, Drop, Fault, HalfOpen, Scenario
from livechat.server.spoiling import frame_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

STALLED_S = 60.0
"""How long a client may leave what it is sent unread before it is taken for gone."""
WAITING_BYTES = 4 * 2**20
"""So much may wait for the network or the end of a stall; who sends more waits himself. A minute of sound."""


def ignore(_: Fault) -> None:
    """For who wants to be told of none."""


class Courier:
    """The way to one client (see `livechat.server.lines.Wire`). `async with` it for as long as the connection lasts.

    `number` counts the connections of the server from 1; `draw` gives a number from 0 up to 1; `struck` is told of the
    faults that strike messages, and of those that strike at a time.
    """

    def __init__(
        self,
        line: Line,
        scenario: Scenario,
        number: int,
        draw: Callable[[], float],
        log: Callable[[str], None],
        struck: Callable[[Fault], None] = ignore,
    ) -> None:
        self._line = line
        self._log = log
        self._struck = struck
        self._loop = asyncio.get_running_loop()
        self._mischief = Mischief(scenario, number, draw, Resampling(), self._loop.time())
        self._tasks = asyncio.TaskGroup()
        self._delivering: asyncio.Task[None] | None = None
        self._put_in = asyncio.Event()
        self._taken_out = asyncio.Event()
        self._gone = False
        line.pong_after(scenario.network.pong_s)
        for byte, act in self._mischief.marks:
            line.strike_at(byte, act)

    async def __aenter__(self) -> Courier:
        await self._tasks.__aenter__()
        if not self._mischief.plain:
            self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._delivering is not None:
            self._delivering.cancel()
        if isinstance(error, asyncio.CancelledError):
            await self._tasks.__aexit__(kind, error, trace)
        else:
            # What went wrong with whom the wire was lent to is not ours to wrap in a group.
            await self._tasks.__aexit__(None, None, None)

    # ---------------------------------------------------------------------------------- as a body uses it

    async def receive(self) -> str | bytes:
        return await self._line.receive()

    async def send(self, message: ServerMessage) -> None:
        """Raises Gone once the client has left. Waits for a client that reads slowly."""
        if self._delivering is None:
            await self._send(frame_of(message))
            return
        self._mischief.send(message, self._loop.time())
        self._tell_of_faults()
        self._put_in.set()
        while self._mischief.waiting > WAITING_BYTES and not self._delivering.done():
            self._taken_out.clear()
            await self._taken_out.wait()
        if self._gone:
            raise Gone

    async def suffer(self, act: Hurt) -> None:
        """Lets it happen, after what was sent before; silence and a reset at once if that waits for a stall's end."""
        self._begin()
        self._mischief.act(act, self._loop.time())
        self._put_in.set()

    async def close(self, code: int, reason: str) -> None:
        """Closes when all has left that was sent before, and returns when the connection is closed."""
        if self._delivering is not None:
            self._mischief.act(CloseWith(code, reason), self._loop.time())
            self._put_in.set()
            await asyncio.wait([self._delivering])
        await self._line.close(code, reason)

    def abort(self) -> None:
        """At once, whatever waits."""
        self._line.abort()

    # -------------------------------------------------------------------------------------------- delivering

    def _begin(self) -> None:
        if self._delivering is None:
            self._delivering = self._tasks.create_task(self._deliver())

    async def _deliver(self) -> None:
        try:
            while not self._mischief.over:
                self._put_in.clear()
                while (leaving := self._next()) is not None:
                    await self._carry(leaving)
                    self._taken_out.set()
                await self._wait()
        except Gone:
            self._gone = True
        finally:
            self._taken_out.set()

    def _next(self) -> Leaving | None:
        leaving = self._mischief.next(self._loop.time())
        self._tell_of_faults()
        return leaving

    def _tell_of_faults(self) -> None:
        struck, self._mischief.struck = self._mischief.struck, []
        for fault in struck:
            self._struck(fault)

    async def _wait(self) -> None:
        """Until something is put in or something's time has come."""
        if not self._mischief.over:
            try:
                async with asyncio.timeout_at(self._mischief.deadline):
                    await self._put_in.wait()
            except TimeoutError:
                pass

    async def _carry(self, leaving: Leaving) -> None:
        match leaving:
            case CloseWith(code, reason):
                await self._line.close(code, reason)
                raise Gone
            case Drop():
                self._line.drop()
                raise Gone
            case HalfOpen():
                self._line.fall_silent()
            case _:
                await self._send(leaving)

    async def _send(self, frame: str | bytes) -> None:
        await self._line.ready()
        try:
            async with asyncio.timeout(STALLED_S):
                await self._line.send(frame)
        except TimeoutError:
            self._log(f"given up: nothing was read for {STALLED_S:.0f} s")
            self._line.abort()
            raise Gone from None


class Resampler(Protocol):
    """A soxr stream of samples as floats."""

    def resample_chunk(self, x: Floats, last: bool = False) -> Floats: ...


class Resampling:
    """Takes streams of s16le mono from one rate to another (see `livechat.server.spoiling.Resample`)."""

    def __init__(self) -> None:
        self._streams: dict[tuple[int, int], Resampler] = {}

    def __call__(self, pcm: bytes, rate_in: int, rate_out: int) -> bytes:
        import numpy as np

        rates = (rate_in, rate_out)
        stream = self._streams.pop(rates, None) or _stream(*rates)
        if pcm:
            self._streams[rates] = stream
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32)
        return np.rint(stream.resample_chunk(samples, last=not pcm)).clip(-(2**15), 2**15 - 1).astype("<i2").tobytes()


def _stream(rate_in: int, rate_out: int) -> Resampler:
    """Of floats, for soxr dithers whole numbers, and no run would be like another."""
    import soxr

    stream: Any = soxr.ResampleStream
    return cast(Resampler, stream(rate_in, rate_out, 1, dtype="float32", quality="HQ"))
