"""What a server is told to be like: its network, its limits, its faults, and what it says.

One object, however it came about: from a file (`scenario_file`), from flags (`fault_words`), or in a test. Nothing in
here does anything; the Dialogue keeps its limits and its script, and the Mischief on the way to the socket its faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

# ------------------------------------------------------------------------------------------- the way there


@dataclass(frozen=True, slots=True)
class Network:
    """How what the server says reaches the client. The order of messages is kept."""

    latency_ms: float = 0.0
    """Every message arrives so much later."""
    jitter_ms: float = 0.0
    """And up to so much later again, drawn for each message from the seed."""
    bandwidth: float | None = None
    """Bytes a second that fit through; None for as many as come."""
    pong_s: float = 0.0
    """How late pings are answered. Production was seen to take 8 to 30 s."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How sound is handed out."""

    ahead_s: float = 2.0
    """How far ahead of assumed playback; infinity sends it as fast as it is made."""
    speed: float = 1.0
    """Seconds of sound handed out in a second once that lead is used up; below 1 the client runs dry."""


# ------------------------------------------------------------------------------------------------ the limits


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things last, in seconds of production; divided by `time_scale` in this server. None is for ever."""

    time_scale: float = 1.0
    """60 makes a minute of production a second here."""
    connection_s: float | None = 600.0
    """A connection [D live-session]."""
    notice_s: float = 50.0
    """How long before its end goAway is sent; "50s" was observed."""
    audio_s: float | None = 900.0
    """A session without compression, from its first sound on [D live-session]."""
    video_s: float | None = 120.0
    """A session without compression, from its first picture on [D live-session]."""
    context_tokens: int | None = 131_072
    """What the model can have in view [D models]."""
    handle_s: float | None = None
    """How long a handle is good after its session; None is production's: 2 h, on Vertex 24 h."""

    def real(self, seconds: float | None) -> float | None:
        """So many seconds of production, in seconds of here."""
        return None if seconds is None else seconds / self.time_scale


UNLIMITED = Limits(connection_s=None, audio_s=None, video_s=None)
"""A server that never ends a conversation by itself."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """What comes of sessions that a client wants to go on with."""

    mode: Literal["rollback", "keep", "refuse"] = "rollback"
    """Go on from where the handle was given, from where the session ended, or not at all."""
    handles: Literal["after", "before", "never"] = "after"
    """Whether a new handle comes after the turnComplete of a turn, as from production, or before it."""
    delay_s: float = 0.0
    """How long after its moment a handle comes."""
    code: int = 1008
    reason: str = "BidiGenerateContent session not found"
    """How a session that cannot be gone on with is refused."""


# ------------------------------------------------------------------------------------------------ the faults

Kind = Literal[
    "any",
    "setupComplete",
    "text",
    "thought",
    "audio",
    "inputTranscription",
    "interimInputTranscription",
    "outputTranscription",
    "generationComplete",
    "turnComplete",
    "interrupted",
    "toolCall",
    "toolCallCancellation",
    "goAway",
    "sessionResumptionUpdate",
    "voiceActivity",
    "voiceActivityDetectionSignal",
    "usageMetadata",
]
"""What a message is about; one message may be of several kinds."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment a fault strikes: at messages of a kind, so long after the setup, or at a byte of the stream."""

    kind: Kind | None = None
    nth: int = 1
    """The first message of that kind that it strikes, from 1."""
    onwards: bool = False
    """It strikes every later one too."""
    after_s: float | None = None
    """Seconds after the connection was made."""
    byte: int | None = None
    """So many bytes after the handshake, counted as they leave for the client; in the middle of a frame if need be."""
    connection: int | None = None
    """Only the connection with this number, from 1; None is every one."""


@dataclass(frozen=True, slots=True)
class CloseWith:
    """Close the WebSocket."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the TCP connection."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing for so many seconds; then all that was kept back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Go silent for good: nothing is sent, read or ponged, and the connection stays."""


