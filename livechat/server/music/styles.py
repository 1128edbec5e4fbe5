"""Reads prompts: which words mean what kind of music, and how several prompts become one style.

The table is small and says little; what it does not know is not refused: an unknown prompt always means the same
music, though nobody could say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livechat.server.music.chance import pick

HEAVIEST = 1e9
"""No weight counts for more."""
Mixture = Mapping[str, float]
"""Prompts and their shares, which are above zero and make up 1."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one word asks for; None and "" ask for nothing."""

    bpm: float | None = None
    swing: float | None = None
    busy: float | None = None
    """How dense, from 0 to 1."""
    light: float | None = None
    """From 0, dark and minor, to 1, bright and major."""
    sevenths: float | None = None
    """How much the chords have sevenths."""
    beat: str = ""
    """A row of `drums.BEATS`."""
    bass: str = ""
    """A way to play the bass: `long`, `pulse`, `octaves`, `walking`, `acid`, `offbeat`."""
    plays: tuple[str, ...] = ()
    """Instruments, the most important first."""


@dataclass(frozen=True, slots=True)
class Style:
    """What the prompts together ask for; the same fields, with nothing left open."""

    bpm: float
    swing: float
    busy: float
    light: float
    sevenths: float
    beat: str
    bass: str
    plays: Mapping[str, float]
    """Instruments and their shares, which make up 1."""


PLAIN = Style(108.0, 0.0, 0.5, 0.6, 0.3, "rock", "pulse", {"epiano": 0.6, "pluck": 0.4})
"""The style where nothing is asked for."""

