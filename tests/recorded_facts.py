"""What Live servers of Google's were recorded to send, transcribed as shapes: keys, order, sizes, forms of ids.

Google keeps recordings of its own servers beside the tests of two of its clients: JSON lines of the JavaScript client
(googleapis/js-genai) and of the .NET one (googleapis/dotnet-genai), made in 2025. A recording ends where its test
ended, most often in the middle of a turn, and some begin in one; `Situation.at` says which end of a turn it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.shapes import Form, Number, Pcm, Shape, Words

JS = "googleapis/js-genai test/system/recordings/live_{}.websocket.log"
NET = "googleapis/dotnet-genai Google.GenAI.E2E.Tests/Recordings/{}.websocket.log"
"""Where the recordings are: the repository, and the path in it."""

FIRST_WORDS = Words(most=20)
"""The first piece was "Yes", "Yes, I'", "Yeah", "We", "The", "Did you know that"."""
MORE_WORDS = Words(least=20, most=90)
"""The second piece: 28 to 81 characters."""
UUID = Form(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FIRST_SOUND, MORE_SOUND = Pcm(9_600), Pcm(11_520)
"""200 ms and 240 ms of 24 kHz, 16 bit: 12,800 and 15,360 characters of base64."""

Api = Literal["developer", "vertex"]


def set_up(api: Api) -> Shape:
    return {"setupComplete": {"sessionId": UUID} if api == "vertex" else {}}


def written(api: Api, words: Words) -> Shape:
    return _model_turn(api, {"text": words})


def sounded(api: Api, pcm: Pcm) -> Shape:
    mime_type = "audio/pcm" if api == "vertex" else "audio/pcm;rate=24000"
    return _model_turn(api, {"inlineData": {"mimeType": mime_type, "data": pcm}})


def coded(code: str) -> Shape:
    return _model_turn("developer", {"executableCode": {"language": "PYTHON", "code": code}})


def called(args: Mapping[str, str], id: Mapping[str, Shape]) -> Shape:
    return {"toolCall": {"functionCalls": [{"name": "get_current_weather", "args": args, **id}]}}


def transcribed(**text: Words) -> Shape:
    return {"serverContent": {"outputTranscription": text}}


def _model_turn(api: Api, part: Shape) -> Shape:
    role = {"role": "model"} if api == "vertex" else {}
    return {"serverContent": {"modelTurn": {**role, "parts": [part]}}}


GENERATED = {"serverContent": {"generationComplete": True}}
COUNTS = [{"modality": "TEXT", "tokenCount": Number()}]
ENDED = {
    "serverContent": {"turnComplete": True},
    "usageMetadata": {
        "promptTokenCount": Number(),
        "responseTokenCount": Number(),
        "totalTokenCount": Number(),
        "promptTokensDetails": COUNTS,
        "responseTokensDetails": COUNTS,
    },
}

# ------------------------------------------------------------------------------------- what the clients sent

DEVELOPER_MODEL = "models/gemini-live-2.5-flash-preview"
VERTEX_MODEL = "projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash-live-preview-04-09"
TEXT = {"generationConfig": {"responseModalities": ["TEXT"]}}
AUDIO = {"generationConfig": {"responseModalities": ["AUDIO"]}}
WEATHER = {
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "get_current_weather",
                    "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}},
                }
            ]
        }
    ]
}
ARGS = {"location": "Redmond, WA"}
CODE = "print(default_api.get_current_weather(location='Redmond, WA'))"
SPOKEN = "<sound>"
"""Stands for three seconds of speech, which were sent in one frame of 129,252 characters of base64."""


def asks(text: str, **role: str) -> Shape:
    return {"clientContent": {"turns": [{"parts": [{"text": text}], **role}], "turnComplete": True}}


def speaks(field: str = "realtimeInput") -> Shape:
    return {field: {"audio": {"data": SPOKEN, "mimeType": "audio/pcm;rate=16000"}}}


CHUNKS = {"realtimeInput": {"mediaChunks": [{"data": SPOKEN, "mimeType": "audio/pcm;rate=16000"}]}}
GREETED = asks("Hello what should we talk about?", role="user")
ASKED = asks("what is the weather in Redmond Washington")

# --------------------------------------------------------------------------------------------- the situations


@dataclass(frozen=True)
class Situation:
    """What a client said, and the shapes of what it was told."""

    api: Api
    setup: Mapping[str, Any]
    """Without the model."""
    said: tuple[Shape, ...]
    told: tuple[Shape, ...]
    """After setupComplete."""
    recordings: tuple[str, ...]
    hasty: bool = False
    """The client did not wait for setupComplete; that came first all the same."""
    at: Literal["begin", "end"] = "begin"
    """Whether `told` is how the turn begins or how it ends."""

    @property
    def model(self) -> str:
        return VERTEX_MODEL if self.api == "vertex" else DEVELOPER_MODEL


def _written(api: Api) -> tuple[Shape, ...]:
    return written(api, FIRST_WORDS), written(api, MORE_WORDS)


def _sounded(api: Api) -> tuple[Shape, ...]:
    return sounded(api, FIRST_SOUND), sounded(api, MORE_SOUND), sounded(api, MORE_SOUND)


_BY_HAND = {**TEXT, "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
_FACTS = {"systemInstruction": {"parts": [{"text": "You provide fun facts."}]}}
_FACT = "Tell me a fun fact about the ocean."
_STARTED: Shape = {"realtimeInput": {"activityStart": {}}}
_STOPPED: Shape = {"realtimeInput": {"activityEnd": {}}}
_TRANSCRIBED: Shape = {"outputAudioTranscription": {}}
_ANSWERED: Shape = {"toolResponse": {"functionResponses": [{"name": "getStatus", "response": {"mood": "happy"}}]}}

SITUATIONS = {
    "a transcript that runs ahead of its sound": Situation(
        "developer",
        _TRANSCRIBED,
        (GREETED,),
        (transcribed(text=FIRST_WORDS), transcribed(text=MORE_WORDS), transcribed(text=MORE_WORDS)),
        (JS.format("ML_Dev_should_receive_transcription_in_async_session_with_transcription_enabled"),),
    ),
    "an answer that nobody waited for, on Vertex": Situation(
        "vertex",
        AUDIO,
        (_ANSWERED,),
        (sounded("vertex", FIRST_SOUND), sounded("vertex", MORE_SOUND), sounded("vertex", MORE_SOUND)),
        (
            JS.format("Vertex_should_return_error_for_invalid_input_in_async_session"),
            JS.format("Vertex_should_send_tool_response_with_function_responses"),
            NET.format("SendToolResponseTest.SendToolResponseFunctionResponseVertexTest"),
        ),
    ),
    "speech that is marked by hand": Situation(
        "developer",
        _BY_HAND,
        (_STARTED, speaks(), _STOPPED),
        _written("developer"),
        (JS.format("ML_Dev_handle_activity_start_and_end"),),
    ),
    "speech": Situation(
        "developer",
        TEXT,
        (speaks(),),
        _written("developer"),
        (JS.format("ML_Dev_should_reply_to_realtime_audio_input"),),
    ),
    "speech, before the setup is complete": Situation(
        "developer",
        TEXT,
        (speaks("realtime_input"),),
        _written("developer"),
        (NET.format("SendRealtimeInputTest.SendRealtimeInputAudioGeminiTest"),),
        hasty=True,
    ),
    "speech, on Vertex": Situation(
        "vertex",
        TEXT,
        (speaks("realtime_input"),),
        _written("vertex"),
        (NET.format("SendRealtimeInputTest.SendRealtimeInputAudioVertexTest"),),
        hasty=True,
    ),
    "speech in the field of old": Situation(
        "developer",
        TEXT,
        (CHUNKS,),
        _written("developer"),
        (JS.format("ML_Dev_should_respond_to_realtime_media-audio_input"),),
    ),
    "speech in the field of old, on Vertex": Situation(
        "vertex",
        TEXT,
        (CHUNKS,),
        _written("vertex"),
        (JS.format("Vertex_should_respond_to_realtime_media-audio_input"),),
    ),
    "live text": Situation(
        "developer",
        TEXT,
        ({"realtimeInput": {"text": "Are you there Gemini?"}},),
        _written("developer"),
        (
            JS.format("ML_Dev_should_reply_to_realtime_text_input"),
            NET.format("SendRealtimeInputTest.SendRealtimeInputTextGeminiTest"),
        ),
    ),
    "live text, on Vertex": Situation(
        "vertex",
        TEXT,
        ({"realtime_input": {"text": "Are you there Gemini?"}},),
        _written("vertex"),
        (NET.format("SendRealtimeInputTest.SendRealtimeInputTextVertexTest"),),
        hasty=True,
    ),
    "an instruction without a role": Situation(
        "developer",
        {**TEXT, **_FACTS},
        (asks(_FACT, role="user"),),
        _written("developer"),
        (NET.format("SendClientContentTest.SendClientContentSystemInstructionGeminiTest"),),
        hasty=True,
    ),
    "an instruction and a turn without roles, on Vertex": Situation(
        "vertex",
        {**TEXT, **_FACTS},
        (asks(_FACT),),
        _written("vertex"),
        (NET.format("SendClientContentTest.SendClientContentSystemInstructionVertexTest"),),
        hasty=True,
    ),
    "sound, where no modality is asked for": Situation(
        "developer",
        {},
        (GREETED,),
        _sounded("developer")[:2],
        (NET.format("SendClientContentTest.SendClientContentSimpleTextGeminiTest"),),
        hasty=True,
    ),
    "sound, where no modality is asked for, on Vertex": Situation(
        "vertex",
        {},
        (GREETED,),
        _sounded("vertex")[:2],
        (NET.format("SendClientContentTest.SendClientContentSimpleTextVertexTest"),),
        hasty=True,
    ),
    "sound, on Vertex": Situation(
        "vertex",
        AUDIO,
        (GREETED,),
        _sounded("vertex")[:2],
        (
            JS.format("Vertex_should_send_text_in_async_session"),
            JS.format("Vertex_should_send_content_dict_in_async_session"),
        ),
    ),
    "a transcript, on Vertex": Situation(
        "vertex",
        {**AUDIO, **_TRANSCRIBED},
        (GREETED,),
        (transcribed(), transcribed(text=FIRST_WORDS)),
        (JS.format("Vertex_should_receive_transcription_in_async_session_with_transcription_enabled"),),
    ),
    "a function": Situation(
        "developer",
        WEATHER,
        (ASKED,),
        (coded(CODE), called(ARGS, {"id": Form(r"function-call-\d{1,20}")})),
        (
            JS.format("ML_Dev_should_send_tool_response"),
            NET.format("SendClientContentTest.SendClientContentToolsGeminiTest"),
        ),
    ),
    "a function, on Vertex": Situation(
        "vertex",
        {**AUDIO, **WEATHER},
        (ASKED,),
        (called(ARGS, {"id?": UUID}), GENERATED),
        (
            JS.format("Vertex_should_send_tool_response"),
            NET.format("SendClientContentTest.SendClientContentToolsVertexTest"),  # here it has no id
        ),
    ),
    "the end of a turn": Situation(
        "developer",
        TEXT,
        (GREETED,),
        (GENERATED, ENDED),
        (
            JS.format("ML_Dev_should_send_text_in_async_session"),
            JS.format("ML_Dev_should_send_content_dict_in_async_session"),
        ),
        at="end",
    ),
}

SET_UP_ALONE: dict[Api, tuple[str, ...]] = {
    "developer": (
        JS.format("ML_Dev_should_return_error_for_invalid_input_in_async_session"),
        JS.format("ML_Dev_should_send_tool_response_with_function_responses"),
        NET.format("SendToolResponseTest.SendToolResponseFunctionResponseGeminiTest"),
        *(
            NET.format(f"ErrorHandlingTests.{name}GeminiTest")
            for name in (
                "CloseAsync_CalledMultipleTimes_DoesNotThrow",
                "ReceiveAsync_AfterSessionClosed_ThrowsException",
                "SendClientContentAsync_AfterSessionClosed_ThrowsException",
                "SendRealtimeInputAsync_AfterSessionClosed_ThrowsException",
                "SendToolResponseAsync_AfterSessionClosed_ThrowsException",
            )
        ),
    ),
    "vertex": (
        JS.format("Vertex_should_initialize_session_with_publishers_prefix"),
        JS.format("Vertex_should_initialize_session_without_prefix"),
        *(
            NET.format(f"ErrorHandlingTests.{name}VertexTest")
            for name in (
                "CloseAsync_CalledMultipleTimes_DoesNotThrow",
                "ReceiveAsync_AfterSessionClosed_ThrowsException",
                "SendClientContentAsync_AfterSessionClosed_ThrowsException",
                "SendRealtimeInputAsync_AfterSessionClosed_ThrowsException",
                "SendToolResponseAsync_AfterSessionClosed_ThrowsException",
            )
        ),
    ),
}
"""Recordings of a setup and of nothing that the server said after its completion."""
