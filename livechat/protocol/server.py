"""What a server says: content, calls, transcripts, usage, and the news of the session itself."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import AliasChoices, Field

from livechat.protocol.parts import Content, FunctionCall, Transcription
from livechat.protocol.wire import Int, Json, Many, Wire, later, one_of

if TYPE_CHECKING:
    from livechat.protocol.grounding import GroundingMetadata, UrlContextMetadata
    from livechat.protocol.music import AudioChunk, FilteredPrompt
    from livechat.protocol.setup_options import VoiceConsentSignature
else:
    _ground = partial(later, "livechat.protocol.grounding")
    _music = partial(later, "livechat.protocol.music")
    GroundingMetadata = _ground("GroundingMetadata")
    UrlContextMetadata = _ground("UrlContextMetadata")
    AudioChunk = _music("AudioChunk")
    FilteredPrompt = _music("FilteredPrompt")
    VoiceConsentSignature = later("livechat.protocol.setup_options", "VoiceConsentSignature")

InteractionStatus = Annotated[str, one_of("INTERACTION_STATUS_UNSPECIFIED", "IN_PROGRESS", "REQUIRES_ACTION", "IDLE")]
MediaModality = Annotated[str, one_of("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT")]
ServiceTier = Annotated[str, one_of("unspecified", "flex", "standard", "priority")]
TrafficType = Annotated[
    str,
    one_of(
        "TRAFFIC_TYPE_UNSPECIFIED",
        "ON_DEMAND",
        "ON_DEMAND_PRIORITY",
        "ON_DEMAND_FLEX",
        "ON_DEMAND_OFFPEAK",
        "PROVISIONED_THROUGHPUT",
    ),
]
TurnCompleteReason = Annotated[
    str,
    one_of(
        "TURN_COMPLETE_REASON_UNSPECIFIED",
        "MALFORMED_FUNCTION_CALL",
        "RESPONSE_REJECTED",
        "NEED_MORE_INPUT",
        "PROHIBITED_INPUT_CONTENT",
        "IMAGE_PROHIBITED_INPUT_CONTENT",
        "INPUT_TEXT_CONTAIN_PROMINENT_PERSON_PROHIBITED",
        "INPUT_IMAGE_CELEBRITY",
        "INPUT_IMAGE_PHOTO_REALISTIC_CHILD_PROHIBITED",
        "INPUT_TEXT_NCII_PROHIBITED",
        "INPUT_OTHER",
        "INPUT_IP_PROHIBITED",
        "BLOCKLIST",
        "UNSAFE_PROMPT_FOR_IMAGE_GENERATION",
        "GENERATED_IMAGE_SAFETY",
        "GENERATED_CONTENT_SAFETY",
        "GENERATED_AUDIO_SAFETY",
        "GENERATED_VIDEO_SAFETY",
        "GENERATED_CONTENT_PROHIBITED",
        "GENERATED_CONTENT_BLOCKLIST",
        "GENERATED_IMAGE_PROHIBITED",
        "GENERATED_IMAGE_CELEBRITY",
        "GENERATED_IMAGE_PROMINENT_PEOPLE_DETECTED_BY_REWRITER",
        "GENERATED_IMAGE_IDENTIFIABLE_PEOPLE",
        "GENERATED_IMAGE_MINORS",
        "OUTPUT_IMAGE_IP_PROHIBITED",
        "GENERATED_OTHER",
        "MAX_REGENERATION_REACHED",
    ),
]
VadSignalType = Annotated[str, one_of("VAD_SIGNAL_TYPE_UNSPECIFIED", "VAD_SIGNAL_TYPE_SOS", "VAD_SIGNAL_TYPE_EOS")]
VoiceActivityType = Annotated[str, one_of("TYPE_UNSPECIFIED", "ACTIVITY_START", "ACTIVITY_END")]


class SetupComplete(Wire):
    """The session stands; Vertex names it."""

    session_id: str | None = None
    voice_consent_signature: VoiceConsentSignature | None = None


class ServerContent(Wire):
    """What the model says and where its turn is; several fields may come in one message."""

    model_turn: Content | None = None
    input_transcription: Transcription | None = None
    interim_input_transcription: Transcription | None = None
    output_transcription: Transcription | None = None
    generation_complete: bool | None = None
    interrupted: bool | None = None
    turn_complete: bool | None = None
    turn_complete_reason: TurnCompleteReason | None = None
    interaction_status: InteractionStatus | None = None
    waiting_for_input: bool | None = None
    grounding_metadata: GroundingMetadata | None = None
    url_context_metadata: UrlContextMetadata | None = None
    audio_chunks: Many[AudioChunk] | None = None


class ToolCall(Wire):
    """The calls the model asks for."""

    function_calls: Many[FunctionCall] | None = None


class ToolCallCancellation(Wire):
    """The ids of calls whose answers nobody waits for any more."""

    ids: Many[str] | None = None


class GoAway(Wire):
    """The connection will be closed; `time_left` as "50s"."""

    time_left: str | None = None


class SessionResumptionUpdate(Wire):
    """The newest handle; none, and `resumable` false or unset, where the session cannot be resumed now."""

    new_handle: str | None = None
    resumable: bool | None = None
    last_consumed_client_message_index: Int | None = None


class VoiceActivity(Wire):
    """Speech begins or ends at `audio_offset` ("1.200s" of the audio stream).

    The wire says `type`; the longer name of Google's libraries is understood too.
    """

    type: VoiceActivityType | None = Field(
        default=None, validation_alias=AliasChoices("type", "voiceActivityType", "voice_activity_type")
    )
    audio_offset: str | None = None


class VoiceActivityDetectionSignal(Wire):
    """Start or end of speech, as told to allow-listed projects."""

    vad_signal_type: VadSignalType | None = None


class ModalityTokenCount(Wire):
    """How many tokens of one kind."""

    modality: MediaModality | None = None
    token_count: Int | None = None


class UsageMetadata(Wire):
    """Tokens used. Developer endpoints count the answer as `response_…`, Vertex as `candidates_…`."""

    prompt_token_count: Int | None = None
    cached_content_token_count: Int | None = None
    response_token_count: Int | None = None
    candidates_token_count: Int | None = None
    tool_use_prompt_token_count: Int | None = None
    thoughts_token_count: Int | None = None
    total_token_count: Int | None = None
    prompt_tokens_details: Many[ModalityTokenCount] | None = None
    cache_tokens_details: Many[ModalityTokenCount] | None = None
    response_tokens_details: Many[ModalityTokenCount] | None = None
    candidates_tokens_details: Many[ModalityTokenCount] | None = None
    tool_use_prompt_tokens_details: Many[ModalityTokenCount] | None = None
    service_tier: ServiceTier | None = None
    traffic_type: TrafficType | None = None


class ServerMessage(Wire):
    """One frame from a server: one kind of news, and perhaps the usage beside it.

    `error` is no field of the protocol; gateways send it, as any JSON.
    """

    setup_complete: SetupComplete | None = None
    server_content: ServerContent | None = None
    tool_call: ToolCall | None = None
    tool_call_cancellation: ToolCallCancellation | None = None
    go_away: GoAway | None = None
    session_resumption_update: SessionResumptionUpdate | None = None
    voice_activity: VoiceActivity | None = None
    voice_activity_detection_signal: VoiceActivityDetectionSignal | None = None
    usage_metadata: UsageMetadata | None = None
    filtered_prompt: FilteredPrompt | None = None
    error: Json | None = None

    @property
    def text(self) -> str:
        """The words of the model in it: its text parts without its thoughts, else the transcript of its speech."""
        content = self.server_content
        if content is None:
            return ""
        parts = (content.model_turn.parts or []) if content.model_turn is not None else []
        if written := "".join(part.text for part in parts if part.text and not part.thought):
            return written
        return (content.output_transcription.text or "") if content.output_transcription is not None else ""

    @property
    def audio(self) -> bytes:
        """The sound in it: the model's speech, s16le mono 24 kHz (wire-protocol §6); of music, stereo 48 kHz."""
        content = self.server_content
        if content is None:
            return b""
        parts = (content.model_turn.parts or []) if content.model_turn is not None else []
        spoken = [part.inline_data for part in parts if part.inline_data is not None]
        heard = [blob.data or b"" for blob in spoken if (blob.mime_type or "").lower().startswith("audio/")]
        return b"".join(heard) + b"".join(chunk.data or b"" for chunk in content.audio_chunks or ())

    @property
    def heard(self) -> str:
        """What is new of the user's words, as the server heard them."""
        content = self.server_content
        words = content.input_transcription if content is not None else None
        return (words.text or "") if words is not None else ""

    @property
    def function_calls(self) -> list[FunctionCall]:
        """The functions that the model asks for in it."""
        return list(self.tool_call.function_calls or ()) if self.tool_call is not None else []

    @property
    def turn_complete(self) -> bool:
        """The model's turn is over. Where one request takes several turns, the last has the status IDLE too."""
        return self.server_content is not None and bool(self.server_content.turn_complete)

    @property
    def interrupted(self) -> bool:
        """The reply is cut off: sound of it that has not been played should not be."""
        return self.server_content is not None and bool(self.server_content.interrupted)
