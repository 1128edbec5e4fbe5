"""Tells of a frame what it is about and how large it is, and nothing that was said in it unless that is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from livechat.protocol.client import ClientContent, ClientMessage, RealtimeInput
from livechat.protocol.parts import Part
from livechat.protocol.server import ServerContent, ServerMessage
from livechat.protocol.setup import Setup
from livechat.protocol.wire import Wire, wire_name
from livechat.server.bounds import too_rich

Fields: TypeAlias = Mapping[str, Any]
"""A JSON object."""

MOST_KINDS: Final = 16
"""Of one frame; a frame of ours has four at most."""


def _names(*models: type[Wire]) -> dict[str, str]:
    """Both spellings of every field, and what it is called here."""
    found = [name for model in models for name in model.model_fields]
    return {spelling: wire_name(name) for name in found for spelling in (name, wire_name(name))}


_INNER: Final[Mapping[str, Mapping[str, str]]] = {
    "serverContent": _names(ServerContent),
    "realtimeInput": _names(RealtimeInput),
    "clientContent": _names(ClientContent),
}
_TOP: Final = _names(ClientMessage, ServerMessage)
_PARTS: Final = _names(Part)
_SETUP: Final = _names(Setup)


def facts(frame: str | bytes, *, words: bool = False) -> dict[str, object]:
    """`kinds` and `bytes` of a frame, `sound_bytes` if there is sound in it, and its `words` if they are wanted.

    What is no object has the kind `garbled`, and what nobody knows the kind `unknown`: foreign names are not told.
    """
    told: dict[str, object] = {"bytes": len(frame if isinstance(frame, bytes) else frame.encode())}
    message = _read(frame)
    if message is None:
        return {"kinds": ["garbled"], **told}
    told = {"kinds": list(dict.fromkeys(_kinds(message)))[:MOST_KINDS], **told}
    if sound := sum(len(data) * 3 // 4 for data in _found(message, "data")):
        told["sound_bytes"] = sound
    if words and (texts := list(_found(message, "text"))):
        told["words"] = "".join(texts)
    return told


def setup_facts(frame: str | bytes) -> dict[str, object] | None:
    """What a setup asks for: its model, its modalities, and the names of its fields; None for any other frame."""
    message = _read(frame)
    setup = (message or {}).get("setup")
    if not isinstance(setup, dict):
        return None
    fields = cast("Fields", setup)
    generation = _get(fields, "generationConfig", "generation_config")
    modalities = _get(cast("Fields", generation), "responseModalities", "response_modalities") if generation else None
    return {
        "model": str(fields.get("model", ""))[:120],
        "modalities": [str(one)[:24] for one in _list(modalities)[:4]],
        "fields": sorted({_SETUP.get(name, "unknown") for name in fields}),
    }


def _read(frame: str | bytes) -> Fields | None:
    if too_rich(frame):
        return None
    try:
        message: object = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return cast("Fields", message) if isinstance(message, dict) else None


def _kinds(message: Fields) -> Iterator[str]:
    for name, value in message.items():
        known = _TOP.get(name, "unknown")
        inner = _INNER.get(known)
        if inner is None or not isinstance(value, dict) or not value:
            yield known
            continue
        for field, content in cast("Fields", value).items():
            kind = f"{known}.{inner.get(field, 'unknown')}"
            if kind == "serverContent.modelTurn":
                yield from (f"{kind}.{part}" for part in _parts(content))
            else:
                yield kind


def _parts(turn: object) -> Iterator[str]:
    for part in _list(_object(turn).get("parts")):
        fields = _object(part)
        if fields.get("thought") is True:
            yield "thought"
        else:
            yield from (_PARTS.get(name, "unknown") for name in fields)


def _found(message: Fields, wanted: str) -> Iterator[str]:
    """The strings that stand under this name, at whatever depth, in their order."""
    ahead: list[tuple[str, object]] = [("", message)]
    while ahead:
        name, value = ahead.pop()
        if isinstance(value, dict):
            ahead += reversed(list(cast("Fields", value).items()))
        elif isinstance(value, list):
            ahead += [("", inner) for inner in reversed(cast("list[object]", value))]
        elif isinstance(value, str) and name == wanted:
            yield value


def _get(fields: Fields, *names: str) -> object:
    return next((fields[name] for name in names if name in fields), None)


def _object(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
