"""Reads a length of time as people write it: 90, 90s, 30m, 1h30m."""

from __future__ import annotations

import re

from livechat.errors import UsageError

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_WRITTEN = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?", re.IGNORECASE)


def seconds(text: str, option: str) -> float:
    """So many seconds, of which there are some. Raises UsageError, with the option's name."""
    written = _WRITTEN.fullmatch(text.strip())
    total = sum(float(written[unit] or 0) * size for unit, size in _UNITS.items()) if written else 0.0
    if not 0 < total < float("inf"):
        raise UsageError(f"{option}: {text!r} is no length of time", hint=f"{option} 90s, {option} 30m")
    return total
