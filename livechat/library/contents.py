"""Makes contents and answers to calls of what a caller has: texts, parts, blobs, mappings, and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from livechat.errors import UsageError
from livechat.library.given import read_message
from livechat.protocol.parts import Blob, Content, FunctionResponse, Part

Piece: TypeAlias = str | Part | Blob | Content | Mapping[str, Any]
Request: TypeAlias = Piece | Sequence[Piece]
"""What is said to the model: a text, a part, a blob, a whole content (with its role), or several of them in order.

Neighbours that are no contents make one content of the user. A mapping has the fields of a part or of a content.
"""
Response: TypeAlias = FunctionResponse | Mapping[str, Any]
"""An answer to a call: `FunctionResponse(id=call.id, name=call.name, response={"output": …})`, or the mapping of it."""


def contents_of(request: Request | None) -> list[Content]:
    """The contents to send, in order; none for None. Raises UsageError for what is none of these."""
    if request is None:
        return []
    if isinstance(request, str | Part | Blob | Content | Mapping):
        request = [request]
    contents: list[Content] = []
    open_parts: list[Part] | None = None
    for piece in _each(request):
        said = _read(piece)
        if isinstance(said, Content):
            contents.append(said)
            open_parts = None
        elif open_parts is None:
            open_parts = [said]
            contents.append(Content(role="user", parts=open_parts))
        else:
            open_parts.append(said)
            contents[-1] = Content(role="user", parts=open_parts)
    return contents


def responses_of(given: Response | Sequence[Response], *, demands_ids: bool) -> list[FunctionResponse]:
    """The answers to send. Raises UsageError for what is none, and where an id is missing that the endpoint demands.

    The Developer API matches answers by the ids of their calls, as google-genai 3.4.0 and @google/genai 3.1.0 insist
    on; Vertex AI may give a call none.
    """
    responses = [given] if isinstance(given, FunctionResponse | Mapping) else list(_each(given))
    read = [one if isinstance(one, FunctionResponse) else _response(one) for one in responses]
    if not read:
        raise UsageError("there is no answer in this", hint=_ANSWER)
    for one in read:
        if demands_ids and not one.id:
            raise UsageError(
                f"the answer to {one.name or 'a call'} has no id", why="this endpoint wants it", hint=_ANSWER
            )
    return read


_ANSWER = 'FunctionResponse(id=call.id, name=call.name, response={"output": …})'
_SAID = "a text, a Part, a Blob, a Content, or a list of them"


def _each(given: object) -> Sequence[object]:
    kind = type(given).__name__
    if isinstance(given, (bytes, bytearray, memoryview)) or not isinstance(given, Sequence):
        raise UsageError(f"{kind} cannot be sent as contents", hint=_SAID)
    return cast("Sequence[object]", given)


def _read(piece: object) -> Part | Content:
    match piece:
        case str():
            return Part(text=piece)
        case Blob():
            return Part(inline_data=piece)
        case Part():
            return piece
        case Content():
            return piece if piece.role else piece.model_copy(update={"role": "user"})
        case Mapping():
            fields = cast("Mapping[str, Any]", piece)
            if "parts" in fields or "role" in fields:
                return _read(_content(fields))
            return _part(fields)
        case _:
            raise UsageError(f"{type(piece).__name__} cannot be sent as contents", hint=_SAID)


def _response(given: object) -> FunctionResponse:
    if not isinstance(given, Mapping):
        raise UsageError(f"{type(given).__name__} is no answer to a call", hint=_ANSWER)
    read = read_message({"toolResponse": {"functionResponses": [given]}}, "this answer").tool_response
    return ((read.function_responses if read is not None else None) or [FunctionResponse()])[0]


def _content(fields: Mapping[str, Any]) -> Content:
    read = read_message({"clientContent": {"turns": [fields]}}, "this content").client_content
    return ((read.turns if read is not None else None) or [Content()])[0]


def _part(fields: Mapping[str, Any]) -> Part:
    return (_content({"parts": [fields]}).parts or [Part()])[0]
