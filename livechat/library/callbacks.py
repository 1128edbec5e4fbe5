"""Callbacks for those who would rather be called than iterate: when it opens, says something, fails and closes."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from livechat.errors import LivechatError
from livechat.protocol.server import ServerMessage


@dataclass(frozen=True, slots=True)
class Closed:
    """How a connection ended."""

    code: int
    """Of the WebSocket (RFC 6455 §7.4): 1000 is normal, 1006 none came."""
    reason: str = ""
    """The server's words; foreign text."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What to call, functions or coroutine functions, in the session's loop, one after the other.

    With `onmessage` the session's messages are consumed by it, and `receive` has none. What a callback raises ends the
    session and comes out of its `async with`. Source of the names: @google/genai 3.1.0, `LiveCallbacks`.
    """

    onopen: Callable[[], Awaitable[None] | None] | None = None
    """The server has taken the setup."""
    onmessage: Callable[[ServerMessage], Awaitable[None] | None] | None = None
    onerror: Callable[[LivechatError], Awaitable[None] | None] | None = None
    """The session broke off; `onclose` follows."""
    onclose: Callable[[Closed], Awaitable[None] | None] | None = None
    """It is over, whoever ended it; nothing follows."""


async def call(callback: Callable[..., Awaitable[None] | None] | None, *args: object) -> None:
    """Calls it, if there is one, and waits for what it promises."""
    if callback is None:
        return
    given = callback(*args)
    if inspect.isawaitable(given):
        await given
