"""Tells the log what the tools of a file print, line by line and bounded: the terminal is the conversation's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

LONGEST: Final = 1_000
"""Characters of one line that are told."""
A_SECOND: Final = 256 * 1024
"""Bytes that are read for lines in each second; what is printed beyond is thrown away unread."""
log = logging.getLogger(__name__)


class Room:
    """So much, in each second."""

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._since = clock()
        self._left = most

    def take(self, size: int) -> bool:
        """Whether there is room for so much; then there is less."""
        if (now := self._clock()) - self._since >= 1:
            self._since, self._left = now, self._most
        if self._left <= 0:
            return False
        self._left -= size
        return True


class Prints:
    """What one file prints, piece by piece as it comes."""

    def __init__(self, title: str, clock: Callable[[], float] = monotonic) -> None:
        self._title = title
        self._room = Room(A_SECOND, clock)
        self._line = b""
        """The beginning of a line."""

    def take(self, data: bytes) -> bool:
        """Whether there was room for it."""
        if not self._room.take(len(data)):
            self._line = b""
            return False
        *lines, last = (self._line + data).split(b"\n")
        self._line = last[: 4 * LONGEST]
        for line in lines:
            self._tell(line)
        return True

    def end(self) -> None:
        """Nothing more comes, and the last line may have no end."""
        if self._line:
            self._tell(self._line)

    def _tell(self, line: bytes) -> None:
        words = line[: 4 * LONGEST].decode("utf-8", "replace").rstrip("\r")
        log.info("the tool %s printed: %s", self._title, words[:LONGEST])
