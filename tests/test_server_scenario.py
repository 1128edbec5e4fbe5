"""Claims about what a server can be told to be like."""

from __future__ import annotations

from livechat.server.scenario import UNLIMITED, Limits, Scenario


def test_production_is_what_nobody_asked_otherwise() -> None:
    plain = Scenario()
    assert (plain.limits.connection_s, plain.limits.audio_s, plain.limits.video_s) == (600, 900, 120)
    assert (plain.faults, plain.turns, plain.upgrade) == ((), (), None)


def test_time_is_scaled() -> None:
    assert Limits(time_scale=60).real(600) == 10
    assert Limits().real(600) == 600
    assert Limits(time_scale=60).real(None) is None


def test_a_server_without_limits_ends_nothing_by_itself() -> None:
    assert (UNLIMITED.connection_s, UNLIMITED.audio_s, UNLIMITED.video_s) == (None, None, None)
