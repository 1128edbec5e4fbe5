"""Claims about reading aloud while time passes: states are told by themselves, at most one a second."""

from __future__ import annotations

import asyncio
import io

import pytest

from livechat.commands.aloud import read_aloud
from livechat.events import Ready, UserSaid
from livechat.terminal.inputs import Gauged, Look

from .virtual import run

READY = Ready("models/m")
ASKED = UserSaid(1, "How far?", "How far?", final=True)


def test_what_had_to_wait_is_told_when_its_second_is_there() -> None:
    stream = io.StringIO()

    async def scene() -> list[str]:
        said: list[str] = []
        async with read_aloud(stream, Look("puck", meters=False)) as face:
            await asyncio.sleep(0.1)
            face(0.0, READY)
            face(0.0, ASKED)
            for _ in range(3):
                said.append(stream.getvalue().splitlines()[-1])
                await asyncio.sleep(0.6)
        return said

    assert run(scene()) == ["you: How far?", "you: How far?", "Thinking."]
    assert stream.getvalue() == "Connecting.\nyou: How far?\nThinking.\n"


def test_the_meters_tell_when_the_user_is_heard() -> None:
    stream = io.StringIO()

    def gauge() -> Gauged | None:
        now = asyncio.get_running_loop().time()
        return Gauged(-20, -90, speaking=True) if 2 < now < 4 else None

    async def scene() -> None:
        async with read_aloud(stream, Look("puck"), gauge) as face:
            face(0.0, READY)
            await asyncio.sleep(3)

    run(scene())
    assert stream.getvalue() == "Ready.\nHearing you.\n"


def test_a_reader_that_is_gone_ends_it() -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    async def scene() -> None:
        async with read_aloud(Gone(), Look("puck")):
            await asyncio.sleep(3600)

    with pytest.raises(ExceptionGroup) as gone:
        run(scene())
    assert gone.group_contains(BrokenPipeError)
