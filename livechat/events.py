"""The three vocabularies of a conversation: what happens (Inputs), what to do (Commands), what to tell (Events).

Grammar tells the direction: Inputs are past participles, Commands imperatives, Events news.
All are frozen; times are seconds of the one clock that `Session` reads, and travel beside a word, never inside it.
PCM is signed 16-bit little-endian mono throughout: 16 kHz on the way in, 24 kHz on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from livechat.errors import LivechatError
from livechat.protocol.client import ClientMessage
from livechat.protocol.server import ServerMessage

HEARD_RATE = 16_000
"""Hz of `Heard.pcm`: what the Live API takes without resampling (wire-protocol §6)."""
PLAYED_RATE = 24_000
"""Hz of `Play.pcm` and of the samples counted by `Played`: what the Live API sends (wire-protocol §6)."""


# ------------------------------------------------------------------------------------------------ Inputs


@dataclass(frozen=True, slots=True)
class Opened:
    """The WebSocket is open; nothing has been said on it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No WebSocket came about."""

    kind: str
    """At which step it failed: `name`, `tls`, `timeout`, `http`, `connect` or `handshake`; at the proxy that `proxy`
    says no, that `no proxy` is none or is not there, and that `socks` wants a package."""
    detail: str
    """The step's own words, foreign text; for `socks` the line that installs the package."""
    status: int = 0
    """The HTTP status of the answer to the upgrade; 0 where none came."""
    retry_after: str = ""
    """The Retry-After header of that answer, as sent."""


@dataclass(frozen=True, slots=True)
class Received:
    """A frame came and is this protocol."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame came and is not this protocol."""

    problem: str
    """What is wrong with it, with a bounded excerpt; foreign text."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The microphone, a file or a pipe gave a frame of sound."""

    pcm: bytes
    """16 kHz, usually 20 ms (640 bytes)."""


@dataclass(frozen=True, slots=True)
class HearingEnded:
    """No more sound follows for now: the file ended, the microphone was muted."""


@dataclass(frozen=True, slots=True)
class FloorClaimed:
    """The user's activity begins, by a key or by our own judgement: where the server was told not to judge it."""


@dataclass(frozen=True, slots=True)
class FloorYielded:
    """The user's activity is over; the model may answer."""


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """The user stopped speaking: an estimate, for the figures alone."""

    ago_s: float
    """How long before this is told."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The user finished a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A program spoke for the user, in the protocol's own words."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Hushed:
    """The user wants to hear and read no more of this reply."""


@dataclass(frozen=True, slots=True)
class Played:
    """The speaker handed sound to the listener."""

    samples: int
    """24 kHz samples since the last report; over a turn they sum up to exactly what was queued or less."""


@dataclass(frozen=True, slots=True)
class Committed:
    """Before something that may cut the reply off: so much is on its way to the ear, whatever happens."""

    samples: int
    """24 kHz samples that the speaker gave to its card and has not reported as `Played`."""


@dataclass(frozen=True, slots=True)
class Silenced:
    """The listener hears the silence that `StopPlaying` ordered."""


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool that was to run has given its answer, or a piece of it."""

    id: str
    """Of the call, as `RunTool` named it."""
    response: Mapping[str, Any]
    """JSON, by custom under `output` or `error`."""
    more: bool = False
    """It goes on, and more pieces follow."""


@dataclass(frozen=True, slots=True)
class ToolAllowed:
    """The user lets a call run that waits for that."""

    id: str
    always: bool = False
    """Nobody asks about this tool any more."""


@dataclass(frozen=True, slots=True)
class ToolDenied:
    """The user does not let a call run."""

    id: str


@dataclass(frozen=True, slots=True)
class ToolStopped:
    """The user breaks a call off that runs."""

    id: str


@dataclass(frozen=True, slots=True)
class SpeakerChanged:
    """Another speaker plays from now on; what the one before it had queued nobody will hear."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The WebSocket is closed and we did not ask for it."""

    code: int
    """The code received, or 1002 and 1009 after a frame that is broken or too big; else 1006 (RFC 6455 §7.4)."""
    reason: str
    """The reason that goes with it, at most 123 bytes; foreign text."""


