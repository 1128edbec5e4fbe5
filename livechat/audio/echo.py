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
from livechat.audio.residual import SPAN_DB, Residual, bands
from livechat.errors import DeviceError

Steps = npt.NDArray[np.int16]

SOUNDING_DBFS: Final = -60.0
"""A far end above this can be heard in the room."""
TAIL_MS: Final = 300
"""How long a room and the way to the card and back go on sounding after the far end has gone silent."""
FRAME_MS: Final = 20
SILENCE: Final = bytes(FRAME_BYTES)
FADE: Final = 80
"""5 ms; short, for the first frame of an echo closes the gate when it has already begun."""
QUIET_FRAMES: Final = 50
"""After so much silence of the far end nothing of it can be in the microphone."""

OPENS_DB, CERTAIN_DB = -0.5, 4.0
HOLD_FRAMES: Final = 20
"""How long the gate stays open: speech has gaps."""
RATING: Final = 0.03
"""How much a frame counts in the rating of the cancellers."""
LOUD: Final = 10.0
"""Only what is so many times louder than the noise shows what a canceller does."""
CONVERGED_DB, LOST_DB = 4.0, 1.0
ECHO_DB: Final = 24.0
"""Where the microphone is so much louder than the noise while the far end sounds, it hears it."""
AEC3_DB: Final = 15.0
"""What AEC3 suppresses at least where it has found the echo."""
PASSED: Final = 0.1
"""The share that AEC3 lets through of somebody who speaks."""
DENIED_FRAMES: Final = 20
"""Whoever speaks is louder than the noise even after AEC3, if not in every frame."""
DOUBTED_FRAMES: Final = 100
"""Who speaks for longer against a playing answer may be none: the room may have changed."""
LOST_FRAMES: Final = 3
"""After so many in which the echo is not where it was expected, what was let through was the echo."""
TINY: Final = 1e-9
_PACKAGE: Final = "pywebrtc_audio"


class Aec3(Protocol):
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


def load_aec3() -> Aec3:
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
    return cast("Aec3", package.EchoCanceller(sample_rate=16_000, num_channels=1, stream_delay_ms=0))


def _check(near: bytes, far: bytes) -> None:
    for name, frame in (("near", near), ("far", far)):
        if len(frame) != FRAME_BYTES:
            raise ValueError(f"{name} is {len(frame)} bytes, not the {FRAME_BYTES} of a frame of {FRAME_MS} ms")


