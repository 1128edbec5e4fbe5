"""What a face is told beside the news of a session: its size, its keys, its meters, and how it is to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from livechat.terminal.style import Row


@dataclass(frozen=True, slots=True)
class Look:
    """What stays the same for a whole session."""

    speaker: str
    """The model's name in the gutter; foreign text."""
    ascii: bool = False
    meters: bool = True
    """There is a microphone. Without one the user types, and all that is said of a microphone is left out."""
    keys: bool = True
    """A row tells the keys."""
    plays: bool = True
    """The model's speech is played here; where it is not, its words count as heard when they come."""
    server: str = ""
    """What is connected to, as a short name; foreign text."""


@dataclass(frozen=True, slots=True)
class Resized:
    """The terminal has so many cells."""

    columns: int
    lines: int


@dataclass(frozen=True, slots=True)
class Playing:
    """How far the listener is in the reply that sounds now."""

    turn: int
    heard_ms: int
    arrived_ms: int
    """Of the reply's sound, how much has come; it may grow."""

    @property
    def ahead_ms(self) -> int:
        """What has come and is still to be heard."""
        return max(self.arrived_ms - self.heard_ms, 0)


@dataclass(frozen=True, slots=True)
class Gauged:
    """The levels of the last moment, as peaks; NaN where there is no such device."""

    mic_dbfs: float
    out_dbfs: float
    speaking: bool = False
    """The user's voice is heard."""
    playing: Playing | None = None
    kept_s: float = 0.0
    """Of the user's sound, how much waits for a connection."""


@dataclass(frozen=True, slots=True)
class Muted:
    """The microphone was switched off, or on again."""

    muted: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """Who speaks: the server judges it (`voice`), or the user says so (`push`)."""

    mode: Literal["voice", "push"]
    taken_at: float | None = None
    """Since when the user holds the floor by a key; None where nobody does."""


@dataclass(frozen=True, slots=True)
class Typing:
    """The line that the user is writing."""

    text: str
    cursor: int
    """Graphemes before the cursor."""


@dataclass(frozen=True, slots=True)
class TypingEnded:
    """The line was sent or given up, and the microphone is on again."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How far a recording has been sent."""

    position_s: float
    total_s: float | None
    """None where its end is not known."""


@dataclass(frozen=True, slots=True)
class SendingEnded:
    """All of it was sent."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something to be put into history now, whoever speaks."""

    row: Row


@dataclass(frozen=True, slots=True)
class Headed:
    """What a session begins with."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed, and nothing else."""


Own: TypeAlias = (
    Resized | Gauged | Muted | Floor | Typing | TypingEnded | Sending | SendingEnded | Told | Headed | Ticked
)
