"""Who has the word: keeps what was said, answers what is due, and has one reply at a time.

1. Words that come while a reply may not be interrupted wait for its end.
2. A reply begun on a guess is held back: nothing of it is sent and no history is written until the guess is true.
3. The history holds what was said: of an interrupted reply, what had been sent.
4. A function that blocks holds up the reply that wants it; what the others give back is spoken of as they ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.protocol.server import InteractionStatus
from livechat.server import dialect
from livechat.server.acts import (
    BeSilent,
    Note,
    Order,
    PauseThinking,
    ResumeThinking,
    Send,
    Spoken,
    Think,
    Thought,
    ThoughtEnded,
)
from livechat.server.agreement import BROKEN, INVALID, Agreement, Refusal
from livechat.server.allowance import Allowance
from livechat.server.brain import Said, answered
from livechat.server.calls import Background
from livechat.server.dialect import Dialect
from livechat.server.listening import Utterance
from livechat.server.memory import Memory
from livechat.server.pieces import Break, Breath, Cue, Mishap, Musing, Notice, Shown
from livechat.server.reply import Reply
from livechat.server.scenario import Pace
from livechat.server.spoken_reply import Manner, SpokenReply
from livechat.server.tokens import NONE, Tokens, of_text
from livechat.server.written_reply import WrittenReply

THINKING_ALOUD = "Let me think about that for a moment."
"""What a model with extended thinking says in a turn of its own before it answers."""


class Floor:
    """The turns of one session. What it orders goes to `order`, in order."""

    def __init__(
        self,
        agreement: Agreement,
        memory: Memory,
        wording: Dialect,
        order: Callable[[Order], None],
        *,
        pace: Pace | None = None,
        window: int | None = None,
        stage: Callable[[Notice | Mishap], None] = lambda cue: None,
    ) -> None:
        """window: tokens that the model can have in view; stage: who carries out the cues that are not the model's."""
        self.agreement: Agreement = agreement
        self.memory = memory
        self._dialect = wording
        self._order = order
        self._pace = pace or Pace()
        self._most = window
        self._stage = stage
        self._due = False
        """An answer to what was said is asked for."""
        self._owing = False
        """And it is owed to a function that has given something back."""
        self._reply: Reply | None = None
        self._asked: list[Said] = []
        """What the reply answers, with all that was said before."""
        self._guess: Utterance | None = None
        """What a held reply answers."""
        self._background = Background()
        self._replies = 0
        self._calls = 0

    def __repr__(self) -> str:
        return f"<Floor, {self.memory!r}{', ' + repr(self._reply) if self._reply else ''}>"

    @property
    def deadline(self) -> float | None:
        """When something is due although nothing happens."""
        return self._reply.deadline if self._reply else None

    @property
    def idle(self) -> bool:
        """Nobody is answered, and nobody waits to be."""
        return self._reply is None and not self._due

    @property
    def busy(self) -> bool:
        """Something is being answered or done, so that the session cannot be resumed as it is."""
        answering = self._reply is not None and not self._reply.held
        return answering or self._due or self._background.busy

    # ------------------------------------------------------------------------------------- the user

    def hear(self, *said: Said, tokens: Tokens | None = None) -> None:
        """These words count from now on; a guess without them was wrong. Raises Refusal if they are too many."""
        self.drop_guess()
        weight = of_text("".join(one.text for one in said)) if tokens is None else tokens
        self.memory.hear([one for one in said if one.text], weight)
        self._make_room()

    def see(self, tokens: Tokens) -> None:
        """A picture came. It is in view, and changes nothing that was guessed."""
        self.memory.hear([], tokens)
        self._make_room()

    def demand(self) -> None:
        """What was said wants an answer."""
        self._due = True

    def remember(self) -> None:
        """What was said is history and wants no answer."""
        self.memory.remember()
        self._due = self._owing = False

    def guess(self, utterance: Utterance, now: float) -> None:
        """Perhaps the user has said this: begins to answer, and holds the answer back."""
        self._begin(now, utterance)

    def take(self, utterance: Utterance, tokens: Tokens) -> None:
        """The user has said this; an answer to it may be ready."""
        guessed, reply = self._guess is utterance, self._reply
        if guessed:
            self._guess = None
        self.hear(Said("user", utterance.text or ""), tokens=tokens)
        if guessed and reply is not None:
            self.remember()
            reply.held = False
        else:
            self.demand()

    def interrupt(self) -> None:
        """Silence first: what was going to be said is forgotten, what was sent stays said."""
        self.drop_guess()
        if self._reply is not None:
            self._cut(self._reply, self._background.cancel(self._reply.number))

    def _cut(self, reply: Reply, cancelled: Sequence[str] = ()) -> None:
        """Ends the reply in mid-sentence; what blocks it is cancelled, and what else is named."""
        self._order(BeSilent())
        self._order(Send(dialect.interrupted()))
        void = (*reply.calls.open, *cancelled)
        if void:
            self._order(Send(dialect.cancelled(void)))
        self._close(reply)

    def leave(self) -> None:
        """The client is gone: what it was told stays said."""
        self.drop_guess()
        if self._reply is not None:
            self._keep(self._reply)
            self._reply = None

    def drop_guess(self) -> None:
        """What was begun on a guess is forgotten."""
        if self._guess is not None:
            self._order(BeSilent())
            self._guess = self._reply = None

    def update(self, agreement: Agreement) -> None:
        """Other terms hold from the next answer on."""
        self.drop_guess()
        self.memory.instruct(agreement.system)
        self.agreement = agreement

    # ------------------------------------------------------------------------------------ the model

    def think_on(self, told: Thought, now: float) -> None:
        """The brain's next piece."""
        reply = self._current(told.reply)
        unwanted = isinstance(told.piece, Musing) and not self.agreement.thoughts
        if reply is not None and not unwanted:
            reply.receive(told.piece, now)

    def finish_thinking(self, told: ThoughtEnded, now: float) -> None:
        """The brain has ended. Raises Refusal if it could not go on and somebody waits for it."""
        reply = self._current(told.reply)
        if reply is None:
            return
        if told.problem and reply.held:
            self.drop_guess()  # it will be asked again in earnest
        elif told.problem:
            raise Refusal(1011, f"{BROKEN} {told.problem}")
        else:
            reply.finish(now)

    def sound(self, told: Spoken) -> None:
        """A sentence has become sound."""
        reply = self._current(told.reply)
        if isinstance(reply, SpokenReply):
            reply.spoken(told.pcm)

    def take_answers(self, responses: Sequence[FunctionResponse]) -> None:
        """What functions gave back; with the last answer that a reply waits for, it goes on."""
        for response in responses:
            reply = self._reply
            if reply is None or not reply.calls.awaits(response):
                self._take_late(response)
            elif reply.calls.answer(response):
                answers = reply.calls.take()
                reply.asked_back += of_text("".join(answer.text for answer in answers))
                reply.note(answers)
                self._think(reply)

    def _take_late(self, response: FunctionResponse) -> None:
        """What a function gave back that nothing waited for."""
        said = self._background.answer(response)
        if said is None and self._dialect.vertex and not response.id:  # recorded: Vertex speaks of what nobody asked
            said = answered(FunctionCall(name=response.name), response)
        if said is None:
            return
        self.drop_guess()
        self._owing = self._owing or response.scheduling != "SILENT"  # what is not said is WHEN_IDLE
        if response.scheduling == "INTERRUPT" and self._reply is not None:
            self._cut(self._reply)  # nobody but a user stops functions
        self.hear(said)
        if response.scheduling != "SILENT":
            self.demand()
        elif self.idle and self._status == "IDLE":
            self._order(Send(self._dialect.turn_complete(self._dialect.usage(self.memory.tokens, NONE), status="IDLE")))

    def advance(self, now: float, *, listening: bool) -> None:
        """Sends what may be sent, ends what has ended, and begins what is due unless the user still speaks."""
        if self._reply is not None:
            self._move(self._reply, now)
        if self._reply is None and self._due and not listening:
            self._begin(now)

    def _move(self, reply: Reply, now: float) -> None:
        self._carry_on(reply, now)
        while not reply.held and (cue := reply.cue) is not None and self._perform(cue, reply, now):
            if reply is not self._reply:
                return
            reply.pass_cue(now)
            self._carry_on(reply, now)
        if reply.held or not reply.settled:
            return
        if reply.calls.wanted:
            self._call(reply)
        if reply.calls.open or not reply.sent:
            return
        if self._played(reply, now):
            self._close(reply)

    def _carry_on(self, reply: Reply, now: float) -> None:
        for order in reply.advance(now):
            self._order(order)
        if reply.thinking and reply.full is not reply.resting:
            reply.resting = reply.full
            self._order(PauseThinking() if reply.full else ResumeThinking())

    def _played(self, reply: Reply, now: float) -> bool:
        """Whether what was sent of it has been played; all of it is sent, and the client hears so."""
        if not reply.complete:
            reply.complete = True
            self._order(Send(dialect.generation_complete()))
        return now >= reply.played_at

    def _perform(self, cue: Cue, reply: Reply, now: float) -> bool:
        """True when the cue is done, False while it takes time."""
        match cue:
            case Musing(text):
                reply.muse(of_text(text))
                self._order(Send(self._dialect.mused(text)))
            case Shown(content):
                self._order(Send(self._dialect.shown(content)))
            case Breath():
                if not self._played(reply, now):
                    return False
                self._report(reply, "IN_PROGRESS")
                reply.complete = False
            case Break():
                self.interrupt()
            case _:
                self._stage(cue)
        return True

    def _call(self, reply: Reply) -> None:
        """Asks for what the reply wants to know."""
        calls = reply.calls.issue(self._call_id, self._blocks)
        for call in calls:
            if call.name not in self.agreement.behaviors:
                self._order(Note(f"calls {call.name}, which the client has not declared"))
        self._background.run([call for call in calls if not self._blocks(call)], reply.number)
        in_code, piecemeal = self.agreement.family.writes_ahead, self.agreement.streams_arguments
        for message in self._dialect.called(calls, in_code=in_code, piecemeal=piecemeal):
            self._order(Send(message))

    def _blocks(self, call: FunctionCall) -> bool:
        behavior = self.agreement.behaviors.get(call.name or "", self.agreement.family.default_behavior)
        return behavior != "NON_BLOCKING"

    def _begin(self, now: float, guess: Utterance | None = None) -> None:
        said = self.memory.said()
        if guess is None:
            self.remember()
        else:
            said.append(Said("user", guess.text or ""))
        if not said or said[-1].role not in ("user", "tool"):  # there is nothing to answer
            usage = self._dialect.usage(self.memory.tokens, NONE)
            self._order(Send(self._dialect.turn_complete(usage, waiting=True, status=self._status)))
            return
        self._guess = guess
        self._asked = said
        self._reply = self._new_reply(held=guess is not None)
        self._think(self._reply)
        if self.agreement.thinks_aloud and said[-1].role == "user":
            self._reply.add(THINKING_ALOUD, now)
            self._reply.receive(Breath(), now)
            self._carry_on(self._reply, now)  # it bridges the time until the brain has an answer

    def _new_reply(self, *, held: bool) -> Reply:
        self._replies += 1
        terms = self.agreement
        allowance = Allowance(terms.characters, terms.stops)
        if not terms.speaks:
            return WrittenReply(self._replies, self._dialect, held=held, allowance=allowance)
        language = terms.translation.target if terms.translation else None
        ahead = terms.family.writes_ahead and not self._dialect.vertex
        manner = Manner(terms.voice, terms.transcribes_output, terms.output_timed, self._pace, language, ahead)
        return SpokenReply(self._replies, self._dialect, held=held, allowance=allowance, manner=manner)

    def _think(self, reply: Reply) -> None:
        reply.thinking = True
        system = [Said("system", self.agreement.system)] if self.agreement.system else []
        self._order(Think(reply.number, (*system, *self._asked, *reply.thought()), self.agreement.tools))

    def _close(self, reply: Reply) -> None:
        self._reply = None
        self._report(reply, self._status)
        self._keep(reply)
        self._make_room()

    def _keep(self, reply: Reply) -> None:
        self.memory.keep(reply.told(), reply.tokens + reply.asked_back)

    def _report(self, reply: Reply, status: InteractionStatus | None) -> None:
        """Says that a turn has ended, and what it took; what an earlier turn of this reply took is in view by now."""
        before, took = reply.bill()
        usage = self._dialect.usage(self.memory.tokens + before, *took)
        self._order(Send(self._dialect.turn_complete(usage, status=status)))

    @property
    def _status(self) -> InteractionStatus | None:
        """Where the request is at the end of a turn, for the families that say so."""
        if not self.agreement.family.interaction_status:
            return None
        return "IN_PROGRESS" if self._background.busy or self._owing else "IDLE"

    def _make_room(self) -> None:
        """Forgets what is oldest where that was agreed. Raises Refusal if the model cannot have so much in view."""
        window = self.agreement.window
        if window is not None and self.memory.tokens.total > window[0]:
            self.memory.forget_down_to(window[1])
        if self._most is not None and self.memory.tokens.total > self._most:
            raise Refusal(1007, INVALID)

    def _current(self, number: int) -> Reply | None:
        """The reply of that number, if it is still wanted."""
        return self._reply if self._reply is not None and self._reply.number == number else None

    def _call_id(self) -> str:
        self._calls += 1
        return self._dialect.call_id(self._calls)
