"""Writes one piece of news as one line of JSON (NDJSON), the same for the same news.

JSON's own escapes keep a line harmless: what could command a terminal or break the line (DEL, C1, bidi controls,
U+2028 and their like; C0 is escaped in JSON anyway) is written as `\\uXXXX`, so nothing is lost on the way to a
program. A lone surrogate, which strict readers refuse even as an escape, becomes U+FFFD.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from livechat.terminal.safe import Safe

Json: TypeAlias = Any

VERSION = 1

_HAZARD = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e007f]")


def line(t: float, type: str, **fields: Json) -> Safe:
    """The line, without its newline: version, seconds with milliseconds, the news' name, its fields as given.

    Raises TypeError or ValueError for what JSON does not have (NaN and infinity among it).
    """
    news = {"v": VERSION, "t": round(float(t), 3), "type": type, **fields}
    return harmless(json.dumps(news, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def harmless(text: str) -> Safe:
    """JSON text, of whatever lay-out, that means the same and commands no terminal."""
    return Safe(_HAZARD.sub(_escaped, text))


def _escaped(hazard: re.Match[str]) -> str:
    character = hazard[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return json.dumps(character)[1:-1] if character > "\x7f" else "\\u007f"
