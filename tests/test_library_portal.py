"""Claims about the way into a loop in another thread: what is asked there is answered here, and nothing hangs."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from livechat.errors import BadInput, LivechatError, SessionClosed, Unreachable, UsageError
from livechat.library import portal
from livechat.library.portal import Each, Portal, drawn_aside

HOUSE = Path(__file__).parent.parent


class Desk:
    """What is held: it can be asked, hung up on, and knows what happened to it."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.cancelled = threading.Event()
        self.left = threading.Event()
        self.given: list[object] = []

    async def double(self, number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    async def hang(self, begun: Callable[[], object] = lambda: None) -> None:
        begun()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    async def fail(self) -> None:
        raise BadInput("this is no sound")

    async def take(self, items: AsyncIterator[object]) -> int:
        async for item in items:
            self.given.append(item)
        return len(self.given)

    async def count(self, to: int) -> AsyncGenerator[int]:
        for number in range(to):
            yield number


@asynccontextmanager
async def desk() -> AsyncGenerator[Desk]:
    found = Desk()
    try:
        yield found
    finally:
        found.left.set()


@contextmanager
def opened() -> Iterator[tuple[Portal[Desk], Desk]]:
    way = Portal(desk)
    held = way.open()
    try:
        yield way, held
    finally:
        way.close()


def interrupt() -> None:
    """What Ctrl-C does: a signal to the main thread."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_what_is_asked_is_done_in_a_thread_of_its_own_which_ends_with_it() -> None:
    before = threading.active_count()
    with opened() as (way, held):
        assert held.thread != threading.get_ident()
        assert way.call(lambda: held.double(21)) == 42
        assert threading.active_count() == before + 1
        assert not way.over
    assert held.left.is_set()
    assert way.over
    assert threading.active_count() == before


def test_what_is_raised_there_is_raised_here_with_the_way_it_took() -> None:
    with opened() as (way, held), pytest.raises(BadInput, match="no sound") as raised:
        way.call(held.fail)
    frames = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert frames[0] == test_what_is_raised_there_is_raised_here_with_the_way_it_took.__name__
    assert frames[-1] == "fail"
    assert len(frames) < 9
    assert raised.value.__cause__ is raised.value.__context__ is None


def test_what_is_raised_is_not_kept_alive_by_its_own_traceback() -> None:
    with opened() as (way, held):
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                with suppress(BadInput):
                    way.call(held.fail)
            way.call(lambda: held.double(1))  # the loop is done with the last
            assert not [one for one in gc.get_objects() if isinstance(one, BadInput)]
        finally:
            gc.enable()


def test_what_keeps_it_from_opening_is_raised_and_nothing_stays() -> None:
    @asynccontextmanager
    async def shut() -> AsyncGenerator[None]:
        raise Unreachable("nobody is there")
        yield

    before = threading.active_count()
    with pytest.raises(Unreachable, match="nobody"):
        Portal(shut).open()
    assert threading.active_count() == before


def test_what_goes_wrong_while_leaving_is_kept() -> None:
    @asynccontextmanager
    async def sticky() -> AsyncGenerator[None]:
        yield
        raise LivechatError("the door sticks")

    way = Portal(sticky)
    way.open()
    way.close()
    assert str(way.error) == "the door sticks"


def test_ctrl_c_interrupts_what_waits_and_cancels_what_it_waited_for() -> None:
    with opened() as (way, held):
        with pytest.raises(KeyboardInterrupt):
            way.call(lambda: held.hang(interrupt))
        assert held.cancelled.is_set()
        assert way.call(lambda: held.double(2)) == 4


def test_ctrl_c_while_it_opens_gives_it_up() -> None:
    given_up = threading.Event()

    @asynccontextmanager
    async def slow() -> AsyncGenerator[None]:
        interrupt()
        try:
            await asyncio.Event().wait()
            yield
        finally:
            given_up.set()

    with pytest.raises(KeyboardInterrupt):
        Portal(slow).open()
    assert given_up.is_set()


def test_ctrl_c_reaches_a_drawing_iterable_too() -> None:
    def endless() -> Iterator[int]:
        yield 1
        signal.raise_signal(signal.SIGINT)
        yield 2

    with opened() as (way, held):
        with pytest.raises(KeyboardInterrupt):
            way.feed(endless(), held.take)
        assert held.given == [1]
        assert way.call(lambda: held.double(2)) == 4


def test_many_threads_ask_at_once() -> None:
    answers: list[int] = []
    with opened() as (way, held):

        def ask(number: int) -> None:
            answers.extend(way.call(lambda: held.double(number)) for _ in range(20))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted(2 * number for number in range(8) for _ in range(20))


def test_who_waits_when_it_is_closed_is_told_so() -> None:
    told: list[BaseException] = []
    begun = threading.Event()
    with opened() as (way, held):

        def wait() -> None:
            try:
                way.call(lambda: held.hang(begun.set))
            except SessionClosed as error:
                told.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert begun.wait(5)
    waiting.join()
    assert [type(error) for error in told] == [SessionClosed]


def test_it_is_closed_as_often_as_one_likes_and_nothing_can_be_asked_then() -> None:
    with opened() as (way, held):
        way.close()
        way.close()
        with pytest.raises(SessionClosed):
            way.call(lambda: held.double(1))


def test_its_own_thread_is_told_that_it_cannot_wait() -> None:
    with opened() as (way, held):

        async def ask_oneself() -> None:
            way.call(lambda: held.double(1))

        with pytest.raises(UsageError, match="cannot wait"):
            way.call(ask_oneself)


def test_its_own_thread_may_close_it_and_waits_for_nothing() -> None:
    with opened() as (way, held):

        async def close() -> float:
            began = monotonic()
            way.close()
            return monotonic() - began

        assert way.call(close) < portal.GOODBYE_S / 2
        assert held.left.wait(5)


def test_items_are_drawn_in_the_calling_thread_as_they_are_wanted() -> None:
    drawn_by: set[int] = set()

    def items() -> Iterator[str]:
        for item in "abc":
            drawn_by.add(threading.get_ident())
            yield item

    with opened() as (way, held):
        assert way.feed(items(), held.take) == 3
        assert held.given == ["a", "b", "c"]
    assert drawn_by == {threading.get_ident()}


def test_an_iterable_that_fails_ends_the_call_with_its_error() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    with opened() as (way, held):
        with pytest.raises(OSError, match="disk"):
            way.feed(broken(), held.take)
        assert way.call(lambda: held.double(1)) == 2


def test_a_call_that_wants_no_more_ends_though_there_is_more() -> None:
    async def first(items: AsyncIterator[int]) -> int:
        return await anext(items)

    with opened() as (way, _):
        assert way.feed(iter(range(1000)), first) == 0


def test_a_plain_iterator_runs_over_an_asynchronous_one() -> None:
    with opened() as (way, held):
        assert list(Each(None, way, held.count(3))) == [0, 1, 2]


def test_a_loop_may_be_left_and_gone_on_with() -> None:
    with opened() as (way, held):
        numbers = Each(None, way, held.count(4))
        for number in numbers:
            if number == 1:
                break
        assert list(numbers) == [2, 3]


def test_an_iteration_ends_when_it_is_closed() -> None:
    with opened() as (way, held):
        numbers = Each(None, way, held.count(4))
        assert next(numbers) == 0
        way.close()
        assert list(numbers) == []


def test_items_are_drawn_aside_where_nobody_waits_to_draw_them() -> None:
    with opened() as (way, held):
        assert way.call(lambda: held.take(drawn_aside([1, 2]))) == 2

        def broken() -> Iterator[int]:
            raise OSError("the microphone is gone")
            yield 1

        with pytest.raises(OSError, match="microphone"):
            way.call(lambda: held.take(drawn_aside(broken())))


def test_a_wait_looks_up_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "WAKE_S", 0.001)
    with opened() as (way, held):

        async def slow() -> int:
            await asyncio.sleep(0.02)
            return await held.double(1)

        assert way.call(slow) == 2


SCRIPT = """
import asyncio, sys, threading
from contextlib import asynccontextmanager, suppress
from livechat.errors import SessionClosed
from livechat.library import portal

@asynccontextmanager
async def held():
    await asyncio.get_running_loop().getaddrinfo("localhost", 1)  # which has threads of its own
    try:
        yield
    finally:
        await asyncio.sleep(float(sys.argv[1]))
        print("goodbye")

async def stuck():
    await asyncio.sleep(3600)

def wait():
    with suppress(SessionClosed):
        way.call(stuck)

portal.GOODBYE_S = 0.4
way = portal.Portal(held)
way.open()
threading.Thread(target=wait, daemon=True).start()
sys.exit(7)
"""


@pytest.mark.parametrize(("takes_s", "said"), [(0, "goodbye\n"), (3600, "")], ids=["in time", "cut short"])
def test_the_interpreter_says_goodbye_and_ends(takes_s: float, said: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(takes_s)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=HOUSE)
    assert (done.stdout, done.stderr, done.returncode) == (said, "", 7)
