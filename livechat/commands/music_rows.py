"""Three rows tell of music that plays: its state and settings, its prompts or the one being typed, the keys. Pure.

▸ PLAYING  0:34 of 1:00  bpm 125  density 0.6  C major / A minor  drums off
  minimal techno · warm pads ×1.5
  ↑↓ bpm  ←→ density  b B brightness  d drums  space pause  p prompt  r reset  ? help  q quit
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from livechat.library.music_settings import scale_in_words
from livechat.terminal.cells import cut, padded, width_of
from livechat.terminal.glyphs import glyphs
from livechat.terminal.safe import Safe, safe
from livechat.terminal.states import Keys, fewer_and_fewer
from livechat.terminal.style import Row, Span, Style

if TYPE_CHECKING:
    from livechat.commands.music_desk import Desk
    from livechat.terminal.editor import Editor

State: TypeAlias = Literal["connecting", "waiting", "playing", "writing", "paused", "no speaker"]
"""`waiting` is for the first sound, or for more; `writing` is playing where nobody listens; without a speaker the music
waits for one."""
WIDEST: Final = 118
"""Cells that a row takes at most."""
_WORD_CELLS: Final = 12
_INDENT: Final = Safe("   ")
PROMPT: Final = Safe("prompt> ")
_SIGNS: Final[dict[State, tuple[str, Style]]] = {
    "connecting": ("waiting", Style.YELLOW),
    "waiting": ("waiting", Style.YELLOW),
    "playing": ("speaking", Style.MAGENTA),
    "writing": ("speaking", Style.MAGENTA),
    "paused": ("off", Style.YELLOW),
    "no speaker": ("failed", Style.RED),
}
_HELP, _QUIT = ("?", "help"), ("q", "quit")
_STEERING: Final[Keys] = (
    ("↑↓", "bpm"),
    ("←→", "density"),
    ("b B", "brightness"),
    ("d", "drums"),
    ("p", "prompt"),
    ("r", "reset"),
)
_WRITTEN: Final[Keys] = (("enter", "send"), ("esc", "back"), ("↑", "last prompt"))
_ASCII: Final = {"↑↓": "up down", "←→": "left right", "↑": "up"}


@dataclass(frozen=True)
class Sight:
    """What is to be seen at a moment."""

    state: State
    desk: Desk
    heard_s: float = 0.0
    """Of the music, how much was heard, or written where nobody hears it."""
    total_s: float | None = None
    gain_db: float = 0.0
    """How much louder it is played than it comes."""
    gaps: int = 0
    keys: bool = True
    """Keys are read."""
    steers: bool = True
    """And what they change is heard."""
    editor: Editor | None = None
    """The prompt that is being typed."""


def rows(sight: Sight, columns: int, *, ascii: bool = False) -> list[Row]:
    """The live region, each row narrower than the terminal."""
    room = max(min(columns - 1, WIDEST), 1)
    found = [_status(sight, room, ascii=ascii), _second(sight, room, ascii=ascii)]
    return [*found, _keys(sight, room, ascii=ascii)] if sight.keys else found


def _status(sight: Sight, room: int, *, ascii: bool) -> Row:
    sign, style = _SIGNS[sight.state]
    symbol: Safe = getattr(glyphs(ascii=ascii), sign)
    row: Row = padded((Span(Safe(f" {symbol} {sight.state.upper()}"), style | Style.BOLD),), _WORD_CELLS)
    for fact in _facts(sight):
        longer = (*row, Span(Safe("  ")), *fact)
        if width_of(longer) > room:
            break
        row = longer
    return cut(row, room)


def _facts(sight: Sight) -> Iterator[Row]:
    of = f" of {clock(sight.total_s)}" if sight.total_s is not None else ""
    yield (Span(Safe(f"{clock(sight.heard_s)}{of}"), Style.DIM),)
    if sight.gain_db:
        yield (Span(Safe(f"{sight.gain_db:+.0f} dB")),)
    for words in settings_in_words(sight.desk):
        yield (Span(words),)
    if sight.gaps:
        yield (Span(Safe(f"{sight.gaps} gap{'' if sight.gaps == 1 else 's'}"), Style.RED),)


def settings_in_words(desk: Desk) -> list[Safe]:
    """What is asked for beside the prompts; what is left to the model is left out."""
    config = desk.config
    named = (("bpm", config.bpm), ("density", config.density), ("brightness", config.brightness))
    rarer = (("guidance", config.guidance), ("temperature", config.temperature), ("top-k", config.top_k))
    switched = (
        ("drums off", config.mute_drums),
        ("bass off", config.mute_bass),
        ("bass and drums alone", config.only_bass_and_drums),
    )
    return [
        *(Safe(f"{name} {value:g}") for name, value in named if value is not None),
        *([safe(scale_in_words(config.scale), multiline=False)] if config.scale else []),
        *(Safe(words) for words, on in switched if on),
        *(Safe(f"{name} {value:g}") for name, value in rarer if value is not None),
        *([safe(config.music_generation_mode.lower(), multiline=False)] if config.music_generation_mode else []),
        *([Safe(f"seed {config.seed}")] if config.seed is not None else []),
    ]


def _second(sight: Sight, room: int, *, ascii: bool) -> Row:
    if sight.editor is None:
        return cut((Span(_INDENT), *_prompts(sight.desk, ascii=ascii)), room)
    seen = sight.editor.view(max(room - len(_INDENT) - len(PROMPT), 2))
    before, after = _divided(seen.text, seen.cursor)
    cursor = Span(glyphs(ascii=ascii).cursor, Style.CYAN)
    return cut((Span(_INDENT), Span(PROMPT, Style.CYAN), Span(before), cursor, Span(after)), room)


def _divided(text: Safe, cells: int) -> tuple[Safe, Safe]:
    """What stands before the cursor, and what behind it."""
    from livechat.terminal.cells import graphemes, width

    before = ""
    for letter in graphemes(text):
        if width(before) >= cells:
            break
        before += letter
    return Safe(before), Safe(text[len(before) :])


def _prompts(desk: Desk, *, ascii: bool) -> Iterator[Span]:
    signs, times = glyphs(ascii=ascii), "x" if ascii else "×"
    for number, prompt in enumerate(desk.prompts):
        if number:
            yield Span(Safe(f" {signs.separator} "), Style.DIM)
        yield Span(safe(prompt.text or "", multiline=False), Style.BOLD)
        if prompt.weight not in (None, 1):
            yield Span(Safe(f" {times}{prompt.weight:g}"), Style.DIM)


def _keys(sight: Sight, room: int, *, ascii: bool) -> Row:
    listed = (_listed(keys, ascii=ascii) for keys in fewer_and_fewer(_keys_of(sight)))
    return next((row for row in listed if width_of(row) <= room), ())


def _keys_of(sight: Sight) -> Keys:
    if sight.editor is not None:
        return _WRITTEN
    space = ("space", "play" if sight.state == "paused" else "pause")
    if sight.state == "connecting" or not sight.steers:
        return (space, _QUIT) if sight.state == "paused" else (_QUIT,)
    return (*_STEERING[:4], space, *_STEERING[4:], _HELP, _QUIT)


def _listed(keys: Keys, *, ascii: bool) -> Row:
    spans: list[Span] = [Span(_INDENT)]
    for key, does in keys:
        name = _ASCII.get(key, key) if ascii else key
        spans += [Span(Safe(name), Style.BOLD), Span(Safe(f" {does}"), Style.DIM), Span(Safe("  "))]
    return tuple(spans[:-1])


def clock(seconds: float) -> str:
    """Minutes and seconds, and hours where there are any."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
