"""How long a connection and its session may last."""

from __future__ import annotations

import pytest

from livechat.server.lifetime import Lifetime
from livechat.server.scenario import UNLIMITED, Limits

SHORT = Limits(connection_s=600, notice_s=50, audio_s=900, video_s=120)


def begun(limits: Limits = SHORT, *, now: float = 0.0, compressed: bool = False, lasted_s: float = 0.0) -> Lifetime:
    life = Lifetime(limits, now)
    life.begin(now, compressed=compressed, lasted_s=lasted_s)
    return life


def test_the_client_is_told_once_and_then_the_connection_ends() -> None:
    life = begun(now=100)
    assert life.deadline == 650
    assert life.notice(649) is None
    assert life.notice(650) == 50
    assert life.notice(651) is None
    assert life.deadline == 700
    assert not life.over(699.9)
    assert life.over(700)


def test_a_session_ends_a_quarter_of_an_hour_after_its_first_sound_and_two_minutes_after_its_first_picture() -> None:
    life = begun(Limits(connection_s=None))
    assert not life.deadline
    life.hear(100)
    life.hear(200)
    assert life.end == 1000
    life.see(300)
    life.see(310)
    assert (life.end, life.deadline) == (420, 370)


def test_a_limit_of_none_ends_no_session() -> None:
    life = begun(Limits(connection_s=None, audio_s=None))
    life.hear(1)
    assert life.end is None


def test_a_session_that_forgets_what_is_old_goes_on() -> None:
    life = begun(Limits(connection_s=None), compressed=True)
    life.hear(0)
    life.see(0)
    assert life.end is None
    assert life.notice(1e9) is None
    assert not life.over(1e9)


def test_time_before_this_connection_counts_for_the_session() -> None:
    life = Lifetime(Limits(connection_s=None), 1000)
    life.begin(1000, compressed=False, lasted_s=800, heard_s=20)
    assert life.end == 1000 - 800 + 20 + 900
    assert life.lasted_s(1050) == 850
    life.see(1050)
    assert (life.heard_s, life.seen_s) == (20, 850)


def test_an_end_that_comes_nearer_is_told_again() -> None:
    life = begun()
    assert life.notice(560) == 40
    life.shorten(300, 0)
    assert life.over(560)
    life = begun(Limits(connection_s=600, notice_s=50, video_s=30))
    assert life.notice(555) == 45
    life.see(560)
    assert life.notice(560) == 30
    assert life.over(590)


def test_an_end_that_somebody_wants_is_told_by_him() -> None:
    life = begun()
    life.shorten(5, 10)
    assert (life.end, life.deadline) == (15, 15)
    assert life.notice(11) is None


def test_time_can_be_scaled_and_what_is_told_is_real() -> None:
    life = begun(Limits(time_scale=60, connection_s=600, notice_s=60))
    assert life.end == 10
    assert life.notice(9) == pytest.approx(1)


def test_without_limits_nothing_ends() -> None:
    life = begun(UNLIMITED)
    life.hear(0)
    life.see(0)
    assert (life.end, life.deadline, life.notice(1e9)) == (None, None, None)
