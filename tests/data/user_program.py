"""Somebody's program that uses every public name of livechat, for the type checkers: it is read and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

import livechat
from livechat.testing import serving

WEATHER = livechat.FunctionDeclaration(
    name="get_weather",
    description="The weather in a place.",
    parameters=livechat.Schema(type="OBJECT", properties={"place": livechat.Schema(type="STRING")}),
)
BACKENDS: list[livechat.Backend] = [
    livechat.Developer(),
    livechat.Vertex(project="p", location="europe-west4"),
    livechat.FirebaseAI(key="k", project="p"),
    livechat.Server("ws://127.0.0.1:8080"),
    livechat.Local(scenario="weather_tool", speech="tones"),
]
CONFIG = livechat.LiveConfig(
    modality="AUDIO",
    voice=livechat.VOICES[0],
    language="en-GB",
    system_instruction="Be brief.",
    tools=[livechat.Tool(function_declarations=[WEATHER])],
    temperature=0.7,
    input_transcription=livechat.AudioTranscriptionConfig(),
    vad=livechat.AutomaticActivityDetection(silence_duration_ms=500),
    resumption=livechat.SessionResumption(),
    compression=livechat.ContextWindowCompression(sliding_window=livechat.SlidingWindow(target_tokens=8_000)),
    labels={"team": "tests"},
)
OTHERS: livechat.LiveChanges = {"voice": livechat.VoiceConfig(), "seed": 7}


def show(*found: object) -> None:
    """Somewhere."""


async def passed_on(
    session: livechat.LiveSession,
    request: livechat.Request,
    audio: livechat.AudioLike,
    image: livechat.ImageLike,
    answer: livechat.Response,
    instruction: livechat.Instruction,
    tool: livechat.ToolLike,
    microphone: livechat.MicrophoneLike,
    speaker: livechat.SpeakerLike,
) -> None:
    """What somebody who wraps a session says of what it takes."""
    await session.send(request)
    await session.send_audio_realtime(audio, end=True)
    await session.send_video_realtime(image)
    await session.send_function_responses(answer)
    await session.send_context_update(system_instruction=instruction, tools=tool)
    await session.start_audio_conversation(microphone=microphone, speaker=speaker)


def get_weather(place: str) -> str:
    return f"rain in {place}"


def heard(message: livechat.ServerMessage) -> None:
    text: str = message.text
    sound: bytes = message.audio
    done: bool = message.turn_complete or message.interrupted
    content: livechat.ServerContent | None = message.server_content
    call: livechat.ToolCall | None = message.tool_call
    gone: livechat.ToolCallCancellation | None = message.tool_call_cancellation
    going: livechat.GoAway | None = message.go_away
    update: livechat.SessionResumptionUpdate | None = message.session_resumption_update
    usage: livechat.UsageMetadata | None = message.usage_metadata
    said: livechat.Transcription | None = content.input_transcription if content is not None else None
    calls: list[livechat.FunctionCall] = (call.function_calls or []) if call is not None else []
    show(text, sound, done, calls, gone, going, update, usage, said)


def news(event: livechat.Event) -> str:
    match event:
        case livechat.Ready() | livechat.Answered() | livechat.ReplyCame() | livechat.FellSilent():
            return "it goes on"
        case livechat.UserSaid(text=text) | livechat.ModelSaid(text=text) | livechat.ModelThought(text=text):
            return text
        case livechat.ToolStarted() | livechat.ToolEnded() | livechat.UsageCounted() | livechat.Noted():
            return "by the way"
        case livechat.Interrupted() | livechat.TurnEnded() | livechat.GoingAway() | livechat.Ended():
            return "an end"
        case livechat.Faltering() | livechat.SoundDropped() | livechat.Resumable():
            return "the network"
        case livechat.Reconnecting() | livechat.Reconnected():
            return "again"
        case livechat.Failed(error=error):
            return error.what
        case _:
            return ""


def advice(error: livechat.LivechatError) -> tuple[str, int]:
    match error:
        case livechat.AccessDenied() | livechat.QuotaExceeded() | livechat.ModelUnavailable():
            return error.hint, error.exit_code
        case livechat.SessionClosed() | livechat.Unreachable() | livechat.Unanswered() | livechat.TryLater():
            return "again, later", error.exit_code
        case livechat.UsageError() | livechat.ConfigError() | livechat.BadInput() | livechat.MissingInput():
            return error.what, error.exit_code
        case livechat.LocalProtocolError() | livechat.RemoteProtocolError() | livechat.RequestRejected():
            return error.why, error.exit_code
        case livechat.DeviceError() | livechat.TimeLimit():
            return str(error), error.exit_code
        case _:
            return error.hint, 1


def closed(how: livechat.Closed) -> None:
    code: int = how.code
    show(code, how.reason)


CALLBACKS = livechat.Callbacks(onopen=lambda: None, onmessage=heard, onerror=None, onclose=closed)


async def frames() -> AsyncIterator[bytes]:
    yield bytes(640)


async def media() -> AsyncIterator[livechat.Blob]:
    yield livechat.Blob(data=bytes(640), mime_type="audio/pcm")


async def converse(model: livechat.LiveGenerativeModel) -> None:
    setup: livechat.Setup = model.setup("models/gemini-3.8-live")
    async with model.connect(CALLBACKS) as session, livechat.connect("gemini-3.8-live", backend=model.backend) as other:
        await send_all(session, setup)
        await receive_all(other)
        conversation: livechat.AudioConversation = await session.start_audio_conversation(
            microphone=frames(), speaker=None, tools=[get_weather], echo="off"
        )
        async with conversation:
            conversation.muted = True
            names: tuple[str, str] = conversation.device_names
            show(conversation.ended, conversation.echo.how, names)
        await conversation.wait()
        await conversation.stop()
        await session.close()


async def send_all(session: livechat.LiveSession, setup: livechat.Setup) -> None:
    content = livechat.Content(role="user", parts=[livechat.Part(text="Hello.")])
    response = livechat.FunctionResponse(id="1", name="get_weather", response={"sky": "rain"})
    await session.send("Hello.", turn_complete=True)
    await session.send(["Look:", livechat.Part(text="here"), {"text": "there"}])
    await session.send_client_content([content], turn_complete=False)
    await session.say("Hello.")
    await session.send_text_realtime("Hello.")
    await session.send_audio_realtime(np.zeros(480, np.float32), rate=48_000)
    await session.send_audio_realtime(frames())
    await session.send_video_realtime(Path("picture.jpg"), mime_type="image/jpeg")
    await session.send_realtime_input(activity_start=True)
    await session.send_media_chunks([livechat.Blob(data=b"", mime_type="audio/pcm")])
    await session.send_media_stream(media())
    await session.start_media_stream(media())
    await session.send_function_responses(response)
    await session.send_tool_response([response, {"id": "2", "name": "get_weather", "response": {}}])
    await session.send_context_update(system_instruction="Be brief.", tools=[WEATHER])
    show(setup.model, session.model, session.session_id, session.in_conversation)
    show(session.error, session.handle, session.is_closed)


async def receive_all(session: livechat.LiveSession) -> None:
    async for message in session.receive():
        heard(message)
        session.stop_receiving()
    async for event in session.events():
        news(event)
    async for turn in session.turns():
        text: str = turn.text + turn.user + turn.thoughts + turn.reason
        show(text, turn.audio, turn.seconds, turn.interrupted, turn.number)
    answer: livechat.Turn = await session.ask("Who are you?")
    answer.save(Path("answer.wav"))
    used: livechat.UsageCounted = session.usage
    show(answer.text, used)


async def music(model: livechat.LiveGenerativeModel) -> bytes:
    config = livechat.MusicGenerationConfig(bpm=120)
    made: livechat.LiveMusic = model.music
    async with made.connect() as session:
        await steer(session, config)
        async for message in session.receive():
            heard(message)
        async for pcm in session.sound():
            return pcm
        session.stop_receiving()
        await session.close()
    return b""


async def steer(session: livechat.MusicSession, config: livechat.MusicGenerationConfig) -> None:
    await session.set_weighted_prompts([livechat.WeightedPrompt(text="rain", weight=1.0), "techno", ("wind", 0.5)])
    await session.set_music_generation_config(config, mute_drums=True)
    await session.play()
    await session.pause()
    await session.reset_context()
    await session.stop()
    show(session.model, session.prompts, session.config, session.error, session.is_closed)


async def token() -> livechat.Token:
    made = await livechat.create_token(uses=1, expire_in=timedelta(minutes=5), config=CONFIG, lock="given")
    again: livechat.Token = livechat.create_token_sync(backend=livechat.Developer(), new_session_within=60.0)
    return made if made.uses == again.uses else again


def pictures() -> Iterator[bytes]:
    yield Path("picture.jpg").read_bytes()


def notebook() -> None:
    model = livechat.get_live_generative_model("gemini-3.8-live", backend=BACKENDS[0], config=CONFIG, **OTHERS)
    connection: livechat.SyncConnection[livechat.SyncSession] = livechat.connect_sync(model, callbacks=CALLBACKS)
    with connection as session, model.connect_sync() as other:
        send_all_of(session)
        receive_all_of(other)
        talk: livechat.SyncAudioConversation = session.start_audio_conversation(microphone=iter([b""]), speaker=False)
        with talk:
            talk.muted = not talk.muted
            show(talk.ended, talk.device_names, talk.echo)
        talk.wait()
        talk.stop()
    opened: livechat.SyncSession = connection.open()
    opened.close()
    with model.music.connect_sync() as played:
        steer_plainly(played)


def send_all_of(session: livechat.SyncSession) -> None:
    response = livechat.FunctionResponse(id="1", name="get_weather", response={"sky": "rain"})
    session.send("Hello.", turn_complete=True)
    session.send_client_content()
    session.say("Hello.")
    session.send_text_realtime("Hello.")
    session.send_audio_realtime([bytes(640), bytes(640)])
    session.send_video_realtime(pictures())
    session.send_realtime_input(audio_stream_end=True)
    session.send_media_chunks([livechat.Blob(data=b"", mime_type="audio/pcm")])
    session.send_media_stream(iter([livechat.Blob(data=b"", mime_type="audio/pcm")]))
    session.start_media_stream([])
    session.send_function_responses(response)
    session.send_tool_response([response])
    session.send_context_update(tools=[WEATHER])
    show(session.model, session.session_id, session.in_conversation)
    show(session.error, session.handle, session.is_closed)


def receive_all_of(session: livechat.SyncSession) -> None:
    for message in session.receive():
        heard(message)
        break
    words = [news(event) for event in session.events()]
    turns: list[livechat.Turn] = list(session.turns())
    session.stop_receiving()
    answer: livechat.Turn = session.ask("Who are you?")
    used: livechat.UsageCounted = session.usage
    session.raise_broken()
    show(words, turns, answer.text, used)


def steer_plainly(music: livechat.SyncMusicSession) -> None:
    music.set_weighted_prompts({"rain": 1.0})
    music.set_music_generation_config(bpm=120)
    music.play()
    music.pause()
    music.reset_context()
    music.stop()
    for pcm in music.sound():
        show(pcm)
    for message in music.receive():
        heard(message)
    music.stop_receiving()
    show(music.model, music.prompts, music.config, music.error, music.is_closed)
    music.raise_broken()
    music.close()


@livechat.tool
def temperature(city: str) -> float:
    """Tells the temperature in a city, in degrees."""
    if not city:
        raise livechat.ToolFailure("say which city")
    return 19.0


@livechat.tool(name="wind", blocking=False, scheduling="WHEN_IDLE", timeout_s=5.0, permission="allow")
async def blowing(city: str, *, knots: bool = False) -> str:
    return f"{city}: {temperature(city) + 1.0} {'kn' if knots else 'm/s'}"


async def use_tools_oneself() -> None:
    degrees: float = temperature("Oslo")
    words: str = await blowing("Oslo", knots=True)
    show(degrees, words)


def test_my_program() -> None:
    with serving("weather_tool") as server, livechat.connect_sync(backend=server.url) as session:
        assert session.ask("What is the weather in Oslo?").text
    show(livechat.__version__, livechat.LiveConfig().changed(voice="Puck"))
