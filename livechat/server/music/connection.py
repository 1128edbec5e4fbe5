"""The body of a music session: a synthesizer that makes sound of bars, and the wire to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from livechat.server.acts import Failed, HangUp, Send, Suffer
from livechat.server.body import Body
from livechat.server.lines import Gone, Wire
from livechat.server.music.acts import MusicOrder, MusicTold, Render, Rendered
from livechat.server.music.dialogue import MusicDialogue
from livechat.server.music.score import Bar
from livechat.server.studio import Studio

if TYPE_CHECKING:
    from livechat.server.music.synth import Synth


class MusicConnection(Body[MusicTold, MusicOrder]):
    """Runs one MusicDialogue until the client leaves or is hung up on."""

    def __init__(self, wire: Wire, dialogue: MusicDialogue, studio: Studio, log: Callable[[str], None]) -> None:
        super().__init__(wire, dialogue)
        self._log = log
        self._stage = Stage(studio)
        self._rendering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self._stage.leave()

    async def _carry_out(self, order: MusicOrder) -> None:
        match order:
            case Send(message):
                await self._wire.send(message)
            case HangUp(code, reason):
                await self._wire.close(code, reason)
                raise Gone
            case Suffer(act):
                await self._wire.suffer(act)
            case Render():
                self._drop_rendering()
                self._rendering = self._tasks.create_task(self._render(order))

    def _drop_rendering(self) -> None:
        """Of a bar that nobody waits for any more: who stops and plays all the time has one in the making, not each."""
        if self._rendering is not None and self._rendering is not asyncio.current_task():
            self._rendering.cancel()

    async def _render(self, order: Render) -> None:
        told: Rendered | Failed
        try:
            told = Rendered(order.number, await self._stage.play(order.bar, fresh=order.fresh))
        except Exception as error:
            self._log(f"playing failed: {error!r}")
            told = Failed("playing failed")
        await self.tell(told)


class Stage:
    """A synthesizer, which plays in the studio's thread for music."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._desk = Desk()

    async def play(self, bar: Bar, *, fresh: bool) -> bytes:
        """The bar as sound, after those before it; `fresh` forgets what of them still rings.

        What comes after a bar that was not waited for has to be fresh: that may be still in the making.
        """
        if fresh:
            self._desk = Desk()
        return await self._studio.play(partial(played, self._desk, bar))

    def leave(self) -> None:
        """Lets go of the synthesizer's three megabytes at once: a session ends as a circle that is collected late."""
        self._desk.synth = None


@dataclass(slots=True)
class Desk:
    """Where the synthesizer of a piece stands, once it has begun."""

    synth: Synth | None = None


def played(desk: Desk, bar: Bar) -> bytes:
    """The bar as sound."""
    from livechat.server.music.synth import Synth

    synth = desk.synth = desk.synth or Synth()
    return synth.render(bar)
