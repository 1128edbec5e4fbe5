"""One connection to a server of tools, by the official `mcp` package, of which this is the only importer.

The package takes most of a second to import: `mcp.py` has it done in a thread. Sampling, elicitation and roots are
declined, as it does by itself: no server asks our model or our user anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar, cast

import anyio
import httpx2
import mcp_types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client import Client, IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage

from livechat import __version__
from livechat.tools.mcp_child import LONGEST_LINE, Child
from livechat.tools.mcp_pins import Offer
from livechat.tools.mcp_server import Address, ServerGone
from livechat.tools.toolbox import ToolFailure

T = TypeVar("T")
Progress = Callable[[float, float | None, str], None]
"""How far a call is, of how much if that is known, and the server's words about it."""
Inbox = MemoryObjectSendStream[SessionMessage | Exception]
Outbox = MemoryObjectReceiveStream[SessionMessage]

OtherEnd: TypeAlias = Child | Address

CONNECT_S: Final = 10.0
SILENCE_S: Final = 300.0
"""Seconds between two signs of life of an answer over HTTP; whoever called need not wait that long."""
MOST_TOOLS: Final = 512
"""Of one server; what it offers beyond is not looked at."""
MOST_NONSENSE: Final = 100
"""Lines in a row that are no messages. Some servers print a banner, or log where they should not."""
SHOWN: Final = 60
"""Characters of nonsense that are told."""
A_MOMENT_S: Final = 0.2
"""Seconds between the end of what a program says and its own, of which the exit code is known."""
_TOO_LARGE: Final = f"it is larger than {LONGEST_LINE >> 20} MiB"
_PACKED: Final = "it is packed, which we did not ask for"
_SESSION_LOST: Final = "Session terminated"
"""The package's words for a server on HTTP that has forgotten us."""


@dataclass(frozen=True)
class ServerFacts:
    """What a server says of itself; foreign text."""

    title: str
    protocol: str
    """The revision of MCP that is spoken."""


class Link:
    """An open connection. Its methods raise ServerGone once it is over."""

    def __init__(self, client: Client, news: _News) -> None:
        self._client = client
        self._news = news

    @property
    def facts(self) -> ServerFacts:
        about = self._client.server_info
        title = "" if about is None else f"{about.title or about.name} {about.version}".strip()
        return ServerFacts(title, self._client.protocol_version)

    async def offers(self) -> tuple[Offer, ...]:
        """The tools that it has now."""
        found: dict[str, Offer] = {}
        cursor: str | None = None
        while len(found) < MOST_TOOLS:
            page = await self._asked(self._client.list_tools(cursor=cursor, cache_mode="refresh"))
            new = {tool.name: _offer(tool) for tool in page.tools if tool.name not in found}
            found.update(new)
            cursor = page.next_cursor
            if cursor is None or not new:
                break
        return tuple(found.values())[:MOST_TOOLS]

    async def call(self, tool: str, args: Mapping[str, Any], tell: Progress) -> Mapping[str, Any]:
        """The result as MCP writes it in JSON. Raises ToolFailure where the server refuses; cancelled, it is told."""

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            tell(progress, total, message or "")

        result = await self._asked(self._client.call_tool(tool, dict(args), progress_callback=heard))
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def changed(self) -> None:
        """Returns when the server says that its tools have changed; raises ServerGone when the connection is over."""
        await self._news.come.wait()
        self._news.come.clear()
        if self._news.over:
            raise ServerGone(self._news.over)

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except MCPError as error:
            if error.code == mcp_types.CONNECTION_CLOSED or error.message == _SESSION_LOST:
                self._news.end(error.message)
                raise ServerGone(error.message) from None
            raise ToolFailure(error.message) from None
        except anyio.ClosedResourceError:
            raise ServerGone("the connection is closed") from None
        except ValueError:  # pydantic's
            raise ToolFailure("what the server answered is no MCP") from None
        except RuntimeError as error:  # the package's word for content that is not as the server itself declared it
            raise ToolFailure(str(error)) from None


class _News:
    """What happens on a connection without being asked for."""

    def __init__(self) -> None:
        self.come: asyncio.Event = asyncio.Event()
        self.over: str = ""
        """Why the connection is over, once it is."""

        self.refused: str = ""
        """That a server wants to know who we are, once it does."""

    async def heed(self, response: httpx2.Response) -> None:
        if response.status_code in (401, 403):
            self.refused = f"it refuses us (HTTP {response.status_code}): it may want a token, or another one"
        # What the package reads event by event it bounds itself.
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        if encoded or not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            response.stream = _Bounded(response.stream, 0 if encoded else LONGEST_LINE)

    def end(self, why: str) -> None:
        self.over = self.over or why
        self.come.set()

    async def hear(self, message: IncomingMessage) -> None:
        if isinstance(message, mcp_types.ToolListChangedNotification):
            self.come.set()


