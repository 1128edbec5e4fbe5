"""The face of a call is the one that was asked for and shows what it should; the screen is on a real terminal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, TextIO, cast

import pytest

from livechat.closing import Facts
from livechat.commands.call_face import CallFace
from livechat.commands.call_keys import HELP, Actions, CallKeys
from livechat.commands.common import Common
from livechat.commands.talk_key import TalkKey
from livechat.commands.target import Target
from livechat.config import Settings
from livechat.config_keys import OutputKeys, SessionKeys, TalkKeys
from livechat.events import Event, Noted, Ready, TurnEnded
from livechat.terminal.giving_back import RESET
from livechat.terminal.inputs import Gauged, Muted
from livechat.terminal.report import Report
from livechat.terminal.screen import Screen
from tests import aio, virtual
from tests.tty_help import Tty
from tests.view_help import heard, said

Wish = Literal["auto", "tty", "plain", "screen-reader"]
Run = Callable[[Coroutine[None, None, None]], None]
SCREEN = {"TERM": "xterm"}
TARGET = Target("ws://127.0.0.1:1", {}, "models/gemini-live", Facts(), "here")
NAMES = ("Yeti\x1b]0;mine\x07", "Desk \x1b[2J speaker")


class Both(io.StringIO):
    """A stream that is no terminal, or says that it is one."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@dataclass
class Setting:
    """The world around a face; stdin, stdout and stderr are the terminal, or pipes."""

    wish: Wish = "auto"
    tty: Tty | None = None
    as_json: bool = False
    talk: TalkKeys = field(default_factory=TalkKeys)
    env: dict[str, str] = field(default_factory=lambda: dict(SCREEN))
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)
    closed: int = 0
    helped: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        settings = Settings(talk=self.talk, session=SessionKeys(voice="Kore"), output=OutputKeys(face=self.wish))
        self.face = CallFace(Common(Report(self.err, self.env), self.env), settings, self.as_json)
        self.keys = CallKeys(Actions(lambda why: None, self.face.say, self.face.help, str))
        self.keys.space = cast("TalkKey", self)

    def close(self) -> None:
        """As the key for talking."""
        self.closed += 1

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator[None]:
        with pytest.MonkeyPatch.context() as patch:
            if self.tty is None:
                self._patch(patch, io.StringIO(), self.out, self.err)
                yield
                return
            with os.fdopen(os.dup(self.tty.stream.fileno()), "w") as out:
                self._patch(patch, self.tty.stream, out, out)
                yield

    def _patch(self, patch: pytest.MonkeyPatch, stdin: TextIO, out: TextIO, err: TextIO) -> None:
        for name, stream in (("stdin", stdin), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)

    def shown(self, play: Callable[[], Awaitable[None]], run: Run = aio.run) -> str:
        """What is seen while that goes on within the face, and of its end."""

        async def main() -> None:
            async with self.streams(), self.face.open(self.keys, lambda: None):
                await play()

        run(main())
        return self.tty.shown().decode() if self.tty is not None else self.out.getvalue()

    @property
    def screen(self) -> Screen:
        (observer,) = self.face.observers()
        return cast("Screen", observer)

    def tell(self, *events: Event) -> None:
        """News of the session."""
        for event in events:
            for observer in self.face.observers():
                observer(0.0, event)


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Generator[Tty]:
    monkeypatch.setenv("TERM", "xterm")
    made = Tty()
    yield made
    made.close()


# -------------------------------------------------------------------------------------------------------- which one


