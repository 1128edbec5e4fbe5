"""What follows on is placed without a seam, what does not where it was heard, and no error ever grows."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.timeline import BEARABLE_S, BESIDE_ZEROS_S, HEAP_S, IN_PAUSES_S, PATIENCE_S, Placed, Timeline

RATE = 16_000
LOUD = struct.pack("<320h", *([9000, -9000] * 160))
FAINT = struct.pack("<320h", *([150, -150] * 160))
ZEROS = bytes(640)
FRAME_S = 0.02


def placed_at(*blocks: tuple[bytes, float]) -> list[Placed]:
    timeline = Timeline(RATE)
    return [timeline.place(pcm, at) for pcm, at in blocks]


def test_the_first_block_is_placed_to_the_sample() -> None:
    assert placed_at((LOUD, 0.013)) == [Placed(208, 0, follows=False)]


@pytest.mark.parametrize("off_ms", [-39, -5, 0, 5, 39])
def test_a_block_that_is_off_by_jitter_follows_on(off_ms: int) -> None:
    assert placed_at((LOUD, 1.0), (LOUD, 1.02 + off_ms / 1000))[1] == Placed(16_320, 0, follows=True)


def test_after_a_pause_a_block_is_placed_where_it_was_heard() -> None:
    assert placed_at((LOUD, 1.0), (LOUD, 1.0625))[1] == Placed(17_000, 0, follows=False)


def test_what_comes_late_in_a_heap_is_all_there_and_the_next_pause_makes_up_for_it() -> None:
    late = [(LOUD, 1.0), *[(LOUD, 1.32 + frame * 0.001) for frame in range(15)]]
    speaks_on = [(LOUD, 1.34 + frame * 0.02) for frame in range(50)]
    pause = [(FAINT, 2.34 + frame * 0.02) for frame in range(20)]
    after = (LOUD, 2.74)
    placed = placed_at(*late, *speaks_on, *pause, after)
    assert placed[1] == Placed(21_120, 0, follows=False)
    assert all(place.follows for place in placed[2:])
    assert not any(place.skipped for place in placed[: len(late) + len(speaks_on)])
    assert sum(place.skipped for place in placed) == pytest.approx(0.28 * RATE, abs=IN_PAUSES_S * RATE)
    assert placed[-1].start / RATE == pytest.approx(2.74, abs=IN_PAUSES_S)


def test_without_a_pause_the_rest_of_a_heap_is_left_out_after_a_while() -> None:
    heap = [(LOUD, 1.0) for _ in range(16)]
    placed = placed_at(*heap, *[(LOUD, 1.02 + frame * 0.02) for frame in range(500)])
    assert not any(place.skipped for place in placed[: int(PATIENCE_S / FRAME_S)])
    assert sum(place.skipped for place in placed) == pytest.approx(0.3 * RATE, abs=BEARABLE_S * RATE)
    assert placed[-1].start / RATE == pytest.approx(1.02 + 499 * 0.02, abs=BEARABLE_S)


def test_each_heap_is_waited_for_anew() -> None:
    heap = [(LOUD, 1.0) for _ in range(16)]
    speaks_on = [(LOUD, 1.02 + frame * 0.02) for frame in range(500)]
    again = [(LOUD, 11.02) for _ in range(16)]
    assert not any(placed.skipped for placed in placed_at(*heap, *speaks_on, *again)[-16:])


def test_what_comes_far_too_early_loses_its_head_and_not_what_was_there() -> None:
    long = LOUD * 100
    assert placed_at((long, 1.0), (long, 1.0 + 2.0 - HEAP_S - 0.5))[1] == Placed(48_000, 17_600, follows=True)


def test_a_block_for_which_there_is_no_room_is_left_out_and_moves_nothing() -> None:
    assert placed_at((LOUD * 50, 1.0), (LOUD, 1.3), (LOUD, 2.0))[1:] == [
        Placed(32_000, 320, follows=True),
        Placed(32_000, 0, follows=True),
    ]


def test_nothing_is_placed_before_the_beginning() -> None:
    assert placed_at((LOUD, -0.005), (LOUD, 0.015)) == [Placed(0, 80, follows=False), Placed(240, 0, follows=True)]
    assert placed_at((LOUD, -1.0), (LOUD, 0.01)) == [Placed(0, 320, follows=False), Placed(160, 0, follows=False)]


@pytest.mark.parametrize("off_s", [IN_PAUSES_S + 0.002, -IN_PAUSES_S - 0.002])
def test_in_a_pause_smaller_errors_are_put_right(off_s: float) -> None:
    put_right = placed_at((FAINT, 1.0), (FAINT, 1.02 + off_s))[1]
    assert (put_right.start == 16_672) if off_s > 0 else (put_right.skipped == 320)
    for before, block in ((LOUD, FAINT), (FAINT, LOUD)):
        assert placed_at((before, 1.0), (block, 1.02 + off_s))[1].start == 16_320


def test_beside_zeros_time_that_was_not_told_of_is_silence() -> None:
    fades_out, fades_in = LOUD[:-32] + bytes(32), bytes(32) + LOUD[32:]
    off_s = BESIDE_ZEROS_S + 0.005
    for before, block in ((fades_out, fades_in), (LOUD, fades_in), (fades_out, LOUD)):
        assert placed_at((before, 1.0), (block, 1.02 + off_s))[1] == Placed(16_480, 0, follows=False)
        assert placed_at((before, 1.0), (block, 1.02 - off_s))[1].follows
    assert placed_at((LOUD, 1.0), (LOUD, 1.02 + off_s))[1].follows


@pytest.mark.parametrize("ppm", [-100, 100])
def test_an_hour_of_a_drifting_clock_is_never_off_by_more_than_is_borne(ppm: int) -> None:
    timeline, chance = Timeline(RATE), random.Random(4)
    seams, skipped, worst = 0, 0, 0.0
    for frame in range(180_000):
        at = frame * FRAME_S * (1 + ppm * 1e-6)
        placed = timeline.place(LOUD, at + chance.uniform(-0.003, 0.003))
        seams += not placed.follows
        skipped += placed.skipped
        if placed.skipped < 320:
            worst = max(worst, abs(placed.start / RATE - placed.skipped / RATE - at))
    assert worst <= BEARABLE_S + 0.005
    assert seams <= 11, "0.36 s of drift are put right at most every 36 ms"
    assert skipped <= 0.4 * RATE


@given(st.lists(st.tuples(st.sampled_from([LOUD, FAINT, ZEROS, LOUD[:2], LOUD * 7]), st.floats(-1, 5)), max_size=30))
def test_whatever_comes_nothing_overlaps_and_all_is_near_its_time(blocks: list[tuple[bytes, float]]) -> None:
    end = 0
    for (pcm, at), placed in zip(blocks, placed_at(*blocks), strict=True):
        count = len(pcm) // 2 - placed.skipped
        assert placed.start >= end
        assert count >= 0
        if count:
            assert -BEARABLE_S * RATE - 1 <= placed.start - placed.skipped - at * RATE <= HEAP_S * RATE + 1
            end = placed.start + count
