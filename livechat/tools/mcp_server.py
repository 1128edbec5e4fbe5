"""A server of tools (MCP): what it is, and the news that are told of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from livechat.tools.mcp_pins import Change, source_of


class ServerGone(Exception):
    """The connection is over; what is known about why is in words, and may be foreign text."""


@dataclass(frozen=True)
class McpServer:
    """How a server is reached: a program to start, or else its address."""

    name: str
    """The user's name for it: no underscore in it."""
    command: tuple[str, ...] = ()
    url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """All the variables that the program has."""
    token: str | None = field(default=None, repr=False)
    """What to send to the address as a bearer token."""

    @property
    def source(self) -> str:
        """A digest of what is behind the name."""
        return source_of([self.url] if self.url is not None else self.command)


@dataclass(frozen=True)
class Address:
    """Where a server runs that we do not start."""

    url: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Starting:
    server: str


@dataclass(frozen=True)
class Up:
    """It can be called, for the first time or again."""

    server: str
    tools: int
    after_s: float
    title: str
    """What it calls itself, with its version; foreign text."""
    protocol: str
    """The revision of MCP that is spoken."""


@dataclass(frozen=True)
class TakenOn:
    """It is used for the first time, or what is behind its name has changed: its tools are pinned as they are."""

    server: str
    tools: int


@dataclass(frozen=True)
class Down:
    """It cannot be called."""

    server: str
    why: str
    """Foreign text may be in it."""
    again_s: float | None
    """Seconds until it is started again; None: not in this conversation."""


@dataclass(frozen=True)
class Changed:
    """Its tools are not as they were agreed to."""

    server: str
    changes: tuple[Change, ...]
    withheld: tuple[str, ...]
    """Those that cannot be called before the user has agreed."""


@dataclass(frozen=True)
class LeftOut:
    """A tool that no model can be told of."""

    server: str
    tool: str
    why: str


@dataclass(frozen=True)
class Progressed:
    """A call goes on."""

    server: str
    tool: str
    """The server's own name for it."""
    done: float
    total: float | None
    words: str
    """The server's; foreign text."""


News: TypeAlias = Starting | Up | TakenOn | Down | Changed | LeftOut | Progressed


def is_grave(news: News) -> bool:
    """Whether the user can do less than before: that is told whoever wants to hear little."""
    return isinstance(news, Down) or (isinstance(news, Changed) and bool(news.withheld))


def in_words(news: News) -> str:
    """A sentence for the user; foreign text in it has not passed the gate."""
    match news:
        case Starting():
            return f"{news.server}: starting"
        case Up():
            who = f" ({news.title})" if news.title else ""
            return f"{news.server}{who}: {_tools(news.tools)}, ready after {news.after_s:.1f} s"
        case TakenOn():
            return f"{news.server} is new here: {_tools(news.tools)} pinned as they describe themselves now"
        case Down():
            after = "" if news.again_s is None else f"; it is started again in {news.again_s:g} s"
            return f"{news.server} is down: {news.why}{after}"
        case Changed():
            return _changed(news)
        case LeftOut():
            return f"{news.server}: the tool {news.tool!r} is left out: {news.why}"
        case Progressed():
            of = f" of {news.total:g}" if news.total is not None else ""
            words = f" {news.words}" if news.words else ""
            return f"{news.server}: {news.tool} {news.done:g}{of}{words}"


def _changed(news: Changed) -> str:
    told = ", ".join(f"{change.tool} ({change.kind})" for change in news.changes)
    hint = f"; not used until you agree: livechat mcp test {news.server}" if news.withheld else ""
    return f"{news.server} does not describe its tools as before: {told}{hint}"


def _tools(count: int) -> str:
    return f"{count} tool" if count == 1 else f"{count} tools"
