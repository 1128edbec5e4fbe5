"""What a transcript holds: puts the lines that were written while people talked together into turns and notes.

A transcript is NDJSON: first a line `transcript` with the facts of its `Opening`, then the news of the session as
`livechat.terminal.news` writes them. Words come twice, in pieces as they were said and whole when they were complete:
the last whole words of a turn hold, and where a conversation was cut off in the middle the pieces do. What the user
said while a connection was lost is heard by the next one from the beginning: there the pieces begin `anew`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, TypeAlias, cast

from livechat.terminal.ndjson import VERSION, line
from livechat.terminal.network import outcome

Record: TypeAlias = Mapping[str, Any]
"""A line of a transcript: a JSON object."""

OPENING = "transcript"
"""The type of the first line."""
ANEW: Final = "anew"
"""The field of a piece of the user's words with which those of the turn begin again."""
RESUMPTION: Final = "resumption"
"""The type of a line that is shown to nobody."""
TURN_END: Final = "turn.end"
SESSION_END: Final = "session.end"
WHOLE: Final = ("user.final", TURN_END)
"""The types of lines that hold whole words."""
BRIEF: Final = 400
"""Characters of arguments, and of a result, that are shown."""
MOST: Final = 1e9
"""No number in a transcript comes near: 1e9 s are 31 years."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a conversation began and with whom."""

    began: datetime
    """The wall clock's time with its zone."""
    model: str = ""
    voice: str = ""
    server: str = ""
    """As the user knows it: a host, or the practice server."""
    livechat: str = ""
    """The version that wrote it."""
    continues: str = ""
    """The name of the conversation that this one goes on with."""

    def line(self) -> str:
        """The first line of a transcript, without its newline."""
        began = self.began.isoformat(timespec="seconds")
        facts = {"model": self.model, "voice": self.voice, "server": self.server, "livechat": self.livechat}
        return line(0, OPENING, began=began, **facts, continues=self.continues)


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a server goes on from, when all was said that stands before it in the transcript."""

    handle: str = field(repr=False)
    """Whoever has it and the key can read the conversation out of the model; foreign text."""
    turns: int
    """That it stands for."""
    at: datetime
    """When the server gave it, by the wall clock."""

    def line(self, t: float) -> str:
        """As it stands in a file of the store, and nowhere else."""
        return line(t, RESUMPTION, handle=self.handle, turns=self.turns, at=self.at.isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a reply was cut off."""

    heard_ms: int
    heard: str
    unheard: str


@dataclass(slots=True)
class Turn:
    """What the user said and what the model answered."""

    number: int
    user: str = ""
    user_at: float | None = None
    """Seconds since the session began, at the first of these words."""
    speech: str = ""
    text: str = ""
    whole: str = ""
    """The answer as the session knew it when the turn had ended."""
    model_at: float | None = None
    spoken_ms: int = 0
    """Length of the answer's sound; 0 until the turn has ended."""
    cut: Cut | None = None
    reason: str = ""
    """What the server gave as the reason of the end."""

    @property
    def answer(self) -> str:
        return self.whole or self.speech or self.text


@dataclass(frozen=True, slots=True)
class Note:
    """Something beside the words."""

    at: float
    label: str
    """`note`, `tool`, `error` or `end`."""
    text: str


Item: TypeAlias = Turn | Note


@dataclass(slots=True)
class Transcript:
    """One conversation. Turns stand in the order in which they began, notes where they came."""

    opening: Opening | None = None
    """None where the first line is damaged."""
    items: list[Item] = field(default_factory=list[Item])
    ended: bool = False
    """It was ended, not broken off; one that is still going on has not ended either."""
    length_s: float = 0.0
    damaged: int = 0
    """Lines that could not be read."""
    resumption: Resumption | None = None
    """Where nothing was said since the server gave it."""
    _turns: dict[int, int] = field(default_factory=dict[int, int])
    """Where in `items` a turn stands, by its number."""
    _told: int | None = None
    """How many turns had ended when the session did, by its own account."""
    _over: int = 0
    """The number of the last turn that ended."""
    _answered: int = 0
    """The number of the last turn that ended or in which the model said something."""

    @property
    def turns(self) -> int:
        """As many as were answered.

        Who wants the words alone leaves when they are there, and a turn ends only when its sound would have been heard.
        """
        return self._answered if self._told is None else self._told + (self._answered > self._over)

    def add(self, record: Record) -> int | None:
        """Takes the next line; gives the place in `items` of what it changed, if it changed something.

        News of a kind that is not known here changes nothing. Raises ValueError for a line that cannot be one.
        """
        at, kind = number(record, "t"), words(record, "type")
        self.length_s = max(self.length_s, at)
        if kind == OPENING:
            self.opening = opening_of(record)
        elif kind == RESUMPTION:
            self.resumption = resumption_of(record)
        elif kind in _TURNS:
            return self._add_to_turn(int(number(record, "turn")), kind, at, record)
        elif kind == SESSION_END:
            self.items.append(self._end(at, record))
            return len(self.items) - 1
        elif kind in _NOTES:
            self.items.append(_NOTES[kind](at, record))
            return len(self.items) - 1
        return None

    def _end(self, at: float, record: Record) -> Note:
        why = {"closed": "the server closed the connection; ", "failed": "failed; "}.get(words(record, "reason"), "")
        told, cuts = int(number(record, "turns")), int(number(record, "interruptions"))
        self.ended, self._told = True, told
        return Note(at, "end", f"{why}{counted(self.turns, 'turn')}, {counted(cuts, 'interruption')}")

    def _add_to_turn(self, which: int, kind: str, at: float, record: Record) -> int:
        place = self._turns.get(which, len(self.items))
        if kind in _SAID and words(record, "text"):
            self.resumption = None
        turn = self.items[place] if which in self._turns else Turn(which)
        assert isinstance(turn, Turn)
        _TURNS[kind](turn, at, record)
        if which not in self._turns:
            self._turns[which] = place
            self.items.append(turn)
        if kind == TURN_END:
            self._over = max(self._over, which)
        if kind == TURN_END or turn.answer.strip():
            self._answered = max(self._answered, which)
        return place


