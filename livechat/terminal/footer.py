"""The footer tells the state of things at one fixed place: a row of sign, word and figures, and a row of keys.

     ◆ HEARING YOU    mic ███████▎··  out ··········  612 ms   0:34  1 turn
          space talk   m mute   t type   s stop reply   ? help   q quit

It takes 78 cells at most, and less on a narrow terminal: first the meters go, then all but the word.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan
from typing import Final

from livechat.events import Reconnecting
from livechat.terminal.blocks import badge
from livechat.terminal.cells import padded, width, width_of
from livechat.terminal.inputs import Sending
from livechat.terminal.meter import bar
from livechat.terminal.notes import unanswered, unsent
from livechat.terminal.safe import Safe, safe
from livechat.terminal.states import (
    ASKING,
    UP,
    Keys,
    State,
    approval,
    fewer_and_fewer,
    keys_of,
    short,
    sign_of,
    symbol_of,
)
from livechat.terminal.style import Row, Span, Style
from livechat.terminal.view import SILENT_S, View, state

CHROME_CELLS: Final = 78
"""The most that a row takes."""
ROOMY: Final = 72
"""Columns from which a meter that shows nothing need not give way to words."""
FULL: Final = 60
"""Columns from which there is room for everything."""
MIDDLING: Final = 40
"""Columns from which there is room for more than a word."""
LEAST_LINES: Final = 8
"""Lines of a terminal from which the region has more chrome than one row."""
THOUGHTFUL_S: Final = 1.0
"""How long somebody may think before it is counted."""

_WORD_CELLS: Final = 16
_TRIES_CELLS: Final = len("try 2 of 8, next in 12.3 s")
_CLIP: Final = Safe("CLIP")


def footer(view: View, t: float) -> list[Row]:
    """The row of the state, a hint where there is one, and the row of keys."""
    where = state(view)
    page, limit = view.page, min(view.page.usable, CHROME_CELLS)
    status = _status(view, where, t, limit)
    if view.columns < MIDDLING or view.lines < LEAST_LINES:
        return [status]
    hint = [
        page.cut((Span(Safe(" " * page.indent)), Span(words, Style.YELLOW)), limit) for words in _hint(view, where, t)
    ]
    return [status, *hint, *([_keys(view, where, limit)] if view.look.keys else [])]


def _hint(view: View, where: State, t: float) -> list[Safe]:
    """What should be looked to, if anything."""
    if dropped := view.network.dropping(t):
        return [unsent(dropped)]
    silent = f"mic is silent {view.page.glyphs.dash} wrong device or muted in the OS?"
    return [Safe(silent)] if _is_silent(view, where, t) else []


def _is_silent(view: View, where: State, t: float) -> bool:
    listens = where not in (State.CONNECTING, State.RECONNECTING, State.MUTED, State.TYPING)
    silent = view.quiet_since is not None and t - view.quiet_since >= SILENT_S
    return silent and listens and view.look.meters


def _status(view: View, where: State, t: float, limit: int) -> Row:
    """The state in a word, and after it the facts for which there is room."""
    row = _word(view, where, t)
    if view.columns < MIDDLING:
        keys = (Span(Safe("  ")), Span(Safe("?"), Style.BOLD)) if view.look.keys else ()
        longer = (*row, *keys)
        return longer if width_of(longer) <= limit else view.page.cut(row, limit)
    row = padded(row, _WORD_CELLS + 1)
    for place, fact in enumerate(_facts(view, where, t)):
        longer = (*row, Span(Safe("  " if place else " ")), *fact)
        if width_of(longer) > limit:
            break
        row = longer
    return row


def _word(view: View, where: State, t: float) -> Row:
    """Symbol and word, with what is counted beside them."""
    sign = sign_of(where, spoken=view.look.meters)
    asks = where is State.TOOL_RUNNING and _asks(view, where)
    word = f" {symbol_of(sign, view.page.glyphs)} {ASKING if asks else sign.word}{_counted(view, where, t)}"
    if where is State.MUTED:
        return (Span(Safe(word.ljust(_WORD_CELLS)), sign.style | Style.BOLD),)
    return (Span(Safe(word), sign.style | Style.BOLD),)


def _counted(view: View, where: State, t: float) -> str:
    if where is State.ON_AIR and view.floor.taken_at is not None:
        return f" {_clock(t - view.floor.taken_at)}"
    if where is State.THINKING and view.awaited is not None and t - view.awaited.since >= THOUGHTFUL_S:
        elapsed = t - view.awaited.since
        return f" {elapsed:.1f} s" if elapsed < 9.95 else f" {elapsed:.0f} s"
    return ""


def _facts(view: View, where: State, t: float) -> list[Row]:
    """What stands behind the word, what matters most first."""
    if where is State.CONNECTING:
        return _connecting(view, t)
    if view.network.reconnecting is not None:
        return _reconnecting(view, view.network.reconnecting, t)
    if where is State.MUTED:
        words = "nothing you say leaves this machine" if view.columns >= FULL else "nothing you say is sent"
        meters = _meters(view, float("-inf"), nan) if view.columns >= ROOMY else []
        return [*meters, (Span(Safe(words), Style.DIM),)]
    mic_dbfs = nan if where is State.TYPING else view.gauged.mic_dbfs
    if silent_s := view.network.silent_s(t):
        words = unanswered(silent_s) if view.columns >= FULL else Safe(f"no answer for {silent_s:.1f} s")
        return [(Span(words, Style.YELLOW),), *_meters(view, mic_dbfs, nan)]
    return [*_meters(view, mic_dbfs, view.gauged.out_dbfs), *_numbers(view, t)]


def _meters(view: View, mic_dbfs: float, out_dbfs: float) -> list[Row]:
    """The meters for which there is room; none for a level that is none."""
    meters = [("mic ", mic_dbfs, Style.GREEN), ("out ", out_dbfs, Style.MAGENTA)]
    full = view.columns >= FULL and view.look.meters
    return [_meter(view, name, dbfs, style) for name, dbfs, style in meters if full and not isnan(dbfs)]


def _numbers(view: View, t: float) -> list[Row]:
    """The last latency, the session's length and turns; padded, so that none moves the next."""
    since = 0.0 if view.ready_at is None else t - view.ready_at
    turns = view.story.turns
    latency = [] if view.last_ms is None else [padded((badge(view.last_ms),), len("1234 ms"))]
    clock = Span(Safe(_clock(since).ljust(len("59:59"))), Style.DIM)
    if view.sending is not None:
        return [_sent(view.sending)]
    return [*latency, (clock,), (Span(Safe(f"{turns} turn{'' if turns == 1 else 's'}"), Style.DIM),)]


