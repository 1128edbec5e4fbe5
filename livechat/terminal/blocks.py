"""What is being said stands in blocks until its rows go into history, where nothing is ever changed again.

A block gives up its rows when nothing can change them any more: the user's words when they are complete, spoken words
when the listener has heard them, written words when their line is full. What is left of it stays in the live region.
"""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from livechat.terminal.cells import width_of
from livechat.terminal.ink import ink, inked, past_ink, word_start
from livechat.terminal.inputs import Playing
from livechat.terminal.markdown import Markdown
from livechat.terminal.page import NOTHING, USER, Page, clean, untabbed
from livechat.terminal.safe import Gate, Safe
from livechat.terminal.style import Row, Span, Style, text_of
from livechat.terminal.tool_rows import Tool

LIVE_ROWS: Final = 4
"""Rows of text in the live region."""
GRACE_S: Final = 0.4
"""How long complete words of the user still wait for a tail."""
SAID_AT_MOST: Final = 30
"""Characters a second that nobody outspeaks. Words may come long before their sound: that little has been heard
then is certain, whatever the proportion says."""

_GOOD_MS, _FAIR_MS = 800, 1500
_SEEN: Final = LIVE_ROWS + 2
"""Rows of a long text that are looked at for the live region."""
_UNHEARD: Final = Style.DIM | Style.STRIKE


@dataclass(frozen=True, slots=True)
class UserWords:
    """What the user says, or typed."""

    turn: int
    text: Safe
    """What of it is not in history."""
    whole: str
    """All of it, as it was told."""
    final: bool = False
    due: float | None = None
    """When it goes into history."""
    late: bool = False
    """More of the user's words of this turn stand in history."""

    def label(self, page: Page, *, resumed: bool) -> Row:
        return page.label(USER, Style.CYAN | Style.BOLD, goes_on=self.late)

    def settled(self, page: Page, t: float) -> tuple[list[Row], UserWords | None]:
        """The rows that go into history now, and what is left."""
        if self.due is None or t < self.due:
            return [], self
        return page.lines(self.text), None

    def live(self, page: Page, t: float, count: int) -> list[Row]:
        """At most so many rows of the region; the last matter most."""
        if self.final:
            return page.lines(self.text)[-count:]
        *before, last = self.text.split("\n")
        cursor = Span(page.glyphs.cursor, Style.CYAN)
        rows = page.lines(Safe("\n".join(before)), Style.ITALIC) if before else []
        return [*rows, *page.wrapped((Span(Safe(last), Style.ITALIC), cursor))][-count:]


