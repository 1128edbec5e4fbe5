"""The notes that history keeps of what happens to a conversation, each saying no more than is known."""

from __future__ import annotations

from livechat.events import Event, Faltering, Interrupted, Noted, Reconnected, Reconnecting, SoundDropped
from livechat.terminal.blocks import Note
from livechat.terminal.glyphs import Glyphs
from livechat.terminal.network import Network, outcome
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Span, Style


def cut_off(told: Interrupted, signs: Glyphs, *, by_key: bool, away: bool = False) -> Note:
    """That a reply was interrupted, by whom, and what became of its words; `away`: there is no connection."""
    who = "cut off with the connection" if away else "you stopped the reply" if by_key else "you interrupted"
    dropped = f" ({told.dropped_ms / 1000:.1f} s dropped)" if told.dropped_ms else ""
    if not told.heard_ms and (told.dropped_ms or told.unheard.strip()):
        words = "reply dropped before it started"
    elif told.unheard.strip():
        words = f"{who} {signs.dash} the struck words were never played{dropped}"
    else:
        words = f"{who}{dropped}"
    return _note(signs.cut, words)


def taken_along(signs: Glyphs) -> Note:
    """That the rest of an answer went with its connection."""
    return _note(signs.cut, "cut off with the connection")


def on_network(before: Network, told: Event, signs: Glyphs) -> Note | None:
    """The note that news of the network is worth where its state is shown beside it, if any.

    A server that asks us to move is no trouble: where the move succeeds at once, it is told what came of it alone.
    """
    match told:
        case Reconnecting():
            last = before.reconnecting
            known = last is not None and last.why == told.why and not _goes_well(before, last)
            return None if known or _goes_well(before, told) else _reconnecting(told, signs)
        case Reconnected():
            return _reconnected(told, signs)
        case _:
            return None


def on_network_in_lines(before: Network, told: Event, t: float, signs: Glyphs) -> Note | None:
    """The note that it is worth where nothing but lines is shown, if any."""
    match told:
        case Faltering() if bool(told.silent_s) is not bool(before.faltering):
            words = unanswered(told.silent_s) if told.silent_s else Safe("the network answers again")
            return _note(signs.reconnecting, words)
        case SoundDropped() if before.dropping(t) is None:
            return _note(signs.reconnecting, unsent(told))
        case _:
            return on_network(before, told, signs)


def unanswered(seconds: float) -> Safe:
    """For how long nothing that we sent has arrived."""
    return Safe(f"the network does not answer for {seconds:.1f} s")


def unsent(told: SoundDropped) -> Safe:
    """How much of what the user said was never sent."""
    return Safe(f"{told.ms / 1000:.1f} s of your voice not sent: the network does not keep up")


def noted(told: Noted, signs: Glyphs) -> Note:
    """What stops nothing and should be known."""
    return _note(signs.separator, _line(told.text))


def _goes_well(before: Network, told: Reconnecting) -> bool:
    return before.moving and told.attempt <= 1


def _reconnecting(told: Reconnecting, signs: Glyphs) -> Note:
    """That the connection is gone, and why."""
    return _note(signs.reconnecting, f"{_line(told.why) or 'the connection is gone'} {signs.dash} reconnecting")


def _reconnected(told: Reconnected, signs: Glyphs) -> Note:
    """What is left of the conversation behind a new connection."""
    style = {"resumed": Style.GREEN, "rebuilt": Style.YELLOW}.get(told.how, Style.RED)
    return _note(signs.reconnecting, outcome(told.how, told.turns, signs.dash), style)


def _note(sign: Safe, words: str, style: Style = Style.YELLOW) -> Note:
    return Note(sign, (Span(Safe(words), style),), style)


def _line(text: str) -> Safe:
    return safe(" ".join(text.split()), multiline=False)
