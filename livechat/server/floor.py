"""Who has the word: keeps what was said, answers what is due, and has one reply at a time.

1. Words that come while a reply may not be interrupted wait for its end.
2. A reply begun on a guess is held back: nothing of it is sent and no history is written until the guess is true.
3. The history holds what was said: of an interrupted reply, what had been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.server import dialect
from livechat.server.acts import (
    BeSilent,
    Order,
    PauseThinking,
    ResumeThinking,
    Send,
    Spoken,
    Think,
    Thought,
    ThoughtEnded,
)
from livechat.server.brain import Said
from livechat.server.dialect import Dialect
from livechat.server.listening import Utterance
from livechat.server.reply import Reply, SpokenReply, WrittenReply
from livechat.server.setup_rules import BROKEN, Agreement, Refusal
from livechat.server.tokens import Tokens, of_sound, of_text


class Floor:
    """The turns of one session. What it orders goes to `order`, in order."""

    def __init__(self, agreement: Agreement, wording: Dialect, order: Callable[[Order], None]) -> None:
        self.agreement = agreement
        self._dialect = wording
        self._order = order
        self._history: list[Said] = []
        self._context = of_text(agreement.system)
        """Everything the model has in view."""
        self._waiting: list[Said] = []
        """What was said since the last answer."""
        self._due = False
        """An answer to it is asked for."""
        self._reply: Reply | None = None
        self._asked: list[Said] = []
        """What the reply answers, with all that was said before."""
        self._guess: Utterance | None = None
        """What a held reply answers."""
        self._replies = 0
        self._calls = 0

    def __repr__(self) -> str:
        return f"<Floor, {len(self._history)} said{', ' + repr(self._reply) if self._reply else ''}>"

    @property
    def deadline(self) -> float | None:
        """When something is due although nothing happens."""
        return self._reply.deadline if self._reply else None

    @property
    def idle(self) -> bool:
        """Nobody is answered, and nobody waits to be."""
        return self._reply is None and not self._due

    # ------------------------------------------------------------------------------------- the user

    def hear(self, *said: Said, tokens: Tokens | None = None) -> None:
        """These words count from now on; a guess without them was wrong."""
        self.drop_guess()
        self._waiting += [one for one in said if one.text]
        self._context += tokens or of_text("".join(one.text for one in said))

    def demand(self) -> None:
        """What was said wants an answer."""
        self._due = True

    def remember(self) -> None:
        """What was said is history and wants no answer."""
        self._history += self._waiting
        self._waiting = []
        self._due = False

    def guess(self, utterance: Utterance) -> None:
        """Perhaps the user has said this: begins to answer, and holds the answer back."""
        self._begin(utterance)

    def take(self, utterance: Utterance) -> None:
        """The user has said this; an answer to it may be ready."""
        guessed, reply = self._guess is utterance, self._reply
        if guessed:
            self._guess = None
        self.hear(Said("user", utterance.text or ""), tokens=of_sound(utterance.spoken_ms))
        if guessed and reply is not None:
            self.remember()
            reply.held = False
        else:
            self.demand()

    def interrupt(self) -> None:
        """Silence first: what was going to be said is forgotten, what was sent stays said."""
        self.drop_guess()
        if self._reply is not None:
            self._order(BeSilent())
            self._order(Send(dialect.interrupted()))
            if self._reply.calls.open:
                self._order(Send(dialect.cancelled(self._reply.calls.open)))
            self._close(self._reply)

    def drop_guess(self) -> None:
        """What was begun on a guess is forgotten."""
        if self._guess is not None:
            self._order(BeSilent())
            self._guess = self._reply = None

    def update(self, agreement: Agreement) -> None:
        """Other terms hold from the next answer on."""
        self.drop_guess()
        if agreement.system != self.agreement.system:
            self._context += of_text(agreement.system)
        self.agreement = agreement

    # ------------------------------------------------------------------------------------ the model

    def think_on(self, told: Thought, now: float) -> None:
        """The brain's next piece."""
        reply = self._current(told.reply)
        if reply is None:
            return
        if isinstance(told.piece, FunctionCall):
            reply.calls.want(told.piece)
        else:
            reply.add(told.piece, now)

    def finish_thinking(self, told: ThoughtEnded) -> None:
        """The brain has ended. Raises Refusal if it could not go on and somebody waits for it."""
        reply = self._current(told.reply)
        if reply is None:
            return
        if told.problem and reply.held:
            self.drop_guess()  # it will be asked again in earnest
        elif told.problem:
            raise Refusal(1011, f"{BROKEN} {told.problem}")
        else:
            reply.finish()

    def sound(self, told: Spoken) -> None:
        """A sentence has become sound."""
        reply = self._current(told.reply)
        if isinstance(reply, SpokenReply):
            reply.spoken(told.pcm)

    def take_answers(self, responses: Sequence[FunctionResponse]) -> None:
        """What functions gave back; with the last answer the reply goes on."""
        for response in responses:
            if self._reply is not None and self._reply.calls.answer(response):
                answers = self._reply.calls.take()
                self._context += of_text("".join(answer.text for answer in answers))
                self._reply.note(answers)
                self._think(self._reply)

    def advance(self, now: float, *, listening: bool) -> None:
        """Sends what may be sent, ends what has ended, and begins what is due unless the user still speaks."""
        if self._reply is not None:
            self._move(self._reply, now)
        if self._reply is None and self._due and not listening:
            self._begin()

    def _move(self, reply: Reply, now: float) -> None:
        for order in reply.advance(now):
            self._order(order)
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
        said = [*self._history, *self._waiting]
        if guess is None:
            self.remember()
        else:
            said.append(Said("user", guess.text or ""))
        if not said or said[-1].role != "user":  # there is nothing to answer
            usage = self._dialect.usage(self._context, Tokens())
            self._order(Send(self._dialect.turn_complete(usage, waiting=True)))
            return
        self._guess = guess
        self._asked = said
        self._reply = self._new_reply(held=guess is not None)
        self._think(self._reply)

    def _new_reply(self, *, held: bool) -> Reply:
        self._replies += 1
        terms = self.agreement
        if not terms.speaks:
            return WrittenReply(self._replies, self._dialect, held=held)
        transcribed = terms.transcribes_output
        return SpokenReply(self._replies, self._dialect, held=held, voice=terms.voice, transcribed=transcribed)

    def _think(self, reply: Reply) -> None:
        reply.thinking = True
        system = [Said("system", self.agreement.system)] if self.agreement.system else []
        self._order(Think(reply.number, (*system, *self._asked, *reply.thought()), self.agreement.tools))

    def _close(self, reply: Reply) -> None:
        self._order(Send(self._dialect.turn_complete(self._dialect.usage(self._context, reply.tokens))))
        self._context += reply.tokens
        self._history += reply.told()
        self._reply = None

    def _current(self, number: int) -> Reply | None:
        """The reply of that number, if it is still wanted."""
        return self._reply if self._reply is not None and self._reply.number == number else None

    def _call_id(self) -> str:
        self._calls += 1
        return self._dialect.call_id(self._calls)
