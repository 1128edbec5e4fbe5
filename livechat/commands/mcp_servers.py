"""Finds a server of tools in the settings by its name, and asks the user about what it says otherwise than before."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import typer

from livechat.errors import UsageError
from livechat.terminal import cells
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.config import Settings
    from livechat.tools.mcp import McpToolbox
    from livechat.tools.mcp_pins import Change
    from livechat.tools.mcp_server import McpServer, News


ROWS: Final = 40
"""Of a change that a user may agree to with a key: what is longer scrolls away."""
ROW: Final = 80
"""Characters."""
FEW: Final = 5
"""Tools that are named."""
TOKEN = "TOKEN"
"""The variable that stands for the token of an address, which has no others."""


def server_named(common: Common, settings: Settings, name: str) -> McpServer:
    """The server of `[mcp.NAME]`. Raises UsageError where there is none; warns of variables that are not there."""
    from livechat.suggest import closest
    from livechat.tools.mcp_environment import environment_of, missing_in
    from livechat.tools.mcp_server import McpServer

    keys = settings.mcp.get(name)
    if keys is None:
        near = closest(name, settings.mcp)
        guess = f" — did you mean {near}?" if near else ""
        raise UsageError(f"there is no [mcp.{name}] in the configuration{guess}", hint="livechat mcp list")
    given = keys.env if keys.token is None else {TOKEN: keys.token}
    for variable in missing_in(common.env, given):
        common.report.warning(f"{name} is to have ${variable}, which is not set")
    env = environment_of(common.env, given)
    token = env.get(TOKEN)
    if token is not None:
        common.report.hide(token)
    return McpServer(name, keys.command, keys.url, env, token)


def tell_news(common: Common, news: News) -> None:
    """Says what happens to a server: what takes tools away from a conversation is told under -q too."""
    from livechat.tools.mcp_server import in_words, is_grave

    (common.report.warning if is_grave(news) else common.report.note)(in_words(news))


def ask_about_changes(common: Common, box: McpToolbox) -> None:
    """For a terminal that nobody draws on yet: shows what a server says differently, and whether that may be."""
    while shown := box.pending:
        if refusal := too_long_to_ask(box.server.name, shown):
            common.report.warning(refusal)
            return
        for line in changes_in_words(shown):
            common.report.warning(line)
        if not may_be_told(box.server.name):
            return
        box.agree(shown)


def too_long_to_ask(server: str, found: Sequence[Change]) -> Safe | None:
    """Where there is more than a user sees at once: what to do instead of asking."""
    rows = sum(1 + cells.width(line) // ROW for line in changes_in_words(found))
    if rows <= ROWS:
        return None
    tools = ", ".join(change.tool for change in found[:FEW]) + (", …" if len(found) > FEW else "")
    words = f"{server} describes {tools} anew, in {rows} rows: not used until you agree: livechat mcp test {server}"
    return safe(words, multiline=False)


def changes_in_words(found: Sequence[Change]) -> Iterator[Safe]:
    """What a server says differently, line by line."""
    for change in found:
        yield safe(f"{change.tool} ({change.kind})", multiline=False)
        for line in change.lines:
            yield safe(f"  {line}", multiline=False)


def may_be_told(server: str) -> bool:
    """Asks at the terminal; where there is none the answer is no."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return False
    return typer.confirm(f"May a model be told this by {safe(server, multiline=False)}?", default=False, err=True)
