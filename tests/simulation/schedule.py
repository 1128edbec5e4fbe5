"""Everything that chance has a say in: what a world is like, what its user says, and all that goes wrong in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livechat.server import scenario
from livechat.server.scenario import Resumption

Severity = Literal["none", "calm", "usual", "harsh"]

# ------------------------------------------------------------------------------------------ what the user does


@dataclass(frozen=True)
class Line:
    """One thing that the user says, named by its number."""

    number: int
    aloud: bool
    calls: int
    """Effects that the model wants to have before it answers."""
    words: int
    """Of the answer."""
    pause_s: float
    """Before it is said."""
    waits: bool
    """It is said when what was said before is answered; else it may fall into the answer."""
    speech_ms: int = 1_200

    @property
    def text(self) -> str:
        return f"T{self.number} calls{self.calls} words{self.words}"

    @property
    def tag(self) -> str:
        return f"T{self.number}"


# ------------------------------------------------------------------------------------------------ what befalls it

Fate = Literal["survives", "may end", "ends"]
"""Of the session: whether no client may give it up, a client may, or must."""


@dataclass(frozen=True)
class Cut:
    """Both ways end at once; what is under way arrives or not."""

    lands_up: bool
    lands_down: bool


@dataclass(frozen=True)
class Hang:
    """The server closes."""

    code: int
    reason: str


@dataclass(frozen=True)
class Hole:
    """Everything vanishes from now on, both ways, and nobody is told."""


@dataclass(frozen=True)
class Hush:
    """The server takes everything and says nothing for so long."""

    seconds: float


@dataclass(frozen=True)
class Go:
    """goAway; then the server says nothing more at all if it is silent, and closes when the time is up."""

    seconds: float
    silent: bool


@dataclass(frozen=True)
class Sleep:
    """The machine stands still."""

    seconds: float
    survives: bool
    """So does the connection."""


@dataclass(frozen=True)
class Slow:
    """So many bytes a second go up, for so long."""

    rate: float
    seconds: float


@dataclass(frozen=True)
class Refuse:
    """No connection comes about."""

    kind: str
    status: int = 0
    after_s: float = 0.05


@dataclass(frozen=True)
class Mute:
    """The connection is there, and the setup is never answered."""


Opening: TypeAlias = Refuse | Mute
Befalling: TypeAlias = Cut | Hang | Hole | Hush | Go | Sleep | Slow


@dataclass(frozen=True)
class Moment:
    """So many seconds after a connection was opened, or at the n-th frame of a kind, if that comes before."""

    seconds: float
    way: Literal["", "up", "down"] = ""
    kind: str = ""
    nth: int = 1
    before: bool = False
    """Rather than after it."""


@dataclass(frozen=True)
class Strike:
    what: Befalling
    when: Moment
    fate: Fate = "survives"
    notice_s: float = 0.0
    """How long the server takes to see that its client is gone."""


@dataclass(frozen=True)
class Blocked:
    """What a connection meets when it is opened."""

    what: Opening
    fate: Fate = "survives"


# --------------------------------------------------------------------------------------------------- the schedule

FAMILIES = ("gemini-live-2.5-flash", "gemini-2.5-flash-native-audio-latest", "gemini-3.1-flash-live-preview")
MODELS: Sequence[str] = (*FAMILIES, "gemini-3.8-live")


@dataclass(frozen=True)
class Schedule:
    """One play, before it is played; `drawing` makes it of one integer."""

    seed: int
    severity: Severity
    model: str
    marks: bool
    """The client says when the user speaks."""
    lines: tuple[Line, ...]
    latency_s: float
    think_s: float
    """For each piece of an answer."""
    effect_s: float
    """How long an effect takes."""
    speculative: bool
    jitter: float
    resumption: Resumption
    handle_s: float | None
    strikes: tuple[Strike | Blocked, ...]
    odd: tuple[scenario.Fault, ...] = ()
    live: bool = False
    """The user speaks into a microphone, which does not wait."""
    impatient: bool = False
    """The user does not wait for a try that is late."""

    @property
    def fates(self) -> set[Fate]:
        return {strike.fate for strike in self.strikes}
