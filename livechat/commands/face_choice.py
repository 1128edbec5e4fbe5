"""Which face a conversation shows: a screen that is redrawn, lines that are only added to, or those and its states.

A screen needs a terminal on both streams that can move its cursor. CI=1 says that nobody watches; ACCESSIBLE=1, as
other programs of the terminal understand it, that it is read aloud.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

if TYPE_CHECKING:
    from livechat.config import Settings

FaceWish: TypeAlias = Literal["auto", "tty", "plain", "screen-reader"]
"""What the user asks for."""
Face: TypeAlias = Literal["tty", "plain", "accessible"]
"""What is shown."""

_IMMOBILE = ("", "dumb", "unknown")
"""Values of TERM for terminals of which nothing is known, or no more than that they print."""


def choose_face(wanted: FaceWish, env: Mapping[str, str], *, out_is_terminal: bool, err_is_terminal: bool) -> Face:
    """The face for a wish, in an environment, on two streams."""
    match wanted:
        case "plain":
            return "plain"
        case "screen-reader":
            return "accessible"
        case "tty":
            watched = True
        case "auto" if _is_set(env, "ACCESSIBLE"):
            return "accessible"
        case _:
            watched = not _is_set(env, "CI")
    return "tty" if watched and out_is_terminal and err_is_terminal and _moves(env) else "plain"


def wants_ascii(wanted: bool | None, encoding: str | None) -> bool:
    """Whether signs are drawn in ASCII: as wished, else where the encoding of the stream holds no others."""
    return not _is_utf8(encoding) if wanted is None else wanted


def face_of(settings: Settings, env: Mapping[str, str], out: TextIO | None, err: TextIO | None) -> Face:
    """The face for the settings of this run on its stdout and stderr."""
    return choose_face(settings.output.face, env, out_is_terminal=is_terminal(out), err_is_terminal=is_terminal(err))


def ascii_of(settings: Settings, stream: TextIO | None) -> bool:
    """Whether the face is drawn in ASCII on this stream."""
    return wants_ascii(settings.output.ascii, None if stream is None else stream.encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream, which may be absent or closed, is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def at_terminal(out: TextIO | None) -> bool:
    """Whether somebody can be asked: what is written here and on stderr is read, and stdin takes the answer."""
    import sys

    return all(map(is_terminal, (sys.stdin, out, sys.stderr)))


def _is_set(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() not in ("", "0", "false")


def _moves(env: Mapping[str, str]) -> bool:
    """Whether the terminal moves its cursor. The consoles of Windows do, and name themselves by no TERM."""
    usual = "windows" if env.get("OS") == "Windows_NT" else ""
    return env.get("TERM", usual) not in _IMMOBILE


def _is_utf8(encoding: str | None) -> bool:
    try:
        return encoding is not None and codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
