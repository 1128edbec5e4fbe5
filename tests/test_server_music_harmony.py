"""Tests keys and chords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.music.harmony import (
    CHORDS_FROM,
    JAZZ,
    MAJOR,
    PROGRESSIONS,
    Key,
    chord_at,
    key_of,
    upwards,
    voiced,
)

tonics = st.integers(0, 11)
keys = st.builds(Key, tonics, st.booleans())


def test_c_major_and_a_minor_are_the_white_keys() -> None:
    white = {0, 2, 4, 5, 7, 9, 11}
    assert {key_of(0, 0.9, 1).pitch_class(degree) for degree in range(7)} == white
    assert {key_of(0, 0.1, 1).pitch_class(degree) for degree in range(7)} == white
    assert key_of(0, 0.1, 1) == Key(9, minor=True)


@given(tonics, st.floats(0, 1))
def test_the_scale_that_is_asked_for_is_kept_in_major_and_minor(tonic: int, light: float) -> None:
    key = key_of(tonic, light, 1)
    assert {key.pitch_class(degree) for degree in range(7)} == {(tonic + step) % 12 for step in MAJOR}


def test_the_seed_finds_a_key_where_none_is_asked_for() -> None:
    assert {key_of(None, 0.9, seed).tonic for seed in range(200)} == set(range(12))


@given(keys, st.integers(-7, 60))
def test_degrees_rise_without_end(key: Key, degree: int) -> None:
    assert key.pitch(degree + 7) == key.pitch(degree) + 12
    assert key.pitch(degree) < key.pitch(degree + 1)


@given(keys, st.integers(0, 127))
def test_the_nearest_degree_is_at_or_below(key: Key, pitch: int) -> None:
    degree = key.nearest(pitch)
    assert key.pitch(degree) <= max(pitch, key.tonic) < key.pitch(degree + 1)


@pytest.mark.parametrize("table", [PROGRESSIONS, JAZZ])
def test_no_chord_is_diminished(table: dict[bool, tuple[tuple[int, ...], ...]]) -> None:
    for minor, rows in table.items():
        key = Key(0, minor)
        degrees = {degree for row in rows for degree in row}
        fifths = {degree: key.pitch(degree + 4) - key.pitch(degree) for degree in degrees}
        diminished = {degree for degree, fifth in fifths.items() if fifth != 7}
        assert diminished <= {1}, "the half-diminished second of minor is jazz's own"
        assert not diminished or table is JAZZ


@given(keys, st.integers(0, 100), st.floats(0, 1), st.integers())
def test_chords_are_thirds_and_come_back_after_sixteen_bars(key: Key, number: int, sevenths: float, seed: int) -> None:
    chord = chord_at(key, number, sevenths, seed)
    assert [tone - chord[0] for tone in chord] == [0, 2, 4, 6][: len(chord)]
    assert len(chord) == (4 if sevenths >= 0.5 else 3)
    assert chord == chord_at(key, number + 16, sevenths, seed)


@given(keys, st.integers(0, 15))
def test_voices_lie_within_an_octave_and_above_the_bass(key: Key, number: int) -> None:
    pitches = voiced(key, chord_at(key, number, 1.0, 3))
    assert pitches[0] >= CHORDS_FROM
    assert pitches[-1] < CHORDS_FROM + 12
    assert {pitch % 12 for pitch in pitches} <= {key.pitch_class(degree) for degree in range(7)}


@given(st.integers(0, 100), tonics)
def test_upwards_is_the_first_of_its_class(lowest: int, pitch_class: int) -> None:
    found = upwards(lowest, pitch_class)
    assert lowest <= found < lowest + 12
    assert found % 12 == pitch_class
