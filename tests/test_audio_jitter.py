"""Claims about the jitter buffer: what goes in comes out, when it should, and without a click."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.jitter import JitterBuffer

RATE = 1_000
"""Hz: a sample is a millisecond, a fade five samples, the start deadline sixty."""
LOUD = 30_000


def pcm(*samples: int) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)


def level(samples: int, value: int = LOUD) -> bytes:
    return pcm(*[value] * samples)


def pulled(buffer: JitterBuffer, samples: int) -> list[int]:
    out = buffer.pull(samples)
    assert len(out) == 2 * samples
    return list(struct.unpack(f"<{samples}h", out))


def started(*, finished: bool = True, samples: int = 100) -> JitterBuffer:
    """A buffer in the middle of a turn, at full gain."""
    buffer = JitterBuffer(RATE)
    buffer.push(level(samples), 1)
    if finished:
        buffer.finish(1)
    else:
        pulled(buffer, 60)
    pulled(buffer, 10)
    return buffer


RISE = [LOUD * step // 5 for step in (1, 2, 3, 4)]
FALL = [LOUD * step // 5 for step in (4, 3, 2, 1, 0)]


def test_silence_comes_out_where_nothing_went_in() -> None:
    buffer = JitterBuffer(RATE)
    assert pulled(buffer, 30) == [0] * 30
    assert buffer.pull(0) == b""
    assert buffer.drained
    assert buffer.idle
    assert (buffer.depth_ms, buffer.underruns) == (0, 0)


def test_sound_starts_at_a_deadline_after_its_first_piece_however_much_is_there() -> None:
    for samples in (1, 500):
        buffer = JitterBuffer(RATE)
        pulled(buffer, 100)
        buffer.push(level(samples), 1)
        pulled(buffer, 30)
        buffer.push(level(500), 1)
        assert pulled(buffer, 30) == [0] * 30
        assert pulled(buffer, 1) != [0]


def test_the_deadline_can_be_chosen() -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    buffer.push(level(100), 1)
    assert pulled(buffer, 1) == [RISE[0]]


def test_a_turn_that_is_complete_need_not_wait() -> None:
    buffer = JitterBuffer(RATE)
    buffer.push(level(12), 1)
    buffer.finish(2)
    assert pulled(buffer, 5) == [0] * 5
    buffer.finish(1)
    assert buffer.depth_ms == 12
    assert pulled(buffer, 13) == [*RISE, *[LOUD] * 3, *FALL, 0]
    assert buffer.drained
    assert buffer.idle


def test_a_turn_shorter_than_its_fades_is_played_as_loud_as_they_allow() -> None:
    buffer = JitterBuffer(RATE)
    buffer.push(level(4), 1)
    buffer.finish(1)
    assert pulled(buffer, 5) == [RISE[0], RISE[1], RISE[0], 0, 0]


def test_running_dry_fades_out_and_more_fades_in_at_once() -> None:
    buffer = started(finished=False, samples=20)
    assert pulled(buffer, 15)[5:] == [*FALL, *[0] * 5]
    assert buffer.drained
    assert not buffer.idle
    assert (buffer.underruns, buffer.concealed_ms) == (0, 0)
    buffer.push(level(20), 1)
    assert (buffer.underruns, buffer.concealed_ms) == (1, 5)
    assert pulled(buffer, 6) == [*RISE, LOUD, LOUD]


def test_a_pause_after_the_end_of_a_turn_is_no_gap() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 40)
    buffer.finish(1)
    assert buffer.idle
    buffer.push(level(20), 2)
    assert pulled(buffer, 60) == [0] * 60
    assert pulled(buffer, 1) == [RISE[0]]
    assert (buffer.underruns, buffer.concealed_ms) == (0, 0)


def test_more_of_a_turn_that_was_called_complete_is_played_all_the_same() -> None:
    buffer = started(samples=20)
    pulled(buffer, 20)
    buffer.push(level(20), 1)
    assert any(pulled(buffer, 61))
    assert buffer.underruns == 0


def test_where_two_turns_meet_one_fades_out_and_the_next_fades_in() -> None:
    buffer = started(samples=20)
    buffer.push(level(20, -LOUD), 2)
    buffer.finish(2)
    out = pulled(buffer, 30)
    assert out[5:15] == [*FALL, *(-step for step in RISE), -LOUD]
    assert buffer.played == {1: 20, 2: 20}
    assert buffer.given == 40


def test_a_later_turn_waits_for_its_own_deadline_only() -> None:
    buffer = started(finished=False, samples=100)
    buffer.push(level(20, -LOUD), 2)
    assert -LOUD in pulled(buffer, 200)
    assert buffer.underruns == 0


def test_a_flush_fades_out_in_five_milliseconds_and_leaves_nothing() -> None:
    buffer = started()
    buffer.push(level(50), 2)
    buffer.flush()
    assert buffer.depth_ms == 5
    assert pulled(buffer, 20) == [*FALL, *[0] * 15]
    assert buffer.idle
    assert buffer.played == {1: 10}
    assert buffer.given == 10


def test_a_flush_before_the_start_is_silence() -> None:
    buffer = JitterBuffer(RATE)
    buffer.push(level(50), 1)
    pulled(buffer, 20)
    buffer.flush()
    assert buffer.idle
    assert pulled(buffer, 100) == [0] * 100
    buffer.flush()
    assert buffer.idle


def test_a_flush_in_the_last_fade_lets_it_end() -> None:
    buffer = started(samples=20)
    pulled(buffer, 7)
    buffer.flush()
    assert pulled(buffer, 4) == [*FALL[2:], 0]


def test_a_new_turn_after_a_flush_is_a_new_start() -> None:
    buffer = started()
    buffer.flush()
    buffer.push(level(50, -LOUD), 1)
    out = pulled(buffer, 61)
    assert out[:60] == [*FALL, *[0] * 55]
    assert out[60] == -RISE[0]


def test_a_sample_may_come_in_two_halves() -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    whole = pcm(*range(1_000, 1_040))
    buffer.push(whole[:1], 1)
    assert buffer.drained
    assert pulled(buffer, 3) == [0] * 3
    buffer.push(whole[1:33], 1)
    buffer.push(whole[33:], 1)
    assert buffer.depth_ms == 40
    assert buffer.underruns == 0
    assert pulled(buffer, 40)[5:-5] == list(range(1_005, 1_035))


def test_at_full_gain_sound_passes_bit_for_bit() -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    samples = [-32768, 32767, -1, 1, 0] * 40
    buffer.push(pcm(*samples), 1)
    out = [sample for size in (3, 50, 1, 100) for sample in pulled(buffer, size)]
    assert out[5:] == samples[5:154]


Step = st.one_of(
    st.tuples(st.just("push"), st.integers(0, 40), st.integers(1, 3)),
    st.tuples(st.just("pull"), st.integers(0, 40), st.just(0)),
    st.tuples(st.just("finish"), st.just(0), st.integers(1, 3)),
    st.tuples(st.just("flush"), st.just(0), st.just(0)),
)


def run(buffer: JitterBuffer, steps: list[tuple[str, int, int]], sample: int) -> tuple[list[int], dict[int, int]]:
    """What came out, and how much of each turn went in."""
    out: list[int] = []
    pushed: dict[int, int] = {}
    for verb, amount, turn in [*steps, ("pull", 300, 0), ("pull", 300, 0)]:
        if verb == "push":
            buffer.push(level(amount, sample if turn % 2 else -sample), turn)
            pushed[turn] = pushed.get(turn, 0) + amount
        elif verb == "pull":
            out += pulled(buffer, amount)
        elif verb == "finish":
            buffer.finish(turn)
        else:
            buffer.flush()
    return out, pushed


@given(st.lists(Step, max_size=40), st.sampled_from([0, 60]))
def test_whatever_happens_gain_moves_no_faster_than_a_fade(steps: list[tuple[str, int, int]], start_ms: int) -> None:
    out, _ = run(JitterBuffer(RATE, start_ms), steps, LOUD)
    assert max(abs(after - before) for before, after in pairwise([0, *out])) <= LOUD // 5


@given(st.lists(Step.filter(lambda step: step[0] != "flush"), max_size=40), st.sampled_from([0, 60]))
def test_without_a_flush_every_sample_that_goes_in_comes_out_once(
    steps: list[tuple[str, int, int]], start_ms: int
) -> None:
    buffer = JitterBuffer(RATE, start_ms)
    _, pushed = run(buffer, steps, LOUD)
    assert buffer.played == {turn: count for turn, count in pushed.items() if count}
    assert buffer.given == sum(pushed.values())
    assert buffer.drained
    assert buffer.depth_ms == 0


@given(st.lists(Step.filter(lambda step: step[0] != "flush"), max_size=40))
def test_order_is_kept(steps: list[tuple[str, int, int]]) -> None:
    """Every sample has a number of its own, and what comes out at full gain bears them in order."""
    buffer = JitterBuffer(RATE, start_ms=0)
    number, out = 10_000, list[int]()
    for verb, amount, turn in [*steps, ("pull", 2_000, 0)]:
        if verb == "push":
            buffer.push(pcm(*range(number, number + amount)), turn)
            number += amount
        elif verb == "pull":
            out += pulled(buffer, amount)
        else:
            buffer.finish(turn)
    unshaped = [sample for sample in out if sample >= 10_000]
    assert unshaped == sorted(set(unshaped))


@given(st.lists(Step, max_size=30))
def test_a_flush_leaves_five_milliseconds_at_most(steps: list[tuple[str, int, int]]) -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    run(buffer, steps, LOUD)
    buffer.push(level(200), 9)
    pulled(buffer, 50)
    buffer.flush()
    assert buffer.depth_ms <= 5
    pulled(buffer, 5)
    assert pulled(buffer, 50) == [0] * 50
    assert buffer.idle


@pytest.mark.parametrize("size", [1, 7, 64, 480, 5_000])
def test_portions_do_not_matter(size: int) -> None:
    samples = [(at * 7919) % 20_000 - 10_000 for at in range(2_000)]
    one, many = JitterBuffer(), JitterBuffer()
    for buffer in (one, many):
        buffer.push(pcm(*samples[:700]), 1)
        buffer.push(pcm(*samples[700:]), 1)
    portions = [sample for _ in range(0, 5_000, size) for sample in pulled(many, size)]
    assert portions[:5_000] == pulled(one, 5_000)
