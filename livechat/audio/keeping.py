"""Keeps the streams of a call alive: notices a device that is gone, and opens it again or the system's new default.

A stream whose callback is silent for half a second has lost its device. Opening one may take a while, and PortAudio
sees new devices only when all its streams are closed. So one thread at a time does the work for all streams, and
posts what came of it to the loop. A thread that hangs in a driver is left behind, and another takes its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Protocol, TypeAlias, TypeVarTuple

from livechat.audio.portaudio import Device, Kind, PortAudio, Stream, Wanted, permission_line
from livechat.audio.postbox import Postbox
from livechat.errors import DeviceError, LivechatError

Ts = TypeVarTuple("Ts")

TICK_S: Final = 0.1
SILENT_TICKS: Final = 5
"""Ticks without a block that mean a lost device. Ticks are counted, not time: a laptop that slept has lost nothing."""
SETTLED_TICKS: Final = 5
"""Ticks in a row, each with a block, after which a stream is held to that."""
STARTING_TICKS: Final = 25
"""What it is allowed before: PulseAudio may fall silent for 1.9 s when it wakes an output that slept (measured)."""
RETRY_S: Final = 0.25
PATIENCE: Final = 8
"""Attempts at that pace; from then on they come once a second."""
_CALL_PROFILE_HZ: Final = 32_000
"""Bluetooth headsets come down to this or less while their microphone is open: 8, 16, 24 or 32 kHz."""
_CALL_PROFILE: Final = ("hands-free", "handsfree", "headset head unit")
"""How systems name a headset in that state, where it is another device then (Windows, BlueZ)."""
_JOIN_S: Final = 1.0
HANGS_S: Final = 3.0
"""Opening a device takes a tenth of that. ALSA's way to PulseAudio was seen to hang where outputs come and go."""


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """A device stopped giving or taking sound; it is looked for from now on. The name is foreign text."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"the {_WORD[self.kind]} '{self.name}' is gone; looking for it, or for another"


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """Sound goes on, on the same device or on the default. The name is foreign text."""

    kind: Kind
    name: str
    moved: bool
    """It is another device than before."""
    rate: int
    """Hz that the device has by itself."""
    rate_before: int

    @classmethod
    def of(cls, kind: Kind, before: Device, now: Device) -> DeviceBack:
        return cls(kind, now.name, now.name != before.name, now.rate, before.rate)

    def __str__(self) -> str:
        what = "moved to" if self.moved else "is back on"
        why = f" at {self.rate} Hz, as Bluetooth headsets are while their microphone is in use"
        return f"the {_WORD[self.kind]} {what} '{self.name}'{why if self._narrowed else ''}"

    @property
    def _narrowed(self) -> bool:
        """A headset took up its profile for calls: at once less of a sound, though nothing is broken."""
        if self.rate > _CALL_PROFILE_HZ or self.rate >= self.rate_before:
            return False
        return not self.moved or any(word in self.name.casefold() for word in _CALL_PROFILE)


@dataclass(frozen=True, slots=True)
class MicrophoneSilent:
    """The microphone gives nothing but zeros, which no open microphone does. The name is foreign text."""

    name: str

    def __str__(self) -> str:
        return (
            f"the microphone '{self.name}' gives nothing but silence: look for its mute switch, or {permission_line()}"
        )


News: TypeAlias = DeviceLost | DeviceBack | MicrophoneSilent
Tell: TypeAlias = Callable[[News], None]
_WORD: Final = {"input": "microphone", "output": "speaker"}


class Tenant(Protocol):
    """Who lives on a stream."""

    kind: ClassVar[Kind]
    wanted: Wanted
    tell: Tell | None
    """Is told from the loop."""

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        """A running stream; from any thread. Raises `DeviceError`."""
        ...

    def opened(self, stream: Stream) -> None:
        """This is the stream from now on. From the loop, like `closed`."""
        ...

    def closed(self) -> None:
        """There is no stream now."""
        ...

    def spare(self) -> bool:
        """Whether nobody would notice if the stream were closed for a moment. From any thread."""
        ...


Run: TypeAlias = Callable[[Callable[[], None]], Callable[[], bool]]
"""Starts a piece of work elsewhere; what it gives waits a moment for the end, and says whether that has come."""


def in_a_thread(work: Callable[[], None]) -> Callable[[], bool]:
    """A thread that does not keep the process from ending: a device may hang in its driver."""
    thread = threading.Thread(target=work, name="livechat-devices", daemon=True)
    thread.start()

    def ended() -> bool:
        thread.join(_JOIN_S)
        return not thread.is_alive()

    return ended


Found: TypeAlias = "list[tuple[Line, Stream]]"


class Keeper:
    """All streams of a process and the PortAudio under them. Of the loop that it was made on.

    Raises what `PortAudio` raises.
    """

    def __init__(self, *, run: Run = in_a_thread) -> None:
        self.portaudio: PortAudio = PortAudio()
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._postbox = Postbox()
        self._lines: list[Line] = []
        self._ill: deque[Line] = deque()
        self._job: Line | None = None
        """What the worker is looking for a stream for; until it is done PortAudio is its own."""
        self._ended: Callable[[], bool] = _at_once
        self._limit: asyncio.TimerHandle | None = None

    def post(self, call: Callable[[*Ts], object], *args: *Ts) -> None:
        """Has it called from the loop: the way there from PortAudio's thread."""
        self._postbox.post(call, *args)

    def keep(self, tenant: Tenant) -> Line:
        """Opens a stream for somebody and keeps it open. Raises `DeviceError` and `UsageError`."""
        if not self._owned():
            raise DeviceError("the sound system does not answer", hint="try again when it does")
        device = self.portaudio.find(tenant.wanted, tenant.kind)
        line = Line(self, self._loop, tenant, tenant.open(self.portaudio, device))
        self._lines.append(line)
        return line

    def release(self, line: Line) -> None:
        """Closes its stream at once, unless it hangs; what the worker may still find for it is closed too."""
        if line in self._lines:
            self._lines.remove(line)
            owned = self._owned()
            closed = self._run(line.drop)  # a sound server that stands still lets nobody go
            if not (closed() and owned):
                self.portaudio.abandon()
        if not self._lines:
            self._postbox.close()
            if self._limit is not None:
                self._limit.cancel()

    def revive(self, line: Line) -> None:
        """Puts a line that has lost its device on the list of the worker."""
        self._ill.append(line)
        self._work_on()

    def _owned(self) -> bool:
        """Whether nobody else is at PortAudio, if need be after a moment."""
        return self._job is None or self._ended()

    def _work_on(self) -> None:
        while self._ill and self._job is None:
            line = self._ill.popleft()
            if line in self._lines:
                self._job = line
                self._limit = self._loop.call_later(HANGS_S, self._leave_behind)
                dead, line.stream = line.stream, None
                self._ended = self._run(partial(self._work, line, dead, list(self._lines), self._limit))

    def _work(self, line: Line, dead: Stream | None, lines: Sequence[Line], job: asyncio.TimerHandle) -> None:
        """On the worker's thread."""
        if dead is not None:
            dead.close()
        found = self._look(line, lines, job)
        try:
            self._loop.call_soon_threadsafe(self._done, line, found, job)
        except RuntimeError:  # the loop has ended: nobody is left to hear or to speak
            for _, stream in found:
                stream.close()

    def _look(self, line: Line, lines: Sequence[Line], job: asyncio.TimerHandle) -> Found:
        """New streams for this line, and for those that had to step aside. Who was left behind disturbs nobody."""
        if stream := line.reopen(self.portaudio):
            return [(line, stream)]
        others = [other for other in lines if other is not line and other.stream is not None]
        spared = not line.attempts or all(other.tenant.spare() for other in others)
        if not spared or job is not self._limit or not self.portaudio.can_refresh:
            return []
        for other in others:
            other.drop()
        self.portaudio.refresh()
        return [(one, stream) for one in (line, *others) if (stream := one.reopen(self.portaudio))]

    def _done(self, line: Line, found: Found, job: asyncio.TimerHandle) -> None:
        for one, stream in found:
            if one in self._lines and job is self._limit:
                one.go_on(stream)
            else:
                stream.close()
        if job is self._limit:
            job.cancel()
            self._job = self._limit = None
            revived = [one for one, _ in found]
            self._ill = deque(one for one in self._ill if one not in revived)
            if line.stream is None and line in self._lines:
                line.try_later()
            self._work_on()

    def _leave_behind(self) -> None:
        """Of a worker that hangs nothing is awaited any more; what it holds of PortAudio stays as it is."""
        line, self._job, self._limit = self._job, None, None
        self.portaudio.abandon()
        if line in self._lines:
            line.try_later()
        self._work_on()


