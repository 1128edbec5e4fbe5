"""What the user says goes out in its order, and waits where it must."""

from __future__ import annotations

from math import inf
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Said, Typed
from livechat.hearing import AWAY_BYTES, QUIET_BYTES, Hearing, Mark
from livechat.outgoing import HELD_FRAMES, READ_S, Outgoing, Written
from livechat.protocol.client import ClientMessage, RealtimeInput

FRAME_BYTES = 640
VOICE = Heard((2_000).to_bytes(2, "little") * 320)
SPEECH = Heard(VOICE.pcm * 10)
"""No knock."""
SILENCE = (bytes(FRAME_BYTES), False)
LINE = ClientMessage(realtime_input=RealtimeInput(text="what was asked"))
Sound: TypeAlias = tuple[bytes, bool]
"""PCM, and whether it was kept."""
STREAM_END = ClientMessage(realtime_input=RealtimeInput(audio_stream_end=True))


def voice(number: int) -> Heard:
    """A loud frame like no other."""
    return Heard((2_000 + number).to_bytes(2, "little") * 3_200)


class Mouth:
    """One that writes down what goes out."""

    def __init__(self, *, marks_activity: bool = False) -> None:
        self.went: list[Sound | Written] = []
        self.dropped: list[tuple[int, float]] = []
        self.said_at = -inf
        self.spoken: list[tuple[Heard | Mark, float]] = []
        self.holds = False
        self.hearing = Hearing()
        self.outgoing = Outgoing(
            self.hearing,
            send=self._sent,
            sound=lambda pcm, kept: self.went.append((pcm, kept)),
            spoken=self._spoken,
            say=self._said,
            dropped=self._drops,
            marks_activity=marks_activity,
            holds=lambda: self.holds,
        )

    def went_since(self) -> list[Sound | Written]:
        """What went out since this was asked last."""
        went, self.went = self.went, []
        return went

    def is_read(self, now: float) -> None:
        """The server tells the words of all that was spoken."""
        self.hearing.read()
        self.outgoing.go_on(now)

    def pauses(self, now: float) -> None:
        """The user is silent for as long as parts two stretches of speech."""
        self.outgoing.heard(Heard(bytes(QUIET_BYTES)), now)
        self.went_since()

    def _sent(self, message: ClientMessage) -> None:
        self.went.append(message)

    def _spoken(self, what: Heard | Mark, now: float) -> None:
        self.spoken.append((what, now))
        if isinstance(what, Heard):
            self.hearing.heard(what, now)
        else:
            self.hearing.marked(what, now)

    def _said(self, written: Written, now: float) -> None:
        self.went.append(written)
        self.said_at = now

    def _drops(self, samples: int, now: float) -> None:
        self.dropped.append((samples, now))


def connected(*, marks_activity: bool = False) -> Mouth:
    mouth = Mouth(marks_activity=marks_activity)
    mouth.outgoing.opened(0.0, again=False)
    return mouth


def with_a_line_that_waits(*, marks_activity: bool = False) -> Mouth:
    """Sound was sent again at 0 s, and a line that was written after it waits for that to be read."""
    mouth = connected(marks_activity=marks_activity)
    mouth.outgoing.lost([VOICE, LINE], 0.0)
    mouth.outgoing.opened(0.0, again=True)
    assert mouth.went_since() == [(VOICE.pcm, True)]
    return mouth


# ------------------------------------------------------------------------------------------------ no connection


def test_what_is_said_before_there_is_a_connection_goes_out_when_there_is_one_in_order() -> None:
    mouth = Mouth()
    mouth.outgoing.heard(VOICE, 0.0)
    mouth.outgoing.keep(Typed("hello"), 0.0)
    assert (mouth.went, mouth.outgoing.has_words, mouth.outgoing.kept_s) == ([], True, 0.02)
    mouth.outgoing.opened(1.0, again=False)
    assert mouth.went == [(VOICE.pcm, False)], "what is written waits for what is spoken to be read"
    mouth.hearing.read()
    mouth.outgoing.go_on(1.1)
    assert mouth.went[1:] == [Typed("hello")]


