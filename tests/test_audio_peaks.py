"""Claims about peaks: a meter shows the highest of the last moment, and neither what is past nor what is to come."""

from __future__ import annotations

from math import inf

import pytest

from livechat.audio.peaks import MOST, Peaks

LOUD, SOFT = b"\x00\x40\x00\x00" * 160, b"\x00\x04\x00\xfc" * 160


def test_the_highest_of_the_last_moment_is_shown() -> None:
    peaks = Peaks()
    peaks.add(SOFT, 16_000, 1.0)
    peaks.add(LOUD, 16_000, 1.02)
    assert peaks.read(1.03) == pytest.approx(-6.02, abs=0.01)


def test_what_is_past_is_forgotten_and_what_is_to_come_waits() -> None:
    peaks = Peaks()
    peaks.add(LOUD, 16_000, 1.0)
    peaks.add(SOFT, 16_000, 1.1)
    peaks.add(LOUD, 16_000, 1.2)
    assert peaks.read(1.15) == pytest.approx(-30.1, abs=0.01)
    assert peaks.read(1.2) == pytest.approx(-6.02, abs=0.01)
    assert peaks.read(9.0) == -inf


def test_the_lowest_sample_is_full_scale_and_silence_is_none() -> None:
    peaks = Peaks()
    peaks.add(b"\x00\x80", 16_000, 1.0)
    assert peaks.read(1.0) == 0.0
    quiet = Peaks()
    quiet.add(bytes(4), 16_000, 1.0)
    quiet.add(b"", 16_000, 1.0)
    assert quiet.read(1.0) == -inf


def test_where_nobody_looks_memory_does_not_grow() -> None:
    peaks = Peaks()
    for _ in range(MOST):
        peaks.add(LOUD, 16_000, 100.0)
    for _ in range(MOST):
        peaks.add(SOFT, 16_000, 100.0)
    assert peaks.read(100.0) < -20
