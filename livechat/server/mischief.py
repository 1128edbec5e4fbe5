"""What lies between a server's mind and the socket: decides which frame leaves when, and what goes wrong on the way.

Messages go in as the Dialogue sends them. Faults strike them by their kinds and change, drop, repeat or reorder them;
then the network delays them. What is to leave comes out of `next` when its time has come, in the order it went in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from livechat.protocol.server import ServerMessage
from livechat.server.kinds import kinds_of
from livechat.server.lines import Hurt
from livechat.server.scenario import (
    CloseWith,
    Double,
    Drop,
    Fault,
    FaultAct,
    HalfOpen,
    Kind,
    Network,
    OddChunks,
    Omit,
    Pad,
    Rate,
    Say,
    Scenario,
    Stall,
    Swap,
    TwoForms,
    When,
)
from livechat.server.spoiling import Resample, Sound, frame_of, other_form, padded

SWAP_S = 0.25
"""How long a message waits for the next one, to go out after it."""
TURN_ENDS: frozenset[Kind] = frozenset({"generationComplete", "turnComplete", "interrupted"})
"""Before these goes what is held back of the sound of a turn."""

Leaving: TypeAlias = bytes | str | CloseWith | Drop | HalfOpen
"""A frame (text goes as a text frame), or the last thing that happens to a connection."""


class Trigger:
    """Counts the messages of a kind and says which of them a fault strikes."""

    def __init__(self, fault: Fault, began: float) -> None:
        self.fault = fault
        self._when = fault.when
        self._from = began + (fault.when.after_s or 0.0)
        self._seen = 0

    def strikes(self, kinds: frozenset[Kind], now: float) -> bool:
        """To be asked for every message, once."""
        if now < self._from or (self._when.kind or "any") not in kinds:
            return False
        self._seen += 1
        return self._seen == self._when.nth or (self._when.onwards and self._seen > self._when.nth)


class Mischief:
    """What happens to all that one connection is sent.

    `connection` is its number, from 1; `draw` gives a number from 0 up to 1; `now` is when it was made, in the
    seconds of every later `now`. Time never goes back.
    """

    def __init__(
        self, scenario: Scenario, connection: int, draw: Callable[[], float], resample: Resample, now: float
    ) -> None:
        self.marks: list[tuple[int, Drop | HalfOpen | Stall]] = []
        """What strikes in the middle of frames after so many bytes: whoever writes the bytes sees to it."""
        self.over: bool = False
        """The last thing has happened to the connection."""
        self.struck: list[Fault] = []
        """Those that have struck, for who tells of them to take out; marks are not told here."""
        self._triggers: list[Trigger] = []
        self._timed: list[tuple[float, Hurt | Say, Fault]] = []
        self._closes: list[tuple[int, CloseWith, Fault]] = []
        for fault in scenario.faults:
            if fault.when.connection in (None, connection):
                self._expect(fault, now)
        self._timed.sort(key=lambda timed: timed[0])
        self._closes.sort(key=lambda close: close[0])
        self._way = Way(scenario.network, draw)
        self._sound = Sound(resample)
        self._held: Sequence[bytes] = ()
        """Frames that go out after the next message."""
        self._held_until = 0.0
        self._stalled_until = 0.0
        self._ending = False
        """The last thing that happens is on its way."""

    @property
    def plain(self) -> bool:
        """Nothing happens to messages: their frames may as well leave by themselves, as long as nobody acts."""
        return not (self._triggers or self._timed or self._closes or self._way.shaped)

    @property
    def deadline(self) -> float | None:
        """When `next` will have something, if nothing is sent before; None is never."""
        if self.over:
            return None
        times = [at for at, _, _ in self._timed[:1]]
        if self._held:
            times.append(self._held_until)
        if self._way.first_at is not None:
            times.append(max(self._way.first_at, self._stalled_until))
        return min(times, default=None)

    @property
    def waiting(self) -> int:
        """Bytes that are to leave some time."""
        return self._way.waiting + sum(map(len, self._held))

    # ------------------------------------------------------------------------------------------ what goes in

    def send(self, message: ServerMessage, now: float) -> None:
        """A message of the Dialogue's."""
        self._keep_time(now)
        kinds = kinds_of(message)
        faults = [trigger.fault for trigger in self._triggers if trigger.strikes(kinds, now)]
        self.struck += faults
        struck = [fault.act for fault in faults]
        for act in struck:
            self._before(act, now)
        frames = self._frames(message, kinds, struck)
        if Swap() in struck and not self._held:
            self._held, self._held_until = frames, now + SWAP_S
        else:
            self._put(frames, now)
            self._let_go(now)
        while self._closes and self._closes[0][0] <= self._way.taken:
            _, act, fault = self._closes.pop(0)
            self.struck.append(fault)
            self._hurt(act, now)

    def act(self, act: Hurt, now: float) -> None:
        """Something that is due at once. A reset, or silence, does not wait for what a stall holds back: it is lost."""
        self._keep_time(now)
        self._at_once(act, now)

    # ----------------------------------------------------------------------------------------- what comes out

    def next(self, now: float) -> Leaving | None:
        """The next thing whose time has come; to be asked until there is none."""
        self._keep_time(now)
        while now >= self._stalled_until and (leaving := self._way.next(now)) is not None:
            if not isinstance(leaving, Stall):
                self.over = isinstance(leaving, (CloseWith, Drop, HalfOpen))
                return leaving
            self._stalled_until = now + leaving.seconds
        return None

    # -------------------------------------------------------------------------------------------------- inside

    def _expect(self, fault: Fault, now: float) -> None:
        match fault:
            case Fault(Drop() | HalfOpen() | Stall() as act, When(byte=int() as byte)):
                self.marks.append((byte, act))
            case Fault(CloseWith() as act, When(byte=int() as byte)):
                self._closes.append((byte, act, fault))
            case Fault(
                CloseWith() | Drop() | HalfOpen() | Stall() | Say() as act,
                When(kind=None, after_s=(int() | float()) as seconds),
            ):
                self._timed.append((now + seconds, act, fault))
            case _:
                self._triggers.append(Trigger(fault, now))

    def _keep_time(self, now: float) -> None:
        if self._held and now >= self._held_until:
            self._let_go(now)
        while self._timed and now >= self._timed[0][0]:
            _, act, fault = self._timed.pop(0)
            self.struck.append(fault)
            if isinstance(act, Say):
                self._put([act.frame], now)
            else:
                self._at_once(act, now)

    def _at_once(self, act: Hurt, now: float) -> None:
        if now < self._stalled_until and isinstance(act, (Drop, HalfOpen)):
            self._way.clear()
            self._held, self._stalled_until, self._ending = (), now, False
        self._hurt(act, now)

    def _before(self, act: FaultAct, now: float) -> None:
        """What a fault does before the message that it strikes."""
        match act:
            case CloseWith() | Drop() | HalfOpen() | Stall():
                self._hurt(act, now)
            case Say(frame):
                self._put([frame], now)
            case _:
                pass

    def _frames(self, message: ServerMessage, kinds: frozenset[Kind], struck: Sequence[FaultAct]) -> list[bytes]:
        """What becomes of a message."""
        if Omit() in struck:
            return []
        goes_on = TURN_ENDS.isdisjoint(kinds)
        rests = [] if goes_on else self._sound.rest()
        rate = next((act for act in struck if isinstance(act, Rate)), None)
        *before, message = self._sound.spoiled(message, rate, odd=goes_on and OddChunks() in struck)
        forms = [message, *(other_form(message) if TwoForms() in struck else ())]
        pad = next((act for act in struck if isinstance(act, Pad)), None)
        frames = [padded(form, pad.size) if pad else frame_of(form) for form in forms]
        return [*map(frame_of, [*rests, *before]), *frames, *(frames if Double() in struck else ())]

    def _hurt(self, act: Hurt, now: float) -> None:
        if not isinstance(act, Stall):
            self._let_go(now)
            self._put([frame_of(rest) for rest in self._sound.rest()], now)
        self._put([act], now)
        self._ending = self._ending or not isinstance(act, Stall)

    def _let_go(self, now: float) -> None:
        held, self._held = self._held, ()
        self._put(held, now)

    def _put(self, things: Sequence[Leaving | Stall], now: float) -> None:
        if not self._ending:
            for thing in things:
                self._way.put(thing, now)


