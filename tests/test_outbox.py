"""What waits for the socket: all words in order, and of a microphone's sound only what is not old."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import CloseLink, Send, SendSound
from livechat.outbox import OLD_S, OUTBOX, Letter, Outbox
from livechat.protocol.client import ClientMessage

FRAME = bytes(640)
"""20 ms."""
WORDS = Send(ClientMessage())


def live() -> Outbox:
    outbox = Outbox()
    outbox.live = True
    return outbox


def all_of(outbox: Outbox) -> list[Letter]:
    taken: list[Letter] = []
    while outbox:
        taken.append(outbox.take())
    return taken


LETTERS = st.lists(st.sampled_from([WORDS, CloseLink(), SendSound(FRAME), SendSound(FRAME, kept=True)]), max_size=60)


@given(LETTERS, st.floats(0, 5))
def test_sound_that_can_wait_is_never_dropped(letters: list[Letter], pace: float) -> None:
    outbox = Outbox()
    assert sum(outbox.put(letter, number * pace) for number, letter in enumerate(letters)) == 0
    assert outbox.drop_old(1e9) == 0
    outbox.drop_sound()
    assert all_of(outbox) == letters


@given(LETTERS, st.floats(0, 5))
def test_of_live_sound_only_what_is_old_is_dropped_and_everything_else_goes_out_in_order(
    letters: list[Letter], pace: float
) -> None:
    outbox, dropped = live(), 0
    for number, letter in enumerate(letters):
        dropped += outbox.put(letter, number * pace)
    dropped += outbox.drop_old(len(letters) * pace)
    left = all_of(outbox)
    assert [one for one in left if not isinstance(one, SendSound)] == [
        one for one in letters if not isinstance(one, SendSound)
    ]
    sound = [one for one in left if isinstance(one, SendSound)]
    assert len(sound) + dropped // 320 == sum(isinstance(one, SendSound) for one in letters)
    assert sum(one.kept for one in sound) >= sum(isinstance(one, SendSound) and one.kept for one in letters)


def test_half_a_second_is_not_old_and_more_is() -> None:
    outbox = live()
    outbox.put(SendSound(FRAME), 0.0)
    outbox.put(WORDS, 0.0)
    assert outbox.drop_old(OLD_S) == 0
    assert outbox.put(SendSound(FRAME), OLD_S + 0.01) == 320
    assert all_of(outbox) == [WORDS, SendSound(FRAME)]


def test_what_is_said_behind_kept_sound_is_not_late_by_itself() -> None:
    outbox = live()
    for _ in range(50):
        outbox.put(SendSound(FRAME, kept=True), 0.0)
    outbox.put(SendSound(FRAME), 0.9)
    assert outbox.drop_old(5.0) == 0
    assert all_of(outbox)[-1] == SendSound(FRAME, kept=True)


@pytest.mark.parametrize("how", ["in time", "because all is sent", "because it is void"])
def test_which_ends(how: str) -> None:
    outbox = live()
    outbox.put(SendSound(FRAME, kept=True), 0.0)
    match how:
        case "because all is sent":
            outbox.caught_up()
        case "because it is void":
            outbox.clear()
            assert not outbox
            outbox.put(WORDS, 0.0)
        case _:
            pass
    outbox.put(SendSound(FRAME), 0.01 if how != "in time" else 0.03)
    assert all_of(outbox)[-1] == SendSound(FRAME)


def test_a_machine_that_stood_still_has_no_live_sound_to_send() -> None:
    outbox = live()
    for letter in (SendSound(FRAME), WORDS, SendSound(FRAME, kept=True)):
        outbox.put(letter, 0.0)
    outbox.drop_sound()
    outbox.put(SendSound(FRAME), 0.0)
    assert all_of(outbox) == [WORDS, SendSound(FRAME)]


def test_it_is_full_with_a_second_of_frames() -> None:
    outbox = Outbox()
    for _ in range(OUTBOX):
        assert not outbox.full
        outbox.put(SendSound(FRAME), 0.0)
    assert outbox.full
    outbox.take()
    assert not outbox.full
