"""No frame of a server, however hostile, escapes, stalls, fills the memory or ends a session: the next turn is held."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from livechat.events import Garbled, Received
from livechat.protocol.codec import MAX_FRAME
from tests.fuzz.body import harmless, hostile_server, questions
from tests.fuzz.frames import GIANTS, frame, giant
from tests.fuzz.mind import PAUSE_S, READY, Listener, changes_turns, heard
from tests.long import SOAK
from tests.wire_facts import ENUMS, FIELDS

FRAMES = 10_000
"""Of one test; `make soak` runs a hundred of them."""
PLAY = 40
"""Frames that one conversation is fed."""
GROWTH = 16 * 2**20
WARM_UP = 400
ON_A_SOCKET = 1_000
each_lot = pytest.mark.parametrize("lot", range(100 if SOAK else 1))


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell.

    glibc keeps what was freed for later; here it gives that back first, so that only what is in use counts.
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def play(first: int, count: int = PLAY) -> float:
    """Feeds these frames to one conversation, asks a question after each, and gives the slowest frame's seconds.

    Some come before the setup is answered: of the first connection, and of those that follow a lost one.
    """
    listener = Listener(first)
    early = Random(first).randrange(5)
    for number in range(first, first + count):
        if number == first + early:
            listener.feed(READY)
        lost = listener.loses and number > first + early and number % 10 == 0
        if lost:
            listener.lose()
        hostile = frame(number)
        if number < first + early and isinstance(heard(hostile), Garbled):
            continue  # what has said nothing yet but this is no Live server
        happened = listener.feed(hostile)
        if lost:
            listener.feed(READY)
        assert not listener.mind.over, f"frame {number} ends the session: {listener.failure}"
        if number >= first + early:
            if number > first + early and not (lost or changes_turns(happened)):
                assert listener.answers(at_once=True), f"right after frame {number} no question is answered ({first=})"
            assert listener.answers(), f"after frame {number} no question is answered ({first=})"
    return listener.slowest_s


@each_lot
def test_ten_thousand_hostile_frames_escape_nowhere_stall_nothing_and_end_no_session(lot: int) -> None:
    first = lot * FRAMES
    play(first, WARM_UP)
    before = resident()
    gc.freeze()  # what the tests themselves hold is not walked through while a frame is timed
    slowest = {at: play(at) for at in range(first, first + FRAMES, PLAY)}
    worst = max(slowest, key=slowest.__getitem__)
    assert slowest[worst] <= PAUSE_S, f"a frame from {worst} on takes {slowest[worst]:.3f} s"
    assert resident() - before <= GROWTH


@pytest.mark.parametrize("first", [344_840, 376_520, 470_080, 513_280, 581_360, 749_080])
def test_an_interruption_long_after_the_last_answer_leaves_nobody_waiting_for_another(first: int) -> None:
    """Found by the million: the session ended for want of an answer to a turn that the mark alone had begun."""
    play(first)


def test_a_frame_is_the_same_for_the_same_number() -> None:
    assert [frame(number) for number in range(300)] == [frame(number) for number in range(300)]
    assert [giant(number) for number in range(3)] == [giant(number) for number in range(3)]


def test_what_is_said_of_a_frame_is_bounded() -> None:
    told = [happened for happened in map(heard, map(frame, range(2_000))) if isinstance(happened, Garbled)]
    assert max(len(garbled.problem) for garbled in told) < 1_000


def test_the_frames_are_of_every_kind() -> None:
    frames = [frame(number) for number in range(2_000)]
    messages = [happened for happened in map(heard, frames) if isinstance(happened, Received)]
    assert 0.2 < len(messages) / len(frames) < 0.8
    assert any(changes_turns(happened) for happened in messages)
    assert {type(made) for made in frames} == {str, bytes}
    assert max(map(len, frames)) > 50_000
    assert b"" in frames


@each_lot
def test_a_session_on_a_real_socket_answers_after_each_of_a_thousand(lot: int) -> None:
    frames = list(islice(harmless(lot * FRAMES), ON_A_SOCKET))
    with hostile_server(frames) as url:
        assert asyncio.run(questions(url, len(frames))) == [f"answer {number}" for number in range(len(frames))]


def test_frames_as_large_as_they_may_be_or_larger_leave_no_memory_behind() -> None:
    for number in range(4):
        heard(giant(number))
    before = resident()
    for number in range(4, 520 if SOAK else 4 + len(GIANTS)):
        listener = Listener(number)
        listener.feed(READY)
        happened = listener.feed(giant(number))
        assert listener.answers(at_once=not changes_turns(happened)), number
        del happened, listener
    assert resident() - before <= GROWTH


def test_a_frame_of_sixteen_mebibytes_is_read_from_a_real_socket() -> None:
    text = "x" * (MAX_FRAME - 100)
    with hostile_server([json.dumps({"error": text}), "{}"]) as url:
        assert asyncio.run(questions(url, 2)) == ["answer 0", "answer 1"]


def test_atheris_finds_no_frame_that_the_decoder_cannot_take_or_refuse(tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        pytest.skip("atheris has no wheel for this Python on this system")
    frames, words = tmp_path / "frames", tmp_path / "words"
    frames.mkdir()
    names = {name for fields in FIELDS.values() for name in fields} | {
        value for values in ENUMS.values() for value in values
    }
    words.write_text("".join(f'"\\"{word}\\""\n' for word in sorted(names)), "utf-8")
    options = ("-runs=1000000", "-seed=1", "-timeout=5", "-rss_limit_mb=1024", f"-dict={words}", "-verbosity=0")
    command = (
        sys.executable,
        "-m",
        "tests.fuzz.atheris_decoder",
        str(frames),
        *options,
        f"-artifact_prefix={tmp_path}/",
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
