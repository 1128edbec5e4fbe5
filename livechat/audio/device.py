"""Plays sound on a sound card. The only file that knows PortAudio, and it does so only when a speaker is opened.

Two threads meet here by posting, never by waiting. The loop posts orders into a deque; PortAudio's thread carries
them out, copies from the jitter buffer, which is its own, and posts back what it handed out. What ALSA's own
library has to say about a card (an underrun, a missing configuration) it prints straight to descriptor 2.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import platform
import sys
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

from livechat.audio.jitter import START_MS, JitterBuffer
from livechat.audio.pcm import LIVE
from livechat.audio.playout import Report
from livechat.audio.resample import Converter
from livechat.audio.sink import RATE
from livechat.errors import DeviceError, UsageError

_DEVICE_UNAVAILABLE: Final = -9985
_BAD_RATE, _BAD_CHANNELS = -9997, -9998
_FAR_AHEAD_S: Final = 2.0
"""No card is further ahead than this; a host whose clock says so is not believed."""


class _Times(Protocol):
    """`PaStreamCallbackTimeInfo`: seconds of the stream's clock."""

    @property
    def currentTime(self) -> float: ...  # noqa: N802 - PortAudio's name
    @property
    def outputBufferDacTime(self) -> float: ...  # noqa: N802


class _Stream(Protocol):
    """What is used of `sounddevice.RawOutputStream`, which ships without types."""

    latency: float

    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


Latency: TypeAlias = Literal["low", "high"]
"""How far ahead a card asks for sound: measured on PulseAudio, `low` is silent 13 ms after a stop (p95 of 20) and
`high` after 50, but `low` runs dry when the machine is busy, and ALSA says so on the screen."""
_Callback: TypeAlias = Callable[[memoryview, int, _Times, object], None]


class _PortAudio(Protocol):
    """What is used of the module `sounddevice`."""

    PortAudioError: type[Exception]

    def RawOutputStream(  # noqa: N802
        self,
        *,
        samplerate: int,
        channels: int,
        dtype: str,
        device: int | str | None,
        latency: Latency,
        callback: _Callback,
    ) -> _Stream: ...
    def query_devices(self, device: int | str | None, kind: str) -> Mapping[str, Any]: ...


def output_available(device: int | str | None = None) -> DeviceError | None:
    """Why nothing can be played here, or None where something can. Loads PortAudio."""
    try:
        _describe(_load(), device)
    except DeviceError as error:
        return error
    return None


def portaudio_line() -> str:
    """The command that installs PortAudio on this system."""
    if sys.platform == "darwin":
        return "brew install portaudio"
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        told = dict[str, str]()
    kin = {told.get("ID", ""), *told.get("ID_LIKE", "").split()}
    for family, line in _INSTALLERS.items():
        if family in kin:
            return line
    return "install PortAudio with your system's package manager"


_INSTALLERS: Final = {
    "debian": "sudo apt install libportaudio2",
    "ubuntu": "sudo apt install libportaudio2",
    "fedora": "sudo dnf install portaudio",
    "rhel": "sudo dnf install portaudio",
    "suse": "sudo zypper install libportaudio2",
    "arch": "sudo pacman -S portaudio",
    "alpine": "sudo apk add portaudio",
}


# --------------------------------------------------------------------------------------------- the speaker


@dataclass(frozen=True, slots=True)
class _Handed:
    """What PortAudio's thread reports: totals since the last flush."""

    epoch: int
    samples: int
    """At the device's rate."""
    queued: int
    """At 24 kHz, of all that had reached it by then."""
    drained: bool


class _Engine:
    """The side of the speaker that PortAudio's thread runs; it owns the jitter buffer."""

    def __init__(self, rate: int, channels: int, start_ms: int, report: Callable[[_Handed, float], None]) -> None:
        self.orders: deque[Callable[[], None]] = deque()
        self.latency_s = 0.0
        """The stream's own word, for hosts that do not tell when a block will sound."""
        self.buffer = JitterBuffer(rate, start_ms)
        self._rate = rate
        self._channels = channels
        self._report = report
        self._epoch = 0
        self._base = 0
        """What the buffer had given out at the last flush."""
        self._queued = 0
        self._told = 0

    def push(self, pcm: bytes, turn: int, queued: int) -> None:
        self.buffer.push(pcm, turn)
        self._queued = queued

    def flush(self, epoch: int) -> None:
        self.buffer.flush()
        self._epoch = epoch
        self._base = self._told = self.buffer.given
        self._queued = 0

    def fill(self, out: memoryview, frames: int, times: _Times, status: object) -> None:
        """PortAudio's callback: carries out the orders and copies the next block."""
        while self.orders:
            self.orders.popleft()()
        pcm = self.buffer.pull(frames)
        out[:] = pcm if self._channels == 1 else _doubled(pcm)
        new = self.buffer.given - self._told
        if new >= self._rate // 50 or (new and self.buffer.drained):
            self._told = self.buffer.given
            handed = _Handed(self._epoch, self._told - self._base, self._queued, self.buffer.drained)
            self._report(handed, self._lead(times) + frames / self._rate)

    def _lead(self, times: _Times) -> float:
        """Seconds until the first sample of this block sounds."""
        ahead = times.outputBufferDacTime - times.currentTime
        return ahead if 0 < ahead < _FAR_AHEAD_S else self.latency_s


