"""The face that is read aloud: the plain lines of a conversation, and each change of its state in a short sentence.

    Listening.
    Hearing you.
    you: How far is the moon?
    Thinking.

Nothing is ever written over. Whoever listens cannot skim: a line is whole when it comes, and of the states at most
one a second is told, the newest, and none that is over. They are those of `livechat.terminal.view`, as on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TextIO

from livechat.events import Event, Hushed, Interrupted
from livechat.terminal.inputs import Headed, Look, Muted, Own, Told, TypingEnded
from livechat.terminal.plain import Plain
from livechat.terminal.states import State
from livechat.terminal.style import Row, text_of
from livechat.terminal.view import View, opened, state, step

PAUSE_S: Final = 1.0
"""From one sentence on the state to the next."""

_SENTENCES: Final = {
    State.CONNECTING: "Connecting.",
    State.READY: "Ready.",
    State.LISTENING: "Listening.",
    State.HEARING_YOU: "Hearing you.",
    State.THINKING: "Thinking.",
    State.SPEAKING: "Speaking.",
    State.TOOL_RUNNING: "A tool is running.",
    State.MUTED: "Muted.",
    State.TYPING: "Microphone paused.",
    State.PUSH_WAITING: "Press space to talk.",
    State.ON_AIR: "On air.",
}
_WRITTEN: Final = {State.SPEAKING: "Answering.", State.LISTENING: "Ready."}
"""Where the user types."""
_COLUMNS, _LINES = 80, 24
"""Of a view that is never drawn."""


class Accessible:
    """An observer of a session. Time is what `clock` says, in seconds.

    A sentence that has to wait is told with the next news: tell `Ticked` when it is `due`, or twice a second.
    """

    def __init__(self, stream: TextIO, look: Look, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._lines = Plain(stream, model=look.speaker, streams=False, ascii=True)
        self._view = opened(look, _COLUMNS, _LINES)
        self._happened: tuple[str, str] | None = None
        """The sentence on the state in which something happened, and what is told of it instead."""
        self._told = ""
        """The newest sentence."""
        self._told_at = float("-inf")

    @property
    def view(self) -> View:
        """What it knows now."""
        return self._view

    @property
    def due(self) -> float | None:
        """When the sentence that waits may be told; None where none does."""
        return None if self._sentence() in ("", self._told) else self._told_at + PAUSE_S

    def __call__(self, t: float, event: Event) -> None:
        self._lines(t, event)
        self._step(event)

    def tell(self, told: Own | Hushed) -> None:
        """Takes what the face is told beside the news of the session."""
        if isinstance(told, Told):
            self._write_rows((told.row,))
        elif isinstance(told, Headed):
            self._write_rows(told.rows)
        self._step(told)

    def make_way(self) -> None:
        """No line is ever half written."""

    end = make_way

    def _step(self, told: Event | Own | Hushed) -> None:
        before, now = self._view, self._clock()
        self._view = step(before, told, now)
        if happened := _happening(told, before):
            self._happened, self._told = (sentence(self._view), happened), ""
        elif self._happened is not None and self._happened[0] != sentence(self._view):
            self._happened = None
        if (due := self.due) is not None and due <= now:
            self._told, self._told_at = self._sentence(), now
            self._write(self._told)

    def _sentence(self) -> str:
        return sentence(self._view) if self._happened is None else self._happened[1]

    def _write_rows(self, rows: tuple[Row, ...]) -> None:
        for row in rows:
            if words := text_of(row).strip():
                self._write(words)

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def sentence(view: View) -> str:
    """What is said of the state of a conversation; nothing of its end, of which others tell more."""
    now = state(view)
    if (trying := view.network.reconnecting) is not None and now is State.RECONNECTING:
        return f"Reconnecting, try {trying.attempt} of {trying.of}."
    if now is State.TOOL_RUNNING and any(tool.waits for tool in view.story.running()):
        return "A tool asks you."
    if not view.look.meters and now in _WRITTEN:
        return _WRITTEN[now]
    return _SENTENCES.get(now, "")


def _happening(told: Event | Own | Hushed, before: View) -> str:
    """What a piece of news says that no state does."""
    match told:
        case Interrupted():
            return "" if before.network.away else "Reply stopped."
        case Muted() | TypingEnded() if not before.look.meters:
            return ""
        case Muted(muted=muted) if muted is not before.muted:
            return "Muted." if muted else "Microphone on."
        case TypingEnded() if before.typing is not None and not before.muted:
            return "Microphone on."
        case _:
            return ""
