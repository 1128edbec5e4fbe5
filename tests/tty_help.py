"""Pseudo-terminals for the tests of keys: one to type into within a test, and one around a program of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from types import TracebackType
from typing import Any, Self, TextIO, cast

from tests.cli import OF_ITS_OWN, environment, python

Attributes = list[Any]
"""What tcgetattr gives."""
LIMIT_S = 30.0


class Tty:
    """A terminal that is typed into; it controls nobody's jobs."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.stream = cast("TextIO", os.fdopen(slave))

    @property
    def state(self) -> Attributes:
        """What its line discipline is set to."""
        return termios.tcgetattr(self.stream.fileno())

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def shown(self) -> bytes:
        """What was written to it and not seen yet."""
        seen = b""
        while select.select([self.master], [], [], 0)[0]:
            seen += os.read(self.master, 65536)
        return seen

    def close(self) -> None:
        self.stream.close()
        os.close(self.master)


class Program:
    """A Python program, or another command, that has a terminal of its own, which controls its jobs."""

    def __init__(self, script: str, *, shell: str = "", term: str = "xterm") -> None:
        """With `shell`, bash runs that, and in it the program as a job, by the words `"$@"`."""
        self._script = script
        self._shell = shell
        self._term = term
        self.shown = ""
        self._seen = 0

    def __enter__(self) -> Self:
        self.master, slave = pty.openpty()
        self.before = self.state
        env = environment({"TERM": self._term})
        if self._shell:
            command = ["bash", "-mc", self._shell, "bash", sys.executable, "-W", "error", "-c", self._script]
            self.process = subprocess.Popen(command, env=env, stdin=slave, stdout=slave, stderr=slave, **OF_ITS_OWN)
        else:
            self.process = python("-c", self._script, env=env, terminal=True, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)

    @property
    def state(self) -> Attributes:
        return termios.tcgetattr(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def hang_up(self) -> None:
        """The connection is gone."""
        os.close(self.master)
        self.master = -1

    def expect(self, text: str) -> str:
        """Waits until `text` is shown after what was expected before; gives what was shown up to its end."""
        until = time.monotonic() + LIMIT_S
        while (found := self.shown.find(text, self._seen)) < 0:
            assert self._read(until - time.monotonic()), f"{text!r} was not shown; there was: {self.shown!r}"
        passed = self.shown[self._seen : found + len(text)]
        self._seen = found + len(text)
        return passed

    def end(self) -> int:
        """Waits for the end of the process and gives its exit code; all it showed is in `shown`."""
        until = time.monotonic() + LIMIT_S
        while self.master >= 0 and self._read(until - time.monotonic()):
            pass
        return self.process.wait(max(0.1, until - time.monotonic()))

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
