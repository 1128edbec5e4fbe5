"""The instruments: what each sounds like, as a row of numbers, and the drums, as recipes of noise and sines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound: TypeAlias = NDArray[np.float32]

RATE = 48_000
FOREVER = 1e9


@dataclass(frozen=True, slots=True)
class Timbre:
    """An instrument of whole harmonics: a body, and an edge on top of it that fades sooner."""

    body: tuple[float, ...]
    """How loud the harmonics are, the fundamental first."""
    edge: tuple[float, ...]
    attack_s: float = 0.004
    decay_s: float = FOREVER
    """In which time the body falls to 37 % of what it falls by."""
    sustain: float = 0.0
    """What it does not fall below while the note is held."""
    edge_s: float = 0.2
    """The same for the edge, which falls to nothing, or to `edge_sustain`."""
    edge_sustain: float = 0.0
    release_s: float = 0.12
    """How long it takes to fade when it is let go."""
    spread: float = 0.0
    """Left and right are out of tune by so many cents, which makes it wide."""
    gain: float = 1.0
    reverb: float = 0.25


def _falling(count: int, power: float, *, odd: bool = False) -> tuple[float, ...]:
    """Harmonics that fall by a power of their number."""
    return tuple(0.0 if odd and number % 2 == 0 else number**-power for number in range(1, count + 1))


TIMBRES: dict[str, Timbre] = {
    "piano": Timbre(_falling(8, 1.6), _falling(16, 0.9), decay_s=1.1, edge_s=0.25, release_s=0.15, gain=0.8),
    "epiano": Timbre((1, 0.25, 0.06), (0, 0, 0.3, 0, 0, 0.2, 0.25), decay_s=1.4, edge_s=0.12, spread=3, gain=0.8),
    "guitar": Timbre(_falling(9, 1.3), _falling(18, 0.6), decay_s=0.6, edge_s=0.09, release_s=0.08, gain=0.7),
    "pluck": Timbre(_falling(6, 1.4), _falling(20, 0.7), decay_s=0.3, edge_s=0.07, spread=4, gain=0.75),
    "harp": Timbre(_falling(5, 1.8), _falling(10, 1.0), decay_s=0.9, edge_s=0.1, release_s=0.4, gain=0.85, reverb=0.4),
    "strings": Timbre(
        *(_falling(12, 1.2), _falling(20, 0.9), 0.14),
        sustain=1,
        edge_s=1.0,
        edge_sustain=0.5,
        release_s=0.35,
        spread=7,
        gain=0.42,
        reverb=0.35,
    ),
    "organ": Timbre((1, 0.7, 0.5, 0.35, 0, 0.25, 0, 0.2), (0, 0, 0.3, 0.2), 0.01, sustain=1, spread=3, gain=0.45),
    "flute": Timbre((1, 0.3, 0.1, 0.03), (0.1, 0.3, 0.15), 0.05, sustain=1, edge_s=0.1, release_s=0.1, gain=0.8),
    "brass": Timbre(
        *(_falling(8, 1.2), _falling(18, 0.6), 0.05),
        decay_s=0.5,
        sustain=0.75,
        edge_s=0.35,
        edge_sustain=0.3,
        spread=4,
        gain=0.55,
    ),
    "mallet": Timbre((1, 0, 0, 0.25), (0, 0, 0, 0.4, 0, 0, 0, 0, 0, 0.3), decay_s=0.35, edge_s=0.03, release_s=0.25),
    "bells": Timbre((1, 0.2, 0.3, 0, 0.15), (0, 0, 0, 0.3, 0, 0.3, 0, 0, 0.2), 0.003, 1.0, edge_s=0.3, release_s=0.5),
    "synth": Timbre(
        *(_falling(10, 1.1), _falling(24, 0.8), 0.01),
        decay_s=0.6,
        sustain=0.6,
        edge_s=0.3,
        edge_sustain=0.25,
        spread=9,
        gain=0.45,
    ),
    "square": Timbre(_falling(9, 1, odd=True), _falling(19, 1, odd=True), 0.003, sustain=1, gain=0.4, reverb=0.1),
    "pad": Timbre(
        *(_falling(6, 1.6), _falling(12, 1.2), 0.5),
        sustain=1,
        edge_s=2.0,
        edge_sustain=0.4,
        release_s=0.9,
        spread=8,
        gain=0.4,
        reverb=0.4,
    ),
    "choir": Timbre(
        *((1, 0.7, 0.35, 0.12, 0.08, 0.05), (0.2, 0.5, 0.4, 0.2, 0.1), 0.09),
        sustain=1,
        edge_s=0.6,
        edge_sustain=0.5,
        release_s=0.25,
        spread=10,
        gain=0.45,
        reverb=0.4,
    ),
    "sub bass": Timbre((1, 0.2, 0.05), (0, 0.3, 0.2), 0.008, 1.5, 0.3, release_s=0.06, gain=1.3, reverb=0),
    "finger bass": Timbre(
        _falling(6, 1.5), _falling(12, 0.9), 0.005, 0.5, 0.2, 0.06, release_s=0.06, gain=1.3, reverb=0.03
    ),
    "synth bass": Timbre(
        _falling(8, 1.1), _falling(24, 0.7), 0.004, 0.25, 0.2, 0.1, release_s=0.04, gain=1.1, reverb=0.03
    ),
}


DRUM_PEAKS: dict[str, float] = {
    "kick": 3.2,
    "snare": 2.6,
    "clap": 2.4,
    "rim": 1.6,
    "hat": 2.6,
    "open hat": 2.2,
    "ride": 2.3,
    "shaker": 2.3,
    "tom": 2.4,
}
"""How loud the drums are against the instruments, whose peaks are about 1."""


def drum(name: str) -> Sound:
    """One stroke, mono, at its peak, from silence to silence."""
    import numpy as np

    chance = np.random.default_rng(sum(name.encode()))

    def time(seconds: float) -> NDArray[np.float64]:
        return np.arange(int(seconds * RATE)) / RATE

    def noise(seconds: float, decay_s: float, sharpness: int) -> NDArray[np.float64]:
        """Noise that dies away; each step of sharpness takes more of the low out of it."""
        made = chance.standard_normal(int(seconds * RATE) + sharpness)
        for _ in range(sharpness):
            made = np.diff(made) / 1.4
        return made * np.exp(-time(seconds) / decay_s) / 3

    def sweep(seconds: float, high: float, low: float, fall_s: float, decay_s: float) -> NDArray[np.float64]:
        """A sine that falls from one frequency to another."""
        t = time(seconds)
        cycles = low * t + (high - low) * fall_s * (1 - np.exp(-t / fall_s))
        return np.sin(2 * np.pi * cycles) * np.exp(-t / decay_s)

    match name:
        case "kick":
            made = sweep(0.45, 190, 50, 0.03, 0.13)
        case "snare":
            made = 0.5 * sweep(0.3, 240, 180, 0.02, 0.07) + 0.8 * noise(0.3, 0.08, 1)
        case "clap":
            t = time(0.3)
            bursts = sum(np.where(t >= at, np.exp(-(t - at) / 0.012), 0) for at in (0, 0.011, 0.022))
            made = noise(0.3, 0.1, 1) * (0.35 + bursts)
        case "rim":
            made = 0.7 * sweep(0.1, 900, 820, 0.01, 0.015) + 0.5 * noise(0.1, 0.008, 2)
        case "hat":
            made = noise(0.12, 0.025, 3)
        case "open hat":
            made = noise(0.5, 0.12, 3)
        case "ride":
            made = 0.7 * noise(0.7, 0.2, 4) + 0.3 * noise(0.7, 0.02, 2)
        case "shaker":
            swell = np.minimum(time(0.12) / 0.02, 1)
            made = noise(0.12, 0.035, 2) * swell
        case _:
            made = sweep(0.5, 180, 95, 0.06, 0.16) + 0.1 * noise(0.5, 0.03, 1)
    edge = np.minimum(time(len(made) / RATE)[: len(made)] / 0.001, 1)
    out = np.minimum((len(made) - np.arange(len(made))) / (0.01 * RATE), 1)
    stroke = made * edge * out
    return np.asarray(stroke * DRUM_PEAKS[name] / np.max(np.abs(stroke)), np.float32)
