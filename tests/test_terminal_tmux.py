"""In a real terminal that reflows, history is there once and the region once, however often its size changes."""

from __future__ import annotations

import json
import os
import random
import select
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.screen_tale import FRAMES_EACH, HEADER
from tests.tmux_help import Tmux, tmux

RESIZES = 50
PARAGRAPHS = 3
"""Before the first change of size: what reflows needs lines above it, see `livechat.terminal.region`."""
SETTLED = 0.2
"""After how many of them the next waits until the program could know of it; the others it meets in the dark."""
PARAGRAPHS_AT_LEAST = 30
LIMIT_S = 5.0

pytestmark = pytest.mark.tmux


class Tale:
    """A tale that is told in a window of tmux."""

    def __init__(self, window: Tmux, orders: int, news: int) -> None:
        self._window, self._orders, self._news = window, orders, news
        self.added = list(HEADER)
        self.size = [0, 0]

    def order(self, frames: int | None) -> None:
        os.write(self._orders, f"{json.dumps(frames)}\n".encode())

    def hear(self) -> None:
        told = b""
        while not told.endswith(b"\n"):
            assert select.select([self._news], [], [], LIMIT_S)[0], "\n".join(self._window.lines)
            told += os.read(self._news, 65536)
        added, self.size = json.loads(told)
        self.added += added

    def tell(self, frames: int | None) -> None:
        self.order(frames)
        self.hear()

    def resize(self, columns: int, lines: int) -> None:
        self._window.ask("resize-window", "-x", str(columns), "-y", str(lines))

    def settle(self, columns: int, lines: int) -> None:
        """Until tmux has told the program of its new size, which it does not do at once."""
        end = time.monotonic() + LIMIT_S
        while self.size != [columns, lines]:
            assert time.monotonic() < end
            self.tell(0)

    def lines_once(self, whether: Callable[[list[str]], bool]) -> list[str]:
        """The lines of the window as soon as they are so, or as they stay."""
        end = time.monotonic() + LIMIT_S
        while not whether(lines := self._window.lines) and time.monotonic() < end:
            pass
        return lines


@contextmanager
def told_in(folder: Path, columns: int = 100, lines: int = 30) -> Generator[Tale]:
    pipes = [folder / "orders", folder / "news"]
    for pipe in pipes:
        os.mkfifo(pipe)
    ends = [os.open(pipe, os.O_RDWR) for pipe in pipes]  # both ways, so that neither opening nor reading waits
    command = ["env", f"PYTHONPATH={Path(__file__).parents[1]}", sys.executable, "-m", "tests.screen_tale"]
    try:
        with tmux(folder, [*command, *map(str, pipes)], columns=columns, lines=lines) as window:
            yield Tale(window, *ends)
    finally:
        for end in ends:
            os.close(end)


def history(lines: list[str]) -> list[str]:
    return [line for line in lines if line and not is_live(line)]


def is_live(line: str) -> bool:
    return any(word in line for word in ("LIVE", "STATE", "KEYS"))


def test_a_window_that_is_drawn_narrower_soon_after_the_beginning_shows_no_ghost(tmp_path: Path) -> None:
    """Few lines stand above the region, and each step breaks its rows again."""
    with told_in(tmp_path) as tale:
        tale.tell(FRAMES_EACH + 1)
        tale.lines_once(lambda lines: lines[-1].startswith("KEYS"))
        for columns in range(95, 40, -5):
            tale.resize(columns, 30)
            tale.settle(columns, 30)
            tale.tell(0)
        expected = [line.split()[0] for line in tale.added if line] + ["LIVE"] * 4 + ["STATE", "KEYS"]
        lines = tale.lines_once(lambda lines: [line.split()[0] for line in lines if line] == expected)
        assert [line.split()[0] for line in lines if line] == expected


@pytest.mark.parametrize("seed", range(3))
def test_after_fifty_changes_of_size_each_line_is_there_once_and_no_ghost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with told_in(tmp_path) as tale:
        tale.tell(PARAGRAPHS * FRAMES_EACH)
        size = 0, 0
        for _ in range(RESIZES):
            tale.order(chance.randrange(1, 2 * FRAMES_EACH))
            size = chance.randrange(40, 120), chance.randrange(20, 40)
            tale.resize(*size)
            tale.hear()
            if chance.random() < SETTLED:
                tale.settle(*size)
        tale.settle(*size)
        tale.tell(1)
        expected = [line for line in tale.added if line]
        assert len({line.partition(".")[0] for line in expected}) > PARAGRAPHS_AT_LEAST
        lines = tale.lines_once(lambda lines: history(lines) == expected and lines[-1].startswith("KEYS"))
        assert history(lines) == expected
        live = [line.split()[0] for line in lines if is_live(line)]
        assert live in [["LIVE"] * rows + ["STATE", "KEYS"] for rows in range(5)]
        tale.tell(None)
        lines = tale.lines_once(lambda lines: not any(map(is_live, lines)))
        assert [line for line in lines if line] == expected
