"""What is kept of the user's sound in case the connection is lost, and what of it is taken for speech."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import HEARD_RATE, FloorClaimed, FloorYielded, Heard, HearingEnded, Said, Typed
from livechat.hearing import (
    AWAY_BYTES,
    ECHO_S,
    KEPT_BYTES,
    LEAD_IN_BYTES,
    LEAD_IN_S,
    LOUD,
    MUTE_S,
    ONSET_S,
    PAUSE_BYTES,
    PAUSE_S,
    QUIET_BYTES,
    REACTS_S,
    UNHEEDED_S,
    Hearing,
    Kept,
    Mark,
    Waiting,
)
from livechat.protocol.client import ClientMessage, RealtimeInput

FRAME_S = 0.02
VOICE = Heard((LOUD * 8).to_bytes(2, "little") * 320)
QUIET = Heard(bytes(640))
FRAME_BYTES = 640
BETWEEN_S = QUIET_BYTES / FRAME_BYTES * FRAME_S
"""A pause that parts two stretches of speech."""
LINE = ClientMessage(realtime_input=RealtimeInput(text="and?"))
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
    assert hearing.question() == []
    kept = hearing.unanswered(now, during_reply=False)
    assert len(kept) == pytest.approx(LEAD_IN_S / FRAME_S, abs=1)


def test_that_lead_in_is_as_long_as_speech_takes_to_get_loud() -> None:
    hearing = Hearing()
    steps = 4  # of a length that binary fractions say exactly
    for number in range(3 * steps + 1):
        hearing.heard(QUIET, number * LEAD_IN_S / steps)
    assert hearing.unanswered(3 * LEAD_IN_S, during_reply=False) == [QUIET] * (steps + 1)


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


@pytest.mark.parametrize("peak", [LOUD, -LOUD])
@pytest.mark.parametrize("samples", [1, 320])
def test_sound_is_as_loud_below_zero_as_above_and_however_short_a_frame_is(peak: int, samples: int) -> None:
    hearing = Hearing()
    hearing.heard(Heard(peak.to_bytes(2, "little", signed=True) * samples), 0.0)
    assert hearing.voiced


@pytest.mark.parametrize("at", range(8))
def test_a_peak_is_seen_wherever_in_a_frame_it_is(at: int) -> None:
    hearing = Hearing()
    hearing.heard(Heard(bytes(2 * at) + LOUD.to_bytes(2, "little") * 4 + bytes(2 * (316 - at))), 0.0)
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


def test_and_soon_after_it_is_turned_off_a_low_voice_is_heard_again() -> None:
    hearing = Hearing()
    low = Heard(LOUD.to_bytes(2, "little") * 320)
    now = hears(hearing, Heard((LOUD * 2).to_bytes(2, "little") * 320), 30.0, 0.0)
    hearing.heard(low, now)
    assert not hearing.speaking(now)
    now = hears(hearing, QUIET, 0.2, now)
    hearing.heard(low, now)
    assert hearing.speaking(now)


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


@pytest.mark.parametrize("during_reply", [False, True])
def test_but_not_what_is_not_read_yet_where_something_else_was_asked_first(during_reply: bool) -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 2.0, 1.0)
    hearing.answered()
    assert hearing.unread
    hearing.heard(VOICE, now + FRAME_S, sounding=True)
    assert voices(hearing.unanswered(now + 2 * FRAME_S, during_reply=during_reply)) == 101


def test_and_when_that_other_answer_is_over_it_is_still_kept() -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 0.0)
    hearing.answered()
    now = hears(hearing, QUIET, 2.0, now + FRAME_S, sounding=True)
    hearing.settled(now)
    assert hearing.unread
    assert voices(hearing.unanswered(now, during_reply=False)) == 50


def test_also_where_that_was_asked_after_an_answer_to_something_else_again() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.answered()
    hears(hearing, QUIET, BETWEEN_S, 1.0)
    hearing.asked()
    hearing.heard(VOICE, 2.0)
    hearing.answered()
    assert hearing.unread


def test_nor_what_is_said_by_who_has_the_floor_again() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    hearing.heard(VOICE, 0.1)
    hearing.marked(FloorYielded(), 0.2)
    hearing.read()
    hearing.marked(FloorClaimed(), 0.3)
    hearing.heard(VOICE, 0.4)
    hearing.answered()
    assert hearing.evident
    assert hearing.question() == [FloorClaimed(), VOICE, FloorYielded()]
    assert hearing.unanswered(0.5, during_reply=True) == [FloorClaimed(), VOICE]


@pytest.mark.parametrize("reads", [False, True])
def test_but_what_may_be_the_voice_of_the_answer_before_is_not_taken_for_something_new(reads: bool) -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 1.0, sounding=True)
    if reads:
        hearing.read()
    hearing.answered()
    assert not hearing.unread
    assert voices(hearing.unanswered(now, during_reply=True)) == 0


def test_what_will_never_be_read_is_answered_with_the_rest() -> None:
    hearing = Hearing()
    hearing.asked()
    now = hears(hearing, VOICE, 1.0, 1.0)
    hearing.read()
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
    assert not hearing.unread
    now = hears(hearing, VOICE, 0.2, now + FRAME_S)
    assert voices(hearing.unanswered(now, during_reply=False)) == 10


def test_but_not_what_was_loud_when_nothing_sounded_any_more() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 1.0, 0.0, sounding=True)
    now = hears(hearing, QUIET, 1.0, now + FRAME_S)
    now = hears(hearing, VOICE, 0.2, now + FRAME_S)
    now = hears(hearing, QUIET, 1.0, now + FRAME_S)
    hearing.settled(now)
    assert hearing.voiced
    assert hearing.unread
    assert voices(hearing.unanswered(now, during_reply=False)) == 10


def test_who_takes_the_floor_then_does_not_have_the_echo_sent_again() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 1.0, 0.0, sounding=True)
    now = hears(hearing, QUIET, 1.0, now + FRAME_S)
    hearing.settled(now)
    hearing.marked(FloorClaimed(), now)
    assert voices(hearing.unanswered(now, during_reply=False)) == 0


def test_when_an_answer_is_over_what_was_written_is_not_kept_either() -> None:
    hearing = Hearing()
    hearing.wrote(LINE, 0.0)
    hearing.settled(1.0)
    assert hearing.unanswered(1.0, during_reply=False) == []


@pytest.mark.parametrize("sounding", [False, True])
def test_who_speaks_when_an_answer_ends_is_heard_from_where_it_began(sounding: bool) -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 3.0, 0.0)
    now = hears(hearing, VOICE, 0.4, now + FRAME_S, sounding=sounding)
    hearing.settled(now)
    assert hearing.voiced
    kept = hearing.unanswered(now, during_reply=False)
    assert voices(kept) == 20
    assert len(kept) - 20 == pytest.approx(LEAD_IN_S / FRAME_S, abs=1)


def test_when_the_server_is_done_with_what_it_noticed_nothing_is_evident_but_a_floor_that_is_taken() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.answered()
    hearing.heard(VOICE, 0.1)
    hearing.noticed()
    hearing.unheeded()
    assert not hearing.evident
    assert hearing.voiced
    assert hearing.question() == []
    hearing.marked(FloorClaimed(), 0.2)
    hearing.unheeded()
    assert hearing.evident


# ------------------------------------------------------------------------------------------------ reading


SPEECH = Heard(VOICE.pcm * 10)


def speaks_twice(hearing: Hearing, *, pace: float = FRAME_S) -> float:
    """A second of speech, one of silence, one of speech; gives when the last frame was."""
    frames = [VOICE] * 50 + [QUIET] * 50 + [VOICE] * 50
    for number, frame in enumerate(frames):
        hearing.heard(frame, number * pace)
    return (len(frames) - 1) * pace


def test_silence_is_not_to_be_read() -> None:
    hearing = Hearing()
    hears(hearing, QUIET, 1.0, 0.0)
    assert not hearing.unread


def test_each_stretch_of_speech_is_read_by_itself() -> None:
    hearing = Hearing()
    speaks_twice(hearing)
    hearing.read()
    assert hearing.unread
    hearing.read()
    assert not hearing.unread


KNOCK = [VOICE] * 5
TYPING = ([VOICE] + [QUIET] * 5) * 40
"""Somebody types, for five seconds."""


@pytest.mark.parametrize("noise", [KNOCK, TYPING])
def test_a_transcript_is_of_what_is_like_speech_and_not_of_a_noise_before_it(noise: list[Heard]) -> None:
    hearing = Hearing()
    frames = [*noise, *[QUIET] * 50, *[VOICE] * 50]
    for number, frame in enumerate(frames):
        hearing.heard(frame, number * FRAME_S)
    hearing.read()
    assert not hearing.unread
    hearing.answered()
    assert hearing.question() == frames
    assert VOICE not in hearing.unanswered(len(frames) * FRAME_S, during_reply=True)


@pytest.mark.parametrize("noise", [KNOCK, TYPING])
def test_nor_is_a_noise_after_it_something_that_nobody_has_answered(noise: list[Heard]) -> None:
    hearing = Hearing()
    frames = [*[VOICE] * 50, *[QUIET] * 50, *noise, *[QUIET] * 50]
    for number, frame in enumerate(frames):
        hearing.heard(frame, number * FRAME_S)
    hearing.read()
    hearing.answered()
    assert VOICE not in hearing.unanswered(len(frames) * FRAME_S, during_reply=True)


def test_what_has_only_begun_may_be_speech_whatever_it_is_like_so_far() -> None:
    hearing = Hearing()
    now = hears(hearing, QUIET, 1.0, hears(hearing, VOICE, 1.0, 0.0) + FRAME_S) + FRAME_S
    hearing.heard(VOICE, now)
    hearing.read()
    hearing.answered()
    assert hearing.unanswered(now, during_reply=True)[-1] == VOICE


def test_where_there_was_nothing_but_a_noise_that_is_what_was_read() -> None:
    hearing = Hearing()
    for frame in [*KNOCK, *[QUIET] * 50]:
        hearing.heard(frame, 0.0)
    hearing.read()
    assert not hearing.unread


def test_low_words_between_marks_are_speech_after_the_answer_to_a_line_too() -> None:
    for settles in (False, True):
        hearing = Hearing()
        low = Heard((LOUD // 2).to_bytes(2, "little") * 320)
        hearing.asked()
        hearing.marked(FloorClaimed(), 0.0)
        now = hears(hearing, low, 1.0, 0.0)
        hearing.marked(FloorYielded(), now)
        hearing.answered()
        if settles:
            hearing.settled(now + 2.0)
        assert hearing.unanswered(now + 2.1, during_reply=not settles) == [FloorClaimed(), *[low] * 50, FloorYielded()]


def test_what_was_no_speech_stands_for_no_transcript_of_what_is() -> None:
    hearing = Hearing()
    now = hears(hearing, VOICE, 0.5, 0.0)
    now = hears(hearing, QUIET, MUTE_S + 1.0, now + FRAME_S)
    assert not hearing.unread
    now = hears(hearing, VOICE, 1.0, now + FRAME_S)
    hearing.read()
    hearing.answered()
    assert VOICE not in hearing.unanswered(now, during_reply=True)


def test_words_of_what_nobody_was_heard_to_say_do_not_stand_for_what_is_said_later() -> None:
    hearing = Hearing()
    hearing.read()
    assert not hearing.unread
    hearing.heard(VOICE, 0.0)
    assert hearing.unread


def test_what_is_sent_again_is_to_be_read_anew() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.read()
    again = hearing.unanswered(0.1, during_reply=False)
    assert not hearing.unread
    assert again == [VOICE]
    hearing.heard(VOICE, 1.0)
    assert hearing.unread


def test_something_new_begins_with_what_is_loud_after_a_pause() -> None:
    hearing = Hearing()
    assert hearing.begins_with(VOICE)
    hearing.heard(VOICE, 0.0)
    assert not hearing.begins_with(VOICE)
    now = hears(hearing, QUIET, BETWEEN_S - FRAME_S, FRAME_S)
    assert not hearing.begins_with(VOICE)
    hearing.heard(QUIET, now + FRAME_S)
    assert hearing.begins_with(VOICE)
    assert not hearing.begins_with(QUIET)


def test_but_not_while_the_user_has_the_floor_anyway() -> None:
    hearing = Hearing()
    hearing.marked(FloorClaimed(), 0.0)
    assert not hearing.begins_with(VOICE)


# ------------------------------------------------------------------------------------------------ what is unread


@pytest.mark.parametrize("pace", [FRAME_S, 0.0])
def test_of_two_sentences_an_answer_to_the_first_leaves_the_second_with_how_it_began(pace: float) -> None:
    """Also where both were sent again in one burst, at one moment."""
    hearing = Hearing()
    now = speaks_twice(hearing, pace=pace)
    hearing.read()
    hearing.answered()
    lead_in = LEAD_IN_BYTES // FRAME_BYTES
    assert hearing.question() == [VOICE] * 50 + [QUIET] * (50 - lead_in)
    assert hearing.unread
    assert hearing.unanswered(now, during_reply=True) == [QUIET] * lead_in + [VOICE] * 50


@pytest.mark.parametrize("between", [HearingEnded(), LINE])
def test_what_comes_before_a_mark_or_a_line_is_not_how_it_began(between: Mark | ClientMessage) -> None:
    hearing = Hearing()
    hearing.heard(SPEECH, 0.0)
    now = hears(hearing, QUIET, 0.5, 0.1)
    if isinstance(between, ClientMessage):
        hearing.wrote(between, now)
    else:
        hearing.marked(between, now)
    now = hears(hearing, QUIET, 0.2, now)
    hearing.heard(VOICE, now)
    hearing.read()
    hearing.answered()
    assert hearing.unanswered(now, during_reply=False) == [*[QUIET] * 10, VOICE]


def test_nor_is_what_was_loud_before_the_user_took_the_floor() -> None:
    hearing = Hearing()
    hearing.heard(SPEECH, 0.0)
    hearing.heard(QUIET, 0.1)
    hearing.marked(FloorClaimed(), 0.2)
    hearing.marked(FloorYielded(), 0.3)
    hearing.read()
    hearing.answered()
    assert hearing.question() == [SPEECH]
    assert hearing.unanswered(0.4, during_reply=False) == [QUIET, FloorClaimed(), FloorYielded()]


def test_nor_is_anything_before_a_floor_that_the_user_still_has() -> None:
    hearing = Hearing()
    hearing.asked()
    hearing.heard(QUIET, 0.0)
    hearing.marked(FloorClaimed(), 0.1)
    hearing.answered()
    assert hearing.question() == [QUIET]
    assert hearing.unanswered(0.2, during_reply=False) == [FloorClaimed()]


def test_what_was_written_is_no_question_that_is_heard_again() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.wrote(LINE, 0.1)
    hearing.answered()
    assert hearing.question() == [VOICE]


def test_what_was_written_in_between_keeps_its_place() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.wrote(LINE, 0.1)
    hearing.heard(QUIET, 0.2)
    assert hearing.unanswered(0.3, during_reply=False) == [VOICE, LINE, QUIET]


def test_of_minutes_that_are_unread_the_newest_two_are_left_by_an_answer_to_something_else() -> None:
    hearing = Hearing()
    hearing.asked()
    big = Heard((LOUD * 8).to_bytes(2, "little") * 32_000)
    for number in range(70):
        hearing.heard(big, 2.0 * number)
    hearing.answered()
    assert hearing.question() == []
    assert hearing.unanswered(140.0, during_reply=False) == [big] * (KEPT_BYTES // len(big.pcm))


def test_a_second_answer_takes_what_the_first_has_left() -> None:
    hearing = Hearing()
    now = speaks_twice(hearing)
    hearing.read()
    hearing.answered()
    hearing.read()
    hearing.answered()
    assert not hearing.unread
    assert voices(hearing.question()) == 50
    assert hearing.unanswered(now, during_reply=False) == []


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


def test_what_breaks_off_with_an_answer_is_no_question_any_more() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.answered()
    assert hearing.unanswered(0.1, during_reply=True) == []
    assert hearing.question() == []


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


def test_what_was_forgotten_takes_no_room() -> None:
    hearing = Hearing()
    hearing.heard(VOICE, 0.0)
    hearing.forget()
    hearing.heard(Heard(VOICE.pcm * (KEPT_BYTES // FRAME_BYTES)), 1.0)
    assert len(hearing.unanswered(1.0, during_reply=False)) == 1


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
    assert _taken(waiting) == things
    assert waiting.sound_s == 0.0


def test_what_was_sent_before_comes_first_and_does_not_count_as_new() -> None:
    waiting = Waiting()
    waiting.put_before([Heard(bytes(AWAY_BYTES)), HearingEnded()])
    waiting.add(WORDS)
    waiting.add(VOICE)
    assert waiting.sound_s == pytest.approx(30.02)
    assert [type(waiting.take()) for _ in range(4)] == [Heard, HearingEnded, Said, Heard]


def faint(number: int) -> Heard:
    """A frame of silence like no other."""
    return Heard((number % LOUD).to_bytes(2, "little") * 320)


def put(waiting: Waiting, frame: Heard, seconds: float) -> int:
    """Frames of this for so long; gives the samples that went for them."""
    return sum(waiting.add(frame) for _ in range(round(seconds / FRAME_S)))


def test_of_what_is_said_without_a_connection_the_newest_half_minute_waits_and_every_word() -> None:
    waiting = Waiting()
    waiting.add(WORDS)
    waiting.add(FloorClaimed())
    assert put(waiting, VOICE, 30.0) == 0
    assert put(waiting, VOICE, 2.0) == 2 * HEARD_RATE
    assert waiting.sound_s == pytest.approx(30.0)
    assert waiting.take() == WORDS
    assert waiting.take() == FloorClaimed()


def test_for_a_long_frame_as_many_short_ones_go_as_it_takes() -> None:
    waiting = Waiting()
    put(waiting, VOICE, 30.0)
    assert waiting.add(Heard(VOICE.pcm * 3)) == 3 * 320
    assert waiting.sound_s == pytest.approx(30.0)


@pytest.mark.parametrize("before_s", [0.0, 10.0])
def test_before_any_speech_goes_what_is_more_than_a_second_of_a_pause_the_oldest_first(before_s: float) -> None:
    waiting = Waiting()
    put(waiting, VOICE, before_s)
    pause = [faint(number) for number in range(150)]
    assert sum(map(waiting.add, pause)) == 0
    assert put(waiting, VOICE, 28.0 - before_s) == 0
    left = [one for one in _taken(waiting) if one != VOICE]
    parts = PAUSE_BYTES // FRAME_BYTES
    assert left == pause[:parts] + pause[parts + 50 :]


def test_of_a_pause_as_much_goes_for_a_long_frame_as_it_takes() -> None:
    waiting = Waiting()
    put(waiting, QUIET, 2.0)
    put(waiting, VOICE, 28.0)
    assert waiting.add(Heard(VOICE.pcm * 3)) == 0
    assert waiting.sound_s == pytest.approx(30.0)


def test_a_second_of_each_pause_is_kept_as_long_as_speech_is() -> None:
    waiting = Waiting()
    for _ in range(6):
        put(waiting, QUIET, 3.0)
        assert waiting.add(Heard(LOUD.to_bytes(2, "little") * 320)) == 0
    assert put(waiting, VOICE, 30.0 - 6.0 - 6 * FRAME_S) == 0
    assert _taken(waiting).count(QUIET) == 6 * PAUSE_BYTES // FRAME_BYTES


def test_once_no_pause_is_left_to_shorten_the_oldest_goes() -> None:
    waiting = Waiting()
    put(waiting, VOICE, 1.0)
    put(waiting, QUIET, 2.0)
    assert put(waiting, VOICE, 28.0) == 0
    assert put(waiting, VOICE, 1.5) == 1.5 * HEARD_RATE
    assert put(waiting, QUIET, 0.5) == 0.5 * HEARD_RATE
    assert _taken(waiting)[-25:] == [QUIET] * 25


@pytest.mark.parametrize("sent", [False, True])
def test_silence_that_waits_no_longer_is_none_that_may_go(sent: bool) -> None:
    waiting = Waiting()
    for number in range(200):
        waiting.add(faint(number))
    if sent:
        _taken(waiting)
    else:
        waiting.drop_sound()
    assert put(waiting, VOICE, 30.5) == 0.5 * HEARD_RATE
    assert _taken(waiting) == [VOICE] * 1_500


def test_silence_that_was_sent_before_the_connection_was_lost_may_not_go_in_place_of_what_waits() -> None:
    waiting = Waiting()
    pause = [faint(number) for number in range(100)]
    for frame in pause:
        waiting.add(frame)
    for _ in range(75):
        waiting.take()
    assert put(waiting, VOICE, 30.0) == 0
    assert put(waiting, VOICE, 0.5) == 0.5 * HEARD_RATE


@pytest.mark.parametrize(
    ("again", "said", "words", "sound", "written"),
    [
        ([], [], False, False, False),
        ([], [WORDS], False, False, False),
        ([], [Typed("hello")], True, False, True),
        ([], [VOICE, Typed("hello")], True, True, False),
        ([], [Typed("hello"), HearingEnded()], True, True, True),
        ([LINE], [], False, False, True),
        ([LINE], [VOICE], False, True, True),
        ([VOICE, LINE], [], False, True, False),
        ([VOICE], [Typed("hello")], True, True, False),
    ],
)
def test_it_tells_what_waits(again: list[Kept], said: list[Kept], words: bool, sound: bool, written: bool) -> None:
    waiting = Waiting()
    waiting.put_before(again)
    for one in said:
        waiting.add(one)
    assert (waiting.has_words, waiting.has_sound, waiting.first_is_written) == (words, sound, written)
    assert bool(waiting) == bool(again or said)


def test_a_message_that_is_put_again_with_its_question_goes_and_nothing_else() -> None:
    waiting = Waiting()
    waiting.put_before([VOICE, LINE, HearingEnded()])
    waiting.add(WORDS)
    waiting.drop_messages()
    assert _taken(waiting) == [VOICE, HearingEnded(), WORDS]


def test_stale_sound_goes_and_what_was_meant_stays() -> None:
    waiting = Waiting()
    waiting.put_before([VOICE, FloorYielded()])
    waiting.add(VOICE)
    waiting.add(WORDS)
    waiting.drop_sound()
    assert waiting.sound_s == 0.0
    assert [waiting.take(), waiting.take()] == [FloorYielded(), WORDS]
    assert not waiting


def test_a_floor_that_was_taken_and_given_up_over_stale_sound_goes_with_it() -> None:
    waiting = Waiting()
    waiting.put_before([LINE, FloorClaimed(), VOICE])
    for one in (Typed("hello"), FloorYielded(), FloorClaimed(), VOICE):
        waiting.add(one)
    waiting.drop_sound()
    assert _taken(waiting) == [LINE, Typed("hello"), FloorClaimed()]


def _taken(waiting: Waiting) -> list[Kept]:
    taken = list[Kept]()
    while waiting:
        taken.append(waiting.take())
    return taken
