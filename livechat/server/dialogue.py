"""The mind of one connection: told what happened and when, it answers with what to do.

1. It never waits: no clock, no socket, no thread; the next moment it cares about is `deadline`.
2. One reply at a time. Words that come while a reply may not be interrupted wait for its end.
3. A reply begun on a guess is held back: nothing of it is sent and no history is written until the guess is true.
4. The history holds what was said: of an interrupted reply, what had been sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from livechat.protocol.client import ClientContent, ContextUpdate, RealtimeInput, ToolResponse
from livechat.protocol.parts import Blob, Content, FunctionCall
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
    PauseThinking,
    ResumeThinking,
    Send,
    Spoken,
    Think,
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
from livechat.server.listening import Listening, Utterance
from livechat.server.reply import Reply, SpokenReply, WrittenReply
from livechat.server.setup_rules import INVALID, Agreement, Refusal, Terms, agree, instruction, sound_rate, tools_of
from livechat.server.tokens import Tokens, of_sound, of_text

TOO_LATE = "Deadline expired before operation could complete."
BROKEN = "Internal error encountered."


class Dialogue:
    """One session, from the open connection to the close."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._dialect = Dialect(terms.session_id, terms.vertex)
        self._agreement: Agreement | None = None
        self._setup_by: float | None = None
        self._over = False
        self._history: list[Said] = []
        self._context = Tokens()
        """Everything the model has in view."""
        self._waiting: list[Said] = []
        """What was said since the last answer."""
        self._due = False
        """An answer to it is asked for."""
        self._seeding = False
        """What the client sends is history until it says that this is all."""
        self._listening = Listening()
        self._reply: Reply | None = None
        self._guess: Utterance | None = None
        """What a held reply answers."""
        self._asked: list[Said] = []
        """What the reply answers, with all that was said before."""
        self._numbered = 0
        self._called = 0
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
        state = "over" if self._over else "open" if self._agreement else "waiting for a setup"
        return f"<Dialogue {state}, {len(self._history)} said{', ' + repr(self._reply) if self._reply else ''}>"

    @property
    def over(self) -> bool:
        return self._over

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is due although nothing happens; None if there is none."""
        if self._over:
            return None
        return self._reply.deadline if self._reply else self._setup_by

    def handle(self, told: Told, now: float) -> list[Order]:
        """What to do about what happened, in order. `now` in seconds of any clock that never goes back."""
        if self._over:
            return []
        self._orders = []
        try:
            self._handlers[type(told)](told, now)
            self._advance(now)
        except Refusal as refusal:
            self._over = True
            self._order(BeSilent(), HangUp(refusal.code, dialect.reason(refusal.reason)))
        return self._orders

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
        if (message.setup is None) is (self._agreement is None):  # a second setup, or something before the first
            raise Refusal(1007, INVALID)
        if message.music_generation_config is not None or message.playback_control is not None:
            raise Refusal(1007, INVALID)
        if message.setup is not None:
            self._set_up(message.setup)
        if message.client_content is not None:
            self._client_content(message.client_content, now)
        if message.realtime_input is not None:
            self._realtime_input(message.realtime_input, now)
        if message.tool_response is not None:
            self._tool_response(message.tool_response)
        if message.context_update is not None:
            self._context_update(message.context_update)

    def _set_up(self, setup: Setup) -> None:
        self._agreement = agreement = agree(setup, self._terms)
        self._setup_by = None
        self._seeding = agreement.seeded
        self._context += of_text(agreement.system)
        self._order(Send(self._dialect.setup_complete()), OpenEars(agreement.ears))
        if agreement.speaks:
            self._order(WarmUp())

    def _client_content(self, content: ClientContent, now: float) -> None:
        only_seeds = self._agreed.family.text_route != "client_content"
        if content.weighted_prompts is not None or (only_seeds and not self._seeding):
            raise Refusal(1007, INVALID)
        self._interrupt(now)
        self._hear(*(_said(turn) for turn in content.turns or []))
        if not content.turn_complete:
            return
        if self._seeding:
            self._seeding = False
            self._write_down()
        else:
            self._due = True

    def _realtime_input(self, live: RealtimeInput, now: float) -> None:
        if (live.activity_start or live.activity_end) and self._agreed.ears:
            raise Refusal(1007, f"{INVALID} Activity is marked by the client only with detection disabled.")
        if live.activity_start and not self._listening.speaking:
            self._order(BeginUtterance())
            self._started(now)
        for blob in (live.audio, *(live.media_chunks or [])[:1]):  # production honours the first chunk alone
            if blob is not None:
                self._sound_came(blob)
        if live.text:
            self._typed(live.text, now)
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

    def _typed(self, text: str, now: float) -> None:
        if self._agreed.interrupts:
            self._interrupt(now)
        self._hear(Said("user", text))
        self._due = True

    def _tool_response(self, told: ToolResponse) -> None:
        for response in told.function_responses or []:
            if self._reply is not None and self._reply.calls.answer(response):
                answers = self._reply.calls.take()
                self._context += of_text("".join(answer.text for answer in answers))
                self._reply.note(answers)
                self._think(self._reply)

    def _context_update(self, update: ContextUpdate) -> None:
        if not self._agreed.family.context_update:
            raise Refusal(1007, f"{INVALID} contextUpdate is not supported.")
        self._drop_guess()
        if update.system_instruction is not None:
            self._agreement = replace(self._agreed, system=instruction(update.system_instruction))
            self._context += of_text(self._agreed.system)
        if update.tools is not None:
            self._agreement = replace(self._agreed, tools=tools_of(update.tools.tools))

    # ------------------------------------------------------------------------------- what the ears report

    def _speech_started(self, _: SpeechStarted, now: float) -> None:
        self._started(now)

    def _speech_paused(self, _: SpeechPaused, now: float) -> None:
        self._order(self._listening.pause())

    def _speech_resumed(self, _: SpeechResumed, now: float) -> None:
        self._order(self._listening.resume())
        self._drop_guess()

    def _speech_ended(self, _: SpeechEnded, now: float) -> None:
        self._ended()

    def _transcribed(self, told: Transcribed, now: float) -> None:
        self._listening.read(told.number, told.text, told.spoken_ms)
        self._take_utterances()

    def _started(self, now: float) -> None:
        self._listening.start()
        if self._agreed.interrupts:
            self._interrupt(now)

    def _ended(self) -> None:
        order = self._listening.end()
        if order is not None:
            self._order(order)
        self._take_utterances()

    def _take_utterances(self) -> None:
        for utterance in self._listening.take():
            self._take(utterance)
        guess = self._listening.guess
        if guess is not None and guess.text and self._terms.speculative and self._reply is None and not self._due:
            self._begin(guess)

    def _take(self, utterance: Utterance) -> None:
        """The user has said this; an answer to it may be ready."""
        if not utterance.text:
            self._due |= utterance.marked  # who marks an end waits for something
            return
        if self._agreed.transcribes_input:
            self._order(Send(dialect.heard(utterance.text)))
        guessed_right = self._guess is utterance and self._reply is not None
        if guessed_right:
            self._guess = None
        self._hear(Said("user", utterance.text), tokens=of_sound(utterance.spoken_ms))
        if guessed_right and self._reply is not None:
            self._write_down()
            self._reply.held = False
        else:
            self._due = True

    # ------------------------------------------------------------------------------------- the reply

    def _thought(self, told: Thought, now: float) -> None:
        reply = self._current(told.reply)
        if reply is None:
            return
        if isinstance(told.piece, FunctionCall):
            reply.calls.want(told.piece)
        else:
            reply.add(told.piece, now)

    def _thought_ended(self, told: ThoughtEnded, now: float) -> None:
        reply = self._current(told.reply)
        if reply is None:
            return
        if told.problem and reply.held:
            self._drop_guess()  # it will be asked again in earnest
        elif told.problem:
            raise Refusal(1011, f"{BROKEN} {told.problem}")
        else:
            reply.finish()

    def _spoken(self, told: Spoken, now: float) -> None:
        reply = self._current(told.reply)
        if isinstance(reply, SpokenReply):
            reply.spoken(told.pcm)

    def _failed(self, told: Failed, now: float) -> None:
        raise Refusal(1011, f"{BROKEN} {told.problem}")

    def _advance(self, now: float) -> None:
        """Sends what may be sent, ends what has ended, and begins what is due."""
        if self._reply is not None:
            self._move(self._reply, now)
        if self._reply is None and self._due and not self._listening.busy:
            self._begin()

    def _move(self, reply: Reply, now: float) -> None:
        self._order(*reply.advance(now))
        if reply.thinking and reply.full is not reply.resting:
            reply.resting = reply.full
            self._order(PauseThinking() if reply.full else ResumeThinking())
        if reply.held or reply.thinking:
            return
        if reply.calls.wanted:
            self._order(Send(self._dialect.called(reply.calls.issue(self._call_id))))
        if reply.calls.open or not reply.sent:
            return
        if not reply.complete:
            reply.complete = True
            self._order(Send(dialect.generation_complete()))
        if now >= reply.played_at:
            self._close(reply)

    def _begin(self, guess: Utterance | None = None) -> None:
        """Begins to answer what was said, or what perhaps was said."""
        said = [*self._history, *self._waiting]
        if guess is None:
            self._write_down()
        else:
            said.append(Said("user", guess.text or ""))
        if not said or said[-1].role != "user":
            self._order(Send(self._dialect.turn_complete(self._dialect.usage(self._context, Tokens()), waiting=True)))
            return
        self._guess = guess
        self._numbered += 1
        self._reply = self._new_reply(self._numbered, held=guess is not None)
        self._asked = said
        self._think(self._reply)

    def _new_reply(self, number: int, *, held: bool) -> Reply:
        terms = self._agreed
        if not terms.speaks:
            return WrittenReply(number, self._dialect, held=held)
        return SpokenReply(number, self._dialect, held=held, voice=terms.voice, transcribed=terms.transcribes_output)

    def _think(self, reply: Reply) -> None:
        reply.thinking = True
        system = [Said("system", self._agreed.system)] if self._agreed.system else []
        self._order(Think(reply.number, (*system, *self._asked, *reply.thought()), self._agreed.tools))

    def _interrupt(self, now: float) -> None:
        """Silence first: what was going to be said is forgotten, what was sent stays said."""
        self._drop_guess()
        if self._reply is not None:
            self._order(BeSilent(), Send(dialect.interrupted()))
            if self._reply.calls.open:
                self._order(Send(dialect.cancelled(self._reply.calls.open)))
            self._close(self._reply)

    def _close(self, reply: Reply) -> None:
        self._order(Send(self._dialect.turn_complete(self._dialect.usage(self._context, reply.tokens))))
        self._context += reply.tokens
        self._history += reply.told()
        self._reply = None

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._order(BeSilent())
            self._guess = self._reply = None

    # ----------------------------------------------------------------------------------- small change

    @property
    def _agreed(self) -> Agreement:
        assert self._agreement is not None, "nothing but a setup is handled before the setup"
        return self._agreement

    def _current(self, number: int) -> Reply | None:
        """The reply of that number, if it is still wanted."""
        return self._reply if self._reply is not None and self._reply.number == number else None

    def _hear(self, *said: Said, tokens: Tokens | None = None) -> None:
        """These words count from now on; a guess without them was wrong."""
        self._drop_guess()
        self._waiting += [one for one in said if one.text]
        self._context += tokens or of_text("".join(one.text for one in said))

    def _write_down(self) -> None:
        self._history += self._waiting
        self._waiting = []
        self._due = False

    def _call_id(self) -> str:
        self._called += 1
        return self._dialect.call_id(self._called)

    def _order(self, *orders: Order) -> None:
        self._orders += orders


def _said(turn: Content) -> Said:
    """The words of one turn that a client tells of; what is not words is not understood."""
    text = "".join(part.text or "" for part in turn.parts or [] if not part.thought)
    return Said("model" if turn.role == "model" else "user", text)
