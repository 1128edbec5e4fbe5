"""What the embedded server answers: the interface of every brain."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from livechat.protocol.parts import FunctionCall, FunctionDeclaration, FunctionResponse
from livechat.server.skills.moment import Said

__all__ = ["Brain", "Said", "answered"]


class Brain(Protocol):
    """Thinks of an answer. Stateless: whatever it remembers it reads from the history."""

    @property
    def speculative(self) -> bool:
        """Whether an answer may be begun on a guess and thrown away at no cost."""
        ...

    def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        """Pieces of the answer to the last thing said, in order; joined, the texts are the answer.

        After function calls nothing comes: the answers of the functions are added to the history as
        `answered(call, response)`, and the brain is asked again.
        """
        ...


def answered(call: FunctionCall, response: FunctionResponse) -> Said:
    """What a function gave back, as part of the history: JSON with the name and arguments it was called with."""
    facts = {"id": call.id, "name": call.name, "args": call.args or {}, "response": response.response}
    return Said("tool", json.dumps(facts, ensure_ascii=False))
