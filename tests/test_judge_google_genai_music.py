"""Google's own Python client as a judge of the music: unmodified google-genai plays, steers, pauses and stops it.

Only where it connects to is changed, through one private attribute: of itself it insists on TLS.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol

import pytest

from livechat.server.app import ServerOptions, serve
from livechat.server.scenario import Pace, Scenario
from tests.music_help import onset_count, wave
from tests.server_help import Says

pytestmark = pytest.mark.judge

MODEL = "models/lyria-realtime-exp"
HURRIED = ServerOptions(brain=Says(), scenario=Scenario(pace=Pace(speed=20.0)))
"""As fast as that no test need wait for music to be over."""


class MusicSession(Protocol):
    """What is used of google-genai's AsyncMusicSession; its messages are read as they come."""

    async def set_weighted_prompts(self, prompts: Sequence[object]) -> None: ...

    async def set_music_generation_config(self, config: object) -> None: ...

    async def play(self) -> None: ...

    async def pause(self) -> None: ...

    async def stop(self) -> None: ...

    async def reset_context(self) -> None: ...

    def receive(self) -> AsyncIterator[Any]: ...


def judged(play: Callable[[MusicSession], Awaitable[None]], model: str = MODEL) -> None:
    """Runs a play with a music session that google-genai has opened on a server of ours."""
    from google import genai

    async def run() -> None:
        async with asyncio.timeout(60), serve(HURRIED) as server:

            def address(*_: object, **__: object) -> str:
                return server.url

            client = genai.Client(api_key="x", http_options={"api_version": "v1alpha"})
            inner: Any = vars(client)["_api_client"]
            inner._websocket_base_url = address
            live: Any = client.aio.live
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it calls its own music experimental
                opening = live.music.connect(model=model)
            async with opening as session:
                await play(session)

    asyncio.run(run())


async def chunks(session: MusicSession, count: int) -> list[Any]:
    found: list[Any] = []
    async for message in session.receive():
        if message.server_content is not None:
            found += message.server_content.audio_chunks
        if len(found) >= count:
            break
    return found


def test_music_is_steered_played_paused_and_stopped() -> None:
    from google.genai.types import LiveMusicGenerationConfig, Scale, WeightedPrompt

    async def play(session: MusicSession) -> None:
        prompts = [WeightedPrompt(text="minimal techno", weight=1.0), WeightedPrompt(text="piano", weight=0.5)]
        await session.set_weighted_prompts(prompts=prompts)
        config = LiveMusicGenerationConfig(bpm=120, density=0.7, scale=Scale.C_MAJOR_A_MINOR, seed=1)
        await session.set_music_generation_config(config=config)
        await session.play()
        heard = await chunks(session, 3)
        sound = wave(b"".join(chunk.data for chunk in heard))
        assert len(sound) == 3 * 2 * 48_000
        assert onset_count(sound.mean(axis=1)) > 12
        assert {chunk.mime_type for chunk in heard} == {"audio/l16;rate=48000;channels=2"}
        source = heard[0].source_metadata
        assert [(prompt.text, prompt.weight) for prompt in source.client_content.weighted_prompts] == [
            ("minimal techno", 1.0),
            ("piano", 0.5),
        ]
        assert (source.music_generation_config.bpm, source.music_generation_config.scale) == (120, "C_MAJOR_A_MINOR")
        await session.pause()
        await session.set_music_generation_config(config=LiveMusicGenerationConfig(bpm=90, only_bass_and_drums=True))
        await session.reset_context()
        await session.play()
        while (await chunks(session, 1))[0].source_metadata.music_generation_config.bpm != 90:
            pass
        await session.stop()
        await session.play()
        assert await chunks(session, 2)

    judged(play)


def test_a_filtered_prompt() -> None:
    from google.genai.types import WeightedPrompt

    async def play(session: MusicSession) -> None:
        await session.set_weighted_prompts(prompts=[WeightedPrompt(text="in the style of Nobody", weight=1.0)])
        message = await anext(session.receive())
        assert message.filtered_prompt.text == "in the style of Nobody"
        assert "artist" in message.filtered_prompt.filtered_reason

    judged(play)


def test_a_weight_of_zero() -> None:
    from google.genai.errors import APIError
    from google.genai.types import WeightedPrompt

    async def play(session: MusicSession) -> None:
        await session.set_weighted_prompts(prompts=[WeightedPrompt(text="techno", weight=0)])
        await chunks(session, 1)

    with pytest.raises(APIError) as caught:
        judged(play)
    assert caught.value.code == 1007
    assert "weightedPrompts[0].weight must not be 0." in str(caught.value)
