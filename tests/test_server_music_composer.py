"""Tests the composer: what is asked for is what is written, and nothing hangs on chance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.server.music.composer import (
    BASSES,
    CHORDS,
    LEADS,
    RHYTHMS,
    RUNS,
    SUSTAINED,
    Composer,
    begin,
    compose,
    glide_bars,
)
from livechat.server.music.drums import BEATS, DRUMS
from livechat.server.music.harmony import MAJOR
from livechat.server.music.instruments import TIMBRES
from livechat.server.music.score import BEATS as BEATS_IN_A_BAR
from livechat.server.music.score import Bar, Settings
from livechat.server.music.styles import PLAIN, WORDS, style_of

Prompts = list[tuple[str, float]]
TECHNO: Prompts = [("techno", 1.0)]
BASS = {voice for voice, _ in BASSES.values()}


def play(prompts: Prompts, asked: Settings | None = None, count: int = 8, seed: int = 1) -> list[Bar]:
    composer = Composer(seed)
    composer.steer(prompts)
    composer.configure(asked or Settings())
    return [composer.next_bar() for _ in range(count)]


def voices(bars: list[Bar]) -> set[str]:
    return {note.voice for bar in bars for note in bar.notes}


wishes = st.builds(
    Settings,
    bpm=st.none() | st.integers(60, 200),
    tonic=st.none() | st.integers(0, 11),
    density=st.none() | st.floats(0, 1),
    brightness=st.none() | st.floats(0, 1),
    mute_bass=st.booleans(),
    mute_drums=st.booleans(),
    only_bass_and_drums=st.booleans(),
    mode=st.sampled_from(["QUALITY", "DIVERSITY", "VOCALIZATION"]),
    temperature=st.floats(0, 3),
    top_k=st.integers(1, 1000),
    guidance=st.floats(0, 6),
    seed=st.none() | st.integers(),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(WORDS)), st.floats(-1, 3))), wishes, st.integers())
def test_whatever_is_asked_for_can_be_played(prompts: Prompts, asked: Settings, seed: int) -> None:
    for number, bar in enumerate(play(prompts, asked, 4, seed)):
        assert bar.number == number
        assert 60 <= bar.bpm <= 200
        for note in bar.notes:
            assert note.voice in TIMBRES or note.voice in DRUMS
            assert 0 <= note.start < BEATS_IN_A_BAR
            assert note.length > 0
            assert 0 <= note.velocity <= 1
            assert -1 <= note.pan <= 1
            assert note.pitch == 0 if note.voice in DRUMS else 28 <= note.pitch <= 100


def test_the_same_from_the_same_and_another_from_another_seed() -> None:
    assert play(TECHNO, seed=1) == play(TECHNO, seed=1)
    assert play(TECHNO, seed=1) != play(TECHNO, seed=2)
    assert play(TECHNO, Settings(seed=9), seed=1) == play(TECHNO, Settings(seed=9), seed=2)


def test_a_bar_is_a_matter_of_its_number() -> None:
    style, asked = style_of({"techno": 1.0}), Settings(seed=3)
    piece = begin(asked, style, 3)
    assert [compose(piece, number, style, asked) for number in range(8)] == play(TECHNO, asked)


@given(st.integers(0, 11), st.floats(0, 1), st.integers(0, 100), st.sampled_from(["techno", "jazz", "flute waltz"]))
@settings(deadline=None, max_examples=40)
def test_every_note_lies_in_the_scale(tonic: int, light: float, seed: int, text: str) -> None:
    bars = play([(text, 1.0)], Settings(tonic=tonic, brightness=light, density=0.9, seed=seed), 16)
    scale = {(tonic + step) % 12 for step in MAJOR}
    assert {note.pitch % 12 for bar in bars for note in bar.notes if note.voice in TIMBRES} <= scale


def test_tempo_and_scale_are_those_asked_for_or_follow_from_the_prompts() -> None:
    assert {bar.bpm for bar in play(TECHNO, Settings(bpm=61))} == {61}
    assert {bar.bpm for bar in play(TECHNO)} == {130}


def test_density_adds_notes() -> None:
    for text in ("techno", "jazz", "ambient", "rock", "piano"):
        counts = [
            sum(len(bar.notes) for bar in play([(text, 1.0)], Settings(density=density)))
            for density in (0.0, 0.25, 0.5, 0.75, 1.0)
        ]
        assert counts == sorted(counts)
        assert counts[-1] > 2.5 * counts[0]


@pytest.mark.parametrize("text", ["techno", "jazz", "rock", "samba"])
def test_who_is_muted_is_silent(text: str) -> None:
    prompts = [(text, 1.0)]
    assert voices(play(prompts)) & BASS
    assert not voices(play(prompts, Settings(mute_bass=True))) & BASS
    assert not voices(play(prompts, Settings(mute_drums=True))) & DRUMS.keys()
    assert voices(play(prompts, Settings(only_bass_and_drums=True))) <= BASS | DRUMS.keys()
    assert not voices(play(prompts, Settings(only_bass_and_drums=True, mute_bass=True, mute_drums=True)))


def test_a_muted_bass_takes_the_weight_out_of_the_kick() -> None:
    def kick(asked: Settings) -> float:
        return sum(note.velocity for bar in play(TECHNO, asked) for note in bar.notes if note.voice == "kick")

    assert kick(Settings(mute_bass=True)) < kick(Settings()) / 2


def test_without_bass_and_drums_nothing_is_low() -> None:
    for text in sorted(WORDS):
        bars = play([(text, 1.0)], Settings(mute_bass=True, mute_drums=True))
        assert min(note.pitch for bar in bars for note in bar.notes) >= 52, text


def test_vocalization_sings() -> None:
    assert "choir" not in voices(play(TECHNO))
    assert "choir" in voices(play(TECHNO, Settings(mode="VOCALIZATION")))


def test_the_instruments_of_the_prompts_are_heard() -> None:
    assert voices(play([("flute", 1.0)], Settings(mute_bass=True, mute_drums=True))) == {"flute", "epiano", "pluck"}
    assert {"piano", "strings"} <= voices(play([("piano", 1.0), ("violins", 1.0)]))


def test_a_heavier_prompt_is_louder() -> None:
    def loudness(voice: str, weight: float) -> float:
        bars = play([("organ", weight), ("strings", 1.0)], Settings(density=0.2))
        return sum(note.velocity for bar in bars for note in bar.notes if note.voice == voice and note.length == 4)

    assert loudness("organ", 3.0) > 1.5 * loudness("strings", 3.0)
    assert loudness("strings", 0.3) > 1.5 * loudness("organ", 0.3)


def test_sparse_music_leaves_its_melody_out_for_a_while() -> None:
    bars = play([("ambient", 1.0)], Settings(density=0.1))
    heard = [any(note.voice == "bells" for note in bar.notes) for bar in bars]
    assert heard == [True, True, False, False] * 2


def test_swing_makes_the_second_eighth_late() -> None:
    def places(swing: float) -> set[float]:
        style = replace(PLAIN, swing=swing)
        return {note.start % 1 for note in compose(begin(Settings(), style, 1), 0, style, Settings()).notes}

    assert 0.5 in places(0)
    assert 0.5 not in places(1)
    assert any(place == pytest.approx(2 / 3) for place in places(1))


# ----------------------------------------------------------------------------------------------- on the way


def test_a_change_of_prompts_glides_in() -> None:
    composer = Composer(1)
    composer.steer(TECHNO)
    composer.next_bar()
    composer.steer([("jazz", 1.0)])
    shares = []
    for _ in range(4):
        composer.next_bar()
        shares.append(round(composer.mixture.get("jazz", 0), 3))
    assert shares == [0.333, 0.667, 1.0, 1.0]


def test_a_change_in_the_middle_of_a_change_does_not_jump() -> None:
    composer = Composer(1)
    composer.steer(TECHNO)
    composer.next_bar()
    composer.steer([("jazz", 1.0)])
    composer.next_bar()
    before = dict(composer.mixture)
    composer.steer(TECHNO)
    assert composer.mixture["jazz"] == pytest.approx(before["jazz"])
    composer.next_bar()
    assert 0 < composer.mixture["jazz"] < before["jazz"]


def test_more_guidance_makes_it_more_abrupt() -> None:
    bars = [glide_bars(guidance) for guidance in (0, 1, 2, 3, 4, 5, 6)]
    assert bars == sorted(bars, reverse=True)
    assert (bars[0], bars[4], bars[6]) == (8, 3, 1)


def test_before_it_plays_and_after_silence_prompts_hold_at_once() -> None:
    composer = Composer(1)
    composer.steer(TECHNO)
    composer.steer([("ambient", 1.0)])
    assert composer.next_bar().bpm == 68
    silent = Composer(1)
    silent.next_bar()
    silent.steer(TECHNO)
    assert silent.mixture == {"techno": 1.0}


def test_settings_hold_from_the_next_bar_but_tempo_scale_and_seed_wait_for_a_beginning() -> None:
    composer = Composer(1)
    composer.steer([("piano", 1.0)])
    composer.configure(Settings(bpm=100, tonic=0, seed=4))
    composer.next_bar()
    composer.configure(Settings(bpm=150, tonic=6, seed=5, mute_drums=True, brightness=1.0))
    bar = composer.next_bar()
    assert bar.bpm == 100
    assert bar.number == 1
    assert bar.brightness == 1.0
    assert not voices([bar]) & DRUMS.keys()
    assert {note.pitch % 12 for note in bar.notes} <= set(MAJOR)
    composer.begin_anew()
    bar = composer.next_bar()
    assert (bar.bpm, bar.number) == (150, 0)
    assert {note.pitch % 12 for note in bar.notes} <= {(6 + step) % 12 for step in MAJOR}


def test_a_new_beginning_is_another_piece_unless_the_seed_is_given() -> None:
    def begun_twice(asked: Settings) -> tuple[Bar, Bar]:
        composer = Composer(1)
        composer.steer(TECHNO)
        composer.configure(asked)
        first = composer.next_bar()
        composer.begin_anew()
        return first, composer.next_bar()

    assert begun_twice(Settings())[0] != begun_twice(Settings())[1]
    assert begun_twice(Settings(seed=1))[0] == begun_twice(Settings(seed=1))[1]


def test_a_new_beginning_does_not_wait_for_prompts_on_their_way() -> None:
    composer = Composer(1)
    composer.steer(TECHNO)
    composer.next_bar()
    composer.steer([("ambient", 1.0)])
    composer.begin_anew()
    assert composer.next_bar().bpm == 68


# ------------------------------------------------------------------------------------------------ the tables


@pytest.mark.parametrize("table", [SUSTAINED, CHORDS, LEADS, RUNS], ids=["sustained", "chords", "leads", "runs"])
def test_the_tables_name_instruments(table: frozenset[str]) -> None:
    assert set(table) <= TIMBRES.keys()


def test_the_basses_are_instruments_and_begin_on_the_grid() -> None:
    assert TIMBRES.keys() >= BASS
    for _, notes in BASSES.values():
        assert all(0 <= step < 16 and length > 0 and 0 <= rank < 1 for step, length, _, rank in notes)


def test_rhythms_get_denser() -> None:
    densities = [density for density, _ in RHYTHMS]
    counts = [len(steps) for _, steps in RHYTHMS]
    assert densities == sorted(densities)
    assert counts == sorted(counts)
    assert densities[0] == 0, "every density has a rhythm"
    assert PLAIN.beat in BEATS
