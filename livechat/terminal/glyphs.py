"""The signs of the screen stand here with the ASCII that stands in for them where a terminal shows no others.

Emoji-capable signs (⚙ ✂ ▶) are left out: terminals disagree on their width. A stand-in takes as many cells as its sign,
so that columns stay where they are; only the ellipsis, with nothing aligned behind it, may take more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from livechat.terminal.safe import Safe


class Glyphs(NamedTuple):
    """One sign for each thing that is shown by a sign; beside it there is always a word."""

    ready: Safe
    """Ready, listening, on air."""
    off: Safe
    """The microphone is off: muted, paused, waiting for space."""
    hearing: Safe
    """The user is heard."""
    waiting: Safe
    """Connecting, thinking."""
    speaking: Safe
    reconnecting: Safe
    tool: Safe
    done: Safe
    failed: Safe
    cut: Safe
    """Interrupted, cancelled: what stands behind it was never played or sent."""
    asks: Safe
    """Waits for the user's yes; two cells."""
    cursor: Safe
    """Where the words that are still being said will go on."""
    ellipsis: Safe
    bullet: Safe
    arrow: Safe
    separator: Safe
    """Between facts on one row."""
    dash: Safe
    approximately: Safe
    spinner: tuple[Safe, ...]
    """What is shown in turn while something runs."""


def _in_turn(signs: str) -> tuple[Safe, ...]:
    return tuple(Safe(sign) for sign in signs)


UNICODE: Final = Glyphs(
    ready=Safe("●"),
    off=Safe("○"),
    hearing=Safe("◆"),
    waiting=Safe("◌"),
    speaking=Safe("▸"),
    reconnecting=Safe("↻"),
    tool=Safe("ƒ"),
    done=Safe("✓"),
    failed=Safe("✗"),
    cut=Safe("⊘"),
    asks=Safe("⏳"),
    cursor=Safe("▌"),
    ellipsis=Safe("…"),
    bullet=Safe("•"),
    arrow=Safe("→"),
    separator=Safe("·"),
    dash=Safe("—"),
    approximately=Safe("≈"),
    spinner=_in_turn("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"),
)

ASCII: Final = Glyphs(
    ready=Safe("*"),
    off=Safe("o"),
    hearing=Safe("#"),
    waiting=Safe("."),
    speaking=Safe(">"),
    reconnecting=Safe("@"),
    tool=Safe("f"),
    done=Safe("+"),
    failed=Safe("x"),
    cut=Safe("/"),
    asks=Safe("??"),
    cursor=Safe("_"),
    ellipsis=Safe("..."),
    bullet=Safe("-"),
    arrow=Safe(">"),
    separator=Safe("|"),
    dash=Safe("-"),
    approximately=Safe("~"),
    spinner=_in_turn("|/-\\"),
)


def glyphs(*, ascii: bool) -> Glyphs:
    """The signs that a terminal shows."""
    return ASCII if ascii else UNICODE
