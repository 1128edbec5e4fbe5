"""Keeps the streams of a call alive: notices a device that is gone, and opens it again or the system's new default.

A stream whose callback is silent for half a second has lost its device. Opening one may take a while, and PortAudio
sees new devices only when all its streams are closed. So one thread at a time does the work for all streams, and
while it does nobody else touches them; it posts what came of it to the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Protocol, TypeAlias

from livechat.audio.portaudio import Device, Kind, PortAudio, Stream, Wanted
from livechat.errors import DeviceError, LivechatError

TICK_S: Final = 0.1
SILENT_TICKS: Final = 5
"""Ticks without a block that mean a lost device. Ticks are counted, not time: a laptop that slept has lost nothing."""
RETRY_S: Final = 0.25
PATIENCE: Final = 8
"""Attempts at that pace; from then on they come once a second."""
_CALL_PROFILE_HZ: Final = 16_000
"""What Bluetooth headsets come down to while their microphone is open."""
_JOIN_S: Final = 2.0


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
        narrow = not self.moved and self.rate <= _CALL_PROFILE_HZ < self.rate_before
        why = f" at {self.rate} Hz, as Bluetooth headsets are while their microphone is in use" if narrow else ""
        return f"the {_WORD[self.kind]} {what} '{self.name}'{why}"


@dataclass(frozen=True, slots=True)
class MicrophoneSilent:
    """The microphone gives nothing but zeros, which no open microphone does. The name is foreign text."""

    name: str

    def __str__(self) -> str:
        return (
            f"the microphone '{self.name}' gives nothing but silence: look for its mute switch, "
            "and whether this program may use it"
        )


News: TypeAlias = DeviceLost | DeviceBack | MicrophoneSilent
Tell: TypeAlias = Callable[[News], None]
_WORD: Final = {"input": "microphone", "output": "speaker"}


class Tenant(Protocol):
    """Who lives on a stream."""

    kind: ClassVar[Kind]

    @property
    def wanted(self) -> Wanted: ...
    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        """A running stream; from any thread. Raises `DeviceError`."""
        ...

    def spare(self) -> bool:
        """Whether nobody would notice if the stream were closed for a moment."""
        ...

    def lost(self, device: Device) -> None:
        """The stream is closed, or stands still. From the loop, like `back`."""
        ...

    def back(self, stream: Stream, before: Device) -> None: ...


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


class Keeper:
    """All streams of a process and the PortAudio under them. Of the loop that it was made on.

    Raises what `PortAudio` raises.
    """

    def __init__(self, *, run: Run = in_a_thread) -> None:
        self.portaudio = PortAudio()
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._lines: list[Line] = []
        self._ill: deque[Line] = deque()
        self._ended: Callable[[], bool] | None = None
        """Set while the worker owns PortAudio and every stream."""

    def keep(self, tenant: Tenant) -> Line:
        """Opens a stream for somebody and keeps it open. Raises `DeviceError` and `UsageError`."""
        if not self._owned():
            raise DeviceError("the sound system does not answer", hint="try again when it does")
        device = self.portaudio.find(tenant.wanted, tenant.kind)
        line = Line(self, self._loop, tenant, device, tenant.open(self.portaudio, device))
        self._lines.append(line)
        return line

    def release(self, line: Line) -> None:
        """Closes its stream at once, or, where a driver hangs, when the worker is done."""
        if line in self._lines:
            self._lines.remove(line)
            if self._owned():
                line.drop()

    def revive(self, line: Line) -> None:
        """Puts a line that has lost its device on the list of the worker."""
        self._ill.append(line)
        self._work_on()

    def _owned(self) -> bool:
        """Whether nobody else is at the streams, if need be after a moment."""
        return self._ended is None or self._ended()

    def _work_on(self) -> None:
        while self._ill and self._ended is None:
            line = self._ill.popleft()
            if line in self._lines:
                self._ended = self._run(partial(self._work, line, list(self._lines)))

    def _work(self, line: Line, lines: Sequence[Line]) -> None:
        """On the worker's thread."""
        found = self._attempt(line, lines)
        try:
            self._loop.call_soon_threadsafe(self._done, line, found)
        except RuntimeError:  # the loop has ended: nobody is left to hear or to speak
            for one in found:
                one.drop()

    def _attempt(self, line: Line, lines: Sequence[Line]) -> list[Line]:
        """The lines that have a new stream now."""
        line.drop()
        if line.reopen(self.portaudio):
            return [line]
        others = [other for other in lines if other is not line and other.stream is not None]
        if line.attempts and not all(other.tenant.spare() for other in others):
            return []
        for other in others:
            other.drop()
        self.portaudio.refresh()
        return [one for one in (line, *others) if one.reopen(self.portaudio)]

    def _done(self, line: Line, found: Sequence[Line]) -> None:
        self._ended = None
        for one in found:
            if one in self._lines:
                one.tell_back()
            else:
                one.drop()
        self._ill = deque(one for one in self._ill if one not in found)
        if line not in found and line in self._lines:
            line.try_later()
        self._work_on()


class Line:
    """One stream that is watched, and all its successors."""

    def __init__(
        self, keeper: Keeper, loop: asyncio.AbstractEventLoop, tenant: Tenant, device: Device, stream: Stream
    ) -> None:
        self.tenant = tenant
        self.stream: Stream | None = stream
        self.attempts = 0
        self._keeper = keeper
        self._loop = loop
        self._first = self._device = self._before = device
        self._beats = 0
        self._silent = 0
        self._timer: asyncio.TimerHandle | None = loop.call_later(TICK_S, self._tick)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._keeper.release(self)

    @property
    def device(self) -> Device:
        """The one it is on, or was on last."""
        return self._device

    # ---------------------------------------------------------------------------------- on the worker's thread

    def drop(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()

    def reopen(self, portaudio: PortAudio) -> bool:
        """Tries the device that was asked for, the one it was on, and the default; first that, if it was asked for."""
        names = [self._first.name, self._device.name]  # not the number: another device may have it now
        for wanted in dict.fromkeys([None, *names] if self.tenant.wanted is None else [*names, None]):
            with contextlib.suppress(LivechatError):
                device = portaudio.find(wanted, self.tenant.kind)
                self.stream = self.tenant.open(portaudio, device)
                self._device = device
                return True
        return False

    # ----------------------------------------------------------------------------------------- on the loop

    def tell_back(self) -> None:
        assert self.stream is not None
        before, self._before = self._before, self._device
        self.attempts = self._silent = self._beats = 0
        self.tenant.back(self.stream, before)
        if self._timer is None:
            self._timer = self._loop.call_later(TICK_S, self._tick)

    def try_later(self) -> None:
        self.attempts += 1
        delay = RETRY_S if self.attempts < PATIENCE else 1.0
        self._timer = self._loop.call_later(delay, self._revive)

    def _tick(self) -> None:
        stream = self.stream
        beats = stream.beats if stream is not None else self._beats
        self._silent = 0 if beats != self._beats else self._silent + 1
        self._beats = beats
        if self._silent < SILENT_TICKS:
            self._timer = self._loop.call_later(TICK_S, self._tick)
            return
        self.tenant.lost(self._device)
        self._revive()

    def _revive(self) -> None:
        self._timer = None
        self._keeper.revive(self)
