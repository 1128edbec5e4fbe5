"""Spoken conversations of a program: over a link in memory on virtual time, and with the embedded server."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from livechat.audio.pcm import FRAME_BYTES
from livechat.closing import Facts
from livechat.errors import DeviceError, SessionClosed, UsageError
from livechat.events import Answered, Event, Interrupted, Left, TurnEnded, UserSaid
from livechat.library.audio_conversation import AudioConversation
from livechat.library.backends import Reached
from livechat.library.callbacks import Callbacks
from livechat.library.model import LiveGenerativeModel
from livechat.library.program_sound import AHEAD_S
from livechat.library.running import Running
from livechat.library.session import LiveSession
from livechat.protocol.setup import Setup
from livechat.testing import serving
from livechat.tools.runner import STOPPED
from tests import virtual
from tests.aio import run
from tests.session_help import COMPLETE, INTERRUPTED, FakeWire, Frame, polite, silent
from tests.sound_card import Card, install, settle
from tests.sound_help import s16, sine

MODEL = "models/gemini-2.0-flash-live-001"
REACHED = Reached("ws://nowhere", {}, MODEL, Facts(server="nowhere"), demands_ids=True)
TONE = s16(sine(320))
"""One frame."""
Script = Callable[[LiveSession, FakeWire], Awaitable[None]]


@asynccontextmanager
async def opened(wire: FakeWire) -> AsyncGenerator[LiveSession]:
    async def connect() -> FakeWire:
        return wire

    running = Running(REACHED, Setup(model=MODEL), Callbacks(), connect)
    async with running.held():
        yield LiveSession(running)


def held(script: Script, server: Callable[[Frame], list[Frame]] = silent, *, really: bool = False) -> list[Frame]:
    """What goes over the wire behind the setup while a script runs, in virtual time or really."""

    async def main() -> list[Frame]:
        wire = FakeWire(server)
        async with opened(wire) as session:
            await script(session, wire)
            await asyncio.sleep(0.01)
        return wire.sent[1:]

    return run(main()) if really else virtual.run(main())


async def quiet() -> AsyncIterator[bytes]:
    """A microphone in a quiet room."""
    while True:
        yield bytes(FRAME_BYTES)


async def recorded(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def breaking(error: Exception) -> AsyncIterator[bytes]:
    yield TONE
    raise error


def of_sound(frames: list[Frame]) -> bytes:
    sounds = [frame["realtimeInput"]["audio"] for frame in frames if "audio" in frame.get("realtimeInput", {})]
    return b"".join(base64.b64decode(sound["data"]) for sound in sounds)


def answers(frames: list[Frame]) -> list[dict[str, Any]]:
    told = [frame["toolResponse"]["functionResponses"] for frame in frames if "toolResponse" in frame]
    return [answer for one in told for answer in one]


def loud(ms: int) -> Frame:
    data = base64.b64encode(s16(sine(24 * ms, 24_000))).decode()
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm", "data": data}}]}}}


def call(id: str, name: str, **args: object) -> Frame:
    return {"toolCall": {"functionCalls": [{"id": id, "name": name, "args": args}]}}


# ------------------------------------------------------------------------------------------------ hearing and sounding


def test_what_is_said_is_sent_and_its_end_is_told() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=recorded(TONE * 3), speaker=False)
        await asyncio.sleep(1)
        assert not conversation.ended
        await conversation.stop()

    sent = held(script)
    assert of_sound(sent) == TONE * 3
    assert sent[-1] == {"realtimeInput": {"audioStreamEnd": True}}


def test_who_stops_is_not_heard_any_more() -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=quiet(), speaker=False)
        await asyncio.sleep(1)
        await conversation.stop()
        assert wire.sent[-1] == {"realtimeInput": {"audioStreamEnd": True}}
        before = len(wire.sent)
        await asyncio.sleep(1)
        assert len(wire.sent) == before

    frames = len(of_sound(held(script))) / FRAME_BYTES
    assert frames == pytest.approx(50 * (1 + AHEAD_S), abs=2)


def test_the_model_sounds_in_the_time_that_it_lasts() -> None:
    heard: list[tuple[float, bytes]] = []

    async def script(session: LiveSession, wire: FakeWire) -> None:
        clock = asyncio.get_running_loop().time

        def hear(pcm: bytes) -> None:
            heard.append((clock(), pcm))

        async with await session.start_audio_conversation(microphone=False, speaker=hear):
            wire.comes(loud(1000))
            wire.comes(COMPLETE)
            async for turn in session.turns():
                assert turn.number == 1
                break
        assert clock() > 1

    held(script)
    assert sum(len(pcm) for _, pcm in heard) >= 48_000
    assert heard[-1][0] - heard[0][0] > 0.9


def test_an_interrupted_model_falls_silent() -> None:
    heard: list[bytes] = []

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=False, speaker=heard.append):
            wire.comes(loud(10_000))
            await asyncio.sleep(1)
            wire.comes(INTERRUPTED)
            async for event in session.events():
                if isinstance(event, Interrupted):
                    assert 500 < event.heard_ms <= 1000
                    break
            before = len(heard)
            await asyncio.sleep(1)
            assert len(heard) - before <= 2

    held(script)


def test_who_is_muted_is_not_heard() -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=quiet(), speaker=False) as conversation:
            assert not conversation.muted
            await asyncio.sleep(0.1)
            conversation.muted = True
            assert conversation.muted
            before = len(wire.sent)
            await asyncio.sleep(0.5)
            assert wire.sent[before:] == [{"realtimeInput": {"audioStreamEnd": True}}]
            conversation.muted = False
            await asyncio.sleep(0.5)
            assert len(wire.sent) > before + 20
        conversation.muted = True

    held(script)


def test_a_conversation_may_have_neither_microphone_nor_speaker() -> None:
    """It answers calls then."""

    def add(a: int, b: int) -> int:
        return a + b

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=False, speaker=False, tools={"sum": add}):
            wire.comes(call("1", "sum", a=1, b=2))
            await asyncio.sleep(0.2)

    assert answers(held(script, really=True)) == [{"id": "1", "name": "sum", "response": {"output": 3}}]


# ----------------------------------------------------------------------------------------------- one after another


def test_a_second_conversation_has_to_wait_for_the_end_of_the_first() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        first = await session.start_audio_conversation(microphone=quiet(), speaker=False)
        with pytest.raises(UsageError, match="already"):
            await session.start_audio_conversation(microphone=quiet(), speaker=False)
        await first.stop()
        await first.stop()
        await first.wait()
        assert first.ended
        held_by = [session.in_conversation]
        async with await session.start_audio_conversation(microphone=quiet(), speaker=False):
            held_by.append(session.in_conversation)
        assert [*held_by, session.in_conversation] == [False, True, False]

    held(script)


def test_of_two_that_begin_at_the_same_time_one_is_refused() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        begin = [session.start_audio_conversation(microphone=quiet(), speaker=False) for _ in range(2)]
        first, second = await asyncio.gather(*begin, return_exceptions=True)
        assert isinstance(first, AudioConversation)
        assert isinstance(second, UsageError)
        await first.stop()

    held(script)


def test_after_a_conversation_the_session_is_as_it_was() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        heard: list[bytes] = []
        async with await session.start_audio_conversation(microphone=quiet(), speaker=heard.append):
            await asyncio.sleep(0.2)
        turn = await session.ask("Hello.")
        assert turn.text == "Hello."

    held(script, polite)


def test_what_was_still_to_be_heard_is_not_waited_for() -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=False, speaker=lambda pcm: None)
        wire.comes(loud(30_000))
        wire.comes(COMPLETE)
        await asyncio.sleep(1)
        await conversation.stop()
        at = asyncio.get_running_loop().time()
        async for turn in session.turns():
            assert turn.number == 1
            break
        assert asyncio.get_running_loop().time() == at

    held(script)


def test_the_end_of_the_session_is_the_end_of_the_conversation() -> None:
    conversations: list[AudioConversation] = []

    async def script(session: LiveSession, _: FakeWire) -> None:
        conversations.append(await session.start_audio_conversation(microphone=quiet(), speaker=lambda pcm: None))
        await session.close()
        await conversations[0].wait()
        with pytest.raises(SessionClosed):
            await session.start_audio_conversation(microphone=quiet(), speaker=False)

    held(script)
    assert conversations[0].ended


@pytest.mark.parametrize("code", [1000, 1011])
def test_the_end_by_the_server_is_the_end_of_the_conversation(code: int) -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=quiet(), speaker=lambda pcm: None)
        wire.ends(code)
        await conversation.wait()
        assert conversation.ended

    held(script)


def test_who_stops_hears_nothing_more_though_a_function_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anything counted as heard: another speaker plays already."""
    heard: list[bytes] = []
    reports: list[int] = []

    def report(samples: int, drained: bool) -> None:
        reports.append(samples)

    async def slow() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)

    async def main() -> None:
        wire = FakeWire(silent)

        async def connect() -> FakeWire:
            return wire

        running = Running(REACHED, Setup(model=MODEL), Callbacks(), connect)
        async with running.held(), asyncio.TaskGroup() as tasks:
            conversation = AudioConversation(
                running.body, tasks, microphone=quiet(), speaker=heard.append, tools=[slow]
            )
            conversation.muted = True
            await conversation.begun()
            wire.comes(call("1", "slow"))
            wire.comes(loud(30_000))
            await asyncio.sleep(1)
            assert of_sound(wire.sent) == b""
            before = len(heard)
            assert before > 40
            monkeypatch.setattr(running.body, "played", report)
            await conversation.stop()
            assert len(heard) - before <= 2
            assert reports == []

    virtual.run(main())


