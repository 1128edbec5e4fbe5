"""Knows for how long this machine has been suspended, which the clock of an event loop does not count on Linux."""

from __future__ import annotations

import time


def suspended() -> float:
    """Seconds since it was switched on, in sum (clock_gettime(2)); 0.0 where the system does not say."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
