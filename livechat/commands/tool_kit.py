"""The tools of a command: those that were named on its command line, how each is treated, and what runs them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.tool_desk import ToolDesk
    from livechat.config import Settings
    from livechat.config_named import ToolKeys
    from livechat.protocol.generations import Family
    from livechat.protocol.parts import FunctionDeclaration
    from livechat.session import Session
    from livechat.tool_calls import Permission, ToolRule
    from livechat.tools.mcp import McpToolbox
    from livechat.tools.mcp_server import McpServer, News
    from livechat.tools.policy import Approval, Manner
    from livechat.tools.toolbox import Toolbox, Toolboxes

    Manners = Mapping[str, Manner]
    """What is said of tools, by their names."""


MISSPELT: Final = 0.8
"""From this similarity on a name that no tool has is one misspelt; less alike, it is of a tool for another time."""


@dataclass(frozen=True)
class Kit:
    """What was named on a command line; nothing of it runs yet."""

    boxes: Mapping[str, Toolbox] = field(default_factory=dict[str, "Toolbox"])
    """Functions from files, and those that are built in, by where they are from."""
    servers: Mapping[str, McpServer] = field(default_factory=dict[str, "McpServer"])
    permitted: Mapping[str, Permission] = field(default_factory=dict[str, "Permission"])
    """What the user says of the tools of each server."""
    approval: Approval = "ask"
    asks: bool = False
    """There is somebody who can be asked."""
    timeout_s: float = 30.0
    """For tools of which nobody says how long they may take."""
    own: Mapping[str, ToolKeys] = field(default_factory=dict[str, "ToolKeys"])
    """What the user says of single tools."""

    def __bool__(self) -> bool:
        return bool(self.boxes or self.servers)


@dataclass(frozen=True)
class Offer:
    """What a model is told of the tools, and what runs them."""

    boxes: Toolboxes
    declarations: Sequence[FunctionDeclaration]
    rules: Mapping[str, ToolRule]
    withheld: Sequence[str]
    """Those that nobody can be asked about."""


def pack(
    common: Common, settings: Settings, tools: Sequence[str] | None, mcp: Sequence[str] | None, *, asks: bool
) -> Kit:
    """The kit for what was named; `asks` says that there is somebody to be asked.

    From now on our keys are in `common.env` alone. A file of functions has a process, and that none of them.
    Raises UsageError, and what is wrong with a file of functions.
    """
    if not tools and not mcp:
        return Kit()
    from livechat.commands.mcp_servers import server_named
    from livechat.credentials import take_secrets_out, without_secrets
    from livechat.tools.source import load_tools
    from livechat.transcripts.store import state_folder

    servers = {name: server_named(common, settings, name) for name in dict.fromkeys(mcp or ())}
    permitted: dict[str, Permission] = {name: settings.mcp[name].permission for name in servers}
    take_secrets_out(os.environ)
    folder = state_folder(common.env) / "notes"
    boxes = load_tools(tools or (), folder=folder, env=without_secrets(common.env), note=common.report.note)
    return Kit(boxes, servers, permitted, settings.tools.approve, asks, settings.tools.timeout_s, settings.tool)


def offer_of(kit: Kit, boxes: Toolboxes, family: Family, *, chooses: bool = True) -> Offer:
    """What a model of this family is offered; `chooses` as in `policy.fitted`."""
    from livechat.tools.policy import Situation, fitted, offered, rules_for, withheld

    said = [_usual(kit, boxes), _by_authors(boxes), _by_the_user(kit.own)]
    declared = boxes.declarations()
    rules = fitted(rules_for(declared, said, Situation(kit.approval, kit.asks)), family, chooses=chooses)
    unasked = withheld(rules, said)
    denied = [name for name, rule in rules.items() if rule.permission == "deny" and name not in unasked]
    return Offer(boxes, offered(declared, rules, denied), rules, unasked)


def warn_of_misspelt(common: Common, kit: Kit, boxes: Toolboxes) -> None:
    """Tells of each `[tools.NAME]` that is about no tool here, and is nearly the name of one: else a deny is lost."""
    if not kit:
        return
    from livechat.suggest import closest

    names = {declaration.name or "" for declaration in boxes.declarations()}
    for said in kit.own:
        if said not in names and (near := closest(said, names, MISSPELT)):
            common.report.warning(f"[tools.{said}] is about no tool here — did you mean [tools.{near}]?")


@asynccontextmanager
async def unpacked(common: Common, kit: Kit, model: str, desk: ToolDesk | None = None) -> AsyncGenerator[Offer, None]:
    """Inside, the servers of the kit run, and what is offered to this model is settled.

    At the desk the user is asked about what a server says otherwise than before.
    """
    from livechat.protocol.generations import family_of
    from livechat.tools.toolbox import Toolboxes

    family = family_of(model)
    if kit and family.default_behavior is None:
        common.report.warning(f"{family.name} calls no tools: they are left out")
        kit = Kit()
    async with _serving(common, kit.servers) as served:
        if kit.asks and desk is not None:
            for box in served.values():
                await _ask_about_changes(common, box, desk)
        boxes = Toolboxes({**kit.boxes, **served})
        warn_of_misspelt(common, kit, boxes)
        offer = offer_of(kit, boxes, family, chooses=model.startswith("models/"))
        if offer.withheld:
            common.report.warning(_nobody_to_ask(offer.withheld, kit.approval))
        yield offer


@asynccontextmanager
async def handing(common: Common, offer: Offer, session: Session) -> AsyncGenerator[None, None]:
    """Inside, the session has hands that run what is offered."""
    if not offer.rules:
        yield
        return
    from livechat.tools.runner import Runner

    async with group() as tasks:
        runner = Runner(offer.boxes, session.report, tasks, stalled=lambda stall: common.report.warning(str(stall)))
        session.give_hands(runner)
        try:
            yield
        finally:
            runner.close()


@asynccontextmanager
async def _serving(common: Common, servers: Mapping[str, McpServer]) -> AsyncGenerator[Mapping[str, McpToolbox], None]:
    """Inside, the servers run that have started."""
    if not servers:
        yield {}
        return
    from livechat.commands.mcp_servers import tell_news
    from livechat.tools.mcp import McpToolbox
    from livechat.tools.mcp_pin_file import PinFiles
    from livechat.transcripts.store import state_folder

    def tell(news: News) -> None:
        tell_news(common, news)

    pins = PinFiles(state_folder(common.env))
    boxes = {name: McpToolbox(server, pins, tell) for name, server in servers.items()}
    async with group() as tasks:
        running = [tasks.create_task(box.run(), name=f"tools of {name}") for name, box in boxes.items()]
        try:
            for box in boxes.values():
                await box.ready()
            yield boxes
        finally:
            for task in running:
                task.cancel()


async def _ask_about_changes(common: Common, box: McpToolbox, desk: ToolDesk) -> None:
    from livechat.commands.mcp_servers import ask_about_changes, changes_in_words, too_long_to_ask

    if not desk.keyed:
        ask_about_changes(common, box)
        return
    # A server may say something else again while the user reads: that is asked about like the first.
    while shown := box.pending:
        if refusal := too_long_to_ask(box.server.name, shown):
            desk.show([refusal])
            return
        if not await desk.agrees([*changes_in_words(shown)]):
            return
        box.agree(shown)


@asynccontextmanager
async def group() -> AsyncGenerator[asyncio.TaskGroup, None]:
    """A group of tasks that raises what is raised inside as it is."""
    failed: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        try:
            yield tasks
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed


def _usual(kit: Kit, boxes: Toolboxes) -> Manners:
    """What holds where nobody says more: of a server's tools what is said of the server."""
    from livechat.tools.policy import Manner

    return {
        declaration.name or "": Manner(kit.permitted.get(title), kit.timeout_s)
        for title, box in boxes
        for declaration in box.declarations()
    }


def _by_authors(boxes: Toolboxes) -> Manners:
    """What the decorators of functions say."""
    from livechat.tools.functions import Marked
    from livechat.tools.policy import Manner

    return {
        name: Manner(marks.permission, marks.timeout_s, marks.on_cancel, marks.blocking, marks.scheduling)
        for _, box in boxes
        if isinstance(box, Marked)
        for name, marks in box.marks.items()
    }


def _by_the_user(own: Mapping[str, ToolKeys]) -> Manners:
    from livechat.tools.policy import Manner

    return {name: Manner(keys.permission, keys.timeout_s, keys.on_cancel) for name, keys in own.items()}


def _nobody_to_ask(names: Sequence[str], approval: Approval) -> str:
    calls = f"calls of {', '.join(names)} are refused"
    if approval == "never":
        return f"{calls}: --approve never"
    return f"{calls}: nobody can be asked here; --approve auto lets them run"
