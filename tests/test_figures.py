"""What a conversation took, counted from its news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import (
    Answered,
    Ended,
    Event,
    FellSilent,
    GoingAway,
    Interrupted,
    ModelSaid,
    Noted,
    Reconnected,
    Reconnecting,
    SoundDropped,
    TurnEnded,
    UsageCounted,
)
from livechat.figures import Figures, Spread


def of(*news: Event) -> Figures:
    figures = Figures()
    for t, event in enumerate(news):
        figures(float(t), event)
    return figures


def turn(text: str = "", spoken_ms: int = 0) -> TurnEnded:
    return TurnEnded(1, "", text, False, spoken_ms)


def test_nothing_said_is_nothing_counted() -> None:
    figures = of(Noted("x"))
    assert (figures.turns, figures.interruptions, figures.ended_at) == (0, 0, 0.0)
    assert figures.answers is None
    assert figures.silences is None


def test_turns_count_in_which_the_model_said_something() -> None:
    assert of(turn(), turn("Hi."), turn(spoken_ms=20)).turns == 2


def test_a_turn_that_did_not_come_to_its_end_is_one_all_the_same() -> None:
    speaks = ModelSaid(2, "Well", spoken=True)
    assert of(turn("Hi."), speaks, speaks, Ended("left", 1, 0)).turns == 2
    assert of(speaks, turn("Well.")).turns == 1


def test_what_the_connection_cuts_off_is_no_interruption_and_counts_once_it_is_answered() -> None:
    gone = (Reconnecting("gone", 1, 8), Interrupted(1, 0, 0, "", ""), TurnEnded(1, "", "Hi", True, 20))
    figures = of(ModelSaid(1, "Hi", spoken=True), *gone)
    assert figures.turns == 1, "also where nothing is found again"
    figures = of(ModelSaid(1, "Hi", spoken=True), *gone, Reconnected("resumed"), ModelSaid(2, "Hi", True), turn("Hi."))
    assert (figures.interruptions, figures.turns, figures.reconnects, figures.lost_turns) == (0, 1, 1, 0)
    assert of(Reconnected("resumed"), Interrupted(1, 0, 0, "", "")).interruptions == 1


def test_a_lost_connection_counts_once_however_often_it_was_tried() -> None:
    tries = [Reconnecting("gone", attempt, 8) for attempt in (1, 2, 3)]
    figures = of(*tries, Reconnected("rebuilt", 2), *tries, Reconnected("lost", 3), *tries)
    assert (figures.reconnects, figures.lost_turns) == (2, 3)
    assert of(Reconnected("resumed", 2)).reconnects == 0


def test_a_connection_that_is_left_as_the_server_wishes_counts_too_and_excuses_no_interruption() -> None:
    figures = of(GoingAway(50.0), Interrupted(1, 0, 0, "", ""), Reconnected("resumed", 1), GoingAway(300.0))
    assert (figures.reconnects, figures.interruptions) == (1, 1)


def test_of_the_tokens_the_last_count_holds() -> None:
    assert of(UsageCounted(total=1), UsageCounted(total=3)).usage == UsageCounted(total=3)


def test_of_the_sound_that_was_not_sent_the_last_count_holds() -> None:
    assert of(SoundDropped(200), SoundDropped(1200)).unsent_ms == 1200


def test_a_session_that_does_not_tell_of_its_end_lasted_until_its_last_news() -> None:
    figures = of(Noted("x"), Noted("y"), Interrupted(1, 10, 0, "", ""))
    assert (figures.interruptions, figures.ended_at) == (1, 2.0)


def test_answers_and_silences_are_spread_apart() -> None:
    figures = of(*(Answered(1, after) for after in (500, 700, 600)), FellSilent(1, 9))
    assert figures.answers == Spread(3, 600, 700)
    assert figures.silences == Spread(1, 9, 9)


@pytest.mark.parametrize(("count", "p50", "p95"), [(1, 1, 1), (2, 1, 2), (20, 10, 19), (21, 11, 20), (100, 50, 95)])
def test_a_percentile_is_the_nearest_rank(count: int, p50: int, p95: int) -> None:
    assert Spread.of(range(1, count + 1)) == Spread(count, p50, p95)


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_a_percentile_is_one_of_the_times_and_half_are_no_longer(times: list[int]) -> None:
    spread = Spread.of(times)
    assert spread is not None
    assert spread.p50 in times
    assert 2 * sum(time <= spread.p50 for time in times) >= len(times)
    assert 100 * sum(time <= spread.p95 for time in times) >= 95 * len(times)
