"""A conversation as it is read aloud: whole lines, and of its states the newest, at most one a second."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import LivechatError
from livechat.events import (
    Ended,
    Event,
    Failed,
    Hushed,
    Interrupted,
    ModelSaid,
    Ready,
    Reconnected,
    Reconnecting,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal.accessible import PAUSE_S, Accessible, sentence
from livechat.terminal.inputs import (
    Floor,
    Gauged,
    Headed,
    Look,
    Muted,
    Own,
    Playing,
    Resized,
    Ticked,
    Told,
    Typing,
    TypingEnded,
)
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style

READY = Ready("models/m")
ASKED = UserSaid(1, "How far?", "How far?", final=True)
SAID = ModelSaid(1, "Very far.", spoken=True)
OVER = TurnEnded(1, "How far?", "Very far.", False, 900)
CUT = Interrupted(1, 400, 500, "Very", "far.")
TRY = Reconnecting("the server closed", 2, 8)
SPEAKING = Gauged(-20, -90, speaking=True)
QUIET = Gauged(-60, -90)
PLAYS = Gauged(-60, -20, playing=Playing(1, 200, 900))
TOOL = ToolStarted(1, "c", "find", {"what": "moon"})

News = Event | Own | Hushed


class Aloud:
    """A face and the clock it reads."""

    def __init__(self, *, meters: bool = True, speaker: str = "puck") -> None:
        self.now = 100.0
        self.stream = io.StringIO()
        self.face = Accessible(self.stream, Look(speaker, meters=meters), lambda: self.now)

    def hears(self, *told: News, after: float = 2.0) -> list[str]:
        """The lines it adds when it is told this, piece by piece, each so many seconds after what was before."""
        before = len(self.lines)
        for piece in told:
            self.now += after
            if isinstance(piece, Own | Hushed):
                self.face.tell(piece)
            else:
                self.face(self.now, piece)
        return self.lines[before:]

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def aloud() -> Aloud:
    """A face of a session that has begun and of which that is told."""
    aloud = Aloud()
    assert aloud.hears(Ticked(), READY) == ["Connecting.", "Ready."]
    return aloud


def test_each_state_of_a_turn_is_a_short_line_among_those_of_the_words(aloud: Aloud) -> None:
    assert aloud.hears(SPEAKING) == ["Hearing you."]
    assert aloud.hears(QUIET, ASKED) == ["Thinking.", "you: How far?"]
    assert aloud.hears(SAID, PLAYS) == ["Speaking."]
    assert aloud.hears(OVER) == ["puck: Very far.", "Listening."]


def test_what_has_not_changed_is_not_said_again(aloud: Aloud) -> None:
    assert aloud.hears(SPEAKING, SPEAKING, Ticked(), Resized(40, 10), SPEAKING) == ["Hearing you."]


def test_of_the_states_of_one_second_the_newest_is_told(aloud: Aloud) -> None:
    assert aloud.hears(SPEAKING) == ["Hearing you."]
    assert aloud.hears(QUIET, ASKED, SAID, PLAYS, after=0.2) == ["you: How far?"]
    assert aloud.hears(Ticked(), after=0.19) == []
    assert aloud.hears(Ticked(), after=0.02) == ["Speaking."]


def test_a_state_that_was_over_before_its_time_is_never_told(aloud: Aloud) -> None:
    assert aloud.hears(SPEAKING) == ["Hearing you."]
    assert aloud.hears(QUIET, SPEAKING, after=0.3) == []
    assert aloud.hears(Ticked()) == []


def test_what_waits_says_when_it_is_due(aloud: Aloud) -> None:
    aloud.hears(SPEAKING)
    said_at, nothing_waits = aloud.now, aloud.face.due
    assert nothing_waits is None
    aloud.hears(Floor("push", taken_at=aloud.now), after=0.1)
    assert aloud.face.due == said_at + PAUSE_S
    aloud.now = said_at + PAUSE_S
    assert aloud.hears(Ticked(), after=0) == ["On air."]


def test_an_interruption_is_told_as_the_reply_being_stopped(aloud: Aloud) -> None:
    aloud.hears(ASKED, SAID, PLAYS)
    assert aloud.hears(CUT) == ["puck: Very [not heard: far.]", "Reply stopped."]
    assert aloud.hears(Ticked()) == ["Thinking."]


def test_a_reply_stopped_by_a_key_is_told_in_the_same_way(aloud: Aloud) -> None:
    aloud.hears(ASKED, SAID, PLAYS)
    assert aloud.hears(Hushed()) == []
    assert aloud.hears(CUT, after=0.2) == ["puck: Very [not heard: far.]", "Reply stopped."]
    assert aloud.hears(Ticked()) == []


def test_that_a_reply_was_stopped_is_not_told_when_the_next_state_is_there(aloud: Aloud) -> None:
    aloud.hears(ASKED, SAID, PLAYS)
    told = aloud.hears(CUT, UserSaid(2, "No", "No", final=True), Ticked(), after=0.4)
    assert [line for line in told if ": " not in line] == ["Thinking."]


def test_each_reply_that_is_stopped_is_told_of(aloud: Aloud) -> None:
    aloud.hears(ASKED, SAID, PLAYS, Hushed())
    assert aloud.hears(CUT, after=0.2)[-1] == "Reply stopped."
    assert aloud.hears(ModelSaid(2, "never", spoken=True), Hushed(), after=0.4) == []
    assert aloud.hears(Interrupted(2, 0, 100, "", "never"), after=0.4)[-1] == "Reply stopped."


def test_the_microphone_is_told_of_when_it_is_switched(aloud: Aloud) -> None:
    assert aloud.hears(Muted(True)) == ["Muted."]
    assert aloud.hears(Muted(True), Ticked()) == []
    assert aloud.hears(Muted(False)) == ["Microphone on."]
    assert aloud.hears(Muted(False), Ticked()) == []
    assert aloud.hears(SPEAKING) == ["Hearing you."]


def test_the_microphone_is_told_of_whatever_the_state(aloud: Aloud) -> None:
    assert aloud.hears(TRY)[-1] == "Reconnecting, try 2 of 8."
    assert aloud.hears(Muted(True), Muted(False)) == ["Muted.", "Microphone on."]


def test_whoever_types_is_told_that_the_microphone_waits(aloud: Aloud) -> None:
    assert aloud.hears(Typing("", 0), Typing("a", 1)) == ["Microphone paused."]
    assert aloud.hears(TypingEnded(), TypingEnded()) == ["Microphone on."]


def test_the_end_of_typing_opens_no_muted_microphone(aloud: Aloud) -> None:
    assert aloud.hears(Muted(True), Typing("", 0), TypingEnded()) == ["Muted.", "Microphone paused.", "Muted."]


def test_push_to_talk_says_who_has_the_floor(aloud: Aloud) -> None:
    assert aloud.hears(Floor("push"), Floor("push", taken_at=1.0)) == ["Press space to talk.", "On air."]
    assert aloud.hears(Floor("push")) == ["Thinking."]


def test_a_tool_runs_or_asks(aloud: Aloud) -> None:
    waiting = ToolStarted(1, "c", "find", {"what": "moon"}, waits=True)
    assert aloud.hears(waiting) == [
        "tool: find(what='moon') waits for your approval: y, n or a (always)",
        "A tool asks you.",
    ]
    assert aloud.hears(TOOL) == ["A tool is running."]
    assert aloud.hears(ToolEnded(1, "c", "find", "done", 312, "here")) == [
        "tool: find(what='moon') done in 312 ms: here",
        "Thinking.",
    ]


def test_each_try_to_connect_again_is_told_and_what_came_of_it(aloud: Aloud) -> None:
    assert aloud.hears(Reconnecting("the server closed", 1, 8), TRY) == [
        "note: the server closed - reconnecting",
        "Reconnecting, try 1 of 8.",
        "Reconnecting, try 2 of 8.",
    ]
    assert aloud.hears(Reconnected("resumed", 2)) == [
        "note: resumed - the server still has the conversation (2 turns)",
        "Ready.",
    ]


@pytest.mark.parametrize("last", [Ended("left", 1, 0), Failed("gone", 1, LivechatError("gone"))])
def test_of_the_end_others_tell(last: Event, aloud: Aloud) -> None:
    assert aloud.hears(last) == []
    assert aloud.face.due is None


def test_where_the_user_types_no_microphone_is_spoken_of() -> None:
    typed = Aloud(meters=False)
    written = ModelSaid(1, "Very far.", spoken=False)
    assert typed.hears(READY, ASKED, written) == ["Ready.", "you: How far?", "Thinking.", "Answering."]
    assert typed.hears(OVER) == ["puck: Very far.", "Ready."]
    assert typed.hears(Typing("a", 1), TypingEnded(), Muted(True)) == []


def test_what_belongs_into_history_is_a_line_without_its_styles(aloud: Aloud) -> None:
    row: Row = (Span(Safe("  s "), Style.BOLD), Span(Safe("stops the reply")))
    assert aloud.hears(Told(row), Headed((row, (), (Span(Safe("m mutes")),)))) == [
        "s stops the reply",
        "s stops the reply",
        "m mutes",
    ]


def test_nothing_has_to_make_way_for_others(aloud: Aloud) -> None:
    aloud.hears(SAID)
    before = aloud.stream.getvalue()
    aloud.face.make_way()
    aloud.face.end()
    assert aloud.stream.getvalue() == before
    assert before.endswith("\n")


def test_it_knows_what_the_screen_would(aloud: Aloud) -> None:
    aloud.hears(SPEAKING)
    assert sentence(aloud.face.view) == "Hearing you."


WORDS = st.text()
NEWS = st.one_of(
    st.sampled_from([READY, OVER, CUT, TRY, SPEAKING, QUIET, PLAYS, TOOL, Ticked(), Hushed()]),
    st.builds(UserSaid, st.integers(1, 3), WORDS, WORDS, st.booleans()),
    st.builds(ModelSaid, st.integers(1, 3), WORDS, st.booleans()),
    st.builds(Muted, st.booleans()),
    st.builds(Floor, st.sampled_from(["voice", "push"]), st.none() | st.just(1.0)),
    st.builds(Typing, st.just(""), st.just(0)),
    st.just(TypingEnded()),
    st.builds(Reconnected, st.sampled_from(["resumed", "rebuilt", "lost"])),
)


@given(st.lists(st.tuples(NEWS, st.floats(0, 3))), WORDS)
def test_whatever_comes_it_is_whole_lines_one_state_a_second_and_the_one_there_is(
    told: list[tuple[News, float]], speaker: str
) -> None:
    aloud, told_at = Aloud(speaker=speaker), float("-inf")
    for piece, after in told:
        lines = aloud.hears(piece, after=after)
        states = [line for line in lines if line.endswith(".") and ": " not in line]
        assert len(states) <= 1
        assert not states or aloud.now - told_at >= PAUSE_S
        told_at = aloud.now if states else told_at
        assert {*states} <= {sentence(aloud.face.view), "Reply stopped.", "Muted.", "Microphone on."}
    printed = aloud.stream.getvalue()
    assert safe(printed) == printed
    assert not printed or printed.endswith("\n")
