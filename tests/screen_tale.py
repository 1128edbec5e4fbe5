"""Tells a long tale on its terminal, in as many frames as it is told to: `python -m tests.screen_tale ORDERS NEWS`.

Both are named pipes with a JSON value in each line. An order is a number of frames more, or null for the end; the
news are the history lines that were added and the size that the terminal has for us, after each order.
"""

from __future__ import annotations

import json
import os
import sys
import time

from livechat.terminal.cells import wrapped
from livechat.terminal.safe import Safe
from livechat.terminal.style import Span, Style, painted, text_of
from livechat.terminal.writer import Writer

TEXT = "the quick brown fox jumps over the lazy dog and is told of it by a voice that does not hurry"
WORDS = TEXT.split()
HEADER = ["livechat", "mic  none    speaker  none", "", "(ctrl-c ends it)"]
FRAMES_EACH = 4
LIVE_ROWS = 4
CHROME = 78
PACE_S = 0.002
"""So that the writer comes to draw most of the frames."""


def main(orders: str, news: str) -> None:
    writer = Writer(1)
    writer.add(HEADER)
    frame = 0
    with open(orders) as ordered, open(news, "w", buffering=1) as told:
        for order in ordered:
            frames = json.loads(order)
            if frames is None:
                break
            added: list[str] = []
            for _ in range(frames):
                frame += 1
                added += step(writer, frame)
                time.sleep(PACE_S)
            if frame % FRAMES_EACH != FRAMES_EACH - 1:
                step(writer, frame)  # also where there is nothing new: the size may be
            time.sleep(PACE_S)
            print(json.dumps([added, os.get_terminal_size(1)]), file=told)
        writer.close(10)
        print(json.dumps([[], os.get_terminal_size(1)]), file=told)
        ordered.readline()  # until the window is closed


def step(writer: Writer, frame: int) -> list[str]:
    columns, _ = os.get_terminal_size(1)
    number, part = divmod(frame, FRAMES_EACH)
    text = " ".join(WORDS[(number + word) % len(WORDS)] for word in range(15 + 40 * (part + 1)))
    lines = wrapped((Span(Safe(text), Style.DIM),), columns - 12)
    added: list[str] = []
    if part == FRAMES_EACH - 1:
        added = [f"p{number:03}.{line:02} {text_of(row)}" for line, row in enumerate(lines)]
        writer.add([painted((Span(Safe(line), Style.BOLD),), sgr=True, color=True) for line in added])
        lines = []
    live = [f"LIVE 界 {painted(row, sgr=True, color=True)}" for row in lines[-LIVE_ROWS:]]
    writer.show([*live, "", f"STATE {frame} ".ljust(CHROME, "s"), "KEYS ".ljust(CHROME, "k")])
    return added


if __name__ == "__main__":
    main(*sys.argv[1:])
