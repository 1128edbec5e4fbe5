"""A server for the benches that costs little: it answers the setup, swallows sound, and sends sound on demand.

`python -m tests.bench.peer` prints its port. A client text of `flood N` gets N audio messages of 40 ms.
"""

from __future__ import annotations

import asyncio
import base64
import json

from websockets.asyncio.server import ServerConnection, serve

SOUND_40_MS = bytes(range(256)) * 7 + bytes(128)
"""1 920 bytes of PCM, with every byte in it."""
MESSAGE = json.dumps(
    {
        "serverContent": {
            "modelTurn": {
                "parts": [
                    {
                        "inlineData": {
                            "mimeType": "audio/pcm;rate=24000",
                            "data": base64.b64encode(SOUND_40_MS).decode(),
                        }
                    }
                ]
            }
        }
    }
).encode()
COMPLETE = b'{"serverContent": {"generationComplete": true, "turnComplete": true}}'


async def serve_one(client: ServerConnection) -> None:
    async for frame in client:
        text = frame if isinstance(frame, str) else frame.decode()
        if text.startswith("flood "):
            await flood(client, int(text[6:]))
        elif '"setup"' in text[:20]:
            await client.send(b'{"setupComplete": {}}')
        elif '"flood ' in text:
            await flood(client, int(text.split('"flood ', 1)[1].split('"')[0]))


async def flood(client: ServerConnection, count: int) -> None:
    for _ in range(count):
        await client.send(MESSAGE)
    await client.send(COMPLETE)


async def main() -> None:
    async with serve(serve_one, "127.0.0.1", 0, max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
