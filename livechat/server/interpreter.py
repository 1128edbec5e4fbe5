"""A floor without turns: what the user says is said again in another language, utterance by utterance.

Nobody is interrupted and no turn ends: a translation goes out while the user speaks on, one after the other in the
order of what was said. No guess is made, for an utterance that goes on is translated as a whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from livechat.protocol.server import InteractionStatus
from livechat.server.acts import Order
from livechat.server.agreement import Agreement
from livechat.server.brain import Said
from livechat.server.dialect import Dialect
from livechat.server.floor import Floor
from livechat.server.listening import Utterance
from livechat.server.memory import Memory
from livechat.server.pieces import Mishap, Notice
from livechat.server.reply import Reply
from livechat.server.scenario import Pace
from livechat.server.tokens import Tokens


class Interpreter(Floor):
    """Asks the brain for a translation of each utterance; what is in that language already is echoed, or not said."""

    def __init__(
        self,
        agreement: Agreement,
        memory: Memory,
        wording: Dialect,
        order: Callable[[Order], None],
        *,
        pace: Pace | None = None,
        window: int | None = None,
        stage: Callable[[Notice | Mishap], None] = lambda cue: None,
    ) -> None:
        super().__init__(agreement, memory, wording, order, pace=pace, window=window, stage=stage)
        self._spoken: deque[tuple[Said, Tokens]] = deque()
        """What the user has said and nobody has translated."""

    @property
    def idle(self) -> bool:
        """Never: nothing is begun on a guess."""
        return False

    @property
    def busy(self) -> bool:
        return super().busy or bool(self._spoken)

    def demand(self) -> None:
        """Nobody is answered here."""

    def interrupt(self) -> None:
        """Who speaks interrupts nobody."""

    def take(self, utterance: Utterance, tokens: Tokens) -> None:
        self._spoken.append((Said("user", utterance.text or ""), tokens))

    def advance(self, now: float, *, listening: bool) -> None:
        super().advance(now, listening=False)
        while self._reply is None and self._spoken:
            said, tokens = self._spoken.popleft()
            self.hear(said, tokens=tokens)
            self._interpret(said.text, now)

    def _interpret(self, text: str, now: float) -> None:
        wanted = self.agreement.translation
        if wanted is None or not wanted.is_spoken_already:
            self._begin(now)
            return
        self.remember()
        if wanted.echoes:
            self._reply = self._new_reply(held=False)
            self._reply.receive(text, now)
            self._reply.finish(now)
            self._carry_on(self._reply, now)

    def _played(self, reply: Reply, now: float) -> bool:
        """Nobody waits for what was said to be heard, and nobody is told that it was said."""
        return True

    def _report(self, reply: Reply, status: InteractionStatus | None) -> None:
        """There are no turns to report."""
