"""Bounds what a frame may cost before it is decoded: a few megabytes of `{},{},{}` would take gigabytes and seconds.

What costs is not the length of a frame but the number of values in it: up to 6 µs and 1,400 bytes for each, measured
over every list and every object of the protocol, those that are refused included. Their number is told by the marks
before them, of which `{`, `[` and `,` are one each, and counting bytes takes next to no time.
"""

from __future__ import annotations

MOST_VALUES = 2**15
"""Values in a frame: at their dearest some 200 ms and 45 MB. A history of 6,500 turns has as many."""

_NO_MARKS = bytes(set(range(256)) - set(b"{[,"))


def too_rich(frame: str | bytes) -> str | None:
    """What is wrong with a frame of more values than may be; None if it may be decoded.

    Marks in texts are no marks, however many there are. Of a frame that is not JSON, all that is read before that
    becomes plain is counted. 16 MiB take 10 ms, and at worst some 100.
    """
    if len(frame) <= MOST_VALUES:  # no mark is shorter than a byte
        return None
    data = frame if isinstance(frame, bytes) else frame.encode("utf-8", "surrogatepass")
    if _marks(data) <= MOST_VALUES or (_may_be_few(data) and _marks(_outside_strings(data)) <= MOST_VALUES):
        return None
    return f"More than {MOST_VALUES} values in one message."


def _marks(data: bytes) -> int:
    return len(data.translate(None, _NO_MARKS))


def _may_be_few(data: bytes) -> bool:
    """Whether there are so few strings that there may be few values, each of which has a key and a text at most.

    The quotes that open strings never stand behind a backslash, and those that close them seldom do.
    """
    return data.count(b'"') - data.count(b'\\"') <= 4 * MOST_VALUES


def _outside_strings(data: bytes) -> bytes:
    """What is left of JSON without its strings."""
    return b"".join(data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
