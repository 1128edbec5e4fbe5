"""Google's own Python client as a judge: unmodified google-genai holds conversations with the embedded server.

Only where it connects to is changed, through two private attributes: of itself it insists on TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from livechat.server.app import ServerOptions, serve
from livechat.server.brain import Brain
from livechat.server.scenario import Limits, Scenario
from tests.judges.brains import Asks, Muses, Recites
from tests.server_help import PretendSpeech, Says

pytestmark = pytest.mark.judge

TEXT_MODEL, AUDIO_MODEL = "gemini-2.0-flash-live-001", "gemini-3.8-live"
BLOCKING_MODEL = "gemini-2.5-flash-native-audio-preview-12-2025"
THINKING_MODEL = "gemini-3.8-live-extended-thinking"
SPOKEN = {
    "response_modalities": ["AUDIO"],
    "input_audio_transcription": {},
    "output_audio_transcription": {},
    "realtime_input_config": {"automatic_activity_detection": {"silence_duration_ms": 300}},
}
WRITTEN = {"response_modalities": ["TEXT"]}
CLOCK = {"function_declarations": [{"name": "get_time", "description": "Tells the time of a city."}]}
LOUD, SILENT = b"\x10\x27" * 320, bytes(640)
"""20 ms of what pretended speech takes for a voice, and of silence."""


class Session(Protocol):
    """What is used of google-genai's AsyncSession; its messages are read as they come."""

    async def send_client_content(self, *, turns: object, turn_complete: bool) -> None: ...

    async def send_realtime_input(self, *, audio: object = None, text: str | None = None) -> None: ...

    async def send_tool_response(self, *, function_responses: object) -> None: ...

    async def send_context_update(self, *, system_instruction: object = None, tools: object = None) -> None: ...

    def receive(self) -> AsyncIterator[Any]: ...


def pretend(folder: Path | None) -> PretendSpeech:
    return PretendSpeech("What time is it?")


@asynccontextmanager
async def hosted(options: ServerOptions) -> AsyncGenerator[Any, None]:
    """google-genai's `live`, led to a server of ours."""
    from google import genai

    async with asyncio.timeout(30), serve(options) as server:

        def address(*_: object, **__: object) -> str:
            return server.url

        client = genai.Client(api_key="x")
        inner: Any = vars(client)["_api_client"]
        inner._websocket_base_url = address
        inner._websocket_ssl_ctx = {}
        yield client.aio.live


def judged(
    play: Callable[[Session], Awaitable[None]], model: str, config: dict[str, Any], options: ServerOptions
) -> None:
    """Runs a play with a session that google-genai has opened on a server of ours."""

    async def run() -> None:
        async with hosted(options) as live, live.connect(model=model, config=config) as session:
            await play(session)

    asyncio.run(run())


def options(brain: Brain, scenario: Scenario | None = None) -> ServerOptions:
    return ServerOptions(brain=brain, load_speech=pretend, missing=lambda: None, scenario=scenario or Scenario())


async def asks(session: Session, text: str) -> None:
    await session.send_client_content(turns=[{"role": "user", "parts": [{"text": text}]}], turn_complete=True)


async def turn(session: Session) -> list[Any]:
    """What comes up to the end of the turn, as google-genai understands it."""
    return [message async for message in session.receive()]


def said(messages: list[Any]) -> str:
    """The words of what was spoken."""
    contents = [message.server_content for message in messages if message.server_content]
    return "".join(content.output_transcription.text or "" for content in contents if content.output_transcription)


async def speaks(session: Session, pcm: bytes) -> None:
    from google.genai.types import Blob

    for start in range(0, len(pcm), 640):
        blob = Blob(data=pcm[start : start + 640], mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)


