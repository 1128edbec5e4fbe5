"""Makes small real videos, whose brightness counts the seconds, and reads a JPEG's size and brightness again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import av
from av import VideoFrame, VideoStream

RATE = 25
STEP = 20
"""How much brighter a frame is than the one a second before."""
DARK = 40


def make_film(
    path: Path, seconds: float, *, size: tuple[int, int] = (64, 48), codec: str = "mpeg4", pix_fmt: str = "yuv420p"
) -> str:
    """A film of so many seconds."""
    width, height = size
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=RATE))
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for number in range(round(seconds * RATE)):
            container.mux(stream.encode(grey(width, height, DARK + number // RATE * STEP, number)))
        container.mux(stream.encode(None))
    return str(path)


def grey(width: int, height: int, level: int, pts: int = 0) -> VideoFrame:
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts = pts
    return frame


def look(picture: bytes) -> tuple[tuple[int, int], int]:
    """The size of a JPEG, and the brightness of its upper left corner in the film's own steps."""
    assert picture.startswith(b"\xff\xd8\xff")
    with av.open(io.BytesIO(picture), "r") as opened:
        frame = next(opened.decode(video=0))
        assert isinstance(frame, VideoFrame)
        return (frame.width, frame.height), round(bytes(frame.planes[0])[0] * 219 / 255 + 16)


def second_of(picture: bytes) -> int:
    """Which second of its film a picture shows."""
    return round((look(picture)[1] - DARK) / STEP)


class Asked:
    """A shutter that asks for pictures at times that are given, and lets them pass at once."""

    def __init__(self, *times: float) -> None:
        self.times = list(times)
        self.waited: list[float] = []
        self.closed = False

    def next(self) -> float | None:
        return self.times.pop(0) if self.times else None

    def wait(self, at: float) -> bool:
        self.waited.append(at)
        return not self.closed

    def fires(self) -> bool:
        """Every frame is due, until no more are asked for."""
        self.closed = self.closed or not self.times
        return not self.closed and self.times.pop(0) is not None