def test_who_leaves_the_session_leaves_the_conversation() -> None:
    conversations: list[AudioConversation] = []

    async def script(session: LiveSession, _: FakeWire) -> None:
        conversations.append(await session.start_audio_conversation(microphone=quiet(), speaker=lambda pcm: None))

    held(script)
    assert conversations[0].ended
    assert repr(conversations[0]) == "<AudioConversation ended>"


# ---------------------------------------------------------------------------------------------- what goes wrong


def test_a_microphone_that_fails_ends_the_conversation_and_not_the_session() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        microphone = breaking(OSError("unplugged"))
        conversation = await session.start_audio_conversation(microphone=microphone, speaker=False)
        with pytest.raises(DeviceError, match="microphone") as raised:
            await conversation.wait()
        assert raised.value.why == "OSError: unplugged"
        await conversation.stop()
        assert not session.in_conversation
        assert (await session.ask("Hello.")).text == "Hello."

    held(script, polite)


def test_a_speaker_that_fails_ends_the_conversation_and_not_the_session() -> None:
    def broken(pcm: bytes) -> None:
        raise OSError("no card")

    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=quiet(), speaker=broken)
        wire.comes(loud(500))
        wire.comes(COMPLETE)
        await asyncio.sleep(1)
        assert conversation.ended
        with pytest.raises(DeviceError, match="speaker"):
            await conversation.stop()
        await conversation.stop()
        assert (await session.ask("Hello.")).text == "Hello."

    held(script, polite)


