"""A process that has the tools of a file: spoken with over pipes, never waited for, and killed with all it started.

A tool may hold up Python's interpreter there, crash it or print what it likes: ours goes on. The process sees the end
of its pipe when we end, however that happens, and then ends itself.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, sleep
from typing import IO, Final, TypeAlias

from livechat.errors import UsageError
from livechat.tools.marked import shows_where
from livechat.tools.prints import Prints, Room
from livechat.tools.worker_words import Fits, Left, Logged, Offered, Told, Unusable, Word, read

Answer: TypeAlias = Told | Fits | Left
Hear: TypeAlias = Callable[[Answer | None], None]
"""Told of what answers a word, and None when the process has ended; from a thread of ours."""

LONGEST: Final = 16 * 2**20
"""Bytes of one word; who writes more without an end speaks no words."""
LOGGED_A_SECOND: Final = 100
"""Lines of its log that are told in each second."""
BY_ITSELF_S: Final = 0.05
"""Seconds that it has to end once it has closed the pipe."""
LAST_WORDS_S: Final = 0.1
"""Seconds for what it has printed last."""
A_BREATH_S: Final = 0.001
"""Seconds after a read of what nobody will be told, and after `STRAYS` lines that are no words: who floods us takes no
more than a part of our time."""
STRAYS: Final = 2_000
AT_EXIT_S: Final = 0.5
"""Seconds that it has to end by itself when we do, and"""
IN_A_CALL_S: Final = 0.08
"""where a call still runs, or the import."""
_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[3:]; from livechat.tools.worker_program import main; main()"
_POSIX: Final = sys.platform != "win32"
_OF_ITS_OWN: Final[int] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""Windows knows no sessions: so Ctrl-C does not reach it there."""


