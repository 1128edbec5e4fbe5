"""Keeps what was said, turn by turn, and how much of it the server could go on from.

A handle stands for the turns that were complete when it came. Whether a server has kept what came after it, nothing on
the wire tells; so a handle is used only while nothing has been said since, and otherwise the conversation is told to a
new session. Nothing is ever said twice to one that may know it (reliability.md §6).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from livechat.events import Interrupted, ModelSaid, Output, ToolEnded, ToolStarted, UserSaid
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
class _Entry:
    """One turn as far as it was told."""

    user: str = ""
    spoken: str = ""
    written: str = ""
    results: list[str] = field(default_factory=list[str])
    """What tools gave the model, in words."""
    asked: list[ClientMessage | str] = field(default_factory=list["ClientMessage | str"])
    """What put the question, while it is unanswered: messages, and words that were only spoken ("" if not read yet)."""
    final: bool = False
    """The words that were spoken last are complete."""


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
            case UserSaid(turn, whole=whole):
                self._entry(turn).user = whole
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
            case Interrupted(turn, heard=heard):
                entry = self._entry(turn)
                entry.spoken, entry.written = (heard, "") if entry.spoken else ("", heard)
            case _:
                pass

    def recalled(self, contents: Sequence[Content]) -> None:
        """The program has told the model what was said before this conversation."""
        self._before += _exchanges(contents)

    def asked(self, turn: int, message: ClientMessage) -> None:
        """This put the question of a turn, after what had been said of it already."""
        entry = self._entry(turn)
        entry.asked += [*self._unfinished, message]
        entry.final = True
        self._unfinished = []

    def began_to_speak(self, turn: int) -> None:
        """Something was spoken before the question of this turn was put, and is not read yet."""
        entry = self._entry(turn)
        if not any(isinstance(part, str) for part in entry.asked):
            entry.asked.append("")

    def heard(self, turn: int, text: str, *, final: bool) -> None:
        """And so did these spoken words, or begin to."""
        entry = self._entry(turn)
        last = entry.asked[-1] if entry.asked else None
        if not text:
            pass
        elif "" in entry.asked:
            entry.asked[entry.asked.index("")] = text
        elif isinstance(last, str):
            entry.asked[-1] = f"{last} {text}" if entry.final else last + text
        else:
            entry.asked.append(text)
        entry.final = final

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

    def answered(self, unanswered: Collection[int]) -> None:
        """All but these are answered: their questions need not be put again."""
        for turn in reversed(self._entries):
            entry = self._entries[turn]
            if turn not in unanswered:
                if not entry.asked:
                    break
                entry.asked = []

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
        """The questions of these turns, as they were put: messages, and words that were only spoken."""
        return [(turn, list(self._entries[turn].asked)) for turn in sorted(unanswered) if turn in self._entries]

    @property
    def unfinished(self) -> list[ClientMessage]:
        """Parts of a question that is not complete."""
        return list(self._unfinished)

    def words(self, turn: int) -> str:
        """The user's words in a turn, so far."""
        entry = self._entries.get(turn)
        return entry.user if entry is not None else ""

    def moved(self, old: int, new: int) -> None:
        """The question of one turn is answered in another; what the first had of an answer does not count."""
        if old in self._entries:
            self._entries[new] = self._entries.pop(old)
            self._entries[new].spoken = self._entries[new].written = ""

    def put(self, turn: int, messages: Sequence[ClientMessage]) -> None:
        """So its question is put now."""
        self._entry(turn).asked = list(messages)

    def heard_again(self, turn: int, typed: str) -> list[ClientMessage]:
        """What was spoken of it will be heard again, and the rest is this; of a turn without any nothing is left.

        Gives what was written after it.
        """
        entry = self._entries.pop(turn, None)
        written = [part for part in entry.asked if isinstance(part, ClientMessage)] if entry is not None else []
        if entry is None or not written:
            return []
        place = next((at for at, part in enumerate(entry.asked) if isinstance(part, str)), len(entry.asked))
        entry.asked = [*written[:place], "", *written[place:]]
        entry.user = typed
        self._entries[turn] = entry
        return written[place:]

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
