"""Runs a coroutine for a test: on a loop of its own, in asyncio's debug mode, and not for ever."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
LIMIT_S = 10.0


def ends(thread: threading.Thread, limit_s: float = LIMIT_S) -> bool:
    """Whether it does, within so many real seconds; what only a cycle keeps alive, garbage is collected for.

    More than once, for it may itself be what still holds its owner for a moment.
    """
    until = time.monotonic() + limit_s
    thread.join(0.05)
    while thread.is_alive() and time.monotonic() < until:
        gc.collect()
        thread.join(0.05)
    return not thread.is_alive()


def run(main: Coroutine[Any, Any, T], limit_s: float = LIMIT_S) -> T:
    """What `main` returns. Raises TimeoutError when it takes longer than `limit_s` of real seconds."""

    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await main

    return asyncio.run(limited(), debug=True)