class Worker:
    """One such process, from its start to its end. `offer` is what it has, once it has imported the file."""

    def __init__(self, file: Path, env: Mapping[str, str] | None = None) -> None:
        """`env` is its environment; ours, if None. Raises OSError where it cannot be started."""
        self.file: Path = file
        self._env = env
        self.offer: Future[Offered] = Future()
        """Its error is a UsageError."""
        self.ended: threading.Event = threading.Event()
        self.why: str = ""
        """It has ended for this reason, or is about to."""
        self._killed = False
        self._gone = threading.Lock()
        self._reaped = False
        self._ending = threading.Lock()
        """Taken by who sees its end first."""
        self._hear: dict[int, Hear] = {}
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = _started(file, env)
        self._overhearing = self._begun(self._overhear)
        self._begun(self._write)
        self._reading = self._begun(self._read)
        if hasattr(os, "waitid"):
            self._begun(self._watch)

    def _begun(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"livechat-worker {self.file.name}", daemon=True)
        thread.start()
        return thread

    def another(self) -> Worker:
        """A new one of the same file. Raises OSError where it cannot be started."""
        return Worker(self.file, self._env)

    @property
    def pid(self) -> int:
        """Also of its group, and of its session."""
        return self._process.pid

    # ------------------------------------------------------------------------------------------------- what is said

    def say(self, line: bytes, id: int, hear: Hear) -> None:
        """Sends a word, and has `hear` told what comes for this id, until it is forgotten. Waits for nothing."""
        self._hear[id] = hear
        self._outbox.put(line)
        if self.ended.is_set():
            hear(None)

    def forget(self, id: int) -> None:
        self._hear.pop(id, None)

    def _write(self) -> None:
        with suppress(OSError), _pipe(self._process.stdin) as pipe:
            while (line := self._outbox.get()) is not None:
                pipe.write(line)
                pipe.flush()

    def _read(self) -> None:
        room, strays = Room(LOGGED_A_SECOND), _Strays(Prints(self.file.name))
        try:
            with suppress(OSError, ValueError), _pipe(self._process.stdout) as pipe:
                while line := pipe.readline(LONGEST):
                    if (word := read(line)) is not None:
                        self._take(word, room)
                    else:
                        strays.take(line)
        finally:
            self._end()

    def _take(self, word: Word, room: Room) -> None:
        match word:
            case Offered() if not self.offer.done():
                self.offer.set_result(word)
            case Unusable() if not self.offer.done():
                self.why = word.what
                self.offer.set_exception(UsageError(word.what, why=word.why, hint=word.hint))
            case Told() | Fits() | Left() if (hear := self._hear.get(word.id)) is not None:
                hear(word)
            case Logged() if room.take(1):
                logging.getLogger(word.logger).log(word.level, "%s", word.text)
            case Logged():
                sleep(A_BREATH_S)
            case _:
                pass

    def _overhear(self) -> None:
        """What is printed there, by whomever."""
        prints = Prints(self.file.name)
        with suppress(OSError, ValueError), _pipe(self._process.stderr) as pipe:
            while data := os.read(pipe.fileno(), 65536):
                if not prints.take(data):
                    sleep(A_BREATH_S)
            prints.end()

    # ------------------------------------------------------------------------------------------------------- the end

    def kill(self, why: str) -> None:
        """Ends it with all that it has started, at once; what runs there has ended for this reason."""
        if not self._killed:
            self._killed, self.why = True, self.why or why
        self._kill_group()

    def close(self) -> None:
        """Ends it, and waits for that: half a second at most, less where a call still runs."""
        self._outbox.put(None)
        busy = self._hear or not self.offer.done()
        if not self.ended.wait(IN_A_CALL_S if busy else AT_EXIT_S):
            self.kill("the conversation is over")
            self.ended.wait(AT_EXIT_S)

    def _kill_group(self) -> None:
        with self._gone:
            if self._reaped:
                return  # its number may be another's by now
            with suppress(OSError):
                if _POSIX:
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()

    def _watch(self) -> None:
        """Sees its end where something that it has started holds the pipe open."""
        with suppress(OSError):  # the reader has seen it, and that was all
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            self._kill_group()
            self._reading.join(BY_ITSELF_S)
        self._end()

    def _end(self) -> None:
        """It says nothing more: what is left of it is killed, before its number may be another's."""
        if not self._ending.acquire(blocking=False):
            return
        ended = self._ended_by_itself()
        self._kill_group()
        with self._gone:
            self._reaped = True
        code = self._process.wait()
        self.why = self.why or (_in_words(code) if ended else "it closed the pipe through which it speaks with us")
        self._outbox.put(None)
        self._overhearing.join(LAST_WORDS_S)
        if not self.offer.done():
            name = self.file.name
            self.offer.set_exception(
                UsageError(
                    f"{name} cannot be imported",
                    why=f"its process {self.why.removeprefix('it ')}",
                    hint=shows_where(self.file),
                )
            )
        self.ended.set()
        for hear in list(self._hear.values()):
            hear(None)

    def _ended_by_itself(self) -> bool:
        until = monotonic() + BY_ITSELF_S
        while not (ended := _has_ended(self._process)) and monotonic() < until and not self._killed:
            sleep(0.002)
        return ended


class _Strays:
    """Lines that are no words: somebody has found the pipe."""

    def __init__(self, prints: Prints) -> None:
        self._prints = prints
        self._count = 0

    def take(self, line: bytes) -> None:
        if line.strip():
            self._prints.take(line)
        self._count += 1
        if self._count % STRAYS == 0:
            sleep(A_BREATH_S)


def _started(file: Path, env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    """A program in a session of its own, with our path of modules; on Linux it ends when our main thread does."""
    ours = os.getpid() if threading.current_thread() is threading.main_thread() else 0
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, str(file), str(ours), *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if env is None else dict(env),
        start_new_session=_POSIX,
        creationflags=_OF_ITS_OWN,
    )


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has, without its number being given away where the system can tell so."""
    if hasattr(os, "waitid"):
        try:
            return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        except OSError:
            return True
    return process.poll() is not None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the process was started without pipes")
    return stream


def _in_words(code: int) -> str:
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        return f"it was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was killed by signal {-code}"
