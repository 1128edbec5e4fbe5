"""Makes up sound where there is too little: a period more to lengthen speech, an echo of the last one in a gap. Pure.

Both join what is around them without a step, and neither changes a sample that was sent.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from livechat.audio.periods import lag, longest_lag

HOLD_MS: Final = 10
RING_MS: Final = 60
"""A gap is filled at full level for 10 ms, then ever more quietly, and not after 60 (as in ITU-T G.711 Appendix I)."""

EASE_MS: Final = 5
"""In which the step between the sound and its repetition is evened out."""


def needed(rate: int) -> int:
    """Samples that a search for the period takes."""
    return 2 * longest_lag(rate)


def one_period_more(pcm: bytes, rate: int) -> tuple[int, bytes]:
    """What to insert into a sound, and before which of its samples, so that it is a period longer.

    Takes the next `needed(rate)` samples. What is inserted begins like the second period and ends like the first
    (overlap-add at the pitch), so the second period follows it as it followed the first.
    """
    samples = _samples(pcm)
    period = lag(samples, rate)
    inserted = [
        second + (first - second) * at // period
        for at, (first, second) in enumerate(zip(samples[:period], samples[period : 2 * period], strict=True), 1)
    ]
    return period, _pcm(inserted)


def ringing(past: bytes, rate: int, hold: int, samples: int) -> bytes:
    """So many samples that go on from the past and die away in a straight line after the first `hold`.

    The last period is repeated; where the past is shorter than `needed(rate)`, its last sample is held.
    """
    cycle, step = _cycle(_samples(past), rate)
    out = (cycle * (samples // len(cycle) + 1))[:samples]
    ease = min(samples, rate * EASE_MS // 1000)
    for at in range(ease):
        out[at] = max(-32768, min(32767, out[at] + step * (ease - at) // ease))
    falling = samples - hold
    out[hold:] = [sample * left // falling for left, sample in zip(range(falling - 1, -1, -1), out[hold:], strict=True)]
    return _pcm(out)


def _cycle(past: Sequence[int], rate: int) -> tuple[list[int], int]:
    """A period to be repeated without a seam, and how much higher the past ended than its repetition begins.

    The period's last quarter turns into that of the period before it, which is known to lead into its beginning.
    """
    if len(past) < needed(rate):
        return [past[-1]], 0
    past = past[-needed(rate) :]
    period = lag(past[::-1], rate)
    quarter = period // 4
    last = list(past[-period:])
    for at in range(-quarter, 0):
        last[at] += (past[at - period] - past[at]) * (at + quarter + 1) // quarter
    return last, past[-1] - past[-1 - period]


def _samples(pcm: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)


def _pcm(samples: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)
