"""The body of a music session: a thread that makes sound of bars, and the wire to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from livechat.server.acts import Failed, HangUp, Send, Suffer
from livechat.server.body import Body
from livechat.server.lines import Gone, Wire
from livechat.server.music.acts import MusicOrder, MusicTold, Render, Rendered
from livechat.server.music.dialogue import MusicDialogue
from livechat.server.music.score import Bar

if TYPE_CHECKING:
    from livechat.server.music.synth import Synth


class MusicConnection(Body[MusicTold, MusicOrder]):
    """Runs one MusicDialogue until the client leaves or is hung up on."""

    def __init__(self, wire: Wire, dialogue: MusicDialogue, log: Callable[[str], None]) -> None:
        super().__init__(wire, dialogue)
        self._log = log
        self._stage = Stage()

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            await self._stage.close()

    async def _carry_out(self, order: MusicOrder) -> None:
        match order:
            case Send(message):
                await self._wire.send(message)
            case HangUp(code, reason):
                self._log(f"hung up: {code} {reason}")
                await self._wire.close(code, reason)
                raise Gone
            case Suffer(act):
                await self._wire.suffer(act)
            case Render():
                self._tasks.create_task(self._render(order))

    async def _render(self, order: Render) -> None:
        told: Rendered | Failed
        try:
            told = Rendered(order.number, await self._stage.play(order.bar, fresh=order.fresh))
        except Exception as error:
            self._log(f"playing failed: {error!r}")
            told = Failed("playing failed")
        await self.tell(told)


class Stage:
    """A synthesizer and the thread it plays in, which begins with the first bar: a session that only waits has none."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "music")
        self._synth: Synth | None = None

    async def play(self, bar: Bar, *, fresh: bool) -> bytes:
        """The bar as sound, after those before it; `fresh` forgets what of them still rings."""
        return await asyncio.wrap_future(self._thread.submit(self._play, bar, fresh))

    async def close(self) -> None:
        """Drops what has not begun and waits for what has, some hundredths of a second."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    def _play(self, bar: Bar, fresh: bool) -> bytes:
        from livechat.server.music.synth import Synth

        if fresh or self._synth is None:
            self._synth = Synth()
        return self._synth.render(bar)
