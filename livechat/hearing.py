"""Keeps the user's sound that no answer has been begun to, which a lost connection would take with it.

Where the client marks activity, sound is speech. Elsewhere it is speech if it is loud, and what nobody reacts to was
none: the server's own signs (a transcript, an interruption) are better evidence than loudness.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from livechat.events import HEARD_RATE, FloorClaimed, FloorYielded, Heard, HearingEnded, Said, Typed
from livechat.protocol.client import ClientMessage

KEPT_BYTES = 120 * 2 * HEARD_RATE
"""Of one question, two minutes of sound; of a longer one the beginning goes."""
AWAY_BYTES = 30 * 2 * HEARD_RATE
"""Of what is said while there is no connection, half a minute."""
PAUSE_BYTES = 2 * HEARD_RATE
"""Of a pause in that, the second that parts two sentences; the rest of it goes first."""
LOUD = 500
"""The peak from which on sound may be speech: 36 dB below full scale."""
ABOVE_NOISE = 2.5
"""And how far above what is always there: 8 dB."""
FALLS, RISES = 0.3, 0.002
"""How far the estimate of what is always there follows a frame: down at once, for speech has gaps, and slowly up."""
PAUSE_S = 0.8
"""Who was loud so lately may be in the middle of a sentence."""
UNHEEDED_S = 10.0
"""What was loud so long ago and that a server has not reacted to which says other things was no speech."""
MUTE_S = 20.0
"""Nor is it where the server has said nothing at all."""
REACTS_S = 2.0
"""How long after something loud what a server says may be older than that."""
QUIET_BYTES = int(0.6 * 2 * HEARD_RATE)
"""Between two stretches of speech, which a server reads each by itself."""
WORD_BYTES = int(0.15 * 2 * HEARD_RATE)
DENSE = 0.3
"""What is loud for less than that, or for so small a part of its time, is a knock, or somebody who types."""
LEAD_IN_S = 0.5
LEAD_IN_BYTES = int(LEAD_IN_S * 2 * HEARD_RATE)
"""Before speech is loud it has begun."""
ECHO_S = 0.5
"""How long what has sounded may still be heard by the microphone."""
ONSET_S = 1.5
"""A voice that has been there for longer without a sign of the server is none."""

Mark: TypeAlias = FloorClaimed | FloorYielded | HearingEnded
Kept: TypeAlias = Heard | Mark | Said | Typed | ClientMessage
"""Of which a `ClientMessage` is a line that was typed, as it was put before."""


@dataclass(frozen=True, slots=True)
class _Piece:
    what: Heard | Mark | ClientMessage
    at: float
    loud: bool = False


@dataclass(slots=True)
class _Stretch:
    """Something loud, with no more than pauses in it."""

    first: int
    """The number of its first piece."""
    fresh: bool
    """It was heard while nothing sounded."""
    claimed: bool
    """It has a mark: it is speech."""
    loud: int = 0
    """Bytes of it that are loud."""
    whole: int = 0
    """And those from its beginning to the last of these."""
    quiet: int = 0
    """And after that."""

    def grows(self, size: int, *, loud: bool) -> None:
        """So much was heard."""
        self.quiet += size
        if loud:
            self.loud += size
            self.whole += self.quiet
            self.quiet = 0

    @property
    def is_like_speech(self) -> bool:
        return self.claimed or (self.loud >= WORD_BYTES and self.loud >= DENSE * self.whole)


class Waiting:
    """What cannot be sent yet, in order; of sound no more than half a minute, of everything else all."""

    def __init__(self) -> None:
        self._before: deque[Kept] = deque()
        """What was sent once already."""
        self._waiting: deque[Kept] = deque()
        self._bytes = 0
        self._pause = 0
        """Of what was added last, so much is silence."""
        self._spare: deque[Heard] = deque()
        """Of what waits, the silence that says nothing more."""

    def __bool__(self) -> bool:
        return bool(self._before or self._waiting)

    @property
    def sound_s(self) -> float:
        """Of sound, so much."""
        return (self._bytes + sum(map(_size, self._before))) / (2 * HEARD_RATE)

    @property
    def first_is_written(self) -> bool:
        first = self._before or self._waiting
        return bool(first) and isinstance(first[0], (Typed, ClientMessage))

    @property
    def has_words(self) -> bool:
        """Something that was typed is in it."""
        return any(isinstance(what, Typed) for what in self._waiting)

    @property
    def has_sound(self) -> bool:
        """Something that was heard is in it, or that the user has begun to speak."""
        return any(isinstance(what, Heard | Mark) for what in (*self._before, *self._waiting))

    def add(self, what: Kept) -> int:
        """Gives the samples of older sound that went for it; silence that went does not count."""
        self._waiting.append(what)
        self._bytes += _size(what)
        if isinstance(what, Heard):
            self._pause = 0 if _peak(what.pcm) >= LOUD else self._pause + _size(what)
            if self._pause > PAUSE_BYTES:
                self._spare.append(what)
        dropped = 0
        while self._bytes > AWAY_BYTES:
            dropped += self._drop_sound()
        return dropped // 2

    def put_before(self, said: Sequence[Kept]) -> None:
        """This was said before, and is to be sent again."""
        self._before.extendleft(reversed(said))

    def drop_messages(self) -> None:
        """Those that put a question: they are put again with it."""
        for line in (self._before, self._waiting):
            kept = [what for what in line if not isinstance(what, ClientMessage)]
            line.clear()
            line.extend(kept)

    def drop_sound(self) -> None:
        """What was heard is stale, and so are the marks around it; what was meant is not."""
        kept: list[Kept] = []
        for what in (*self._before, *self._waiting):
            if isinstance(what, FloorYielded) and any(isinstance(one, FloorClaimed) for one in kept):
                kept = [one for one in kept if not isinstance(one, FloorClaimed)]
            elif not isinstance(what, Heard):
                kept.append(what)
        self._before.clear()
        self._waiting = deque(kept)
        self._spare.clear()
        self._bytes = self._pause = 0

    def take(self) -> Kept:
        """The oldest."""
        if self._before:
            return self._before.popleft()
        what = self._waiting.popleft()
        self._bytes -= _size(what)
        if self._spare and what is self._spare[0]:
            self._spare.popleft()
        return what

    def _drop_sound(self) -> int:
        """The oldest, but silence before speech. Gives the bytes of speech."""
        spare = self._spare.popleft() if self._spare else None
        place = next(
            at for at, what in enumerate(self._waiting) if (isinstance(what, Heard) if spare is None else what is spare)
        )
        size = _size(self._waiting[place])
        self._bytes -= size
        del self._waiting[place]
        return size if spare is None else 0


class Hearing:
    """The sound of one conversation that may have to be sent again."""

    def __init__(self) -> None:
        self._pieces: deque[_Piece] = deque()
        self._bytes = 0
        self._kept = 0
        """Pieces that were ever kept: each has the number of those before it."""
        self._question: list[Heard | Mark] = []
        """What the answer that is under way answers."""
        self._claimed = False
        """The user has the floor, by a mark."""
        self._evident = False
        """What is kept holds speech for certain."""
        self._alone_from = inf
        """When it was first loud while nothing sounded that could have been it; `inf` if it was not."""
        self._unread: deque[_Stretch] = deque()
        """What the server has not told the words of."""
        self._present: _Stretch | None = None
        """The last of all."""
        self._asked_at = inf
        """From which piece on something else is to be answered first: what was read, or was put in writing."""
        self._quiet = QUIET_BYTES
        """Since it was last loud."""
        self._sounded_at = -inf
        self._loud_at = -inf
        self._loud_from = -inf
        """When it was last loud, and since when with no more than pauses."""
        self._passed_over = False
        """The server has said something since then, and not of that."""
        self._noise = 0.0
        """The peak of what is always there."""

    @property
    def evident(self) -> bool:
        """What is kept holds speech, for certain."""
        return self._evident

    @property
    def voiced(self) -> bool:
        """What is kept holds speech, or may."""
        return self._evident or self._loud_at > -inf

    def speaking(self, now: float) -> bool:
        """The user seems to be in the middle of something."""
        return self._claimed or now < self._loud_at + PAUSE_S

    def heard(self, heard: Heard, now: float, *, sounding: bool = False) -> None:
        """This was sent, or is to be; `sounding`: the speaker plays, and the microphone may hear that."""
        if not self._evident and now > self._loud_at + (UNHEEDED_S if self._passed_over else MUTE_S):
            self._forget_until(now - LEAD_IN_S)
            self._unread.clear()
        if sounding:
            self._sounded_at = now
        loud = self._is_loud(heard.pcm)
        if loud:
            self._is_loud_at(now)
        self._keep(heard, now, loud=loud)
        self._quiet = 0 if loud else self._quiet + len(heard.pcm)
        if self._present is not None:
            self._present.grows(len(heard.pcm), loud=loud)

    def _is_loud_at(self, now: float) -> None:
        if not self._claimed and self._quiet >= QUIET_BYTES:
            self._begins(now)
        if now > self._loud_at + PAUSE_S:
            self._loud_from = now
        self._loud_at = now
        self._passed_over = False
        if now > self._sounded_at + ECHO_S:
            self._alone_from = min(self._alone_from, now)

    def begins_with(self, heard: Heard) -> bool:
        """Whether something new is spoken from here on."""
        return not self._claimed and self._quiet >= QUIET_BYTES and self._exceeds_noise(_peak(heard.pcm))

    def _begins(self, now: float) -> None:
        """A stretch of speech."""
        fresh = self._claimed or now > self._sounded_at + ECHO_S
        self._present = _Stretch(self._kept, fresh, self._claimed)
        self._unread.append(self._present)

    def _is_speech(self, stretch: _Stretch) -> bool:
        """Or may be yet."""
        return stretch.is_like_speech or (stretch is self._present and self._quiet < QUIET_BYTES)

    def _is_loud(self, pcm: bytes) -> bool:
        peak = _peak(pcm)
        loud = self._exceeds_noise(peak)
        self._noise += (peak - self._noise) * (FALLS if peak < self._noise else RISES)
        return loud

    def _exceeds_noise(self, peak: int) -> bool:
        return peak >= max(LOUD, ABOVE_NOISE * self._noise)

    def marked(self, mark: Mark, now: float) -> None:
        """The user has taken or given up the floor, or the stream of sound has ended."""
        if not isinstance(mark, HearingEnded):
            self._claimed = isinstance(mark, FloorClaimed)
            if self._claimed:
                self._begins(now)
            self._evident = self._evident or self._claimed
        self._keep(mark, now)

    @property
    def unread(self) -> int:
        """How much was spoken, in stretches, that the server has not told the words of."""
        return sum(map(self._is_speech, self._unread))

    def read(self) -> None:
        """It has told the words of one stretch: of the first that is no knock and no echo, if there is one."""
        fresh = [stretch for stretch in self._unread if stretch.fresh]
        likely = [*filter(self._is_speech, fresh), *fresh, *self._unread]
        while likely and self._unread.popleft() is not likely[0]:
            pass
        if fresh:
            self._asked_at = min(self._asked_at, likely[0].first)

    def asked(self) -> None:
        """Something was put in writing."""
        self._asked_at = min(self._asked_at, self._kept)

    def unheeded(self) -> None:
        """The server is done with all that it has noticed."""
        self._question = []
        self._evident = self._claimed

    def said(self, now: float) -> None:
        """The server has said something."""
        self._passed_over = self._passed_over or now > self._loud_at + REACTS_S

    def noticed(self) -> None:
        """The server has heard speech."""
        self._evident = self._evident or bool(self._pieces)

    def answered(self) -> None:
        """An answer has begun to what was said until now; where it is to something else, not to what is unread."""
        fresh = [one for one in self._unread if one.fresh and one.first >= self._asked_at and self._is_speech(one)]
        unread = fresh if self._pieces else []
        place = self._place_of(unread[0].first) if unread else len(self._pieces)
        before = [self._drop_first() for _ in range(place - self._lead_in(place))]
        self._question = [what for what in before if not isinstance(what, ClientMessage)]
        if not unread:
            self._clear()
            return
        begins = self._pieces[self._place_of(unread[0].first)].at
        self._unread, self._asked_at = deque(unread), inf
        self._loud_at = max(self._loud_at, begins)
        self._alone_from = begins
        self._evident = self._claimed

    def _place_of(self, number: int) -> int:
        return max(0, number - (self._kept - len(self._pieces)))

    def _lead_in(self, place: int) -> int:
        """How many pieces before this one may be the beginning of what is loud from there on."""
        count, room = 0, LEAD_IN_BYTES
        while not self._claimed and count < place:
            before = self._pieces[place - count - 1]
            room -= _size(before.what)
            if before.loud or not isinstance(before.what, Heard) or room < 0:
                break
            count += 1
        return count

    def settled(self, now: float) -> None:
        """The answer is over: what was loud meanwhile was its echo, unless it cannot have been or goes on."""
        self._question = []
        if not self._claimed:
            begins = min(self._loud_from if self.speaking(now) else now, self._alone_from)
            self._forget_until(begins - LEAD_IN_S)
            self._evident = False
            if not (self.speaking(now) or self._alone_from < inf):
                self._unread.clear()

    def forget(self) -> None:
        """All of it is stale."""
        self._question = []
        self._clear()

    def question(self) -> list[Heard | Mark]:
        """The sound that the answer under way answers; it is not kept any longer."""
        taken, self._question = self._question, []
        return taken

    def wrote(self, message: ClientMessage, now: float) -> None:
        """This was written after what is not read yet, and is to keep its place."""
        self._keep(message, now)

    def unanswered(self, now: float, *, during_reply: bool) -> list[Heard | Mark | ClientMessage]:
        """What is to be sent again, in order, and what was written in between; it is not kept any longer.

        during_reply: the model was speaking, and what is merely loud may be its own voice.
        """
        if during_reply and not self._evident and self._alone_from == inf:
            begins = self._loud_from if self.speaking(now) and now < self._loud_from + ONSET_S else inf
            self._forget_until(begins - LEAD_IN_S)
        elif not self.voiced:
            self._forget_until(now - LEAD_IN_S)
        taken = [piece.what for piece in self._pieces]
        if self._claimed and not any(isinstance(what, FloorClaimed) for what in taken):
            taken.insert(0, FloorClaimed())
        self._claimed = False  # until that is sent again
        self._question = []
        self._clear()
        self._quiet = QUIET_BYTES  # what is sent again begins anew
        return taken

    def _keep(self, what: Heard | Mark | ClientMessage, now: float, *, loud: bool = False) -> None:
        self._pieces.append(_Piece(what, now, loud))
        self._kept += 1
        self._bytes += _size(what)
        while self._bytes > KEPT_BYTES:
            self._drop_first()

    def _drop_first(self) -> Heard | Mark | ClientMessage:
        what = self._pieces.popleft().what
        self._bytes -= _size(what)
        return what

    def _forget_until(self, moment: float) -> None:
        while self._pieces and self._pieces[0].at < moment:
            self._drop_first()
        if self._loud_at < moment:
            self._loud_at = self._loud_from = -inf
            self._alone_from = inf

    def _clear(self) -> None:
        self._unread.clear()
        if self._claimed and self._present is not None:
            self._present.fresh = False
            self._unread.append(self._present)
        self._asked_at = inf
        self._pieces.clear()
        self._bytes = 0
        self._evident = self._claimed
        self._alone_from = inf
        self._loud_at = self._loud_from = -inf


def _size(what: Kept) -> int:
    return len(what.pcm) if isinstance(what, Heard) else 0


def _peak(pcm: bytes) -> int:
    """Of every fourth sample: speech has no peak that narrow."""
    samples = memoryview(pcm[: len(pcm) & ~1]).cast("h")[::4].tolist()
    return max(max(samples), -min(samples)) if samples else 0
