"""Notes in one text file: numbered, bounded, and whole whatever happens."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from livechat.tools.notes import LONGEST, MOST, Notes
from livechat.tools.toolbox import ToolFailure


def test_notes_are_kept_in_a_file_that_a_person_can_read(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "new" / "folder")
    assert notes.all() == []
    assert [notes.add("milk"), notes.add("  two\nlines – ü\ud800 ")] == [1, 2]
    assert notes.all() == ["milk", "two lines – ü?"]
    file = tmp_path / "new" / "folder" / "notes.txt"
    assert file.read_text(encoding="utf-8") == "milk\ntwo lines – ü?\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["notes.txt"]


def test_what_a_person_writes_into_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"bread\n\n  \n\xff\n")
    assert Notes(tmp_path).all() == ["bread", "\ufffd"]


def test_those_after_a_deleted_note_move_up(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    for word in ("a", "b", "c"):
        notes.add(word)
    assert notes.delete(2) == "b"
    assert notes.all() == ["a", "c"]


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_note_that_is_not_there_is_a_failure(tmp_path: Path, number: int) -> None:
    notes = Notes(tmp_path)
    notes.add("a")
    with pytest.raises(ToolFailure, match=f"there is no note {number}: there are 1"):
        notes.delete(number)


@pytest.mark.parametrize("text", ["", "  \n", "x" * (LONGEST + 1)])
def test_a_note_has_words_and_an_end(tmp_path: Path, text: str) -> None:
    with pytest.raises(ToolFailure, match="a note has 1 to"):
        Notes(tmp_path).add(text)


def test_there_are_only_so_many_notes(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a\n" * MOST)
    with pytest.raises(ToolFailure, match=f"there are {MOST} notes already"):
        Notes(tmp_path).add("b")


def test_notes_that_are_written_at_the_same_time_are_all_there(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    threads = [threading.Thread(target=notes.add, args=[str(n)]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(notes.all(), key=int) == [str(n) for n in range(20)]