def test_what_a_microphone_raises_when_it_is_closed_is_told() -> None:
    async def bad() -> AsyncIterator[bytes]:
        try:
            while True:
                yield TONE
        finally:
            raise OSError("stuck")

    async def script(session: LiveSession, _: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=bad(), speaker=False)
        await asyncio.sleep(0.5)
        with pytest.raises(DeviceError, match="microphone"):
            await conversation.stop()

    held(script)


def test_what_is_raised_inside_is_not_hidden_by_a_device_that_fails() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        microphone = breaking(OSError("unplugged"))
        conversation = await session.start_audio_conversation(microphone=microphone, speaker=False)
        await asyncio.sleep(0.1)
        await conversation.__aexit__(KeyError, KeyError(), None)

    held(script)


def test_what_cannot_be_begun_leaves_the_session_free() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        with pytest.raises(UsageError, match="no microphone"):
            await session.start_audio_conversation(microphone=cast("str", 1.5))
        with pytest.raises(UsageError, match="tools"):
            await session.start_audio_conversation(tools=cast("list[Any]", 7))
        assert not session.in_conversation

    held(script)


def test_who_is_cancelled_while_it_begins_leaves_nothing_behind() -> None:
    async def script(session: LiveSession, _: FakeWire) -> None:
        async with asyncio.TaskGroup() as tasks:
            beginning = tasks.create_task(session.start_audio_conversation(microphone=quiet(), speaker=False))
            await asyncio.sleep(0)
            beginning.cancel()
        await asyncio.sleep(0.1)
        assert not session.in_conversation

    held(script)


