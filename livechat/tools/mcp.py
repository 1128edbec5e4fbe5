"""A server of tools (MCP) as a toolbox: it is started beside the conversation, and again where it crashes.

The conversation waits for none: a call to a server that is down is answered at once, by an error that says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast

from livechat.errors import LivechatError, UsageError
from livechat.protocol.parts import FunctionDeclaration
from livechat.tools.mcp_child import running
from livechat.tools.mcp_names import wire_names
from livechat.tools.mcp_pin_file import PinFiles
from livechat.tools.mcp_pins import Change, Offer, agreed, bounded, changes, pinned
from livechat.tools.mcp_results import value_of
from livechat.tools.mcp_server import (
    Address,
    Changed,
    Down,
    LeftOut,
    McpServer,
    News,
    Progressed,
    ServerGone,
    Starting,
    TakenOn,
    Up,
)
from livechat.tools.schemas import restored, wire_schema
from livechat.tools.toolbox import ToolFailure, no_such_tool

if TYPE_CHECKING:
    from livechat.tools.mcp_connection import Link, OtherEnd

Tell = Callable[[News], None]

START_S: Final = 10.0
"""Seconds that a server has to say what its tools are."""
FIRST_S: Final = 0.5
"""Seconds until a server that has crashed is started again; each time twice as many,"""
LONGEST_S: Final = 60.0
"""at most so many,"""
STEADY_S: Final = 30.0
"""and from the beginning once it has been up for so long."""
BETWEEN_S: Final = 0.25
"""Seconds between two news of the progress of a call."""
LONGEST_DECLARATION: Final = 16_000
"""Characters of JSON in which a model is told of a tool: few `$ref`s to one another can be very many."""


def mcp_missing() -> LivechatError | None:
    """Why there are no servers of tools on this machine, with the line that changes it; None if there can be."""
    if find_spec("mcp") is not None:
        return None
    from livechat.install import install_line

    return UsageError("servers of tools need the package mcp, which is not installed", hint=install_line("mcp"))


class McpToolbox:
    """The tools of one server, under its name.

    `run` is for a task of its own, from before `ready` to the end of the conversation: cancelling it ends the server.
    From one loop.
    """

    def __init__(self, server: McpServer, pins: PinFiles, tell: Tell, *, start_s: float = START_S) -> None:
        self.server = server
        self.pending: tuple[Change, ...] = ()
        """What the server says otherwise than when the user agreed: these tools are withheld until `agree`."""
        self._pins = pins
        self._tell = tell
        self._start_s = start_s
        self._offers: Sequence[Offer] = ()
        self._link: Link | None = None
        self._tools: Mapping[str, Offer] = {}
        """Those that may be called, by their names on the wire; they stay while it is down."""
        self._withheld: Mapping[str, str] = {}
        """The server's own names of the others, by those on the wire."""
        self._declarations: Sequence[FunctionDeclaration] = ()
        self._settled = asyncio.Event()
        self._began = 0.0

    # ---------------------------------------------------------------------------------------------------- a toolbox

    def declarations(self) -> Sequence[FunctionDeclaration]:
        return self._declarations

    async def call(self, name: str, args: Mapping[str, Any]) -> object:
        """As Toolbox.call. The server checks the arguments; what it finds wrong is a ToolFailure in its words."""
        if name in self._withheld:
            raise ToolFailure(f"{name} has changed, and the user has not agreed to it: it cannot be called")
        offer = self._tools.get(name)
        if offer is None:
            raise no_such_tool(name, [*self._tools])
        if self._link is None:
            raise ToolFailure(f"the server of tools {self.server.name!r} is down")
        given = restored(args, offer.input_schema)
        try:
            return value_of(await self._link.call(offer.name, given, self._progress_of(offer.name)))
        except ServerGone:
            raise ToolFailure(f"the server of tools {self.server.name!r} went down while it was at it") from None

    @property
    def is_up(self) -> bool:
        return self._link is not None

    async def ready(self) -> bool:
        """Waits until it is known whether the server has started, for `start_s` and its end at most."""
        await self._settled.wait()
        return self.is_up

    # ---------------------------------------------------------------------------------------------------- its life

    async def run(self) -> None:
        """Keeps the server running. Returns where it does not even start once."""
        try:
            await self._kept_running()
        finally:
            self._settled.set()

    async def _kept_running(self) -> None:
        loop = asyncio.get_running_loop()
        self._tell(Starting(self.server.name))
        crashes = 0
        while True:
            self._began = loop.time()
            why = await self._one_life()
            self._link = None
            _heed_cancellation()
            if not self._settled.is_set():
                self._tell(Down(self.server.name, why, None))
                return
            crashes = 0 if loop.time() - self._began > STEADY_S else crashes
            wait_s = min(FIRST_S * 2**crashes, LONGEST_S)
            crashes += 1
            self._tell(Down(self.server.name, why, wait_s))
            await asyncio.sleep(wait_s)

    async def _one_life(self) -> str:
        """From the start of the server to its end, and why it ended."""
        if missing := mcp_missing():
            return str(missing)
        try:
            async with asyncio.timeout(self._start_s) as patience:
                async with self._other_end() as end:
                    linked = await _package()  # while the program starts
                    async with linked(end) as link:
                        offers = await link.offers()
                        patience.reschedule(None)
                        await self._served_by(link, offers)
        except TimeoutError:
            return f"it did not say within {self._start_s:g} s what its tools are"
        except Exception as error:
            return _in_words(error)
        return "it ended"

    @asynccontextmanager
    async def _other_end(self) -> AsyncGenerator[OtherEnd]:
        if self.server.url is not None:
            yield Address(self.server.url, self.server.token)
        else:
            async with running(self.server.command, self.server.env) as child:
                yield child

    async def _served_by(self, link: Link, offers: Sequence[Offer]) -> None:
        while True:
            self._take_on(offers)
            if self._link is None:
                self._link = link
                self._tell_up(link)
            await link.changed()
            async with asyncio.timeout(self._start_s):
                offers = await link.offers()
            await asyncio.sleep(BETWEEN_S)  # who changes all the time is not looked at all the time

    def _tell_up(self, link: Link) -> None:
        self._settled.set()
        after_s = asyncio.get_running_loop().time() - self._began
        facts = link.facts
        self._tell(Up(self.server.name, len(self._tools), after_s, facts.title, facts.protocol))

    # ------------------------------------------------------------------------------------------------ what it offers

    def agree(self, shown: Sequence[Change]) -> None:
        """The user has agreed to these of `pending`; what differs from them by now stays pending.

        Raises DeviceError where that cannot be kept.
        """
        name, source = self.server.name, self.server.source
        self._pins.write(name, agreed(self._pins.read(name), source, self._offers, shown))
        self._take_on(self._offers)

    def _take_on(self, found: Sequence[Offer]) -> None:
        """Lets those tools be called that are as they were agreed to."""
        offers, too_large = bounded(found)
        for tool in too_large:
            self._tell(LeftOut(self.server.name, tool, "it says more of itself than a user or a model could read"))
        names = {tool: name for name, tool in wire_names(self.server.name, (one.name for one in offers)).items()}
        self._offers = offers
        self.pending = self._not_agreed_to(offers)
        refused = {change.tool for change in self.pending}
        self._withheld = {name: tool for tool, name in names.items() if tool in refused}
        told = [(names[offer.name], offer) for offer in offers if offer.name not in refused]
        declared = [(offer, one) for name, offer in told if (one := self._declared(name, offer)) is not None]
        # What the model was told of before stays: a call to it is refused in words that say why.
        kept = [one for one in self._declarations if one.name in self._withheld]
        self._tools = {one.name or "": offer for offer, one in declared}
        self._declarations = [*kept, *(one for _, one in declared)]

    def _not_agreed_to(self, offers: Sequence[Offer]) -> tuple[Change, ...]:
        """The tools that are new or changed. On the first use of a server all are taken as they are."""
        name, source = self.server.name, self.server.source
        pins = self._pins.read(name)
        if pins is None or pins.source not in (source, ""):
            self._pins.write(name, pinned(source, offers))
            self._tell(TakenOn(name, len(offers)))
            return ()
        found = changes(pins, offers)
        pending = tuple(change for change in found if change.kind != "gone")
        if found:
            self._tell(Changed(name, found, tuple(change.tool for change in pending)))
        return pending

    def _declared(self, name: str, offer: Offer) -> FunctionDeclaration | None:
        try:
            parameters = wire_schema({"type": "object", **offer.input_schema})
        except ValueError as error:
            self._tell(LeftOut(self.server.name, offer.name, str(error)))
            return None
        told = FunctionDeclaration(
            name=name, description=offer.description or offer.title or offer.name, parameters=parameters
        )
        size = len(told.model_dump_json(by_alias=True, exclude_none=True))
        if size > LONGEST_DECLARATION:
            why = f"a model would be told of it in {size} characters, of {LONGEST_DECLARATION} at most"
            self._tell(LeftOut(self.server.name, offer.name, why))
            return None
        return told

    def _progress_of(self, tool: str) -> Callable[[float, float | None, str], None]:
        loop = asyncio.get_running_loop()
        told_at = -BETWEEN_S

        def tell(done: float, total: float | None, words: str) -> None:
            nonlocal told_at
            if loop.time() - told_at >= BETWEEN_S:
                told_at = loop.time()
                self._tell(Progressed(self.server.name, tool, done, total, words))

        return tell


async def _package() -> Callable[[OtherEnd], AbstractAsyncContextManager[Link]]:
    """What opens a connection. The first time takes most of a second: a thread does it, and the sound goes on."""
    module = await asyncio.to_thread(import_module, "livechat.tools.mcp_connection")
    return cast("Callable[[OtherEnd], AbstractAsyncContextManager[Link]]", module.linked)


def _heed_cancellation() -> None:
    """A cancellation that comes while anyio's task groups fail for a reason of their own is lost in them."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _in_words(error: BaseException) -> str:
    """Why a server is down; of several errors one that says more than that the connection is over."""
    first = min(_leaves(error), key=lambda leaf: isinstance(leaf, ServerGone))
    if isinstance(first, (LivechatError, ServerGone, ToolFailure)):
        return str(first)
    return f"{type(first).__name__}: {first}" if str(first) else type(first).__name__


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(inner)
    else:
        yield error