def test_a_text_turn() -> None:
    brain = Says("Hello ", "there.")

    async def play(session: Session) -> None:
        for question in ("hi", "and again"):
            await asks(session, question)
            messages = await turn(session)
            assert "".join(message.text or "" for message in messages) == "Hello there."
            assert messages[-2].server_content.generation_complete
            assert messages[-1].server_content.turn_complete
            assert messages[-1].usage_metadata.response_token_count == 3

    judged(play, TEXT_MODEL, WRITTEN, options(brain))
    assert [said.text for said in brain.histories[-1]] == ["hi", "Hello there.", "and again"]


def test_live_text() -> None:
    async def play(session: Session) -> None:
        await session.send_realtime_input(text="Are you there?")
        assert "".join([message.text or "" async for message in session.receive()]) == "Yes, I am."

    judged(play, TEXT_MODEL, WRITTEN, options(Says("Yes, I am.")))


def test_a_spoken_turn() -> None:
    async def play(session: Session) -> None:
        await speaks(session, LOUD * 25 + SILENT * 50)
        messages = await turn(session)
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
        await asks(session, "a story")
        contents: list[Any] = []
        async for message in session.receive():
            if not contents:
                await speaks(session, LOUD * 10)
            contents.append(message.server_content)
        assert [bool(content.interrupted) for content in contents[-2:]] == [True, False]
        assert contents[-1].turn_complete
        assert not any(content.generation_complete for content in contents)

    judged(play, AUDIO_MODEL, SPOKEN, options(Says(*["Once upon a time there was a tower. "] * 50)))


def test_a_tool_call_with_its_answer() -> None:
    async def play(session: Session) -> None:
        await session.send_realtime_input(text="what time is it in Rome?")
        messages: list[Any] = []
        async for message in session.receive():
            messages.append(message)
            if message.tool_call:
                await answer(session, message.tool_call.function_calls)
        (call,) = [call for message in messages if message.tool_call for call in message.tool_call.function_calls]
        assert (call.name, call.args) == ("get_time", {"city": "Rome"})
        assert said(messages) == "It is ten."

    judged(play, BLOCKING_MODEL, {**SPOKEN, "tools": [CLOCK]}, options(Asks()))


async def answer(session: Session, calls: list[Any], scheduling: str | None = None) -> None:
    from google.genai.types import FunctionResponse, FunctionResponseScheduling

    when = FunctionResponseScheduling(scheduling) if scheduling else None
    responses = [
        FunctionResponse(id=call.id, name=call.name, response={"output": "ten"}, scheduling=when) for call in calls
    ]
    await session.send_tool_response(function_responses=responses)


def test_a_function_that_runs_in_the_background() -> None:
    async def play(session: Session) -> None:
        await asks(session, "what time is it in Rome?")
        before = await turn(session)
        assert said(before) == "One moment."
        (asked,) = [message for message in before if message.tool_call]
        await answer(session, asked.tool_call.function_calls, "WHEN_IDLE")
        assert said(await turn(session)) == "It is ten."

    judged(play, AUDIO_MODEL, {**SPOKEN, "tools": [CLOCK]}, options(Asks("One moment.")))


def test_what_a_function_found_interrupts() -> None:
    async def play(session: Session) -> None:
        await asks(session, "what time is it in Rome?")
        messages: list[Any] = []
        async for message in session.receive():
            messages.append(message)
            if message.tool_call:
                await answer(session, message.tool_call.function_calls, "INTERRUPT")
        assert [message.server_content.interrupted for message in messages if message.server_content][-2] is True
        assert said(await turn(session)) == "It is ten."

    brain = Asks("Once upon a time there was a tower. " * 10)
    judged(play, AUDIO_MODEL, {**SPOKEN, "tools": [CLOCK]}, options(brain))


def test_what_a_function_found_is_kept_in_silence() -> None:
    async def play(session: Session) -> None:
        await asks(session, "what time is it in Rome?")
        (asked,) = [message for message in await turn(session) if message.tool_call]
        await answer(session, asked.tool_call.function_calls, "SILENT")
        await asks(session, "and?")
        assert said(await turn(session)) == "It is ten."

    judged(play, AUDIO_MODEL, {**SPOKEN, "tools": [CLOCK]}, options(Asks("One moment.")))


