"""The body that every connection has, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from livechat.server.acts import ClientSaid, Connected, FromWire, Garbled, HangUp, Left, Ticked
from livechat.server.body import CREDIT_S, Body, Patience
from livechat.server.bounds import MOST_VALUES
from livechat.server.lines import Gone
from tests import virtual
from tests.server_help import Client


class Remembers:
    """A mind that keeps what it is told, wants to be woken once, and hangs up when it hears of a setup."""

    def __init__(self) -> None:
        self.told: list[tuple[float, FromWire]] = []
        self.deadline: float | None = None

    def handle(self, told: FromWire, now: float) -> Sequence[HangUp]:
        self.told.append((now, told))
        self.deadline = 5.0 if isinstance(told, Connected) else None
        return [HangUp(1000, "")] if isinstance(told, ClientSaid) and told.message.setup else []


class Simple(Body[FromWire, HangUp]):
    async def _carry_out(self, order: HangUp) -> None:
        await self._wire.close(order.code, order.reason)
        raise Gone


def lived(*frames: str | bytes, after: float = 0.0) -> tuple[list[tuple[float, FromWire]], Client]:
    """What a mind was told in a connection over which these frames came."""
    mind, client = Remembers(), Client()

    async def play() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Simple(client, mind).run())
            await asyncio.sleep(after)
            for frame in frames:
                client.said.put_nowait(frame)

    virtual.run(play())
    return mind.told, client


def test_a_mind_is_told_of_the_beginning_and_of_the_end() -> None:
    told, _ = lived(b"")
    assert [what for _, what in told] == [Connected(), Left()]


def test_it_is_woken_when_it_wants_to_be() -> None:
    told, _ = lived(b"", after=9.0)
    assert told == [(0.0, Connected()), (5.0, Ticked()), (9.0, Left())]


def test_a_frame_that_is_not_the_protocol_is_told_as_such() -> None:
    told, _ = lived("{", '{"clientContent": {"turns": [' + "{}," * MOST_VALUES + "{}]}}", b"")
    assert [type(what) for _, what in told] == [Connected, Garbled, Garbled, Left]


def test_who_takes_more_than_his_share_is_rested_from(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.2, 1.0, 1.1, 2.0, 2.0])
    monkeypatch.setattr("livechat.server.body.thread_time", lambda: next(clock))
    told, _ = lived("{}", "{}", "{}", b"")
    assert [when for when, what in told if isinstance(what, ClientSaid)] == [0.0, 0.0, pytest.approx(1.5)]


def test_what_was_spent_comes_back_with_time_and_never_grows() -> None:
    patience = Patience(0.0)
    assert patience.spend(CREDIT_S, 0.0) == 0
    assert patience.spend(0.1, 1.5) == pytest.approx(1.5)
    assert patience.spend(0.0, 3.0) == pytest.approx(0, abs=1e-9)
    assert patience.spend(CREDIT_S, 1e6) == 0
    assert patience.spend(0.1, 1e6) == pytest.approx(3)


def test_whoever_is_hung_up_on_has_left() -> None:
    told, client = lived('{"setup": {}}')
    assert client.closed == (1000, "")
    assert isinstance(told[-1][1], Left)
