"""Finds a server of tools in the settings by its name, and asks the user about what it says otherwise than before."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from livechat.errors import UsageError
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.config import Settings
    from livechat.tools.mcp import McpToolbox
    from livechat.tools.mcp_pins import Change
    from livechat.tools.mcp_server import McpServer


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


def ask_about_changes(common: Common, box: McpToolbox) -> None:
    """For a terminal that nobody draws on yet: shows what a server says differently, and whether that may be."""
    if box.pending:
        for line in changes_in_words(box.pending):
            common.report.note(line)
        if may_be_told(box.server.name):
            box.agree()


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
