"""The wall around PortAudio: loads it when a device is wanted, lists devices, opens streams, and keeps its mouth shut.

What PortAudio and ALSA have to say about a device they print with C's `stderr`, some of it from threads of their own
long after a call has returned. From the first load on that stream of C's goes nowhere; Python's does not use it, and
descriptor 2 stays what it is. One `PortAudio` serves a process, on one thread at a time: the library takes no more.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import platform
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

from livechat.errors import DeviceError, UsageError
from livechat.suggest import closest

Kind: TypeAlias = Literal["input", "output"]
Latency: TypeAlias = Literal["low", "high"] | float
"""How far ahead a card asks for sound, also in seconds: measured on PulseAudio, a speaker at `low` is silent 17 ms
after the server said `interrupted` and one at `high` after 45 (p95 of 100), but `low` runs dry sooner when the machine
is busy."""
Wanted: TypeAlias = int | str | None
"""A device by number or name; None is the system's default."""


_IN_USE: Final = -9985
_BAD_RATE, _BAD_CHANNELS = -9997, -9998
_GONE: Final = (-9996, -9993)
"""An invalid device; and ALSA's word for one that has lost its channels: an illegal combination."""
_FORBIDDEN: Final = re.compile("denied|not permitted", re.IGNORECASE)
"""What systems say of a device that this user or program may not open; PortAudio has no code for it."""
_A_LINE: Final = 256
_PLAUSIBLE_S: Final = 2.0
"""No card is further from now than this; a host whose clock says so is not believed."""


@dataclass(frozen=True, slots=True)
class Device:
    """One entry of PortAudio's list. Names are foreign text: they pass the gate before they are shown."""

    index: int
    name: str
    host: str
    """The sound system it was found in: ALSA, Core Audio, Windows WASAPI, …"""
    inputs: int
    """Channels."""
    outputs: int
    rate: int
    """Hz that it has by itself."""
    default_input: bool
    default_output: bool

    def channels(self, kind: Kind) -> int:
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: Kind) -> bool:
        return self.default_input if kind == "input" else self.default_output


class Times(Protocol):
    """`PaStreamCallbackTimeInfo`: seconds of the stream's clock."""

    @property
    def currentTime(self) -> float: ...  # noqa: N802 - PortAudio's names
    @property
    def inputBufferAdcTime(self) -> float: ...  # noqa: N802
    @property
    def outputBufferDacTime(self) -> float: ...  # noqa: N802


Work: TypeAlias = Callable[[memoryview, int, float], None]
"""What a stream's thread does with a block: its s16le bytes (to read or to fill), its frames, and its lead. The lead is
how many seconds ago its first sample was taken in, or until it sounds; it runs on PortAudio's thread."""


class _Stream(Protocol):
    """What is used of `sounddevice.RawInputStream` and `RawOutputStream`, which ship without types."""

    latency: float
    active: bool

    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class _Opener(Protocol):
    def __call__(
        self,
        *,
        samplerate: int,
        blocksize: int,
        channels: int,
        dtype: str,
        device: int,
        latency: Latency,
        callback: Callable[[memoryview, int, Times, object], None],
    ) -> _Stream: ...


class _Library(Protocol):
    """What is used of PortAudio's own functions."""

    def Pa_Initialize(self) -> int: ...  # noqa: N802
    def Pa_Terminate(self) -> int: ...  # noqa: N802


class _Module(Protocol):
    """What is used of the module `sounddevice`."""

    PortAudioError: type[Exception]
    RawInputStream: _Opener
    RawOutputStream: _Opener

    def query_devices(self, device: int | None = None, kind: Kind | None = None) -> object: ...
    def query_hostapis(self) -> Sequence[Mapping[str, Any]]: ...


class Stream:
    """A stream that runs. `close` is silence at once and never waits, as PortAudio's `stop` does, for ever where a
    device has stalled (audio.md §1).
    """

    def __init__(self, kind: Kind, device: Device, rate: int, channels: int) -> None:
        self.device = device
        self.rate = rate
        """Hz."""
        self.channels = channels
        self.latency_s: float = 0.0
        """The stream's own word, for hosts that do not tell the times of a block."""
        self.beats: int = 0
        """Blocks so far: one that stands still belongs to a device that is gone."""
        self._towards = 1 if kind == "output" else -1
        self._work: Work | None = None
        self._inner: _Stream | None = None

    def begin(self, inner: _Stream, work: Work) -> None:
        """Starts; raises what PortAudio raises."""
        self.latency_s, self._work, self._inner = inner.latency, work, inner
        try:
            inner.start()
        except BaseException:
            inner.close()
            raise

    @property
    def ended(self) -> bool:
        """It has stopped by itself, as where the sound system went away."""
        return self._inner is None or not self._inner.active

    def close(self) -> None:
        """Nothing more is taken in or played. Closing twice is once."""
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.abort()
            inner.close()

    def called(self, block: memoryview, frames: int, times: Times, status: object) -> None:
        """PortAudio's callback."""
        self.beats += 1
        if self._work is not None:
            self._work(block, frames, self._lead(times))

    def _lead(self, times: Times) -> float:
        at = times.outputBufferDacTime if self._towards > 0 else times.inputBufferAdcTime
        lead = self._towards * (at - times.currentTime)
        return lead if 0 < lead < _PLAUSIBLE_S else self.latency_s


