"""Whose turn it is: begins, fills, cuts and ends the turns of a conversation, by the wire's marks and the speaker's.

1. Silence first: an interruption is `[StopPlaying(), Interrupted(...)]`, in this order.
2. A turn has ended when the wire said so *and* the speaker has run out; each turn ends once, in order.

The wire's marks come doubled, missing and out of order (field.md pains 9, 13, 20, 21), so none is believed alone:
see `_turn_complete` for a mark too many, `ticked` for one too few, `_speaking` for one out of place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from livechat.events import (
    PLAYED_RATE,
    Answered,
    FellSilent,
    FinishPlaying,
    Interrupted,
    ModelSaid,
    ModelThought,
    Noted,
    Output,
    Play,
    ReplyCame,
    StopPlaying,
    TurnEnded,
    UserSaid,
)
from livechat.protocol.parts import Part, Transcription
from livechat.protocol.server import ServerContent
from livechat.turns import DEAF_SPEAKER_S, Playout, Progress, Turn, milliseconds
from livechat.usage import Usage

EMPTY_S = 0.5
"""How long a turnComplete without content waits for content, which would show that it was meant for another turn."""
DOUBLET_S = 1.0
"""How soon after an end the next turnComplete without content is probably only the doublet of that end."""
FIRST_WORD_S = 8.0
"""How long such a one waits for content: as long as a model may take to its first word."""
LATE_WORDS_S = 1.0
"""How long after the end of a turn a transcript may still be of what the user had said in it."""
LATE_CHUNKS_S = 2.0
"""How long after `interrupted` sound of the dead reply may still arrive; later it is a new reply."""
OVERSLEPT_S = 1.0
"""A tick that comes so late comes to a program that was stopped, and its speaker with it."""
MISSING_END_S = 10.0
"""How long after the assumed end of playback a generated turn waits for its turnComplete."""
BROKEN = "connection lost"
"""The reason that a turn has ended for whose answer the connection did not hold."""


class TurnTaking:
    """The turns of one conversation. `tell` is called with what is to be done and told, in order."""

    def __init__(
        self, tell: Callable[[Output], None], usage: Usage, *, plays: bool, interacts: bool, answer_s: float
    ) -> None:
        self._tell = tell
        self._usage = usage
        self._plays = plays
        """There is a speaker: sound is sent to it, and turns end when it has run out."""
        self._interacts = interacts
        """One interaction may have several spoken turns (`Family.interaction_status`)."""
        self._answer_s = answer_s
        """Seconds that a typed line waits for a sign of the model."""
        self._turns: list[Turn] = []
        self._last: Turn | None = None
        """The turn that ended last: its user's words may still come."""
        self._numbered = 0
        self._marked_at = -inf
        """When the wire last ended or interrupted something: a doublet of that mark comes soon after it."""
        self._reason = ""
        """What the wire gave as the reason of the last end."""
        self._owed = False
        """A turn was ended without its turnComplete, which may still come."""
        self._playout = Playout()
        self._voice_ended_at: float | None = None
        """When the user last stopped speaking, while no reply to it has sounded."""
        self._stopping: deque[tuple[int | None, float]] = deque()
        """The stops that the speaker has still to report: of which turn, and since when it is known."""
        self._tools_open = False
        """The model waits for an answer of ours, and so do its turns."""
        self._results_owed = False
        """It has results of tools to speak of, in a turn that nobody has asked for."""
        self._results_left = False
        """Or has perhaps spoken of some of them together."""
        self._next: Turn | None = None
        """The turn whose time has come just now, if results were given before it was begun."""
        self._round_trip_s = 0.0
        """The shortest time in which the server has answered anything."""
        self._noted: set[str] = set()
        self._unsure: Turn | None = None
        """The turn that ended last, if its answer may have been begun before its last lines were there."""
        self._doubtful = 0
        """The number of the last turn, if it had no answer at all and no reason for that came."""
        self._owed_since = inf
        """Since when it is owed one all the same, or one to its last lines: its end was hardly meant, or is missing."""
        self.passed_over: list[int] = []
        """The numbers of the turns since the last answer that had none."""
        self.followed_up: tuple[int, int, int] | None = None
        """The turn whose answer was not to all of its question, to how many parts it was not, and the turn of those."""
        self.ended_empty: int = 0
        """The number of the turn that last ended without an answer."""
        self.ended: int = 0
        """Turns that have ended."""
        self.interruptions: int = 0

    def __repr__(self) -> str:
        turns = [f"turn={turn.number}{'!' if turn.interrupted else ''}" for turn in self._turns]
        waiting = [f"queued={milliseconds(len(self._playout))}ms"] if len(self._playout) else []
        return " ".join(turns + waiting)

    @property
    def open(self) -> bool:
        """Something said is still unanswered, or an answer still unfinished or unheard."""
        return bool(self._turns)

    @property
    def progress(self) -> Progress | None:
        """How far the listener is in the reply that sounds; None while none does."""
        return self._playout.progress

    @property
    def begun(self) -> int:
        """Turns that have begun: the number of the last of them."""
        return self._numbered

    @property
    def newest(self) -> int:
        """The number of the turn that the wire is at, or of the last that began; 0 before the first."""
        front = self._front()
        return self._numbered if front is None else front.number

    @property
    def front(self) -> int:
        """The number of the oldest turn that the wire has still to end; 0 where there is none."""
        front = self._front()
        return 0 if front is None else front.number

    @property
    def unfinished(self) -> bool:
        """The wire has still to end a turn."""
        return self._front() is not None

    @property
    def answering(self) -> int | None:
        """The number of the turn that the model has begun to answer and not ended."""
        front = self._front()
        return front.number if front is not None and front.has_content else None

    @property
    def silent_since(self) -> float:
        """Since when the model owes words, a first one or a next one; `inf` while it owes none.

        A model may choose to say nothing to what it hears, so that what was only spoken is not owed an answer.
        """
        front = self._front()
        if front is None:
            doubtful = self._doubtful == self._numbered or (self.unsure and self._owed)
            return self._owed_since if doubtful else inf
        if self._tools_open or front.interrupted:
            return inf
        if not front.has_content:
            return inf if front.asked_at is None else front.asked_at
        if front.generated_at is not None or front.waits_for_idle:
            return inf
        return max(front.stirred_at, front.first_sound_at + front.spoken_ms / 1000 if front.arrived else 0.0)

    @property
    def answer_by(self) -> float:
        """When a typed line has waited for too long."""
        front = self._front()
        if front is None or front.asked_at is None or front.has_content or front.hushed or self._tools_open:
            return inf
        return front.asked_at + self._answer_s

    @property
    def deadline(self) -> float:
        """The next moment at which something changes though nothing comes; `inf` where there is none."""
        front = self._front()
        by_wire = inf if front is None else min(self.answer_by, self._ends_at(front))
        return min(by_wire, self._playout.deaf_at)

    def clear(self) -> None:
        """Forgets what is open; nothing is told of it."""
        self._turns.clear()

    # ------------------------------------------------------------------------------------- another connection

    def broken_off(self, now: float) -> tuple[list[int], list[int]]:
        """The connection is lost: no mark of it comes any more.

        Ends what has an answer; its sound plays out. Gives the turns whose answer is not whole, and those that have
        none, which stay open.
        """
        cut: list[int] = []
        unanswered: list[int] = []
        for turn in [turn for turn in self._turns if turn.interrupted and not turn.ended]:
            self._end(turn, "", now)
        for turn in [turn for turn in self._turns if not turn.ended]:
            if not turn.has_content:
                unanswered.append(turn.number)
                turn.asked_at = turn.empty_end_at = None
                turn.phantom = False
                if cut:  # which is asked again first, in a turn that begins now
                    turn.broken = True
                    self._end(turn, BROKEN, now)
            elif turn.generated_at is not None and not self._interacts:
                self._end(turn, "", now)
            else:
                cut.append(turn.number)
                turn.broken = True
                self._end(turn, BROKEN, now)
        if self._doubtful == self._numbered > 0:
            unanswered.append(self._doubtful)
        elif self.unsure:
            following = self._begin_next(now)
            following.asked_at = None  # it is put again when there is a connection
            unanswered.append(following.number)
        self._marked_at, self._owed, self._reason = -inf, False, ""
        return cut, unanswered

    def nothing_was_said(self) -> None:
        """The server has nothing to do: what had no answer gets none."""
        self._doubtful = 0
        self.passed_over.clear()
        self._owed_since = inf

    def asked_again(self, number: int, now: float, *, messages: int = 1) -> int:
        """The question of this turn is put again, by so many messages; gives the number of the turn of its answer."""
        turn = next((turn for turn in self._turns if turn.number == number and not turn.ended), None) or self._begin()
        turn.follow_ups, turn.together, turn.behind = max(0, messages - 1), True, False
        turn.typed = True
        turn.user_final = turn.user_finished = True
        turn.asked_at = now
        return turn.number

    def written_again(self, *, unread: int = 0) -> None:
        """What was written after something spoken is put again, after that; `unread`: so much of it is not read yet."""
        if self._turns:
            turn = self._turns[-1]
            turn.follow_ups += 1
            turn.together, turn.crossed = False, unread

    def heard_again(self, number: int) -> None:
        """The sound of this turn is sent again, and so its words come again."""
        for turn in [turn for turn in self._turns if turn.number == number]:
            turn.user = turn.lines
            turn.user_final = turn.user_finished = turn.typed

    # ------------------------------------------------------------------------------------------- the user

    def typed(self, text: str, now: float, *, unread: int = 0) -> None:
        """The user's line is on its way to the model; `unread`: behind so much speech that it has not read yet."""
        turn = self._turns[-1] if self._turns else None
        if turn is None or turn.has_content or turn.ended or turn.interrupted:
            turn = self._begin()
        if turn.typed or turn.user:
            turn.follow_ups += 1
            turn.together = False
        elif self._results_owed:
            turn.after_results = True
            if self._front() is turn:
                self._wait_behind(turn)
        elif self._results_left:
            turn.behind_until = now + self._round_trip_s
        turn.typed, turn.crossed = True, unread
        # The wire gives no sign that it took the words: only an answer is one.
        turn.asked_at = now
        self._voice_ended_at = None  # what comes now answers the line
        turn.user += ("\n" if turn.user else "") + text
        turn.lines += ("\n" if turn.lines else "") + text
        turn.user_final = turn.user_finished = True
        self._tell(UserSaid(turn.number, text, turn.user, final=True))

    def hushed(self, now: float) -> None:
        """The user wants no more of what the model says now; the wire knows nothing of it and goes on."""
        cut = [turn for turn in self._turns if not turn.interrupted]
        for turn in cut:
            turn.hushed = True
        self._cut(cut, now)

    def voice_began(self) -> None:
        """The user speaks again: what comes now answers that, and words that come now are those."""
        self._voice_ended_at = None
        self._last = None

    def voice_ended(self, ago_s: float, now: float) -> None:
        """The user stopped speaking so long ago."""
        self._voice_ended_at = now - ago_s

    def _user_words(self, words: Transcription, now: float) -> None:
        text = words.text or ""
        turn = self._hearing(text, now)
        if turn is None:
            return
        another = turn.user_finished and turn.user and text and not text[0].isspace()
        turn.user += ("\n" if another else "") + text
        turn.follow_ups = 0 if text and not turn.crossed else turn.follow_ups
        turn.crossed = max(0, turn.crossed - bool(words.finished))
        late = turn.user_final
        turn.user_finished = turn.user_finished or bool(words.finished)
        turn.user_final = late or turn.user_finished
        if text or (turn.user_final and not late and turn.user):
            self._tell(UserSaid(turn.number, text, turn.user, final=turn.user_final))

    def _hearing(self, text: str, now: float) -> Turn | None:
        """The turn that the user's transcript belongs to."""
        front = self._front()
        if front is None:
            last = self._last
            late = now < self._marked_at + LATE_WORDS_S  # a turn may have none: an answer about a tool, a greeting
            if last is not None and late and not (last.typed or last.user or last.interrupted):
                return last
            return self._begin() if text else None
        newest = self._turns[-1]
        if newest.interrupted or (newest.has_content and (newest.generated_at is not None or newest.user_finished)):
            return self._begin() if text else None
        return newest

    # ------------------------------------------------------------------------------------------ the model

    def words(self, content: ServerContent, now: float) -> None:
        """What a message holds of words and sound, both sides'."""
        if content.input_transcription is not None:
            self._user_words(content.input_transcription, now)
        for part in (content.model_turn.parts or ()) if content.model_turn is not None else ():
            self._part(part, now)
        if content.output_transcription is not None and content.output_transcription.text:
            self._spoken_words(content.output_transcription.text, now)

    def called(self, now: float) -> None:
        """The model called a tool: no words, but a sign of it."""
        if front := self._waiting(now):
            self._stirs(front, now)

    def _wait_behind(self, turn: Turn) -> None:
        """What the model says next may be about something else."""
        turn.behind = True
        turn.follow_ups += 1
        turn.together = False

    def answered_in(self, seconds: float) -> None:
        """The server has answered our setup in so long: nothing that comes sooner after a line is about that line."""
        self._round_trip_s = min(seconds, self._round_trip_s or inf)

    def wait_for_tools(self, open: bool, now: float, *, owed: bool = False, left: bool = False) -> None:
        """While calls are open nobody else is to blame for a silence; afterwards it is counted anew.

        owed: results were given that the model has still to speak of; left: that it perhaps has.
        """
        self._results_owed, self._results_left = owed, left
        if owed and self._next is not None:
            self._wait_behind(self._next)
        self._next = None
        if self._tools_open and not open and (front := self._front()):
            if front.asked_at is not None:
                front.asked_at = now
            if front.generated_at is not None:
                front.generated_at = now
        self._tools_open = open

    def _part(self, part: Part, now: float) -> None:
        blob = part.inline_data
        if blob is not None and blob.data:
            if self._playable(blob.mime_type or "") and (turn := self._speaking(now)):
                self._sound(turn, blob.data, now)
        elif part.text and (turn := self._speaking(now)):
            if part.thought:
                self._usage.said(turn.number)
                self._tell(ModelThought(turn.number, part.text))
            else:
                self._usage.said(turn.number, part.text)
                turn.text += part.text
                self._tell(ModelSaid(turn.number, part.text, spoken=False))

    def _playable(self, mime_type: str) -> bool:
        """Whether data of this type is sound as a speaker takes it: anything else would be noise at full volume."""
        kind, _, parameter = mime_type.lower().replace(" ", "").partition(";")
        if not kind.startswith("audio/"):
            return False
        playable = kind == "audio/pcm"
        if not playable:
            self._note_once(f"the server sends {mime_type}, which cannot be played")
        elif parameter not in ("", f"rate={PLAYED_RATE}"):
            self._note_once(f"the server sends {mime_type}; it is played at {PLAYED_RATE} Hz")
        return playable

    def _note_once(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            self._tell(Noted(text))

    def _sound(self, turn: Turn, pcm: bytes, now: float) -> None:
        samples = len(pcm) // 2
        self._usage.said(turn.number, sound_s=samples / PLAYED_RATE)
        turn.first_sound_at = turn.first_sound_at or now
        turn.arrived += samples
        turn.finishing = False
        if self._plays:
            self._playout.queue(turn, samples, now)
            self._tell(Play(pcm, turn.number))
        else:
            turn.heard += samples

    def _spoken_words(self, text: str, now: float) -> None:
        if turn := self._speaking(now):
            self._usage.said(turn.number)
            turn.speech += text
            self._tell(ModelSaid(turn.number, text, spoken=True))

    def _speaking(self, now: float) -> Turn | None:
        """The turn that what the model says now belongs to; None for what nobody is to hear."""
        turn = self._addressed(now)
        if turn is None or turn.hushed:
            return None
        if now < turn.behind_until and not (turn.has_content or turn.behind):
            self._wait_behind(turn)
        self._stirs(turn, now)
        return turn

    def _addressed(self, now: float) -> Turn | None:
        """The turn that the model means, though it may be hushed; None for late chunks of a dead reply."""
        front = self._front()
        if front is None:
            return self._begin_next(now)
        followed = self._turns[-1] is not front
        if front.interrupted_at is not None and not front.hushed:
            if not followed and now < front.interrupted_at + LATE_CHUNKS_S:
                return None
        elif front.generated_at is None or not followed:
            return front
        # The reply before is over, whatever became of its turnComplete: newer words were said, or time has passed.
        self._end_unmarked(front, now)
        return self._front() or self._begin()

    def _stirs(self, turn: Turn, now: float) -> None:
        """The model answers: the user's words are complete and no earlier turnComplete was meant for this turn."""
        turn.empty_end_at = None
        turn.stirred_at = now
        if turn.asked_at is not None:
            turn.asked_at = now
        if turn.user and not turn.user_final:
            turn.user_final = True
            self._tell(UserSaid(turn.number, "", turn.user, final=True))

    # ------------------------------------------------------------------------------------------ its marks

    def interrupted(self, now: float) -> None:
        """The server says that its reply was cut off."""
        front = self._waiting(now)
        cut = [turn for turn in self._turns if turn.has_content and not turn.interrupted]
        if front is not None and not front.has_content and not front.interrupted:
            front.phantom = True
            front.follow_ups = max(0, front.follow_ups - 1)  # which the server has now taken in
        self._cut(cut, now)
        self._marked_at = now

    def marks(self, content: ServerContent, now: float) -> None:
        """What a message says of how far the model is, after its words."""
        if content.generation_complete and (front := self._front()) and (front.hushed or not front.interrupted):
            self._generated(front, now)
        if content.interaction_status is not None:
            self._status(str(content.interaction_status), now)
        if content.turn_complete:
            self._turn_complete(str(content.turn_complete_reason or ""), now)

    def _cut(self, cut: list[Turn], now: float) -> None:
        if not cut:
            return
        self._stop_playing(cut[-1].number, now)
        for turn in cut:
            self.interruptions += 1
            turn.interrupted_at = now
            heard, unheard = turn.split_at_ear()
            dropped = milliseconds(turn.arrived - turn.heard)
            self._tell(Interrupted(turn.number, milliseconds(turn.heard), dropped, heard, unheard))
        self._settle()

    def _stop_playing(self, turn: int | None, now: float) -> None:
        self._playout.stop()
        if self._plays:
            self._tell(StopPlaying())
            self._stopping.append((turn, now))

    def _generated(self, turn: Turn, now: float) -> None:
        if not turn.has_content and not turn.hushed:
            return
        self._finish_playing(turn)
        # Where one interaction has several spoken turns, none of them is known to be the last (wire-protocol §4).
        if turn.generated_at is None and not self._interacts and not turn.hushed:
            self._tell(ReplyCame(turn.number, turn.answer))
        turn.generated_at = turn.generated_at or now

    def _status(self, status: str, now: float) -> None:
        front = self._front()
        if front is None:
            return
        waited = front.waits_for_idle
        front.status, front.status_spent = status, False
        if waited and status == "IDLE":
            self._end(front, "", now)

    def _turn_complete(self, reason: str, now: float) -> None:
        front = self._front()
        if front is None:
            self._owed = False
        elif front.busy() and (front.hushed or not front.interrupted):
            # The reply goes on after this pause; its sound so far may run out.
            front.generated_at = None
            self._finish_playing(front)
            self._stirs(front, now)
        elif front.has_content or front.interrupted:
            self._end(front, reason, now)
        elif front.phantom:
            front.phantom = False
        elif front.empty_end_at is None:
            front.reason = reason
            patience = self._patience(reason, now)
            front.empty_end_at = now + patience
            front.doubted = patience > EMPTY_S
            self._owed = False

    def _patience(self, reason: str, now: float) -> float:
        """How long a turnComplete without content is doubted. One that gives a reason for saying nothing means it."""
        if reason and reason != self._reason:
            return EMPTY_S
        return FIRST_WORD_S if self._owed or now < self._marked_at + DOUBLET_S else EMPTY_S

    # -------------------------------------------------------------------------------------- ends of turns

    def played(self, samples: int, now: float) -> None:
        """The speaker handed out so many samples, at 24 kHz."""
        for turn in self._playout.played(samples, now):
            if (ended := self._voice_ended_at) is not None:
                self._voice_ended_at = None
                self._tell(Answered(turn.number, max(0, round(1000 * (now - samples / PLAYED_RATE - ended)))))
        self._settle()

    def committed(self, samples: int) -> None:
        """So many samples more will be heard, whatever happens now."""
        self._playout.committed(samples)

    def silenced(self, now: float) -> None:
        """The listener hears that the speaker was stopped."""
        turn, since = self._stopping.popleft() if self._stopping else (None, now)
        if turn is not None:
            self._tell(FellSilent(turn, round(1000 * (now - since))))

    def speaker_changed(self) -> None:
        """What is queued is heard by nobody."""
        self._playout.stop()
        self._stopping.clear()
        self._settle()

    def _give_speaker_up(self, now: float) -> None:
        self._tell(Noted(f"the speaker has handed out nothing for {DEAF_SPEAKER_S:g} s"))
        self._stop_playing(None, now)
        self._settle()

    def ticked(self, now: float) -> None:
        """Ends the turn that has waited long enough for its end, on the wire or at the speaker."""
        if now >= self._playout.deaf_at + OVERSLEPT_S:
            self._playout.wait_anew(now)
        elif now >= self._playout.deaf_at:
            self._give_speaker_up(now)
        front = self._front()
        if front is None or now < self._ends_at(front):
            return
        if front.empty_end_at is not None:
            self.ended_empty = front.number
            self._doubtful = front.number if front.typed and not front.reason else 0
            self._owed_since = front.asked_at if front.doubted and front.asked_at is not None else inf
            self.passed_over.append(front.number)
            self._end(front, front.reason, now)
        else:
            self._end_unmarked(front, now)

    def _ends_at(self, turn: Turn) -> float:
        """When a turn is taken to be over though no mark of it is to be believed, or none comes."""
        if turn.empty_end_at is not None:
            return turn.empty_end_at
        if turn.interrupted_at is not None and not turn.hushed:
            return turn.interrupted_at + LATE_CHUNKS_S
        if turn.generated_at is not None and not self._tools_open:
            # The server itself waits until it assumes the sound has been played (wire-protocol §2.5).
            played = turn.first_sound_at + turn.spoken_ms / 1000
            return max(turn.generated_at, played) + MISSING_END_S
        return inf

    @property
    def unsure(self) -> bool:
        """The last lines may still be unanswered, though their turn has ended."""
        return self._unsure is not None and self._unsure.number == self._numbered

    def _waiting(self, now: float) -> Turn | None:
        """The turn that a sign without words is about: where there is none, that of lines that may be unanswered.

        Long after the last end it is about none: a turn begun by it would be waited for, and nobody answers it.
        """
        soon = now < self._marked_at + FIRST_WORD_S
        return self._front() or (self._begin_next(now) if self.unsure and soon else None)

    def _begin_next(self, now: float) -> Turn:
        """The turn of what the model says next: to the lines that may be unanswered, if there are any."""
        unsure = self._unsure if self.unsure else None
        if unsure is None:
            return self._begin()
        return self._follow(unsure, now)

    def _follow(self, turn: Turn, now: float) -> Turn:
        """Begins the turn of what was said in another after what that has answered."""
        number = self.asked_again(0, now)
        self.followed_up = turn.number, turn.follow_ups, number
        following = self._turns[-1]
        following.follow_ups, following.together = turn.follow_ups - 1, turn.together
        return following

    def _begin(self) -> Turn:
        self._numbered += 1
        turn = Turn(self._numbered)
        self._turns.append(turn)
        return turn

    def _front(self) -> Turn | None:
        """The oldest turn that the wire has not ended."""
        for turn in self._turns:
            if not turn.ended:
                return turn
        return None

    def _end_unmarked(self, turn: Turn, now: float) -> None:
        self._end(turn, "missing turnComplete", now)
        self._owed, self._owed_since = True, turn.stirred_at

    def _end(self, turn: Turn, reason: str, now: float) -> None:
        turn.ended = True
        turn.reason = turn.reason or reason
        if turn.has_content:
            self.passed_over.clear()
        self._marked_at, self._reason, self._owed = now, reason, False
        self._finish_playing(turn)
        if turn.follow_ups and turn.interrupted and not turn.hushed and self._front() is None:
            self._follow(turn, now)
        elif turn.follow_ups and not (turn.together or turn.hushed or turn.broken):
            self._unsure = turn
        self._settle()
        if (front := self._front()) and front.asked_at is not None:
            front.asked_at = now  # until now it waited behind another
            self._next = front if front.after_results and not (front.behind or turn.interrupted) else None

    def _finish_playing(self, turn: Turn) -> None:
        if self._plays and turn.arrived and not turn.finishing and not turn.interrupted:
            turn.finishing = True
            self._tell(FinishPlaying(turn.number))

    def _settle(self) -> None:
        """Ends, in order, the turns that both the wire and the speaker are done with."""
        while self._turns and self._turns[0].ended and not self._playout.holds(self._turns[0]):
            turn = self._turns.pop(0)
            self._last = turn
            self.ended += 1
            user, answer = turn.user, turn.answer
            cut = turn.interrupted or turn.broken
            self._tell(TurnEnded(turn.number, user, answer, cut, turn.spoken_ms, turn.reason))
