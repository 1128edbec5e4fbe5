"""What a turn is made of: contents, their parts, the calls of functions and the tools that offer them.

Fields and enum values are those of google-genai 3.4.0's types, which both directions of the Live API share.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from livechat.protocol.wire import Base64, Float, Int, Json, JsonObject, Many, Wire, later, one_of

if TYPE_CHECKING:
    from livechat.protocol.google_tools import (
        CodeExecution,
        ComputerUse,
        EnterpriseWebSearch,
        ExaAiSearch,
        FileSearch,
        GoogleMaps,
        GoogleSearch,
        GoogleSearchRetrieval,
        McpServer,
        ParallelAiSearch,
        UrlContext,
    )
    from livechat.protocol.part_kinds import (
        AudioMetadata,
        CodeExecutionResult,
        DocumentMetadata,
        ExecutableCode,
        FileData,
        FunctionResponsePart,
        PartialArg,
        PartMediaResolution,
        ServerToolCall,
        ServerToolResponse,
        SpeechMetadata,
        SpreadsheetMetadata,
        VideoMetadata,
    )
    from livechat.protocol.retrieval import Retrieval
else:
    _kind = partial(later, "livechat.protocol.part_kinds")
    _tool = partial(later, "livechat.protocol.google_tools")
    AudioMetadata = _kind("AudioMetadata")
    CodeExecutionResult = _kind("CodeExecutionResult")
    DocumentMetadata = _kind("DocumentMetadata")
    ExecutableCode = _kind("ExecutableCode")
    FileData = _kind("FileData")
    FunctionResponsePart = _kind("FunctionResponsePart")
    PartialArg = _kind("PartialArg")
    PartMediaResolution = _kind("PartMediaResolution")
    ServerToolCall = _kind("ServerToolCall")
    ServerToolResponse = _kind("ServerToolResponse")
    SpeechMetadata = _kind("SpeechMetadata")
    SpreadsheetMetadata = _kind("SpreadsheetMetadata")
    VideoMetadata = _kind("VideoMetadata")
    CodeExecution = _tool("CodeExecution")
    ComputerUse = _tool("ComputerUse")
    EnterpriseWebSearch = _tool("EnterpriseWebSearch")
    ExaAiSearch = _tool("ExaAiSearch")
    FileSearch = _tool("FileSearch")
    GoogleMaps = _tool("GoogleMaps")
    GoogleSearch = _tool("GoogleSearch")
    GoogleSearchRetrieval = _tool("GoogleSearchRetrieval")
    McpServer = _tool("McpServer")
    ParallelAiSearch = _tool("ParallelAiSearch")
    UrlContext = _tool("UrlContext")
    Retrieval = later("livechat.protocol.retrieval", "Retrieval")

Behavior = Annotated[str, one_of("UNSPECIFIED", "BLOCKING", "NON_BLOCKING")]
MediaProcessing = Annotated[str, one_of("MEDIA_PROCESSING_UNSPECIFIED", "STATIC", "AGENTIC")]
Scheduling = Annotated[str, one_of("SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT")]
SchemaType = Annotated[
    str, one_of("TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
]


class Blob(Wire):
    """Bytes and what they are: audio as `audio/pcm;rate=16000` (s16le mono), pictures as `image/jpeg`."""

    data: Base64 | None = None
    mime_type: str | None = None
    display_name: str | None = None


class FunctionCall(Wire):
    """The model's wish to have a function called; `partial_args` when it streams its arguments."""

    id: str | None = None
    name: str | None = None
    args: JsonObject | None = None
    partial_args: Many[PartialArg] | None = None
    will_continue: bool | None = None


class FunctionResponse(Wire):
    """What a function gave back: by custom under "output" or "error" in `response`.

    `scheduling` says when the model shall speak of it (functions that do not block only).
    """

    id: str | None = None
    name: str | None = None
    response: JsonObject | None = None
    scheduling: Scheduling | None = None
    will_continue: bool | None = None
    parts: Many[FunctionResponsePart] | None = None


class WordInfo(Wire):
    """One word and when it was said; offsets as "0.420s" from the start of the audio."""

    word: str | None = None
    start_offset: str | None = None
    end_offset: str | None = None


class Transcription(Wire):
    """A piece of what was heard or said: a delta, in no fixed order with the audio it belongs to."""

    text: str | None = None
    finished: bool | None = None
    language_code: str | None = None
    speaker_label: str | None = None
    words: Many[WordInfo] | None = None
    start_offset: str | None = None
    end_offset: str | None = None


class Part(Wire):
    """One piece of a content: a text, a blob, a call, a response, or a rarer kind."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: Base64 | None = None
    inline_data: Blob | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: ExecutableCode | None = None
    code_execution_result: CodeExecutionResult | None = None
    file_data: FileData | None = None
    tool_call: ServerToolCall | None = None
    tool_response: ServerToolResponse | None = None
    audio_transcription: Transcription | None = None
    speech_metadata: SpeechMetadata | None = None
    audio_metadata: AudioMetadata | None = None
    document_metadata: DocumentMetadata | None = None
    spreadsheet_metadata: SpreadsheetMetadata | None = None
    video_metadata: VideoMetadata | None = None
    media_processing: MediaProcessing | None = None
    media_resolution: PartMediaResolution | None = None
    part_metadata: JsonObject | None = None


class Content(Wire):
    """One message of a conversation; `role` is "user" or "model", in an instruction also "system"."""

    parts: Many[Part] | None = None
    role: str | None = None


class Schema(Wire):
    """The shape of a function's arguments in the OpenAPI dialect; the keys of `properties` are the caller's."""

    null_counts: ClassVar[frozenset[str]] = frozenset({"default", "example"})

    type: SchemaType | None = None
    title: str | None = None
    description: str | None = None
    format: str | None = None
    nullable: bool | None = None
    enum: Many[str] | None = None
    properties: "dict[str, Schema] | None" = None
    property_ordering: Many[str] | None = None
    required: Many[str] | None = None
    additional_properties: Json | None = None
    items: "Schema | None" = None
    any_of: "Many[Schema] | None" = None
    defs: "dict[str, Schema] | None" = None
    ref: str | None = None
    default: Json | None = None
    example: Json | None = None
    pattern: str | None = None
    minimum: Float | None = None
    maximum: Float | None = None
    min_items: Int | None = None
    max_items: Int | None = None
    min_length: Int | None = None
    max_length: Int | None = None
    min_properties: Int | None = None
    max_properties: Int | None = None


class FunctionDeclaration(Wire):
    """A function the model may call; its arguments as a Schema or as plain JSON Schema, whose keys are never read."""

    name: str | None = None
    description: str | None = None
    parameters: Schema | None = None
    parameters_json_schema: Json | None = None
    response: Schema | None = None
    response_json_schema: Json | None = None
    behavior: Behavior | None = None


class Tool(Wire):
    """Functions of ours, or one of Google's own tools."""

    function_declarations: Many[FunctionDeclaration] | None = None
    google_search: GoogleSearch | None = None
    code_execution: CodeExecution | None = None
    url_context: UrlContext | None = None
    google_maps: GoogleMaps | None = None
    google_search_retrieval: GoogleSearchRetrieval | None = None
    computer_use: ComputerUse | None = None
    file_search: FileSearch | None = None
    mcp_servers: Many[McpServer] | None = None
    retrieval: Retrieval | None = None
    enterprise_web_search: EnterpriseWebSearch | None = None
    parallel_ai_search: ParallelAiSearch | None = None
    exa_ai_search: ExaAiSearch | None = None
