"""Whatever was cut off is said again over the next connection, once and in its order."""

from __future__ import annotations

from math import inf

from livechat.events import Output
from livechat.hearing import Hearing
from livechat.ledger import Ledger, Past
from livechat.openings import Openings
from livechat.protocol.client import ClientMessage, RealtimeInput
from livechat.protocol.generations import family_of
from livechat.protocol.setup import Setup
from livechat.recovery import Recovery
from livechat.tool_calls import ToolCalls
from livechat.turn_taking import TurnTaking
from livechat.usage import Usage

MODEL = "gemini-3.1-flash-live-preview"


def line(text: str) -> ClientMessage:
    return ClientMessage(realtime_input=RealtimeInput(text=text))


class Room:
    """A recovery with real rooms around it, and what it told and sent."""

    def __init__(self) -> None:
        self.told: list[Output] = []
        self.sent: list[ClientMessage] = []
        self.ledger = Ledger(Past())
        self.hearing = Hearing()
        self.turns = TurnTaking(self.tell, Usage(), plays=False, interacts=False, answer_s=inf)
        self.calls = ToolCalls(self.tell, lambda answer: None, {}, self.deliver, elsewhere=False, blocks=True)
        openings = Openings(Setup(model=MODEL), family_of(MODEL), self.ledger, reconnects=True, has_past=False)
        openings.setup([])
        openings.opened([])
        self.recovery = Recovery(
            *(self.turns, self.calls, self.ledger, self.hearing, openings),
            tell=self.tell,
            send=self.sent.append,
            line=line,
        )

    def tell(self, output: Output) -> None:
        self.told.append(output)
        self.ledger.told(output)

    def deliver(self, words: str) -> None:
        self.recovery.deliver(words)

    def type(self, text: str) -> None:
        self.turns.typed(text, 0.0)
        self.ledger.asked(self.turns.begun, line(text), text)


def test_a_question_without_an_answer_is_put_again_once() -> None:
    room = Room()
    room.type("one")
    assert room.recovery.take_stock(1.0) == []
    assert (room.recovery.again, room.recovery.owes) == ([1], True)
    room.recovery.say_again(2.0)
    assert room.sent == [line("one")]
    room.recovery.say_again(3.0)
    assert room.sent == [line("one")]
    assert not room.recovery.owes


def test_a_result_that_nobody_waits_for_is_told_in_words() -> None:
    room = Room()
    room.recovery.deliver("it is 4")
    room.recovery.deliver("it is 5")
    room.recovery.deliver_late(1.0)
    room.recovery.deliver_late(2.0)
    assert room.sent == [line("it is 4\nit is 5")]
