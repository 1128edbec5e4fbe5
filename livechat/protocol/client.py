"""What a client says: the setup first, then contents, live input, answers of tools, and controls of music."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from livechat.protocol.parts import Blob, Content, FunctionResponse, Tool
from livechat.protocol.setup import Setup
from livechat.protocol.wire import Many, Wire, later, one_of

if TYPE_CHECKING:
    from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
else:
    _music = partial(later, "livechat.protocol.music")
    MusicGenerationConfig = _music("MusicGenerationConfig")
    WeightedPrompt = _music("WeightedPrompt")

PlaybackControl = Annotated[str, one_of("PLAYBACK_CONTROL_UNSPECIFIED", "PLAY", "PAUSE", "STOP", "RESET_CONTEXT")]


class ClientContent(Wire):
    """Turns in their order, or for music its prompts; interrupts what is being generated."""

    turns: Many[Content] | None = None
    turn_complete: bool | None = None
    weighted_prompts: Many[WeightedPrompt] | None = None


class ActivityStart(Wire):
    """The user begins to speak; only where detection is disabled."""


class ActivityEnd(Wire):
    """The user has spoken; only where detection is disabled."""


class RealtimeInput(Wire):
    """A piece of live input. One field at a time is the custom; `media_chunks` is the old way of audio and video."""

    audio: Blob | None = None
    video: Blob | None = None
    text: str | None = None
    activity_start: ActivityStart | None = None
    activity_end: ActivityEnd | None = None
    audio_stream_end: bool | None = None
    media_chunks: Many[Blob] | None = None


class ToolResponse(Wire):
    """The answers to calls, matched by their ids."""

    function_responses: Many[FunctionResponse] | None = None


class ContextUpdateTools(Wire):
    """The tools from now on; an empty list takes all away."""

    tools: Many[Tool] | None = None


class ContextUpdate(Wire):
    """A new instruction or new tools in mid-session; what is absent stays as it was."""

    system_instruction: Content | None = None
    tools: ContextUpdateTools | None = None


class ClientMessage(Wire):
    """One frame from a client; it holds one field, and is read whatever it holds."""

    setup: Setup | None = None
    client_content: ClientContent | None = None
    realtime_input: RealtimeInput | None = None
    tool_response: ToolResponse | None = None
    context_update: ContextUpdate | None = None
    music_generation_config: MusicGenerationConfig | None = None
    playback_control: PlaybackControl | None = None
