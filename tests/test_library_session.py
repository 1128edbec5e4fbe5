"""A program's session over a link in memory, on virtual time: what it sends, what it receives, and how it ends."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from livechat.closing import Facts
from livechat.errors import BadInput, LivechatError, LocalProtocolError, SessionClosed, UsageError
from livechat.events import ToolEnded, ToolStarted, TurnEnded, UserSaid
from livechat.library.backends import Reached
from livechat.library.callbacks import Callbacks
from livechat.library.running import Running
from livechat.library.session import LiveSession
from livechat.library.turns import Turn
from livechat.protocol.parts import Blob, Content, FunctionDeclaration, FunctionResponse, Part, Tool
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from tests import virtual
from tests.session_help import COMPLETE, INTERRUPTED, READY, FakeWire, Frame, silent, sound, wrote

REACHED = Reached("ws://nowhere", {}, "models/gemini-3.8-live", Facts(server="nowhere"), demands_ids=True)
JPEG = b"\xff\xd8\xff\xe0 a picture"
T = TypeVar("T")
Script = Callable[[LiveSession], Awaitable[None]]


MANUAL: Frame = {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}


@asynccontextmanager
async def opened(
    wire: FakeWire, callbacks: Callbacks | None = None, reached: Reached = REACHED, asked: Frame | None = None
) -> AsyncGenerator[LiveSession]:
    async def connect() -> FakeWire:
        await asyncio.sleep(0)
        return wire

    setup = Setup.model_validate({"model": reached.model, **(asked or {})})
    running = Running(reached, setup, callbacks or Callbacks(), connect)
    async with running.held():
        yield LiveSession(running)


def sent(script: Script, asked: Frame | None = None) -> list[Frame]:
    """What goes over the wire behind the setup while a script runs."""

    async def main() -> list[Frame]:
        wire = FakeWire(silent)
        async with opened(wire, asked=asked) as session:
            await script(session)
            await asyncio.sleep(0.1)
        return wire.sent[1:]

    return virtual.run(main())


# ------------------------------------------------------------------------------------------------ sending


def content(*texts: str, complete: bool = True) -> Frame:
    turns = {"turns": [{"role": "user", "parts": [{"text": text} for text in texts]}]} if texts else {}
    return {"clientContent": {**turns, "turnComplete": complete}}


def pcm(frame: Frame) -> bytes:
    assert frame["realtimeInput"]["audio"]["mimeType"] == "audio/pcm;rate=16000"
    return base64.b64decode(frame["realtimeInput"]["audio"]["data"])


async def stream(*items: T) -> AsyncIterator[T]:
    for item in items:
        await asyncio.sleep(0.01)
        yield item


SENDING: dict[str, tuple[Callable[[LiveSession], Awaitable[None]], Frame]] = {
    "send": (lambda session: session.send("hi"), content("hi")),
    "send, of which more follows": (lambda session: session.send("hi", False), content("hi", complete=False)),
    "send_client_content": (
        lambda session: session.send_client_content(["a", Part(text="b")], turn_complete=True),
        content("a", "b"),
    ),
    "send_client_content of a content": (
        lambda session: session.send_client_content(Content(parts=[Part(text="a")])),
        content("a"),
    ),
    "the end of a turn": (lambda session: session.send_client_content(), content()),
    "send_text_realtime": (lambda session: session.send_text_realtime("hi"), {"realtimeInput": {"text": "hi"}}),
    "say": (lambda session: session.say("hi"), content("hi")),
    "send_video_realtime": (
        lambda session: session.send_video_realtime(JPEG),
        {"realtimeInput": {"video": {"mimeType": "image/jpeg", "data": base64.b64encode(JPEG).decode()}}},
    ),
    "text as live input": (lambda session: session.send_realtime_input(text="hi"), {"realtimeInput": {"text": "hi"}}),
    "a picture as live input": (
        lambda session: session.send_realtime_input(video=JPEG),
        {"realtimeInput": {"video": {"mimeType": "image/jpeg", "data": base64.b64encode(JPEG).decode()}}},
    ),
    "the end of the sound": (
        lambda session: session.send_realtime_input(audio_stream_end=True),
        {"realtimeInput": {"audioStreamEnd": True}},
    ),
    "send_function_responses": (
        lambda session: session.send_function_responses(
            FunctionResponse(id="1", name="f", response={"output": 3}, scheduling="SILENT", will_continue=True)
        ),
        {
            "toolResponse": {
                "functionResponses": [
                    {
                        "id": "1",
                        "name": "f",
                        "response": {"output": 3},
                        "scheduling": "SILENT",
                        "willContinue": True,
                    }
                ]
            }
        },
    ),
    "send_tool_response": (
        lambda session: session.send_tool_response([{"id": "1", "name": "f", "response": {}}]),
        {"toolResponse": {"functionResponses": [{"id": "1", "name": "f", "response": {}}]}},
    ),
    "send_context_update": (
        lambda session: session.send_context_update(system_instruction="be brief", tools=[]),
        {"contextUpdate": {"systemInstruction": {"parts": [{"text": "be brief"}]}, "tools": {"tools": []}}},
    ),
    "tools alone": (
        lambda session: session.send_context_update(tools=Tool(function_declarations=[FunctionDeclaration(name="f")])),
        {"contextUpdate": {"tools": {"tools": [{"functionDeclarations": [{"name": "f"}]}]}}},
    ),
}


@pytest.mark.parametrize("how", SENDING)
def test_what_is_sent_has_today_s_form(how: str) -> None:
    script, frame = SENDING[how]
    assert sent(script) == [frame]


@pytest.mark.parametrize(
    "script",
    [
        lambda session: session.send_audio_realtime(bytes(2000)),
        lambda session: session.send_audio_realtime(stream(bytes(1000), bytes(999), bytes(1))),
        lambda session: session.send_realtime_input(audio=bytes(2000)),
        lambda session: session.send_realtime_input(media=Blob(data=bytes(2000), mime_type="audio/pcm")),
        lambda session: session.send_media_chunks([Blob(data=bytes(2000), mime_type="audio/pcm;rate=16000")]),
        lambda session: session.send_media_stream(stream(Blob(data=bytes(2000), mime_type="audio/pcm"))),
        lambda session: session.start_media_stream(stream(Blob(data=bytes(2000), mime_type="audio/pcm"))),
    ],
)
def test_sound_goes_out_as_16_khz_however_it_was_given(script: Script) -> None:
    assert b"".join(map(pcm, sent(script))) == bytes(2000)


def test_sound_of_another_rate_is_one_stream_that_the_end_of_the_sound_completes() -> None:
    async def script(session: LiveSession) -> None:
        for _ in range(10):
            await session.send_audio_realtime(bytes(960), rate=48_000)
        await session.send_realtime_input(audio_stream_end=True)

    *sounds, end = sent(script)
    assert end == {"realtimeInput": {"audioStreamEnd": True}}
    assert sum(len(pcm(frame)) for frame in sounds) == 3200


def test_who_marks_the_activity_marks_both_ends() -> None:
    async def script(session: LiveSession) -> None:
        await session.send_realtime_input(activity_start=True)
        await session.send_audio_realtime(bytes(640))
        await session.send_realtime_input(activity_end=True)

    began, heard, ended = sent(script, MANUAL)
    assert (began, ended) == ({"realtimeInput": {"activityStart": {}}}, {"realtimeInput": {"activityEnd": {}}})
    assert pcm(heard) == bytes(640)


def test_the_last_sound_may_say_that_it_is_the_last() -> None:
    heard, ended = sent(lambda session: session.send_audio_realtime(bytes(640), end=True))
    assert (pcm(heard), ended) == (bytes(640), {"realtimeInput": {"audioStreamEnd": True}})
    *_, ended = sent(lambda session: session.send_audio_realtime(stream(bytes(640)), end=True), MANUAL)
    assert ended == {"realtimeInput": {"activityEnd": {}}}


def test_pictures_wait_for_their_second() -> None:
    async def main() -> list[float]:
        wire = FakeWire(silent)
        times: list[float] = []
        async with opened(wire) as session:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for _ in range(3):
                await session.send_video_realtime(JPEG)
                times.append(loop.time() - began)
            await session.send_media_chunks([Blob(data=JPEG, mime_type="image/jpeg")])
            times.append(loop.time() - began)
        return times

    assert virtual.run(main()) == pytest.approx([0, 1, 2, 3])


def test_of_a_stream_of_pictures_the_newest_goes_out_each_second() -> None:
    async def frames() -> AsyncIterator[bytes]:
        for number in range(25):
            yield JPEG + bytes([number])
            await asyncio.sleep(0.09)

    frames_sent = sent(lambda session: session.send_video_realtime(frames()))
    numbers = [base64.b64decode(frame["realtimeInput"]["video"]["data"])[-1] for frame in frames_sent]
    assert numbers == [0, 11, 22, 24]


MISTAKES: dict[str, tuple[Script, type[LivechatError], str]] = {
    "nothing": (lambda session: session.send_realtime_input(), UsageError, "no input"),
    "two kinds": (
        lambda session: session.send_realtime_input(text="hi", audio_stream_end=True),
        UsageError,
        "text and audio_stream_end",
    ),
    "a mark for a server that listens": (
        lambda session: session.send_realtime_input(activity_start=True),
        UsageError,
        "activity_start has no use",
    ),
    "an update of nothing": (lambda session: session.send_context_update(), UsageError, "nothing new"),
    "an answer without an id": (
        lambda session: session.send_function_responses(FunctionResponse(name="f", response={})),
        UsageError,
        "no id",
    ),
    "a film as a chunk": (
        lambda session: session.send_media_chunks([Blob(data=b"x", mime_type="video/mp4")]),
        UsageError,
        "video/mp4",
    ),
    "a chunk of nothing": (lambda session: session.send_media_chunks([Blob(data=b"x")]), UsageError, "no type"),
    "no picture": (lambda session: session.send_video_realtime(b"hello"), BadInput, "JPEG"),
    "an answer that is no JSON": (
        lambda session: session.send_function_responses(
            FunctionResponse(id="1", name="f", response={"output": "\ud800"})
        ),
        LocalProtocolError,
        "cannot be written",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_and_costs_nothing_but_itself(mistake: str) -> None:
    script, kind, words = MISTAKES[mistake]

    async def mistaken(session: LiveSession) -> None:
        with pytest.raises(kind, match=words):
            await script(session)
        assert not session.is_closed
        await session.send("still here")

    assert sent(mistaken) == [content("still here")]


def test_the_end_of_the_stream_is_no_mark_for_who_marks_the_activity() -> None:
    async def script(session: LiveSession) -> None:
        with pytest.raises(UsageError, match="audio_stream_end has no use"):
            await session.send_realtime_input(audio_stream_end=True)

    assert sent(script, MANUAL) == []


def test_a_model_that_takes_no_new_context_is_not_sent_one() -> None:
    async def main() -> list[Frame]:
        wire = FakeWire(silent)
        async with opened(wire, reached=replace(REACHED, model="models/gemini-live-2.5-flash")) as session:
            with pytest.raises(UsageError) as refused:
                await session.send_context_update(tools=[])
        assert refused.value.why == "Gemini Live 2.5 Flash takes no new context"
        return wire.sent[1:]

    assert virtual.run(main()) == []


def test_vertex_takes_answers_without_ids() -> None:
    vertex = Reached("ws://nowhere", {}, "models/m", Facts(), demands_ids=False)

    async def main() -> list[Frame]:
        wire = FakeWire(silent)
        async with opened(wire, reached=vertex) as session:
            await session.send_function_responses(FunctionResponse(name="f", response={}))
        return wire.sent[1:]

    assert virtual.run(main()) == [{"toolResponse": {"functionResponses": [{"name": "f", "response": {}}]}}]


# ---------------------------------------------------------------------------------------------- receiving


def test_messages_come_over_all_turns_until_it_is_closed() -> None:
    async def main() -> list[str]:
        texts: list[str] = []
        async with opened(FakeWire()) as session:
            await session.send("one")
            await session.send("two")
            async for message in session.receive():
                texts.append(message.text)
                if texts.count("Hel") == 2 and message.turn_complete:
                    await session.close()
        return texts

    assert virtual.run(main()) == ["", "Hel", "lo.", "", "Hel", "lo.", ""]


def test_a_loop_that_is_left_goes_on_where_it_stopped() -> None:
    async def main() -> list[str]:
        texts: list[str] = []
        async with opened(FakeWire()) as session:
            await session.send("one")
            async for message in session.receive():
                if message.text:
                    break
            async for message in session.receive():
                texts.append(message.text)
                if message.turn_complete:
                    break
        return texts

    assert virtual.run(main()) == ["lo.", ""]


def test_a_second_consumer_is_told_so_at_once_and_the_first_goes_on() -> None:
    async def main() -> str:
        async with opened(FakeWire()) as session, asyncio.TaskGroup() as tasks:

            async def first() -> str:
                async for turn in session.turns():
                    return turn.text
                return ""

            waiting = tasks.create_task(first())
            await asyncio.sleep(1)
            for other in (session.receive(), session.events(), session.turns()):
                with pytest.raises(UsageError, match="somebody else is receiving"):
                    await anext(other)
            await session.send("hi")
            return await waiting

    assert virtual.run(main()) == "Hello."


def test_the_news_are_those_of_the_command_line() -> None:
    async def main() -> list[str]:
        kinds: list[str] = []
        async with opened(FakeWire()) as session:
            await session.send("hi")
            async for event in session.events():
                kinds.append(type(event).__name__)
                if isinstance(event, TurnEnded):
                    session.stop_receiving()
        return kinds

    assert virtual.run(main()) == ["Ready", "UserSaid", "ModelSaid", "ModelSaid", "TurnEnded"]


def spoken(frame: Frame) -> list[Frame]:
    if "setup" in frame:
        return [READY]
    words = {"serverContent": {"outputTranscription": {"text": "Hello."}}}
    thought = {"serverContent": {"modelTurn": {"parts": [{"text": "hm", "thought": True}]}}}
    return [thought, sound(24), words, sound(24), COMPLETE]


def test_a_turn_holds_what_was_said_heard_and_thought() -> None:
    async def main() -> list[Turn]:
        async with opened(FakeWire(spoken)) as session:
            return [await session.ask("hi"), await session.ask(["and", "now?"])]

    silence = bytes(96)
    assert virtual.run(main()) == [
        Turn(1, "hi", "Hello.", silence, "hm"),
        Turn(2, "and\nnow?", "Hello.", silence, "hm"),
    ]
    assert Turn(1, "", "", bytes(48_000)).seconds == 1


def test_who_asks_gets_the_answer_to_that_and_not_what_came_before() -> None:
    async def main() -> str:
        wire = FakeWire()
        async with opened(wire) as session:
            wire.comes(wrote("Welcome!"))
            wire.comes(COMPLETE)
            await asyncio.sleep(1)
            return (await session.ask("hi")).text

    assert virtual.run(main()) == "Hello."


def test_an_interruption_is_heard_at_once_and_marks_the_turn() -> None:
    async def main() -> Turn:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            for frame in (sound(24), INTERRUPTED, COMPLETE):
                wire.comes(frame)
            return await anext(session.turns())

    turn = virtual.run(main())
    assert turn.interrupted
    assert len(turn.audio) == 48


CALL: Frame = {"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {"x": 1}}]}}
TAKEN_BACK: Frame = {"toolCallCancellation": {"ids": ["1"]}}


def test_a_call_that_was_taken_back_is_not_answered() -> None:
    async def main() -> tuple[list[Frame], list[object]]:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            wire.comes(CALL)
            wire.comes(TAKEN_BACK)
            await asyncio.sleep(1)
            for number in ("1", "2"):
                await session.send_function_responses(FunctionResponse(id=number, name="f", response={}))
            session.stop_receiving()
            await session.send("x")
            tools: list[object] = []
            async for event in session.events():
                if isinstance(event, (ToolStarted, ToolEnded)):
                    tools.append(event)
                if isinstance(event, UserSaid):
                    break
            return wire.sent[1:-1], tools

    frames, events = virtual.run(main())
    assert [frame["toolResponse"]["functionResponses"][0]["id"] for frame in frames] == ["2"]
    assert [type(event) for event in events] == [ToolStarted, ToolEnded]


def test_nobody_who_receives_nothing_is_flooded() -> None:
    async def main() -> int:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            for _ in range(5000):
                wire.comes(wrote("x"))
            await asyncio.sleep(5)
            waiting = wire.waiting
            texts = [message async for message in limited(session, 5000)]
            assert len(texts) == 5000
            return waiting

    assert virtual.run(main()) > 4000


async def limited(session: LiveSession, number: int) -> AsyncIterator[str]:
    async for message in session.receive():
        if message.text:
            number -= 1
            yield message.text
        if not number:
            return


def test_the_handle_and_the_tokens_are_the_newest() -> None:
    async def main() -> tuple[str | None, int, str, str]:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            wire.comes({"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}})
            wire.comes({"usageMetadata": {"promptTokenCount": 5}})
            await asyncio.sleep(1)
            assert session.handle == "h1"
            wire.comes({"sessionResumptionUpdate": {}})
            await asyncio.sleep(1)
            return session.handle, session.usage.total, session.model, repr(session)

    seen = virtual.run(main())
    assert seen == (None, 5, "models/gemini-3.8-live", "<LiveSession models/gemini-3.8-live open>")


# ------------------------------------------------------------------------------------------------ its end


def test_after_close_every_method_says_that_it_is_closed() -> None:
    async def main() -> None:
        async with opened(FakeWire()) as session:
            await session.close()
            await session.close()
            assert session.is_closed
            assert repr(session) == "<LiveSession models/gemini-3.8-live closed>"
            for script, _ in SENDING.values():
                with pytest.raises(SessionClosed, match="this session is closed"):
                    await script(session)
            for each in (session.receive, session.events, session.turns):
                with pytest.raises(SessionClosed):
                    each()
            with pytest.raises(SessionClosed):
                await session.start_audio_conversation()
            with pytest.raises(SessionClosed):
                await session.ask("hi")
            with pytest.raises(SessionClosed):
                await session.send_audio_realtime(bytes(2))

    virtual.run(main())


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_server_that_has_nothing_more_to_say_ends_the_loop(code: int) -> None:
    async def main() -> list[str]:
        wire = FakeWire()
        async with opened(wire) as session:
            await session.send("hi")
            wire.ends(code)
            texts = [message.text async for message in session.receive()]
            assert session.is_closed
            with pytest.raises(SessionClosed) as closed:
                await session.send("more")
            assert closed.value.why == "the server has ended it"
            assert [message async for message in session.receive()] == []
            return texts

    assert virtual.run(main()) == ["", "Hel", "lo.", ""]


def test_a_loss_is_raised_after_what_came_before_it_and_told_as_news() -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            wire.comes(wrote("Hel"))
            wire.ends(1011, "Internal error encountered.")
            messages = session.receive()
            assert [(await anext(messages)).text, (await anext(messages)).text] == ["", "Hel"]
            with pytest.raises(LivechatError) as failed:
                await anext(messages)
            assert session.error is failed.value
            with pytest.raises(SessionClosed) as closed:
                await session.send("more")
            assert closed.value.why == str(failed.value)

    virtual.run(main())


def test_news_end_with_the_failure_and_then_raise_it() -> None:
    async def main() -> list[str]:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            wire.ends(1011, "Internal error encountered.")
            events = session.events()
            kinds = [type(await anext(events)).__name__ for _ in range(3)]
            with pytest.raises(LivechatError):
                await anext(events)
        return kinds

    assert virtual.run(main()) == ["Ready", "Failed", "Ended"]


@pytest.mark.parametrize("code", [1000, 1011])
def test_a_turn_that_is_cut_off_raises_whatever_the_code(code: int) -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            await session.send("hi")
            wire.comes(wrote("Hel"))
            wire.ends(code)
            with pytest.raises(LivechatError):
                await anext(session.turns())

    virtual.run(main())


def test_an_answer_that_cannot_come_is_no_endless_wait() -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session, asyncio.TaskGroup() as tasks:

            async def asking() -> None:
                with pytest.raises(SessionClosed):
                    await session.ask("hi")

            tasks.create_task(asking())
            await asyncio.sleep(1)
            await session.close()

    virtual.run(main())


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(640)


def test_who_waits_for_room_at_a_socket_that_dies_is_told() -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session, asyncio.TaskGroup() as tasks:
            wire.open.clear()

            async def talking() -> None:
                with pytest.raises(SessionClosed):
                    await session.send_audio_realtime(endless())

            async with asyncio.timeout(30):
                for _ in range(3):
                    tasks.create_task(talking())
                await asyncio.sleep(1)
                wire.ends(1006)
                await asyncio.sleep(1)
                wire.open.set()

    virtual.run(main())


def test_what_the_block_raises_comes_out_as_it_was() -> None:
    async def main() -> FakeWire:
        wire = FakeWire()
        with pytest.raises(KeyError, match="mine"):
            async with opened(wire):
                raise KeyError("mine")
        return wire

    assert virtual.run(main()).closes[0] == (1000, "")


def test_what_is_no_exception_of_the_block_comes_out_as_it_was_too() -> None:
    class Outcome(BaseException):
        """As pytest raises where a test fails."""

    async def main() -> FakeWire:
        wire = FakeWire()
        with pytest.raises(Outcome):
            async with opened(wire):
                raise Outcome
        return wire

    assert virtual.run(main()).closes[0] == (1000, "")


def test_a_server_that_refuses_is_what_the_block_raises() -> None:
    async def main() -> None:
        wire = FakeWire(lambda frame: [])
        wire.ends(1008, "models/x is not found for API version v1beta")
        with pytest.raises(LivechatError, match="model"):
            async with opened(wire):
                raise AssertionError("never open")

    virtual.run(main())


def test_a_graceful_close_in_place_of_a_setup_is_an_error() -> None:
    async def main() -> None:
        wire = FakeWire(lambda frame: [])
        wire.ends(1000)
        with pytest.raises(LivechatError):
            async with opened(wire):
                raise AssertionError("never open")

    virtual.run(main())


def test_cancelled_at_any_moment_it_leaves_nothing_behind() -> None:
    """Conftest looks for tasks that are left; here each moment is tried, and the link must have been let go."""

    async def cancelled_after(rounds: int) -> bool:
        wire = FakeWire(spoken)

        async def whole() -> None:
            async with opened(wire) as session:
                await session.ask("hi")

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(whole())
            for _ in range(rounds):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        assert wire.closes or not wire.sent
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return task.cancelled()

    finished = [number for number in range(60) if not virtual.run(cancelled_after(number))]
    assert finished
    assert finished[0] > 10


# ----------------------------------------------------------------------------------------------- callbacks


def test_callbacks_hear_it_open_speak_and_close() -> None:
    async def main() -> list[str]:
        heard: list[str] = []

        async def message(said: ServerMessage) -> None:
            await asyncio.sleep(0)
            heard.append(said.text)

        callbacks = Callbacks(
            onopen=lambda: heard.append("open"),
            onmessage=message,
            onerror=lambda error: heard.append(str(error)),
            onclose=lambda closed: heard.append(f"closed {closed.code}"),
        )
        async with opened(FakeWire(), callbacks) as session:
            await session.send("hi")
            await asyncio.sleep(1)
        return heard

    assert virtual.run(main()) == ["open", "", "Hel", "lo.", "", "closed 1000"]


def test_callbacks_hear_what_broke_it() -> None:
    async def main() -> list[str]:
        heard: list[str] = []
        callbacks = Callbacks(
            onmessage=lambda message: None,
            onerror=lambda error: heard.append(type(error).__name__),
            onclose=lambda closed: heard.append(f"{closed.code} {closed.reason}"),
        )
        wire = FakeWire(silent)
        async with opened(wire, callbacks) as session:
            wire.ends(1007, "Request contains an invalid argument.")
            await asyncio.sleep(1)
            with pytest.raises(SessionClosed):
                await session.send("hi")
        return heard

    assert virtual.run(main()) == ["RequestRejected", "1007 Request contains an invalid argument."]


@pytest.mark.parametrize("which", ["onopen", "onmessage", "onclose"])
def test_what_a_callback_raises_comes_out_of_the_block(which: str) -> None:
    def fails(*args: object) -> None:
        raise ZeroDivisionError(which)

    async def main() -> None:
        async with opened(FakeWire(), Callbacks(**{which: fails})) as session:
            await asyncio.sleep(1)
            assert session.is_closed == (which == "onmessage")

    with pytest.raises(ZeroDivisionError, match=which):
        virtual.run(main())


def test_with_a_callback_for_messages_there_is_no_second_consumer() -> None:
    async def main() -> None:
        async with opened(FakeWire(), Callbacks(onmessage=lambda message: None)) as session:
            await asyncio.sleep(1)
            with pytest.raises(UsageError) as told:
                await anext(session.receive())
            assert "callbacks are a consumer too" in told.value.hint

    virtual.run(main())


# ----------------------------------------------------------------------------------- what a review has found


async def never_waits(rounds: int = 200_000) -> AsyncIterator[bytes]:
    for _ in range(rounds):
        yield bytes(640)
    raise AssertionError("nobody stopped it")


def test_a_stream_that_never_waits_ends_with_the_session() -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            asyncio.get_running_loop().call_soon(wire.ends, 1006)
            with pytest.raises(SessionClosed):
                await session.send_audio_realtime(never_waits())

    virtual.run(main())


def test_a_stream_that_never_waits_lets_its_own_timeout_work() -> None:
    async def main() -> None:
        async with opened(FakeWire(silent)) as session:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await session.send_audio_realtime(never_waits())

    virtual.run(main())


async def silent_source() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@pytest.mark.parametrize(
    "script",
    [
        lambda session: session.send_audio_realtime(silent_source()),
        lambda session: session.send_video_realtime(silent_source()),
        lambda session: session.send_media_stream(silent_source()),
    ],
)
def test_who_waits_for_a_silent_source_learns_that_the_session_is_over(script: Script) -> None:
    async def main() -> None:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            asyncio.get_running_loop().call_later(5, wire.ends, 1006)
            with pytest.raises(SessionClosed):
                await script(session)

    virtual.run(main())


def test_turns_that_are_left_in_the_middle_lose_no_sound() -> None:
    async def main() -> Turn:
        wire = FakeWire(silent)
        async with opened(wire) as session:
            wire.comes(sound(24))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await anext(session.turns())
            wire.comes(sound(24))
            wire.comes(COMPLETE)
            return await anext(session.turns())

    assert len(virtual.run(main()).audio) == 96


def test_half_a_sample_stays_with_its_own_sound() -> None:
    async def script(session: LiveSession) -> None:
        await session.send_audio_realtime(b"\1\2\3")
        await session.send_audio_realtime(stream(b"\4\5", b"\6"))
        await session.send_audio_realtime(b"\7\7")

    assert [pcm(frame) for frame in sent(script)] == [b"\1\2", b"\4\5", b"\7\7"]


def test_who_asks_is_told_of_a_call_that_nobody_answers() -> None:
    def calls(frame: Frame) -> list[Frame]:
        return [READY] if "setup" in frame else [CALL]

    async def main() -> None:
        async with opened(FakeWire(calls)) as session:
            with pytest.raises(UsageError, match="the model calls f"):
                await session.ask("hi")

    virtual.run(main())


def test_who_asks_where_somebody_else_receives_has_said_nothing() -> None:
    async def main() -> list[Frame]:
        wire = FakeWire(silent)
        async with opened(wire, Callbacks(onmessage=lambda message: None)) as session:
            with pytest.raises(UsageError):
                await session.ask("hi")
        return wire.sent[1:]

    assert virtual.run(main()) == []


def test_a_second_question_waits_for_the_answer_to_the_first() -> None:
    async def main() -> list[str]:
        wire = FakeWire(silent)
        async with opened(wire) as session, asyncio.TaskGroup() as tasks:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await session.ask("one")
            asked = tasks.create_task(session.ask("two"))
            await asyncio.sleep(1)
            for text in ("first", "second"):
                wire.comes(wrote(text))
                wire.comes(COMPLETE)
                await asyncio.sleep(1)
            return [(await asked).user, (await asked).text]

    assert virtual.run(main()) == ["two", "second"]


def test_what_is_no_text_costs_nobody_the_session() -> None:
    async def script(session: LiveSession) -> None:
        with pytest.raises(LocalProtocolError):
            await session.say("\ud800")
        await session.say("hi")

    assert sent(script) == [content("hi")]


def test_a_callback_that_does_not_return_holds_nobody_for_long() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with opened(FakeWire(), Callbacks(onopen=None, onmessage=lambda message: asyncio.sleep(1000))):
            await asyncio.sleep(1)
            began = loop.time()
        return loop.time() - began

    assert virtual.run(main()) < 5


def test_a_connection_that_never_came_about_was_not_closed_normally() -> None:
    async def main() -> list[int]:
        codes: list[int] = []
        wire = FakeWire(lambda frame: ["not the protocol"])  # type: ignore[list-item]
        with pytest.raises(LivechatError):
            async with opened(wire, Callbacks(onclose=lambda closed: codes.append(closed.code))):
                raise AssertionError("never open")
        return codes

    assert virtual.run(main()) == [1006]


def test_a_picture_that_is_given_up_gives_its_place_back() -> None:
    async def main() -> float:
        async with opened(FakeWire(silent)) as session:
            await session.send_video_realtime(JPEG)
            began = asyncio.get_running_loop().time()
            for _ in range(5):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await session.send_video_realtime(JPEG)
            await session.send_video_realtime(JPEG)
            return asyncio.get_running_loop().time() - began

    assert virtual.run(main()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("instruction", [5, b"x", [5]])
def test_an_instruction_that_is_none_is_told(instruction: Any) -> None:  # noqa: ANN401
    async def script(session: LiveSession) -> None:
        with pytest.raises(UsageError, match="is no instruction"):
            await session.send_context_update(system_instruction=instruction)

    assert sent(script) == []
