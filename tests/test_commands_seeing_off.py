"""Waiting for the last answer of a call in which nobody speaks any more, on virtual time."""

from __future__ import annotations

import asyncio

import pytest

from livechat.commands.errands import Errands
from livechat.commands.seeing_off import AFTERTHOUGHT_S, FIRST_ANSWER_S, STALLED_S, see_off
from livechat.errors import Unanswered
from livechat.events import Ready, ToolEnded, ToolStarted, TurnEnded
from livechat.session import Session
from livechat.turn_taking import MISSING_END_S
from tests import virtual
from tests.test_session import COMPLETE, FakeWire, Frame, silent, sound, staged, wrote

HEARD: Frame = {"serverContent": {"inputTranscription": {"text": "And?"}}}
GENERATED: Frame = {"serverContent": {"generationComplete": True}}
ANSWER = (wrote("Yes."), COMPLETE)


def seen_off(
    *comes: tuple[float, *tuple[Frame, ...]], goes_at: float | None = None, tool_until: float | None = None
) -> float:
    """Seconds from the end of the user's sound to the end of all, where the server says so much at such times.

    What it says at 0 it had said before; it closes the session at `goes_at`. A tool runs until `tool_until`.
    """

    async def main() -> float:
        wire = FakeWire(silent)
        stage, errands = staged(wire), Errands()
        stage.session.subscribe(errands)
        loop = asyncio.get_running_loop()

        def come(frames: list[Frame]) -> None:
            for frame in frames:
                wire.comes(frame)

        async def script(session: Session) -> None:
            await session.until(Ready)
            for at, *frames in comes:
                loop.call_later(at, come, frames)
            if goes_at is not None:
                loop.call_later(goes_at, wire.ends, 1000)
            if tool_until is not None:
                errands(0.0, ToolStarted(1, "1", "look"))
                loop.call_later(tool_until, errands, tool_until, ToolEnded(1, "1", "look", "done", 5))
            await asyncio.sleep(0.001)
            await see_off(session, lambda: len(stage.told.all(TurnEnded)), errands)

        await stage.session.run(script)
        return loop.time()

    return virtual.run(main())


def after(
    *comes: tuple[float, *tuple[Frame, ...]], goes_at: float | None = None, tool_until: float | None = None
) -> float:
    return round(seen_off(*comes, goes_at=goes_at, tool_until=tool_until), 1)


def test_a_tool_is_waited_for_however_long_it_takes_and_then_what_is_said_of_it() -> None:
    assert after((0.0, *ANSWER), (31.0, *ANSWER), tool_until=30.0) == 31.0 + AFTERTHOUGHT_S


def test_a_question_that_nothing_is_known_of_yet_may_be_answered_late() -> None:
    assert after() == FIRST_ANSWER_S
    assert after((9.0, *ANSWER)) == 9.0 + AFTERTHOUGHT_S


def test_an_answer_that_came_before_the_end_is_not_the_last_ones() -> None:
    assert after((0.0, *ANSWER)) == FIRST_ANSWER_S
    assert after((0.0, *ANSWER), (5.0, *ANSWER)) == 5.0 + AFTERTHOUGHT_S


def test_a_turn_that_has_begun_is_waited_for() -> None:
    assert after((1.0, HEARD), (20.0, *ANSWER)) == 20.0 + AFTERTHOUGHT_S


def test_a_server_that_leaves_a_turn_unfinished_is_not_waited_for_for_ever() -> None:
    with pytest.raises(Unanswered, match=f"within {STALLED_S:g} s"):
        seen_off((1.0, HEARD), (2.0, wrote("Well")))


def test_as_long_as_the_mind_has_something_to_wait_for_so_do_we() -> None:
    long = sound(24_000 * 90)  # which lasts longer than anything is waited for; its end is missing
    assert after((0.1, long, GENERATED)) == round(0.1 + 90 + MISSING_END_S + AFTERTHOUGHT_S, 1)


def test_a_server_that_ends_the_session_ends_the_waiting() -> None:
    assert after(goes_at=1.0) == 1.0
    assert after((0.5, *ANSWER), goes_at=1.5) == 1.5
