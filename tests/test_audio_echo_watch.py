"""Claims about the echo that is expected: at another time it is found there, and nobody's voice moves it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livechat.audio.echo_watch import FRAME, PATIENCE, EchoWatch

Floats = NDArray[np.float32]
EXPECTED: Floats = (np.random.default_rng(1).standard_normal(200 * FRAME) * 0.05).astype(np.float32)
VOICE: Floats = (np.random.default_rng(2).standard_normal(200 * FRAME) * 0.05).astype(np.float32)


def knowing() -> EchoWatch:
    """One for which the echo has come as expected for two seconds."""
    watch = EchoWatch()
    for at in range(100):
        watch.look(*frames(at, EXPECTED), alone=True)
    return watch


def frames(at: int, heard: Floats) -> tuple[Floats, Floats]:
    """What is heard and what is expected in the frame of this number."""
    here = slice(at * FRAME, (at + 1) * FRAME)
    return heard[here], EXPECTED[here]


@pytest.mark.parametrize("by", [1, 103, 900, -1, -103, -900])
def test_an_echo_at_another_time_is_found_in_the_first_frame_that_holds_it_whole(by: int) -> None:
    watch, moved = knowing(), list[float]()
    for at in range(100, 110):
        watch.look(*frames(at, np.roll(EXPECTED, by)), alone=True)
        moved.append(watch.moved)
    found = next(at for at, move in enumerate(moved) if move)
    assert moved[found] == pytest.approx(by, abs=0.05)
    assert found <= 1 + abs(by) // FRAME


def test_before_any_echo_was_known_none_is_looked_for() -> None:
    watch = EchoWatch()
    for at in range(20):
        watch.look(*frames(at, np.roll(EXPECTED, 103)), alone=True)
        assert not watch.moved
        assert not watch.lost


@pytest.mark.parametrize("loudness", [0.3, 1.0, 3.0])
def test_who_speaks_besides_neither_moves_an_echo_nor_hides_it(loudness: float) -> None:
    watch = knowing()
    for at in range(100, 150):
        watch.look(*frames(at, EXPECTED + np.float32(loudness) * VOICE), alone=False)
        assert not watch.moved
        assert not watch.lost


def test_an_echo_that_is_not_there_is_lost_at_once_and_gone_after_a_while() -> None:
    watch, lost = knowing(), list[int]()
    for at in range(100, 120):
        watch.look(*frames(at, VOICE), alone=True)
        lost.append(watch.lost)
        if watch.gone:
            break
    assert watch.gone
    assert lost[lost.index(1) :] == [*range(1, PATIENCE), 0]
    assert lost.index(1) <= 2


def test_an_echo_that_was_lost_is_found_again_where_it_was() -> None:
    watch = knowing()
    for at in range(100, 105):
        watch.look(*frames(at, VOICE), alone=True)
    assert watch.lost
    for at in range(105, 110):
        watch.look(*frames(at, EXPECTED), alone=True)
    assert not watch.lost
    assert not watch.gone
