"""The rarer kinds of parts and what may be said about them."""

from typing import Annotated, ClassVar

from livechat.protocol.parts import MediaProcessing
from livechat.protocol.wire import Base64, Float, Int, JsonObject, Many, Wire, one_of

Language = Annotated[str, one_of("LANGUAGE_UNSPECIFIED", "PYTHON")]
Outcome = Annotated[str, one_of("OUTCOME_UNSPECIFIED", "OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED")]
ToolType = Annotated[
    str,
    one_of(
        "TOOL_TYPE_UNSPECIFIED",
        "GOOGLE_SEARCH_WEB",
        "GOOGLE_SEARCH_IMAGE",
        "URL_CONTEXT",
        "GOOGLE_MAPS",
        "FILE_SEARCH",
        "MEDIA_PROCESSING",
    ),
]
DocumentMetadataContentLayer = Annotated[str, one_of("CONTENT_LAYER_UNSPECIFIED", "PAGE_IMAGE", "PAGE_TEXT")]
SpreadsheetMetadataContentLayer = Annotated[str, one_of("CONTENT_LAYER_UNSPECIFIED", "DATA", "FORMULAS", "VISUAL")]
VideoMetadataContentLayer = Annotated[str, one_of("CONTENT_LAYER_UNSPECIFIED", "FRAMES", "AUDIO", "TRANSCRIPT")]
PartMediaResolutionLevel = Annotated[
    str,
    one_of(
        "MEDIA_RESOLUTION_UNSPECIFIED",
        "MEDIA_RESOLUTION_LOW",
        "MEDIA_RESOLUTION_MEDIUM",
        "MEDIA_RESOLUTION_HIGH",
        "MEDIA_RESOLUTION_ULTRA_HIGH",
    ),
]


class FileData(Wire):
    """A file by its address instead of its bytes."""

    display_name: str | None = None
    file_uri: str | None = None
    mime_type: str | None = None


class ExecutableCode(Wire):
    """Code the model wrote to be run by the server."""

    code: str | None = None
    id: str | None = None
    language: Language | None = None


class CodeExecutionResult(Wire):
    """What that code printed, and whether it ended well."""

    id: str | None = None
    outcome: Outcome | None = None
    output: str | None = None


class PartialArg(Wire):
    """A piece of an argument that is being streamed, at its JSON path; exactly one value is given."""

    null_counts: ClassVar[frozenset[str]] = frozenset({"null_value"})

    bool_value: bool | None = None
    json_path: str | None = None
    null_value: str | None = None
    number_value: Float | None = None
    string_value: str | None = None
    will_continue: bool | None = None


class ServerToolCall(Wire):
    """A tool of Google's that the server itself called."""

    args: JsonObject | None = None
    id: str | None = None
    tool_type: ToolType | None = None


class ServerToolResponse(Wire):
    """What that tool gave back."""

    id: str | None = None
    response: JsonObject | None = None
    tool_type: ToolType | None = None


class SpeechMetadata(Wire):
    """Who speaks a text, and how."""

    speaker: str | None = None
    style: str | None = None


class AudioMetadata(Wire):
    """Which stretch of an audio is meant; offsets as "1.5s"."""

    end_offset: str | None = None
    start_offset: str | None = None


class DocumentMetadata(Wire):
    """Which pages of a document are meant."""

    content_layers: Many[DocumentMetadataContentLayer] | None = None
    end_page: Int | None = None
    start_page: Int | None = None


class SpreadsheetMetadata(Wire):
    """Which sheet and cells are meant."""

    content_layers: Many[SpreadsheetMetadataContentLayer] | None = None
    sheet_index: Int | None = None
    visible_cells: str | None = None


class VideoMetadata(Wire):
    """Which stretch of a video is meant, and how many frames a second of it."""

    content_layers: Many[VideoMetadataContentLayer] | None = None
    end_offset: str | None = None
    fps: Float | None = None
    start_offset: str | None = None


class PartMediaResolution(Wire):
    """How finely a picture is looked at."""

    level: PartMediaResolutionLevel | None = None
    num_tokens: Int | None = None


class FunctionResponseBlob(Wire):
    """Bytes in the answer of a function."""

    data: Base64 | None = None
    display_name: str | None = None
    mime_type: str | None = None


class FunctionResponseFileData(Wire):
    """A file in the answer of a function."""

    display_name: str | None = None
    file_uri: str | None = None
    mime_type: str | None = None


class FunctionResponsePart(Wire):
    """A picture, sound or file in the answer of a function."""

    audio_metadata: AudioMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    file_data: FunctionResponseFileData | None = None
    inline_data: FunctionResponseBlob | None = None
    media_processing: MediaProcessing | None = None
    media_resolution: PartMediaResolution | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    video_metadata: VideoMetadata | None = None
