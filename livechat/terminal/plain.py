"""Prints a conversation as lines that are only ever added to: who said what, and what was never heard of it.

    you: How far is the moon?
    tool: distance(to='moon') done in 312 ms: 384 400 km
    puck: About three hundred and [not heard: eighty-four thousand kilometres.]
    note: the connection is gone — reconnecting

On a terminal the model's words appear as they come, and behind a spoken answer how long it was waited for. Elsewhere
each line is written once, when it is whole.
"""

from __future__ import annotations

from typing import TextIO

from livechat.events import (
    Answered,
    Ended,
    Event,
    Failed,
    Faltering,
    GoingAway,
    Interrupted,
    ModelSaid,
    Reconnected,
    Reconnecting,
    ReplyCame,
    SoundDropped,
    TurnEnded,
    UserSaid,
)
from livechat.terminal.glyphs import Glyphs, glyphs
from livechat.terminal.network import LOST, Network, Tiding, after
from livechat.terminal.safe import Gate, safe
from livechat.terminal.tool_lines import ToolLines

USER = "you"
INDENT = "\n  "
"""How a line of the model's goes on: what begins at the margin is ours."""


class Plain:
    """An observer of a session. `streams` shows the model's words as they come."""

    def __init__(self, stream: TextIO, *, model: str, streams: bool, ascii: bool = False) -> None:
        self._stream = stream
        self._model = _line(model)
        self._streams = streams
        self._signs = glyphs(ascii=ascii)
        self._gate = Gate()
        self._told: dict[int, str] = {}
        """The user's words of the newest turn that has some."""
        self._streamed = 0
        """The newest turn of which words were shown as they came."""
        self._speaks = False
        """Words of that turn are spoken: those that are not are left out."""
        self._open = False
        """A line of the model's has not ended."""
        self._waited: Answered | None = None
        """How long the newest spoken answer was waited for."""
        self._came: ReplyCame | None = None
        """The newest reply that was all there."""
        self._over = 0
        """The newest turn that has ended."""
        self._tools = ToolLines()
        self._network = Network()

    def __call__(self, t: float, event: Event) -> None:
        match event:
            case UserSaid(turn=turn, whole=whole, final=True):
                self._user(turn, whole)
            case ModelSaid() if self._streams:
                self._model_said(event)
            case Answered():
                self._waited = event
            case ReplyCame():
                self._came = event
            case Interrupted():
                self._cut(event)
            case TurnEnded(interrupted=False):
                self._ended(event)
            case TurnEnded(reason=reason) if reason == LOST and event.turn > self._over:
                self._taken_along(event)
            case Reconnecting() | Reconnected() | GoingAway() | Faltering() | SoundDropped():
                self._of_network(event, t)
            case _:
                if isinstance(event, (Ended, Failed)):
                    self._unfinished()
                for line in self._tools(event):
                    self._line_of_ours(f"tool: {line}")

    def end(self) -> None:
        """Ends a line that is half written; also where something else is to be said on this terminal."""
        if self._open:
            self._write(self._rest() + "\n")
            self._open = False

    make_way = end

    def _user(self, turn: int, whole: str) -> None:
        before = self._told.get(turn, "")
        if new := whole.removeprefix(before).strip():
            self.end()
            self._write(f"{USER}{self._goes_on if before else ':'} {_line(new)}\n")
            self._told = {turn: whole}

    def _model_said(self, said: ModelSaid) -> None:
        if said.turn != self._streamed:
            self._speaks = said.spoken
        text = said.text if self._open else said.text.lstrip()
        if not text or said.spoken is not self._speaks:
            return
        if not self._open:
            self._write(f"{self._model}{self._goes_on if said.turn == self._streamed else ':'} ")
            self._open, self._streamed = True, said.turn
        self._write(self._gate.feed(text).replace("\n", INDENT))

    def _unfinished(self) -> None:
        """The session ends before a turn has whose reply was all there: nobody waited for its sound."""
        if (came := self._came) is not None and came.turn > self._over and came.turn > self._streamed:
            self._over = came.turn
            if words := _line(came.text):
                self.end()
                self._write(f"{self._model}: {words}\n")

    def _ended(self, ended: TurnEnded) -> None:
        self._over = max(self._over, ended.turn)
        if ended.turn == self._streamed:
            if self._open and self._waited is not None and self._waited.turn == ended.turn:
                self._write(f"{self._rest()} ({self._waited.after_ms} ms)")
            self.end()
        elif ended.turn > self._streamed and (words := _line(ended.text)):
            self.end()
            self._write(f"{self._model}: {words}\n")

    def _cut(self, cut: Interrupted) -> None:
        self._over = max(self._over, cut.turn)
        unheard = _line(cut.unheard)
        mark = f"[not heard: {unheard}]" if unheard else "[cut off]"
        if cut.turn == self._streamed:
            self._write(f"{self._rest()} {mark}\n" if self._open else f"{self._model}{self._goes_on} {mark}\n")
            self._open = False
        elif cut.turn < self._streamed:
            self.end()
            self._write(f"{self._model}{self._goes_on} {mark}\n" if unheard else "")
        elif words := " ".join(filter(None, (_line(cut.heard), unheard and mark))):
            self.end()
            self._write(f"{self._model}: {words}\n")

    def _taken_along(self, ended: TurnEnded) -> None:
        """Its connection took the rest of an answer along, of which all that came was there to be read."""
        self._over, mark = ended.turn, "[cut off]"
        if ended.turn == self._streamed:
            self._write(f"{self._rest()} {mark}\n" if self._open else f"{self._model}{self._goes_on} {mark}\n")
            self._open = False
        elif words := _line(ended.text):
            self.end()
            self._write(f"{self._model}: {words} {mark}\n")

    @property
    def _goes_on(self) -> str:
        return self._signs.ellipsis

    def _of_network(self, told: Tiding, t: float) -> None:
        if words := network_line(self._network, told, t, self._signs):
            self._line_of_ours(f"note: {words}")
        self._network = after(self._network, told, t)

    def _line_of_ours(self, line: str) -> None:
        self.end()
        self._write(f"{line}\n")

    def _rest(self) -> str:
        """What the gate held back of a line that ends here; the CR that may be it ends the line too."""
        return self._gate.flush().rstrip("\n").replace("\n", INDENT)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _line(text: str) -> str:
    return safe(" ".join(text.split()), multiline=False)


def network_line(before: Network, told: Tiding, t: float, signs: Glyphs) -> str:
    """What is to be said of news of the network, if anything, after all that is known of it."""
    from livechat.terminal.notes import on_network_in_lines
    from livechat.terminal.style import text_of

    note = on_network_in_lines(before, told, t, signs)
    return text_of(note.row) if note is not None else ""
