"""What the connections of one server share, and what can be made to happen in all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from livechat.protocol.endpoints import parse_path
from livechat.server.auth_tokens import TokenMint
from livechat.server.chance import Chance
from livechat.server.door import Visitor
from livechat.server.host import Host
from livechat.server.lines import Gone
from livechat.server.options import ServerOptions
from livechat.server.outlet import CutAct
from livechat.server.pieces import Mishap, Notice
from livechat.server.scenario import CloseWith, Drop
from tests import aio, virtual
from tests.server_help import InstantStudio, PretendSpeech, Says, setup

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SERVICE = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerate"


class Client:
    """A line whose other end is a test: it says what is put in, and keeps what it is told and how it ended."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.end: object = None
        self.deaf = False

    async def receive(self) -> str | bytes:
        frame = await self.said.get()
        if not frame:
            raise Gone
        return frame

    async def send(self, frame: str | bytes) -> None:
        if self.deaf:
            raise Gone
        self.told.put_nowait(json.loads(frame))

    async def ready(self) -> None:
        pass

    async def close(self, code: int, reason: str) -> None:
        self.leaves((code, reason))

    def abort(self) -> None:
        self.leaves("aborted")

    def drop(self) -> None:
        self.leaves("dropped")

    def fall_silent(self) -> None:
        self.leaves("silent")

    def strike_at(self, byte: int, act: CutAct) -> None:
        raise AssertionError("nothing was to strike")

    def pong_after(self, seconds: float) -> None:
        assert seconds == 0

    def leaves(self, how: object = "left") -> None:
        self.end = self.end or how
        self.said.put_nowait("")

    async def set_up(self) -> dict[str, Any]:
        self.said.put_nowait(json.dumps({"setup": setup("TEXT")}))
        return await self.told.get()


def visitor(method: str = "Content") -> Visitor:
    path = parse_path(SERVICE + method)
    assert path is not None
    return Visitor(path)


Play = Callable[[Host, Client, Client], Awaitable[None]]
Run = Callable[[Coroutine[Any, Any, None]], None]


def played(play: Play, *visitors: Visitor, run: Run = virtual.run) -> list[object]:
    """How two clients of one host ended, each let in as a visitor."""
    first, second = Client(), Client()

    async def main() -> None:
        options = ServerOptions(now=lambda: NOW)
        host = Host(options, Says("Hello."), InstantStudio(PretendSpeech()), "", Chance(7))
        async with asyncio.TaskGroup() as tasks:
            for number, client in enumerate((first, second), start=1):
                tasks.create_task(host.hold(client, visitors[number - 1], number, lambda line: None))
            await play(host, first, second)
            first.leaves()
            second.leaves()

    run(main())
    return [first.end, second.end]


def test_what_is_staged_happens_in_every_conversation() -> None:
    async def play(host: Host, first: Client, second: Client) -> None:
        assert await first.set_up() == await second.set_up() == {"setupComplete": {}}
        assert host.stage(Notice(0.5)) == 2
        for client in (first, second):
            assert (await client.told.get())["goAway"]["timeLeft"] == "0.500s"

    played(play, visitor(), visitor())


def test_what_is_staged_for_a_connection_ends_it() -> None:
    async def play(host: Host, first: Client, second: Client) -> None:
        await first.set_up()
        await second.set_up()
        host.stage(Mishap(CloseWith(1011, "Internal error encountered.")))
        host.stage(Mishap(Drop()))
        await asyncio.sleep(1)
        assert host.stage(Mishap(Drop())) == 0

    assert played(play, visitor(), visitor()) == [(1011, "Internal error encountered.")] * 2


def test_what_is_staged_happens_to_music_too_and_not_to_who_has_left() -> None:
    async def play(host: Host, first: Client, second: Client) -> None:
        first.said.put_nowait('{"setup": {"model": "models/lyria-realtime-exp"}}')
        assert await first.told.get() == {"setupComplete": {}}
        second.leaves()
        for _ in range(50):
            await asyncio.sleep(0)
        assert host.stage(Mishap(Drop())) == 1

    assert played(play, visitor("Music"), visitor(), run=aio.run) == ["left", "left"]


def test_what_cannot_be_told_any_more_ends_nothing_else() -> None:
    async def play(host: Host, first: Client, second: Client) -> None:
        await first.set_up()
        await second.set_up()
        first.deaf = True
        host.stage(Notice(50))
        assert "goAway" in await second.told.get()

    assert played(play, visitor(), visitor()) == ["left", "left"]


def test_a_connection_ends_with_its_token() -> None:
    mint = TokenMint()
    begun = NOW - timedelta(minutes=29, seconds=50)
    mint.mint(b"", begun, "auth_tokens/x")
    constrained = Visitor(visitor("ContentConstrained").path, mint.present("auth_tokens/x", begun))

    async def play(host: Host, first: Client, second: Client) -> None:
        await first.set_up()
        await second.set_up()
        await asyncio.sleep(9.9)
        assert (first.end, second.end) == (None, None)
        await asyncio.sleep(0.2)

    assert played(play, constrained, visitor()) == [(1008, "The auth token has expired."), "left"]
