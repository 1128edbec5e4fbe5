"""Writes lines in a thread of its own, each as soon as it comes: no disk holds up a conversation, no kill costs a word.

A line is on its way to the disk within a millisecond, which is why this thread waits for lines and does not go round
like the one of `livechat.disk`; there are few of them.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Final

from livechat.disk import CLOSE_S, in_words

MOST: Final = 10_000
"""Lines that may wait for the disk."""

Lost = Callable[[str], None]
"""Is told why no more can be written, in a few words."""


class Scribe:
    """Hands lines to `take`, in order, until that raises or does not keep up."""

    def __init__(self, take: Callable[[str], None], lost: Lost) -> None:
        """`lost` is told once, by `write` or `close`, so in their thread."""
        self._take = take
        self._lost = lost
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._thread: Thread | None = None
        """None until there is something to write."""
        self._why = ""
        """It has broken off."""
        self._told = False

    def write(self, line: str) -> None:
        """Leaves a line for the thread, which does not keep the process alive."""
        if self._lines.qsize() >= MOST:
            self._why = self._why or "the disk does not keep up"
        if not self._why:
            self._lines.put(line)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="transcript", daemon=True)
                self._thread.start()
        self._tell()

    def close(self) -> None:
        """Waits a second at most until all of it is written. May be called again."""
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join(CLOSE_S)
            if self._thread.is_alive():
                self._why = self._why or "the disk does not answer"
        self._tell()

    def _tell(self) -> None:
        if self._why and not self._told:
            self._told = True
            self._lost(self._why)

    def _run(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                self._take(line)
        except Exception as error:
            self._why = "it was deleted" if isinstance(error, FileNotFoundError) else in_words(error)
