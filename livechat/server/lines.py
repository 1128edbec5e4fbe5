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
