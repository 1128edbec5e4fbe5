"""What is kept of the user's sound in case the connection is lost, and what of it is taken for speech."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Said
from livechat.hearing import (
    AWAY_BYTES,
    ECHO_S,
    KEPT_BYTES,
    LEAD_IN_S,
    LOUD,
    MUTE_S,
    ONSET_S,
    PAUSE_S,
    REACTS_S,
    UNHEEDED_S,
    Hearing,
    Mark,
    Waiting,
)
from livechat.protocol.client import ClientMessage

FRAME_S = 0.02
VOICE = Heard((LOUD * 8).to_bytes(2, "little") * 320)
QUIET = Heard(bytes(640))
Item = Heard | Mark


def hears(hearing: Hearing, frame: Heard, seconds: float, begin: float, *, sounding: bool = False) -> float:
    """Frames of this for so long; gives when the last was."""
    count = round(seconds / FRAME_S)
    for number in range(count):
        hearing.heard(frame, begin + number * FRAME_S, sounding=sounding)
    return begin + (count - 1) * FRAME_S


def voices(items: Sequence[Item | ClientMessage]) -> int:
    return items.count(VOICE)


# ------------------------------------------------------------------------------------------------ what is speech


def test_silence_is_no_speech_and_of_it_only_a_lead_in_is_kept() -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 5.0, 0.0)
    assert not hearing.voiced
    assert not hearing.speaking(now)
    kept = hearing.unanswered(now, during_reply=False)
    assert len(kept) == pytest.approx(LEAD_IN_S / FRAME_S, abs=1)


def test_what_is_loud_may_be_speech_and_all_of_it_is_kept() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 2.0, 0.0)
    assert hearing.voiced
    assert hearing.speaking(now)
    assert not hearing.speaking(now + PAUSE_S)
    assert voices(hearing.unanswered(now, during_reply=False)) == 100
    assert hearing.unanswered(now, during_reply=False) == []


@pytest.mark.parametrize("peak", [LOUD - 1, -(LOUD - 1), 0])
def test_what_is_faint_is_not(peak: int) -> None:
    hearing = Hearing()
    hearing.heard(Heard(peak.to_bytes(2, "little", signed=True) * 320), 0.0)
    assert not hearing.voiced


@pytest.mark.parametrize("peak", [LOUD * 8, -LOUD * 8])
def test_sound_is_as_loud_below_zero_as_above(peak: int) -> None:
    hearing = Hearing()
    hearing.heard(Heard(peak.to_bytes(2, "little", signed=True) * 320), 0.0)
    assert hearing.voiced


@pytest.mark.parametrize("pcm", [b"", b"\x7f"])
def test_a_frame_without_a_sample_is_silence(pcm: bytes) -> None:
    hearing = Hearing()
    hearing.heard(Heard(pcm), 0.0)
    assert not hearing.voiced


def test_a_fan_that_is_always_there_stops_being_loud() -> None:
    hearing = Hearing()
    fan = Heard((LOUD * 2).to_bytes(2, "little") * 320)
    now = hears(hearing, fan, 30.0, 0.0)
    assert not hearing.speaking(now)
    hearing.heard(VOICE, now + FRAME_S)
    assert hearing.speaking(now + FRAME_S)


def test_loudness_that_nobody_reacts_to_was_no_speech() -> None:
    for says_at, wait_s in ((REACTS_S + 1.0, UNHEEDED_S), (REACTS_S - 1.0, MUTE_S)):
        hearing = Hearing()
        now = hears(hearing, VOICE, 0.1, 0.0)
        hearing.said(now + says_at)
        now = hears(hearing, QUIET, wait_s - 0.5, now + FRAME_S)
        assert hearing.voiced
        hears(hearing, QUIET, 1.0, now + FRAME_S)
        assert not hearing.voiced


def test_loudness_that_comes_again_may_be_reacted_to_again() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 0.1, 0.0)
    hearing.said(now + REACTS_S + 1.0)
    now = hears(hearing, VOICE, 0.1, now + REACTS_S + 2.0)
    hears(hearing, QUIET, UNHEEDED_S + 1.0, now + FRAME_S)
    assert hearing.voiced


def test_what_the_server_has_noticed_is_speech_however_long_it_takes_to_answer() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 0.1, 0.0)
    hearing.noticed()
    assert hearing.evident
    now = hears(hearing, QUIET, UNHEEDED_S * 2, now + FRAME_S)
    assert hearing.voiced
    assert voices(hearing.unanswered(now, during_reply=True)) == 5


def test_what_the_server_notices_before_anything_was_heard_is_not_the_users() -> None:
    hearing = Hearing()
    hearing.noticed()
    assert not hearing.evident


# ------------------------------------------------------------------------------------------------ answers


def test_when_an_answer_begins_the_sound_before_it_is_its_question() -> None:
    hearing = Hearing()
    hears(hearing, VOICE, 1.0, 0.0)
    hearing.answered()
    assert not hearing.voiced
    assert voices(hearing.question()) == 50
    assert hearing.question() == []


def test_but_not_what_is_not_read_yet_where_something_else_was_asked_first() -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 1.0)
    hearing.answered()
    assert hearing.unread
    assert voices(hearing.unanswered(now, during_reply=False)) == round(1.0 / FRAME_S)


def test_nor_what_is_said_by_who_has_the_floor_again() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    hearing.heard(VOICE, 0.1)
    hearing.marked(FloorYielded(), 0.2)
    hearing.read(all=False)
    hearing.marked(FloorClaimed(), 0.3)
    hearing.heard(VOICE, 0.4)
    hearing.answered()
    assert hearing.question() == [FloorClaimed(), VOICE, FloorYielded()]
    assert hearing.unanswered(0.5, during_reply=True) == [FloorClaimed(), VOICE]


def test_but_what_may_be_the_voice_of_the_answer_before_is_not_taken_for_something_new() -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 1.0, sounding=True)
    hearing.read(all=False)
    hearing.answered()
    assert voices(hearing.unanswered(now, during_reply=True)) == 0


def test_what_will_never_be_read_is_answered_with_the_rest() -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 1.0)
    hearing.read(all=True)
    hearing.answered()
    assert voices(hearing.unanswered(now, during_reply=False)) == 0


def test_when_the_answer_is_over_its_question_is_not_kept() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 1.0, 0.0)
    hearing.answered()
    now = hears(hearing, QUIET, 2.0, now + FRAME_S)
    hearing.settled(now)
    assert hearing.question() == []
    assert not hearing.voiced
    assert len(hearing.unanswered(now, during_reply=False)) <= LEAD_IN_S / FRAME_S + 1


def test_what_was_loud_during_an_answer_that_is_over_was_its_echo() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 1.0, 0.0, sounding=True)
    hearing.noticed()
    now = hears(hearing, QUIET, 1.0, now + FRAME_S)
    hearing.settled(now)
    assert not hearing.voiced
    assert not hearing.evident


def test_who_speaks_when_an_answer_ends_is_heard_from_where_it_began() -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 3.0, 0.0)
    now = hears(hearing, VOICE, 0.4, now + FRAME_S)
    hearing.settled(now)
    assert hearing.voiced
    kept = hearing.unanswered(now, during_reply=False)
    assert voices(kept) == 20
    assert len(kept) - 20 == pytest.approx(LEAD_IN_S / FRAME_S, abs=1)


# ------------------------------------------------------------------------------------------------ the model speaks


def test_what_is_merely_loud_while_the_model_speaks_may_be_its_own_voice() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 3.0, 0.0, sounding=True)
    assert hearing.unanswered(now, during_reply=True) == []


def test_but_what_has_just_begun_is_sent_again_for_nobody_can_have_noticed_it() -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 2.0, 0.0, sounding=True)
    now = hears(hearing, VOICE, ONSET_S / 2, now + FRAME_S, sounding=True)
    assert voices(hearing.unanswered(now, during_reply=True)) == round(ONSET_S / 2 / FRAME_S)


def test_and_what_is_loud_after_the_last_sound_of_the_speaker_is_somebody() -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 1.0, 0.0, sounding=True)
    now = hears(hearing, VOICE, 3.0, now + ECHO_S + FRAME_S)
    assert voices(hearing.unanswered(now, during_reply=True)) == 150


# ------------------------------------------------------------------------------------------------ marks


def test_between_marks_everything_is_speech() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    now = hears(hearing, QUIET, 3.0, 0.0)
    assert hearing.evident
    assert hearing.speaking(now + 60.0)
    hearing.marked(FloorYielded(), now)
    assert not hearing.speaking(now)
    kept = hearing.unanswered(now, during_reply=True)
    assert kept == [FloorClaimed(), *[QUIET] * 150, FloorYielded()]


def test_who_still_has_the_floor_claims_it_again() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    hearing.heard(VOICE, 0.1)
    hearing.answered()
    hearing.heard(VOICE, 0.2)
    assert hearing.evident
    assert hearing.unanswered(0.3, during_reply=True) == [FloorClaimed(), VOICE]


def test_an_answer_that_ends_while_the_user_has_the_floor_takes_nothing_away() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    hearing.heard(VOICE, 0.1)
    hearing.settled(0.2)
    assert hearing.unanswered(0.3, during_reply=False) == [FloorClaimed(), VOICE]


def test_the_end_of_a_stream_is_sent_again_with_its_sound_and_is_no_speech_itself() -> None:
    hearing = Hearing()
    hearing.marked(HearingEnded(), 0.0)
    assert not hearing.voiced
    hearing.heard(VOICE, 0.1)
    hearing.marked(HearingEnded(), 0.2)
    assert hearing.unanswered(0.3, during_reply=False) == [HearingEnded(), VOICE, HearingEnded()]


def test_what_is_stale_is_forgotten() -> None:
    hearing = Hearing()
    hears(hearing, VOICE, 1.0, 0.0)
    hearing.answered()
    hears(hearing, VOICE, 1.0, 5.0)
    hearing.forget()
    assert not hearing.voiced
    assert hearing.question() == []
    assert hearing.unanswered(6.0, during_reply=False) == []


def test_of_a_question_of_many_minutes_the_newest_two_are_kept() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    big = Heard(bytes(64_000))
    for number in range(100):
        hearing.heard(big, 2.0 * number)
    kept = hearing.unanswered(200.0, during_reply=False)
    assert kept[0] == FloorClaimed()
    assert sum(len(one.pcm) for one in kept if isinstance(one, Heard)) == KEPT_BYTES


# ------------------------------------------------------------------------------------------------ what waits

WORDS = Said(ClientMessage())
THINGS = st.one_of(
    st.binary(min_size=640, max_size=640).map(Heard), st.sampled_from([FloorClaimed(), FloorYielded(), WORDS])
)


@given(st.lists(THINGS, max_size=40))
def test_what_waits_comes_out_in_order(things: list[Heard | Mark | Said]) -> None:
    waiting = Waiting()
    for one in things:
        waiting.add(one)
    assert waiting.sound_s == pytest.approx(0.02 * sum(isinstance(one, Heard) for one in things))
    taken = list[object]()
    while waiting:
        taken.append(waiting.take())
    assert taken == things
    assert waiting.sound_s == 0.0


def test_what_was_sent_before_comes_first_and_does_not_count_as_new() -> None:
    waiting = Waiting()
    waiting.put_before([Heard(bytes(AWAY_BYTES)), HearingEnded()])
    waiting.add(WORDS)
    waiting.add(VOICE)
    assert waiting.sound_s == pytest.approx(30.02)
    assert [type(waiting.take()) for _ in range(4)] == [Heard, HearingEnded, Said, Heard]


def test_of_what_is_said_without_a_connection_the_newest_half_minute_waits_and_every_word() -> None:
    waiting = Waiting()
    waiting.add(WORDS)
    waiting.add(FloorClaimed())
    for _ in range(1_600):
        waiting.add(VOICE)
    assert waiting.sound_s == pytest.approx(30.0)
    assert waiting.take() == WORDS
    assert waiting.take() == FloorClaimed()


def test_stale_sound_goes_and_what_was_meant_stays() -> None:
    waiting = Waiting()
    waiting.put_before([VOICE, FloorYielded()])
    waiting.add(VOICE)
    waiting.add(WORDS)
    waiting.drop_sound()
    assert waiting.sound_s == 0.0
    assert [waiting.take(), waiting.take()] == [FloorYielded(), WORDS]
    assert not waiting
