"""The mind of one connection: told what happened and when, it answers with what to do.

It never waits: no clock, no socket, no thread; the next moment it cares about is `deadline`. Here the client is
understood, its frames and its voice; who has the word is the Floor's matter, how long all this may last the
Lifetime's, and how to go on with it over another connection the Sessions'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from livechat.protocol.client import ClientContent, ContextUpdate, RealtimeInput
from livechat.protocol.parts import Blob, Content
from livechat.protocol.setup import Setup
from livechat.server import dialect
from livechat.server.acts import (
    BeSilent,
    ClientSaid,
    Connected,
    Failed,
    Garbled,
    HangUp,
    Left,
    OpenEars,
    Order,
    Send,
    Spoken,
    Staged,
    Suffer,
    Thought,
    ThoughtEnded,
    Ticked,
    Told,
    Transcribed,
    WarmUp,
)
from livechat.server.agreement import BROKEN, INVALID, TOO_LATE, Agreement, Refusal, Terms
from livechat.server.brain import Said
from livechat.server.complaints import tool_complaints
from livechat.server.dialect import Dialect
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from livechat.server.floor import Floor
from livechat.server.interpreter import Interpreter
from livechat.server.lifetime import Lifetime
from livechat.server.memory import Memory
from livechat.server.pieces import Mishap, Notice
from livechat.server.sessions import Handing, OtherModel, Snapshot, StillOpen, Unknown
from livechat.server.setup_reading import behaviors, instruction, sound_rate, tools_of
from livechat.server.setup_rules import agree
from livechat.server.spoken_input import SpokenInput
from livechat.server.tokens import Tokens, of_pictures, of_sound, of_text


class Dialogue:
    """One connection, from its beginning to the close, and so one session or a part of one."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._setup_by: float | None = None
        self._over = False
        self._life = Lifetime(terms.scenario.limits, 0.0)
        self._set_up: Floor | None = None
        """None before the setup."""
        self._aloud: SpokenInput | None = None
        """The same."""
        self._handing: Handing | None = None
        """None where the client wants no handles."""
        self._seeding = False
        """What the client sends is history until it says that this is all."""
        self._early: list[Notice] = []
        """What somebody wanted to be told before the setup was answered, which is always first."""
        self._messages = 0
        """Of the client, after its setup."""
        self._now = 0.0
        self._orders: list[Order] = []
        self._handlers: dict[type[Told], Callable[..., None]] = {
            Connected: self._connected,
            ClientSaid: self._client_said,
            Garbled: self._garbled,
            SpeechStarted: self._speech_started,
            SpeechPaused: self._speech_paused,
            SpeechResumed: self._speech_resumed,
            SpeechEnded: self._speech_ended,
            Transcribed: self._transcribed,
            Thought: self._thought,
            ThoughtEnded: self._thought_ended,
            Spoken: self._spoken,
            Staged: self._staged,
            Failed: self._failed,
            Ticked: self._ticked,
        }

    def __repr__(self) -> str:
        return f"<Dialogue {'over' if self._over else self._set_up or 'waiting for a setup'}>"

    @property
    def over(self) -> bool:
        return self._over

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is due although nothing happens; None if there is none."""
        if self._over:
            return None
        if self._set_up is None:
            return self._setup_by
        handing = self._handing.deadline if self._handing else None
        return min((at for at in (self._set_up.deadline, self._life.deadline, handing) if at is not None), default=None)

    def handle(self, told: Told, now: float) -> list[Order]:
        """What to do about what happened, in order. `now` in seconds of any clock that never goes back."""
        if isinstance(told, Left):
            self._leave(now)
        if self._over:
            return []
        self._orders = []
        self._now = now
        try:
            self._handlers[type(told)](told, now)
            if self._set_up is not None:
                self._set_up.advance(now, listening=self._ears.busy)
                self._hand_out(self._set_up, now)
                self._keep_time(now)
        except Refusal as refusal:
            self._over = True
            self._orders += [BeSilent(), HangUp(refusal.code, dialect.reason(refusal.reason))]
        return self._orders

    def _order(self, order: Order) -> None:
        self._orders.append(order)

    @property
    def _floor(self) -> Floor:
        assert self._set_up is not None, "nothing but a setup is handled before the setup"
        return self._set_up

    @property
    def _ears(self) -> SpokenInput:
        assert self._aloud is not None, "it comes with the floor"
        return self._aloud

    @property
    def _agreed(self) -> Agreement:
        return self._floor.agreement

    # ------------------------------------------------------------------------------- how long it may last

    def _keep_time(self, now: float) -> None:
        if self._life.over(now):
            raise Refusal(1011, TOO_LATE)
        left = self._life.notice(now)
        if left is not None:
            self._order(Send(dialect.go_away(left)))

    def _hand_out(self, floor: Floor, now: float) -> None:
        """Tells of handles where the client wants them."""
        handing = self._handing
        if handing is None:
            return
        if handing.went_busy(floor.busy):
            self._order(Send(dialect.resumable(None, None)))
        if handing.due(floor.memory.version, now):
            index = self._messages - 1 if self._agreed.transparent else None
            update = dialect.resumable(handing.give(self._snapshot(now), floor.memory.version), index)
            before = self._terms.scenario.resumption.handles == "before"
            self._orders.insert(_turn_end(self._orders) if before else len(self._orders), Send(update))

    def _snapshot(self, now: float) -> Snapshot:
        life = self._life
        return Snapshot(self._agreed.model, self._floor.memory.entries, life.lasted_s(now), life.heard_s, life.seen_s)

    def _leave(self, now: float) -> None:
        self._over = True
        if self._set_up is not None and self._handing is not None:
            self._set_up.leave()
            self._handing.end(self._snapshot(now), now)
            self._handing = None
        self._handlers, self._orders = {}, []  # what holds itself is collected late

    # ------------------------------------------------------------------------------- what the client says

    def _connected(self, _: Connected, now: float) -> None:
        self._setup_by = now + self._terms.setup_s
        self._life = Lifetime(self._terms.scenario.limits, now)

    def _ticked(self, _: Ticked, now: float) -> None:
        if self._setup_by is not None and now >= self._setup_by:
            raise Refusal(1011, TOO_LATE)

    def _staged(self, told: Staged, now: float) -> None:
        self._stage(told.cue)

    def _stage(self, cue: Notice | Mishap) -> None:
        """What is not the model's own matter."""
        if isinstance(cue, Mishap):
            self._order(Suffer(cue.act))
        elif self._set_up is None:
            self._early.append(cue)
        else:
            self._life.shorten(cue.seconds, self._now)
            self._order(Send(dialect.go_away(cue.seconds)))

    def _garbled(self, frame: Garbled, now: float) -> None:
        raise Refusal(1007, f"Invalid JSON payload received. {frame.problem}")

    def _client_said(self, told: ClientSaid, now: float) -> None:
        message = told.message
        known = (message.client_content, message.realtime_input, message.tool_response, message.context_update)
        music = (message.music_generation_config, message.playback_control)
        several = sum(part is not None for part in (message.setup, *known)) > 1
        if (message.setup is None) is (self._set_up is None):  # a second setup, or something before the first
            raise Refusal(1007, INVALID)
        if several or any(part is not None for part in music):  # a frame says one thing
            raise Refusal(1007, INVALID)
        if message.setup is not None:
            self._agree(message.setup, now)
            return
        self._messages += 1
        if message.client_content is not None:
            self._client_content(message.client_content)
        elif message.realtime_input is not None:
            self._realtime_input(message.realtime_input, now)
        elif message.tool_response is not None:
            self._floor.take_answers(message.tool_response.function_responses or [])
        elif message.context_update is not None:
            self._context_update(message.context_update)

    def _agree(self, setup: Setup, now: float) -> None:
        if self._terms.grant is not None:
            setup = self._terms.grant.effective(setup)
        agreement = agree(setup, self._terms)
        past = self._resume(agreement, now)
        wording = Dialect(self._handing.id if self._handing else self._terms.session_id, self._terms.vertex)
        memory = Memory(agreement.system, past.entries)
        scenario = self._terms.scenario
        self._set_up = (Interpreter if agreement.translation else Floor)(
            agreement,
            memory,
            wording,
            self._order,
            pace=scenario.pace,
            window=scenario.limits.context_tokens,
            stage=self._stage,
        )
        self._aloud = SpokenInput(self._terms, self._set_up, self._order)
        self._setup_by = None
        compressed = agreement.window is not None
        self._life.begin(now, compressed=compressed, lasted_s=past.lasted_s, heard_s=past.heard_s, seen_s=past.seen_s)
        self._seeding = agreement.seeded
        self._order(Send(wording.setup_complete(agreement.signature)))
        self._order(OpenEars(agreement.ears))
        if agreement.speaks:
            self._order(WarmUp())
        for notice in self._early:
            self._stage(notice)

    def _resume(self, agreement: Agreement, now: float) -> Snapshot:
        """Where the session goes on; a new one begins with nothing. Raises Refusal."""
        sessions, resumption = self._terms.sessions, self._terms.scenario.resumption
        if not agreement.resumable:
            return Snapshot(agreement.model)
        if agreement.handle is None:
            session = sessions.begin(self._terms.session_id, agreement.model, vertex=self._terms.vertex, now=now)
            self._handing = Handing(sessions, session, resumption)
            return session.latest
        try:
            session, past = sessions.resume(agreement.handle, agreement.model, now)
        except Unknown:
            raise Refusal(resumption.code, resumption.reason) from None
        except StillOpen:
            raise Refusal(1011, BROKEN) from None
        except OtherModel:
            raise Refusal(1007, f"{INVALID} The model of a session cannot change.") from None
        self._handing = Handing(sessions, session, resumption)
        return past

    def _client_content(self, content: ClientContent) -> None:
        only_seeds = self._agreed.family.text_route != "client_content"
        if content.weighted_prompts is not None or (only_seeds and not self._seeding):
            raise Refusal(1007, INVALID)
        self._floor.interrupt()
        given: list[Blob] = []
        for turn in content.turns or []:
            unread = _sounds(turn)
            if turn.role != "model" and not self._seeding:
                given, unread = given + unread, []
            self._floor.hear(_said(turn), tokens=_weight(turn, unread))
        if self._seeding:
            if content.turn_complete:
                self._seeding = False
                self._floor.remember()
            return
        for count, blob in enumerate(given, start=1):
            self._ears.give(blob, asks=content.turn_complete is True and count == len(given))
        if content.turn_complete and not given:
            self._floor.demand()

    def _realtime_input(self, live: RealtimeInput, now: float) -> None:
        if (live.activity_start or live.activity_end) and self._agreed.ears:
            raise Refusal(1007, f"{INVALID} Activity is marked by the client only with detection disabled.")
        if live.activity_start:
            self._ears.begin()
        for blob in (live.audio, live.video, *(live.media_chunks or [])[:1]):  # of these production honours the first
            if blob is not None:
                self._media_came(blob, now)
        if live.text:
            self._typed(live.text)
        if live.activity_end:
            self._ears.end(now)
        if live.audio_stream_end and self._agreed.ears:
            self._ears.pause()

    def _media_came(self, blob: Blob, now: float) -> None:
        if (blob.mime_type or "").startswith("image/"):
            self._need("video")
            self._picture_came(now)
            return
        self._ears.hear(blob)
        self._life.hear(now)

    def _picture_came(self, now: float) -> None:
        """A frame of video counts where the turn's coverage has it."""
        self._life.see(now)
        if self._agreed.coverage != "TURN_INCLUDES_ONLY_ACTIVITY" or self._ears.speaking:
            self._floor.see(of_pictures(1))

    def _need(self, kind: Literal["text", "video"]) -> None:
        """Raises Refusal if the model takes nothing of that kind."""
        if kind not in self._agreed.family.inputs:
            raise Refusal(1007, f"{INVALID} This model takes no {kind}.")

    def _typed(self, text: str) -> None:
        self._need("text")
        if self._agreed.interrupts:
            self._floor.interrupt()
        self._floor.hear(Said("user", text))
        self._floor.demand()

    def _context_update(self, update: ContextUpdate) -> None:
        agreed = self._agreed
        if not agreed.family.context_update:
            raise Refusal(1007, f"{INVALID} contextUpdate is not supported.")
        if update.system_instruction is not None:
            agreed = replace(agreed, system=instruction(update.system_instruction))
        if update.tools is not None:
            tools = update.tools.tools
            for complaint in tool_complaints(tools, agreed.family):
                raise Refusal(1007, f"{INVALID} {complaint}")
            agreed = replace(agreed, tools=tools_of(tools), behaviors=behaviors(tools, agreed.family))
        self._floor.update(agreed)

    # ------------------------------------------------------------------------------- what the ears report

    def _speech_started(self, event: SpeechStarted, now: float) -> None:
        self._ears.started(event)

    def _speech_paused(self, event: SpeechPaused, now: float) -> None:
        self._ears.paused(event)

    def _speech_resumed(self, event: SpeechResumed, now: float) -> None:
        self._ears.resumed(event)

    def _speech_ended(self, event: SpeechEnded, now: float) -> None:
        self._ears.ended(event, now)

    def _transcribed(self, told: Transcribed, now: float) -> None:
        self._ears.transcribed(told, now)

    # ------------------------------------------------------------------- what brain, voice and body report

    def _thought(self, told: Thought, now: float) -> None:
        self._floor.think_on(told, now)

    def _thought_ended(self, told: ThoughtEnded, now: float) -> None:
        self._floor.finish_thinking(told, now)

    def _spoken(self, told: Spoken, now: float) -> None:
        self._floor.sound(told)

    def _failed(self, told: Failed, now: float) -> None:
        raise Refusal(1011, f"{BROKEN} {told.problem}")


