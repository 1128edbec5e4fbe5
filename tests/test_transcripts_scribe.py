"""The thread that writes transcripts: prompt, in order, and in nobody's way when a disk hangs."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator

import pytest

from livechat.transcripts import scribe
from livechat.transcripts.scribe import Scribe


class Disk:
    """Takes lines, as long as it is not told to hang or to fail."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.taken = threading.Semaphore(0)
        self.goes = threading.Event()
        self.goes.set()
        self.fails: Exception | None = None

    def __call__(self, line: str) -> None:
        assert self.goes.wait(20)
        if self.fails is not None:
            raise self.fails
        self.lines.append(line)
        self.taken.release()


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.goes.set()


@pytest.fixture
def whys() -> list[str]:
    return []


def test_lines_are_written_in_order_without_waiting_for_the_end(disk: Disk, whys: list[str]) -> None:
    writing = Scribe(disk, whys.append)
    for line in "abc":
        writing.write(line)
    assert all(disk.taken.acquire(timeout=20) for _ in "abc")
    assert (disk.lines, whys) == (["a", "b", "c"], [])
    writing.close()
    writing.close()


def test_without_a_line_there_is_no_thread(disk: Disk, whys: list[str]) -> None:
    before = threading.active_count()
    Scribe(disk, whys.append).close()
    assert (threading.active_count(), whys) == (before, [])


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "it was deleted"),
        (RuntimeError("a mistake of ours"), "a mistake of ours"),
    ],
)
def test_what_ends_it_is_told_once_where_lines_are_left(
    error: Exception, why: str, disk: Disk, whys: list[str]
) -> None:
    told_in: list[threading.Thread] = []
    disk.fails = error

    def lost(why: str) -> None:
        whys.append(why)
        told_in.append(threading.current_thread())

    writing = Scribe(disk, lost)
    writing.write("a")
    writing.close()
    writing.write("b")
    writing.close()
    assert (whys, told_in, disk.lines) == ([why], [threading.current_thread()], [])


def test_a_disk_that_hangs_holds_up_nobody_and_is_given_up_at_the_end(
    disk: Disk, whys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "CLOSE_S", 0.01)
    disk.goes.clear()
    writing = Scribe(disk, whys.append)
    writing.write("a")
    assert whys == []
    writing.close()
    assert whys == ["the disk does not answer"]
    disk.goes.set()


def test_what_waits_is_bounded(disk: Disk, whys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scribe, "MOST", 3)
    disk.goes.clear()
    writing = Scribe(disk, whys.append)
    for line in "abcdefgh":
        writing.write(line)
    assert whys == ["the disk does not keep up"]
    disk.goes.set()
    writing.close()
    assert "".join(disk.lines) in ("abc", "abcd")
    assert whys == ["the disk does not keep up"]
