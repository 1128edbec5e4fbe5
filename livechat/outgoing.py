"""Puts what the user says in the order in which it goes out, and keeps what cannot go yet.

Where there is no connection all waits for one, and where the model may hear nothing its sound does. What is written
after something spoken that is sent again waits until that was read: reading takes time, and would be overtaken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import TypeAlias

from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Said, Typed
from livechat.hearing import Hearing, Kept, Mark, Waiting
from livechat.protocol.client import ActivityEnd, ActivityStart, ClientMessage, RealtimeInput

HELD_FRAMES = 1_500
"""Microphone frames (30 s) kept while the model may hear nothing; beyond that the oldest go."""
READ_S = 3.0
"""How long what was written after something spoken waits for that to be read, where both are sent again."""

Written: TypeAlias = Typed | Said | ClientMessage


class Outgoing:
    """What the user of one conversation says, on its way.

    `send` takes messages, and `sound` PCM with whether it was kept; both go out at once. `spoken` is told of what was
    spoken and is sent, `dropped` of samples (16 kHz) of speech that were too many to keep; `say` is given what was
    written when its turn has come, as a message where it is put again.
    """

    def __init__(
        self,
        hearing: Hearing,
        *,
        send: Callable[[ClientMessage], None],
        sound: Callable[[bytes, bool], None],
        spoken: Callable[[Heard | Mark, float], None],
        say: Callable[[Written, float], None],
        dropped: Callable[[int, float], None],
        marks_activity: bool,
        holds: Callable[[], bool],
    ) -> None:
        """marks_activity: it is ours to say when the user speaks; holds: says whether the model may hear nothing."""
        self._hearing = hearing
        self._send = send
        self._sound = sound
        self._spoken = spoken
        self._say = say
        self._dropped = dropped
        self._marks_activity = marks_activity
        self._holds = holds
        self._open = False
        """There is a connection."""
        self._early = Waiting()
        """What was said while nothing can be sent, and what waits behind that."""
        self._held: deque[Heard | Mark] = deque(maxlen=HELD_FRAMES)
        """What was heard while the model may hear nothing."""
        self._read_by = inf
        """Until then what was written waits for what was spoken before it."""
        self._sent_again_at = -inf
        """When something spoken was last sent again."""
        self._replaying = False

    def __repr__(self) -> str:
        return f"kept={self.kept_s:.1f}s" if self._early else ""

    @property
    def kept_s(self) -> float:
        """Seconds of the user's sound that wait for a connection."""
        return self._early.sound_s

    @property
    def has_words(self) -> bool:
        """Something that was typed waits."""
        return self._early.has_words

    @property
    def deadline(self) -> float:
        """When what is written waits no longer for what is spoken; `inf` while nothing does."""
        return self._read_by

    # ------------------------------------------------------------------------------------------- the connection

    def opened(self, now: float, *, again: bool) -> None:
        """There is a connection; `again`: it is not the first."""
        self._open = True
        self._replaying = again
        self._catch_up(now)

    def lost(self, again: Sequence[Kept], now: float) -> None:
        """The connection is gone; this is to be sent again before all else."""
        self._open = False
        while self._held:
            self.keep(self._held.popleft(), now)
        self._read_by = inf
        self._early.drop_messages()
        self._early.put_before(again)

    def slept(self) -> None:
        """What was heard is stale; where there is no connection, what was written is put again with its question."""
        if not self._open:
            self._early.drop_messages()
        self._early.drop_sound()

    # ------------------------------------------------------------------------------------------- what is spoken

    def heard(self, heard: Heard, now: float) -> None:
        """Sound of the user, 16 kHz."""
        if self._holds():
            self._held.append(heard)
        elif self._open and not self._is_to_wait(heard):
            self._sound(heard.pcm, self._replaying)
            self._spoken(heard, now)
        else:
            self.keep(heard, now)
            if self._open and not self._marks_activity:
                self._sound(bytes(len(heard.pcm)), False)  # by which the server knows that speech is over

    def _is_to_wait(self, heard: Heard) -> bool:
        """It comes after sound that waits, or begins what is spoken after something written that does."""
        return self._read_by < inf and (self._early.has_sound or self._hearing.begins_with(heard))

    def marked(self, mark: Mark, now: float) -> None:
        """The user takes or gives up the floor, or the stream of sound ends."""
        if isinstance(mark, HearingEnded) and self._marks_activity:
            return  # where the server does not listen for pauses it takes no such mark (wire-protocol §2)
        if self._holds():
            self._held.append(mark)
        elif self._open and self._read_by == inf:
            self._send(ClientMessage(realtime_input=_input_of(mark)))
            self._spoken(mark, now)
        else:
            self.keep(mark, now)

    def go_on(self, now: float) -> None:
        """Lets go of what the model may hear by now, and of what is written behind something that was read by now."""
        while self._held and not self._holds():
            self._pass_on(self._held.popleft(), now)
        overdue = now >= self._read_by
        if overdue or (self._read_by < inf and not self._hearing.unread):
            self._catch_up(now, overdue=overdue)

    # ------------------------------------------------------------------------------------------- what is written

    def may_write(self, typed: Typed, now: float) -> bool:
        """Whether it may go out now; otherwise it is kept until it may."""
        if self._open and self._read_by == inf:
            if not self._hearing.unread or now >= self._sent_again_at + READ_S:
                return True
            self._read_by = self._sent_again_at + READ_S
        self.keep(typed, now)
        return False

    def keep(self, what: Kept, now: float) -> None:
        """Until it can be sent."""
        if samples := self._early.add(what):
            self._dropped(samples, now)

    def _catch_up(self, now: float, *, overdue: bool = False) -> None:
        """Sends what waits, up to what was written after something spoken that the server has still to read.

        overdue: what is first has waited for that for long enough.
        """
        self._read_by = inf
        while self._held:  # which was said after all that waits
            self.keep(self._held.popleft(), now)
        if self._replaying:
            self._sent_again_at = now
        while self._early:
            if self._early.first_is_written and self._hearing.unread and not overdue:
                self._read_by = now + READ_S
                return
            what = self._early.take()
            overdue = overdue and not isinstance(what, Heard)
            self._pass_on(what, now)
        self._replaying = False

    def _pass_on(self, what: Kept, now: float) -> None:
        if isinstance(what, Heard):
            self.heard(what, now)
        elif isinstance(what, Mark):
            self.marked(what, now)
        else:
            self._say(what, now)


def _input_of(mark: Mark) -> RealtimeInput:
    if isinstance(mark, FloorClaimed):
        return RealtimeInput(activity_start=ActivityStart())
    if isinstance(mark, FloorYielded):
        return RealtimeInput(activity_end=ActivityEnd())
    return RealtimeInput(audio_stream_end=True)
