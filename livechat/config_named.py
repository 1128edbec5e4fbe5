"""Sections under names of the user's own, `[mcp.NAME]` and `[tools.NAME]`: their keys, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

from livechat.suggest import closest

Setting: TypeAlias = str | int | bool | tuple[str, ...] | Mapping[str, str]
Kind = Literal["text", "whole number", "list of texts", "table of texts"]
Permission = Literal["allow", "ask", "deny"]
OnCancel = Literal["drop", "finish", "ask"]
LONGEST_TOOL_S: Final = 3600

_IN_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "text in quotes",
        "whole number": "a whole number",
        "list of texts": 'a list of texts in quotes, like ["one", "two"]',
        "table of texts": 'a table of texts in quotes, like { NAME = "value" }',
    }
)
HIDDEN: Final = "…"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _fine(value: Setting) -> str:
    return ""


@dataclass(frozen=True)
class NamedKey:
    """What is to know about one key of such a section."""

    key: str
    kind: Kind
    help: str
    default: Setting | None = None
    check: Callable[[Setting], str] = _fine
    """Says what is wrong with a value of the right kind, or nothing."""


@dataclass(frozen=True)
class NamedSection:
    """What is to know about a section of which there may be several, each under a name."""

    keys: tuple[NamedKey, ...]
    names: re.Pattern[str]
    """What a name may be,"""
    names_in_words: str
    """and the same in words."""
    whole: Callable[[Mapping[str, object]], str] = lambda _: ""
    """Says what is wrong with keys that are right one by one, or nothing."""

    def key(self, name: str) -> NamedKey | None:
        return next((one for one in self.keys if one.key == name), None)


@dataclass(frozen=True)
class McpKeys:
    """One server of tools, as `[mcp.NAME]` has it: a program to start, or an address."""

    command: tuple[str, ...] = ()
    url: str | None = None
    token: str | None = None
    """`$NAME`: the variable of ours that holds it."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    permission: Permission = "ask"


@dataclass(frozen=True)
class ToolKeys:
    """How one tool is treated, as `[tools.NAME]` has it; None where it is not said."""

    permission: Permission | None = None
    timeout_s: int | None = None
    on_cancel: OnCancel | None = None


def _permission(value: Setting) -> str:
    return _one_of(("allow", "ask", "deny"), value)


def _on_cancel(value: Setting) -> str:
    return _one_of(("drop", "finish", "ask"), value)


def _one_of(choices: tuple[str, ...], value: Setting) -> str:
    if value in choices:
        return ""
    near = closest(str(value), choices)
    return f"{value!r} is not one of {', '.join(choices)}" + (f" — did you mean {near}?" if near else "")


def _seconds(value: Setting) -> str:
    fits = isinstance(value, int) and 1 <= value <= LONGEST_TOOL_S
    return "" if fits else f"{value} is not between 1 and {LONGEST_TOOL_S}"


def _command(value: Setting) -> str:
    words = cast("tuple[str, ...]", value)
    if not words or not words[0].strip():
        return "a command begins with the name of a program"
    return "a word with a zero byte in it can be given to no program" if any("\0" in word for word in words) else ""


def _address(value: Setting) -> str:
    return "" if str(value).startswith(("http://", "https://")) else f"{value!r} is no http:// or https:// address"


def _token(value: Setting) -> str:
    variable = handed_on(str(value))
    if variable is None:
        return 'no token is kept here: name the variable that holds it, like "$DOCS_TOKEN"'
    return _not_ours(variable)


def _not_ours(variable: str | None) -> str:
    from livechat.credentials import OTHER_SECRETS, VARIABLES

    ours = variable in (*VARIABLES, *OTHER_SECRETS)
    return f"{variable} is livechat's own: no other program is given it" if ours else ""


def _env(value: Setting) -> str:
    for name, text in cast("Mapping[str, str]", value).items():
        if not _VARIABLE.fullmatch(name):
            return f"{name!r} is no name of a variable"
        if ours := _not_ours(handed_on(text)):
            return ours
        if "\0" in text:
            return "a value with a zero byte in it can be given to no program"
    return ""


def _one_way_to_reach_it(keys: Mapping[str, object]) -> str:
    if {"command", "url"} <= keys.keys():
        return "it has both a command to start it and a url: give one of them"
    if not {"command", "url"} & keys.keys():
        return "it needs a command to start it, or a url"
    if "url" in keys:
        if "env" in keys:
            return "env is for a server that is started, and this one has a url"
        return _in_the_clear(str(keys["url"])) if "token" in keys else ""
    return (
        "token is for a server with a url, and this one is started: env gives it variables" if "token" in keys else ""
    )


