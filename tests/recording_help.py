"""A conversation that is recorded in a process of its own, which is killed; and what is then on the disk."""

from __future__ import annotations

import random
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Steps = npt.NDArray[np.int16]

_CHILD = """
import array, os, pathlib, sys, time
from livechat.recording import Recording

began = time.monotonic()
recording = Recording(pathlib.Path(sys.argv[1]), began=began, warn=sys.exit, part_most=200_000)
for frame in range(1, 10_000):
    time.sleep(max(0, began + frame / 50 - time.monotonic()))
    recording.you(array.array("h", [frame] * 320).tobytes(), began + frame / 50)
    recording.model(array.array("h", [frame] * 480).tobytes(), 24_000, began + (frame - 1) / 50)
    recording.event(str(frame))
    os.write(1, b".")
"""


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """Records for 200 s: the steps of all samples of a frame are its number, and for each there is a dot on stdout."""
    return subprocess.Popen([sys.executable, "-c", _CHILD, str(folder)], stdout=subprocess.PIPE)


def kill(child: subprocess.Popen[bytes], chance: random.Random) -> int:
    """Kills it somewhere in its first two seconds; says how many frames it had recorded."""
    assert child.stdout is not None
    with child, child.stdout:
        dots = child.stdout.read(chance.randint(5, 90))
        child.kill()
        return len(dots + child.stdout.read())


def read(path: Path) -> Steps:
    """(time, channel)"""
    with wave.open(str(path)) as wav:
        data = wav.readframes(wav.getnframes())
        assert len(data) == wav.getnframes() * wav.getnchannels() * 2, "the header does not count more than there is"
        return np.frombuffer(data, "<i2").reshape(-1, wav.getnchannels())


def joined(folder: Path, name: str) -> Steps:
    """All parts of a file."""
    parts = [folder / f"{name}.wav", *(folder / f"{name}.{number}.wav" for number in range(2, 9))]
    return np.concatenate([read(path) for path in parts if path.exists()])
