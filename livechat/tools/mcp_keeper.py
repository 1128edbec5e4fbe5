"""Starts a program, and ends it with all that it has started once nobody wants it any more.

It is a process of its own between livechat and a server of tools, and outlives a livechat that is killed: the end of
the pipe that livechat holds is closed by the system whatever happens. It imports nothing of ours, to start at once:

    python -I -S mcp_keeper.py LIFELINE PROGRAM [ARGUMENT …]

LIFELINE is the number of the descriptor of the pipe's other end. The program has the streams that this process was
given; its exit code is this one's, 128 and the signal's number where it was killed by one, 127 where it cannot start.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

GRACE_S = 0.5
"""Seconds that a program has to end by itself: it has seen the end of its stdin."""
KILL_S = 0.3
"""Seconds between SIGTERM and SIGKILL."""
NOT_STARTED = 127


def main(args: Sequence[str]) -> int:
    lifeline, program, *_ = args
    os.set_inheritable(int(lifeline), False)
    woken = _woken_by(signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP)
    try:
        child = os.posix_spawnp(
            program, [*args[1:]], os.environ, setpgroup=0, setsigdef=[signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP]
        )
    except OSError as error:
        sys.stderr.write(f"{program}: {error.strerror}\n")
        return NOT_STARTED
    _let_go_of_streams()
    try:
        return _ended_by_itself(child, int(lifeline), woken)
    finally:
        with suppress(OSError):  # nothing is left of it
            os.killpg(child, signal.SIGKILL)


def _woken_by(*signals: signal.Signals) -> int:
    """A descriptor that can be read once one of them has come."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in signals:
        signal.signal(number, _only_woken)
    return woken


def _only_woken(number: int, frame: FrameType | None) -> None:
    """What a signal does by itself: nothing."""


def _let_go_of_streams() -> None:
    """Leaves stdin and stdout to the program, so that they end with it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)


def _ended_by_itself(child: int, lifeline: int, woken: int) -> int:
    """Waits for the end of the program, and brings it about when nobody wants it any more; its exit code."""
    while True:
        ready, _, _ = select.select([lifeline, woken], [], [])
        unwanted = lifeline in ready
        if woken in ready and set(os.read(woken, 512)) - {signal.SIGCHLD}:
            unwanted = True
        if (code := _code_of(child, os.WNOHANG)) is not None:
            return code
        if unwanted:
            return _brought_to_an_end(child)


def _brought_to_an_end(child: int) -> int:
    for patience_s, number in ((GRACE_S, signal.SIGTERM), (KILL_S, signal.SIGKILL)):
        if (code := _code_within(patience_s, child)) is not None:
            return code
        with suppress(OSError):
            os.killpg(child, number)
    return _code_of(child, 0) or 0


def _code_within(patience_s: float, child: int) -> int | None:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if (code := _code_of(child, os.WNOHANG)) is not None:
            return code
        time.sleep(0.01)
    return None


def _code_of(child: int, options: int) -> int | None:
    ended, status = os.waitpid(child, options)
    if not ended:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