class EchoCanceller:
    """Cancels the echo of the far end; raises `DeviceError` where that cannot be done, see `echo_missing`.

    Two cancel side by side. What our own filter leaves over goes out, for it leaves speech as it is; but it goes out
    only while the far end does not explain it and AEC3, which suppresses much more, does not deny it. Until our filter
    knows the way, and where it cannot learn it, AEC3's is what goes out, and where that fails too, nothing does.
    """

    def __init__(self) -> None:
        self._aec3 = load_aec3()
        self._path = EchoPath()
        self._residual = Residual()
        self._comfort = np.random.default_rng(0)
        self._excess_db = deque([0.0] * 3, 3)
        self._denied = 0  # frames since AEC3 last let something through
        self._above = 0  # frames in a row in which somebody seems to speak
        self._hold = 0  # frames for which the gate stays open
        self._speaking = 0  # frames in a row in which somebody is judged to speak
        self._passed = deque([0.0] * 3, 3)  # shares of the microphone's power that AEC3 let through
        self._aec3_db = 0.0
        self._over_noise_db = 0.0  # the microphone's level, usually, while the far end sounds
        self._quiet = QUIET_FRAMES  # frames since it last sounded
        self._gain = 1.0
        self.erle_db: float = 0.0
        """Echo return loss enhancement: how much softer than it came the echo is after our own filter, in dB."""
        self.converged: bool = False
        """Whether the echo's way through the room is known."""
        self.near_speech: bool = False
        """Whether somebody is judged to speak into the microphone now."""

    def process(self, near: bytes, far: bytes) -> bytes:
        """The microphone's frame without the echo of `far`, the speaker's frame of the same time.

        Raises `ValueError` for frames that are not 20 ms of 16 kHz s16le mono.
        """
        _check(near, far)
        self._quiet = self._quiet + 1 if far == SILENCE else 0
        heard = decode(near, Encoding.S16LE)
        if self._quiet > QUIET_FRAMES:  # nothing to cancel, and half of a call is like that
            self._denied = 0
            self._judge(heard, np.zeros_like(heard), alone=True)
            self._decide()
            return self._let(heard, open_=True)
        alone = self._speaking == 0 or self._speaking > DOUBTED_FRAMES
        echo = self._path.echo(heard, decode(far, Encoding.S16LE), alone=alone)
        if self._path.moved:  # what was taken for somebody's voice was the echo at another time
            self._hold = self._above = self._speaking = 0
            self._excess_db.extend([SPAN_DB[0]] * 3)
        left: Floats = heard - echo
        suppressed = self._aec3.process(np.frombuffer(near, "<i2"), np.frombuffer(far, "<i2"))
        theirs = decode(suppressed.tobytes(), Encoding.S16LE)
        self._judge(left, echo, alone=alone)
        self._rate(heard, left, theirs, alone=alone)
        self._decide()
        clean = not self._residual.audible and (self.converged or self._over_noise_db < ECHO_DB)
        return self._let(left if self.converged or clean else theirs, open_=self.near_speech or clean)

    def _judge(self, left: Floats, echo: Floats, *, alone: bool) -> None:
        spectra = np.fft.rfft(np.stack([left, echo]), SIZE, axis=1)
        of_left, of_echo = bands(np.square(spectra.real) + np.square(spectra.imag))
        self._residual.judge(of_left, of_echo, bands(self._path.misjudged), alone=alone)
        self._excess_db.append(self._residual.excess_db)

    def _rate(self, heard: Floats, left: Floats, suppressed: Floats, *, alone: bool) -> None:
        """Compares the two cancellers with what they were given, while nobody else speaks."""
        powers = np.array([float(sound @ sound) for sound in (heard, left, suppressed)]) + TINY
        self._passed.append(powers[2] / powers[0])
        self._denied = 0 if powers[2] > self._residual.noise else self._denied + 1
        if not self._quiet:
            over_db = 10 * math.log10(powers[0] / (self._residual.noise + TINY))
            self._over_noise_db += RATING * (over_db - self._over_noise_db)
        explained = self._speaking > DOUBTED_FRAMES or (alone and self._residual.excess_db < OPENS_DB)
        if self._quiet or not explained or powers[0] < LOUD * self._residual.noise:
            return
        ours_db, theirs_db = (float(db) for db in 10 * np.log10(powers[0] / powers[1:]))
        self.erle_db += RATING * (ours_db - self.erle_db)
        self._aec3_db += RATING * (theirs_db - self._aec3_db)
        self.converged = self.erle_db > (LOST_DB if self.converged else CONVERGED_DB)

    def _decide(self) -> None:
        """Opens the gate on some frames in a row, or on one that leaves no doubt, and holds it open between words."""
        above, certain = self._ours() if self.converged or self._quiet else self._theirs()
        if self._path.lost and not self._quiet:
            above = certain = False
            if self._path.lost == LOST_FRAMES:  # from here on AEC3 decides, as it did in the beginning
                self._hold, self.erle_db, self.converged = 0, 0.0, False
        self._above = self._above + 1 if above else 0
        self._hold = HOLD_FRAMES if certain or self._above > 2 else max(0, self._hold - (not above))
        self.near_speech = self._hold > 0
        self._speaking = self._speaking + 1 if self.near_speech else 0

    def _ours(self) -> tuple[bool, bool]:
        """Whether the far end does not explain what our own filter left over, and whether that is beyond doubt."""
        excess_db = sum(self._excess_db) / 3
        above = excess_db > OPENS_DB and self._denied < DENIED_FRAMES
        return above, above and excess_db > CERTAIN_DB

    def _theirs(self) -> tuple[bool, bool]:
        """Whether AEC3 lets something through, where it is any better than our filter; else nobody is heard."""
        unexplained = self._residual.excess_db > OPENS_DB
        return unexplained and self._aec3_db > AEC3_DB and not self._denied and min(self._passed) > PASSED, False

    def _let(self, sound: Floats, *, open_: bool) -> bytes:
        """Lets a frame through, or the room's noise instead of it; never jumps between the two."""
        before, self._gain = self._gain, float(open_)
        if before == self._gain == 1:
            return encode(sound)
        ramp = np.full(len(sound), self._gain, np.float32)
        ramp[:FADE] = np.linspace(before, self._gain, FADE)
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
