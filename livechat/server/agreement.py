"""What the server brings into a session, what is agreed in it, and how one that cannot be held is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from livechat.protocol.generations import Family
from livechat.protocol.parts import FunctionDeclaration, Transcription
from livechat.protocol.setup import Setup
from livechat.server import dialect
from livechat.server.ears import EarSettings
from livechat.server.scenario import Scenario
from livechat.server.sessions import Sessions

INVALID = "Request contains an invalid argument."
NOT_IMPLEMENTED = "Operation is not implemented, or supported, or enabled."
TOO_LATE = "Deadline expired before operation could complete."
BROKEN = "Internal error encountered."
NO_SUCH_MODEL = (
    "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. "
    "Call ListModels to see the list of available models and their supported methods."
)
"""Reasons that production was seen to close with (wire-protocol §5)."""

SILENCE_MS = 500
"""Silence that ends an utterance. The default of production is not published; this one is ours."""


class Refusal(Exception):
    """The session cannot be held, or cannot go on; `code` and `reason` are those of the close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Grant(Protocol):
    """What an ephemeral token makes of a setup."""

    def effective(self, setup: Setup) -> Setup: ...


@dataclass(frozen=True)
class Terms:
    """What the server brings into a session."""

    session_id: UUID
    version: str = "v1"
    """Of the API, as the path has it."""
    vertex: bool = False
    music: bool = False
    """The path is that of the music API."""
    speech_missing: str = ""
    """Why this server can neither hear nor speak, for a close frame; "" if it can."""
    speculative: bool = False
    """The brain may be asked on a guess."""
    silence_ms: int = SILENCE_MS
    """Silence that ends an utterance, where the client does not say."""
    setup_s: float = 10.0
    """How long a connection may be silent before its setup."""
    scenario: Scenario = field(default_factory=Scenario)
    sessions: Sessions = field(default_factory=Sessions)
    """Those that may be gone on with; all connections of a server share them."""
    grant: Grant | None = None
    """What an ephemeral token allows; None for a client that came with a key."""


@dataclass(frozen=True)
class Translation:
    """What a session does that only translates."""

    target: str
    """BCP-47."""
    echoes: bool = False
    """It says again what already is in that language."""

    @property
    def is_spoken_already(self) -> bool:
        """What these ears hear is English, and English is wanted."""
        return self.target.lower().split("-")[0] == "en"


@dataclass(frozen=True)
class InputWords:
    """What else the transcript of the user tells."""

    timed: bool = False
    language: str | None = None
    speaker: str | None = None

    def transcription(self, text: str, span: tuple[int, int], *, finished: bool | None = None) -> Transcription:
        """`span`: when it was said, in ms of the session's sound."""
        told = Transcription(text=text, finished=finished, language_code=self.language, speaker_label=self.speaker)
        return dialect.timed(told, span) if self.timed else told


@dataclass(frozen=True)
class Agreement:
    """What a session is held by from its setup on."""

    family: Family
    speaks: bool
    """It answers in sound."""
    voice: str
    system: str
    tools: tuple[FunctionDeclaration, ...]
    ears: EarSettings | None
    """How speech is detected; None if the client marks it."""
    interrupts: bool
    """The user's activity interrupts the model."""
    transcribes_input: bool
    transcribes_output: bool
    seeded: bool
    """The first contents are history."""
    model: str = ""
    behaviors: Mapping[str, str] = field(default_factory=dict[str, str])
    """How each function runs."""
    thoughts: bool = False
    """The client wants to read the model's thoughts."""
    thinks_aloud: bool = False
    """The model says that it thinks before it answers, in a turn of its own."""
    characters: int | None = None
    """So many of an answer at most."""
    stops: tuple[str, ...] = ()
    """What an answer stops before."""
    window: tuple[int, int] | None = None
    """Tokens in view at which the oldest are dropped, and down to how many; None if none are."""
    coverage: str = "TURN_INCLUDES_ONLY_ACTIVITY"
    activity: bool = False
    """The client wants to know when speech begins and ends."""
    input_words: InputWords = field(default_factory=InputWords)
    output_timed: bool = False
    interim_timed: bool = False
    handle: str | None = None
    """Of the session to go on with."""
    resumable: bool = False
    """The client wants handles."""
    transparent: bool = False
    """And to know which of its messages a handle stands for."""
    signature: str | None = None
    """The consent to a replicated voice, signed."""
    translation: Translation | None = None
    """It only translates; None for sessions that answer."""
    streams_arguments: bool = False
    """Calls come in pieces."""
