"""What a composer writes and a synthesizer plays: notes in bars, and the settings a piece is written under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BEATS = 4
"""Every bar has four beats."""
SIXTEENTHS = 16

Mode = Literal["QUALITY", "DIVERSITY", "VOCALIZATION"]


@dataclass(frozen=True, slots=True)
class Note:
    """One sound."""

    voice: str
    """The name of an instrument (`instruments.TIMBRES`) or of a drum (`drums.DRUMS`)."""
    pitch: int
    """MIDI: 60 is middle C, 12 an octave; for drums 0."""
    start: float
    """In beats from the beginning of the bar."""
    length: float
    """In beats, until it is let go; it may reach into later bars, and rings on after."""
    velocity: float
    """From 0 to 1."""
    pan: float = 0.0
    """From -1, left, to 1, right."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Four beats of a piece."""

    number: int
    """From 0."""
    bpm: float
    """Beats a minute."""
    brightness: float
    """From 0, muffled, to 1, crisp."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for beside the prompts; None leaves it to them and to the seed.

    The defaults are those of ai.google.dev/gemini-api/docs/realtime-music-generation.
    """

    bpm: int | None = None
    tonic: int | None = None
    """The pitch class of the major scale, C is 0; its relative minor has the same notes."""
    density: float | None = None
    brightness: float | None = None
    mute_bass: bool = False
    mute_drums: bool = False
    only_bass_and_drums: bool = False
    mode: Mode = "QUALITY"
    temperature: float = 1.1
    top_k: int = 40
    guidance: float = 4.0
    seed: int | None = None