@dataclass(frozen=True, slots=True)
class Faltered:
    """The peer's kernel acknowledges nothing of what we sent, or the socket takes nothing more."""

    silent_s: float
    """For how long."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What we send arrives again."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Sound of the user was not sent: the link is slower than speech, and it had grown old."""

    samples: int
    """16 kHz."""


@dataclass(frozen=True, slots=True)
class Slept:
    """The machine or the program stood still, and nothing was heard, sent or received meanwhile."""

    still_s: float
    """For how long."""


@dataclass(frozen=True, slots=True)
class Retried:
    """The user wants the next connection tried at once."""


@dataclass(frozen=True, slots=True)
class Left:
    """The user, or the script that speaks for one, is done."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The moment named by `deadline` has come."""


Input: TypeAlias = (
    Opened
    | Refused
    | Received
    | Garbled
    | Heard
    | HearingEnded
    | FloorClaimed
    | FloorYielded
    | VoiceEnded
    | Typed
    | Said
    | Hushed
    | Played
    | Committed
    | Silenced
    | ToolFinished
    | ToolAllowed
    | ToolDenied
    | ToolStopped
    | SpeakerChanged
    | Lost
    | Faltered
    | Recovered
    | Dropped
    | Slept
    | Retried
    | Left
    | Ticked
)


class Disconnected(Exception):
    """Raised by a link, at opening or later, with the input that says what became of it."""

    def __init__(self, happened: Refused | Lost) -> None:
        super().__init__(type(happened).__name__)
        self.happened = happened


# ---------------------------------------------------------------------------------------------- Commands


@dataclass(frozen=True, slots=True)
class Send:
    """Put this message on the wire, in order."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class SendSound:
    """Put this sound of the user on the wire, in order. Fifty go out a second: no message is made of them before."""

    pcm: bytes
    """16 kHz."""
    kept: bool = False
    """Spoken while there was no link: it is old by then, and is sent all the same."""


@dataclass(frozen=True, slots=True)
class Play:
    """Queue this sound at the speaker."""

    pcm: bytes
    """24 kHz."""
    turn: int


@dataclass(frozen=True, slots=True)
class FinishPlaying:
    """No more sound of this turn follows: what is queued may start and run out."""

    turn: int


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Be silent now, and forget what is queued."""


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Say what is still to be said and close the WebSocket."""

    code: int = 1000
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Leave the WebSocket there is, if there is one, and only when it is closed open another.

    What was to be sent on it and was not is void: whatever of it matters is ordered again.
    """


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run this tool, and tell what it gives as `ToolFinished`."""

    id: str
    """Of the call."""
    name: str
    args: Mapping[str, Any]
    """JSON, as the model wrote it; nobody has looked whether it fits."""


@dataclass(frozen=True, slots=True)
class CheckTool:
    """Look whether this tool can be called so, before anybody is asked; what cannot is told as `ToolFinished`."""

    id: str
    """Of the call."""
    name: str
    args: Mapping[str, Any]
    """JSON, as the model wrote it."""


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Break this call off: nobody waits for it any more."""

    id: str


Command: TypeAlias = (
    Send | SendSound | Play | FinishPlaying | StopPlaying | CheckTool | RunTool | CancelTool | Reconnect | CloseLink
)


# ------------------------------------------------------------------------------------------------ Events


@dataclass(frozen=True, slots=True)
class Ready:
    """The server has taken our setup."""

    model: str
    session_id: str = ""
    """The server's name for this session; Vertex gives one."""


@dataclass(frozen=True, slots=True)
class UserSaid:
    """Words of the user, typed or as the server heard them."""

    turn: int
    text: str
    """What is new."""
    whole: str
    """All of the user's words in this turn so far."""
    final: bool
    """We take them to be complete; a late tail may still follow as another final."""


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """Words of the model, as they come."""

    turn: int
    text: str
    """What is new."""
    spoken: bool
    """The transcript of its speech; otherwise a text part."""


@dataclass(frozen=True, slots=True)
class ModelThought:
    """A summary of the model's reasoning, where thoughts were asked for."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The listener hears the first sample of a reply to what was spoken."""

    turn: int
    after_ms: int
    """Since the user stopped speaking."""


