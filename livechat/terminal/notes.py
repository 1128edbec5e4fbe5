"""The notes that history keeps of what happens to a conversation, each saying no more than is known."""

from __future__ import annotations

from livechat.events import GoingAway, Interrupted, Noted, Reconnected, Reconnecting
from livechat.terminal.blocks import Note
from livechat.terminal.glyphs import Glyphs
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Span, Style


def cut_off(told: Interrupted, signs: Glyphs, *, by_key: bool) -> Note:
    """That a reply was interrupted, and what became of its words."""
    who = "you stopped the reply" if by_key else "you interrupted"
    dropped = f" ({told.dropped_ms / 1000:.1f} s dropped)" if told.dropped_ms else ""
    if not told.heard_ms and (told.dropped_ms or told.unheard.strip()):
        words = "reply dropped before it started"
    elif told.unheard.strip():
        words = f"{who} {signs.dash} the struck words were never played{dropped}"
    else:
        words = f"{who}{dropped}"
    return _note(signs.cut, words)


def reconnecting(told: Reconnecting, signs: Glyphs) -> Note:
    """That the connection is gone, and why."""
    return _note(signs.reconnecting, f"{_line(told.why) or 'the connection is gone'} {signs.dash} reconnecting")


def reconnected(told: Reconnected, signs: Glyphs) -> Note:
    """What is left of the conversation behind a new connection."""
    match told.how:
        case "resumed":
            return _note(signs.reconnecting, f"resumed {signs.dash} the server still has the conversation", Style.GREEN)
        case "rebuilt":
            return _note(signs.reconnecting, f"rebuilt {signs.dash} the server was told the conversation again")
        case _:
            words = f"lost {signs.dash} connected again, but the server knows nothing of what was said"
            return _note(signs.reconnecting, words, Style.RED)


def going_away(told: GoingAway, signs: Glyphs) -> Note:
    """That the server will close the connection."""
    return _note(signs.reconnecting, f"the server will close the connection in {told.time_left_s:.1f} s")


def noted(told: Noted, signs: Glyphs) -> Note:
    """What stops nothing and should be known."""
    return _note(signs.separator, _line(told.text))


def _note(sign: Safe, words: str, style: Style = Style.YELLOW) -> Note:
    return Note(sign, (Span(Safe(words), style),), style)


def _line(text: str) -> Safe:
    return safe(" ".join(text.split()), multiline=False)
