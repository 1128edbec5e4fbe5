"""A process of tools, seen from ours: what it says and prints, how it ends, and that it never outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from livechat.errors import UsageError
from livechat.tools import worker as room
from livechat.tools.worker import Answer, Worker
from livechat.tools.worker_words import Begin, Check, Fits, Told, written
from tests.cli import environment
from tests.processes import gone, is_there

LIMIT_S = 10.0
HEAD = "import ctypes, os, re, signal, subprocess, sys, threading, time\nfrom livechat import tool\n"
CALLED = "@tool\ndef called(): "


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Begins a process of a file whose tool does this."""
    begun: list[Worker] = []

    def begin(does: str, head: str = "", env: dict[str, str] | None = None) -> Worker:
        (tmp_path / "file.py").write_text(f"{HEAD}{head}\n{CALLED}{does}\n")
        worker = Worker(tmp_path / "file.py", env)
        begun.append(worker)
        return worker

    yield begin
    for worker in begun:
        worker.close()


Begins = Callable[..., Worker]


def answer(worker: Worker, word: Begin | Check | None = None) -> Answer | None:
    worker.offer.result(LIMIT_S)
    heard: Queue[Answer | None] = Queue()
    worker.say(written(word or Begin(1, "called", {})), 1, heard.put)
    return heard.get(timeout=LIMIT_S)


def test_it_says_what_it_offers_and_answers(begin: Begins) -> None:
    worker = begin("return 5")
    assert [one["name"] for one in worker.offer.result(LIMIT_S).declarations] == ["called"]
    assert answer(worker) == Told(1, {"output": 5}, False)
    assert answer(worker, Check(1, "called", {})) == Fits(1, "")


def test_what_nobody_waits_for_is_not_heard(begin: Begins) -> None:
    worker = begin("time.sleep(0.2)")
    worker.offer.result(LIMIT_S)
    worker.say(written(Begin(2, "called", {})), 2, lambda word: pytest.fail(f"{word}"))
    worker.forget(2)
    assert answer(worker) is not None


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("os._exit(3)", "it ended with exit code 3"),
        ("os.kill(os.getpid(), 9)", "it was killed by SIGKILL"),
        ("os.kill(os.getpid(), 40)", "it was killed by signal 40"),
        ("ctypes.string_at(0)", "it was killed by SIGSEGV"),
        ("os.closerange(0, 100)", "it "),
        ("[os.close(n) for n in range(3, 5)]; time.sleep(9)", "it closed the pipe through which it speaks with us"),
    ],
)
def test_how_it_ends_is_told(begin: Begins, does: str, why: str) -> None:
    worker = begin(does)
    assert answer(worker) is None
    assert worker.ended.wait(LIMIT_S)
    assert worker.why.startswith(why)
    assert gone(worker.pid)
    assert answer(worker) is None, "nor is anything heard of it later"


@pytest.mark.parametrize("does", ["os._exit(0)", "ctypes.string_at(0)"])
def test_an_import_that_ends_the_process_is_an_error(begin: Begins, does: str) -> None:
    worker = begin("...", does)
    with pytest.raises(UsageError, match=r"file\.py cannot be imported") as error:
        worker.offer.result(LIMIT_S)
    assert error.value.why in ("its process ended with exit code 0", "its process was killed by SIGSEGV")
    assert error.value.hint == "python file.py shows where that comes from"


NOISE = """
def noise():
    print("print")
    os.write(1, b"write\\n")
    os.write(2, b"write to stderr\\n")
    subprocess.run(["echo", "program"])
    thread = threading.Thread(target=print, args=["thread"])
    thread.start()
    thread.join()
    return sys.stdin.read()
noise()
"""


