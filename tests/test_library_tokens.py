"""A token is made by the server that it opens, over a line that nobody listens to, and by no other."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from livechat.errors import (
    AccessDenied,
    LivechatError,
    QuotaExceeded,
    RemoteProtocolError,
    RequestRejected,
    TryLater,
    Unreachable,
    UsageError,
)
from livechat.events import Disconnected
from livechat.library.backends import Backend, Developer, FirebaseAI, Local, Server, Vertex, reach
from livechat.library.config import LiveConfig
from livechat.library.keys import Token
from livechat.library.setup import setup_of
from livechat.library.tokens import create_token, create_token_sync
from livechat.link import open_link
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import decode_server_message, encode
from livechat.testing import LiveServer, serving

KEY = "AIza-secret-0123"
MODEL = "gemini-3.8-live"


@dataclass
class Stranger:
    """A server that gives every request the same answer."""

    url: str
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list[tuple[str, dict[str, str], Any]])


@contextmanager
def stranger(status: int = 200, answer: bytes = b"", **headers: str) -> Generator[Stranger]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append(
                (self.path, {name.lower(): text for name, text in self.headers.items()}, json.loads(body))
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        found = Stranger(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


async def opens(server: LiveServer, token: Token | str) -> bool:
    """Whether a session begins with the token. Raises Disconnected."""
    async with reach(Server(server.url, token), MODEL) as there:
        link = await open_link(there.url, there.headers)
        try:
            await link.send(encode(ClientMessage(setup=setup_of(LiveConfig(), there.model))))
            return decode_server_message(await link.receive()).setup_complete is not None
        finally:
            await link.close()


# -------------------------------------------------------------------------------------------- what it opens


def test_a_token_begins_a_session_of_the_server_that_made_it_and_only_one() -> None:
    with serving() as server:
        token = create_token_sync(backend=server.url)
        assert asyncio.run(opens(server, token))
        with pytest.raises(Disconnected):
            asyncio.run(opens(server, token))


def test_a_token_of_many_uses_begins_many_and_is_known_by_its_name_too() -> None:
    with serving() as server:
        token = create_token_sync(backend=server.url, uses=0)
        for given in (token, token.name, token):
            assert asyncio.run(opens(server, given))


def test_a_loop_goes_on_while_a_token_is_made() -> None:
    async def run() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(tick())
            token = await create_token(backend=server.url, uses=2, model=MODEL, lock="given")
            ticking.cancel()
        assert ticks > 1
        assert token.uses == 2
        assert await opens(server, token)

    with serving() as server:
        asyncio.run(run())


def test_the_setup_of_the_token_counts_and_not_that_of_the_client() -> None:
    with serving() as server:
        token = create_token_sync(backend=server.url, config=LiveConfig(setup={"model": "models/no-such"}))
        with pytest.raises(Disconnected) as refused:
            asyncio.run(opens(server, token))
        assert "no-such" in str(refused.value.happened)


def test_it_is_made_over_tls_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        token = create_token_sync(backend=Server(server.url, KEY))
        assert asyncio.run(opens(server, token))


def test_a_server_that_is_not_trusted_is_not_asked() -> None:
    with serving(tls=True) as server, pytest.raises(Unreachable, match="vouches"):
        create_token_sync(backend=Server(server.url, KEY))


# --------------------------------------------------------------------------------------------- what is sent


def test_the_key_is_in_a_header_and_nowhere_else() -> None:
    with stranger(200, b'{"name": "auth_tokens/abcdefgh0123"}') as server:
        create_token_sync(backend=Server(server.url, KEY), expire_in=3600, new_session_within=timedelta(minutes=5))
    ((path, headers, body),) = server.asked
    assert path == "/v1alpha/auth_tokens"
    assert headers["x-goog-api-key"] == KEY
    assert headers["content-type"] == "application/json"
    assert KEY not in f"{path} {body}"
    life, window = (datetime.fromisoformat(body[name]) for name in ("expireTime", "newSessionExpireTime"))
    assert life - window == timedelta(minutes=55)
    assert life.tzinfo is not None


def test_a_token_may_be_for_one_model() -> None:
    with stranger(200, b'{"name": "auth_tokens/abcdefgh0123"}') as server:
        create_token_sync(backend=server.url, model="gemini-2.5-flash-native-audio-latest")
        create_token_sync(backend=server.url, config=LiveConfig())
    models = [body["bidiGenerateContentSetup"]["model"] for _, _, body in server.asked]
    assert models == ["models/gemini-2.5-flash-native-audio-latest", "models/gemini-3.8-live"]


def test_a_token_says_until_when_it_is_good_and_shows_no_more_than_its_end() -> None:
    with stranger(200, b'{"name": "auth_tokens/abcdefgh0123"}') as server:
        before = datetime.now(UTC)
        token = create_token_sync(backend=Server(server.url, KEY))
        longer = create_token_sync(backend=Server(server.url, KEY), expire_in=30)
    assert token.name == "auth_tokens/abcdefgh0123"
    assert "abcdefgh" not in repr(token)
    assert "…0123" in repr(token)
    assert token.expires is not None
    assert token.begins_until is not None
    assert timedelta(minutes=30) <= token.expires - before < timedelta(minutes=31)
    assert timedelta(seconds=60) <= token.begins_until - before < timedelta(seconds=90)
    assert longer.begins_until == longer.expires


def test_the_key_may_lie_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVECHAT_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "LIVECHAT_SERVER_CHOICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with stranger(200, b'{"name": "auth_tokens/abcdefgh0123"}') as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        create_token_sync()
    assert server.asked[0][1]["x-goog-api-key"] == KEY


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with stranger(200, b'{"name": "auth_tokens/abcdefgh0123"}') as server:
        assert create_token_sync(backend=server.url)


def test_no_redirect_is_followed() -> None:
    with stranger() as trap, stranger(302, Location=f"{trap.url}/v1alpha/auth_tokens") as server:
        with pytest.raises(Unreachable, match="redirects"):
            create_token_sync(backend=Server(server.url, KEY))
        assert len(server.asked) == 1
        assert trap.asked == []


# ------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("status", "answer", "error", "why"),
    [
        (400, b'{"error": {"message": "Invalid JSON\\npayload."}}', RequestRejected, "Invalid JSON payload."),
        (401, b'{"error": {"message": "No."}}', AccessDenied, "HTTP 401: No."),
        (403, b"", AccessDenied, "HTTP 403"),
        (404, b"", Unreachable, "HTTP 404"),
        (405, b"", Unreachable, "HTTP 405"),
        (429, b"", QuotaExceeded, "HTTP 429"),
        (503, b"x" * 5000, TryLater, "HTTP 503: xxx"),
        (204, b"", Unreachable, "HTTP 204"),
    ],
)
def test_a_refusal_is_told_as_what_it_is(status: int, answer: bytes, error: type[LivechatError], why: str) -> None:
    with stranger(status, answer) as server, pytest.raises(error) as refused:
        create_token_sync(backend=Server(server.url, KEY))
    assert refused.value.why.startswith(why)
    assert len(refused.value.why) < 300
    assert KEY not in f"{refused.value!r} {refused.value.why} {refused.value.hint}"


def test_how_long_to_wait_is_told() -> None:
    with stranger(429, Retry_After="7") as server, pytest.raises(QuotaExceeded) as refused:
        create_token_sync(backend=server.url)
    assert "wait 7 s" in refused.value.hint


def test_an_answer_that_is_no_token_is_refused() -> None:
    with stranger(200, b"<html>Welcome to the hotel</html>") as server, pytest.raises(RemoteProtocolError):
        create_token_sync(backend=server.url)


def test_nobody_there_is_told() -> None:
    with stranger() as server:
        pass
    with pytest.raises(Unreachable, match=r"nothing answers at 127\.0\.0\.1"):
        create_token_sync(backend=server.url)


def test_who_speaks_no_http_is_told() -> None:
    def greet(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            line.recv(4096)
            line.sendall(b"220 mail ready\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        with pytest.raises(Unreachable, match="is not a Live API server"):
            create_token_sync(backend=f"ws://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


@pytest.mark.parametrize("backend", [Vertex("p1", token="t"), FirebaseAI(KEY, "p1"), Local()])
def test_only_the_developer_api_makes_tokens(backend: Backend) -> None:
    with pytest.raises(UsageError, match=f"{type(backend).__name__} makes no ephemeral tokens"):
        create_token_sync(backend=backend)


def test_a_token_makes_no_token() -> None:
    for given in ("auth_tokens/abc", Token("auth_tokens/abc")):
        with pytest.raises(UsageError, match="cannot make another"):
            create_token_sync(backend=Developer(given))


def test_a_token_does_not_cross_a_network_unencrypted() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        create_token_sync(backend="ws://gate.example")


def test_what_a_token_cannot_be_is_told_before_anybody_is_asked() -> None:
    with stranger() as server:
        wrong: list[dict[str, Any]] = [
            *({"uses": -1}, {"expire_in": 0}, {"new_session_within": 72_000}, {"lock": "given"}),
            {"config": LiveConfig(thinking_level="LOW")},
        ]
        for wish in wrong:
            with pytest.raises(UsageError):
                create_token_sync(backend=server.url, **wish)
    assert server.asked == []
