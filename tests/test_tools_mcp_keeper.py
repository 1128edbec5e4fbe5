"""Claims about the keeper: the program has its streams, its exit code comes back, and it outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livechat.tools import mcp_keeper

from .mcp_help import is_alive

KEEPER = mcp_keeper.__file__


@contextmanager
def kept(program: str, *args: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The keeper of a Python program, and the end of the lifeline."""
    theirs, ours = os.pipe()
    argv = [sys.executable, "-I", "-S", KEEPER, str(theirs), sys.executable, "-c", program, *args]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True, pass_fds=(theirs,)) as keeper:
        os.close(theirs)
        try:
            yield keeper, ours
        finally:
            os.close(ours)


def ends_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_alive(pid)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("", 0),
        ("import sys; sys.exit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("import os; os.kill(os.getpid(), 15)", 143),
    ],
)
def test_the_exit_code_is_the_program_s(program: str, code: int) -> None:
    with kept(program) as (keeper, _):
        assert keeper.wait(20) == code


def test_the_program_has_the_streams_and_its_words_as_they_were_given() -> None:
    program = "import sys; print(sys.argv[1:], sys.stdin.read()); sys.stderr.write('bad')"
    with kept(program, "$HOME; ls", "a b") as (keeper, _):
        assert keeper.communicate("said", timeout=20) == ("['$HOME; ls', 'a b'] said\n", "bad")


def test_the_program_s_stdout_ends_when_it_closes_it() -> None:
    with kept("import os, time; os.close(1); time.sleep(60)") as (keeper, lifeline):
        assert keeper.stdout is not None
        assert keeper.stdout.read() == ""
        assert keeper.poll() is None
        os.dup2(0, lifeline)  # the lifeline ends


@pytest.mark.parametrize("stubborn", [False, True])
def test_when_the_lifeline_ends_so_does_the_program_with_all_it_has_started(stubborn: bool) -> None:
    child = "import time; time.sleep(60)"
    program = (
        "import os, signal, subprocess, sys, time\n"
        f"if {stubborn}: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "print(os.getpid(), child.pid, flush=True); time.sleep(60)"
    )
    with kept(program) as (keeper, lifeline):
        assert keeper.stdout is not None
        pids = list(map(int, keeper.stdout.readline().split()))
        assert all(map(is_alive, pids))
        os.dup2(0, lifeline)
        assert keeper.wait(20) == (137 if stubborn else 143)
        assert all(ends_within(pid, 5) for pid in pids)


def test_a_program_that_ends_by_itself_takes_along_what_it_has_started() -> None:
    program = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)"
    )
    with kept(program) as (keeper, _):
        assert keeper.stdout is not None
        pid = int(keeper.stdout.readline())
        assert keeper.wait(20) == 0
        assert ends_within(pid, 5)


def test_a_keeper_that_is_terminated_ends_the_program_first() -> None:
    with kept("import os, time; print(os.getpid(), flush=True); time.sleep(60)") as (keeper, _):
        assert keeper.stdout is not None
        pid = int(keeper.stdout.readline())
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(20) == 143
        assert not is_alive(pid)


def test_what_cannot_be_started_is_said_on_stderr(tmp_path: Path) -> None:
    argv = [sys.executable, "-I", "-S", KEEPER, "0", str(tmp_path / "none")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == mcp_keeper.NOT_STARTED
    assert done.stderr == f"{tmp_path}/none: No such file or directory\n"


def test_it_imports_nothing_of_ours() -> None:
    assert "livechat" not in [
        line.split()[1] for line in Path(KEEPER).read_text().splitlines() if "import " in line[:7]
    ]
