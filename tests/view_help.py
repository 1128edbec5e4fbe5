"""A face without a terminal: news goes in, and what would be on the screen comes out as text."""

from __future__ import annotations

from livechat.events import ModelSaid, Ready, TurnEnded, UserSaid
from livechat.terminal.inputs import Gauged, Look, Playing
from livechat.terminal.picture import picture
from livechat.terminal.states import State
from livechat.terminal.style import Row, Span, Style, text_of
from livechat.terminal.view import News, closed, opened, state, step

PUCK = Look("puck", server="gemini")
WRITER = Look("puck", meters=False, plays=False)
"""The look of a conversation in writing."""
SILENCE = float("-inf")


class Face:
    """Remembers everything that went into history."""

    def __init__(self, look: Look = PUCK, columns: int = 61, lines: int = 24, *, ready: bool = True) -> None:
        self.view = opened(look, columns, lines)
        self.rows: list[Row] = []
        self.t = 0.0
        if ready:
            self.tell(Ready("model"))

    def tell(self, *news: News, at: float | None = None) -> Face:
        self.t = self.t if at is None else at
        for told in news:
            self.view = step(self.view, told, self.t)
            self.rows += self.view.finished
        return self

    def close(self) -> Face:
        self.view = closed(self.view, self.t)
        self.rows += self.view.finished
        return self

    @property
    def history(self) -> str:
        return shown(self.rows)

    @property
    def live(self) -> str:
        """The words of the region."""
        rows = picture(self.view, self.t)
        return shown(rows[: _gap(rows)]).strip("\n")

    @property
    def footer(self) -> str:
        rows = picture(self.view, self.t)
        return shown(rows[_gap(rows) :]).strip("\n")

    @property
    def state(self) -> State:
        return state(self.view)

    def spans(self, text: str) -> list[Span]:
        """The spans of history and region that hold the text."""
        return [span for row in (*self.rows, *picture(self.view, self.t)) for span in row if text in span.text]

    def style(self, text: str) -> Style:
        """How the text looks, wherever it stands alone in a span."""
        (span,) = self.spans(text)
        return span.style


def _gap(rows: tuple[Row, ...]) -> int:
    """Where the blank row above the footer stands."""
    return max((place for place, row in enumerate(rows) if not row), default=0)


def shown(rows: list[Row] | tuple[Row, ...]) -> str:
    return "\n".join(text_of(row).rstrip() for row in rows)


def heard(text: str, turn: int = 1) -> UserSaid:
    """All that the user says in a turn, complete."""
    return UserSaid(turn, text, text, final=True)


def hearing(text: str, turn: int = 1) -> UserSaid:
    """The same while it is being said."""
    return UserSaid(turn, text, text, final=False)


def said(text: str, turn: int = 1) -> ModelSaid:
    return ModelSaid(turn, text, spoken=True)


def wrote(text: str, turn: int = 1) -> ModelSaid:
    return ModelSaid(turn, text, spoken=False)


def ended(turn: int = 1, text: str = "", *, spoken_ms: int = 0, interrupted: bool = False) -> TurnEnded:
    return TurnEnded(turn, "", text, interrupted, spoken_ms)


def sounding(heard_ms: int, arrived_ms: int, turn: int = 1) -> Gauged:
    return Gauged(-40.0, -20.0, playing=Playing(turn, heard_ms, arrived_ms))
