"""Keeps what was said, turn by turn, and how much of it the server could go on from.

A handle stands for the turns that were complete when it came. Whether a server has kept what came after it, nothing on
the wire tells; so a handle is used only while nothing has been said since, and otherwise the conversation is told to a
new session. Nothing is ever said twice to one that may know it (reliability.md §6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from livechat.events import Interrupted, ModelSaid, Output, ToolEnded, ToolStarted
from livechat.protocol.client import ClientMessage
from livechat.protocol.parts import Content, Part

SEED_CHARACTERS = 200_000
"""What a new session is told of the conversation at most, newest first: about 50,000 of its 131,072 tokens."""
TURNS_KEPT = 2_000
"""Turns that are remembered at all."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What both sides said in one turn; either may be empty."""

    user: str
    model: str


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier run has left behind."""

    handle: str = ""
    """Nothing if it is none, or too old."""
    turns: tuple[Exchange, ...] = ()


@dataclass(slots=True)
class _Part:
    """A piece of what the user said in one turn."""

    text: str
    """"" if it was spoken and is not read yet, or belongs to what follows."""
    message: ClientMessage | None = None
    """What it was put by; None where it was only spoken, or is answered."""

    @property
    def unread(self) -> bool:
        return not self.text and self.message is None


@dataclass(slots=True)
class _Entry:
    """One turn as far as it was told."""

    parts: list[_Part] = field(default_factory=list[_Part])
    """What the user said, in order."""
    reading: _Part | None = None
    """What the server is reading out, piece by piece."""
    spoken: str = ""
    written: str = ""
    results: list[str] = field(default_factory=list[str])
    """What tools gave the model, in words."""

    @property
    def user(self) -> str:
        return "\n".join(part.text for part in self.parts if part.text)


class Ledger:
    """The turns of one conversation, over all its connections."""

    def __init__(self, past: Past) -> None:
        self._before = list(past.turns)
        self._entries: dict[int, _Entry] = {}
        self._unfinished: list[ClientMessage] = []
        """Contents of the user that did not complete a turn."""
        self._handle = past.handle
        self._covered = bool(past.handle)
        """The handle stands for everything."""
        self._calls: dict[str, str] = {}
        """Those that run, in words."""

    def __repr__(self) -> str:
        return f"turns={self.turns}{'' if self._covered else ' uncovered'}"

    @property
    def turns(self) -> int:
        """Of the conversation so far."""
        return len(self._before) + len(self._entries)

    @property
    def handle(self) -> str:
        """What the session can be resumed with; nothing where it stands for less than was said, or there is none."""
        return self._handle if self._covered else ""

    # ------------------------------------------------------------------------------------------- what was said

    def told(self, output: Output) -> None:
        """Takes down what is new."""
        match output:
            case ModelSaid(turn, text, spoken):
                entry = self._entry(turn)
                if spoken:
                    entry.spoken += text
                else:
                    entry.written += text
            case ToolStarted(_, id, name, args):
                self._calls[id] = f"{name}({json.dumps(args, ensure_ascii=False)})"
            case ToolEnded(turn, id, name, result=result):
                called = self._calls.pop(id, name)
                if result:
                    self._entry(turn).results.append(f"[The result of {called}] {result}")
                    self._forget_old_results()
            case Interrupted(turn, heard=heard):
                entry = self._entry(turn)
                entry.spoken, entry.written = (heard, "") if entry.spoken else ("", heard)
            case _:
                pass

    def _forget_old_results(self) -> None:
        """Those that will never be told again, because newer ones fill all that is."""
        room = SEED_CHARACTERS
        for entry in reversed(self._entries.values()):
            room -= sum(map(len, entry.results))
            if room < 0:
                entry.results.clear()

    def recalled(self, contents: Sequence[Content]) -> None:
        """The program has told the model what was said before this conversation."""
        self._before += _exchanges(contents)

    def asked(self, turn: int, message: ClientMessage, text: str) -> None:
        """This message, with these words, put the question of a turn, after what had been said of it already."""
        entry = self._entry(turn)
        entry.parts += [*(_Part("", unfinished) for unfinished in self._unfinished), _Part(text, message)]
        self._unfinished = []

    def began_to_speak(self, turn: int) -> None:
        """Something was spoken before what follows of this turn, and is not read yet."""
        entry = self._entry(turn)
        if entry.reading is None:
            entry.parts.append(_Part(""))

    def heard(self, turn: int, text: str, *, final: bool) -> None:
        """These words were spoken in a turn, or more of them."""
        entry = self._entry(turn)
        if text:
            part = entry.reading or next((part for part in entry.parts if part.unread), None)
            if part is None:
                part = _Part("")
                entry.parts.append(part)
            part.text += text
            entry.reading = part
        entry.reading = None if final else entry.reading

    def began_to_ask(self, message: ClientMessage) -> None:
        """This is only the first part of a question."""
        self._unfinished.append(message)

    def _entry(self, turn: int) -> _Entry:
        entry = self._entries.get(turn)
        if entry is None:
            entry = self._entries[turn] = _Entry()
            if len(self._entries) > TURNS_KEPT:
                del self._entries[next(iter(self._entries))]
        return entry

    def answered(self) -> None:
        """All is answered: no question need be put again."""
        for entry in self._entries.values():
            if any(part.message for part in entry.parts):
                entry.parts, entry.reading = [_Part(entry.user)], None

    # ------------------------------------------------------------------------------------------- the handles

    def resumable(self, handle: str, *, complete: bool) -> None:
        """The server gives a handle; `complete` says that nothing was unanswered just then."""
        self._handle, self._covered = handle, complete

    def touched(self) -> None:
        """Something was said since the last handle."""
        self._covered = False

    def refused(self) -> None:
        """The server does not know the handle."""
        self._handle, self._covered = "", False

    # ------------------------------------------------------------------------------------------- telling it again

    def questions(self, unanswered: Collection[int]) -> list[tuple[int, list[ClientMessage | str]]]:
        """The questions of these turns, as they were put: messages, words that were only spoken, and "" for what will
        be heard again."""
        return [
            (turn, [part.message or part.text for part in self._entries[turn].parts])
            for turn in sorted(unanswered)
            if turn in self._entries
        ]

    @property
    def unfinished(self) -> list[ClientMessage]:
        """Parts of a question that is not complete."""
        return list(self._unfinished)

    def has_question(self, turn: int) -> bool:
        """Whether something of it can be put again, be it only words that were read."""
        entry = self._entries.get(turn)
        return entry is not None and any(part.message or part.text for part in entry.parts)

    def moved(self, old: int, new: int, messages: Sequence[ClientMessage]) -> None:
        """The question of one turn is put in another, its first parts by these messages.

        What the first had of an answer does not count.
        """
        entry = self._entries.pop(old)
        for part, message in zip(entry.parts, messages, strict=False):
            part.message = message
        into = self._entry(new)
        into.parts += entry.parts
        into.results += entry.results

    def followed_up(self, turn: int, count: int, by: int) -> None:
        """So much of what was said in one turn, the last of it, is answered in another."""
        parts = self._entry(turn).parts
        answered = max(0, len(parts) - count)
        self._entry(by).parts += parts[answered:]
        del parts[answered:]

    def heard_again(self, turn: int, after: Collection[ClientMessage] = ()) -> list[ClientMessage]:
        """What was spoken of it will be heard again; of a turn that has nothing else nothing is left.

        Gives what was written after it. after: what was written after something that was spoken before this turn.
        """
        entry = self._entries.pop(turn, None)
        parts = entry.parts if entry is not None else []
        written = [part for part in parts if part.message is not None]
        if entry is None or not written:
            return []
        while parts[-1].message is None:
            parts.pop()  # which will come last again
        place = next((at for at, part in enumerate(parts) if _is_spoken_or_among(part, after)), len(parts))
        entry.parts = [part if part.message is not None else _Part("") for part in parts]
        entry.reading = None
        if place == len(parts) or parts[place].message is not None:
            entry.parts.insert(place, _Part(""))
        self._entries[turn] = entry
        return [part.message for part in written[place:] if part.message is not None]

    def deafened(self, since: int, line: Callable[[str], ClientMessage]) -> None:
        """Nothing that was spoken will be heard again: from this turn on, what was read stands for it, in writing."""
        for entry in [entry for turn, entry in self._entries.items() if turn >= since]:
            entry.parts = [part for part in entry.parts if not part.unread]
            for part in entry.parts:
                part.message = part.message or line(part.text)

    def unheard(self, turn: int) -> None:
        """What was spoken of it and not read was nothing."""
        if turn in self._entries:
            self._entries[turn].parts = [part for part in self._entries[turn].parts if not part.unread]

    def emptied(self, turn: int) -> None:
        """All of it will be said again."""
        self._entries.pop(turn, None)

    def history(self, unanswered: Collection[int]) -> list[Exchange]:
        """All but these turns, oldest first, as much as a new session is told."""
        said = [
            Exchange("\n".join(filter(None, (entry.user, *entry.results))), entry.spoken or entry.written)
            for entry in self._said(unanswered)
        ]
        told: list[Exchange] = []
        room = SEED_CHARACTERS
        for exchange in reversed([*self._before, *said]):
            room -= len(exchange.user) + len(exchange.model)
            if room < 0:
                break
            told.append(exchange)
        return told[::-1]

    def _said(self, unanswered: Collection[int]) -> list[_Entry]:
        return [entry for turn, entry in self._entries.items() if turn not in unanswered]


def _is_spoken_or_among(part: _Part, messages: Collection[ClientMessage]) -> bool:
    return part.message is None or any(part.message is message for message in messages)


def contents_of(exchanges: Sequence[Exchange]) -> list[Content]:
    """The exchanges as the wire takes history; sides that said nothing are left out."""
    contents: list[Content] = []
    for exchange in exchanges:
        for role, words in (("user", exchange.user), ("model", exchange.model)):
            if words:
                contents.append(Content(role=role, parts=[Part(text=words)]))
    return contents


def _exchanges(contents: Sequence[Content]) -> list[Exchange]:
    """History as exchanges; what holds no words is lost here."""
    exchanges: list[Exchange] = []
    for content in contents:
        words = "".join(part.text or "" for part in content.parts or () if not part.thought)
        if content.role != "model":
            exchanges.append(Exchange(words, ""))
        elif exchanges and not exchanges[-1].model:
            exchanges[-1] = Exchange(exchanges[-1].user, words)
        else:
            exchanges.append(Exchange("", words))
    return exchanges
