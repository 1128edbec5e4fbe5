"""Reads what a caller gives as plain Python (mappings, names, texts) into the messages of the wire."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, cast

from livechat.errors import LocalProtocolError, RemoteProtocolError, UsageError
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import decode_client_message, encode
from livechat.protocol.parts import Content, FunctionDeclaration, Part, Tool
from livechat.protocol.setup import Setup
from livechat.protocol.wire import Wire
from livechat.suggest import closest

Instruction: TypeAlias = str | Part | Content | Sequence[str | Part]
"""A system instruction: a text, a part, several of them, or a whole content."""
ToolLike: TypeAlias = Tool | FunctionDeclaration | Mapping[str, Any] | str | Callable[..., object]
"""A tool: ours as a function or a declaration, Google's by its name (`"google_search"`), or the mapping of its fields.

A function is declared by its signature and its docstring, and is run when the model calls it; see `livechat.tool`.
"""

GOOGLE_TOOLS = tuple(sorted(Tool.model_fields.keys() - {"function_declarations", "mcp_servers"}))
"""The tools of Google's own that need no more than their name to be asked for."""


def is_a(given: object, *kinds: type) -> bool:
    """Whether it is of one of these kinds, asked where the types promise it and a caller may not have looked."""
    return isinstance(given, kinds)


def instruction_of(given: Instruction) -> Content:
    """The content that is sent as system instruction; a text stays without a role, as the API takes it."""
    if isinstance(given, Content):
        return given
    parts: object = [given] if isinstance(given, str | Part) else given
    if not isinstance(parts, list | tuple):
        raise _no_instruction(given)
    return Content(parts=[_instructing(part) for part in cast("Sequence[object]", parts)])


def _instructing(part: object) -> Part:
    if isinstance(part, str):
        return Part(text=part)
    if not isinstance(part, Part):
        raise _no_instruction(part)
    return part


def _no_instruction(given: object) -> UsageError:
    return UsageError(f"{type(given).__name__} is no instruction", hint="a text, a Part, a list of these, a Content")


def tools_of(given: ToolLike | Sequence[ToolLike] | None) -> list[Tool]:
    """The tools as the wire has them: all bare declarations in one tool, behind the others as google-genai puts them.

    A mapping with a `name` is a declaration, another one a whole tool. Raises UsageError for what is neither, and for
    two functions of one name.
    """
    read = [_tool(one) for one in _each(given)]
    tools = [tool for tool in read if isinstance(tool, Tool)]
    declared = [tool for tool in read if isinstance(tool, FunctionDeclaration)]
    if declared:
        tools.append(Tool(function_declarations=declared))
    _demand_different_names(tools)
    return tools


def functions_of(given: ToolLike | Sequence[ToolLike] | None) -> list[Callable[..., object]]:
    """The functions among the tools."""
    return [one for one in _each(given) if _is_function(one)]


def _each(given: object) -> Sequence[ToolLike]:
    if given is None:
        return []
    return cast("Sequence[ToolLike]", given) if isinstance(given, list | tuple) else [cast("ToolLike", given)]


def _is_function(one: ToolLike) -> TypeGuard[Callable[..., object]]:
    return callable(one) and not isinstance(one, Tool | FunctionDeclaration | Mapping | str)


def read_setup(fields: Mapping[str, Any], name: str) -> Setup:
    """The setup in a mapping, with the names of its fields in either casing; `name` is what the caller calls it.

    Raises UsageError for what no setup can hold.
    """
    return checked(_json({"setup": fields}, name), name)


def checked(frame: str, name: str) -> Setup:
    """The setup in a frame. Raises UsageError, in words that name the field, where a value is of the wrong kind."""
    return _decoded(frame, name).setup or Setup()


def read_message(fields: Mapping[str, Any], name: str) -> ClientMessage:
    """The message in a mapping, with the names of its fields in either casing; `name` is what the caller calls it.

    Raises UsageError for what no message can hold.
    """
    return _decoded(_json(fields, name), name)


def _decoded(frame: str, name: str) -> ClientMessage:
    try:
        return decode_client_message(frame)
    except RemoteProtocolError as error:
        problem = error.problem
    raise UsageError(f"{name} cannot be sent", why=_PLACE.sub("", problem))


_PLACE = re.compile(r"^(setup|clientContent\.turns\.0|toolResponse\.functionResponses\.0)\.(parts\.0\.)?")
"""Where in the frame a field is, which is nothing that the caller has written."""


def check_setup(setup: Setup, name: str) -> Setup:
    """The same setup as it is read again from its frame. Raises UsageError for values that are none."""
    try:
        frame = encode(ClientMessage(setup=setup))
    except LocalProtocolError as error:
        raise UsageError(f"{name} cannot be sent", why=error.why) from None
    return checked(frame, name)


def _tool(given: object) -> Tool | FunctionDeclaration:
    match given:
        case Tool() | FunctionDeclaration():
            return given
        case str():
            return _of_google(given)
        case Mapping():
            return _tool_in(cast("Mapping[str, Any]", given))
        case _ if callable(given):
            return _declared(given)
        case _:
            raise UsageError(
                f"{given!r} is no tool",
                hint="a function, a FunctionDeclaration, a Tool, a mapping, or the name of one of Google's",
            )


def _declared(function: Callable[..., object]) -> FunctionDeclaration:
    from livechat.tools.functions import FunctionToolbox

    return FunctionToolbox([function]).declarations()[0]


def _of_google(name: str) -> Tool:
    if name in GOOGLE_TOOLS:
        return _first_tool({name: {}})
    near = closest(name, GOOGLE_TOOLS)
    raise UsageError(
        f"no tool of Google's is called {name!r}" + (f" — did you mean {near}?" if near else ""),
        hint=f"one of {', '.join(GOOGLE_TOOLS)}; your own are FunctionDeclarations",
    )


def _tool_in(fields: Mapping[str, Any]) -> Tool | FunctionDeclaration:
    if "name" not in fields:
        return _first_tool(fields)
    declared = _first_tool({"function_declarations": [fields]}).function_declarations or []
    return declared[0]


def _first_tool(fields: Mapping[str, Any]) -> Tool:
    tools = read_setup({"tools": [fields]}, "a tool").tools or []
    return tools[0]


def _demand_different_names(tools: Sequence[Tool]) -> None:
    names = [function.name for tool in tools for function in tool.function_declarations or []]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two functions are called {twice!r}", why="the model could not tell them apart")


def _json(fields: Mapping[str, Any], name: str) -> str:
    try:
        return json.dumps(fields, default=_written, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be sent", why=str(error)) from None


def _written(value: object) -> object:
    match value:
        case Wire():
            return value.to_wire()
        case bytes():
            return b64encode(value).decode()
        case Mapping():
            return dict(cast("Mapping[str, object]", value))
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")
