"""Shows the model what a camera, a screen or a file shows, for as long as a call lasts or the file plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat.errors import LivechatError, UsageError
from livechat.events import Said

if TYPE_CHECKING:
    from livechat.session import Session
    from livechat.video.feed import Feed

FIRST_S: Final = 5.0
"""Seconds in which a camera gives its first picture, or the talk begins without one."""


@dataclass
class Pictures:
    """What `--video` names, on its way to the model."""

    name: str
    """As the user wrote it; foreign text."""
    every_s: float
    feed: Feed
    sent: int = field(default=0, init=False)
    _begun: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def send(self, session: Session, warn: Callable[[str], None]) -> None:
        """Until they end. Raises what keeps the first from being taken; what breaks off later is a warning."""
        from livechat.library.frames import Pacer, image_blob
        from livechat.protocol.client import ClientMessage, RealtimeInput

        pacer, clock = Pacer(self.every_s), asyncio.get_running_loop().time
        try:
            async for picture in self.feed:
                await asyncio.sleep(pacer.due(clock()))
                await session.room()
                session.tell(Said(ClientMessage(realtime_input=RealtimeInput(video=image_blob(picture)))))
                self.sent += 1
                self._begun.set()
        except LivechatError as broken:
            if not self.sent:
                raise
            warn(f"no more pictures: {broken}{f' ({broken.why})' if broken.why else ''}")
        finally:
            self.feed.close()
        self._begun.set()  # also where there was none: nobody waits in vain for a film without pictures

    async def begun(self) -> None:
        """Waits for the first, so that what is said of it comes after it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                await self._begun.wait()

    def announcement(self, server: str) -> str:
        """Where they go; foreign text."""
        pace = "one a second" if self.every_s == 1 else f"one every {self.every_s:g} s"
        return f"pictures of {self.name} go to {server}, {pace}"


def open_pictures(name: str | None, fps: float | None) -> Pictures | None:
    """What `--video` and `--fps` ask for; None for nothing.

    Raises UsageError for what is not installed, no rate, or a rate of nothing; MissingInput and BadInput about a file.
    """
    if name is None:
        if fps is not None:
            raise UsageError("--fps is of pictures, and there is no --video", hint="livechat talk --video cam")
        return None
    from livechat.video.source import interval_s, open_video

    fps = 1.0 if fps is None else fps
    return Pictures(name, interval_s(fps), open_video(name, fps))
