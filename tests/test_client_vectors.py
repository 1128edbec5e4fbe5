"""Every frame that Google's clients were captured to send, over a real socket: taken, or refused with its code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from livechat.protocol.parts import FunctionDeclaration
from livechat.server.app import ServerOptions, serve
from livechat.server.brain import Said
from tests.server_help import PretendSpeech
from tests.wire_facts import vectors

DEVELOPER = "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent?key=x"
MUSIC = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic?key=x"
VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"

Frames = list[dict[str, Any]]


def captured(*files: str) -> dict[str, Frames]:
    """The frames of each capture, in order."""
    rows = [row for file in files for row in vectors(f"client_{file}.jsonl")]
    return {name: [row["json"] for row in found] for name, found in groupby(rows, key=lambda row: str(row["id"]))}


CAPTURED = captured("python", "js")
SETUPS = {name: frames for name, frames in CAPTURED.items() if "setup" in frames[0]}
LATER = {name: frames for name, frames in CAPTURED.items() if name not in SETUPS}

NOT_FOR_THIS_MODEL = "gemini-3.8-live speaks, does not think aloud, is not affective and translates nothing"
REFUSED = {
    "py.setup.model_tuned": (1008, "there is no such model"),
    "py.setup.modality.TEXT": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.modality.VIDEO": (1007, NOT_FOR_THIS_MODEL),
    "js.setup.modality.IMAGE": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.modality.both": (1007, "one modality a session"),
    "py.setup.thinking.level": (1007, NOT_FOR_THIS_MODEL),
    "js.setup.thinking.budget": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.kitchen_sink": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.affective": (1007, NOT_FOR_THIS_MODEL),
    "js.setup.affective": (1007, NOT_FOR_THIS_MODEL),
    "py.vertex.kitchen": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.gen.temperature_zero": (1007, "maxOutputTokens of 0 leaves nothing to say"),
    "js.setup.translation": (1007, NOT_FOR_THIS_MODEL),
    "py.setup.resumption.handle": (1008, "nobody was given this handle"),
    "js.setup.resumption.handle": (1008, "nobody was given this handle"),
    "py.vertex.resumption_transparent": (1008, "nobody was given this handle"),
    "js.vertex.transparent": (1008, "nobody was given this handle"),
}
"""Setups that a client sends without a doubt and the model, or this server, does not take: the code, and why."""


class Echoes:
    """Says what was said last."""

    speculative = True

    async def respond(self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> AsyncIterator[str]:
        yield history[-1].text


def options() -> ServerOptions:
    return ServerOptions(brain=Echoes(), load_speech=lambda _: PretendSpeech(), missing=lambda: None)


def path(name: str) -> str:
    return VERTEX if "vertex" in name else DEVELOPER


async def tell(client: ClientConnection, message: object) -> None:
    await client.send(json.dumps(message))


@pytest.mark.parametrize("name", SETUPS)
def test_a_captured_setup(name: str) -> None:
    async def run() -> int | None:
        async with asyncio.timeout(10), serve(options()) as server, connect(server.url + path(name)) as client:
            for frame in SETUPS[name]:
                await tell(client, frame)
            try:
                assert "setupComplete" in json.loads(await client.recv())
            except ConnectionClosed:
                return client.close_code
            return None

    assert asyncio.run(run()) == (REFUSED[name][0] if name in REFUSED else None)


@pytest.mark.parametrize("name", LATER)
def test_what_was_captured_later_in_a_session(name: str) -> None:
    by_hand = ".activity_" in name
    stopped: Frames = [{"realtimeInput": {"activityEnd": {}}}] if by_hand else []
    setup: dict[str, Any] = {
        "model": "models/gemini-3.8-live",
        "outputAudioTranscription": {},
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": by_hand}},
    }

    async def run() -> None:
        async with asyncio.timeout(10), serve(options()) as server, connect(server.url + path(name)) as client:
            for message in ({"setup": setup}, *LATER[name], *stopped, {"clientContent": asked("Are you still there?")}):
                await tell(client, message)
            heard = ""
            while "Are you still there?" not in heard:
                content = json.loads(await client.recv()).get("serverContent", {})
                heard += content.get("outputTranscription", {}).get("text", "")

    asyncio.run(run())


def asked(text: str) -> dict[str, Any]:
    return {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}


@pytest.mark.parametrize("name", captured("music"))
def test_what_was_captured_of_music(name: str) -> None:
    setup = {"setup": {"model": "models/lyria-realtime-exp"}}
    frames = captured("music")[name]

    if "setup" not in frames[0]:
        frames.insert(0, setup)
    prompts = {"clientContent": {"weightedPrompts": [{"text": "piano", "weight": 1}]}}

    async def run() -> None:
        async with asyncio.timeout(10), serve(options()) as server, connect(server.url + MUSIC) as client:
            for message in (*frames, prompts, {"playbackControl": "PLAY"}):
                await tell(client, message)
            while "audioChunks" not in json.loads(await client.recv()).get("serverContent", {}):
                pass

    asyncio.run(run())


def test_every_refusal_is_of_a_captured_setup() -> None:
    assert REFUSED.keys() <= SETUPS.keys()
    assert len(SETUPS) > 50
    assert len(LATER) > 30
