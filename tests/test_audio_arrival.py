"""Claims about what is learned from arrivals. Time is in milliseconds: a sample is one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.arrival import LATEST_MS, MOST_MS, PAUSE_MS, SLACK_MS, WARY_MS, Arrivals

START = 60


def line() -> Arrivals:
    return Arrivals(1_000, START)


def heard(arrivals: Arrivals, times: list[int], *, length: int = 200, at: int = 0) -> int:
    """Lets the pieces of a turn arrive; the deadline it was given."""
    start = arrivals.begin(at)
    for time in times:
        arrivals.arrived(at + time, length)
    return start


def steady(wait: int, pieces: int = 20) -> list[int]:
    return [at * wait for at in range(pieces)]


def test_before_anything_is_known_the_deadline_is_the_given_one_and_long_waits_are_feared() -> None:
    arrivals = line()
    assert heard(arrivals, [0]) == START
    assert arrivals.thin(WARY_MS + SLACK_MS - 1, 0)
    assert not arrivals.thin(WARY_MS + SLACK_MS, 0)


def test_a_steady_line_needs_no_more_in_hand_than_a_piece_and_some_slack() -> None:
    arrivals = line()
    heard(arrivals, steady(200))
    assert arrivals.thin(200 + SLACK_MS - 1, 19 * 200)
    assert not arrivals.thin(200 + SLACK_MS, 19 * 200)
    assert not arrivals.thin(SLACK_MS, 20 * 200)


def test_a_stall_is_remembered_and_then_forgotten() -> None:
    arrivals = line()
    heard(arrivals, [*steady(200), 19 * 200 + 500])
    assert arrivals.thin(500, 19 * 200 + 500)
    assert not arrivals.thin(500 + 150 + SLACK_MS, 19 * 200 + 500)
    heard(arrivals, steady(200, 220), at=10_000)
    assert not arrivals.thin(200 + SLACK_MS, 10_000 + 219 * 200)


def test_a_line_that_is_overdue_is_thin_though_more_was_in_hand_than_usual() -> None:
    arrivals = line()
    heard(arrivals, steady(200))
    last = 19 * 200
    assert not arrivals.thin(250, last + 300)
    assert arrivals.thin(250, last + 301)
    assert not arrivals.thin(260, last + 301)


def test_the_deadline_follows_how_late_three_of_four_turns_were() -> None:
    late = [0, 320, 540, 760]  # the second 120 later than its turn, less a tenth of the first piece: 100
    arrivals = line()
    deadlines = [heard(arrivals, late, at=10_000 * turn) for turn in range(6)]
    assert deadlines == [START] * 4 + [100 + SLACK_MS // 2] * 2
    assert [heard(arrivals, steady(50), at=100_000 + 10_000 * turn) for turn in range(20)][-1] == START


def test_no_deadline_is_longer_than_the_longest() -> None:
    arrivals = line()
    assert [heard(arrivals, [0, 900], at=10_000 * turn) for turn in range(6)][-1] == LATEST_MS


def test_a_pause_teaches_nothing() -> None:
    arrivals = line()
    for turn in range(6):
        at = 20_000 * turn
        pause = [3_000 + time for time in steady(200)]
        assert heard(arrivals, [*steady(200, 5), *pause], at=at) == START
    assert not arrivals.thin(200 + SLACK_MS, 20_000 * 5 + 3_000 + 19 * 200)


def test_pieces_that_come_together_are_one_arrival() -> None:
    arrivals = line()
    heard(arrivals, [0, 0, *steady(200), *[3_800] * 100])
    assert not arrivals.thin(200 + SLACK_MS, 3_800)
    assert arrivals.thin(200 + SLACK_MS - 1, 3_800)


@given(st.lists(st.lists(st.integers(0, 2 * PAUSE_MS), max_size=30), max_size=30))
def test_whatever_comes_the_deadline_and_what_is_kept_in_hand_have_bounds(turns: list[list[int]]) -> None:
    arrivals, now = line(), 0
    for waits in turns:
        assert START <= arrivals.begin(now) <= LATEST_MS
        arrivals.arrived(now, 200)
        for wait in waits:
            now += wait
            arrivals.arrived(now, 200)
        assert not arrivals.thin(MOST_MS, now)
