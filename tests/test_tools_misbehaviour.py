"""Tools that do everything wrong: each call is answered within its time and 100 ms, once, and nothing hangs.

The calls come from the conversation's ledger, and the runner is its hands, as in a session. Coroutines run aside, as
those of a user's file do in its process, and those that can block nobody on the session's own loop as well. What would
harm a whole process is done by real files in real ones.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from math import inf
from pathlib import Path
from typing import Any

import pytest

from livechat.events import CancelTool, Output, RunTool, ToolFinished
from livechat.protocol.client import ClientMessage, ToolResponse
from livechat.protocol.codec import encode
from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.tool_calls import ToolCalls, ToolRule
from livechat.tools.file_toolbox import FileToolbox
from livechat.tools.functions import Function, FunctionToolbox
from livechat.tools.places import Aside
from livechat.tools.results import LARGEST, Answer
from livechat.tools.runner import Runner
from livechat.tools.toolbox import Toolbox
from livechat.tools.worker import Worker
from tests.aio import run

TIMEOUT_S = 0.3
MARGIN_S = 0.1 if sys.gettrace() is None else 2.0
"""Where each line is traced everything takes its time."""
TRIES = 3
"""A machine that is busy may be late itself."""


class Desk:
    """One call of the tool, from the model's wish to its last answer."""

    def __init__(self, box: Toolbox, tasks: asyncio.TaskGroup) -> None:
        self.loop = asyncio.get_running_loop()
        self.answers: list[FunctionResponse] = []
        self.over = asyncio.Event()
        self.seconds = 0.0
        """The longest that the model has waited for an answer, or for another piece of one."""
        rules = {"tool": ToolRule("allow", TIMEOUT_S)}
        self.calls = ToolCalls(self._carry_out, self._answered, rules, elsewhere=False, blocks=False)
        self.runner = Runner(box, self._finished, tasks)
        self._timer: asyncio.TimerHandle | None = None

    def call(self, args: Mapping[str, Any]) -> None:
        self.began = self.loop.time()
        self.calls.called(FunctionCall(id="1", name="tool", args=dict(args)), 1, self.began)
        self._set_timer()

    def _carry_out(self, output: Output) -> None:
        if isinstance(output, RunTool):
            self.runner.begin(output.id, output.name, output.args)
        elif isinstance(output, CancelTool):
            self.runner.cancel(output.id)

    def _finished(self, told: ToolFinished) -> None:
        self.calls.finished(told, self.loop.time())
        self._set_timer()

    def _ticked(self) -> None:
        self.calls.ticked(self.loop.time())
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.calls.deadline < inf:
            self._timer = self.loop.call_at(self.calls.deadline, self._ticked)

    def _answered(self, answer: FunctionResponse) -> None:
        now = self.loop.time()
        self.seconds, self.began = max(self.seconds, now - self.began), now
        self.answers.append(answer)
        if not answer.will_continue:
            self.over.set()


async def one_call(box: Toolbox, args: Mapping[str, Any]) -> tuple[list[FunctionResponse], float]:
    async with asyncio.TaskGroup() as tasks:
        desk = Desk(box, tasks)
        desk.call(args)
        await desk.over.wait()
        beats = 0
        async with asyncio.timeout(1):  # the loop goes on beating, and no second answer comes
            while beats < 10:
                await asyncio.sleep(0.001)
                beats += 1
    return desk.answers, desk.seconds


# -------------------------------------------------------------------------------------------------- values that are bad


class Own(BaseException):
    pass


class Speechless(Exception):
    def __str__(self) -> str:
        raise SystemExit


class NoText:
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Again:
    """Gives another of itself when it is asked for what it holds."""

    def model_dump(self) -> Again:
        return Again()


