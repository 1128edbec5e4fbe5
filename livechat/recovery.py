"""Takes stock when a connection is lost, and says again over the next one what has to be.

What was said and answered is the next session's to know, by its handle or because it is told; what was not is put to it
again, written as it was written and spoken as it was spoken, in the order of before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from livechat.events import Heard, Output, UserSaid
from livechat.hearing import Hearing, Kept, Mark
from livechat.ledger import Ledger
from livechat.openings import Openings
from livechat.protocol.client import ClientMessage
from livechat.tool_calls import ToolCalls
from livechat.turn_taking import TurnTaking

Piece: TypeAlias = Heard | Mark | ClientMessage
"""What was spoken, and what was written in between."""


class Recovery:
    """What one conversation has to say again.

    `tell` is called with news, `send` with what goes to the server; `line` makes a message of words of the user, as the
    family takes them.
    """

    def __init__(
        self,
        turns: TurnTaking,
        calls: ToolCalls,
        ledger: Ledger,
        hearing: Hearing,
        openings: Openings,
        *,
        tell: Callable[[Output], None],
        send: Callable[[ClientMessage], None],
        line: Callable[[str], ClientMessage],
    ) -> None:
        self._turns = turns
        self._calls = calls
        self._ledger = ledger
        self._hearing = hearing
        self._openings = openings
        self._tell = tell
        self._send = send
        self._line = line
        self._again: list[int] = []
        """The turns whose questions are put again over the next connection."""
        self._late: list[str] = []
        """Results of tools that nobody waits for as such."""

    def __repr__(self) -> str:
        return f"again={len(self._again)} late={len(self._late)}"

    @property
    def again(self) -> Sequence[int]:
        """The turns whose questions are put again over the next connection."""
        return self._again

    @property
    def owes(self) -> bool:
        """Something has still to be said again."""
        return bool(self._again or self._late)

    def deliver(self, words: str) -> None:
        """A result that no call waits for any more will be told as what it is."""
        self._late.append(words)

    def follow_up(self) -> None:
        """Puts to a turn of its own what an answer was not to."""
        if self._turns.followed_up is not None:
            self._ledger.followed_up(*self._turns.followed_up)
            self._turns.followed_up = None

    def write_again(self, message: ClientMessage, now: float) -> None:
        """Puts what was written behind something that was spoken, and read again by now."""
        self._send(message)
        self._turns.written_again(unread=self._hearing.unread)
        self._hearing.wrote(message, now)

    def read(self, said: UserSaid, *, more: bool) -> None:
        """The server has read something that was spoken, and there may be `more` of it.

        Where its sound is not kept, the words stand for it.
        """
        final = said.final and not more
        self._ledger.heard(said.turn, said.text, final=final)
        if final and not self._hearing.voiced:
            self._ledger.deafened(said.turn, self._line)

    def forget_sound(self) -> None:
        """Nothing that was spoken is sent again any more; what was read of it is put in writing."""
        self._turns.passed_over.clear()
        self._ledger.deafened(min([*self._again, self._turns.front or self._turns.begun + 1]), self._line)

    # ------------------------------------------------------------------------------------------ taking stock

    def take_stock(self, now: float) -> Sequence[Kept]:
        """The connection is lost: gives the sound that is to be sent again, with what was written after it."""
        voiced = self._hearing.voiced
        if voiced:
            self._ledger.touched()
        cut, unanswered = self._turns.broken_off(now)
        self.follow_up()
        of_answer = self._hearing.question()
        sound = self._hearing.unanswered(now, during_reply=bool(cut))
        delivers = self._calls.broken_off([*cut, *unanswered], now)
        for turn in cut:
            self._ledger.unheard(turn)
        self._again += filter(self._ledger.has_question, cut)
        if unread := [turn for turn in cut if not self._ledger.has_question(turn)]:
            sound = [*of_answer, *sound]
            for turn in unread if delivers else ():
                self._ledger.emptied(turn)  # the model will speak of its results again
        written: list[ClientMessage] = []
        if voiced and sound:
            written = self._hear_again(unanswered, sound)
        else:
            for turn in unanswered:
                self._ledger.unheard(turn)
        self._again += filter(self._ledger.has_question, unanswered)
        return _in_order(sound, written)

    def _hear_again(self, unanswered: Sequence[int], sound: Sequence[Piece]) -> list[ClientMessage]:
        """What was spoken of these turns is in the sound, and will be read again; gives what was written after it."""
        placed = [what for what in sound if isinstance(what, ClientMessage)]
        written: list[ClientMessage] = []
        for turn in self._turns.passed_over:
            if turn not in unanswered:
                self._ledger.heard_again(turn)
        for turn in unanswered:
            self._turns.heard_again(turn)
            written += self._ledger.heard_again(turn, placed)
        return written

    # ------------------------------------------------------------------------------------------ saying it again

    def say_again(self, now: float) -> None:
        """Tells a new session what was said before, and puts the questions that are open to whichever there is."""
        history, news = self._openings.opened(self._again)
        if history is not None:
            self._send(history)
        if news is not None:
            self._tell(news)
        again, self._again = self._again, []
        if questions := self._ledger.questions(again):
            self._ask(questions, now)
        for message in self._ledger.unfinished:
            self._send(message)

    def _ask(self, questions: Sequence[tuple[int, list[ClientMessage | str]]], now: float) -> None:
        """All of them in the turn of the first, up to what is spoken again: behind that comes what was written then."""
        now_put = [(turn, parts, parts.index("") if "" in parts else len(parts)) for turn, parts in questions]
        number = self._turns.asked_again(questions[0][0], now, messages=sum(count for _, _, count in now_put))
        for turn, parts, count in now_put:
            messages = [self._line(part) if isinstance(part, str) else part for part in parts[:count]]
            for message in messages:
                self._send(message)
            self._ledger.moved(turn, number, messages)
        self._hearing.asked()

    def deliver_late(self, now: float) -> None:
        """Tells the model the results that nobody waits for as such."""
        if self._late:
            message = self._line("\n".join(self._late))
            self._late = []
            self._send(message)
            self._ledger.asked(self._turns.asked_again(0, now), message, "")


def _in_order(sound: Sequence[Piece], written: Sequence[ClientMessage]) -> Sequence[Kept]:
    """The sound with what was written after it: in its place where that is known, and nothing else."""
    wanted = {id(message) for message in written}
    kept = [one for one in sound if not isinstance(one, ClientMessage) or id(one) in wanted]
    placed = {id(one) for one in kept}
    return [*kept, *(message for message in written if id(message) not in placed)]
