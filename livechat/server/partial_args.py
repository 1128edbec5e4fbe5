"""Cuts a call into the pieces in which Vertex streams its arguments, one value after the other.

As the reference of `FunctionCall.partialArgs` has it (google-genai 3.4.0): every piece but the last says that the call
will continue, a value stands at the JSONPath of its place (RFC 9535), and a long text comes in pieces of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, cast

from livechat.protocol.part_kinds import PartialArg
from livechat.protocol.parts import FunctionCall

PIECE: Final = 16
"""Characters of a text at once."""
_NAME = re.compile(r"[A-Za-z_]\w*")


def in_parts(call: FunctionCall) -> list[FunctionCall]:
    """The call, piece by piece: its name, its arguments, and a last one that says no more."""
    pieces = (part for name, value in (call.args or {}).items() for part in _parts(_path("$", name), value))
    return [
        FunctionCall(id=call.id, name=call.name, will_continue=True),
        *(FunctionCall(id=call.id, partial_args=[piece], will_continue=True) for piece in pieces),
        FunctionCall(id=call.id),
    ]


def _parts(path: str, value: object) -> Iterator[PartialArg]:
    match value:
        case dict():
            for name, inner in cast("dict[str, object]", value).items():
                yield from _parts(_path(path, name), inner)
        case list():
            for at, inner in enumerate(cast("list[object]", value)):
                yield from _parts(f"{path}[{at}]", inner)
        case str():
            yield from _text(path, value)
        case bool():
            yield PartialArg(json_path=path, bool_value=value)
        case int() | float():
            yield PartialArg(json_path=path, number_value=value)
        case _:
            yield PartialArg(json_path=path, null_value="NULL_VALUE")


def _text(path: str, text: str) -> Iterator[PartialArg]:
    for start in range(0, len(text) - PIECE, PIECE):
        yield PartialArg(json_path=path, string_value=text[start : start + PIECE], will_continue=True)
    yield PartialArg(json_path=path, string_value=text[max(0, -(-len(text) // PIECE) - 1) * PIECE :])


def _path(path: str, name: str) -> str:
    return f"{path}.{name}" if _NAME.fullmatch(name) else f"{path}[{json.dumps(name)}]"
