"""Writes s16le sound, as it comes from a model, to WAV files that are whole at every moment, raw files and pipes."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import shlex
import stat
import struct
import sys
from io import UnsupportedOperation
from pathlib import PurePath
from typing import BinaryIO, Final, Protocol

from livechat.errors import DeviceError, UsageError

RATE: Final = 24_000
"""Hz of what the Live API sends (wire-protocol §6)."""
_HEADER: Final = 44
_MOST: Final = 0xFFFF_FFFF
_NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)
_AT_ONCE: Final[int] = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe takes without blocking once it says that it is ready (POSIX)."""


class Sink(Protocol):
    """Where sound is written."""

    @property
    def written(self) -> int:
        """Bytes of sound taken so far."""
        ...

    def write(self, pcm: bytes) -> None:
        """Takes sound without waiting; raises `DeviceError`, or `BrokenPipeError` when nobody reads any more."""
        ...

    async def close(self) -> None:
        """Waits until all of it is written; raises what `write` raises."""
        ...


def open_sink(path: str, *, stdout: BinaryIO | None = None, rate: int = RATE, channels: int = 1) -> FileSink | PipeSink:
    """A sink for a name ending in .wav, .pcm or .raw, for a pipe or device, or raw on standard output for `-`.

    A WAV is of so many Hz and channels.

    Raises `UsageError` for another ending, and `DeviceError` at once for what can never be written.
    """
    if path == "-":
        return PipeSink(stdout or sys.stdout.buffer)
    kind = PurePath(path).suffix.lower()
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        mode = None
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        header = wav_header(_MOST, rate, channels) if kind == ".wav" else b""
        return PipeSink(_open_special(path), header=header, owned_as=path)
    if kind not in (".wav", ".pcm", ".raw"):
        raise UsageError(f"cannot write {path}: livechat writes .wav, .pcm and .raw", hint="-o answer.wav")
    _check_writable(path, mode)
    return FileSink(path, wav=kind == ".wav", rate=rate, channels=channels)


def wav_header(size: int, rate: int = RATE, channels: int = 1) -> bytes:
    """The 44 bytes before so many bytes of sound; sizes beyond 4 GiB read as `up to the end`."""
    riff, data = min(size + _HEADER - 8, _MOST), min(size, _MOST)
    frame = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * frame, frame, 16)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", riff, b"WAVE", b"fmt ", len(form)) + form + struct.pack("<4sI", b"data", data)
    )


class FileSink:
    """A file that is created, or written over, when its first sound comes and not before.

    After every write its header counts what is there, so a WAV can be played whenever the program dies.
    """

    def __init__(self, path: str, *, wav: bool, rate: int = RATE, channels: int = 1) -> None:
        self._path = path
        self._wav = wav
        self._form = (rate, channels)
        self._file: BinaryIO | None = None
        self._written = 0

    @property
    def written(self) -> int:
        return self._written

    def write(self, pcm: bytes) -> None:
        if not pcm:
            return
        try:
            self._append(pcm)
        except OSError as error:
            raise _refused(self._path, error) from error

    async def drain(self) -> None:
        """A file takes all at once."""

    async def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _append(self, pcm: bytes) -> None:
        file = self._file
        if file is None:
            file = self._file = open(self._path, "wb", buffering=0)  # noqa: SIM115 - lives as long as the sink
            _write_all(file, wav_header(0, *self._form) if self._wav else b"")
        rest = memoryview(pcm)
        try:
            while rest:
                count = file.write(rest) or 0
                self._written += count
                rest = rest[count:]
        finally:
            if self._wav:
                self._count(file)

    def _count(self, file: BinaryIO) -> None:
        """One write of the whole header, so that no death can come between its two sizes."""
        file.seek(0)
        _write_all(file, wav_header(self._written, *self._form))
        file.seek(0, os.SEEK_END)


class PipeSink:
    """A pipe that is filled as fast as its reader takes it; what waits for it waits in memory, never in the loop."""

    def __init__(self, stream: BinaryIO, *, header: bytes = b"", owned_as: str | None = None) -> None:
        self._stream = stream
        self._name = owned_as or "standard output"
        self._waiting = bytearray(header)
        self._owned = owned_as is not None
        self._written = 0
        self._pumping = False
        self._failed: OSError | None = None
        self._emptied = asyncio.Event()
        self._watched = self._can_be_watched()

    @property
    def written(self) -> int:
        return self._written

    def write(self, pcm: bytes) -> None:
        self._raise_failure()
        self._waiting += pcm
        self._written += len(pcm)
        if not self._watched:
            self._write_now()
        elif self._waiting and not self._pumping:
            self._pumping = True
            self._emptied.clear()
            asyncio.get_running_loop().add_writer(self._stream.fileno(), self._pump)

    async def drain(self) -> None:
        """Waits until nothing waits in memory; raises what `write` raises."""
        while self._pumping:
            await self._emptied.wait()
        self._raise_failure()

    async def close(self) -> None:
        try:
            while self._pumping:
                await self._emptied.wait()
        finally:
            self._stop_pumping()
            if self._owned:
                self._stream.close()
        self._raise_failure()

    def _can_be_watched(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            loop.add_writer(self._stream.fileno(), lambda: None)
        except (NotImplementedError, PermissionError, UnsupportedOperation):
            return False  # a redirected file, a buffer in memory, or Windows: written directly
        loop.remove_writer(self._stream.fileno())
        return True

    def _write_now(self) -> None:
        data, self._waiting = bytes(self._waiting), bytearray()
        try:
            self._stream.write(data)
            self._stream.flush()
        except OSError as error:
            self._failed = error
            self._raise_failure()

    def _pump(self) -> None:
        try:
            del self._waiting[: os.write(self._stream.fileno(), self._waiting[:_AT_ONCE])]
        except OSError as error:
            self._failed = error
            self._waiting.clear()
        if not self._waiting:
            self._stop_pumping()

    def _stop_pumping(self) -> None:
        if self._pumping:
            asyncio.get_running_loop().remove_writer(self._stream.fileno())
        self._pumping = False
        self._emptied.set()

    def _raise_failure(self) -> None:
        if isinstance(self._failed, BrokenPipeError):
            raise self._failed
        if self._failed is not None:
            raise _refused(self._name, self._failed) from self._failed


# --------------------------------------------------------------------------------------------------- helpers


def _write_all(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def _open_special(path: str) -> BinaryIO:
    try:
        file = os.open(path, os.O_WRONLY | _NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise DeviceError(f"nobody reads the pipe {path}", hint="start its reader first") from error
        raise _refused(path, error) from error
    if _NONBLOCK:
        os.set_blocking(file, True)
    return open(file, "wb", buffering=0)


def _check_writable(path: str, mode: int | None) -> None:
    folder = os.path.dirname(path) or "."
    if mode is not None and stat.S_ISDIR(mode):
        raise DeviceError(f"cannot write {path}: it is a directory", hint="name a file in it")
    if mode is None and not os.path.isdir(folder):
        raise DeviceError(f"cannot write {path}: there is no folder {folder}", hint=f"mkdir -p {shlex.quote(folder)}")
    if not os.access(folder if mode is None else path, os.W_OK):
        raise DeviceError(f"cannot write {path}: no permission", hint="write into a folder of yours")


def _refused(path: str, error: OSError) -> DeviceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DeviceError(f"the disk is full: {path} ends here", hint="make room there, or write elsewhere")
    if error.errno == errno.EBADF:
        return DeviceError(f"{path} is closed")
    return DeviceError(f"cannot write {path}", why=error.strerror or str(error), hint="write elsewhere")
