"""What no test may leave behind: a thread, an open descriptor, an unfinished task, a complaint of asyncio's."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from contextvars import Context
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.aio import ends
from tests.long import EXAMPLES, SOAK, is_long

# No deadline: how long an example takes is the business of whoever else the machine works for. The same examples each
# time: whether a change is good depends on the change; `make soak` looks for new ones.
settings.register_profile("livechat", max_examples=EXAMPLES, deadline=None, derandomize=not SOAK)
settings.load_profile("livechat")

T = TypeVar("T")
NEVER_SKIPPED = ("judge", "pulse", "tmux")
EXCUSES = ("no network", "no root")
finished = 0
"""Tests, so far."""
JOIN_S = 1.0
"""How long a thread that is about to end may take to do so."""


def pytest_configure() -> None:
    """Signals mean what they mean where a user types: `nohup` and `&` have them ignored, and so by every command."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what only `make soak` runs."""
    left_out = [item for item in items if not SOAK and is_long(item.nodeid)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Has each worker begin elsewhere to compile the files, so that it finds the others' already compiled."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or sys.dont_write_bytecode or session.config.args != ["tests"]:
        return
    names = sorted(f"tests.{path.stem}" for path in Path(__file__).parent.glob("test_*.py"))
    begin = len(names) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for name in names[begin:] + names[:begin]:
        with suppress(Exception, pytest.skip.Exception):  # which the collection meets again, and tells
            importlib.import_module(name)


def pytest_collection_finish() -> None:
    """What all tests are made of stays to the end: the many collections of garbage need not look at it."""
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """Nor at what has gathered since."""
    global finished
    finished += 1
    if finished % 500 == 0:
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test for what it leaked. Models loaded for a `speech` test stay for the next: threads and files may."""
    models = request.node.get_closest_marker("speech") is not None
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    complaints = Complaints()
    logging.getLogger("asyncio").addHandler(complaints)
    unfinished: list[str] = []
    monkeypatch.setattr(asyncio.Runner, "run", reporting_unfinished(asyncio.Runner.run, unfinished))
    yield
    logging.getLogger("asyncio").removeHandler(complaints)
    leaks = unfinished + complaints.heard
    if not models:
        leaks += new_threads(threads) + new_descriptors(descriptors)
    assert not leaks, "left behind: " + "; ".join(leaks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a judge, a sound server or a terminal that is not there is a failure: nobody would notice the skip."""
    report = yield
    if report.skipped and os.environ.get("CI") and any(map(item.get_closest_marker, NEVER_SKIPPED)):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(EXCUSES):
            report.outcome, report.longrepr = "failed", f"skipped in CI: {reason}"
    return report


class Complaints(logging.Handler):
    """Keeps what asyncio can only log: exceptions that nobody retrieved, callbacks that failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        cause = f" ({record.exc_info[1]!r})" if record.exc_info else ""
        self.heard.append(record.getMessage().splitlines()[0] + cause)


def reporting_unfinished(run: Callable[..., T], unfinished: list[str]) -> Callable[..., T]:
    """`Runner.run`, which afterwards names the tasks that the runner is about to cancel in silence."""

    def reporting(runner: asyncio.Runner, main: Coroutine[Any, Any, T], *, context: Context | None = None) -> T:
        result = run(runner, main, context=context)
        unfinished.extend(f"task {task.get_name()}" for task in asyncio.all_tasks(runner.get_loop()))
        return result

    return reporting


def new_threads(before: set[threading.Thread]) -> list[str]:
    fresh = [thread for thread in threading.enumerate() if thread not in before]
    return [f"thread {thread.name}" for thread in fresh if not ends(thread, JOIN_S)]


def new_descriptors(before: dict[int, str]) -> list[str]:
    if len(open_descriptors()) <= len(before):
        return []
    gc.collect()  # what only a cycle keeps open is not leaked
    until = time.monotonic() + JOIN_S
    while len(after := open_descriptors()) > len(before):
        if time.monotonic() >= until:
            return [f"descriptor {number} ({what})" for number, what in after.items() if before.get(number) != what]
        threading.Event().wait(0.01)  # a server in a thread that outlives the test closes its end a moment later
    return []


def open_descriptors() -> dict[int, str]:
    """The open files of this process with what each is, where the system tells; else none."""
    found: dict[int, str] = {}
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            found[int(number)] = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue  # the descriptor of the listing itself
    return found
