"""How the kernel sees a TCP connection: whether what we send arrives, and when there is no hope left.

Linux tells how long nothing was acknowledged though something waits (`TCP_INFO`), and after `GIVEN_UP_S` of that the
connection is given up. `TCP_USER_TIMEOUT` alone does so later: it does not count before the first retransmission,
which a microphone puts off until the congestion window is full. It is there for a kernel that tells nothing. An idle
peer is asked by keepalive, and that too is something that waits. None of it depends on how soon a server's program
answers a ping: Google's take 8 to 30 s and are alive. Nor is a peer given up that has no room: its kernel answers, so
it is slow and not gone.

Under TLS the socket is the same. Behind a proxy the TCP connection ends at the proxy: it is the way to the proxy that
is seen here, and a break behind it shows when the proxy says so or when no answer comes.

Elsewhere, none of it tried: macOS gives up after `TCP_RXT_CONNDROPTIME` and holds back what it cannot send yet
(`TCP_NOTSENT_LOWAT`), Windows gives up after `TCP_MAXRT` and has a send buffer of `SEND_BUFFER`; both ask an idle
peer as Linux does and give it up after 7 s. Strain is there for how long the bytes that the kernel did not take have
not become fewer: it begins when its buffers are full, on macOS after half a second of speech, on Windows after 1.5 s.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from asyncio import WriteTransport
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

PLATFORM: Final = sys.platform
GIVEN_UP_S: Final = 3.5
"""Strain at which a connection is given up."""
UNWATCHED_S: Final = 7
"""The same for the kernel by itself: four probes of an idle peer, so that one may be lost."""
PROBES: Final = {"TCP_KEEPIDLE": 3, "TCP_KEEPALIVE": 3, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 4}
"""Keepalive: seconds until the first (which macOS calls otherwise), seconds between two, and how many."""
UNSENT: Final = 2 * 1024
"""Bytes that wait in the kernel to be sent for the first time before it takes no more: two frames of a microphone."""
WAITING: Final = 1024
"""Bytes that may wait in front of the kernel before `send` waits; with 0 asyncio's TLS would wait for ever."""
SEND_BUFFER: Final = 64 * 1024
"""Bytes in all, where a kernel has no such limit."""

_TCP: Final = socket.IPPROTO_TCP
# Numbers that Python does not name, from the systems' headers: tcp.h of Linux and XNU, ws2ipdef.h of Windows.
_USER_TIMEOUT: Final = 18
_SETTINGS: Final[Mapping[str, tuple[tuple[int, int, int], ...]]] = {
    "linux": ((_TCP, _USER_TIMEOUT, UNWATCHED_S * 1000), (_TCP, 25, UNSENT)),
    "darwin": ((_TCP, 0x80, round(GIVEN_UP_S)), (_TCP, 0x201, UNSENT)),
    "win32": ((_TCP, 5, round(GIVEN_UP_S)), (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)),
}
_INFO: Final = struct.Struct("=3xB12xI4xI28xI84xI80xI")
"""Of Linux's `struct tcp_info`: probes, snd_mss, unacked, last_ack_recv (ms), notsent_bytes, snd_wnd."""
_LEAST: Final = 60
"""Bytes of it that tell anything; older kernels give fewer than are asked for."""


class Socket(Protocol):
    """What is asked of a socket; asyncio gives a transport's as something that has no more."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...
    def getsockopt(self, level: int, option: int, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A connection at one moment, as Linux tells it."""

    probes: int
    """Probes that are not answered yet."""
    segment: int
    """Bytes of a full segment."""
    unacked: int
    """Segments on the way."""
    quiet_ms: int
    """Since the peer has acknowledged anything."""
    unsent: int
    """Bytes that were never sent."""
    window: int
    """Bytes for which the peer has room."""

    @property
    def full(self) -> bool:
        """The peer has no room, and answers when it is asked."""
        return bool(self.unsent) and not self.unacked and not self.probes and self.window < self.segment

    @property
    def waits(self) -> bool:
        """Something is not acknowledged that could be by now."""
        return bool(self.unacked or self.probes or (self.unsent and not self.full))


class Health:
    """One connection, by its transport; to be asked for its strain a few times a second."""

    def __init__(
        self, transport: WriteTransport, clock: Callable[[], float] = time.monotonic, platform: str = PLATFORM
    ) -> None:
        self._transport = transport
        self._buffers = [transport, *beneath(transport)]
        self._socket: Socket | None = transport.get_extra_info("socket")
        self._clock = clock
        self._linux = platform == "linux"
        self._since: float | None = None
        """When what waits began to wait, as far as we saw."""
        self._buffered = 0
        self._patience = UNWATCHED_S
        for buffer in self._buffers:
            buffer.set_write_buffer_limits(high=WAITING)
        if self._socket is not None:
            prepare(self._socket, platform)

    def sent(self) -> None:
        """Something was handed to the kernel: from now on an answer is due."""
        if self._since is None:
            self._since = self._clock()

    def strain(self) -> float:
        """Seconds for which nothing of what we sent was acknowledged though something waits; 0.0 while all is well.

        On Linux, aborts the transport when they are too many.
        """
        now, seen = self._clock(), self._look()
        if seen is None:
            return self._flow(now)
        self._be_patient(0 if seen.full else UNWATCHED_S)
        if not seen.waits:
            self._since = None
            return 0.0
        self._since = now if self._since is None else self._since
        strain = min(seen.quiet_ms / 1000, now - self._since)
        if strain >= GIVEN_UP_S:
            self._transport.abort()
        return strain

    def _look(self) -> Seen | None:
        """None where the kernel does not tell, or not any more."""
        if not self._linux or self._socket is None:
            return None
        with suppress(OSError):
            told = self._socket.getsockopt(_TCP, 11, _INFO.size)
            if len(told) >= _LEAST:
                return Seen(*_INFO.unpack(told.ljust(_INFO.size, b"\0")))
        return None

    def _be_patient(self, seconds: int) -> None:
        """Lets the kernel give up after so long without an answer; 0 leaves it to its quarter of an hour."""
        if seconds != self._patience and self._socket is not None:
            self._patience = seconds
            with suppress(OSError):
                self._socket.setsockopt(_TCP, _USER_TIMEOUT, seconds * 1000)

    def _flow(self, now: float) -> float:
        """How long what waits in front of the kernel has not become less."""
        before, self._buffered = self._buffered, sum(buffer.get_write_buffer_size() for buffer in self._buffers)
        if not self._buffered:
            self._since = None
            return 0.0
        if self._since is None or self._buffered < before:
            self._since = now
        return now - self._since


def beneath(transport: WriteTransport) -> Iterator[WriteTransport]:
    """The transports that TLS stands on, each with a buffer of its own.

    asyncio does not give them out. Left alone, 64 KiB more would wait there: 1.4 s of microphone.
    """
    inner = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    if isinstance(inner, WriteTransport):
        yield inner
        yield from beneath(inner)


def prepare(connected: Socket, platform: str = PLATFORM) -> None:
    """Has the kernel notice a dead peer, and take no more than it can send soon; what it cannot do is left."""
    probes = [(_TCP, getattr(socket, name, None), value) for name, value in PROBES.items()]
    always = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for level, option, value in (always, *probes, *_SETTINGS.get(platform, ())):
        if option is not None:
            with suppress(OSError):
                connected.setsockopt(level, option, value)
