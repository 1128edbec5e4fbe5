"""Words the same news as the Developer API and as Vertex do: where the two differ, it is here.

The shapes are those of recorded sessions of both (wire-protocol §2.6): Vertex names the session, says `role`, leaves
the rate out of the MIME type, counts `candidates`, and knows a call by a UUID.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from livechat.protocol.part_kinds import ExecutableCode
from livechat.protocol.parts import Blob, Content, FunctionCall, Part, Transcription, WordInfo
from livechat.protocol.server import (
    GoAway,
    InteractionStatus,
    ModalityTokenCount,
    ServerContent,
    ServerMessage,
    SessionResumptionUpdate,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    UsageMetadata,
    VadSignalType,
    VoiceActivity,
    VoiceActivityDetectionSignal,
    VoiceActivityType,
)
from livechat.protocol.setup_options import VoiceConsentSignature
from livechat.server.partial_args import in_parts
from livechat.server.tokens import NONE, Tokens

REASON_BYTES = 123
"""A close frame holds no longer reason (RFC 6455 §5.5)."""


@dataclass(frozen=True)
class Dialect:
    """How one session's messages are worded. Everything that must differ between sessions follows from its id."""

    session_id: UUID
    vertex: bool = False

    def setup_complete(self, signature: str | None = None) -> ServerMessage:
        """`signature` proves the consent to a replicated voice."""
        done = SetupComplete()
        if self.vertex:
            done.session_id = str(self.session_id)
        if signature:
            done.voice_consent_signature = VoiceConsentSignature(signature=signature)
        return ServerMessage(setup_complete=done)

    def written(self, text: str) -> ServerMessage:
        return self._model_turn(Part(text=text))

    def sounded(self, pcm: bytes) -> ServerMessage:
        """24 kHz s16le mono."""
        mime_type = "audio/pcm" if self.vertex else "audio/pcm;rate=24000"
        return self._model_turn(Part(inline_data=Blob(mime_type=mime_type, data=pcm)))

    def mused(self, text: str) -> ServerMessage:
        """A thought, signed as production signs it, so that a client can give it back."""
        return self._model_turn(Part(text=text, thought=True, thought_signature=uuid5(self.session_id, text).bytes))

    def called(self, calls: Sequence[FunctionCall], *, in_code: bool, piecemeal: bool = False) -> list[ServerMessage]:
        """The functions to call; `piecemeal` with their arguments one after the other.

        `in_code`: the model first writes the calls as Python, as recorded from half-cascade models of the Developer
        API. Vertex says of such a turn at once that its generation is complete, as recorded too.
        """
        told = [[piece] for call in calls for piece in in_parts(call)] if piecemeal else [list(calls)]
        messages = [ServerMessage(tool_call=ToolCall(function_calls=pieces)) for pieces in told]
        if self.vertex:
            return [*messages, generation_complete()]
        if in_code:
            code = "\n".join(f"print(default_api.{call.name}({_python(call)}))" for call in calls)
            return [self._model_turn(Part(executable_code=ExecutableCode(language="PYTHON", code=code))), *messages]
        return messages

    def transcribed(
        self, text: str, span: tuple[int, int] | None = None, *, first: bool, language: str | None = None
    ) -> list[ServerMessage]:
        """The next piece of the transcript of what the model says; `span` is when, in ms of its sound.

        Vertex was recorded to begin with an empty piece.
        """
        empty = [_output(Transcription())] if first and self.vertex else []
        piece = Transcription(text=text, language_code=language)
        return [*empty, _output(timed(piece, span) if span else piece)]

    def call_id(self, number: int) -> str:
        """The id of the session's call with this number."""
        name = uuid5(self.session_id, str(number))
        return str(name) if self.vertex else f"function-call-{name.int >> 64}"

    def turn_complete(
        self, usage: UsageMetadata, *, waiting: bool = False, status: InteractionStatus | None = None
    ) -> ServerMessage:
        """`waiting`: nothing was answered, because there was nothing to answer."""
        content = ServerContent(turn_complete=True, interaction_status=status)
        if waiting:
            content.turn_complete_reason = "NEED_MORE_INPUT"
            content.waiting_for_input = True
        return ServerMessage(server_content=content, usage_metadata=usage)

    def usage(self, prompt: Tokens, response: Tokens, thoughts: Tokens = NONE, tools: Tokens = NONE) -> UsageMetadata:
        """What a turn took; `tools` is what functions gave back."""
        usage = UsageMetadata(
            prompt_token_count=prompt.total,
            total_token_count=prompt.total + response.total + thoughts.total + tools.total,
            prompt_tokens_details=_details(prompt),
            thoughts_token_count=thoughts.total or None,
            tool_use_prompt_token_count=tools.total or None,
            tool_use_prompt_tokens_details=_details(tools) or None,
        )
        if self.vertex:
            usage.candidates_token_count = response.total
            usage.candidates_tokens_details = _details(response)
            usage.traffic_type = "ON_DEMAND"
        else:
            usage.response_token_count = response.total
            usage.response_tokens_details = _details(response)
        return usage

    def _model_turn(self, part: Part) -> ServerMessage:
        return self.shown(ServerContent(model_turn=Content(parts=[part])))

    def shown(self, content: ServerContent) -> ServerMessage:
        """Content of the model's own making, with the `role` that Vertex says."""
        if self.vertex and content.model_turn is not None and content.model_turn.role is None:
            turn = Content(role="model", parts=content.model_turn.parts)
            content = content.model_copy(update={"model_turn": turn})
        return ServerMessage(server_content=content)