@pytest.mark.parametrize("steps", range(6))
def test_who_is_cancelled_with_the_session_leaves_nothing_behind(steps: int) -> None:
    async def main() -> None:
        async def talk() -> None:
            async with opened(FakeWire(silent)) as session:
                await session.start_audio_conversation(microphone=quiet(), speaker=lambda pcm: None)
                await asyncio.sleep(10)

        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(talk())
            await asyncio.sleep(0.01)
            for _ in range(steps):
                await asyncio.sleep(0)
            talking.cancel()

    virtual.run(main())


def test_a_session_that_is_over_holds_no_conversation() -> None:
    async def main() -> None:
        running = Running(REACHED, Setup(model=MODEL), Callbacks(), cast("Callable[[], Awaitable[FakeWire]]", None))
        running.body.tell(Left())
        async with asyncio.TaskGroup() as tasks:
            conversation = AudioConversation(running.body, tasks, microphone=False, speaker=False)
            with pytest.raises(SessionClosed):
                await conversation.begun()
        with pytest.raises(SessionClosed):
            AudioConversation(running.body, tasks, microphone=False, speaker=False)

    virtual.run(main())


def test_a_conversation_that_was_over_at_once_has_not_begun() -> None:
    async def main() -> None:
        running = Running(REACHED, Setup(model=MODEL), Callbacks(), cast("Callable[[], Awaitable[FakeWire]]", None))
        async with asyncio.TaskGroup() as tasks:
            conversation = AudioConversation(running.body, tasks, microphone=False, speaker=False)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            with pytest.raises(SessionClosed):
                await conversation.begun()

    virtual.run(main())


# ------------------------------------------------------------------------------------------------------- tools


def test_calls_are_answered_by_functions() -> None:
    async def weather(city: str) -> dict[str, str]:
        await asyncio.sleep(0.1)
        return {"sky": f"grey over {city}"}

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=quiet(), speaker=False, tools=[weather]):
            wire.comes(call("1", "weather", city="Oslo"))
            wire.comes(call("2", "whether"))
            await asyncio.sleep(1)

    by_id = {answer["id"]: answer["response"] for answer in answers(held(script))}
    assert by_id["1"] == {"output": {"sky": "grey over Oslo"}}
    assert "error" in by_id["2"]


def test_calls_that_were_taken_back_are_not_answered() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append("cancelled")

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=False, speaker=False, tools=[slow]):
            wire.comes(call("1", "slow"))
            await asyncio.sleep(0.1)
            wire.comes({"toolCallCancellation": {"ids": ["1"]}})
            await asyncio.sleep(0.1)
            assert ended == ["cancelled"]

    assert answers(held(script)) == []


