"""Follows what the user says, utterance by utterance, from its start to the words found in it.

An utterance is read when it ends, and on a guess whenever it pauses: if it does not go on, the guess stands, for all
that came after it is silence. Utterances are handed over in the order in which they were spoken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat.server.acts import LeaveUnread, Transcribe


@dataclass
class Utterance:
    """A stretch of the user's speech."""

    number: int = 0
    """Of the order to read it that counts; 0 if none does."""
    text: str | None = None
    """Its words, once read; "" if there are none."""
    spoken_ms: int = 0
    told: bool = False
    """The client has read these words as a guess."""
    ended: bool = False
    marked: bool = False
    """The client itself said where it ends, and so waits for an answer."""
    given: bool = False
    """It was not spoken but came in a content."""
    asks: bool = True
    """It wants an answer."""
    taken_for: str | None = None
    """What it says whatever its sound is."""
    start_ms: int = 0
    """When it began and ended, in the session's sound."""
    end_ms: int = 0


class Listening:
    """The utterances that are not done with; only the last of them may still go on."""

    def __init__(self, hears: Sequence[str | None] = ()) -> None:
        """hears: what the utterances are taken to be, in order, as far as that is told."""
        self._utterances: list[Utterance] = []
        self._hears = iter(hears)
        self._numbered = 0

    @property
    def busy(self) -> bool:
        """Somebody speaks, or has spoken and is not read yet."""
        return bool(self._utterances)

    @property
    def speaking(self) -> bool:
        return bool(self._utterances) and not self._utterances[-1].ended

    @property
    def guess(self) -> Utterance | None:
        """The one utterance there is, if it pauses and what was said up to there is known."""
        if len(self._utterances) == 1 and self.speaking and self._utterances[0].text is not None:
            return self._utterances[0]
        return None

    def start(self, at_ms: int = 0) -> None:
        """The user begins to speak."""
        self._utterances.append(Utterance(taken_for=next(self._hears, None), start_ms=at_ms))

    def give(self, *, asks: bool) -> int:
        """The user gives sound in a content: the number of the order to read it."""
        utterance = Utterance(ended=True, given=True, asks=asks, marked=asks)
        self._utterances.append(utterance)
        return self._read(utterance).number

    def pause(self) -> Transcribe:
        """The user is silent for a moment: read what there is."""
        return self._read(self._utterances[-1])

    def resume(self) -> LeaveUnread:
        """The pause was not the end: what was read there is void."""
        utterance = self._utterances[-1]
        void = LeaveUnread(utterance.number)
        utterance.number, utterance.text = 0, None
        return void

    def mark(self) -> None:
        """The client says that the end is here."""
        if self.speaking:
            self._utterances[-1].marked = True

    def end(self, at_ms: int = 0) -> Transcribe | None:
        """The user has spoken; an order only if no guess stands or is under way."""
        utterance = self._utterances[-1]
        utterance.ended = True
        utterance.end_ms = at_ms
        return None if utterance.number else self._read(utterance)

    def read(self, number: int, text: str, spoken_ms: int) -> None:
        """An order was carried out; it may be void by now."""
        for utterance in self._utterances:
            if utterance.number == number:
                utterance.text = text if utterance.taken_for is None else utterance.taken_for
                utterance.spoken_ms = spoken_ms

    def take(self) -> list[Utterance]:
        """Hands over what has ended and is read, up to the first that is not."""
        done: list[Utterance] = []
        while self._utterances and self._utterances[0].ended and self._utterances[0].text is not None:
            done.append(self._utterances.pop(0))
        return done

    def _read(self, utterance: Utterance) -> Transcribe:
        self._numbered += 1
        utterance.number = self._numbered
        utterance.text = None
        utterance.told = False
        return Transcribe(self._numbered)
