"""Makes ephemeral tokens: what a program gives away in place of its key, to a browser or a phone.

Source: `POST /v1alpha/auth_tokens` as google-genai 3.4.0 sends it. The key travels in a header over TLS, or on this
machine; no redirect is followed.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPException, HTTPResponse
from typing import NoReturn, cast
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from livechat.closing import Facts, explain_refusal
from livechat.errors import RequestRejected, Unreachable, UsageError
from livechat.library.backends import Backend, Developer, Reached, Server, backend_of, reached
from livechat.library.config import LiveConfig
from livechat.library.keys import Token
from livechat.library.minting import BEGINS_WITHIN, LIFE, Lock, lasting, name_in, request_of
from livechat.library.setup import setup_of
from livechat.link import in_words, is_loopback, message_in
from livechat.protocol.endpoints import minting_address
from livechat.protocol.generations import DEFAULT_MODEL

WAIT_S = 10.0
"""Seconds that any step may take."""
LARGEST_ANSWER = 64 * 1024
"""Bytes that are read of an answer."""
DETAIL = 200
"""Characters of a refusal that are kept."""


async def create_token(
    *,
    backend: Backend | str | None = None,
    uses: int = 1,
    expire_in: timedelta | float | None = None,
    new_session_within: timedelta | float | None = None,
    model: str | None = None,
    config: LiveConfig | None = None,
    lock: Lock = "all",
) -> Token:
    """Makes a token that opens Live sessions and nothing else. From any loop, which goes on meanwhile.

    It works in a thread, which ends at the latest ten seconds after its server has fallen silent, cancelled or not.

    backend: a Developer or a Server, with the key; None is what the environment says.
    uses: sessions that it begins; 0 is as many as one likes. To resume one is no use.
    expire_in: how long its sessions may last, in seconds or as a timedelta; None is half an hour, at most 20 hours.
    new_session_within: how long sessions can be begun; None is a minute.
    model, config: what its sessions are to be like; a config alone is for `gemini-3.8-live`.
    lock: of that, "all" fixes the whole setup, whatever the client sends; "given" fixes what the config leads to and
    leaves the rest to the client; names of fields (`["temperature"]`) are fixed as well, to being unset.

    Raises AccessDenied without a key or with a wrong one, UsageError for what cannot be asked or is asked of another
    backend, RequestRejected where the server refuses it, Unreachable, QuotaExceeded, TryLater and RemoteProtocolError.
    """
    return await asyncio.to_thread(
        create_token_sync,
        backend=backend,
        uses=uses,
        expire_in=expire_in,
        new_session_within=new_session_within,
        model=model,
        config=config,
        lock=lock,
    )


def create_token_sync(
    *,
    backend: Backend | str | None = None,
    uses: int = 1,
    expire_in: timedelta | float | None = None,
    new_session_within: timedelta | float | None = None,
    model: str | None = None,
    config: LiveConfig | None = None,
    lock: Lock = "all",
) -> Token:
    """The same as `create_token`, for programs without a loop. From any thread, which waits."""
    life, window = lasting(expire_in, "expire_in"), lasting(new_session_within, "new_session_within")
    there = _mint(backend, model or DEFAULT_MODEL)
    setup = None if model is None and config is None else setup_of(config or LiveConfig(), there.model)
    now = datetime.now(UTC)
    body = request_of(setup, lock, uses, _after(now, life), _after(now, window))
    name = name_in(_post(minting_address(there.url), there.headers, body, there.facts), there.facts.server)
    expires = now + (life or LIFE)
    return Token(name, expires, min(now + (window or BEGINS_WITHIN), expires), uses)


def _mint(backend: Backend | str | None, model: str) -> Reached:
    """Where tokens are made. Raises UsageError where none are, or where one would travel unencrypted."""
    chosen = backend_of(backend, os.environ)
    if not isinstance(chosen, Developer | Server):
        why = "its tokens would end with it" if type(chosen).__name__ == "Local" else "only the Developer API has them"
        raise UsageError(
            f"{type(chosen).__name__} makes no ephemeral tokens", why=why, hint="backend=livechat.Developer()"
        )
    there = reached(chosen, model, os.environ)
    if any(secret.startswith("auth_tokens/") for secret in there.secrets):
        raise UsageError("a token cannot make another", hint="backend=livechat.Developer(key) with an API key")
    if urlsplit(there.url).scheme == "ws" and not is_loopback(there.url):
        host = there.facts.server
        raise UsageError(f"a token is not made unencrypted at {host}", hint=f"backend='wss://{host}'")
    return there


def _after(now: datetime, span: timedelta | None) -> datetime | None:
    return None if span is None else now + span


def _post(url: str, headers: Mapping[str, str], body: bytes, facts: Facts) -> bytes:
    """The body of the answer. Raises what is said of `create_token`."""
    request = Request(url, body, {**headers, "Content-Type": "application/json", "User-Agent": "livechat"})
    try:
        # Without the handlers of redirects and errors every answer comes back as it is.
        with cast("HTTPResponse", _opener(url).open(request, timeout=WAIT_S)) as response:
            answer = response.read(LARGEST_ANSWER)
            status, retry_after = response.status, response.headers.get("Retry-After") or ""
    except (OSError, HTTPException) as error:
        failed: Exception = error
    else:
        if status == 200:
            return answer
        _refuse(status, message_in(answer)[:DETAIL].decode("utf-8", "replace").strip(), retry_after, facts)
    raise explain_refusal(*_refused(failed), 0, "", facts)


def _opener(url: str) -> OpenerDirector:
    opener = OpenerDirector()
    proxies: dict[str, str] | None = {} if is_loopback(url) else None  # None: those of the environment
    for handler in (ProxyHandler(proxies), HTTPHandler(), HTTPSHandler(), UnknownHandler()):
        opener.add_handler(handler)
    return opener


def _refuse(status: int, detail: str, retry_after: str, facts: Facts) -> NoReturn:
    if status == 400:
        raise RequestRejected(f"{facts.server} refuses to make this token", why=" ".join(detail.split()))
    if status in (404, 405):
        raise Unreachable(f"{facts.server} makes no tokens", why=f"HTTP {status}", hint="check the backend's address")
    raise explain_refusal("http", detail, status, retry_after, facts)


def _refused(error: Exception) -> tuple[str, str]:
    """The kind of a failure as `events.Refused` has it, and its words."""
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (HTTPException, "handshake"),
        (ssl.SSLError, "tls"),
        (socket.gaierror, "name"),
        (TimeoutError, "timeout"),
    )
    return next((name for kind, name in kinds if isinstance(error, kind)), "connect"), in_words(error)[:DETAIL]
