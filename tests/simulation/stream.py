"""A world whose connections carry the bytes of real WebSockets, of which the first is cut after any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from livechat.events import Disconnected, Lost
from livechat.protocol.codec import MAX_FRAME
from tests.simulation import net
from tests.simulation.schedule import Schedule
from tests.simulation.world import World


@dataclass(frozen=True)
class Place:
    """Where a connection is cut: when so many bytes have gone one way since it was set up."""

    way: Literal["up", "down"]
    offset: int
    lands: bool = True
    """What is under way the other way arrives."""
    notice_s: float = 0.0
    """How long the server takes to see it."""


class Stream(net.Wire):
    """The client's end of a WebSocket whose bytes are counted in both ways."""

    def __init__(self, delay_s: float, goes_up: Callable[[str | None], None]) -> None:
        super().__init__(delay_s, goes_up)
        self.ends: dict[str, list[int]] = {"up": [], "down": []}
        """The bytes that had gone each way after each frame, from the moment on when it was set up."""
        self.strikes: Callable[[], object] = lambda: None
        self._place: Place | None = None
        self._passed = {"up": 0, "down": 0}
        self._goes_up = goes_up
        self._client = ClientProtocol(parse_uri("ws://world/"), state=State.OPEN, max_size=MAX_FRAME)
        self._server = ServerProtocol(state=State.OPEN, max_size=MAX_FRAME)
        self._up_bytes: net.Way[bytes | None] = net.Way(delay_s, self._comes_up)
        self._down_bytes: net.Way[bytes | Disconnected] = net.Way(delay_s, self._comes_down)

    def count(self, place: Place | None) -> None:
        """Counts from here, and is cut at that place."""
        self._passed = {"up": 0, "down": 0}
        self.ends = {"up": [], "down": []}
        self._place = place
        if place is not None and place.offset == 0:
            self._cut(place)

    async def send(self, frame: str) -> None:
        self.sent(frame)
        if self.over is not None:
            raise Disconnected(self.over)
        if self._taken:
            self._client.send_text(frame.encode())
            up = self._part("up", self._client)
            self._up_bytes.put(up, self._loop.time())
            self._cut_if_reached("up")

    def say(self, frame: str | bytes) -> None:
        if self._taken:
            self._server.send_text(frame.encode() if isinstance(frame, str) else frame)
            down = self._part("down", self._server)
            self._down_bytes.put(down, self._loop.time())
            self._cut_if_reached("down")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        taken, self._taken = self._taken, False
        if taken and self.over is None:
            self._up_bytes.put(None, self._loop.time())
        await super().close(code, reason)

    def _part(self, way: str, sender: Protocol) -> bytes:
        """What is to go, as far as it gets."""
        data = b"".join(sender.data_to_send())
        before = self._passed[way]
        self._passed[way] += len(data)
        self.ends[way].append(self._passed[way])
        place = self._place
        return data if place is None or place.way != way else data[: max(0, place.offset - before)]

    def _cut_if_reached(self, way: str) -> None:
        place = self._place
        if place is not None and place.way == way and self._passed[way] >= place.offset:
            self._cut(place)

    def _cut(self, place: Place) -> None:
        self._place, self._taken = None, False
        up = place.way == "up"
        self._up_bytes.end(lands=up or place.lands)
        if up and not place.lands:
            self._down_bytes.end(lands=False)
            self.lose(Lost(1006, ""))
        else:
            self._down_bytes.put(Disconnected(Lost(1006, "")), self._loop.time())
        self.strikes()

    def _comes_up(self, data: bytes | None) -> None:
        if data is None:
            self._goes_up(None)
        for frame in _frames(self._server, data or b""):
            self._goes_up(frame.decode())

    def _comes_down(self, data: bytes | Disconnected) -> None:
        if isinstance(data, Disconnected):
            self._arrive(data)
            return
        for frame in _frames(self._client, data):
            self._arrive(frame)


def _frames(receiver: Protocol, data: bytes) -> list[bytes]:
    """The messages that are whole with this."""
    receiver.receive_data(data)
    frames = [event for event in receiver.events_received() if isinstance(event, Frame)]
    assert all(frame.opcode is Opcode.TEXT and frame.fin for frame in frames)
    return [bytes(frame.data) for frame in frames]


class StreamWorld(World):
    """A world of streams. `place` is where the first is cut, if anywhere."""

    def __init__(self, schedule: Schedule, place: Place | None, *, telling: bool = False) -> None:
        super().__init__(schedule, telling=telling)
        self.place = place
        self.streams: list[Stream] = []

    def lay(self, goes_up: Callable[[str | None], None]) -> net.Wire:
        stream = Stream(self.schedule.latency_s, goes_up)
        self.streams.append(stream)
        return stream

    def begin(self) -> None:
        super().begin()
        stream, host = self.streams[0], self.connections[0].host
        assert host is not None
        place = self.place
        if place is not None:
            notice_s = self.schedule.latency_s + place.notice_s
            stream.strikes = partial(self.loop.call_later, notice_s, host.leave)
        stream.count(place)
