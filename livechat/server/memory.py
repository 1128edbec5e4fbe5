"""What the model has in view: the instruction, what was said turn by turn, and what waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat.server.brain import Said
from livechat.server.tokens import NONE, Tokens, of_text


@dataclass(frozen=True, slots=True)
class Entry:
    """What one side said in one go, and what it weighs."""

    said: tuple[Said, ...]
    tokens: Tokens


class Memory:
    """One session's; `entries` are those of the session that is gone on with."""

    def __init__(self, system: str, entries: Sequence[Entry] = ()) -> None:
        self._system = of_text(system)
        self._entries = list(entries)
        self._waiting: list[Said] = []
        self._waiting_tokens = NONE
        self._total = sum((entry.tokens for entry in entries), self._system)
        self.version: int = 0
        """Counts the changes of what was said."""

    def __repr__(self) -> str:
        return f"<Memory of {len(self._entries)} entries, {self._total.total} tokens>"

    @property
    def tokens(self) -> Tokens:
        """Everything in view, weighed."""
        return self._total

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything that was said, for whoever goes on with this session."""
        waiting = (Entry(tuple(self._waiting), self._waiting_tokens),) if self._waiting else ()
        return (*self._entries, *waiting)

    def instruct(self, system: str) -> None:
        """Another instruction holds."""
        self._total += of_text(system) - self._system
        self._system = of_text(system)

    def hear(self, said: Sequence[Said], tokens: Tokens) -> None:
        """This waits for an answer. A picture alone changes nothing that a client could lose.

        What has no words takes its place in view all the same: else there would be no end to it.
        """
        tokens = tokens if tokens.total else Tokens(text=len(said))
        self._waiting += said
        self._waiting_tokens += tokens
        self._total += tokens
        self.version += bool(said)

    def remember(self) -> None:
        """What waited is history."""
        if self._waiting or self._waiting_tokens.total:
            self._entries.append(Entry(tuple(self._waiting), self._waiting_tokens))
        self._waiting, self._waiting_tokens = [], NONE

    def keep(self, said: Sequence[Said], tokens: Tokens) -> None:
        """What the model said is history."""
        if said or tokens.total:
            self._entries.append(Entry(tuple(said), tokens))
            self._total += tokens
            self.version += 1

    def said(self) -> list[Said]:
        """What is history, and then what waits."""
        return [said for entry in self._entries for said in entry.said] + self._waiting

    def forget_down_to(self, tokens: int) -> int:
        """Drops what is oldest until no more than so many tokens are in view, or no history is left; how many.

        What is left begins with the user, as the reference of the sliding window says.
        """
        dropped = 0
        while dropped < len(self._entries) and (
            self._total.total > tokens or (dropped and not _is_users(self._entries[dropped]))
        ):
            self._total -= self._entries[dropped].tokens
            dropped += 1
        del self._entries[:dropped]
        return dropped


def _is_users(entry: Entry) -> bool:
    return not entry.said or entry.said[0].role == "user"
