"""Invents melodies: short figures that come back, a little different, over other chords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from livechat.server.music.chance import draw, pick_weighted
from livechat.server.music.harmony import Key
from livechat.server.music.score import SIXTEENTHS

FORM = (0, 0, 1, 2)
"""Which figure each bar of four has: a statement, the same again, an answer, a close."""
CLOSE = 2
RANKS = (0.05, 0.95, 0.5, 0.85, 0.2, 0.9, 0.35, 0.7, 0.1, 0.95, 0.45, 0.8, 0.3, 0.9, 0.4, 0.75)
"""From which density on each sixteenth may have a note; chance moves them a little."""
MOVES = ((1, 0.27), (-1, 0.3), (2, 0.13), (-2, 0.14), (0, 0.08), (3, 0.04), (-4, 0.04))
"""Steps from one note to the next, and how likely each is."""
HIGHEST, LOWEST = 6, -4
"""How far from its middle a melody goes, in steps of the scale."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a melody is to be."""

    key: Key
    seed: int
    density: float
    temperature: float
    """How unlikely what happens may be; 0 always does the likeliest."""
    top_k: int
    """How many of the likeliest moves are considered."""
    diverse: bool
    """What comes back is altered more."""


def melody(line: Line, number: int, chord: tuple[int, ...], middle: int) -> Iterator[tuple[int, int, int]]:
    """The notes of a bar: the sixteenth it starts at, its length in sixteenths, its MIDI pitch.

    `middle` is the MIDI pitch it moves about.
    """
    slot = number % len(FORM)
    figure, section = FORM[slot], number // 8 % 2
    onsets = _onsets(line, figure, section)
    if figure == CLOSE:
        onsets = [step for step in onsets if step < SIXTEENTHS // 2] or [0]
    home = line.key.nearest(middle)
    degree = _chord_tone(home, chord)
    for place, step in enumerate(onsets):
        if step % 8 == 0:
            degree = _chord_tone(degree, chord)
        elif place:
            degree = _moved(line, (figure, section, place), number, degree - home) + home
        if figure == CLOSE and place == len(onsets) - 1:
            degree = _chord_tone(degree, chord)
        following = onsets[place + 1] if place + 1 < len(onsets) else SIXTEENTHS
        yield step, min(following - step, 8), line.key.pitch(degree)


def _onsets(line: Line, figure: int, section: int) -> list[int]:
    threshold = 0.15 + 0.75 * line.density
    return [
        step
        for step, rank in enumerate(RANKS)
        if rank + 0.3 * (draw(line.seed, "onset", figure, section, step) - 0.5) <= threshold
    ] or [0]


def _moved(line: Line, key: tuple[int, int, int], number: int, offset: int) -> int:
    """Where a note goes from `offset` steps off the middle: as the figure has it, now and then otherwise."""
    altered = draw(line.seed, "altered", number, key) < min(line.temperature, 3) * (0.2 if line.diverse else 0.07)
    move = _move(line, (*key, number) if altered else key)
    return offset + (move if LOWEST <= offset + move <= HIGHEST else -move)


def _move(line: Line, key: tuple[int, ...]) -> int:
    sharpness = 1 / max(line.temperature, 0.05)
    likeliest = sorted(MOVES, key=lambda move: -move[1])[: line.top_k]
    weights = [(move, (weight / likeliest[0][1]) ** sharpness) for move, weight in likeliest]
    return pick_weighted(weights, line.seed, "move", key)


def _chord_tone(degree: int, chord: tuple[int, ...]) -> int:
    """The tone of the chord that is nearest; of two the lower."""
    return min(
        (degree + away for away in range(-3, 4) if any((degree + away - tone) % 7 == 0 for tone in chord)),
        key=lambda tone: (abs(tone - degree), tone),
    )
