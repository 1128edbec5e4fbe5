"""Claims about the jitter buffer: what goes in comes out, when it should, and without a click."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.jitter import START_MS, JitterBuffer
from tests.acoustics import median_pitch
from tests.acoustics import samples as numbers
from tests.arrival_traces import Played, Trace, clean_share, play, traces, voice

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


def test_where_it_runs_dry_the_last_sound_rings_on_and_dies_away() -> None:
    buffer = started(finished=False, samples=20)
    out = pulled(buffer, 90)
    assert out[:20] == [LOUD] * 20
    assert out[20:70] == [LOUD * left // 50 for left in range(49, -1, -1)]
    assert out[70:] == [0] * 20
    assert buffer.drained
    assert not buffer.idle
    assert (buffer.underruns, buffer.concealed_ms) == (0, 0)
    buffer.push(level(20), 1)
    assert (buffer.underruns, buffer.concealed_ms) == (1, 80)
    assert pulled(buffer, 6) == [*RISE, LOUD, LOUD]
    assert buffer.given == 26


def test_more_fades_in_over_the_ring() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 10)
    assert pulled(buffer, 6) == [LOUD] * 6
    buffer.push(level(20, 10_000), 1)
    assert pulled(buffer, 6) == [26_000, 22_000, 18_000, 14_000, 10_000, 10_000]
    assert (buffer.underruns, buffer.concealed_ms) == (1, 6)


def test_more_that_comes_just_when_it_runs_dry_follows_without_a_seam() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 10)
    assert buffer.drained
    buffer.push(level(20, 20_000), 1)
    assert pulled(buffer, 20) == [20_000] * 20
    assert (buffer.underruns, buffer.given) == (0, 40)


def test_the_end_of_a_turn_told_too_late_for_a_fade_rings_on_for_one() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 8)
    buffer.finish(1)
    assert pulled(buffer, 8) == [24_000, 18_000, 14_400, 10_800, 7_200, 3_600, 0, 0]
    assert buffer.idle
    assert buffer.given == 20


def test_a_flush_in_the_ring_of_an_end_lets_it_end() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 9)
    buffer.finish(1)
    pulled(buffer, 3)
    buffer.flush()
    assert pulled(buffer, 4) == [9_600, 4_800, 0, 0]
    assert buffer.idle


def test_a_flush_in_the_ring_of_a_gap_fades_it() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 14)
    buffer.flush()
    assert pulled(buffer, 6) == [*FALL, 0]
    assert buffer.idle
    assert buffer.underruns == 0


def test_a_flush_just_when_it_ran_dry_fades_what_was_last() -> None:
    buffer = started(finished=False, samples=12)
    pulled(buffer, 1)
    buffer.flush()
    assert pulled(buffer, 6) == [*FALL, 0]
    assert buffer.played == {1: 11}


def test_a_flush_where_sound_fades_in_over_a_ring_fades_both() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 15)
    buffer.push(level(20), 1)
    assert pulled(buffer, 2) == [LOUD] * 2
    buffer.flush()
    assert pulled(buffer, 6) == [*FALL, 0]
    assert buffer.given == 22


def test_a_turn_ends_under_the_rest_of_a_ring() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 15)
    buffer.push(level(1), 1)
    buffer.finish(1)
    assert not buffer.idle
    pulled(buffer, 1)
    assert not buffer.idle
    pulled(buffer, 9)
    assert buffer.idle


def test_what_runs_dry_while_it_fades_in_rings_on_no_louder() -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    buffer.push(level(2), 1)
    out = pulled(buffer, 12)
    assert out[:2] == RISE[:2]
    assert out[2:] == [RISE[1]] * 10


def test_a_pause_after_the_end_of_a_turn_is_no_gap() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 100)
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
    assert buffer.depth_ms == 0
    assert not buffer.idle
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
def test_whatever_happens_no_gain_moves_faster_than_a_fade(steps: list[tuple[str, int, int]], start_ms: int) -> None:
    """Of crumbs shorter than a fade two can move at once, and the ring of a gap falls a little for itself."""
    out, _ = run(JitterBuffer(RATE, start_ms), steps, LOUD)
    assert max(abs(after - before) for before, after in pairwise([0, *out])) <= 2 * LOUD // 5 + LOUD // 50 + 2


Piece = st.tuples(st.just("push"), st.integers(10, 40), st.integers(1, 3))


@given(st.lists(st.one_of(Piece, Step.filter(lambda step: step[0] in ("pull", "finish"))), max_size=40))
def test_pieces_longer_than_a_fade_never_move_faster(steps: list[tuple[str, int, int]]) -> None:
    out, _ = run(JitterBuffer(RATE, start_ms=0), steps, LOUD)
    assert max(abs(after - before) for before, after in pairwise([0, *out])) <= LOUD // 5 + LOUD // 50 + 2


def test_more_crumbs_in_a_gap_add_to_what_still_rings() -> None:
    buffer = started(finished=False, samples=20)
    pulled(buffer, 15)
    heard: list[int] = []
    for _ in range(3):
        buffer.push(level(1), 1)
        heard += pulled(buffer, 2)
    assert max(abs(after - before) for before, after in pairwise([LOUD, *heard])) <= 3 * LOUD // 10


def test_another_turn_waits_until_the_rest_of_a_ring_is_over() -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    buffer.push(level(10), 1)
    pulled(buffer, 11)
    buffer.push(level(1), 1)
    buffer.push(level(20, -LOUD), 2)
    out = pulled(buffer, 20)
    assert max(abs(after - before) for before, after in pairwise([LOUD, *out])) <= LOUD // 5
    assert -LOUD in out


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
def test_order_is_kept_and_what_is_made_up_is_not_counted(steps: list[tuple[str, int, int]]) -> None:
    """Every sample has a number of its own, which it bears when it is counted, or a part of it in a fade."""
    buffer = JitterBuffer(RATE, start_ms=0)
    number, whole = 10_000, 0
    for verb, amount, turn in [*steps, ("pull", 2_000, 0)]:
        if verb == "push":
            buffer.push(pcm(*range(number, number + amount)), turn)
            number += amount
        elif verb == "finish":
            buffer.finish(turn)
        else:
            for _ in range(amount):
                before = buffer.given
                (sample,) = pulled(buffer, 1)
                if buffer.given > before:
                    assert sample <= 10_000 + before
                    whole += sample == 10_000 + before
    assert buffer.given == number - 10_000
    assert whole >= buffer.given - 10 * (len(steps) + 1)


@given(st.lists(Step, max_size=30))
def test_a_flush_leaves_five_milliseconds_at_most(steps: list[tuple[str, int, int]]) -> None:
    buffer = JitterBuffer(RATE, start_ms=0)
    run(buffer, steps, LOUD)
    buffer.push(level(200), 9)
    pulled(buffer, 50)
    buffer.flush()
    assert buffer.depth_ms == 0
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


# ------------------------------------------------------------------------------------------------------ thin lines

REAL = 24_000


def buzz(hertz: float, seconds: int = 6) -> bytes:
    """A steady tone with harmonics."""
    return pcm(
        *(
            int(sum(7_000 * math.sin(2 * math.pi * hertz * harmonic * at / REAL) / harmonic for harmonic in (1, 2, 3)))
            for at in range(seconds * REAL)
        )
    )


def thin(buffer: JitterBuffer, sound: bytes, *, block: int = 240) -> tuple[bytes, bytes]:
    """Lets 200 ms at a time arrive more slowly than they sound: what came out, and the blocks that were counted."""
    out, counted, at = list[bytes](), list[bytes](), 0
    for now in range(0, int(len(sound) / 1.76) + REAL // 5, block):
        while at < len(sound) and at / 1.76 <= now:
            buffer.push(sound[at : at + 9_600], 1)
            at += 9_600
        before = buffer.given
        out.append(buffer.pull(block))
        counted += [out[-1]] if buffer.given == before + block else []
    return b"".join(out), b"".join(counted)


@pytest.mark.parametrize("hertz", [75, 110, 163.3, 220, 311.7])
def test_speech_that_comes_too_slowly_is_stretched_at_its_own_pitch_and_without_clicks(hertz: float) -> None:
    sound, buffer = buzz(hertz), JitterBuffer(REAL)
    out, _ = thin(buffer, sound)
    assert (buffer.underruns, buffer.concealed_ms) == (0, 0)
    assert 600 < buffer.stretched_ms <= 0.15 * 6_000
    assert buffer.played == {1: 6 * REAL}
    heard = numbers(out)[REAL // 5 : 5 * REAL]
    assert median_pitch(heard, REAL) == pytest.approx(median_pitch(numbers(sound), REAL), rel=0.01)
    assert abs(heard[1:] - heard[:-1]).max() <= 1.03 * abs(numbers(sound)[1:] - numbers(sound)[:-1]).max()


def test_what_was_sent_comes_out_bit_for_bit_though_it_is_stretched() -> None:
    sound, buffer = voice(2 * REAL, REAL), JitterBuffer(REAL)
    _, counted = thin(buffer, sound, block=1)
    assert buffer.stretched_ms > 200
    assert buffer.underruns == 0
    assert counted[240:] == sound[240:]


def test_a_turn_that_is_complete_is_not_stretched() -> None:
    buffer = JitterBuffer(REAL)
    sound = voice(REAL, REAL)
    buffer.push(sound, 1)
    buffer.finish(1)
    buffer.pull(2 * REAL)
    assert buffer.stretched_ms == 0


def test_a_turn_with_another_behind_it_is_not_stretched() -> None:
    buffer = JitterBuffer(REAL, start_ms=0)
    sound = voice(REAL, REAL)
    buffer.push(sound[:14_400], 1)
    buffer.push(sound[:4_800], 2)
    buffer.finish(2)
    buffer.pull(9_600)
    assert buffer.stretched_ms == 0


def test_a_flush_drops_the_period_that_was_to_be_inserted() -> None:
    for pull in range(1_200, 4_800, 50):
        buffer = JitterBuffer(REAL, start_ms=0)
        buffer.push(voice(6_000, REAL), 1)
        buffer.pull(pull)
        buffer.flush()
        buffer.pull(120)
        assert buffer.pull(1_000) == bytes(2_000)
        assert buffer.idle
        assert buffer.given + round(buffer.stretched_ms * 24) == pull


def test_the_deadline_is_learned_unless_it_is_chosen() -> None:
    found = traces("Wi-Fi 1.0x", 12, 1)
    learned, chosen = play(found, 2_000), play(found, 2_000, JitterBuffer(2_000, START_MS))
    assert learned[0].start_ms == START_MS
    assert learned[-1].start_ms > 2 * START_MS
    assert {turn.start_ms for turn in chosen} == {START_MS}


def share(played: list[Played]) -> float:
    return mean(turn.gap_ms == 0 for turn in played)


def found(name: str, turns: int) -> list[list[Trace]]:
    return [traces(name, turns, seed) for seed in (11, 12)]


@pytest.mark.parametrize("name", ["1.0x steady", "1.5x steady", "4x steady"])
def test_on_steady_lines_no_turn_has_a_gap_and_little_is_stretched(name: str) -> None:
    for turns in found(name, 15):
        played = play(turns, 2_000)
        assert share(played) == 1
        assert median(turn.start_ms for turn in played) == START_MS
        assert mean(turn.stretched_ms for turn in played) < 200


@pytest.mark.parametrize(("name", "turns"), [("slow start", 15), ("Wi-Fi 2x", 100), ("Wi-Fi 1.0x", 20)])
def test_on_lines_that_fail_it_does_better_than_a_fixed_deadline_of_the_same_median_delay(
    name: str, turns: int
) -> None:
    """A fixed deadline is given the exact times, the buffer the pull after each."""
    all_turns, played = list[Trace](), list[Played]()
    for one in found(name, turns):
        all_turns += one
        played += play(one, 2_000)
    assert share(played) > clean_share(all_turns, median(turn.start_ms for turn in played))
