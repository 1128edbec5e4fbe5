"""Sound to be sent, from a file or a pipe: 20 ms frames of 16 kHz s16le mono, as they come or in real time."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import BinaryIO, Final

from livechat.audio.codecs import STDIN, recipe
from livechat.audio.file import Compressed, Intake, RawOptions, open_binary, open_regular, raw_options, scan
from livechat.audio.pcm import SPEECH, Framer
from livechat.audio.pipe import Window, answer, reader_of
from livechat.audio.wav import Note
from livechat.errors import BadInput, MissingInput

_STOOD_STILL: Final = 0.5
"""Seconds behind after which a source counts as having paused: its time begins anew, nothing is rushed after it."""


class Source:
    """An async iterator over frames of 640 bytes, of which the last may be shorter; iterate it once, then close it."""

    def __init__(
        self, pieces: AsyncIterator[bytes], close: Callable[[], None], duration_s: float | None = None
    ) -> None:
        self.duration_s = duration_s
        """Length of the whole, where it is known before the end."""
        self._pieces = pieces
        self._close = close
        self._given = 0

    @property
    def position_s(self) -> float:
        """Length of what has been given out."""
        return self._given / SPEECH.bytes_per_second

    async def __aiter__(self) -> AsyncIterator[bytes]:
        framer = Framer()
        async for piece in self._pieces:
            for frame in framer.feed(piece):
                self._given += len(frame)
                yield frame
        if rest := framer.take_rest():
            self._given += len(rest)
            yield rest

    def close(self) -> None:
        """Lets go of the file."""
        self._close()


def open_source(
    path: str,
    *,
    rate: int | None = None,
    channels: int | None = None,
    format: str | None = None,
    note: Note,
    stdin: BinaryIO | None = None,
) -> Source:
    """Opens a file, a named pipe, or `-` for standard input, for sending.

    `rate`, `channels` and `format` say what headerless bytes are, and are not asked about others; None means
    16 kHz, mono, s16le. `note` is told what is odd: at once about files, while they are read about pipes.
    Raises `UsageError`, `MissingInput` and `BadInput`; about a pipe the last comes out of the iteration.
    """
    raw = raw_options(rate, channels, format)
    if path == "-":
        return Source(_pieces(stdin or _standard_input(), STDIN, "", raw, note), _nothing)
    if not _is_special(path):
        sound = open_regular(path, raw, note)
        return Source(_in_turn(sound.blocks), sound.close, sound.duration_s)
    stream = open_binary(path)
    return Source(_pieces(stream, path, os.path.splitext(path)[1].lower(), raw, note), stream.close)


async def paced(
    source: AsyncIterable[bytes], clock: Callable[[], float] | None = None, speed: float = 1.0
) -> AsyncIterator[bytes]:
    """The same frames, none before its time: each has an absolute deadline, so that delays do not add up.

    `clock` gives the loop's seconds. A source that falls behind by more than half a second (a pipe whose writer
    paused) goes on from there in real time.
    """
    clock = clock or asyncio.get_running_loop().time
    due: float | None = None
    async for frame in source:
        now = clock()
        if due is None or now - due > _STOOD_STILL:
            due = now
        if due > now:
            await asyncio.sleep(due - now)
        yield frame
        due += len(frame) / SPEECH.bytes_per_second / speed


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # as in a process started with descriptor 0 closed
        raise MissingInput("standard input is closed")
    return sys.stdin.buffer


def _nothing() -> None:
    """Closes nothing: standard input belongs to the process."""


def _is_special(path: str) -> bool:
    """Whether this is neither a file, nor a folder, nor missing."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False  # opening it says why
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


async def _in_turn(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
        await asyncio.sleep(0)


async def _pieces(stream: BinaryIO, name: str, suffix: str, raw: RawOptions, note: Note) -> AsyncIterator[bytes]:
    window = Window(reader_of(stream))
    try:
        located = await answer(scan(name, suffix, None, raw, note), window)
    except Compressed as found:
        what = f"{name} is {found.codec.name}, which cannot be read through a pipe"
        raise BadInput(what, hint=recipe(name)) from None
    intake = Intake(name, located, note)
    async for data in window.rest(located.start):
        yield intake.feed(data)
        if intake.full:
            break
    yield intake.finish()
