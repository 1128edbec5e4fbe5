"""What a skill is told: everything said so far, what was said last, the time, the tools and the orders in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.skills.instructions import Orders, read_orders
from livechat.server.skills.words import READ_AT_MOST, Utterance, hear

LONGEST_ANSWER = 20_000
"""Characters of an answer that are looked at again: ten times the longest story."""
Reply = Iterable[str | FunctionCall]
"""Pieces of an answer: some words, at most a few sentences, or a call of a declared function."""


@dataclass(frozen=True)
class Said:
    """One thing said in a conversation."""

    role: Literal["user", "model", "system", "tool"]
    text: str
    """For `tool`: JSON, see `livechat.server.brain.answered`."""


@dataclass(frozen=True)
class Moment:
    """The state of the conversation at which an answer is due. Skills read it and keep nothing."""

    history: tuple[Said, ...]
    """Everything said, oldest first; what is due an answer is the last."""
    now: datetime
    """The time on the wall of whoever speaks."""
    tools: Sequence[FunctionDeclaration] = ()

    @cached_property
    def said(self) -> Utterance:
        """What the user said last."""
        return hear(self.asked[-1] if self.asked else "")

    @cached_property
    def asked(self) -> list[str]:
        """Everything the user said, oldest first, each cut to `READ_AT_MOST` characters."""
        return [said.text[:READ_AT_MOST] for said in self.history if said.role == "user"]

    @cached_property
    def answers(self) -> list[str]:
        """Everything that was answered with words, oldest first, each cut to `LONGEST_ANSWER` characters."""
        return self.answers_since(-1)

    def answers_since(self, turn: int) -> list[str]:
        """What was answered with words after the user had said that turn."""
        start = len(self.at(turn).history) if turn >= 0 else 0
        texts = (said.text[:LONGEST_ANSWER] for said in self.history[start:] if said.role == "model")
        return [text for text in texts if text.strip()]

    @cached_property
    def orders(self) -> Orders:
        """What the system instruction asks for."""
        return read_orders("\n".join(said.text for said in self.history if said.role == "system"))

    def at(self, turn: int) -> Moment:
        """The moment at which the user had just said the thing of that number (from 0)."""
        ends = [at for at, said in enumerate(self.history, start=1) if said.role == "user"]
        return replace(self, history=self.history[: ends[turn]])


Skill = Callable[[Moment], Reply | None]
"""Answers what is its matter, and None to everything else."""
