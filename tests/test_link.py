"""One WebSocket over real sockets: frames, ends, refusals, and a key that goes to one host only."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import logging
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import ServerConnection, serve

from livechat import link
from livechat.events import Disconnected, Lost, Refused
from livechat.link import Link, is_loopback, open_link
from livechat.link_health import WAITING, Health, beneath
from livechat.protocol.codec import MAX_FRAME
from tests import aio
from tests.peers import Peer, http, listening

KEY = "AIzaSyExample-0123456789abcdefghijklmno"
HEADERS = {"x-goog-api-key": KEY}

Handler = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for a `.invalid` name: there is none (RFC 6761), and asking may take long."""
    asked: Callable[..., list[Any]] = socket.getaddrinfo

    def ask(host: str, *more: object, **named: object) -> list[Any]:
        if str(host).endswith(".invalid") and len(host) < 64:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)


def quiet() -> logging.Logger:
    """For the servers of these tests: they would log the key themselves."""
    logger = logging.Logger("tests.server")
    logger.disabled = True
    return logger


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str, None]:
    """A real WebSocket server on a free loopback port; gives its URL."""
    async with serve(handler, "127.0.0.1", 0, ssl=tls, logger=quiet(), max_size=None, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/ws/path"


async def echo(connection: ServerConnection) -> None:
    async for frame in connection:
        await connection.send(frame)


async def refusal(url: str) -> Refused:
    with pytest.raises(Disconnected) as raised:
        await open_link(url, HEADERS)
    happened = raised.value.happened
    assert isinstance(happened, Refused)
    assert KEY not in repr(happened)
    return happened


async def end_of(handler: Handler) -> Lost:
    """How a link to this server is lost."""
    async with serving(handler) as url:
        opened = await open_link(url, HEADERS)
        with pytest.raises(Disconnected) as raised:
            await opened.receive()
        await opened.close()
    happened = raised.value.happened
    assert isinstance(happened, Lost)
    return happened


# ---------------------------------------------------------------------------------------------------- frames


def test_frames_go_out_as_text_and_come_back_as_they_are() -> None:
    async def main() -> None:
        async def server(connection: ServerConnection) -> None:
            frame = await connection.recv()
            assert isinstance(frame, str)
            await connection.send(frame)
            await connection.send(frame.encode())

        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            await opened.send('{"a":"é"}')
            assert await opened.receive() == '{"a":"é"}'
            assert await opened.receive() == '{"a":"é"}'.encode()
            await opened.close()

    aio.run(main())


def test_the_upgrade_holds_the_key_and_nothing_about_us() -> None:
    seen: list[tuple[str, list[tuple[str, str]]]] = []

    async def server(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append((connection.request.path, list(connection.request.headers.raw_items())))

    async def main() -> None:
        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            await opened.close()

    aio.run(main())
    (path, headers), *more = seen
    assert not more
    assert path == "/ws/path"
    assert ("x-goog-api-key", KEY) in headers
    names = {name.lower() for name, _ in headers}
    assert not names & {"user-agent", "origin", "cookie", "authorization"}


@pytest.mark.parametrize("kind", [str, bytes])
def test_a_frame_of_16_mib_passes(kind: type[str] | type[bytes]) -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.send("x" * MAX_FRAME if kind is str else b"x" * MAX_FRAME)

    async def main() -> None:
        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            frame = await opened.receive()
            assert isinstance(frame, kind)
            assert len(frame) == MAX_FRAME
            await opened.close()

    aio.run(main())


def test_one_byte_more_is_too_big() -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.send(b"x" * (MAX_FRAME + 1))
        await connection.wait_closed()

    lost = aio.run(end_of(server))
    assert lost.code == 1009
    assert str(MAX_FRAME + 1) in lost.reason


def test_a_frame_in_pieces_is_as_big_as_all_of_them() -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.send(bytes(2**20) for _ in range(17))
        await connection.wait_closed()

    assert aio.run(end_of(server)).code == 1009


def test_a_frame_of_ours_may_be_as_big() -> None:
    async def main() -> None:
        async with serving(echo) as url:
            opened = await open_link(url, HEADERS)
            await opened.send("x" * MAX_FRAME)
            assert len(await opened.receive()) == MAX_FRAME
            await opened.close()

    aio.run(main())


# ------------------------------------------------------------------------------------------------------ ends


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1008, 1009, 1011, 4001])
def test_a_close_is_its_code_and_its_reason(code: int) -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.close(code, "models/é is not found")

    assert aio.run(end_of(server)) == Lost(code, "models/é is not found")