def test_a_line_that_is_typed_without_a_connection_is_kept_for_the_next() -> None:
    mouth = Mouth()
    assert not mouth.outgoing.may_write(Typed("hello"), 0.0)
    assert mouth.outgoing.deadline == inf
    mouth.outgoing.opened(1.0, again=False)
    assert (mouth.went, mouth.said_at) == ([Typed("hello")], 1.0)
    assert not mouth.outgoing.has_words


def test_what_a_program_says_waits_for_no_sound_to_be_read() -> None:
    mouth = Mouth()
    mouth.outgoing.heard(VOICE, 0.0)
    mouth.outgoing.keep(Said(LINE), 0.0)
    mouth.outgoing.opened(1.0, again=False)
    assert mouth.went == [(VOICE.pcm, False), Said(LINE)]


def test_after_a_loss_what_is_sent_again_goes_before_what_was_said_since() -> None:
    mouth = connected(marks_activity=True)
    mouth.outgoing.lost([], 1.0)
    mouth.outgoing.heard(voice(3), 1.1)
    mouth.outgoing.marked(FloorYielded(), 1.2)
    mouth.outgoing.lost([FloorClaimed(), voice(1), voice(2)], 1.3)
    mouth.outgoing.opened(2.0, again=True)
    began, *sounds, ended = mouth.went
    assert sounds == [(voice(number).pcm, True) for number in (1, 2, 3)]
    assert [_mark_of(began), _mark_of(ended)] == [FloorClaimed(), FloorYielded()]


def test_what_is_heard_once_all_that_was_kept_is_sent_is_not_called_kept() -> None:
    mouth = connected()
    mouth.outgoing.lost([voice(1)], 1.0)
    mouth.outgoing.opened(2.0, again=True)
    mouth.outgoing.heard(voice(2), 2.1)
    assert mouth.went == [(voice(1).pcm, True), (voice(2).pcm, False)]


