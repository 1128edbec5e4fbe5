"""Measures what the screen costs while the model speaks, and whether sound waits for a terminal that nobody reads.

The face is drawn by a process of its own on a pseudo-terminal; this one is the terminal.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from fcntl import ioctl

from livechat.events import Event, ModelSaid, Ready, ReplyCame, TurnEnded, UserSaid
from livechat.terminal.inputs import Gauged, Look, Playing
from livechat.terminal.screen import Screen

SPEAK_S, UNREAD_S = 20, 30
TICK_S = 0.02
LATE_S = 0.02
"""A tick is late where it comes when the next was due."""
WORD_S, TURN_WORDS = 0.3, 40
COLUMNS, LINES = 100, 30
TEXT = "tomorrow in Lisbon it will be about nineteen degrees with a chance of rain, so take an umbrella"
WORDS = TEXT.split()


def screen() -> Iterator[tuple[str, float, float]]:
    told, written = drawn(SPEAK_S, read=True)
    yield "screen while the model speaks: CPU, % of a core", 100 * told["cpu_s"] / SPEAK_S, 3
    yield "screen while the model speaks: KB/s", written / 1000 / SPEAK_S, 15
    told, _ = drawn(UNREAD_S, read=False)
    print(f"      screen: of {told['ticks']} ticks the worst was {1000 * told['worst_s']:.1f} ms late", flush=True)
    yield f"screen not read for {UNREAD_S} s: late ticks", told["late"], 0


def drawn(seconds: int, *, read: bool) -> tuple[dict[str, float], int]:
    """What the process tells of itself, and the bytes that it wrote while it was read."""
    terminal, its_end = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "tests.bench.screen", str(seconds)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its_end, stderr=subprocess.PIPE)
    os.close(its_end)
    assert process.stderr is not None
    written = 0
    watched = [terminal, process.stderr] if read else [process.stderr]
    while (ready := select.select(watched, [], [], seconds + 30)[0]) == [terminal]:
        written += len(os.read(terminal, 65536))
    assert ready, "it does not come to its end"
    told = process.stderr.readline()
    os.close(terminal)
    process.communicate()
    return json.loads(told), written


# --------------------------------------------------------------------------------------------- the process measured


async def face(seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()

    def gauge() -> Gauged:
        t = loop.time() - began
        sounding = Playing(turn(t), round(1000 * (t % (WORD_S * TURN_WORDS))), round(2000 * t))
        return Gauged(-50 + 5 * math.sin(t * 7), -20 + 15 * math.sin(t * 11), playing=sounding)

    drawn = Screen(1, Look("puck", server="local"), color=True, gauge=gauge)
    late = Lateness()
    cpu = time.process_time()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(drawn.run()), tasks.create_task(talk(drawn)), tasks.create_task(late.watch())]
        await asyncio.sleep(seconds)
        for task in running:
            task.cancel()
    cpu = time.process_time() - cpu
    drawn.close()
    return {"cpu_s": cpu - (await pauses()) * seconds, "ticks": late.ticks, "late": late.late, "worst_s": late.worst_s}


def turn(t: float) -> int:
    return 1 + int(t / (WORD_S * TURN_WORDS))


async def talk(drawn: Screen) -> None:
    """One turn after the other, a word after the other."""
    loop = asyncio.get_running_loop()

    def tell(event: Event) -> None:
        drawn(loop.time(), event)

    tell(Ready("gemini"))
    number = 0
    while True:
        number += 1
        tell(UserSaid(number, "and do I need an umbrella?", "and do I need an umbrella?", final=True))
        said = ""
        for word in range(TURN_WORDS):
            new = WORDS[word % len(WORDS)] + " "
            said += new
            tell(ModelSaid(number, new, spoken=True))
            await asyncio.sleep(WORD_S)
        tell(ReplyCame(number, said))
        tell(TurnEnded(number, "and do I need an umbrella?", said, False, round(1000 * WORD_S * TURN_WORDS)))


class Lateness:
    """Wakes each 20 ms, as sound does."""

    def __init__(self) -> None:
        self.ticks = self.late = 0
        self.worst_s = 0.0

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += TICK_S
            await asyncio.sleep(due - loop.time())
            late_s = loop.time() - due
            self.ticks += 1
            self.late += late_s >= LATE_S
            self.worst_s = max(self.worst_s, late_s)


async def pauses() -> float:
    """The share of a core that the ticks cost alone, which are not the screen's."""
    cpu = time.process_time()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(Lateness().watch())
        await asyncio.sleep(2)
        watching.cancel()
    return (time.process_time() - cpu) / 2


if __name__ == "__main__":
    print(json.dumps(asyncio.run(face(float(sys.argv[1])))), file=sys.stderr)
