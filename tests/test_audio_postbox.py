"""Claims about the way from PortAudio's thread to the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from livechat.audio.postbox import Postbox


def elsewhere(work: Callable[[], None]) -> None:
    """Does it on another thread, and waits for that."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def carriers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "livechat-postbox"]


def end_of(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


def test_calls_from_another_thread_are_made_on_the_loops_in_their_order() -> None:
    async def scene() -> None:
        home, calls, came = threading.get_ident(), list[int](), asyncio.Event()
        postbox = Postbox()

        def call(number: int) -> None:
            assert threading.get_ident() == home
            calls.append(number)

        def work() -> None:
            for number in range(1_000):
                postbox.post(call, number)
            postbox.post(came.set)

        elsewhere(work)
        assert calls == []
        await asyncio.wait_for(came.wait(), 5)
        assert calls == list(range(1_000))
        postbox.post(call, 1_000)
        assert len(calls) == 1_000
        await asyncio.sleep(0)
        assert len(calls) == 1_001
        postbox.close()

    asyncio.run(scene())


def test_its_thread_lives_from_the_first_call_to_the_end_and_may_live_again() -> None:
    async def scene() -> None:
        calls: list[int] = []
        postbox = Postbox()
        postbox.close()
        for count in (1, 2):
            postbox.post(calls.append, 0)
            assert carriers() == []
            elsewhere(lambda: postbox.post(calls.append, 0))
            (carrier,) = carriers()
            postbox.close()
            end_of([carrier])
            await asyncio.sleep(0)
            assert len(calls) == 2 * count

    asyncio.run(scene())


def test_what_is_posted_after_the_loops_end_is_dropped_and_the_thread_ends() -> None:
    async def scene() -> Postbox:
        return Postbox()

    calls: list[int] = []
    postbox = asyncio.run(scene())
    elsewhere(lambda: postbox.post(calls.append, 1))
    elsewhere(lambda: postbox.post(calls.append, 1))
    end_of(carriers())
    elsewhere(lambda: postbox.post(calls.append, 2))
    postbox.post(calls.append, 3)
    assert calls == []
    assert carriers() == []
