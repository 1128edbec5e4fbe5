"""One turn of the model: cuts what the brain thinks into what goes over the wire, and says when.

Written replies go out as fast as they are thought: a short first piece, then bigger ones. Spoken replies are turned
into sound sentence by sentence and stay a little ahead of the moment up to which the client, playing in real time,
must have played: far enough that nothing stutters, near enough that a long story can be interrupted.

A reply that was begun on a guess is `held`: it gets ready and sends nothing.

Between words a brain may give cues. A cue is due when all the words before it are sent, and what comes after it waits
for it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from livechat.protocol.parts import FunctionCall
from livechat.server.acts import Order, Send, Speak
from livechat.server.allowance import Allowance
from livechat.server.brain import Said
from livechat.server.calls import Calls
from livechat.server.dialect import Dialect
from livechat.server.pieces import Cue, Piece
from livechat.server.scenario import Pace
from livechat.server.sentences import SentenceCutter
from livechat.server.tokens import NONE, Tokens, of_characters, of_sound

BYTES_PER_S = 48_000
"""24 kHz, 16 bit, mono."""
FIRST_CHUNK = 9_600
CHUNK = 11_520
"""Bytes of sound in a message: 200 ms, then 240 ms, as in every recording of production."""
LOOKAHEAD = BYTES_PER_S
"""Bytes of sound ready to be sent below which the next sentence is spoken."""
FULL = 16
"""Sentences waiting to be spoken at which the brain rests."""

DELTA = 80
"""Characters at which a written piece goes out at once."""
DELTA_S = 0.05
"""How long a smaller one waits for more."""
LONGEST_DELTA = 16_384
"""Characters in one message: even escaped far below the 1 MiB that every client takes."""

NEVER = float("-inf")
_FIRST_WORD = re.compile(r"\s*\S*")
_REST_OF_WORD = re.compile(r"\S*")


class Reply(ABC):
    """What both kinds have in common; `number` marks the orders and answers that belong to it."""

    def __init__(self, number: int, dialect: Dialect, *, held: bool, allowance: Allowance) -> None:
        self.number = number
        self.held = held
        self.thinking = True
        """The brain is asked and has not ended."""
        self.resting = False
        """The brain has been told to rest."""
        self.complete = False
        """The client knows that all of it was sent."""
        self.calls = Calls()
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


class WrittenReply(Reply):
    """A reply in text parts. A client that does not read stops the connection and so the brain; none has to rest."""

    _due: float | None = None
    """When what is there goes out even if it is little."""

    def add(self, piece: str, now: float) -> None:
        super().add(piece, now)
        if self._due is None and not self.sent:
            self._due = now + DELTA_S

    def round_off(self, now: float) -> None:
        if not self.sent:
            self._due = now

    def advance(self, now: float) -> list[Order]:
        if self.held or self.sent:
            return []
        orders: list[Order] = [] if self._told else [self._send(_end(_FIRST_WORD, self._thought))]
        rest = len(self._thought) - self._told
        if rest >= DELTA or (self._due is not None and now >= self._due):
            orders += [self._send(LONGEST_DELTA) for _ in range(0, rest, LONGEST_DELTA)]
            rest = 0
        if not rest:
            self._due = None
        return orders

    def _send(self, length: int) -> Send:
        piece = self._thought[self._told : self._told + length]
        self._told += len(piece)
        return Send(self._dialect.written(piece))

    @property
    def sent(self) -> bool:
        return self._told == len(self._thought)

    @property
    def deadline(self) -> float | None:
        return None if self.held else self._due

    @property
    def tokens(self) -> Tokens:
        return of_characters(self._told)


@dataclass
class Sentence:
    """A sentence that has become sound, and how much of it has been sent."""

    text: str
    pcm: bytes
    sent: int = 0
    """Bytes."""
    told: int = 0
    """Characters."""

    @property
    def unsent(self) -> int:
        return len(self.pcm) - self.sent

    def chunk(self, size: int) -> tuple[str, bytes]:
        """The next `size` bytes of sound at most, and the words that begin in them."""
        pcm = self.pcm[self.sent : self.sent + size]
        self.sent += len(pcm)
        start, self.told = self.told, self._begun()
        return self.text[start : self.told], pcm

    def _begun(self) -> int:
        """How many characters belong to the sound sent, in proportion and up to the end of a word."""
        if not self.unsent:
            return len(self.text)
        reached = max(self.told, len(self.text) * self.sent // len(self.pcm))
        return _end(_REST_OF_WORD, self.text, reached)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a session is spoken to."""

    voice: str
    transcribed: bool = False
    """The words come beside the sound."""
    timed: bool = False
    """And when each was said."""
    pace: Pace = field(default_factory=Pace)
    language: str | None = None
    """What the transcript says it is in, BCP-47; None where nobody needs to be told."""


