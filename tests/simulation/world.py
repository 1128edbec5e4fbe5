"""The world of one schedule: its network, its server, its hands and its speaker, and all that is seen from outside."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from uuid import UUID

from livechat import events
from livechat.protocol.server import ServerMessage
from livechat.server.agreement import Terms
from livechat.server.brain import Said
from livechat.server.kinds import kinds_of
from livechat.server.scenario import Limits, Scenario
from livechat.server.sessions import Session as Kept
from livechat.server.sessions import Sessions, Snapshot
from livechat.session import Session, Wire
from tests.simulation import net
from tests.simulation.host import Host
from tests.simulation.model import lines_in
from tests.simulation.schedule import (
    Blocked,
    Cut,
    Go,
    Hang,
    Hole,
    Hush,
    Mute,
    Refuse,
    Schedule,
    Sleep,
    Slow,
    Strike,
)
from tests.virtual import VirtualLoop

FRAME_MS = 100
SILENCE_MS = 400
"""A frame of silence, of which there is more."""
LOUDNESS = 2_000
"""Of the first half of the first line; it rises by one with every half line."""


def voice(number: int, half: int, ms: int) -> bytes:
    """Sound of the first (0) or second half of a line, 16 kHz."""
    return (LOUDNESS + 2 * number + half).to_bytes(2, "little") * (16 * ms)


class Loop(VirtualLoop):
    """Virtual time that can also jump while everybody has something to do."""

    def jump(self, seconds: float) -> None:
        self._waiting.now += seconds


@dataclass
class Connection:
    """One that came about, as the checker sees it afterwards."""

    number: int
    wire: net.Wire
    opened_at: float
    resumed: bool = False
    """The server's session went on."""
    known: list[int] = field(default_factory=list[int])
    """The user's lines that it went on with."""
    asked: list[tuple[float, list[int]]] = field(default_factory=list[tuple[float, list[int]]])
    """When its model was asked, and the user's lines that it had in view."""
    host: Host | None = None
    closed_at: float = -inf
    """When the server has closed it."""


class WatchedSessions(Sessions):
    """The server's sessions, which note for each connection whether one was gone on with."""

    opening: Connection | None = None

    def resume(self, handle: str, model: str, now: float) -> tuple[Kept, Snapshot]:
        session, past = super().resume(handle, model, now)
        if self.opening is not None:
            self.opening.resumed = True
            self.opening.known = lines_in([said for entry in past.entries for said in entry.said])
        return session, past


