"""Changes the rate of a stream of sound, and brings any PCM to s16le mono at one rate: 16 kHz for what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias, cast

import numpy as np

from livechat.audio.pcm import SPEECH_RATE, Encoding, Floats, Format, decode, encode, mix_down

Quality: TypeAlias = Literal["LQ", "HQ"]
"""What of soxr: LQ is -88 dB clean and holds back 11 ms (MQ and HQ: 21 ms), the best trade for speech (audio.md §4).
HQ is for music: from 48 to 44.1 kHz it keeps 20 kHz whole, of which LQ takes 23 dB (measured)."""


class _Stream(Protocol):
    """What is used of `soxr.ResampleStream`, which ships without types."""

    def resample_chunk(self, x: Floats, last: bool = False) -> Floats: ...


class Resampler:
    """A stream of sound at another rate; n samples in give exactly round(n · out / in) when finished.

    Samples of several channels have two dimensions, (time, channel); those of one have one.
    """

    def __init__(self, rate_in: int, rate_out: int, channels: int = 1, quality: Quality = "LQ") -> None:
        self._nothing = np.zeros(0 if channels == 1 else (0, channels), np.float32)
        self._stream = _open_stream(rate_in, rate_out, channels, quality) if rate_in != rate_out else None

    def feed(self, samples: Floats) -> Floats:
        """As many samples as are ready, possibly none."""
        return self._stream.resample_chunk(samples) if self._stream else samples

    def finish(self) -> Floats:
        """What was held back; nothing may be fed afterwards."""
        return self._stream.resample_chunk(self._nothing, last=True) if self._stream else self._nothing


def _open_stream(rate_in: int, rate_out: int, channels: int, quality: Quality) -> _Stream:
    import soxr

    make = cast("Callable[[float, float, int, str, str], _Stream]", soxr.ResampleStream)
    return make(rate_in, rate_out, channels, "float32", quality)


class SpeechMaker:
    """Makes s16le at one rate out of floats at another, mono unless told otherwise."""

    def __init__(self, rate_in: int, rate_out: int = SPEECH_RATE, channels: int = 1, quality: Quality = "LQ") -> None:
        self._resampler = Resampler(rate_in, rate_out, channels, quality)

    def feed(self, samples: Floats) -> bytes:
        return encode(self._resampler.feed(samples))

    def finish(self) -> bytes:
        return encode(self._resampler.finish())


class Converter:
    """Makes s16le at one rate out of a stream of bytes in any format, cut anywhere: mono, or in all its channels.

    What is that already passes untouched, bit for bit.
    """

    def __init__(
        self, source: Format, rate: int = SPEECH_RATE, *, all_channels: bool = False, quality: Quality = "LQ"
    ) -> None:
        self._format = source
        self._channels = source.channels if all_channels else 1
        self._untouched = source == Format(Encoding.S16LE, self._channels, rate)
        self._maker = SpeechMaker(source.rate, rate, self._channels, quality)
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        whole = len(data) - len(data) % self._format.block
        self._rest = data[whole:]
        data = data[:whole]
        if self._untouched:
            return data
        samples = decode(data, self._format.encoding)
        if self._channels == 1:
            return self._maker.feed(mix_down(samples, self._format.channels))
        return self._maker.feed(samples.reshape(-1, self._channels))

    def finish(self) -> bytes:
        """What was held back; an unfinished sample at the end is left out."""
        return self._maker.finish()

    @property
    def leftover(self) -> int:
        """Bytes of an unfinished sample at the end."""
        return len(self._rest)
