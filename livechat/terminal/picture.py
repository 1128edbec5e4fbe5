"""The picture is the live region of a moment: what is being said, a blank row, the state of things, the keys.

     you  And what about the day aft▌

     ◆ HEARING YOU    mic ███████▎··  out ··········  612 ms   0:34  1 turn
          space talk   m mute   t type   s stop reply   ? help   q quit

Every row is narrower than the terminal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from livechat.terminal.blocks import LIVE_ROWS, Block, UserWords
from livechat.terminal.cells import graphemes
from livechat.terminal.footer import LEAST_LINES, footer
from livechat.terminal.safe import Safe, safe
from livechat.terminal.states import State
from livechat.terminal.story import labelled
from livechat.terminal.style import Row, Span, Style
from livechat.terminal.tool_rows import Tool
from livechat.terminal.view import View, state

PROMPT: Final = Safe("type> ")
TYPED_ROWS: Final = 2
"""Rows of a line that is being typed."""


def picture(view: View, t: float) -> tuple[Row, ...]:
    """The rows of the live region, top to bottom; none once the session has ended."""
    if state(view) is State.ENDED:
        return ()
    below = footer(view, t)
    blank: list[Row] = [()] if view.lines >= LEAST_LINES else []
    above = _text(view, t, max(view.lines - 1 - len(blank) - len(below), 1))
    return (*above, *blank, *below)


def _text(view: View, t: float, room: int) -> list[Row]:
    """The words that are not history yet, in at most `LIVE_ROWS` rows, and the line that is being typed."""
    spacious = room > LIVE_ROWS + 1
    budget = min(LIVE_ROWS, room)
    typed = _typed(view, min(TYPED_ROWS, budget))
    rows = _said(view, t, budget - len(typed))
    gap: list[Row] = [()] if typed else []
    return [row for row in (*rows, *gap, *typed) if row or spacious][-room:]


def _said(view: View, t: float, budget: int) -> list[Row]:
    """The rows of the last blocks, each with its fair share of the rows there are; a question is always shown."""
    page, teller, question = view.page, view.story.teller, view.story.question()
    blocks = [_queued(block, question) for block in view.story.blocks]
    wanted = [(block, rows) for block in blocks if (rows := block.live(page, t, LIVE_ROWS))]
    shown = wanted[-budget:] if budget else []
    if budget and question is not None and not any(block is question for block, _ in shown):
        shown = [(question, question.live(page, t, 1)), *shown[1:]]
    said: list[Row] = []
    for (block, rows), share in zip(shown, _shares([len(rows) for _, rows in shown], budget), strict=True):
        some = rows if share == len(rows) else block.live(page, t, share)
        said += labelled(page, block, some, resumed=teller == block.turn)
        teller = None if isinstance(block, (UserWords, Tool)) else block.turn
    return said


def _queued(block: Block, question: Tool | None) -> Block:
    """A call that waits until another is answered says so: keys are for that one."""
    return replace(block, queued=True) if isinstance(block, Tool) and block.asks and block is not question else block


def _shares(wanted: list[int], budget: int) -> list[int]:
    """How many rows each gets, dealt out one by one."""
    shares = [0] * len(wanted)
    for _ in range(min(budget, sum(wanted))):
        hungry = [place for place, share in enumerate(shares) if share < wanted[place]]
        shares[min(hungry, key=lambda place: shares[place])] += 1
    return shares


def _typed(view: View, most: int) -> list[Row]:
    """The line that is being typed, around its cursor."""
    if view.typing is None:
        return []
    page = view.page
    letters = graphemes(safe(view.typing.text, multiline=False))
    cursor = min(view.typing.cursor, len(letters))
    before, after = Safe("".join(letters[:cursor])), Safe("".join(letters[cursor:]))
    row = (Span(PROMPT, Style.CYAN), Span(before), Span(page.glyphs.cursor, Style.CYAN), Span(after))
    rows = page.wrapped_wide(row)
    at = len(page.wrapped_wide(row[:3]))
    first = max(at - most, 0)
    return rows[first : first + most]
