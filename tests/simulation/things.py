"""What a simulated client has at hand beside its network: hands that have effects, and a speaker."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from livechat import events
from tests.simulation.model import result_of
from tests.simulation.world import World


class Hands:
    """Has the effects that the model calls for, and counts them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: dict[str, tuple[asyncio.TimerHandle, tuple[str, int]]] = {}

    def check(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        pass

    def begin(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        tag, number = str(args["tag"]), int(args["number"])
        self._world.effects[tag, number] = self._world.effects.get((tag, number), 0) + 1
        self._world.tell(f"hands  begin {tag}.{number} as {id}")
        done = partial(self._finish, id, result_of(int(tag[1:]), number))
        self._running[id] = self._world.loop.call_later(self._world.schedule.effect_s, done), (tag, number)

    def cancel(self, id: str) -> None:
        if id in self._running:
            self._world.tell(f"hands  cancel {id}")
            timer, effect = self._running.pop(id)
            timer.cancel()
            self._world.effects[effect] -= id in self._world.taken_back

    def _finish(self, id: str, result: str) -> None:
        del self._running[id]
        self._world.tell(f"hands  finish {id}: {result}")
        assert self._world.session is not None
        self._world.session.report(events.ToolFinished(id, {"output": result}))


class Speaker:
    """Plays in real time, and reports each piece when it was heard."""

    ahead = 0

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: deque[tuple[int, asyncio.TimerHandle]] = deque()
        self._until = 0.0

    def play(self, pcm: bytes, turn: int) -> None:
        self._until = max(self._until, self._world.loop.time()) + len(pcm) / 2 / events.PLAYED_RATE
        self._world.sounds_until = self._until
        self._queue.append((len(pcm) // 2, self._world.loop.call_at(self._until, self._played)))

    def finish(self, turn: int) -> None:
        pass

    def stop(self) -> None:
        for _, timer in self._queue:
            timer.cancel()
        self._queue.clear()
        self._until = 0.0
        self._world.sounds_until = min(self._world.sounds_until, self._world.loop.time())
        self._world.loop.call_soon(self._report, 0)

    def _played(self) -> None:
        samples, _ = self._queue.popleft()
        self._report(samples)

    def _report(self, samples: int) -> None:
        assert self._world.session is not None
        self._world.session.played(samples, not samples)
