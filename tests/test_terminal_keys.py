"""Claims about reading keys, on real pseudo-terminals: which keys come, and that the terminal is given back."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import termios
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import TextIO

import pytest

from livechat.terminal.decoder import Key
from livechat.terminal.giving_back import RESET
from livechat.terminal.keys import Keyboard, can_read, keys
from tests import aio
from tests.tty_help import Program, Tty

ON = b"\x1b[?2004h"
OFF = RESET.encode()
ASK, PUSH, POP = b"\x1b[?u", b"\x1b[>27u", b"\x1b[<u"


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Generator[Tty]:
    monkeypatch.setenv("TERM", "xterm")
    made = Tty()
    yield made
    made.close()


class Typist:
    """Types, and gets the keys that come of it."""

    def __init__(self, tty: Tty, *, hold: bool = False) -> None:
        self.tty = tty
        self._came: asyncio.Queue[Key] = asyncio.Queue()
        self.reading: AbstractContextManager[Keyboard] = keys(tty.stream, self._came.put_nowait, hold=hold)

    async def gets(self, data: bytes, count: int = 1) -> list[Key]:
        self.tty.type(data)
        return [await self._came.get() for _ in range(count)]


def typed(tty: Tty, *pieces: bytes, count: int) -> list[Key]:
    """The keys that come when these are typed, each after the one before was read."""

    async def main() -> list[Key]:
        typist = Typist(tty)
        with typist.reading:
            for piece in pieces[:-1]:
                tty.type(piece)
                await asyncio.sleep(0)
            return await typist.gets(pieces[-1], count)

    return aio.run(main())


def test_keys_come_as_they_are_pressed_and_the_terminal_is_given_back(tty: Tty) -> None:
    before = tty.state

    async def main() -> list[Key]:
        typist = Typist(tty)
        with typist.reading:
            assert tty.state != before
            assert tty.shown() == ON
            return await typist.gets("mé \x1b[A".encode(), 4)

    assert aio.run(main()) == [Key("char", "m"), Key("char", "é"), Key("space", " "), Key("up")]
    assert tty.state == before
    assert tty.shown() == OFF


def test_half_a_character_waits_for_its_other_half(tty: Tty) -> None:
    assert typed(tty, "é".encode()[:1], "é".encode()[1:], count=1) == [Key("char", "é")]


def test_half_a_sequence_waits_for_its_other_half(tty: Tty) -> None:
    assert typed(tty, b"\x1b", b"[1;", b"5C", count=1) == [Key("ctrl-right")]


def test_an_escape_is_a_key_when_nothing_follows_it(tty: Tty) -> None:
    async def main() -> list[Key]:
        typist = Typist(tty)
        with typist.reading:
            return [*await typist.gets(b"\x1b"), *await typist.gets(b"\x1b[D")]

    assert aio.run(main()) == [Key("esc"), Key("left")]


def test_who_leaves_with_half_a_key_is_not_waited_for(tty: Tty) -> None:
    async def main() -> None:
        typist = Typist(tty)
        with typist.reading:
            await typist.gets(b"q\x1b")

    aio.run(main())


def test_a_paste_is_one_key(tty: Tty) -> None:
    assert typed(tty, b"\x1b[200~two\r", "zwölf\x1b[201~".encode(), count=1) == [Key("paste", "two\nzwölf")]


def test_keys_that_a_line_discipline_keeps_for_itself_come_too(tty: Tty) -> None:
    assert typed(tty, b"\x0f\x16\x12\x04", count=4) == [Key(f"ctrl-{letter}") for letter in "ovrd"]


# ------------------------------------------------------------------------------------------------- releases


def test_releases_are_asked_for_and_told_of(tty: Tty) -> None:
    async def main() -> list[Key]:
        typist = Typist(tty, hold=True)
        with typist.reading as keyboard:
            assert tty.shown() == ON + ASK
            assert await typist.gets(b"\x1b[?0ua") == [Key("char", "a")]
            assert tty.shown() == PUSH + ASK
            known = [keyboard.releases]
            for answer in (b"\x1b[?27ua", b"\x1b[?0ua"):  # the second to somebody else's question
                await typist.gets(answer)
                known.append(keyboard.releases)
            assert known == [False, True, True]
            return await typist.gets(b"\x1b[32;1:1;32u\x1b[32;1:2;32u\x1b[32;1:3u", 3)

    before = tty.state
    assert aio.run(main()) == [
        Key("space", " "),
        Key("space", " ", repeated=True),
        Key("space", " ", released=True),
    ]
    assert tty.shown() == POP + OFF
    assert tty.state == before


def test_a_terminal_that_does_not_do_what_it_was_asked_for_is_left_alone(tty: Tty) -> None:
    async def main() -> None:
        typist = Typist(tty, hold=True)
        with typist.reading as keyboard:
            await typist.gets(b"\x1b[?0ua")
            tty.shown()
            await typist.gets(b"\x1b[?1ua")
            assert not keyboard.releases
            assert tty.shown() == POP

    aio.run(main())
    assert tty.shown() == OFF


def test_an_answer_that_nobody_asked_for_is_nothing(tty: Tty) -> None:
    async def main() -> None:
        typist = Typist(tty)
        with typist.reading as keyboard:
            await typist.gets(b"\x1b[?27ua")
            assert not keyboard.releases

    aio.run(main())
    assert tty.shown() == ON + OFF


def test_what_was_typed_to_kitty_s_protocol_is_not_left_to_a_shell(tty: Tty) -> None:
    async def main() -> None:
        with Typist(tty, hold=True).reading:
            tty.type(b"\x1b[?0u\x1b[113;1:3u")

    aio.run(main())
    os.set_blocking(tty.stream.fileno(), False)
    tty.type(b"\n")
    assert os.read(tty.stream.fileno(), 100) == b"\n"


@pytest.mark.parametrize(
    ("sent", "number"), [(b"\x1b[99;5u", signal.SIGINT), (b"\x1b[122;5u", signal.SIGTSTP), (b"\x03", signal.SIGINT)]
)
def test_a_key_that_stands_for_a_signal_sends_it(tty: Tty, sent: bytes, number: signal.Signals) -> None:
    got: list[int] = []
    came = asyncio.Event()

    def note() -> None:
        got.append(number)
        came.set()

    async def main() -> None:
        typist = Typist(tty)
        with typist.reading:
            _without_signals(tty)
            asyncio.get_running_loop().add_signal_handler(number, note)
            releases_and_repeats = [sent[:-1] + event + b"u" for event in (b":2", b":3") if sent[-1:] == b"u"]
            await typist.gets(sent + b"".join(releases_and_repeats) + b"a")
            await came.wait()

    aio.run(main())
    assert got == [number]


def _without_signals(tty: Tty) -> None:
    """As a line discipline is set where ctrl-c is no signal."""
    now = termios.tcgetattr(tty.stream.fileno())
    now[3] &= ~termios.ISIG
    termios.tcsetattr(tty.stream.fileno(), termios.TCSANOW, now)


# ------------------------------------------------------------------------------------------------- giving back


def test_the_terminal_is_given_back_when_what_is_inside_fails(tty: Tty) -> None:
    before = tty.state

    async def main() -> None:
        with Typist(tty).reading:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aio.run(main())
    assert tty.state == before
    assert tty.shown() == ON + OFF


def test_a_terminal_that_goes_away_ends_the_reading_alone(tty: Tty) -> None:
    async def main() -> list[Key]:
        pressed: list[Key] = []
        with keys(tty.stream, pressed.append):
            os.close(tty.master)
            tty.master = os.open(os.devnull, os.O_RDONLY)
            for _ in range(50):
                await asyncio.sleep(0)
            signal.raise_signal(signal.SIGCONT)
            for _ in range(50):
                await asyncio.sleep(0)
        return pressed

    assert aio.run(main()) == []


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_takes_no_orders_gets_none(tty: Tty, monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    assert typed(tty, b"q", count=1) == [Key("char", "q")]
    assert tty.shown() == b""


@pytest.mark.parametrize("stream", [None, io.StringIO(), sys.__stdin__ if not os.isatty(0) else None])
def test_keys_are_read_from_a_terminal_alone(stream: TextIO | None) -> None:
    assert not can_read(stream)


def test_keys_can_be_read_from_a_terminal(tty: Tty) -> None:
    assert can_read(tty.stream)


def test_a_closed_stream_is_no_terminal() -> None:
    with open(os.devnull) as closed:
        pass
    assert not can_read(closed)


def test_signals_are_as_before_when_no_keys_are_read_any_more(tty: Tty) -> None:
    numbers = (signal.SIGTSTP, signal.SIGCONT, signal.SIGQUIT, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    typed(tty, b"q", count=1)
    assert [signal.getsignal(number) for number in numbers] == before


# ------------------------------------------------------------------------------------------------- whole programs

SCRIPT = """
import asyncio, os, signal, sys, time
from livechat.commands import endings, signals
from livechat.commands.group import Group, built
from livechat.terminal.keys import keys

