"""The face on a terminal: on a real pseudo-terminal, and with its clock on virtual time."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from itertools import pairwise
from math import inf, nan

import pytest

from livechat.events import ModelSaid, Ready
from livechat.terminal import screen as module
from livechat.terminal.inputs import Gauged, Headed
from livechat.terminal.region import END
from livechat.terminal.safe import Safe
from livechat.terminal.screen import CALM_S, FRAME_S, IDLE_S, LOUD_DBFS, Gauge, Screen, unread
from livechat.terminal.style import Span
from livechat.terminal.writer import GLANCE_S, PATIENCE_S
from tests import virtual
from tests.terminal_help import Pty, Terminal
from tests.view_help import WRITER, ended, heard, sounding, wrote

COLUMNS, LINES = 60, 20
PROMPT = b"$ "
COLOR = re.compile(r"\x1b\[(\d+;)*[34]\dm")
AT_ONCE_S = 1.0
"""What a call may take on a machine that is busy; it would be for ever if it waited for the terminal."""
NONE = Gauged(nan, nan)
CALM = Gauged(LOUD_DBFS - 1, -inf)
LOUD = Gauged(LOUD_DBFS + 1, -inf)


@pytest.fixture
def terminal() -> Generator[Pty]:
    made = Pty(COLUMNS, LINES)
    yield made
    made.close()


@asynccontextmanager
async def drawn(descriptor: int, gauge: Gauge = unread, *, color: bool = True) -> AsyncGenerator[Screen]:
    """A screen that is drawn inside, and not closed."""
    made = Screen(descriptor, WRITER, color=color, gauge=gauge)
    async with asyncio.TaskGroup() as tasks:
        drawing = tasks.create_task(made.run())
        try:
            yield made
        finally:
            drawing.cancel()


Play = Callable[[Screen], Awaitable[None]]


def shown(terminal: Pty, play: Play, *, color: bool = True) -> str:
    """All that is written on the terminal while `play` goes on, and at the end; that may be one frame for it all."""

    async def main() -> None:
        async with drawn(terminal.descriptor, color=color) as screen:
            await play(screen)
        assert screen.close()

    virtual.run(main())
    os.write(terminal.descriptor, PROMPT)
    return terminal.read_until(PROMPT).removesuffix(PROMPT).decode()


async def some_frames() -> None:
    await asyncio.sleep(10 * FRAME_S)


# --------------------------------------------------------------------------------------------------- what is shown


async def one_turn(screen: Screen) -> None:
    screen.tell(Headed(((Span(Safe("livechat")),),)))
    screen(0.0, Ready("model"))
    screen(0.1, heard("What is seven times eight?"))
    for word in ("Seven times eight ", "is fifty", "-six."):
        screen(0.2, wrote(word))
        await some_frames()
    screen.note("  a note\n\nand another\n")
    screen(0.4, ended(text="Seven times eight is fifty-six."))
    await some_frames()


def test_what_is_said_is_history_once_and_nothing_of_the_region_stays(terminal: Pty) -> None:
    emulator = Terminal(COLUMNS, LINES)
    emulator.feed(shown(terminal, one_turn))
    text = "\n".join(emulator.text)
    for line in ("livechat", "What is seven times eight?", "Seven times eight is fifty-six.", "a note", "and another"):
        assert text.count(line) == 1, text
    assert "READY" not in text
    assert emulator.cursor_seen


def test_what_is_half_said_at_the_end_is_not_lost(terminal: Pty) -> None:
    async def play(screen: Screen) -> None:
        screen(0.0, Ready("model"))
        screen(0.2, wrote("Once upon a"))
        await some_frames()

    emulator = Terminal(COLUMNS, LINES)
    emulator.feed(shown(terminal, play))
    assert "\n".join(emulator.text).count("Once upon a") == 1


def test_without_colour_there_is_none_and_with_it_there_is(terminal: Pty) -> None:
    assert COLOR.search(shown(terminal, one_turn))
    assert not COLOR.search(shown(terminal, one_turn, color=False))


def test_foreign_text_commands_nothing(terminal: Pty) -> None:
    async def play(screen: Screen) -> None:
        screen.note("\x1b]0;mine\x07\x1b[2J")
        await some_frames()

    seen = shown(terminal, play)
    assert "\x1b]" not in seen
    assert "\x1b[2J" not in seen


def test_drawn_anew_it_writes_what_has_not_changed(terminal: Pty) -> None:
    """Once drawn, the same picture is not written again by itself."""

    async def main() -> None:
        async with drawn(terminal.descriptor) as screen:
            screen.tell(Ready("model"))
            await asyncio.sleep(0)
        terminal.read_until(b"READY")
        terminal.read_until(END.encode())
        screen.redraw()
        terminal.read_until(b"READY")
        assert screen.close()

    virtual.run(main())


# ------------------------------------------------------------------------------------------------------ how often


class Recorder:
    """In the writer's place: keeps when it was given a picture."""

    made: Recorder

    def __init__(self, descriptor: int, encoding: str) -> None:
        Recorder.made = self
        self.at: list[float] = []
        self.added: list[str] = []
        self._clock = asyncio.get_running_loop().time

    def show(self, rows: list[str]) -> None:
        self.at.append(self._clock())

    def add(self, lines: list[str], rows: list[str]) -> None:
        self.added += lines


