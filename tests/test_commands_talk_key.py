"""The key that is pushed to talk, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pytest

from livechat.audio.activity import Began, Over, PushGate, Sent
from livechat.audio.microphone import Frame
from livechat.commands.talk_key import LET_GO_S, TAP_S, TalkKey
from livechat.terminal.decoder import Key
from tests import virtual

ON, SENT, HELD = "on air; space sends", "sent", "on air while you hold the key"


def held(begin: float, end: float) -> list[float]:
    """When a key comes that goes down at `begin` and up at `end`: at once, after half a second, then each 30 ms."""
    return [begin, *(begin + 0.5 + 0.03 * n for n in range(int((end - begin - 0.5) / 0.03) + 1))]


@dataclass
class Play:
    """What came of it."""

    said: list[str]
    marks: list[tuple[str, float]]
    """`began` and `over`, and when."""

    @property
    def over(self) -> float:
        name, at = self.marks[-1]
        assert name == "over"
        return at


DOWN, REPEATED, UP = Key("space", " "), Key("space", " ", repeated=True), Key("space", " ", released=True)


def played(*comes: float, closes_at: float | None = None, told: Sequence[Key] = ()) -> Play:
    """The key comes at these times, or by what is `told` of it then, and frames come all the while."""
    play = Play([], [])

    async def main() -> None:
        loop = asyncio.get_running_loop()
        gate = PushGate()

        def note(sent: Sequence[Sent]) -> None:
            for one in sent:
                if isinstance(one, (Began, Over)):
                    play.marks.append((type(one).__name__.lower(), round(loop.time(), 2)))

        key = TalkKey(gate, note, play.said.append)
        for at, what in zip(comes, told or [DOWN] * len(comes), strict=True):
            loop.call_at(at, partial(key.pressed, what, releases=bool(told)))
        if closes_at is not None:
            loop.call_at(closes_at, key.close)
        while loop.time() < max(comes) + 2:
            await asyncio.sleep(0.02)
            note(gate.feed(Frame(bytes(640), -90.0, loop.time())))

    virtual.run(main())
    return play


def test_a_tap_takes_the_floor_and_another_yields_it() -> None:
    play = played(1.0, 3.0)
    assert play.said == [ON, SENT]
    assert play.marks[:-1] == [("began", 1.0)]
    assert play.over == pytest.approx(3.2, abs=0.03)


def test_who_holds_the_key_has_the_floor_until_it_comes_up() -> None:
    play = played(*held(1.0, 4.0))
    assert play.said == [ON, SENT, HELD, SENT]
    assert play.marks[:-1] == [("began", 1.0)]
    assert play.over == pytest.approx(4.0 + LET_GO_S + 0.2, abs=0.05)


def test_who_yields_the_floor_with_a_long_press_has_yielded_it() -> None:
    play = played(1.0, *held(3.0, 4.0))
    assert play.said == [ON, SENT, ON, SENT]
    assert play.over == pytest.approx(4.0 + LET_GO_S + 0.2, abs=0.05)


def test_a_turn_that_has_ended_for_another_reason_is_not_ended_again() -> None:
    play = played(*held(1.0, 63.0))
    assert play.said == [ON, SENT, HELD]
    assert [mark for mark, _ in play.marks] == ["began", "over"]


def test_who_has_left_is_not_waited_for() -> None:
    assert played(*held(1.0, 2.0), closes_at=2.1).said == [ON, SENT, HELD]
    assert played(1.0, closes_at=2.1).said == [ON]


# ------------------------------------------------------------------------------ where releases are told of


def test_who_holds_the_key_has_the_floor_until_it_is_let_go() -> None:
    play = played(1.0, 1.5, 1.53, 4.0, told=[DOWN, REPEATED, REPEATED, UP])
    assert play.said == [ON, SENT]
    assert play.marks[:-1] == [("began", 1.0)]
    assert play.over == pytest.approx(4.2, abs=0.03)


def test_a_tap_that_is_told_of_takes_the_floor_and_another_yields_it() -> None:
    play = played(1.0, 1.0 + TAP_S / 2, 3.0, 3.0 + TAP_S / 2, told=[DOWN, UP, DOWN, UP])
    assert play.said == [ON, SENT]
    assert play.marks[:-1] == [("began", 1.0)]
    assert play.over == pytest.approx(3.2, abs=0.03)


def test_a_key_that_yielded_the_floor_is_let_go_whenever_that_is() -> None:
    play = played(1.0, 1.1, 3.0, 4.0, told=[DOWN, UP, DOWN, UP])
    assert play.said == [ON, SENT]
    assert play.over == pytest.approx(3.2, abs=0.03)


def test_a_release_whose_press_nobody_saw_is_nothing() -> None:
    assert played(1.0, told=[UP]).said == []


def test_a_key_let_go_after_the_longest_turn_ends_nothing_more() -> None:
    play = played(1.0, 63.0, told=[DOWN, UP])
    assert play.said == [ON]
    assert [mark for mark, _ in play.marks] == ["began", "over"]
