"""What each key of a call does in each state of it, told to a desk that writes down what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from livechat.commands.call_keys import HELP, HINT, MUTED, ONCE, TOOL_HELP, Actions, CallKeys
from livechat.commands.talk_key import TalkKey
from livechat.commands.tool_desk import ToolDesk
from livechat.ear import Ear
from livechat.events import Hushed, Input, Retried, Typed
from livechat.session import Session
from livechat.terminal.decoder import Decoder, Key
from livechat.terminal.inputs import Muted, Own, Typing, TypingEnded
from livechat.terminal.keys import Keyboard

Done = str | Own | Input
"""Something that came of a key: a word for what is done, or what the screen or the session is told."""


@dataclass
class Conversation:
    """Of which the model has the floor, or nobody."""

    in_turn: bool = True


@dataclass
class Desk:
    """A call with its keys, and all that came of them; it is session, ear, and the key for talking at once."""

    drawn: bool = True
    aloud: bool = False
    """States are read aloud, and there is no screen."""
    muted: bool = False
    conversation: Conversation = field(default_factory=Conversation)
    done: list[Done] = field(default_factory=list["Done"])

    def __post_init__(self) -> None:
        actions = Actions(
            leave=lambda why: self.done.append(f"leave: {why}"),
            say=lambda words: self.done.append(f"say: {words}"),
            help=lambda lines: self.done.extend(lines),
            latencies=lambda: "300 ms",
            turn=lambda by_db: f"{by_db:+.0f} dB",
            show=self.done.append if self.drawn or self.aloud else None,
            types=self.drawn,
            redraw=lambda: self.done.append("redraw"),
        )
        self.keys = CallKeys(actions, cast("Session", self), cast("Ear", self))

    def tell(self, happened: Input) -> None:
        """As a session."""
        self.done += ["session", happened]

    def mute(self, muted: bool) -> None:
        """As an ear."""
        self.muted = muted
        self.done.append("ear muted" if muted else "ear open")

    def pressed(self, key: Key, *, releases: bool) -> None:
        """As the key for talking."""
        self.done.append(f"talk key {'up' if key.released else 'down'}{', seen' if releases else ''}")

    def close(self) -> None:
        """As the same."""
        self.done.append("talk key closed")

    def type(self, typed: str) -> list[Done]:
        """What comes of these keys, as a terminal sends them."""
        self.done.clear()
        decoder = Decoder()
        for key in [*decoder.feed(typed.encode()), *decoder.timeout()]:
            self.keys.press(key)
        return [*self.done]


def typing(text: str) -> Typing:
    return Typing(text, len(text))


ESC, ENTER, CTRL_D, CTRL_L = "\x1b", "\r", "\x04", "\x0c"
UNMUTED: list[Done] = ["ear open", Muted(False)]
MUTES: list[Done] = ["ear muted", Muted(True)]
STOPPED: list[Done] = [Hushed(), "session", Hushed()]
BEGUN: list[Done] = ["ear muted", typing("")]
BACK: list[Done] = ["ear open", TypingEnded()]
SCREEN: dict[str, tuple[str, str, Sequence[Done]]] = {
    # what was typed before, the key, and what comes of it, where a screen is drawn
    "q ends": ("", "q", ["leave: you pressed q"]),
    "so does Q": ("", "Q", ["leave: you pressed q"]),
    "ctrl-d ends": ("", CTRL_D, ["leave: you pressed q"]),
    "m mutes": ("", "m", MUTES),
    "and unmutes": ("m", "m", UNMUTED),
    "9 is softer": ("", "9", ["say: -3 dB"]),
    "0 is louder": ("", "0", ["say: +3 dB"]),
    "l tells how quick it was": ("", "l", ["say: 300 ms"]),
    "? tells the keys": ("", "?", HELP),
    "so does h": ("", "h", HELP),
    "ctrl-l draws anew": ("", CTRL_L, ["redraw"]),
    "s stops the reply": ("", "s", STOPPED),
    "so does esc": ("", ESC, STOPPED),
    "t begins to type": ("", "t", BEGUN),
    "so does enter": ("", ENTER, BEGUN),
    "while typing letters are letters": ("t", "mq", [typing("m"), typing("mq")]),
    "and space is one": ("t", " ", [typing(" ")]),
    "what is deleted is shown": ("tab", "\x7f", [typing("a")]),
    "enter sends the line": ("tHi!", ENTER, [*BACK, "session", Typed("Hi!")]),
    "not an empty one": ("t  ", ENTER, BACK),
    "esc goes back": ("tno", ESC, BACK),
    "and forgets the line": (f"tno{ESC}", "t", BEGUN),
    "what was sent comes back": (f"tHi{ENTER}t", "\x1b[A", [typing("Hi")]),
    "ctrl-d in an empty line ends": ("t", CTRL_D, ["leave: you pressed ctrl-d"]),
    "in another it deletes": ("tab\x1b[D", CTRL_D, [typing("a")]),
    "ctrl-l draws anew also then": ("t", CTRL_L, ["redraw"]),
    "a key without a meaning does nothing then": ("t", "\x1b[15~", []),
    "nor else": ("", "z\x1b[15~\x1b[A", []),
    "who was muted stays so behind a line": ("mtHi", ENTER, ["ear muted", TypingEnded(), "session", Typed("Hi")]),
    "space while muted talks once": ("m", " ", [*UNMUTED, f"say: {ONCE}"]),
    "held down it says no more": ("m ", "  ", []),
    "m ends that": ("m ", "m", MUTES),
    "space else means nothing, which is said": ("", " ", [f"say: {HINT}"]),
    "once": (" ", "  ", []),
    "until another key came": (" mm", " ", [f"say: {HINT}"]),
}


@pytest.mark.parametrize("claim", SCREEN)
def test_on_a_screen(claim: str) -> None:
    before, key, expected = SCREEN[claim]
    desk = Desk()
    desk.type(before)
    assert desk.type(key) == list(expected)


PLAIN: dict[str, tuple[str, str, Sequence[Done]]] = {
    "m is answered in words": ("", "m", ["ear muted", f"say: {MUTED}"]),
    "and unmuting": ("m", "m", ["ear open", "say: unmuted"]),
    "nobody could see what is typed": (
        "",
        "t",
        ["say: typing needs the screen, which --plain and --screen-reader leave out"],
    ),
    "s stops the reply": ("", "s", ["session", Hushed()]),
    "there is nothing to draw": ("", CTRL_L, ["redraw"]),
}


@pytest.mark.parametrize("claim", PLAIN)
def test_without_a_screen(claim: str) -> None:
    before, key, expected = PLAIN[claim]
    desk = Desk(drawn=False)
    desk.type(before)
    assert desk.type(key) == list(expected)


ALOUD: dict[str, tuple[str, str, Sequence[Done]]] = {
    "m is a state": ("", "m", MUTES),
    "nobody could see what is typed": PLAIN["nobody could see what is typed"],
}


@pytest.mark.parametrize("claim", ALOUD)
def test_where_it_is_read_aloud(claim: str) -> None:
    before, key, expected = ALOUD[claim]
    desk = Desk(drawn=False, aloud=True)
    desk.type(before)
    assert desk.type(key) == list(expected)


def test_where_nobody_speaks_there_is_nothing_to_stop() -> None:
    desk = Desk(conversation=Conversation(in_turn=False))
    assert desk.type("s") == []


def test_before_there_is_a_session_or_a_microphone_keys_that_need_them_do_nothing() -> None:
    desk = Desk()
    desk.keys.session = desk.keys.ear = None
    assert desk.type("mst ") == []
    assert desk.type("q") == ["leave: you pressed q"]
    desk.keys.answered()


@pytest.mark.parametrize("key", [Key("char", "m", released=True), Key("char", "m", repeated=True)])
def test_a_key_that_is_let_go_or_held_down_is_not_pressed_again(key: Key) -> None:
    desk = Desk()
    desk.keys.press(key)
    assert desk.done == []


# ------------------------------------------------------------------------------------------------------ tools


class Calls:
    """A desk of tools, at which one asks."""

    def __init__(self, done: list[Done]) -> None:
        self.done = done

    def press(self, name: str) -> bool:
        meant = name in ("y", "n", "a", "x", "ctrl-o")
        if meant:
            self.done.append(f"tool: {name}")
        return meant


CTRL_O = "\x0f"
TOOLS: dict[str, tuple[bool, str, str, Sequence[Done]]] = {
    # whether typing is all there is, what was typed before, the key, and what comes of it
    "y is an answer": (False, "", "y", ["tool: y"]),
    "so is Y": (False, "", "Y", ["tool: y"]),
    "what means nothing to tools is a key of the call": (False, "", "q", ["leave: you pressed q"]),
    "? tells of them": (False, "", "?", [*HELP, *TOOL_HELP]),
    "ctrl-o shows the last": (False, "", CTRL_O, ["tool: ctrl-o"]),
    "while typing letters are letters": (False, "t", "y", [typing("y")]),
    "and ctrl-o is none": (False, "ty", CTRL_O, ["tool: ctrl-o"]),
    "where one only types y is an answer": (True, "", "y", ["tool: y"]),
    "but not in a line that is begun": (True, "wh", "y", [typing("why")]),
    "nor where it is pasted": (True, "", "\x1b[200~y\x1b[201~", [typing("y")]),
}


@pytest.mark.parametrize("claim", TOOLS)
def test_with_tools(claim: str) -> None:
    writes_only, before, key, expected = TOOLS[claim]
    desk = Desk()
    desk.keys.tools = cast("ToolDesk", Calls(desk.done))
    if writes_only:
        desk.keys.ear, desk.keys.writes_only = None, True
        desk.keys.begin()
    desk.type(before)
    assert desk.type(key) == list(expected)


# ------------------------------------------------------------------------------------------ the key for talking

RELEASED = "\x1b[32;1:3u"
PUSH: dict[str, tuple[str, str, Sequence[Done]]] = {
    "space is the key's": ("", " ", ["talk key down"]),
    "with its release": ("", RELEASED, ["talk key up"]),
    "not while muted": ("m", " ", ["say: muted: m unmutes"]),
    "which is said once": ("m ", "  ", []),
    "nor while typing": ("t", " ", [typing(" ")]),
    "of whose release nothing is typed": ("t", RELEASED, []),
}


@pytest.mark.parametrize("claim", PUSH)
def test_with_push_to_talk(claim: str) -> None:
    before, key, expected = PUSH[claim]
    desk = Desk()
    desk.keys.space = cast("TalkKey", desk)
    desk.type(before)
    assert desk.type(key) == list(expected)


AWAY: dict[str, tuple[bool, str, str, Sequence[Done]]] = {
    # nobody speaks, what was typed before, the key, and what comes of it, where there is no connection
    "r connects again at once": (False, "", "r", ["session", Retried()]),
    "and R": (False, "", "R", ["session", Retried()]),
    "q ends": (False, "", "q", ["leave: you pressed q"]),
    "in a line r is a letter": (False, "t", "r", [typing("r")]),
    "where nothing but lines are typed it is a key before the first letter": (True, "", "r", ["session", Retried()]),
    "and so is q": (True, "", "q", ["leave: you pressed q"]),
    "other letters begin a line": (True, "", "a", [typing("a")]),
    "in which they are letters": (True, "a", "rq", [typing("ar"), typing("arq")]),
}


@pytest.mark.parametrize("claim", AWAY)
def test_without_a_connection(claim: str) -> None:
    writes_only, before, key, expected = AWAY[claim]
    desk = Desk()
    desk.keys.writes_only, desk.keys.away = writes_only, True
    desk.keys.begin()
    desk.type(before)
    assert desk.type(key) == list(expected)


def test_with_a_connection_there_is_nothing_to_retry() -> None:
    assert Desk().type("r") == []


def test_the_key_is_told_whether_its_release_will_be_seen() -> None:
    desk = Desk()
    desk.keys.space = cast("TalkKey", desk)
    assert desk.keys.keyboard is None
    desk.keys.keyboard = Releasing()
    assert desk.type(" ") == ["talk key down, seen"]


class Releasing(Keyboard):
    """A keyboard that tells when a key is let go."""

    releases = True


def test_closed_the_key_waits_for_nothing_any_more() -> None:
    desk = Desk()
    desk.keys.close()
    assert desk.done == []
    desk.keys.space = cast("TalkKey", desk)
    desk.keys.close()
    assert desk.done == ["talk key closed"]


# ---------------------------------------------------------------------------------------------------- talk once


def test_who_talks_once_is_muted_again_as_soon_as_the_answer_begins() -> None:
    desk = Desk()
    desk.type("m ")
    desk.done.clear()
    desk.keys.answered()
    desk.keys.answered()
    assert desk.done == MUTES


@pytest.mark.parametrize("before", ["", "m", "mm", "m m", "m mm"])
def test_who_did_not_ask_for_that_is_not_muted_by_an_answer(before: str) -> None:
    desk = Desk()
    desk.type(before)
    desk.done.clear()
    desk.keys.answered()
    assert desk.done == []


def test_the_answer_that_comes_while_something_else_is_typed_mutes_as_well() -> None:
    desk = Desk()
    desk.type("m t")
    desk.done.clear()
    desk.keys.answered()
    assert desk.done == [Muted(True)]
    assert desk.type(ESC) == ["ear muted", TypingEnded()]


# ------------------------------------------------------------------------------------- without a microphone


def writer(*, drawn: bool = True) -> Desk:
    desk = Desk(drawn=drawn)
    desk.keys.ear = None
    desk.keys.writes_only = True
    desk.keys.begin()
    return desk


WRITTEN: dict[str, tuple[str, str, Sequence[Done]]] = {
    "a line is always being typed": ("", "q", [typing("q")]),
    "and the next behind it": ("Hi", ENTER, [typing(""), "session", Typed("Hi")]),
    "esc takes it back and stops the reply": ("no", ESC, [typing(""), *STOPPED]),
    "ctrl-d ends": ("", CTRL_D, ["leave: you pressed ctrl-d"]),
}


@pytest.mark.parametrize("claim", WRITTEN)
def test_without_a_microphone(claim: str) -> None:
    before, key, expected = WRITTEN[claim]
    desk = writer()
    assert desk.done == [typing("")]
    desk.type(before)
    assert desk.type(key) == list(expected)


def test_without_a_screen_nothing_can_be_typed_and_q_ends() -> None:
    desk = writer(drawn=False)
    assert desk.done == []
    assert desk.type("m q") == ["leave: you pressed q"]


def test_with_a_microphone_nothing_is_typed_before_it_is_asked_for() -> None:
    desk = Desk()
    desk.keys.begin()
    assert desk.done == []
