"""Who may come in to the embedded server."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.gate import Asked, Gate, credentials, is_address, is_loopback

PATH = "/ws/x"
OURS = Gate(frozenset({"tower", "tower.local"}))
OPEN = Gate(frozenset({"tower"}), beyond=True, token="open sesame")


def asked(target: str = PATH, **headers: str) -> Asked:
    return Asked("GET", target, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


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
    assert OURS.refuses(asked(host=host)) is None


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
        "my-tower",
        "local host",
        "127.0.0.1:80:80",
        "user@localhost",
        "0.0.0.0",
    ],
)
def test_any_other_host_is_turned_away(host: str) -> None:
    refused = OURS.refuses(asked(host=host))
    assert refused is not None
    assert refused.status == 403
    assert "127.0.0.1" in refused.line


def test_a_request_without_a_host_or_with_two_is_turned_away() -> None:
    assert OURS.refuses(asked()) is not None
    assert OURS.refuses(Asked("GET", PATH, (("host", "localhost"), ("host", "localhost")))) is not None


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null", ""])
def test_a_browser_is_turned_away_whatever_page_it_shows(origin: str) -> None:
    refused = OURS.refuses(asked(host="localhost", origin=origin))
    assert refused is not None
    assert refused.status == 403
    assert "Origin" in refused.line


def test_a_page_that_was_allowed_may_enter_and_no_other_with_it() -> None:
    gate = Gate(origins={"https://app.example"})
    assert gate.refuses(asked(host="localhost", origin="https://app.example")) is None
    two = (("host", "localhost"), ("origin", "https://app.example"), ("origin", "https://evil.example"))
    assert gate.refuses(Asked("GET", PATH, two)) is not None
    assert gate.refuses(asked(host="evil.example", origin="https://app.example")) is not None


def test_beyond_this_machine_a_numeric_address_is_a_name_and_a_strange_name_is_none() -> None:
    assert OPEN.is_called("192.168.1.5:8765")
    assert OPEN.is_called("[fe80::1]")
    assert not OPEN.is_called("rebound.example")
    assert not OURS.is_called("192.168.1.5")


@pytest.mark.parametrize(
    "request_",
    [
        asked(x_goog_api_key="open sesame"),
        asked(target="/ws/x?key=open%20sesame"),
        asked(target="/ws/x?access_token=open+sesame"),
        asked(x_goog_api_key="x", target="/ws/x?key=open+sesame"),
    ],
)
def test_who_brings_the_token_is_known(request_: Asked) -> None:
    assert OPEN.knows(request_)


@pytest.mark.parametrize("value", ["Bearer sesame", "Token sesame", "bearer  sesame ", "TOKEN sesame"])
def test_the_token_counts_as_an_authorization_too(value: str) -> None:
    assert Gate(token="sesame").knows(asked(authorization=value))


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        asked(x_goog_api_key=""),
        asked(x_goog_api_key="sesam"),
        asked(x_goog_api_key="sesame2"),
        asked(x_goog_api_key="sésame"),
        asked(authorization="sesame"),
        asked(authorization="Basic sesame"),
        asked(target="/ws/x?keys=sesame"),
        asked(target="/sesame"),
    ],
)
def test_who_does_not_bring_the_token_is_not_known(request_: Asked) -> None:
    assert not Gate(token="sesame").knows(request_)


def test_where_no_token_is_wanted_everybody_is_known() -> None:
    assert OURS.knows(asked())
    assert OURS.knows(asked(x_goog_api_key="whatever"))


def test_secrets_are_found_wherever_googles_clients_put_them() -> None:
    request = asked("/ws/x?access_token=d&key=c", x_goog_api_key="a", authorization="Token b")
    assert list(credentials(request)) == ["a", "b", "c", "d"]


def test_nothing_that_is_printed_of_a_request_or_a_gate_shows_a_secret() -> None:
    request = asked("/ws/x?key=sesame", x_goog_api_key="sesame")
    assert "sesame" not in repr(request) + repr(Gate(token="sesame"))


def test_what_was_the_matter_is_told_in_a_word() -> None:
    refusals = [OURS.refuses(asked(host="localhost", origin="null")), OURS.refuses(asked(host="evil.example"))]
    assert [refused.matter for refused in refusals if refused] == ["origin", "host"]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/ws/x?key=sesame", "/ws/x"),
        ("//ws/x", "//ws/x"),
        ("/ws/x#sesame", "/ws/x"),
        ("/ws/x&key=sesame", "/ws/x"),
        ("/ws/x%3Fkey=sesame", "/ws/x"),
        ("/ws/open%20sesame", ""),
        ("/v1alpha/auth_tokens", "/v1alpha/auth_tokens"),
        ("/v1alpha/auth_tokens/abc", "/v1alpha/"),
        ("/v1alpha/auth_tokens%2Fabc", "/v1alpha/"),
        ("http://user:secret@localhost/ws", ""),
        ("//user:secret@localhost/ws", ""),
        ("*", ""),
        ("/" + "x" * 999, "/" + "x" * 199),
    ],
)
def test_of_a_request_a_log_has_the_path_and_no_secret(target: str, shown: str) -> None:
    assert OPEN.shown(asked(target)) == shown


def test_loopback_is_only_what_cannot_leave_the_machine() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.2")
    assert not is_loopback("localhost")
    assert is_address("192.168.1.2")
    assert not is_address("localhost")


# --------------------------------------------------------------------------- a web page that lies about its host

STRANGERS = (
    *("evil.example", "e.co", "xn--80ak6aa92e.example", "xn--lcalhost-13a", "localh\u00f6st", "l\u043ecalhost"),
    *("localhost.evil.example", "127.0.0.1.evil.example", "tower.local.evil.example", "evil.localhost.example"),
    *(
        "evil-localhost",
        "localhost-evil",
        "mytower",
        "tower1",
        "tower.locale",
        "xtower.local",
        "tower.evil",
        "localhos",
    ),
    *("127.0.0.1.nip.io", "localtest.me", "7f000001.rbndr.us", "localhost.localdomain.example"),
    *("8.8.8.8", "192.168.0.7", "10.0.0.1", "169.254.169.254", "0.0.0.0", "128.0.0.1", "126.255.255.255"),
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.256", "127.0.0.01"),
    *("[2001:db8::1]", "[::]", "[::2]", "[fe80::1]", "[::ffff:8.8.8.8]", "[::1%25lo]", "[::1", "::1]", "::1", "[]"),
    *("[::1]evil.example", "[evil.example]", "[::1].evil.example", "127.0.0.1%00.evil.example", "*", "-", ".", "_"),
)
DISGUISES = (
    *(
        "{}",
        "{}.",
        "{}:80",
        "{}:8765",
        "{}:",
        "{}.:8765",
        "{}:80:80",
        "{}:port",
        "{}:-1",
        "{}:80/",
        "{}/",
        "{}/localhost",
    ),
    *(
        "localhost@{}",
        "{}@localhost",
        "localhost:80@{}",
        "{}#localhost",
        "{}?localhost",
        "localhost#@{}",
        "{}\\localhost",
    ),
    *(
        "localhost,{}",
        "{},localhost",
        "{};localhost",
        "localhost {}",
        "{} localhost",
        "localhost\t{}",
        "http://{}",
        "//{}",
    ),
    *("localhost:80,{}:80", "localhost%00{}", "localhost%2e{}", "127.0.0.1:80:{}", "[::1]:80.{}", "{}:localhost"),
)
CASES = (str.lower, str.upper, str.title)
PAGES = (
    *("null", "", "file://", "about:blank", "*", "undefined", "data:", "chrome-extension://abc", "moz-extension://abc"),
    *("http://localhost", "http://127.0.0.1:8765", "http://[::1]", "http://tower", "ws://localhost", "localhost"),
    *(f"https://{host}" for host in STRANGERS),
    *(
        "https://app.example.",
        "https://app.example:443",
        "https://app.example:8443",
        "https://app.example/",
        "app.example",
    ),
    *("http://app.example", "HTTPS://APP.EXAMPLE", "https://App.example", "https://app.example@evil.example"),
    *("https://app.example.evil.example", "https://evil-app.example", "https://evil.app.example", "https://app.exampl"),
    *("https://app.example#", "https://app.example https://evil.example", "https://app.example, null", " null"),
)


def test_of_a_thousand_hosts_in_disguise_none_may_enter() -> None:
    lies = {case(lie.format(host)) for host, lie, case in product(STRANGERS, DISGUISES, CASES)}
    assert len(lies) > 1000
    assert [lie for lie in lies if OURS.refuses(asked(host=lie)) is None] == []


def test_a_true_host_beside_a_false_one_does_not_help() -> None:
    for host in STRANGERS:
        for pair in (("localhost", host), (host, "localhost")):
            assert OURS.refuses(Asked("GET", PATH, tuple(("host", one) for one in pair))) is not None


@pytest.mark.parametrize("pages", [(), ("https://app.example",)], ids=["no page", "one page"])
def test_no_page_may_enter_that_only_looks_like_one_that_may(pages: tuple[str, ...]) -> None:
    gate = Gate(OURS.names, origins=frozenset(pages))
    assert [page for page in PAGES if gate.refuses(asked(host="localhost", origin=page)) is None] == []
    for page in PAGES:
        beside = Asked("GET", PATH, (("host", "localhost"), ("origin", "https://app.example"), ("origin", page)))
        assert gate.refuses(beside) is not None


LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
OWNED = st.sampled_from(["localhost", "tower", "tower.local", "127.0.0.1"])
ENDS = st.sampled_from(["", ".", ":", ":80", ":65535", ".:80"])


@given(st.lists(LABELS, max_size=2), OWNED, st.lists(LABELS, max_size=2), ENDS)
def test_no_name_below_or_above_one_of_ours_is_ours(below: list[str], own: str, above: list[str], end: str) -> None:
    name = ".".join([*below, own, *above, "example"])
    assert OURS.refuses(asked(host=name + end)) is not None
    if below:
        assert OURS.refuses(asked(host=".".join([*below, own]) + end)) is not None