def _said(turn: Content) -> Said:
    """The words of one turn that a client tells of."""
    text = "".join(part.text or "" for part in turn.parts or [] if not part.thought)
    return Said("model" if turn.role == "model" else "user", text)


def _weight(turn: Content, unread: Sequence[Blob]) -> Tokens:
    """What its words and pictures weigh, and the sound in it that nobody reads; what is read is weighed then."""
    milliseconds = sum(len(blob.data or b"") * 500 // sound_rate(blob.mime_type) for blob in unread)
    return of_text(_said(turn).text) + of_pictures(len(_blobs(turn, "image/"))) + of_sound(milliseconds)


def _sounds(turn: Content) -> list[Blob]:
    return _blobs(turn, "audio/pcm")


def _blobs(turn: Content, kind: str) -> list[Blob]:
    """What it holds that is not text, of one kind."""
    blobs = (part.inline_data for part in turn.parts or [])
    return [blob for blob in blobs if blob is not None and (blob.mime_type or "").startswith(kind)]


def _turn_end(orders: Sequence[Order]) -> int:
    """Where in them the end of the turn is told; their end if it is not."""
    ends = (
        at
        for at, order in enumerate(orders)
        if isinstance(order, Send) and order.message.server_content and order.message.server_content.turn_complete
    )
    return next(ends, len(orders))
