"""Brains for the judges: one that asks a function, one that recites all it knows, one that thinks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.brain import Said
from livechat.server.pieces import Musing, Piece


class Asks:
    """Says `before`, calls get_time for Rome, and tells in the end what it was answered."""

    speculative = True

    def __init__(self, before: str = "") -> None:
        self.before = before

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        answers = [said.text for said in history if said.role == "tool"]
        if answers:
            yield f"It is {json.loads(answers[-1])['response']['output']}."
            return
        if self.before:
            yield self.before
        yield FunctionCall(name=tools[0].name, args={"city": "Rome"})


class Recites:
    """Tells everything it was told and which functions it may call."""

    speculative = True

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        told = "; ".join(f"{said.role}: {said.text}" for said in history if said.role != "model")
        yield f"{told}; tools: {', '.join(tool.name or '' for tool in tools) or 'none'}."


class Muses:
    """Has a thought, and then says what it came to."""

    speculative = True

    async def respond(self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> AsyncIterator[Piece]:
        yield Musing("Late, I think.")
        yield "It is late."
