"""The mind of the client: told what happened and when, it answers with what to do and what to tell.

It never waits: no clock, no socket, no device; the next moment it cares about is `deadline`.
This file is about the session: how it opens, what else comes in, when it goes on over another connection and how it
ends. Its turns are `TurnTaking`'s, its calls `ToolCalls`'; what was said is the `Ledger`'s to keep, what was heard the
`Hearing`'s, in which order it goes out the `Outgoing`'s; `Recovery` says again what a lost connection has cut off, and
`Relinking` when to try.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import inf, isfinite

from livechat.closing import Close, Facts, Remedy, explain_close, explain_refusal, remedy_of
from livechat.errors import (
    AccessDenied,
    LivechatError,
    QuotaExceeded,
    RemoteProtocolError,
    TryLater,
    Unanswered,
    Unreachable,
)
from livechat.events import (
    CloseLink,
    Committed,
    Dropped,
    Ended,
    Failed,
    Faltered,
    FloorClaimed,
    FloorYielded,
    Garbled,
    GoingAway,
    Heard,
    HearingEnded,
    Hushed,
    Input,
    Left,
    Lost,
    Noted,
    Opened,
    Output,
    Played,
    Ready,
    Received,
    Reconnect,
    Reconnecting,
    Recovered,
    Refused,
    ReplyCame,
    Resumable,
    Retried,
    Said,
    Send,
    SendSound,
    Silenced,
    Slept,
    SpeakerChanged,
    Ticked,
    ToolAllowed,
    ToolDenied,
    ToolFinished,
    ToolStopped,
    Typed,
    UserSaid,
    VoiceEnded,
)
from livechat.hearing import Hearing, Mark
from livechat.ledger import Ledger, Past
from livechat.openings import Openings
from livechat.outgoing import Outgoing, Written
from livechat.protocol.client import (
    ClientContent,
    ClientMessage,
    RealtimeInput,
    ToolResponse,
)
from livechat.protocol.generations import family_of
from livechat.protocol.parts import Content, FunctionResponse, Part, Transcription
from livechat.protocol.server import ServerContent, ServerMessage, SessionResumptionUpdate
from livechat.protocol.setup import Setup
from livechat.recovery import Recovery
from livechat.relinking import Relinking
from livechat.silence import Silence
from livechat.strain import Strain
from livechat.tool_calls import ToolCalls, ToolRule
from livechat.turn_taking import TurnTaking
from livechat.turns import Progress
from livechat.usage import Usage

GARBLED = 20
"""Frames in a row that are not this protocol, after which the other side is taken not to speak it."""
STALE_S = 10.0
"""Who stood still for so long is no longer connected, whatever the socket says."""


@dataclass(frozen=True)
class Terms:
    """What a conversation is held by: the setup it opens with and how long it waits."""

    setup: Setup
    plays: bool
    """There is a speaker: sound is sent to it, and turns end when it has run out."""
    setup_s: float = 10.0
    """Seconds from the open socket to setupComplete."""
    answer_s: float = 60.0
    """Seconds from a typed line to the first sign of an answer."""
    facts: Facts = field(default_factory=Facts)
    answers_calls: bool = False
    """A program answers those of the model's calls that have no rule; otherwise they are refused."""
    tools: Mapping[str, ToolRule] = field(default_factory=dict[str, ToolRule])
    """The tools that are run here, by name."""
    tries: int = 0
    """Connections tried after a loss before it is given up; with 0 a lost connection is the end."""
    jitter: float = 0.0
    """0 to 1; spreads the tries of many clients that were cut off at once."""
    stall_s: float = 20.0
    """Seconds of silence of a model that owes words, after which another connection is tried."""
    past: Past = field(default_factory=Past)
    """What an earlier run has left of this conversation."""


class Phase(Enum):
    CONNECTING = "connecting"
    SETTING_UP = "setup"
    OPEN = "open"
    AWAY = "away"
    """The connection is lost, and the next try is not due yet."""
    CLOSING = "closing"
    """The wire is closed; the speaker still has the last words."""
    OVER = "over"


