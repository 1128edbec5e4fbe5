"""One turn: how far the wire and the ear have come, and which words the ear got."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.turns import DEAF_SPEAKER_S, Playout, Turn, milliseconds

SECOND = 24_000


def turn(**fields: object) -> Turn:
    made = Turn(1)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_a_new_turn_has_nothing_and_is_nowhere() -> None:
    new = Turn(7)
    assert not new.has_content
    assert not new.interrupted
    assert not new.busy()
    assert (new.answer, new.spoken_ms) == ("", 0)
    assert new.split_at_ear() == ("", "")


@pytest.mark.parametrize("fields", [{"arrived": 1}, {"speech": "x"}, {"text": "x"}])
def test_sound_speech_and_text_are_content(fields: dict[str, object]) -> None:
    assert turn(**fields).has_content


def test_the_users_words_are_no_content() -> None:
    assert not turn(user="hello", user_final=True).has_content


def test_the_answer_is_what_was_spoken_else_what_was_written() -> None:
    assert turn(text="written").answer == "written"
    assert turn(text="written", speech="spoken").answer == "spoken"


def test_an_interruption_at_the_first_moment_of_time_is_one() -> None:
    assert turn(interrupted_at=0.0).interrupted


@pytest.mark.parametrize(("samples", "ms"), [(0, 0), (23, 0), (24, 1), (SECOND - 1, 999), (SECOND, 1000)])
def test_sound_is_counted_in_whole_milliseconds_of_24_khz(samples: int, ms: int) -> None:
    assert milliseconds(samples) == ms
    assert turn(arrived=samples).spoken_ms == ms


# -------------------------------------------------------------------------------------- the status, weighed


@pytest.mark.parametrize(("status", "busy"), [("IN_PROGRESS", True), ("REQUIRES_ACTION", True), ("IDLE", False)])
def test_a_status_keeps_its_turn_open_or_does_not(status: str, busy: bool) -> None:
    assert turn(status=status).busy() is busy


def test_a_status_is_weighed_once() -> None:
    weighed = turn(status="IN_PROGRESS")
    assert weighed.busy()
    assert weighed.status_spent
    assert not weighed.busy()
    assert not weighed.status_spent


def test_only_a_weighed_status_makes_a_turn_wait_for_idle() -> None:
    assert not turn(status="IN_PROGRESS").waits_for_idle
    assert turn(status="IN_PROGRESS", status_spent=True).waits_for_idle
    assert not turn(status="IDLE", status_spent=True).waits_for_idle


def test_a_fresh_status_is_weighed_again() -> None:
    weighed = turn(status="IN_PROGRESS")
    assert weighed.busy()
    weighed.status, weighed.status_spent = "IN_PROGRESS", False
    assert weighed.busy()


# ------------------------------------------------------------------------------------------- where the ear is


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (0, ("", "one two three four")),
        (SECOND // 2, ("one two ", "three four")),
        (SECOND - 1, ("one two three ", "four")),
        (SECOND, ("one two three four", "")),
    ],
)
def test_the_words_are_cut_where_the_ear_is(heard: int, words: tuple[str, str]) -> None:
    assert turn(speech="one two three four", arrived=SECOND, heard=heard).split_at_ear() == words


def test_where_no_space_parts_words_they_are_cut_beside_any_character() -> None:
    assert turn(speech="月は遠いです", arrived=SECOND, heard=SECOND // 2).split_at_ear() == ("月は遠", "いです")


def test_words_without_sound_were_all_read() -> None:
    assert turn(text="one two").split_at_ear() == ("one two", "")


def test_a_single_long_word_was_not_heard_until_its_end() -> None:
    assert turn(speech="Donaudampfschiff", arrived=SECOND, heard=SECOND - 1).split_at_ear()[0] == ""


@given(st.text(), st.integers(0, 10 * SECOND), st.integers(0, 10 * SECOND))
def test_no_word_is_lost_doubled_or_cut_at_the_ear(speech: str, arrived: int, heard: int) -> None:
    before, after = turn(speech=speech, arrived=arrived, heard=heard).split_at_ear()
    assert before + after == speech
    assert not before or not after or before[-1].isspace() or not (before[-1] + after[0]).isascii()


@given(st.text(), st.integers(1, SECOND), st.data())
def test_who_hears_more_hears_more_words(speech: str, arrived: int, data: st.DataObject) -> None:
    less = data.draw(st.integers(0, arrived))
    more = data.draw(st.integers(less, arrived))
    early = turn(speech=speech, arrived=arrived, heard=less).split_at_ear()[0]
    late = turn(speech=speech, arrived=arrived, heard=more).split_at_ear()[0]
    assert late.startswith(early)


# ----------------------------------------------------------------------------------------------- the playout


def test_what_is_played_is_credited_first_in_first_out() -> None:
    first, second, playout = Turn(1), Turn(2), Playout()
    playout.queue(first, 100, 0.0)
    playout.queue(second, 100, 0.0)
    playout.played(150, 0.0)
    assert (first.heard, second.heard, len(playout)) == (100, 50, 50)
    assert not playout.holds(first)
    assert playout.holds(second)


def test_more_than_was_queued_is_nobodys() -> None:
    only, playout = Turn(1), Playout()
    playout.queue(only, 100, 0.0)
    playout.played(101, 0.0)
    playout.played(1, 0.0)
    assert (only.heard, len(playout)) == (100, 0)


def test_a_stopped_playout_forgets_and_credits_nobody() -> None:
    only, playout = Turn(1), Playout()
    playout.queue(only, 100, 0.0)
    playout.stop()
    playout.played(100, 0.0)
    assert (only.heard, len(playout), playout.holds(only)) == (0, 0, False)


def test_two_turns_that_look_alike_are_not_taken_for_each_other() -> None:
    queued, other, playout = Turn(1), Turn(1), Playout()
    playout.queue(queued, 1, 0.0)
    assert not playout.holds(other)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50))))
def test_what_was_heard_and_what_waits_is_what_was_queued(steps: list[tuple[int, int, int]]) -> None:
    turns, playout, queued = [Turn(number) for number in range(4)], Playout(), [0, 0, 0, 0]
    for which, samples, played in steps:
        playout.queue(turns[which], samples, 0.0)
        queued[which] += samples
        playout.played(played, 0.0)
    assert sum(one.heard for one in turns) + len(playout) == sum(queued)
    assert all(one.heard <= amount for one, amount in zip(turns, queued, strict=True))
    assert all(playout.holds(one) == (one.heard < queued[one.number]) for one in turns)


def test_a_speaker_is_waited_for_only_while_it_has_sound_and_from_its_last_sign_on() -> None:
    only, playout = Turn(1), Playout()
    assert playout.deaf_at == inf
    playout.queue(only, 100, 10.0)
    playout.queue(only, 100, 11.0)
    assert playout.deaf_at == 10.0 + DEAF_SPEAKER_S
    playout.played(50, 12.0)
    assert playout.deaf_at == 12.0 + DEAF_SPEAKER_S
    playout.wait_anew(13.0)
    assert playout.deaf_at == 13.0 + DEAF_SPEAKER_S
    playout.played(150, 14.0)
    assert playout.deaf_at == inf
    playout.queue(only, 0, 15.0)
    assert playout.deaf_at == inf


def test_of_a_queue_the_first_reply_is_the_one_that_sounds() -> None:
    assert Playout().progress is None
    playout = Playout()
    first, second = turn(number=1, arrived=SECOND), turn(number=2, arrived=SECOND)
    playout.queue(first, SECOND, 0.0)
    playout.queue(second, SECOND, 0.0)
    playout.played(SECOND // 2, 0.5)
    assert playout.progress == (1, 500, 1000)
    playout.played(SECOND, 1.5)
    assert playout.progress == (2, 500, 1000)


def test_what_is_on_its_way_to_the_ear_is_heard_though_the_rest_is_stopped() -> None:
    playout, reply = Playout(), turn(arrived=SECOND)
    playout.queue(reply, SECOND, 0.0)
    playout.committed(SECOND // 4)
    playout.stop()
    assert (reply.heard, playout.progress) == (SECOND // 4, None)
