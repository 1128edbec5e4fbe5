"""Claims about the echo canceller's reference: what sounded while the microphone listened, in place, in one piece."""

from __future__ import annotations

import itertools
import math
import random
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.audio.pcm import Floats
from livechat.audio.reference import EARLY_MS, MOST_BLOCKS, Reference
from tests.long import SOAK

Doubles = npt.NDArray[np.float64]
Told = tuple[bytes, int, float]

START = 1_000.0
"""Loop time at which the sound begins."""
LEAD_S = 0.05
"""How long before it sounds a block is told of."""
_TONES = [(210.0, 0.3), (433.0, 1.1), (791.0, 2.0), (1_318.0, 0.7), (2_203.0, 2.9), (3_407.0, 1.7)]


def wave(seconds: Doubles) -> Doubles:
    """Sound that is known at every moment: tones that never repeat, at about a quarter of full scale."""
    tones = [np.sin(2 * np.pi * frequency * seconds + phase) for frequency, phase in _TONES]
    return np.asarray(sum(tones) * 1_500.0, np.float64)


def no_jitter() -> float:
    return 0.0


def told(
    rate: int, block: int, seconds: float, jitter: Callable[[], float] = no_jitter, clock: float = 1.0
) -> Iterator[Told]:
    """The wave in blocks, as a card tells of it whose clock runs `clock` times as fast as ours."""
    for first in range(0, round(rate * seconds), block):
        pcm = wave((first + np.arange(block)) / rate).astype("<i2").tobytes()
        yield pcm, rate, START + first / rate / clock + jitter()


def exact() -> Reference:
    return Reference(early_ms=0)


def heard(
    reference: Reference,
    blocks: Iterator[Told],
    seconds: float,
    jitter: Callable[[], float] = no_jitter,
    lead_s: float = LEAD_S,
) -> list[tuple[float, Floats]]:
    """Frame by frame the true time of its beginning and what is taken for it, blocks coming as they do in life."""
    upcoming = next(blocks, None)
    frames: list[tuple[float, Floats]] = []
    for number in range(1, round(seconds * 50) + 1):
        until = START + number / 50
        while upcoming is not None and upcoming[2] < until + lead_s:
            reference.add(*upcoming)
            upcoming = next(blocks, None)
        frames.append((until - 0.02, samples(reference.take(until + jitter()))))
    return frames


def samples(pcm: bytes) -> Floats:
    return np.frombuffer(pcm, "<i2").astype(np.float32)


def offset_of(frame: Floats, began: float, clock: float = 1.0) -> tuple[float, float]:
    """How many ms too early the wave stands in a frame, and how many dB what is left is below the frame."""
    fine = wave((began - START + np.arange(-0.008, 0.028, 1 / 256_000)) * clock)
    best, error = round(0.008 * 256_000), 0.0
    for around, step in ((1_792, 16), (16, 1)):
        shifts = range(best - around, best + around + 1, step)
        errors = [float(np.mean((fine[shift::16][:320] - frame) ** 2)) for shift in shifts]
        best, error = shifts[int(np.argmin(errors))], min(errors)
    return best / 256 - 8, 10 * math.log10(max(float(np.mean(frame**2)), 1e-3) / max(error, 1e-3))


def assert_smooth(frames: list[tuple[float, Floats]]) -> None:
    """No click: nowhere does it bend more sharply than the wave does."""
    sound = np.concatenate([frame for _, frame in frames])
    assert np.abs(np.diff(sound, n=3)).max() < 1.1 * np.abs(np.diff(wave(np.arange(32_000) / 16_000), n=3)).max()


# ---------------------------------------------------------------------------------------------- the right place


@pytest.mark.parametrize(
    ("rate", "block"),
    [(16_000, 320), (22_050, 441), (24_000, 64), (24_000, 2_400), (32_000, 320), (44_100, 441), (48_000, 128)],
)
def test_what_is_taken_is_what_sounded_then(rate: int, block: int) -> None:
    for began, frame in heard(exact(), told(rate, block, 0.6), 0.5)[1:]:
        offset, clean_db = offset_of(frame, began)
        assert abs(offset) < 0.01
        assert clean_db > 40


def test_where_nothing_sounded_there_is_silence() -> None:
    reference = exact()
    assert reference.take(START) == bytes(640)
    frames = heard(reference, told(24_000, 240, 0.1), 0.4)
    sounding = [bool(frame.any()) for _, frame in frames]
    assert sounding[:5] == [True] * 5
    assert not any(sounding[6:])  # the sixth has the kernel's tail
    assert reference.take(START + 0.4, ms=10) == bytes(320)


