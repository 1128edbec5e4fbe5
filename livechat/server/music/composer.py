"""Composes music bar by bar: from prompts, settings and a seed, always the same from the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from livechat.server.music.chance import draw
from livechat.server.music.drums import strokes
from livechat.server.music.harmony import BASS_FROM, Key, chord_at, key_of, upwards, voiced
from livechat.server.music.melody import Line, melody
from livechat.server.music.score import BEATS, Bar, Note, Settings
from livechat.server.music.styles import Mixture, Style, between, mixture_of, style_of

SLOWEST, FASTEST = 60, 200
STEP = 0.25
SUSTAINED = frozenset({"strings", "organ", "flute", "brass", "pad", "choir", "synth", "square"})
LEADS = ("flute", "brass", "square", "synth", "choir", "bells", "mallet", "guitar", "pluck", "piano", "strings")
"""Who is fit to play a melody, the fittest first."""
CHORDS = ("pad", "strings", "organ", "epiano", "piano", "guitar", "choir", "synth", "harp", "pluck", "mallet")
"""Who is fit to play chords."""
RUNS = ("harp", "pluck", "mallet", "bells", "synth", "guitar", "piano", "epiano")
"""Who is fit to play broken chords."""
RHYTHMS = ((0.0, (0,)), (0.3, (0, 6)), (0.5, (0, 6, 12)), (0.7, (0, 3, 6, 10, 12)), (0.9, (0, 2, 4, 6, 8, 10, 12, 14)))
"""From which density on struck chords come on which sixteenths."""
BASSES: dict[str, tuple[str, tuple[tuple[int, int, int, float], ...]]] = {
    "long": ("sub bass", ((0, 10, 0, 0.0), (10, 6, 0, 0.35))),
    "pulse": (
        "finger bass",
        tuple((step, 2, 0, 0.0 if step % 8 == 0 else 0.2 if step % 4 == 0 else 0.4) for step in range(0, 16, 2)),
    ),
    "octaves": ("finger bass", ((0, 3, 0, 0.0), (6, 2, 12, 0.3), (8, 3, 7, 0.1), (14, 2, 12, 0.5), (4, 1, 12, 0.7))),
    "offbeat": ("synth bass", ((2, 2, 0, 0.0), (6, 2, 0, 0.0), (10, 2, 0, 0.0), (14, 2, 12, 0.0), (15, 1, 0, 0.8))),
    "acid": (
        "synth bass",
        tuple((step, 1, 12 if step in (3, 10) else 0, (step % 4) * 0.22 + 0.05) for step in range(16)),
    ),
    "walking": ("finger bass", ((0, 4, 0, 0.0), (4, 4, -1, 0.0), (8, 4, -2, 0.0), (12, 4, -3, 0.0))),
}
"""Ways to play the bass: who, and notes as (sixteenth, length, semitones above the root, from which density on).

7 is the chord's fifth, whatever its size; below zero stands for the second, third and fourth step of a walk.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays as it is from one beginning to the next."""

    seed: int
    bpm: float
    key: Key


class Composer:
    """Writes one bar after the other, steered as it goes.

    A change of prompts glides in over some bars, fewer the higher the guidance; settings hold from the next bar on.
    Tempo, scale and seed alone stay until the piece begins anew.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._settings = Settings()
        self._from: Mixture = {}
        self._to: Mixture = {}
        self._way = 1.0
        self._piece: Piece | None = None
        self._number = 0
        self._pieces = 0

    def steer(self, prompts: Iterable[tuple[str, float]]) -> None:
        """From here on towards these prompts, by their weights."""
        self._from = self.mixture
        self._to = mixture_of(prompts)
        self._way = 0.0 if self._piece and self._from else 1.0

    def configure(self, settings: Settings) -> None:
        self._settings = settings

    def begin_anew(self) -> None:
        """The next bar is the first of another piece, which is as the prompts and settings ask."""
        self._piece = None
        self._way = 1.0

    @property
    def mixture(self) -> Mixture:
        """The prompts as they count at present."""
        return between(self._from, self._to, self._way)

    def next_bar(self) -> Bar:
        self._way = min(self._way + 1 / glide_bars(self._settings.guidance), 1.0)
        style = style_of(self.mixture)
        if self._piece is None:
            self._piece = self._begun(style)
        bar = compose(self._piece, self._number, style, self._settings)
        self._number += 1
        return bar

    def _begun(self, style: Style) -> Piece:
        seed = self._settings.seed
        self._pieces += 1
        self._number = 0
        return begin(self._settings, style, self._seed + self._pieces if seed is None else seed)


def glide_bars(guidance: float) -> int:
    """In how many bars a change of prompts comes through: 8 at a guidance of 0, 3 at Google's default of 4, 1 at 6."""
    return max(1, round(8 - 1.2 * guidance))


def begin(settings: Settings, style: Style, seed: int) -> Piece:
    bpm = style.bpm if settings.bpm is None else settings.bpm
    return Piece(seed, float(min(max(round(bpm), SLOWEST), FASTEST)), key_of(settings.tonic, style.light, seed))


