"""Lists the tools that a model may be given, shows what it is told of one, and runs one as a model would.

Without a command it lists them.

Examples:
  livechat tools
  livechat tools show get_weather --tools weather.py
  livechat tools run calculator '{"expression": "6 * 7"}'
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from livechat.commands.common import Common
from livechat.commands.options import Json, Timeout, Tools
from livechat.errors import UsageError
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.commands.tool_kit import Kit, Offer
    from livechat.events import ToolFinished
    from livechat.protocol.parts import FunctionDeclaration

usual = "list"
FAILED = 1
"""The exit code where a tool answers with an error."""

Named = Annotated[str, typer.Argument(metavar="NAME", help="A tool, of those that are listed.")]


def list_tools(ctx: typer.Context, tools: Tools = None, as_json: Json = False) -> None:
    """Lists the tools that are built in, and those of the files given: what each is for, and whether you are asked.

    Examples:
      livechat tools list --tools weather.py
      livechat tools list --json | jq -r .name
    """
    common = Common.of(ctx)
    kit = _kit(common, tools)
    offer = _offer(common, kit)
    width = max(len(one.name or "") for one in offer.declarations)
    for one in offer.declarations:
        name, permission = one.name or "", offer.rules[one.name or ""].permission
        if as_json:
            row = {"name": name, "from": offer.boxes.title_of(name), "permission": permission}
            print(harmless(json.dumps({**row, "description": one.description or ""}, ensure_ascii=False)))
        else:
            print(safe(f"{name:<{width}}  {permission:<5}  {_first_sentence(one)}", multiline=False))


def show(ctx: typer.Context, name: Named, tools: Tools = None) -> None:
    """Shows what a model is told of a tool, as it is sent.

    Examples:
      livechat tools show clock
      livechat tools show get_weather --tools weather.py
    """
    common = Common.of(ctx)
    declaration = _declared(_offer(common, _kit(common, tools)), name)
    print(harmless(json.dumps(_wire(declaration), indent=2, ensure_ascii=False)))


def run(
    ctx: typer.Context,
    name: Named,
    arguments: Annotated[str, typer.Argument(metavar="JSON", help="An object of arguments; - reads stdin.")] = "{}",
    tools: Tools = None,
    timeout: Timeout = None,
) -> None:
    """Runs a tool and prints what a model would be told, without asking: you do. An error is exit code 1.

    Examples:
      livechat tools run clock
      livechat tools run get_weather '{"city": "Lisbon"}' --tools weather.py
    """
    from livechat.commands.holding import run_within

    common = Common.of(ctx)
    args = _arguments(arguments)
    kit = _kit(common, tools)
    offer = _offer(common, kit)
    _declared(offer, name)
    answers: list[ToolFinished] = []

    def tell(told: ToolFinished) -> None:
        answers.append(told)
        if told.response or not told.more:
            print(harmless(json.dumps(dict(told.response), indent=2, ensure_ascii=False)), flush=True)

    with _prints_noted(common, kit):
        run_within(timeout or offer.rules[name].timeout_s, _ran(common, offer, name, args, tell))
    if "error" in answers[-1].response:
        raise typer.Exit(FAILED)


class _Noted(logging.Handler):
    """Tells on stderr what is logged."""

    def __init__(self, common: Common) -> None:
        super().__init__()
        self._common = common

    def emit(self, record: logging.LogRecord) -> None:
        self._common.report.note(record.getMessage())


@contextmanager
def _prints_noted(common: Common, kit: Kit) -> Generator[None]:
    """Inside, what the files of the kit print is told; their processes end with it."""
    from livechat.tools.file_toolbox import FileToolbox
    from livechat.tools.prints import log

    handler, level = _Noted(common), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        for box in kit.boxes.values():
            if isinstance(box, FileToolbox):
                box.close()
        log.removeHandler(handler)
        log.setLevel(level)


async def _ran(
    common: Common, offer: Offer, name: str, args: Mapping[str, Any], tell: Callable[[ToolFinished], None]
) -> None:
    """Until the tool has given its last answer."""
    from livechat.commands.tool_kit import group
    from livechat.tools.runner import Runner

    done = asyncio.Event()

    def report(told: ToolFinished) -> None:
        tell(told)
        if not told.more:
            done.set()

    async with group() as tasks:
        runner = Runner(offer.boxes, report, tasks, stalled=lambda stall: common.report.warning(str(stall)))
        runner.begin("1", name, args)
        try:
            await done.wait()
        except asyncio.CancelledError:
            runner.cancel("1")
            raise


def _kit(common: Common, tools: list[str] | None) -> Kit:
    """What is built in, and what was named."""
    from livechat.commands.tool_kit import pack
    from livechat.tools.builtin import BUILTIN

    return pack(common, common.settings(), [*BUILTIN, *(tools or ())], None, asks=True)


def _offer(common: Common, kit: Kit) -> Offer:
    from livechat.commands.tool_kit import offer_of, warn_of_misspelt
    from livechat.protocol.generations import DEFAULT_MODEL, family_of
    from livechat.tools.toolbox import Toolboxes

    boxes = Toolboxes(kit.boxes)
    warn_of_misspelt(common, kit, boxes)
    return offer_of(kit, boxes, family_of(DEFAULT_MODEL))


def _declared(offer: Offer, name: str) -> FunctionDeclaration:
    from livechat.suggest import closest

    found = {one.name or "": one for one in offer.declarations}
    if name in found:
        return found[name]
    near = closest(name, found)
    guess = f" — did you mean {near}?" if near else f"; there are: {', '.join(found)}"
    raise UsageError(f"there is no tool {name!r}{guess}", hint="--tools FILE.py for one of a file")


def _wire(declaration: FunctionDeclaration) -> dict[str, Any]:
    from livechat.protocol.codec import encode

    return dict(json.loads(encode(declaration)))


def _arguments(text: str) -> Mapping[str, Any]:
    """The object that `text` writes, or stdin. Raises UsageError."""
    try:
        given = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise UsageError(f"the arguments are no JSON: {error}", hint='like \'{"city": "Lisbon"}\'') from None
    if not isinstance(given, dict):
        raise UsageError("the arguments are no JSON object", hint='like \'{"city": "Lisbon"}\'')
    return cast("dict[str, Any]", given)


def _first_sentence(declaration: FunctionDeclaration) -> str:
    lines = (declaration.description or "").strip().splitlines()
    return lines[0] if lines else ""


verbs: Mapping[str, Callable[..., None]] = MappingProxyType({"list": list_tools, "show": show, "run": run})
