"""Between frames and messages: JSON in every dialect seen in, one canonical JSON out."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Set as AbstractSet
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
_PRETTY_ENCODER = JSONEncoder(ensure_ascii=True, allow_nan=False, indent=2, default=_written)


def encode(message: Wire, *, pretty: bool = False) -> str:
    """The canonical frame: lowerCamel, standard base64, what is set and nothing else, in ASCII.

    ASCII because there are clients that decode frames piece by piece, and some as ASCII (wire-protocol).
    `pretty` writes it as production does: two spaces for each level and a line end at the end.
    LocalProtocolError when the message holds what JSON cannot: infinities, lone surrogates, foreign objects.
    """
    if pretty:
        return _json(message, _PRETTY_ENCODER) + "\n"
    sound = _only_sound(message)
    return audio_frame(*sound) if sound else _json(message)


def audio_frame(data: bytes, mime_type: str) -> str:
    """The frame of a ClientMessage that holds this realtime audio and nothing else; fifty of them go out a second.

    `data` is in the format that `mime_type` names, by custom s16le mono and "audio/pcm;rate=16000".
    """
    base64 = b2a_base64(data, newline=False).decode()
    return f'{{"realtimeInput":{{"audio":{{"data":"{base64}","mimeType":{_json(mime_type)}}}}}}}'


def _only_sound(message: Wire) -> tuple[bytes, str] | None:
    """Data and type of the message's audio if there is nothing else in it."""
    if not isinstance(message, ClientMessage) or not _holds(message, _REALTIME_INPUT):
        return None
    live = message.realtime_input
    if live is None or not _holds(live, _AUDIO):
        return None
    blob = live.audio
    if blob is None or not _holds(blob, _DATA_AND_TYPE) or blob.data is None or blob.mime_type is None:
        return None
    return blob.data, blob.mime_type


_REALTIME_INPUT = frozenset({"realtime_input"})
_AUDIO = frozenset({"audio"})
_DATA_AND_TYPE = frozenset({"data", "mime_type"})


def _holds(part: Wire, names: AbstractSet[str]) -> bool:
    return part.__pydantic_fields_set__ == names and not part.__pydantic_extra__


def _json(value: object, encoder: JSONEncoder = _ENCODER) -> str:
    try:
        text = encoder.encode(value)
        if "\\ud" in text:
            from_json(text)  # refuses half of a surrogate pair, which Python's own reader and writer let through
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error)
    else:
        return text
    raise LocalProtocolError("a message that cannot be written as JSON", why=reason[:120])