def test_whatever_prints_is_told_to_the_log_and_nothing_is_read(
    begin: Begins, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("INFO", "livechat"):
        worker = begin("return noise()", NOISE)
        assert answer(worker) == Told(1, {"output": ""}, False)
        worker.close()
    printed = ["print", "write", "write to stderr", "program", "thread"] * 2
    assert caplog.messages == [f"the tool file.py printed: {words}" for words in printed]
    assert capfd.readouterr() == ("", "")


def test_a_flood_that_is_printed_takes_little_time(begin: Begins) -> None:
    worker = begin("[os.write(1, b'x' * 65536) for _ in range(400)]; return 1")
    assert answer(worker) == Told(1, {"output": 1}, False)


def test_what_is_written_on_the_pipe_itself_is_no_word(begin: Begins, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "livechat"):
        worker = begin(r"[os.write(n, b'{}\nhello\n\n') for n in range(3, 20) if is_pipe(n)]; return 1", PIPES)
        assert answer(worker) == Told(1, {"output": 1}, False)
    assert caplog.messages == ["the tool file.py printed: {}", "the tool file.py printed: hello"]


PIPES = """
def is_pipe(n):
    try:
        import fcntl
        writes = fcntl.fcntl(n, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
        return writes and os.readlink(f"/proc/self/fd/{n}").startswith("pipe")
    except OSError:
        return False
"""


def test_what_is_logged_there_is_logged_here(begin: Begins, caplog: pytest.LogCaptureFixture) -> None:
    log = "import logging\nlog = logging.getLogger('net')\n"
    does = "log.warning('low %s', 'on fuel'); log.info('x'); log.error('oh', exc_info=ValueError(1)); return 1"
    with caplog.at_level("INFO"):
        answer(begin(does, log))
    assert [(one.name, one.levelname, one.getMessage()) for one in caplog.records if one.name == "net"] == [
        ("net", "WARNING", "low on fuel"),
        ("net", "ERROR", "oh: ValueError: 1"),
    ]


def test_a_log_that_floods_is_bounded(begin: Begins, caplog: pytest.LogCaptureFixture) -> None:
    log = "import logging\nlog = logging.getLogger('net')\n"
    with caplog.at_level("INFO"):
        answer(begin("[log.warning('x') for _ in range(1000)]; return 1", log))
    assert room.LOGGED_A_SECOND <= len(caplog.messages) < 1000


def test_its_environment_is_what_it_is_given(begin: Begins) -> None:
    worker = begin("return dict(os.environ)", env={**environment(), "MINE": "1"})
    told = answer(worker)
    assert isinstance(told, Told)
    assert told.response["output"]["MINE"] == "1"
    assert "PYTEST_CURRENT_TEST" not in told.response["output"]


def test_it_imports_what_we_would(begin: Begins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.py").write_text("WORD = 'far'")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "elsewhere")])
    (tmp_path / "json.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    assert answer(begin("return far.WORD", "import far")) == Told(1, {"output": "far"}, False)


GRANDCHILD = "child = subprocess.Popen(['sleep', '60']); return child.pid"
BOMB = """
pids = []
def bomb():
    for _ in range(5):
        if not (pid := os.fork()):
            time.sleep(60)
        pids.append(pid)
    return pids
"""


@pytest.mark.parametrize("does", [GRANDCHILD, "return bomb()"])
@pytest.mark.parametrize("how", ["close", "kill", "crash"])
def test_what_it_has_started_ends_with_it(begin: Begins, does: str, how: str) -> None:
    worker = begin(does, BOMB)
    told = answer(worker)
    assert isinstance(told, Told)
    given = told.response["output"]
    if how == "crash":
        os.kill(worker.pid, signal.SIGSEGV)
    elif how == "kill":
        worker.kill("the test is over")
    else:
        worker.close()
    pids = given if isinstance(given, list) else [given]
    assert all(gone(pid) for pid in [worker.pid, *pids])


def test_its_end_is_seen_though_something_that_left_its_group_holds_the_pipe(begin: Begins) -> None:
    worker = begin("return escaped()", ESCAPED)
    told = answer(worker)
    assert isinstance(told, Told)
    try:
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.ended.wait(LIMIT_S)
        assert worker.why == "it was killed by SIGKILL"
    finally:
        os.kill(told.response["output"], signal.SIGKILL)


ESCAPED = """
def escaped():
    if not (pid := os.fork()):
        os.setsid()
        time.sleep(60)
    return pid
"""


def test_ctrl_c_on_our_terminal_does_not_reach_it(begin: Begins) -> None:
    worker = begin("return os.getpgrp(), os.getsid(0)")
    assert answer(worker) == Told(1, {"output": [worker.pid, worker.pid]}, False)


def test_what_is_to_be_done_at_its_exit_is_done_when_it_is_closed(begin: Begins, tmp_path: Path) -> None:
    worker = begin("...", f"import atexit\natexit.register(open, {str(tmp_path / 'left')!r}, 'w')")
    worker.offer.result(LIMIT_S)
    time.sleep(0.1)
    worker.close()
    assert (tmp_path / "left").exists()
    assert worker.why == "it ended with exit code 0"


def test_one_that_will_not_end_is_killed_when_it_is_closed(begin: Begins) -> None:
    worker = begin("...", "import atexit\natexit.register(time.sleep, 60)")
    worker.offer.result(LIMIT_S)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < room.AT_EXIT_S + 1
    assert gone(worker.pid)


def test_another_is_of_the_same_file_and_environment(begin: Begins) -> None:
    worker = begin("return os.environ['MINE']", env={**environment(), "MINE": "1"})
    other = worker.another()
    try:
        assert other.pid != worker.pid
        assert answer(other) == Told(1, {"output": "1"}, False)
    finally:
        other.close()


PARENT = """
import sys, time
from pathlib import Path
from livechat.tools.worker import Worker
from livechat.tools.worker_words import Begin, written
worker = Worker(Path(sys.argv[1]))
worker.offer.result()
worker.say(written(Begin(1, "called", {})), 1, print)
print(worker.pid, flush=True)
time.sleep(60)
"""
KEEPS = "re.match(r'(a+)+$', 'a' * 60 + 'b')"


@pytest.mark.parametrize("does", ["time.sleep(60)", KEEPS, "sys.stdin.read()"])
def test_it_does_not_outlive_us_when_we_are_killed(tmp_path: Path, does: str) -> None:
    if does == KEEPS and sys.platform != "linux":
        pytest.skip("only Linux tells a process of its parent's end")
    (tmp_path / "file.py").write_text(f"{HEAD}{CALLED}{does}\n")
    command = [sys.executable, "-c", PARENT, str(tmp_path / "file.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_there(pid)
        parent.kill()
    assert gone(pid)


def test_it_does_not_outlive_us_when_we_are_killed_while_it_imports(tmp_path: Path) -> None:
    says_so = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    (tmp_path / "file.py").write_text(f"{HEAD}{says_so}\ntime.sleep(60)")
    command = [sys.executable, "-c", PARENT, str(tmp_path / "file.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as parent:
        until = time.monotonic() + LIMIT_S
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < until:
            time.sleep(0.02)
        parent.kill()
    assert gone(int((tmp_path / "pid").read_text()))


def test_what_cannot_be_started_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError):
        Worker(tmp_path / "file.py")
