"""What few sessions ask for: other voices, other outputs, safety, translation, routing."""

from typing import Annotated

from livechat.protocol.setup import VoiceConfig
from livechat.protocol.wire import Base64, Float, Int, Json, Many, Wire, one_of

HarmCategory = Annotated[
    str,
    one_of(
        "HARM_CATEGORY_UNSPECIFIED",
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_CIVIC_INTEGRITY",
        "HARM_CATEGORY_JAILBREAK",
        "HARM_CATEGORY_IMAGE_HATE",
        "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
        "HARM_CATEGORY_IMAGE_HARASSMENT",
        "HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT",
    ),
]
HarmBlockMethod = Annotated[str, one_of("HARM_BLOCK_METHOD_UNSPECIFIED", "SEVERITY", "PROBABILITY")]
HarmBlockThreshold = Annotated[
    str,
    one_of(
        "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
        "BLOCK_LOW_AND_ABOVE",
        "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_ONLY_HIGH",
        "BLOCK_NONE",
        "OFF",
    ),
]
FunctionCallingConfigMode = Annotated[str, one_of("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")]
FeatureSelectionPreference = Annotated[
    str, one_of("FEATURE_SELECTION_PREFERENCE_UNSPECIFIED", "PRIORITIZE_QUALITY", "BALANCED", "PRIORITIZE_COST")
]
Delivery = Annotated[str, one_of("DELIVERY_UNSPECIFIED", "INLINE", "URI")]
AspectRatio = Annotated[
    str,
    one_of(
        "ASPECT_RATIO_UNSPECIFIED",
        "ASPECT_RATIO_ONE_BY_ONE",
        "ASPECT_RATIO_TWO_BY_THREE",
        "ASPECT_RATIO_THREE_BY_TWO",
        "ASPECT_RATIO_THREE_BY_FOUR",
        "ASPECT_RATIO_FOUR_BY_THREE",
        "ASPECT_RATIO_FOUR_BY_FIVE",
        "ASPECT_RATIO_FIVE_BY_FOUR",
        "ASPECT_RATIO_NINE_BY_SIXTEEN",
        "ASPECT_RATIO_SIXTEEN_BY_NINE",
        "ASPECT_RATIO_TWENTY_ONE_BY_NINE",
        "ASPECT_RATIO_ONE_BY_EIGHT",
        "ASPECT_RATIO_EIGHT_BY_ONE",
        "ASPECT_RATIO_ONE_BY_FOUR",
        "ASPECT_RATIO_FOUR_BY_ONE",
    ),
]
ImageSize = Annotated[
    str,
    one_of(
        "IMAGE_SIZE_UNSPECIFIED", "IMAGE_SIZE_FIVE_TWELVE", "IMAGE_SIZE_ONE_K", "IMAGE_SIZE_TWO_K", "IMAGE_SIZE_FOUR_K"
    ),
]


class VoiceConsentSignature(Wire):
    """The proof that consent to a replica was given."""

    signature: str | None = None


class ReplicatedVoiceConfig(Wire):
    """A voice replicated from a sample: WAV, 24 kHz, s16le."""

    consent_audio: Base64 | None = None
    mime_type: str | None = None
    voice_consent_signature: VoiceConsentSignature | None = None
    voice_sample_audio: Base64 | None = None


class SpeakerVoiceConfig(Wire):
    """The voice of one named speaker."""

    speaker: str | None = None
    voice_config: VoiceConfig | None = None


class MultiSpeakerVoiceConfig(Wire):
    """A voice for each speaker; refused by Live sessions."""

    speaker_voice_configs: Many[SpeakerVoiceConfig] | None = None


class TranslationConfig(Wire):
    """Speaks in another language (BCP-47); echoes what already is in it."""

    echo_target_language: bool | None = None
    target_language_code: str | None = None


class CustomizedAvatar(Wire):
    """A face from a picture, 9:16 and at least 704 by 1280."""

    image_data: Base64 | None = None
    image_mime_type: str | None = None


class AvatarConfig(Wire):
    """A face that speaks."""

    audio_bitrate_bps: Int | None = None
    avatar_name: str | None = None
    customized_avatar: CustomizedAvatar | None = None
    video_bitrate_bps: Int | None = None


class SafetySetting(Wire):
    """What is blocked in one category of harm."""

    category: HarmCategory | None = None
    method: HarmBlockMethod | None = None
    threshold: HarmBlockThreshold | None = None


class LanguageAuto(Wire):
    """The old way to ask for detection."""


class LanguageHints(Wire):
    """The old place of `language_codes`."""

    language_codes: Many[str] | None = None


class FunctionCallingConfig(Wire):
    """Whether and which functions the model may call."""

    allowed_function_names: Many[str] | None = None
    mode: FunctionCallingConfigMode | None = None
    stream_function_call_arguments: bool | None = None


class LatLng(Wire):
    """A place on earth, in degrees."""

    latitude: Float | None = None
    longitude: Float | None = None


class RetrievalConfig(Wire):
    """Where the user is, and the language of what is found."""

    lat_lng: LatLng | None = None
    language_code: str | None = None


class ToolConfig(Wire):
    """How tools may be used; sent by Firebase only."""

    function_calling_config: FunctionCallingConfig | None = None
    retrieval_config: RetrievalConfig | None = None
    include_server_side_tool_invocations: bool | None = None


class ModelSelectionConfig(Wire):
    """What matters most when a model is chosen."""

    feature_selection_preference: FeatureSelectionPreference | None = None


class AutoRoutingMode(Wire):
    """The model by preference."""

    model_routing_preference: str | None = None


class ManualRoutingMode(Wire):
    """The model by name."""

    model_name: str | None = None


class RoutingConfig(Wire):
    """How a request finds its model."""

    auto_mode: AutoRoutingMode | None = None
    manual_mode: ManualRoutingMode | None = None


class AudioResponseFormat(Wire):
    """How audio comes back."""

    bit_rate: Int | None = None
    delivery: Delivery | None = None
    mime_type: str | None = None
    sample_rate: Int | None = None


class ImageResponseFormat(Wire):
    """How pictures come back."""

    aspect_ratio: AspectRatio | None = None
    delivery: Delivery | None = None
    image_size: ImageSize | None = None
    mime_type: str | None = None


class TextResponseFormat(Wire):
    """How text comes back."""

    mime_type: str | None = None
    schema_: Json | None = None


class VideoResponseFormat(Wire):
    """How video comes back."""

    aspect_ratio: AspectRatio | None = None
    delivery: Delivery | None = None
    duration: str | None = None
    gcs_uri: str | None = None
    resolution: str | None = None


class ResponseFormat(Wire):
    """How one kind of answer comes back."""

    audio: AudioResponseFormat | None = None
    image: ImageResponseFormat | None = None
    text: TextResponseFormat | None = None
    video: VideoResponseFormat | None = None
