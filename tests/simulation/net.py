"""One connection of a simulated network: each way keeps its order, takes its time, and can be broken."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Generic, TypeVar

from livechat.events import Disconnected, Lost

T = TypeVar("T")

BUFFER = 65_536
"""Bytes that the socket takes before whoever sends has to wait."""
CLOSE_S = 0.5
"""Seconds that a closing handshake may take, as in `livechat.link`."""
ABANDONED_S = 3.7
"""Seconds without any acknowledgement after which the kernel gives a connection up (TCP_USER_TIMEOUT)."""
PROBE_S = 4.0
"""Seconds of silence after which the kernel asks whether anybody is there."""


class Way(Generic[T]):
    """One direction: what is put in comes out in order, each so much later."""

    def __init__(self, delay_s: float, arrives: Callable[[T], None]) -> None:
        self.open: bool = True
        """What arrives is taken; else it is lost."""
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._arrives = arrives
        self._under_way: deque[T] = deque()
        self._last = 0.0

    def put(self, thing: T, at: float) -> None:
        """It leaves at that time."""
        self._last = max(self._last, at + self._delay_s)
        self._under_way.append(thing)
        self._loop.call_at(self._last, self._arrive)

    def _arrive(self) -> None:
        thing = self._under_way.popleft()  # in order, whichever timer of equal times goes first
        if self.open:
            self._arrives(thing)

    def end(self, *, lands: bool) -> None:
        """Takes nothing more; what is under way still arrives if it lands."""
        if lands:
            self._loop.call_later(self._delay_s, self._shut)
        else:
            self.open = False

    def _shut(self) -> None:
        self.open = False


class Wire:
    """The client's end, as a session uses it.

    `goes_up` is told of each frame of the client's that arrives, and of None when it has left.
    """

    def __init__(self, delay_s: float, goes_up: Callable[[str | None], None]) -> None:
        self.rate: float = float("inf")
        """Bytes a second that go up."""
        self.sent: Callable[[str], None] = lambda frame: None
        """Told of each frame that the client sends, before it is under way."""
        self.over: Lost | None = None
        self.silent: bool = False
        """What the server sends is held back."""
        self.fell_at: float = inf
        """When it fell into a hole."""
        self._held: list[str | bytes] = []
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._up: Way[str | None] = Way(delay_s, goes_up)
        self._down: Way[str | bytes | Disconnected] = Way(delay_s, self._arrive)
        self._came: asyncio.Queue[str | bytes | Disconnected] = asyncio.Queue()
        self._gone = asyncio.Event()
        """Set when it is over, for whoever waits to send."""
        self._free_at = 0.0
        """When the last byte is through the narrow place."""
        self._hole = False
        self._unacknowledged: float | None = None
        """Since when."""
        self._doom: asyncio.TimerHandle | None = None
        self._taken = True
        """The server's end takes what comes."""

    # ------------------------------------------------------------------------------------ the client's side

    async def send(self, frame: str) -> None:
        self.sent(frame)
        if self.over is not None:
            raise Disconnected(self.over)
        self._note_unanswered()
        now = self._loop.time()
        self._free_at = max(self._free_at, now) + len(frame) / self.rate
        if self._taken:
            self._up.put(frame, self._free_at)
        ahead_s = self._free_at - BUFFER / self.rate - now
        if ahead_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ahead_s):
                    await self._gone.wait()

    async def receive(self) -> str | bytes:
        frame = await self._came.get()
        if isinstance(frame, Disconnected):
            self._came.put_nowait(frame)
            raise frame
        return frame

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self.over is not None:
            return
        self.lose(Lost(1006, ""))
        if self._taken:
            self._up.put(None, max(self._free_at, self._loop.time()))
        deaf = self._hole or self.silent
        await asyncio.sleep(CLOSE_S if deaf else min(CLOSE_S, 2 * self._delay_s))

    @property
    def holds(self) -> bool:
        """Neither end has given it up, be the other told of that or not."""
        return self._taken and self.over is None

    def strain(self) -> float:
        """Seconds for which nothing was acknowledged though something waits."""
        return 0.0 if self._unacknowledged is None else self._loop.time() - self._unacknowledged

    # ----------------------------------------------------------------------------------- the server's side

    def say(self, frame: str | bytes) -> None:
        if self.silent:
            self._held.append(frame)
        elif self._taken:
            self._down.put(frame, self._loop.time())

    def speak_again(self) -> None:
        """What was held back goes out."""
        self.silent = False
        held, self._held = self._held, []
        for frame in held:
            self.say(frame)

    def hang_up(self, code: int, reason: str) -> None:
        """The server closes: after all that it said."""
        if self._taken:
            self.speak_again()
            self._taken = False
            self._down.put(Disconnected(Lost(code, reason)), self._loop.time())

    # ---------------------------------------------------------------------------------- what befalls it

    def cut(self, *, lands_up: bool, lands_down: bool) -> None:
        self._taken = False
        self._up.end(lands=lands_up)
        if lands_down:
            self._down.put(Disconnected(Lost(1006, "")), self._loop.time())
        else:
            self._down.end(lands=False)
            self.lose(Lost(1006, ""))

    def fall_into_a_hole(self) -> None:
        self._hole, self._taken = True, False
        self.fell_at = self._loop.time()
        self._up.end(lands=False)
        self._down.end(lands=False)
        self._doom = self._loop.call_later(PROBE_S, self._note_unanswered)

    def _note_unanswered(self) -> None:
        if self._hole and self._unacknowledged is None and self.over is None:
            self._unacknowledged = self._loop.time()
            if self._doom is not None:
                self._doom.cancel()
            self._doom = self._loop.call_later(ABANDONED_S, self.lose, Lost(1006, ""))

    def lose(self, lost: Lost) -> None:
        """The client's end is told that it is over."""
        self._arrive(Disconnected(lost))

    def _arrive(self, frame: str | bytes | Disconnected) -> None:
        if self.over is not None:
            return
        if isinstance(frame, Disconnected):
            assert isinstance(frame.happened, Lost)
            self.over, self._unacknowledged = frame.happened, None
            self._gone.set()
            if self._doom is not None:
                self._doom.cancel()
        self._came.put_nowait(frame)
