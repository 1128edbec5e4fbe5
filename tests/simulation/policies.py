"""Ways to come back that look reasonable and are wrong: what the checker is for has to be seen in them."""

from __future__ import annotations

from collections.abc import Collection

from livechat.conversation import Conversation, Phase, Terms
from livechat.events import Heard, Reconnected, Typed
from livechat.hearing import Hearing, Mark
from livechat.ledger import Ledger
from livechat.openings import Openings
from livechat.protocol.client import ClientMessage
from livechat.protocol.parts import Content, FunctionCall
from livechat.tool_calls import ToolCalls


class Dropping(Conversation):
    """Sends once and never again: what was not answered is forgotten when the connection is lost."""

    def __init__(self, terms: Terms) -> None:
        super().__init__(terms)
        self._ledger.__class__ = Forgetful
        self._hearing.__class__ = Deaf

    def _typed(self, typed: Typed, now: float) -> None:
        if self._phase is Phase.OPEN or not self._begun:
            super()._typed(typed, now)


class Naive(Conversation):
    """Resumes with whatever handle there is, or else begins anew, and sends what was not answered again.

    It takes that for a conversation that goes on, and runs whatever it is asked to run.
    """

    def __init__(self, terms: Terms) -> None:
        super().__init__(terms)
        self._ledger.__class__ = Trusting
        self._openings.__class__ = Confident
        self._calls.__class__ = Rash


class Confident(Openings):
    """Tells a new session nothing of what was said, and says that all goes on."""

    def _history(self, again: Collection[int]) -> list[Content]:
        return []

    def _news(self, again: Collection[int]) -> Reconnected:
        return Reconnected("resumed", self._ledger.turns)


class Forgetful(Ledger):
    """Puts no question twice."""

    def questions(self, unanswered: Collection[int]) -> list[tuple[int, list[ClientMessage | str]]]:
        return []


class Deaf(Hearing):
    """Has nothing that was heard to be sent again."""

    def unanswered(self, now: float, *, during_reply: bool) -> list[Heard | Mark | ClientMessage]:
        super().unanswered(now, during_reply=during_reply)
        return []

    def question(self) -> list[Heard | Mark]:
        return []


class Trusting(Ledger):
    """Takes any handle to stand for everything."""

    @property
    def handle(self) -> str:
        return self._handle


class Rash(ToolCalls):
    """Keeps no result for a call that comes again."""

    def _is_known(self, asked: FunctionCall, turn: int, now: float) -> bool:
        return False


POLICIES: dict[str, type[Conversation]] = {"ledger": Conversation, "drop": Dropping, "naive": Naive}
