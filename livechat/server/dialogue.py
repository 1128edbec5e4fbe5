"""The mind of one connection: told what happened and when, it answers with what to do.

It never waits: no clock, no socket, no thread; the next moment it cares about is `deadline`. Here the client is
understood, its frames and its voice; who has the word is the Floor's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from livechat.protocol.client import ClientContent, ContextUpdate, RealtimeInput
from livechat.protocol.parts import Blob, Content
from livechat.protocol.setup import Setup
from livechat.server import dialect
from livechat.server.acts import (
    BeginUtterance,
    BeSilent,
    ClientSaid,
    Connected,
    Failed,
    FlushEars,
    Garbled,
    HangUp,
    Listen,
    OpenEars,
    Order,
    Send,
    Spoken,
    Thought,
    ThoughtEnded,
    Ticked,
    Told,
    Transcribed,
    WarmUp,
)
from livechat.server.brain import Said
from livechat.server.dialect import Dialect
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from livechat.server.floor import Floor
from livechat.server.listening import Listening, Utterance
from livechat.server.setup_rules import (
    BROKEN,
    INVALID,
    TOO_LATE,
    Agreement,
    Refusal,
    Terms,
    agree,
    instruction,
    sound_rate,
    tools_of,
)


class Dialogue:
    """One session, from the open connection to the close."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._setup_by: float | None = None
        self._over = False
        self._set_up: Floor | None = None
        """None before the setup."""
        self._seeding = False
        """What the client sends is history until it says that this is all."""
        self._listening = Listening()
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
        return self._set_up.deadline if self._set_up else self._setup_by

    def handle(self, told: Told, now: float) -> list[Order]:
        """What to do about what happened, in order. `now` in seconds of any clock that never goes back."""
        if self._over:
            return []
        self._orders = []
        try:
            self._handlers[type(told)](told, now)
            if self._set_up is not None:
                self._set_up.advance(now, listening=self._listening.busy)
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
    def _agreed(self) -> Agreement:
        return self._floor.agreement

    # ------------------------------------------------------------------------------- what the client says

    def _connected(self, _: Connected, now: float) -> None:
        self._setup_by = now + self._terms.setup_s

    def _ticked(self, _: Ticked, now: float) -> None:
        if self._setup_by is not None and now >= self._setup_by:
            raise Refusal(1011, TOO_LATE)

    def _garbled(self, frame: Garbled, now: float) -> None:
        raise Refusal(1007, f"Invalid JSON payload received. {frame.problem}")

    def _client_said(self, told: ClientSaid, now: float) -> None:
        message = told.message
        if (message.setup is None) is (self._set_up is None):  # a second setup, or something before the first
            raise Refusal(1007, INVALID)
        if message.music_generation_config is not None or message.playback_control is not None:
            raise Refusal(1007, INVALID)
        if message.setup is not None:
            self._agree(message.setup)
        if message.client_content is not None:
            self._client_content(message.client_content)
        if message.realtime_input is not None:
            self._realtime_input(message.realtime_input)
        if message.tool_response is not None:
            self._floor.take_answers(message.tool_response.function_responses or [])
        if message.context_update is not None:
            self._context_update(message.context_update)

    def _agree(self, setup: Setup) -> None:
        agreement = agree(setup, self._terms)
        wording = Dialect(self._terms.session_id, self._terms.vertex)
        self._set_up = Floor(agreement, wording, self._order)
        self._setup_by = None
        self._seeding = agreement.seeded
        self._order(Send(wording.setup_complete()))
        self._order(OpenEars(agreement.ears))
        if agreement.speaks:
            self._order(WarmUp())

    def _client_content(self, content: ClientContent) -> None:
        only_seeds = self._agreed.family.text_route != "client_content"
        if content.weighted_prompts is not None or (only_seeds and not self._seeding):
            raise Refusal(1007, INVALID)
        self._floor.interrupt()
        self._floor.hear(*(_said(turn) for turn in content.turns or []))
        if not content.turn_complete:
            return
        if self._seeding:
            self._seeding = False
            self._floor.remember()
        else:
            self._floor.demand()

    def _realtime_input(self, live: RealtimeInput) -> None:
        if (live.activity_start or live.activity_end) and self._agreed.ears:
            raise Refusal(1007, f"{INVALID} Activity is marked by the client only with detection disabled.")
        if live.activity_start and not self._listening.speaking:
            self._order(BeginUtterance())
            self._started()
        for blob in (live.audio, *(live.media_chunks or [])[:1]):  # production honours the first chunk alone
            if blob is not None:
                self._sound_came(blob)
        if live.text:
            self._typed(live.text)
        if live.activity_end and self._listening.speaking:
            self._listening.mark()
            self._ended()
        if live.audio_stream_end and self._agreed.ears:
            self._listening.mark()
            self._order(FlushEars())

    def _sound_came(self, blob: Blob) -> None:
        if (blob.mime_type or "").startswith("image/"):
            return
        rate = sound_rate(blob.mime_type)
        if self._terms.speech_missing:
            raise Refusal(1008, self._terms.speech_missing)
        if self._agreed.ears or self._listening.speaking:
            self._order(Listen(blob.data or b"", rate))

    def _typed(self, text: str) -> None:
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
            agreed = replace(agreed, tools=tools_of(update.tools.tools))
        self._floor.update(agreed)

    # ------------------------------------------------------------------------------- what the ears report

    def _speech_started(self, _: SpeechStarted, now: float) -> None:
        self._started()

    def _speech_paused(self, _: SpeechPaused, now: float) -> None:
        self._order(self._listening.pause())

    def _speech_resumed(self, _: SpeechResumed, now: float) -> None:
        self._order(self._listening.resume())
        self._floor.drop_guess()

    def _speech_ended(self, _: SpeechEnded, now: float) -> None:
        self._ended()

    def _transcribed(self, told: Transcribed, now: float) -> None:
        self._listening.read(told.number, told.text, told.spoken_ms)
        self._take_utterances()

    def _started(self) -> None:
        self._listening.start()
        if self._agreed.interrupts:
            self._floor.interrupt()

    def _ended(self) -> None:
        order = self._listening.end()
        if order is not None:
            self._order(order)
        self._take_utterances()

    def _take_utterances(self) -> None:
        for utterance in self._listening.take():
            self._take(utterance)
        guess = self._listening.guess
        if guess is not None and guess.text and self._terms.speculative and self._floor.idle:
            self._floor.guess(guess)

    def _take(self, utterance: Utterance) -> None:
        if utterance.text:
            if self._agreed.transcribes_input:
                self._order(Send(dialect.heard(utterance.text)))
            self._floor.take(utterance)
        elif utterance.marked:  # who marks an end waits for something
            self._floor.demand()

    # ------------------------------------------------------------------- what brain, voice and body report

    def _thought(self, told: Thought, now: float) -> None:
        self._floor.think_on(told, now)

    def _thought_ended(self, told: ThoughtEnded, now: float) -> None:
        self._floor.finish_thinking(told)

    def _spoken(self, told: Spoken, now: float) -> None:
        self._floor.sound(told)

    def _failed(self, told: Failed, now: float) -> None:
        raise Refusal(1011, f"{BROKEN} {told.problem}")


def _said(turn: Content) -> Said:
    """The words of one turn that a client tells of; what is not words is not understood."""
    text = "".join(part.text or "" for part in turn.parts or [] if not part.thought)
    return Said("model" if turn.role == "model" else "user", text)
