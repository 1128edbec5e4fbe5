"""Claims about the queue between music and a card."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.music_queue import CROSSING_MS, FADE_MS, MusicQueue

RATE = 4_000
FADE = RATE * FADE_MS // 1000
LEVEL = 8_000
Frames = npt.NDArray[np.int16]


def steady(frames: int) -> bytes:
    """As loud all the time, and not the same left and right."""
    return np.tile(np.array([LEVEL, -LEVEL // 2], "<i2"), frames).tobytes()


def pulled(queue: MusicQueue, frames: int) -> Frames:
    return np.frombuffer(queue.pull(frames), "<i2").reshape(-1, 2)


def queue_of(frames: int, start_s: float = 0) -> MusicQueue:
    queue = MusicQueue(RATE, 2, start_s)
    queue.push(steady(frames))
    return queue


def test_what_lies_between_the_fades_is_what_was_pushed_bit_for_bit() -> None:
    queue = MusicQueue(RATE, 2, 0)
    sent = np.random.default_rng(6).integers(-32768, 32767, (1_000, 2), "<i2")
    for at in range(0, 1_000, 130):
        queue.push(sent[at : at + 130].tobytes())
    heard = np.concatenate([pulled(queue, frames) for frames in (1, 300, 7, 692, 50)])
    assert (heard[FADE : 1_000 - FADE] == sent[FADE : 1_000 - FADE]).all()
    assert not heard[1_000:].any()
    assert (queue.given, queue.queued, queue.drained) == (1_000, 0, True)


def test_it_waits_for_enough_sound_and_again_after_it_ran_out() -> None:
    queue = queue_of(99, start_s=100 / RATE)
    assert not pulled(queue, 50).any()
    queue.push(steady(1))
    assert pulled(queue, 100).any()
    assert not pulled(queue, 50).any()
    assert queue.underruns == 0  # it may have been the end
    queue.push(steady(99))
    assert queue.underruns == 1
    assert not pulled(queue, 50).any()
    queue.push(steady(99))
    assert queue.underruns == 1
    assert pulled(queue, 50).any()


def test_what_comes_in_time_is_no_underrun() -> None:
    queue = queue_of(100)
    pulled(queue, 100)
    queue.push(steady(100))
    pulled(queue, 100)
    assert queue.underruns == 0


def test_a_finished_piece_need_not_wait_and_its_end_is_no_underrun() -> None:
    queue = queue_of(10, start_s=1)
    queue.finish()
    assert pulled(queue, 50)[:10].any()
    queue.push(steady(RATE - 1))
    assert not pulled(queue, 50).any()  # a new one begins as the first
    queue.push(steady(1))
    pulled(queue, 2 * RATE)
    queue.finish()
    queue.push(steady(10))
    assert queue.underruns == 0


def test_a_pause_keeps_what_is_queued_but_for_its_fade() -> None:
    queue = queue_of(1_000)
    pulled(queue, 100)
    queue.pause()
    queue.pause()
    paused = pulled(queue, 200)
    assert paused[: FADE - 1].any(axis=1).all()
    assert not paused[FADE:].any()
    assert (queue.given, queue.queued) == (100 + FADE, 900 - FADE)
    queue.resume()
    assert pulled(queue, FADE)[-1].tolist() == [LEVEL, -LEVEL // 2]
    assert queue.underruns == 0


def test_a_stop_forgets_all_but_its_fade_and_what_follows_begins_anew() -> None:
    queue = queue_of(1_000)
    pulled(queue, 100)
    queue.stop()
    assert (queue.given, queue.queued) == (0, 0)
    queue.push(steady(200))
    heard = pulled(queue, 10)
    queue.stop()  # in the midst of the fade
    queue.push(steady(200))
    heard = np.concatenate([heard, pulled(queue, 190)])
    assert heard[FADE - 1].tolist() == [0, 0]  # no seam: one is over before the other begins
    assert heard[FADE + FADE].tolist() == [LEVEL, -LEVEL // 2]
    assert queue.underruns == 0


def test_what_comes_after_a_stop_waits_for_enough_sound_as_the_first_did() -> None:
    queue = queue_of(100, start_s=100 / RATE)
    pulled(queue, 50)
    queue.stop()
    queue.push(steady(99))
    assert not pulled(queue, 200)[FADE:].any()
    queue.push(steady(1))
    assert pulled(queue, 50).any()


def test_a_stop_before_anything_sounds_is_silent() -> None:
    queue = queue_of(1_000, start_s=1)
    queue.stop()
    assert not pulled(queue, 50).any()
    assert queue.drained


def test_volume_goes_to_its_new_value_within_a_portion_and_clips() -> None:
    queue = queue_of(1_000)
    pulled(queue, 100)
    queue.volume = 0.5
    changing = pulled(queue, 100)[:, 0]
    assert changing[0] > 0.99 * LEVEL
    assert changing[-1] == LEVEL / 2
    assert (np.diff(changing) <= 0).all()
    assert (pulled(queue, 10)[:, 0] == LEVEL / 2).all()
    queue.volume = 100
    pulled(queue, 10)
    assert (pulled(queue, 10)[:, 0] == 32_767).all()


def test_what_is_trimmed_away_is_not_heard_and_what_follows_takes_over_within_a_moment() -> None:
    queue = queue_of(1_000)
    pulled(queue, 100)
    queue.trim(500)
    assert (queue.given, queue.queued) == (100, 400)
    queue.push((np.frombuffer(steady(1_000), "<i2") // -4).tobytes())
    heard = pulled(queue, 1_200)[:, 0].astype(int)
    crossing = RATE * CROSSING_MS // 1000
    assert (heard[:400] == LEVEL).all()
    assert (np.diff(heard[400 : 400 + crossing]) < 0).all()
    assert np.abs(np.diff(heard)).max() <= 1.25 * LEVEL / crossing + 1
    assert (heard[400 + crossing :] == -LEVEL // 4).all()
    assert queue.underruns == 0


def test_a_trim_leaves_what_a_fade_needs_and_what_comes_too_late_takes_nothing_over() -> None:
    queue = queue_of(1_000)
    pulled(queue, 100)
    queue.trim(5_000)
    assert queue.queued == FADE
    assert pulled(queue, 50)[FADE - 1].tolist() == [0, 0]
    queue.push(steady(100))
    assert pulled(queue, FADE)[-1].tolist() == [LEVEL, -LEVEL // 2]
    queue.trim(5_000)
    queue.stop()
    queue.trim(10)
    assert queue.drained
    queue.push(steady(100))
    assert (pulled(queue, 10)[:, 0] >= 0).all()


MOVES = st.one_of(
    st.tuples(st.sampled_from(["push", "push", "trim"]), st.integers(1, 3 * FADE)),
    st.tuples(st.just("pull"), st.integers(0, 3 * FADE)),
    st.tuples(st.sampled_from(["pause", "resume", "stop", "finish"]), st.just(0)),
)


@given(st.lists(MOVES, max_size=60), st.integers(0, 2 * FADE))
def test_whatever_happens_no_gain_jumps_and_no_frame_is_lost(moves: list[tuple[str, int]], start: int) -> None:
    queue = MusicQueue(RATE, 2, start / RATE)
    heard: list[Frames] = []
    pushed = 0
    for move, frames in moves:
        if move == "push":
            queue.push(steady(frames))
            pushed += frames
        elif move == "trim":
            before = queue.queued
            queue.trim(frames)
            pushed -= before - queue.queued
        elif move == "pull":
            heard.append(pulled(queue, frames))
            assert len(heard[-1]) == frames
        else:
            getattr(queue, move)()
            pushed = 0 if move == "stop" else pushed
        assert queue.given + queue.queued == pushed
    left = np.concatenate([np.zeros((1, 2), "<i2"), *heard])[:, 0].astype(int)
    assert np.abs(np.diff(left)).max(initial=0) <= LEVEL / FADE + 1