def test_what_came_before_the_close_is_still_received() -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.send("last words")
        await connection.close(1011, "")

    async def main() -> None:
        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            assert await opened.receive() == "last words"
            with pytest.raises(Disconnected):
                await opened.receive()
            await opened.close()

    aio.run(main())


def test_a_connection_that_breaks_without_a_word_is_1006() -> None:
    async def server(connection: ServerConnection) -> None:
        connection.transport.abort()

    assert aio.run(end_of(server)) == Lost(1006, "")


@pytest.mark.parametrize("junk", [b"\xff\xff\xff", b"\x81\x02\xff\xff"], ids=["an opcode", "UTF-8"])
def test_a_peer_that_breaks_the_protocol_is_1002(junk: bytes) -> None:
    async def server(connection: ServerConnection) -> None:
        connection.transport.write(junk)
        await connection.wait_closed()

    lost = aio.run(end_of(server))
    assert lost.code == 1002, "our 1007 would be taken for the server's"
    assert lost.reason


@pytest.mark.parametrize(
    ("says", "code"), [(b"\x88\x06\x03\xf3busy", 1011), (b"\xff\xff", 1002)], ids=["close", "junk"]
)
def test_a_peer_that_ends_it_and_does_not_hang_up_is_left_soon(
    monkeypatch: pytest.MonkeyPatch, says: bytes, code: int
) -> None:
    monkeypatch.setattr(link, "WATCHED_S", 0.01)
    monkeypatch.setattr(link, "CLOSE_S", 0.05)

    async def main() -> Lost:
        left = asyncio.Event()

        async def busy(connection: ServerConnection) -> None:
            connection.transport.pause_reading()
            connection.transport.write(says)
            await left.wait()
            connection.transport.abort()

        async with serving(busy) as url:
            opened = await open_link(url, HEADERS)
            try:
                with pytest.raises(Disconnected) as raised:
                    await opened.receive()
            finally:
                left.set()
                await opened.close()
        assert isinstance(raised.value.happened, Lost)
        return raised.value.happened

    assert aio.run(main(), 2.0).code == code


def test_what_is_sent_after_the_end_says_how_it_ended() -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.close(1008, "no")

    async def main() -> None:
        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            with pytest.raises(Disconnected):
                await opened.receive()
            with pytest.raises(Disconnected) as raised:
                await opened.send("{}")
            assert raised.value.happened == Lost(1008, "no")
            await opened.close()

    aio.run(main())


def test_our_close_tells_the_peer_its_code_and_reason() -> None:
    seen: list[tuple[int | None, str | None]] = []

    async def server(connection: ServerConnection) -> None:
        await connection.wait_closed()
        seen.append((connection.close_code, connection.close_reason))

    async def main() -> None:
        async with serving(server) as url:
            opened = await open_link(url, HEADERS)
            await opened.close(1001, "bye")
            await opened.close()

    aio.run(main())
    assert seen == [(1001, "bye")]


def test_a_peer_that_never_answers_a_close_is_left_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "CLOSE_S", 0.05)

    async def main() -> float:
        left = asyncio.Event()

        async def deaf(connection: ServerConnection) -> None:
            connection.transport.pause_reading()
            await left.wait()
            connection.transport.abort()

        async with serving(deaf) as url:
            opened = await open_link(url, HEADERS)
            began = time.monotonic()
            await opened.close()
            took = time.monotonic() - began
            left.set()
            return took

    assert aio.run(main()) < 1


def test_a_close_that_is_cut_off_still_lets_go_of_the_socket() -> None:
    async def main() -> None:
        left = asyncio.Event()

        async def deaf(connection: ServerConnection) -> None:
            connection.transport.pause_reading()
            await left.wait()
            connection.transport.abort()

        async with serving(deaf) as url:
            opened = await open_link(url, HEADERS)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await opened.close()
            async with asyncio.timeout(0.2):
                with pytest.raises(Disconnected):
                    await opened.receive()
            left.set()

    aio.run(main())


# ---------------------------------------------------------------------------------------------------- strain


def test_a_link_is_looked_after_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "WATCHED_S", 0.001)
    asked: list[float] = []

    class Watching(Health):
        def strain(self) -> float:
            asked.append(super().strain())
            return asked[-1]

    monkeypatch.setattr(link, "Health", Watching)

    async def main() -> None:
        async with serving(echo) as url:
            opened = await open_link(url, HEADERS)
            await asyncio.sleep(0.05)
            assert len(asked) > 2
            assert opened.strain() == asked[-1] == 0.0
            await opened.close()
            asked.clear()
            await asyncio.sleep(0.02)
            assert not asked
            assert opened.strain() == 0.0

    aio.run(main())


# -------------------------------------------------------------------------------------------------- refusals