GENRES: dict[str, Word] = {
    "techno": Word(130, 0, 0.65, 0.35, 0.1, "four", "acid", ("synth", "pluck")),
    "house": Word(122, 0.1, 0.6, 0.6, 0.6, "four", "offbeat", ("piano", "synth")),
    "trance": Word(136, 0, 0.75, 0.55, 0.1, "four", "offbeat", ("pluck", "pad")),
    "disco": Word(118, 0, 0.65, 0.75, 0.6, "four", "octaves", ("strings", "guitar")),
    "synthwave": Word(104, 0, 0.6, 0.45, 0.1, "four", "pulse", ("synth", "pad")),
    "edm": Word(128, 0, 0.7, 0.6, 0.1, "four", "offbeat", ("synth", "pluck")),
    "dubstep": Word(140, 0, 0.55, 0.25, 0.1, "half", "long", ("synth", "pad")),
    "trap": Word(140, 0, 0.6, 0.3, 0.1, "half", "long", ("bells", "synth")),
    "drum and bass": Word(172, 0, 0.75, 0.4, 0.3, "break", "long", ("pad", "epiano")),
    "jungle": Word(166, 0, 0.8, 0.4, 0.3, "break", "long", ("pad", "synth")),
    "hip hop": Word(90, 0.3, 0.5, 0.4, 0.6, "break", "long", ("epiano", "brass")),
    "lofi": Word(78, 0.4, 0.4, 0.45, 1, "break", "long", ("epiano", "guitar")),
    "jazz": Word(126, 0.6, 0.55, 0.55, 1, "swing", "walking", ("piano", "brass")),
    "swing": Word(140, 0.6, 0.6, 0.75, 1, "swing", "walking", ("brass", "piano")),
    "bossa nova": Word(124, 0, 0.5, 0.6, 1, "latin", "octaves", ("guitar", "flute")),
    "samba": Word(104, 0, 0.7, 0.8, 0.6, "latin", "octaves", ("guitar", "flute")),
    "salsa": Word(96, 0, 0.75, 0.7, 0.6, "latin", "octaves", ("piano", "brass")),
    "latin": Word(100, 0, 0.6, 0.7, 0.5, "latin", "octaves", ("guitar", "brass")),
    "reggae": Word(76, 0.2, 0.45, 0.7, 0.3, "half", "octaves", ("organ", "guitar")),
    "dub": Word(72, 0.2, 0.35, 0.4, 0.3, "half", "long", ("organ", "pluck")),
    "rock": Word(124, 0, 0.6, 0.55, 0, "rock", "pulse", ("guitar", "organ")),
    "metal": Word(152, 0, 0.85, 0.2, 0, "rock", "pulse", ("guitar", "synth")),
    "punk": Word(172, 0, 0.8, 0.6, 0, "rock", "pulse", ("guitar",)),
    "pop": Word(112, 0, 0.55, 0.75, 0.2, "rock", "pulse", ("piano", "pluck")),
    "indie": Word(116, 0, 0.5, 0.6, 0.3, "rock", "pulse", ("guitar", "synth")),
    "funk": Word(104, 0.1, 0.8, 0.65, 0.8, "break", "octaves", ("guitar", "brass")),
    "soul": Word(92, 0.2, 0.5, 0.6, 0.8, "rock", "octaves", ("organ", "brass")),
    "blues": Word(88, 0.6, 0.45, 0.4, 0.8, "swing", "walking", ("guitar", "organ")),
    "gospel": Word(84, 0.3, 0.5, 0.8, 0.6, "rock", "octaves", ("organ", "choir")),
    "country": Word(112, 0.1, 0.5, 0.8, 0, "rock", "octaves", ("guitar", "strings")),
    "folk": Word(100, 0, 0.4, 0.6, 0.1, "none", "octaves", ("guitar", "flute")),
    "celtic": Word(116, 0.1, 0.65, 0.6, 0, "none", "long", ("flute", "harp")),
    "flamenco": Word(118, 0, 0.75, 0.25, 0, "latin", "long", ("guitar",)),
    "afrobeat": Word(112, 0, 0.75, 0.65, 0.4, "latin", "pulse", ("guitar", "brass")),
    "classical": Word(96, 0, 0.5, 0.6, 0.1, "none", "long", ("strings", "piano")),
    "baroque": Word(92, 0, 0.65, 0.5, 0.1, "none", "octaves", ("pluck", "strings")),
    "orchestral": Word(88, 0, 0.5, 0.5, 0.1, "none", "long", ("strings", "brass")),
    "cinematic": Word(80, 0, 0.45, 0.35, 0.1, "half", "long", ("strings", "brass")),
    "ambient": Word(68, 0, 0.15, 0.55, 0.5, "none", "long", ("pad", "bells")),
    "drone": Word(60, 0, 0.05, 0.35, 0.2, "none", "long", ("pad",)),
    "chiptune": Word(144, 0, 0.8, 0.75, 0, "rock", "octaves", ("square",)),
    "lullaby": Word(72, 0, 0.3, 0.75, 0.1, "none", "long", ("bells", "harp")),
    "minimal": Word(busy=0.35, plays=("pluck",)),
}
INSTRUMENTS: dict[str, Word] = {
    "piano": Word(plays=("piano",)),
    "electric piano": Word(plays=("epiano",)),
    "rhodes": Word(plays=("epiano",)),
    "guitar": Word(plays=("guitar",)),
    "banjo": Word(plays=("guitar",)),
    "mandolin": Word(plays=("guitar",)),
    "sitar": Word(plays=("guitar",)),
    "harpsichord": Word(plays=("pluck",)),
    "harp": Word(plays=("harp",)),
    "violin": Word(plays=("strings",)),
    "cello": Word(plays=("strings",)),
    "strings": Word(plays=("strings",)),
    "flute": Word(plays=("flute",)),
    "clarinet": Word(plays=("flute",)),
    "saxophone": Word(plays=("brass",)),
    "trumpet": Word(plays=("brass",)),
    "brass": Word(plays=("brass",)),
    "organ": Word(plays=("organ",)),
    "accordion": Word(plays=("organ",)),
    "marimba": Word(plays=("mallet",)),
    "vibraphone": Word(plays=("mallet",)),
    "kalimba": Word(plays=("mallet",)),
    "bells": Word(plays=("bells",)),
    "music box": Word(plays=("bells",)),
    "synth": Word(plays=("synth",)),
    "moog": Word(plays=("synth",)),
    "pad": Word(plays=("pad",)),
    "choir": Word(plays=("choir",)),
    "vocal": Word(plays=("choir",)),
    "acid": Word(bass="acid"),
    "303": Word(bass="acid"),
    "808": Word(beat="half", bass="long"),
    "drums": Word(beat="break"),
}
MOODS: dict[str, Word] = {
    "happy": Word(light=0.95),
    "upbeat": Word(bpm=126, busy=0.7, light=0.85),
    "bright": Word(light=0.9),
    "sad": Word(bpm=74, busy=0.35, light=0.1),
    "dark": Word(light=0.1),
    "ominous": Word(bpm=76, light=0.05),
    "melancholic": Word(bpm=80, light=0.2),
    "calm": Word(bpm=76, busy=0.25),
    "chill": Word(bpm=84, busy=0.35),
    "relaxing": Word(bpm=74, busy=0.25, light=0.65),
    "meditation": Word(bpm=62, busy=0.1, beat="none", bass="long", plays=("pad",)),
    "dreamy": Word(busy=0.35, plays=("pad",)),
    "ethereal": Word(busy=0.3, plays=("pad", "choir")),
    "energetic": Word(bpm=134, busy=0.8),
    "intense": Word(bpm=140, busy=0.85, light=0.3),
    "danceable": Word(bpm=122, beat="four"),
    "funky": Word(busy=0.75, bass="octaves"),
    "epic": Word(light=0.4, plays=("strings", "brass")),
    "romantic": Word(bpm=82, light=0.65, plays=("strings",)),
    "psychedelic": Word(plays=("organ", "synth")),
    "slow": Word(bpm=68),
    "fast": Word(bpm=152),
    "sparse": Word(busy=0.15),
    "dense": Word(busy=0.85),
}
WORDS: dict[str, Word] = {**GENRES, **INSTRUMENTS, **MOODS}
SPELLINGS: dict[str, str] = {
    "lo fi": "lofi",
    "dnb": "drum and bass",
    "drum n bass": "drum and bass",
    "sax": "saxophone",
}
"""Other ways to write a word of the table; signs other than letters and digits count as spaces."""