class PortAudio:
    """The library, loaded. Raises `DeviceError` when it is not installed."""

    def __init__(self) -> None:
        self.can_refresh: bool = True
        silence_c()
        try:
            self._module = cast("_Module", importlib.import_module("sounddevice"))
        except ImportError as missing:
            raise DeviceError("the Python package sounddevice is not installed", why=str(missing)) from missing
        except OSError as missing:  # the package is there, its library is not
            raise DeviceError(
                "the PortAudio library is not installed", hint=f"{portaudio_line()}\n{_SILENTLY}"
            ) from missing

    def devices(self) -> list[Device]:
        """All it found when it was loaded or last refreshed. Raises `DeviceError`."""
        try:
            found = cast("Sequence[Mapping[str, Any]]", self._module.query_devices())
        except self._module.PortAudioError as error:
            raise DeviceError("the sound system does not answer", why=str(error)) from error
        hosts = {index: str(host["name"]) for index, host in enumerate(self._module.query_hostapis())}
        defaults = {kind: self._default(kind) for kind in ("input", "output")}
        return [
            Device(
                index,
                str(info["name"]),
                hosts[info["hostapi"]],
                info["max_input_channels"],
                info["max_output_channels"],
                round(info["default_samplerate"]),
                index == defaults["input"],
                index == defaults["output"],
            )
            for index, info in enumerate(found)
        ]

    def find(self, wanted: Wanted, kind: Kind) -> Device:
        """The default, the device of a number, or the one of a name or of a unique part of it, whatever the case.

        Raises `UsageError` for what no device has, `DeviceError` where there is no default.
        """
        usable = [device for device in self.devices() if device.channels(kind)]
        if wanted is None:
            default = next((device for device in usable if device.is_default(kind)), None)
            if default is None:
                raise _none_found(kind)
            return default
        if isinstance(wanted, int):
            numbered = next((device for device in usable if device.index == wanted), None)
            if numbered is None:
                raise UsageError(f"no {kind} device is number {wanted}", hint="livechat devices list")
            return numbered
        return _named(wanted, kind, usable)

    def open(
        self,
        kind: Kind,
        device: Device,
        rates: Iterable[int],
        make: Callable[[Stream], Work],
        *,
        channels: Sequence[int] = (1, 2),
        latency: Latency = "high",
        block_ms: int = 0,
    ) -> Stream:
        """A running stream at the first of `rates` that the device takes, in the first of `channels` that it takes
        there: mono, else stereo, else all it has. `make` gives the work for it once rate and channels are known;
        `block_ms` 0 leaves the size of a block to the host. Raises `DeviceError`.
        """
        counts = dict.fromkeys([*channels, device.channels(kind)])
        untried = [(rate, count) for rate in dict.fromkeys(rates) for count in counts]
        opener = self._module.RawInputStream if kind == "input" else self._module.RawOutputStream
        while True:
            rate, count = untried.pop(0)
            stream = Stream(kind, device, rate, count)
            work = make(stream)
            try:
                inner = opener(
                    samplerate=rate,
                    blocksize=rate * block_ms // 1000,
                    channels=count,
                    dtype="int16",
                    device=device.index,
                    latency=latency,
                    callback=stream.called,
                )
                stream.begin(inner, work)
            except self._module.PortAudioError as error:
                if not untried or _code(error) not in (_BAD_RATE, _BAD_CHANNELS):
                    raise _refused(error, device, kind) from error
            else:
                return stream

    def abandon(self) -> None:
        """A thread hangs in the library: it is not refreshed any more, nor tidied up when the process ends."""
        self.can_refresh = False
        if tidy_up := vars(self._module).get("_exit_handler"):
            atexit.unregister(tidy_up)

    def refresh(self) -> None:
        """Looks again at what devices there are, which PortAudio does only once. No stream may be open.

        Not by sounddevice's own functions: they take descriptor 2 away from everybody while they look.
        """
        library = cast("_Library", vars(self._module)["_lib"])
        library.Pa_Terminate()
        library.Pa_Initialize()

    def _default(self, kind: Kind) -> int | None:
        try:
            return int(cast("Mapping[str, Any]", self._module.query_devices(None, kind))["index"])
        except (self._module.PortAudioError, ValueError):
            return None


