"""Tests where servers are, where the key goes, and what a request's path asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import UsageError
from livechat.protocol.endpoints import (
    Endpoint,
    ServedPath,
    custom_endpoint,
    developer_endpoint,
    developer_model,
    firebase_endpoint,
    firebase_model,
    is_loopback,
    minting_address,
    model_name,
    music_endpoint,
    parse_path,
    vertex_endpoint,
    vertex_express_endpoint,
    vertex_express_model,
    vertex_model,
)

KEY = "AIza-secret-0123"
TOKEN = "auth_tokens/secret0123"
DEVELOPER = "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent"
VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
GOOGLE = "wss://generativelanguage.googleapis.com"


def test_the_developer_api_is_v1_and_has_the_key_in_a_header() -> None:
    endpoint = developer_endpoint(KEY)
    assert endpoint.url == GOOGLE + DEVELOPER
    assert endpoint.headers == {"x-goog-api-key": KEY}


@pytest.mark.parametrize("version", ["v1beta", "v1alpha"])
def test_another_version_can_be_asked_for(version: str) -> None:
    path = f"/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
    assert developer_endpoint(KEY, version=version).url == GOOGLE + path


def test_an_ephemeral_token_has_its_own_method_and_its_own_header() -> None:
    endpoint = developer_endpoint(TOKEN)
    path = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained"
    assert endpoint.url == GOOGLE + path
    assert endpoint.headers == {"Authorization": f"Token {TOKEN}"}
    assert ".v1beta." in developer_endpoint(TOKEN, version="v1beta").url


def test_music_is_on_v1alpha() -> None:
    endpoint = music_endpoint(KEY)
    assert endpoint.url == GOOGLE + "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic"
    assert endpoint.headers == {"x-goog-api-key": KEY}


def test_firebase_stands_before_the_developer_api_or_before_vertex_in_a_location() -> None:
    host = "wss://firebasevertexai.googleapis.com/ws/google.firebase.vertexai.v1beta."
    endpoint = firebase_endpoint(KEY)
    assert endpoint.url == f"{host}GenerativeService/BidiGenerateContent"
    assert firebase_endpoint(KEY, location="us-central1").url == (
        f"{host}LlmBidiService/BidiGenerateContent/locations/us-central1"
    )
    assert endpoint.headers == {"x-goog-api-key": KEY}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (developer_endpoint(KEY).url, "https://generativelanguage.googleapis.com/v1alpha/auth_tokens"),
        ("ws://127.0.0.1:8765" + DEVELOPER, "http://127.0.0.1:8765/v1alpha/auth_tokens"),
        ("wss://gate.example/gemini/" + DEVELOPER + "?x=y", "https://gate.example/gemini/v1alpha/auth_tokens"),
        ("wss://ws.example", "https://ws.example/v1alpha/auth_tokens"),
    ],
)
def test_tokens_are_made_beside_the_socket(url: str, address: str) -> None:
    assert minting_address(url) == address


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_vertex_is_regional_multi_regional_or_global(location: str, host: str) -> None:
    endpoint = vertex_endpoint(location, "ya29.secret")
    assert endpoint.url == f"wss://{host}{VERTEX}"
    assert endpoint.headers == {"Authorization": "Bearer ya29.secret"}


def test_vertex_may_bill_a_project_and_speak_v1() -> None:
    endpoint = vertex_endpoint("global", "t", project="p1", version="v1")
    assert (
        endpoint.url
        == "wss://aiplatform.googleapis.com/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent"
    )
    assert endpoint.headers["x-goog-user-project"] == "p1"


@pytest.mark.parametrize("location", ["", "evil.com/x", "US", "us.central1", "a b"])
def test_a_location_that_is_none_is_refused(location: str) -> None:
    with pytest.raises(UsageError):
        vertex_endpoint(location, "t")
    with pytest.raises(UsageError, match="location"):
        firebase_endpoint(KEY, location=location)


def test_express_mode_has_a_key_instead_of_a_project() -> None:
    endpoint = vertex_express_endpoint(KEY)
    assert endpoint.url == f"wss://aiplatform.googleapis.com{VERTEX}"
    assert endpoint.headers == {"x-goog-api-key": KEY}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ws://127.0.0.1:8765", f"ws://127.0.0.1:8765{DEVELOPER}"),
        ("http://localhost:8765/", f"ws://localhost:8765{DEVELOPER}"),
        ("https://gate.example", f"wss://gate.example{DEVELOPER}"),
        ("WSS://gate.example/my/path", "wss://gate.example/my/path"),
        (" ws://[::1]:1/a/ ", "ws://[::1]:1/a/"),
        ("wss://gate.example?tenant=a%20b&tenant=c", f"wss://gate.example{DEVELOPER}?tenant=a+b&tenant=c"),
        ("wss://gate.example/x#y", "wss://gate.example/x"),
    ],
)
def test_a_server_of_one_s_own_keeps_its_path_or_gets_the_developer_s(url: str, address: str) -> None:
    assert custom_endpoint(url) == Endpoint(address, {})


def test_a_server_of_one_s_own_gets_the_key_in_a_header() -> None:
    assert custom_endpoint("wss://gate.example/x", key=KEY).headers == {"x-goog-api-key": KEY}
    assert custom_endpoint("wss://gate.example", key=TOKEN).url.endswith(".BidiGenerateContentConstrained")
    assert ".v1beta." in custom_endpoint("wss://gate.example", version="v1beta").url


@pytest.mark.parametrize("name", ["key", "access_token"])
def test_a_key_in_the_address_moves_into_the_header(name: str) -> None:
    endpoint = custom_endpoint(f"wss://gate.example/x?{name}=AIza%2Dsecret-0123&alt=ws")
    assert endpoint == Endpoint("wss://gate.example/x?alt=ws", {"x-goog-api-key": KEY})


def test_a_given_key_goes_before_the_one_in_the_address() -> None:
    assert custom_endpoint("wss://gate.example/x?key=other", key=KEY) == Endpoint(
        "wss://gate.example/x", {"x-goog-api-key": KEY}
    )


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:8765", "127.0.0.1:8765", "ftp://host", "ws://", "ws://:80", "//host/ws", "wss:host"),
        *("ws://host:99999", "ws://host:x", "ws://host:0", "ws://[::1", "wss://user:pass@host/"),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        custom_endpoint(url)
    assert "pass" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["ws://192.168.1.5:8765", "http://gate.example/x", "ws://0.0.0.0", "ws://localhost.evil.com"]
)
def test_a_key_does_not_cross_a_network_unencrypted(url: str) -> None:
    with pytest.raises(UsageError, match="unencrypted") as refused:
        custom_endpoint(url, key=KEY)
    assert KEY not in f"{refused.value}{refused.value.why}{refused.value.hint}"
    assert custom_endpoint(url).headers == {}


def test_a_key_in_the_address_does_not_cross_a_network_unencrypted_either() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        custom_endpoint(f"ws://gate.example/x?key={KEY}")


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:1", "ws://127.9.9.9", "ws://localhost", "ws://a.localhost", "http://[::1]:5"]
)
def test_a_key_may_stay_on_this_machine(url: str) -> None:
    assert custom_endpoint(url, key=KEY).headers == {"x-goog-api-key": KEY}


@pytest.mark.parametrize("key", ["", "two words", "line\r\nX-Evil: 1", "schlüssel", "\x7f"])
def test_what_cannot_stand_in_a_header_is_no_key(key: str) -> None:
    builders: list[Callable[[str], Endpoint]] = [
        developer_endpoint,
        vertex_express_endpoint,
        firebase_endpoint,
        partial(vertex_endpoint, "global"),
    ]
    for build in builders:
        with pytest.raises(UsageError) as refused:
            build(key)
        assert "Evil" not in f"{refused.value}{refused.value.why}"


@pytest.mark.parametrize(
    "endpoint",
    [
        developer_endpoint(KEY),
        developer_endpoint(TOKEN),
        vertex_endpoint("us", "ya29.secret"),
        firebase_endpoint(KEY, location="us"),
        custom_endpoint(f"wss://gate.example/?key={KEY}"),
    ],
)
def test_no_address_and_no_repr_shows_a_secret(endpoint: Endpoint) -> None:
    assert "secret" not in endpoint.url
    assert "secret" not in f"{endpoint!r} {endpoint}"
    assert repr(endpoint).startswith("Endpoint('wss://")


def test_an_endpoint_without_headers_says_so() -> None:
    assert repr(Endpoint("ws://x")) == "Endpoint('ws://x', headers: none)"


@pytest.mark.parametrize(
    "host", ["gate.example", "notlocalhost", "localhost.evil.com", "10.0.0.1", "::2", "0.0.0.0", ""]
)
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("model", "resource"),
    [
        ("gemini-3.8-live", "models/gemini-3.8-live"),
        ("Gemini-3.8-Live", "models/Gemini-3.8-Live"),
        ("models/x", "models/x"),
        ("tunedModels/abc", "tunedModels/abc"),
    ],
)
def test_the_developer_api_names_models_so(model: str, resource: str) -> None:
    assert developer_model(model) == resource


@pytest.mark.parametrize(
    "model", ["X", "models/X", "publishers/google/models/X", "projects/p1/locations/l/publishers/google/models/X"]
)
def test_vertex_names_models_so(model: str) -> None:
    assert vertex_model(model, "p1", "l") == "projects/p1/locations/l/publishers/google/models/X"


@pytest.mark.parametrize("model", ["X", "models/X", "publishers/google/models/X"])
def test_express_mode_names_models_so(model: str) -> None:
    assert vertex_express_model(model) == "publishers/google/models/X"


@pytest.mark.parametrize(
    ("model", "location", "resource"),
    [
        ("X", None, "projects/p1/models/X"),
        ("models/X", None, "projects/p1/models/X"),
        ("X", "us", "projects/p1/locations/us/publishers/google/models/X"),
        ("models/X", "us", "projects/p1/locations/us/publishers/google/models/X"),
        ("projects/p2/models/X", None, "projects/p2/models/X"),
    ],
)
def test_firebase_names_models_so(model: str, location: str | None, resource: str) -> None:
    assert firebase_model(model, "p1", location) == resource


@pytest.mark.parametrize(
    "resource",
    [
        "X",
        "models/X",
        "models/models/X",
        "tunedModels/X",
        "projects/P/locations/L/publishers/google/models/X",
        "projects/P/models/X",
    ],
)
def test_the_bare_name_is_what_follows_the_last_slash(resource: str) -> None:
    assert model_name(resource) == "X"


S = "/ws/google.ai.generativelanguage"
F = "/ws/google.firebase.vertexai.v1beta"


@pytest.mark.parametrize(
    ("path", "served"),
    [
        (DEVELOPER, ServedPath("developer", "v1")),
        ("/" + DEVELOPER, ServedPath("developer", "v1")),
        (DEVELOPER.replace("/", "///"), ServedPath("developer", "v1")),
        ("/prefix" + DEVELOPER, ServedPath("developer", "v1")),
        (DEVELOPER + "/", ServedPath("developer", "v1")),
        (f"{S}.v1beta.GenerativeService.BidiGenerateContent", ServedPath("developer", "v1beta")),
        (
            f"{S}.v1alpha.GenerativeService.BidiGenerateContent?key=k%2F1&x=y",
            ServedPath("developer", "v1alpha", key="k/1"),
        ),
        (
            f"{S}.v1.GenerativeService.BidiGenerateContentConstrained?access_token=auth_tokens/t",
            ServedPath("constrained", "v1", key="auth_tokens/t"),
        ),
        (f"/{S}.v1alpha.GenerativeService.BidiGenerateMusic?key=k", ServedPath("music", "v1alpha", key="k")),
        (VERTEX, ServedPath("vertex", "v1beta1")),
        (VERTEX.replace("v1beta1", "v1"), ServedPath("vertex", "v1")),
        (f"{F}.GenerativeService/BidiGenerateContent?key=k", ServedPath("firebase-developer", "v1beta", key="k")),
        (
            f"{F}.LlmBidiService/BidiGenerateContent/locations/us-central1?key=k",
            ServedPath("firebase-vertex", "v1beta", "us-central1", "k"),
        ),
    ],
)
def test_every_path_that_clients_ask_for_is_known(path: str, served: ServedPath) -> None:
    assert parse_path(path) == served


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/ws", "/ws/", "/health", DEVELOPER + "X", DEVELOPER.lower(), DEVELOPER + "\n"),
        f"{S}.v2.GenerativeService.BidiGenerateContent",
        f"{S}.v1.GenerativeService/BidiGenerateContent",
        f"{F}.LlmBidiService/BidiGenerateContent",
        f"{F}.LlmBidiService/BidiGenerateContent/locations/a/b",
        f"/?path={DEVELOPER}",
    ],
)
def test_any_other_path_is_nothing_of_ours(path: str) -> None:
    assert parse_path(path) is None


@given(st.text())
def test_no_path_is_too_strange(path: str) -> None:
    parse_path(path)
    parse_path(DEVELOPER + "?" + path)


def test_a_served_path_does_not_show_its_key() -> None:
    served = parse_path(f"{DEVELOPER}?key={KEY}")
    assert served is not None
    assert served.key == KEY
    assert KEY not in repr(served)


def test_our_own_addresses_are_served() -> None:
    for endpoint, api in (
        (developer_endpoint(KEY), "developer"),
        (developer_endpoint(TOKEN), "constrained"),
        (music_endpoint(KEY), "music"),
        (vertex_endpoint("us", "t"), "vertex"),
        (firebase_endpoint(KEY), "firebase-developer"),
        (firebase_endpoint(KEY, location="us"), "firebase-vertex"),
        (custom_endpoint("ws://127.0.0.1:1", music=True), "music"),
        (custom_endpoint("ws://127.0.0.1:1"), "developer"),
    ):
        path = "/" + endpoint.url.removeprefix("wss://").removeprefix("ws://").partition("/")[2]
        served = parse_path(path)
        assert served is not None
        assert served.api == api