def test_calls_that_run_when_it_is_stopped_are_answered_so() -> None:
    async def slow() -> None:
        await asyncio.sleep(10)

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=False, speaker=False, tools=[slow]):
            wire.comes(call("1", "slow"))
            await asyncio.sleep(0.1)
        wire.comes(call("2", "slow"))
        await asyncio.sleep(0.1)

    assert answers(held(script)) == [{"id": "1", "name": "slow", "response": {"error": STOPPED}}]


def test_without_functions_calls_are_for_whoever_receives() -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation(microphone=False, speaker=False):
            wire.comes(call("1", "weather"))
            async for message in session.receive():
                if message.tool_call is not None:
                    break
            await session.send_function_responses({"id": "1", "name": "weather", "response": {"output": "rain"}})

    assert answers(held(script)) == [{"id": "1", "name": "weather", "response": {"output": "rain"}}]


def test_a_function_may_hang_up() -> None:
    conversations: list[AudioConversation] = []

    async def hang_up() -> None:
        await conversations[0].stop()

    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversations.append(await session.start_audio_conversation(microphone=quiet(), speaker=False, tools=[hang_up]))
        wire.comes(call("1", "hang_up"))
        await conversations[0].wait()

    assert [answer["response"] for answer in answers(held(script))] == [{"error": STOPPED}]


# ----------------------------------------------------------------------------------------------- other threads


def test_it_is_muted_stopped_and_waited_for_from_any_thread() -> None:
    async def script(session: LiveSession, wire: FakeWire) -> None:
        conversation = await session.start_audio_conversation(microphone=quiet(), speaker=lambda pcm: None)
        waiting = threading.Thread(target=lambda: asyncio.run(conversation.wait()))
        waiting.start()
        await asyncio.to_thread(setattr, conversation, "muted", True)
        await asyncio.sleep(0.1)
        assert wire.sent[-1] == {"realtimeInput": {"audioStreamEnd": True}}
        await asyncio.gather(*(asyncio.to_thread(lambda: asyncio.run(conversation.stop())) for _ in range(3)))
        assert conversation.ended
        await asyncio.to_thread(waiting.join)

    held(script, really=True)


def test_after_its_loop_has_ended_there_is_nothing_to_stop() -> None:
    conversations: list[AudioConversation] = []

    async def script(session: LiveSession, _: FakeWire) -> None:
        conversations.append(await session.start_audio_conversation(microphone=quiet(), speaker=False))

    held(script)
    conversations[0].muted = True
    asyncio.run(conversations[0].stop())


# ---------------------------------------------------------------------------------------------------- sound cards


def test_the_devices_of_this_machine_are_opened_and_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = install(monkeypatch, Card("Yeti", inputs=1, outputs=0), Card("Speakers"))

    async def script(session: LiveSession, wire: FakeWire) -> None:
        async with await session.start_audio_conversation() as conversation:
            assert conversation.device_names == ("Yeti", "Speakers")
            assert conversation.echo.how == "on"
            microphone, speaker = sound.running
            wire.comes(loud(200))
            await asyncio.sleep(0.01)
            sounded = False
            while len(of_sound(wire.sent[1:])) < 10 * FRAME_BYTES:  # `held` gives it ten seconds
                microphone.feed(TONE)  # a card that gives nothing for a second counts as gone
                sounded = any(speaker.pull(20)) or sounded
                await asyncio.sleep(0.02)
            assert sounded
        assert sound.running == []

    assert len(of_sound(held(script, really=True))) >= 10 * FRAME_BYTES


def test_a_speaker_that_is_not_there_is_told_and_the_microphone_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = install(monkeypatch, Card("Yeti", inputs=1, outputs=0), Card("Speakers"))

    async def script(session: LiveSession, _: FakeWire) -> None:
        with pytest.raises(UsageError, match="Nowhere"):
            await session.start_audio_conversation(speaker="Nowhere")
        assert sound.running == []
        assert not session.in_conversation
        async with await session.start_audio_conversation(speaker="Speakers", echo="off") as conversation:
            assert conversation.echo.how == "off"
            await settle(sound)

    held(script, really=True)
    assert sound.running == []


