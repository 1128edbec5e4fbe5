"""What stands in for a character that a stream's encoding does not have: what a typewriter would strike, else ?."""

from __future__ import annotations

import codecs
from typing import Final

from livechat.terminal.glyphs import ASCII, UNICODE

ERRORS: Final = "livechat.lookalikes"
"""The error handler's name for `str.encode` and for streams, once `register` was called."""

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
_LOOKALIKES: Final = str.maketrans({**_SIGNS, **_PUNCTUATION})


def in_ascii(text: str) -> str:
    """`text` in ASCII: punctuation and our signs by what looks like them, all else as question marks."""
    return text.translate(_LOOKALIKES).encode("ascii", "replace").decode("ascii")


def register() -> None:
    """Makes the handler known to Python's codecs; twice does no harm."""
    codecs.register_error(ERRORS, _handled)


def _handled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end
