"""A conversation survives being cut at any byte that goes either way, and a session being cancelled at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Literal

import pytest

from livechat.conversation import Conversation
from livechat.events import Ended, Event, Reconnected, Reconnecting
from livechat.server.scenario import Resumption
from livechat.session import Session
from tests.long import SOAK
from tests.simulation.checker import judged
from tests.simulation.drawing import drawn
from tests.simulation.policies import POLICIES
from tests.simulation.run import Played, play, terms_of
from tests.simulation.schedule import MODELS, Blocked, Cut, Go, Line, Moment, Mute, Refuse, Schedule, Strike
from tests.simulation.stream import Place, StreamWorld
from tests.simulation.things import Hands, Speaker
from tests.simulation.user import User
from tests.simulation.world import Loop, World

Way = Literal["up", "down"]
Mode = Literal["rollback", "keep", "refuse"]
MODES: Sequence[Mode] = ("rollback", "keep", "refuse")
SOME = 60
OFFSETS = 500 if SOAK else SOME
"""Drawn of those of a spoken turn, for each way."""
LOTS = 16 if SOAK else 1
"""All bytes take longer than one test may."""
POINTS = 1 if SOAK else 7
"""Of so many moments one is tried."""


def written(mode: Mode) -> Schedule:
    """Two lines of text; the second has the model run a tool, and is answered with some 4 KB."""
    lines = (Line(1, False, 0, 2, 0.0, True), Line(2, False, 1, 74, 0.2, True))
    return replace(
        drawn(1, "none"),
        model=MODELS[0],
        lines=lines,
        marks=False,
        live=False,
        latency_s=0.02,
        think_s=0.02,
        effect_s=0.3,
        handle_s=None,
        resumption=Resumption(mode=mode),
    )


def spoken(mode: Mode) -> Schedule:
    """A line of text, and one that is spoken and answered aloud."""
    lines = (Line(1, False, 0, 2, 0.0, True), Line(2, True, 0, 8, 0.2, True))
    return replace(written(mode), model=MODELS[3], lines=lines, live=mode == "keep")


def cut(schedule: Schedule, place: Place | None, make: type[Conversation] = Conversation) -> tuple[Played, StreamWorld]:
    worlds: list[StreamWorld] = []

    def among(schedule: Schedule) -> StreamWorld:
        worlds.append(StreamWorld(schedule, place))
        return worlds[0]

    return play(schedule, make=make, among=among), worlds[0]


@cache
def ends_of(schedule: Schedule, way: Way) -> list[int]:
    """The bytes that have gone that way after each frame, where nothing is cut."""
    played, world = cut(schedule, None)
    assert judged(played).good
    assert len(world.streams) == 1
    return world.streams[0].ends[way]


def around_frames(ends: Sequence[int]) -> list[int]:
    """Before the last byte of each frame, after it, and after the first of the next."""
    near = {offset for end in ends for offset in (end - 1, end, end + 1)}
    return sorted(offset for offset in near | {0} if offset <= ends[-1])


def some(offsets: Sequence[int]) -> list[int]:
    return sorted(Random(len(offsets)).sample(offsets, min(SOME, len(offsets))))


def survives(schedule: Schedule, way: Way, offsets: Iterable[int]) -> int:
    """Cuts at all of them, each in its own way, and says how many they were."""
    count = 0
    for count, offset in enumerate(offsets, start=1):  # noqa: B007 - it is the answer
        chance = Random(f"{way}/{offset}")
        place = Place(way, offset, lands=chance.random() < 0.5, notice_s=chance.choice((0.0, 0.5, 3.0)))
        played, world = cut(schedule, place)
        verdict = judged(played)
        assert verdict.good, f"{schedule.model}, {schedule.resumption.mode}, {place}: {verdict}"
        assert played.user is not None
        lost = [t for t, event in played.user.news if isinstance(event, Reconnecting)]
        back = [t for t, event in played.user.news if isinstance(event, Reconnected)]
        assert lost, f"{place}: nobody was told"
        assert len(world.streams) >= 2, place
        all_was_said = lost[0] >= played.user.fortunes[-1].done_at  # and the user leaves a second later
        assert len(back) == 1 or (all_was_said and not back), (place, back)
    return count


# ------------------------------------------------------------------------------------------------- every byte


@pytest.mark.parametrize("lot", range(LOTS))
@pytest.mark.parametrize("mode", MODES)
def test_a_text_turn_is_answered_once_wherever_what_the_server_sends_is_cut(mode: Mode, lot: int) -> None:
    schedule = written(mode)
    ends = ends_of(schedule, "down")
    assert 3_000 < ends[-1] <= 4_096
    if SOAK:
        assert survives(schedule, "down", range(lot, ends[-1] + 1, LOTS)) > ends[-1] // LOTS - 1
    else:
        assert survives(schedule, "down", some(around_frames(ends))) == SOME


@pytest.mark.parametrize("mode", MODES)
def test_and_wherever_what_the_client_sends_is(mode: Mode) -> None:
    schedule = written(mode)
    ends = ends_of(schedule, "up")
    assert survives(schedule, "up", range(ends[-1] + 1) if SOAK else around_frames(ends)) >= 2 * len(ends)


@pytest.mark.parametrize("mode", MODES if SOAK else MODES[:1])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_spoken_turn_is_answered_once_wherever_a_frame_begins_or_ends(way: Way, mode: Mode) -> None:
    schedule = spoken(mode)
    offsets = around_frames(ends_of(schedule, way))
    assert survives(schedule, way, offsets if SOAK else some(offsets)) > 50


@pytest.mark.parametrize("way", ["up", "down"])
def test_and_wherever_else_it_is_cut(way: Way) -> None:
    chance = Random(way)
    schedules = [spoken(mode) for mode in MODES]
    size = min(ends_of(schedule, way)[-1] for schedule in schedules)
    for number in range(OFFSETS):
        survives(schedules[number % len(MODES)], way, [chance.randrange(size)])


@pytest.mark.parametrize("policy", ["drop", "naive"])
def test_who_forgets_and_who_only_sends_again_does_not_survive_it(policy: str) -> None:
    schedule = written("keep")
    places = [Place("down", offset) for offset in around_frames(ends_of(schedule, "down"))]
    assert any(not judged(cut(schedule, place, POLICIES[policy])[0]).good for place in places)


# ---------------------------------------------------------------------------------------------- every moment


def cancelled(schedule: Schedule, at: Sequence[int]) -> bool:
    """Cancels a session in those rounds of its loop; False where it was over before the first."""
    complaints: list[str] = []
    news: list[Event] = []
    rounds = 0

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
        world = World(schedule, telling=False)
        user = User(world)
        session = world.session = Session(Conversation(terms_of(schedule)), world.connect)
        session.live = schedule.live
        session.subscribe(user.sees)
        session.subscribe(lambda _, event: news.append(event))
        session.give_hands(Hands(world))
        session.hand_over(Speaker(world))
        running = loop.create_task(session.run(user.script))

        def step() -> bool:
            nonlocal rounds
            rounds += 1
            return rounds in at and running.cancel()

        loop.each_round(step)
        await asyncio.wait([running])
        loop.each_round(lambda: False)
        was_cancelled = running.cancelled()
        if not was_cancelled:
            running.result()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        told = len(news)
        assert all(connection.wire.over is not None for connection in world.connections), "each link is closed"
        await asyncio.sleep(100)
        assert len(news) == told, "nothing rings afterwards"
        ends = sum(isinstance(event, Ended) for event in news)
        assert ends == (1 if world.connections or told else 0), "what has begun has ended"
        return was_cancelled

    with asyncio.Runner(loop_factory=Loop) as runner:
        was_cancelled = runner.run(main())
    assert not complaints, complaints
    return was_cancelled


def scenes() -> dict[str, Schedule]:
    """Conversations with every kind of turn, and every way in which a connection is lost, left or not to be had."""
    lost = tuple(Strike(Cut(False, True), Moment(0.0, way="down", kind=kind)) for kind in ("toolCall", "text", "audio"))
    often = (Strike(Cut(True, False), Moment(seconds=0.4)),) * 3
    warned = (Strike(Go(10.0, True), Moment(seconds=0.4)), Strike(Go(5.2, False), Moment(seconds=0.7)))
    blocked = (often[0], Blocked(Refuse("timeout", after_s=10.0)), Blocked(Mute()), Blocked(Refuse("http", 503)))
    return {
        "written": written("rollback"),
        "spoken": spoken("rollback"),
        "lost": replace(written("refuse"), strikes=lost[:2]),
        "lost while it speaks": replace(spoken("keep"), strikes=lost[2:]),
        "lost again and again": replace(written("rollback"), strikes=often),
        "not to be had for a while": replace(written("rollback"), strikes=blocked),
        "left by plan": replace(spoken("rollback"), strikes=warned),
    }


@pytest.mark.parametrize("name", scenes())
def test_whenever_a_session_is_cancelled_its_end_is_told_and_nothing_is_left(name: str) -> None:
    point = 1
    while cancelled(scenes()[name], [point]):
        point += POINTS
    assert point > 100


@pytest.mark.parametrize("name", scenes())
def test_nor_where_it_is_cancelled_twice(name: str) -> None:
    chance = Random(name)
    point = 1
    while cancelled(scenes()[name], [point, point + chance.choice((1, 1, 2, 3, 5))]):
        point += 3 * POINTS
