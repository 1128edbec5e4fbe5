"""Edits the text that is being typed, as a terminal shows it in one row, with the lines that were sent before. Pure.

The cursor stands between graphemes: what a terminal shows as one character is passed and deleted as one. A text may
have several lines (pasted, or broken with alt-enter); keys that move to an end mean that of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from livechat.terminal.cells import ELLIPSIS, graphemes, width
from livechat.terminal.decoder import Key
from livechat.terminal.safe import Safe, safe

_APART: Final = re.compile(r"([\x00-\x1f\x7f-\x9f\u2028\u2029])")
"""Controls have no width, but each stands for itself: it is shown as a sign of its own."""
_BREAK: Final = "⏎"
NEAR: Final = 1000
"""Graphemes on each side of the cursor: more than a screen has room for, and few to draw."""


@dataclass(frozen=True)
class Edited:
    """The key was the editor's; the text or the cursor may have changed."""


@dataclass(frozen=True)
class Submitted:
    """The text is finished, as it was typed and pasted; the editor is empty again."""

    text: str


@dataclass(frozen=True)
class Unused:
    """The key means nothing to the editor: whoever has opened it may know better."""


Outcome: TypeAlias = Edited | Submitted | Unused


class Visible(NamedTuple):
    """What of the text is shown."""

    text: Safe
    """In one row; … stands where more is."""
    cursor: int
    """The cells before the cursor."""


