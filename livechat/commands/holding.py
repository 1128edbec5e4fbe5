"""Holds a session for a command: the target's link, the wishes' setup, the speaker, the trace, the time limit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import random
from typing import TYPE_CHECKING

from livechat.commands.signals import as_main
from livechat.commands.tool_kit import Kit, Offer, handing, unpacked
from livechat.errors import DeviceError, TimeLimit
from livechat.relinking import FURTHER_TRIES

if TYPE_CHECKING:
    from collections.abc import Generator

    from livechat.audio.playout import Report, Speaker
    from livechat.commands.common import Common
    from livechat.commands.target import Target
    from livechat.commands.tool_desk import ToolDesk
    from livechat.disk import LineWriter
    from livechat.ledger import Past
    from livechat.link import Link
    from livechat.session import Observer, Session
    from livechat.shaping import Wishes

TRIES = 3
"""How often the first connection is tried."""
PASSING = frozenset({"name", "timeout", "connect"})
"""The kinds of refusal that a moment may mend (see `events.Refused`)."""

ABANDON_S = 0.5
"""Seconds that a pipe has for the sound it has not taken yet, once somebody has cut the session off."""

Script = Callable[["Session"], Awaitable[None]]


@dataclass(frozen=True)
class Holding:
    """What a command gives to a session beside its script."""

    target: Target
    wishes: Wishes
    observers: Sequence[Observer] = ()
    make_speaker: Callable[[Report], Speaker] | None = None
    """Makes the speaker that tells its argument what it handed out."""
    trace: Path | None = None
    kit: Kit = field(default_factory=Kit)
    desk: ToolDesk | None = None
    """Where the user deals with the calls of the kit's tools."""
    past: Past | None = None
    """What an earlier run has left to go on with."""
    tries: int = FURTHER_TRIES
    """How often another connection is tried for one that was lost; 0 ends with it."""


def seen_by(holding: Holding, *faces: Observer) -> Holding:
    """The same, watched by these faces too, and by them first."""
    return replace(holding, observers=[*faces, *holding.observers])


async def hold(common: Common, holding: Holding, script: Script) -> None:
    """Runs `script` in one session. Raises what ends it otherwise."""
    from livechat.protocol.generations import family_of
    from livechat.shaping import notes_on

    target, wishes = holding.target, holding.wishes
    for secret in target.secrets:  # a key may also come in the address, where nobody has looked for one
        common.report.hide(secret)
    common.report.note(target.where)
    for oddity in notes_on(wishes, family_of(target.model)):
        common.report.note(oddity)
    async with unpacked(common, holding.kit, target.model, holding.desk) as offer:
        await _hold(common, holding, offer, script)


async def _hold(common: Common, holding: Holding, offer: Offer, script: Script) -> None:
    from livechat.conversation import Conversation, Terms
    from livechat.ledger import Past
    from livechat.session import Session
    from livechat.shaping import shape_setup
    from livechat.suspension import suspended

    target, setup = holding.target, shape_setup(holding.wishes)
    if offer.declarations:
        from livechat.protocol.parts import Tool

        setup.tools = [Tool(function_declarations=list(offer.declarations))]
    terms = Terms(
        setup,
        plays=holding.make_speaker is not None,
        facts=target.facts,
        tools=offer.rules,
        tries=holding.tries,
        jitter=random(),
        past=holding.past or Past(),
    )
    session = Session(Conversation(terms), _opener(common, target), suspended=suspended)
    if holding.desk is not None:
        session.subscribe(holding.desk)
        script = holding.desk.during(script)
    for observer in holding.observers:
        session.subscribe(observer)
    with _trace(common, holding) as lines:
        if lines is not None:
            from livechat.trace import TraceWriter

            session.record(TraceWriter(lines.write, terms, session.began, target.secrets))
        async with _speaker(session, holding.make_speaker), handing(common, offer, session):
            await session.run(script)


def _opener(common: Common, target: Target) -> Callable[[], Awaitable[Link]]:
    """Opens the links of one session: the first with patience, the others as the mind has it."""
    from livechat.link import open_link

    firsts = [True]

    async def opened() -> Link:
        if firsts:
            link = await connect(common, target)
            firsts.clear()
            return link
        return await open_link(target.url, target.headers)

    return opened


async def connect(common: Common, target: Target) -> Link:
    """Opens the link; a network that fails on the way to another machine is tried again, visibly. Raises Disconnected.

    Nothing has been said yet, so a second try says nothing twice. A server that answers with a refusal is believed.
    """
    import asyncio

    from livechat.events import Disconnected, Refused
    from livechat.link import is_loopback, open_link

    for number in range(2, TRIES + 1):
        try:
            return await open_link(target.url, target.headers)
        except Disconnected as failed:
            refused = failed.happened
            if is_loopback(target.url) or not isinstance(refused, Refused) or refused.kind not in PASSING:
                raise
        common.report.note(f"no connection to {target.facts.server} ({refused.detail}); try {number} of {TRIES}")
        await asyncio.sleep(number - 1)
    return await open_link(target.url, target.headers)


@asynccontextmanager
async def _speaker(session: Session, make: Callable[[Report], Speaker] | None) -> AsyncGenerator[None, None]:
    if make is None:
        yield
        return
    import asyncio

    speaker = make(session.played)
    session.hand_over(speaker)
    patience = None
    try:
        yield
    except asyncio.CancelledError:
        patience = ABANDON_S
        raise
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await speaker.close()


@contextmanager
def _trace(common: Common, holding: Holding) -> Generator[LineWriter | None, None, None]:
    path = holding.trace
    if path is None:
        yield None
        return
    import os
    import stat

    from livechat.disk import LineWriter

    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
        # A voice will be in it: only its owner may read it, also where it was there before.
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)
    except OSError as error:
        raise DeviceError(
            f"cannot write the trace {path}", why=error.strerror or str(error), hint="give --trace another FILE"
        ) from None
    common.report.refer(f"trace {path}")
    common.report.note(f"{path} will hold your words and your voice; livechat replay {path} runs it again")
    lines = LineWriter(file, lambda why: common.report.warning(f"the trace {path} breaks off: {why}"))
    try:
        yield lines
    finally:
        lines.close()


def run_within(seconds: float | None, doing: Coroutine[None, None, None]) -> None:
    """Runs `doing` on a loop of its own, and raises TimeLimit when it takes longer than this many seconds."""
    import asyncio

    asyncio.run(as_main(_within(seconds, doing)))


async def _within(seconds: float | None, doing: Coroutine[None, None, None]) -> None:
    import asyncio

    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            await doing
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimeLimit(f"not done within {seconds:g} s", hint="give a longer --timeout") from None
