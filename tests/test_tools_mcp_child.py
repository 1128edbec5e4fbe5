"""Claims about a program that is spoken with in lines: what it says is bounded, and its end is short and known."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from livechat.errors import Unreachable
from livechat.tools.mcp_child import LAST_WORDS, UNREAD, Child, started

from .mcp_help import comes_true, run

ENV = {"PATH": os.environ["PATH"]}


async def python(program: str) -> Child:
    return await started([sys.executable, "-c", program], ENV)


async def all_of(child: Child) -> list[bytes]:
    try:
        return [line async for line in child]
    finally:
        await child.end()


@pytest.mark.parametrize(
    ("program", "lines", "why"),
    [
        ("print('a\\n\\nb')", [b"a", b"", b"b"], "it ended with exit code 0"),
        ("print('whole\\nhalf', end='')", [b"whole"], "it ended with exit code 0"),
        ("import sys; sys.exit('no\\nluck')", [], "it ended with exit code 1: luck"),
        ("import os; print(1, flush=True); os.kill(os.getpid(), 9)", [b"1"], "it was killed by signal 9"),
        ("import os, time; os.close(1); time.sleep(60)", [], "it was killed by signal 15"),
    ],
)
def test_its_lines_are_read_and_its_end_is_known(program: str, lines: list[bytes], why: str) -> None:
    async def used() -> None:
        child = await python(program)
        assert await all_of(child) == lines
        assert child.why_it_ended() == why

    run(used())


def test_it_reads_what_is_written_and_ends_by_itself_when_its_stdin_does() -> None:
    async def used() -> float:
        loop = asyncio.get_running_loop()
        child = await python("import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)")
        child.write(b"hello\n")
        assert await anext(aiter(child)) == b"HELLO"
        began = loop.time()
        await child.end()
        assert child.why_it_ended() == "it ended with exit code 0"
        with pytest.raises(BrokenPipeError):
            child.write(b"more\n")
        return loop.time() - began

    assert run(used()) < 0.5


def test_who_does_not_end_is_ended() -> None:
    async def used() -> float:
        loop = asyncio.get_running_loop()
        child = await python(
            "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
        )
        assert await anext(aiter(child)) == b"1"
        began = loop.time()
        await child.end()
        assert child.why_it_ended() == "it was killed by signal 9"
        return loop.time() - began

    assert run(used()) < 1.5


def test_who_does_not_read_is_not_written_to_for_ever() -> None:
    async def used() -> None:
        child = await python("import time; time.sleep(60)")
        child.write(b"x" * (UNREAD + 2**20))
        with pytest.raises(BrokenPipeError):
            child.write(b"x")
        await child.end()

    run(used())


def test_a_line_without_an_end_ends_the_reading() -> None:
    async def used() -> None:
        child = await python("import sys\nwhile True: sys.stdout.write('x' * 65536)")
        assert await all_of(child) == []
        assert child.why_it_ended() == "it sent a line of more than 8 MiB"

    run(used())


def test_more_lines_than_are_read_wait_in_the_program() -> None:
    async def used() -> None:
        child = await python("for number in range(10**5): print(number)")
        assert await anext(child) == b"0"
        assert not await child.exited(0.3)
        assert [await anext(child) for _ in range(200)] == [str(number).encode() for number in range(1, 201)]
        await child.end()

    run(used())


def test_of_what_it_says_on_stderr_the_end_is_kept() -> None:
    async def used() -> None:
        child = await python("import sys; sys.stderr.write('x' * 100_000 + 'the end')")
        await all_of(child)
        assert await comes_true(lambda: child.last_words.endswith("the end"))
        assert len(child.last_words) == LAST_WORDS

    run(used())


def test_a_program_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    none = tmp_path / "none"
    none.write_text("no program")
    none.chmod(none.stat().st_mode | stat.S_IXUSR)

    async def used() -> None:
        with pytest.raises(Unreachable, match=r"^there is no program 'no-such' to start$") as missing:
            await started(["no-such"], ENV)
        assert missing.value.hint == "install it, or mend its command"
        child = await started([str(none)], ENV)
        assert await all_of(child) == []
        assert child.why_it_ended() == f"it ended with exit code 127: {none}: Exec format error"

    run(used())


def test_a_program_that_the_system_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    async def used() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "subprocess_exec", refused)
        with pytest.raises(Unreachable, match=r"cannot be started: Permission denied$"):
            await python("")

    run(used())


def test_a_start_that_is_cancelled_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(*args: object, **options: object) -> None:
        await asyncio.sleep(600)

    async def used() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "subprocess_exec", waits)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(python(""), 0.01)

    run(used())


def test_it_has_a_number_only_once_it_runs() -> None:
    async def used() -> None:
        child = await python("")
        assert child.pid > 0
        await all_of(child)

    run(used())
    with pytest.raises(LookupError):
        _ = Child(None).pid