class Editor:
    """Give it every key with `press`. It lives through many lines and remembers those that were sent."""

    def __init__(self, history: Iterable[str] = ()) -> None:
        self._letters: list[str] = []
        self._cursor = 0
        self._sent = list(history)
        """The oldest first."""
        self._recalled = len(self._sent)
        """Which of them is being edited; their number where none is."""
        self._draft = ""
        """What was typed before one was recalled."""

    @property
    def text(self) -> str:
        return "".join(self._letters)

    @property
    def cursor(self) -> int:
        """The graphemes before it."""
        return self._cursor

    def near(self, most: int = NEAR) -> tuple[str, int]:
        """At most so many graphemes on each side of the cursor, and how many of them stand before it."""
        first = max(0, self._cursor - most)
        return "".join(self._letters[first : self._cursor + most]), self._cursor - first

    def clear(self) -> None:
        """Forgets what was typed, not what was sent."""
        self._write("")
        self._recalled = len(self._sent)

    def press(self, key: Key) -> Outcome:
        """What comes of a key."""
        if key.released or (key.name == "ctrl-d" and not self._letters):
            return Unused()
        if key.name == "enter":
            return self._submit()
        if key.name in ("char", "space", "paste"):
            self._replace(self._cursor, self._cursor, key.text)
        elif not (self._moved(key.name) or self._deleted(key.name) or self._changed(key.name)):
            return Unused()
        return Edited()

    def view(self, columns: int) -> Visible:
        """So much around the cursor as fits into fewer than `columns` cells; a quarter of it is kept for what follows.

        Nothing of the text commands the terminal: it is shown as `safe` shows it, a line's end as ⏎.
        """
        room = columns - 1
        ahead, cells = self._fitting(range(self._cursor, len(self._letters)), room // 4)
        behind, cells = self._fitting(range(self._cursor - 1, -1, -1), room, cells)
        more, cells = self._fitting(range(self._cursor + ahead, len(self._letters)), room, cells)
        first, last = self._cursor - behind, self._cursor + ahead + more
        return self._framed(first, last, room)

    # ------------------------------------------------------------------------------------------------- keys

    def _submit(self) -> Submitted:
        text = self.text
        if text.strip() and self._sent[-1:] != [text]:
            self._sent.append(text)
        self.clear()
        return Submitted(text)

    def _moved(self, name: str) -> bool:
        """Whether the key moves the cursor."""
        match name:
            case "left" | "ctrl-b":
                place = self._cursor - 1
            case "right" | "ctrl-f":
                place = self._cursor + 1
            case "home" | "ctrl-a":
                place = 0
            case "end" | "ctrl-e":
                place = len(self._letters)
            case "ctrl-left" | "alt-left" | "alt-b":
                place = self._word_begins()
            case "ctrl-right" | "alt-right" | "alt-f":
                place = self._word_ends()
            case _:
                return False
        self._cursor = max(0, min(place, len(self._letters)))
        return True

    def _deleted(self, name: str) -> bool:
        """Whether the key deletes something, if it is there."""
        match name:
            case "backspace":
                self._replace(max(0, self._cursor - 1), self._cursor)
            case "delete" | "ctrl-d":
                self._replace(self._cursor, self._cursor + 1)
            case "ctrl-k":
                self._replace(self._cursor, len(self._letters))
            case "ctrl-u":
                self._replace(0, self._cursor)
            case "ctrl-w" | "alt-backspace" | "ctrl-backspace":
                self._replace(self._word_begins(), self._cursor)
            case _:
                return False
        return True

    def _changed(self, name: str) -> bool:
        """Whether the key breaks the line or puts another in its place."""
        match name:
            case "alt-enter" | "shift-enter":
                self._replace(self._cursor, self._cursor, "\n")
            case "up" | "ctrl-p":
                self._recall(self._recalled - 1)
            case "down" | "ctrl-n":
                self._recall(self._recalled + 1)
            case _:
                return False
        return True

    # ------------------------------------------------------------------------------------------------- text

    def _recall(self, which: int) -> None:
        if not 0 <= which <= len(self._sent):
            return
        if self._recalled == len(self._sent):
            self._draft = self.text
        self._recalled = which
        self._write(self._sent[which] if which < len(self._sent) else self._draft)

    def _write(self, text: str) -> None:
        self._letters = _letters(text)
        self._cursor = len(self._letters)

    def _replace(self, since: int, until: int, text: str = "") -> None:
        """Puts `text` in place of these graphemes and the cursor behind it; their neighbours may become one with it."""
        first = max(0, since - 1)
        before, after = ("".join(self._letters[one]) for one in (slice(first, since), slice(until, until + 1)))
        self._letters[first : until + 1] = _letters(before + text + after)
        passed = len(before) + len(text)
        self._cursor = first
        while passed > 0:
            passed -= len(self._letters[self._cursor])
            self._cursor += 1

    def _word_begins(self) -> int:
        """Of the word before the cursor."""
        return self._past(self._past(self._cursor, -1, space=True), -1, space=False)

    def _word_ends(self) -> int:
        """Of the word after the cursor."""
        return self._past(self._past(self._cursor, 1, space=True), 1, space=False)

    def _past(self, place: int, step: int, *, space: bool) -> int:
        """Where spaces end in that direction, or what is none."""
        while 0 <= (beside := min(place, place + step)) < len(self._letters):
            if self._letters[beside].isspace() != space:
                break
            place += step
        return place

    # ------------------------------------------------------------------------------------------------- sight

    def _fitting(self, places: range, room: int, taken: int = 0) -> tuple[int, int]:
        """How many of the letters there fit into `room` cells of which some are taken, and how many are then."""
        for count, place in enumerate(places):
            cells = width(_shown(self._letters[place]))
            if taken + cells > room:
                return count, taken
            taken += cells
        return len(places), taken

    def _framed(self, first: int, last: int, room: int) -> Visible:
        """These letters, with … in place of the outermost ones where there are more."""
        before, after = (
            [_shown(letter) for letter in letters]
            for letters in (self._letters[first : self._cursor], self._letters[self._cursor : last])
        )
        if first > 0:
            before = _marked(before)
        if last < len(self._letters):
            after = _marked(after[::-1])[::-1]
        return Visible(Safe("".join([*before, *after])), width("".join(before)))


def _marked(letters: list[Safe]) -> list[Safe]:
    """They with … in place of the first that is seen, if there is one."""
    for count, letter in enumerate(letters, 1):
        if width(letter):
            return [ELLIPSIS, *letters[count:]]
    return letters


def _letters(text: str) -> list[str]:
    """`text` by what is shown as one."""
    parts = _APART.split(text)
    return [one for n, part in enumerate(parts) for one in ([part] if n % 2 else graphemes(part))]


def _shown(letter: str) -> Safe:
    return safe(letter.replace("\n", _BREAK), multiline=False)
