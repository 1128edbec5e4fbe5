"""Voice chat in the terminal over the Gemini Live API, with an embedded server that speaks the same protocol.

As a library: `LiveGenerativeModel` holds a model and its configuration, `connect` opens a session with it, and
`connect_sync` does so without asyncio. Each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from livechat.errors import (
        AccessDenied,
        BadInput,
        ConfigError,
        DeviceError,
        LivechatError,
        LocalProtocolError,
        MissingInput,
        ModelUnavailable,
        QuotaExceeded,
        RemoteProtocolError,
        RequestRejected,
        SessionClosed,
        TimeLimit,
        TryLater,
        Unanswered,
        Unreachable,
        UsageError,
    )
    from livechat.events import (
        Answered,
        Ended,
        Event,
        Failed,
        Faltering,
        FellSilent,
        GoingAway,
        Interrupted,
        ModelSaid,
        ModelThought,
        Noted,
        Ready,
        Reconnected,
        Reconnecting,
        ReplyCame,
        Resumable,
        SoundDropped,
        ToolEnded,
        ToolStarted,
        TurnEnded,
        UsageCounted,
        UserSaid,
    )
    from livechat.library.audio_conversation import AudioConversation
    from livechat.library.backends import Backend, Developer, FirebaseAI, Local, Server, Vertex
    from livechat.library.callbacks import Callbacks, Closed
    from livechat.library.config import LiveChanges, LiveConfig
    from livechat.library.contents import Request, Response
    from livechat.library.devices import MicrophoneLike, SpeakerLike
    from livechat.library.frames import ImageLike
    from livechat.library.given import Instruction, ToolLike
    from livechat.library.keys import Token
    from livechat.library.model import LiveGenerativeModel, connect, get_live_generative_model
    from livechat.library.music import LiveMusic, MusicSession
    from livechat.library.session import LiveSession
    from livechat.library.sounds import AudioLike
    from livechat.library.sync import SyncAudioConversation, SyncMusicSession, SyncSession, connect_sync
    from livechat.library.sync_connection import SyncConnection
    from livechat.library.tokens import create_token, create_token_sync
    from livechat.library.turns import Turn
    from livechat.protocol.generations import VOICES
    from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
    from livechat.protocol.parts import (
        Blob,
        Content,
        FunctionCall,
        FunctionDeclaration,
        FunctionResponse,
        Part,
        Schema,
        Tool,
        Transcription,
    )
    from livechat.protocol.server import (
        GoAway,
        ServerContent,
        ServerMessage,
        SessionResumptionUpdate,
        ToolCall,
        ToolCallCancellation,
        UsageMetadata,
    )
    from livechat.protocol.setup import (
        AudioTranscriptionConfig,
        AutomaticActivityDetection,
        ContextWindowCompression,
        SessionResumption,
        Setup,
        SlidingWindow,
        VoiceConfig,
    )
    from livechat.tools.functions import tool
    from livechat.tools.toolbox import ToolFailure

__all__ = [
    "VOICES",
    "AccessDenied",
    "Answered",
    "AudioConversation",
    "AudioLike",
    "AudioTranscriptionConfig",
    "AutomaticActivityDetection",
    "Backend",
    "BadInput",
    "Blob",
    "Callbacks",
    "Closed",
    "ConfigError",
    "Content",
    "ContextWindowCompression",
    "Developer",
    "DeviceError",
    "Ended",
    "Event",
    "Failed",
    "Faltering",
    "FellSilent",
    "FirebaseAI",
    "FunctionCall",
    "FunctionDeclaration",
    "FunctionResponse",
    "GoAway",
    "GoingAway",
    "ImageLike",
    "Instruction",
    "Interrupted",
    "LiveChanges",
    "LiveConfig",
    "LiveGenerativeModel",
    "LiveMusic",
    "LiveSession",
    "LivechatError",
    "Local",
    "LocalProtocolError",
    "MicrophoneLike",
    "MissingInput",
    "ModelSaid",
    "ModelThought",
    "ModelUnavailable",
    "MusicGenerationConfig",
    "MusicSession",
    "Noted",
    "Part",
    "QuotaExceeded",
    "Ready",
    "Reconnected",
    "Reconnecting",
    "RemoteProtocolError",
    "ReplyCame",
    "Request",
    "RequestRejected",
    "Response",
    "Resumable",
    "Schema",
    "Server",
    "ServerContent",
    "ServerMessage",
    "SessionClosed",
    "SessionResumption",
    "SessionResumptionUpdate",
    "Setup",
    "SlidingWindow",
    "SoundDropped",
    "SpeakerLike",
    "SyncAudioConversation",
    "SyncConnection",
    "SyncMusicSession",
    "SyncSession",
    "TimeLimit",
    "Token",
    "Tool",
    "ToolCall",
    "ToolCallCancellation",
    "ToolEnded",
    "ToolFailure",
    "ToolLike",
    "ToolStarted",
    "Transcription",
    "TryLater",
    "Turn",
    "TurnEnded",
    "Unanswered",
    "Unreachable",
    "UsageCounted",
    "UsageError",
    "UsageMetadata",
    "UserSaid",
    "Vertex",
    "VoiceConfig",
    "WeightedPrompt",
    "__version__",
    "connect",
    "connect_sync",
    "create_token",
    "create_token_sync",
    "get_live_generative_model",
    "tool",
]

_OFFERED: dict[str, tuple[str, ...]] = {
    "errors": (
        "AccessDenied",
        "BadInput",
        "ConfigError",
        "DeviceError",
        "LivechatError",
        "LocalProtocolError",
        "MissingInput",
        "ModelUnavailable",
        "QuotaExceeded",
        "RemoteProtocolError",
        "RequestRejected",
        "SessionClosed",
        "TimeLimit",
        "TryLater",
        "Unanswered",
        "Unreachable",
        "UsageError",
    ),
    "events": (
        "Answered",
        "Ended",
        "Event",
        "Failed",
        "Faltering",
        "FellSilent",
        "GoingAway",
        "Interrupted",
        "ModelSaid",
        "ModelThought",
        "Noted",
        "Ready",
        "Reconnected",
        "Reconnecting",
        "ReplyCame",
        "Resumable",
        "SoundDropped",
        "ToolEnded",
        "ToolStarted",
        "TurnEnded",
        "UsageCounted",
        "UserSaid",
    ),
    "library.audio_conversation": ("AudioConversation",),
    "library.backends": (
        "Backend",
        "Developer",
        "FirebaseAI",
        "Local",
        "Server",
        "Vertex",
    ),
    "library.callbacks": (
        "Callbacks",
        "Closed",
    ),
    "library.config": (
        "LiveChanges",
        "LiveConfig",
    ),
    "library.contents": (
        "Request",
        "Response",
    ),
    "library.devices": (
        "MicrophoneLike",
        "SpeakerLike",
    ),
    "library.frames": ("ImageLike",),
    "library.given": (
        "Instruction",
        "ToolLike",
    ),
    "library.keys": ("Token",),
    "library.model": (
        "LiveGenerativeModel",
        "connect",
        "get_live_generative_model",
    ),
    "library.music": (
        "LiveMusic",
        "MusicSession",
    ),
    "library.session": ("LiveSession",),
    "library.sounds": ("AudioLike",),
    "library.sync": (
        "SyncAudioConversation",
        "SyncMusicSession",
        "SyncSession",
        "connect_sync",
    ),
    "library.sync_connection": ("SyncConnection",),
    "library.tokens": (
        "create_token",
        "create_token_sync",
    ),
    "library.turns": ("Turn",),
    "protocol.generations": ("VOICES",),
    "protocol.music": (
        "MusicGenerationConfig",
        "WeightedPrompt",
    ),
    "protocol.parts": (
        "Blob",
        "Content",
        "FunctionCall",
        "FunctionDeclaration",
        "FunctionResponse",
        "Part",
        "Schema",
        "Tool",
        "Transcription",
    ),
    "protocol.server": (
        "GoAway",
        "ServerContent",
        "ServerMessage",
        "SessionResumptionUpdate",
        "ToolCall",
        "ToolCallCancellation",
        "UsageMetadata",
    ),
    "protocol.setup": (
        "AudioTranscriptionConfig",
        "AutomaticActivityDetection",
        "ContextWindowCompression",
        "SessionResumption",
        "Setup",
        "SlidingWindow",
        "VoiceConfig",
    ),
    "tools.functions": ("tool",),
    "tools.toolbox": ("ToolFailure",),
}
_ROOMS = {name: room for room, names in _OFFERED.items() for name in names}
"""Where each name is when somebody asks for it."""


def __getattr__(name: str) -> object:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module 'livechat' has no attribute {name!r}")
    return getattr(import_module(f"livechat.{room}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
