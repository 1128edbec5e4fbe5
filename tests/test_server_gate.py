"""Who may come in to the embedded server."""

from __future__ import annotations

import pytest

from livechat.server.gate import is_loopback, is_this_machine, may_enter

OURS = ("tower", "tower.local")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8765",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1",
        "127.8.9.1:1",
        "[::1]",
        "[::1]:80",
        "Tower:9",
        "tower.local",
        "127.0.0.1:",
    ],
)
def test_a_host_that_names_this_machine_may_enter(host: str) -> None:
    assert may_enter(host, None, OURS) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "8.8.8.8",
        "[2001::1]",
        "[::1",
        "::1",
        "tower.evil",
        "local host",
        "127.0.0.1:80:80",
        "user@localhost",
        "0.0.0.0",
    ],
)
def test_any_other_host_is_turned_away(host: str) -> None:
    refused = may_enter(host, None, OURS)
    assert refused is not None
    assert refused.status == 403
    assert "127.0.0.1" in refused.line


def test_a_request_without_a_host_is_turned_away() -> None:
    assert may_enter(None, None, OURS) is not None


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null", ""])
def test_a_browser_is_turned_away_whatever_page_it_shows(origin: str) -> None:
    refused = may_enter("localhost", origin, OURS)
    assert refused is not None
    assert refused.status == 403
    assert "Origin" in refused.line


def test_loopback_is_only_what_cannot_leave_the_machine() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.2")
    assert not is_loopback("localhost")


def test_a_name_of_ours_counts_only_as_a_whole() -> None:
    assert is_this_machine("tower", OURS)
    assert not is_this_machine("my-tower", OURS)
