"""The body that every connection has: tells its mind what happens, one thing after the other, and keeps its time.

Whoever tells holds the lock until the orders are carried out, sending included. So a client that does not read stops
its whole conversation and nothing piles up, and a client that floods is not read faster than it is heard.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from time import thread_time
from typing import Final, Generic, Protocol, TypeVar

from livechat.errors import RemoteProtocolError
from livechat.protocol.codec import decode_client_message
from livechat.server.acts import ClientSaid, Connected, FromWire, Garbled, Left, Ticked
from livechat.server.bounds import too_rich
from livechat.server.lines import Gone, Wire

CREDIT_S: Final = 0.25
"""So much time the decoding of one client's frames may take at once: a long history takes as much."""
SHARE: Final = 1 / 30
"""And so much of the time from then on. Sound in real time takes a thousandth."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
O = TypeVar("O")  # noqa: E741 - an order
O_co = TypeVar("O_co", covariant=True)


class Mind(Protocol[T_contra, O_co]):
    """What decides: pure, told what happened and when, it answers with orders."""

    @property
    def deadline(self) -> float | None: ...

    def handle(self, told: T_contra | FromWire, now: float) -> Sequence[O_co]: ...


class Body(ABC, Generic[T, O]):
    """Runs one mind until the client leaves or is hung up on."""

    def __init__(self, wire: Wire, mind: Mind[T, O]) -> None:
        self._wire = wire
        self._mind = mind
        self._tasks = asyncio.TaskGroup()
        self._telling = asyncio.Lock()
        self._happened = asyncio.Event()
        self._patience = Patience(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Returns when the connection is closed, by whomever."""
        try:
            async with self._tasks:
                self._tasks.create_task(self._keep_time())
                await self.tell(Connected())
                while True:
                    await self._receive()
        except* Gone:
            pass
        finally:
            self._mind.handle(Left(), asyncio.get_running_loop().time())

    async def tell(self, told: T | FromWire) -> None:
        """The one door: what happens goes in here, one thing after the other."""
        async with self._telling:
            for order in self._mind.handle(told, asyncio.get_running_loop().time()):
                await self._carry_out(order)
        self._happened.set()

    @abstractmethod
    async def _carry_out(self, order: O) -> None:
        """Does what the mind wants."""

    async def _heard(self) -> None:
        """What is to be done after each frame, outside the door; for most bodies nothing."""

    async def _receive(self) -> None:
        """Takes one frame, and lets others have their turn before the next."""
        frame = await self._wire.receive()
        began = thread_time()
        told = understood(frame)
        rest = self._patience.spend(thread_time() - began, asyncio.get_running_loop().time())
        await self.tell(told)
        await self._heard()
        await asyncio.sleep(rest)

    async def _keep_time(self) -> None:
        while True:
            deadline = self._mind.deadline
            try:
                async with asyncio.timeout_at(deadline):
                    await self._happened.wait()
                self._happened.clear()
            except TimeoutError:
                await self.tell(Ticked())


class Patience:
    """How much of the time one client's frames may take, all of which is taken from others."""

    def __init__(self, now: float) -> None:
        self._credit = CREDIT_S
        self._now = now

    def spend(self, seconds: float, now: float) -> float:
        """So long a frame has taken; for how long none is to be read. 0 lets others have their turn, no more."""
        self._credit = min(CREDIT_S, self._credit + (now - self._now) * SHARE) - seconds
        self._now = now
        return max(0.0, -self._credit / SHARE)


def understood(frame: str | bytes) -> ClientSaid | Garbled:
    """What a frame says."""
    complaint = too_rich(frame)
    if complaint:
        return Garbled(complaint)
    try:
        return ClientSaid(decode_client_message(frame))
    except RemoteProtocolError as error:
        return Garbled(error.problem)
