"""What the user says goes out in its order, and waits where it must."""

from __future__ import annotations

from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Typed
from livechat.hearing import Hearing, Mark
from livechat.outgoing import Outgoing, Written
from livechat.protocol.client import ClientMessage

VOICE = Heard((2_000).to_bytes(2, "little") * 320)


class Mouth:
    """One that writes down what goes out."""

    def __init__(self, *, marks_activity: bool = False) -> None:
        self.went: list[object] = []
        self.dropped = 0
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

    def _sent(self, message: ClientMessage) -> None:
        self.went.append(message)

    def _spoken(self, what: Heard | Mark, now: float) -> None:
        if isinstance(what, Heard):
            self.hearing.heard(what, now)
        else:
            self.hearing.marked(what, now)

    def _said(self, written: Written, now: float) -> None:
        self.went.append(written)

    def _drops(self, samples: int, now: float) -> None:
        self.dropped += samples


def test_what_is_said_before_there_is_a_connection_goes_out_when_there_is_one_in_order() -> None:
    mouth = Mouth()
    mouth.outgoing.heard(VOICE, 0.0)
    mouth.outgoing.keep(Typed("hello"), 0.0)
    assert (mouth.went, mouth.outgoing.has_words, mouth.outgoing.kept_s) == ([], True, 0.02)
    mouth.outgoing.opened(1.0, again=False)
    assert mouth.went == [(VOICE.pcm, False)], "what is written waits for what is spoken to be read"
    mouth.hearing.read(all=True)
    mouth.outgoing.go_on(1.1)
    assert mouth.went[1:] == [Typed("hello")]


def test_the_marks_of_a_floor_go_out_as_such_and_where_they_do_the_end_of_sound_does_not() -> None:
    mouth = Mouth(marks_activity=True)
    mouth.outgoing.opened(0.0, again=False)
    for mark in (FloorClaimed(), HearingEnded(), FloorYielded()):
        mouth.outgoing.marked(mark, 0.0)
    started, ended = [one.realtime_input for one in mouth.went if isinstance(one, ClientMessage)]
    assert started is not None
    assert started.activity_start is not None
    assert ended is not None
    assert ended.activity_end is not None
