"""One turn of the model, whichever way it is told: what the brain thinks of it, its cues, its calls and its weight.

A reply that was begun on a guess is `held`: it gets ready and sends nothing.

Between words a brain may give cues. A cue is due when all the words before it are sent, and what comes after it waits
for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from livechat.protocol.parts import FunctionCall
from livechat.server.acts import Order
from livechat.server.allowance import Allowance
from livechat.server.brain import Said
from livechat.server.calls import Calls
from livechat.server.dialect import Dialect
from livechat.server.pieces import Cue, Piece
from livechat.server.tokens import NONE, Tokens

NEVER = float("-inf")


class Reply(ABC):
    """What both kinds have in common; `number` marks the orders and answers that belong to it."""

    def __init__(self, number: int, dialect: Dialect, *, held: bool, allowance: Allowance) -> None:
        self.number = number
        self.held = held
        self.thinking: bool = True
        """The brain is asked and has not ended."""
        self.resting = False
        """The brain has been told to rest."""
        self.complete = False
        """The client knows that all of it was sent."""
        self.calls: Calls = Calls()
        self.asked_back = NONE
        """Tokens of what its functions answered."""
        self._mused = NONE
        """Tokens of its thoughts."""
        self._billed = (NONE, NONE, NONE)
        """Tokens said, thought and answered that the client was told of."""
        self._later: deque[Piece] = deque()
        """From the next cue on."""
        self._allowance = allowance
        self._dialect = dialect
        self._thought = ""
        self._told: int = 0
        """Characters of it that have been sent, as writing or as sound."""
        self._notes: list[tuple[int, Said]] = []
        """What functions answered, each after so many characters of thought."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number}: {self._told} of {len(self._thought)} characters sent>"

    def receive(self, piece: Piece, now: float) -> None:
        """The brain's next piece."""
        if not self._later and isinstance(piece, str | FunctionCall):
            self._take(piece, now)
            return
        if not self._later:
            self.round_off(now)
        self._later.append(piece)

    def finish(self, now: float) -> None:
        """Nothing more is thought, unless a function has to be asked first."""
        self.thinking = False
        if not self._later:
            self._end(now)

    @property
    def settled(self) -> bool:
        """All that was thought is on its way."""
        return not self.thinking and not self._later

    @property
    def cue(self) -> Cue | None:
        """What is due now that the words before it are sent."""
        if not self._later or not self.sent:
            return None
        cue = self._later[0]
        assert not isinstance(cue, str | FunctionCall), "words wait for a cue alone"
        return cue

    def pass_cue(self, now: float) -> None:
        """The cue is done: what comes after it goes on, up to the next."""
        self._later.popleft()
        while self._later and isinstance(piece := self._later[0], str | FunctionCall):
            self._take(piece, now)
            self._later.popleft()
        if self._later:
            self.round_off(now)
        elif not self.thinking:
            self._end(now)

    def _take(self, piece: str | FunctionCall, now: float) -> None:
        if isinstance(piece, FunctionCall):
            self.calls.want(piece)
        else:
            self.add(self._allowance.take(piece), now)

    def _end(self, now: float) -> None:
        self.add(self._allowance.rest(), now)
        self.round_off(now)

    def add(self, piece: str, now: float) -> None:
        """More words of it."""
        self._thought += piece

    @abstractmethod
    def round_off(self, now: float) -> None:
        """No more words come for now: those that wait for more to follow shall not."""

    def muse(self, tokens: Tokens) -> None:
        """A thought that is not said weighs so much."""
        self._mused += tokens

    def bill(self) -> tuple[Tokens, tuple[Tokens, Tokens, Tokens]]:
        """Tokens of it that are in view since the bill before, and what was said, thought and answered after that."""
        said, mused, answered = self._billed
        self._billed = (self.tokens, self._mused, self.asked_back)
        return said + answered, (self.tokens - said, self._mused - mused, self.asked_back - answered)

    def note(self, answers: Sequence[Said]) -> None:
        """What the functions said that it asked."""
        self._notes += [(len(self._thought), answer) for answer in answers]

    def thought(self) -> list[Said]:
        """All of it so far, as the history tells it."""
        return self._account(len(self._thought))

    def told(self) -> list[Said]:
        """What was sent of it, as the history tells it."""
        return self._account(self._told)

    def _account(self, end: int) -> list[Said]:
        account: list[Said] = []
        start = 0
        for at, answer in self._notes:
            account += [*_model_said(self._thought[start : min(at, end)]), answer]
            start = at
        return account + _model_said(self._thought[start:end])

    @abstractmethod
    def advance(self, now: float) -> list[Order]:
        """What is to be sent or spoken now."""

    @property
    @abstractmethod
    def sent(self) -> bool:
        """Everything thought has been sent."""

    @property
    @abstractmethod
    def deadline(self) -> float | None:
        """When something is due although nothing happens."""

    @property
    def played_at(self) -> float:
        """When a client that plays in real time will have played what was sent."""
        return NEVER

    @property
    def full(self) -> bool:
        """The brain is so far ahead that it may rest."""
        return False

    @property
    @abstractmethod
    def tokens(self) -> Tokens:
        """What was sent, counted."""


def _model_said(text: str) -> list[Said]:
    return [Said("model", text)] if text else []
