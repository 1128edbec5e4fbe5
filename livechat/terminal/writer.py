"""Owns the terminal while a face is on it: one thread writes, so that nobody else ever waits for the screen.

History lines queue up and none is lost; of the live rows only the newest count, and what was never drawn is left out.
A terminal that is gone ends the thread, one that takes no output holds up nobody but the thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from livechat.terminal.lookalikes import encoded
from livechat.terminal.output import Output
from livechat.terminal.region import END, ERASE, SHOW, WRAP, Region

AT_ONCE: Final = 256
"""History lines in one frame: a terminal shows a frame when it is complete, but waits for that a moment only."""
GLANCE_S: Final = 0.05
"""How long the thread waits for the terminal before it looks whether it still is to."""
PATIENCE_S: Final = 0.3
AMENDS: Final = f"\x18{END}{WRAP}{ERASE}{SHOW}".encode()
"""For a terminal that was left in the middle of a frame. CAN ends what may be half an escape sequence."""


class Writer:
    """Begins to write at the cursor, which is to stand on an empty line. All of it may be called from any thread."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        """`descriptor` is a terminal's; neither it nor its flags are changed. `encoding` is what the terminal shows."""
        self._encoding = encoding
        self._output = Output(descriptor)
        self._region = Region()
        self._turn = threading.Condition()
        self._history: deque[str] = deque()
        self._rows: tuple[str, ...] = ()
        self._due = self._idle = self._unsure = False
        self._paused = self._closing = self._hurried = self._given_up = False
        self._over = self._complete = False
        self._thread = threading.Thread(target=self._run, name="livechat-screen", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing is written any more: it is closed, or the terminal is gone."""
        return self._over

    def add(self, lines: Sequence[str], rows: Sequence[str] | None = None) -> None:
        """Prints painted lines above the region, each once, in the order of the calls.

        `rows` are what the region shows from then on: what has just become history is not seen twice.
        """
        with self._turn:
            if not self._over:
                self._history.extend(lines)
                self._rows = self._rows if rows is None else tuple(rows)
                self._call()

    def show(self, rows: Sequence[str]) -> None:
        """Has the region show these painted rows soon; where the next come first, never."""
        with self._turn:
            self._rows = tuple(rows)
            self._call()

    def redraw(self) -> None:
        """Draws every row again: somebody else has written, or the size of the terminal has changed."""
        with self._turn:
            self._unsure = True
            self._call()

    def pause(self, patience_s: float = PATIENCE_S) -> bool:
        """Prints the history so far and takes the region away: until `resume` the terminal is somebody else's.

        False where the terminal does not take it in time; it is taken away as soon as it does.
        """
        with self._turn:
            self._call()
            self._paused = True
            return self._turn.wait_for(lambda: self._over or (self._idle and not self._due), patience_s) and self._idle

    def resume(self) -> None:
        """The cursor is to stand on an empty line again. What came meanwhile is printed now."""
        with self._turn:
            self._paused = False
            self._unsure = True
            self._call()

    def close(self, patience_s: float = PATIENCE_S) -> bool:
        """Prints the history, takes the region away and ends; whether the terminal has taken it all.

        A terminal that does not take output is given up after `patience_s`, and a moment before a ctrl-s is undone.
        Where this returns False, to print on the same terminal is to wait for its reader. Twice does no harm.
        """
        with self._turn:
            self._closing = True
            self._paused = False
            self._call()
        self._thread.join(patience_s / 2)
        self._hurried = True
        self._thread.join(patience_s / 2)
        self._given_up = True
        self._thread.join(2 * GLANCE_S)
        return self._complete

    def _call(self) -> None:
        if not self._paused:
            self._due = True
            self._turn.notify_all()

    def _run(self) -> None:
        try:
            with suppress(OSError):  # the terminal is gone
                self._complete = self._write()
        finally:
            self._output.close()
            with self._turn:
                self._over, self._idle = True, False
                self._history.clear()
                self._turn.notify_all()

    def _write(self) -> bool:
        """Writes until it is closed, and whether it came to that in time. Raises OSError where the terminal is gone."""
        last = False
        while not last:
            frame, last = self._next()
            if not self._put(frame):
                self._output.discard()
                self._output.write(AMENDS)
                return False
        return True

    def _next(self) -> tuple[bytes, bool]:
        """The next frame, as soon as there is one to be written, and whether it is the last."""
        with self._turn:
            self._idle = True
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._due)
            self._idle = False
            lines = [self._history.popleft() for _ in range(min(len(self._history), AT_ONCE))]
            self._due = bool(self._history)
            last = self._closing and not self._due
            rows = () if last or (self._paused and not self._due) else self._rows
            if self._unsure:
                self._region.redraw()
            self._unsure = False
        return encoded(self._region.draw(lines, rows, *self._output.size()), self._encoding), last

    def _put(self, frame: bytes) -> bool:
        while frame and not self._given_up:
            frame = self._output.write(frame)
            if frame and not self._output.ready(GLANCE_S) and self._hurried:
                self._output.release()
        return not frame
