"""The vocabulary of the music's mind: what only it is told, and what only it orders.

The rest is that of every connection (`server.acts`). All are frozen. The number of a Render comes back with Rendered;
sound that nobody waits for any more is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from livechat.server.acts import Failed, FromWire, HangUp, Send, Staged, Suffer
from livechat.server.music.score import Bar

# ------------------------------------------------------------------------------------------------ told


@dataclass(frozen=True, slots=True)
class Rendered:
    """A bar has become sound."""

    number: int
    pcm: bytes
    """48 kHz, s16le, left and right in turn."""


MusicTold: TypeAlias = FromWire | Rendered | Staged | Failed


# ---------------------------------------------------------------------------------------------- ordered


@dataclass(frozen=True, slots=True)
class Render:
    """Turn this bar into sound."""

    number: int
    bar: Bar
    fresh: bool
    """Out of silence: nothing of the bars before it rings on."""


MusicOrder: TypeAlias = Send | HangUp | Suffer | Render
