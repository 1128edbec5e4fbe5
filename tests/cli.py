"""Runs the real command line: as a process with pipes, or under a pseudo-terminal that a test types into."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests import ready

ROOT = Path(__file__).parent.parent
LIMIT_S = 60.0
"""Seconds after which a process that still runs is a failure."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of the tester's own, no keys, no configuration, no colours; nothing is left in the tester's home, and
    a connection that is lost is the end."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    unkept = {"LIVECHAT_TEXT_SAVE": "false", "LIVECHAT_SEND_AUDIO_SAVE": "false", "LIVECHAT_SERVER_TRIES": "0"}
    ours = {"PYTHONPATH": str(ROOT), "LIVECHAT_CONFIG": os.devnull, "TERM": "xterm", **unkept}
    return {**keep, **ours, **(extra or {})}


def livechat(
    *words: str,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    limit_s: float = LIMIT_S,
) -> subprocess.CompletedProcess[bytes]:
    """One run to its end, with pipes for stdin, stdout and stderr."""
    pipe = subprocess.PIPE
    with begun(*words, cwd=cwd, env=environment(env), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            out, err = process.communicate(stdin, limit_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def begun(*words: str, **given: Any) -> subprocess.Popen[Any]:  # noqa: ANN401 — as `python` has them
    """`livechat WORDS`, which may go on; the rest is as for `python`."""
    return python("-m", "livechat", *words, **given)


def python(
    *words: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    terminal: bool = False,
    **streams: Any,  # noqa: ANN401 — as Popen has them
) -> subprocess.Popen[Any]:
    """`python WORDS`, in a session of its own if its stdin is to be its `terminal`, where ctrl-c is a signal."""
    cwd = cwd or Path.cwd()
    if ready.can_run(env, environment()) and "pass_fds" not in streams:
        return ready.Forked(list(words), cwd=cwd, env=env, terminal=terminal, **streams)
    command = [sys.executable, "-W", "error", *words]
    return subprocess.Popen(command, cwd=cwd, env=env, **(OF_ITS_OWN if terminal else {}), **streams)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


OF_ITS_OWN: dict[str, Any] = {"start_new_session": True, "preexec_fn": _take_terminal}
"""Its own session with its stdin as the controlling terminal, so that ctrl-c typed into it is a signal."""


@dataclass
class Terminal:
    """A command under a pseudo-terminal: `type` into it, `expect` what it shows; lines, if nothing else is wished."""

    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    then: str = ""
    """What a shell with job control does after it, and while it is stopped; nothing is: there is no shell."""
    shown: str = ""
    """All it has shown."""
    seen: int = 0
    """How much of that an `expect` has passed."""

    def __enter__(self) -> Self:
        self.master, slave = pty.openpty()
        env = environment({"LIVECHAT_OUTPUT_FACE": "plain", **self.env})
        streams: dict[str, Any] = {"stdin": slave, "stdout": slave, "stderr": slave}
        if self.then:
            command = [sys.executable, "-W", "error", "-m", "livechat", *self.words]
            shell = ["bash", "-mc", f"{shlex.join(command)}; {self.then}"]
            self.process = subprocess.Popen(shell, cwd=self.cwd, env=env, **streams, **OF_ITS_OWN)
        else:
            self.process = begun(*self.words, cwd=self.cwd, env=env, terminal=True, **streams)
        os.close(slave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def expect(self, text: str, limit_s: float = LIMIT_S) -> str:
        """Waits until `text` is shown after what was expected before; gives what was shown up to its end."""
        until = time.monotonic() + limit_s
        while (found := self.shown.find(text, self.seen)) < 0:
            if not self._read(until - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown; there was:\n{self.shown}")
        passed = self.shown[self.seen : found + len(text)]
        self.seen = found + len(text)
        return passed

    def drain(self) -> None:
        """Takes what it has shown by now, lest it waits for a reader."""
        while self._read(0):
            pass

    def end(self, limit_s: float = LIMIT_S) -> int:
        """Waits for the end of the process and gives its exit code; all it showed is in `shown`."""
        until = time.monotonic() + limit_s
        while self._read(until - time.monotonic()):
            pass
        return self.process.wait(max(0.1, until - time.monotonic()))

    def _read(self, seconds: float) -> bool:
        readable, _, _ = select.select([self.master], [], [], max(0.0, seconds))
        if not readable:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
