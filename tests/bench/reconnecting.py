"""Cuts connections on loopback and has servers give notice, and measures for how long a user has no connection.

The servers are threads of this process, so that what a user said can be compared with what they heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

from tests.moves import LOSSES, Moved, comes_back, moves, numbers, place

LOST = 51
"""Connections of each kind; the first is dropped."""
MOVES = 52
LANES = 4
"""Servers, each with one user at a time."""
LEFT_S = 10.0
FORCED_LEFT_S = 1.5
"""The connection is left half of that later, whatever the user is about."""


def reconnecting() -> Iterator[tuple[str, float, float]]:
    for loss, times in asyncio.run(losses()).items():
        print(f"      after {loss}: {told(times)}", flush=True)
        yield f"from the loss of a connection ({loss}) to the next that is ready, p99, ms", p99(times), 300
    lost, gaps = 0, list[float]()
    for moved, seconds in asyncio.run(all_moves()):
        lost += missing(moved, numbers(seconds))
        gaps.append(1000 * moved.gap_s)
    print(f"      without a connection because of goAway: {told(gaps)}", flush=True)
    yield f"samples of speech lost in {len(gaps)} moves after goAway", lost, 0
    yield "from the last sound before a move to the first after it, p99, ms", p99(gaps), 250


async def losses() -> dict[str, list[float]]:
    """Milliseconds, half of them in the middle of a turn."""
    with place() as server:
        return {
            loss: [1000 * await comes_back(server, loss, in_turn=bool(number % 2)) for number in range(LOST)][1:]
            for loss in LOSSES
        }


async def all_moves() -> list[tuple[Moved, float]]:
    """With the seconds that were spoken."""
    chance = Random(8)
    plans = [(chance.uniform(-0.3, 0.1), 0.6, LEFT_S) for _ in range(MOVES * 3 // 4)]
    plans += [(chance.uniform(-0.6, 0.2), 2.0, FORCED_LEFT_S) for _ in range(MOVES // 4)]

    async def lane(number: int) -> list[tuple[Moved, float]]:
        with place() as server:
            return [(await moves(server, *plan), plan[1]) for plan in plans[number::LANES]]

    return [one for lane in await asyncio.gather(*map(lane, range(LANES))) for one in lane]


def missing(moved: Moved, said: list[int]) -> int:
    """Samples that the session did not hear in their order; a new one has to hear all of them."""
    heard = moved.heard[-1] if moved.how != "resumed" else [sample for part in moved.heard for sample in part]
    return 0 if heard == said else max(1, len(set(said) - set(heard)))


def p99(times: list[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


def told(times: list[float]) -> str:
    return f"p50 {sorted(times)[len(times) // 2]:.0f} ms, p99 {p99(times):.0f} ms, {len(times)} times"
