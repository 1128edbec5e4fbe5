"""Tests melodies."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from livechat.server.music.harmony import Key, chord_at
from livechat.server.music.melody import Line, melody

LINE = Line(Key(0, minor=False), 1, 0.5, 1.1, 40, diverse=False)


def bars(line: Line, count: int) -> list[list[tuple[int, int, int]]]:
    return [list(melody(line, number, chord_at(line.key, number, 0, line.seed), 76)) for number in range(count)]


lines = st.builds(
    Line,
    st.builds(Key, st.integers(0, 11), st.booleans()),
    st.integers(),
    st.floats(0, 1),
    st.floats(0, 3),
    st.integers(1, 1_000),
    st.booleans(),
)


@given(lines, st.integers(0, 64), st.integers(66, 80))
def test_notes_follow_each_other_in_the_scale_and_near_the_middle(line: Line, number: int, middle: int) -> None:
    chord = chord_at(line.key, number, 1.0, line.seed)
    notes = list(melody(line, number, chord, middle))
    scale = {line.key.pitch_class(degree) for degree in range(7)}
    assert notes
    assert all(pitch % 12 in scale and middle - 17 <= pitch <= middle + 17 for _, _, pitch in notes)
    ends = [step + length for step, length, _ in notes]
    assert all(end <= following for end, (following, _, _) in zip(ends, notes[1:], strict=False))
    assert ends[-1] <= 16


@given(lines, st.integers(0, 32))
def test_the_last_note_of_four_bars_belongs_to_the_chord(line: Line, number: int) -> None:
    number = number * 4 + 3
    chord = chord_at(line.key, number, 0, line.seed)
    *_, (step, _, pitch) = melody(line, number, chord, 72)
    assert step < 8
    assert pitch % 12 in {line.key.pitch_class(tone) for tone in chord}


@given(lines, st.integers(0, 32))
def test_on_the_heavy_beats_it_keeps_to_the_chord(line: Line, number: int) -> None:
    chord = chord_at(line.key, number, 0, line.seed)
    heavy = [pitch for step, _, pitch in melody(line, number, chord, 72) if step % 8 == 0]
    assert {pitch % 12 for pitch in heavy} <= {line.key.pitch_class(tone) for tone in chord}


def test_a_figure_may_begin_off_the_beat() -> None:
    begun = [bars(replace(LINE, seed=seed, density=0.05), 1)[0][0] for seed in range(200)]
    assert {step % 8 == 0 for step, _, _ in begun} == {True, False}


def test_figures_come_back() -> None:
    played = bars(LINE, 32)
    rhythms = [[step for step, _, _ in bar] for bar in played]
    assert rhythms[0] == rhythms[1] == rhythms[4] == rhythms[16]
    assert rhythms[2] != rhythms[0]
    again = sum(before == after for before, after in zip(played[:16], played[16:], strict=True))
    assert 4 <= again < 16, "most of it returns as it was, and not all"


def test_without_temperature_nothing_is_altered_and_with_one_choice_nothing_is_chosen() -> None:
    for line in (replace(LINE, temperature=0.0), replace(LINE, top_k=1)):
        played = bars(line, 32)
        assert played[:16] == played[16:]


def test_diversity_alters_more() -> None:
    def returned(line: Line) -> int:
        played = bars(line, 64)
        return sum(before == after for before, after in zip(played[:48], played[16:], strict=True))

    assert returned(replace(LINE, diverse=True)) < returned(LINE) < returned(replace(LINE, temperature=0.0))


def test_density_adds_notes() -> None:
    counts = [sum(map(len, bars(replace(LINE, density=density), 16))) for density in (0, 0.25, 0.5, 0.75, 1)]
    assert counts == sorted(counts)
    assert counts[-1] > 3 * counts[0]