@dataclass(frozen=True, slots=True)
class ReplyCame:
    """All of the reply is here; it may still be playing, and its turn is not over."""

    turn: int
    text: str
    """The whole answer."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The reply was cut off; the silence is already ordered."""

    turn: int
    heard_ms: int
    """Of the reply's sound, how much the listener got."""
    dropped_ms: int
    """Of the reply's sound, how much had arrived and was thrown away."""
    heard: str
    """The words that sound held: an estimate in proportion, cut at a word (the wire gives no word times)."""
    unheard: str
    """The words that had arrived and were not heard."""


@dataclass(frozen=True, slots=True)
class FellSilent:
    """The listener hears nothing more of a reply that was cut off."""

    turn: int
    after_ms: int
    """Since we knew that it was."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The wire said so and the speaker has run out."""

    turn: int
    user: str
    text: str
    """The whole answer: the transcript of the speech, or the text parts where nothing was spoken."""
    interrupted: bool
    spoken_ms: int
    """Length of the reply's sound as it arrived."""
    reason: str = ""
    """The server's turnCompleteReason where it gave one, or `missing turnComplete`."""


@dataclass(frozen=True, slots=True)
class UsageCounted:
    """The tokens of the whole session so far, by modality (`text`, `audio`, …); nothing is counted twice."""

    prompt: Mapping[str, int] = field(default_factory=dict[str, int])
    response: Mapping[str, int] = field(default_factory=dict[str, int])
    thoughts: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The model has asked for a tool."""

    turn: int
    id: str
    """The call's own, also where the server gave it none."""
    name: str
    """Foreign text, as everything of a call is."""
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON."""
    waits: bool = False
    """It does not run yet: the user is to allow it."""


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """A tool has run, or will not."""

    turn: int
    id: str
    name: str
    outcome: Literal["done", "failed", "cancelled", "denied", "stopped"]
    """`cancelled` by the model or the end of the session, `denied` before it ran, `stopped` by the user."""
    after_ms: int
    """Since it was asked for."""
    result: str = ""
    """What the model was told of it; of one that was cancelled nothing."""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection is gone, and another is on the way."""

    why: str
    attempt: int
    """Counted from 1."""
    of: int
    in_s: float = 0.0
    """Seconds until it is tried."""
    kept_s: float = 0.0
    """Of the user's sound, how much waits to be sent."""


@dataclass(frozen=True, slots=True)
class Reconnected:
    """There is a connection again."""

    how: Literal["resumed", "rebuilt", "lost"]
    """The server still has the conversation; it was told it again; or it knows nothing of it any more."""
    turns: int = 0
    """Of the conversation so far that this is true of."""


@dataclass(frozen=True, slots=True)
class Resumable:
    """The server can go on from here over another connection, also for another run of the program."""

    handle: str
    """Whoever has it and a key can read the conversation out of the model; foreign text."""
    turns: int
    """That it stands for."""


@dataclass(frozen=True, slots=True)
class Faltering:
    """Nothing that we send arrives any more; told once when it begins and once when it is over."""

    silent_s: float
    """Seconds; 0.0 when it is over."""


@dataclass(frozen=True, slots=True)
class SoundDropped:
    """Speech of the user was not sent: the network is slower than that, or was gone for longer than what is kept.

    Told at most once a second.
    """

    ms: int
    """In the whole session so far."""


@dataclass(frozen=True, slots=True)
class GoingAway:
    """The server will close the connection soon."""

    time_left_s: float


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the user should know that stops nothing; foreign text."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The session cannot go on."""

    what: str
    exit_code: int
    error: LivechatError = field(compare=False)
    """The same with its why and hint, ready to raise."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; nothing follows."""

    reason: str
    """`left`, `closed` (the server's wish) or `failed`."""
    turns: int
    interruptions: int


Event: TypeAlias = (
    Ready
    | UserSaid
    | ModelSaid
    | ModelThought
    | Answered
    | ReplyCame
    | Interrupted
    | FellSilent
    | TurnEnded
    | UsageCounted
    | ToolStarted
    | ToolEnded
    | Reconnecting
    | Reconnected
    | Resumable
    | Faltering
    | SoundDropped
    | GoingAway
    | Noted
    | Failed
    | Ended
)
"""News of a conversation, in the order in which it happens."""

Output: TypeAlias = Command | Event