@pytest.mark.parametrize(
    ("wish", "as_json", "env", "kind"),
    [
        ("auto", False, {}, "tty"),
        ("auto", False, {"CI": "1"}, "plain"),
        ("auto", False, {"ACCESSIBLE": "1"}, "accessible"),
        ("tty", False, {"CI": "1"}, "tty"),
        ("tty", False, {"TERM": "dumb"}, "plain"),
        ("plain", False, {}, "plain"),
        ("screen-reader", False, {}, "accessible"),
        ("tty", True, {}, "json"),
    ],
)
def test_the_face_on_a_terminal_is_the_one_that_was_wished_for(
    monkeypatch: pytest.MonkeyPatch, wish: Wish, as_json: bool, env: dict[str, str], kind: str
) -> None:
    monkeypatch.setattr(sys, "stdout", Both(terminal=True))
    monkeypatch.setattr(sys, "stderr", Both(terminal=True))
    assert Setting(wish, as_json=as_json, env={**SCREEN, **env}).face.kind == kind


@pytest.mark.parametrize(("out", "err"), [(False, True), (True, False)])
def test_where_one_of_the_streams_is_no_terminal_there_is_no_screen(
    monkeypatch: pytest.MonkeyPatch, out: bool, err: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", Both(out))
    monkeypatch.setattr(sys, "stderr", Both(err))
    assert Setting("tty").face.kind == "plain"


# ------------------------------------------------------------------------------------------------------- the screen


def test_on_a_terminal_it_is_a_screen_with_its_keys(tty: Tty) -> None:
    setting, before = Setting("tty", tty), tty.state
    face, keys = setting.face, setting.keys

    async def play() -> None:
        assert face.drawn
        assert keys.keyboard is not None
        assert keys.actions.types
        assert tty.state != before
        assert setting.closed == 0

    assert not face.drawn
    seen = setting.shown(play)
    assert not face.drawn
    assert setting.closed == 1
    assert seen.endswith(RESET)
    assert tty.state == before


def test_a_screen_shows_who_talks_with_whom_on_what_and_every_word(tty: Tty) -> None:
    setting = Setting("tty", tty)
    face = setting.face

    async def play() -> None:
        face.head(TARGET, "local")
        face.name_devices(*NAMES)
        face.name_devices("", "nothing")
        setting.tell(Ready("model"), heard("Are you there?"), said("I am."))
        setting.tell(TurnEnded(1, "Are you there?", "I am.", interrupted=False, spoken_ms=0))
        face.say("a note")
        face.warn("a warning")
        face.help(HELP)
        assert setting.keys.actions.show is not None
        setting.keys.actions.show(Muted(True))
        setting.keys.actions.redraw()

    seen = setting.shown(play)
    for words in ("gemini-live", "Kore", "server local", "Yeti", "none", "Are you there?", "I am.", "a note"):
        assert words in seen, seen
    assert "warning: a warning" in seen
    for line in HELP:
        assert f"     {line}" in seen
    assert "\x1b]" not in seen
    assert "\x1b[2J" not in seen
    assert setting.err.getvalue() == ""


@pytest.mark.parametrize(("device", "hears"), [("none", False), (None, True)])
def test_where_there_is_no_microphone_there_is_no_meter(tty: Tty, device: str | None, hears: bool) -> None:
    setting = Setting("tty", tty, talk=TalkKeys(input_device=device))

    async def play() -> None:
        look = setting.screen.view.look
        assert (look.meters, look.speaker) == (hears, "kore")

    setting.shown(play)


def test_it_shows_who_has_the_floor_once_for_each_change(tty: Tty) -> None:
    setting = Setting("tty", tty, talk=TalkKeys(vad="manual"))
    floors: list[tuple[str, bool]] = []

    async def play() -> None:
        screen = setting.screen
        for held in (False, False, True, True, False):
            setting.face.show_floor(held=held)
            floors.append((screen.view.floor.mode, screen.view.floor.taken_at is not None))
        setting.face.show(Gauged(-20.0, -20.0))
        assert screen.view.gauged.mic_dbfs == -20

    assert "\x1b[?u" in setting.shown(play)  # it asks whether the keyboard tells of releases
    assert floors == [("push", held) for held in (False, False, True, True, False)]


def test_keys_reach_the_call(tty: Tty) -> None:
    setting = Setting("tty", tty)
    left: asyncio.Queue[str] = asyncio.Queue()
    setting.keys.actions.leave = left.put_nowait

    async def play() -> None:
        tty.type(b"q")
        assert await left.get() == "you pressed q"

    setting.shown(play)


# -------------------------------------------------------------------------------------------------------- the lines


def two_lines(setting: Setting) -> Callable[[], Awaitable[None]]:
    async def play() -> None:
        assert not setting.face.drawn
        setting.face.head(TARGET, "local")
        setting.tell(Ready("model"), heard("Are you there?"), Noted("odd"), said("I am."))
        setting.tell(TurnEnded(1, "Are you there?", "I am.", interrupted=False, spoken_ms=0))
        setting.face.show(Muted(True))
        setting.face.show_floor(held=True)
        setting.face.say("a note\x1b[2J")
        setting.face.warn("a warning")
        setting.face.help(HELP[:1])

    return play


def test_in_plain_lines_words_are_on_stdout_and_the_rest_on_stderr() -> None:
    setting = Setting("plain")
    assert setting.shown(two_lines(setting)) == "you: Are you there?\nkore: I am.\n"
    notes = [line for line in setting.err.getvalue().splitlines() if line]
    assert notes[:1] == ["note: odd"]
    assert notes[1].startswith("note: a note")
    assert notes[2] == "warning: a warning"
    assert notes[3].startswith("note: space")
    assert "\x1b" not in setting.err.getvalue()
    assert setting.keys.actions.show is None
    assert not setting.keys.actions.types
    assert setting.closed == 1


def test_a_line_that_is_half_written_on_a_terminal_is_ended_before_a_note() -> None:
    setting = Setting("plain", out=Both(terminal=True))

    async def play() -> None:
        setting.tell(said("I am "))
        setting.face.say("a note")

    assert setting.shown(play) == "kore: I am \n"


def test_where_the_sound_is_on_stdout_the_words_are_on_stderr() -> None:
    setting = Setting("plain", talk=TalkKeys(output_device="-"))
    assert setting.shown(two_lines(setting)) == ""
    assert "kore: I am.\n" in setting.err.getvalue()


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (TalkKeys(), "hearing 'Mic', speaking on 'Speaker'"),
        (TalkKeys(output_device="none"), "hearing 'Mic', speaking on Speaker"),
        (TalkKeys(output_device="-"), "hearing 'Mic', speaking on Speaker"),
    ],
)
def test_devices_are_named_in_a_sentence(talk: TalkKeys, sentence: str) -> None:
    setting = Setting("plain", talk=talk)
    setting.face.name_devices("Mic", "Speaker")
    setting.face.name_devices("", "Speaker")
    first, second = setting.err.getvalue().splitlines()
    assert first == f"note: {sentence}"
    assert second.startswith("note: hearing nothing, ")


