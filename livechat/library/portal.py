"""A loop in a thread of its own, and the way into it from every other thread: what the synchronous front stands on.

Whoever waits looks up now and then: on Windows no Ctrl-C reaches a wait without an end, and the loop may have ended.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Final, Generic, Literal, TypeAlias, TypeVar, cast

from livechat.errors import SessionClosed, UsageError

T = TypeVar("T")
Item = TypeVar("Item")
Held = TypeVar("Held")

WAKE_S: Final = 0.2
"""Seconds after which a waiting thread looks up."""
GOODBYE_S: Final = 3.0
"""Seconds that leaving may take, with the closing of the connection, before it is left to itself."""
SETTLE_S: Final = 0.2
"""Seconds in which calls of other threads may see for themselves that all is over."""
NAME: Final = "livechat.sync"
"""What the thread is called."""


class _End(Enum):
    END = "end"


End: TypeAlias = Literal[_End.END]
END: Final = _End.END
"""What is handed over in place of an item when there is none any more."""
Wanted: TypeAlias = "asyncio.Future[object]"
"""A place for an item, which the loop awaits and another thread fills."""


def closed() -> SessionClosed:
    """What is raised into whoever wants something of a loop that has ended."""
    return SessionClosed("this session is closed", hint="begin another with connect_sync()")


class _Call(Generic[T]):
    """One thing that a waiting thread has asked of the loop."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self.answer: Future[T] = Future()
        self.news: SimpleQueue[Wanted | None] = SimpleQueue()
        """What the waiting thread shall give; None: the answer is there."""
        news = self.news
        self.answer.add_done_callback(lambda _: news.put(None))

    def begin(self, tasks: asyncio.TaskGroup) -> asyncio.Task[None]:
        self._task = tasks.create_task(self._run(), name=NAME)
        self._task.add_done_callback(lambda _: self.refuse())
        return self._task

    def refuse(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(asyncio.CancelledError())

    def cancel(self) -> None:
        if self._task is None:
            self.refuse()
        else:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            result = await self._work()
        except Exception as error:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(result)
        finally:
            del self  # else an error, its traceback and this frame would hold each other


class Portal(Generic[Held]):
    """Holds what `opening` opens, on the loop of a thread of its own, from `open` to `close`."""

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[Held]]) -> None:
        self.error: Exception | None = None
        """What was raised when it was opened or left."""
        self._opening = opening
        self._opened: Future[Held] = Future()
        self._ended = threading.Event()
        self._left = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    @property
    def over(self) -> bool:
        """Whether it has been left, or is being left. From any thread."""
        return self._left.is_set()

    def open(self) -> Held:
        """Starts the thread and returns what is held. Raises what `opening` does; an interrupt gives it up."""
        self._loop = asyncio.new_event_loop()
        atexit.register(self.close)
        try:
            self._thread.start()
            return _waited(self._opened)
        except BaseException:
            self.close()
            raise

    def leave(self) -> None:
        """Ends it, and waits for nothing. From any thread."""
        self._post(self._leave)

    def close(self) -> None:
        """Ends it, and waits at most `GOODBYE_S` until it has ended. From any thread."""
        self.leave()
        if threading.current_thread() is self._thread:
            return
        for _ in range(round(GOODBYE_S / WAKE_S)):
            if self._ended.wait(WAKE_S):
                self._thread.join()
                return

    def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """What comes of `work`, done on the loop. Raises what it raises, and SessionClosed when it is left.

        An interrupt of the waiting thread cancels the work.
        """
        return self._serve(_Call(work), iter(()))

    def feed(self, items: Iterable[Item], work: Callable[[AsyncIterator[Item]], Awaitable[T]]) -> T:
        """The same for work that takes items, which are drawn in the calling thread as they are wanted."""
        call = _Call[T](lambda: work(cast("AsyncIterator[Item]", _asked_for(call.news))))
        return self._serve(call, iter(items))

    # ------------------------------------------------------------------------------------ in the caller's thread

    def _serve(self, call: _Call[T], items: Iterator[object]) -> T:
        if threading.current_thread() is self._thread:
            raise UsageError(
                "the session's own thread cannot wait for the session",
                why="callbacks and asynchronous tools run in it",
                hint="let another thread make this call, or take the asynchronous session: connect()",
            )
        try:
            if not self._post(self._begin, call):
                raise closed()
            while (wanted := self._news(call)) is not None:
                self._post(_give, wanted, next(items, END))
        except BaseException:
            self._abandon(call)
            raise
        try:
            return call.answer.result()
        except asyncio.CancelledError:
            raise closed() from None
        finally:
            del call  # for the same reason as in _Call

    def _news(self, call: _Call[T]) -> Wanted | None:
        while True:
            with suppress(Empty):
                return call.news.get(timeout=WAKE_S)
            if self._ended.is_set() and not call.answer.done():
                raise closed()

    def _abandon(self, call: _Call[T]) -> None:
        """Cancels it, and waits until it is: the next call may need what this one holds."""
        if self._post(call.cancel):
            with suppress(BaseException):
                call.answer.result(GOODBYE_S)

    def _post(self, callback: Callable[..., object], *args: object) -> bool:
        """Has the loop call this soon; whether there is a loop."""
        try:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            return False
        return True

    # ------------------------------------------------------------------------------------------ in its own thread

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._live())
        except asyncio.CancelledError:
            pass  # it was left before it was open
        except RuntimeError:
            if threading.main_thread().is_alive():
                raise  # else Python 3.12 is ending, and begins no thread any more in which to end those of the loop
        finally:
            atexit.unregister(self.close)
            if not self._opened.done():
                self._opened.set_exception(self.error or closed())
            self._ended.set()

    async def _live(self) -> None:
        self._main = asyncio.current_task()
        async with asyncio.TaskGroup() as self._tasks:
            if not self.over:
                await self._hold()

    async def _hold(self) -> None:
        try:
            async with self._opening() as held:
                self._opened.set_result(held)
                await self._left.wait()
        except Exception as error:
            self.error = error
        finally:
            self._left.set()
            await self._settle()

    async def _settle(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=SETTLE_S)
        for task in self._running:
            task.cancel()

    def _begin(self, call: _Call[object]) -> None:
        if self.over or self._tasks is None:
            call.refuse()
            return
        task = call.begin(self._tasks)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _leave(self) -> None:
        self._left.set()
        if self._main is not None and not self._opened.done():
            self._main.cancel()


