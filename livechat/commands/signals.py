"""Turns the signals that ask a program to end into its exit, with all unwound, or at once where that takes too long."""

from __future__ import annotations

import atexit
import logging
import os
import signal
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")
BY_SIGNAL: Final = 128
"""A shell reports this and the signal's number for a process that a signal has ended."""
LAST_S: Final = 0.5
"""So many of them after the main task has ended."""
EXIT_QUIT: Final = 131
_MAIN: Final = "main"
UNWINDING_S = 3.0
"""Seconds after a signal in which the program must have unwound: a write to a pipe that nobody reads waits for ever."""


@contextmanager
def signals_as_exits() -> Generator[None, None, None]:
    """Inside, SIGINT, SIGTERM and SIGHUP unwind the program, so that files are closed and the terminal is given back.

    Whoever is in a hurry sends SIGINT again (ctrl-c), or SIGQUIT (ctrl-\\): the program ends at once, without a core.
    A signal that is ignored stays ignored: `nohup` wants it so. Windows has no more than the first two.
    """
    leaving = _Leaving()
    answers = {"SIGINT": leaving.unwind, "SIGTERM": leaving.unwind, "SIGHUP": leaving.unwind, "SIGQUIT": leaving.quit}
    numbers = {number: answer for name, answer in answers.items() if (number := getattr(signal, name, None))}
    before = {number: signal.getsignal(number) for number in numbers}
    for number, answer in numbers.items():
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, answer)
    try:
        yield
        leaving.check()
    except BaseException:
        leaving.check()  # what failed on the way out is not why we left
        raise
    finally:
        for number, former in before.items():
            signal.signal(number, former or signal.SIG_DFL)


async def as_main(doing: Coroutine[None, None, T]) -> T:
    """What `doing` gives, in the task that all others are there for: a signal cancels it, and it ends them in order.

    When it has ended after a signal, what still runs is not waited for long: it can only be a thread that hangs.
    """
    import asyncio

    task = asyncio.current_task()
    assert task is not None
    task.set_name(_MAIN)
    try:
        return await doing
    finally:
        _hurry()


def _hurry() -> None:
    """If the exit has a time limit, what is left of it is `LAST_S` at most."""
    if hasattr(signal, "SIGALRM"):
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
        signal.setitimer(signal.ITIMER_REAL, min(left_s, LAST_S))  # where none is set, 0 sets none


class _Leaving:
    """How the program ends when a signal asks for it.

    A loop without a main task is left between two of its steps, and its tasks are cut off all at once: none then holds
    an exit that nobody asks it for. Once on the way out the same signal changes nothing, and what asyncio logs of tasks
    that were cut off is of no use to anybody.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        """Of the exit that is under way."""
        self._error: BaseException | None = None
        """That exit."""

    def check(self) -> None:
        """Raises the exit that is under way."""
        if self._error is not None:
            raise self._error

    def unwind(self, number: int, frame: FrameType | None) -> None:
        if self._code is not None:
            if number == signal.SIGINT:
                self._at_once()
            return
        self._code = BY_SIGNAL + number
        self._error = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(self._code)
        self._at_once_after(UNWINDING_S)
        logging.getLogger("asyncio").disabled = True
        loop = _running_loop()
        if loop is None:
            raise self._error
        loop.call_soon_threadsafe(self._leave, loop)

    def _leave(self, loop: AbstractEventLoop) -> None:
        import asyncio

        main = [task for task in asyncio.all_tasks(loop) if task.get_name() == _MAIN]
        if not main:
            self.check()
        for task in main:
            task.cancel()

    def quit(self, number: int, frame: FrameType | None) -> None:
        os._exit(self._code or EXIT_QUIT)

    def _at_once(self) -> None:
        """Ends the process, wherever it is held up, and by SIGQUIT: who has borrowed the terminal heeds that."""
        quitting: int | None = getattr(signal, "SIGQUIT", None)
        if quitting is not None and callable(signal.getsignal(quitting)):
            signal.raise_signal(quitting)
        self.quit(0, None)

    def _at_once_after(self, seconds: float) -> None:
        """Windows has no such alarm."""
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, lambda number, frame: self._at_once())
            signal.setitimer(signal.ITIMER_REAL, seconds)
            # After the threads, which may hang, comes what only takes its time, and has no handler any more.
            atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def _running_loop() -> AbstractEventLoop | None:
    import asyncio

    try:
        return asyncio.get_running_loop()
    except (RuntimeError, AttributeError):  # there is none; the latter where asyncio is being imported just now
        return None
