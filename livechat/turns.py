"""One turn of a conversation: whose words, how much sound, how far the wire and the ear have come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import NamedTuple
from unicodedata import east_asian_width

from livechat.events import PLAYED_RATE

DEAF_SPEAKER_S = 5.0
"""How long a speaker that has sound may hand out none of it, before it is given up."""
STILL_BUSY = frozenset({"IN_PROGRESS", "REQUIRES_ACTION"})
"""The interactionStatus values that keep a turn open past its turnComplete (wire-protocol §4)."""


@dataclass(slots=True)
class Turn:
    """Grows while it lives; only the Conversation that made it touches it."""

    number: int
    typed: bool = False
    user: str = ""
    lines: str = ""
    """Of the user's words, those that were typed."""
    follow_ups: int = 0
    """Of them, those that came after others, before any answer: one that is cut by them is not the one to them."""
    together: bool = False
    """They all went out at once: an answer that is not cut is to all of them."""
    crossed: int = 0
    """So much that was spoken before the last of them has still to be read."""
    after_results: bool = False
    """They came after results of tools that the model had still to speak of."""
    behind_until: float = -inf
    """What the model says before then it has begun before it knew of them."""
    behind: bool = False
    """The first of them came while something else was to be spoken of, and so did not begin what the model said."""
    user_final: bool = False
    """The user's words were told as final, by the server's word or because the model began."""
    user_finished: bool = False
    """The server itself called the transcript finished."""
    asked_at: float | None = None
    """Since when a typed line waits for a sign of the model; every sign that holds no words begins it anew."""
    text: str = ""
    speech: str = ""
    arrived: int = 0
    """Samples of the reply that came, at 24 kHz."""
    heard: int = 0
    """Of these, the samples that the speaker handed out."""
    first_sound_at: float = 0.0
    generated_at: float | None = None
    """When generationComplete came."""
    interrupted_at: float | None = None
    hushed: bool = False
    """It was the user who cut it off, not the server: more of it comes, and is for nobody."""
    empty_end_at: float | None = None
    """When a turnComplete without any content will be believed: it may be the doublet of an earlier one."""
    doubted: bool = False
    """Such a one came, and there was more reason than usual not to believe it."""
    phantom: bool = False
    """`interrupted` came before any content; the turnComplete that goes with it does not end this turn."""
    finishing: bool = False
    """The speaker knows that no more sound follows."""
    status: str | None = None
    status_spent: bool = False
    """A turnComplete has already been weighed with this status."""
    ended: bool = False
    """The wire has ended this turn."""
    broken: bool = False
    """The connection was lost before the answer was whole."""
    stirred_at: float = 0.0
    """When the newest piece of the reply came."""
    reason: str = ""

    @property
    def has_content(self) -> bool:
        return bool(self.arrived or self.speech or self.text)

    @property
    def interrupted(self) -> bool:
        return self.interrupted_at is not None

    @property
    def answer(self) -> str:
        return self.speech or self.text

    @property
    def spoken_ms(self) -> int:
        return milliseconds(self.arrived)

    @property
    def waits_for_idle(self) -> bool:
        """A turnComplete came and its status kept the turn open."""
        return self.status_spent and self.status in STILL_BUSY

    def busy(self) -> bool:
        """Whether the status that goes with a turnComplete keeps the turn open; weighed once."""
        if self.status_spent:
            self.status = None
        self.status_spent = self.status is not None
        return self.status in STILL_BUSY

    def split_at_ear(self) -> tuple[str, str]:
        """The answer's words heard and not heard, in proportion to the sound, cut between words.

        Chinese and Japanese put no space between them: beside a wide character there may always be a cut.
        """
        answer = self.answer
        if not self.arrived or self.heard >= self.arrived:
            return answer, ""
        cut = len(answer) * self.heard // self.arrived
        while 0 < cut < len(answer) and not _parts(answer[cut - 1], answer[cut]):
            cut -= 1
        return answer[:cut], answer[cut:]


class Progress(NamedTuple):
    """How far the listener is in a reply."""

    turn: int
    heard_ms: int
    arrived_ms: int
    """Of the reply's sound, how much has come; it may grow."""


class Playout:
    """What is queued at the speaker, by turn, first in first out."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Turn, int]] = deque()
        self._waits_since = 0.0
        """When the speaker last handed something out, or got sound while it had none."""
        self._committed = 0
        """Samples that will be heard though they were not reported."""

    @property
    def deaf_at(self) -> float:
        """When a speaker that has sound and hands out none is given up; `inf` while it has none."""
        return self._waits_since + DEAF_SPEAKER_S if self._queue else inf

    @property
    def progress(self) -> Progress | None:
        """How far the listener is in what is queued; None while nothing is."""
        turn = self._queue[0][0] if self._queue else None
        return None if turn is None else Progress(turn.number, milliseconds(turn.heard), turn.spoken_ms)

    def wait_anew(self, now: float) -> None:
        """Takes the silence until now for nobody's fault."""
        self._waits_since = now

    def queue(self, turn: Turn, samples: int, now: float) -> None:
        if not samples:
            return  # a stray byte is no sample: nobody would ever report it as played
        if not self._queue:
            self._waits_since = now
        self._queue.append((turn, samples))

    def played(self, samples: int, now: float) -> list[Turn]:
        """Credits the turns that the handed-out samples belong to; more than was queued is nobody's.

        Gives those turns of which nothing had been heard before.
        """
        self._waits_since, self._committed = now, 0
        return self._credit(samples)

    def committed(self, samples: int) -> None:
        """So many more will be heard, even if it is stopped now."""
        self._committed = samples

    def stop(self) -> None:
        """Forgets what is queued, but for what is on its way to the ear."""
        self._credit(self._committed)
        self._committed = 0
        self._queue.clear()

    def _credit(self, samples: int) -> list[Turn]:
        begun: list[Turn] = []
        while samples and self._queue:
            turn, waiting = self._queue[0]
            part = min(samples, waiting)
            if not turn.heard:
                begun.append(turn)
            turn.heard += part
            samples -= part
            if part == waiting:
                self._queue.popleft()
            else:
                self._queue[0] = (turn, waiting - part)
        return begun

    def holds(self, turn: Turn) -> bool:
        return any(queued is turn for queued, _ in self._queue)

    def __len__(self) -> int:
        return sum(samples for _, samples in self._queue)


def _parts(before: str, after: str) -> bool:
    """Whether a word may end between these characters."""
    return before.isspace() or {east_asian_width(before), east_asian_width(after)} & {"W", "F"} != set()


def milliseconds(samples: int) -> int:
    return samples * 1000 // PLAYED_RATE
