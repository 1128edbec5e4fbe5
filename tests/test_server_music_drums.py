"""Tests the drum patterns."""

from __future__ import annotations

from itertools import pairwise

import pytest

from livechat.server.music.drums import BEATS, DRUMS, strokes

LEVELS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


@pytest.mark.parametrize("beat", BEATS)
def test_a_row_has_sixteen_steps_of_a_drum_that_is_there(beat: str) -> None:
    for drum, row in BEATS[beat].items():
        assert drum in DRUMS
        assert len(row) == 16
        assert set(row) <= set(".0123456789")


@pytest.mark.parametrize("beat", BEATS)
def test_a_denser_bar_has_every_stroke_of_a_sparser_one(beat: str) -> None:
    bars = [{(note.voice, note.start) for note in strokes(beat, density, 1, 7)} for density in LEVELS]
    assert all(sparser <= denser for sparser, denser in pairwise(bars))
    assert len(bars[-1]) > len(bars[0])


def test_house_has_its_four_to_the_floor_even_when_sparse() -> None:
    assert [note.start for note in strokes("four", 0.0, 1, 0)] == [0, 1, 2, 3]


def test_no_beat_keeps_silent_until_much_is_going_on() -> None:
    assert not list(strokes("none", 0.7, 1, 0))
    assert list(strokes("none", 1.0, 1, 0))


def test_toms_fill_the_last_bar_of_eight() -> None:
    assert not any(note.voice == "tom" for note in strokes("four", 1.0, 1, 6))
    assert any(note.voice == "tom" for note in strokes("four", 1.0, 1, 7))


@pytest.mark.parametrize("beat", BEATS)
def test_no_stroke_is_louder_than_full(beat: str) -> None:
    assert all(0 < note.velocity <= 1 for number in range(8) for note in strokes(beat, 1.0, number, number))
