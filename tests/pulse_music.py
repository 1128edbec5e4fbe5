"""Music played by a process of its own on a test's sound server: `python -m tests.pulse_music STEPS`, STEPS being JSON.

A step is the name of something a `MusicSpeaker` does, `play` with where its count begins and how many frames it is
long, or `sleep` with seconds. When all is done it says how often the music ran out.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.int16]
CYCLE: Final = 30_000


def counting(start: int, frames: int) -> Frames:
    """Frames that count up on the left and down on the right, none of them silent."""
    left = 1 + np.arange(start, start + frames) % CYCLE
    return np.stack([left, -left], axis=1).astype("<i2")


async def perform(steps: list[list[Any]]) -> None:
    from livechat.audio.music_speaker import MusicSpeaker

    def tell(news: object) -> None:
        sys.stdout.write(f"{type(news).__name__}\n")
        sys.stdout.flush()

    speaker = MusicSpeaker(tell=tell)
    for name, *details in steps:
        if name == "play":
            speaker.play(counting(*details).tobytes())
        elif name == "sleep":
            await asyncio.sleep(*details)
        elif inspect.isawaitable(waiting := getattr(speaker, name)()):
            await waiting
    sys.stdout.write(f"{speaker.underruns} underruns\n")


if __name__ == "__main__":
    asyncio.run(perform(json.loads(sys.argv[1])))
