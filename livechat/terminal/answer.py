"""Prints the model's words on stdout as they come, through the gate, and nothing else."""

from __future__ import annotations

from typing import TextIO

from livechat.events import Event, ModelSaid, ReplyCame, TurnEnded
from livechat.terminal.network import LOST
from livechat.terminal.safe import Gate


class Answer:
    """An observer of a session: each turn's answer ends with one line break, and is not hard-wrapped.

    A model that speaks may send text beside the transcript of its speech: the transcript is the answer then, and a
    text part only where nothing was spoken at all.

    Half an answer that the connection took along stays on its line, and of the one that comes in its place nothing is
    printed twice: as far as both are the same, the second only goes on.
    """

    def __init__(self, stream: TextIO, *, speaks: bool) -> None:
        self._stream = stream
        self._speaks = speaks
        self._gate = Gate()
        self._answered = 0
        """The newest turn of which words were printed."""
        self._line = ""
        """What was printed last on the line that is not ended yet."""
        self._said = ""
        """What was printed of this answer."""
        self._torn = False
        """The rest of it comes in another, from the beginning."""
        self._again = ""
        """What has come of that one, and says what was said."""

    def __call__(self, t: float, event: Event) -> None:
        if isinstance(event, ModelSaid):
            if event.spoken == self._speaks:
                self._say(event.turn, event.text)
        elif isinstance(event, (ReplyCame, TurnEnded)):
            if event.turn > self._answered:
                self._say(event.turn, event.text)
            if isinstance(event, TurnEnded):
                self._ended(event)

    def _ended(self, turn: TurnEnded) -> None:
        if turn.reason == LOST:
            self._torn, self._again = bool(self._said), ""
            return
        if self._torn and self._again != self._said:
            self._begin_anew()
        self.end()
        self._said, self._torn = "", False

    def end(self) -> None:
        """Ends the line, if words stand on it."""
        self._write(self._gate.flush())
        if self.mid_line:
            self._write("\n")
        self._line = ""

    @property
    def mid_line(self) -> bool:
        """Words stand on a line that is not ended yet."""
        return bool(self._line) and not self._line.endswith("\n")

    def make_way(self) -> None:
        """Ends the line where a terminal shows it, since something else is to be said there."""
        if self._stream.isatty():
            self.end()

    def _say(self, turn: int, text: str) -> None:
        self._answered = turn
        if not self._torn:
            self._said += text
            self._write(self._gate.feed(text))
            return
        self._again += text
        if self._again.startswith(self._said):
            self._torn, rest, self._said = False, self._again[len(self._said) :], self._again
            self._write(self._gate.feed(rest))
        elif not self._said.startswith(self._again):
            self._begin_anew()

    def _begin_anew(self) -> None:
        """It is another answer: all of it is printed."""
        self.end()
        self._torn, self._said = False, self._again
        self._write(self._gate.feed(self._again))

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text)
            self._stream.flush()
            self._line = text