def test_of_long_speech_without_a_connection_it_says_how_much_is_not_kept_and_when() -> None:
    mouth = Mouth()
    mouth.outgoing.heard(Heard(VOICE.pcm * (AWAY_BYTES // FRAME_BYTES)), 0.0)
    assert mouth.dropped == []
    mouth.outgoing.heard(VOICE, 1.0)
    mouth.outgoing.heard(VOICE, 2.0)
    assert mouth.dropped == [(AWAY_BYTES // 2, 1.0)]
    assert mouth.outgoing.kept_s == 0.04


def test_a_report_tells_what_is_kept_and_nothing_where_nothing_is() -> None:
    mouth = Mouth()
    assert repr(mouth.outgoing) == ""
    for _ in range(75):
        mouth.outgoing.heard(VOICE, 0.0)
    assert repr(mouth.outgoing) == "kept=1.5s"


# ------------------------------------------------------------------------------------------------ marks


def test_the_marks_of_a_floor_go_out_as_such_and_where_they_do_the_end_of_sound_does_not() -> None:
    mouth = connected(marks_activity=True)
    for mark in (FloorClaimed(), HearingEnded(), FloorYielded()):
        mouth.outgoing.marked(mark, 0.0)
    assert [_mark_of(one) for one in mouth.went] == [FloorClaimed(), FloorYielded()]


def test_the_end_of_sound_goes_out_where_the_server_listens_for_pauses_by_itself() -> None:
    mouth = connected()
    mouth.outgoing.marked(HearingEnded(), 0.0)
    assert mouth.went == [STREAM_END]


def test_what_goes_out_is_noted_as_spoken_when_it_does() -> None:
    mouth = Mouth(marks_activity=True)
    mouth.outgoing.marked(FloorClaimed(), 0.1)
    mouth.outgoing.heard(VOICE, 0.2)
    assert mouth.spoken == []
    mouth.outgoing.opened(1.0, again=False)
    mouth.outgoing.marked(FloorYielded(), 1.1)
    assert mouth.spoken == [(FloorClaimed(), 1.0), (VOICE, 1.0), (FloorYielded(), 1.1)]


# ------------------------------------------------------------------------------------------------ the model is deaf


def test_what_is_spoken_while_the_model_may_hear_nothing_goes_out_in_order_when_it_may() -> None:
    mouth = connected()
    mouth.holds = True
    mouth.outgoing.heard(voice(1), 1.0)
    mouth.outgoing.marked(HearingEnded(), 1.1)
    mouth.outgoing.heard(voice(2), 1.2)
    mouth.outgoing.go_on(1.3)
    assert mouth.went == []
    assert not mouth.hearing.voiced
    mouth.holds = False
    mouth.outgoing.go_on(1.4)
    assert mouth.went == [(voice(1).pcm, False), STREAM_END, (voice(2).pcm, False)]


def test_of_what_is_spoken_meanwhile_the_last_frames_are_kept() -> None:
    mouth = connected()
    mouth.holds = True
    for number in range(HELD_FRAMES + 2):
        mouth.outgoing.heard(voice(number), 1.0)
    mouth.holds = False
    mouth.outgoing.go_on(1.1)
    assert mouth.went == [(voice(number).pcm, False) for number in range(2, HELD_FRAMES + 2)]


def test_what_the_model_was_not_to_hear_is_not_lost_with_the_connection() -> None:
    mouth = connected()
    mouth.holds = True
    mouth.outgoing.heard(voice(2), 1.0)
    mouth.outgoing.marked(HearingEnded(), 1.0)
    mouth.holds = False
    mouth.outgoing.lost([voice(1)], 1.1)
    mouth.outgoing.opened(1.2, again=True)
    assert mouth.went == [(voice(1).pcm, True), (voice(2).pcm, True), STREAM_END]


def test_but_of_that_too_it_says_how_much_is_not_kept() -> None:
    mouth = connected()
    mouth.holds = True
    for long in (AWAY_BYTES, FRAME_BYTES):
        mouth.outgoing.heard(Heard(VOICE.pcm * (long // FRAME_BYTES)), 1.0)
    mouth.outgoing.lost([], 2.0)
    assert mouth.dropped == [(AWAY_BYTES // 2, 2.0)]


# ------------------------------------------------------------------------------------------------ reading takes time


def test_what_was_written_after_something_spoken_that_is_sent_again_waits_until_that_is_read() -> None:
    mouth = with_a_line_that_waits()
    mouth.outgoing.go_on(READ_S / 2)
    assert mouth.went_since() == []
    mouth.is_read(READ_S / 2)
    assert mouth.went_since() == [LINE]
    assert mouth.outgoing.deadline == inf


def test_but_no_longer_than_reading_takes() -> None:
    mouth = with_a_line_that_waits()
    assert mouth.outgoing.deadline == READ_S
    mouth.outgoing.go_on(READ_S)
    assert mouth.went_since() == [LINE]


def test_what_was_written_before_something_spoken_waits_for_nothing() -> None:
    mouth = connected()
    mouth.outgoing.lost([LINE, VOICE], 0.0)
    mouth.outgoing.opened(0.0, again=True)
    assert mouth.went == [LINE, (VOICE.pcm, True)]


def test_what_is_spoken_between_two_lines_is_waited_for_anew_also_where_the_first_waited_in_vain() -> None:
    mouth = connected()
    mouth.outgoing.lost([voice(1), Typed("a"), Typed("b"), HearingEnded(), Typed("c"), voice(2), Typed("d")], 0.0)
    mouth.outgoing.opened(0.0, again=True)
    mouth.went_since()
    mouth.outgoing.go_on(READ_S)
    assert mouth.went_since() == [Typed("a"), Typed("b"), STREAM_END, Typed("c"), (voice(2).pcm, True)]
    assert mouth.outgoing.deadline == 2 * READ_S
    mouth.outgoing.go_on(2 * READ_S)
    assert mouth.went_since() == [Typed("d")]


def test_a_line_that_is_typed_just_after_sound_was_sent_again_waits_for_it_too() -> None:
    mouth = connected()
    mouth.outgoing.lost([VOICE], 1.0)
    mouth.outgoing.opened(2.0, again=True)
    assert not mouth.outgoing.may_write(Typed("and?"), 2.5)
    assert mouth.outgoing.deadline == 2.0 + READ_S
    mouth.went_since()
    mouth.is_read(2.6)
    assert mouth.went_since() == [Typed("and?")]


@pytest.mark.parametrize("reads", [False, True])
def test_but_not_where_it_is_read_or_should_be_by_now(reads: bool) -> None:
    mouth = connected()
    mouth.outgoing.lost([VOICE], 1.0)
    mouth.outgoing.opened(2.0, again=True)
    if reads:
        mouth.hearing.read()
    assert mouth.outgoing.may_write(Typed("and?"), 2.1 if reads else 2.0 + READ_S)
    assert not mouth.outgoing.has_words


def test_a_line_that_is_typed_behind_what_is_spoken_live_waits_for_nothing() -> None:
    mouth = connected()
    mouth.outgoing.heard(VOICE, 0.0)
    assert mouth.hearing.unread
    assert mouth.outgoing.may_write(Typed("hello"), 0.1)


def test_nor_is_it_waited_for_what_was_kept_for_the_first_connection() -> None:
    mouth = Mouth()
    mouth.outgoing.heard(VOICE, 0.0)
    mouth.outgoing.opened(0.1, again=False)
    assert mouth.hearing.unread
    assert mouth.outgoing.may_write(Typed("hello"), 0.2)


def test_behind_a_line_that_waits_the_next_waits_too() -> None:
    mouth = with_a_line_that_waits()
    assert not mouth.outgoing.may_write(Typed("and?"), READ_S - 0.1)
    assert mouth.outgoing.deadline == READ_S, "the second does not put off the first"
    mouth.outgoing.go_on(READ_S)
    assert mouth.went_since() == [LINE, Typed("and?")]


def test_what_is_new_behind_a_line_that_waits_waits_with_it_and_the_server_is_given_silence_meanwhile() -> None:
    mouth = connected()
    mouth.outgoing.lost([SPEECH, LINE], 0.0)
    mouth.outgoing.opened(0.0, again=True)
    mouth.went_since()
    mouth.pauses(0.2)
    mouth.outgoing.heard(SPEECH, 1.0)
    mouth.outgoing.heard(Heard(bytes(FRAME_BYTES)), 1.1)
    mouth.outgoing.marked(HearingEnded(), 1.2)
    assert mouth.went_since() == [(bytes(len(SPEECH.pcm)), False), SILENCE]
    assert mouth.hearing.unread
    mouth.is_read(1.3)
    assert mouth.went_since() == [LINE, (SPEECH.pcm, True), (bytes(FRAME_BYTES), True), STREAM_END]


def test_but_none_where_it_is_told_when_the_user_speaks() -> None:
    mouth = with_a_line_that_waits(marks_activity=True)
    mouth.outgoing.marked(FloorClaimed(), 1.0)
    mouth.outgoing.heard(voice(1), 1.1)
    assert mouth.went_since() == []
    mouth.is_read(1.2)
    line, began, sound = mouth.went_since()
    assert (line, _mark_of(began), sound) == (LINE, FloorClaimed(), (voice(1).pcm, True))


def test_what_goes_on_behind_a_line_that_waits_goes_out_for_it_is_still_to_be_read() -> None:
    mouth = with_a_line_that_waits()
    mouth.outgoing.heard(voice(1), 0.1)
    assert mouth.went_since() == [(voice(1).pcm, True)]


def test_with_a_connection_that_is_lost_nothing_is_waited_for_any_more() -> None:
    mouth = with_a_line_that_waits()
    assert not mouth.outgoing.may_write(Typed("and?"), 0.1)
    mouth.outgoing.lost([], 0.2)
    assert mouth.outgoing.deadline == inf
    mouth.hearing.forget()
    mouth.outgoing.opened(0.3, again=True)
    assert mouth.went_since() == [Typed("and?")], "the message is put again with its question"


# ------------------------------------------------------------------------------------------------ sleep


def test_after_a_sleep_what_was_heard_is_stale_and_what_was_typed_is_not() -> None:
    mouth = connected()
    mouth.outgoing.lost([voice(1), LINE], 0.0)
    mouth.outgoing.heard(voice(2), 0.1)
    mouth.outgoing.keep(Typed("hello"), 0.2)
    mouth.outgoing.slept()
    assert mouth.outgoing.kept_s == 0.0
    mouth.outgoing.opened(900.0, again=True)
    assert mouth.went == [Typed("hello")], "the message is put again with its question"


def test_after_a_sleep_over_which_the_connection_lasted_what_was_written_goes_out_over_it() -> None:
    mouth = with_a_line_that_waits()
    mouth.pauses(0.2)
    mouth.outgoing.heard(voice(1), 1.0)
    mouth.went_since()
    mouth.outgoing.slept()
    mouth.is_read(900.0)
    assert mouth.went_since() == [LINE]


# ------------------------------------------------------------------------------------------------ all of it

STEPS = st.one_of(
    st.integers(0, 9_000).map(voice),
    st.integers().map(str).map(Typed),
    st.sampled_from([FloorClaimed(), FloorYielded(), Heard(bytes(QUIET_BYTES))]),
    st.sampled_from(["opens", "is lost", "is read"]),
)


@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_to_the_connection_all_that_is_said_goes_out_once_and_in_order(
    steps: list[Heard | Mark | Typed | str],
) -> None:
    mouth = Mouth(marks_activity=True)
    for number, step in enumerate(steps):
        _take(mouth, step, number / 4)
        mouth.outgoing.go_on(number / 4)
    mouth.outgoing.opened(100.0, again=True)
    for _ in steps:
        mouth.is_read(100.0)
    assert mouth.outgoing.deadline == inf
    went = [_mark_of(one) if isinstance(one, ClientMessage) else one for one in mouth.went]
    assert [one for one in went if isinstance(one, Typed)] == [step for step in steps if isinstance(step, Typed)]
    spoken = [step for step in steps if isinstance(step, Heard | Mark)]
    assert [Heard(one[0]) if isinstance(one, tuple) else one for one in went if not isinstance(one, Typed)] == spoken


def _take(mouth: Mouth, step: Heard | Mark | Typed | str, now: float) -> None:
    match step:
        case Heard():
            mouth.outgoing.heard(step, now)
        case Typed():
            if mouth.outgoing.may_write(step, now):
                mouth.went.append(step)
        case "opens":
            mouth.outgoing.opened(now, again=True)
        case "is lost":
            mouth.outgoing.lost([], now)
        case "is read":
            mouth.hearing.read()
        case str():
            raise ValueError(step)
        case _:
            mouth.outgoing.marked(step, now)


def _mark_of(message: object) -> Mark:
    """What went out as this."""
    assert isinstance(message, ClientMessage)
    live = message.realtime_input
    assert live is not None
    if live.activity_start is not None:
        return FloorClaimed()
    if live.activity_end is not None:
        return FloorYielded()
    assert live.audio_stream_end
    return HearingEnded()


def test_after_a_sleep_a_message_is_put_again_with_its_question_only() -> None:
    mouth = with_a_line_that_waits()
    mouth.outgoing.slept()
    mouth.hearing.forget()
    mouth.outgoing.lost([], 900.0)
    mouth.outgoing.opened(901.0, again=True)
    assert mouth.went == []


def test_what_waits_behind_a_line_goes_before_what_is_said_while_the_model_may_hear_nothing() -> None:
    mouth = with_a_line_that_waits(marks_activity=True)
    mouth.outgoing.marked(FloorClaimed(), 0.1)
    mouth.holds = True
    mouth.outgoing.heard(voice(1), 0.2)
    mouth.is_read(0.3)
    mouth.holds = False
    mouth.outgoing.go_on(0.4)
    line, began, sound = mouth.went
    assert (line, _mark_of(began), sound) == (LINE, FloorClaimed(), (voice(1).pcm, False))
