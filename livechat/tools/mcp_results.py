"""What a server's tool gave, as a value that a model can be told; what is no text is said to be left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from livechat.tools.toolbox import ToolFailure

Result = Mapping[str, Any]
"""A `CallToolResult` as MCP writes it in JSON."""


def value_of(result: Result) -> object:
    """The structured content where there is some, else the text; both where they say different things.

    Raises ToolFailure with the text where the tool calls it an error.
    """
    blocks = [*_blocks(result)]
    texts, left_out = [*_texts(blocks)], [*_left_out(blocks)]
    if result.get("isError"):
        raise ToolFailure("\n".join(texts) or "it failed, and does not say why")
    structured = result.get("structuredContent")
    if structured is None:
        return _with(left_out, "\n\n".join(texts) if texts else None)
    said = [text for text in texts if not _says(text, structured)]
    return _with([*said, *left_out], structured)


def _blocks(result: Result) -> Iterator[Mapping[str, Any]]:
    content = result.get("content")
    for block in cast("Sequence[object]", content) if isinstance(content, list) else ():
        if isinstance(block, Mapping):
            yield cast("Mapping[str, Any]", block)


def _texts(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        match block:
            case {"type": "text", "text": str(text)}:
                yield text
            case {"type": "resource", "resource": {"text": str(text)}}:
                yield text
            case {"type": "resource_link", "uri": str(uri)}:
                yield f"{block.get('name') or 'a resource'}: {uri}"
            case _:
                pass


def _left_out(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        match block:
            case {"type": "image" | "audio" as kind, "data": str(data)}:
                yield _of_bytes(str(kind), block.get("mimeType"), data)
            case {"type": "resource", "resource": {"blob": str(data), **resource}}:
                yield _of_bytes("file", cast("Mapping[str, Any]", resource).get("mimeType"), data)
            case {"type": "text" | "resource" | "resource_link"}:
                pass
            case _:
                yield f"[content of the type {block.get('type')!r} is left out]"


def _of_bytes(kind: str, mime_type: object, data: str) -> str:
    sort = f" ({mime_type})" if mime_type else ""
    article = "an" if kind[0] in "ai" else "a"
    return f"[{article} {kind}{sort} of {len(data) * 3 // 4} bytes is left out: only text is handed on]"


def _says(text: str, structured: object) -> bool:
    """Whether a text is the structured content once more, as servers give it for older clients."""
    try:
        return bool(json.loads(text) == _unwrapped(structured) or json.loads(text) == structured)
    except (ValueError, RecursionError):
        return text == _unwrapped(structured)


def _unwrapped(structured: object) -> object:
    """The official package wraps what is no object: {"result": …}."""
    if isinstance(structured, Mapping):
        table = cast("Mapping[str, object]", structured)
        return table["result"] if set(table) == {"result"} else table
    return structured


def _with(beside: Sequence[str], value: object) -> object:
    if not beside:
        return value
    if value is None or isinstance(value, str):
        return "\n\n".join([*([value] if value else []), *beside])
    return {"result": value, "text": "\n\n".join(beside)}
