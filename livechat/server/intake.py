"""Takes a client's sound, of whatever rate, to the ears: 16 kHz, in pieces so small that no event is told late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

from livechat.server.ears import BYTES_PER_MS, RATE, EarEvent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

PIECE = 32 * BYTES_PER_MS
"""Bytes fed at once: a frame of the detector, so at most one event comes of it."""
SLICE = 2**16
"""Bytes resampled at once: a millisecond of work, however much came."""
LONGEST_MARKED = 5 * 60_000 * BYTES_PER_MS
"""Bytes of an activity that the client marks; what goes on longer is not kept."""


class Hearing(Protocol):
    """Ears as the intake needs them (see `livechat.server.ears.Ears`)."""

    def feed(self, pcm: bytes) -> list[EarEvent]: ...

    def flush(self) -> list[EarEvent]: ...

    def utterance(self) -> bytes: ...


class MarkedHearing:
    """Ears where the client says what an utterance is: they report nothing and keep what they are fed."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def begin(self) -> None:
        """Forgets the last utterance."""
        self._kept.clear()

    def feed(self, pcm: bytes) -> list[EarEvent]:
        self._kept += pcm[: LONGEST_MARKED - len(self._kept)]
        return []

    def flush(self) -> list[EarEvent]:
        return []

    def utterance(self) -> bytes:
        return bytes(self._kept)


class Resampler(Protocol):
    """A soxr stream of 16-bit samples."""

    def resample_chunk(self, x: Samples, last: bool = False) -> Samples: ...


class Intake:
    """One client's stream of sound. Its rate may change on the way; each rate is resampled as a stream of its own."""

    def __init__(self) -> None:
        self._rate = RATE
        self._resampler: Resampler | None = None
        self._odd = b""
        """Half a sample that waits for its other half."""

    def pieces(self, pcm: bytes, rate: int) -> Iterator[bytes]:
        """What the ears are to be fed of `pcm`, s16le mono of any length, at `rate` Hz."""
        if rate != self._rate:
            yield from self.rest()
            self._rate = rate
            self._resampler = None if rate == RATE else _resampler(rate)
        pcm = self._odd + pcm
        whole = len(pcm) // 2 * 2
        self._odd = pcm[whole:]
        for start in range(0, whole, SLICE):
            yield from _cut(self._resampled(pcm[start : min(start + SLICE, whole)]))

    def rest(self) -> Iterator[bytes]:
        """What the resampler still holds back; the stream ends here and may begin anew at the same rate."""
        self._odd = b""
        if self._resampler is not None:
            yield from _cut(self._resampled(b"", last=True))
            self._resampler = _resampler(self._rate)

    def _resampled(self, pcm: bytes, *, last: bool = False) -> bytes:
        if self._resampler is None:
            return pcm
        import numpy as np

        return self._resampler.resample_chunk(np.frombuffer(pcm, "<i2"), last=last).astype("<i2").tobytes()


def _resampler(rate: int) -> Resampler:
    """From `rate` to 16 kHz. HQ because it is behind by 12 ms; the lighter kinds of soxr are behind by 30."""
    import soxr

    stream: Any = soxr.ResampleStream
    return cast(Resampler, stream(rate, RATE, 1, dtype="int16", quality="HQ"))


def _cut(pcm: bytes) -> Iterator[bytes]:
    return (pcm[start : start + PIECE] for start in range(0, len(pcm), PIECE))
