"""A real terminal to look at: tmux, which keeps a title, a clipboard and the lines that were scrolled away."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli import environment

LIMIT_S = 20.0
TITLE = "untouched"
ENDED = "ended"
_RUN = """
import os, subprocess, sys, tty
socket, channel, *command = sys.argv[1:]
subprocess.run(command)
tty.setcbreak(0)
os.write(1, b"\\x1b[6n")  # a question that the terminal answers when it has read all that came before
answer = b""
while not answer.endswith(b"R"):
    answer += os.read(0, 64)
subprocess.run(["tmux", "-S", socket, "wait-for", "-S", channel], check=True)
os.read(0, 1)
"""


@dataclass(frozen=True)
class Tmux:
    """A server of its own with one window."""

    socket: Path

    def ask(self, *words: str) -> str:
        command = ["tmux", "-u", "-S", str(self.socket), "-f", "/dev/null", *words]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=True, env=environment()
        ).stdout

    @property
    def lines(self) -> list[str]:
        """All it has shown, of any width, without the spaces behind and the empty lines at the end."""
        shown = self.ask("capture-pane", "-p", "-J", "-S", "-").rstrip("\n ")
        return [line.rstrip() for line in shown.split("\n")]

    @property
    def title(self) -> str:
        return self.ask("display-message", "-p", "#{pane_title}").rstrip("\n")

    @property
    def clipboard(self) -> list[str]:
        """What programs have put there."""
        return self.ask("list-buffers").splitlines()


@contextmanager
def tmux(folder: Path, command: Sequence[str], *, columns: int = 80, lines: int = 24) -> Generator[Tmux]:
    """Runs `command` in a window of that size. Skips the test where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    terminal = Tmux(folder / "tmux")
    size = ("-x", str(columns), "-y", str(lines))
    terminal.ask(
        *(
            "start-server",
            ";",
            "set-option",
            "-g",
            "set-clipboard",
            "on",
            ";",
            "set-option",
            "-g",
            "allow-rename",
            "on",
        ),
        *(";", "new-session", "-d", *size, *command, ";", "select-pane", "-T", TITLE),
    )
    try:
        yield terminal
    finally:
        terminal.ask("kill-server")


@contextmanager
def tmux_after(folder: Path, command: Sequence[str]) -> Generator[Tmux]:
    """A window in which `command` has ended and all that it wrote was read."""
    with tmux(folder, [sys.executable, "-c", _RUN, str(folder / "tmux"), ENDED, *command]) as terminal:
        terminal.ask("wait-for", ENDED)
        yield terminal
