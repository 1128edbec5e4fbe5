"""Words the same news as the Developer API and as Vertex do: where the two differ, it is here.

The shapes are those of recorded sessions of both (wire-protocol §2.6): Vertex names the session, says `role`, leaves
the rate out of the MIME type, counts `candidates`, and knows a call by a UUID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from livechat.protocol.parts import Blob, Content, FunctionCall, Part, Transcription
from livechat.protocol.server import (
    ModalityTokenCount,
    ServerContent,
    ServerMessage,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
    UsageMetadata,
)
from livechat.server.tokens import Tokens

REASON_BYTES = 123
"""A close frame holds no longer reason (RFC 6455 §5.5)."""


@dataclass(frozen=True)
class Dialect:
    """How one session's messages are worded. Everything that must differ between sessions follows from its id."""

    session_id: UUID
    vertex: bool = False

    def setup_complete(self) -> ServerMessage:
        named = SetupComplete(session_id=str(self.session_id)) if self.vertex else SetupComplete()
        return ServerMessage(setup_complete=named)

    def written(self, text: str) -> ServerMessage:
        return self._model_turn(Part(text=text))

    def sounded(self, pcm: bytes) -> ServerMessage:
        """24 kHz s16le mono."""
        mime_type = "audio/pcm" if self.vertex else "audio/pcm;rate=24000"
        return self._model_turn(Part(inline_data=Blob(mime_type=mime_type, data=pcm)))

    def called(self, calls: Sequence[FunctionCall]) -> ServerMessage:
        return ServerMessage(tool_call=ToolCall(function_calls=list(calls)))

    def call_id(self, number: int) -> str:
        """The id of the session's call with this number."""
        name = uuid5(self.session_id, str(number))
        return str(name) if self.vertex else f"function-call-{name.int >> 64}"

    def turn_complete(self, usage: UsageMetadata, *, waiting: bool = False) -> ServerMessage:
        """`waiting`: nothing was answered, because there was nothing to answer."""
        content = ServerContent(turn_complete=True)
        if waiting:
            content = ServerContent(turn_complete=True, turn_complete_reason="NEED_MORE_INPUT", waiting_for_input=True)
        return ServerMessage(server_content=content, usage_metadata=usage)

    def usage(self, prompt: Tokens, response: Tokens) -> UsageMetadata:
        total = prompt.total + response.total
        if self.vertex:
            return UsageMetadata(
                prompt_token_count=prompt.total,
                candidates_token_count=response.total,
                total_token_count=total,
                prompt_tokens_details=_details(prompt),
                candidates_tokens_details=_details(response),
                traffic_type="ON_DEMAND",
            )
        return UsageMetadata(
            prompt_token_count=prompt.total,
            response_token_count=response.total,
            total_token_count=total,
            prompt_tokens_details=_details(prompt),
            response_tokens_details=_details(response),
        )

    def _model_turn(self, part: Part) -> ServerMessage:
        turn = Content(role="model", parts=[part]) if self.vertex else Content(parts=[part])
        return ServerMessage(server_content=ServerContent(model_turn=turn))


def heard(text: str) -> ServerMessage:
    """The transcript of what the user said, whole."""
    return ServerMessage(server_content=ServerContent(input_transcription=Transcription(text=text, finished=True)))


def transcribed(text: str) -> ServerMessage:
    """The next piece of the transcript of what the model says."""
    return ServerMessage(server_content=ServerContent(output_transcription=Transcription(text=text)))


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
    counts = (("TEXT", tokens.text), ("AUDIO", tokens.audio))
    return [ModalityTokenCount(modality=name, token_count=count) for name, count in counts if count]
