"""The body of one connection, on virtual time: what it is told when, and that nothing piles up."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence

import pytest

from livechat.errors import Unreachable
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.brain import Said
from tests import virtual
from tests.server_help import SPEECH, InstantStudio, PretendSpeech, Says, connected, detection, has, is_sound, setup


def test_a_spoken_question_is_answered_as_soon_as_the_silence_is_long_enough() -> None:
    async def play() -> None:
        brain = Says("It is late. ", "Good night.")
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup(realtimeInputConfig=detection(300)))
            await client.speaks(1000)
            ended = asyncio.get_running_loop().time()
            await client.speaks(500, b"\0\0")
            first = await client.until(is_sound)
            await client.until(has("turnComplete"))
            assert client.told_of("inputTranscription") == [{"text": "What time is it?", "finished": True}]
            assert first - ended == pytest.approx(0.3, abs=0.065)
            assert [said.text for said in brain.histories[0]] == ["What time is it?"]
            assert len(brain.histories) == 1

    virtual.run(play())


def test_a_voice_interrupts_the_model_at_once() -> None:
    async def play() -> None:
        brain = Says(*["A long story has many sentences. "] * 10_000)
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup(outputAudioTranscription={}))
            client.asks("a story")
            await client.until(is_sound)
            await asyncio.sleep(1.0)
            onset = asyncio.get_running_loop().time()
            await client.speaks(300)
            silenced = await client.until(has("interrupted"))
            assert silenced - onset <= 0.1
            assert not [when for when, message in client.told if when > silenced and is_sound(message)]
            assert not client.told_of("generationComplete")
            assert len(client.told_of("turnComplete")) == 1
            assert brain.closed == 1

    virtual.run(play())


def test_a_reply_ends_when_it_is_played_and_not_before() -> None:
    async def play() -> None:
        async with connected(Says("x" * 99 + "."), InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup())
            client.asks("hello")
            first = await client.until(is_sound)
            assert await client.until(has("turnComplete")) - first == pytest.approx(1.0, abs=0.001)

    virtual.run(play())


def test_an_endless_brain_is_only_listened_to_as_far_as_needed() -> None:
    async def play() -> None:
        half_a_second = "And then it went on and on, without any end here. "
        brain = Says(*[half_a_second] * 10_000)
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup())
            client.asks("a story")
            await asyncio.sleep(10.0)
            assert 2 * 10 < brain.taken < 2 * 10 + 30

    virtual.run(play())


def test_a_client_that_does_not_read_stops_the_brain_and_loses_nothing() -> None:
    async def play() -> None:
        pieces = [
            f"Sentence number {number} of the story that nobody reads, for it is long enough. " for number in range(50)
        ]
        brain = Says(*pieces)
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup("TEXT"))
            await client.until(lambda message: "setupComplete" in message)
            client.reads.clear()
            client.asks("a story")
            await asyncio.sleep(59)
            assert brain.taken == 1
            client.reads.set()
            await client.until(has("turnComplete"))
            turns = client.told_of("modelTurn")
            assert "".join(turn["parts"][0]["text"] for turn in turns) == "".join(pieces)

    virtual.run(play())


def test_a_client_without_a_setup_is_hung_up_on() -> None:
    async def play() -> None:
        async with connected(Says(), InstantStudio(PretendSpeech())) as client:
            await asyncio.sleep(11.0)
            assert client.closed == (1011, "Deadline expired before operation could complete.")

    virtual.run(play())


def test_a_frame_that_is_not_the_protocol_is_hung_up_on() -> None:
    async def play() -> None:
        async with connected(Says(), InstantStudio(PretendSpeech())) as client:
            client.said.put_nowait(b"\xff\xfe not json")
            await asyncio.sleep(0.1)
            assert client.closed is not None
            assert client.closed[0] == 1007

    virtual.run(play())


def test_a_flood_of_sound_is_heard_in_order_and_read_no_faster() -> None:
    async def play() -> None:
        speech = PretendSpeech()
        async with connected(Says("Yes."), InstantStudio(speech)) as client:
            client.says(setup=setup(realtimeInputConfig=detection(500)))
            minute = b"\x10\x27" * (16_000 * 60) + bytes(2 * 16_000)
            import base64

            data = base64.b64encode(minute).decode()
            client.says(realtimeInput={"audio": {"data": data, "mimeType": "audio/pcm"}})
            client.says(realtimeInput={"audioStreamEnd": True})
            await client.until(has("turnComplete"))
            assert client.told_of("inputTranscription")

    virtual.run(play())


def test_the_end_of_the_stream_ends_the_question() -> None:
    async def play() -> None:
        async with connected(Says("Late."), InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup())
            await client.speaks(500)
            client.says(realtimeInput={"audioStreamEnd": True})
            await client.until(has("turnComplete"))
            assert client.told_of("inputTranscription")

    virtual.run(play())


def test_the_end_of_a_stream_that_never_began_is_nothing() -> None:
    async def play() -> None:
        async with connected(Says("Late."), InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup())
            client.says(realtimeInput={"audioStreamEnd": True})
            await asyncio.sleep(5.0)
            assert len(client.told) == 1

    virtual.run(play())


def test_marked_activity_in_one_frame_with_its_sound_is_heard_whole() -> None:
    async def play() -> None:
        async with connected(Says("Late."), InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup(realtimeInputConfig={"automaticActivityDetection": {"disabled": True}}))
            sound = {"data": "ECcQJxAn", "mimeType": "audio/pcm"}
            client.says(realtimeInput={"activityStart": {}, "audio": sound, "activityEnd": {}})
            await client.until(has("turnComplete"))
            assert client.told_of("inputTranscription")
            client.says(realtimeInput={"activityStart": {}, "activityEnd": {}})
            await client.until(has("waitingForInput"))

    virtual.run(play())


def test_a_brain_that_cannot_answer_says_why() -> None:
    class Broken:
        speculative = False

        async def respond(
            self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
        ) -> AsyncIterator[str | FunctionCall]:
            yield "Well "
            raise Unreachable("no language model at localhost:11434")

    async def play() -> None:
        log: list[str] = []
        async with connected(Broken(), InstantStudio(PretendSpeech()), log.append) as client:
            client.says(setup=setup("TEXT"))
            client.asks("hello")
            await asyncio.sleep(1.0)
            assert client.closed == (1011, "Internal error encountered. no language model at localhost:11434")
            assert log[0] == "thinking failed: no language model at localhost:11434"

    virtual.run(play())


@pytest.mark.parametrize("what", ["ears", "transcribe", "speak"])
def test_speech_that_breaks_ends_the_session_with_a_reason(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object) -> str:
        raise RuntimeError("out of tune")

    async def play() -> None:
        log: list[str] = []
        studio = InstantStudio(PretendSpeech())
        monkeypatch.setattr(studio, what, break_down)
        async with connected(Says("Hello."), studio, log.append) as client:
            client.says(setup=setup())
            await client.speaks(500)
            await client.speaks(1000, b"\0\0")
            assert client.closed is not None
            assert client.closed[0] == 1011
            assert client.closed[1].startswith("Internal error encountered. ")
            assert log[0].endswith("failed: out of tune")

    virtual.run(play())


def test_a_pause_that_is_not_the_end_leaves_its_reading_undone() -> None:
    async def play() -> None:
        brain, studio = Says("Late."), InstantStudio(PretendSpeech(), reading_s=1.0)
        async with connected(brain, studio) as client:
            client.says(setup=setup(realtimeInputConfig=detection(800)))
            for _ in range(5):
                await client.speaks(300)
                await client.speaks(200, b"\0\0")
            await client.speaks(1000, b"\0\0")
            await client.until(has("turnComplete"))
            assert len(client.told_of("inputTranscription")) == len(brain.histories) == studio.readings == 1

    virtual.run(play())


def test_a_function_is_called_over_the_wire_and_answered() -> None:
    async def play() -> None:
        brain = Says(FunctionCall(name="get_time", args={"zone": "UTC"}))
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup("TEXT", tools=[{"functionDeclarations": [{"name": "get_time"}]}]))
            client.asks("what time is it?")
            await client.until(lambda message: "toolCall" in message)
            (call,) = client.told[-1][1]["toolCall"]["functionCalls"]
            brain.pieces = ("Noon.",)
            client.says(toolResponse={"functionResponses": [{"id": call["id"], "response": {"output": "noon"}}]})
            await client.until(has("turnComplete"))
            assert brain.histories[-1][-1].role == "tool"

    virtual.run(play())


def test_sound_that_is_given_whole_is_read_as_a_question() -> None:
    async def play() -> None:
        brain = Says("It is late.")
        async with connected(brain, InstantStudio(PretendSpeech())) as client:
            client.says(setup=setup("TEXT"))
            data = base64.b64encode(SPEECH * 48_000 * 10).decode()
            part = {"inlineData": {"mimeType": "audio/pcm;rate=48000", "data": data}}
            client.says(clientContent={"turns": [{"role": "user", "parts": [part]}], "turnComplete": True})
            await client.until(has("turnComplete"))
            assert [said.text for said in brain.histories[0]] == ["What time is it?"]

    virtual.run(play())
