"""The face on a terminal: what is finished is printed once, and below it a small region lives, twelve times a second.

An observer of a session, like every face. Nothing here waits for the terminal: what is to be seen goes to the writer's
thread, and where that is held up the newest picture is the next one drawn.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from livechat.events import Event, Hushed, Noted
from livechat.terminal.inputs import Gauged, Look, Own, Resized, Ticked
from livechat.terminal.picture import picture
from livechat.terminal.style import Row, painted
from livechat.terminal.view import View, closed, opened, step
from livechat.terminal.writer import Writer

FRAME_S: Final = 1 / 12
CALM_S: Final = 10.0
"""After so long without anything new the screen is looked after less often"""
IDLE_S: Final = 0.5
"""namely each half second."""
LOUD_DBFS: Final = -50.0
"""What a meter shows of a quiet room does not make a screen busy."""

Gauge = Callable[[], Gauged | None]
"""Reads the meters; None where there are none."""


def unread() -> None:
    """The gauge of a face without meters."""


class Screen:
    """Draws on the terminal behind `descriptor`, whose cursor is to stand on an empty line; on the running loop.

    `run` draws until it is cancelled; `close` ends it, and gives back the terminal's last lines.
    """

    def __init__(
        self, descriptor: int, look: Look, *, color: bool, gauge: Gauge = unread, encoding: str = "utf-8"
    ) -> None:
        self._descriptor = descriptor
        self._color = color
        self._gauge = gauge
        self._clock = asyncio.get_running_loop().time
        self._writer = Writer(descriptor, encoding)
        self._view = opened(look, *self._size())
        self._stirred = asyncio.Event()
        self._stirred_at = self._clock()

    @property
    def view(self) -> View:
        """What it knows now."""
        return self._view

    def __call__(self, t: float, event: Event) -> None:
        self.tell(event)

    def tell(self, told: Event | Own | Hushed) -> None:
        """Takes news; what it finishes is printed at once, the rest shows in the next picture."""
        now = self._clock()
        self._view = step(self._view, told, now)
        self._print(self._view)
        if not isinstance(told, Ticked) and not (isinstance(told, Gauged) and _quiet(told)):
            self._stirred_at = now
            self._stirred.set()

    def note(self, text: str) -> None:
        """Puts something the program has to say into history; foreign text."""
        for line in filter(str.strip, text.splitlines()):
            self.tell(Noted(line))

    def redraw(self) -> None:
        """Draws everything of the region anew."""
        self._writer.redraw()

    def front(self, ours: bool) -> None:
        """The terminal is the shell's from now on, or ours again: a `front` for `keys`."""
        if ours:
            self._writer.resume()
        else:
            self._writer.pause()

    async def run(self) -> None:
        """Draws, at most twelve pictures a second."""
        while True:
            self._draw()
            await asyncio.sleep(FRAME_S)
            if self._clock() - self._stirred_at > CALM_S:
                self._stirred.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S - FRAME_S):
                        await self._stirred.wait()

    def close(self) -> bool:
        """Finishes what is half said and takes the region away; False where the terminal does not take it."""
        self._view = closed(self._view, self._clock())
        self._print(self._view)
        return self._writer.close()

    def _draw(self) -> None:
        if (size := self._size()) != (self._view.columns, self._view.lines):
            self.tell(Resized(*size))
        self.tell(self._gauge() or Ticked())
        self._writer.show(self._painted(picture(self._view, self._clock())))

    def _print(self, view: View) -> None:
        if view.finished:
            self._writer.add(self._painted(view.finished), self._painted(picture(view, self._clock())))

    def _painted(self, rows: Sequence[Row]) -> list[str]:
        return [painted(row, sgr=True, color=self._color) for row in rows]

    def _size(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._descriptor)
        except OSError:  # it is gone: the writer finds out
            columns = lines = 0
        return columns or 80, lines or 24


def _quiet(told: Gauged) -> bool:
    """Also where there is no microphone, and no number."""
    return not (told.speaking or told.playing is not None or told.mic_dbfs >= LOUD_DBFS)
