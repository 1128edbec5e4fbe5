"""Claims about signals: those that end a command let it clean up, unless somebody is in a hurry."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest

from livechat.commands.signals import LAST_S, as_main, signals_as_exits

from .cli import environment

SCRIPT = """
import asyncio, os, signal, sys, time
from livechat.commands import signals

signals.UNWINDING_S = LIMIT

def say(words):
    os.write(1, f"{words}\\n".encode())

async def wait():
    say("ready")
    await asyncio.sleep(60)

async def hang():
    try:
        await wait()
    finally:
        say("hanging")
        time.sleep(60)

async def thread():
    say("ready")
    try:
        await asyncio.to_thread(time.sleep, 60)
    finally:
        say("in order")

async def lead(doing):
    async def follow():
        await doing
    try:
        following = asyncio.get_running_loop().create_task(follow())
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.01)
        say(f"follower gone: {following.done()}")
        following.cancel()
        raise ValueError("on the way out")

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(1.0)

slow = None

def slowly():
    global slow
    slow = Slow()  # which the interpreter takes apart when its own handlers of signals are gone
    return wait()

def sleep():
    say("ready")
    time.sleep(60)

def peace():
    try:
        sleep()
    except SystemExit:
        pass

with signals.signals_as_exits():
    try:
        DOING
    finally:
        say("cleaned up")
"""
ORDERLY = "asyncio.run(signals.as_main(lead(wait())))"
STUCK = "asyncio.run(signals.as_main(thread()))"
LOOP, NO_LOOP, HANGING = "asyncio.run(wait())", "sleep()", "asyncio.run(hang())"
LIMIT_S = 20.0


class Running:
    """The script, ready to be sent signals."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.line("ready")

    def line(self, expected: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().decode() == f"{expected}\n"

    def send(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            os.kill(self._process.pid, number)

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it still said."""
        said, _ = self._process.communicate(timeout=LIMIT_S)
        return self._process.returncode, said.decode()


@contextmanager
def running(doing: str, limit_s: float = LIMIT_S, ignoring: Sequence[signal.Signals] = ()) -> Generator[Running]:
    def ignore() -> None:
        for number in ignoring:
            signal.signal(number, signal.SIG_IGN)

    script = SCRIPT.replace("LIMIT", str(limit_s)).replace("DOING", doing)
    command = [sys.executable, "-W", "error", "-c", script]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=ignore
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.mark.parametrize("doing", [LOOP, NO_LOOP], ids=["in a loop", "waiting"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_is_an_exit_with_its_code_after_all_is_cleaned_up(
    doing: str, number: signal.Signals, code: int
) -> None:
    with running(doing) as program:
        program.send(number)
        assert program.end() == (code, "cleaned up\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -2), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_main_task_is_cancelled_alone_and_nothing_it_raises_is_why_we_left(number: signal.Signals, code: int) -> None:
    with running(ORDERLY) as program:
        program.send(number)
        assert program.end() == (code, "follower gone: False\ncleaned up\n")


@pytest.mark.parametrize("doing", [LOOP, NO_LOOP], ids=["in a loop", "waiting"])
def test_ctrl_c_is_an_interrupt_after_all_is_cleaned_up(doing: str) -> None:
    with running(doing) as program:
        program.send(signal.SIGINT)
        assert program.end() == (-signal.SIGINT, "cleaned up\n")  # so Python ends what nobody catches


@pytest.mark.parametrize("doing", [LOOP, NO_LOOP, HANGING], ids=["in a loop", "waiting", "hanging"])
def test_who_quits_is_gone_at_once(doing: str) -> None:
    with running(doing) as program:
        program.send(signal.SIGQUIT)
        assert program.end() == (131, "")


@pytest.mark.parametrize(("first", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_ctrl_c_on_the_way_out_ends_it_at_once(first: signal.Signals, code: int) -> None:
    with running(HANGING) as program:
        program.send(first)
        program.line("hanging")
        program.send(signal.SIGINT)
        assert program.end() == (code, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("ignoring", [[], [signal.SIGQUIT]], ids=["", "without SIGQUIT"])
def test_what_hangs_on_the_way_out_is_not_waited_for_long(
    number: signal.Signals, code: int, ignoring: list[signal.Signals]
) -> None:
    with running(HANGING, limit_s=0.1, ignoring=ignoring) as program:
        program.send(number)
        program.line("hanging")
        assert program.end() == (code, "")


def test_a_signal_on_the_way_out_changes_nothing_unless_it_is_ctrl_c() -> None:
    with running(HANGING, limit_s=0.5) as program:
        program.send(signal.SIGHUP)
        program.line("hanging")
        program.send(signal.SIGTERM, signal.SIGHUP)
        assert program.end() == (129, "")


def test_what_is_ignored_stays_ignored() -> None:
    with running(LOOP, ignoring=[signal.SIGHUP, signal.SIGINT, signal.SIGQUIT]) as program:
        program.send(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
        assert program.end() == (143, "cleaned up\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_thread_that_hangs_holds_nobody_up_when_all_is_in_order(number: signal.Signals, code: int) -> None:
    with running(STUCK) as program:
        program.send(number)
        program.line("in order")
        began = time.monotonic()
        assert program.end() == (code, "")
        assert time.monotonic() - began < LAST_S + 0.5


def test_an_interpreter_that_takes_its_time_to_end_ends_with_its_code() -> None:
    with running("asyncio.run(signals.as_main(slowly()))") as program:
        program.send(signal.SIGTERM)
        assert program.end() == (143, "cleaned up\n")


def test_a_main_task_that_nobody_interrupts_has_no_limit() -> None:
    async def answer() -> int:
        return 42

    assert asyncio.run(as_main(answer())) == 42
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_who_catches_the_exit_leaves_all_the_same() -> None:
    with running("peace()") as program:
        program.send(signal.SIGTERM)
        assert program.end() == (143, "cleaned up\n")


def test_signals_are_as_before_afterwards() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    before = [signal.getsignal(number) for number in numbers]
    with signals_as_exits():
        assert not set(map(signal.getsignal, numbers)) & set(before)
    assert [signal.getsignal(number) for number in numbers] == before
