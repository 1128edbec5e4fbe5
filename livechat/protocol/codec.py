"""Between frames and messages: JSON in every dialect seen in, one canonical JSON out."""

from __future__ import annotations

from json import JSONEncoder
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from livechat.errors import LocalProtocolError, RemoteProtocolError
from livechat.protocol.client import ClientMessage
from livechat.protocol.server import ServerMessage
from livechat.protocol.wire import Wire

MAX_FRAME = 16 * 2**20
"""The most bytes of UTF-8 a frame may have, either way."""

Message = TypeVar("Message", bound=Wire)


def decode_client_message(frame: str | bytes) -> ClientMessage:
    """The message in a client's frame; RemoteProtocolError when there is none."""
    return _decode(ClientMessage, frame)


def decode_server_message(frame: str | bytes) -> ServerMessage:
    """The message in a server's frame; RemoteProtocolError when there is none."""
    return _decode(ServerMessage, frame)


def _decode(kind: type[Message], frame: str | bytes) -> Message:
    if _size(frame) > MAX_FRAME:
        raise RemoteProtocolError(f"a frame larger than {MAX_FRAME} bytes", frame)
    try:
        return kind.model_validate_json(frame)
    except ValidationError as error:
        problem = _problem(error)
    # Raised out here, the error of the library and the whole frame it holds are not chained to ours.
    raise RemoteProtocolError(problem, frame)


def _size(frame: str | bytes) -> int:
    if isinstance(frame, bytes) or frame.isascii() or 4 * len(frame) <= MAX_FRAME:
        return len(frame)
    return len(frame.encode("utf-8", "surrogatepass"))


def _problem(error: ValidationError) -> str:
    """What is wrong and where, in bounded words: names in the frame may be as long as the frame."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where[:120]}: {first['msg'][:120]}" if where else first["msg"][:120]


def _written(value: object) -> dict[str, object]:
    if isinstance(value, Wire):
        return value.to_wire()
    raise TypeError(f"{type(value).__name__} is not JSON")


_ENCODER = JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_written)


def encode(message: Wire) -> str:
    """The canonical frame: lowerCamel, standard base64, what is set and nothing else, in ASCII.

    ASCII because there are clients that decode frames piece by piece, and some as ASCII (wire-protocol).
    LocalProtocolError when the message holds what JSON cannot: infinities, lone surrogates, foreign objects.
    """
    try:
        text = _ENCODER.encode(message)
        if "\\ud" in text:
            from_json(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalProtocolError("a message that cannot be written as JSON", why=str(error)) from None
    return text