class Way:
    """The network: everything stays in it as long as it takes to get through, and nothing overtakes."""

    def __init__(self, network: Network, draw: Callable[[], float]) -> None:
        self._network = network
        self._draw = draw
        self._queue: deque[tuple[float, Leaving | Stall]] = deque()
        self._free_at = 0.0
        """When the last byte of what was put in is through the narrow place."""
        self.waiting: int = 0
        """Bytes in the queue."""
        self.taken: int = 0
        """Bytes that were put in ever."""

    @property
    def shaped(self) -> bool:
        """Whether it takes any time."""
        return bool(self._network.latency_ms or self._network.jitter_ms or self._network.bandwidth)

    @property
    def first_at(self) -> float | None:
        """When the first thing is through."""
        return self._queue[0][0] if self._queue else None

    def put(self, thing: Leaving | Stall, now: float) -> None:
        size = size_on_the_wire(thing)
        self._free_at = max(self._free_at, now) + size / (self._network.bandwidth or float("inf"))
        jitter_ms = self._network.jitter_ms * self._draw() if self._network.jitter_ms else 0.0
        self._queue.append((self._free_at + (self._network.latency_ms + jitter_ms) / 1000, thing))
        self.waiting += size
        self.taken += size

    def next(self, now: float) -> Leaving | Stall | None:
        """The first thing that is through, if one is."""
        if not self._queue or self._queue[0][0] > now:
            return None
        _, thing = self._queue.popleft()
        self.waiting -= size_on_the_wire(thing)
        return thing

    def clear(self) -> None:
        """Loses everything."""
        self._queue.clear()
        self._free_at = 0.0
        self.waiting = 0


def size_on_the_wire(thing: Leaving | Stall) -> int:
    """Bytes of a frame with its header (RFC 6455, 5.2); the rest counts as nothing."""
    if not isinstance(thing, (bytes, str)):
        return 0
    size = len(thing.encode() if isinstance(thing, str) else thing)
    return size + (2 if size < 126 else 4 if size < 2**16 else 10)
