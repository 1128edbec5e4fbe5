"""What stands in for a character that a stream's encoding does not have: what a typewriter would strike, else ?."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Final
from unicodedata import category

from livechat.terminal.glyphs import ASCII, UNICODE

ERRORS: Final = "livechat.lookalikes"
"""The error handler's name for `str.encode` and for streams, once `register` was called."""
_NARROW: Final = "livechat.lookalikes.narrow"

_PUNCTUATION: Final = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("\u00a0\u2009\u202f", " "),
    **dict.fromkeys("×✕", "x"),
    "÷": "/",
}
_SIGNS: Final = {
    sign: stand_in
    for signs, stand_ins in zip(UNICODE, ASCII, strict=True)
    for sign, stand_in in ([(signs, stand_ins)] if isinstance(signs, str) and isinstance(stand_ins, str) else [])
}
_LOOKALIKES: Final = {**_SIGNS, **_PUNCTUATION}
_WITHOUT_WIDTH: Final = ("Mn", "Me", "Cf")


def in_ascii(text: str) -> str:
    """`text` in ASCII: punctuation and our signs by what looks like them, accents by themselves not, else ?."""
    return "".join(map(_struck, text))


def encoded(text: str, encoding: str) -> bytes:
    """`text` for a screen that is counted in cells: nothing takes more of them than it did."""
    register()
    return text.encode(encoding, _NARROW)


def register() -> None:
    """Makes the handlers known to Python's codecs; twice does no harm."""
    codecs.register_error(ERRORS, lambda error: _handled(error, in_ascii))
    codecs.register_error(_NARROW, lambda error: _handled(error, _in_its_cells))


def _struck(char: str) -> str:
    if char.isascii():
        return char
    return _LOOKALIKES.get(char, "" if category(char) in _WITHOUT_WIDTH else "?")


def _in_its_cells(text: str) -> str:
    from livechat.terminal.cells import graphemes, width

    return "".join(in_ascii(grapheme)[: width(grapheme)] for grapheme in graphemes(text))


def _handled(error: UnicodeError, shown: Callable[[str], str]) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return shown(error.object[error.start : error.end]), error.end
