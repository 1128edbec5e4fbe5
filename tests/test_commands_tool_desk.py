"""What the keys for the model's calls do, told to a session that writes it down."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.commands.tool_desk import AGREE, LONGEST, MOST_ASKED, NONE_YET, SETTLE_S, ToolDesk
from livechat.events import Input, ToolAllowed, ToolDenied, ToolEnded, ToolStarted, ToolStopped, TurnEnded
from livechat.session import Session
from livechat.terminal.decoder import Key
from livechat.terminal.safe import Safe
from tests import virtual

ASKS = ToolStarted(1, "1", "send", {"to": "Bo"}, waits=True)
RUNS = dataclasses.replace(ASKS, waits=False)
OTHER = dataclasses.replace(ASKS, id="2")
DONE = ToolEnded(1, "1", "send", "done", 312, '{"sent": true}')


class Play:
    """A desk, as its session too."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[Input] = []
        self.shown: list[str] = []
        self.desk = ToolDesk()
        self.desk.press("ctrl-o")
        self.desk.show = self.shown.extend
        self.desk.attend(cast("Session", self))

    def tell(self, happened: Input) -> None:
        self.told.append(happened)

    def happens(self, *events: ToolStarted | ToolEnded) -> Play:
        for event in events:
            self.desk(self.now, event)
        return self

    def press(self, *keys: str, after: float = 1.0) -> Sequence[Input]:
        self.now += after
        for key in keys:
            assert self.desk.press(key)
        told, self.told = self.told, []
        return told


@pytest.mark.parametrize(
    ("key", "told"), [("y", ToolAllowed("1")), ("a", ToolAllowed("1", always=True)), ("n", ToolDenied("1"))]
)
def test_a_key_answers_the_question(key: str, told: Input) -> None:
    assert Play().happens(ASKS).press(key) == [told]


def test_a_key_that_was_already_on_its_way_answers_nothing() -> None:
    play = Play().happens(ASKS)
    assert play.press("y", "a", "n", after=SETTLE_S - 0.01) == []
    assert play.press("y", after=SETTLE_S + 0.01) == [ToolAllowed("1")]


def test_a_key_that_is_held_answers_one_question() -> None:
    play = Play().happens(ASKS, OTHER)
    assert play.press("y") == [ToolAllowed("1")]
    play.happens(RUNS)
    for _ in range(100):
        assert play.press("y", after=0.03) == []
    assert play.press("y", after=SETTLE_S + 0.01) == [ToolAllowed("2")]


def test_of_two_questions_the_older_is_answered_and_the_next_is_not_answered_by_the_same_press() -> None:
    play = Play().happens(ASKS, OTHER)
    assert play.press("y") == [ToolAllowed("1")]
    play.happens(RUNS)
    assert play.press("y", after=0.1) == []
    assert play.press("n") == [ToolDenied("2")]


def test_a_model_that_asks_for_too_much_at_once_is_told_no() -> None:
    play = Play()
    for number in range(MOST_ASKED + 2):
        play.happens(dataclasses.replace(ASKS, id=str(number)))
    assert play.told == [ToolDenied(str(MOST_ASKED)), ToolDenied(str(MOST_ASKED + 1))]


def test_without_a_question_the_letters_mean_nothing_here() -> None:
    play = Play()
    assert not any(play.desk.press(key) for key in ("y", "n", "a", "x", "q"))
    play.happens(RUNS)
    assert not any(play.desk.press(key) for key in ("y", "n", "a"))
    assert not play.desk.asks


def test_x_breaks_the_newest_call_off() -> None:
    play = Play().happens(RUNS, OTHER)
    assert play.press("x") == [ToolStopped("2")]
    play.happens(dataclasses.replace(DONE, id="2"))
    assert play.press("x") == [ToolStopped("1")]
    play.happens(DONE)
    assert not play.desk.press("x")


@pytest.mark.parametrize(
    ("line", "told"),
    [("y\n", ToolAllowed("1")), (" Yes ", ToolAllowed("1")), ("always", ToolAllowed("1", always=True))],
)
def test_a_line_may_answer_too(line: str, told: Input) -> None:
    play = Play().happens(ASKS)
    assert not play.desk.answered_by(line), "it was typed before anybody could read the question"
    play.now += 1
    assert play.desk.answered_by(line)
    assert play.told == [told]


def test_x_on_a_line_breaks_the_newest_call_off_and_is_a_word_like_others_where_there_is_none() -> None:
    play = Play()
    assert not play.desk.answered_by("x\n")
    assert play.happens(RUNS, OTHER).desk.answered_by(" X\n")
    assert play.told == [ToolStopped("2")]


def test_where_keys_mean_nothing_else_they_are_taken_as_they_are_pressed() -> None:
    play = Play().happens(ASKS)
    play.now += 1
    for key in (Key("char", "Y", released=True), Key("char", "Y", repeated=True), Key("esc"), Key("char", "Y")):
        play.desk.take(key)
    assert play.told == [ToolAllowed("1")]


