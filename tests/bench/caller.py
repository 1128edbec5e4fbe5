"""A call on the sound server's devices in a process of its own: `python -m tests.bench.caller PORT LATENCY`.

It holds a conversation with the server at that port until that ends it, and prints one line of JSON for each
interruption it tells of, and at the end what it cost: its callbacks, its CPU, its memory.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from typing import ClassVar, TypeAlias, cast

from livechat.audio.device import DeviceSpeaker
from livechat.audio.keeping import Keeper
from livechat.audio.microphone import Microphone
from livechat.audio.portaudio import Latency, Stream, Work
from livechat.conversation import Conversation, Terms
from livechat.events import Event, FellSilent, Interrupted
from livechat.link import open_link
from livechat.protocol.setup import Setup
from livechat.session import Session

Cost: TypeAlias = tuple[float, float, int]
"""Of a callback: seconds by the clock, seconds of CPU, frames."""


def timed(work: Work, costs: list[Cost]) -> Work:
    def do(block: memoryview, frames: int, lead_s: float) -> None:
        began, began_cpu = time.perf_counter(), time.thread_time()
        work(block, frames, lead_s)
        cpu, wall = time.thread_time() - began_cpu, time.perf_counter() - began
        costs.append((wall, cpu, frames))

    return do


class TimedSpeaker(DeviceSpeaker):
    costs: ClassVar[list[Cost]] = []

    def _make(self, stream: Stream) -> Work:
        return timed(super()._make(stream), self.costs)


class TimedMicrophone(Microphone):
    costs: ClassVar[list[Cost]] = []

    def _make(self, stream: Stream) -> Work:
        return timed(super()._make(stream), self.costs)


def main() -> None:
    url, latency = (
        f"ws://127.0.0.1:{sys.argv[1]}",
        cast("Latency", sys.argv[2]),
    )
    asyncio.run(call(url, latency))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say(output=TimedSpeaker.costs, input=TimedMicrophone.costs, rss_mb=most / 1024)


async def call(url: str, latency: Latency) -> None:
    session = Session(
        Conversation(Terms(Setup(model="models/gemini-3.8-live"), plays=True)), lambda: open_link(url, {})
    )
    keeper = Keeper()
    speaker = TimedSpeaker(session.played, keeper=keeper, latency=latency)
    microphone = TimedMicrophone(keeper=keeper)
    session.hand_over(speaker)
    session.subscribe(tell)
    began, began_cpu = time.monotonic(), time.process_time()

    async def listen(session: Session) -> None:
        await session.listen(sound_of(microphone))

    try:
        await session.run(listen)
    except Exception as ended:  # however the server ends it
        say(ended=str(ended))
    finally:
        say(cpu=(time.process_time() - began_cpu) / (time.monotonic() - began))
        microphone.close()
        await speaker.close()


async def sound_of(microphone: Microphone) -> AsyncIterator[bytes]:
    async for frame in microphone:
        yield frame.pcm


def tell(_: float, event: Event) -> None:
    if isinstance(event, Interrupted):
        say(turn=event.turn, heard_ms=event.heard_ms)
    elif isinstance(event, FellSilent):
        say(turn=event.turn, after_ms=event.after_ms)


def say(**told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