# ---------------------------------------------------------------------------------------------- the embedded server


def test_a_question_that_was_spoken_is_answered_aloud_with_the_help_of_a_function() -> None:
    heard: list[bytes] = []
    asked: list[str] = []

    def get_weather(city: str) -> str:
        asked.append(city)
        return "rain"

    async def talk(url: str) -> tuple[list[UserSaid], TurnEnded]:
        said: list[UserSaid] = []
        model = LiveGenerativeModel(MODEL, backend=url)
        async with model.connect() as session:
            microphone = recorded(TONE * 40, bytes(FRAME_BYTES) * 100)
            async with await session.start_audio_conversation(
                microphone=microphone, speaker=heard.append, tools=[get_weather]
            ):
                async for event in session.events():
                    if isinstance(event, UserSaid):
                        said.append(event)
                    elif isinstance(event, TurnEnded):
                        return said, event
        raise AssertionError("no turn has ended")

    look = [{"say": "Let me look."}, {"call": "get_weather", "args": {"city": "Oslo"}}, {"say": "Take an umbrella."}]
    with serving({"turn": [{"hear": "What is the weather?", "do": look}]}) as server:
        said, turn = run(talk(server.url))
    assert said[-1].whole == "What is the weather?"
    assert turn.text == "Let me look. Take an umbrella."
    assert asked == ["Oslo"]
    assert sum(map(len, heard)) >= 48 * turn.spoken_ms > 0


class Mouth:
    """A microphone in a quiet room, into which something can be said."""

    def __init__(self) -> None:
        self._saying = b""

    def say(self, pcm: bytes) -> None:
        self._saying += pcm

    async def sound(self) -> AsyncIterator[bytes]:
        while True:
            piece, self._saying = self._saying[:FRAME_BYTES], self._saying[FRAME_BYTES:]
            yield piece.ljust(FRAME_BYTES, b"\0")
            await asyncio.sleep(0.02)


@pytest.mark.speech
def test_somebody_talks_with_the_embedded_server_and_cuts_a_story_off() -> None:
    from livechat.audio.pcm import LIVE
    from livechat.audio.resample import Converter
    from livechat.server.transcriber import load_transcriber
    from tests.speech_fixture import spoken

    mouth, heard, after = Mouth(), bytearray(), bytearray()

    async def talk(url: str) -> tuple[Interrupted, TurnEnded]:
        async with LiveGenerativeModel(backend=url).connect() as session:
            conversation = await session.start_audio_conversation(microphone=mouth.sound(), speaker=heard.extend)
            events = session.events()
            mouth.say(spoken("Tell me a long story about a dragon."))
            while len(heard) < 48_000:
                await anext(events)
                await asyncio.sleep(0.02)
            mouth.say(spoken("What is seven times eight?"))
            cut = [event async for event in until(events, Interrupted)][-1]
            heard.clear()
            *news, answer = [event async for event in until(events, TurnEnded)]
            assert [event for event in news if isinstance(event, Answered)], "the voice's end was noticed"
            after.extend(heard)
            await conversation.stop()
        assert isinstance(cut, Interrupted)
        assert isinstance(answer, TurnEnded)
        return cut, answer

    with serving(speech="models") as server:
        cut, answer = run(talk(server.url), limit_s=40)
    assert cut.heard_ms >= 1000
    assert answer.text == "7 times 8 is 56."
    words = load_transcriber(None).transcribe(Converter(LIVE, 16_000).feed(bytes(after)))
    assert "56" in words or "fifty-six" in words.lower()


def was_cut_off(event: object) -> bool:
    return isinstance(event, TurnEnded) and event.interrupted


async def until(events: AsyncIterator[Event], kind: type[Event]) -> AsyncIterator[Event]:
    """The news up to the first of that kind that was not of something cut off."""
    async for event in events:
        yield event
        if isinstance(event, kind) and not was_cut_off(event):
            return