@dataclass(frozen=True, slots=True)
class Say:
    """Put this frame on the wire as it is, before the message; text goes as a text frame."""

    frame: str | bytes


@dataclass(frozen=True, slots=True)
class Pad:
    """Make the message so many bytes long, with a field that nobody knows."""

    size: int


@dataclass(frozen=True, slots=True)
class Double:
    """Send it twice."""


@dataclass(frozen=True, slots=True)
class Omit:
    """Do not send it."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Send it after the next message."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Send sound at this rate in Hz."""

    hz: int
    told: bool = True
    """The MIME type says so; otherwise it still says what it said, and lies."""


@dataclass(frozen=True, slots=True)
class OddChunks:
    """Cut sound in the middle of samples; the halves follow each other, no byte is lost."""


@dataclass(frozen=True, slots=True)
class TwoForms:
    """Send a call as toolCall and once more as a part of modelTurn."""


FaultAct: TypeAlias = (
    CloseWith | Drop | Stall | HalfOpen | Say | Pad | Double | Omit | Swap | Rate | OddChunks | TwoForms
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and when."""

    act: FaultAct
    when: When


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The HTTP answer instead of a WebSocket."""

    status: int
    """401, 403, 404, 429, 503, or 302, which leads to `location`."""
    times: int | None = None
    """So many connections from the first are answered so; None is all."""
    location: str = "https://portal.example/login"
    retry_after_s: int | None = None


# ------------------------------------------------------------------------------------------------ the script


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this, in words or in sound as the session has it."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Think so long in silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Muse:
    """A thought; the client is told of it only if it asked for thoughts."""

    text: str


@dataclass(frozen=True, slots=True)
class Branch:
    """What to do after the answer of a call."""

    matches: str
    """A regular expression that is searched in the JSON of the answer; "" fits every one."""
    do: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function and go on by its answer; calls that stand next to each other go out as one message."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    branches: tuple[Branch, ...] = ()
    """The first that fits is followed; where none fits, or there is none, the script simply goes on."""


@dataclass(frozen=True, slots=True)
class Show:
    """A message of the model's own making: grounding, code and its result, any serverContent, as JSON."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Breathe:
    """End the turn although the answer goes on: turnComplete with the interaction still in progress."""


@dataclass(frozen=True, slots=True)
class BeInterrupted:
    """Stop as if the user had spoken."""


@dataclass(frozen=True, slots=True)
class GoAway:
    """Tell the client to go within so many seconds, and close then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fail:
    """Something goes wrong here and now."""

    act: CloseWith | Drop | Stall | HalfOpen


Step: TypeAlias = Speak | Wait | Muse | Call | Show | Breathe | BeInterrupted | GoAway | Fail


@dataclass(frozen=True, slots=True)
class Turn:
    """What the server does when the user has said something."""

    do: tuple[Step, ...]
    said: str = ""
    """A regular expression that the user's words must match, whatever the case; "" fits everything."""
    hear: str | None = None
    """What the user's speech is taken to be, whatever it was; None leaves it to the ears."""


@dataclass(frozen=True)
class Scenario:
    """Everything that can be told to a server. The plain `Scenario()` is production as far as it is known."""

    name: str = ""
    about: str = ""
    seed: int | None = None
    """Decides what chance would; None draws one and logs it."""
    network: Network = field(default_factory=Network)
    pace: Pace = field(default_factory=Pace)
    limits: Limits = field(default_factory=Limits)
    resumption: Resumption = field(default_factory=Resumption)
    upgrade: Upgrade | None = None
    faults: tuple[Fault, ...] = ()
    turns: tuple[Turn, ...] = ()
    """One for each thing the user says; after the last, and where none matches, the brain answers by itself."""
    vad_signals: bool = False
    """Send voiceActivityDetectionSignal, as production does for projects on a list."""
