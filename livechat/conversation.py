"""The mind of the client: told what happened and when, it answers with what to do and what to tell.

1. It never waits: no clock, no socket, no device; the next moment it cares about is `deadline`.
2. Silence first: an interruption is `[StopPlaying(), Interrupted(...)]`, in this order.
3. A turn has ended when the wire said so *and* the speaker has run out; each turn ends once, in order.

The wire's marks come doubled, missing and out of order (field.md pains 9, 13, 20, 21), so none is believed alone:
see `_turn_complete` for a mark too many, `_ticked` for one too few, `_speaking` for one out of place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite

from livechat.closing import Close, Facts, explain_close, explain_refusal
from livechat.errors import LivechatError, RemoteProtocolError, Unanswered, Unreachable
from livechat.events import (
    PLAYED_RATE,
    CloseLink,
    Ended,
    Event,
    Failed,
    FinishPlaying,
    Garbled,
    GoingAway,
    Heard,
    HearingEnded,
    Input,
    Interrupted,
    Left,
    Lost,
    ModelSaid,
    ModelThought,
    Noted,
    Opened,
    Output,
    Play,
    Played,
    Ready,
    Received,
    Refused,
    ReplyCame,
    Send,
    SendSound,
    StopPlaying,
    Ticked,
    TurnEnded,
    Typed,
    UserSaid,
)
from livechat.protocol.client import ClientContent, ClientMessage, RealtimeInput, ToolResponse
from livechat.protocol.generations import family_of
from livechat.protocol.parts import Content, FunctionResponse, Part, Transcription
from livechat.protocol.server import ServerContent, ServerMessage, ToolCall
from livechat.protocol.setup import Setup
from livechat.turns import Playout, Turn, milliseconds
from livechat.usage import Usage

DOUBLET_S = 0.5
"""How long a turnComplete without content waits for content that would show it to be the last turn's doublet."""
LATE_CHUNKS_S = 2.0
"""How long after `interrupted` sound of the dead reply may still arrive; later it is a new reply."""
MISSING_END_S = 10.0
"""How long after the assumed end of playback a generated turn waits for its turnComplete."""
EARLY_FRAMES = 1_500
"""Microphone frames (30 s) kept until the session is ready; beyond that the oldest go."""


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


