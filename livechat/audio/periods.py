"""Finds after how many samples a sound repeats itself: there it can be lengthened or continued unheard. Pure.

All correlations come out of one multiplication of two big numbers whose digits are samples, done in C by the
interpreter: a search costs a fraction of a millisecond without numpy, which the audio thread must not wait for.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

LOWEST_HZ, HIGHEST_HZ = 60, 200
"""Between them lies at least one multiple of the period of every voice above 60 Hz."""
_COARSE_HZ: Final = 8_000
"""The first search is done at about this rate; only its neighbours are looked at closely."""
_BITS: Final = 9
"""Of a sample, its sign not counted. Two samples and 4096 sums of their products fit a digit of 32 bits."""


def longest_lag(rate: int) -> int:
    """Samples of the longest lag looked for; a search takes twice as many samples."""
    return rate // LOWEST_HZ


def lag(samples: Sequence[int], rate: int) -> int:
    """The lag, in samples, at which the sound's continuation is like its beginning: one period rather than two.

    Takes `2 * longest_lag(rate)` samples, 16 bits each.
    """
    longest, shortest, step = longest_lag(rate), rate // HIGHEST_HZ, max(1, rate // _COARSE_HZ)
    coarse = list(map(sum, zip(*[iter(samples)] * step, strict=False)))
    rough = step * (shortest // step + _likest(coarse[: longest // step], coarse[shortest // step :]))
    least, most = max(shortest, rough - step), min(longest, rough + step)
    window = longest // 2
    return least + _likest(samples[:window], samples[least : most + window])


def _likest(part: Sequence[int], whole: Sequence[int]) -> int:
    """Where in the whole the part is found: the first peak of the normalized correlation that nearly is the highest."""
    size = len(part)
    shift = max(0, max(max(part), max(whole), -min(part), -min(whole)).bit_length() - _BITS)
    whole = [sample >> shift for sample in whole]
    energy = [0, *accumulate(sample * sample for sample in whole)]
    found = _correlations([sample >> shift for sample in part], whole)
    scores = [
        product * abs(product) / (energy[at + size] - energy[at] + 1)  # + 1: silence has no energy
        for at, product in enumerate(found)
    ]
    best = max(scores)
    at = next(at for at, score in enumerate(scores) if score >= best - abs(best) / 10)
    while at + 1 < len(scores) and scores[at + 1] > scores[at]:
        at += 1
    return at


def _correlations(part: Sequence[int], whole: Sequence[int]) -> list[int]:
    """The sum of products of the part and the whole at each offset where the part lies inside."""
    size, zero = len(part), 1 << _BITS  # digits are not negative, so samples are counted from -zero
    product = _number([sample + zero for sample in reversed(part)]) * _number([sample + zero for sample in whole])
    digits = len(part) + len(whole)
    sums = struct.unpack(f"<{digits}I", product.to_bytes(4 * digits, "little"))
    upto = [0, *accumulate(whole)]
    fixed = zero * (sum(part) + size * zero)
    return [sums[size - 1 + at] - fixed - zero * (upto[at + size] - upto[at]) for at in range(len(whole) - size + 1)]


def _number(digits: Sequence[int]) -> int:
    """The number with these digits to the base 2**32, the lowest first."""
    return int.from_bytes(struct.pack(f"<{len(digits)}I", *digits), "little")
