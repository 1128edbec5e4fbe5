"""Changes the rate of a stream of sound, and brings any PCM to s16le mono at one rate: 16 kHz for what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

import numpy as np

from livechat.audio.pcm import SPEECH_RATE, Encoding, Floats, Format, decode, encode, mix_down


class _Stream(Protocol):
    """What is used of `soxr.ResampleStream`, which ships without types."""

    def resample_chunk(self, x: Floats, last: bool = False) -> Floats: ...


class Resampler:
    """A stream of mono sound at another rate; n samples in give exactly round(n · out / in) when finished.

    soxr's LQ is -88 dB clean and holds back 11 ms (MQ and HQ: 21 ms), the best trade for speech (audio.md §4).
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._stream = _open_stream(rate_in, rate_out) if rate_in != rate_out else None

    def feed(self, samples: Floats) -> Floats:
        """As many samples as are ready, possibly none."""
        return self._stream.resample_chunk(samples) if self._stream else samples

    def finish(self) -> Floats:
        """What was held back; nothing may be fed afterwards."""
        nothing = np.zeros(0, np.float32)
        return self._stream.resample_chunk(nothing, last=True) if self._stream else nothing


def _open_stream(rate_in: int, rate_out: int) -> _Stream:
    import soxr

    make = cast("Callable[[float, float, int, str, str], _Stream]", soxr.ResampleStream)
    return make(rate_in, rate_out, 1, "float32", "LQ")


class SpeechMaker:
    """Makes s16le at one rate out of mono floats at another."""

    def __init__(self, rate_in: int, rate_out: int = SPEECH_RATE) -> None:
        self._resampler = Resampler(rate_in, rate_out)

    def feed(self, mono: Floats) -> bytes:
        return encode(self._resampler.feed(mono))

    def finish(self) -> bytes:
        return encode(self._resampler.finish())


class Converter:
    """Makes s16le mono at one rate out of a stream of bytes in any format, cut anywhere.

    What is that already passes untouched, bit for bit.
    """

    def __init__(self, source: Format, rate: int = SPEECH_RATE) -> None:
        self._format = source
        self._untouched = source == Format(Encoding.S16LE, 1, rate)
        self._speech = SpeechMaker(source.rate, rate)
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        whole = len(data) - len(data) % self._format.block
        self._rest = data[whole:]
        data = data[:whole]
        if self._untouched:
            return data
        return self._speech.feed(mix_down(decode(data, self._format.encoding), self._format.channels))

    def finish(self) -> bytes:
        """What was held back; an unfinished sample at the end is left out."""
        return self._speech.finish()

    @property
    def leftover(self) -> int:
        """Bytes of an unfinished sample at the end."""
        return len(self._rest)
