"""One client of the benches in a process of its own: `python -m tests.bench.client WHO WHAT PORT COUNT`.

WHO is `bare` (websockets alone, as its manual begins: with the compression that it offers by default), `plain` (the
same without compression), `livechat`, `library` (the same for programs: `livechat.connect`) or `genai`; WHAT is `send`
or `receive`. Prints the CPU microseconds that the process spent on each frame, set-up and imports left out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncIterator

FRAME = bytes(range(256)) * 2 + bytes(128)
"""640 bytes: 20 ms of 16 kHz PCM."""


async def frames(count: int) -> AsyncIterator[bytes]:
    """As fast as they are taken: only what a frame itself costs is measured, not the waiting for the next."""
    for _ in range(count):
        yield FRAME


async def bare(what: str, port: int, count: int, compression: str | None = "deflate") -> float:
    from websockets.asyncio.client import connect

    data = base64.b64encode(FRAME).decode()
    message = json.dumps({"realtimeInput": {"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}}})
    async with connect(f"ws://127.0.0.1:{port}", compression=compression, proxy=None) as socket:
        await socket.send('{"setup": {}}')
        await socket.recv()
        began = time.process_time()
        if what == "send":
            async for _ in frames(count):
                await socket.send(message)
        else:
            await socket.send(f"flood {count}")
            for _ in range(count + 1):
                await socket.recv()
        return time.process_time() - began


async def plain(what: str, port: int, count: int) -> float:
    return await bare(what, port, count, None)


async def livechat(what: str, port: int, count: int) -> float:
    from livechat.conversation import Conversation, Terms
    from livechat.events import Ready, ReplyCame, Typed
    from livechat.link import open_link
    from livechat.protocol.setup import Setup
    from livechat.session import Session

    terms = Terms(Setup(model="models/gemini-3.8-live"), plays=False)
    session = Session(Conversation(terms), lambda: open_link(f"ws://127.0.0.1:{port}", {}))
    took = 0.0

    async def script(session: Session) -> None:
        nonlocal took
        await session.until(Ready)
        began = time.process_time()
        if what == "send":
            await session.listen(frames(count))
        else:
            session.tell(Typed(f"flood {count}"))
            await session.until(ReplyCame)
        took = time.process_time() - began

    await session.run(script)
    return took


async def library(what: str, port: int, count: int) -> float:
    import livechat as offered

    async with offered.connect("gemini-3.8-live", backend=f"ws://127.0.0.1:{port}") as session:
        began = time.process_time()
        if what == "send":
            await session.send_audio_realtime(frames(count))
        else:
            await session.send(f"flood {count}")
            async for message in session.receive():
                if message.turn_complete:
                    break
        return time.process_time() - began


async def genai(what: str, port: int, count: int) -> float:
    from google import genai as sdk
    from google.genai import types

    client = sdk.Client(api_key="x")
    inner = client._api_client  # the two attributes that let the SDK speak without TLS
    inner._websocket_base_url = lambda *_, **__: f"ws://127.0.0.1:{port}"
    inner._websocket_ssl_ctx = {}
    async with client.aio.live.connect(model="gemini-3.8-live", config={}) as session:
        began = time.process_time()
        if what == "send":
            async for frame in frames(count):
                await session.send_realtime_input(audio=types.Blob(data=frame, mime_type="audio/pcm;rate=16000"))
        else:
            words = types.Content(role="user", parts=[types.Part(text=f"flood {count}")])
            await session.send_client_content(turns=words)
            async for _ in session.receive():
                pass
        return time.process_time() - began


if __name__ == "__main__":
    who, what, port, count = sys.argv[1:]
    runs = {"bare": bare, "plain": plain, "livechat": livechat, "library": library, "genai": genai}
    seconds = asyncio.run(runs[who](what, int(port), int(count)))
    print(seconds / int(count) * 1e6)