@pytest.mark.parametrize("line", ["", "yes please", "why?", "/quit", "nope"])
def test_another_line_is_no_answer(line: str) -> None:
    play = Play().happens(ASKS)
    play.now += 1
    assert not play.desk.answered_by(line)
    assert play.told == []


def test_without_a_question_no_line_is_an_answer() -> None:
    assert not Play().desk.answered_by("y")


def test_the_last_call_is_shown_with_its_arguments_and_its_result() -> None:
    play = Play()
    play.press("ctrl-o")
    assert play.shown == [NONE_YET]
    play.shown.clear()
    play.happens(RUNS)
    play.press("ctrl-o")
    assert play.shown == ["send is called with", "  {", '    "to": "Bo"', "  }"]
    play.shown.clear()
    play.happens(DONE)
    play.press("ctrl-o")
    assert play.shown[4:] == ["done after 312 ms, and the model was told", '  {"sent": true}']


def test_a_call_of_which_the_model_was_told_nothing_has_no_result() -> None:
    play = Play().happens(RUNS, dataclasses.replace(DONE, outcome="cancelled", result=""))
    assert play.desk.in_full()[-1] == "cancelled after 312 ms"


def test_the_call_in_question_is_shown_before_a_newer_one() -> None:
    play = Play().happens(ASKS, dataclasses.replace(RUNS, id="3", name="clock"))
    assert play.desk.in_full()[0] == "send is called with"


def test_nothing_that_is_shown_commands_the_terminal_and_its_length_is_bounded() -> None:
    play = Play().happens(
        ToolStarted(1, "1", "s\x1b[2J\n", {"\x1b": "\x1b]0;x\x07" + "y" * (LONGEST + 50)}),
        ToolEnded(1, "1", "s", "done", 1, "a\x1b[2Jb\nc"),
    )
    play.press("ctrl-o")
    assert not set("".join(play.shown)) & {"\x1b", "\x07", "\n"}
    assert any("characters more]" in line for line in play.shown)
    assert play.shown[-2:] == ["  a␛b", "  c"]


def test_a_new_session_knows_no_calls_of_the_one_before() -> None:
    play = Play().happens(ASKS)
    play.desk.attend(cast("Session", play))
    assert not play.desk.asks
    assert not play.desk.press("x")


def test_news_of_other_things_changes_nothing() -> None:
    play = Play().happens(ASKS)
    play.desk(5.0, TurnEnded(1, "", "", False, 0))
    assert play.press("y") == [ToolAllowed("1")]


@pytest.mark.parametrize(
    ("keys", "agreed"),
    [([(1.0, "y")], True), ([(1.0, "n")], False), ([(0.1, "y")], False), ([(0.1, "y"), (1.0, "y")], True), ([], False)],
)
def test_the_user_is_asked_before_there_is_a_session_and_no_answer_is_a_no(
    keys: list[tuple[float, str]], agreed: bool
) -> None:
    desk, shown = ToolDesk(), list[str]()
    desk.show = shown.extend

    async def run() -> bool:
        for at, key in keys:
            asyncio.get_running_loop().call_later(at, desk.press, key)
        return await desk.agrees([Safe("price (changed)")])

    assert virtual.run(run()) is agreed
    assert shown == ["price (changed)", AGREE]
    assert not desk.press("y"), "it is asked no more"


def test_who_leaves_does_not_agree_and_the_key_still_means_to_leave() -> None:
    desk = ToolDesk()

    async def run() -> bool:
        asyncio.get_running_loop().call_later(1, lambda: left.append(desk.press("q")))
        return await desk.agrees([])

    left: list[bool] = []
    assert virtual.run(run()) is False
    assert left == [False]


def test_a_script_is_attended_while_it_runs() -> None:
    play, seen = Play(), list[Session]()

    async def script(session: Session) -> None:
        seen.append(session)

    async def run() -> None:
        await play.desk.during(script)(cast("Session", play))

    asyncio.run(run())
    assert seen == [cast("Session", play)]


@given(st.lists(st.sampled_from(["ask1", "run1", "end1", "ask2", "run2", "end2", "y", "a", "wait"]), max_size=40))
def test_a_call_is_allowed_only_by_a_key_while_it_is_the_question(acts: list[str]) -> None:
    """Whatever a model asks for in whatever order, y speaks of the oldest that waits."""
    play, waiting = Play(), list[str]()
    for act in acts:
        id = act[-1]
        if act.startswith(("ask", "run")):
            play.happens(dataclasses.replace(ASKS, id=id, waits=act.startswith("ask")))
            if act.startswith("ask") and id not in waiting:
                waiting.append(id)
            elif act.startswith("run") and id in waiting:
                waiting.remove(id)
        elif act.startswith("end"):
            play.happens(dataclasses.replace(DONE, id=id))
            waiting = [one for one in waiting if one != id]
        elif act == "wait":
            play.now += 1
        elif play.desk.press(act):
            for told in play.told:
                assert isinstance(told, ToolAllowed)
                assert told.id in waiting
            play.told.clear()
        else:
            assert not waiting