class _Bounded(httpx2.AsyncByteStream):
    """An answer over HTTP that is not read on beyond `most` bytes. Nothing that is packed: it could be any size."""

    def __init__(self, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream, most: int) -> None:
        self._stream = cast("httpx2.AsyncByteStream", stream)
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for piece in self._stream:
            left -= len(piece)
            if left < 0:
                raise httpx2.StreamError(_TOO_LARGE if self._most else _PACKED)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def linked(end: OtherEnd) -> AsyncGenerator[Link]:
    """A connection to a server that has been started, or that runs at an address.

    Raises ServerGone where it ends, and what the package raises.
    """
    _hush("mcp")
    news = _News()
    try:
        async with _client_of(end, news) as client, _served(client, news) as link:
            yield link
    except Exception:
        why = news.over if isinstance(end, Child) else news.refused
        if why:
            raise ServerGone(why) from None
        raise


@asynccontextmanager
async def _client_of(end: OtherEnd, news: _News) -> AsyncGenerator[Client]:
    if isinstance(end, Child):
        yield Client(_transport(end, news), **_wishes(news))
        return
    headers = {"Accept-Encoding": "identity"}
    if end.token is not None:
        headers["Authorization"] = f"Bearer {end.token}"
    timeout, hooks = httpx2.Timeout(CONNECT_S, read=SILENCE_S), {"response": [news.heed]}
    async with httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks=hooks) as http:
        # To take leave of a server would take as long as it likes.
        transport = streamable_http_client(end.url, http_client=http, terminate_on_close=False)
        yield Client(transport, **_wishes(news))


def _wishes(news: _News) -> dict[str, Any]:
    about = mcp_types.Implementation(name="livechat", version=__version__)
    return {"message_handler": news.hear, "client_info": about}


@asynccontextmanager
async def _served(client: Client, news: _News) -> AsyncGenerator[Link]:
    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(_listen, client, news)
        yield Link(client, news)
        tasks.cancel_scope.cancel()


async def _listen(client: Client, news: _News) -> None:
    """Notices changes where the server only tells who has subscribed (MCP 2026-07-28)."""
    with suppress(ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError):
        tools = client.server_capabilities.tools
        if tools is not None and tools.list_changed:
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    news.come.set()


@asynccontextmanager
async def _transport(
    child: Child, news: _News
) -> AsyncGenerator[
    tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
]:
    """The messages that a child writes and reads, one a line."""
    inbox, received = anyio.create_memory_object_stream[SessionMessage | Exception]()
    sent, outbox = anyio.create_memory_object_stream[SessionMessage]()
    async with inbox, received, sent, outbox, anyio.create_task_group() as tasks:
        tasks.start_soon(_hear, child, inbox, news)
        tasks.start_soon(_say, child, outbox, inbox)
        try:
            yield received, sent
        finally:
            tasks.cancel_scope.cancel()


async def _hear(child: Child, inbox: Inbox, news: _News) -> None:
    nonsense = 0
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # nobody listens any more
        async for line in child:
            message = _message_in(line)
            if message is not None:
                nonsense = 0
                await inbox.send(SessionMessage(message))
            elif line.strip():
                nonsense += 1
            if nonsense > MOST_NONSENSE:
                child.fault = f"what it prints is no MCP: {line[:SHOWN].decode('utf-8', 'replace')!r}"
                break
    await child.exited(A_MOMENT_S)
    news.end(child.why_it_ended())
    await inbox.aclose()


def _message_in(line: bytes) -> mcp_types.JSONRPCMessage | None:
    try:
        return mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return None


async def _say(child: Child, outbox: Outbox, inbox: Inbox) -> None:
    try:
        async for sent in outbox:
            child.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
    except BrokenPipeError:
        await inbox.aclose()  # or who waits for an answer would wait for ever


def _offer(tool: mcp_types.Tool) -> Offer:
    hints = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
    return Offer(tool.name, tool.description or "", tool.input_schema, tool.title or "", hints)


def _hush(package: str) -> None:
    """Leaves it to us to say what goes wrong, unless somebody has asked for the package's own words."""
    logger = logging.getLogger(package)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
