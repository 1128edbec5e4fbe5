"""The first frame of a session: the model and everything that is asked of it."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from livechat.protocol.parts import Content, Schema, Tool
from livechat.protocol.wire import Float, Int, Json, Many, Wire, later, one_of

if TYPE_CHECKING:
    from livechat.protocol.setup_options import (
        AvatarConfig,
        LanguageAuto,
        LanguageHints,
        ModelSelectionConfig,
        MultiSpeakerVoiceConfig,
        ReplicatedVoiceConfig,
        ResponseFormat,
        RoutingConfig,
        SafetySetting,
        ToolConfig,
        TranslationConfig,
    )
else:
    _option = partial(later, "livechat.protocol.setup_options")
    AvatarConfig = _option("AvatarConfig")
    LanguageAuto = _option("LanguageAuto")
    LanguageHints = _option("LanguageHints")
    ModelSelectionConfig = _option("ModelSelectionConfig")
    MultiSpeakerVoiceConfig = _option("MultiSpeakerVoiceConfig")
    ReplicatedVoiceConfig = _option("ReplicatedVoiceConfig")
    ResponseFormat = _option("ResponseFormat")
    RoutingConfig = _option("RoutingConfig")
    SafetySetting = _option("SafetySetting")
    ToolConfig = _option("ToolConfig")
    TranslationConfig = _option("TranslationConfig")

Modality = Annotated[str, one_of("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO")]
MediaResolution = Annotated[
    str,
    one_of("MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"),
]
ThinkingLevel = Annotated[str, one_of("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH")]
StartSensitivity = Annotated[
    str, one_of("START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW")
]
EndSensitivity = Annotated[str, one_of("END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW")]
ActivityHandling = Annotated[
    str, one_of("ACTIVITY_HANDLING_UNSPECIFIED", "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION")
]
TurnCoverage = Annotated[
    str,
    one_of(
        "TURN_COVERAGE_UNSPECIFIED",
        "TURN_INCLUDES_ONLY_ACTIVITY",
        "TURN_INCLUDES_ALL_INPUT",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    ),
]
TranscriptionMode = Annotated[str, one_of("MODE_UNSPECIFIED", "VERBATIM", "SMART")]


class PrebuiltVoiceConfig(Wire):
    """One of the thirty voices by its name."""

    voice_name: str | None = None


class VoiceConfig(Wire):
    """Which voice speaks: a prebuilt one, a replica of somebody's, or a speaker's identifier."""

    prebuilt_voice_config: PrebuiltVoiceConfig | None = None
    replicated_voice_config: ReplicatedVoiceConfig | None = None
    voice: str | None = None


class SpeechConfig(Wire):
    """How the answer sounds; `language_code` is BCP-47."""

    voice_config: VoiceConfig | None = None
    language_code: str | None = None
    multi_speaker_voice_config: MultiSpeakerVoiceConfig | None = None


class ThinkingConfig(Wire):
    """How much the model thinks before it speaks; a budget of 0 tokens is off, -1 is its own choice."""

    include_thoughts: bool | None = None
    thinking_budget: Int | None = None
    thinking_level: ThinkingLevel | None = None


class AudioTranscriptionConfig(Wire):
    """Asks for a transcript, even when empty. The language fields but `language_codes`, and the phrases, are old."""

    language_codes: Many[str] | None = None
    custom_vocabulary: Many[str] | None = None
    word_timestamp: bool | None = None
    diarization: bool | None = None
    mode: TranscriptionMode | None = None
    source_text: str | None = None
    language_auto: LanguageAuto | None = None
    language_hints: LanguageHints | None = None
    adaptation_phrases: Many[str] | None = None


class GenerationConfig(Wire):
    """What kind of answer is wanted; the fields from `response_mime_type` on are not for Live sessions."""

    response_modalities: Many[Modality] | None = None
    temperature: Float | None = None
    top_p: Float | None = None
    top_k: Float | None = None
    max_output_tokens: Int | None = None
    seed: Int | None = None
    candidate_count: Int | None = None
    presence_penalty: Float | None = None
    frequency_penalty: Float | None = None
    stop_sequences: Many[str] | None = None
    media_resolution: MediaResolution | None = None
    speech_config: SpeechConfig | None = None
    thinking_config: ThinkingConfig | None = None
    enable_affective_dialog: bool | None = None
    translation_config: TranslationConfig | None = None
    response_mime_type: str | None = None
    response_schema: Schema | None = None
    response_json_schema: Json | None = None
    response_format: Many[ResponseFormat] | None = None
    response_logprobs: bool | None = None
    logprobs: Int | None = None
    routing_config: RoutingConfig | None = None
    model_selection_config: ModelSelectionConfig | None = None
    audio_timestamp: bool | None = None
    audio_transcription_config: AudioTranscriptionConfig | None = None
    enable_enhanced_civic_answers: bool | None = None


class AutomaticActivityDetection(Wire):
    """How the server notices speech. Unspecified sensitivities are high on Developer and low on Vertex endpoints."""

    disabled: bool | None = None
    start_of_speech_sensitivity: StartSensitivity | None = None
    end_of_speech_sensitivity: EndSensitivity | None = None
    prefix_padding_ms: Int | None = None
    silence_duration_ms: Int | None = None


class RealtimeInputConfig(Wire):
    """How speech that comes in cuts into turns, and whether it interrupts."""

    automatic_activity_detection: AutomaticActivityDetection | None = None
    activity_handling: ActivityHandling | None = None
    turn_coverage: TurnCoverage | None = None
    interim_transcript_timestamp_enabled: bool | None = None


class SessionResumption(Wire):
    """Asks for handles, even when empty; `handle` resumes the session it came from."""

    handle: str | None = None
    transparent: bool | None = None


class SlidingWindow(Wire):
    """Keeps the newest `target_tokens`; half the trigger when unset."""

    target_tokens: Int | None = None


class ContextWindowCompression(Wire):
    """Lets a session outlive its window: at `trigger_tokens` (80 % of the window when unset) the oldest goes."""

    trigger_tokens: Int | None = None
    sliding_window: SlidingWindow | None = None


class HistoryConfig(Wire):
    """Whether the first client content, up to its `turnComplete`, is history and not a question."""

    initial_history_in_client_content: bool | None = None


class Proactivity(Wire):
    """Whether the model may keep silent, or speak unasked."""

    proactive_audio: bool | None = None
    proactive_video: bool | None = None


class Setup(Wire):
    """The setup of a Live session; that of a music session holds the model alone."""

    model: str | None = None
    generation_config: GenerationConfig | None = None
    system_instruction: Content | None = None
    tools: Many[Tool] | None = None
    tool_config: ToolConfig | None = None
    realtime_input_config: RealtimeInputConfig | None = None
    session_resumption: SessionResumption | None = None
    context_window_compression: ContextWindowCompression | None = None
    input_audio_transcription: AudioTranscriptionConfig | None = None
    output_audio_transcription: AudioTranscriptionConfig | None = None
    proactivity: Proactivity | None = None
    explicit_vad_signal: bool | None = None
    history_config: HistoryConfig | None = None
    avatar_config: AvatarConfig | None = None
    safety_settings: Many[SafetySetting] | None = None
    labels: dict[str, str] | None = None
