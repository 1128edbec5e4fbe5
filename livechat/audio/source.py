"""Sound to be sent, from a file or a pipe: 20 ms frames of 16 kHz s16le mono, as they come or in real time."""

from __future__ import annotations

import asyncio
import math
import os
import stat
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO, Final, Protocol

from livechat.audio.codecs import STDIN, recipe
from livechat.audio.file import Compressed, Intake, RawOptions, open_binary, open_regular, raw_options, scan
from livechat.audio.pcm import SPEECH, Framer
from livechat.audio.pipe import Window, answer, reader_of
from livechat.audio.wav import Note
from livechat.errors import BadInput, MissingInput

_STOOD_STILL: Final = 0.5
"""Seconds behind after which a source counts as having paused: its time begins anew, nothing is rushed after it."""


class Pieces(Protocol):
    """Speech in pieces of any size."""

    async def next(self) -> bytes | None:
        """The next piece, possibly empty; None at the end."""
        ...


class Source:
    """An async iterator over frames of 640 bytes, of which the last may be shorter. Close it when done."""

    def __init__(self, pieces: Pieces, close: Callable[[], None], duration_s: float | None = None) -> None:
        self.duration_s = duration_s
        """Length of the whole, where it is known before the end."""
        self._pieces = pieces
        self._close = close
        self._framer = Framer()
        self._frames: deque[bytes] = deque()
        self._ended = False
        self._given = 0

    @property
    def position_s(self) -> float:
        """Length of what has been given out."""
        return self._given / SPEECH.bytes_per_second

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> bytes:
        while not self._frames and not self._ended:
            await self._refill()
        if not self._frames:
            raise StopAsyncIteration
        frame = self._frames.popleft()
        self._given += len(frame)
        return frame

    def close(self) -> None:
        """Lets go of the file."""
        self._close()

    async def _refill(self) -> None:
        piece = await self._pieces.next()
        if piece is not None:
            self._frames.extend(self._framer.feed(piece))
            return
        self._ended = True
        if rest := self._framer.take_rest():
            self._frames.append(rest)


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
        return Source(_PipePieces(stdin or _standard_input(), STDIN, raw, note), _nothing)
    if not _is_special(path):
        sound = open_regular(path, raw, note)
        return Source(_FilePieces(sound.blocks), sound.close, sound.duration_s)
    stream = open_binary(path)
    return Source(_PipePieces(stream, path, raw, note), stream.close)


def paced(
    source: AsyncIterator[bytes], clock: Callable[[], float] | None = None, speed: float = 1.0
) -> AsyncIterator[bytes]:
    """The same frames, none before its time: each has an absolute deadline, so that delays do not add up.

    `clock` gives seconds, by default the running loop's. A source that falls behind by more than half a second
    (a pipe whose writer paused) goes on from there in real time.
    """
    return _Paced(source, clock or asyncio.get_running_loop().time, speed)


class _Paced:
    def __init__(self, source: AsyncIterator[bytes], clock: Callable[[], float], speed: float) -> None:
        self._source = source
        self._clock = clock
        self._bytes_per_second = SPEECH.bytes_per_second * speed
        self._due = -math.inf

    def __aiter__(self) -> _Paced:
        return self

    async def __anext__(self) -> bytes:
        frame = await anext(self._source)
        now = self._clock()
        if now - self._due > _STOOD_STILL:
            self._due = now
        if self._due > now:
            await asyncio.sleep(self._due - now)
        self._due += len(frame) / self._bytes_per_second
        return frame


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # as in a process started with descriptor 0 closed
        raise MissingInput("standard input is closed", hint="leave it open, or name a file")
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


class _FilePieces:
    """A file's pieces; the others on the loop have their turn between two of them."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    async def next(self) -> bytes | None:
        await asyncio.sleep(0)
        return next(self._blocks, None)


class _PipePieces:
    """A pipe's pieces, as they come; what it is is found out from its first bytes."""

    def __init__(self, stream: BinaryIO, name: str, raw: RawOptions, note: Note) -> None:
        self._stream, self._name, self._raw, self._note = stream, name, raw, note
        self._opened: tuple[Window, Intake] | None = None
        self._ended = False

    async def next(self) -> bytes | None:
        if self._ended:
            return None
        if self._opened is None:
            self._opened = await self._begin()
        window, intake = self._opened
        if not intake.full and (data := await window.take()):
            return intake.feed(data)
        self._ended = True
        return intake.finish()

    async def _begin(self) -> tuple[Window, Intake]:
        window = Window(reader_of(self._stream))
        suffix = "" if self._name == STDIN else PurePath(self._name).suffix.lower()
        try:
            located = await answer(scan(self._name, suffix, None, self._raw, self._note), window)
        except Compressed as found:
            what = f"{self._name} is {found.codec.name}, which cannot be read through a pipe"
            raise BadInput(what, hint=recipe(self._name)) from None
        await window.skip_to(located.start)
        return window, Intake(self._name, located, self._note)
