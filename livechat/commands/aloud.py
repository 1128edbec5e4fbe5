"""Has a conversation read aloud: the face for screen readers, and the time that passes for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TextIO

from livechat.terminal.accessible import Accessible
from livechat.terminal.inputs import Ticked

if TYPE_CHECKING:
    from livechat.terminal.inputs import Look
    from livechat.terminal.screen import Gauge

LOOK_S: Final = 0.2
"""How often the meters are looked at; a sentence comes that much late at most."""


def unread() -> None:
    """The gauge where there are no meters."""


@asynccontextmanager
async def read_aloud(stream: TextIO, look: Look, gauge: Gauge = unread) -> AsyncGenerator[Accessible, None]:
    """Inside, the face says on `stream` where the conversation is, on the running loop; it is to be told the news."""
    face = Accessible(stream, look, asyncio.get_running_loop().time)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_look(face, gauge), name="read aloud")
        try:
            yield face
        finally:
            looking.cancel()


async def _look(face: Accessible, gauge: Gauge) -> None:
    while True:
        face.tell(gauge() or Ticked())
        await asyncio.sleep(LOOK_S)
