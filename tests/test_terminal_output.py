"""Nothing waits for a terminal that is not read, and none is left stopped; on real pseudo-terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from livechat.terminal.output import UNKNOWN_SIZE, Output
from tests.terminal_help import Pty

A_LOT = b"x" * 1_000_000
SOON_S = 5.0


@pytest.fixture
def terminal() -> Generator[Pty]:
    made = Pty()
    yield made
    made.close()


@pytest.fixture
def output(terminal: Pty) -> Generator[Output]:
    made = Output(terminal.descriptor)
    yield made
    made.close()


@pytest.fixture
def pipe() -> Generator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has closed it


def test_what_is_written_arrives(terminal: Pty, output: Output) -> None:
    assert output.write("déjà".encode()) == b""
    terminal.read_until("déjà".encode())


def test_an_unread_terminal_takes_a_part_and_gives_the_rest_back(terminal: Pty, output: Output) -> None:
    rest = output.write(A_LOT)
    assert 0 < len(rest) < len(A_LOT)
    while output.ready(0):
        rest = output.write(rest)
    assert rest
    terminal.read_until(b"x" * 1000)
    assert output.ready(SOON_S)


def test_the_descriptor_that_was_given_stays_as_it_was(terminal: Pty, output: Output) -> None:
    output.write(A_LOT)
    assert os.get_blocking(terminal.descriptor)
    output.close()
    output.close()
    assert os.isatty(terminal.descriptor)


def test_a_terminal_that_is_gone_is_an_error(terminal: Pty, output: Output) -> None:
    terminal.hang_up()
    with pytest.raises(OSError, match="rror"):
        output.write(b"hello")


def test_the_size_is_that_of_now(terminal: Pty, output: Output) -> None:
    assert output.size() == (40, 10)
    terminal.resize(100, 30)
    assert output.size() == (100, 30)


@pytest.mark.parametrize("size", [(0, 0), (0, 24), (80, 0)])
def test_a_terminal_that_does_not_know_its_size_has_that_of_a_vt100(
    terminal: Pty, output: Output, size: tuple[int, int]
) -> None:
    terminal.resize(*size)
    assert output.size() == UNKNOWN_SIZE


def test_a_ctrl_s_is_undone(terminal: Pty, output: Output) -> None:
    terminal.stop()
    assert output.write(b"hello") == b"hello"
    output.release()
    assert output.ready(SOON_S)
    assert output.write(b"hello") == b""
    terminal.read_until(b"hello")


def test_what_nobody_has_read_is_thrown_away(terminal: Pty, output: Output) -> None:
    output.write(A_LOT)
    output.discard()
    assert output.write(b"hello") == b""
    assert len(terminal.read_until(b"hello")) < 10_000  # what was under way already may still come


def test_a_pipe_is_written_to_as_it_is(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    output = Output(writing)
    assert output.write(b"hello") == b""
    assert os.read(reading, 100) == b"hello"
    assert output.size() == UNKNOWN_SIZE
    output.release()
    output.discard()
    output.close()
    os.fstat(writing)
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        output.write(b"hello")


def test_a_pipe_that_never_waits_gives_the_rest_back(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    output = Output(pipe[1])
    while not (rest := output.write(A_LOT)):
        pass
    assert len(rest) < len(A_LOT)
    assert output.write(rest) == rest
    assert not output.ready(0)


IN_THE_BACKGROUND = """
import fcntl, os, signal, sys, termios
from livechat.terminal.output import Output
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    output = Output(0)
    output.release()
    output.discard()
    os._exit(0)
os._exit(0 if os.WIFEXITED(os.waitpid(child, os.WUNTRACED)[1]) else 1)
"""


def test_in_the_background_the_terminal_is_left_alone_and_we_are_not_stopped(terminal: Pty) -> None:
    command = [sys.executable, "-c", IN_THE_BACKGROUND]
    subprocess.run(command, stdin=terminal.descriptor, check=True, timeout=30)