class Broken(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def __len__(self) -> int:
        return 10**18


class NotAwaitable:
    def __await__(self) -> Generator[Any, None, None]:
        raise ValueError("not to be awaited")


class Odd:
    """Yields to the loop what no loop understands."""

    def __await__(self) -> Generator[Any, None, None]:
        yield "what is this?"


def cycle() -> list[object]:
    inner: list[object] = []
    inner.append({"inner": inner})
    return inner


def deep(levels: int = 50_000) -> object:
    found: object = 1
    for _ in range(levels):
        found = [found]
    return found


def naturals() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


VALUES: dict[str, Callable[[], object]] = {
    "a gigabyte of bytes": lambda: bytes(1_000_000_000),
    "much text": lambda: "ü" * 50_000_000,
    "a large list": lambda: [0] * 10_000_000,
    "a list in lists": lambda: [[[0] * 1000] * 1000] * 1000,
    "not a number": lambda: [float("nan"), float("inf")],
    "bytes of no text": lambda: b"\xff\x00",
    "a cycle": cycle,
    "what is very deep": deep,
    "half a character": lambda: {"\ud800": "\udfff"},
    "a huge number": lambda: 10**100_000,
    "a set": lambda: {1, "a", None},
    "a lock": threading.Lock,
    "a module": lambda: sys,
    "an error": lambda: ValueError("returned"),
    "an object without words": NoText,
    "an object that gives another": Again,
    "a mapping that lies": Broken,
    "a generator without an end": naturals,
    "a generator that raises": lambda: (1 // n for n in (1, 0)),
    "an open file": lambda: sys.stdin,
    "what cannot be awaited": NotAwaitable,
    "what no loop understands": Odd,
}


def giving(make: Callable[[], object]) -> Function:
    def tool() -> object:
        return make()

    return tool


def giving_later(make: Callable[[], object]) -> Function:
    async def tool() -> object:
        return make()

    return tool


ERRORS: dict[str, Callable[[], BaseException]] = {
    "an error": lambda: ValueError("no such city"),
    "an error without words": Speechless,
    "an error of many words": lambda: ValueError("x" * 10_000_000),
    "SystemExit": lambda: SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "CancelledError": asyncio.CancelledError,
    "MemoryError": MemoryError,
    "an error of its own kind": Own,
    "several errors": lambda: BaseExceptionGroup("two", [SystemExit(), ValueError()]),
}


def raising(make: Callable[[], BaseException]) -> Function:
    def tool() -> None:
        raise make()

    return tool


def raising_later(make: Callable[[], BaseException]) -> Function:
    async def tool() -> None:
        await asyncio.sleep(0)
        raise make()

    return tool


# -------------------------------------------------------------------------------------------------- what is bad to run

Release = threading.Event
"""Set when the test is over: what has hung until then may end."""


def sync_tools(release: Release) -> dict[str, Function]:
    def hangs() -> None:
        release.wait(30)

    def is_busy() -> None:
        while not release.is_set():
            pass

    def recurses() -> None:
        recurses()

    def prints() -> str:
        sys.stdout.write("to the screen\n")
        sys.stderr.write("to the screen\n")
        return "printed"

    def leaves_a_thread() -> str:
        threading.Thread(target=release.wait, args=[30]).start()
        return "left"

    def runs_a_loop() -> str:
        asyncio.run(asyncio.sleep(0))
        return "ran"

    def gives_a_coroutine_that_hangs() -> Awaitable[bool]:
        return asyncio.Event().wait()

    def gives_what_hangs_when_told() -> object:
        class Slow:
            def __str__(self) -> str:
                release.wait(30)
                return "slow"

        return Slow()

    def hangs_at_the_second() -> Iterator[int]:
        yield 1
        release.wait(30)

    def closes_what_is_open() -> None:
        os.close(10**6)

    def collects() -> int:
        return gc.collect(1)

    return {tool.__name__.replace("_", " "): tool for tool in list(locals().values()) if callable(tool)}


def async_tools(release: Release) -> dict[str, Function]:
    async def hangs() -> None:
        await asyncio.Event().wait()

    async def swallows_its_cancellation() -> None:
        while not release.is_set():
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                continue

    async def swallows_everything() -> None:
        while not release.is_set():
            try:
                await asyncio.Event().wait()
            except BaseException:
                continue

    async def cancels_itself() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(30)

    async def leaves_a_task() -> str:
        asyncio.get_running_loop().call_later(0.01, int)
        return "left"

    async def runs_a_loop_in_the_loop() -> None:
        work = asyncio.sleep(0)
        try:
            asyncio.run(work)
        finally:
            work.close()

    async def never_ends() -> AsyncIterator[int]:
        while True:
            yield 1

    async def hangs_midway() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    async def raises_midway() -> AsyncIterator[int]:
        yield 1
        raise ValueError("no two")

    async def exits_midway() -> AsyncIterator[int]:
        yield 1
        raise SystemExit

    async def will_not_be_closed() -> AsyncIterator[int]:
        try:
            yield 1
            raise ValueError("now")
        finally:
            await asyncio.sleep(0)

    async def gives_nothing_at_all() -> AsyncIterator[int]:
        for number in list[int]():
            yield number

    async def gives_a_coroutine() -> object:
        return hangs

    async def is_cancelled_by_a_timer_of_its_own() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    return {tool.__name__.replace("_", " "): tool for tool in list(locals().values()) if callable(tool)}


def blocking_tools(release: Release) -> dict[str, Function]:
    """What stands on a loop and does not let go of it."""

    async def blocks() -> None:
        release.wait(30)

    async def is_busy_on_the_loop() -> None:
        while not release.is_set():
            time.monotonic()

    async def blocks_between_its_pieces() -> AsyncIterator[int]:
        yield 1
        release.wait(30)

    async def stops_the_loop() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(30)

    async def blocks_when_it_is_cancelled() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            release.wait(30)

    return {tool.__name__.replace("_", " "): tool for tool in list(locals().values()) if callable(tool)}


def of_arguments() -> dict[str, tuple[Function, Mapping[str, Any]]]:
    def weather(city: str, days: int = 1) -> str:
        return f"{city} {days}"

    def mutates(cities: list[str]) -> list[str]:
        cities.clear()
        return cities

    def anything(thing: Any) -> object:  # noqa: ANN401
        return thing

    return {
        "arguments of the wrong kind": (weather, {"city": 5}),
        "arguments that are missing": (weather, {}),
        "arguments that nobody asked for": (weather, {"city": "Oslo", "self": 1, "__class__": "x", "": None}),
        "arguments that are huge": (weather, {"city": "x" * 10_000_000, "days": "9" * 100_000}),
        "arguments that are many": (weather, {str(number): number for number in range(20_000)}),
        "arguments that are deep": (anything, {"thing": deep(150)}),
        "arguments that are null": (weather, {"city": None, "days": None}),
        "arguments with half a character": (anything, {"thing": "\ud800"}),
        "arguments that are changed": (mutates, {"cities": ["Oslo"]}),
    }


ALL = {
    **{f"gives {name}": (giving(make), {}) for name, make in VALUES.items()},
    **{f"gives, as a coroutine, {name}": (giving_later(make), {}) for name, make in VALUES.items()},
    **{f"raises {name}": (raising(make), {}) for name, make in ERRORS.items()},
    **{f"raises, as a coroutine, {name}": (raising_later(make), {}) for name, make in ERRORS.items()},
    **of_arguments(),
}
NEVER = threading.Event()
NAMED = [*sync_tools(NEVER), *async_tools(NEVER), *blocking_tools(NEVER)]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event, before = threading.Event(), set(threading.enumerate())
    yield event
    event.set()
    begun = set(threading.enumerate()) - before
    if begun:
        gc.collect()  # a toolbox that is gone ends its loop
    for thread in begun:
        thread.join(5)


def check(function: Function, args: Mapping[str, Any], *, aside: bool) -> None:
    check_box(lambda: FunctionToolbox({"tool": function}, place=Aside if aside else None), args)


def check_box(box: Callable[[], Toolbox], args: Mapping[str, Any]) -> list[FunctionResponse]:
    """Calls the tool of a box, which is made anew for each try; the answers of the last."""
    seconds, answers = inf, list[FunctionResponse]()
    for _ in range(TRIES):
        answers, seconds = run(one_call(box(), args))
        assert [answer.id for answer in answers] == ["1"] * len(answers)
        assert [answer.will_continue for answer in answers] == [True] * (len(answers) - 1) + [None]
        for answer in answers:
            message = ClientMessage(tool_response=ToolResponse(function_responses=[answer]))
            assert len(encode(message)) < LARGEST + 200
        if seconds <= TIMEOUT_S + MARGIN_S:
            break
    assert seconds <= TIMEOUT_S + MARGIN_S
    assert args.get("cities", ["Oslo"]) == ["Oslo"], "the arguments are nobody's to change"
    return answers


@pytest.mark.parametrize("aside", [True, False], ids=["aside", "here"])
@pytest.mark.parametrize("what", ALL)
def test_what_a_tool_gives_or_raises_is_answered_in_time(what: str, aside: bool, release: threading.Event) -> None:
    function, args = ALL[what]
    check(function, args, aside=aside)


@pytest.mark.parametrize("what", NAMED)
def test_what_a_tool_does_is_answered_in_time(what: str, release: threading.Event) -> None:
    tools = {**sync_tools(release), **async_tools(release), **blocking_tools(release)}
    check(tools[what], {}, aside=True)


@pytest.mark.filterwarnings("ignore:Exception ignored in. .coroutine object async_tools")
@pytest.mark.parametrize("what", async_tools(NEVER))
def test_what_blocks_no_loop_is_answered_in_time_on_the_own_loop(what: str, release: threading.Event) -> None:
    check(async_tools(release)[what], {}, aside=False)


# -------------------------------------------------------------------------------- what would harm a whole process

LATE, DIES = f"no result within {TIMEOUT_S:g} s", "the process of file.py has ended"
HARMFUL: dict[str, tuple[str, str]] = {
    "keeps the interpreter in a regular expression": ('return bool(re.match(r"(a+)+$", "a" * 40 + "b"))', LATE),
    "keeps the interpreter in a power": ("return (7 ** (10 ** 8)).bit_length()", LATE),
    "keeps the interpreter in a loop of C": ("return sum(itertools.repeat(0, 10 ** 11))", LATE),
    "keeps the interpreter in another thread": (
        'threading.Thread(target=re.match, args=["(a+)+$", "a" * 40 + "b"]).start(); time.sleep(9)',
        LATE,
    ),
    "blocks in a library of C": ("ctypes.CDLL(None).sleep(60)", LATE),
    "swallows all that can be raised": ("swallow()", LATE),
    "writes to the screen past Python": ('os.write(1, b"screen"); os.write(2, b"screen"); return "wrote"', ""),
    "prints from a thread of its own": ('threading.Thread(target=print, args=["screen"]).start(); return 1', ""),
    "prints from a program": ('subprocess.run(["echo", "screen"]); return 1', ""),
    "prints without an end": ('[os.write(1, b"x" * 65536) for _ in iter(int, 1)]', LATE),
    "floods every pipe it has": ("flood()", ""),
    "reads from the keyboard": ("return sys.stdin.read() + os.read(0, 9).decode()", ""),
    "exits": ("os._exit(3)", DIES),
    "exits by Python": ("sys.exit(3)", "SystemExit"),
    "aborts": ("os.abort()", DIES),
    "reads where no memory is": ("ctypes.string_at(0)", DIES),
    "kills itself": ("os.kill(os.getpid(), signal.SIGKILL)", DIES),
    "kills its whole group": ("os.killpg(0, signal.SIGTERM)", DIES),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", LATE),
    "forks and hangs": ("os.fork() or os.fork(); time.sleep(60)", LATE),
    "forks and exits": ("os.fork() and os._exit(0); time.sleep(60)", DIES),
    "starts what hangs": ('subprocess.run(["sleep", "60"])', LATE),
    "closes all it has": ("os.closerange(0, 256)", DIES),
    "closes the streams of Python": ("sys.stdout.close(); sys.stderr.close(); return 1", ""),
    "takes the streams away": ("sys.stdin = sys.stdout = sys.stderr = None; return 1", ""),
    "leaves a thread that never ends": ("threading.Thread(target=time.sleep, args=[60]).start(); return 1", ""),
    "ignores what would end it": ("signal.pthread_sigmask(0, range(1, 32)); time.sleep(60)", LATE),
    "traces itself": ("sys.setswitchinterval(60); [0 for _ in iter(int, 1)]", LATE),
}
"""What the tool of a file does, and what is said in the answer: an error if anything is."""
FILE = """
import ctypes, itertools, os, re, signal, subprocess, sys, threading, time
import livechat

def swallow():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def flood():
    until = time.monotonic() + 0.03
    while time.monotonic() < until:
        for number in range(3, 12):
            try:
                os.write(number, b"\\n" * 1000)
            except OSError:
                pass

@livechat.tool
def tool(): {does}

@livechat.tool
def well() -> str:
    return "well"
"""


@pytest.mark.parametrize("what", HARMFUL)
def test_what_would_harm_a_whole_process_harms_its_own_alone(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    does, says = HARMFUL[what]
    (tmp_path / "file.py").write_text(FILE.replace("{does}", does))
    boxes: list[FileToolbox] = []

    def box() -> FileToolbox:
        boxes.append(FileToolbox(Worker(tmp_path / "file.py")))
        run(boxes[-1].call("well", {}))  # it has begun to the end
        return boxes[-1]

    try:
        *_, answer = check_box(box, {})
        response = answer.response or {}
        late = says == DIES and LATE in response.get("error", "")  # a busy machine may be slow to see the end
        assert late or says in response.get("error", ""), response
        assert bool(says) == ("error" in response), response
        assert run(boxes[-1].call("well", {})) == Answer({"output": "well"}), "what is called next runs"
    finally:
        for one in boxes:
            one.close()
    assert capfd.readouterr() == ("", "")
