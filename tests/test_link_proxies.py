"""The way to the server through a company: proxies with passwords, and certificates that nobody should believe."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from websockets.asyncio import client

from livechat.closing import Facts, explain_refusal
from livechat.events import Disconnected, Refused
from livechat.link import open_link, proxy_for, proxy_shown
from livechat.server.certificate import Pair, context, for_localhost
from tests import aio
from tests.peers import Peer, http, listening
from tests.proxies import Gate, accepting, gate

KEY = "AIzaSyExample-0123456789abcdefghijklmno"
SECRET = "hunter2"
FAR = "far.example"
Through = Literal["", "http", "socks"]


@pytest.fixture(autouse=True)
def a_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies but those of the test; `far.example` is this machine, and nobody is asked for any other name."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    asked: Callable[..., list[Any]] = socket.getaddrinfo

    def ask(host: str, *more: object, **named: object) -> list[Any]:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked("127.0.0.1" if host == FAR else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)


class Secure:
    """A server with TLS that keeps what it could read, and lets a WebSocket come about."""

    def __init__(self) -> None:
        self.read = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.read += await reader.readuntil(b"\r\n\r\n")
        writer.write(http("403 Forbidden"))


@asynccontextmanager
async def secure(pair: Pair) -> AsyncGenerator[Secure, None]:
    # The server complains of a client that hung up on it, and may.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    made = Secure()
    async with accepting(made.serve, context(pair)) as made.port:
        yield made


async def refusal(url: str) -> Refused:
    with pytest.raises(Disconnected) as raised:
        await open_link(url, {"x-goog-api-key": KEY})
    happened = raised.value.happened
    assert isinstance(happened, Refused)
    assert KEY not in repr(happened)
    assert SECRET not in repr(happened)
    return happened


def explained(refused: Refused, server: str = FAR) -> str:
    error = explain_refusal(refused.kind, refused.detail, refused.status, refused.retry_after, Facts(server))
    assert SECRET not in f"{error.what} {error.why} {error.hint}"
    assert error.why
    assert error.hint
    return error.what


# ----------------------------------------------------------------------------------------- whom we say the key to


def pair(folder: Path, *names: str, ago_days: int = 0) -> Pair:
    return for_localhost(folder, datetime.now(UTC) - timedelta(days=ago_days), "", names)


def trusts(monkeypatch: pytest.MonkeyPatch, made: Pair) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))


async def tried(made: Pair, through: Through, monkeypatch: pytest.MonkeyPatch) -> tuple[Refused, Secure, Gate | None]:
    """What comes of a try to say the key to `far.example`, directly or through a proxy."""
    async with secure(made) as server:
        if not through:
            return await refusal(f"wss://{FAR}:{server.port}/"), server, None
        async with gate(through, {FAR: server.port}) as proxy:
            scheme = "http" if through == "http" else "socks5h"
            monkeypatch.setenv("wss_proxy", f"{scheme}://127.0.0.1:{proxy.port}")
            return await refusal(f"wss://{FAR}/"), server, proxy


@pytest.mark.parametrize("through", ["", "http", "socks"])
@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("a stranger's", f"nobody you trust vouches for {FAR}"),
        ("expired", f"the certificate of {FAR} is out of date"),
        ("another host's", f"{FAR} shows the certificate of somebody else"),
    ],
)
def test_nobody_reads_the_key_before_the_certificate_is_believed(
    trouble: str, sentence: str, through: Through, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = () if trouble == "another host's" else (FAR,)
    made = pair(tmp_path, *names, ago_days=1000 if trouble == "expired" else 0)
    if trouble != "a stranger's":
        trusts(monkeypatch, made)
    refused, server, proxy = aio.run(tried(made, through, monkeypatch))
    assert refused.kind == "tls"
    assert explained(refused) == sentence
    assert server.read == b""
    assert proxy is None or KEY.encode() not in proxy.seen


@pytest.mark.parametrize("through", ["", "http", "socks"])
def test_who_is_vouched_for_reads_it_and_nobody_on_the_way(
    through: Through, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pair(tmp_path, FAR)
    trusts(monkeypatch, made)
    refused, server, proxy = aio.run(tried(made, through, monkeypatch))
    assert refused.status == 403, "that is what the server says"
    assert KEY.encode() in server.read
    assert proxy is None or KEY.encode() not in proxy.seen
    assert proxy is None or proxy.asked == [f"{FAR}:443"]


def test_a_server_without_tls_reads_nothing() -> None:
    async def main() -> list[bytes]:
        async with listening(Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n", greets=True)) as peer:
            assert (await refusal(f"wss://127.0.0.1:{peer.port}/")).kind == "tls"
            return peer.heard

    assert KEY.encode() not in b"".join(aio.run(main()))


# --------------------------------------------------------------------------------------------------- passwords


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("socks", "socks5h"), ("socks", "socks5")])
def test_a_proxy_is_told_its_user_and_password(
    kind: Literal["http", "socks"], scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pair(tmp_path, FAR)
    trusts(monkeypatch, made)

    async def main() -> tuple[Refused, bytes]:
        async with secure(made) as server:
            ports = {FAR: server.port, "127.0.0.1": server.port}  # socks5 asks for the number, socks5h for the name
            async with gate(kind, ports, f"me:{SECRET}/@") as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://me:{SECRET}%2F%40@127.0.0.1:{proxy.port}")
                return await refusal(f"wss://{FAR}/"), server.read

    refused, read = aio.run(main())
    assert refused.status == 403
    assert SECRET.encode() not in read


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("socks", "socks5h")])
@pytest.mark.parametrize("user", ["", f"me:not{SECRET}@"])
def test_a_proxy_that_wants_another_password_says_so(
    kind: Literal["http", "socks"], scheme: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> Refused:
        async with gate(kind, {}, f"me:{SECRET}") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{user}127.0.0.1:{proxy.port}")
            return await refusal(f"wss://{FAR}/")

    refused = aio.run(main())
    assert refused.kind == "proxy"
    assert explained(refused) == f"the proxy on the way to {FAR} wants a user and a password"


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("socks", "socks5h")])
def test_a_proxy_may_say_no(kind: Literal["http", "socks"], scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> Refused:
        async with gate(kind, {}) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
            return await refusal(f"wss://{FAR}/")

    refused = aio.run(main())
    assert refused.kind == "proxy"
    assert explained(refused) == f"the proxy does not let us through to {FAR}"


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://me:{SECRET}@nowhere.invalid:3128",
        f"http://me:{SECRET}@127.0.0.1:1",
        f"socks5h://me:{SECRET}@127.0.0.1:1",
        f"gopher://me:{SECRET}@z/",
        f"http://me:{SECRET}@z/{SECRET}",
        f"http://me:{SECRET}",  # the password would be a port
        f"http://{SECRET}@z",
        f"http://me:{SECRET}%ff@z",
        f"http://[{SECRET}",
        SECRET,
    ],
)
def test_a_proxy_that_is_none_or_not_there_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    refused = aio.run(refusal(f"wss://{FAR}/"))
    assert refused.kind == "no proxy"
    assert explained(refused) == f"the proxy on the way to {FAR} cannot be reached"
    assert SECRET not in shown_or_why_not(f"wss://{FAR}/")


def shown_or_why_not(url: str) -> str:
    try:
        return proxy_shown(url) or "none"
    except ValueError as error:
        return repr(error)


def test_a_letter_that_socks_cannot_be_told_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> Refused:
        async with gate("socks", {}, "me:?") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5h://me:{SECRET}%C3%BC@127.0.0.1:{proxy.port}")
            return await refusal(f"wss://{FAR}/")

    refused = aio.run(main())
    assert refused == Refused("proxy", "its user and password have a letter that SOCKS does not know")


def test_a_socks_proxy_without_its_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def missing(*_: object, **__: object) -> socket.socket:
        raise ImportError("connecting through a SOCKS proxy requires python-socks")

    monkeypatch.setattr(client, "connect_socks_proxy", missing)
    monkeypatch.setenv("socks_proxy", "socks5h://127.0.0.1:1")
    refused = aio.run(refusal(f"wss://{FAR}/"))
    assert refused.kind == "socks"
    assert "install" in refused.detail
    assert "python-socks" in explained(refused)


# ------------------------------------------------------------------------------------------------- which proxy


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"https_proxy": "http://a:1"}, "wss://far.example/", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1"}, "wss://far.example/", "http://a:1"),
        ({"all_proxy": "socks5h://a:1"}, "wss://far.example/", "socks5h://a:1"),
        ({"ALL_PROXY": "http://a:1", "https_proxy": "http://b:1"}, "wss://far.example/", "http://b:1"),
        ({"wss_proxy": "http://a:1", "https_proxy": "http://b:1"}, "wss://far.example/", "http://a:1"),
        ({"http_proxy": "http://a:1"}, "wss://far.example/", None),
        ({"http_proxy": "http://a:1"}, "ws://far.example/", "http://a:1"),
        ({"https_proxy": "http://a:1", "no_proxy": ".example"}, "wss://far.example/", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "else.example, far.example"}, "wss://far.example/", None),
        ({"all_proxy": "http://a:1", "no_proxy": "far.example:444"}, "wss://far.example/", "http://a:1"),
        ({"https_proxy": "http://a:1", "no_proxy": "*"}, "wss://far.example/", None),
        ({"https_proxy": "http://a:1"}, "http://far.example/", None),
        ({"https_proxy": "a:3128"}, "wss://far.example/", "http://a:3128"),
        ({"https_proxy": "http://a:1"}, "wss://[::1/", None),
    ],
)
def test_the_environment_names_the_proxy(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (f"http://me:{SECRET}@a:1", "http://a:1"),
        (f"socks5h://me:{SECRET}@[::9]:1080/", "socks5h://[::9]:1080"),
        ("a:3128", "http://a:3128"),
        ("https://a", "https://a:443"),
    ],
)
def test_a_proxy_is_shown_without_who_may_use_it(proxy: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_shown("wss://far.example/") is None
    monkeypatch.setenv("https_proxy", proxy)
    assert proxy_shown("wss://far.example/") == shown
    assert proxy_shown("wss://localhost/") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3", "demo.localhost"])
def test_loopback_has_no_proxy_whatever_the_environment_says(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "ws", "wss", "socks", "all"):
        monkeypatch.setenv(f"{name}_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv(f"{name.upper()}_PROXY", "http://127.0.0.1:1")
    for scheme in ("ws", "wss"):
        assert proxy_for(f"{scheme}://{host}:8765/") is None


# --------------------------------------------------------------------------------------------- four sentences


def test_a_web_page_in_place_of_the_server_is_a_captive_portal() -> None:
    async def main(status: str) -> Refused:
        async with listening(Peer(http(status, body="<!DOCTYPE html><title>Welcome to Wi-Fi"))) as peer:
            return await refusal(f"ws://127.0.0.1:{peer.port}/")

    for status in ("200 OK", "511 Network Authentication Required"):
        assert explained(aio.run(main(status))) == f"a web page answers in place of {FAR}"


def test_four_troubles_on_the_way_are_four_sentences() -> None:
    told = [
        Refused("proxy", "proxy rejected connection: HTTP 403"),
        Refused("tls", "certificate verify failed: unable to get local issuer certificate"),
        Refused("http", "<html>", 200),
        Refused("http", "", 302),
    ]
    errors = [explain_refusal(it.kind, it.detail, it.status, "", Facts(FAR)) for it in told]
    assert len({error.what for error in errors}) == 4
    assert len({error.hint for error in errors}) == 4


def test_a_context_of_ours_verifies() -> None:
    """What websockets makes of `wss://` where it is given nothing: names and certificates are looked at."""
    made = ssl.create_default_context()
    assert made.check_hostname
    assert made.verify_mode == ssl.CERT_REQUIRED
