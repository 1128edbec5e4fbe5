"""What a machine's two clocks say of the time that it was suspended."""

from __future__ import annotations

import time

import pytest

from livechat.suspension import suspended


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system does not say")
def test_it_is_what_the_one_clock_counts_and_the_other_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert suspended() == pytest.approx(suspended(), abs=0.5)
    clocks = {time.CLOCK_BOOTTIME: 130.0, time.CLOCK_MONOTONIC: 100.0}
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    assert suspended() == 30.0


def test_where_nobody_says_there_was_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert suspended() == 0.0