class SpokenReply(Reply):
    """A reply in sound, with its transcript beside it where that was asked for."""

    def __init__(
        self,
        number: int,
        dialect: Dialect,
        *,
        held: bool,
        allowance: Allowance,
        manner: Manner,
    ) -> None:
        super().__init__(number, dialect, held=held, allowance=allowance)
        self._manner = manner
        self._cutter = SentenceCutter()
        self._unspoken: deque[str] = deque()
        self._speaking = ""
        """The sentence that is becoming sound; "" if none is."""
        self._sound: deque[Sentence] = deque()
        self._sent_bytes = 0
        self._played_at = NEVER
        self._handed_at = NEVER
        """When the sound sent is handed out at its pace; playback itself at the pace of production."""

    def add(self, piece: str, now: float) -> None:
        super().add(piece, now)
        self._unspoken.extend(self._cutter.feed(piece))

    def round_off(self, now: float) -> None:
        self._unspoken.extend(self._cutter.flush())

    def spoken(self, pcm: bytes) -> None:
        """The sentence ordered last has become this sound."""
        self._sound.append(Sentence(self._speaking, pcm))
        self._speaking = ""

    def advance(self, now: float) -> list[Order]:
        orders: list[Order] = []
        while not self.held and self._sound and now >= self._room_at:
            orders += self._send(now)
        if self._unspoken and not self._speaking and self._ready < LOOKAHEAD:
            self._speaking = self._unspoken.popleft()
            orders.append(Speak(self.number, self._speaking, self._manner.voice))
        return orders

    def _send(self, now: float) -> list[Order]:
        """The next chunk, the words that begin in it before it."""
        start = self._sent_bytes
        words, pcm = self._sound[0].chunk(CHUNK if start else FIRST_CHUNK)
        if not self._sound[0].unsent:
            self._sound.popleft()
        self._told += len(words)
        self._sent_bytes += len(pcm)
        length = len(pcm) / BYTES_PER_S
        self._played_at = max(self._played_at, now) + length
        self._handed_at = max(self._handed_at, now) + length / self._manner.pace.speed
        orders: list[Order] = []
        if words and self._manner.transcribed:
            span = (_ms(start), _ms(self._sent_bytes)) if self._manner.timed else None
            pieces = self._dialect.transcribed(words, span, first=not start, language=self._manner.language)
            orders += [Send(message) for message in pieces]
        if pcm:
            orders.append(Send(self._dialect.sounded(pcm)))
        return orders

    @property
    def _ready(self) -> int:
        return sum(sentence.unsent for sentence in self._sound)

    @property
    def _room_at(self) -> float:
        return self._handed_at - self._manner.pace.ahead_s / self._manner.pace.speed

    @property
    def sent(self) -> bool:
        return not (self._unspoken or self._speaking or self._sound)

    @property
    def deadline(self) -> float | None:
        if self.complete:
            return self._played_at
        return self._room_at if self._sound and not self.held else None

    @property
    def played_at(self) -> float:
        return self._played_at

    @property
    def full(self) -> bool:
        return len(self._unspoken) >= FULL

    @property
    def tokens(self) -> Tokens:
        return of_sound(_ms(self._sent_bytes))


def _ms(size: int) -> int:
    """How long so many bytes of sound last."""
    return size * 1000 // BYTES_PER_S


def _model_said(text: str) -> list[Said]:
    return [Said("model", text)] if text else []


def _end(pattern: re.Pattern[str], text: str, start: int = 0) -> int:
    """Where a pattern that matches anywhere ends that begins at `start`."""
    found = pattern.match(text, start)
    return found.end() if found else start
