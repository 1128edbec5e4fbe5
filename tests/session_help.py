"""A link in memory to a server that is a function of the frames it gets, for tests of what runs over a link."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from livechat.events import Disconnected, Lost
from livechat.session import FAREWELL_S

Frame = dict[str, Any]

READY: Frame = {"setupComplete": {}}
COMPLETE: Frame = {"serverContent": {"turnComplete": True}}
INTERRUPTED: Frame = {"serverContent": {"interrupted": True}}


def wrote(text: str) -> Frame:
    return {"serverContent": {"modelTurn": {"parts": [{"text": text}]}}}


def sound(samples: int = 240) -> Frame:
    data = "A" * (samples * 8 // 3)
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm", "data": data}}]}}}


class FakeWire:
    """A link in memory, to a server that is a function of the frame it gets."""

    def __init__(self, server: Callable[[Frame], list[Frame]] | None = None) -> None:
        self.server = server or polite
        self.sent: list[Frame] = []
        self.closes: list[tuple[int, str]] = []
        self.open = asyncio.Event()
        """Sending waits while this is not set: a socket whose buffer is full."""
        self.open.set()
        self.lets_go = True
        """A peer that answers the closing handshake."""
        self._incoming: asyncio.Queue[str | bytes | Disconnected] = asyncio.Queue()

    @property
    def waiting(self) -> int:
        """Frames that nobody has read yet."""
        return self._incoming.qsize()

    def comes(self, frame: Frame | str) -> None:
        self._incoming.put_nowait(frame if isinstance(frame, str) else json.dumps(frame))

    def ends(self, code: int, reason: str = "") -> None:
        self._incoming.put_nowait(Disconnected(Lost(code, reason)))

    async def send(self, frame: str) -> None:
        await self.open.wait()
        if self.closes:
            raise Disconnected(Lost(1006, ""))
        self.sent.append(json.loads(frame))
        for answer in self.server(self.sent[-1]):
            self.comes(answer)

    def strain(self) -> float:
        return 0.0

    async def receive(self) -> str | bytes:
        frame = await self._incoming.get()
        if isinstance(frame, Disconnected):
            raise frame
        return frame

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closes.append((code, reason))
        self.ends(1006)
        if not self.lets_go and len(self.closes) == 1:
            await asyncio.sleep(10 * FAREWELL_S)


def polite(frame: Frame) -> list[Frame]:
    """Takes the setup, and answers each line of text with two pieces of text."""
    if "setup" in frame:
        return [READY]
    return [wrote("Hel"), wrote("lo."), COMPLETE] if "clientContent" in frame else []


def silent(frame: Frame) -> list[Frame]:
    return [READY] if "setup" in frame else []
