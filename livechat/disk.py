"""Writes to the disk from a thread of its own: whoever has something to write leaves it there and goes on at once.

What waits is bounded. A disk that is full, slow or hangs costs what should have been written, never the conversation.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, TextIO, TypeVar

T = TypeVar("T")

EVERY_S: Final = 0.04
"""Seconds between two rounds of writing: with one round's own time, well under the 0.1 s that a kill may cost."""
CLOSE_S: Final = 1.0
"""Seconds that the disk is given for the rest at the end."""
LINES_MOST: Final = 16 * 1024 * 1024
"""Characters of lines that may wait."""


class Backlog(Generic[T]):
    """What one thread leaves for another, up to a bound; nobody ever waits.

    Without a lock: `put` belongs to one thread, `drain` to another. Two that put at once may miscount a piece of
    what waits, and lose none.
    """

    def __init__(self, most: float) -> None:
        self._most = most
        self._items: deque[tuple[T, float]] = deque()
        self._put = 0.0
        self._drained = 0.0
        self.lost: float = 0.0
        """Weight of all that was refused because too much waited."""

    def put(self, item: T, weight: float) -> bool:
        """Leaves an item, unless things of `most` weight wait already; says whether it was taken."""
        if self._put - self._drained >= self._most:
            self.lost += weight
            return False
        self._items.append((item, weight))
        self._put += weight
        return True

    def drain(self) -> Iterator[T]:
        """What waits, first come first; each counts as waiting until the next is asked for."""
        while self._items:
            item, weight = self._items.popleft()
            yield item
            self._drained += weight


class WriterThread:
    """Does a round of `work` every 40 ms, a last one when it is closed, and then `end`, whatever had happened.

    The first exception that `work` raises ends it. `end` is given that, or None, and must not raise. The thread does
    not keep the process alive: one that hangs in a driver is left behind.
    """

    def __init__(self, name: str, work: Callable[[bool], None], end: Callable[[Exception | None], None]) -> None:
        """`work` is told whether this is the last round."""
        self._work = work
        self._end = end
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self, patience_s: float = CLOSE_S) -> bool:
        """Has the rest written; False if that takes longer than `patience_s`. May be called again."""
        self._closing.set()
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failed: Exception | None = None
        last = False
        try:
            while not last:
                last = self._closing.wait(EVERY_S)
                self._work(last)
        except Exception as error:
            failed = error
        self._end(failed)


class LineWriter:
    """Writes lines into a file, which it closes at the end; the file is whole up to where it breaks off.

    It breaks off for good when the disk takes no more or too much waits: lines with a hole in them would be worse.
    """

    def __init__(self, file: TextIO, lost: Callable[[str], None]) -> None:
        """`lost` is told why, once; by `write` or `close`, so in their thread."""
        self._file = file
        self._lost = lost
        self._lines: Backlog[str] = Backlog(LINES_MOST)
        self._why = ""
        """It has broken off."""
        self._told = False
        self._thread = WriterThread("lines", self._work, self._end)

    def write(self, text: str) -> None:
        """Leaves a line, with its end, for the thread."""
        if not self._why and not self._lines.put(text, len(text)):
            self._why = "the disk does not keep up"
        self._tell()

    def close(self) -> None:
        """Waits a second at most until all of it is written."""
        if not self._thread.close():
            self._why = self._why or "the disk does not answer"
        self._tell()

    def _tell(self) -> None:
        if self._why and not self._told:
            self._told = True
            self._lost(self._why)

    def _work(self, last: bool) -> None:
        for line in self._lines.drain():
            self._file.write(line)
        self._file.flush()

    def _end(self, failed: Exception | None) -> None:
        if failed is not None:
            self._why = self._why or in_words(failed)
        with contextlib.suppress(OSError):  # what could not be written before cannot be written now
            self._file.close()


def in_words(failed: Exception) -> str:
    """Why a disk refuses, in the system's own words."""
    return (failed.strerror if isinstance(failed, OSError) else None) or str(failed)