class World:
    """To be made on the virtual loop that it lives on."""

    def __init__(self, schedule: Schedule, *, telling: bool) -> None:
        self.schedule = schedule
        self.loop = asyncio.get_running_loop()
        self.session: Session | None = None
        self.connections: list[Connection] = []
        self.effects: dict[tuple[str, int], int] = {}
        """How often each was begun, and not taken back by the model itself."""
        self.taken_back: set[str] = set()
        """The calls that it did."""
        self.struck: list[Strike | Blocked] = []
        self.sounds_until: float = 0.0
        """When the model's voice is over, as far as it is here."""
        self.away_until: float = 0.0
        """Until then the client has given the present connection up, if there is one."""
        self.tries: list[float] = []
        """When a connection was opened, or not."""
        self.slept: Callable[[float], None] = lambda seconds: None
        """Told when the machine has stood still."""
        self.story: list[str] = []
        self._telling = telling
        limits = Limits(connection_s=None, audio_s=None, video_s=None, handle_s=schedule.handle_s)
        self._scenario = Scenario(limits=limits, resumption=schedule.resumption, faults=schedule.odd)
        self.sessions = WatchedSessions(schedule.resumption, limits)
        self._to_come = deque(schedule.strikes)
        self._guard: Guard | None = None

    def tell(self, what: str) -> None:
        """Writes a line into the story, if one is wanted."""
        if self._telling:
            self.story.append(f"{self.loop.time():9.3f}  {what}")

    # ---------------------------------------------------------------------------------------- the network

    async def connect(self) -> Wire:
        """What the session opens its links by."""
        self.tries.append(self.loop.time())
        blocked = self._blocked() if self.connections else None
        if blocked is not None:
            self.tell(f"net    {blocked.what}")
        if blocked is not None and isinstance(refuse := blocked.what, Refuse):
            await asyncio.sleep(refuse.after_s)
            self.struck.append(blocked)  # of a refusal that is under way nobody knows yet
            raise events.Disconnected(events.Refused(refuse.kind, "in this world", refuse.status))
        await asyncio.sleep(2 * self.schedule.latency_s)
        wire = self._open()
        if blocked is not None:
            assert isinstance(blocked.what, Mute)
            self.struck.append(blocked)
            wire.silent = True
        return wire

    def _blocked(self) -> Blocked | None:
        """What meets the connection that is about to be opened."""
        if self._to_come and isinstance(blocked := self._to_come[0], Blocked):
            self._to_come.popleft()
            return blocked
        return None

    @property
    def is_away(self) -> bool:
        return self.loop.time() < self.away_until

    @property
    def silent(self) -> bool:
        """The server says nothing over the present connection, and never will."""
        return self.was_silent(inf)

    def was_silent(self, since: float) -> bool:
        """It has said nothing any more over one of those that there were since then."""
        ends = [*(connection.opened_at for connection in self.connections[1:]), inf]
        return any(there.wire.silent for there, end in zip(self.connections, ends, strict=False) if end >= since)

    def begin(self) -> None:
        """The first connection is ready: from now on it may be struck, as all later ones may from their beginning."""
        if self._guard is not None:
            self._guard.begin()

    def _open(self) -> net.Wire:
        number = len(self.connections) + 1
        wire = self.lay(lambda frame: self._goes_up(connection, frame))
        connection = Connection(number, wire, self.loop.time())
        self.connections.append(connection)
        self.tell(f"net    connection {number} is open")
        if self._guard is not None:
            self._guard.retire()
        guard = self._guard = Guard(self, connection)
        wire.sent = guard.client_sends
        connection.host = Host(
            Terms(
                UUID(int=self.schedule.seed * 1_000 + number),
                speculative=self.schedule.speculative,
                scenario=self._scenario,
                sessions=self.sessions,
            ),
            self.schedule.think_s,
            read=self._read,
            asked=partial(self._asked, connection),
            says=partial(self._says, connection),
            hangs_up=partial(self._hangs_up, connection),
            passes=guard.server_sends,
        )
        if number > 1:
            guard.begin()
        return wire

    def lay(self, goes_up: Callable[[str | None], None]) -> net.Wire:
        """A way to the server, over which the next connection goes."""
        return net.Wire(self.schedule.latency_s, goes_up)

    def next_strike(self) -> Strike | None:
        """What befalls the present connection next; what meets an opening is left for that."""
        if self._to_come and isinstance(self._to_come[0], Strike):
            strike = self._to_come.popleft()
            assert isinstance(strike, Strike)
            return strike
        return None

    def give_back(self, strike: Strike) -> None:
        """Its moment never came on this connection: it may come on the next."""
        self._to_come.appendleft(strike)

    # ------------------------------------------------------------------------------------------ the server

    def _goes_up(self, connection: Connection, frame: str | None) -> None:
        host = connection.host
        if host is None or host.gone:
            return
        if self._telling and (what := "leaves" if frame is None else shortened(frame)) != "silence":
            self.tell(f"  {connection.number} >  {what}")
        self.sessions.opening = connection
        host.hears(frame)
        self.sessions.opening = None

    def _says(self, connection: Connection, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode(errors="replace")
        if '"toolCallCancellation"' in text:
            self.taken_back.update(json.loads(text)["toolCallCancellation"]["ids"])
        if self._telling:
            self.tell(f"  {connection.number} <  {shortened(text)}{' (held back)' if connection.wire.silent else ''}")
        connection.wire.say(frame)

    def _hangs_up(self, connection: Connection, code: int, reason: str) -> None:
        self.tell(f"  {connection.number} <  closes {code} {reason}")
        connection.closed_at = self.loop.time()
        connection.wire.hang_up(code, reason)

    def _asked(self, connection: Connection, history: Sequence[Said]) -> None:
        lines = lines_in(history)
        connection.asked.append((self.loop.time(), lines))
        self.tell(f"  {connection.number} model has in view {lines}")

    def _read(self, pcm: bytes) -> str:
        """The words that were meant: the loudness tells the line and which half of it."""
        levels = dict.fromkeys(pcm[at : at + 2] for at in range(0, len(pcm), 64))
        halves: dict[int, set[int]] = {}
        for level in levels:
            if loudness := int.from_bytes(level, "little"):
                number, half = divmod(loudness - LOUDNESS, 2)
                halves.setdefault(number, set()).add(half)
        return " ".join(self._words(number, len(found)) for number, found in halves.items())

    def _words(self, number: int, halves: int) -> str:
        text = self.schedule.lines[number - 1].text
        return text if halves == 2 else text.replace(" ", " clipped ", 1)


class Guard:
    """Waits on one connection for the moments of what befalls it, one thing after the other."""

    def __init__(self, world: World, connection: Connection) -> None:
        self._world = world
        self._connection = connection
        self._strike: Strike | None = None
        self._seen = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._strike, self._seen = self._world.next_strike(), 0
        if self._strike is not None:
            self._timer = self._world.loop.call_later(self._strike.when.seconds, self._act)

    def retire(self) -> None:
        """There is another connection: what has not struck this one is for that."""
        strike, self._strike = self._strike, None
        if self._timer is not None:
            self._timer.cancel()
        if strike is not None:
            self._world.give_back(strike)

    def client_sends(self, frame: str) -> None:
        """Told before it is under way; what strikes after it does so a turn of the loop later."""
        when = self._strike.when if self._strike is not None else None
        if when is None or when.way != "up" or f'{{"{when.kind}":' not in frame[:24]:
            return
        self._seen += 1
        if self._seen == when.nth:
            if when.before:
                self._act()
            else:
                self._world.loop.call_soon(self._act)

    def server_sends(self, message: ServerMessage, before: bool) -> None:
        when = self._strike.when if self._strike is not None else None
        if when is None or when.way != "down" or when.before is not before or when.kind not in kinds_of(message):
            return
        self._seen += 1
        if self._seen == when.nth:
            self._act()

    def _act(self) -> None:
        if self._strike is None or not self._connection.wire.holds or self._world.is_away:
            return  # one of them has left already: it waits for the next connection
        strike, self._strike = self._strike, None
        if self._timer is not None:
            self._timer.cancel()
        self._world.struck.append(strike)
        self._world.tell(f"net    {strike.what}")
        if self._befall(strike):
            self.begin()

    def _befall(self, strike: Strike) -> bool:
        """Whether the connection lives on."""
        wire, host, loop = self._connection.wire, self._connection.host, self._world.loop
        assert host is not None
        match strike.what:
            case Cut(lands_up, lands_down):
                wire.cut(lands_up=lands_up, lands_down=lands_down)
                loop.call_later(strike.notice_s + self._world.schedule.latency_s, host.leave)
            case Hang(1006):
                wire.cut(lands_up=False, lands_down=False)
                loop.call_later(strike.notice_s, host.leave)
            case Hang(code, reason):
                wire.hang_up(code, reason)
                loop.call_soon(host.leave)
            case Hole():
                wire.fall_into_a_hole()
                loop.call_later(strike.notice_s + 1.0, host.leave)
            case Hush(seconds):
                wire.silent = True
                if seconds < inf:
                    loop.call_later(seconds, wire.speak_again)
                return seconds < inf
            case Go(seconds, silent):
                loop.call_soon(host.warn, seconds)
                if silent:
                    loop.call_later(max(self._world.schedule.latency_s, 0.01), self._fall_silent)
            case Sleep(seconds, survives):
                sleeps(loop, seconds)
                self._world.slept(seconds)
                if not survives:
                    wire.cut(lands_up=False, lands_down=False)
                    host.leave()
                return survives
            case Slow(rate, seconds):
                wire.rate = rate
                loop.call_later(seconds, self._hurry)
                return True
        return False

    def _fall_silent(self) -> None:
        self._connection.wire.silent = True

    def _hurry(self) -> None:
        self._connection.wire.rate = inf


def sleeps(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Nobody's clock stands still, and nobody gets to look at it."""
    assert isinstance(loop, Loop)
    loop.jump(seconds)


def shortened(frame: str) -> str:
    """A frame as a line of the story; sound by its length, and all silence as one thing."""
    text = " ".join(frame.split())
    if '"data":' in text[:120]:
        return f"sound, {len(text)} characters" if "AAAAAAAAAAAA" not in text[:160] else "silence"
    return text if len(text) <= 400 else f"{text[:360]} … {len(text)} characters"
