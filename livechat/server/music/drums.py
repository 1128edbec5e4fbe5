"""Drum patterns: each a grid of sixteen steps in which every stroke has a rank, and density says down to which."""

from __future__ import annotations

from collections.abc import Iterator

from livechat.server.music.chance import draw
from livechat.server.music.score import Note

STEP = 0.25
"""Beats from one step of the grid to the next."""
Row = str
"""One sign for each of the sixteen steps: `.` is none, a digit the tenth of density from which on there is a stroke."""
DRUMS: dict[str, tuple[float, float]] = {
    "kick": (0.95, 0.0),
    "snare": (0.75, 0.05),
    "clap": (0.65, -0.1),
    "rim": (0.5, -0.3),
    "hat": (0.4, 0.25),
    "open hat": (0.4, 0.25),
    "ride": (0.35, 0.35),
    "shaker": (0.35, -0.35),
    "tom": (0.7, -0.2),
}
"""The drums, how loud they are struck, and where they stand."""
BEATS: dict[str, dict[str, Row]] = {
    "four": {
        "kick": "0...0...0...0...",
        "clap": "....2.......2...",
        "open hat": "..3...3...3...3.",
        "hat": "5.8.5.8.5.8.5.8.",
        "shaker": ".9.7.9.7.9.7.9.7",
        "tom": "..............89",
    },
    "rock": {
        "kick": "0.....7.0.5.....",
        "snare": "....1..8....1..9",
        "hat": "1.3.1.3.1.3.1.3.",
        "shaker": ".8.6.8.6.8.6.8.6",
        "open hat": "..............7.",
    },
    "half": {
        "kick": "0.....5...4..7..",
        "snare": "........1......8",
        "hat": "1.4.1.4.1.4.1.4.",
        "rim": "...7......7...6.",
        "shaker": ".9.8.9.8.9.8.6.6",
    },
    "break": {
        "kick": "0.....6...0..8..",
        "snare": "....1..8.7..1..9",
        "hat": "1.3.1.3.1.3.1.3.",
        "shaker": ".8.6.8.6.8.6.8.6",
        "open hat": "......7.......5.",
    },
    "swing": {
        "ride": "1...1.2.1...1.2.",
        "hat": "....2.......2...",
        "kick": "0...8...4...8...",
        "rim": "......6.......5.",
        "snare": "..7..9....7..8.9",
    },
    "latin": {
        "kick": "0.....3.0.....3.",
        "rim": "1..1..1...1..1..",
        "shaker": "2.4.2.4.2.4.2.4.",
        "hat": ".6.7.6.7.6.7.6.7",
        "tom": "....8......8..79",
    },
    "none": {
        "shaker": "8.9.8.9.8.9.8.9.",
        "rim": "....9.......9...",
    },
}
"""Ways to drum; `none` keeps silent unless much is going on."""


def strokes(beat: str, density: float, seed: int, number: int) -> Iterator[Note]:
    """The drums of the bar with this number. A denser bar has every stroke of a sparser one."""
    fills = number % 8 == 7
    for drum, row in BEATS[beat].items():
        velocity, pan = DRUMS[drum]
        for step, sign in enumerate(row):
            if sign == "." or (drum == "tom" and not fills) or int(sign) / 10 > density:
                continue
            accent = 1.0 if step % 4 == 0 else 0.8
            touch = 0.9 + 0.2 * draw(seed, "touch", drum, step, number % 4)
            yield Note(drum, 0, step * STEP, STEP, velocity * accent * touch / 1.1, pan)
