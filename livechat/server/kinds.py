"""What a server's message is about, by which faults choose what they strike."""

from __future__ import annotations

from collections.abc import Iterator

from livechat.protocol.parts import Blob, Part
from livechat.protocol.server import ServerContent, ServerMessage
from livechat.server.scenario import Kind


def kinds_of(message: ServerMessage) -> frozenset[Kind]:
    """All the kinds that a message is of; "any" is always one of them."""
    return frozenset(_kinds(message))


def sounds_in(message: ServerMessage) -> list[Blob]:
    """The speech in a message."""
    content = message.server_content
    turn = content.model_turn if content else None
    blobs = [part.inline_data for part in (turn.parts if turn else None) or ()]
    return [blob for blob in blobs if blob is not None and (blob.mime_type or "").startswith("audio/")]


def _kinds(message: ServerMessage) -> Iterator[Kind]:
    yield "any"
    named: tuple[tuple[Kind, object], ...] = (
        ("setupComplete", message.setup_complete),
        ("toolCall", message.tool_call),
        ("toolCallCancellation", message.tool_call_cancellation),
        ("goAway", message.go_away),
        ("sessionResumptionUpdate", message.session_resumption_update),
        ("voiceActivity", message.voice_activity),
        ("voiceActivityDetectionSignal", message.voice_activity_detection_signal),
        ("usageMetadata", message.usage_metadata),
        ("audio", sounds_in(message) or None),
    )
    for kind, value in named:
        if value is not None:
            yield kind
    if message.server_content is not None:
        yield from _kinds_of_content(message.server_content)


def _kinds_of_content(content: ServerContent) -> Iterator[Kind]:
    named: tuple[tuple[Kind, object], ...] = (
        ("inputTranscription", content.input_transcription is not None),
        ("interimInputTranscription", content.interim_input_transcription is not None),
        ("outputTranscription", content.output_transcription is not None),
        ("generationComplete", content.generation_complete),
        ("turnComplete", content.turn_complete),
        ("interrupted", content.interrupted),
        ("audio", content.audio_chunks),
    )
    for kind, value in named:
        if value:
            yield kind
    for part in (content.model_turn.parts if content.model_turn else None) or ():
        yield from _kinds_of_part(part)


def _kinds_of_part(part: Part) -> Iterator[Kind]:
    if part.text is not None:
        yield "thought" if part.thought else "text"
    if part.function_call is not None:
        yield "toolCall"
