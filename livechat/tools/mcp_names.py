"""The names under which a model knows the tools of a server: NAME_tool, legal on the wire and kept apart."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 64
"""Characters of a function's name (the Live API's setup)."""
_ILLEGAL: Final = re.compile(r"[^a-zA-Z0-9_.-]")
_DIGITS: Final = 6


def wire_names(server: str, tools: Iterable[str]) -> dict[str, str]:
    """The tools' own names by those on the wire. `server` is legal, and has no underscore: the first one ends it.

    A name depends on no other tool unless two would be the same. What a name had to give up shows as six digits of
    its hash.
    """
    named = list(dict.fromkeys(tools))
    plain = {tool: _legal(f"{server}_{tool}") for tool in named}
    often = Counter(plain.values())
    return {_marked(plain[tool], tool) if often[plain[tool]] > 1 else plain[tool]: tool for tool in named}


def _legal(name: str) -> str:
    legal = _ILLEGAL.sub("_", name)
    return legal if len(legal) <= LONGEST else _marked(legal, name)


def _marked(legal: str, name: str) -> str:
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
    return f"{legal[: LONGEST - _DIGITS - 1]}_{mark}"