def record_of(text: str | bytes) -> Record:
    """A line as an object; bytes that are no UTF-8 are replaced. Raises ValueError for what is none, or not JSON."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        record: Any = _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("not an object")
    return cast(Record, record)


def opening_of(record: Record) -> Opening:
    """The facts in a first line. Raises ValueError."""
    if words(record, "type") != OPENING or record.get("v") != VERSION:
        raise ValueError("not the first line of a transcript, or of another version")
    began = datetime.fromisoformat(words(record, "began"))
    facts = {name: words(record, name) for name in ("model", "voice", "server", "livechat")}
    continues = words(record, "continues") if "continues" in record else ""
    return Opening(began if began.tzinfo else began.replace(tzinfo=UTC), **facts, continues=continues)


def resumption_of(record: Record) -> Resumption:
    """What such a line holds. Raises ValueError."""
    at = datetime.fromisoformat(words(record, "at"))
    return Resumption(
        words(record, "handle"), int(number(record, "turns")), at if at.tzinfo else at.replace(tzinfo=UTC)
    )


def words(record: Record, name: str) -> str:
    """The text in a field; half a character of UTF-16, which nobody can print, becomes `?`. Raises ValueError."""
    value = record.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} should be text")
    return value.encode("utf-8", "replace").decode("utf-8")


def number(record: Record, name: str) -> float:
    """The number in a field. Raises ValueError."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -MOST < value < MOST:
        raise ValueError(f"{name} should be a number")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is no number of JSON's")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
"""One for all: to make it takes longer than to read a line."""


# ------------------------------------------------------------------------------------------------- the kinds of lines


def _user_piece(turn: Turn, at: float, record: Record) -> None:
    turn.user = ("" if record.get(ANEW) is True else turn.user) + words(record, "text")
    turn.user_at = at if turn.user_at is None else turn.user_at


def _user_whole(turn: Turn, at: float, record: Record) -> None:
    turn.user = words(record, "text")
    turn.user_at = at if turn.user_at is None else turn.user_at


def _model_piece(turn: Turn, at: float, record: Record) -> None:
    text = words(record, "text")
    if record.get("spoken"):
        turn.speech += text
    else:
        turn.text += text
    turn.model_at = at if turn.model_at is None else turn.model_at


def _interrupted(turn: Turn, at: float, record: Record) -> None:
    turn.cut = Cut(int(number(record, "heard_ms")), words(record, "heard"), words(record, "unheard"))
    turn.model_at = at if turn.model_at is None else turn.model_at


def _turn_end(turn: Turn, at: float, record: Record) -> None:
    user, whole, spoken_ms = words(record, "user"), words(record, "text"), int(number(record, "spoken_ms"))
    turn.user, turn.whole, turn.spoken_ms = user or turn.user, whole, spoken_ms
    turn.reason = words(record, "reason")
    if user and turn.user_at is None:
        turn.user_at = at
    turn.model_at = at if turn.model_at is None else turn.model_at


_SAID: Final = ("user.partial", "user.final", "text.delta")
_TURNS: Mapping[str, Callable[[Turn, float, Record], None]] = {
    "user.partial": _user_piece,
    "user.final": _user_whole,
    "text.delta": _model_piece,
    "interrupted": _interrupted,
    TURN_END: _turn_end,
}


def _reconnected(at: float, record: Record) -> Note:
    return Note(at, "note", outcome(words(record, "how"), int(number(record, "turns")), "—"))


def _noted(at: float, record: Record) -> Note:
    return Note(at, "note", words(record, "text"))


def _failed(at: float, record: Record) -> Note:
    why = words(record, "why")
    return Note(at, "error", words(record, "what") + (f" ({why})" if why else ""))


def _called(at: float, record: Record) -> Note:
    asks = " waits for the user" if record.get("waits") is True else ""
    return Note(
        at, "tool", f"{words(record, 'name')} {_brief(json.dumps(record.get('args'), ensure_ascii=False))}{asks}"
    )


def _returned(at: float, record: Record) -> Note:
    result = _brief(words(record, "result"))
    return Note(at, "tool", f"{words(record, 'name')} {words(record, 'outcome')}{result and f': {result}'}")


def _brief(text: str) -> str:
    """One line of what may be very long; the file has all of it."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return line if len(line) <= BRIEF else f"{line[:BRIEF]}…"


_NOTES: Mapping[str, Callable[[float, Record], Note]] = {
    "reconnected": _reconnected,
    "note": _noted,
    "tool.call": _called,
    "tool.result": _returned,
    "tool.cancel": _returned,
    "error": _failed,
}


def counted(count: int, thing: str) -> str:
    """`1 turn`, `2 turns`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