ANSWERS = {
    401: (http("401 Unauthorized", body="who are you?"), Refused("http", "who are you?", 401)),
    403: (http("403 Forbidden", body="  not you\n"), Refused("http", "not you", 403)),
    404: (http("404 Not Found"), Refused("http", "", 404)),
    400: (
        http("400 Bad Request", body='{"error": {"code": 400, "message": "No such field.", "status": "X"}}'),
        Refused("http", "No such field.", 400),
    ),
    429: (http("429 Too Many Requests", "Retry-After: 30", body="slow"), Refused("http", "slow", 429, "30")),
    500: (http("500 Internal Server Error", body="é" * 500), Refused("http", "é" * 100, 500)),
    200: (http("200 OK", "Content-Type: text/html", body="<html>Log in!"), Refused("http", "<html>Log in!", 200)),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_an_http_answer_is_a_refusal_with_its_status(status: int) -> None:
    answer, refused = ANSWERS[status]

    async def main() -> Refused:
        async with listening(Peer(answer)) as peer:
            return await refusal(f"ws://127.0.0.1:{peer.port}/")

    assert aio.run(main()) == refused


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(status: str) -> None:
    async def main() -> tuple[Refused, list[bytes], int]:
        async with listening(Peer(http("403 Forbidden"))) as elsewhere:
            location = f"Location: ws://127.0.0.1:{elsewhere.port}/"
            async with listening(Peer(http(status, location))) as first:
                refused = await refusal(f"ws://127.0.0.1:{first.port}/")
                return refused, elsewhere.heard, len(first.heard)

    refused, elsewhere, first = aio.run(main())
    assert refused.kind == "http"
    assert refused.status == int(status[:3])
    assert elsewhere == []
    assert first == 1


@pytest.mark.parametrize(
    ("says", "greets"),
    [(b"220 what?\r\n\r\n", False), (b"SSH-2.0-OpenSSH_9.2\r\n", True), (b"", True)],
    ids=["answers something else", "speaks first", "hangs up"],
)
def test_a_peer_that_is_no_http_server_is_a_failed_handshake(says: bytes, greets: bool) -> None:
    async def main() -> Refused:
        async with listening(Peer(says, greets=greets)) as peer:
            return await refusal(f"ws://127.0.0.1:{peer.port}/")

    assert aio.run(main()).kind == "handshake"


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        refused = aio.run(refusal(f"ws://127.0.0.1:{held.getsockname()[1]}/"))
    assert refused.kind == "connect"


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".invalid"])
def test_a_name_that_nobody_has_is_told_as_a_name(host: str) -> None:
    assert aio.run(refusal(f"ws://{host}/")).kind == "name"


@pytest.mark.parametrize(
    "url", ["ws://[::1/", "ws://127.0.0.1:99999/", "ws://127.0.0.1:x/", "http://127.0.0.1/", "ws://"]
)
def test_an_address_that_is_none_is_a_refusal_too(url: str) -> None:
    assert aio.run(refusal(url)).kind == "handshake"


def test_an_address_is_not_quoted_for_it_may_hold_a_key() -> None:
    aio.run(refusal(f"http://127.0.0.1/?key={KEY}"))


def test_a_peer_that_takes_the_connection_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "OPEN_S", 0.05)

    async def main() -> Refused:
        async with listening(Peer(None)) as peer:
            return await refusal(f"ws://127.0.0.1:{peer.port}/")

    assert aio.run(main()).kind == "timeout"


def test_an_opening_that_is_cancelled_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with listening(Peer(None)) as peer, asyncio.TaskGroup() as tasks:
            opening = tasks.create_task(open_link(f"ws://127.0.0.1:{peer.port}/", HEADERS))
            await peer.came.wait()
            opening.cancel()

    aio.run(main())


# ------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, signed by nobody else, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "livechat test")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def test_a_certificate_that_nobody_vouches_for_is_a_failure_of_tls(certificate: Path) -> None:
    heard: list[ServerConnection] = []

    async def server(connection: ServerConnection) -> None:
        heard.append(connection)

    async def main() -> Refused:
        async with serving(server, context(certificate)) as url:
            # The server complains of a client that hung up on it, and may.
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
            return await refusal(url)

    refused = aio.run(main())
    assert refused.kind == "tls"
    assert refused.detail == "certificate verify failed: self-signed certificate"
    assert heard == []


def test_a_certificate_that_the_environment_vouches_for_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async def main() -> str | bytes:
        async with serving(echo, context(certificate)) as url:
            opened = await open_link(url, HEADERS)
            await opened.send("hello")
            answer = await opened.receive()
            await opened.close()
            return answer

    assert aio.run(main()) == "hello"


