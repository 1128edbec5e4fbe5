"""Finds a server of tools in the settings by its name, with the variables that it will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat.errors import UsageError

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.config import Settings
    from livechat.tools.mcp_server import McpServer


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
    for variable in missing_in(common.env, keys.env):
        common.report.warning(f"{name} is to have ${variable}, which is not set")
    return McpServer(name, keys.command, keys.url, environment_of(common.env, keys.env))
