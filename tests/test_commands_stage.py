"""A face is put on a real pseudo-terminal and taken away again, whatever happens in between."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TextIO, cast

import pytest

from livechat.commands import stage as module
from livechat.commands.common import Common
from livechat.commands.stage import Playback, Stage, ignored, on_signal, read_aloud, read_keys, staged
from livechat.events import Ready
from livechat.session import Session
from livechat.terminal.decoder import Key
from livechat.terminal.giving_back import RESET
from livechat.terminal.inputs import Look, Playing
from livechat.terminal.keys import Keyboard
from livechat.terminal.report import Report
from livechat.terminal.writer import PATIENCE_S
from livechat.turns import Progress
from tests import aio, virtual
from tests.tty_help import Tty
from tests.view_help import sounding

LOOK = Look("puck", meters=False)
LONG_S = 5.0


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Generator[Tty]:
    monkeypatch.setenv("TERM", "xterm")
    made = Tty()
    yield made
    made.close()


@dataclass
class Play:
    """What is on the terminal, and what the program says beside it."""

    tty: Tty
    said: io.StringIO = field(default_factory=io.StringIO)
    env: dict[str, str] = field(default_factory=dict[str, str])
    pressed: asyncio.Queue[Key] = field(default_factory=asyncio.Queue[Key])
    seen: str = ""
    stdin: TextIO | None = None
    """In place of the terminal."""

    def __post_init__(self) -> None:
        self.common = Common(Report(self.said, self.env), self.env)

    @asynccontextmanager
    async def staged(self) -> AsyncGenerator[Stage]:
        """On the terminal, which is stdin and stdout meanwhile."""
        with pytest.MonkeyPatch.context() as patch, os.fdopen(os.dup(self.tty.stream.fileno()), "w") as out:
            patch.setattr(sys, "stdin", self.stdin or self.tty.stream)
            patch.setattr(sys, "stdout", out)
            async with staged(self.common, LOOK, pressed=self.pressed.put_nowait) as stage:
                yield stage

    async def until(self, text: str) -> None:
        """Until that is shown."""
        while text not in self.seen:
            self.seen += self.tty.shown().decode()
            await asyncio.sleep(0.005)

    def look(self) -> str:
        self.seen += self.tty.shown().decode()
        return self.seen


def played(play: Play, doing: Callable[[Stage], Awaitable[None]]) -> Play:
    """After that was done on its stage, and that was left."""

    async def main() -> None:
        async with play.staged() as stage:
            await doing(stage)

    aio.run(main())
    play.look()
    return play


def test_the_screen_is_drawn_and_then_the_terminal_is_given_back(tty: Tty) -> None:
    before, play = tty.state, Play(tty)

    async def doing(stage: Stage) -> None:
        assert tty.state != before
        stage.screen.tell(Ready("model"))
        await play.until("READY")

    assert played(play, doing).seen.endswith(RESET)
    assert play.seen.startswith("\x1b[?2004h")
    assert tty.state == before


def test_keys_come_to_whoever_is_to_have_them(tty: Tty) -> None:
    play = Play(tty)

    async def doing(stage: Stage) -> None:
        assert not stage.keyboard.releases
        tty.type(b"qm")
        assert [await play.pressed.get() for _ in range(2)] == [Key("char", "q"), Key("char", "m")]

    played(play, doing)


def test_what_the_program_says_is_history_while_there_is_a_screen_and_not_before_and_after(tty: Tty) -> None:
    play = Play(tty)
    play.common.report.hide("a-secret-key")

    async def doing(stage: Stage) -> None:
        play.common.report.note("inside, with a-secret-key")
        play.common.report.warning("also\x1b[2J")

    play.common.report.note("before")
    played(play, doing)
    play.common.report.note("after")
    assert play.said.getvalue() == "note: before\nnote: after\n"
    assert "inside, with [hidden]" in play.seen
    assert "warning: also" in play.seen
    assert "\x1b[2J" not in play.seen


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_used_where_it_is_wanted(tty: Tty, env: dict[str, str], coloured: bool) -> None:
    play = Play(tty, env=env)

    async def doing(stage: Stage) -> None:
        stage.screen.tell(Ready("model"))
        await play.until("READY")

    assert ("\x1b[32m" in played(play, doing).seen or "\x1b[1;32m" in play.seen) is coloured


class Broken(Exception):
    """Something that nobody expected."""


@pytest.mark.parametrize("kind", [Broken, KeyboardInterrupt, asyncio.CancelledError])
def test_whatever_ends_it_the_terminal_is_given_back(tty: Tty, kind: type[BaseException]) -> None:
    before, play = tty.state, Play(tty)

    async def doing(stage: Stage) -> None:
        await play.until("CONNECTING")
        raise kind

    with pytest.raises((kind, ExceptionGroup)) as raised:
        played(play, doing)
    assert kind in (raised.type, *map(type, getattr(raised.value, "exceptions", ())))
    assert tty.state == before
    assert play.look().endswith(RESET)
    play.common.report.note("after")
    assert play.said.getvalue() == "note: after\n"


def test_where_nobody_reads_the_terminal_nothing_is_said_any_more_and_nobody_waits(tty: Tty) -> None:
    play = Play(tty)

    async def doing(stage: Stage) -> None:
        for _ in range(1000):
            stage.screen.note("x" * 70)

    async def main() -> None:
        async with play.staged() as stage:
            await doing(stage)

    began = time.monotonic()
    aio.run(main())
    play.common.report.note("after")
    assert play.said.getvalue() == ""
    assert time.monotonic() - began < PATIENCE_S + LONG_S


def test_where_stdin_is_no_terminal_no_keys_are_told_of(tty: Tty) -> None:
    play = Play(tty, stdin=io.StringIO())

    async def doing(stage: Stage) -> None:
        assert type(stage.keyboard) is Keyboard
        await play.until("CONNECTING")
        assert not stage.screen.view.look.keys

    assert "quit" not in played(play, doing).seen


def test_nor_are_any_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("q"))
    with read_keys(ignored) as keyboard:
        assert type(keyboard) is Keyboard
    ignored(Key("char", "q"))


# ------------------------------------------------------------------------------------------- whose the terminal is


class Shell:
    """In the place of the keys: tells whether we are in front."""

    front: Callable[[bool], None]

    def __init__(self, ours: bool) -> None:
        self._ours = ours

    def keys(
        self, stream: TextIO, pressed: Callable[[Key], None], *, hold: bool, front: Callable[[bool], None]
    ) -> AbstractContextManager[Keyboard]:
        @contextmanager
        def reading() -> Generator[Keyboard]:
            self.front = front
            if not self._ours:
                front(False)
            yield Keyboard()

        return reading()


@pytest.mark.parametrize("ours", [True, False])
def test_in_the_background_nothing_is_drawn(tty: Tty, monkeypatch: pytest.MonkeyPatch, ours: bool) -> None:
    shell, play = Shell(ours), Play(tty)
    monkeypatch.setattr(module, "keys", shell.keys)

    async def doing(stage: Stage) -> None:
        shell.front(False)
        play.look()
        stage.screen.note("said in the dark")
        await asyncio.sleep(0.2)  # two pictures
        assert "in the dark" not in play.look()
        shell.front(True)
        await play.until("in the dark")
        await play.until("CONNECTING")

    async def begun(stage: Stage) -> None:
        await asyncio.sleep(0.2)
        assert ("CONNECTING" in play.look()) is ours

    async def both(stage: Stage) -> None:
        await begun(stage)
        await doing(stage)

    played(play, both)
    shell.front(True)  # when it is over that changes nothing


# ------------------------------------------------------------------------------------------------ without a screen


def test_read_aloud_what_the_meters_show_is_told_in_time() -> None:
    out = io.StringIO()

    async def main() -> None:
        async with read_aloud(out, LOOK, gauge=lambda: sounding(100, 1000)) as face:
            face(0.0, Ready("model"))
            await asyncio.sleep(3)
        told = out.getvalue()
        await asyncio.sleep(3)
        assert out.getvalue() == told

    virtual.run(main())
    assert out.getvalue().splitlines()[-1] == "Answering."


@dataclass
class Conversation:
    """In which nothing sounds, or something."""

    progress: Progress | None = None


@dataclass
class Talk:
    """In the place of a session."""

    conversation: Conversation = field(default_factory=Conversation)


def test_it_is_gauged_how_far_the_listener_is_once_there_is_a_session() -> None:
    playback, talk, played = Playback(), Talk(), list[Playing | None]()

    async def script(session: Session) -> None:
        for progress in (None, Progress(1, 0, 500), Progress(1, 20, 500)):
            talk.conversation.progress = progress
            played.append(playback().playing)

    assert playback().playing is None

    async def main() -> None:
        await playback.during(script)(cast("Session", talk))

    virtual.run(main())
    assert played == [None, None, Playing(1, 20, 500)]
    playback.level = -20.0
    assert playback().mic_dbfs == -20.0


# ---------------------------------------------------------------------------------------------------------- signals


def test_a_signal_is_answered_inside_and_no_longer_outside() -> None:
    before = signal.getsignal(signal.SIGWINCH)

    async def main() -> None:
        answered = asyncio.Event()
        with on_signal("SIGWINCH", answered.set):
            signal.raise_signal(signal.SIGWINCH)
            await answered.wait()

    aio.run(main())
    assert signal.getsignal(signal.SIGWINCH) == before


def test_a_signal_that_there_is_not_is_no_reason_to_fail() -> None:
    async def main() -> None:
        with on_signal("SIGNOTHING", lambda: None):
            pass

    aio.run(main())


def test_nor_is_a_loop_that_answers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*given: object) -> None:
        raise NotImplementedError

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with monkeypatch.context() as patched:
            patched.setattr(loop, "add_signal_handler", cannot)
            patched.setattr(loop, "remove_signal_handler", cannot)
            with on_signal("SIGINT", lambda: None):
                pass

    aio.run(main())
