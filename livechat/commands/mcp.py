"""Lists the servers of tools (MCP) of the configuration, tries one, and lists its tools.

Without a command it lists them.

Examples:
  livechat mcp
  livechat mcp test time
  livechat mcp tools time
"""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from livechat.commands.common import Common
from livechat.commands.holding import run_within
from livechat.commands.mcp_servers import changes_in_words, may_be_told, server_named, tell_news
from livechat.commands.options import Json
from livechat.errors import LivechatError, Unreachable
from livechat.terminal import cells
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.config_named import McpKeys
    from livechat.protocol.parts import FunctionDeclaration
    from livechat.tools.mcp import McpToolbox
    from livechat.tools.mcp_pin_file import PinFiles
    from livechat.tools.mcp_pins import Pins
    from livechat.tools.mcp_server import News, Up

usual = "list"
PATIENCE_S: Final = 60.0
"""Seconds that a server has here: the first start of a program may fetch and install it."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="A server, of those that are listed.")]
Within = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Give up after so long; a conversation does in 10."),
]


def list_servers(ctx: typer.Context, as_json: Json = False) -> None:
    """Lists the servers of tools, how each is reached, and how many of its tools you have agreed to. Starts none.

    Examples:
      livechat mcp list
      livechat mcp list --json | jq -r .name
    """
    common = Common.of(ctx)
    servers = common.settings().mcp
    if not servers and not as_json:
        common.report.note("there is no server of tools: livechat config init explains [mcp.NAME]")
    pins = _pins(common)
    rows = [(name, keys, pins.read(name)) for name, keys in servers.items()]
    for line in [in_json(*row) for row in rows] if as_json else table(rows):
        print(common.report.without_secrets(line))


def in_json(name: str, keys: McpKeys, pins: Pins | None) -> Safe:
    known = None if pins is None else [*pins.tools]
    facts = {"name": name, "reached": reached(keys), "permission": keys.permission, "agreed": known}
    return harmless(json.dumps(facts, ensure_ascii=False))


def table(rows: Sequence[tuple[str, McpKeys, Pins | None]]) -> Iterator[Safe]:
    """A line for each server."""
    told = [(name, keys.permission, _agreed_to(pins), reached(keys)) for name, keys, pins in rows]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    for row in told:
        yield safe("  ".join(map(str.ljust, row, widths)).rstrip(), multiline=False)


def reached(keys: McpKeys) -> str:
    """The command as it is typed, or the address without what may be secret in it."""
    if keys.url is None:
        return shlex.join(keys.command)
    address = urlsplit(keys.url)
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"


def _agreed_to(pins: Pins | None) -> str:
    if pins is None:
        return "never used"
    return f"{len(pins.tools)} tool{'s' * (len(pins.tools) != 1)}"


# --------------------------------------------------------------------------------------------------------- one of them


def try_server(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to tools that describe themselves anew.")] = False,
    timeout: Within = PATIENCE_S,
) -> None:
    """Starts a server, asks for its tools and ends it. Where they changed since you agreed, it shows how, and asks.

    Examples:
      livechat mcp test time
      livechat mcp test time --yes
    """
    common = Common.of(ctx)

    async def tried() -> None:
        async with _running(common, name, timeout) as (box, up):
            if box.pending:
                _ask_about(box, yes=yes)
            about = f" ({up.title})" if up.title else ""
            print(
                safe(
                    f"ok: {name}{about}: {up.tools} tools after {up.after_s:.1f} s, MCP {up.protocol}", multiline=False
                )
            )

    run_within(None, tried())


def _ask_about(box: McpToolbox, *, yes: bool) -> None:
    """Shows all that a server says differently. Raises LivechatError unless the user agrees to all of it."""
    name, shown = box.server.name, box.pending
    for line in changes_in_words(shown):
        print(line, flush=True)
    if yes or may_be_told(name):
        box.agree(shown)
    if not box.pending:
        return
    tools = ", ".join(change.tool for change in box.pending)
    raise LivechatError(
        f"{name} describes {tools} otherwise than when you agreed",
        why="no model is told of them: it could do what you never wanted",
        hint=f"livechat mcp test {name} --yes",
    )


def tools(ctx: typer.Context, name: Name, timeout: Within = PATIENCE_S, as_json: Json = False) -> None:
    """Lists the tools of a server as a model is told of them.

    Examples:
      livechat mcp tools time
      livechat mcp tools time --json | jq .parameters
    """
    common = Common.of(ctx)

    async def listed() -> None:
        async with _running(common, name, timeout) as (box, _):
            for line in tool_lines(box.declarations(), as_json=as_json):
                print(line)

    run_within(None, listed())


def tool_lines(declarations: Sequence[FunctionDeclaration], *, as_json: bool) -> Iterator[Safe]:
    """A line for each tool: what is sent, or its name and the first line of its description."""
    width = max((cells.width(one.name or "") for one in declarations), default=0)
    for one in declarations:
        if as_json:
            wire = one.model_dump(mode="json", by_alias=True, exclude_none=True)
            yield harmless(json.dumps(wire, ensure_ascii=False))
        else:
            first = (one.description or "").strip().partition("\n")[0]
            yield safe(f"{one.name or '':<{width}}  {first}".rstrip(), multiline=False)


@asynccontextmanager
async def _running(common: Common, name: str, within_s: float) -> AsyncGenerator[tuple[McpToolbox, Up]]:
    """A server that runs. Raises Unreachable where it does not."""
    from livechat.tools.mcp import McpToolbox, mcp_missing

    if missing := mcp_missing():
        raise missing
    told: list[News] = []
    server = server_named(common, common.settings(), name)
    box = McpToolbox(server, _pins(common), _both(told.append, _noting(common)), start_s=within_s)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(box.run(), name=f"tools of {name}")
        try:
            await box.ready()
            yield box, _up(name, told)
        finally:
            task.cancel()


def _up(name: str, told: Sequence[News]) -> Up:
    from livechat.tools.mcp_server import Down, Up

    for news in told:
        if isinstance(news, Down):
            raise Unreachable(f"{name} is down: {news.why}", hint=f"mend [mcp.{name}]: livechat config path")
    return next(news for news in told if isinstance(news, Up))


def _noting(common: Common) -> Callable[[News], None]:
    """Notes what the end of the command does not tell."""
    from livechat.tools.mcp_server import Down, Up

    def note(news: News) -> None:
        if not isinstance(news, (Down, Up)):
            tell_news(common, news)

    return note


def _both(one: Callable[[News], None], other: Callable[[News], None]) -> Callable[[News], None]:
    def tell(news: News) -> None:
        one(news)
        other(news)

    return tell


def _pins(common: Common) -> PinFiles:
    from livechat.tools.mcp_pin_file import PinFiles
    from livechat.transcripts.store import state_folder

    return PinFiles(state_folder(common.env))


verbs: Mapping[str, Callable[..., None]] = MappingProxyType({"list": list_servers, "test": try_server, "tools": tools})
