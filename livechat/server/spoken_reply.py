"""A reply in sound: turned into sound sentence by sentence, and handed out a little ahead of its playback.

It stays ahead of the moment up to which the client, playing in real time, must have played: far enough that nothing
stutters, near enough that a long story can be interrupted.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from livechat.server.acts import Order, Send, Speak
from livechat.server.allowance import Allowance
from livechat.server.dialect import Dialect
from livechat.server.reply import NEVER, Reply
from livechat.server.scenario import Pace
from livechat.server.sentences import SentenceCutter
from livechat.server.tokens import Tokens, of_sound
from livechat.server.written_reply import DELTA, Writing

BYTES_PER_S = 48_000
"""24 kHz, 16 bit, mono."""
FIRST_CHUNK = 9_600
CHUNK = 11_520
"""Bytes of sound in a message: 200 ms, then 240 ms, as in every recording of production."""
LOOKAHEAD = BYTES_PER_S
"""Bytes of sound ready to be sent below which the next sentence is spoken."""
FULL = 16
"""Sentences waiting to be spoken at which the brain rests."""
_REST_OF_WORD = re.compile(r"\S*")


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
        rest = _REST_OF_WORD.match(self.text, reached)
        return rest.end() if rest else reached


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
    in_writing: bool = False
    """The transcript is what the model writes, sent as it is written and ahead of the sound."""


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
        self._writing = Writing(DELTA)
        """The transcript, where it runs ahead; recorded pieces have about 80 characters."""
        self._transcribed = False
        """Some of the transcript has been sent."""
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
        if self._manner.transcribed and self._manner.in_writing:
            self._writing.add(piece, now)

    def round_off(self, now: float) -> None:
        self._unspoken.extend(self._cutter.flush())
        self._writing.round_off(now)

    def spoken(self, pcm: bytes) -> None:
        """The sentence ordered last has become this sound."""
        self._sound.append(Sentence(self._speaking, pcm))
        self._speaking = ""

    def advance(self, now: float) -> list[Order]:
        orders: list[Order] = []
        for piece in [] if self.held else self._writing.take(now):
            orders += self._transcribe(piece, None)
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
        if words and self._manner.transcribed and not self._manner.in_writing:
            orders += self._transcribe(words, (_ms(start), _ms(self._sent_bytes)) if self._manner.timed else None)
        if pcm:
            orders.append(Send(self._dialect.sounded(pcm)))
        return orders

    def _transcribe(self, words: str, span: tuple[int, int] | None) -> list[Order]:
        first, self._transcribed = not self._transcribed, True
        pieces = self._dialect.transcribed(words, span, first=first, language=self._manner.language)
        return [Send(piece) for piece in pieces]

    @property
    def _ready(self) -> int:
        return sum(sentence.unsent for sentence in self._sound)

    @property
    def _room_at(self) -> float:
        return self._handed_at - self._manner.pace.ahead_s / self._manner.pace.speed

    @property
    def sent(self) -> bool:
        return self._writing.done and not (self._unspoken or self._speaking or self._sound)

    @property
    def deadline(self) -> float | None:
        if self.complete:
            return self._played_at
        if self.held:
            return None
        room_at = self._room_at if self._sound else None
        return min((at for at in (room_at, self._writing.due) if at is not None), default=None)

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
