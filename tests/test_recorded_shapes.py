"""Our frames beside those that Google's own servers were recorded to send, shape by shape, over a real socket."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence

import pytest
from websockets.asyncio.client import ClientConnection, connect

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.app import ServerOptions, serve
from livechat.server.brain import Said
from tests import recorded_facts as facts
from tests.recorded_facts import SITUATIONS, Api, Situation
from tests.server_help import PretendSpeech
from tests.shapes import Json, misfits

PATHS: dict[Api, str] = {
    "developer": "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=x",
    "vertex": "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
}
SOUND = b64encode(b"\x10\x27" * 32_000 + bytes(32_938)).decode()
"""Speech, and the silence after it: as many bytes as the recorded frames hold."""


class PretendPace(PretendSpeech):
    """Speaks as fast as people do."""

    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes:
        return bytes(48 * 60 * len(text))


class Answers:
    """Calls the first function there is, and talks where there is none."""

    speculative = True

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        if tools:
            yield FunctionCall(name=tools[0].name, args=facts.ARGS)
        else:
            yield "Yes, I am here and can hear you loud and clear. What is it that you want to talk about today? "
            yield "I know about the weather, about stories, and a little about numbers."


async def send(client: ClientConnection, message: Json) -> None:
    await client.send(json.dumps(message).replace(facts.SPOKEN, SOUND))


async def held(situation: Situation, until: int) -> list[str | bytes]:
    """The frames that a client gets in a situation, up to so many or to the end of the turn."""
    options = ServerOptions(brain=Answers(), load_speech=lambda _: PretendPace("hello"), missing=lambda: None)
    frames: list[str | bytes] = []
    async with asyncio.timeout(20), serve(options) as server, connect(server.url + PATHS[situation.api]) as client:
        await send(client, {"setup": {"model": situation.model, **situation.setup}})
        if not situation.hasty:
            frames.append(await client.recv())
        for message in situation.said:
            await send(client, message)
        while len(frames) < until and not (frames and "turnComplete" in str(frames[-1])):
            frames.append(await client.recv())
    return frames


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_recorded_situation(name: str) -> None:
    situation = SITUATIONS[name]
    count = len(situation.told)
    frames = asyncio.run(held(situation, 1 + count if situation.at == "begin" else 1_000))
    first, *rest = [json.loads(frame) for frame in frames]
    assert misfits(first, facts.set_up(situation.api)) == []
    compared = zip(rest[-count:], situation.told, strict=True)
    wrong = [misfits(message, shape, f"message {number}") for number, (message, shape) in enumerate(compared)]
    assert [misfit for found in wrong for misfit in found] == []


@pytest.mark.parametrize("api", facts.SET_UP_ALONE)
def test_a_recorded_setup(api: Api) -> None:
    model = facts.VERTEX_MODEL if api == "vertex" else facts.DEVELOPER_MODEL

    async def run() -> Json:
        options = ServerOptions(brain=Answers(), load_speech=lambda _: PretendPace(), missing=lambda: None)
        async with asyncio.timeout(20), serve(options) as server, connect(server.url + PATHS[api]) as client:
            await send(client, {"setup": {"model": model}})
            return json.loads(await client.recv())

    assert misfits(asyncio.run(run()), facts.set_up(api)) == []


def test_frames_are_binary_and_as_pretty_as_those_recorded() -> None:
    frames = asyncio.run(held(SITUATIONS["the end of a turn"], 1_000))
    assert len(frames) > 3
    for frame in frames:
        assert isinstance(frame, bytes)
        assert frame.decode() == json.dumps(json.loads(frame), indent=2) + "\n"


def test_a_total_is_the_sum_of_its_parts() -> None:
    end = json.loads(asyncio.run(held(SITUATIONS["the end of a turn"], 1_000))[-1])
    usage = end["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]
    for kind in ("prompt", "response"):
        assert sum(one["tokenCount"] for one in usage[f"{kind}TokensDetails"]) == usage[f"{kind}TokenCount"]


def test_every_recording_is_told_of_once() -> None:
    told_of = [name for situation in SITUATIONS.values() for name in situation.recordings]
    told_of += [name for names in facts.SET_UP_ALONE.values() for name in names]
    assert len(told_of) == len(set(told_of)) == 41
