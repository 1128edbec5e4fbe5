"""Runs a coroutine for a test: on a loop of its own, in asyncio's debug mode, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
LIMIT_S = 10.0


def run(main: Coroutine[Any, Any, T], limit_s: float = LIMIT_S) -> T:
    """What `main` returns. Raises TimeoutError when it takes longer than `limit_s` of real seconds."""

    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await main

    return asyncio.run(limited(), debug=True)
