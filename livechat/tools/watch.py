"""Looks from a thread of its own whether a tool holds up the loop, and says which."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from traceback import StackSummary, walk_stack
from types import FrameType
from typing import Final, cast

from livechat.tools.steps import Steps

TOO_LONG_S: Final = 0.25
"""One step of a tool may hold the loop for so long; a step without waiting takes microseconds."""
EVERY_S: Final = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stall:
    """A tool that has held up the loop, and with it all that the conversation does."""

    name: str
    seconds: float
    """For how long, when it was seen: it may last on."""
    where: str
    """The file and the line where it was: "weather.py:12"; "" where that is not known."""

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"the tool {self.name} blocks: nothing else went on for {self.seconds:.1f} s{place}"


class Watch:
    """Watches calls while there are any."""

    def __init__(self, stalled: Callable[[Stall], None] | None) -> None:
        self._stalled = stalled
        self._watched: set[Steps[object]] = set()
        self._idle: threading.Event | None = None
        """Set when the thread at work has nothing more to watch."""

    @contextmanager
    def over(self, steps: Steps[object]) -> Generator[None]:
        """From the loop that is watched."""
        self._watched.add(steps)
        if self._idle is None:
            self._idle = threading.Event()
            look = _Look(self._watched, self._idle, asyncio.get_running_loop(), self._tell)
            threading.Thread(target=look.run, name="livechat-tool-watch", daemon=True).start()
        try:
            yield
        finally:
            self._watched.discard(steps)
            if not self._watched:
                self._idle.set()
                self._idle = None

    def _tell(self, stall: Stall) -> None:
        if self._stalled is not None:
            self._stalled(stall)


class _Look:
    """What the thread does: it posts, and touches nothing."""

    def __init__(
        self,
        watched: set[Steps[object]],
        idle: threading.Event,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[Stall], None],
    ) -> None:
        self._watched = watched
        self._idle = idle
        self._loop = loop
        self._tell = tell
        self._known: tuple[Steps[object], float] | None = None
        """The step that is told of already."""

    def run(self) -> None:
        while not self._idle.wait(EVERY_S):
            for steps in tuple(self._watched):
                since = steps.since
                if since is not None and monotonic() - since > TOO_LONG_S and self._known != (steps, since):
                    self._known = (steps, since)
                    self._post(Stall(steps.name, monotonic() - since, _place(steps.thread)))

    def _post(self, stall: Stall) -> None:
        _log.warning("%s", stall)
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._tell, stall)


def _place(thread: int) -> str:
    """Where a thread is: the innermost line of a file that is no library's, if there is one."""
    frames = cast("Callable[[], Mapping[int, FrameType]]", vars(sys)["_current_frames"])
    frame = frames().get(thread)
    if frame is None:
        return ""
    stack = StackSummary.extract(walk_stack(frame), lookup_lines=False)
    own = [line for line in stack if not _is_of_a_library(line.filename)]
    innermost = (own or list(stack))[0]
    return f"{innermost.filename.rpartition('/')[2]}:{innermost.lineno}"


def _is_of_a_library(file: str) -> bool:
    """Whether it is Python's own or installed; a name like <frozen runpy> is of no file at all."""
    from sysconfig import get_path

    return "site-packages" in file or file.startswith((get_path("stdlib"), sys.prefix, "<"))
