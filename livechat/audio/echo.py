"""Takes what the speaker sounds out of what the microphone hears, so that the model does not hear itself.

Both ways work on frames of 20 ms, 16 kHz s16le mono: `EchoCanceller` for open speakers, `HalfDuplex` where there is no
canceller or where it would fail.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections import deque
from typing import Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from livechat.audio.echo_path import SIZE, EchoPath
from livechat.audio.pcm import FRAME_BYTES, Encoding, Floats, decode, encode, level_dbfs
from livechat.audio.residual import Residual, bands
from livechat.errors import DeviceError

Steps = npt.NDArray[np.int16]

SOUNDING_DBFS: Final = -60.0
"""A far end above this can be heard in the room."""
TAIL_MS: Final = 300
"""How long a room and the way to the card and back go on sounding after the far end has gone silent."""
FRAME_MS: Final = 20
SILENCE: Final = bytes(FRAME_BYTES)
QUIET_FRAMES: Final = 50
"""After so much silence of the far end nothing of it can be in the microphone."""

OPENS_DB, CERTAIN_DB = -1.0, 4.0
HOLD_FRAMES: Final = 20
"""Speech has gaps."""
LEARNING_FRAMES: Final = 50
"""Of the far end; until then it takes more to believe that somebody speaks."""
NEW_DB: Final = 12.0
CONVERGED_DB: Final = 6.0
DENIED: Final = 4.0
"""Somebody who speaks is louder than so many times the noise, even after AEC3."""
DENIED_FRAMES: Final = 10
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
    """Cancels the echo of the far end; raises `DeviceError` where that cannot be done, see `echo_missing`.

    Two cancel side by side. What our own filter leaves over goes out, for it leaves speech as it is; but it goes out
    only while the far end does not explain it and AEC3, which suppresses much more, does not deny it.
    """

    def __init__(self) -> None:
        self._aec3 = _load_aec3()
        self._path = EchoPath()
        self._residual = Residual()
        self._comfort = np.random.default_rng(0)
        self._excess_db = deque([0.0] * 3, 3)
        self._denied = 0  # frames since AEC3 last let something through
        self._above = 0  # frames in a row in which somebody seems to speak
        self._hold = 0  # frames for which the gate stays open
        self._learned = 0  # frames of the far end heard so far
        self._quiet = QUIET_FRAMES  # frames since it last sounded
        self._gain = 1.0
        self.erle_db = 0.0
        """Echo return loss enhancement: how much softer than it came the echo is after our own filter, in dB."""
        self.converged = False
        """Whether the echo's way through the room is known."""
        self.near_speech = False
        """Whether somebody is judged to speak into the microphone now."""

    def process(self, near: bytes, far: bytes) -> bytes:
        """The microphone's frame without the echo of `far`, the speaker's frame of the same time.

        Raises `ValueError` for frames that are not 20 ms of 16 kHz s16le mono.
        """
        _check(near, far)
        self._quiet = self._quiet + 1 if far == SILENCE else 0
        heard = decode(near, Encoding.S16LE)
        if self._quiet > QUIET_FRAMES:  # nothing to cancel, and half of a call is like that
            self._judge(heard, np.zeros_like(heard))
            return self._let(heard, open_=True)
        echo = self._path.echo(heard, decode(far, Encoding.S16LE))
        left: Floats = heard - echo
        suppressed = self._aec3.process(np.frombuffer(near, "<i2"), np.frombuffer(far, "<i2"))
        self._learned += level_dbfs(far) > SOUNDING_DBFS
        self._judge(left, echo)
        self._ask_aec3(suppressed)
        self._rate(heard, left)
        self._decide()
        return self._let(left, open_=self.near_speech or not self._residual.audible)

    def _judge(self, left: Floats, echo: Floats) -> None:
        spectra = np.fft.rfft(np.stack([left, echo]), SIZE, axis=1)
        of_left, of_echo = bands(np.square(spectra.real) + np.square(spectra.imag))
        self._residual.judge(of_left, of_echo, bands(self._path.misjudged))
        self._excess_db.append(self._residual.excess_db)

    def _ask_aec3(self, suppressed: Steps) -> None:
        level = float(np.mean(np.square(suppressed.astype(np.float32) / 32768)))
        self._denied = 0 if level > DENIED * self._residual.noise / 320 else self._denied + 1

    def _rate(self, heard: Floats, left: Floats) -> None:
        if not self._residual.audible or self.near_speech:
            return
        now_db = 10 * math.log10((float(heard @ heard) + 1e-9) / (float(left @ left) + 1e-9))
        self.erle_db += 0.02 * (now_db - self.erle_db)
        self.converged = self._learned >= LEARNING_FRAMES and self.erle_db > CONVERGED_DB

    def _decide(self) -> None:
        """Opens the gate on two frames in a row, or on one that leaves no doubt, and holds it open between words."""
        new = max(0.0, 1 - self._learned / LEARNING_FRAMES)
        excess_db = sum(self._excess_db) / 3 - NEW_DB * new
        above = excess_db > OPENS_DB and self._denied < DENIED_FRAMES
        self._above = self._above + 1 if above else 0
        certain = self._above > 2 or (above and excess_db > CERTAIN_DB)
        self._hold = HOLD_FRAMES if certain else max(0, self._hold - (not above))
        self.near_speech = self._hold > 0

    def _let(self, sound: Floats, *, open_: bool) -> bytes:
        """Lets a frame through, or the room's noise instead of it; never jumps between the two."""
        before, self._gain = self._gain, float(open_)
        if before == self._gain == 1:
            return encode(sound)
        ramp = np.linspace(before, self._gain, len(sound)).astype(np.float32)
        noise = self._comfort.standard_normal(len(sound), dtype=np.float32)
        noise *= math.sqrt(self._residual.noise / 640)
        sound = (sound - noise) * ramp
        sound += noise
        return encode(sound)


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