def test_tls_keeps_no_buffer_of_its_own_full(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    found: list[tuple[int, int]] = []

    class Seeing(Health):
        def __init__(self, transport: asyncio.WriteTransport) -> None:
            super().__init__(transport)
            found.extend(below.get_write_buffer_limits() for below in beneath(transport))

    monkeypatch.setattr(link, "Health", Seeing)

    async def main() -> None:
        async with serving(echo, context(certificate)) as url:
            await (await open_link(url, HEADERS)).close()

    aio.run(main())
    assert [high for _, high in found] == [WAITING], "asyncio calls the transport below by another name"


def test_a_refusal_says_what_happened_and_no_number_of_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = aio.run(refusal(f"ws://127.0.0.1:{taken.getsockname()[1]}/"))
    assert refused == Refused("connect", "Connection refused")


def test_a_peer_without_tls_is_a_failure_of_tls() -> None:
    async def main() -> Refused:
        async with listening(Peer(b"SSH-2.0-OpenSSH_9.2\r\n", greets=True)) as peer:
            return await refusal(f"wss://127.0.0.1:{peer.port}/")

    assert aio.run(main()).kind == "tls"


# --------------------------------------------------------------------------------------------------- proxies

PROXIES = ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[bytes]:
        async with listening(Peer(http("403 Forbidden"))) as proxy:
            for name in PROXIES:
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            async with serving(echo) as url:
                opened = await open_link(url.replace("127.0.0.1", host), HEADERS)
                await opened.close()
            return proxy.heard

    assert aio.run(main()) == []


def test_other_hosts_do_and_the_proxy_is_not_shown_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[Refused, list[bytes]]:
        async with listening(Peer(http("407 Proxy Authentication Required"))) as proxy:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
            return await refusal("wss://far.invalid/"), proxy.heard

    refused, heard = aio.run(main())
    assert refused.kind == "proxy"
    assert len(heard) == 1
    assert heard[0].startswith(b"CONNECT far.invalid:443 ")
    assert KEY.encode() not in heard[0]


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("ws://127.0.0.1:80/", True),
        ("ws://127.8.9.1/", True),
        ("ws://[::1]:80/", True),
        ("ws://localhost/", True),
        ("ws://LOCALHOST/", True),
        ("ws://a.localhost/", True),
        ("ws://localhost.evil.example/", False),
        ("ws://notlocalhost/", False),
        ("ws://10.0.0.1/", False),
        ("ws://0.0.0.0/", False),
        ("wss://generativelanguage.googleapis.com/", False),
        ("ws:///", False),
    ],
)
def test_loopback_is_this_machine_by_name_or_number(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


# ------------------------------------------------------------------------------------------------------- logs


def test_nobody_can_turn_on_a_log_that_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.client", "livechat", "livechat.link"):
        caplog.set_level(logging.DEBUG, logger=name)

    async def main() -> None:
        async with serving(echo) as url:
            opened = await open_link(url, HEADERS)
            await opened.send("a secret word")
            await opened.receive()
            await opened.close()
        async with listening(Peer(http("403 Forbidden"))) as peer:
            await refusal(f"ws://127.0.0.1:{peer.port}/")

    aio.run(main())
    assert KEY not in caplog.text
    assert "a secret word" not in caplog.text
    assert {record.name for record in caplog.records} <= {"asyncio"}


def test_a_refusal_is_not_chained_to_what_holds_the_request() -> None:
    async def main() -> Disconnected:
        async with listening(Peer(http("403 Forbidden"))) as peer:
            with pytest.raises(Disconnected) as raised:
                await open_link(f"ws://127.0.0.1:{peer.port}/", HEADERS)
            return raised.value

    refused = aio.run(main())
    assert refused.__cause__ is None
    assert refused.__suppress_context__


@pytest.mark.parametrize("size", [1_200_000, 4_000_000, 12_000_000])
def test_a_frame_that_the_peer_refuses_is_told_with_its_code_and_closed_in_peace(size: int) -> None:
    async def greedy(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async def main() -> Lost:
        async with serve(greedy, "127.0.0.1", 0, logger=quiet(), max_size=2**20, close_timeout=1) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            link = await open_link(f"ws://127.0.0.1:{port}", {})
            try:
                with pytest.raises(Disconnected) as lost:
                    await sent_and_received(link, size)
            finally:
                await link.close()
        assert isinstance(lost.value.happened, Lost)
        return lost.value.happened

    assert aio.run(main()).code in (1009, 1006)


async def sent_and_received(link: Link, size: int) -> None:
    await link.send("x" * size)
    await link.receive()
