"""Where a server listens, and what follows from it."""

from __future__ import annotations

import socket

import pytest

from livechat.errors import UsageError
from livechat.server.address import gate_of, own_names, seen_from_afar, seen_from_here, stays_here, unavailable, url_of


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_stays_here_and_wants_no_token(host: str) -> None:
    assert stays_here(host)
    gate = gate_of(host, "", (), ())
    assert not gate.beyond
    assert not gate.token


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_what_others_can_reach_wants_a_token(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        gate_of(host, "", (), ())
    assert host in caught.value.what
    assert "--token-file" in caught.value.hint
    assert gate_of(host, "sesame", (), ()).beyond


def test_a_server_answers_to_the_names_it_is_given() -> None:
    gate = gate_of("Box.Example", "sesame", ["Other.example.", "[fe80::1]"], ["https://app.example"])
    assert {"box.example", "other.example", "fe80::1"} <= set(gate.names)
    assert gate.origins == {"https://app.example"}
    assert gate.is_called("box.example:80")
    assert gate.is_called("[fe80::1]")
    assert not gate_of("127.0.0.1", "", (), ()).is_called("192.168.1.5")
    assert gate_of("127.0.0.1", "", ["192.168.1.5"], ()).is_called("192.168.1.5:8765")


@pytest.mark.parametrize(
    ("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("0::0", "::1"), ("127.0.0.5", "127.0.0.5"), ("b", "b")]
)
def test_everywhere_is_no_address_that_a_client_can_use(host: str, here: str) -> None:
    assert seen_from_here(host) == here


class Route:
    """A datagram socket that knows this machine's address on the way to anywhere, or that there is no way."""

    own = ""

    def __init__(self, family: int, kind: int) -> None:
        assert kind == socket.SOCK_DGRAM

    def __enter__(self) -> Route:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, _: object) -> None:
        if not self.own:
            raise OSError(101, "Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return self.own, 40000


@pytest.mark.parametrize(
    ("own", "seen"),
    [("192.168.1.7", "192.168.1.7"), ("fd00::7", "fd00::7"), ("", "tower"), ("127.0.0.1", "tower"), ("::", "tower")],
)
def test_others_reach_it_at_its_address_on_their_network_or_by_its_name(
    own: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "own", own)
    monkeypatch.setattr(socket, "socket", Route)
    monkeypatch.setattr(socket, "gethostname", lambda: "tower")
    assert seen_from_afar("::" if ":" in own else "0.0.0.0") == seen
    assert seen_from_afar("192.168.1.9") == "192.168.1.9"


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example",
        "http://localhost:3000",
        "https://app.example:8443",
        "http://[::1]:3000",
        "chrome-extension://abcdef",
        "https://xn--bcher-kva.example",
        "null",
    ],
)
def test_an_origin_as_browsers_write_it_may_be_allowed(origin: str) -> None:
    assert gate_of("127.0.0.1", "", (), [origin]).origins == {origin}


@pytest.mark.parametrize(
    ("origin", "meant"),
    [
        ("evil.example", "https://evil.example"),
        ("app.example:8443", "https://app.example:8443"),
        ("https://app.example/", "https://app.example"),
        ("https://app.example/in?x", "https://app.example"),
        ("HTTPS://App.Example", "https://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:80", "http://app.example"),
        ("https://me@app.example", "https://app.example"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("https://*.example", "https://app.example"),
        ("https://", "https://app.example"),
        ("https://[", "https://app.example"),
        ("https://" + "x" * 70, "https://app.example"),
        ("", "https://app.example"),
    ],
)
def test_what_no_browser_sends_is_refused_with_what_it_sends(origin: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        gate_of("127.0.0.1", "", (), [origin])
    assert repr(origin) in caught.value.what
    assert caught.value.hint == f"--allow-origin {meant}"


def test_every_page_is_no_origin_and_the_reason_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        gate_of("127.0.0.1", "", (), ["*"])
    assert "Any web site" in caught.value.why
    assert "https://app.example" in caught.value.hint


def test_a_machine_knows_its_names_in_lower_case() -> None:
    assert all(name == name.lower() for name in own_names())
    assert socket.gethostname().lower() in own_names()


def test_an_address_is_written_as_clients_read_it() -> None:
    assert url_of("localhost", 80, secure=False) == "ws://localhost:80"
    assert url_of("::1", 80, secure=True) == "wss://[::1]:80"


def test_a_port_that_may_not_be_had_says_why() -> None:
    error = unavailable("127.0.0.1", 80, PermissionError(13, "Permission denied"))
    assert error.what == "cannot listen on 127.0.0.1 port 80"
    assert error.why == "Permission denied"


def test_a_port_in_use_names_the_way_out() -> None:
    assert "--port 0" in unavailable("127.0.0.1", 80, OSError(98, "Address already in use")).hint