class Conversation:
    """One session with a Live model, from the open socket to the last word."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._model = terms.setup.model or ""
        family = family_of(self._model)
        self._typed_goes_realtime = family.text_route == "realtime_text"
        self._usage = Usage()
        self._turns = TurnTaking(
            self._tell, self._usage, plays=terms.plays, interacts=family.interaction_status, answer_s=terms.answer_s
        )
        self._phase = Phase.CONNECTING
        self._setup_by = inf
        self._opened_at = 0.0
        self._typing = False
        self._family = family
        self._recalls = _recalls(terms.setup)
        """What is said at first is what was said before, and nobody answers that."""
        self._unfinished_words: list[str] = []
        """Of the user's, in contents that did not complete the turn."""
        self._calls = ToolCalls(
            self._tell,
            self._answer,
            terms.tools,
            self._deliver,
            lambda: self._turns.unfinished,
            elsewhere=terms.answers_calls,
            blocks=family.default_behavior != "NON_BLOCKING",
        )
        self._holds_input = family.holds_input
        self._last_sent = ""
        self._warned = False
        self._links = Relinking(terms.tries, terms.jitter)
        self._ledger = Ledger(terms.past)
        self._hearing = Hearing()
        self._openings = Openings(
            *(terms.setup, family, self._ledger), reconnects=bool(terms.tries), has_past=bool(terms.past.turns)
        )
        self._strain = Strain(self._tell)
        self._outgoing = Outgoing(
            self._hearing,
            send=self._send,
            sound=self._send_sound,
            spoken=self._note_spoken,
            say=self._say_now,
            dropped=self._strain.dropped,
            marks_activity=_marks_activity(terms.setup),
            holds=lambda: self._holds,
        )
        self._recovery = Recovery(
            *(self._turns, self._calls, self._ledger, self._hearing, self._openings),
            tell=self._tell,
            send=self._send,
            line=self._line,
        )
        self._begun = False
        """The first connection was ready."""
        self._refused_afresh = False
        """A session was refused since one has proved itself."""
        self._answering: int | None = None
        self._in_pieces = False
        """What the user said is being told, and may go on."""
        self._front = 0
        """The turn that the model was at when that was looked at last."""
        self._garbled_in_a_row = 0
        self._silence = Silence(terms.stall_s)
        self._out: list[Output] = []
        self._handlers: dict[type[Input], Callable[..., None]] = {
            Heard: self._heard,
            Received: self._received,
            Played: self._played,
            Committed: self._committed,
            Silenced: self._silenced,
            VoiceEnded: self._voice_ended,
            FloorClaimed: self._marked,
            FloorYielded: self._marked,
            Typed: self._typed,
            Said: self._said,
            SpeakerChanged: self._speaker_changed,
            ToolFinished: self._tool_finished,
            ToolAllowed: self._tool_allowed,
            ToolDenied: self._tool_denied,
            ToolStopped: self._tool_stopped,
            Hushed: self._hushed,
            HearingEnded: self._marked,
            Opened: self._opened,
            Refused: self._refused,
            Garbled: self._garbled,
            Lost: self._lost,
            Faltered: self._faltered,
            Recovered: self._recovered,
            Dropped: self._sound_dropped,
            Slept: self._slept,
            Retried: self._retried,
            Left: self._left,
            Ticked: self._ticked,
        }

    def __repr__(self) -> str:
        return f"<Conversation {f'{self._phase.name} {self._turns!r}'.rstrip()}>"

    @property
    def over(self) -> bool:
        return self._phase is Phase.OVER

    @property
    def in_turn(self) -> bool:
        """Whether something said is still unanswered, or an answer still unfinished or unheard."""
        return self._turns.open or self._outgoing.has_words or self._recovery.owes

    @property
    def reconnects(self) -> bool:
        """Whether the loss of a connection is not its end."""
        return bool(self._terms.tries)

    @property
    def kept_s(self) -> float:
        """Seconds of the user's sound that wait for a connection."""
        return self._outgoing.kept_s

    @property
    def turns_begun(self) -> int:
        """How many turns have begun; what was typed last belongs to the last of them."""
        return self._turns.begun

    @property
    def progress(self) -> Progress | None:
        """How far the listener is in the reply that sounds; None while none does."""
        return self._turns.progress

    @property
    def deadline(self) -> float | None:
        """The next moment at which `Ticked` would change anything; None while only the world can."""
        rooms = (self._turns, self._calls, self._links, self._silence, self._outgoing, self._strain)
        at = min(self._setup_by, *(room.deadline for room in rooms))
        return at if at < inf and not self.over else None

    def handle(self, happened: Input, now: float) -> list[Output]:
        """What is to be done and told, in this order. `now` never runs backwards."""
        if self._phase is Phase.OVER:
            return []
        out: list[Output] = []
        self._out = out
        if self._phase in (Phase.AWAY, Phase.CONNECTING) and isinstance(happened, (Received, Garbled, Lost)):
            return out  # of a connection that is given up and not closed yet
        self._handlers[type(happened)](happened, now)
        if self._phase is Phase.OPEN:
            self._see_ends(now)
        self._turns.wait_for_tools(self._calls.open, now, owed=self._calls.owed, left=self._calls.left)
        if self._phase is Phase.OPEN:
            self._keep_books(now)
        if self._phase is Phase.CLOSING and not self._turns.open:
            out.append(CloseLink())
            self._finish("closed", now)
        self._silence.since(self._silent_since)
        return out

    # ------------------------------------------------------------------------------------------- the link

    def _opened(self, _: Opened, now: float) -> None:
        self._phase = Phase.SETTING_UP
        self._opened_at = now
        self._setup_by = now + self._terms.setup_s
        self._warned = False
        self._send(ClientMessage(setup=self._openings.setup(self._recovery.again)))

    def _refused(self, refused: Refused, now: float) -> None:
        facts = self._terms.facts
        error = explain_refusal(refused.kind, refused.detail, refused.status, refused.retry_after, facts)
        hopeless = isinstance(error, (AccessDenied, QuotaExceeded))
        if not self._begun or hopeless:
            self._fail(error, now)
        else:
            self._try_later(error, now)

    def _garbled(self, garbled: Garbled, now: float) -> None:
        self._garbled_in_a_row += 1
        failure = RemoteProtocolError(f"{self._terms.facts.server} sent what is not the Live protocol")
        failure.why, failure.hint = garbled.problem, self._terms.facts.manner.kept
        if self._phase is Phase.OPEN and self._garbled_in_a_row < GARBLED:
            if self._garbled_in_a_row == 1:
                self._tell(Noted(f"the server sent what is not the Live protocol: {garbled.problem}"))
        elif self._begun and self._terms.tries:
            self._lose(failure, Remedy.AGAIN, now)
        else:
            self._fail(failure, now)

    def _lost(self, lost: Lost, now: float) -> None:
        phase = "setup" if self._phase is Phase.SETTING_UP else "open"
        goes_on = bool(self._terms.tries) and self._begun
        unfinished = self._outgoing.has_words or self._turns.unfinished
        if lost.code in (1000, 1001) and phase == "open" and not (unfinished or goes_on):
            self._phase = Phase.CLOSING
            return
        close = Close(lost.code, lost.reason, phase, self._last_sent, self._warned, bool(unfinished))
        error = explain_close(close, self._terms.facts)
        remedy = remedy_of(close, error)
        if remedy is not Remedy.NEVER and self._openings.gives_way(lost.code, set_up=phase == "open"):
            self._try_later(error, now, soon=not self._ledger.handle)
        elif goes_on:
            self._lose(error, remedy, now)
        else:
            self._fail(error, now)

    # ------------------------------------------------------------------------------------ another connection

    def _lose(self, error: LivechatError, remedy: Remedy, now: float) -> None:
        """The connection is gone, or not worth keeping."""
        if remedy is Remedy.NEVER or (remedy is Remedy.AFRESH and self._refused_afresh):
            self._fail(error, now)
            return
        if remedy is Remedy.AFRESH:
            self._refused_afresh = True
            self._ledger.refused()
        self._try_later(error, now)

    def _try_later(self, error: LivechatError, now: float, *, soon: bool = False) -> None:
        """Plans the next connection; `soon`: what this one was refused for, the next will not ask for."""
        links = self._links
        if not links.plan(now, soon=soon):
            self._fail(_spent(error, self._terms), now)
            return
        self._setup_by = inf
        self._tell(Reconnecting(error.what, links.attempt, links.tries, links.at - now, self.kept_s))
        self._break_off(now)
        self._phase = Phase.AWAY
        if links.at <= now:
            self._try(now)

    def _try(self, now: float) -> None:
        self._phase = Phase.CONNECTING
        self._links.tried(now)
        self._tell(Reconnect())

    def _move(self, now: float) -> None:
        """Leaves a connection that the server is about to close."""
        self._break_off(now)
        self._links.leave(now)
        self._try(now)

    def _break_off(self, now: float) -> None:
        """Nothing that is said over this connection is heard any more."""
        if self._phase is not Phase.OPEN:
            return
        self._outgoing.lost(self._recovery.take_stock(now), now)
        self._answering = None
        self._front = self._turns.front
        self._strain.recovered()

    def _keep_books(self, now: float) -> None:
        """What anything that happens may change: what a handle stands for, and whether to leave in time."""
        self._recovery.follow_up()
        if not (self._turns.unfinished or self._turns.unsure or self._calls.owing or self._hearing.voiced):
            self._recovery.deliver_late(now)
        if self._turns.unfinished or self._calls.open or self._hearing.evident:
            self._ledger.touched()
        answering = self._turns.answering
        if answering is not None and answering != self._answering:
            self._hearing.answered()
        self._answering = answering
        self._outgoing.go_on(now)
        if self._terms.tries and self._links.leaving(now) and (self._may_leave or self._links.must_leave(now)):
            self._move(now)

    @property
    def _may_leave(self) -> bool:
        """Nobody says or does anything, and the next session will know all that was said."""
        quiet = not (self._turns.unfinished or self._calls.open or self._hearing.voiced)
        return quiet and (bool(self._ledger.handle) or not self._ledger.turns)

    def _resumption(self, update: SessionResumptionUpdate, now: float) -> None:
        if not (update.new_handle and update.resumable):
            return
        unanswered = self._turns.unfinished or self._turns.unsure
        complete = not (unanswered or self._calls.open or self._ledger.unfinished)
        if complete:
            self._turns.nothing_was_said()
            self._hearing.unheeded()
            self._calls.all_spoken_of()
        self._ledger.resumable(update.new_handle, complete=complete)
        if complete:
            self._openings.kept()
            self._tell(Resumable(update.new_handle, self._ledger.turns))

    def _faltered(self, faltered: Faltered, now: float) -> None:
        if self._phase is Phase.OPEN:
            self._strain.faltered(faltered.silent_s)

    def _recovered(self, _: Recovered, now: float) -> None:
        self._strain.recovered()

    def _sound_dropped(self, dropped: Dropped, now: float) -> None:
        self._strain.dropped(dropped.samples, now)

    def _slept(self, slept: Slept, now: float) -> None:
        """What was heard before is stale by now, and a connection that nobody has tended is likely to be gone."""
        self._outgoing.slept()
        if self._hearing.voiced:
            self._ledger.touched()
        self._hearing.forget()
        self._recovery.forget_sound()
        if self._phase is Phase.OPEN and self._terms.tries and slept.still_s >= STALE_S:
            self._lose(TryLater(f"this machine stood still for {slept.still_s:.0f} s"), Remedy.AGAIN, now)
        self._retried(Retried(), now)

    def _retried(self, _: Retried, now: float) -> None:
        if self._phase is Phase.AWAY:
            self._try(now)

    def _left(self, _: Left, now: float) -> None:
        self._out.append(CloseLink())
        self._finish("left", now)

    def _fail(self, error: LivechatError, now: float) -> None:
        self._out.append(Failed(str(error), error.exit_code, error))
        self._out.append(CloseLink())
        self._finish("failed", now)

    def _finish(self, reason: str, now: float) -> None:
        self._phase = Phase.OVER
        self._calls.over(now)
        self._turns.clear()
        self._out.append(Ended(reason, self._turns.ended, self._turns.interruptions))

    def _send(self, message: ClientMessage) -> None:
        self._last_sent = _kind(message)
        self._out.append(Send(message))

    def _send_sound(self, pcm: bytes, kept: bool) -> None:
        self._last_sent = "realtimeInput"
        self._out.append(SendSound(pcm, kept))

    def _tell(self, output: Output) -> None:
        self._out.append(output)
        self._ledger.told(output)
        if isinstance(output, ReplyCame):
            self._links.proved()
        if isinstance(output, UserSaid) and not self._typing:
            self._recovery.read(output, more=self._in_pieces)

    # ------------------------------------------------------------------------------------------- the user

    def _heard(self, heard: Heard, now: float) -> None:
        if self._phase is not Phase.CLOSING:
            self._outgoing.heard(heard, now)

    def _marked(self, mark: Mark, now: float) -> None:
        if isinstance(mark, FloorClaimed):
            self._turns.voice_began()
        if self._phase is not Phase.CLOSING:
            self._outgoing.marked(mark, now)

    def _note_spoken(self, what: Heard | Mark, now: float) -> None:
        """This goes to the server."""
        if not self._terms.tries:
            return
        if isinstance(what, Heard):
            self._hearing.heard(what, now, sounding=self._turns.progress is not None)
        else:
            self._hearing.marked(what, now)

    def _voice_ended(self, ended: VoiceEnded, now: float) -> None:
        self._turns.voice_ended(ended.ago_s, now)

    def _typed(self, typed: Typed, now: float) -> None:
        if self._phase is Phase.CLOSING:
            self._tell(Noted("not sent: the server has closed the session"))
        elif self._outgoing.may_write(typed, now):
            self._say(typed.text, now)
        elif self._begun and self._phase is not Phase.OPEN:
            self._tell(Noted("no connection just now: your line is kept, and sent when there is one"))

    def _say(self, text: str, now: float) -> None:
        message = self._line(text)
        self._send(message)
        self._note_typed(text, message, now)

    def _say_now(self, written: Written, now: float) -> None:
        """What waited, in its turn."""
        if isinstance(written, Typed):
            self._say(written.text, now)
        elif isinstance(written, Said):
            self._said(written, now)
        else:
            self._recovery.write_again(written, now)

    def _note_typed(self, text: str, message: ClientMessage, now: float) -> None:
        """The message has put a question."""
        self._typing = True
        self._turns.typed(text, now, unread=self._hearing.unread)
        self._typing = False
        if self._hearing.unread:
            self._ledger.began_to_speak(self._turns.begun)
        self._hearing.asked()
        if self._hearing.voiced:
            self._hearing.wrote(message, now)
        self._ledger.asked(self._turns.begun, message, text)

    def _line(self, text: str) -> ClientMessage:
        """Words of the user as this family takes them in the middle of a conversation."""
        if self._typed_goes_realtime:
            return ClientMessage(realtime_input=RealtimeInput(text=text))
        said = Content(role="user", parts=[Part(text=text)])
        return ClientMessage(client_content=ClientContent(turns=[said], turn_complete=True))

    def _said(self, said: Said, now: float) -> None:
        message = said.message
        if self._phase is Phase.CLOSING:
            self._tell(Noted("not sent: the server has closed the session"))
        elif self._phase is Phase.OPEN:
            if self._is_for_nobody(message):
                self._tell(Noted("not sent: it answers a call of a connection that is lost"))
                return
            self._send(message)
            self._note_said(message, now)
        elif message.realtime_input is None or message.realtime_input.video is None:
            self._outgoing.keep(said, now)  # a picture of then would be shown as one of now

    def _is_for_nobody(self, message: ClientMessage) -> bool:
        answers = (message.tool_response.function_responses or ()) if message.tool_response is not None else ()
        return bool(answers) and all(map(self._calls.is_foreign, answers))

    def _note_said(self, message: ClientMessage, now: float) -> None:
        """What follows for the turns and the calls from what was sent."""
        if (content := message.client_content) is not None:
            self._contents_said(content, message, now)
        if (update := message.context_update) is not None:
            self._openings.updated(update)
        if (live := message.realtime_input) is not None:
            if live.text is not None:
                self._note_typed(live.text, message, now)
            if live.activity_start is not None:
                self._turns.voice_began()
        for answer in (message.tool_response.function_responses or ()) if message.tool_response is not None else ():
            self._calls.answered(answer, now)

    def _contents_said(self, content: ClientContent, message: ClientMessage, now: float) -> None:
        if self._recalls:
            self._ledger.recalled(content.turns or ())
            self._recalls = not content.turn_complete
            return
        self._ledger.touched()
        self._unfinished_words += _words_of_user(content)
        if not content.turn_complete:
            self._ledger.began_to_ask(message)
            return
        words, self._unfinished_words = self._unfinished_words, []
        self._note_typed("\n".join(words), message, now)

    def _speaker_changed(self, _: SpeakerChanged, now: float) -> None:
        self._turns.speaker_changed()

    def _hushed(self, _: Hushed, now: float) -> None:
        self._turns.hushed(now)

    def _played(self, played: Played, now: float) -> None:
        self._turns.played(played.samples, now)

    def _committed(self, committed: Committed, now: float) -> None:
        self._turns.committed(committed.samples)

    def _silenced(self, _: Silenced, now: float) -> None:
        self._turns.silenced(now)

    # ----------------------------------------------------------------------------------------- the server

    def _received(self, received: Received, now: float) -> None:
        message = received.message
        if message.setup_complete is not None and self._phase is Phase.SETTING_UP:
            self._ready(message, now)
        self._garbled_in_a_row = 0
        self._hearing.said(now)
        content = message.server_content
        if content is not None:
            self._openings.spoken_to()
            if content.interrupted:
                self._hearing.noticed()
                self._turns.interrupted(now)
            if any(words is not None and words.text for words in _transcripts(content)):
                self._hearing.noticed()
            self._transcribed(content, now)
            if self._turns.answering is not None:
                self._ledger.touched()
        if message.usage_metadata is not None:
            self._tell(self._usage.count(message.usage_metadata))
        if content is not None:
            self._turns.marks(content, now)
            self._see_ends(now)
        if message.tool_call is not None:
            self._turns.called(now)
            for call in message.tool_call.function_calls or ():
                self._calls.called(call, self._turns.newest, now)
        if message.tool_call_cancellation is not None:
            self._calls.cancelled(message.tool_call_cancellation.ids or (), now)
        if message.go_away is not None:
            self._warned = True
            self._tell(GoingAway(left_s := _seconds(message.go_away.time_left)))
            if self._terms.tries:
                self._links.end_announced(left_s, now)
        if message.session_resumption_update is not None:
            self._resumption(message.session_resumption_update, now)
        if message.error is not None:
            self._tell(Noted(f"the server reports an error: {message.error}"))

    def _transcribed(self, content: ServerContent, now: float) -> None:
        """What is said in words, both sides'."""
        heard = content.input_transcription
        self._in_pieces = heard is not None and not heard.finished
        self._turns.words(content, now)
        self._in_pieces = False
        if heard is not None and heard.finished:
            self._hearing.read()

    def _ready(self, message: ServerMessage, now: float) -> None:
        self._phase = Phase.OPEN
        self._setup_by = inf
        self._links.ready(now)
        self._turns.answered_in(now - self._opened_at)
        if not self._begun:
            complete = message.setup_complete
            self._tell(Ready(self._model, (complete.session_id or "") if complete else ""))
        self._recovery.say_again(now)
        again, self._begun = self._begun, True
        self._outgoing.opened(now, again=again)

    def _see_ends(self, now: float) -> None:
        """What follows from it where the model has ended a turn, by whatever sign."""
        before, self._front = self._front, self._turns.front
        if before and before not in (self._front, self._turns.ended_empty):
            self._calls.turn_over(now)
            if not self._front:
                self._all_answered(now)

    def _all_answered(self, now: float) -> None:
        """Everything that was said is answered: a connection that has carried so much holds."""
        if not self._turns.unsure:
            self._ledger.answered()
        self._hearing.settled(now)
        self._calls.settled()
        self._links.proved()
        self._openings.answered()
        self._silence.broken()
        self._refused_afresh = False

    # ------------------------------------------------------------------------------------------ the tools

    def _tool_finished(self, finished: ToolFinished, now: float) -> None:
        self._calls.finished(finished, now)

    def _tool_allowed(self, allowed: ToolAllowed, now: float) -> None:
        self._calls.allowed(allowed.id, now, always=allowed.always)

    def _tool_denied(self, denied: ToolDenied, now: float) -> None:
        self._calls.denied(denied.id, now)

    def _tool_stopped(self, stopped: ToolStopped, now: float) -> None:
        self._calls.stopped(stopped.id, now)

    def _answer(self, response: FunctionResponse) -> None:
        if self._phase is Phase.OPEN:
            self._send(ClientMessage(tool_response=ToolResponse(function_responses=[response])))

    def _deliver(self, words: str) -> None:
        self._recovery.deliver(words)

    @property
    def _holds(self) -> bool:
        """The model must not be spoken to: it waits for a tool, and its family ends the session over that."""
        return self._holds_input and self._calls.blocking

    # ------------------------------------------------------------------------------------------- the time

    def _ticked(self, _: Ticked, now: float) -> None:
        if now >= self._setup_by:
            self._leave_unanswered_setup(now)
        elif self._phase is Phase.AWAY and now >= self._links.at:
            self._try(now)
        elif self._silence.over(now):
            self._leave_silence(now)
        elif now >= self._turns.answer_by:
            what = f"no answer within {self._terms.answer_s:g} s"
            self._fail(Unanswered(what, why="the server took the words and said nothing", hint="try again"), now)
        else:
            if (silent_s := self._silence.notice(now)) is not None:
                self._tell(Noted(f"the model has said nothing for {silent_s:.0f} s"))
            self._strain.ticked(now)
            self._calls.ticked(now)
            self._turns.ticked(now)

    def _leave_unanswered_setup(self, now: float) -> None:
        what = f"{self._terms.facts.server} did not answer the setup within {self._terms.setup_s:g} s"
        error = Unreachable(what, hint=f"is it a Live API server? Check {self._terms.facts.manner.server}")
        if self._begun and self._terms.tries:
            self._lose(error, Remedy.AGAIN, now)
        else:
            self._fail(error, now)

    @property
    def _silent_since(self) -> float:
        """Since when the model owes words; `inf` where that is not watched."""
        watched = self._terms.tries and self._phase is Phase.OPEN
        return min(self._turns.silent_since, self._calls.given_at) if watched else inf

    def _leave_silence(self, now: float) -> None:
        silent = Unanswered(f"no answer within {self._terms.stall_s:g} s")
        if self._silence.leave():
            self._lose(silent, Remedy.AGAIN, now)
        else:
            silent.why, silent.hint = "asked three times over, the server took the words and said nothing", "try later"
            self._fail(silent, now)


