"""The five faces of the Live API's clients, each name of theirs at work here against the embedded server.

`library_names.md` says which name is shown where. What each does in every corner has tests of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from livechat import (
    Blob,
    Callbacks,
    Closed,
    Content,
    FunctionDeclaration,
    FunctionResponse,
    LivechatError,
    LiveConfig,
    LiveGenerativeModel,
    LiveMusic,
    LiveSession,
    Local,
    Part,
    Server,
    ServerMessage,
    SessionClosed,
    TryLater,
    UsageError,
    create_token,
    get_live_generative_model,
)
from livechat.testing import Event, LiveServer, serving
from tests.aio import run

WRITES, SPEAKS = "gemini-2.0-flash-live-001", "gemini-3.8-live"
HELLO = {"turn": [{"do": [{"say": "Hello there."}]}, {"do": [{"say": "And again."}]}]}
WEATHER = FunctionDeclaration(name="get_weather", description="The weather in a place.")
CALLS = {"turn": [{"do": [{"call": "get_weather", "args": {"place": "Oslo"}}, {"say": "It rains."}]}]}
FRAME = bytes(640)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def writing(server: LiveServer, **changes: Any) -> LiveGenerativeModel:  # noqa: ANN401  the keywords of LiveConfig
    return LiveGenerativeModel(WRITES, backend=server.url, modality="TEXT", **changes)


def speaking(server: LiveServer, **changes: Any) -> LiveGenerativeModel:  # noqa: ANN401
    return LiveGenerativeModel(SPEAKS, backend=server.url, **changes)


async def answer(session: LiveSession) -> str:
    """The words up to the end of the turn."""
    words = ""
    async for message in session.receive():
        words += message.text
        if message.turn_complete:
            return words
    raise AssertionError("the session ended in the middle of a turn")


def came(server: LiveServer, kind: str, at_least: int = 1) -> list[Event]:
    """Waits until so many frames of a kind have come to the server."""

    def found() -> list[Event]:
        return [e for e in server.events if e["event"] == "in" and any(kind in one for one in e["kinds"])]

    server.wait_for(lambda _: len(found()) >= at_least)
    return found()


# ------------------------------------------------------------------------------------------ beginning and ending


def test_a_model_is_made_by_name_with_its_configuration() -> None:
    with serving(HELLO) as server:
        model = get_live_generative_model(
            SPEAKS, backend=Server(server.url), config=LiveConfig(voice="Puck", temperature=0.5), language="de-DE"
        )

        async def play() -> None:
            async with model.connect() as session:
                assert session.model == f"models/{SPEAKS}"

        run(play())
        setup = server.wait_for(lambda event: event["event"] == "setup")
        assert setup["modalities"] == ["AUDIO"]
        assert model.setup().generation_config is not None
        assert json.loads(model.setup().model_dump_json())["generation_config"]["temperature"] == 0.5


def test_connecting_can_be_cancelled_and_leaves_nothing_behind() -> None:
    async def play() -> None:
        async with asyncio.TaskGroup() as tasks:
            connecting = tasks.create_task(connect())
            await asyncio.sleep(0)
            connecting.cancel()
        assert connecting.cancelled()

    async def connect() -> None:
        async with LiveGenerativeModel(WRITES, backend=Local(speech="tones"), modality="TEXT").connect():
            await asyncio.Event().wait()

    run(play())


def test_callbacks_hear_it_open_speak_and_close() -> None:
    heard: list[str] = []

    async def play(server: LiveServer) -> None:
        spoken = asyncio.Event()

        def onmessage(message: ServerMessage) -> None:
            heard.append("message")
            if message.turn_complete:
                spoken.set()

        callbacks = Callbacks(
            onopen=lambda: heard.append("open"),
            onmessage=onmessage,
            onclose=lambda closed: heard.append(f"close {closed.code}"),
        )
        async with writing(server).connect(callbacks) as session:
            await session.send("hello")
            await spoken.wait()

    with serving(HELLO) as server:
        run(play(server))
    assert heard[0] == "open"
    assert "message" in heard
    assert heard[-1].startswith("close")


def test_callbacks_hear_what_broke_it() -> None:
    heard: list[object] = []

    async def play(server: LiveServer) -> None:
        closed = asyncio.Event()

        def onclose(how: Closed) -> None:
            heard.append(how.code)
            closed.set()

        def onerror(error: LivechatError) -> None:
            heard.append(type(error))

        async with writing(server).connect(Callbacks(onerror=onerror, onclose=onclose)):
            server.close(1011, "Internal error encountered.")
            await closed.wait()

    with serving(HELLO) as server:
        run(play(server))
    assert heard == [TryLater, 1011]


def test_a_session_is_closed_as_often_as_one_likes_and_then_every_method_says_so() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            assert not session.is_closed
            await session.close()
            await asyncio.to_thread(asyncio.run, session.close())
            assert session.is_closed
            with pytest.raises(SessionClosed):
                await session.send("hello")
            with pytest.raises(SessionClosed):
                session.receive()

    with serving(HELLO) as server:
        run(play(server))


def test_leaving_the_block_disposes_of_the_session() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            pass
        assert session.is_closed

    with serving(HELLO) as server:
        run(play(server))
        server.wait_for(lambda event: event["event"] == "closed" and event["code"] == 1000)


# ----------------------------------------------------------------------------------------------------- sending


@pytest.mark.parametrize(
    "request_",
    [
        "hello",
        Part(text="hello"),
        ["hel", Part(text="lo")],
        Content(role="user", parts=[Part(text="hello")]),
        {"text": "hello"},
    ],
    ids=["text", "part", "list", "content", "mapping"],
)
def test_what_is_sent_is_answered(request_: Any) -> None:  # noqa: ANN401  a Request
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            await session.send(request_, turn_complete=True)
            assert await answer(session) == "Hello there."

    with serving(HELLO) as server:
        run(play(server))


def test_client_content_waits_for_the_end_of_the_turn() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            await session.send("first", turn_complete=False)
            await session.send_client_content([Content(parts=[Part(text="second")])], turn_complete=False)
            await session.send_client_content()
            assert await answer(session) == "And again."  # the script has counted what the user said

    with serving(HELLO) as server:
        run(play(server))
        assert [event.get("words") for event in came(server, "clientContent", 3)] == ["first", "second", None]


def test_live_text_is_answered() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            await session.send_text_realtime("hello")
            assert await answer(session) == "Hello there."
            await session.send_realtime_input(text="hello")
            assert await answer(session) == "And again."

    with serving(HELLO) as server:
        run(play(server))


def test_live_sound_goes_out_in_every_form() -> None:
    async def microphone() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield FRAME

    async def play(server: LiveServer) -> None:
        async with speaking(server).connect() as session:
            await session.send_audio_realtime(FRAME)
            await session.send_audio_realtime(np.zeros(480, np.float32), rate=48_000)
            await session.send_audio_realtime(microphone())
            await session.send_realtime_input(audio=Blob(data=FRAME, mime_type="audio/pcm;rate=16000"))
            await session.send_realtime_input(media=Blob(data=FRAME, mime_type="audio/pcm"))
            await session.send_realtime_input(audio_stream_end=True)

    with serving(HELLO) as server:
        run(play(server))
        assert len(came(server, "realtimeInput.audio", 7)) >= 7
        assert came(server, "audioStreamEnd")


def test_the_user_s_speech_can_be_marked_by_hand() -> None:
    async def play(server: LiveServer) -> None:
        async with speaking(server, vad="manual").connect() as session:
            await session.send_realtime_input(activity_start=True)
            await session.send_audio_realtime(FRAME)
            await session.send_realtime_input(activity_end=True)

    with serving(HELLO) as server:
        run(play(server))
        assert came(server, "activityStart")
        assert came(server, "activityEnd")


def test_live_pictures_go_out() -> None:
    async def play(server: LiveServer) -> None:
        async with speaking(server).connect() as session:
            await session.send_video_realtime(Blob(data=JPEG, mime_type="image/jpeg"))

    with serving(HELLO) as server:
        run(play(server))
        assert came(server, "video")


def test_chunks_and_streams_of_media_go_out_in_today_s_form() -> None:
    sound = Blob(data=FRAME, mime_type="audio/pcm")

    async def stream() -> AsyncIterator[Blob]:
        yield sound
        yield sound

    async def play(server: LiveServer) -> None:
        async with speaking(server).connect() as session:
            await session.send_media_chunks([sound, sound])
            await session.send_media_stream(stream())
            await session.start_media_stream(stream())

    with serving(HELLO) as server:
        run(play(server))
        assert len(came(server, "realtimeInput.audio", 6)) == 6
        assert "mediaChunks" not in json.dumps(server.events)


@pytest.mark.parametrize("method", ["send_function_responses", "send_tool_response"])
def test_calls_are_answered(method: str) -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server, tools=[WEATHER]).connect() as session:
            await session.send("What is the weather?")
            async for message in session.receive():
                if message.tool_call is not None:
                    calls = message.tool_call.function_calls or []
                    rain = [FunctionResponse(id=call.id, name=call.name, response={"sky": "rain"}) for call in calls]
                    await getattr(session, method)(rain)
                if message.turn_complete:
                    break

    with serving(CALLS) as server:
        run(play(server))
        assert came(server, "toolResponse")


def test_an_answer_without_its_id_is_refused_where_the_endpoint_demands_one() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server, tools=[WEATHER]).connect() as session:
            with pytest.raises(UsageError, match="id"):
                await session.send_function_responses(FunctionResponse(name="get_weather", response={}))

    with serving(CALLS) as server:
        run(play(server))


def test_the_context_is_updated_in_the_middle() -> None:
    async def play(server: LiveServer) -> None:
        async with speaking(server).connect() as session:
            await session.send_context_update(system_instruction="Be brief.", tools=[WEATHER])

    with serving(HELLO) as server:
        run(play(server))
        assert came(server, "contextUpdate")[0]["words"] == "Be brief."


# --------------------------------------------------------------------------------------------------- receiving


def test_messages_come_one_by_one_until_a_graceful_end() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            await session.send("hello")
            words = ""
            async for message in session.receive():
                words += message.text
                if message.turn_complete:
                    server.close(1000)
            assert words == "Hello there."
            assert session.error is None

    with serving(HELLO) as server:
        run(play(server))


def test_an_abnormal_end_is_raised() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            server.close(1011, "Internal error encountered.")
            with pytest.raises(TryLater):
                async for _ in session.receive():
                    pass

    with serving(HELLO) as server:
        run(play(server))


def test_one_consumer_at_a_time_may_receive() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:

            async def consume() -> str:
                try:
                    async for _ in session.receive():
                        pass
                except UsageError:
                    return "second"
                return "first"

            async with asyncio.TaskGroup() as tasks:
                consumers = [tasks.create_task(consume()) for _ in range(2)]
                await asyncio.wait(consumers, return_when=asyncio.FIRST_COMPLETED)
                session.stop_receiving()
            assert sorted(consumer.result() for consumer in consumers) == ["first", "second"]

    with serving(HELLO) as server:
        run(play(server))


def test_receiving_is_stopped_and_the_session_stays() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server).connect() as session:
            await session.send("hello")
            async for message in session.receive():
                if message.turn_complete:
                    session.stop_receiving()
            assert not session.is_closed
            await session.send("hello")
            assert await answer(session) == "And again."

    with serving(HELLO) as server:
        run(play(server))


def test_a_message_says_what_is_in_it() -> None:
    async def play(server: LiveServer) -> None:
        async with speaking(server, voice="Puck").connect() as session:
            await session.send("hello")
            words, sound, kinds = "", b"", set[str]()
            async for message in session.receive():
                words += message.text
                sound += message.audio
                assert not message.interrupted
                if message.server_content is not None and (said := message.server_content.model_turn) is not None:
                    kinds |= {part.inline_data.mime_type or "" for part in said.parts or [] if part.inline_data}
                if message.turn_complete:
                    break
            assert words == "Hello there."
            assert len(sound) > 4_800
            assert {kind.partition(";")[0] for kind in kinds} == {"audio/pcm"}

    with serving(HELLO) as server:
        run(play(server))


def test_turns_come_whole() -> None:
    async def play(server: LiveServer) -> None:
        async with speaking(server).connect() as session:
            turn = await session.ask("hello")
            assert (turn.user, turn.text) == ("hello", "Hello there.")
            assert turn.seconds > 0.1

    with serving(HELLO) as server:
        run(play(server))


def test_a_call_that_is_taken_back_is_told() -> None:
    async def play(server: LiveServer) -> None:
        async with writing(server, tools=[WEATHER]).connect() as session:
            await session.send("What is the weather?")
            async for message in session.receive():
                if message.tool_call is not None:
                    await session.send("Never mind.")
                if (gone := message.tool_call_cancellation) is not None:
                    assert gone.ids
                    return

    with serving(CALLS) as server:
        run(play(server))


# ----------------------------------------------------------------------------------------- talking, music, tokens


def test_an_audio_conversation_is_started_and_stopped() -> None:
    speech = (np.sin(np.arange(6_400) / 5) * 20_000).astype("<i2").tobytes()

    async def microphone() -> AsyncIterator[bytes]:
        yield speech
        yield bytes(38_400)

    async def play(server: LiveServer) -> None:
        sounded: list[bytes] = []
        async with speaking(server).connect() as session:
            conversation = await session.start_audio_conversation(
                microphone=microphone(), speaker=sounded.append, tools={"get_weather": lambda: "rain"}
            )
            assert session.in_conversation
            await server.happens(lambda event: "serverContent.turnComplete" in event.get("kinds", ()))
            await conversation.stop()
            assert not session.in_conversation
            assert not session.is_closed
        assert b"".join(sounded)

    with serving({"turn": [{"hear": "hello", "do": [{"say": "Hello there."}]}]}) as server:
        run(play(server))


def test_music_is_made_and_steered() -> None:
    async def play(server: LiveServer) -> None:
        async with LiveGenerativeModel(backend=server.url).music.connect() as music:
            await music.set_weighted_prompts({"minimal techno": 1.0, "rain": 0.3})
            await music.set_music_generation_config(bpm=120, mute_drums=True)
            await music.play()
            async for pcm in music.sound():
                assert pcm
                break
            await music.pause()
            await music.reset_context()
            await music.stop()
            await music.close()
            assert music.is_closed
        assert isinstance(LiveMusic(server.url), LiveMusic)

    with serving() as server:
        run(play(server))
        assert len(came(server, "playbackControl", 4)) == 4


def test_a_token_opens_a_session() -> None:
    async def play(server: LiveServer) -> None:
        token = await create_token(backend=Server(server.url, "a-key"), uses=1, expire_in=timedelta(minutes=5))
        model = LiveGenerativeModel(WRITES, backend=Server(server.url, token), modality="TEXT")
        async with model.connect() as session:
            await session.send("hello")
            assert await answer(session) == "Hello there."

    with serving(HELLO) as server:
        run(play(server))