@dataclass(frozen=True, slots=True)
class Speech:
    """What the model says aloud, as far as it is not in history."""

    turn: int
    gate: Gate = field(default_factory=Gate, compare=False)
    """Holds what may be the beginning of an escape; never fed, but copied and fed."""
    text: Safe = NOTHING
    before: int = 0
    """Characters that were said in this turn before those of `text`."""
    behind: int = 0
    """Characters that were said in this turn after those of `text`, and stand in a block behind."""
    playing: Playing | None = None
    got: int = 0
    """Characters of this turn that were once shown as heard: words come before their sound and sound before its words,
    so the estimate falls back now and then, but nothing that was heard is unheard again."""
    plays: bool = True
    """Its sound is played here."""
    begun: bool = False
    """Some of what the model said in this turn is in history."""
    unheard: int | None = None
    """So many characters at its end were never played."""
    sealed: bool = False
    """Nothing more is said in it."""
    over: bool = False
    """Nothing more is said or played of it."""
    after_ms: int | None = None
    """How long it was waited for."""

    @property
    def complete(self) -> bool:
        """No words are added to it."""
        return self.sealed or self.over

    @property
    def heard(self) -> int:
        """Characters of `text` that the listener got: an estimate in proportion to the sound, cut between words."""
        if self.over or not self.plays:
            return len(self.text)
        if self.playing is None:
            return 0
        total, heard_ms = self.before + len(self.text) + self.behind, self.playing.heard_ms
        share = total * heard_ms // max(self.playing.arrived_ms, heard_ms, 1)
        position = max(min(share, SAID_AT_MOST * heard_ms // 1000), self.got) - self.before
        return word_start(self.text, min(max(position, 0), len(self.text)))

    def label(self, page: Page, *, resumed: bool) -> Row:
        return _model_label(page, goes_on=self.begun, resumed=resumed)

    def told(self, text: str) -> Speech:
        """With more words."""
        gate = copy(self.gate)
        fed = _flat(gate.feed(text))
        kept = fed if self.text or self.before else fed.lstrip()
        return replace(self, gate=gate, text=Safe(self.text + kept))

    def played_on(self, playing: Playing) -> Speech:
        """When the listener is so far."""
        speech = replace(self, playing=playing)
        return replace(speech, got=max(self.got, self.before + speech.heard))

    def ended(self, after_ms: int | None = None) -> Speech:
        """When nothing more comes of it."""
        gate = copy(self.gate)
        return replace(self, gate=gate, text=Safe(self.text + _flat(gate.flush())), over=True, after_ms=after_ms)

    def interrupted(self, unheard: str, after_ms: int | None) -> Speech:
        """When the end of it is never played."""
        return replace(self.ended(after_ms), unheard=len(_flat(clean(unheard)).rstrip()))

    def broken_off(self) -> Speech:
        """When what was not heard by now never is, as far as anybody knows what was."""
        if self.over or self.playing is None:
            return self.ended(self.after_ms)
        unheard = self.text[self.heard :].rstrip()
        return replace(self.ended(), unheard=len(unheard))

    def settled(self, page: Page, t: float) -> tuple[list[Row], Speech | None]:
        """The rows that go into history now, and what is left."""
        if self.over or (self.sealed and self.heard == len(self.text)):
            return _with_badge(page, page.wrapped(self._struck(page)) if self.text.strip() else [], self.after_ms), None
        rows: list[Row] = []
        speech = self
        while row := speech._heard_row(page):
            rows.append(row)
            position = past_ink(speech.text, ink(text_of(row)))
            rest = Safe(speech.text[position:].lstrip())
            gone = len(speech.text) - len(rest)
            speech = replace(speech, text=rest, before=speech.before + gone, begun=True)
        return rows, speech

    def live(self, page: Page, t: float, count: int) -> list[Row]:
        """At most so many rows of the region; the first matter most, for the listener is there."""
        rows = page.wrapped(_karaoke(self._seen(page), self.heard)) if self.text.strip() else []
        if len(rows) <= count:
            return rows
        if count == 1:
            return rows[:1]
        ahead = f" {self.playing.ahead_ms / 1000:.0f} s ahead" if self.playing else ""
        return [*rows[: count - 1], page.cut((Span(Safe(page.glyphs.ellipsis + ahead), Style.DIM),), page.room)]

    def _seen(self, page: Page) -> Safe:
        """As much of the text as a region can show: what a reply has ahead may be minutes."""
        return Safe(self.text[: _SEEN * page.room])

    def _heard_row(self, page: Page) -> Row:
        """The first row, where it is full and all of it was heard; else none."""
        heard = self.heard
        if heard < page.room // 3:
            return ()  # not even a row that ends early, before a long word: most of the time, for little
        rows = page.wrapped((Span(Safe(self.text[: 3 * page.room])),))
        if len(rows) > 1 and ink(text_of(rows[0])) <= ink(self.text[:heard]):
            return rows[0]
        return ()

    def _struck(self, page: Page) -> Row:
        """The whole text, what was never heard of it marked and struck."""
        text = self.text.rstrip()
        heard = max(len(text) - (self.unheard or 0), 0)
        if heard == len(text):
            return (Span(Safe(text)),)
        before, after = text[:heard].rstrip(), text[heard:].lstrip()
        mark = f" {page.glyphs.cut} " if before else f"{page.glyphs.cut} "
        return (Span(Safe(before)), Span(Safe(mark), Style.DIM), Span(Safe(after), _UNHEARD))


@dataclass(frozen=True, slots=True)
class Writing:
    """What the model writes, as far as it is not in history: light Markdown, read line by line."""

    turn: int
    gate: Gate = field(default_factory=Gate, compare=False)
    """Holds what may be the beginning of an escape; never fed, but copied and fed."""
    markdown: Markdown = field(default_factory=Markdown, compare=False)
    """Knows whether a fence is open; never fed, but copied and fed."""
    text: Safe = NOTHING
    begun: bool = False
    """Some of what the model said in this turn is in history."""
    over: bool = False
    """No more is written."""
    after_ms: int | None = None
    """How long it was waited for."""

    @property
    def complete(self) -> bool:
        """No words are added to it."""
        return self.over

    def label(self, page: Page, *, resumed: bool) -> Row:
        return _model_label(page, goes_on=self.begun, resumed=resumed)

    def told(self, text: str) -> Writing:
        """With more words."""
        gate = copy(self.gate)
        fed = gate.feed(text)
        kept = fed if self.text or self.begun else fed.lstrip("\n")
        return replace(self, gate=gate, text=Safe(self.text + kept))

    def ended(self, after_ms: int | None = None) -> Writing:
        """When no more comes of it."""
        gate = copy(self.gate)
        return replace(self, gate=gate, text=Safe(self.text + gate.flush()), over=True, after_ms=after_ms)

    def interrupted(self, unheard: str, after_ms: int | None) -> Writing:
        """When it is cut off; all of it that came was there to be read."""
        return self.ended(after_ms)

    def settled(self, page: Page, t: float) -> tuple[list[Row], Writing | None]:
        """The rows that go into history now, and what is left."""
        markdown = copy(self.markdown)
        if self.over:
            rows = self._rows(page, markdown, self.text.rstrip()) if self.text.strip() else []
            return _with_badge(page, rows, self.after_ms), None
        complete, tail = _complete_lines(self.text)
        rows = [] if complete is None else self._rows(page, markdown, complete)
        while cut := _full_rows(page, markdown, tail):
            rows += page.wrapped(markdown.line(tail[:cut]))
            tail = tail[cut:].lstrip(" ")
        return rows, replace(self, markdown=markdown, text=Safe(tail), begun=self.begun or bool(rows))

    def live(self, page: Page, t: float, count: int) -> list[Row]:
        """At most so many rows of the region; the last matter most."""
        text = self.text.rstrip("\n")
        return self._rows(page, copy(self.markdown), text)[-count:] if text.strip() else []

    def _rows(self, page: Page, markdown: Markdown, text: str) -> list[Row]:
        return [row for line in text.split("\n") for row in page.wrapped(markdown.line(line))]


@dataclass(frozen=True, slots=True)
class Note:
    """Something said about the conversation, at its place in it."""

    sign: Safe
    row: Row
    style: Style = Style.YELLOW
    turn: int = 0

    def label(self, page: Page, *, resumed: bool) -> Row:
        return page.label(self.sign, self.style)

    def settled(self, page: Page, t: float) -> tuple[list[Row], Note | None]:
        """Its rows, all at once."""
        return page.wrapped(self.row), None

    def live(self, page: Page, t: float, count: int) -> list[Row]:
        """At most so many rows of the region."""
        return page.wrapped(self.row)[:count]


Block: TypeAlias = UserWords | Speech | Writing | Tool | Note


def badge(after_ms: int) -> Span:
    """How long an answer was waited for, good or bad by its colour too."""
    style = Style.GREEN if after_ms < _GOOD_MS else Style.YELLOW if after_ms < _FAIR_MS else Style.RED
    return Span(Safe(f"{after_ms} ms"), style)


def _with_badge(page: Page, rows: list[Row], after_ms: int | None) -> list[Row]:
    if after_ms is None or not rows:
        return rows
    mark = badge(after_ms)
    if width_of(rows[-1]) + 2 + len(mark.text) <= page.room:
        return [*rows[:-1], (*rows[-1], Span(Safe("  ")), mark)]
    return [*rows, page.cut((mark,), page.room)]


def _model_label(page: Page, *, goes_on: bool, resumed: bool) -> Row:
    """The model's name; nothing where the row above is the model's and of the same turn."""
    return () if goes_on and resumed else page.label(page.speaker, Style.MAGENTA | Style.BOLD, goes_on=goes_on)


def _flat(text: Safe) -> Safe:
    return Safe(untabbed(text).replace("\n", " "))


def _karaoke(text: Safe, heard: int) -> Row:
    return (Span(Safe(text[:heard])), Span(Safe(text[heard:]), Style.DIM))


def _complete_lines(text: str) -> tuple[str | None, str]:
    """The lines that are finished, if any, and what follows; blank lines wait for one that is not."""
    complete, newline, tail = text.rpartition("\n")
    if not newline:
        return None, text
    if tail.strip():
        return complete, tail
    told = complete.rstrip("\n")
    return (told, text[len(told) + 1 :]) if told else (None, text)


def _full_rows(page: Page, markdown: Markdown, line: str) -> int:
    """Where an unfinished line that is too long for the region is cut; 0 where it is not, or may better wait.

    Its beginning must be shown in just the same way without what follows, and what follows without it: a mark that
    is still open, or a word that alone would begin a list, is waited for, but not for ever.
    """
    head = line[: 2 * LIVE_ROWS * page.room]
    rows = [inked(text_of(row)) for row in page.wrapped(copy(markdown).line(head))]
    whole = "".join(rows)
    for count in range(len(rows) - LIVE_ROWS + 1, 0, -1):
        cut = _cut_behind(markdown, head, len("".join(rows[:count])))
        if _read(markdown, head[:cut]) + _read(markdown, head[cut:].lstrip(" ")) == whole:
            return cut
    return past_ink(head, len(rows[0])) if len(rows) >= 2 * LIVE_ROWS - 1 else 0


def _cut_behind(markdown: Markdown, line: str, amount: int) -> int:
    """Where in `line` so much of its ink is shown before; marks, which are not shown, come on top."""
    positions = range(past_ink(line, amount), len(line))
    return positions.start + bisect_left(positions, amount, key=lambda position: len(_read(markdown, line[:position])))


def _read(markdown: Markdown, line: str) -> str:
    """The ink of what `line` is shown as."""
    return inked(text_of(copy(markdown).line(line)))
