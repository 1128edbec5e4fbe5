"""The tools of a file in a process of their own: what they give is as ever, and what they do is nobody's harm."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from livechat.errors import UsageError
from livechat.tools.arguments import LARGEST
from livechat.tools.file_toolbox import GRACE_S, SOON_S, FileToolbox
from livechat.tools.functions import FunctionToolbox, Marked
from livechat.tools.marked import marked_in
from livechat.tools.results import Answer
from livechat.tools.toolbox import Particular, Toolbox, ToolFailure
from livechat.tools.worker import Worker
from tests.aio import run
from tests.processes import is_there

FILE = '''
import asyncio, ctypes, os, re, sys, threading, time
from enum import Enum
from typing import Literal, Optional
from pydantic import BaseModel
import livechat
from livechat import FunctionResponse, tool

seen = []

class City(BaseModel):
    name: str
    zip: Optional[int] = None

@tool(permission="allow", timeout_s=3, on_cancel="finish", scheduling="SILENT", blocking=False)
def weather(city: City, unit: Literal["C", "F"] = "C", days: list[int] = [1]) -> dict:
    """Tells the weather.

    Args:
        city: where
    """
    return {"city": city.name, "unit": unit, "days": days}

@tool
def remember(word: str) -> list[str]:
    seen.append(word)
    return seen

@tool
async def later(seconds: float = 0) -> str:
    try:
        await asyncio.sleep(seconds)
    finally:
        seen.append("let go")
    return "later"

@tool
async def count(to: int):
    for number in range(to):
        yield number
    if to > 2:
        raise ValueError("no more")

@tool
def made() -> FunctionResponse:
    return FunctionResponse(response={"made": "here"})

@tool
def fails() -> None:
    raise ValueError("no such city")

@tool
def pid() -> int:
    return os.getpid()

@tool
def sleeps(seconds: float = 60) -> str:
    time.sleep(seconds)
    return "slept"

@tool
def keeps_the_interpreter() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")

@tool
def exits(code: int = 3) -> None:
    os._exit(code)

@tool
def crashes() -> None:
    ctypes.string_at(0)

@tool
def variables() -> dict:
    return dict(os.environ)
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "many.py").write_text(FILE)
    return tmp_path / "many.py"


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def box(file: Path, notes: list[str]) -> Iterator[FileToolbox]:
    box = FileToolbox(Worker(file), notes.append)
    yield box
    box.close()


def called(box: FileToolbox, name: str, **args: object) -> object:
    return run(told(box, name, **args))


async def told(box: FileToolbox, name: str, **args: object) -> object:
    given = await box.call(name, args)
    assert isinstance(given, Answer)
    return given.response.get("output", given.response)


def test_a_file_is_declared_as_its_functions_are(box: FileToolbox, file: Path) -> None:
    toolbox: Toolbox = box
    here = FunctionToolbox(marked_in(file))
    assert list(toolbox.declarations()) == list(here.declarations())
    assert box.marks == here.marks
    assert isinstance(box, Marked)
    assert isinstance(box, Particular)


def test_what_functions_give_is_told_as_ever(box: FileToolbox) -> None:
    assert called(box, "weather", city={"name": "Oslo"}, unit="F") == {"city": "Oslo", "unit": "F", "days": [1]}
    assert called(box, "later") == "later"
    assert called(box, "made") == {"made": "here"}
    assert called(box, "fails") == {"error": "ValueError: no such city"}
    assert called(box, "pid") == box.pid != os.getpid()


def test_functions_share_what_their_module_keeps(box: FileToolbox) -> None:
    called(box, "remember", word="a")
    assert called(box, "remember", word="b") == ["a", "b"]


async def first(count: int, pieces: object) -> AsyncIterator[Answer]:
    for _ in range(count):
        yield await anext(cast("AsyncIterator[Answer]", pieces))


@pytest.mark.parametrize(("to", "ends"), [(0, ""), (2, ""), (4, "ValueError: no more")])
def test_pieces_come_one_by_one_and_end_as_they_end(box: FileToolbox, to: int, ends: str) -> None:
    async def main() -> tuple[list[object], str]:
        given = await box.call("count", {"to": to})
        if isinstance(given, Answer):
            return [given.response], ""
        found: list[object] = []
        try:
            found.extend([piece.response["output"] async for piece in first(to, given)])
            await anext(cast("AsyncIterator[object]", given), None)
        except ToolFailure as failure:
            return found, str(failure)
        return found, ""

    assert run(main()) == ([{"output": None}] if to == 0 else list(range(to)), ends)


def test_what_does_not_fit_is_known_before_and_when_it_is_called(box: FileToolbox) -> None:
    assert run(box.problem("weather", {"city": {"name": "Oslo"}})) == ""
    problem = run(box.problem("weather", {"city": "Oslo", "town": 1}))
    assert problem.startswith("the arguments of weather do not fit: city: Input should be an object")
    assert called(box, "weather", city="Oslo", town=1) == {"error": problem}
    assert run(box.problem("wether", {})) == ""
    with pytest.raises(ToolFailure, match="there is no function 'wether' — did you mean weather"):
        called(box, "wether")


def deep() -> object:
    found: object = 1
    for _ in range(100_000):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("args", "says"), [({"word": "x" * LARGEST}, "are too large: at most"), ({"word": deep()}, "cannot be read")]
)
def test_what_cannot_be_said_is_not_said(box: FileToolbox, args: dict[str, Any], says: str) -> None:
    with pytest.raises(ToolFailure, match=says):
        called(box, "remember", **args)
    assert says in run(box.problem("remember", args))


def test_a_large_argument_waits_for_nobody(box: FileToolbox) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            words = [tasks.create_task(told(box, "remember", word="x" * 400_000)) for _ in range(8)]
        assert len(words) == 8

    run(main())


async def broken_off(box: FileToolbox, name: str, **args: object) -> None:
    """A call that has begun there, and is waited for no more."""
    await told(box, "pid")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(box.call(name, args))
        await asyncio.sleep(0.2)
        task.cancel()


async def killed(pid: int) -> float:
    """Waits for its end, and gives the seconds until then."""
    began = time.monotonic()
    for _ in range(1000):
        if not is_there(pid):
            break
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def test_a_coroutine_that_lets_itself_be_broken_off_costs_nobody_the_process(
    box: FileToolbox, notes: list[str]
) -> None:
    async def main() -> None:
        before = await told(box, "pid")
        await broken_off(box, "later", seconds=60)
        await asyncio.sleep(0.3)
        assert box.pid == before == await told(box, "pid")
        assert await told(box, "remember", word="a") == ["let go", "a"]

    run(main())
    assert notes == []


def test_a_generator_that_is_left_is_closed(box: FileToolbox, notes: list[str]) -> None:
    async def main() -> None:
        pieces = await box.call("count", {"to": 10_000})
        assert isinstance(pieces, AsyncIterator)
        async for _ in cast("AsyncIterator[object]", pieces):
            break
        await cast("Any", pieces).aclose()
        await asyncio.sleep(0.3)
        assert await told(box, "pid") == box.pid

    run(main())
    assert notes == []


@pytest.mark.parametrize("name", ["sleeps", "keeps_the_interpreter"])
def test_what_does_not_end_is_killed_and_another_process_begun(box: FileToolbox, notes: list[str], name: str) -> None:
    async def main() -> None:
        before = box.pid
        await told(box, "remember", word="a")
        await broken_off(box, name)
        assert await killed(before) < 1
        assert notes == []
        assert await told(box, "remember", word="b") == ["b"]

    run(main())
    assert notes == [
        f"many.py is begun anew, and what it kept in memory is lost: {name} did not end when it was broken off"
    ]


def test_another_process_is_begun_soon_though_nothing_is_called(box: FileToolbox, notes: list[str]) -> None:
    async def main() -> None:
        await broken_off(box, "sleeps")
        await asyncio.sleep(GRACE_S + SOON_S + 0.5)
        assert len(notes) == 1
        assert await told(box, "pid") == box.pid

    run(main())
    assert len(notes) == 1


def test_after_the_end_nothing_is_begun_any_more(box: FileToolbox, notes: list[str]) -> None:
    async def main() -> None:
        await broken_off(box, "sleeps")
        await killed(box.pid)
        box.close()
        await asyncio.sleep(SOON_S + 0.3)
        assert await failure(box, "pid") == "many.py has ended with the conversation"

    run(main())
    assert notes == []


def test_what_is_called_meanwhile_waits_for_the_next_process(box: FileToolbox) -> None:
    async def main() -> None:
        before = await told(box, "pid")
        await broken_off(box, "sleeps")
        assert await told(box, "pid") != before

    run(main())


def test_what_runs_beside_it_fails_and_says_why(box: FileToolbox) -> None:
    async def main() -> str:
        async with asyncio.TaskGroup() as tasks:
            beside = tasks.create_task(failure(box, "sleeps"))
            await asyncio.sleep(0.1)
            await broken_off(box, "keeps_the_interpreter")
        return beside.result()

    assert run(main()) == (
        "sleeps has no result: the process of many.py has ended "
        "(keeps_the_interpreter did not end when it was broken off)"
    )


async def failure(box: FileToolbox, name: str, **args: object) -> str:
    with pytest.raises(ToolFailure) as error:
        await box.call(name, args)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "why"), [("exits", "it ended with exit code 3"), ("crashes", "it was killed by SIGSEGV")]
)
def test_a_process_that_ends_in_a_call_is_begun_anew(box: FileToolbox, notes: list[str], name: str, why: str) -> None:
    async def main() -> None:
        words = await failure(box, name)
        assert words == f"{name} has no result: the process of many.py has ended ({why})"
        assert await told(box, "remember", word="a") == ["a"]

    run(main())
    assert notes == [f"many.py is begun anew, and what it kept in memory is lost: {why}"]


def test_a_process_that_ended_between_two_calls_is_begun_anew(box: FileToolbox, notes: list[str]) -> None:
    os.kill(before := box.pid, 9)
    time.sleep(0.2)
    assert called(box, "pid") != before
    assert notes == ["many.py is begun anew, and what it kept in memory is lost: it was killed by SIGKILL"]


def test_a_file_that_cannot_be_imported_any_more_fails_call_by_call(box: FileToolbox, file: Path) -> None:
    file.write_text("1 / 0")
    run(failure(box, "exits"))
    assert "(many.py:1: ZeroDivisionError: division by zero)" in run(failure(box, "pid"))
    file.write_text(FILE)
    assert called(box, "pid") == box.pid


def test_a_process_that_is_busy_is_not_waited_for_when_a_call_is_looked_at(
    box: FileToolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat.tools.file_toolbox.LOOK_S", 0.1)

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(box.call("keeps_the_interpreter", {}))
            await asyncio.sleep(0.2)
            assert await box.problem("remember", {}) == ""
            task.cancel()

    run(main())


def test_it_ends_with_its_toolbox(file: Path) -> None:
    box = FileToolbox(Worker(file))
    pid = box.pid
    box.close()
    assert not is_there(pid)
    box.close()
    forgotten = FileToolbox(Worker(file))
    pid = forgotten.pid
    del forgotten
    assert not is_there(pid)


def test_what_still_runs_does_not_hold_up_the_end(file: Path, notes: list[str]) -> None:
    box = FileToolbox(Worker(file), notes.append)

    async def main() -> None:
        await broken_off(box, "keeps_the_interpreter")

    run(main())
    pid, began = box.pid, time.monotonic()
    box.close()
    assert time.monotonic() - began < 2
    assert not is_there(pid)
    assert notes == []


def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("\n1 / 0")
    worker = Worker(tmp_path / "bad.py")
    with pytest.raises(UsageError, match=r"bad\.py:2: ZeroDivisionError: division by zero"):
        FileToolbox(worker)
    worker.close()


def test_who_waits_for_a_long_import_is_told_what_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.tools.file_toolbox.IMPORTED_S", 0.05)
    slow = tmp_path / "slow.py"
    slow.write_text("import time, livechat\ntime.sleep(1)\n\n@livechat.tool\ndef f() -> None: ...\n", "utf-8")
    notes: list[str] = []
    box = FileToolbox(Worker(slow, None), notes.append)
    box.close()
    assert notes == ["slow.py is still being imported"]
