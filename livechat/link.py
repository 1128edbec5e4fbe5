"""One WebSocket to a Live server; the only client-side importer of websockets.

The key travels in a header of the upgrade to one host: no redirect is followed, nothing is logged, and foreign
exceptions become `Refused` and `Lost` here, so that no traceback holds a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.protocol import State
from websockets.proxy import Proxy, get_proxy, parse_proxy
from websockets.uri import parse_uri

from livechat.events import Disconnected, Lost, Refused
from livechat.install import install_line
from livechat.link_health import Health
from livechat.protocol.codec import MAX_FRAME
from livechat.protocol.endpoints import is_loopback as is_loopback_host

OPEN_S = 10.0
"""Seconds for the name, TCP, TLS and the upgrade together."""
CLOSE_S = 0.5
"""Seconds that a closing handshake may take, whoever begins it: Ctrl-C answers at once, and a lost link is told."""
PING_S = 20.0
"""Seconds between pings that keep middleboxes awake; a late pong closes nothing: Google's take 8 to 30 s."""
BROKEN_BY_PEER = {1002: 1002, 1007: 1002, 1009: 1009}
"""Close codes that we send when a frame cannot be taken, and what they say of the peer: our 1007 is not its 1007."""
WATCHED_S = 0.25
"""Seconds between two looks at how the connection is."""
DETAIL = 200
"""Characters of a refusing server's body that are kept."""
_OF_OPENSSL = re.compile(r"^\[[^]]*\] | ?\(_ssl\.c:\d+\)")
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class _Connect(websockets_connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc  # following one would carry the key to a host that the user has not named


class Link:
    """An open WebSocket: `send` and `receive` whole frames, `close` within `CLOSE_S`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._health = Health(connection.transport)
        self._watch = asyncio.get_running_loop().call_later(WATCHED_S, self._look_after)

    async def send(self, frame: str) -> None:
        """Sends one text frame; returns when the socket's buffer has room again. Raises Disconnected.

        One that is cancelled while it waits is sent all the same.
        """
        self._health.sent()
        try:
            await self._connection.send(frame)
        except ConnectionClosed as closed:
            raise Disconnected(_lost(closed)) from None

    async def receive(self) -> str | bytes:
        """The next frame, text or binary. Raises Disconnected."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise Disconnected(_lost(closed)) from None

    def strain(self) -> float:
        """Seconds for which nothing of what we sent was acknowledged though something waits; 0.0 while all is well."""
        return self._health.strain()

    def _look_after(self) -> None:
        """Lets go of a connection that is dead, or closed by words alone, though nobody asks.

        A peer that is not reading sends a close frame and waits for ours; websockets tells only who sends next.
        """
        self._health.strain()
        if self._connection.state is State.CLOSING:
            self._watch = asyncio.get_running_loop().call_later(CLOSE_S, self._drop)
        elif not self._connection.transport.is_closing():
            self._watch = asyncio.get_running_loop().call_later(WATCHED_S, self._look_after)

    def _drop(self) -> None:
        with contextlib.suppress(AttributeError):  # asyncio's own, where a full buffer has drained meanwhile
            self._connection.transport.abort()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes with the closing handshake if the peer answers it in time, without it otherwise."""
        try:
            with contextlib.suppress(TimeoutError, AttributeError):
                async with asyncio.timeout(CLOSE_S):
                    await self._connection.close(code, reason)
        finally:
            self._watch.cancel()
            self._drop()


async def open_link(url: str, headers: Mapping[str, str]) -> Link:
    """Opens `url` with these headers beside the WebSocket's own, through the proxy that the environment names.

    Raises Disconnected.
    """
    proxy = proxy_for(url)
    try:
        if proxy is not None:
            _proxy_at(proxy)
        connection = await _Connect(
            url,
            additional_headers=dict(headers),
            user_agent_header=None,
            max_size=MAX_FRAME,
            proxy=proxy,
            open_timeout=OPEN_S,
            ping_interval=PING_S,
            ping_timeout=None,
            close_timeout=CLOSE_S,
            compression=None if is_loopback(url) else "deflate",
            logger=_silence(),
        )
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, InvalidProxy, ValueError, ImportError) as error:
        raise Disconnected(_refused(error, proxy)) from None
    return Link(connection)


def proxy_for(url: str) -> str | None:
    """The address, maybe with a password, of the proxy that the environment wants for this URL; none for loopback.

    websockets passes `ALL_PROXY` over; nearly everybody else takes it where nothing more particular is said.
    """
    try:
        uri = parse_uri(url)
    except (InvalidURI, ValueError):
        return None
    if is_loopback(url) or proxy_bypass(f"{uri.host}:{uri.port}"):
        return None
    address = get_proxy(uri) or getproxies().get("all")
    bare = address and "://" not in address and re.search(r":\d+/?$", address)
    return f"http://{address}" if bare else address  # as everybody else reads it


def proxy_shown(url: str) -> str | None:
    """The proxy for this URL by scheme, host and port, without who may use it; None where there is none.

    Raises ValueError, which quotes no password, for an address that cannot be read.
    """
    address = proxy_for(url)
    if address is None:
        return None
    try:
        at = _proxy_at(address)
    except InvalidProxy as error:
        raise ValueError(error.msg) from None
    host = f"[{at.host}]" if ":" in at.host else at.host
    return f"{at.scheme}://{host}:{at.port}"


def _proxy_at(address: str) -> Proxy:
    """Raises InvalidProxy, whose words do not quote what may be a password."""
    try:
        return parse_proxy(address)
    except ValueError:
        raise InvalidProxy("", "its address cannot be read") from None


def is_loopback(url: str) -> bool:
    """Whether the host of this URL is this machine by name or number."""
    return is_loopback_host(urlsplit(url).hostname or "")


def _silence() -> logging.Logger:
    """A logger nobody can turn on: websockets' own would write the headers, key included, at debug level."""
    logger = logging.Logger("livechat.link", logging.CRITICAL + 1)
    logger.disabled = True
    return logger


def _lost(closed: ConnectionClosed) -> Lost:
    if closed.rcvd is not None:
        return Lost(closed.rcvd.code, closed.rcvd.reason)
    if closed.sent is not None and closed.sent.code in BROKEN_BY_PEER:
        return Lost(BROKEN_BY_PEER[closed.sent.code], closed.sent.reason)
    return Lost(1006, "")


def _refused(error: Exception, proxy: str | None) -> Refused:
    if isinstance(error, InvalidStatus):
        return _answered(error)
    if isinstance(error, ImportError):
        return Refused("socks", install_line("socks"))
    # InvalidMessage wraps what the stream said when the peer is no HTTP server or hung up.
    # UnicodeError is a name that no name server could have.
    kinds: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
        ((InvalidProxy,), "no proxy"),
        ((ProxyError,), "proxy"),
        ((InvalidMessage, InvalidHandshake), "handshake"),
        ((ssl.SSLError, ssl.CertificateError), "tls"),
        ((socket.gaierror, UnicodeError), "name"),
        ((TimeoutError,), "timeout"),
        ((OSError,), "connect"),
    )
    kind = next((name for classes, name in kinds if isinstance(error, classes)), "handshake")
    # These two quote the whole address, which may hold a password or a key.
    said = error.msg if isinstance(error, (InvalidProxy, InvalidURI)) else in_words(error)
    if isinstance(error, ProxyError) and isinstance(error.__cause__, Exception):
        said = _of_socks(error.__cause__)
    if proxy is not None and kind in ("name", "connect"):
        at = _proxy_at(proxy)
        kind, said = "no proxy", f"{at.host}:{at.port}: {said}"  # that is who was looked for
    return Refused(kind, said[:DETAIL])


def _of_socks(cause: Exception) -> str:
    """Its words; python-socks takes ASCII alone, and Python would quote the letter of the password that is not."""
    unknown = "its user and password have a letter that SOCKS does not know"
    return unknown if isinstance(cause, UnicodeError) else in_words(cause)


def _answered(error: InvalidStatus) -> Refused:
    response = error.response
    body = message_in(bytes(response.body or b""))[:DETAIL].decode("utf-8", "replace").strip()
    return Refused("http", body, response.status_code, response.headers.get("Retry-After") or "")


def message_in(body: bytes) -> bytes:
    """The sentence in what Google's servers answer with; what anybody else does is taken as it is."""
    try:
        return str(json.loads(body)["error"]["message"]).encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return body


def in_words(error: Exception) -> str:
    """What it says, less the names that OpenSSL, the system and asyncio give it."""
    said = str(error)
    if isinstance(error, ssl.SSLError):
        return _OF_OPENSSL.sub("", said)
    if isinstance(error, socket.gaierror):
        return error.strerror or said
    number = _ERRNO.search(said) if isinstance(error, OSError) else None
    return os.strerror(int(number[1])) if number else said