def compose(piece: Piece, number: int, style: Style, settings: Settings) -> Bar:
    """The bar with this number of a piece."""
    density = style.busy if settings.density is None else settings.density
    light = style.light if settings.brightness is None else settings.brightness
    chord = chord_at(piece.key, number, style.sevenths, piece.seed)
    notes: list[Note] = []
    if not settings.mute_drums:
        kick = 0.35 if settings.mute_bass else 1.0
        drums = strokes(style.beat, density, piece.seed, number)
        notes += (replace(note, velocity=note.velocity * kick) if note.voice == "kick" else note for note in drums)
    if not settings.mute_bass:
        notes += _bass(piece, chord, style.bass, density)
    if not settings.only_bass_and_drums:
        notes += _chords(piece, chord, style, density)
        notes += _run(piece, number, chord, style, density)
        notes += _melody(piece, number, chord, style, settings, density, light)
    return Bar(number, piece.bpm, light, tuple(_swung(note, style.swing) for note in notes))


def _bass(piece: Piece, chord: tuple[int, ...], way: str, density: float) -> Iterator[Note]:
    voice, pattern = BASSES[way]
    root = upwards(BASS_FROM, piece.key.pitch_class(chord[0]))
    for step, length, interval, rank in pattern:
        if rank <= density:
            pitch = root + _interval(piece.key, chord[0], interval)
            yield Note(voice, pitch, step * STEP, length * STEP * 0.95, 0.8 if step % 4 == 0 else 0.65)


def _interval(key: Key, root: int, interval: int) -> int:
    """In semitones of this scale: a fifth above this root may be diminished, a walk goes by the scale."""
    if interval == 7:
        return key.pitch(root + 4) - key.pitch(root)
    if interval < 0:
        return key.pitch(root + (0, 2, 4, 5)[-interval]) - key.pitch(root)
    return interval


def _chords(piece: Piece, chord: tuple[int, ...], style: Style, density: float) -> Iterator[Note]:
    pitches = voiced(piece.key, chord)
    for voice, share in _players(style.plays, CHORDS, ("epiano",))[:3]:
        steps = (0,) if voice in SUSTAINED else [steps for rank, steps in RHYTHMS if rank <= density][-1]
        loud = 0.75 * share**0.5 / len(pitches) ** 0.5
        for place, step in enumerate(steps):
            length = (steps[place + 1] if place + 1 < len(steps) else 16) - step
            for pitch in pitches:
                touch = 0.9 + 0.1 * draw(piece.seed, "chord", step, pitch)
                yield Note(voice, pitch, step * STEP, length * STEP, loud * touch, -0.2)


def _run(piece: Piece, number: int, chord: tuple[int, ...], style: Style, density: float) -> Iterator[Note]:
    """The chord's notes one by one, up and down, where there is enough going on."""
    if density < 0.45:
        return
    voice = _players(style.plays, RUNS, ("pluck",))[0][0]
    pitches = [pitch + 12 for pitch in voiced(piece.key, chord)]
    order = [*pitches, *pitches[-2:0:-1]]
    stride = 1 if density >= 0.8 else 2
    for place, step in enumerate(range(0, 16, stride)):
        touch = 0.8 + 0.2 * draw(piece.seed, "run", step, number % 4)
        yield Note(voice, order[place % len(order)], step * STEP, stride * STEP, 0.3 * touch, 0.35)


def _melody(
    piece: Piece,
    number: int,
    chord: tuple[int, ...],
    style: Style,
    settings: Settings,
    density: float,
    light: float,
) -> Iterator[Note]:
    if density < 0.25 and number // 2 % 2:  # sparse music breathes
        return
    lead = "choir" if settings.mode == "VOCALIZATION" else _players(style.plays, LEADS, ("flute",))[0][0]
    line = Line(
        key=piece.key,
        seed=piece.seed,
        density=density,
        temperature=settings.temperature,
        top_k=settings.top_k,
        diverse=settings.mode == "DIVERSITY",
    )
    middle = 69 + round(10 * light)
    for step, length, pitch in melody(line, number, chord, middle):
        accent = 0.7 if step % 4 == 0 else 0.6
        yield Note(lead, pitch, step * STEP, length * STEP * 0.9, accent, 0.1)


def _players(plays: Mapping[str, float], fit: Sequence[str], others: Sequence[str]) -> list[tuple[str, float]]:
    """Who of those asked for plays this, and their shares, the largest first; if nobody is fit, the others do."""
    asked = [(name, plays[name]) for name in fit if name in plays] or [(name, 1.0) for name in others]
    total = sum(share for _, share in asked)
    return sorted(((name, share / total) for name, share in asked), key=lambda one: -one[1])


def _swung(note: Note, swing: float) -> Note:
    """The second of two eighths comes late: at a swing of 1 on the last third of the beat."""
    place = note.start % 1
    if not swing or not 0.5 <= place < 0.75:
        return note
    return replace(note, start=min(note.start + swing / 6, BEATS - 0.01))