class DeviceSpeaker:
    """A `Speaker` on a sound card, at 24 kHz or else, resampled, at the card's own rate.

    Sound is reported when it has been heard, not when the card took it: what is drained may be closed without
    losing its tail. Raises `DeviceError` when it cannot be opened, `UsageError` for a name no device has.
    """

    def __init__(
        self, played: Report, *, device: int | str | None = None, start_ms: int = START_MS, latency: Latency = "high"
    ) -> None:
        self._played = played
        self._loop = asyncio.get_running_loop()
        self._epoch = 0
        self._queued = 0
        self._reported = 0
        portaudio = _load()
        self.name, native = _describe(portaudio, device)
        self._rate, self._engine, self._stream = self._open(portaudio, device, native, start_ms, latency)
        self._turn: int | None = None
        self._converter: Converter | None = None

    def play(self, pcm: bytes, turn: int) -> None:
        self._queued += len(pcm) // 2
        if self._converter is None or turn != self._turn:
            self._end_turn()
            self._turn, self._converter = turn, Converter(LIVE, self._rate)
        self._push(self._converter.feed(pcm), turn)

    def finish(self, turn: int) -> None:
        if turn == self._turn:
            self._end_turn()
        self._engine.orders.append(lambda: self._engine.buffer.finish(turn))

    def stop(self) -> None:
        self._epoch += 1
        self._queued = self._reported = 0
        self._turn = self._converter = None
        epoch = self._epoch
        self._engine.orders.append(lambda: self._engine.flush(epoch))

    async def close(self) -> None:
        """Silence at once. PortAudio's `stop` would wait, and for ever where a device has stalled (audio.md §1)."""
        self._epoch += 1
        self._stream.abort()
        self._stream.close()

    def _end_turn(self) -> None:
        """Sends the turn's last samples after it, which the resampler held back."""
        if self._converter is not None and self._turn is not None:
            self._push(self._converter.finish(), self._turn)
        self._turn = self._converter = None

    def _push(self, pcm: bytes, turn: int) -> None:
        queued = self._queued
        self._engine.orders.append(lambda: self._engine.push(pcm, turn, queued))

    def _open(
        self, portaudio: _PortAudio, device: int | str | None, native: int, start_ms: int, latency: Latency
    ) -> tuple[int, _Engine, _Stream]:
        """The first of mono and stereo at 24 kHz and at the card's rate that the card takes."""
        untried = [(rate, channels) for rate in (RATE, native) for channels in (1, 2)]
        while True:
            rate, channels = untried.pop(0)
            engine = _Engine(rate, channels, start_ms, self._post)
            try:
                stream = portaudio.RawOutputStream(
                    samplerate=rate,
                    channels=channels,
                    dtype="int16",
                    device=device,
                    latency=latency,
                    callback=engine.fill,
                )
                engine.latency_s = stream.latency
                _start(stream)
            except portaudio.PortAudioError as error:
                if not untried or _code(error) not in (_BAD_RATE, _BAD_CHANNELS):
                    raise _refused(error, self.name) from error
            else:
                return rate, engine, stream

    def _post(self, handed: _Handed, sounds_in: float) -> None:
        """From PortAudio's thread; after the loop's end nobody is left to tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.call_later, sounds_in, self._heard, handed)

    def _heard(self, handed: _Handed) -> None:
        if handed.epoch != self._epoch:
            return  # of what was stopped meanwhile nothing is told
        total = handed.queued if handed.drained else min(handed.queued, handed.samples * RATE // self._rate)
        if (new := total - self._reported) > 0:
            self._reported = total
            self._played(new, handed.drained)


# ------------------------------------------------------------------------------------------- its errors


def _load() -> _PortAudio:
    try:
        return cast("_PortAudio", importlib.import_module("sounddevice"))
    except ImportError as missing:
        raise DeviceError("the Python package sounddevice is not installed", why=str(missing)) from missing
    except OSError as missing:  # the package is there, its library is not
        raise DeviceError("the PortAudio library is not installed", hint=portaudio_line()) from missing


def _describe(portaudio: _PortAudio, device: int | str | None) -> tuple[str, int]:
    """Name and own rate (Hz) of an output device."""
    try:
        info = portaudio.query_devices(device, "output")
    except ValueError as error:  # sounddevice's word for a name that fits none, several, or no output
        raise UsageError(f"no output device is '{device}'", why=str(error)) from error
    except portaudio.PortAudioError as error:
        if device is None:
            raise _no_speaker() from error
        raise UsageError(f"no output device is number {device}", why=str(error)) from error
    return str(info["name"]), round(info["default_samplerate"])


def _no_speaker() -> DeviceError:
    return DeviceError(
        "no speaker found",
        why="this system has no sound output, or this user may not use it",
        hint="plug one in, or have the sound written: text --audio-out FILE.wav, send-audio -o FILE.wav",
    )


def _refused(error: Exception, name: str) -> DeviceError:
    if _code(error) == _DEVICE_UNAVAILABLE:
        return DeviceError(f"'{name}' is in use by another program", why=str(error))
    return DeviceError(f"'{name}' cannot be opened for playing", why=str(error))


def _code(error: Exception) -> int | None:
    """The PaErrorCode, which sounddevice puts behind the sentence."""
    return error.args[1] if len(error.args) > 1 else None


def _start(stream: _Stream) -> None:
    try:
        stream.start()
    except BaseException:
        stream.close()
        raise


def _doubled(pcm: bytes) -> bytes:
    """Mono as stereo."""
    mono = array("h", pcm)
    stereo = array("h", bytes(2 * len(pcm)))
    stereo[0::2] = stereo[1::2] = mono
    return stereo.tobytes()
