"""Claims about the way from speaker to microphone: it is learned, bent loudspeakers and all, and not from others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from livechat.audio.echo_path import FRAME, EchoPath

Floats = NDArray[np.float32]
SECONDS = 4


def noise(seed: int, level: float) -> Floats:
    """White noise that comes and goes, as speech does."""
    length = SECONDS * 16_000
    swell = 0.5 + 0.5 * np.sin(np.arange(length) / 16_000 * 2 * math.pi * 3)
    return (np.random.default_rng(seed).standard_normal(length) * swell * level).astype(np.float32)


def room(delay_ms: int) -> Floats:
    """Exponentially decaying noise after the direct sound."""
    tail = np.random.default_rng(5).standard_normal(1600) * np.exp(-np.arange(1600) / 300) * 0.2
    tail[0] = 1
    return np.concatenate([np.zeros(delay_ms * 16), tail]).astype(np.float32) * 0.5


def left_over_db(far: Floats, echo: Floats, near: Floats) -> float:
    """How much softer the echo is after the last second than before it."""
    path, found = EchoPath(), list[Floats]()
    for at in range(0, len(far), FRAME):
        found.append(path.echo((echo + near)[at : at + FRAME], far[at : at + FRAME]))
    last = slice(-16_000, None)
    rest = echo[last] - np.concatenate(found)[last]
    return 10 * math.log10(float(np.mean(np.square(echo[last])) / np.mean(np.square(rest))))


@pytest.mark.parametrize("delay_ms", [0, 40, 200])
def test_a_way_of_any_length_up_to_the_longest_is_learned(delay_ms: int) -> None:
    far = noise(1, 0.1)
    echo = np.convolve(far, room(delay_ms))[: len(far)]
    assert left_over_db(far, echo, noise(2, 0.001)) > 20


def test_a_loudspeaker_at_its_limit_is_learned_too() -> None:
    far = noise(1, 0.25)
    echo = np.convolve(np.tanh(3 * far) / 3, room(40))[: len(far)].astype(np.float32)
    assert left_over_db(far, echo, noise(2, 0.001)) > 15


def echoes_that_move(by: float, *, other: float = 0.0) -> tuple[list[float], float]:
    """What the way was shifted by when it grew by so many samples half-way, and what is left over half a second later.

    Somebody may speak besides, `other` loud.
    """
    far = noise(1, 0.1)
    half = len(far) // 2
    echo, near = np.convolve(far, room(60))[: len(far)], noise(3, other) + noise(2, 1e-4)
    spectrum = np.fft.rfft(echo, 2 * len(echo))
    later = np.fft.irfft(spectrum * np.exp(-2j * math.pi * by * np.fft.rfftfreq(2 * len(echo))))[: len(echo)]
    heard = np.concatenate([echo[:half], later[half:]]).astype(np.float32)
    path, moved, left = EchoPath(), list[float](), list[Floats]()
    for at in range(0, len(far), FRAME):
        left.append(heard[at : at + FRAME] - path.echo((heard + near)[at : at + FRAME], far[at : at + FRAME]))
        moved += [path.moved] if path.moved else []
    after = slice(half // FRAME + 25, half // FRAME + 50)
    rest, all_of_it = np.stack(left)[after], heard.reshape(-1, FRAME)[after]
    return moved, 10 * math.log10(float(np.square(all_of_it).sum() / np.square(rest).sum()))


@pytest.mark.parametrize("by", [102.4, -102.4, 720.3, -800.0])
def test_an_echo_that_comes_at_another_time_is_found_there_at_once(by: float) -> None:
    moved, left_over_db = echoes_that_move(by)
    assert sum(moved) == pytest.approx(by, abs=0.3)
    assert left_over_db > 15


def test_an_echo_that_moves_while_somebody_speaks_is_found_when_the_echo_is_louder() -> None:
    assert sum(echoes_that_move(102.4, other=0.01)[0]) == pytest.approx(102.4, abs=0.5)


@pytest.mark.parametrize("other", [0.0, 0.05, 0.2])
def test_an_echo_that_stays_is_left_where_it_is(other: float) -> None:
    assert echoes_that_move(0, other=other)[0] == []


def test_somebody_who_speaks_at_the_same_time_is_not_taken_for_echo() -> None:
    far = noise(1, 0.1)
    echo = np.convolve(far, room(40))[: len(far)]
    assert left_over_db(far, echo, noise(3, 0.05)) > 10


def test_nothing_is_taken_away_where_nothing_was_played() -> None:
    path, silence = EchoPath(), np.zeros(FRAME, np.float32)
    near = noise(3, 0.1).reshape(-1, FRAME)[:20]
    assert not any(path.echo(frame, silence).any() for frame in near)