class Line:
    """One stream that is watched, and all its successors."""

    def __init__(self, keeper: Keeper, loop: asyncio.AbstractEventLoop, tenant: Tenant, stream: Stream) -> None:
        self.tenant = tenant
        self.stream: Stream | None = stream
        self.attempts: int = 0
        self._keeper = keeper
        self._loop = loop
        self._first = self._device = self._told = stream.device
        self._away = False
        self._timer: asyncio.TimerHandle | None = None
        self.go_on(stream)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._keeper.release(self)

    # ------------------------------------------------------------------------------------------ from any thread

    def drop(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()

    def reopen(self, portaudio: PortAudio) -> Stream | None:
        """Tries the device that was asked for, the one it was on, and the default; first that, if it was asked for."""
        kind = self.tenant.kind
        names = [self._first.name, self._device.name]  # not the number: another device may have it now
        for wanted in dict.fromkeys([None, *names] if self.tenant.wanted is None else [*names, None]):
            with contextlib.suppress(LivechatError):
                return self.tenant.open(portaudio, portaudio.find(wanted, kind))
        return None

    # ---------------------------------------------------------------------------------------------- on the loop

    def go_on(self, stream: Stream) -> None:
        """Takes up a new stream. That it is back is told when the first block has come."""
        self.stream, self._device = stream, stream.device
        self.attempts = self._silent = self._steady = self._beats = 0
        self._settled = False
        self.tenant.opened(stream)
        self._again(TICK_S, self._tick)

    def try_later(self) -> None:
        self.attempts += 1
        self._again(RETRY_S if self.attempts < PATIENCE else 1.0, self._revive)

    def _again(self, delay: float, do: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay, do)

    def _tick(self) -> None:
        if self._count():
            self._again(TICK_S, self._tick)
            return
        if not self._away:
            self._away = True
            self._tell(DeviceLost(self.tenant.kind, self._device.name))
        self.tenant.closed()
        self._revive()

    def _count(self) -> bool:
        """Whether the stream lives, as far as it goes."""
        stream = self.stream
        beats = stream.beats if stream is not None else self._beats
        beating, self._beats = beats != self._beats, beats
        if beating:
            self._announce()
        self._silent, self._steady = (0, self._steady + 1) if beating else (self._silent + 1, 0)
        self._settled = self._settled or self._steady >= SETTLED_TICKS
        ended = stream is not None and stream.ended
        return not ended and self._silent < (SILENT_TICKS if self._settled else STARTING_TICKS)

    def _announce(self) -> None:
        before, self._told = self._told, self._device
        if self._away or self._device.name != before.name:
            self._away = False
            self._tell(DeviceBack.of(self.tenant.kind, before, self._device))

    def _tell(self, news: News) -> None:
        if self.tenant.tell is not None:
            self.tenant.tell(news)

    def _revive(self) -> None:
        self._keeper.revive(self)


def _at_once() -> bool:
    return True