def heard(text: Transcription) -> ServerMessage:
    """The transcript of what the user said, whole."""
    return ServerMessage(server_content=ServerContent(input_transcription=text))


def hearing(text: Transcription) -> ServerMessage:
    """The same while the user may still be speaking."""
    return ServerMessage(server_content=ServerContent(interim_input_transcription=text))


def timed(text: Transcription, span: tuple[int, int], *, words: bool = True) -> Transcription:
    """When it was said, in ms from the start of the sound, and each of its words in proportion to its letters."""
    start, end = span
    told = text.model_copy(update={"start_offset": duration(start / 1000), "end_offset": duration(end / 1000)})
    if words:
        told.words = _words(text.text or "", start, end)
    return told


def duration(seconds: float) -> str:
    """As google.protobuf.Duration is written: "50s", "1.200s"."""
    return f"{seconds:.0f}s" if float(seconds).is_integer() else f"{seconds:.3f}s"


def go_away(seconds: float) -> ServerMessage:
    """A clock that wakes a little late still says "50s"."""
    return ServerMessage(go_away=GoAway(time_left=duration(round(seconds, 2))))


def resumable(handle: str | None, last_index: int | None) -> ServerMessage:
    """The newest handle, or none while the session cannot be resumed: an empty message then, as ProtoJSON has it."""
    if handle is None:
        return ServerMessage(session_resumption_update=SessionResumptionUpdate())
    update = SessionResumptionUpdate(new_handle=handle, resumable=True, last_consumed_client_message_index=last_index)
    return ServerMessage(session_resumption_update=update)


def voice_activity(kind: VoiceActivityType, at_ms: int) -> ServerMessage:
    return ServerMessage(voice_activity=VoiceActivity(type=kind, audio_offset=duration(at_ms / 1000)))


def vad_signal(kind: VadSignalType) -> ServerMessage:
    return ServerMessage(voice_activity_detection_signal=VoiceActivityDetectionSignal(vad_signal_type=kind))


def generation_complete() -> ServerMessage:
    return ServerMessage(server_content=ServerContent(generation_complete=True))


def interrupted() -> ServerMessage:
    return ServerMessage(server_content=ServerContent(interrupted=True))


def cancelled(ids: Sequence[str]) -> ServerMessage:
    return ServerMessage(tool_call_cancellation=ToolCallCancellation(ids=list(ids)))


def reason(text: str) -> str:
    """`text` cut to what a close frame holds, at a character."""
    return text.encode()[:REASON_BYTES].decode(errors="ignore")


def _details(tokens: Tokens) -> list[ModalityTokenCount]:
    counts = (("TEXT", tokens.text), ("AUDIO", tokens.audio), ("VIDEO", tokens.video))
    return [ModalityTokenCount(modality=name, token_count=count) for name, count in counts if count]


def _output(text: Transcription) -> ServerMessage:
    return ServerMessage(server_content=ServerContent(output_transcription=text))


def _python(call: FunctionCall) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in (call.args or {}).items())


def _words(text: str, start: int, end: int) -> list[WordInfo]:
    found = list(re.finditer(r"\S+", text))
    per_letter = (end - start) / max(1, len(text))
    return [
        WordInfo(
            word=word[0],
            start_offset=duration(round(start + word.start() * per_letter) / 1000),
            end_offset=duration(round(start + word.end() * per_letter) / 1000),
        )
        for word in found
    ]
