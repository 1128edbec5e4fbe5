"""Takes what the speaker sounds out of what the microphone hears, so that the model does not hear itself.

Both ways work on frames of 20 ms, 16 kHz s16le mono: `EchoCanceller` for open speakers, `HalfDuplex` where there is no
canceller or where it would fail.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from livechat.audio.pcm import FRAME_BYTES, level_dbfs
from livechat.errors import DeviceError

Steps = npt.NDArray[np.int16]

SOUNDING_DBFS: Final = -60.0
"""A far end above this can be heard in the room."""
TAIL_MS: Final = 300
"""How long a room and the way to the card and back go on sounding after the far end has gone silent."""
FRAME_MS: Final = 20
SILENCE: Final = bytes(FRAME_BYTES)
_PACKAGE: Final = "pywebrtc_audio"


class _Aec3(Protocol):
    """What is used of `pywebrtc_audio.EchoCanceller`: WebRTC's AEC3, which works in steps of 10 ms inside."""

    def process(self, near: Steps, far: Steps) -> Steps: ...


def echo_missing() -> DeviceError | None:
    """Why echo cannot be cancelled here, or None where it can. Loads nothing."""
    if importlib.util.find_spec(_PACKAGE) is not None:
        return None
    return DeviceError(
        "echo cannot be cancelled here: the package pywebrtc-audio is not installed",
        why="it is made for 64-bit Linux, macOS and Windows on the usual processors, with Python up to 3.14",
        hint="use headphones, or --aec half-duplex, which does not listen while the model speaks",
    )


def _load_aec3() -> _Aec3:
    """A new canceller of WebRTC's; raises `DeviceError` where the package is not installed or does not load."""
    missing = echo_missing()
    if missing:
        raise missing
    try:
        package = importlib.import_module(_PACKAGE)
    except (ImportError, OSError) as broken:
        raise DeviceError(
            "echo cannot be cancelled here: the package pywebrtc-audio does not load",
            why=str(broken),
            hint="use headphones, or --aec half-duplex, which does not listen while the model speaks",
        ) from broken
    # A hint of the delay that is too long breaks the canceller, none at all does not: it finds the delay by itself.
    return cast("_Aec3", package.EchoCanceller(sample_rate=16_000, num_channels=1, stream_delay_ms=0))


def _check(near: bytes, far: bytes) -> None:
    for name, frame in (("near", near), ("far", far)):
        if len(frame) != FRAME_BYTES:
            raise ValueError(f"{name} is {len(frame)} bytes, not the {FRAME_BYTES} of a frame of {FRAME_MS} ms")


class EchoCanceller:
    """Cancels the echo of the far end; raises `DeviceError` where that cannot be done, see `echo_missing`."""

    def __init__(self) -> None:
        self._aec3 = _load_aec3()
        self.erle_db = 0.0
        """Echo return loss enhancement: how much softer the echo leaves than it came, in dB."""
        self.converged = False
        """Whether the echo's way through the room is known."""
        self.near_speech = False
        """Whether somebody is judged to speak into the microphone now."""

    def process(self, near: bytes, far: bytes) -> bytes:
        """The microphone's frame without the echo of `far`, the speaker's frame of the same time.

        Raises `ValueError` for frames that are not 20 ms of 16 kHz s16le mono.
        """
        _check(near, far)
        return self._aec3.process(np.frombuffer(near, "<i2"), np.frombuffer(far, "<i2")).tobytes()


class HalfDuplex:
    """Hears nothing while the far end sounds, and for `tail_ms` after it."""

    def __init__(self, tail_ms: int = TAIL_MS) -> None:
        self._tail = -(-tail_ms // FRAME_MS)
        self._deaf = 0  # frames

    def process(self, near: bytes, far: bytes) -> bytes:
        """The microphone's frame, or silence; raises `ValueError` for frames of another size."""
        _check(near, far)
        self._deaf = self._tail + 1 if level_dbfs(far) > SOUNDING_DBFS else max(0, self._deaf - 1)
        return SILENCE if self._deaf else near
