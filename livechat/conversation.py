"""The mind of the client: told what happened and when, it answers with what to do and what to tell.

It never waits: no clock, no socket, no device; the next moment it cares about is `deadline`.
This file is about the session: how it opens, what goes out, what else comes in, and how it ends. Its turns are
`TurnTaking`'s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import inf, isfinite

from livechat.closing import Close, Facts, explain_close, explain_refusal
from livechat.errors import LivechatError, RemoteProtocolError, Unanswered, Unreachable
from livechat.events import (
    CloseLink,
    Committed,
    Ended,
    Failed,
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
    Refused,
    Said,
    Send,
    SendSound,
    Silenced,
    SpeakerChanged,
    Ticked,
    ToolAllowed,
    ToolDenied,
    ToolFinished,
    ToolStopped,
    Typed,
    VoiceEnded,
)
from livechat.protocol.client import (
    ActivityEnd,
    ActivityStart,
    ClientContent,
    ClientMessage,
    RealtimeInput,
    ToolResponse,
)
from livechat.protocol.generations import family_of
from livechat.protocol.parts import Content, FunctionResponse, Part
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from livechat.tool_calls import ToolCalls, ToolRule
from livechat.turn_taking import TurnTaking
from livechat.turns import Progress
from livechat.usage import Usage

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
    answers_calls: bool = False
    """A program answers those of the model's calls that have no rule; otherwise they are refused."""
    tools: Mapping[str, ToolRule] = field(default_factory=dict[str, ToolRule])
    """The tools that are run here, by name."""


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
        self._marks_activity = _marks_activity(terms.setup)
        self._usage = Usage()
        self._turns = TurnTaking(
            self._tell, self._usage, plays=terms.plays, interacts=family.interaction_status, answer_s=terms.answer_s
        )
        self._phase = Phase.CONNECTING
        self._setup_by = inf
        self._early_words: list[str] = []
        self._early_sound: deque[Heard | HearingEnded | FloorClaimed | FloorYielded | Said] = deque(maxlen=EARLY_FRAMES)
        self._recalls = _recalls(terms.setup)
        """What is said at first is what was said before, and nobody answers that."""
        self._unfinished_words: list[str] = []
        """Of the user's, in contents that did not complete the turn."""
        self._calls = ToolCalls(
            self._tell,
            self._answer,
            terms.tools,
            elsewhere=terms.answers_calls,
            blocks=family.default_behavior != "NON_BLOCKING",
        )
        self._holds_input = family.holds_input
        self._held: deque[Heard | HearingEnded | FloorClaimed | FloorYielded] = deque(maxlen=EARLY_FRAMES)
        """What was heard while the model may hear nothing."""
        self._last_sent = ""
        self._warned = False
        self._out: list[Output] = []
        self._handlers: dict[type[Input], Callable[..., None]] = {
            Heard: self._heard,
            Received: self._received,
            Played: self._played,
            Committed: self._committed,
            Silenced: self._silenced,
            VoiceEnded: self._voice_ended,
            FloorClaimed: self._floor_changed,
            FloorYielded: self._floor_changed,
            Typed: self._typed,
            Said: self._said,
            SpeakerChanged: self._speaker_changed,
            ToolFinished: self._tool_finished,
            ToolAllowed: self._tool_allowed,
            ToolDenied: self._tool_denied,
            ToolStopped: self._tool_stopped,
            Hushed: self._hushed,
            HearingEnded: self._hearing_ended,
            Opened: self._opened,
            Refused: self._refused,
            Garbled: self._garbled,
            Lost: self._lost,
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
        return self._turns.open or bool(self._early_words)

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
        at = min(self._setup_by, self._turns.deadline, self._calls.deadline)
        return at if at < inf else None

    def handle(self, happened: Input, now: float) -> list[Output]:
        """What is to be done and told, in this order. `now` never runs backwards."""
        if self._phase is Phase.OVER:
            return []
        out: list[Output] = []
        self._out = out
        self._handlers[type(happened)](happened, now)
        self._turns.wait_for_tools(self._calls.open, now)
        if self._held and not self._holds:
            self._let_go(now)
        if self._phase is Phase.CLOSING and not self._turns.open:
            out.append(CloseLink())
            self._finish("closed", now)
        return out

    # ------------------------------------------------------------------------------------------- the link

    def _opened(self, _: Opened, now: float) -> None:
        self._phase = Phase.SETTING_UP
        self._setup_by = now + self._terms.setup_s
        self._send("setup", ClientMessage(setup=self._terms.setup))

    def _refused(self, refused: Refused, now: float) -> None:
        facts = self._terms.facts
        self._fail(explain_refusal(refused.kind, refused.detail, refused.status, refused.retry_after, facts), now)

    def _garbled(self, garbled: Garbled, now: float) -> None:
        failure = RemoteProtocolError(f"{self._terms.facts.server} sent what is not the Live protocol")
        failure.why, failure.hint = garbled.problem, self._terms.facts.manner.kept
        self._fail(failure, now)

    def _lost(self, lost: Lost, now: float) -> None:
        phase = "setup" if self._phase is Phase.SETTING_UP else "open"
        unfinished = self._early_words or self._turns.unfinished
        if lost.code in (1000, 1001) and phase == "open" and not unfinished:
            self._phase = Phase.CLOSING
            return
        close = Close(lost.code, lost.reason, phase, self._last_sent, self._warned)
        self._fail(explain_close(close, self._terms.facts), now)

    def _left(self, _: Left, now: float) -> None:
        self._out.append(CloseLink())
        self._finish("left", now)

    def _fail(self, error: LivechatError, now: float) -> None:
        self._out.append(Failed(str(error), error.exit_code, error))
        self._out.append(CloseLink())
        self._finish("failed", now)

    def _finish(self, reason: str, now: float) -> None:
        self._phase = Phase.OVER
        self._setup_by = inf
        self._calls.over(now)
        self._turns.clear()
        self._out.append(Ended(reason, self._turns.ended, self._turns.interruptions))

    def _send(self, kind: str, message: ClientMessage) -> None:
        self._last_sent = kind
        self._out.append(Send(message))

    def _tell(self, output: Output) -> None:
        self._out.append(output)

    # ------------------------------------------------------------------------------------------- the user

    def _heard(self, heard: Heard, now: float) -> None:
        if self._holds:
            self._held.append(heard)
        elif self._phase is Phase.OPEN:
            self._last_sent = "realtimeInput"
            self._out.append(SendSound(heard.pcm))
        elif self._phase is not Phase.CLOSING:
            self._early_sound.append(heard)

    def _hearing_ended(self, ended: HearingEnded, now: float) -> None:
        if self._marks_activity:
            return  # where the server does not listen for pauses it takes no such mark (wire-protocol §2)
        self._tell_of_hearing(RealtimeInput(audio_stream_end=True), ended)

    def _floor_changed(self, change: FloorClaimed | FloorYielded, now: float) -> None:
        taken = isinstance(change, FloorClaimed)
        if taken:
            self._turns.voice_began()
        mark = RealtimeInput(activity_start=ActivityStart()) if taken else RealtimeInput(activity_end=ActivityEnd())
        self._tell_of_hearing(mark, change)

    def _tell_of_hearing(self, mark: RealtimeInput, happened: HearingEnded | FloorClaimed | FloorYielded) -> None:
        if self._holds:
            self._held.append(happened)
        elif self._phase is Phase.OPEN:
            self._send("realtimeInput", ClientMessage(realtime_input=mark))
        elif self._phase is not Phase.CLOSING:
            self._early_sound.append(happened)

    def _voice_ended(self, ended: VoiceEnded, now: float) -> None:
        self._turns.voice_ended(ended.ago_s, now)

    def _typed(self, typed: Typed, now: float) -> None:
        if self._phase is Phase.CLOSING:
            self._tell(Noted("not sent: the server has closed the session"))
        elif self._phase is Phase.OPEN:
            self._say(typed.text, now)
        else:
            self._early_words.append(typed.text)

    def _say(self, text: str, now: float) -> None:
        if self._typed_goes_realtime:
            self._send("realtimeInput", ClientMessage(realtime_input=RealtimeInput(text=text)))
        else:
            said = Content(role="user", parts=[Part(text=text)])
            self._send("clientContent", ClientMessage(client_content=ClientContent(turns=[said], turn_complete=True)))
        self._turns.typed(text, now)

    def _said(self, said: Said, now: float) -> None:
        message = said.message
        if self._phase is Phase.CLOSING:
            self._tell(Noted("not sent: the server has closed the session"))
        elif self._phase is Phase.OPEN:
            self._send(_kind(message), message)
            self._note_said(message, now)
        elif message.realtime_input is None or message.realtime_input.video is None:
            self._early_sound.append(said)  # a picture of then would be shown as one of now

    def _note_said(self, message: ClientMessage, now: float) -> None:
        """What follows for the turns and the calls from what was sent."""
        if (content := message.client_content) is not None:
            self._contents_said(content, now)
        if (live := message.realtime_input) is not None:
            if live.text is not None:
                self._turns.typed(live.text, now)
            if live.activity_start is not None:
                self._turns.voice_began()
        for answer in (message.tool_response.function_responses or ()) if message.tool_response is not None else ():
            self._calls.answered(answer, now)

    def _contents_said(self, content: ClientContent, now: float) -> None:
        self._unfinished_words += _words_of_user(content)
        if content.turn_complete:
            words, self._unfinished_words = self._unfinished_words, []
            if not self._recalls:
                self._turns.typed("\n".join(words), now)
            self._recalls = False

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
        content = message.server_content
        if content is not None:
            if content.interrupted:
                self._turns.interrupted(now)
            self._turns.words(content, now)
        if message.usage_metadata is not None:
            self._tell(self._usage.count(message.usage_metadata))
        if content is not None:
            self._turns.marks(content, now)
        if message.tool_call is not None:
            self._turns.called(now)
            for call in message.tool_call.function_calls or ():
                self._calls.called(call, self._turns.newest, now)
        if message.tool_call_cancellation is not None:
            self._calls.cancelled(message.tool_call_cancellation.ids or (), now)
        if message.go_away is not None:
            self._warned = True
            self._tell(GoingAway(_seconds(message.go_away.time_left)))
        if message.error is not None:
            self._tell(Noted(f"the server reports an error: {message.error}"))

    def _ready(self, message: ServerMessage, now: float) -> None:
        self._phase = Phase.OPEN
        self._setup_by = inf
        complete = message.setup_complete
        self._tell(Ready(self._model, (complete.session_id or "") if complete else ""))
        words, self._early_words = self._early_words, []
        while self._early_sound:
            early = self._early_sound.popleft()
            self._handlers[type(early)](early, now)
        for text in words:
            self._say(text, now)

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
            self._send("toolResponse", ClientMessage(tool_response=ToolResponse(function_responses=[response])))

    @property
    def _holds(self) -> bool:
        """The model must not be spoken to: it waits for a tool, and its family ends the session over that."""
        return self._holds_input and self._calls.blocking

    def _let_go(self, now: float) -> None:
        while self._held:
            held = self._held.popleft()
            self._handlers[type(held)](held, now)

    # ------------------------------------------------------------------------------------------- the time

    def _ticked(self, _: Ticked, now: float) -> None:
        if now >= self._setup_by:
            what = f"{self._terms.facts.server} did not answer the setup within {self._terms.setup_s:g} s"
            self._fail(Unreachable(what, hint=f"is it a Live API server? Check {self._terms.facts.manner.server}"), now)
        elif now >= self._turns.answer_by:
            what = f"no answer within {self._terms.answer_s:g} s"
            self._fail(Unanswered(what, why="the server took the words and said nothing", hint="try again"), now)
        else:
            self._calls.ticked(now)
            self._turns.ticked(now)


def _marks_activity(setup: Setup) -> bool:
    """Whether it is ours to say when the user speaks."""
    realtime = setup.realtime_input_config
    detection = realtime.automatic_activity_detection if realtime is not None else None
    return detection is not None and bool(detection.disabled)


def _recalls(setup: Setup) -> bool:
    return setup.history_config is not None and bool(setup.history_config.initial_history_in_client_content)


def _kind(message: ClientMessage) -> str:
    """What a message is, as the reason of a close may be about it."""
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
