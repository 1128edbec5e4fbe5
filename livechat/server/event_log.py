"""Writes down what happens in a server, one JSON object a line: never sound, keys or tokens, words only if told to.

Every line has `t`, the seconds since the server began, and `event`; what belongs to one connection has its number.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from livechat.errors import DeviceError
from livechat.server.frame_facts import facts, setup_facts
from livechat.server.lines import Line
from livechat.server.outlet import CutAct


class EventLog:
    """A log that `write` takes line by line, each with its line end."""

    def __init__(
        self, write: Callable[[str], object], *, words: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._began = clock()
        self.words = words
        """Write down what is said."""

    def record(self, event: str, **fields: object) -> None:
        """Something happened. A log that cannot be written any more ends here, and nobody is disturbed."""
        line = {"t": round(self._clock() - self._began, 6), "event": event, **fields}
        try:
            self._write(json.dumps(line, separators=(",", ":")) + "\n")
        except (OSError, ValueError):
            self._write = len


class LoggedLine:
    """A line of which every frame is written down on its way."""

    def __init__(self, line: Line, log: EventLog, connection: int) -> None:
        self._line = line
        self._log = log
        self._connection = connection
        self._set_up = False
        self._closing = False

    async def receive(self) -> str | bytes:
        frame = await self._line.receive()
        self._log.record("in", connection=self._connection, **facts(frame, words=self._log.words))
        if not self._set_up and (setup := setup_facts(frame)) is not None:
            self._set_up = True
            self._log.record("setup", connection=self._connection, **setup)
        return frame

    async def send(self, frame: str | bytes) -> None:
        await self._line.send(frame)
        self._log.record("out", connection=self._connection, **facts(frame, words=self._log.words))

    async def ready(self) -> None:
        await self._line.ready()

    async def close(self, code: int, reason: str) -> None:
        if not self._closing:
            self._struck("close", code=code, reason=reason)
        self._closing = True  # whoever waits for the end closes once more
        await self._line.close(code, reason)

    def abort(self) -> None:
        self._struck("abort")
        self._line.abort()

    def drop(self) -> None:
        self._struck("drop")
        self._line.drop()

    def fall_silent(self) -> None:
        self._struck("fall silent")
        self._line.fall_silent()

    def strike_at(self, byte: int, act: CutAct) -> None:
        self._struck(type(act).__name__.lower(), byte=byte)
        self._line.strike_at(byte, act)

    def pong_after(self, seconds: float) -> None:
        self._line.pong_after(seconds)

    def _struck(self, what: str, **fields: object) -> None:
        self._log.record("line", connection=self._connection, what=what, **fields)


@contextmanager
def event_log(path: Path, *, words: bool = False) -> Generator[EventLog, None, None]:
    """A log in a file of its own, which only its owner may read. Raises DeviceError if it cannot be written.

    That may show late, when a disk is full: what ends then is the log alone, and at the end it is told.
    """
    try:
        descriptor = os.open(
            path,
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
            0o600,
        )
        _take_from_others(descriptor)
    except OSError as error:
        raise _unwritable(path, error) from error
    file = os.fdopen(descriptor, "w", encoding="ascii", buffering=1)
    try:
        yield EventLog(file.write, words=words)
    finally:
        try:
            file.close()
        except OSError as error:
            raise _unwritable(path, error) from error


def _take_from_others(descriptor: int) -> None:
    """A file that was there before may have been anybody's to read."""
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)


def _unwritable(path: Path, error: OSError) -> DeviceError:
    return DeviceError(f"cannot write the log {path}", why=error.strerror or str(error))
