"""A program that is spoken with in lines on its stdin and stdout: bounded, without a shell, and gone when we are."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Final, cast

from livechat.errors import Unreachable

LONGEST_LINE: Final = 8 * 2**20
"""Bytes of one line; who sends more without an end speaks no protocol of lines."""
MOST_WAITING: Final = 64
"""Lines that wait to be read; then the program waits."""
A_BREATH_S: Final = 0.01
"""Seconds between two bursts of `MOST_WAITING` lines: who floods us takes no more than a part of our time."""
UNREAD: Final = 16 * 2**20
"""Bytes that the program may leave unread."""
LAST_WORDS: Final = 2_000
"""Characters of its stderr that are kept."""
PATIENCE_S: Final = 1.5
"""Seconds for its end: more than the keeper takes."""
STDIN, STDOUT, STDERR = 0, 1, 2
_KEEPER: Final = Path(__file__).with_name("mcp_keeper.py")
_KEPT: Final = sys.platform != "win32"
"""Whether there is a keeper between us: it is made of what POSIX has."""


class Child(asyncio.SubprocessProtocol):
    """A running program. Iterate over it for its lines, until it closes its stdout or ends.

    From the loop it was started on. `end` must be called.
    """

    def __init__(self, lifeline: int | None) -> None:
        self._lifeline = lifeline
        self._transport: asyncio.SubprocessTransport | None = None
        self._lines: deque[bytes] = deque()
        self._piece = bytearray()
        """The beginning of a line."""
        self._burst = 0
        """Lines that were read without waiting for one."""
        self._last_words = b""
        self._news = asyncio.Event()
        self._over = False
        self._exited = asyncio.Event()
        self.fault: str = ""
        """What it did that ended the reading, if it did."""

    @property
    def pid(self) -> int:
        """Of the process that we started: on POSIX the keeper's."""
        return self._running.get_pid()

    @property
    def _running(self) -> asyncio.SubprocessTransport:
        if self._transport is None:
            raise LookupError("the program has not been started")
        return self._transport

    # ------------------------------------------------------------------------------------------------- what is said

    def __aiter__(self) -> Child:
        return self

    async def __anext__(self) -> bytes:
        if self._burst >= MOST_WAITING:
            await asyncio.sleep(A_BREATH_S)
            self._burst = 0
        while not self._lines:
            if self._over:
                raise StopAsyncIteration
            self._burst = 0
            self._read_on()
            self._news.clear()
            await self._news.wait()
        self._burst += 1
        return self._lines.popleft()

    def write(self, line: bytes) -> None:
        """Sends a line, which has its end. Raises BrokenPipeError where nobody reads any more."""
        if self._over or self._stdin.is_closing() or self._stdin.get_write_buffer_size() > UNREAD:
            raise BrokenPipeError("the program does not read")
        self._stdin.write(line)

    def why_it_ended(self) -> str:
        """What is known of its end, in words; what it said last is foreign text."""
        code = self._running.get_returncode()
        words = self._last_words.decode("utf-8", "replace").strip().splitlines()
        ended = self.fault or ("it closed its stdout" if code is None else _in_words(code))
        return f"{ended}: {words[-1].strip()}" if words else ended

    @property
    def last_words(self) -> str:
        """The end of its stderr; foreign text."""
        return self._last_words.decode("utf-8", "replace")

    # ---------------------------------------------------------------------------------------------- asyncio tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == STDERR:
            self._last_words = (self._last_words + data)[-LAST_WORDS:]
        elif not self._over:
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        first, *others = data.split(b"\n")
        self._piece += first
        for other in others:
            self._lines.append(bytes(self._piece))
            self._piece = bytearray(other)
        if len(self._piece) > LONGEST_LINE:
            self.fault = f"it sent a line of more than {LONGEST_LINE // 2**20} MiB"
            self._stop_hearing()
        if len(self._lines) >= MOST_WAITING:
            self._stdout.pause_reading()
        self._news.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == STDOUT:
            self._stop_hearing()

    def process_exited(self) -> None:
        self._exited.set()
        asyncio.get_running_loop().call_later(0.2, self._stop_hearing)  # what it has said last is still in the pipe

    def _stop_hearing(self) -> None:
        self._over = True
        self._piece.clear()
        self._news.set()

    @property
    def _stdin(self) -> asyncio.WriteTransport:
        return cast("asyncio.WriteTransport", self._running.get_pipe_transport(STDIN))

    @property
    def _stdout(self) -> asyncio.ReadTransport:
        return cast("asyncio.ReadTransport", self._running.get_pipe_transport(STDOUT))

    def _read_on(self) -> None:
        if not self._stdout.is_closing():
            self._stdout.resume_reading()

    # ------------------------------------------------------------------------------------------------------- the end

    async def end(self) -> None:
        """Closes its stdin, and has it killed with all that it started where that is not enough: 1.5 s at most."""
        running = self._running
        try:
            if not self._stdin.is_closing():
                self._stdin.abort()
            self.let_go()
            await self.exited(PATIENCE_S)
        finally:
            self._over = True
            self.let_go()
            running.close()  # which kills what is still there

    async def exited(self, patience_s: float) -> bool:
        """Waits that long at most for its end, and says whether it has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._exited.wait()
        return self._exited.is_set()

    def let_go(self) -> None:
        """The keeper sees that nobody wants the program any more."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


@asynccontextmanager
async def running(argv: Sequence[str], env: Mapping[str, str]) -> AsyncGenerator[Child]:
    """A program that runs inside the block. Raises Unreachable where it cannot be started."""
    child = await started(argv, env)
    try:
        yield child
    finally:
        await child.end()


async def started(argv: Sequence[str], env: Mapping[str, str]) -> Child:
    """A program that runs, with `env` and nothing else of our environment. Raises Unreachable where it cannot."""
    program = which(argv[0], path=env.get("PATH"))
    if program is None:
        raise Unreachable(f"there is no program {argv[0]!r} to start", hint="install it, or mend its command")
    theirs, ours = os.pipe() if _KEPT else (None, None)
    child = Child(ours)
    words = [program, *argv[1:]] if theirs is None else _kept([program, *argv[1:]], theirs)
    try:
        await asyncio.get_running_loop().subprocess_exec(
            lambda: child,
            *words,
            env=dict(env),
            pass_fds=() if theirs is None else (theirs,),
            start_new_session=_KEPT,
        )
    except OSError as error:
        child.let_go()
        raise Unreachable(f"{argv[0]!r} cannot be started: {error.strerror or error}") from None
    except BaseException:
        child.let_go()
        raise
    finally:
        if theirs is not None:
            os.close(theirs)
    return child


def _kept(argv: Sequence[str], lifeline: int) -> list[str]:
    return [sys.executable, "-I", "-S", str(_KEEPER), str(lifeline), *argv]


def _in_words(code: int) -> str:
    killed = code - 128 if code > 128 else -code
    return f"it was killed by signal {killed}" if killed > 0 else f"it ended with exit code {code}"
