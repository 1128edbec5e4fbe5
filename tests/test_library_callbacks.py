"""A callback may be a function, a coroutine function, or nobody."""

from __future__ import annotations

import asyncio

from livechat.library.callbacks import Closed, call
from tests import virtual


def test_functions_are_called_and_what_they_promise_is_waited_for() -> None:
    heard: list[object] = []

    async def later(closed: Closed) -> None:
        await asyncio.sleep(1)
        heard.append(closed.code)

    async def main() -> None:
        await call(None, 1)
        await call(heard.append, "now")
        await call(later, Closed(1006))

    virtual.run(main())
    assert heard == ["now", 1006]
