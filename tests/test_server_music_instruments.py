"""Tests the instruments and drums."""

from __future__ import annotations

import numpy as np
import pytest

from livechat.server.music.drums import DRUMS
from livechat.server.music.instruments import DRUM_PEAKS, RATE, TIMBRES, drum
from tests.music_help import energy_in


@pytest.mark.parametrize("name", TIMBRES)
def test_an_instrument_has_a_body_and_fades_when_let_go(name: str) -> None:
    timbre = TIMBRES[name]
    assert timbre.body[0] == 1, "the fundamental leads, or the pitch would be another's"
    assert 0.002 <= timbre.attack_s <= 0.6, "a shorter attack would click"
    assert 0.03 <= timbre.release_s <= 1
    assert 0 <= timbre.sustain <= 1
    assert 0 <= timbre.reverb < 1


@pytest.mark.parametrize("name", DRUMS)
def test_a_stroke_begins_and_ends_in_silence(name: str) -> None:
    stroke = drum(name)
    assert stroke.dtype == np.float32
    assert np.max(np.abs(stroke)) == pytest.approx(DRUM_PEAKS[name])
    assert abs(stroke[0]) < 0.01
    assert np.max(np.abs(stroke[-48:])) < 0.03 * DRUM_PEAKS[name]
    assert np.array_equal(stroke, drum(name))


@pytest.mark.parametrize(("name", "low", "high"), [("kick", 30, 200), ("tom", 60, 250), ("rim", 600, 6_000)])
def test_a_drum_with_a_pitch_is_where_it_belongs(name: str, low: float, high: float) -> None:
    stroke = drum(name).astype(np.float64)
    assert energy_in(stroke, low, high) > 0.8 * energy_in(stroke, 0, RATE)


@pytest.mark.parametrize("name", ["hat", "open hat", "ride", "shaker"])
def test_cymbals_hiss(name: str) -> None:
    stroke = drum(name).astype(np.float64)
    assert energy_in(stroke, 5_000, RATE) > 0.75 * energy_in(stroke, 0, RATE)
