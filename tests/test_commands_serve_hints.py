"""What `livechat serve` prints of the ways to it: every line works where it is to be typed."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from livechat.commands import serve_hints
from livechat.commands.serve_hints import Place, hints, nobody_answers
from livechat.server import address

MADE = Path("/state/localhost.pem")


@pytest.fixture(autouse=True)
def lan(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is 192.168.1.7 to the others."""

    def seen(host: str) -> str:
        return "192.168.1.7" if address.is_everywhere(host) else host

    monkeypatch.setattr(serve_hints, "seen_from_afar", seen)


def told(place: Place) -> str:
    return "\n".join(hints(place))


def test_on_loopback_one_line_is_enough() -> None:
    assert hints(Place("127.0.0.5", 80)) == [
        "Talk to it from another terminal:\n  livechat text --server ws://127.0.0.5:80"
    ]


@pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_everywhere_is_written_as_this_machine_and_as_others_reach_it(host: str, here: str) -> None:
    lines = told(Place(host, 80, token=True))
    assert f"livechat text --server ws://{here}:80 --api-key-file FILE" in lines
    assert "other machines reach it at ws://192.168.1.7:80," in lines
    assert f"//{host}:" not in lines
    assert "Without TLS whoever is on the way reads the token" in lines


def test_beyond_loopback_without_tls_no_line_has_livechat_send_a_token_in_the_clear() -> None:
    lines = told(Place("192.168.1.5", 80, token=True))
    assert "livechat text" not in lines
    assert "ws://192.168.1.5:80" in lines


def test_with_a_made_certificate_beyond_loopback_others_are_told_that_they_need_another() -> None:
    lines = told(Place("0.0.0.0", 80, token=True, secure=True, made=MADE))
    assert "SSL_CERT_FILE=/state/localhost.pem livechat text --server wss://127.0.0.1:80 --api-key-file FILE" in lines
    assert "Other machines cannot verify" in lines
    assert "--tls-cert FILE" in lines
    assert "192.168.1.7" not in lines
    assert "Without TLS" not in lines


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "https://localhost:80"),
        ("localhost", "https://localhost:80"),
        ("127.0.0.5", "https://127.0.0.5:80"),
        ("::1", "https://[::1]:80"),
        ("::", "https://[::1]:80"),
        ("0.0.0.0", "https://localhost:80"),
    ],
)
def test_googles_client_is_led_where_the_server_listens(host: str, base: str) -> None:
    lines = told(Place(host, 80, secure=True, made=MADE))
    assert f"\n  SSL_CERT_FILE=/state/localhost.pem GOOGLE_GEMINI_BASE_URL={base} GEMINI_API_KEY=x" in lines


def test_googles_client_is_told_where_the_token_goes() -> None:
    lines = told(Place("127.0.0.1", 80, token=True, secure=True, made=MADE))
    assert "GEMINI_API_KEY=TOKEN\n  TOKEN is the token of this server." in lines


def test_where_only_a_certificate_of_ones_own_knows_the_name_that_is_said() -> None:
    lines = told(Place("0.0.0.0", 80, token=True, secure=True))
    assert "livechat text --server wss://HOST:80 --api-key-file FILE\n  HOST is a name in your certificate." in lines
    assert "GOOGLE_GEMINI_BASE_URL=https://HOST:80" in lines
    assert "SSL_CERT_FILE" not in lines
    assert "cannot verify" not in lines
    assert "wss://box.example:80" in told(Place("box.example", 80, token=True, secure=True))


def test_a_path_with_a_space_is_quoted_for_the_shell() -> None:
    assert "SSL_CERT_FILE='/a b.pem' " in told(Place("127.0.0.1", 80, secure=True, made=Path("/a b.pem")))


# --------------------------------------------------------------------------------------------- a language model


def test_of_a_language_model_that_accepts_connections_nothing_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        assert asyncio.run(nobody_answers(f"http://127.0.0.1:{there.getsockname()[1]}/v1")) == ""


def test_where_nothing_accepts_connections_that_is_said_without_what_is_secret_in_the_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    line = asyncio.run(nobody_answers(f"http://me:secret@127.0.0.1:{port}/v1"))
    assert f"127.0.0.1 port {port}" in line
    assert "secret" not in line


def test_who_is_slow_to_accept_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_hints, "ANSWERS_WITHIN_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        line = asyncio.run(nobody_answers(f"http://127.0.0.1:{slow.getsockname()[1]}/v1"))
    assert "no answer within a second" in line


def test_what_is_reached_through_a_proxy_is_not_tried_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert asyncio.run(nobody_answers("https://model.invalid/v1")) == ""
