"""The program that has the tools of a file: it speaks on its pipes alone, and ends when nobody is there."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat.tools import worker_program
from livechat.tools.worker_program import Ears, Mouth
from livechat.tools.worker_words import Begin, Leave, Left, Offered, Told, Unusable, Word, read, written
from tests.cli import environment
from tests.processes import gone

TOOLS = "import livechat\n@livechat.tool\ndef called(): return 5\n"
PROGRAM = "from livechat.tools.worker_program import main; main()"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file.py").write_text(TOOLS)
    return tmp_path / "file.py"


def program(file: Path, parent: int = 0, boot: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-P", "-c", boot + PROGRAM, str(file), str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )


def words(said: bytes) -> list[Word]:
    return [word for line in said.splitlines() if (word := read(line)) is not None]


def said(file: Path, *told: Word, boot: str = "") -> tuple[list[Word], bytes]:
    """All that it says until its stdin is at its end, and what it prints."""
    with program(file, boot=boot) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        found = words(running.stdout.readline() + running.stdout.readline())
        for word in told:
            running.stdin.write(written(word))
            running.stdin.flush()
            found += words(running.stdout.readline())
        rest, printed = running.communicate()
        assert running.returncode == 0, printed
    return found + words(rest), printed


def test_it_says_what_it_offers_and_then_answers(file: Path) -> None:
    (offered, *answers), printed = said(file, Begin(1, "called", {}), Leave(1))
    assert isinstance(offered, Offered)
    assert [one["name"] for one in offered.declarations] == ["called"]
    assert [*offered.marks] == ["called"]
    assert answers == [Told(1, {"output": 5}, False), Left(1)]
    assert printed == b""


SHOWS = "python file.py shows where that comes from"
THREAD = "import livechat, threading\n@livechat.tool\ndef f(lock: threading.Thread): ...\n"
ANNOTATE = "annotate its parameters with types that JSON can hold: str, int, list[str], Literal[…], a model"
ODD = """
import livechat
class Odd:
    @classmethod
    def __get_pydantic_core_schema__(cls, *_):
        raise OSError('x')

@livechat.tool
def f(odd: Odd): ...
"""
UNUSABLE = {
    "1 / 0": Unusable("file.py:1: ZeroDivisionError: division by zero", "it cannot be imported", SHOWS),
    THREAD: Unusable(
        "the tool 'f' (file.py:2) cannot be declared", "lock is of type threading.Thread, which no JSON is", ANNOTATE
    ),
    ODD: Unusable("file.py: OSError: x", "its functions cannot be declared", ""),
}


@pytest.mark.parametrize("source", UNUSABLE)
def test_what_cannot_be_used_is_said_and_that_is_all(file: Path, source: str) -> None:
    file.write_text(source)
    assert said(file) == ([UNUSABLE[source]], b"")


def test_what_is_printed_before_it_begins_is_no_part_of_a_word(file: Path) -> None:
    found, _ = said(file, boot="import sys; sys.stdout.write('no line'); sys.stdout.flush(); ")
    assert isinstance(found[0], Offered)


def test_what_the_file_prints_is_on_stderr_in_utf_8(file: Path) -> None:
    file.write_text("import sys\nprint('caf\\u00e9', sys.stdin.read(), sys.argv[1:], file=sys.stdout)\n" + TOOLS)
    found, printed = said(file)
    assert len(found) == 1
    assert printed == "café  []\n".encode()


def test_it_ends_when_its_stdin_does_though_a_thread_runs_on(file: Path) -> None:
    file.write_text(TOOLS + "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()")
    began = time.monotonic()
    with program(file) as running:
        running.communicate()
    assert running.returncode == -9
    assert time.monotonic() - began < worker_program.LAST_S + 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_one_that_comes_too_late_for_its_parent_ends(file: Path) -> None:
    with program(file, parent=1) as running:
        assert running.wait(10) == -9
        assert gone(running.pid)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reads, writes = os.pipe()
    yield reads, writes
    for end in (reads, writes):
        try:
            os.close(end)
        except OSError:
            continue


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    over = threading.Event()
    monkeypatch.setattr(worker_program, "end_all", over.set)
    monkeypatch.setattr(worker_program, "LAST_S", 0.0)
    return over


def test_a_word_is_said_whole_whoever_else_speaks(pipe: tuple[int, int]) -> None:
    reads, writes = pipe
    mouth = Mouth(writes)
    long = [Told(number, {"output": "x" * 200_000}, False) for number in range(4)]
    speakers = [threading.Thread(target=mouth.say, args=[word]) for word in long]
    for speaker in speakers:
        speaker.start()
    with os.fdopen(os.dup(reads), "rb") as stream:
        heard = [read(stream.readline()) for _ in long]
    for speaker in speakers:
        speaker.join()
    assert sorted(word.id for word in heard if isinstance(word, Told)) == [0, 1, 2, 3]


def test_who_cannot_speak_any_more_ends(pipe: tuple[int, int], ended: threading.Event) -> None:
    os.close(pipe[1])
    Mouth(pipe[1]).say(Left(1))
    assert ended.is_set()


def test_what_comes_before_anybody_heeds_it_is_kept(pipe: tuple[int, int], ended: threading.Event) -> None:
    reads, writes = pipe
    os.write(writes, written(Left(1)) + b"no word\n")
    ears, heard = Ears(os.dup(reads)), list[Word | None]()
    thread = threading.Thread(target=ears.run)
    thread.start()
    time.sleep(0.05)
    ears.heed(heard.append)
    os.write(writes, written(Left(2)))
    os.close(writes)
    thread.join()
    assert heard == [Left(1), Left(2), None]
    assert ended.is_set()


def test_it_is_known_soon_where_nobody_will_ask_for_anything(pipe: tuple[int, int], ended: threading.Event) -> None:
    reads, writes = pipe
    ears = Ears(os.dup(reads))
    assert not ears.end_within(0.01), "nobody has said anything yet"
    os.close(writes)
    ears.run()
    assert ears.end_within(0)


def test_who_is_asked_for_something_stays(pipe: tuple[int, int], ended: threading.Event) -> None:
    reads, writes = pipe
    os.write(writes, written(Left(1)))
    os.close(writes)
    ears = Ears(os.dup(reads))
    ears.run()
    assert not ears.end_within(10), "the end comes after a word"


def test_what_is_logged_in_words_that_fail_ends_nothing(
    pipe: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    handler = worker_program.Aloud(Mouth(pipe[1]))
    record = logging.LogRecord("net", logging.WARNING, "", 1, "%d", ("x",), None)
    handler.emit(record)
    assert "TypeError" in capsys.readouterr().err