def test_read_aloud_states_are_sentences_too() -> None:
    setting = Setting("screen-reader")

    async def play() -> None:
        await two_lines(setting)()
        assert setting.keys.actions.show is not None
        assert not setting.keys.actions.types
        setting.face.show_floor(held=False)
        await asyncio.sleep(2)  # a sentence a second is enough

    told = setting.shown(play, virtual.run).splitlines()
    assert told[-1] == "Muted."
    assert [line for line in told if ": " in line] == ["you: Are you there?", "kore: I am."]


def test_as_json_every_event_is_a_line_on_stdout() -> None:
    setting = Setting("tty", as_json=True)
    lines = [json.loads(line) for line in setting.shown(two_lines(setting)).splitlines()]
    assert [line["type"] for line in lines][:2] == ["session.ready", "user.final"]


@pytest.mark.parametrize(("device", "borrowed"), [(None, True), ("-", False)])
def test_keys_are_read_where_stdin_is_not_the_microphone(tty: Tty, device: str | None, borrowed: bool) -> None:
    setting, before = Setting("plain", tty, talk=TalkKeys(input_device=device)), tty.state

    async def play() -> None:
        assert (tty.state != before) is borrowed
        assert (setting.keys.keyboard is not None) is borrowed

    setting.shown(play)
    assert tty.state == before