@cache
def silence_c() -> None:
    """Sends what C's `stderr` takes in this process to nowhere, for good; where that is not known how, does nothing."""
    name = "__stderrp" if sys.platform == "darwin" else "stderr" if platform.libc_ver()[0] == "glibc" else None
    if name is None:
        return
    libc = ctypes.CDLL(None)
    libc.fmemopen.restype = ctypes.c_void_p
    if nowhere := libc.fmemopen(None, ctypes.c_size_t(_A_LINE), b"w"):  # no descriptor, and what is over is refused
        ctypes.c_void_p.in_dll(libc, name).value = nowhere


# ------------------------------------------------------------------------------------------------ its errors


_SILENTLY: Final = "or without a device: livechat text"


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


def permission_line() -> str:
    """Where this system says who may use the microphone and the speaker."""
    if sys.platform == "darwin":
        return "allow it in System Settings › Privacy & Security › Microphone, for the app that this terminal is"
    if sys.platform == "win32":
        return "allow it in Settings › Privacy & security › Microphone, for desktop apps"
    return "let this user use sound (often by the group audio), and this program, where it runs in a container"


def _named(wanted: str, kind: Kind, usable: Sequence[Device]) -> Device:
    """One sound card stands in the list once for every host that drives it: the default's host goes before."""
    folded = wanted.casefold()
    exact = [device for device in usable if folded == device.name.casefold()]
    found = exact or [device for device in usable if folded and folded in device.name.casefold()]
    if not found:
        near = _like(wanted, usable)
        guess = f" — did you mean '{near}'?" if near else ""
        raise UsageError(f"no {kind} device is '{wanted}'{guess}", hint="livechat devices list")
    if len({device.name for device in found}) > 1:
        names = ", ".join(f"'{device.name}'" for device in found)
        raise UsageError(f"several {kind} devices are '{wanted}': {names}", hint="livechat devices list")
    host = next((device.host for device in usable if device.is_default(kind)), "")
    return next((device for device in found if device.host == host), found[0])


def _like(wanted: str, usable: Sequence[Device]) -> str | None:
    """The name that is most like `wanted` as a whole, or else has a word that is."""
    words = {word: device.name for device in reversed(usable) for word in device.name.split()}
    near = closest(wanted, [device.name for device in usable]) or closest(wanted, words)
    return words.get(near, near) if near is not None else None


def _none_found(kind: Kind) -> DeviceError:
    if kind == "input":
        return DeviceError(
            "no microphone found",
            why="this system has no sound input, or this user may not use it",
            hint="plug one in; what there is: livechat devices list\n"
            "or let the sound come through a pipe: livechat talk --input-device -",
        )
    return DeviceError(
        "no speaker found",
        why="this system has no sound output, or this user may not use it",
        hint="plug one in; what there is: livechat devices list\n"
        "or have the sound written: livechat send-audio FILE -o FILE.wav",
    )


def _refused(error: Exception, device: Device, kind: Kind) -> DeviceError:
    code, name = _code(error), device.name
    if code == _IN_USE:
        hint = "close that program, or take another device: livechat devices list"
        return DeviceError(f"'{name}' is in use by another program", why=str(error), hint=hint)
    if code in _GONE:
        hint = "plug it in again, or take another: livechat devices list"
        return DeviceError(f"'{name}' is no longer there", why=str(error), hint=hint)
    if code == _BAD_RATE:
        what = f"'{name}' takes none of the rates it was asked for, not even its own of {device.rate} Hz"
        return DeviceError(what, why=str(error), hint="take another: livechat devices list")
    if _FORBIDDEN.search(str(error)):
        return DeviceError(f"this program may not use '{name}'", why=str(error), hint=permission_line())
    use = "recording" if kind == "input" else "playing"
    return DeviceError(
        f"'{name}' cannot be opened for {use}", why=str(error), hint="take another: livechat devices list"
    )


def _code(error: Exception) -> int | None:
    """The PaErrorCode, which sounddevice puts behind the sentence."""
    return error.args[1] if len(error.args) > 1 else None
