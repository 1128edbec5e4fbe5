"""The vocabulary of the embedded server's mind: what it is told (past participles) and what it orders (imperatives).

All are frozen. What the ears report (`SpeechStarted`, `SpeechPaused`, `SpeechResumed`, `SpeechEnded`) is told as it is.
PCM is signed 16-bit little-endian mono: what comes in has the rate it says, what goes out has 24 kHz.

Orders that are answered later carry a number, and so do the answers: `number` of a Transcribe comes back with
Transcribed, `reply` of a Think with each Thought, of a Speak with Spoken. Answers that nobody waits for any more are
ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from livechat.protocol.client import ClientMessage
from livechat.protocol.parts import FunctionDeclaration
from livechat.protocol.server import ServerMessage
from livechat.server.brain import Said
from livechat.server.ears import EarEvent, EarSettings
from livechat.server.lines import Hurt
from livechat.server.pieces import Mishap, Notice, Piece

# ------------------------------------------------------------------------------------------------ told


@dataclass(frozen=True, slots=True)
class Connected:
    """A client is here and has not said anything."""


@dataclass(frozen=True, slots=True)
class ClientSaid:
    """A frame came and is this protocol."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame came and is not this protocol."""

    problem: str
    """What is wrong with it; may quote the frame."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The words of an utterance are known."""

    number: int
    text: str
    """"" if there are no words in it."""
    spoken_ms: int
    """Length of the sound that was read."""


@dataclass(frozen=True, slots=True)
class Thought:
    """The brain gave the next piece of its answer."""

    reply: int
    piece: Piece


@dataclass(frozen=True, slots=True)
class ThoughtEnded:
    """The brain has said all it wants to."""

    reply: int
    problem: str = ""
    """Why it could not go on; "" if it simply ended."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence has become sound."""

    reply: int
    pcm: bytes
    """24 kHz; b"" if the sentence cannot be spoken."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Somebody outside the conversation wants this to happen, as a test does."""

    cue: Notice | Mishap


@dataclass(frozen=True, slots=True)
class Left:
    """The client is gone, or was hung up on; nothing can be ordered any more."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Ears, transcriber or voice cannot do their work."""

    problem: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """The moment named by `deadline` has come."""


FromWire: TypeAlias = Connected | ClientSaid | Garbled | Ticked | Left
"""What the body of every connection tells."""
Told: TypeAlias = FromWire | EarEvent | Transcribed | Thought | ThoughtEnded | Spoken | Staged | Failed


# ---------------------------------------------------------------------------------------------- ordered


@dataclass(frozen=True, slots=True)
class Send:
    """Put this message on the wire, in order."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection; nothing follows."""

    code: int
    reason: str
    """At most 123 bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class Suffer:
    """Let this go wrong with the connection."""

    act: Hurt


@dataclass(frozen=True, slots=True)
class Note:
    """Write this into the log, for whoever runs the server."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenEars:
    """Get ready to hear: with a detector that finds the utterances, or (None) with the client marking them."""

    settings: EarSettings | None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Get ready to speak: this session will be answered in sound."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear this sound."""

    pcm: bytes
    rate: int
    """Hz."""


@dataclass(frozen=True, slots=True)
class BeginUtterance:
    """The client says that its activity starts: what is heard from here on is one utterance."""


@dataclass(frozen=True, slots=True)
class FlushEars:
    """The stream of sound has ended for now: so has speech that was going on."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Read the words of the present utterance as far as it goes."""

    number: int


@dataclass(frozen=True, slots=True)
class Read:
    """Read the words of this sound, which nobody spoke just now."""

    number: int
    pcm: bytes
    rate: int
    """Hz."""


@dataclass(frozen=True, slots=True)
class LeaveUnread:
    """That order is void: if its reading has not begun, leave it."""

    number: int


@dataclass(frozen=True, slots=True)
class Think:
    """Ask the brain what to answer."""

    reply: int
    history: Sequence[Said]
    tools: Sequence[FunctionDeclaration]


@dataclass(frozen=True, slots=True)
class PauseThinking:
    """Take no further piece from the brain for now: it is far ahead of what can be said."""


@dataclass(frozen=True, slots=True)
class ResumeThinking:
    """Go on taking pieces from the brain."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Turn this sentence into sound."""

    reply: int
    text: str
    voice: str


@dataclass(frozen=True, slots=True)
class BeSilent:
    """Drop the thinking and speaking under way: nobody waits for it any more."""


Order: TypeAlias = (
    Send
    | HangUp
    | Suffer
    | Note
    | OpenEars
    | WarmUp
    | Listen
    | BeginUtterance
    | FlushEars
    | Transcribe
    | Read
    | LeaveUnread
    | Think
    | PauseThinking
    | ResumeThinking
    | Speak
    | BeSilent
)
