"""Single keys from a real pseudo-terminal, which is given back as it was however it ends."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import signal
import sys
import termios
from collections.abc import Generator
from typing import TextIO, cast

import pytest

from livechat.terminal.keys import can_read, keys
from tests import aio


class Tty:
    """A pseudo-terminal: `type` into it."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.stream = cast("TextIO", os.fdopen(slave))

    @property
    def state(self) -> list[object]:
        return termios.tcgetattr(self.stream.fileno())

    def type(self, data: bytes) -> None:
        os.write(self.master, data)


@pytest.fixture
def tty() -> Generator[Tty]:
    made = Tty()
    yield made
    made.stream.close()
    os.close(made.master)


def test_keys_come_as_they_are_pressed_and_the_terminal_is_given_back(tty: Tty) -> None:
    before = tty.state

    async def main() -> list[str]:
        pressed: asyncio.Queue[str] = asyncio.Queue()
        with keys(tty.stream, pressed.put_nowait):
            assert tty.state != before
            tty.type("mé ".encode())
            return [await pressed.get() for _ in range(3)]

    assert aio.run(main()) == ["m", "é", " "]
    assert tty.state == before


def test_half_a_character_waits_for_its_other_half(tty: Tty) -> None:
    async def main() -> str:
        pressed: asyncio.Queue[str] = asyncio.Queue()
        with keys(tty.stream, pressed.put_nowait):
            tty.type("é".encode()[:1])
            await asyncio.sleep(0)
            tty.type("é".encode()[1:])
            return await pressed.get()

    assert aio.run(main()) == "é"


@pytest.mark.parametrize("escape", [b"\x1b[A", b"\x1b[1;5C", b"\x1bOP", b"\x1bx", b"\x1b"])
def test_an_arrow_or_a_function_key_is_no_character(tty: Tty, escape: bytes) -> None:
    async def main() -> list[str]:
        pressed: asyncio.Queue[str] = asyncio.Queue()
        with keys(tty.stream, pressed.put_nowait):
            tty.type(b"m" + escape)
            return [await pressed.get(), *await _then(tty, pressed)]

    assert aio.run(main()) == ["m", "q"]


async def _then(tty: Tty, pressed: asyncio.Queue[str]) -> list[str]:
    tty.type(b"q")
    return [await pressed.get()]


def test_the_terminal_is_given_back_when_what_is_inside_fails(tty: Tty) -> None:
    before = tty.state

    async def main() -> None:
        with keys(tty.stream, lambda key: None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aio.run(main())
    assert tty.state == before


def test_a_terminal_that_goes_away_ends_the_reading_alone(tty: Tty) -> None:
    async def main() -> list[str]:
        pressed: list[str] = []
        with keys(tty.stream, pressed.append):
            os.close(tty.master)
            tty.master = os.open(os.devnull, os.O_RDONLY)
            for _ in range(50):
                await asyncio.sleep(0)
        return pressed

    assert aio.run(main()) == []


@pytest.mark.parametrize("stream", [None, io.StringIO(), sys.__stdin__ if not os.isatty(0) else None])
def test_keys_are_read_from_a_terminal_alone(stream: TextIO | None) -> None:
    assert not can_read(stream)


def test_keys_can_be_read_from_a_terminal(tty: Tty) -> None:
    assert can_read(tty.stream)


def test_a_closed_stream_is_no_terminal(tty: Tty) -> None:
    with open(os.devnull) as closed:
        pass
    assert not can_read(closed)
    assert signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL
