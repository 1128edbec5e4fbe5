"""Where words go: which server, with which key, and never another."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from livechat.commands.common import Common
from livechat.commands.target import VERTEX_TOKEN, Choice, Target, choose, reach
from livechat.errors import AccessDenied, LivechatError, UsageError
from livechat.protocol.generations import DEFAULT_MODEL, LOCAL_TEXT_MODEL
from livechat.terminal.report import Report

KEY = "AIzaSyA-not-a-real-key-x9Qz"


def common(env: Mapping[str, str]) -> tuple[Common, io.StringIO]:
    stderr = io.StringIO()
    return Common(Report(stderr, env), env, no_config=True), stderr


def chosen(flags: Mapping[str, str], env: Mapping[str, str] | None = None, key_file: Path | None = None) -> Choice:
    here, _ = common(env or {})
    return choose(here, here.settings(dict(flags)), key_file)


def target(
    flags: Mapping[str, str], env: Mapping[str, str], key_file: Path | None = None, *, sound: bool = False
) -> Target:
    here, _ = common(env)

    async def at() -> Target:
        async with reach(here, choose(here, here.settings(dict(flags)), key_file), sound=sound) as reached:
            return reached

    return asyncio.run(at())


def test_with_a_key_auto_means_google() -> None:
    assert chosen({}, {"GEMINI_API_KEY": KEY}).kind == "google"


def test_without_a_key_auto_means_this_machine() -> None:
    assert chosen({}).kind == "local"


def test_local_does_not_even_look_for_a_key() -> None:
    assert chosen({"server.choice": "local"}, {"GEMINI_API_KEY": KEY}).key is None


def test_google_without_a_key_is_refused_with_the_way_to_get_one() -> None:
    with pytest.raises(AccessDenied) as refused:
        chosen({"server.choice": "google"})
    assert refused.value.exit_code == 77
    assert "aistudio.google.com/apikey" in refused.value.hint


def test_googles_address_holds_no_key_and_its_header_does() -> None:
    google = target({}, {"GEMINI_API_KEY": KEY})
    assert KEY not in google.url
    assert google.headers == {"x-goog-api-key": KEY}
    assert google.secrets == (KEY,)
    assert KEY not in repr(google)
    assert google.facts.key_tail == "x9Qz"
    assert google.model == f"models/{DEFAULT_MODEL}"
    assert "Google (generativelanguage.googleapis.com)" in google.where


def test_a_key_for_google_is_not_sent_to_another_address() -> None:
    elsewhere = {"server.choice": "wss://example.invalid/ws"}
    assert target(elsewhere, {"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": KEY}).headers == {}


def test_a_key_that_was_meant_for_that_address_is(tmp_path: Path) -> None:
    elsewhere = {"server.choice": "wss://example.invalid/ws"}
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    assert target(elsewhere, {}, file).headers == {"x-goog-api-key": KEY}
    assert target(elsewhere, {"LIVECHAT_API_KEY": KEY}).headers == {"x-goog-api-key": KEY}


def test_a_server_on_this_machine_is_asked_to_write_where_only_words_are_wanted() -> None:
    nearby = {"server.choice": "ws://127.0.0.1:8765"}
    assert target(nearby, {}).model == f"models/{LOCAL_TEXT_MODEL}"
    assert target(nearby, {}, sound=True).model == f"models/{DEFAULT_MODEL}"
    assert target({"server.choice": "wss://example.invalid"}, {}).model == f"models/{DEFAULT_MODEL}"


def test_a_model_that_was_asked_for_is_taken_everywhere() -> None:
    assert target({"session.model": "gemini-3.1-x"}, {"GEMINI_API_KEY": KEY}).model == "models/gemini-3.1-x"


def test_vertex_with_a_project_speaks_with_gclouds_token() -> None:
    flags = {"server.choice": "vertex", "server.project": "p", "server.location": "europe-west4"}
    vertex = target(flags, {VERTEX_TOKEN: "ya29.token"})
    assert vertex.headers["Authorization"] == "Bearer ya29.token"
    assert vertex.model == f"projects/p/locations/europe-west4/publishers/google/models/{DEFAULT_MODEL}"
    assert "ya29.token" in vertex.secrets
    assert "europe-west4-aiplatform.googleapis.com" in vertex.url


def test_vertex_with_a_key_alone_is_express_mode() -> None:
    vertex = target({"server.choice": "vertex"}, {"GOOGLE_API_KEY": KEY})
    assert vertex.headers == {"x-goog-api-key": KEY}
    assert vertex.model == f"publishers/google/models/{DEFAULT_MODEL}"


@pytest.mark.parametrize(
    ("flags", "error"),
    [({"server.project": "p"}, AccessDenied), ({}, UsageError)],
    ids=["a project and no token", "nothing at all"],
)
def test_vertex_says_what_it_wants(flags: Mapping[str, str], error: type[LivechatError]) -> None:
    with pytest.raises(error):
        target({"server.choice": "vertex", **flags}, {})


def test_the_options_that_shaped_the_session_are_remembered_for_its_errors() -> None:
    shaped = target({"session.model": "x", "session.voice": "Kore"}, {"GEMINI_API_KEY": KEY})
    assert set(shaped.facts.options) == {"--model", "--voice"}


def test_the_address_is_told_without_its_path() -> None:
    assert target({}, {"GEMINI_API_KEY": KEY}).address == "wss://generativelanguage.googleapis.com"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ws://example.com:8765", "your words and sound go to example.com:8765, unencrypted"),
        ("wss://example.com", "your words and sound go to example.com"),
        ("ws://127.0.0.1:8765", "your words and sound go to 127.0.0.1:8765"),
        ("ws://localhost:8765", "your words and sound go to localhost:8765"),
    ],
)
def test_it_is_told_where_words_go_that_anybody_on_the_way_can_read(address: str, told: str) -> None:
    assert target({"server.choice": address}, {}).where == told
