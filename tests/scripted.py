"""A Live server that says what a test wants: a thread of its own, a real socket, frames as given."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from websockets.asyncio.server import ServerConnection, serve

Script = Callable[[ServerConnection], Awaitable[None]]


async def greet(client: ServerConnection) -> None:
    """Takes the setup, says that it is complete, and takes the first words."""
    await client.recv()
    await say(client, {"setupComplete": {}})
    await client.recv()


async def say(client: ServerConnection, message: dict[str, object]) -> None:
    await client.send(json.dumps(message).encode())


async def write(client: ServerConnection, text: str) -> None:
    await say(client, {"serverContent": {"modelTurn": {"parts": [{"text": text}]}}})


async def complete(client: ServerConnection) -> None:
    await say(client, {"serverContent": {"generationComplete": True}})
    await say(client, {"serverContent": {"turnComplete": True}})
    await client.wait_closed()


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """Runs `script` for every client; gives the server's URL."""
    opened = threading.Event()
    port = 0
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def live() -> None:
        nonlocal port
        async with serve(script, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            opened.set()
            await ended.wait()

    def run() -> None:
        loop.run_until_complete(live())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    opened.wait()
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