def pictures(
    terminal: Pty, monkeypatch: pytest.MonkeyPatch, play: Callable[[Screen], Awaitable[None]], gauge: Gauge = unread
) -> list[float]:
    """When each picture was drawn while that went on, in virtual seconds."""

    async def main() -> list[float]:
        async with drawn(terminal.descriptor, gauge) as screen:
            await play(screen)
        return Recorder.made.at

    monkeypatch.setattr(module, "Writer", Recorder)
    return virtual.run(main())


async def chatter(screen: Screen) -> None:
    for number in range(500):
        screen.tell(ModelSaid(1, f"{number} ", spoken=False))
        await asyncio.sleep(0.01)


def test_however_much_is_said_at_most_twelve_pictures_are_drawn_a_second(
    terminal: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = pictures(terminal, monkeypatch, chatter)
    assert 5 * 11 <= len(at) <= 5 * 12 + 1
    assert min(later - sooner for sooner, later in pairwise(at)) >= FRAME_S - 1e-9


async def a_minute_of_nothing(screen: Screen) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("gauge", "a_second"),
    [(unread, 2), (lambda: NONE, 2), (lambda: CALM, 2), (lambda: LOUD, 12), (lambda: sounding(1, 2), 12)],
    ids=["no meters", "no microphone", "a quiet room", "a loud one", "a reply that sounds"],
)
def test_where_nothing_happens_two_are_enough(
    terminal: Pty, monkeypatch: pytest.MonkeyPatch, gauge: Gauge, a_second: int
) -> None:
    at = [when for when in pictures(terminal, monkeypatch, a_minute_of_nothing, gauge) if when > CALM_S + IDLE_S]
    assert abs(len(at) / (60 - CALM_S - IDLE_S) - a_second) < 0.1


def test_news_ends_the_calm_at_once(terminal: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []

    async def play(screen: Screen) -> None:
        await asyncio.sleep(30.1)
        screen.tell(wrote("Hello."))
        told.append(asyncio.get_running_loop().time())
        await asyncio.sleep(2)

    after = [when - told[0] for when in pictures(terminal, monkeypatch, play) if told and when >= told[0]]
    assert after[0] <= FRAME_S
    assert len(after) >= 2 * 11


# ------------------------------------------------------------------------------------------- the terminal's own ways


@pytest.mark.parametrize("waiting_s", [1.0, CALM_S + 5], ids=["soon", "in the calm"])
def test_a_change_of_size_is_noticed_within_half_a_second(
    terminal: Pty, monkeypatch: pytest.MonkeyPatch, waiting_s: float
) -> None:
    async def play(screen: Screen) -> None:
        await asyncio.sleep(waiting_s)
        assert (screen.view.columns, screen.view.lines) == (COLUMNS, LINES)
        terminal.resize(45, 12)
        await asyncio.sleep(IDLE_S + 0.01)
        assert (screen.view.columns, screen.view.lines) == (45, 12)

    pictures(terminal, monkeypatch, play)


def test_a_terminal_that_does_not_tell_its_size_is_taken_for_a_usual_one(
    terminal: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(screen: Screen) -> None:
        assert (screen.view.columns, screen.view.lines) == (80, 24)

    terminal.resize(0, 0)
    pictures(terminal, monkeypatch, play)
    reading, writing = os.pipe()  # it has none at all, like one that is gone
    monkeypatch.setattr(terminal, "descriptor", writing)
    try:
        pictures(terminal, monkeypatch, play)
    finally:
        monkeypatch.undo()
        os.close(reading)
        os.close(writing)


def test_a_terminal_that_nobody_reads_holds_up_neither_the_loop_nor_the_end(terminal: Pty) -> None:
    async def main() -> None:
        async with drawn(terminal.descriptor) as screen:
            began = time.monotonic()
            for number in range(3_000):
                screen.note(f"{number} ".ljust(COLUMNS - 2, "x"))
            await some_frames()
        assert time.monotonic() - began < 10 * AT_ONCE_S
        began = time.monotonic()
        assert not screen.close()
        assert time.monotonic() - began < PATIENCE_S + 2 * GLANCE_S + AT_ONCE_S

    virtual.run(main())


def test_a_terminal_that_is_gone_is_no_reason_to_fail(terminal: Pty) -> None:
    async def main() -> None:
        async with drawn(terminal.descriptor) as screen:
            terminal.hang_up()
            screen.note("to nobody")
            await some_frames()
        assert not screen.close()

    virtual.run(main())


def test_while_the_terminal_is_the_shell_s_nothing_is_drawn_and_afterwards_everything(terminal: Pty) -> None:
    async def main() -> None:
        async with drawn(terminal.descriptor) as screen:
            emulator = Terminal(COLUMNS, LINES)
            screen.tell(Ready("model"))
            screen.note("one")
            await some_frames()
            screen.front(False)
            screen.note("two")
            await some_frames()
            os.write(terminal.descriptor, b"$ fg\n")
            emulator.feed(terminal.read_until(b"fg\r\n"))
            assert emulator.cursor_seen
            assert [line.split() for line in emulator.text] == [["·", "one"], ["$", "fg"]]
            screen.front(True)
            emulator.feed(terminal.read_until(b"READY"))
            assert [line.split()[-1] for line in emulator.text[:3]] == ["one", "fg", "two"]
        assert screen.close()

    virtual.run(main())
