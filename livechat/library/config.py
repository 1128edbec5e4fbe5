"""Everything that can be asked of a session before it begins, in the words of Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack

from livechat.errors import UsageError
from livechat.library.given import Instruction, ToolLike, is_a
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    SessionResumption,
    Setup,
    VoiceConfig,
)
from livechat.suggest import closest
from livechat.voices import unknown_voice

if TYPE_CHECKING:
    from livechat.protocol.setup_options import AvatarConfig, SafetySetting, ToolConfig

Modality: TypeAlias = Literal["AUDIO", "TEXT"]
Resolution: TypeAlias = Literal["LOW", "MEDIUM", "HIGH"]
ThinkingLevel: TypeAlias = Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"]
Sensitivity: TypeAlias = Literal["HIGH", "LOW"]
ActivityHandling: TypeAlias = Literal["START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"]
TurnCoverage: TypeAlias = Literal[
    "TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT", "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"
]


@dataclass(frozen=True, kw_only=True)
class LiveConfig:
    """What a session is asked to be like; None leaves it to the server. Immutable, so it can be shared by threads.

    Names and meanings are those of the setup of the Live API (google-genai 3.4.0's `LiveConnectConfig`). Raises
    UsageError for a value that none of its fields can have; what a model's family refuses is told when the setup is
    made.
    """

    modality: Modality | None = None
    """What the answers come in. "TEXT" from a model that only speaks are the words of its speech."""
    voice: str | VoiceConfig | None = None
    """One of the thirty names in `livechat.VOICES`, in any case; a replica as a VoiceConfig."""
    language: str | None = None
    """Of the speech, as BCP 47 writes it: "de-DE"."""
    system_instruction: Instruction | None = None
    tools: ToolLike | Sequence[ToolLike] | None = None
    tool_config: ToolConfig | None = None
    temperature: float | None = None
    """0 to 2."""
    top_p: float | None = None
    """0 to 1."""
    top_k: float | None = None
    max_output_tokens: int | None = None
    """Of an answer; 25 are a second of speech."""
    seed: int | None = None
    candidate_count: int | None = None
    presence_penalty: float | None = None
    """-2 to 2."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    stop_sequences: Sequence[str] | None = None
    media_resolution: Resolution | None = None
    """In how many tokens a picture is seen."""
    thinking_level: ThinkingLevel | None = None
    """For models that must be given one it is their lowest."""
    thinking_budget: int | None = None
    """Tokens; 0 is off, -1 the model's own choice."""
    include_thoughts: bool | None = None
    affective_dialog: bool | None = None
    """Answers in the manner of the voice that is heard."""
    input_transcription: bool | AudioTranscriptionConfig = True
    """The words of what is heard are sent back."""
    output_transcription: bool | AudioTranscriptionConfig = True
    """The words of the speech are sent along with it."""
    vad: Literal["server", "manual"] | AutomaticActivityDetection = "server"
    """Who notices speech: the server, or we say it ourselves with `activity_start` and `activity_end`."""
    start_sensitivity: Sensitivity | None = None
    """How easily sound counts as speech; unset it is HIGH on Developer endpoints and LOW on Vertex."""
    end_sensitivity: Sensitivity | None = None
    """How easily silence counts as its end."""
    prefix_padding_ms: int | None = None
    """Milliseconds of speech before its beginning counts."""
    silence_duration_ms: int | None = None
    """Milliseconds of silence before its end counts; Gemini 3.1 passes it over."""
    activity_handling: ActivityHandling | None = None
    """Whether speech interrupts the answer."""
    turn_coverage: TurnCoverage | None = None
    """What of the input belongs to a turn."""
    explicit_vad_signal: bool | None = None
    """Asks for news of speech as the server hears it; on Vertex only."""
    interim_transcript_timestamps: bool | None = None
    resumption: bool | str | SessionResumption = False
    """Asks for handles; a handle resumes the session that it came from."""
    reconnect: bool = False
    """Goes on over another connection when one is lost, or about to be closed by the server: with the handles, else by
    telling the conversation to a new session. What was not answered is asked again, and no tool is run twice."""
    compression: bool | ContextWindowCompression = True
    """Forgets the oldest in place of ending after fifteen minutes; True is for the models that can."""
    initial_history: bool = False
    """The first contents, up to their `turn_complete`, are what was said before and are not answered."""
    proactive_audio: bool | None = None
    """The model may keep silent where it is not meant."""
    proactive_video: bool | None = None
    translate_to: str | None = None
    """The language (BCP 47) that a translating model speaks."""
    echo_target_language: bool | None = None
    """Whether it repeats what already is in that language."""
    safety_settings: Sequence[SafetySetting | Mapping[str, Any]] | None = None
    labels: Mapping[str, str] | None = None
    avatar: str | AvatarConfig | None = None
    """A face that speaks, by its name or as a whole."""
    setup: Setup | Mapping[str, Any] | None = None
    """Laid over all of the above, field by field, just as it is; a None in it takes a field away."""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            _demand(name, getattr(self, name), choices)
        if not isinstance(self.vad, AutomaticActivityDetection):
            _demand("vad", self.vad, ("server", "manual"))
        for name, kinds in _KINDS.items():
            value: object = getattr(self, name)
            if value is not None and not isinstance(value, kinds):
                wanted = " or ".join(kind.__name__ for kind in kinds)
                raise UsageError(f"{name}={value!r}: that is no {wanted}")
        if isinstance(self.voice, str) and (problem := unknown_voice(self.voice)):
            raise UsageError(problem, hint="their names are in livechat.VOICES; another voice is a VoiceConfig")

    def changed(self, **changes: Unpack[LiveChanges]) -> LiveConfig:
        """The same with these changes. Raises UsageError as the class does. From any thread."""
        return replace(self, **changes)


class LiveChanges(TypedDict, total=False):
    """The fields of LiveConfig as keywords, for everything that takes changes to one."""

    modality: Modality | None
    voice: str | VoiceConfig | None
    language: str | None
    system_instruction: Instruction | None
    tools: ToolLike | Sequence[ToolLike] | None
    tool_config: ToolConfig | None
    temperature: float | None
    top_p: float | None
    top_k: float | None
    max_output_tokens: int | None
    seed: int | None
    candidate_count: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    stop_sequences: Sequence[str] | None
    media_resolution: Resolution | None
    thinking_level: ThinkingLevel | None
    thinking_budget: int | None
    include_thoughts: bool | None
    affective_dialog: bool | None
    input_transcription: bool | AudioTranscriptionConfig
    output_transcription: bool | AudioTranscriptionConfig
    vad: Literal["server", "manual"] | AutomaticActivityDetection
    start_sensitivity: Sensitivity | None
    end_sensitivity: Sensitivity | None
    prefix_padding_ms: int | None
    silence_duration_ms: int | None
    activity_handling: ActivityHandling | None
    turn_coverage: TurnCoverage | None
    explicit_vad_signal: bool | None
    interim_transcript_timestamps: bool | None
    resumption: bool | str | SessionResumption
    reconnect: bool
    compression: bool | ContextWindowCompression
    initial_history: bool
    proactive_audio: bool | None
    proactive_video: bool | None
    translate_to: str | None
    echo_target_language: bool | None
    safety_settings: Sequence[SafetySetting | Mapping[str, Any]] | None
    labels: Mapping[str, str] | None
    avatar: str | AvatarConfig | None
    setup: Setup | Mapping[str, Any] | None


def configured(config: LiveConfig | None, changes: Mapping[str, Any]) -> LiveConfig:
    """The configuration with these changes. Raises UsageError for what is none, with the name that is meant."""
    if not is_a(config, LiveConfig, type(None)):
        raise UsageError(f"{type(config).__name__} is no configuration", hint="livechat.LiveConfig(…), or keywords")
    names = LiveConfig.__dataclass_fields__
    for name in changes:
        if name not in names:
            near = _THEIRS.get(name) or closest(name, names)
            raise UsageError(f"there is no setting {name!r}" + (f" — did you mean {near}?" if near else ""))
    return replace(config or LiveConfig(), **changes)


_THEIRS: Mapping[str, str] = {
    "response_modalities": "modality",
    "response_modality": "modality",
    "speech_config": "voice",
    "voice_name": "voice",
    "language_code": "language",
    "input_audio_transcription": "input_transcription",
    "output_audio_transcription": "output_transcription",
    "session_resumption": "resumption",
    "context_window_compression": "compression",
    "realtime_input_config": "vad",
    "thinking_config": "thinking_level",
    "enable_affective_dialog": "affective_dialog",
    "proactivity": "proactive_audio",
    "generation_config": "setup",
}
"""The names of Google's libraries for what is called otherwise here."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "modality": ("AUDIO", "TEXT"),
    "media_resolution": ("LOW", "MEDIUM", "HIGH"),
    "thinking_level": ("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"),
    "start_sensitivity": ("HIGH", "LOW"),
    "end_sensitivity": ("HIGH", "LOW"),
    "activity_handling": ("START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"),
    "turn_coverage": (
        *("TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT"),
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    ),
}


_KINDS: Mapping[str, tuple[type, ...]] = {
    "voice": (str, VoiceConfig),
    "language": (str,),
    "resumption": (bool, str, SessionResumption),
    "compression": (bool, ContextWindowCompression),
    "input_transcription": (bool, AudioTranscriptionConfig),
    "output_transcription": (bool, AudioTranscriptionConfig),
    "stop_sequences": (list, tuple),
    "labels": (Mapping,),
    "initial_history": (bool,),
    "reconnect": (bool,),
    "translate_to": (str,),
}
"""Where a value of another kind would be sent as something that nobody meant."""


def _demand(name: str, value: object, choices: Sequence[str]) -> None:
    if value is None or value in choices:
        return
    near = closest(str(value), choices)
    raise UsageError(
        f"{name}={value!r}: that is not one of {', '.join(choices)}" + (f" — did you mean {near}?" if near else "")
    )
