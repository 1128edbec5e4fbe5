"""Prints the model's words on stdout as they come, through the gate, and nothing else."""

from __future__ import annotations

from typing import TextIO

from livechat.events import Event, ModelSaid, ReplyCame, TurnEnded
from livechat.terminal.safe import Gate


class Answer:
    """An observer of a session: each turn's answer ends with one line break, and is not hard-wrapped.

    A model that speaks may send text beside the transcript of its speech: the transcript is the answer then, and a
    text part only where nothing was spoken at all.
    """

    def __init__(self, stream: TextIO, *, speaks: bool) -> None:
        self._stream = stream
        self._speaks = speaks
        self._gate = Gate()
        self._answered = 0
        """The newest turn of which words were printed."""
        self._line = ""
        """What was printed last on the line that is not ended yet."""

    def __call__(self, t: float, event: Event) -> None:
        if isinstance(event, ModelSaid):
            if event.spoken == self._speaks:
                self._say(event.turn, event.text)
        elif isinstance(event, (ReplyCame, TurnEnded)):
            if event.turn > self._answered:
                self._say(event.turn, event.text)
            if isinstance(event, TurnEnded):
                self.end()

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
        self._write(self._gate.feed(text))

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text)
            self._stream.flush()
            self._line = text
