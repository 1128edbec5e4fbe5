"""Tests music over a real socket: the frames that Google's clients were captured to send, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from livechat.server.app import ServerOptions, serve
from tests.server_help import Says

PATH = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.Bidi"
CAPTURED = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors" / "client_music.jsonl").read_text(encoding="utf-8").splitlines()
]
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}


@asynccontextmanager
async def connected(method: str = "GenerateMusic") -> AsyncGenerator[ClientConnection, None]:
    async with (
        asyncio.timeout(20),
        serve(ServerOptions(brain=Says())) as server,
        connect(f"{server.url}{PATH}{method}", max_size=2**20) as socket,
    ):
        yield socket


async def said(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.recv(decode=False))
    return message


@pytest.mark.parametrize("vector", CAPTURED, ids=[f"{row['id']} {json.dumps(row['json'])[:40]}" for row in CAPTURED])
def test_what_googles_clients_send_is_understood(vector: dict[str, Any]) -> None:
    async def run() -> None:
        async with connected() as socket:
            if "setup" not in vector["json"]:
                await socket.send(json.dumps(SETUP))
                assert await said(socket) == {"setupComplete": {}}
            await socket.send(json.dumps(vector["json"]))
            if "setup" in vector["json"]:
                assert await said(socket) == {"setupComplete": {}}
            await socket.send(json.dumps({"playbackControl": "PLAY"}))
            chunk = (await said(socket))["serverContent"]["audioChunks"][0]
            assert chunk["mimeType"] == "audio/l16;rate=48000;channels=2"

    asyncio.run(run())


def test_javascript_need_not_wait_for_the_setup_to_be_complete() -> None:
    async def run() -> None:
        async with connected() as socket:
            for vector in CAPTURED:
                if vector["id"].startswith("js") or "setup" in vector["json"]:
                    await socket.send(json.dumps(vector["json"]))
            await socket.send(json.dumps({"playbackControl": "PLAY"}))
            assert await said(socket) == {"setupComplete": {}}
            assert "serverContent" in await said(socket)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "model"), [("GenerateContent", "lyria-realtime-exp"), ("GenerateMusic", "gemini-3.8-live")]
)
def test_a_model_is_only_where_it_belongs(method: str, model: str) -> None:
    async def run() -> ConnectionClosed:
        async with connected(method) as socket:
            await socket.send(json.dumps({"setup": {"model": f"models/{model}"}}))
            with pytest.raises(ConnectionClosed) as caught:
                await said(socket)
            return caught.value

    closed = asyncio.run(run()).rcvd
    assert closed is not None
    assert closed.code == 1008
    assert closed.reason.startswith(f"models/{model} is not found for API version v1alpha")


def test_the_server_ends_while_it_plays() -> None:
    async def run() -> int:
        async with connected() as socket:
            await socket.send(json.dumps(SETUP))
            await socket.send(json.dumps({"playbackControl": "PLAY"}))
            await said(socket)
            await said(socket)
            loop = asyncio.get_running_loop()
            began = loop.time()
        return round(loop.time() - began)

    assert asyncio.run(run()) <= 2
