"""A tool's call is one row: what is called, how long it has run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from reprlib import Repr
from typing import Final

from livechat.events import ToolEnded, ToolStarted
from livechat.terminal.cells import width, width_of
from livechat.terminal.glyphs import Glyphs
from livechat.terminal.page import NOTHING, Page, duration
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style

SPINS: Final = 8
"""Turns of the spinner a second, sign by sign."""

_LONGEST: Final = 400
"""Characters of a call or a result that are looked at: more than a row has."""
_LONGEST_ASKED: Final = 4000
"""Characters of a call that is asked about: more than anybody reads before a yes."""
_LEAST: Final = 6
"""Cells of a call that are shown in any case."""
_ROOMY: Final = 64
"""Cells of a row that has room for whole sentences."""
_GAP: Final = Safe("  ")


@dataclass(frozen=True, slots=True)
class Tool:
    """A call of a tool."""

    turn: int
    id: str
    name: str
    call: Safe
    """The name with its arguments, as one would write them."""
    asked_at: float | None
    """None for one that is known by its end alone."""
    waits: bool = False
    """The user has still to allow it."""
    end: ToolEnded | None = None
    left: bool = False
    """Nobody waits for its end any more."""
    queued: bool = False
    """It waits, and the user is asked about another first: no key answers it yet."""

    @property
    def runs(self) -> bool:
        return self.end is None and not self.left

    @property
    def asks(self) -> bool:
        """The user has still to say whether it may run."""
        return self.waits and self.runs

    def is_of(self, told: ToolStarted | ToolEnded) -> bool:
        """Whether a piece of news is about this call."""
        return (self.id, self.name) == (told.id, told.name)

    def label(self, page: Page, *, resumed: bool) -> Row:
        return page.label(page.glyphs.tool, self._style())

    def settled(self, page: Page, t: float) -> tuple[list[Row], Tool | None]:
        """Its row once it has ended, and itself until then."""
        return ([], self) if self.runs else ([self.row(page, t)], None)

    def live(self, page: Page, t: float, count: int) -> list[Row]:
        """Its row as it stands."""
        return [self.row(page, t)]

    def row(self, page: Page, t: float) -> Row:
        """What is called and how it stands, cut to one row."""
        style, brief = self._style(), page.room < _ROOMY
        call, status, result = (Span(self.call, style),), self._status(page, t, brief=brief), self._result()
        failed = self.end is not None and self.end.outcome == "failed" and not brief
        sent = f"{' ' if result else ''}{page.glyphs.dash} sent to the model" if failed else ""
        room = page.room - width(status) - len(_GAP) - (len(_GAP) + width(sent) if result or sent else 0)
        shown = page.cut(call, max(room - width(result), room // 2, _LEAST))
        words = page.cut((Span(result, style),), max(room - width_of(shown), 0)) if result else ()
        behind = (Span(_GAP), *words, Span(Safe(sent), style)) if words or sent else ()
        return page.cut((*shown, Span(Safe(_GAP + status), style), *behind), page.room)

    def elapsed(self, t: float) -> float:
        """Seconds since it was asked for."""
        return 0.0 if self.asked_at is None else max(t - self.asked_at, 0.0)

    def _style(self) -> Style:
        if self.end is None:
            return Style.YELLOW if self.waits or self.left else Style.CYAN
        return {"done": Style.DIM, "failed": Style.RED}.get(self.end.outcome, Style.YELLOW)

    def status(self, page: Page, t: float) -> Safe:
        """How it stands, as there is room to say it."""
        return self._status(page, t, brief=page.room < _ROOMY)

    def _status(self, page: Page, t: float, *, brief: bool) -> Safe:
        signs = page.glyphs
        if self.end is not None:
            return _ended(self.end, signs, brief=brief)
        elapsed = self.elapsed(t)
        if self.left:
            return Safe(f"{signs.cut} not finished after {duration(1000 * elapsed)}")
        if self.queued:
            return Safe(f"{signs.asks} {'next' if brief else 'you are asked next'}")
        if self.waits:
            return Safe(f"{signs.asks} {'' if brief else 'waits for you: '}[y]es [n]o [a]lways")
        return Safe(f"{signs.spinner[int(elapsed * SPINS) % len(signs.spinner)]} {elapsed:.1f} s")

    def _result(self) -> Safe:
        """What the model was told, if it was told anything."""
        told = self.end is not None and self.end.outcome in ("done", "failed", "denied")
        return _one_row(self.end.result) if self.end is not None and told else NOTHING


def asked(told: ToolStarted, t: float) -> Tool:
    """A call that begins now."""
    return Tool(told.turn, told.id, told.name, _call(told), t, told.waits)


def unasked(told: ToolEnded) -> Tool:
    """A call of which nobody told that it began."""
    return Tool(told.turn, told.id, told.name, _one_row(told.name), None, end=told)


def again(tool: Tool, told: ToolStarted) -> Tool:
    """A call that is told of once more: it was allowed."""
    return replace(tool, waits=told.waits)


def in_full(told: ToolStarted) -> Safe:
    """The call with all its arguments on one line, for one who is to allow it; of far too many the middle is left out,
    and that is said."""
    args = ", ".join(f"{_plain(name)}={value!r}" for name, value in told.args.items())
    call = f"{told.name}({args})"
    if len(call) > _LONGEST_ASKED:
        left = len(call) - _LONGEST_ASKED
        end = _LONGEST_ASKED // 4
        call = f"{call[: _LONGEST_ASKED - end]} [{left} characters left out: ctrl-o shows them] {call[-end:]}"
    return safe(call, multiline=False)


def question(page: Page, told: ToolStarted) -> list[Row]:
    """The call in full, where the row that asks about it has no room for all of it."""
    call = in_full(told)
    status = asked(told, 0.0).status(page, 0.0)
    if width_of((Span(call),)) + len(_GAP) + width(status) <= page.room:
        return []
    return page.hung(page.label(page.glyphs.tool, Style.YELLOW), page.wrapped((Span(call, Style.YELLOW),)))


def _ended(end: ToolEnded, signs: Glyphs, *, brief: bool) -> Safe:
    match end.outcome:
        case "done":
            return Safe(f"{signs.done} {duration(end.after_ms)}")
        case "failed":
            return Safe(f"{signs.failed} {duration(end.after_ms)}")
        case "stopped":
            return Safe(f"{signs.cut} you broke it off after {end.after_ms / 1000:.1f} s")
        case "cancelled" if brief:
            return Safe(f"{signs.cut} cancelled")
        case "cancelled":
            return Safe(f"{signs.cut} cancelled after {end.after_ms / 1000:.1f} s (result not sent)")
        case _:
            return Safe(f"{signs.cut} not run")


def _call(told: ToolStarted) -> Safe:
    shortener = Repr()
    shortener.maxstring = shortener.maxother = shortener.maxlong = _LONGEST
    shortener.maxlist = shortener.maxdict = 20
    args = ", ".join(f"{_plain(name)}={shortener.repr(value)}" for name, value in list(told.args.items())[:20])
    return _one_row(f"{told.name}({args})")


def _plain(name: str) -> str:
    """The name of an argument: in quotes where it could be taken for more than that."""
    return name if name.isidentifier() else repr(name)


def _one_row(text: str) -> Safe:
    return safe(" ".join(text[: 2 * _LONGEST].split()), multiline=False)
