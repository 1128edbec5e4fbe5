"""Whether a process of this machine is there."""

from __future__ import annotations

import os
import time
from pathlib import Path


def is_there(pid: int) -> bool:
    """One that has ended and was not waited for yet counts as gone."""
    if not Path("/proc/self").exists():
        return _answers(pid)
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, limit_s: float = 3.0) -> bool:
    """Whether it is gone soon."""
    until = time.monotonic() + limit_s
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_there(pid)
