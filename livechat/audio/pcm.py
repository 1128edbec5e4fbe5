"""What PCM is: its encodings, its levels, and the 20 ms frames that speech is sent in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
"""Samples with full scale at ±1; one dimension is time, two are (time, channel)."""

SPEECH_RATE: Final = 16_000
"""Hz of what is sent: s16le mono, which the Live API takes without resampling (wire-protocol §6)."""
FRAME_BYTES: Final = SPEECH_RATE // 50 * 2
"""20 ms of it."""
SILENCE_DBFS: Final = -120.0
"""The floor of `level_dbfs`; one step of one sample in a 20 ms frame is -115."""


class Encoding(Enum):
    """How one sample is written down; the values are the names that ffmpeg and `--format` use."""

    S16LE = "s16le"
    S24LE = "s24le"
    S32LE = "s32le"
    F32LE = "f32le"
    F64LE = "f64le"
    U8 = "u8"
    MULAW = "mulaw"
    ALAW = "alaw"

    @property
    def width(self) -> int:
        """Bytes of one sample."""
        return _WIDTHS[self]


_WIDTHS: Final = {
    Encoding.S16LE: 2,
    Encoding.S24LE: 3,
    Encoding.S32LE: 4,
    Encoding.F32LE: 4,
    Encoding.F64LE: 8,
    Encoding.U8: 1,
    Encoding.MULAW: 1,
    Encoding.ALAW: 1,
}


@dataclass(frozen=True, slots=True)
class Format:
    """Everything that has to be known to read bytes as sound."""

    encoding: Encoding
    channels: int
    rate: int
    """Hz."""

    @property
    def block(self) -> int:
        """Bytes of one sample of every channel."""
        return self.encoding.width * self.channels

    @property
    def bytes_per_second(self) -> int:
        return self.block * self.rate

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.rate} Hz {self.encoding.value} {channels}"


SPEECH: Final = Format(Encoding.S16LE, 1, SPEECH_RATE)
"""What is sent."""
LIVE: Final = Format(Encoding.S16LE, 1, 24_000)
"""What is received (wire-protocol §6)."""


def decode(data: bytes, encoding: Encoding) -> Floats:
    """Whole samples of any encoding as floats in one dimension; NaN reads as 0, infinities as full scale."""
    return _DECODERS[encoding](data)


def encode(samples: Floats) -> bytes:
    """Floats as s16le, rounded to the nearest step; what is louder than full scale is clipped."""
    steps: npt.NDArray[np.int16] = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2")
    return steps.tobytes()


def mix_down(samples: Floats, channels: int) -> Floats:
    """Interleaved samples of so many channels as one: their mean."""
    if channels == 1:
        return samples
    mono: Floats = samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mono


def level_dbfs(pcm: bytes) -> float:
    """The RMS of s16le against full scale: 0 for a full square wave, -3 for a full sine, `SILENCE_DBFS` at least."""
    if not pcm:
        return SILENCE_DBFS
    steps = np.frombuffer(pcm, "<i2").astype(np.float32)
    power = float(np.dot(steps, steps)) / (len(steps) * 32768.0**2)
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power else SILENCE_DBFS


def amplified(pcm: bytes, decibels: float) -> bytes:
    """s16le, louder or softer; what would be beyond full scale stays at it."""
    return encode(decode(pcm, Encoding.S16LE) * np.float32(10 ** (decibels / 20)))


class Framer:
    """Cuts a stream of bytes into frames of one size, and keeps the rest for the next."""

    def __init__(self, size: int = FRAME_BYTES) -> None:
        self._size = size
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are full now."""
        whole = self._rest + data
        end = len(whole) - len(whole) % self._size
        self._rest = whole[end:]
        return (whole[at : at + self._size] for at in range(0, end, self._size))

    def take_rest(self) -> bytes:
        """What fills no frame; the framer is empty afterwards."""
        rest, self._rest = self._rest, b""
        return rest


# ------------------------------------------------------------------------------------------- the encodings


def _of_integers(dtype: str, full_scale: float) -> Callable[[bytes], Floats]:
    return lambda data: np.frombuffer(data, dtype).astype(np.float32) / np.float32(full_scale)


def _of_floats(dtype: str) -> Callable[[bytes], Floats]:
    def read(data: bytes) -> Floats:
        with np.errstate(over="ignore"):  # a double beyond float32 is an infinity, and that is full scale
            samples = np.frombuffer(data, dtype).astype(np.float32)
        return np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)

    return read


def _of_s24(data: bytes) -> Floats:
    """Three bytes moved to the top of four."""
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _DECODERS[Encoding.S32LE](wide.tobytes())


def _of_u8(data: bytes) -> Floats:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)


def _of_table(steps: Callable[[int], int]) -> Callable[[bytes], Floats]:
    table = np.array([steps(code) for code in range(256)], np.float32) / np.float32(32768)
    return lambda data: table[np.frombuffer(data, np.uint8)]


def mulaw_step(code: int) -> int:
    """The 16-bit value of a µ-law byte (ITU-T G.711: inverted, 3 bits of exponent, 4 of mantissa, bias 33)."""
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -size if code & 0x80 else size


def alaw_step(code: int) -> int:
    """The 16-bit value of an A-law byte (ITU-T G.711: every other bit inverted, no bias in the lowest segment)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 264 << exponent - 1
    return size if code & 0x80 else -size


_DECODERS: Final[dict[Encoding, Callable[[bytes], Floats]]] = {
    Encoding.S16LE: _of_integers("<i2", 2.0**15),
    Encoding.S24LE: _of_s24,
    Encoding.S32LE: _of_integers("<i4", 2.0**31),
    Encoding.F32LE: _of_floats("<f4"),
    Encoding.F64LE: _of_floats("<f8"),
    Encoding.U8: _of_u8,
    Encoding.MULAW: _of_table(mulaw_step),
    Encoding.ALAW: _of_table(alaw_step),
}