def _waited(future: Future[T]) -> T:
    while True:
        try:
            return future.result(WAKE_S)
        except TimeoutError:
            if future.done():
                raise


async def _asked_for(asked: SimpleQueue[Wanted | None]) -> AsyncGenerator[object]:
    """Items that another thread gives when it is asked for them."""
    loop = asyncio.get_running_loop()
    while True:
        wanted: Wanted = loop.create_future()
        asked.put(wanted)
        item = await wanted
        if item is END:
            return
        yield item


def _give(wanted: Wanted, item: object) -> None:
    if not wanted.done():
        wanted.set_result(item)


async def drawn_aside(items: Iterable[Item]) -> AsyncGenerator[Item]:
    """Plain items as an asynchronous iterator; they are drawn in a thread of their own, one after the other."""
    asked: SimpleQueue[Wanted | None] = SimpleQueue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_draw, args=(iter(items), asked, loop), name=f"{NAME}.items", daemon=True).start()
    try:
        async for item in _asked_for(asked):
            yield cast("Item", item)
    finally:
        asked.put(None)


def _draw(items: Iterator[object], asked: SimpleQueue[Wanted | None], loop: asyncio.AbstractEventLoop) -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        for wanted in iter(asked.get, None):
            try:
                item = next(items, END)
            except Exception as error:
                loop.call_soon_threadsafe(_fail, wanted, error)
            else:
                loop.call_soon_threadsafe(_give, wanted, item)


def _fail(wanted: Wanted, error: Exception) -> None:
    if not wanted.done():
        wanted.set_exception(error)


class Each(Iterator[Item]):
    """A plain iterator over an asynchronous one. It may be left at any time, and gone on with after an interrupt."""

    def __init__(self, owner: object, portal: Portal[Held], source: AsyncIterator[Item]) -> None:
        self._owner = owner
        """Lives as long as this does: a session that nobody holds any more is left."""
        self._portal = portal
        self._source = source

    def __next__(self) -> Item:
        try:
            item = self._portal.call(self._take)
        except SessionClosed:
            if self._portal.over:
                raise StopIteration from None
            raise
        if item is END:
            raise StopIteration
        return item

    async def _take(self) -> Item | End:
        return await anext(self._source, END)
