"""A program's spoken conversations in a room: its microphone is spoken into, and its speaker is recorded."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from livechat.testing import serving
from tests import pulse_fixture
from tests.sound_help import s16, sine
from tests.talk_lab import Room, room, wait_for

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]
TALK = {"turn": [{"hear": "Hello?", "do": [{"say": "Hello to you."}]}, {"hear": "Bye.", "do": [{"say": "Goodbye."}]}]}
QUESTION = s16(sine(12_000))


class Program:
    """A process that converses when it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._told = process.stdin, process.stdout

    def converse(self) -> None:
        self._orders.write("\n")
        self._orders.flush()

    def told(self, kind: str) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self._told.readline() or "{}")
        assert line.get("kind") == kind, line
        return line


@contextmanager
def program(here: Room) -> Generator[Program]:
    """One in this room; it ends by itself, and has nothing to complain of."""
    command = [sys.executable, "-W", "error", "-m", "tests.library_call", here.server]
    env = {**here.pulse.environment, "LIVECHAT_STATE": str(here.pulse.microphone.parent)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield Program(process)
            _, complaints = process.communicate(timeout=20)
        except BaseException:
            process.kill()
            raise
    assert (process.returncode, complaints) == (0, "")


def open_streams(here: Room) -> list[str]:
    """What the program records and plays, as the sound server sees it; not what the test's monitor records."""
    recorded = here.control("list", "short", "source-outputs").splitlines()
    played = here.control("list", "short", "sink-inputs").splitlines()
    return [*recorded[1:], *played]


def test_a_program_converses_twice_and_leaves_nothing_open() -> None:
    with serving(TALK) as server, room(server.url) as here, program(here) as other:
        other.told("connected")
        assert open_streams(here) == []
        for words in ("Hello to you.", "Goodbye."):
            other.converse()
            begun = other.told("begun")
            assert all(begun["devices"])
            assert begun["echo"] == "on"
            asked = here.say(QUESTION).ends
            answered = other.told("answered")
            assert answered["text"] == words
            silent = time.monotonic()
            assert here.monitor.first_sound(asked) < silent, "the answer was heard"
            sounded = here.monitor.last_sound(asked, silent) - here.monitor.first_sound(asked)
            assert sounded == pytest.approx(answered["spoken_ms"] / 1000, abs=0.2)
            stopped = other.told("stopped")
            assert stopped["ended"]
            assert stopped["threads"] == []
            assert stopped["sound"] == []
            wait_for(lambda: open_streams(here) == [], "the sound server to see it")
            assert math.isinf(here.monitor.first_sound(time.monotonic()))
