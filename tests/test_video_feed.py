"""Claims about pictures that a thread takes: when they are asked for, never late, and it never stays behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from livechat.errors import DeviceError
from livechat.video.feed import Feed, Shutter, Trigger

SOON_S = 10.0


def numbers(shutter: Shutter) -> Iterator[bytes]:
    """A source that has a picture whenever it is asked for one."""
    number = 0
    while (at := shutter.next()) is not None and shutter.wait(at):
        yield b"%d" % number
        number += 1


def three(shutter: Shutter) -> Iterator[bytes]:
    for picture in (b"a", b"b", b"c"):
        shutter.next()
        yield picture


async def all_of(feed: Feed) -> list[bytes]:
    return [picture async for picture in feed]


def test_pictures_come_in_their_order_and_end_with_their_source() -> None:
    feed = Feed(three, 0.001)
    assert asyncio.run(all_of(feed)) == [b"a", b"b", b"c"]
    assert asyncio.run(all_of(feed)) == []


def test_the_first_is_taken_at_once_and_each_other_so_early_that_it_is_there_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, due = 0.0, list[float]()

    def slow(shutter: Shutter) -> Iterator[bytes]:
        nonlocal now
        while (at := shutter.next()) is not None:
            due.append(at)
            now = max(now, at) + (3.0, 0.25, 0.0, 0.0)[len(due) - 1]
            yield b""

    async def run() -> None:
        feed = Feed(slow, 1.0)
        for _ in range(4):
            await anext(feed)
        feed.close()

    monkeypatch.setattr("livechat.video.feed.time", SimpleNamespace(monotonic=lambda: now))
    asyncio.run(run())
    assert due == pytest.approx([0.0, 3.0 + 0.4, 3.65 + 0.65, 4.3 + 0.9]), "by half the interval at most"


def test_none_is_taken_that_nobody_asked_for() -> None:
    taken: list[int] = []

    def source(shutter: Shutter) -> Iterator[bytes]:
        while shutter.next() is not None:
            taken.append(1)
            yield b""

    async def run() -> None:
        feed = Feed(source, 0.001)
        await anext(feed)
        await anext(feed)
        feed.close()

    asyncio.run(run())
    assert len(taken) == 2


def test_who_gives_up_waiting_gets_that_picture_the_next_time_and_no_other() -> None:
    go = threading.Event()
    asked: list[float] = []

    def slow(shutter: Shutter) -> Iterator[bytes]:
        for picture in (b"a", b"b"):
            asked.append(shutter.next() or 0.0)
            go.wait(SOON_S)
            yield picture

    async def run() -> None:
        feed = Feed(slow, 0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(feed)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(feed)
        given = time.monotonic()
        go.set()
        assert await all_of(feed) == [b"a", b"b"]
        assert asked[1] >= given - 0.001, "the second is asked for when the first has come"

    asyncio.run(run())


def test_what_breaks_the_source_is_raised_once_and_then_it_is_over() -> None:
    def broken(shutter: Shutter) -> Iterator[bytes]:
        yield b"a"
        raise DeviceError("the camera is gone")

    async def run() -> list[bytes]:
        feed = Feed(broken, 0.001)
        assert await anext(feed) == b"a"
        with pytest.raises(DeviceError, match="gone"):
            await anext(feed)
        return await all_of(feed)

    assert asyncio.run(run()) == []


def test_closing_tells_who_waits_and_ends_the_thread() -> None:
    async def run() -> list[bytes]:
        feed = Feed(numbers, 3_600)
        assert await anext(feed) == b"0"
        asyncio.get_running_loop().call_soon(feed.close)
        return await all_of(feed)

    assert asyncio.run(run()) == []


def test_closing_what_never_began_is_nothing() -> None:
    async def run() -> list[bytes]:
        feed = Feed(numbers)
        feed.close()
        feed.close()
        return await all_of(feed)

    assert asyncio.run(run()) == []


def test_a_thread_whose_loop_has_ended_ends_too() -> None:
    asked, go, ended = threading.Event(), threading.Event(), threading.Event()

    def source(shutter: Shutter) -> Iterator[bytes]:
        shutter.next()
        asked.set()
        go.wait(SOON_S)
        yield b"a"
        assert shutter.closed
        assert shutter.next() is None
        ended.set()

    async def run() -> None:
        feed = Feed(source)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(feed)

    asyncio.run(run())
    assert asked.wait(SOON_S)
    go.set()
    assert ended.wait(SOON_S)


def test_a_camera_s_frame_is_due_when_it_was_asked_for_and_its_time_has_come() -> None:
    trigger = Trigger()
    assert not trigger.fires()
    trigger.press(time.monotonic() + 3_600)
    assert not trigger.fires()
    assert not trigger.fires()
    late = Trigger()
    late.press(time.monotonic())
    assert [late.fires(), late.fires()] == [True, False]
    late.close()
    assert not late.fires()
    assert not late.wait(time.monotonic() + 3_600)


def test_a_source_that_hangs_holds_up_no_exit() -> None:
    program = (
        "import asyncio, threading\n"
        "from livechat.video.feed import Feed\n"
        "def hangs(shutter):\n"
        "    threading.Event().wait()\n"
        "    yield b''\n"
        "async def run():\n"
        "    feed = Feed(hangs)\n"
        "    try:\n"
        "        async with asyncio.timeout(0.1):\n"
        "            await anext(feed)\n"
        "    except TimeoutError:\n"
        "        feed.close()\n"
        "asyncio.run(run())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
