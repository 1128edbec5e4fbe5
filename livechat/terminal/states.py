"""The states of a conversation, each with its sign, its word and its colour, and the keys that mean something in it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from livechat.terminal.glyphs import Glyphs
from livechat.terminal.safe import Safe
from livechat.terminal.style import Style


class State(Enum):
    """Where a conversation is, in one word."""

    CONNECTING = auto()
    READY = auto()
    LISTENING = auto()
    HEARING_YOU = auto()
    THINKING = auto()
    SPEAKING = auto()
    TOOL_RUNNING = auto()
    RECONNECTING = auto()
    MUTED = auto()
    TYPING = auto()
    PUSH_WAITING = auto()
    ON_AIR = auto()
    ENDED = auto()


class Sign(NamedTuple):
    """How a state shows."""

    symbol: str
    """Which of the glyphs."""
    word: Safe
    style: Style


Keys: TypeAlias = tuple[tuple[str, str], ...]
"""Keys and what they do."""

SIGNS: Final[dict[State, Sign]] = {
    State.CONNECTING: Sign("waiting", Safe("CONNECTING"), Style.YELLOW),
    State.READY: Sign("ready", Safe("READY"), Style.GREEN),
    State.LISTENING: Sign("ready", Safe("LISTENING"), Style.GREEN),
    State.HEARING_YOU: Sign("hearing", Safe("HEARING YOU"), Style.CYAN),
    State.THINKING: Sign("waiting", Safe("THINKING"), Style.YELLOW),
    State.SPEAKING: Sign("speaking", Safe("SPEAKING"), Style.MAGENTA),
    State.TOOL_RUNNING: Sign("tool", Safe("TOOL RUNNING"), Style.YELLOW),
    State.RECONNECTING: Sign("reconnecting", Safe("RECONNECTING"), Style.YELLOW),
    State.MUTED: Sign("off", Safe("MUTED"), Style.ALARM),
    State.TYPING: Sign("off", Safe("MIC PAUSED"), Style.YELLOW),
    State.PUSH_WAITING: Sign("off", Safe("HOLD/TAP SPACE"), Style.YELLOW),
    State.ON_AIR: Sign("hearing", Safe("ON AIR"), Style.RED),
    State.ENDED: Sign("off", Safe("ENDED"), Style.DIM),
}

UP: Final = "↑"
"""The key of that arrow."""

_HELP, _QUIT, _MUTE, _TYPE, _STOP = ("?", "help"), ("q", "quit"), ("m", "mute"), ("t", "type"), ("s", "stop reply")
_TALK = ("space", "talk")
_VOICE: Final[Keys] = (_MUTE, _TYPE, _STOP, _HELP, _QUIT)
_KEYS: Final[dict[State, Keys]] = {
    State.CONNECTING: (_QUIT,),
    State.READY: (("speak", "any time"), _MUTE, _TYPE, _HELP, _QUIT),
    State.LISTENING: (("speak", "any time"), _MUTE, _TYPE, _HELP, _QUIT),
    State.HEARING_YOU: _VOICE,
    State.THINKING: (_STOP, _MUTE, _TYPE, _HELP, _QUIT),
    State.SPEAKING: (_STOP, _MUTE, _TYPE, _HELP, _QUIT),
    State.TOOL_RUNNING: (("x", "cancel tool"), _MUTE, _TYPE, _HELP, _QUIT),
    State.RECONNECTING: (("r", "retry now"), _QUIT),
    State.MUTED: (("m", "unmute"), ("space", "talk once"), _TYPE, _HELP, _QUIT),
    State.TYPING: (("enter", "send"), ("esc", "back to voice"), (UP, "last line"), ("ctrl-u", "clear")),
    State.PUSH_WAITING: (_TALK, _MUTE, _TYPE, _HELP, _QUIT),
    State.ON_AIR: (("space", "send"), _QUIT),
    State.ENDED: (),
}
_WRITTEN: Final[Keys] = (("enter", "send"), (UP, "last line"), ("ctrl-u", "clear"), ("ctrl-d", "quit"))
_ANSWERING: Final[Keys] = (("esc", "stop reply"), *_WRITTEN)
_CANCEL: Final = ("x", "cancel tool")
_APPROVAL: Final[Keys] = (("y", "yes"), ("n", "no"), ("a", "always"), _CANCEL)
ASKING: Final = Safe("TOOL ASKS YOU")
_WRITTEN_WORDS: Final = {State.SPEAKING: Safe("ANSWERING"), State.LISTENING: Safe("READY")}


_SHORT: Final = {
    "any time": "now",
    "stop reply": "stop",
    "cancel tool": "cancel",
    "retry now": "retry",
    "talk once": "talk",
    "back to voice": "back",
    "last line": "last",
}


def sign_of(state: State, *, spoken: bool) -> Sign:
    """How a state shows where the user speaks, and where the user types."""
    sign = SIGNS[state]
    return sign if spoken or state not in _WRITTEN_WORDS else sign._replace(word=_WRITTEN_WORDS[state])


_CALLING: Final[Keys] = (_CANCEL, ("esc", "stop reply"), ("enter", "send"), _WRITTEN[-1])


def approval(*, spoken: bool) -> Keys:
    """The keys that answer a tool's question."""
    return (*_APPROVAL, _QUIT) if spoken else (*_APPROVAL, _WRITTEN[-1])


def keys_of(state: State, *, spoken: bool, writing: bool = False) -> Keys:
    """The keys of a state, those that matter most first; while a line is being written letters are none."""
    if spoken or state in (State.CONNECTING, State.ENDED) or (state is State.RECONNECTING and not writing):
        return _KEYS[state]
    if state is State.TOOL_RUNNING and not writing:
        return _CALLING
    return _ANSWERING if state in (State.THINKING, State.SPEAKING, State.TOOL_RUNNING) else _WRITTEN


def short(keys: Keys) -> Keys:
    """The same in as few words as can be."""
    return tuple((key, _SHORT.get(does, does)) for key, does in keys)


def fewer_and_fewer(keys: Keys) -> Iterator[Keys]:
    """The same without the least important, and so on; help and the way out stay to the end."""
    while keys:
        yield keys
        place = len(keys) - (3 if keys[-2:] == (_HELP, _QUIT) and len(keys) > 2 else 2)
        keys = (*keys[: max(place, 0)], *keys[max(place, 0) + 1 :])


def symbol_of(sign: Sign, signs: Glyphs) -> Safe:
    """The sign as the terminal shows it."""
    symbol: Safe = getattr(signs, sign.symbol)
    return symbol
