"""What lies between a server's mind and its client: the ends by which the parts of that way hold each other."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from livechat.protocol.server import ServerMessage
from livechat.server.scenario import CloseWith, Drop, HalfOpen, Stall

Hurt: TypeAlias = CloseWith | Drop | HalfOpen | Stall
"""What goes wrong with a connection as a whole."""


class Gone(Exception):
    """The client has left, or is taken for gone."""


class Wire(Protocol):
    """The way to a client as the body of a connection uses it; `receive` and `send` raise Gone at its end.

    A client that reads nothing for long is taken for gone: whoever sends need not watch the time.
    """

    async def receive(self) -> str | bytes: ...

    async def send(self, message: ServerMessage) -> None: ...

    async def suffer(self, act: Hurt) -> None: ...

    async def close(self, code: int, reason: str) -> None:
        """After all that was sent before it."""
        ...

    def abort(self) -> None:
        """At once, and without a word."""
        ...


class Line(Protocol):
    """One client's WebSocket as a Courier uses it; `receive` and `send` raise Gone once it is closed."""

    async def receive(self) -> str | bytes: ...

    async def send(self, frame: str | bytes) -> None:
        """Text goes as a text frame."""
        ...

    async def ready(self) -> None:
        """Returns when nothing is held back by a Stall."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Returns when the connection is closed; of a line that fell silent, when it was closed by others."""
        ...

    def abort(self) -> None: ...

    def drop(self) -> None:
        """Resets the connection as soon as all that was sent has left."""
        ...

    def fall_silent(self) -> None:
        """From now on nothing is sent, read or ponged, and the connection stays."""
        ...

    def strike_at(self, byte: int, act: Drop | HalfOpen | Stall) -> None:
        """Does it when so many bytes have left since the handshake; 0 is before the next."""
        ...

    def pong_after(self, seconds: float) -> None:
        """Answers every ping so much later."""
        ...