signals.UNWINDING_S = 0.3

def show(text):
    os.write(1, f"[{text}]".encode())

async def main():
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def pressed(key):
        if key.text == "h":
            show("hanging")
            time.sleep(60)
        elif key.text == "q":
            over.set()
        elif key.text == "x":
            show("failing")
            wrong.set()
        elif key.text == "e":
            sys.exit(5)
        elif key.text == "s":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            show(key.name)

    wrong = asyncio.Event()
    with keys(sys.stdin, pressed, hold=HOLD, front=lambda ours: show("front" if ours else "back")):
        loop.add_signal_handler(signal.SIGUSR1, show, "alive")
        show("ready")
        waiting = [asyncio.ensure_future(one.wait()) for one in (over, wrong)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if wrong.is_set():
            raise ValueError("wrong")

def command():
    asyncio.run(main())

def tree():
    return Group("livechat", names=["go"], find=lambda name: built(name, command), help="", alone="")

sys.exit(endings.run(["go"], tree))
"""
END = RESET
"""What a terminal is told last."""


def program(*, hold: bool = False, shell: str = "") -> Program:
    return Program(SCRIPT.replace("HOLD", str(hold)), shell=shell)


def sending(number: signal.Signals) -> Callable[[Program], None]:
    return lambda running: os.kill(running.process.pid, number)


def typing(text: str) -> Callable[[Program], None]:
    return lambda running: running.type(text)


WAYS: dict[str, tuple[Callable[[Program], None], int]] = {
    "it ends": (typing("q"), 0),
    "it fails": (typing("x"), 1),
    "it exits": (typing("e"), 5),
    "ctrl-c": (typing("\x03"), 130),
    "ctrl-\\": (typing("\x1c"), 131),
    "SIGINT": (sending(signal.SIGINT), 130),
    "SIGTERM": (sending(signal.SIGTERM), 143),
    "SIGHUP": (sending(signal.SIGHUP), 129),
    "SIGQUIT": (sending(signal.SIGQUIT), 131),
}


@pytest.mark.parametrize("hold", [False, True], ids=["", "with releases"])
@pytest.mark.parametrize("way", WAYS)
def test_the_terminal_is_given_back_whichever_way_it_ends(way: str, hold: bool) -> None:
    leave, code = WAYS[way]
    with program(hold=hold) as running:
        running.expect("[ready]")
        if hold:
            running.type("\x1b[?0u")
            running.expect("\x1b[>27u\x1b[?u")
            running.type("\x1b[?27u\x1b[13u")
            running.expect("[enter]")
        assert running.state != running.before
        leave(running)
        assert running.end() == code
        assert running.state == running.before
    assert ("\x1b[<u" if hold else "") + END in running.shown
    assert running.shown.rpartition(END)[2].count("\x1b[?") == 0
    assert ("wrong" in running.shown) == (way == "it fails")
    assert "Traceback" not in running.shown


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        (typing("\x1c"), 131),
        (typing("\x03\x03"), 130),
        (sending(signal.SIGTERM), 143),
        (sending(signal.SIGHUP), 129),
    ],
    ids=["ctrl-\\", "ctrl-c twice", "SIGTERM", "SIGHUP"],
)
def test_the_terminal_is_given_back_by_a_program_that_hangs(leave: Callable[[Program], None], code: int) -> None:
    with program() as running:
        running.expect("[ready]")
        running.type("h")
        running.expect("[hanging]")
        leave(running)
        assert running.end() == code
        assert running.state == running.before
    assert running.shown.endswith(f"[hanging]\x1b[J\r\n{END}")


def test_a_terminal_that_shows_nothing_holds_nobody_up() -> None:
    with program() as running:
        running.expect("[ready]")
        running.type("\x13")  # ctrl-s
        running.type("q")
        assert running.process.wait(LIMIT_S) == 0
        assert running.state == running.before


LIMIT_S = 10.0


def test_who_is_cut_off_from_the_terminal_ends_in_order() -> None:
    with program() as running:
        running.expect("[ready]")
        running.hang_up()
        assert running.end() == 129


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() -> None:
    with program(hold=True, shell='"$@"; stty -a; fg; stty -a') as running:
        running.expect("[ready]")
        running.type("\x1b[?0u")
        running.expect("\x1b[>27u\x1b[?u")
        running.type("\x1b[?27u\x1b[122;5u")  # ctrl-z, in kitty's words
        assert "\x1b[<u" + END in running.expect("[back]") + running.expect("speed")
        assert " icanon" in (shells := running.expect("echoctl"))
        assert " echo " in shells
        running.expect(ON.decode() + "\x1b[>27u[front]")
        running.type("\x1b[A")
        running.expect("[up]")
        running.type("q")
        running.expect("speed")
        assert " icanon" in running.expect("echoctl")
        running.end()
        assert running.state == running.before


def test_in_the_background_the_terminal_is_the_shell_s_until_it_is_in_front_again() -> None:
    with program(shell='"$@"; bg; stty -a; read line; echo got $line; fg') as running:
        running.expect("[ready]")
        running.type("\x1a")
        running.expect("[back]")
        assert " icanon" in running.expect("echoctl")
        running.type("words for the shell\n")
        running.expect("got words for the shell")
        running.expect("[front]")
        running.type("\x1b[A")
        running.expect("[up]")
        running.type("q")
        assert running.end() == 0
        assert running.state == running.before


def test_what_ends_in_the_background_leaves_the_terminal_alone() -> None:
    with program(shell='"$@"; bg; kill %1; wait %1; echo code $?') as running:
        running.expect("[ready]")
        running.type("\x1a")
        running.expect("code 143")
        assert running.end() == 0
        assert running.state == running.before


def test_what_was_stopped_unasked_and_ends_in_the_background_leaves_the_terminal_alone() -> None:
    # A shell that somebody types into sets its terminal by itself.
    with program(
        shell='was=$(stty -g); "$@"; stty $was; bg; read line; kill -USR1 %1; read line; kill %1; wait %1; echo code $?'
    ) as running:
        running.expect("[ready]")
        running.type("s")
        running.expect("[back]")
        running.type("\n")
        running.expect("[alive]")
        running.type("\n")
        running.expect("code 143")
        assert running.end() == 0
        assert running.state == running.before


def test_what_begins_in_the_background_waits_until_it_is_in_front() -> None:
    with program(hold=True, shell='"$@" & read line; stty -a; fg') as running:
        running.expect("[back][ready]")
        running.type("\n")
        assert " icanon" in running.expect("echoctl")
        assert ON.decode() not in running.shown
        running.expect(f"{ON.decode()}\x1b[?u[front]")
        running.type("q")
        assert running.end() == 0
        assert running.state == running.before


def test_ctrl_z_without_a_shell_does_nothing() -> None:
    with program() as running:
        running.expect("[ready]")
        running.type("\x1a")
        running.expect("[back]")
        running.expect("[front]")
        running.type("q")
        assert running.end() == 0


def test_who_was_stopped_unasked_takes_the_terminal_again() -> None:
    with program(shell='exec "$@"') as running:  # a child of ours, of which we are told that it stopped
        running.expect("[ready]")
        os.kill(running.process.pid, signal.SIGSTOP)
        os.waitpid(running.process.pid, os.WUNTRACED)
        termios.tcsetattr(running.master, termios.TCSANOW, running.before)
        os.kill(running.process.pid, signal.SIGCONT)
        running.expect("[front]")
        assert running.state != running.before
        running.type("q")
        assert running.end() == 0
        assert running.state == running.before
