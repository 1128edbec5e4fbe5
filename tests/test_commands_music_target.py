"""Where prompts of music go: which server on which path, with which key, and never to one that makes no music."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from livechat.commands.common import Common
from livechat.commands.music_target import MUSIC_MODEL, choose_music, reach_music, refuse_vertex
from livechat.commands.target import Choice, Target, choose
from livechat.errors import AccessDenied, UsageError
from livechat.protocol.generations import family_of
from livechat.terminal.report import Report

KEY = "AIzaSyA-not-a-real-key-x9Qz"
PATH = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic"


def common(env: Mapping[str, str]) -> Common:
    return Common(Report(io.StringIO(), env), env, no_config=True)


def chosen(flags: Mapping[str, str], env: Mapping[str, str], key_file: Path | None = None) -> Choice:
    here = common(env)
    return choose(here, here.settings(dict(flags)), key_file)


def target(
    server: str | None = None,
    env: Mapping[str, str] | None = None,
    *,
    key_file: Path | None = None,
    model: str | None = None,
    version: str | None = None,
) -> Target:
    choice = chosen({"server.choice": server} if server else {}, env or {}, key_file)

    async def at() -> Target:
        reaching = reach_music(common(env or {}), choice, model=model, api_version=version, hurried=True)
        async with reaching as reached:
            return reached

    return asyncio.run(at())


def test_google_is_asked_on_the_path_of_music_with_the_key_in_a_header() -> None:
    google = target(env={"GEMINI_API_KEY": KEY})
    assert google.url == f"wss://generativelanguage.googleapis.com{PATH}"
    assert google.headers == {"x-goog-api-key": KEY}
    assert google.secrets == (KEY,)
    assert google.model == "models/lyria-realtime-exp"
    assert google.facts.key_tail == "x9Qz"
    assert google.where == "your prompts go to Google (generativelanguage.googleapis.com), model lyria-realtime-exp"


def test_another_model_and_version_can_be_asked_for() -> None:
    google = target(env={"GEMINI_API_KEY": KEY}, model="lyria-2", version="v1beta")
    assert ".v1beta." in google.url
    assert google.model == "models/lyria-2"
    assert google.facts.models == (MUSIC_MODEL,)


def test_a_model_of_the_settings_is_one_for_conversations() -> None:
    assert target(env={"GEMINI_API_KEY": KEY, "LIVECHAT_SESSION_MODEL": "gemini-3.8-live"}).model.endswith(MUSIC_MODEL)


def test_a_server_of_ones_own_is_told_apart_and_gets_no_key_that_is_not_for_it(tmp_path: Path) -> None:
    env = {"GEMINI_API_KEY": KEY}
    mine = target("ws://127.0.0.1:8765", env)
    assert mine.url == f"ws://127.0.0.1:8765{PATH}"
    assert mine.headers == {}
    assert mine.where == "your prompts go to 127.0.0.1:8765"
    assert target("ws://tower:8765", env).where == "your prompts go to tower:8765, unencrypted"
    assert target("wss://tower/mine/music", env).url == "wss://tower/mine/music"
    file = tmp_path / "key"
    file.write_text(KEY)
    assert target("wss://tower", env, key_file=file).headers == {"x-goog-api-key": KEY}


def test_this_machine_makes_music_by_itself() -> None:
    found = target("local")
    assert found.url.startswith("ws://127.0.0.1:")
    assert found.url.endswith(PATH)
    assert found.where == "music of the practice server inside livechat; nothing leaves this machine"
    assert target().where.startswith("no API key found: music of the practice server")


def test_vertex_has_no_music() -> None:
    with pytest.raises(UsageError, match="Vertex AI has no model"):
        refuse_vertex(chosen({"server.choice": "vertex", "server.project": "p"}, {}))
    refuse_vertex(chosen({"server.choice": "local"}, {}))


def test_who_has_no_key_is_shown_the_way_to_music_without_one() -> None:
    here = common({})
    with pytest.raises(AccessDenied, match="no API key found") as denied:
        choose_music(here, here.settings({"server.choice": "google"}), None)
    assert denied.value.hint.splitlines() == [
        "get a key at https://aistudio.google.com/apikey",
        'or use the band on this machine: livechat music --local "minimal techno"',
    ]


def test_the_usual_model_makes_music() -> None:
    assert family_of(MUSIC_MODEL).music
