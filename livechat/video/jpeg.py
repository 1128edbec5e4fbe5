"""Makes a JPEG of a frame of video: upright, and no larger than a model looks at."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from av import VideoFrame

LONGEST: Final = 1024
"""Pixels on the long side: more costs upload and shows a model no more (it tiles pictures at 768 pixels)."""
_QUALITY: Final = 4
"""FFmpeg's scale for MJPEG, 2 is the finest and 31 the coarsest: here text of a screen stays readable."""
_FULL_RANGE: Final = 2
"""libavutil's AVCOL_RANGE_JPEG: what the JPEG format means by a number."""
_TURNS: Final = {90: ("cclock",), -90: ("clock",), 180: ("clock", "clock"), -180: ("clock", "clock")}
"""What turns a frame upright that is to be shown turned by so many degrees, against the clock."""


class _Encoder(Protocol):
    """What is used of `av.CodecContext`, whose packets are buffers of a type that is only partly known."""

    width: int
    height: int
    pix_fmt: str
    color_range: int
    time_base: Fraction
    qmin: int
    qmax: int

    def encode(self, frame: VideoFrame | None) -> list[bytes]: ...


def jpeg(frame: VideoFrame, longest: int = LONGEST) -> bytes:
    """The picture of a frame, turned as the file says it is to be shown, at most `longest` pixels a side."""
    from av import CodecContext

    frame = _upright(frame)
    width, height = fitting(frame.width, frame.height, longest)
    small = frame.reformat(width, height, "yuv420p", dst_color_range="JPEG", interpolation="AREA")
    small.pts = 0
    encoder = cast(_Encoder, CodecContext.create("mjpeg", "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.color_range = _FULL_RANGE
    encoder.time_base = Fraction(1)
    encoder.qmin = encoder.qmax = _QUALITY
    return b"".join([*encoder.encode(small), *encoder.encode(None)])


def frame_of(bgra: bytes, width: int, height: int) -> VideoFrame:
    """A frame of the pixels of a screen: blue, green, red and one that means nothing, in rows from the top."""
    from av import VideoFrame

    frame = VideoFrame(width, height, "bgr0")
    plane, row = frame.planes[0], 4 * width
    padding = bytes(plane.line_size - row)  # FFmpeg's rows begin at round addresses
    rows = (bgra[at : at + row] + padding for at in range(0, row * height, row))
    plane.update(b"".join(rows) if padding else bgra)
    return frame


def fitting(width: int, height: int, longest: int) -> tuple[int, int]:
    """The size of a picture that is no longer than that on either side, of the same shape; never a larger one."""
    shrink = min(1.0, longest / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _upright(frame: VideoFrame) -> VideoFrame:
    turns = _TURNS.get(frame.rotation, ())
    if not turns:
        return frame
    from av.filter import Graph
    from av.video.frame import VideoFrame

    graph = Graph()
    template = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    steps = [template, *(graph.add("transpose", turn) for turn in turns), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    graph.push(frame)
    turned = graph.pull()
    return turned if isinstance(turned, VideoFrame) else frame