def test_a_go_away_followed_by_resumption() -> None:
    async def run() -> None:
        scenario = Scenario(limits=Limits(connection_s=2.0, notice_s=1.8))
        async with hosted(options(Recites(), scenario)) as live:
            async with live.connect(model=TEXT_MODEL, config=resumable()) as session:
                await asks(session, "my name is Ada")
                handle = await told_to_go(session)
            async with live.connect(model=TEXT_MODEL, config=resumable(handle)) as session:
                await asks(session, "who am I?")
                words = "".join(message.text or "" for message in await turn(session))
        assert words == "user: my name is Ada; user: who am I?; tools: none."

    asyncio.run(run())


def resumable(handle: str | None = None) -> dict[str, Any]:
    return {**WRITTEN, "session_resumption": {"handle": handle} if handle else {}}


async def told_to_go(session: Session) -> str:
    """The handle to come back with, once the server has said goAway."""
    handle, left = "", ""
    while not (handle and left):
        async for message in session.receive():
            if message.session_resumption_update and message.session_resumption_update.new_handle:
                assert message.session_resumption_update.resumable
                handle = message.session_resumption_update.new_handle
            if message.go_away:
                left = message.go_away.time_left
            if handle and left:
                break
    assert 0 < float(left.removesuffix("s")) <= 1.8
    return handle


def test_who_does_not_go_is_closed_upon() -> None:
    from google.genai.errors import APIError

    async def play(session: Session) -> None:
        while True:
            await turn(session)

    with pytest.raises(APIError) as caught:
        judged(play, TEXT_MODEL, WRITTEN, options(Says(), Scenario(limits=Limits(connection_s=0.3, notice_s=0.2))))
    assert caught.value.code == 1011
    assert "Deadline expired before operation could complete." in str(caught.value)


def test_extended_thinking_takes_several_turns() -> None:
    async def play(session: Session) -> None:
        await asks(session, "think hard")
        messages = await turn(session)
        contents = [message.server_content for message in messages if message.server_content]
        ends = [content.interaction_status.value for content in contents if content.turn_complete]
        assert ends == ["IN_PROGRESS", "IDLE"]
        assert said(messages).endswith("It is late.")
        parts = [part for content in contents if content.model_turn for part in content.model_turn.parts]
        assert [part.text for part in parts if part.thought] == ["Late, I think."]

    config = {**SPOKEN, "thinking_config": {"thinking_level": "HIGH", "include_thoughts": True}}
    judged(play, THINKING_MODEL, config, options(Muses()))


def test_a_context_that_changes() -> None:
    async def play(session: Session) -> None:
        await session.send_context_update(system_instruction="Be short.")
        await asks(session, "hi")
        assert said(await turn(session)) == "system: Be short.; user: hi; tools: get_time."

    judged(play, AUDIO_MODEL, {**SPOKEN, "system_instruction": "Be long.", "tools": [CLOCK]}, options(Recites()))


def test_an_error_close() -> None:
    from google.genai.errors import APIError

    async def play(session: Session) -> None:
        from google.genai.types import Blob

        await session.send_realtime_input(audio=Blob(data=b"1234", mime_type="audio/opus"))
        await turn(session)

    with pytest.raises(APIError) as caught:
        judged(play, AUDIO_MODEL, SPOKEN, options(Says()))
    assert caught.value.code == 1007


def test_an_error_before_the_session() -> None:
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
        messages = await turn(session)
        contents = [message.server_content for message in messages]
        heard = "".join(content.input_transcription.text for content in contents if content.input_transcription)
        assert heard.strip(" .?").lower() == "what time is it"
        assert sum(len(message.data or b"") for message in messages) > 24_000

    judged(play, AUDIO_MODEL, SPOKEN, ServerOptions(brain=Says("It is late. ", "Good night.")))
