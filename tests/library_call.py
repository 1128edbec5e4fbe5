"""A program that talks by the devices of its machine, one conversation after another, and tells what it leaves open.

`python -m tests.library_call URL`: for each line that it reads it holds a conversation until a turn has ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading

import livechat


async def main(url: str) -> None:
    model = livechat.LiveGenerativeModel("gemini-2.0-flash-live-001", backend=url)
    async with model.connect() as session:
        tell("connected")
        while await asyncio.to_thread(sys.stdin.readline):
            async with await session.start_audio_conversation() as conversation:
                tell("begun", devices=conversation.device_names, echo=conversation.echo.how)
                async for event in session.events():
                    if isinstance(event, livechat.TurnEnded):
                        tell("answered", text=event.text, spoken_ms=event.spoken_ms)
                        break
            tell("stopped", ended=conversation.ended)


def tell(kind: str, **details: object) -> None:
    descriptors = [target for target in map(_opened, os.listdir("/proc/self/fd")) if "pulse" in target]
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("livechat")]
    for thread in ours if kind == "stopped" else ():
        thread.join(1.0)  # one that was told to end does so, which may take a moment
    threads = [thread.name for thread in ours if thread.is_alive()]
    line = {"kind": kind, "threads": threads, "sound": descriptors, **details}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _opened(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
