"""Google's own Python client as it is: two variables of the environment lead it to the embedded server, over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from livechat.server.app import serve
from livechat.server.brain import Brain
from livechat.server.certificate import context, for_localhost
from tests.judges.brains import Recites
from tests.server_help import Says
from tests.test_judge_google_genai import LOUD, SILENT, SPOKEN, TEXT_MODEL, WRITTEN, asks, options, speaks, turn

# google-genai warns of its own tokens and music: experimental.
pytestmark = [pytest.mark.judge, pytest.mark.filterwarnings("ignore:.*experimental")]

NewClient = Callable[..., Any]
"""Makes a client of google-genai's that knows of our server only what the environment tells."""


@asynccontextmanager
async def found(brain: Brain, folder: Path, setenv: Callable[[str, str], None]) -> AsyncGenerator[NewClient, None]:
    """Where clients find a server of ours."""
    from google import genai

    pair = for_localhost(folder, datetime.now(UTC), "")
    async with asyncio.timeout(30), serve(replace(options(brain), host="localhost", tls=context(pair))) as server:
        setenv("SSL_CERT_FILE", str(pair.certificate))
        for variable in ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"):
            setenv(variable, server.url.replace("wss:", "https:"))
        setenv("GOOGLE_API_KEY", "x")
        yield genai.Client


def judged(
    play: Callable[[NewClient], Awaitable[None]], brain: Brain, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs a play with clients of google-genai's."""

    async def run() -> None:
        async with found(brain, folder, monkeypatch.setenv) as client:
            await play(client)

    asyncio.run(run())


def words(messages: list[Any]) -> str:
    return "".join(message.text or "" for message in messages)


def test_a_text_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(client: NewClient) -> None:
        async with client().aio.live.connect(model=TEXT_MODEL, config=WRITTEN) as session:
            await asks(session, "hi")
            assert words(await turn(session)) == "Hello there."

    judged(play, Says("Hello there."), tmp_path, monkeypatch)


def test_a_turn_on_vertex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(client: NewClient) -> None:
        config = {**SPOKEN, "explicit_vad_signal": True}
        async with client(vertexai=True).aio.live.connect(model=TEXT_MODEL, config=config) as session:
            assert session.session_id
            await speaks(session, LOUD * 25 + SILENT * 50)
            messages = await turn(session)
        activity = [message.voice_activity.voice_activity_type.value for message in messages if message.voice_activity]
        assert activity == ["ACTIVITY_START", "ACTIVITY_END"]
        usage = messages[-1].usage_metadata
        assert usage.response_token_count > 0
        assert usage.traffic_type.value == "ON_DEMAND"

    judged(play, Says("It is late."), tmp_path, monkeypatch)


def test_a_token_lets_in_once_and_to_what_it_was_made_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.genai.errors import APIError

    async def play(client: NewClient) -> None:
        options = {"api_version": "v1alpha"}
        made_for = {"model": TEXT_MODEL, "config": {**WRITTEN, "system_instruction": "Be short."}}
        made = {"uses": 1, "live_connect_constraints": made_for}
        token = await client(http_options=options).aio.auth_tokens.create(config=made)
        guest = client(api_key=token.name, http_options=options)
        async with guest.aio.live.connect(model=TEXT_MODEL, config=WRITTEN) as session:
            await asks(session, "hi")
            assert words(await turn(session)) == "system: Be short.; user: hi; tools: none."
        with pytest.raises(APIError):
            async with guest.aio.live.connect(model=TEXT_MODEL, config=WRITTEN):
                raise AssertionError("it has no uses left")

    judged(play, Recites(), tmp_path, monkeypatch)


def test_music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.genai.types import WeightedPrompt

    async def play(client: NewClient) -> None:
        live = client(http_options={"api_version": "v1alpha"}).aio.live
        async with live.music.connect(model="models/lyria-realtime-exp") as session:
            await session.set_weighted_prompts(prompts=[WeightedPrompt(text="piano", weight=1.0)])
            await session.play()
            contents = (message.server_content async for message in session.receive())
            (chunk,) = await anext(content.audio_chunks async for content in contents if content)
        assert chunk.mime_type == "audio/l16;rate=48000;channels=2"
        assert any(chunk.data)
        assert len(chunk.data) % 4 == 0

    judged(play, Says(), tmp_path, monkeypatch)