class Phase(Enum):
    CONNECTING = "connecting"
    SETTING_UP = "setup"
    OPEN = "open"
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
        self._interacts = family.interaction_status
        self._phase = Phase.CONNECTING
        self._setup_by: float | None = None
        self._answer_by: float | None = None
        self._early_words: list[str] = []
        self._early_sound: deque[Heard | HearingEnded] = deque(maxlen=EARLY_FRAMES)
        self._turns: list[Turn] = []
        self._last: Turn | None = None
        """The turn that ended last: its user's words may still come."""
        self._numbered = 0
        self._ended = 0
        self._interruptions = 0
        self._playout = Playout()
        self._usage = Usage()
        self._last_sent = ""
        self._warned = False
        self._out: list[Output] = []
        self._handlers: dict[type[Input], Callable[..., None]] = {
            Heard: self._heard,
            Received: self._received,
            Played: self._played,
            Typed: self._typed,
            HearingEnded: self._hearing_ended,
            Opened: self._opened,
            Refused: self._refused,
            Garbled: self._garbled,
            Lost: self._lost,
            Left: self._left,
            Ticked: self._ticked,
        }

    def __repr__(self) -> str:
        turns = " ".join(f"turn={turn.number}{'!' if turn.interrupted else ''}" for turn in self._turns)
        waiting = f" queued={milliseconds(len(self._playout))}ms" if len(self._playout) else ""
        return f"<Conversation {self._phase.name}{' ' + turns if turns else ''}{waiting}>"

    @property
    def over(self) -> bool:
        return self._phase is Phase.OVER

    @property
    def in_turn(self) -> bool:
        """Whether something said is still unanswered, or an answer still unfinished or unheard."""
        return bool(self._turns or self._early_words)

    @property
    def deadline(self) -> float | None:
        """The next moment at which `Ticked` would change anything; None while only the world can."""
        at = _sooner(self._setup_by, self._answer_by)
        front = self._front()
        return at if front is None else _sooner(at, _sooner(front.empty_end_at, self._missing_end_at(front)))

    def handle(self, happened: Input, now: float) -> list[Output]:
        """What is to be done and told, in this order. `now` never runs backwards."""
        if self._phase is Phase.OVER:
            return []
        out: list[Output] = []
        self._out = out
        self._handlers[type(happened)](happened, now)
        return out

    # ------------------------------------------------------------------------------------------- the link

    def _opened(self, _: Opened, now: float) -> None:
        self._phase = Phase.SETTING_UP
        self._setup_by = now + self._terms.setup_s
        self._send("setup", ClientMessage(setup=self._terms.setup))

    def _refused(self, refused: Refused, now: float) -> None:
        facts = self._terms.facts
        self._fail(explain_refusal(refused.kind, refused.detail, refused.status, refused.retry_after, facts))

    def _garbled(self, garbled: Garbled, now: float) -> None:
        self._fail(RemoteProtocolError(garbled.problem))

    def _lost(self, lost: Lost, now: float) -> None:
        phase = "setup" if self._phase is Phase.SETTING_UP else "open"
        unfinished = self._early_words or any(not turn.ended for turn in self._turns)
        if lost.code in (1000, 1001) and phase == "open" and not unfinished:
            self._phase = Phase.CLOSING
            self._settle(now)
            return
        close = Close(lost.code, lost.reason, phase, self._last_sent, self._warned)
        self._fail(explain_close(close, self._terms.facts))

    def _left(self, _: Left, now: float) -> None:
        self._out.append(CloseLink())
        self._finish("left")

    def _fail(self, error: LivechatError) -> None:
        self._out.append(Failed(str(error), error.exit_code, error))
        self._out.append(CloseLink())
        self._finish("failed")

    def _finish(self, reason: str) -> None:
        self._phase = Phase.OVER
        self._setup_by = self._answer_by = None
        self._turns.clear()
        self._out.append(Ended(reason, self._ended, self._interruptions))

    def _send(self, kind: str, message: ClientMessage) -> None:
        self._last_sent = kind
        self._out.append(Send(message))

    def _tell(self, event: Event) -> None:
        self._out.append(event)

    # ------------------------------------------------------------------------------------------- the user

    def _heard(self, heard: Heard, now: float) -> None:
        if self._phase is Phase.OPEN:
            self._last_sent = "realtimeInput"
            self._out.append(SendSound(heard.pcm))
        elif self._phase is not Phase.CLOSING:
            self._early_sound.append(heard)

    def _hearing_ended(self, ended: HearingEnded, now: float) -> None:
        if self._phase is Phase.OPEN:
            self._send("realtimeInput", ClientMessage(realtime_input=RealtimeInput(audio_stream_end=True)))
        elif self._phase is not Phase.CLOSING:
            self._early_sound.append(ended)

    def _typed(self, typed: Typed, now: float) -> None:
        if self._phase is Phase.CLOSING:
            self._tell(Noted("not sent: the server has closed the session"))
        elif self._phase is Phase.OPEN:
            self._say(typed.text, now)
        else:
            self._early_words.append(typed.text)

    def _say(self, text: str, now: float) -> None:
        turn = self._turns[-1] if self._turns else None
        if turn is None or turn.has_content or turn.ended or turn.interrupted:
            turn = self._begin()
        turn.typed = True
        # The wire gives no sign that it took the words: only an answer is one.
        self._answer_by = now + self._terms.answer_s
        if self._typed_goes_realtime:
            self._send("realtimeInput", ClientMessage(realtime_input=RealtimeInput(text=text)))
        else:
            said = Content(role="user", parts=[Part(text=text)])
            self._send("clientContent", ClientMessage(client_content=ClientContent(turns=[said], turn_complete=True)))
        turn.user += ("\n" if turn.user else "") + text
        turn.user_final = turn.user_finished = True
        self._tell(UserSaid(turn.number, text, turn.user, final=True))

    # ----------------------------------------------------------------------------------------- the server

    def _received(self, received: Received, now: float) -> None:
        message = received.message
        if message.setup_complete is not None and self._phase is Phase.SETTING_UP:
            self._ready(message, now)
        content = message.server_content
        if content is not None:
            if content.interrupted:
                self._interrupt(now)
            self._words(content, now)
        if message.usage_metadata is not None:
            self._tell(self._usage.count(message.usage_metadata))
        if content is not None:
            self._marks(content, now)
        if message.tool_call is not None:
            self._refuse_tools(message.tool_call)
        if message.go_away is not None:
            self._warned = True
            self._tell(GoingAway(_seconds(message.go_away.time_left)))
        if message.error is not None:
            self._tell(Noted(f"the server reports an error: {message.error}"))

    def _ready(self, message: ServerMessage, now: float) -> None:
        self._phase = Phase.OPEN
        self._setup_by = None
        complete = message.setup_complete
        self._tell(Ready(self._model, (complete.session_id or "") if complete else ""))
        words, self._early_words = self._early_words, []
        while self._early_sound:
            early = self._early_sound.popleft()
            self._handlers[type(early)](early, now)
        for text in words:
            self._say(text, now)

    def _words(self, content: ServerContent, now: float) -> None:
        if content.input_transcription is not None:
            self._user_words(content.input_transcription)
        for part in (content.model_turn.parts or ()) if content.model_turn is not None else ():
            self._part(part, now)
        if content.output_transcription is not None and content.output_transcription.text:
            self._spoken_words(content.output_transcription.text, now)

    def _marks(self, content: ServerContent, now: float) -> None:
        if content.generation_complete and (front := self._front()) and not front.interrupted:
            self._generated(front, now)
        if content.interaction_status is not None:
            self._status(str(content.interaction_status), now)
        if content.turn_complete:
            self._turn_complete(str(content.turn_complete_reason or ""), now)

    def _part(self, part: Part, now: float) -> None:
        blob = part.inline_data
        if blob is not None and blob.data and (blob.mime_type or "").startswith("audio/"):
            if turn := self._speaking(now):
                self._sound(turn, blob.data, now)
        elif part.text and (turn := self._speaking(now)):
            if part.thought:
                self._usage.said(turn.number)
                self._tell(ModelThought(turn.number, part.text))
            else:
                self._begins(turn)
                self._usage.said(turn.number, part.text)
                turn.text += part.text
                self._tell(ModelSaid(turn.number, part.text, spoken=False))

    def _sound(self, turn: Turn, pcm: bytes, now: float) -> None:
        self._begins(turn)
        samples = len(pcm) // 2
        self._usage.said(turn.number, sound_s=samples / PLAYED_RATE)
        turn.first_sound_at = turn.first_sound_at or now
        turn.arrived += samples
        turn.finishing = False
        if self._terms.plays:
            self._playout.queue(turn, samples)
            self._out.append(Play(pcm, turn.number))
        else:
            turn.heard += samples

    def _spoken_words(self, text: str, now: float) -> None:
        if turn := self._speaking(now):
            self._begins(turn)
            self._usage.said(turn.number)
            turn.speech += text
            self._tell(ModelSaid(turn.number, text, spoken=True))

    def _begins(self, turn: Turn) -> None:
        """The model answers: the user's words are complete and no earlier turnComplete was meant for this turn."""
        self._answer_by = None
        turn.empty_end_at = None
        if turn.user and not turn.user_final:
            turn.user_final = True
            self._tell(UserSaid(turn.number, "", turn.user, final=True))

    def _speaking(self, now: float) -> Turn | None:
        """The turn that what the model says now belongs to; None for late chunks of a dead reply."""
        front = self._front()
        if front is None:
            return self._begin()
        followed = self._turns[-1] is not front
        if front.interrupted_at is not None:
            if not followed and now < front.interrupted_at + LATE_CHUNKS_S:
                return None
        elif front.generated_at is None or not followed:
            return front
        # The reply before is over, whatever became of its turnComplete: newer words were said, or time has passed.
        self._end(front, "missing turnComplete", now)
        return self._front() or self._begin()

    def _user_words(self, words: Transcription) -> None:
        text = words.text or ""
        turn = self._hearing(text)
        if turn is None:
            return
        turn.user += text
        late = turn.user_final
        turn.user_finished = turn.user_finished or bool(words.finished)
        turn.user_final = late or turn.user_finished
        if text or (turn.user_final and not late and turn.user):
            self._tell(UserSaid(turn.number, text, turn.user, final=turn.user_final))

    def _hearing(self, text: str) -> Turn | None:
        """The turn that the user's transcript belongs to."""
        front = self._front()
        if front is None:
            last = self._last
            if last is not None and not last.typed and not last.user:
                return last
            return self._begin() if text else None
        newest = self._turns[-1]
        if newest.has_content and (newest.interrupted or newest.generated_at is not None or newest.user_finished):
            return self._begin() if text else None
        return newest

    def _refuse_tools(self, call: ToolCall) -> None:
        # A call left unanswered wedges the session (field.md pain 10), and this session declared none.
        refusal = {"error": "this client offers no tools"}
        calls = call.function_calls or []
        answers = [FunctionResponse(id=one.id, name=one.name, response=refusal) for one in calls]
        if answers:
            self._send("toolResponse", ClientMessage(tool_response=ToolResponse(function_responses=answers)))
            names = ", ".join(one.name or "?" for one in calls)
            self._tell(Noted(f"the model called a tool that was not offered: {names}"))

    # -------------------------------------------------------------------------------------- ends of turns

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

    def _interrupt(self, now: float) -> None:
        front = self._front()
        cut = [turn for turn in self._turns if turn.has_content and not turn.interrupted]
        if not cut:
            if front is not None and not front.interrupted:
                front.phantom = True
            return
        self._playout.stop()
        if self._terms.plays:
            self._out.append(StopPlaying())
        for turn in cut:
            self._interruptions += 1
            turn.interrupted_at = now
            heard, unheard = turn.split_at_ear()
            dropped = milliseconds(turn.arrived - turn.heard)
            self._tell(Interrupted(turn.number, milliseconds(turn.heard), dropped, heard, unheard))
        self._settle(now)

    def _generated(self, turn: Turn, now: float) -> None:
        if not turn.has_content:
            return
        self._finish_playing(turn)
        # Where one interaction has several spoken turns, none of them is known to be the last (wire-protocol §4).
        if turn.generated_at is None and not self._interacts:
            self._tell(ReplyCame(turn.number, turn.answer))
        turn.generated_at = turn.generated_at or now

    def _status(self, status: str, now: float) -> None:
        front = self._front()
        if front is None:
            return
        waited = front.status_spent and front.status in ("IN_PROGRESS", "REQUIRES_ACTION")
        front.status, front.status_spent = status, False
        if waited and status == "IDLE":
            self._end(front, "", now)

    def _turn_complete(self, reason: str, now: float) -> None:
        front = self._front()
        if front is None:
            return
        if not front.has_content:
            if front.phantom:
                front.phantom = False
            elif front.empty_end_at is None:
                front.reason = reason
                front.empty_end_at = now + DOUBLET_S
        elif front.busy() and not front.interrupted:
            # The reply goes on after this pause; its sound so far may run out.
            front.generated_at = None
            self._finish_playing(front)
        else:
            self._end(front, reason, now)

    def _end(self, turn: Turn, reason: str, now: float) -> None:
        turn.ended = True
        turn.reason = turn.reason or reason
        self._finish_playing(turn)
        self._settle(now)

    def _finish_playing(self, turn: Turn) -> None:
        if self._terms.plays and turn.arrived and not turn.finishing and not turn.interrupted:
            turn.finishing = True
            self._out.append(FinishPlaying(turn.number))

    def _settle(self, now: float) -> None:
        """Ends, in order, the turns that both the wire and the speaker are done with."""
        while self._turns and self._turns[0].ended and not self._playout.holds(self._turns[0]):
            turn = self._turns.pop(0)
            self._last = turn
            self._ended += 1
            if not self._turns:
                self._answer_by = None
            user, answer = turn.user, turn.answer
            self._tell(TurnEnded(turn.number, user, answer, turn.interrupted, turn.spoken_ms, turn.reason))
        if self._phase is Phase.CLOSING and not self._turns:
            self._out.append(CloseLink())
            self._finish("closed")

    def _played(self, played: Played, now: float) -> None:
        self._playout.played(played.samples)
        self._settle(now)

    def _missing_end_at(self, turn: Turn) -> float | None:
        """When a turn whose turnComplete does not come is taken to be over."""
        if turn.interrupted_at is not None:
            return turn.interrupted_at + LATE_CHUNKS_S
        if turn.generated_at is not None:
            # The server itself waits until it assumes the sound has been played (wire-protocol §2.5).
            played = turn.first_sound_at + turn.spoken_ms / 1000
            return max(turn.generated_at, played) + MISSING_END_S
        return None

    def _ticked(self, _: Ticked, now: float) -> None:
        if self._setup_by is not None and now >= self._setup_by:
            what = f"{self._terms.facts.server} did not answer the setup within {self._terms.setup_s:g} s"
            self._fail(Unreachable(what, hint="is it a Live API server? Check --server"))
            return
        if self._answer_by is not None and now >= self._answer_by:
            what = f"no answer within {self._terms.answer_s:g} s"
            self._fail(Unanswered(what, why="the server took the words and said nothing", hint="try again"))
            return
        front = self._front()
        if front is None:
            return
        missing_at = self._missing_end_at(front)
        if front.empty_end_at is not None and now >= front.empty_end_at:
            self._end(front, front.reason, now)
        elif missing_at is not None and now >= missing_at:
            self._end(front, "missing turnComplete", now)


def _sooner(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _seconds(duration: str | None) -> float:
    """A protobuf Duration such as `50s` (wire-protocol §4); what is not one is no time at all."""
    try:
        seconds = float((duration or "").removesuffix("s"))
    except ValueError:
        return 0.0
    return seconds if isfinite(seconds) else 0.0
