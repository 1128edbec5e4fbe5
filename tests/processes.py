"""Whether a process of this machine is there."""

from __future__ import annotations

import time
from pathlib import Path


def is_there(pid: int) -> bool:
    """One that has ended and was not waited for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int, limit_s: float = 3.0) -> bool:
    """Whether it is gone soon."""
    until = time.monotonic() + limit_s
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_there(pid)
