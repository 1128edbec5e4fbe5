"""The OpenAI-compatible wire of `/chat/completions`: our history as its messages, its streamed chunks as our pieces.

Source: the chat completions reference of OpenAI as Ollama, llama.cpp, vLLM and LM Studio follow it; where they differ,
what any of them sends is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from livechat.errors import RemoteProtocolError
from livechat.protocol.parts import FunctionCall, FunctionDeclaration, Schema
from livechat.server.skills.moment import Said

_ROLES = {"system": "system", "user": "user", "model": "assistant"}
_THOUGHT, _THOUGHT_ENDS = "<think>", "</think>"


def request_body(model: str, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> dict[str, object]:
    body: dict[str, object] = {"model": model, "messages": messages_of(history), "stream": True}
    return {**body, "tools": [_tool(tool) for tool in tools]} if tools else body


def messages_of(history: Sequence[Said]) -> list[dict[str, object]]:
    """One system message first, then the rest in order; what one side said in a row is one message.

    The calls that the tools' answers belong to are written before them, as the wire demands.
    """
    system = "\n\n".join(said.text for said in history if said.role == "system")
    messages: list[dict[str, object]] = [{"role": "system", "content": system}] if system else []
    for number, said in enumerate(history):
        if said.role == "tool":
            _add_tool_answer(messages, said.text, f"call_{number}")
        elif said.role != "system":
            _add_words(messages, _ROLES[said.role], said.text)
    return messages


def _add_words(messages: list[dict[str, object]], role: str, text: str) -> None:
    last = messages[-1] if messages else {}
    if last.get("role") == role and "tool_calls" not in last:
        last["content"] = f"{last['content']}\n{text}"
    else:
        messages.append({"role": role, "content": text})


def _add_tool_answer(messages: list[dict[str, object]], text: str, otherwise: str) -> None:
    """`text` is what `brain.answered` writes; `otherwise` is the id of a call that had none."""
    facts: dict[str, Any] = json.loads(text)
    id_ = facts["id"] or otherwise
    function = {"name": facts["name"], "arguments": json.dumps(facts["args"])}
    call = {"id": id_, "type": "function", "function": function}
    at = next(at for at in range(len(messages), -1, -1) if at == 0 or messages[at - 1]["role"] != "tool")
    if at > 0 and messages[at - 1]["role"] == "assistant":
        cast("list[object]", messages[at - 1].setdefault("tool_calls", [])).append(call)
    else:
        messages.insert(at, {"role": "assistant", "content": "", "tool_calls": [call]})
    messages.append({"role": "tool", "tool_call_id": id_, "content": json.dumps(facts["response"])})


def _tool(declaration: FunctionDeclaration) -> dict[str, object]:
    function: dict[str, object] = {"name": declaration.name, "description": declaration.description or ""}
    if declaration.parameters is not None:
        function["parameters"] = json_schema(declaration.parameters)
    else:
        function["parameters"] = declaration.parameters_json_schema or {"type": "object", "properties": {}}
    return {"type": "function", "function": function}


def json_schema(schema: Schema) -> dict[str, object]:
    """Google's dialect of OpenAPI as JSON Schema: types in small letters, `nullable` as a type."""
    kept = schema.model_dump(
        by_alias=True, exclude_none=True,
        include={"title", "description", "format", "enum", "required", "default", "pattern", "minimum", "maximum",
                 "min_items", "max_items", "min_length", "max_length"},
    )  # fmt: skip
    if schema.type is not None:
        kind = schema.type.lower()
        kept["type"] = [kind, "null"] if schema.nullable else kind
    if schema.properties is not None:
        kept["properties"] = {name: json_schema(inner) for name, inner in schema.properties.items()}
    if schema.items is not None:
        kept["items"] = json_schema(schema.items)
    if schema.any_of is not None:
        kept["anyOf"] = [json_schema(inner) for inner in schema.any_of]
    return kept


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class AnswerReader:
    """Puts an answer together from its chunks: texts at once, function calls when they are complete.

    What a model thinks aloud between <think> and </think> at the beginning is left out.
    """

    finished: bool = False
    """The server has said why it stopped."""
    _calls: dict[int, _Call] = field(default_factory=dict[int, _Call])
    _held: str | None = ""
    """The beginning of the text while it may still be a thought, None from then on."""

    def read(self, chunk: object) -> Iterator[str]:
        """The texts of one chunk, or of a whole answer that came unstreamed."""
        for choice in _objects(_object(chunk).get("choices"))[:1]:
            delta = _object(choice.get("delta") or choice.get("message"))
            text = delta.get("content")
            if isinstance(text, str) and text:
                yield from self._spoken(text)
            for at, call in enumerate(_objects(delta.get("tool_calls"))):
                self._add(at, call)
            self.finished = self.finished or choice.get("finish_reason") is not None

    def end(self) -> Iterator[str | FunctionCall]:
        """What is left when the answer has ended. Raises RemoteProtocolError."""
        if self._held and not self._held.lstrip().startswith(_THOUGHT):
            yield self._held
        for call in self._calls.values():
            yield FunctionCall(id=call.id or None, name=call.name, args=_arguments(call.arguments))

    def _spoken(self, text: str) -> Iterator[str]:
        if self._held is None:
            yield text
            return
        self._held += text
        start = self._held.lstrip()
        if start.startswith(_THOUGHT):
            _, ended, start = start.partition(_THOUGHT_ENDS)
            start = start.lstrip()
            if not (ended and start):
                return
        elif _THOUGHT.startswith(start):
            return
        self._held = None
        yield start

    def _add(self, at: int, part: dict[str, object]) -> None:
        index = part.get("index")
        call = self._calls.setdefault(index if isinstance(index, int) else at, _Call())
        function = _object(part.get("function"))
        arguments = function.get("arguments")
        call.id = call.id or str(part.get("id") or "")
        call.name = call.name or str(function.get("name") or "")
        call.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments: object = json.loads(text or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise RemoteProtocolError("the language model called a function with arguments that are no JSON object", text)
    return cast("dict[str, Any]", arguments)


def first_model(listing: object) -> str | None:
    """The first name in the answer to GET /models."""
    names = (entry.get("id") for entry in _objects(_object(listing).get("data")))
    return next((name for name in names if isinstance(name, str)), None)


def error_in(body: object) -> str | None:
    """The message of an error, in any of the shapes that servers give it; None if there is none."""
    fields = _object(body)
    error = fields.get("error") or fields.get("detail")
    message = _object(error).get("message") or error
    return str(message) if message else None


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, object]]:
    return [_object(item) for item in cast("list[object]", value)] if isinstance(value, list) else []