def _in_the_clear(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        address = urlsplit(url)
    except ValueError:
        return f"{url!r} is no address"
    here = address.hostname in ("localhost", "127.0.0.1", "::1")
    return "" if here or address.scheme == "https" else "a token is sent over https:// only, or to this machine"


NAMED: Final[Mapping[str, NamedSection]] = MappingProxyType(
    {
        "mcp": NamedSection(
            keys=(
                NamedKey(
                    "command",
                    "list of texts",
                    "Program and its arguments, one text for each: there is no shell.",
                    check=_command,
                ),
                NamedKey("url", "text", "Or the address of a server that runs already.", check=_address),
                NamedKey(
                    "token",
                    "text",
                    'For an address: "$NAME" is the variable of yours that holds the bearer token to send.',
                    check=_token,
                ),
                NamedKey(
                    "env",
                    "table of texts",
                    'Variables for the program; "$NAME" hands on one of yours. It gets few others, and no API key.',
                    check=_env,
                ),
                NamedKey(
                    "permission",
                    "text",
                    "Whether its tools may run: allow, ask or deny.",
                    default="ask",
                    check=_permission,
                ),
            ),
            names=re.compile(r"[A-Za-z][A-Za-z0-9-]{0,23}"),
            names_in_words="letters, digits and hyphens, a letter first, 24 at most",
            whole=_one_way_to_reach_it,
        ),
        "tools": NamedSection(
            keys=(
                NamedKey(
                    "permission",
                    "text",
                    "Whether it may run: allow, ask or deny (and then the model does not hear of it).",
                    check=_permission,
                ),
                NamedKey("timeout_s", "whole number", "Seconds that it may take.", check=_seconds),
                NamedKey(
                    "on_cancel",
                    "text",
                    "What becomes of a call that the model takes back while it runs: drop (it is cancelled), finish "
                    "(it goes on, and its result is thrown away) or ask.",
                    check=_on_cancel,
                ),
            ),
            names=re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"),
            names_in_words="letters, digits, _ . and -, a letter or _ first, 64 at most",
        ),
    }
)
"""By the name of the section."""


def setting_of(kind: Kind, value: object) -> Setting | None:
    """`value`, as `tomllib` reads it, if it is of that kind; else None."""
    match value:
        case str() if kind == "text":
            return value
        case int() if kind == "whole number" and not isinstance(value, bool):
            return value
        case list() if kind == "list of texts":
            return _texts(cast("list[object]", value))
        case dict() if kind == "table of texts":
            table = cast("dict[str, object]", value)
            texts = _texts([*table.values()])
            return None if texts is None else MappingProxyType(dict(zip(table, texts, strict=True)))
        case _:
            return None


def _texts(values: list[object]) -> tuple[str, ...] | None:
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(values) else None


def mistake_in(about: NamedKey, value: object) -> str:
    """What is wrong with `value` for this key, in words, or nothing."""
    setting = setting_of(about.kind, value)
    return f"{about.key!r} must be {_IN_WORDS[about.kind]}" if setting is None else about.check(setting)


def mcp_keys(given: Mapping[str, Setting]) -> McpKeys:
    """The server that the keys of one `[mcp.NAME]` describe; they are without mistakes."""
    usual = McpKeys()
    return McpKeys(
        cast("tuple[str, ...]", given.get("command", usual.command)),
        cast("str | None", given.get("url", usual.url)),
        cast("str | None", given.get("token", usual.token)),
        cast("Mapping[str, str]", given.get("env", usual.env)),
        cast("Permission", given.get("permission", usual.permission)),
    )


def tool_keys(given: Mapping[str, Setting]) -> ToolKeys:
    """What the keys of one `[tools.NAME]` say of a tool; they are without mistakes."""
    return ToolKeys(
        cast("Permission | None", given.get("permission")),
        cast("int | None", given.get("timeout_s")),
        cast("OnCancel | None", given.get("on_cancel")),
    )


def without_secrets(value: Setting | None) -> Setting | None:
    """`value` as it may be shown: of variables for another program only which of ours they are taken from."""
    if not isinstance(value, Mapping):
        return value
    return {name: text if handed_on(text) else HIDDEN for name, text in value.items()}


def handed_on(text: str) -> str | None:
    """Which of our variables a value for another program stands for: `$NAME`."""
    return text[1:] if text.startswith("$") and _VARIABLE.fullmatch(text[1:]) else None


def written_setting(value: Setting) -> str:
    """`value` as TOML writes it, a table on one line."""
    import json

    if isinstance(value, Mapping):
        pairs = ", ".join(f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)


_EXAMPLES: Final[tuple[tuple[str, str, Mapping[str, Setting]], ...]] = (
    (
        "A server of tools (MCP) under a name of yours; there may be several. For example: livechat text --mcp time",
        "mcp.time",
        {"command": ("uvx", "mcp-server-time"), "env": {"TZ": "Europe/Lisbon"}, "permission": "ask"},
    ),
    ("", "mcp.docs", {"url": "https://example.org/mcp", "token": "$DOCS_TOKEN"}),
    (
        "How a single tool is treated, by its name.",
        "tools.get_weather",
        {"permission": "allow", "timeout_s": 10, "on_cancel": "finish"},
    ),
)


def named_example() -> str:
    """The part of the example file for these sections: all of it out of effect."""
    return "".join(_example_of(*one) for one in _EXAMPLES)


def _example_of(comment: str, header: str, values: Mapping[str, Setting]) -> str:
    lines = [f"# {comment}"] * bool(comment) + [f"#[{header}]", *_explained(header.partition(".")[0], values)]
    return "\n".join(lines) + "\n\n"


def _explained(section: str, values: Mapping[str, Setting]) -> Iterator[str]:
    for about in NAMED[section].keys:
        if about.key in values:
            yield f"# {about.help}"
            yield f"#{about.key} = {written_setting(values[about.key])}"
