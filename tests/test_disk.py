"""What is left for the disk is written in order by one thread; nothing the disk does holds up who left it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from livechat import disk
from livechat.disk import Backlog, LineWriter, WriterThread, in_words

SOON_S = 5.0


class Told(list[str]):
    """Remembers what it is told, and by which thread."""

    def __call__(self, why: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.append(why)


@contextmanager
def pipe_that_nobody_reads() -> Generator[tuple[TextIO, int], None, None]:
    """A real file in which a write hangs; the other end lets it go."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0):
        yield os.fdopen(writing, "w", encoding="utf-8"), reading


def read_to_the_end(reading: int) -> bytes:
    """All that comes until the thread has closed its end."""
    return b"".join(iter(lambda: os.read(reading, 65_536), b""))


# ------------------------------------------------------------------------------------------------ the backlog


def test_what_is_put_comes_out_in_order() -> None:
    backlog: Backlog[str] = Backlog(10)
    assert all(backlog.put(item, 1) for item in "abc")
    assert list(backlog.drain()) == ["a", "b", "c"]
    assert list(backlog.drain()) == []


def test_what_is_too_much_is_refused_and_counted() -> None:
    backlog: Backlog[str] = Backlog(10)
    assert backlog.put("one that is larger than all", 40)
    assert not backlog.put("b", 3)
    assert not backlog.put("c", 4)
    assert backlog.lost == 7
    assert list(backlog.drain()) == ["one that is larger than all"]
    assert backlog.put("d", 1)


def test_what_is_being_written_still_counts_as_waiting() -> None:
    backlog: Backlog[str] = Backlog(1)
    backlog.put("a", 1)
    draining = backlog.drain()
    assert next(draining) == "a"
    assert not backlog.put("b", 1)
    assert next(draining, None) is None
    assert backlog.put("c", 1)


def test_an_hour_of_weights_adds_up_to_nothing() -> None:
    backlog: Backlog[int] = Backlog(0.1)
    for number in range(180_000):
        assert backlog.put(number, 0.02 + number * 1e-9)
        assert list(backlog.drain()) == [number]


# ------------------------------------------------------------------------------------------------- the thread


def test_work_is_done_in_rounds_then_a_last_time_then_it_ends() -> None:
    rounds: list[object] = []
    third = threading.Event()

    def work(last: bool) -> None:
        rounds.append(last)
        if len(rounds) == 3:
            third.set()

    thread = WriterThread("test", work, rounds.append)
    assert third.wait(SOON_S)
    assert thread.close()
    assert thread.close(), "twice is once"
    assert rounds[:3] == [False, False, False]
    assert rounds[-2:] == [True, None]


def test_what_work_raises_ends_it() -> None:
    ended: list[Exception | None] = []
    over = threading.Event()
    trouble = OSError(28, "No space left on device")

    def work(last: bool) -> None:
        raise trouble

    def end(failed: Exception | None) -> None:
        ended.append(failed)
        over.set()

    thread = WriterThread("test", work, end)
    assert over.wait(SOON_S)
    assert thread.close()
    assert ended == [trouble]


def test_closing_waits_no_longer_than_it_may() -> None:
    let_go = threading.Event()

    def work(last: bool) -> None:
        let_go.wait(SOON_S)

    thread = WriterThread("test", work, lambda failed: None)
    assert not thread.close(0.01)
    let_go.set()
    assert thread.close()


# -------------------------------------------------------------------------------------------------- the lines


def test_lines_are_in_the_file_when_it_is_closed(tmp_path: Path) -> None:
    told = Told()
    lines = LineWriter(open(tmp_path / "lines", "w", encoding="utf-8"), told)  # noqa: SIM115
    for number in range(1000):
        lines.write(f"{number} é\n")
    lines.close()
    assert (tmp_path / "lines").read_text("utf-8").splitlines() == [f"{number} é" for number in range(1000)]
    assert not told


def test_lines_are_on_the_disk_soon_without_closing() -> None:
    reading, writing = os.pipe()
    lines = LineWriter(os.fdopen(writing, "w"), Told())
    lines.write("hello\n")
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.readline() == b"hello\n"
        lines.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without a disk that is always full")
def test_a_full_disk_is_told_once_and_holds_up_nobody() -> None:
    told = Told()
    lines = LineWriter(open("/dev/full", "w"), told)  # noqa: SIM115
    lines.write("one\n")
    lines.close()
    lines.write("two\n")
    lines.close()
    assert told == ["No space left on device"]


def test_a_full_disk_is_told_by_the_next_line() -> None:
    told, closed = Told(), threading.Event()

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            closed.set()

    lines = LineWriter(Full(), told)
    assert closed.wait(SOON_S)
    lines.write("one\n")
    assert told == ["No space left on device"]
    lines.close()
    assert len(told) == 1


def test_a_reader_that_is_gone_ends_the_lines() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    told = Told()
    lines = LineWriter(os.fdopen(writing, "w"), told)
    lines.write("one\n")
    lines.close()
    assert told == ["Broken pipe"]


def test_a_hanging_disk_holds_up_neither_a_line_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LINES_MOST", 300_000)
    told = Told()
    with pipe_that_nobody_reads() as (file, reading):
        lines = LineWriter(file, told)
        for _ in range(20):
            lines.write("x" * 99_999 + "\n")
        assert told == ["the disk does not keep up"]
        whole = b""
        while whole.count(b"\n") < 3:
            whole += os.read(reading, 65_536)
        lines.write("there would be room for it now\n")
        lines.close()
        assert len(told) == 1
        whole += read_to_the_end(reading)
    assert 3 <= whole.count(b"\n") < 20
    assert set(whole.split(b"\n")) == {b"x" * 99_999, b""}, "what was taken is whole, and nothing follows a hole"


def test_a_disk_that_only_hangs_at_the_end_is_told_too() -> None:
    told = Told()
    with pipe_that_nobody_reads() as (file, reading):
        lines = LineWriter(file, told)
        lines.write("x" * 200_000 + "\n")
        lines.close()
        assert told == ["the disk does not answer"]
        assert read_to_the_end(reading) == b"x" * 200_000 + b"\n"


HANGS = """
import os
from livechat.disk import LineWriter

lines = LineWriter(os.fdopen(os.pipe()[1], "w"), print)
lines.write("x" * 200_000 + "\\n")
lines.close()
"""


def test_a_process_ends_although_its_disk_hangs() -> None:
    run = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, timeout=60)
    assert (run.returncode, run.stdout.split(), run.stderr) == (0, b"the disk does not answer".split(), b"")


def test_a_failure_is_put_into_the_systems_own_words() -> None:
    assert in_words(OSError(28, "No space left on device", "x.wav")) == "No space left on device"
    assert in_words(OSError("odd")) == "odd"
    assert in_words(ValueError("a bug")) == "a bug"
