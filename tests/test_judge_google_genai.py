"""Google's own Python client as a judge: unmodified google-genai holds conversations with the embedded server.

Only where it connects to is changed, through two private attributes: of itself it insists on TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from livechat.server.app import ServerOptions, serve
from tests.server_help import PretendSpeech, Says

pytestmark = pytest.mark.judge

TEXT_MODEL, AUDIO_MODEL = "gemini-2.0-flash-live-001", "gemini-3.8-live"
SPOKEN = {
    "response_modalities": ["AUDIO"],
    "input_audio_transcription": {},
    "output_audio_transcription": {},
    "realtime_input_config": {"automatic_activity_detection": {"silence_duration_ms": 300}},
}
LOUD, SILENT = b"\x10\x27" * 320, bytes(640)
"""20 ms of what pretended speech takes for a voice, and of silence."""


class Session(Protocol):
    """What is used of google-genai's AsyncSession; its messages are read as they come."""

    async def send_client_content(self, *, turns: object, turn_complete: bool) -> None: ...

    async def send_realtime_input(self, *, audio: object = None, text: str | None = None) -> None: ...

    def receive(self) -> AsyncIterator[Any]: ...


def pretend(folder: Path | None) -> PretendSpeech:
    return PretendSpeech("What time is it?")


def judged(
    play: Callable[[Session], Awaitable[None]], model: str, config: dict[str, Any], options: ServerOptions
) -> None:
    """Runs a play with a session that google-genai has opened on a server of ours."""
    from google import genai

    async def run() -> None:
        async with asyncio.timeout(30), serve(options) as server:

            def address(*_: object, **__: object) -> str:
                return server.url

            client = genai.Client(api_key="x")
            inner: Any = vars(client)["_api_client"]
            inner._websocket_base_url = address
            inner._websocket_ssl_ctx = {}
            live: Any = client.aio.live
            async with live.connect(model=model, config=config) as session:
                await play(session)

    asyncio.run(run())


def options(brain: Says) -> ServerOptions:
    return ServerOptions(brain=brain, load_speech=pretend, missing=lambda: None)


async def speaks(session: Session, pcm: bytes) -> None:
    from google.genai.types import Blob

    for start in range(0, len(pcm), 640):
        blob = Blob(data=pcm[start : start + 640], mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)


def test_a_text_turn() -> None:
    brain = Says("Hello ", "there.")

    async def play(session: Session) -> None:
        for question in ("hi", "and again"):
            turn = {"role": "user", "parts": [{"text": question}]}
            await session.send_client_content(turns=[turn], turn_complete=True)
            messages = [message async for message in session.receive()]
            assert "".join(message.text or "" for message in messages) == "Hello there."
            assert messages[-2].server_content.generation_complete
            assert messages[-1].server_content.turn_complete
            assert messages[-1].usage_metadata.response_token_count == 3

    judged(play, TEXT_MODEL, {"response_modalities": ["TEXT"]}, options(brain))
    assert [said.text for said in brain.histories[-1]] == ["hi", "Hello there.", "and again"]


def test_live_text() -> None:
    async def play(session: Session) -> None:
        await session.send_realtime_input(text="Are you there?")
        assert "".join([message.text or "" async for message in session.receive()]) == "Yes, I am."

    judged(play, TEXT_MODEL, {"response_modalities": ["TEXT"]}, options(Says("Yes, I am.")))


def test_a_spoken_turn() -> None:
    async def play(session: Session) -> None:
        await speaks(session, LOUD * 25 + SILENT * 50)
        messages = [message async for message in session.receive()]
        contents = [message.server_content for message in messages]
        heard = [content.input_transcription.text for content in contents if content.input_transcription]
        said = [content.output_transcription.text for content in contents if content.output_transcription]
        assert heard == ["What time is it?"]
        assert "".join(said) == "It is late."
        assert sum(len(message.data or b"") for message in messages) == 480 * len("It is late.")
        assert contents[-1].turn_complete

    judged(play, AUDIO_MODEL, SPOKEN, options(Says("It is late.")))


def test_a_barge_in() -> None:
    async def play(session: Session) -> None:
        turn = {"role": "user", "parts": [{"text": "a story"}]}
        await session.send_client_content(turns=[turn], turn_complete=True)
        contents: list[Any] = []
        async for message in session.receive():
            if not contents:
                await speaks(session, LOUD * 10)
            contents.append(message.server_content)
        assert [bool(content.interrupted) for content in contents[-2:]] == [True, False]
        assert contents[-1].turn_complete
        assert not any(content.generation_complete for content in contents)

    judged(play, AUDIO_MODEL, SPOKEN, options(Says(*["Once upon a time there was a tower. "] * 50)))


def test_an_error_close() -> None:
    from google.genai.errors import APIError

    async def play(session: Session) -> None:
        raise AssertionError("there is no such voice")

    voice = {"voice_config": {"prebuilt_voice_config": {"voice_name": "Nobody"}}}
    with pytest.raises(APIError) as caught:
        judged(play, AUDIO_MODEL, {**SPOKEN, "speech_config": voice}, options(Says()))
    assert caught.value.code == 1007
    assert "There is no voice 'Nobody'." in str(caught.value)


@pytest.mark.speech
def test_a_spoken_turn_with_real_speech_on_both_sides() -> None:
    from tests.speech_fixture import spoken

    async def play(session: Session) -> None:
        await speaks(session, spoken("What time is it?", tail_ms=1_000))
        messages = [message async for message in session.receive()]
        contents = [message.server_content for message in messages]
        heard = "".join(content.input_transcription.text for content in contents if content.input_transcription)
        assert heard.strip(" .?").lower() == "what time is it"
        assert sum(len(message.data or b"") for message in messages) > 24_000

    judged(play, AUDIO_MODEL, SPOKEN, ServerOptions(brain=Says("It is late. ", "Good night.")))