def _sent(sending: Sending) -> Row:
    """How much of a recording has been sent."""
    words = f"sent {_clock(sending.position_s)}"
    if sending.total_s:
        words += f" of {_clock(sending.total_s)} ({min(1.0, sending.position_s / sending.total_s):.0%})"
    return (Span(Safe(words)),)


def _connecting(view: View, t: float) -> list[Row]:
    elapsed = 0.0 if view.began_at is None else max(t - view.began_at, 0.0)
    where = safe(view.look.server, multiline=False)
    server = [(Span(Safe(where + view.page.glyphs.ellipsis), Style.DIM),)] if where else []
    return [*server, (Span(Safe(f"{elapsed:.1f} s"), Style.DIM),)]


def _reconnecting(view: View, told: Reconnecting, t: float) -> list[Row]:
    left = view.network.reconnecting_at + told.in_s - t
    when = f"next in {left:.1f} s" if left > 0 else "now"
    tries = Span(Safe(f"try {told.attempt} of {told.of}, {when}".ljust(_TRIES_CELLS)), Style.YELLOW)
    kept_s = max(told.kept_s, view.gauged.kept_s)
    kept = [(Span(Safe(f"mic kept: {kept_s:.1f} s"), Style.DIM),)] if view.look.meters else []
    return [(tries,), *kept]


def _meter(view: View, name: str, dbfs: float, style: Style) -> Row:
    """A name and its bar; where the microphone clipped, the word takes the place of the last cells."""
    ascii = view.look.ascii
    cells = bar(dbfs, ascii=ascii, style=style)
    if name.startswith("mic") and view.clipped_at is not None:
        kept = view.page.cut_bare(cells, width_of(cells) - width(_CLIP) - ascii)
        cells = (*kept, Span(_CLIP, Style.RED | Style.BOLD), *((Span(Safe("]")),) if ascii else ()))
    return (Span(Safe(name), Style.DIM), *cells)


def _keys(view: View, where: State, limit: int) -> Row:
    """The keys that mean something now; in words where there is room for words."""
    spoken, writing = view.look.meters, view.typing is not None and bool(view.typing.text)
    asks = _asks(view, where) and not writing
    if where is State.RECONNECTING and spoken and view.typing is not None:
        where = State.TYPING  # what is typed waits for the connection
    keys = approval(spoken=spoken) if asks else keys_of(where, spoken=spoken, writing=writing)
    margin = Span(Safe(" " * view.page.indent))
    wordy = [(keys, 3), (keys, 2)] if view.columns >= FULL else []
    choices = (*wordy, *((fewer, 2) for fewer in fewer_and_fewer(short(keys))))
    rows: Iterator[Row] = ((margin, *_listed(some, gap, ascii=view.look.ascii)) for some, gap in choices)
    return next((row for row in rows if width_of(row) <= limit), ())


def _asks(view: View, where: State) -> bool:
    """A tool waits for the user's word, and a key would give it where no line is begun."""
    by_key = where not in (State.CONNECTING, State.RECONNECTING, State.TYPING)
    return by_key and any(tool.waits for tool in view.story.running())


def _listed(keys: Keys, gap: int, *, ascii: bool) -> Row:
    spans: list[Span] = []
    for key, does in keys:
        name = "up" if ascii and key == UP else key
        spans += [Span(Safe(name), Style.BOLD), Span(Safe(f" {does}"), Style.DIM), Span(Safe(" " * gap))]
    return tuple(spans[:-1])


def _clock(seconds: float) -> str:
    """Minutes and seconds, and hours where there are any."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
