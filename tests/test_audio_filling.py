"""Claims about made-up sound: it has the pitch of what is around it and meets it without a step."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.filling import needed, one_period_more, ringing

RATE = 24_000


def pcm(samples: list[int]) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)


def samples(pcm: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(pcm) // 2}h", pcm))


def sine(hertz: float, count: int, level: float = 20_000) -> list[int]:
    return [round(level * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(count)]


def greatest_step(sound: list[int]) -> int:
    return max(abs(after - before) for before, after in pairwise(sound))


@pytest.mark.parametrize("hertz", [70, 100, 150, 230, 400])
def test_a_period_more_goes_on_with_the_wave(hertz: float) -> None:
    sound = sine(hertz, needed(RATE))
    at, more = one_period_more(pcm(sound), RATE)
    longer = [*sound[:at], *samples(more), *sound[at:]]
    assert len(samples(more)) == at
    periods = at * hertz / RATE
    assert periods == pytest.approx(round(periods), abs=0.03)
    assert greatest_step(longer) <= 1.1 * greatest_step(sound)


def test_a_period_more_of_noise_has_no_seam() -> None:
    """Its first sample comes nearly where the sound would have gone on, and its last where it does."""
    random = Random(1)
    sound = [random.randint(-20_000, 20_000) for _ in range(needed(RATE))]
    at, more = one_period_more(pcm(sound), RATE)
    assert samples(more)[0] == pytest.approx(sound[at], abs=40_000 / at + 1)
    assert samples(more)[-1] == sound[at - 1]


@pytest.mark.parametrize("hertz", [70, 100, 150, 230, 400])
def test_ringing_goes_on_with_the_wave_and_dies_away(hertz: float) -> None:
    past = sine(hertz, 2_000)
    ring = samples(ringing(pcm(past), RATE, 240, 1_440))
    assert len(ring) == 1_440
    assert greatest_step([*past[-100:], *ring, 0]) <= 1.1 * greatest_step(past)
    whole = sine(hertz, 2_240)[2_000:]
    assert max(abs(one - other) for one, other in zip(ring, whole, strict=False)) < 2_500
    quarters = [max(map(abs, ring[at : at + 360])) for at in range(0, 1_440, 360)]
    assert quarters == sorted(quarters, reverse=True)
    assert quarters[-1] < 8_000


def test_a_short_past_is_held_and_dies_away() -> None:
    assert samples(ringing(pcm([7, 1_000]), RATE, 2, 7)) == [1_000, 1_000, 800, 600, 400, 200, 0]
    assert samples(ringing(pcm([-1_000]), RATE, 0, 5)) == [-800, -600, -400, -200, 0]


@given(st.integers(0, 2**32), st.sampled_from([32_767, 3_000, 10, 0]), st.sampled_from([(0, 120), (240, 1_440)]))
def test_whatever_was_before_ringing_starts_near_it_and_ends_in_silence(
    seed: int, level: int, lengths: tuple[int, int]
) -> None:
    random = Random(seed)
    past = [random.randint(-level, level) for _ in range(needed(RATE) + 10)]
    ring = samples(ringing(pcm(past), RATE, *lengths))
    assert ring[-1] == 0
    assert max(map(abs, ring)) <= 3 * level + 1
    period_step = greatest_step([*past, 0])
    assert abs(ring[0] - past[-1]) <= period_step + 2 * level / 120 + 2
