"""Plays a file of video in real time: the picture asked for is the one that would be on the screen by then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from livechat.errors import BadInput, MissingInput
from livechat.video.feed import Shots, Shutter
from livechat.video.jpeg import jpeg

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

_HINT: Final = "anything that ffmpeg plays can be sent: mp4, mov, mkv, webm, avi, gif; a picture, too"


def film(path: str) -> Shots:
    """The pictures of a file, which is opened at once. Raises `MissingInput` and `BadInput`."""
    if not os.path.isfile(path):
        kind = "is not a file" if os.path.exists(path) else "is not there"
        raise MissingInput(f"the video {path} {kind}", hint="--video takes a file, cam or screen")
    from av import open
    from av.error import FFmpegError

    try:
        opened = open(os.path.abspath(path), "r")  # never taken for a URL
    except FFmpegError as error:
        raise _unreadable(path, error) from error
    if not opened.streams.video:
        opened.close()
        raise BadInput(f"{path} has no pictures in it", hint=_HINT)
    return lambda shutter: _play(path, opened, shutter)


def _play(path: str, opened: InputContainer, shutter: Shutter) -> Iterator[bytes]:
    from av.error import FFmpegError

    with opened:
        began: float | None = None
        frames = _timed(opened)
        while (at := shutter.next()) is not None:
            began = at if began is None else began
            try:
                frame = next((frame for time, frame in frames if time >= at - began or shutter.closed), None)
            except FFmpegError as error:
                raise _unreadable(path, error) from error
            if frame is None or shutter.closed:
                return
            picture = jpeg(frame)
            if shutter.wait(at):
                yield picture


def _timed(opened: InputContainer) -> Iterator[tuple[float, VideoFrame]]:
    """Every frame with its seconds from the first."""
    stream = opened.streams.video[0]
    stream.thread_type = "SLICE"  # no frames are held back, and no cores taken that the sound needs
    stream.codec_context.skip_frame = "NONREF"  # what no other frame builds on need not be decoded
    first: float | None = None
    for frame in opened.decode(stream):
        time = frame.time or 0.0
        first = time if first is None else first
        yield time - first, frame


def _unreadable(path: str, error: Exception) -> BadInput:
    return BadInput(f"{path} cannot be read as video", why=getattr(error, "strerror", None) or str(error), hint=_HINT)
