"""Light Markdown, line by line: bold, italic, code, headings, lists and fences; all else stands as it was written.

Marks go and their style comes, but what still means something without its style is kept: the backticks of code, the
fences of a block, the numbers of a list. A mark without its partner is text. No character of a word is ever lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from livechat.terminal.glyphs import UNICODE, Glyphs
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style

TAB: Final = 4
"""Columns from one tab stop to the next."""
CODE_INDENT: Final = Safe("    ")

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_HEADING = re.compile(r" {0,3}#{1,6} +(?P<words>.*?\S)(?: +#+)? *")
_ITEM = re.compile(r"(?P<indent> *)[-*+] +(?=\S)")
_RULE = re.compile(r" *([-*_])( *\1){2,} *")
_NEAR = "{1,500}"  # characters between a mark and its partner, so that no line takes time that grows with its square
_INLINE = re.compile(
    rf"(?<!`)(?P<ticks>`{{1,3}})(?!`)(?P<code>.{_NEAR}?)(?<!`)(?P=ticks)(?!`)"
    rf"|\*\*(?=[^\s*])(?P<bold>.{_NEAR}?)(?<=[^\s*])\*\*(?!\*)"
    rf"|(?<![\w*])\*(?=[^\s*])(?P<italic>[^*]{_NEAR})(?<=\S)\*(?![\w*])"
)


class Markdown:
    """Reads whole lines in their order; it remembers only whether it is inside a fence.

    Lines may be foreign text: they pass the gate here.
    """

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        self._glyphs = glyphs
        self._fence = ""
        """The fence that stands open."""

    def line(self, text: str) -> Row:
        """The row that `text`, one line, is shown as; not wrapped."""
        clean = safe(text.expandtabs(TAB), multiline=False)
        fence = _FENCE.fullmatch(clean)
        if self._fence:
            return self._inside(clean, fence)
        if fence:
            self._fence = fence["fence"]
            return (Span(clean, Style.DIM),)
        return self._prose(clean)

    def _inside(self, clean: Safe, fence: re.Match[str] | None) -> Row:
        """A line of code, or the fence that closes it: of the same sign, as long at least, with nothing behind."""
        if fence and fence["fence"].startswith(self._fence) and not fence["info"].strip():
            self._fence = ""
            return (Span(clean, Style.DIM),)
        return (Span(CODE_INDENT), Span(clean)) if clean else ()

    def _prose(self, clean: Safe) -> Row:
        if heading := _HEADING.fullmatch(clean):
            return tuple(_styled(heading["words"], Style.BOLD))
        item = None if _RULE.fullmatch(clean) else _ITEM.match(clean)
        if item is None:
            return tuple(_styled(clean, Style.NONE))
        bullet = Span(Safe(f"{item['indent']}{self._glyphs.bullet} "))
        return (bullet, *_styled(clean[item.end() :], Style.NONE))


def _styled(text: str, style: Style) -> Iterator[Span]:
    """`text` in spans, its inline marks turned into styles on top of `style`."""
    position = 0
    for mark in _INLINE.finditer(text):
        yield from _span(text[position : mark.start()], style)
        yield from _marked(mark, style)
        position = mark.end()
    yield from _span(text[position:], style)


def _marked(mark: re.Match[str], style: Style) -> Iterator[Span]:
    match mark.lastgroup:
        case "bold":
            yield from _styled(mark["bold"], style | Style.BOLD)
        case "italic":
            yield from _styled(mark["italic"], style | Style.ITALIC)
        case _:
            yield from _span(mark[0], style | Style.CYAN)


def _span(text: str, style: Style) -> Iterator[Span]:
    if text:
        yield Span(Safe(text), style)
