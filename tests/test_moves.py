"""On a real socket the next connection soon follows a lost one, and no word is lost where the server gives notice."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests import aio
from tests.bench.reconnecting import missing
from tests.moves import LOSSES, Loss, comes_back, moves, numbers, place

SOON_S = 2.0
"""Of a busy machine; `make bench` measures it."""
BEFORE, DURING, AFTER = -0.2, 0.01, 0.1
"""When the user begins to speak, seconds after the notice."""


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_connection_is_soon_followed_by_the_next(loss: Loss) -> None:
    async def main() -> None:
        with place() as server:
            for in_turn in (False, True):
                assert await comes_back(server, loss, in_turn=in_turn) < SOON_S

    aio.run(main(), limit_s=30)


def test_what_is_said_around_a_move_is_heard_sample_by_sample() -> None:
    async def move(speaks_at: float, seconds: float, left_s: float) -> str:
        with place() as server:
            moved = await moves(server, speaks_at, seconds, left_s)
        assert missing(moved, numbers(seconds)) == 0
        assert moved.gap_s < SOON_S
        return moved.how

    async def main() -> list[str]:
        in_a_pause = [move(at, 0.6, 10.0) for at in (BEFORE, DURING, AFTER)]
        return await asyncio.gather(*in_a_pause, move(-0.3, 2.0, 1.5))

    assert Counter(aio.run(main(), limit_s=60)) == {"resumed": 3, "rebuilt": 1}