def test_a_frame_that_was_not_told_of_wholly_has_the_part_that_was() -> None:
    reference = exact()
    reference.add(wave(np.arange(240) / 24_000).astype("<i2").tobytes(), 24_000, START + 0.005)
    frame = samples(reference.take(START + 0.02))
    assert not frame[:60].any()
    assert frame[80:240].any()
    assert not frame[260:].any()


def test_a_loud_sound_is_clipped_and_not_wrapped_around() -> None:
    reference = exact()
    square = np.where(np.arange(2_400) // 60 % 2, 32_767, -32_768).astype("<i2")
    reference.add(square.tobytes(), 24_000, START)
    frame = samples(reference.take(START + 0.05))
    assert frame.max() == 32_767
    assert frame.min() == -32_768
    turns = np.abs(np.diff(frame)) > 40_000
    assert turns.sum() <= 20_000 / 60 / 24 + 2


@pytest.mark.parametrize("early_ms", [EARLY_MS, 2.5])
def test_it_is_a_little_early_as_cancellers_need_it(early_ms: float) -> None:
    reference = Reference(early_ms=early_ms)
    for began, frame in heard(reference, told(24_000, 64, 0.6), 0.5)[1:]:
        offset, clean_db = offset_of(frame, began + early_ms / 1_000)
        assert abs(offset) < 0.01
        assert clean_db > 40
    assert reference.early_s == early_ms / 1_000


@pytest.mark.parametrize("lead_s", [0.003, -0.004])
def test_what_is_always_told_too_late_for_that_is_as_early_as_it_can_be_and_whole(lead_s: float) -> None:
    reference = Reference()
    frames = heard(reference, told(24_000, 64, 7.1), 7.0, lead_s=lead_s)
    offsets = [offset_of(frame, began) for began, frame in frames[280:]]
    assert lead_s - 0.001 < reference.early_s < lead_s + 0.001
    assert all(abs(offset - reference.early_s * 1_000) < 0.1 and clean_db > 35 for offset, clean_db in offsets)


def test_what_is_told_too_late_once_changes_nothing() -> None:
    reference = Reference()
    blocks = [(pcm, rate, at) for pcm, rate, at in told(24_000, 64, 2.1)]
    held_up = [block for block in blocks if not 0.99 < block[2] - START < 1.06]
    late = [block for block in blocks if 0.99 < block[2] - START < 1.06]
    for number in range(1, 100):
        until = START + number / 50
        while held_up and held_up[0][2] < until + LEAD_S and (number != 52 or held_up[0][2] < START + 1.0):
            if late and held_up[0][2] > START + 1.0:
                if number < 53:
                    break
                for block in late:
                    reference.add(*block)
                late = []
            reference.add(*held_up.pop(0))
        offset, _ = offset_of(samples(reference.take(until)), until - 0.02 + EARLY_MS / 1_000)
        assert abs(offset) < 0.1 or 49 < number < 56
    assert reference.early_s == EARLY_MS / 1_000


# ------------------------------------------------------------------------------------------------- in one piece


@settings(max_examples=12 if SOAK else 6, deadline=None)
@given(
    rate=st.sampled_from([16_000, 24_000, 44_100, 48_000]),
    block_ms=st.floats(2.7, 40),
    late_ms=st.floats(0, 6),
    uneven_ms=st.floats(0, 2),
    seed=st.integers(0, 2**32),
)
def test_times_that_are_off_by_some_ms_leave_no_seam(
    rate: int, block_ms: float, late_ms: float, uneven_ms: float, seed: int
) -> None:
    chance = random.Random(seed)
    blocks = told(rate, round(block_ms * rate / 1_000), 1.6, lambda: chance.uniform(0, late_ms) / 1_000)
    frames = heard(exact(), blocks, 1.5, lambda: chance.uniform(-uneven_ms, uneven_ms) / 1_000)
    offsets = [offset_of(frame, began) for began, frame in frames[2:]]
    assert min(clean_db for _, clean_db in offsets) > 25
    assert all(abs(after - before) < 0.06 for (before, _), (after, _) in itertools.pairwise(offsets))
    assert all(-late_ms - 2 * uneven_ms - 1 < offset < 2 * uneven_ms + 1 for offset, _ in offsets)
    assert_smooth(frames[2:])


@pytest.mark.parametrize("clock", [1 - 1e-4, 1 + 1e-4])
def test_a_card_whose_clock_drifts_is_followed_without_a_click(clock: float) -> None:
    chance = random.Random(1)
    blocks = told(24_000, 480, 40.1, lambda: chance.uniform(0, 0.003), clock)
    frames = heard(exact(), blocks, 40.0, lambda: chance.uniform(-0.001, 0.001))
    offsets = [offset_of(frame, began, clock) for began, frame in frames[50::10]]
    assert min(clean_db for _, clean_db in offsets) > 30
    assert all(-5 < offset < 11 for offset, _ in offsets)
    assert all(abs(after - before) < 0.2 for (before, _), (after, _) in itertools.pairwise(offsets))


def test_one_time_that_is_wrong_moves_nothing() -> None:
    times = [0.0] * 20 + [0.04] + [0.0] * 100
    odd = iter(times)
    frames = heard(exact(), told(24_000, 240, 1.1, lambda: next(odd)), 1.0)
    offsets = [offset_of(frame, began) for began, frame in frames[1:]]
    assert all(abs(offset) < 0.1 and clean_db > 35 for offset, clean_db in offsets)


def test_a_time_told_too_early_now_and_then_is_not_believed() -> None:
    every = itertools.cycle([0.0] * 49 + [-0.015])
    frames = heard(exact(), told(24_000, 480, 4.1, lambda: next(every)), 4.0)
    assert all(abs(offset_of(frame, began)[0]) < 0.5 for began, frame in frames[50:])


# ---------------------------------------------------------------------------------------- gaps, breaks and jumps


def test_a_pause_between_blocks_is_a_pause_of_the_same_length() -> None:
    reference = exact()
    frames = heard(reference, (b for b in told(24_000, 240, 1.1) if not START + 0.395 < b[2] < START + 0.455), 1.0)
    assert not frames[21][1].any()
    for began, frame in [*frames[1:19], *frames[23:]]:
        offset, clean_db = offset_of(frame, began)
        assert abs(offset) < 0.05
        assert clean_db > 35


def test_after_minutes_of_silence_sound_is_where_it_belongs() -> None:
    reference = exact()
    assert len(heard(reference, told(24_000, 240, 0.2), 0.3)) == 15
    for number in range(600):
        assert reference.take(START + 0.32 + number / 50) == bytes(640)
    for pcm, rate, at in told(24_000, 240, 0.1):
        reference.add(pcm, rate, at + 600)
    reference.take(START + 600.02)
    offset, _ = offset_of(samples(reference.take(START + 600.04)), START + 0.02)
    assert abs(offset) < 0.1


def test_times_that_wander_for_seconds_move_nothing() -> None:
    """As PulseAudio's were seen to: six ms too early, and back, while no sample was lost."""
    wander = itertools.chain([0.0] * 50, np.linspace(0, -0.006, 75), np.linspace(-0.006, 0, 75), itertools.repeat(0.0))
    frames = heard(exact(), told(24_000, 96, 6.1), 6.0, lambda: float(next(wander)))
    offsets = [offset_of(frame, began) for began, frame in frames[2:]]
    assert all(abs(offset) < 0.02 and clean_db > 38 for offset, clean_db in offsets)


def test_a_pause_too_short_to_tell_from_jitter_is_believed_when_it_stays() -> None:
    blocks = ((pcm, rate, at + 0.018 * (at > START + 0.495)) for pcm, rate, at in told(24_000, 240, 8.1))
    frames = heard(exact(), blocks, 8.0)
    offsets = [offset_of(frame, began - 0.018) for began, frame in frames[320:]]
    assert all(abs(offset) < 4.5 and clean_db > 25 for offset, clean_db in offsets)


@pytest.mark.parametrize("late_s", [0.015, 0.04])
def test_sound_that_turns_out_to_begin_earlier_is_not_left_late(late_s: float) -> None:
    late = iter([late_s] * 4 + [0.0] * 400)
    frames = heard(exact(), told(24_000, 480, 6.1, lambda: next(late)), 6.0)
    offsets = [offset_of(frame, began) for began, frame in frames[200:]]
    assert all(offset > -4.5 and clean_db > 25 for offset, clean_db in offsets)
    assert_smooth(frames[3:])


def test_a_card_that_ran_dry_twice_is_no_drift_and_what_is_given_out_stands_still_after_it() -> None:
    whole = told(24_000, 480, 34.1)
    gaps = ((pcm, rate, at + 0.006 * ((at > START + 14) + (at > START + 16))) for pcm, rate, at in whole)
    frames = heard(exact(), gaps, 34.0)
    offsets = [offset_of(frame, began - 0.012)[0] for began, frame in frames[1_400::25]]
    assert max(offsets) - min(offsets) < 0.02


def test_before_the_first_sound_it_is_put_right_and_after_it_is_left_alone() -> None:
    reference, early = exact(), itertools.chain([-0.004] * 100, itertools.repeat(0.0))
    blocks = [(pcm if at > START + 6 else bytes(len(pcm)), rate, at) for pcm, rate, at in told(24_000, 240, 8.1)]
    frames = heard(reference, iter(blocks), 8.0, lambda: next(early))
    offsets = [offset_of(frame, began) for began, frame in frames[302:]]
    assert all(abs(offset) < 0.3 and clean_db > 30 for offset, clean_db in offsets)


@pytest.mark.parametrize("wrong_s", [0.03, -0.03, 0.06])
def test_the_wrong_time_of_a_single_frame_moves_nothing(wrong_s: float) -> None:
    times = itertools.chain([0.0] * 30, [wrong_s], itertools.repeat(0.0))
    frames = heard(exact(), told(24_000, 96, 2.1), 2.0, lambda: next(times))
    offsets = [offset_of(frame, began) for began, frame in frames[2:]]
    assert all(abs(offset) < 0.02 and clean_db > 38 for offset, clean_db in offsets)


def test_takes_that_were_left_out_are_not_made_up_for() -> None:
    reference, blocks = exact(), list(told(24_000, 240, 3.0))
    for block in blocks[:20]:
        reference.add(*block)
    reference.take(START + 0.1)
    for block in blocks[20:]:
        reference.add(*block)
    offset, clean_db = offset_of(samples(reference.take(START + 2.5)), START + 2.48)
    assert abs(offset) < 0.01
    assert clean_db > 35


def test_a_microphone_whose_time_jumps_is_followed_at_once() -> None:
    reference = exact()
    for block in told(24_000, 240, 1.0):
        reference.add(*block)
    for until in (0.1, 0.12, 0.14, 0.3, 0.32, 0.2, 0.22, 0.24):
        offset, clean_db = offset_of(samples(reference.take(START + until)), START + until - 0.02)
        assert abs(offset) < 0.01
        assert clean_db > 35


def test_another_card_with_another_rate_is_taken_up() -> None:
    reference = exact()
    first = [block for block in told(24_000, 240, 0.5) if block[2] < START + 0.295]
    second = [block for block in told(48_000, 480, 1.1) if block[2] > START + 0.495]
    frames = heard(reference, iter([*first, *second]), 1.0)
    assert all(abs(offset_of(frame, began)[0]) < 0.05 for began, frame in [*frames[1:14], *frames[26:]])
    assert not any(frame.any() for _, frame in frames[16:24])


def test_a_block_longer_than_what_is_kept_passes_through() -> None:
    reference = exact()
    for block in told(24_000, 24_000 * 2, 4.0):
        reference.add(*block)
    for number in range(1, 150):
        frame = samples(reference.take(START + number / 50))
        if number > 1:
            assert abs(offset_of(frame, START + number / 50 - 0.02)[0]) < 0.05


# ------------------------------------------------------------------------------------------------------ its cost


def test_what_nobody_takes_is_forgotten_from_its_oldest_end() -> None:
    reference = exact()
    for block in told(24_000, 64, 5.0):
        reference.add(*block)
    newest = START + 5.0 - MOST_BLOCKS * 64 / 24_000
    assert reference.take(newest - 0.1) == bytes(640)
    offset, _ = offset_of(samples(reference.take(newest + 1.0)), newest + 0.98)
    assert abs(offset) < 0.01


def test_later_minutes_keep_no_more_than_the_first() -> None:
    reference = exact()
    block = bytes(range(256)) * 15  # 80 ms
    kept: list[int] = []
    tracemalloc.start()
    try:
        for number in range(15_000 if SOAK else 5_000):
            reference.take(START + number / 50)
            if number % 4 == 0:
                reference.add(block, 24_000, START + number / 50 + LEAD_S)
            if number % 1_000 == 999:
                kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert max(kept) - min(kept) < 10_000


def test_no_sound_at_all_is_no_block() -> None:
    reference = exact()
    reference.add(b"", 24_000, START)
    assert reference.take(START + 0.02) == bytes(640)
