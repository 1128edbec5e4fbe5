"""Whether more is to be expected of a model that has called tools."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from livechat.commands.errands import DUE_S, HANDLE_S, Errands, await_handle
from livechat.events import Event, ModelSaid, ReplyCame, Resumable, ToolEnded, ToolStarted, TurnEnded, UserSaid
from livechat.session import Session, SessionOver
from tests import virtual

CALL, DONE = ToolStarted(1, "1", "look", {}), ToolEnded(1, "1", "look", "done", 5, "x")
SAYS = ModelSaid(2, "It is sunny.", spoken=True)


def after(*events: Event) -> Errands:
    errands = Errands()
    for event in events:
        errands(0.0, event)
    return errands


def test_a_call_is_waited_for_and_then_what_the_model_says_of_it() -> None:
    assert after(CALL).busy
    assert after(CALL).patience_s is None
    told = after(CALL, TurnEnded(1, "", "", False, 0), DONE)
    assert (told.busy, told.over, told.patience_s) == (True, True, DUE_S)
    assert not after(CALL, DONE, SAYS).busy
    assert after(CALL, ToolStarted(1, "2", "look", {}), DONE, SAYS).busy


def test_of_a_call_that_was_taken_back_nothing_is_said() -> None:
    assert not after(CALL, ToolEnded(1, "1", "look", "cancelled", 5)).busy


def test_what_was_said_is_known_however_it_came() -> None:
    assert not after(UserSaid(1, "hi", "hi", True), TurnEnded(1, "hi", "", False, 0, "why")).said
    assert after(TurnEnded(1, "", "", False, 0, "why")).reason == "why"
    assert after(SAYS).said
    assert after(TurnEnded(1, "", "", False, 200)).said
    assert after(ReplyCame(1, "hi")).said
    assert after(ReplyCame(1, "")).came


def test_an_answer_that_the_connection_cut_off_is_still_to_come() -> None:
    cut = after(SAYS, TurnEnded(2, "hi", "It is", True, 100, "connection lost"))
    assert not cut.over
    assert after(ReplyCame(1, "hi"), TurnEnded(1, "hi", "hi", True, 100, "connection lost")).came is False


def test_words_begin_another_reply() -> None:
    errands = after(ReplyCame(1, "hi"), TurnEnded(1, "", "hi", False, 0), SAYS)
    assert not errands.came
    assert not errands.over


class Told:
    """A session in which something is told after so many seconds, or the end."""

    def __init__(self, after_s: float, *, over: bool = False) -> None:
        self.after_s, self.over = after_s, over

    async def until(self, *kinds: type[Event]) -> None:
        assert Resumable in kinds
        await asyncio.sleep(self.after_s)
        if self.over:
            raise SessionOver


@pytest.mark.parametrize(
    ("session", "waits_s"),
    [
        pytest.param(Told(0.05), 0.05, id="until it comes"),
        pytest.param(Told(60.0), HANDLE_S, id="not long"),
        pytest.param(Told(0.1, over=True), 0.1, id="no longer than the session lasts"),
    ],
)
def test_the_handle_to_what_was_said_is_waited_for(session: Told, waits_s: float) -> None:
    async def main() -> float:
        await await_handle(cast("Session", session))
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) == pytest.approx(waits_s)
