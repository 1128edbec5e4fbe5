"""Keeps short notes for the model in one text file, a line each, and touches nothing else."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from livechat.tools.toolbox import ToolFailure

LONGEST: Final = 2_000
"""Characters of one note."""
MOST: Final = 1_000
"""Notes of one file."""


class Notes:
    """The notes of one folder, in its file notes.txt; the file is read anew each time, and may be edited by hand.

    Calls come from threads of their own, and one changes what another has read: so they are let in one by one.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "notes.txt"
        self._one_by_one = threading.Lock()

    def add(self, text: str) -> int:
        """Writes a note and gives its number, from 1. Raises ToolFailure and OSError."""
        note = " ".join(text.split())
        if not note or len(note) > LONGEST:
            raise ToolFailure(f"a note has 1 to {LONGEST} characters")
        with self._one_by_one:
            notes = self._read()
            if len(notes) >= MOST:
                raise ToolFailure(f"there are {len(notes)} notes already: delete some first")
            self._write([*notes, note])
            return len(notes) + 1

    def all(self) -> list[str]:
        """All notes in the order of their numbers. Raises OSError."""
        with self._one_by_one:
            return self._read()

    def delete(self, number: int) -> str:
        """Takes a note away and gives its words; those after it move up. Raises ToolFailure and OSError."""
        with self._one_by_one:
            notes = self._read()
            if not 1 <= number <= len(notes):
                raise ToolFailure(f"there is no note {number}: there are {len(notes)}")
            gone = notes.pop(number - 1)
            self._write(notes)
            return gone

    def _read(self) -> list[str]:
        try:
            text = self._file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line.strip()]

    def _write(self, notes: list[str]) -> None:
        """All at once: who stops the program in between loses none."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{note}\n" for note in notes)
        new.replace(self._file)
