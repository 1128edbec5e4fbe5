"""Claims about the console of Windows, played by a stand-in: its codes are keys, and its thread ends."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.console import ConsoleDecoder, read
from livechat.terminal.decoder import Key
from livechat.terminal.keys import keys
from tests import aio
from tests.tty_help import Tty


class StandIn:
    """What was typed, a UTF-16 unit at a time; `then` is called when all was read."""

    def __init__(self, typed: str = "", then: Callable[[], None] = lambda: None) -> None:
        self.units = deque(typed.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"))
        self._then = then

    def kbhit(self) -> bool:
        if not self.units:
            self._then()
        return bool(self.units)

    def getwch(self) -> str:
        return self.units.popleft()


def typed(units: str) -> list[Key]:
    over = threading.Event()
    came: list[Key] = []
    read(StandIn(units, over.set), came.append, over)
    return came


NAMED = {
    "\r": "enter",
    "\t": "tab",
    "\x08": "backspace",
    "\x1b": "esc",
    "\x03": "ctrl-c",
    "\x04": "ctrl-d",
    "\xe0H": "up",
    "\xe0P": "down",
    "\xe0K": "left",
    "\xe0M": "right",
    "\0G": "home",
    "\xe0O": "end",
    "\xe0S": "delete",
    "\xe0s": "ctrl-left",
    "\xe0\x93": "ctrl-delete",
    "\0;": "f1",
    "\0D": "f10",
    "\xe0\x86": "f12",
    "\0\x1c": "alt-enter",
    "\0\x30": "alt-b",
    "\0\x21": "alt-f",
    "\0\x03": "ctrl-space",
}


@pytest.mark.parametrize("units", NAMED, ids=repr)
def test_every_key_has_its_name(units: str) -> None:
    assert typed(units + "q") == [Key(NAMED[units]), Key("char", "q")]


def test_what_writes_comes_as_it_is_written() -> None:
    assert typed("é 漢") == [Key("char", "é"), Key("space", " "), Key("char", "漢")]
    assert typed("\ud83d\udc4bq") == [Key("char", "👋"), Key("char", "q")]


def test_an_a_with_a_grave_accent_is_no_prefix_when_nothing_follows() -> None:
    assert typed("\xe0") == [Key("char", "à")]


def test_codes_without_a_key_are_left_out() -> None:
    assert typed("\0\xff\0") == []
    assert typed("\udc4bq\ud83d") == [Key("char", "q")]


@given(st.text(st.characters(codec=None), max_size=8))
def test_no_unit_stops_it(units: str) -> None:
    decoder = ConsoleDecoder()
    for unit in units:
        if unit <= "\uffff":
            decoder.feed(unit)
    decoder.timeout()
    assert not decoder.waiting
    assert decoder.feed("q") == [Key("char", "q")]


def test_keys_come_on_the_loop_and_the_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    _on_windows(monkeypatch, console := StandIn())

    async def main() -> list[tuple[Key, str]]:
        came: asyncio.Queue[tuple[Key, str]] = asyncio.Queue()
        tty = Tty()
        with keys(tty.stream, lambda key: came.put_nowait((key, threading.current_thread().name))) as keyboard:
            assert not keyboard.releases
            console.units.extend("\xe0Hq")
            found = [await came.get(), await came.get()]
        tty.close()
        return found

    here = threading.current_thread().name
    assert aio.run(main()) == [(Key("up"), here), (Key("char", "q"), here)]
    assert "console" not in [thread.name for thread in threading.enumerate()]


def test_ctrl_c_is_an_interrupt_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _on_windows(monkeypatch, StandIn("\x03"))
    came = asyncio.Event()

    async def main() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, came.set)
        tty = Tty()
        with keys(tty.stream, lambda key: None):
            await came.wait()
        tty.close()

    aio.run(main())


def _on_windows(monkeypatch: pytest.MonkeyPatch, console: StandIn) -> None:
    """As far as the keys can tell."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
