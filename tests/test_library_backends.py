"""Each backend is reached at its address, with its key in a header and its own spelling of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from livechat.errors import AccessDenied, Unreachable, UsageError
from livechat.events import Disconnected
from livechat.library.backends import (
    Backend,
    Developer,
    FirebaseAI,
    Local,
    Reached,
    Server,
    Vertex,
    backend_from,
    backend_of,
    default_model,
    reach,
    reached,
)
from livechat.library.keys import Token
from livechat.link import open_link
from livechat.protocol.codec import decode_server_message
from livechat.server.app import Server as RunningServer
from livechat.server.app import ServerOptions, serve
from livechat.server.scenario import UNLIMITED, Scenario

KEY = "AIza-secret-0123"
GOOGLE = "wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage"
MODEL = "gemini-3.8-live"


def at(
    backend: Developer | Vertex | FirebaseAI | Server, env: Mapping[str, str] | None = None, *, music: bool = False
) -> Reached:
    return reached(backend, MODEL, env or {}, music=music)


# ------------------------------------------------------------------------------------------- each endpoint


def test_the_developer_api_takes_a_key_and_demands_ids() -> None:
    there = at(Developer(KEY))
    assert there.url == f"{GOOGLE}.v1.GenerativeService.BidiGenerateContent"
    assert there.headers == {"x-goog-api-key": KEY}
    assert there.model == "models/gemini-3.8-live"
    assert there.demands_ids
    assert there.secrets == (KEY,)


@pytest.mark.parametrize("token", ["auth_tokens/secret0123", Token("auth_tokens/secret0123")])
def test_a_token_is_taken_wherever_a_key_is(token: str | Token) -> None:
    there = at(Developer(token))
    assert there.url == f"{GOOGLE}.v1alpha.GenerativeService.BidiGenerateContentConstrained"
    assert there.headers == {"Authorization": "Token auth_tokens/secret0123"}
    assert there.secrets == ("auth_tokens/secret0123",)
    assert at(Server("ws://127.0.0.1:1", token)).url.endswith("BidiGenerateContentConstrained")


@pytest.mark.parametrize(
    "backend", [Vertex(key="auth_tokens/x"), FirebaseAI("auth_tokens/x", "p1"), FirebaseAI("auth_tokens/x", "p1", "us")]
)
def test_a_token_opens_the_developer_api_alone(backend: Vertex | FirebaseAI) -> None:
    with pytest.raises(UsageError, match="Developer API only"):
        at(backend)


def test_a_version_can_be_asked_for() -> None:
    assert ".v1beta." in at(Developer(KEY, "v1beta")).url
    assert ".v1." in at(Vertex("p1", token="t", version="v1")).url


def test_vertex_is_reached_in_a_project_with_a_token() -> None:
    there = at(Vertex("p1", "europe-west4", token="ya29.secret"))
    assert there.url.startswith("wss://europe-west4-aiplatform.googleapis.com/ws/google.cloud.aiplatform.v1beta1.")
    assert there.headers == {"Authorization": "Bearer ya29.secret", "x-goog-user-project": "p1"}
    assert there.model == "projects/p1/locations/europe-west4/publishers/google/models/gemini-3.8-live"
    assert not there.demands_ids
    assert there.secrets == ("ya29.secret",)


def test_the_access_token_of_vertex_may_lie_in_the_environment() -> None:
    there = at(Vertex("p1"), {"CLOUDSDK_AUTH_ACCESS_TOKEN": "ya29.env"})
    assert there.headers["Authorization"] == "Bearer ya29.env"
    assert there.facts.key_source == "CLOUDSDK_AUTH_ACCESS_TOKEN"
    with pytest.raises(AccessDenied, match="access token"):
        at(Vertex("p1"))


def test_express_mode_has_a_key_and_no_project() -> None:
    there = at(Vertex(key=KEY))
    assert there.url.startswith("wss://aiplatform.googleapis.com/ws/google.cloud.aiplatform.v1beta1.")
    assert there.headers == {"x-goog-api-key": KEY}
    assert there.model == "publishers/google/models/gemini-3.8-live"
    with pytest.raises(UsageError, match="wants a project"):
        at(Vertex())


def test_firebase_has_a_backend_of_each_kind() -> None:
    there = at(FirebaseAI(KEY, "p1"))
    assert there.url == (
        "wss://firebasevertexai.googleapis.com/ws/google.firebase.vertexai.v1beta.GenerativeService/BidiGenerateContent"
    )
    assert there.headers == {"x-goog-api-key": KEY}
    assert there.model == "projects/p1/models/gemini-3.8-live"
    vertex = at(FirebaseAI(KEY, "p1", "us-central1"))
    assert vertex.url.endswith("LlmBidiService/BidiGenerateContent/locations/us-central1")
    assert vertex.model == "projects/p1/locations/us-central1/publishers/google/models/gemini-3.8-live"


def test_a_server_of_ones_own_is_reached_where_it_is() -> None:
    there = at(Server("http://127.0.0.1:8765"))
    assert there.url == "ws://127.0.0.1:8765/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent"
    assert there.headers == {}
    assert (there.model, there.demands_ids, there.facts.server) == (f"models/{MODEL}", True, "127.0.0.1:8765")


def test_a_gateway_before_vertex_is_known_by_its_path() -> None:
    path = "wss://gate.example/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent"
    resource = "projects/p1/locations/us/publishers/google/models/gemini-3.8-live"
    there = reached(Server(path, KEY), resource, {})
    assert (there.url, there.model, there.demands_ids) == (path, resource, False)


def test_the_music_is_on_the_developer_api_and_on_ones_own_server() -> None:
    assert at(Developer(KEY), music=True).url == f"{GOOGLE}.v1alpha.GenerativeService.BidiGenerateMusic"
    assert at(Server("ws://127.0.0.1:1"), music=True).url.endswith("v1alpha.GenerativeService.BidiGenerateMusic")
    for backend in (Vertex("p1", token="t"), FirebaseAI(KEY, "p1")):
        with pytest.raises(UsageError, match="has no music"):
            at(backend, music=True)


# ------------------------------------------------------------------------------------------------- the keys


def test_a_key_left_out_is_taken_from_the_environment() -> None:
    there = at(Developer(), {"GOOGLE_API_KEY": "google-secret", "GEMINI_API_KEY": "other"})
    assert there.headers == {"x-goog-api-key": "google-secret"}
    assert there.facts.key_source == "GOOGLE_API_KEY"
    assert there.facts.key_tail == "cret"


def test_a_key_may_come_with_the_end_of_its_line() -> None:
    assert at(Developer(f"{KEY}\n")).headers == {"x-goog-api-key": KEY}
    with pytest.raises(UsageError, match="cannot be a key"):
        at(Developer(""))


def test_a_missing_key_names_the_way_without_one() -> None:
    with pytest.raises(AccessDenied) as refused:
        at(Developer())
    assert "backend=livechat.Local()" in refused.value.hint
    assert "GEMINI_API_KEY" in refused.value.why


def test_another_server_is_not_sent_what_was_meant_for_google() -> None:
    server = Server("wss://gate.example")
    assert at(server, {"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": KEY}).headers == {}
    assert at(server, {"LIVECHAT_API_KEY": "mine-0123456789"}).headers == {"x-goog-api-key": "mine-0123456789"}
    assert at(Server("wss://gate.example", "given"), {"LIVECHAT_API_KEY": "x"}).headers == {"x-goog-api-key": "given"}


def test_a_key_does_not_cross_a_network_unencrypted() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        at(Server("ws://gate.example", KEY))


@pytest.mark.parametrize(
    "backend",
    [
        Developer(KEY),
        Developer(Token("auth_tokens/secret0123456789")),
        Vertex("p1", token="ya29.secret"),
        Vertex(key=KEY),
        FirebaseAI(KEY, "p1"),
        Server("wss://gate.example", KEY),
        Server(f"wss://gate.example/?key={KEY}"),
    ],
)
def test_no_repr_and_no_address_shows_a_secret(backend: Developer | Vertex | FirebaseAI | Server) -> None:
    there = at(backend)
    assert "secret" not in f"{backend!r} {there!r} {there.url}"
    assert "secret" in there.secrets[0]


def test_a_token_shows_its_end_alone() -> None:
    assert repr(Token("auth_tokens/secret0123456789")) == "Token(…6789, uses=1, expires=None)"


# -------------------------------------------------------------------------------------------- the environment


@pytest.mark.parametrize(
    ("env", "backend"),
    [
        ({"GEMINI_API_KEY": KEY}, Developer()),
        ({"LIVECHAT_SERVER_CHOICE": "auto", "GEMINI_API_KEY": KEY}, Developer()),
        ({"LIVECHAT_SERVER_CHOICE": "google"}, Developer()),
        ({"LIVECHAT_SERVER_CHOICE": "local", "GEMINI_API_KEY": KEY}, Local()),
        ({"LIVECHAT_SERVER_CHOICE": "ws://127.0.0.1:1", "GEMINI_API_KEY": KEY}, Server("ws://127.0.0.1:1")),
        ({"LIVECHAT_SERVER_CHOICE": "vertex", "LIVECHAT_SERVER_PROJECT": "p1"}, Vertex("p1")),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_CLOUD_PROJECT": "p1"}, Vertex("p1")),
        (
            {"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p1", "GOOGLE_CLOUD_LOCATION": "us"},
            Vertex("p1", "us"),
        ),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "True", "GOOGLE_API_KEY": KEY}, Vertex(key=KEY)),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "1"}, Vertex()),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p1", "GOOGLE_API_KEY": KEY}, Vertex("p1")),
        ({"GOOGLE_GENAI_USE_ENTERPRISE": "1", "GOOGLE_GENAI_USE_VERTEXAI": "0"}, Vertex()),
        ({"GOOGLE_GENAI_USE_ENTERPRISE": "0", "GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_API_KEY": KEY}, Developer()),
        ({"GOOGLE_GENAI_API_VERSION": "beta", "GOOGLE_API_KEY": KEY}, Developer(version="v1beta")),
        ({"GOOGLE_GENAI_API_VERSION": "beta", "GOOGLE_GENAI_USE_VERTEXAI": "1"}, Vertex(version="v1beta1")),
        (
            {"LIVECHAT_SERVER_CHOICE": "google", "LIVECHAT_SERVER_API_VERSION": "v1alpha"},
            Developer(version="v1alpha"),
        ),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "false", "GEMINI_API_KEY": KEY}, Developer()),
        (
            {"GOOGLE_GEMINI_BASE_URL": "https://gate.example", "GEMINI_API_KEY": KEY},
            Server("https://gate.example", KEY),
        ),
        ({"GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:1"}, Server("http://127.0.0.1:1")),
    ],
)
def test_the_environment_leads_to_a_backend(env: Mapping[str, str], backend: Backend) -> None:
    assert backend_from(env) == backend
    assert backend_of(None, env) == backend


def test_an_empty_environment_leads_nowhere_and_says_how_to_go_on() -> None:
    with pytest.raises(AccessDenied) as refused:
        backend_from({})
    assert "backend=livechat.Local()" in refused.value.hint


@pytest.mark.parametrize("choice", ["gogle", "☃"])
def test_a_choice_that_is_none_is_refused(choice: str) -> None:
    with pytest.raises(UsageError, match=choice) as refused:
        backend_from({"LIVECHAT_SERVER_CHOICE": choice})
    assert ("did you mean google" in refused.value.why) == (choice == "gogle")


def test_a_text_in_the_place_of_a_backend_is_an_address() -> None:
    assert backend_of("ws://127.0.0.1:1", {}) == Server("ws://127.0.0.1:1")
    assert backend_of(Local(), {}) == Local()


@pytest.mark.parametrize(
    ("backend", "speaks", "model"),
    [
        (Developer(), False, "gemini-3.8-live"),
        (Local(), True, "gemini-3.8-live"),
        (Local(), False, "gemini-live-2.5-flash"),
        ("ws://127.0.0.1:1", False, "gemini-live-2.5-flash"),
        ("wss://gate.example", False, "gemini-3.8-live"),
        (Server("http://[::1]:1"), False, "gemini-live-2.5-flash"),
        ("http://[::1", False, "gemini-3.8-live"),
        ("", False, "gemini-3.8-live"),
    ],
)
def test_words_alone_are_asked_of_a_model_that_writes_them_where_one_is_sure_to_be(
    backend: Backend | str, speaks: bool, model: str
) -> None:
    assert default_model(backend, speaks=speaks) == model


# ------------------------------------------------------------------------------------------ the server inside


async def begun(backend: Backend | str, model: str, *, music: bool = False, speech: bool = True) -> Reached:
    """Where the backend was reached; a session has begun there."""
    async with reach(backend, model, music=music, speech=speech) as there:
        link = await open_link(there.url, there.headers)
        await link.send(f'{{"setup": {{"model": "{there.model}"}}}}')
        assert decode_server_message(await link.receive()).setup_complete
        await link.close()
    return there


def test_the_server_inside_lives_as_long_as_the_block() -> None:
    async def run() -> None:
        there = await begun(Local(speech="tones"), MODEL)
        assert there.facts.server == "the practice server"
        assert (there.headers, there.secrets, there.demands_ids) == ({}, (), True)
        with pytest.raises(Disconnected):
            async with reach(there.url, MODEL) as again:
                await open_link(again.url, again.headers)

    asyncio.run(run())


def test_the_server_inside_makes_music_too() -> None:
    there = asyncio.run(begun(Local(), "lyria-realtime-exp", music=True))
    assert there.model == "models/lyria-realtime-exp"
    assert there.facts.models == ("lyria-realtime-exp",)


def test_words_alone_need_no_models_of_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.library.local.speech_missing", lambda: "hibari-tts")
    with pytest.raises(Unreachable, match="hear or speak") as refused:
        asyncio.run(begun(Local(), MODEL))
    assert "speech='tones'" in refused.value.hint
    assert asyncio.run(begun(Local(speech="tones"), MODEL))


def test_a_speech_that_is_none_is_refused() -> None:
    wrong: dict[str, Any] = {"speech": "tone"}
    with pytest.raises(UsageError, match="neither"):
        asyncio.run(begun(Local(**wrong), MODEL))


def test_the_server_inside_ends_nothing_by_itself_and_is_ready_to_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[ServerOptions] = []

    def noted(options: ServerOptions) -> AbstractAsyncContextManager[RunningServer]:
        began.append(options)
        return serve(options)

    async def run() -> None:
        for backend, speech in ((Local(speech="tones"), True), (Local({"name": "mine"}, speech="tones"), False)):
            async with reach(backend, MODEL, speech=speech):
                pass

    monkeypatch.setattr("livechat.library.local.serve", noted)
    asyncio.run(run())
    assert [options.scenario for options in began] == [Scenario(limits=UNLIMITED), Scenario("mine")]
    assert [options.preload for options in began] == [True, False]


def test_the_server_inside_can_be_told_what_to_be_like() -> None:
    async def run() -> None:
        async with reach(Local("goaway", speech="tones"), MODEL) as there:
            assert there.url.startswith("ws://127.0.0.1:")
        with pytest.raises(UsageError, match="no scenario"):
            async with reach(Local("goawy", speech="tones"), MODEL):
                pass

    asyncio.run(run())


def test_what_is_elsewhere_is_reached_without_a_server_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVECHAT_API_KEY", raising=False)

    async def run() -> None:
        async with reach(Developer(KEY), MODEL) as there:
            assert there == at(Developer(KEY))
        async with reach("ws://127.0.0.1:1", MODEL) as there:
            assert there == at(Server("ws://127.0.0.1:1"))

    asyncio.run(run())


def test_a_missing_key_is_told_before_anything_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVECHAT_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AccessDenied):
        asyncio.run(begun(Developer(), MODEL))
