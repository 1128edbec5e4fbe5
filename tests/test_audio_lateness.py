"""Claims about the times of a microphone that is not believed: an echo never comes before its cause."""

from __future__ import annotations

import pytest

from livechat.audio.lateness import BELIEVED_S, Lateness
from livechat.audio.reference import EARLY_MS


def test_a_microphone_that_is_hardly_late_is_believed() -> None:
    lateness = Lateness(0.02)
    for number in range(200):
        at = 100 + number / 50
        assert lateness.corrected(at, at + 0.005 + 0.015 * (number % 7) / 7) == at


def test_one_that_says_that_it_is_half_a_second_late_is_not() -> None:
    lateness = Lateness(0.02)
    for number in range(200):
        at = 100 + number / 50
        assert lateness.corrected(at, at + 0.47) == pytest.approx(at + 0.45)


def test_a_busy_loop_changes_nothing() -> None:
    lateness = Lateness(0.02)
    for number in range(200):
        at = 100 + number / 50
        assert lateness.corrected(at, at + (0.3 if number % 50 > 30 else 0.01)) == at


def test_one_that_thinks_better_of_it_is_believed_at_once_and_nothing_jumps() -> None:
    lateness, before = Lateness(0.02), 99.96
    for number in range(200):
        now = 100 + number / 50
        corrected = lateness.corrected(now - max(0.01, 0.47 - number / 100), now)
        assert corrected - before == pytest.approx(0.02, abs=0.0101)
        before = corrected
    assert before == pytest.approx(100 + 199 / 50 - 0.01)


def test_what_is_still_believed_is_no_more_than_the_reference_is_early() -> None:
    assert BELIEVED_S * 1_000 <= EARLY_MS
