"""Plays one schedule from beginning to end, and tells what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from livechat import conversation
from livechat.closing import Facts
from livechat.conversation import Conversation
from livechat.errors import LivechatError
from livechat.protocol.parts import FunctionDeclaration, Tool
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    GenerationConfig,
    RealtimeInputConfig,
    SessionResumption,
    Setup,
)
from livechat.session import Session
from livechat.tool_calls import ToolRule
from tests.simulation.model import EFFECT
from tests.simulation.schedule import MODELS, Schedule
from tests.simulation.things import Hands, Speaker
from tests.simulation.user import User
from tests.simulation.world import Loop, World
from tests.virtual import Deadlock

LONGEST_S = 14_400.0
"""Of virtual time: with four lines that sleep an hour each."""
TRIES = 8


@dataclass
class Played:
    """What is left when the play is over."""

    schedule: Schedule
    world: World | None = None
    user: User | None = None
    failed: LivechatError | None = None
    complaints: list[str] = field(default_factory=list[str])
    """What nobody was there to be told: exceptions in callbacks, tasks that stayed, a world that stood still."""


def setup_of(schedule: Schedule) -> Setup:
    writes = schedule.model == MODELS[0]
    return Setup(
        model=f"models/{schedule.model}",
        generation_config=GenerationConfig(response_modalities=["TEXT" if writes else "AUDIO"]),
        realtime_input_config=RealtimeInputConfig(
            automatic_activity_detection=AutomaticActivityDetection(disabled=True)
        )
        if schedule.marks
        else None,
        input_audio_transcription=AudioTranscriptionConfig(),
        output_audio_transcription=None if writes else AudioTranscriptionConfig(),
        session_resumption=SessionResumption(),
        tools=[Tool(function_declarations=[FunctionDeclaration(name=EFFECT, description="Has an effect.")])],
    )


def terms_of(schedule: Schedule) -> conversation.Terms:
    reconnecting: dict[str, Any] = {"tries": TRIES, "jitter": schedule.jitter}
    known = {one.name for one in fields(conversation.Terms)}
    return conversation.Terms(
        setup_of(schedule),
        plays=schedule.model != MODELS[0],
        facts=Facts(server="the world"),
        tools={EFFECT: ToolRule(permission="allow")},
        **{name: value for name, value in reconnecting.items() if name in known},
    )


def play(
    schedule: Schedule,
    *,
    telling: bool = False,
    make: type[Conversation] = Conversation,
    among: Callable[[Schedule], World] | None = None,
) -> Played:
    """The same schedule is always played the same way. `make`: the mind that is put to the test; `among`: its world."""
    played = Played(schedule)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: played.complaints.append(_in_words(context)))
        world = played.world = World(schedule, telling=telling) if among is None else among(schedule)
        user = played.user = User(world)
        session = world.session = Session(make(terms_of(schedule)), world.connect, clock=loop.time)
        session.live = schedule.live
        session.subscribe(user.sees)
        session.give_hands(Hands(world))
        if schedule.model != MODELS[0]:
            session.hand_over(Speaker(world))
        try:
            async with asyncio.timeout(LONGEST_S):
                await session.run(user.script)
        except LivechatError as error:
            played.failed = error
        except TimeoutError:
            played.complaints.append("it did not come to an end")
        except Exception as error:
            played.complaints.append(f"raised {_causes(error)}")
        left = asyncio.all_tasks() - {asyncio.current_task()}
        played.complaints += [f"task {task.get_name()} stayed" for task in left if task is not None]
        await asyncio.sleep(30)  # the server's end has noticed too

    with asyncio.Runner(loop_factory=Loop) as runner:
        try:
            runner.run(main())
        except Deadlock as deadlock:
            played.complaints.append(str(deadlock))
    return played


def _in_words(context: dict[str, Any]) -> str:
    return f"{context.get('message', '')}: {context.get('exception')!r}"


def _causes(error: BaseException) -> str:
    """It, or what a group of them holds."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return ", ".join(map(_causes, inner)) if inner else repr(error)
