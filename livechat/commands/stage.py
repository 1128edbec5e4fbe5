"""Puts the face of a conversation on the terminal while it goes on, and gives the terminal back when it is over."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Final, TextIO

from livechat.terminal.keys import Keyboard, can_read, keys

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.holding import Script
    from livechat.session import Session
    from livechat.terminal.accessible import Accessible
    from livechat.terminal.decoder import Key
    from livechat.terminal.inputs import Gauged, Look
    from livechat.terminal.screen import Gauge, Screen


@dataclass
class Stage:
    """What is on the terminal, and the keys under it."""

    screen: Screen
    keyboard: Keyboard


class Playback:
    """The gauge of a conversation without a microphone: how far the listener is in the reply that sounds."""

    def __init__(self) -> None:
        self.level = nan
        """dBFS of what is being sent; no number while nothing is."""
        self._session: Session | None = None

    def during(self, script: Script) -> Script:
        """The same script, whose session is looked at while it runs."""

        async def watched(session: Session) -> None:
            self._session = session
            await script(session)

        return watched

    def __call__(self) -> Gauged:
        from livechat.terminal.inputs import Gauged, Playing

        progress = self._session.conversation.progress if self._session is not None else None
        playing = Playing(*progress) if progress is not None and progress.heard_ms else None
        return Gauged(self.level, nan, playing=playing)


LOOK_S: Final = 0.25
"""How often a face that is read aloud is told of the meters."""


def ignored(key: Key) -> None:
    """What a key does where none means anything: it is not even echoed."""


@asynccontextmanager
async def staged(
    common: Common,
    look: Look,
    *,
    pressed: Callable[[Key], None] = ignored,
    hold: bool = False,
    gauge: Gauge | None = None,
) -> AsyncGenerator[Stage, None]:
    """Inside, the screen is drawn on stdout's terminal, notes and warnings go there too, and keys come to `pressed`."""
    from livechat.terminal.report import wants_color
    from livechat.terminal.screen import Screen, unread

    stages: list[Stage] = []
    in_front = True

    def front(ours: bool) -> None:
        nonlocal in_front
        in_front = ours
        for stage in stages:
            stage.screen.front(ours)

    with read_keys(pressed, hold=hold, front=front) as keyboard:
        look = look if can_read(sys.stdin) else replace(look, keys=False)
        color = wants_color(common.report.color, True, common.env)
        sys.stdout.flush()
        screen = Screen(sys.stdout.fileno(), look, color=color, gauge=gauge or unread, encoding=sys.stdout.encoding)
        stages.append(Stage(screen, keyboard))
        screen.front(in_front)  # a shell may have begun us in the background
        common.report.divert(screen.note)
        try:
            async with asyncio.TaskGroup() as tasks:
                drawing = tasks.create_task(screen.run(), name="screen")
                try:
                    yield stages[0]
                finally:
                    drawing.cancel()
        finally:
            stages.clear()
            common.report.divert(None)
            if not screen.close():
                common.report.give_up()


@asynccontextmanager
async def read_aloud(stream: TextIO, look: Look, *, gauge: Gauge | None = None) -> AsyncGenerator[Accessible, None]:
    """Inside, the face for screen readers tells of every state in time."""
    from livechat.terminal.accessible import Accessible
    from livechat.terminal.inputs import Ticked

    face = Accessible(stream, look, asyncio.get_running_loop().time)

    async def look_after() -> None:
        while True:
            face.tell((gauge() if gauge else None) or Ticked())
            await asyncio.sleep(LOOK_S)

    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look_after(), name="states")
        try:
            yield face
        finally:
            looking.cancel()


@contextmanager
def read_keys(
    pressed: Callable[[Key], None], *, hold: bool = False, front: Callable[[bool], None] = lambda ours: None
) -> Generator[Keyboard, None, None]:
    """Inside, keys come to `pressed`, where stdin is a terminal (see `terminal.keys`)."""
    if not can_read(sys.stdin):
        yield Keyboard()
        return
    with keys(sys.stdin, pressed, hold=hold, front=front) as keyboard:
        yield keyboard


@contextmanager
def on_signal(name: str, doing: Callable[[], None]) -> Generator[None, None, None]:
    """Answers a signal with `doing`, inside the loop; where that cannot be (Windows), it does what it always does."""
    number: int | None = getattr(signal, name, None)
    if number is None:
        yield
        return
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(number, doing)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(number)
