"""Claims about borrowing a terminal that a pseudo-terminal alone shows; whole programs are in test_terminal_keys."""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import Generator
from types import FrameType

import pytest

from livechat.terminal.giving_back import PATIENCE_S, RESET, borrowed, takes_orders
from tests.tty_help import Attributes, Tty

XTERM = {"TERM": "xterm"}


@pytest.fixture
def tty() -> Generator[Tty]:
    made = Tty()
    yield made
    made.close()


def test_a_terminal_is_as_it_was_when_it_is_given_back(tty: Tty) -> None:
    before = tty.state
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        assert tty.state == before
        assert terminal.take()
        assert tty.state != before
    assert tty.state == before
    assert tty.shown().decode() == f"\x1b[?2004h{RESET}"


def test_a_terminal_that_is_ours_keeps_no_key_but_those_that_are_signals(tty: Tty) -> None:
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        terminal.take()
        kept = termios.tcgetattr(tty.stream.fileno())[3]
    assert not kept & (termios.ICANON | termios.ECHO | termios.IEXTEN)
    assert kept & termios.ISIG


def test_what_was_never_taken_is_not_given_back(tty: Tty) -> None:
    with borrowed(tty.stream.fileno(), XTERM):
        now = termios.tcgetattr(tty.stream.fileno())
        now[3] &= ~termios.ECHO
        termios.tcsetattr(tty.stream.fileno(), termios.TCSANOW, now)
    assert tty.state == now
    assert tty.shown() == b""


def test_what_it_was_like_is_looked_at_each_time_it_is_taken(tty: Tty) -> None:
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        terminal.take()
        terminal.give_back()
        changed = termios.tcgetattr(tty.stream.fileno())
        changed[0] &= ~termios.IXON
        termios.tcsetattr(tty.stream.fileno(), termios.TCSANOW, changed)
        terminal.take()
        terminal.take()
    assert tty.state == changed


def test_what_is_switched_on_is_so_whenever_it_is_ours_and_off_first(tty: Tty) -> None:
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        terminal.take()
        terminal.switch("<on>", "<off>")
        terminal.give_back()
        assert tty.shown().decode() == f"\x1b[?2004h<on><off>{RESET}"
        terminal.take()
        terminal.switch_off("<on>", "<off>")
        assert tty.shown().decode() == "\x1b[?2004h<on><off>"
    assert tty.shown().decode() == RESET


def test_a_terminal_that_takes_nothing_is_not_waited_for(tty: Tty) -> None:
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        terminal.take()
        termios.tcflow(tty.stream.fileno(), termios.TCOOFF)
        began = time.monotonic()
        terminal.give_back()
        assert PATIENCE_S <= time.monotonic() - began < PATIENCE_S + 1
        termios.tcflow(tty.stream.fileno(), termios.TCOON)
    assert tty.shown() == b"\x1b[?2004h"


def test_a_terminal_that_cannot_be_opened_is_written_to_all_the_same(tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(descriptor: int) -> str:
        raise OSError

    monkeypatch.setattr(os, "ttyname", unknown)
    with borrowed(tty.stream.fileno(), XTERM) as terminal:
        terminal.take()
    assert tty.shown().decode() == f"\x1b[?2004h{RESET}"


def test_sigquit_does_what_it_did_when_the_terminal_is_given_back(tty: Tty) -> None:
    before, states = tty.state, list[Attributes]()

    def quitting(number: int, frame: FrameType | None) -> None:
        states.append(tty.state)

    former = signal.signal(signal.SIGQUIT, quitting)
    try:
        with borrowed(tty.stream.fileno(), XTERM) as terminal:
            terminal.take()
            signal.raise_signal(signal.SIGQUIT)
        assert signal.getsignal(signal.SIGQUIT) is quitting
    finally:
        signal.signal(signal.SIGQUIT, former)
    assert states == [before]
    assert tty.shown().decode() == f"\x1b[?2004h\x1b[J\r\n{RESET}", "nor is a region left"


def test_a_sigquit_that_is_ignored_stays_so(tty: Tty) -> None:
    former = signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    try:
        with borrowed(tty.stream.fileno(), XTERM):
            assert signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGQUIT, former)


@pytest.mark.parametrize(("term", "takes"), [("xterm", True), ("linux", True), ("dumb", False), ("", False)])
def test_a_terminal_s_name_says_whether_it_takes_orders(term: str, takes: bool) -> None:
    assert takes_orders({"TERM": term}) == takes
    assert not takes_orders({})