def _transcripts(content: ServerContent) -> tuple[Transcription | None, ...]:
    """Of what the user said, however sure."""
    return content.input_transcription, content.interim_input_transcription


def _marks_activity(setup: Setup) -> bool:
    """Whether it is ours to say when the user speaks."""
    realtime = setup.realtime_input_config
    detection = realtime.automatic_activity_detection if realtime is not None else None
    return detection is not None and bool(detection.disabled)


def _spent(error: LivechatError, terms: Terms) -> LivechatError:
    """The failure of a conversation that no further connection is tried for."""
    if not terms.tries:
        return error
    why = f"{terms.tries} further connections came to nothing; the last: {error.what}"
    return TryLater(f"the connection to {terms.facts.server} is lost", why=why, hint=error.hint)


def _recalls(setup: Setup) -> bool:
    return setup.history_config is not None and bool(setup.history_config.initial_history_in_client_content)


def _kind(message: ClientMessage) -> str:
    """What a message is, as the reason of a close may be about it."""
    if message.setup is not None:
        return "setup"
    if message.realtime_input is not None:
        return "realtimeInput"
    if message.tool_response is not None:
        return "toolResponse"
    return "contextUpdate" if message.context_update is not None else "clientContent"


def _words_of_user(content: ClientContent) -> list[str]:
    """The words of the last turn, if it is the user's: those before it are history."""
    last = content.turns[-1] if content.turns else None
    if last is None or last.role == "model":
        return []
    return [part.text for part in last.parts or () if part.text]


def _seconds(duration: str | None) -> float:
    """A protobuf Duration such as `50s` (wire-protocol §4); what is not one is no time at all."""
    try:
        seconds = float((duration or "").removesuffix("s"))
    except ValueError:
        return 0.0
    return seconds if isfinite(seconds) else 0.0