def style_of(mixture: Mixture) -> Style:
    """The style of all prompts together, each by its share."""
    words = [(word, share) for text, share in mixture.items() for word in words_in(text)]
    return Style(
        bpm=_mean(((word.bpm, share) for word, share in words), PLAIN.bpm),
        swing=_mean(((word.swing, share) for word, share in words), PLAIN.swing),
        busy=_mean(((word.busy, share) for word, share in words), PLAIN.busy),
        light=_mean(((word.light, share) for word, share in words), PLAIN.light),
        sevenths=_mean(((word.sevenths, share) for word, share in words), PLAIN.sevenths),
        beat=_heaviest(((word.beat, share) for word, share in words), PLAIN.beat),
        bass=_heaviest(((word.bass, share) for word, share in words), PLAIN.bass),
        plays=_shares(words),
    )


def words_in(text: str) -> tuple[Word, ...]:
    """What the words of a prompt ask for. Where none is known, a genre and an instrument that follow from the text."""
    plain = f" {' '.join(re.findall('[a-z0-9]+', text.lower()))} "
    for other, spelt in SPELLINGS.items():
        plain = plain.replace(f" {other} ", f" {spelt} ")
    found = [word for name, word in WORDS.items() if f" {name} " in plain or f" {name}s " in plain]
    if found:
        return tuple(found)
    return GENRES[pick(sorted(GENRES), text, "genre")], INSTRUMENTS[pick(sorted(INSTRUMENTS), text, "instrument")]


def mixture_of(prompts: Iterable[tuple[str, float]]) -> Mixture:
    """Texts and weights as shares. A weight below zero leaves its prompt out; the same text twice counts twice."""
    weights: dict[str, float] = {}
    for text, weight in prompts:
        weights[text] = weights.get(text, 0.0) + min(max(weight, 0.0), HEAVIEST)
    largest = max(weights.values(), default=0.0)
    shares = {text: weight / largest for text, weight in weights.items() if largest and weight / largest > 0}
    total = sum(shares.values())
    return {text: share / total for text, share in shares.items()}


def between(before: Mixture, after: Mixture, share: float) -> Mixture:
    """The mixture on the way from one to another: at a share of 0 the one, at 1 the other."""
    if share >= 1 or not before or not after:
        return after
    mixed = {text: portion * (1 - share) for text, portion in before.items()}
    for text, portion in after.items():
        mixed[text] = mixed.get(text, 0.0) + portion * share
    return mixed


def _mean(values: Iterable[tuple[float | None, float]], default: float) -> float:
    stated = [(value, share) for value, share in values if value is not None]
    total = sum(share for _, share in stated)
    return sum(value * share for value, share in stated) / total if total else default


def _heaviest(names: Iterable[tuple[str, float]], default: str) -> str:
    weights: dict[str, float] = {}
    for name, share in names:
        if name:
            weights[name] = weights.get(name, 0.0) + share
    return max(weights, key=lambda name: (weights[name], name), default=default)


def _shares(words: Iterable[tuple[Word, float]]) -> Mapping[str, float]:
    """An instrument that is named first weighs twice what the next does."""
    weights: dict[str, float] = {}
    for word, share in words:
        for place, name in enumerate(word.plays):
            weights[name] = weights.get(name, 0.0) + share / 2**place
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else PLAIN.plays
