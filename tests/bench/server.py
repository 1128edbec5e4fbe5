"""The embedded server alone in a process, with tones for speech: `python -m tests.bench.server PLACES`.

Prints its port, and serves until it is killed.
"""

from __future__ import annotations

import asyncio
import sys

from livechat.server.app import ServerOptions, serve
from livechat.server.tones import load_tones


async def main(places: int) -> None:
    options = ServerOptions(max_connections=places, load_speech=load_tones, missing=lambda: None, preload=True)
    async with serve(options) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
