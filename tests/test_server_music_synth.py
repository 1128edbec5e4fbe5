"""Tests the synthesizer by what is heard: levels, seams, tempo, pitch, who is silent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from livechat.server.music.drums import DRUMS
from livechat.server.music.harmony import MAJOR
from livechat.server.music.instruments import TIMBRES
from livechat.server.music.score import Bar, Note, Settings
from livechat.server.music.synth import Synth
from tests.music_help import (
    RATE,
    centre,
    energy_in,
    measured_bpm,
    onset_count,
    pitch_classes,
    played,
    wave,
)

TEXTS = ["minimal techno", "jazz", "ambient", "rock", "bossa nova", "drum and bass", "orchestral"]


def one(voice: str, pitch: int = 69, *, length: float = 2.0, velocity: float = 0.6, pan: float = 0.0) -> Note:
    return Note(voice, pitch, 0.0, length, velocity, pan)


def bar(*notes: Note, bpm: float = 120.0, brightness: float = 0.5, number: int = 0) -> Bar:
    return Bar(number, bpm, brightness, notes)


@pytest.mark.parametrize("text", TEXTS)
def test_music_is_neither_too_loud_nor_too_soft_and_has_no_seams(text: str) -> None:
    take = played(text)
    assert np.max(np.abs(take.stereo)) < 0.999
    assert -24 < take.level < -11
    steps = np.abs(np.diff(take.stereo, axis=0)).max(axis=1)
    at_joints = max(steps[joint - 1] for joint in take.joints)
    assert at_joints < max(np.quantile(steps, 0.99), 0.02), "between two bars it moves no more than within"


def test_loud_music_is_bent_and_not_cut() -> None:
    loud = wave(Synth().render(bar(*[one("synth", pitch, velocity=1.0) for pitch in range(48, 84)])))
    assert 0.9 < np.max(np.abs(loud)) < 0.999
    assert np.sum(np.abs(loud) > 0.998) == 0


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_made_much_faster_than_it_is_played(text: str) -> None:
    assert played(text, 10, Settings(density=1.0)).speed > 20


@pytest.mark.parametrize("bpm", [60, 97, 128, 133, 174, 200])
def test_a_bar_lasts_four_beats_to_the_sample(bpm: int) -> None:
    synth = Synth()
    frames = [len(synth.render(bar(bpm=bpm))) // 4 for _ in range(50)]
    assert abs(sum(frames) - 50 * 4 * 60 / bpm * RATE) <= 1
    assert max(frames) - min(frames) <= 1


@pytest.mark.parametrize(("text", "bpm"), [("techno", 97), ("rock", 128), ("jazz", 133), ("piano", 72), ("samba", 180)])
def test_the_tempo_that_is_heard_is_the_one_asked_for(text: str, bpm: int) -> None:
    take = played(text, 16, Settings(bpm=bpm, density=0.7))
    assert measured_bpm(take.mono, bpm) == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("text", ["techno", "jazz", "rock"])
def test_a_muted_bass_is_not_heard(text: str) -> None:
    low = {
        muted: energy_in(played(text, 8, Settings(mute_drums=True, mute_bass=muted)).mono, 20, 150)
        for muted in (True, False)
    }
    assert low[True] < 0.01 * low[False]


def test_a_muted_bass_also_takes_the_weight_out_of_the_drums() -> None:
    low = {muted: energy_in(played("techno", 8, Settings(mute_bass=muted)).mono, 20, 150) for muted in (True, False)}
    assert low[True] < 0.2 * low[False]


@pytest.mark.parametrize("text", ["techno", "jazz", "rock"])
def test_muted_drums_do_not_hiss(text: str) -> None:
    high = {
        muted: energy_in(played(text, 8, Settings(mute_drums=muted)).mono, 9_000, 20_000) for muted in (True, False)
    }
    assert high[True] < 0.25 * high[False]


def test_bass_and_drums_alone_leave_the_middle_empty() -> None:
    middle = {
        only: energy_in(played("orchestral", 8, Settings(only_bass_and_drums=only)).mono, 400, 2_000)
        for only in (True, False)
    }
    assert middle[True] < 0.1 * middle[False]


@pytest.mark.parametrize("text", ["techno", "piano", "rock"])
def test_density_is_heard_as_onsets(text: str) -> None:
    counts = [onset_count(played(text, 16, Settings(bpm=100, density=density)).mono) for density in (0.0, 0.4, 0.9)]
    assert all(later > 1.2 * earlier for earlier, later in pairwise(counts)), counts


@pytest.mark.parametrize("text", ["piano", "synthwave", "orchestral", "jazz"])
@pytest.mark.parametrize("tonic", [0, 5, 8])
def test_the_strongest_pitches_are_those_of_the_scale(text: str, tonic: int) -> None:
    strength = pitch_classes(played(text, 12, Settings(tonic=tonic, mute_drums=True)).mono)
    scale = {(tonic + step) % 12 for step in MAJOR}
    assert set(np.argsort(strength)[-5:].tolist()) <= scale
    assert sum(strength[list(scale)]) > 0.9


def test_brightness_is_heard() -> None:
    centres = [
        centre(played("piano", 8, Settings(mute_drums=True, brightness=light)).mono) for light in (0.0, 0.5, 1.0)
    ]
    assert all(later > 1.15 * earlier for earlier, later in pairwise(centres)), centres


@pytest.mark.parametrize("voice", TIMBRES)
def test_an_instrument_is_in_tune(voice: str) -> None:
    pitch = 45 if "bass" in voice else 69
    sound = wave(Synth().render(bar(one(voice, pitch, length=4.0)))).mean(axis=1)
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    near = np.flatnonzero(np.abs(np.fft.rfftfreq(1 << 18, 1 / RATE) / hertz - 1) < 0.06)
    found = near[np.argmax(power[near])] * RATE / (1 << 18)
    assert found == pytest.approx(hertz, rel=0.006)


@pytest.mark.parametrize("voice", [*TIMBRES, *DRUMS])
def test_every_voice_is_heard_and_stands_where_it_is_put(voice: str) -> None:
    loudness = [
        np.sqrt(np.mean(wave(Synth().render(bar(one(voice, pan=pan)))) ** 2, axis=0)) for pan in (-0.8, 0.0, 0.8)
    ]
    assert all(np.max(sides) > 0.0015 for sides in loudness)
    assert loudness[0][0] > 1.5 * loudness[0][1]
    assert 0.6 < loudness[1][0] / loudness[1][1] < 1.6, "the room is not the same on both sides"
    assert loudness[2][1] > 1.5 * loudness[2][0]


def test_what_rings_is_heard_in_the_next_bar_and_comes_to_an_end() -> None:
    synth = Synth()
    synth.render(bar(Note("bells", 72, 3.5, 4.0, 0.8)))
    levels = [float(np.max(np.abs(wave(synth.render(bar(number=number)))))) for number in range(1, 6)]
    assert levels[0] > 0.02
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0


def test_the_room_answers_beyond_the_end_of_a_bar() -> None:
    synth = Synth()
    synth.render(bar(Note("mallet", 72, 3.9, 0.05, 1.0), bpm=200))
    after = wave(synth.render(bar(bpm=200)))[round(0.4 * RATE) :]
    assert np.max(np.abs(after)) > 0.002, "the note itself is over by then"


def test_a_bar_of_rests_is_silence() -> None:
    assert not any(Synth().render(bar()))


def test_a_note_may_be_longer_than_many_bars() -> None:
    synth = Synth()
    synth.render(bar(one("pad", length=1e9), bpm=200))
    levels = [float(np.max(np.abs(wave(synth.render(bar(bpm=200)))))) for _ in range(16)]
    assert levels[5] > 0.01
    assert levels[-1] == 0


def test_the_same_bars_make_the_same_sound() -> None:
    assert np.array_equal(played("jazz", 6).stereo, played("jazz", 6).stereo)
