"""A model that owes words and says none: told once, then left, and not for ever."""

from __future__ import annotations

from math import inf

from livechat.silence import NOTICE_S, PATIENCE, Silence


def test_while_the_model_owes_nothing_nothing_is_due() -> None:
    silence = Silence(20.0)
    assert silence.deadline == inf
    assert silence.notice(1e9) is None
    assert not silence.over(1e9)


def test_a_silence_is_told_once_after_five_seconds_and_then_waits_for_its_end() -> None:
    silence = Silence(20.0)
    silence.since(100.0)
    assert silence.deadline == 100.0 + NOTICE_S
    assert silence.notice(104.9) is None
    assert silence.notice(105.0) == 5.0
    assert silence.notice(106.0) is None
    assert silence.deadline == 120.0
    assert not silence.over(119.9)
    assert silence.over(120.0)


def test_another_silence_is_news_again() -> None:
    silence = Silence(20.0)
    silence.since(100.0)
    assert silence.notice(107.0) == 7.0
    silence.since(108.0)
    assert silence.deadline == 113.0
    assert silence.notice(113.0) == 5.0


def test_so_many_connections_in_a_row_are_left_for_silence_and_no_more() -> None:
    silence = Silence(20.0)
    assert [silence.leave() for _ in range(PATIENCE + 1)] == [True] * PATIENCE + [False]


def test_an_answer_begins_the_count_anew() -> None:
    silence = Silence(20.0)
    assert all(silence.leave() for _ in range(PATIENCE))
    silence.broken()
    assert silence.leave()
