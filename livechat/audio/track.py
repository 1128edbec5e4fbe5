"""Writes one timeline of sound into WAV files that are whole at every moment, wherever on it the sound comes from."""

from __future__ import annotations

import contextlib
import os
import struct
from io import FileIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

_HEADER: Final = 44

Steps = npt.NDArray[np.int16]


class Track:
    """One timeline, in parts of a length; the second part of `you.wav` is `you.2.wav`, and every part begins full.

    All of it raises `OSError`, after which what was written before is still a WAV.
    """

    def __init__(self, folder: Path, name: str, rate: int, channels: int = 1, *, part_s: int) -> None:
        """Makes the first part. A file that is there already is not written over: FileExistsError."""
        self.rate = rate
        self._folder = folder
        self._name = name
        self._channels = channels
        self._per_part = part_s * rate
        self._parts: dict[int, _Part] = {}
        self._part(0)

    def lay(self, start: int, pcm: bytes, channel: int = 0) -> None:
        """Writes s16le mono into one channel, from that sample on; the others stay as they are."""
        while pcm:
            number, place = divmod(start, self._per_part)
            size = 2 * (self._per_part - place)
            if part := self._part(number):
                part.lay(place, pcm[:size], channel)
            start, pcm = start + len(pcm[:size]) // 2, pcm[size:]

    def grow(self, until: int) -> None:
        """Silence up to that sample, where there is nothing yet."""
        number = max(0, until - 1) // self._per_part
        if part := self._part(number):
            part.grow(until - number * self._per_part)

    def stamp(self) -> None:
        """Has the headers count what is there."""
        for part in self._parts.values():
            part.stamp()

    def close(self) -> None:
        """Stamps and closes as far as the disk lets it; raises nothing."""
        for part in self._parts.values():
            with contextlib.suppress(OSError):
                part.stamp()
            part.close()
        self._parts.clear()

    def _part(self, number: int) -> _Part | None:
        """The part of that number, begun if there is none yet; None when it is long over."""
        newest = max(self._parts, default=-1)
        while newest < number:
            if newest >= 0:
                self._parts[newest].grow(self._per_part)
            newest += 1
            ending = f".{newest + 1}.wav" if newest else ".wav"
            self._parts[newest] = _Part(self._folder / (self._name + ending), self.rate, self._channels)
            self._let_go(newest - 2)
        return self._parts.get(number)

    def _let_go(self, number: int) -> None:
        """The part before the last is kept open: what is told a little late may belong to it."""
        if part := self._parts.pop(number, None):
            part.stamp()
            part.close()


class _Part:
    """One WAV file."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._rate = rate
        self._channels = channels
        self._stamped = 0
        self._file = create(path)
        self._write(0, wav_header(0, rate, channels))

    def lay(self, place: int, pcm: bytes, channel: int) -> None:
        at = self._byte(place)
        self._write(at, pcm if self._channels == 1 else self._woven(at, pcm, channel))

    def grow(self, until: int) -> None:
        """A hole, which takes no room on most disks."""
        if self._size() < self._byte(until):
            self._file.truncate(self._byte(until))

    def stamp(self) -> None:
        """One write of the whole header, after the sound that it counts: no death can come between."""
        size = self._size() - _HEADER
        size -= size % (2 * self._channels)
        if size != self._stamped:
            self._write(0, wav_header(size, self._rate, self._channels))
            self._stamped = size

    def close(self) -> None:
        self._file.close()

    def _woven(self, at: int, pcm: bytes, channel: int) -> bytes:
        """The samples of all channels in this place, with these among them."""
        size = len(pcm) * self._channels
        self._file.seek(at)
        there = self._file.read(size)
        steps: Steps = np.frombuffer(there.ljust(size, b"\0"), "<i2").reshape(-1, self._channels).copy()
        steps[:, channel] = np.frombuffer(pcm, "<i2")
        return steps.tobytes()

    def _write(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        write_all(self._file, data)

    def _size(self) -> int:
        return self._file.seek(0, os.SEEK_END)

    def _byte(self, place: int) -> int:
        return _HEADER + 2 * self._channels * place


def create(path: Path) -> FileIO:
    """A new file for its owner alone, written without a buffer. Raises `OSError`, also when it is there already."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    return FileIO(descriptor, "r+")


def write_all(file: FileIO, data: bytes) -> None:
    """A full disk takes a part first, and raises only then."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def wav_header(size: int, rate: int, channels: int) -> bytes:
    """The 44 bytes before so many bytes of s16le."""
    block = 2 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * block, block, 16)
    return struct.pack("<4sI4s", b"RIFF", size + _HEADER - 8, b"WAVE") + form + struct.pack("<4sI", b"data", size)
