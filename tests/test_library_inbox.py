"""Whatever came is taken once, in order, by one taker at a time; nothing is lost by leaving a loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from livechat.errors import Unreachable, UsageError
from livechat.library.inbox import Inbox
from tests import virtual


def all_of(number: int) -> int:
    return number


async def taken(each: AsyncIterator[int]) -> list[int]:
    return [number async for number in each]


def filled(*numbers: int, most: int = 10) -> Inbox[int]:
    inbox: Inbox[int] = Inbox(most)
    for number in numbers:
        inbox.put(number)
    return inbox


def test_what_came_is_taken_in_order_and_then_it_ends() -> None:
    async def main() -> list[int]:
        inbox = filled(1, 2, 3)
        inbox.close()
        inbox.put(4)
        return await taken(inbox.each(all_of))

    assert virtual.run(main()) == [1, 2, 3]


def test_an_iteration_takes_what_it_chooses_and_passes_over_the_rest() -> None:
    async def main() -> list[int]:
        inbox = filled(1, 2, 3, 4)
        inbox.close()
        return await taken(inbox.each(lambda number: number if number % 2 else None))

    assert virtual.run(main()) == [1, 3]


def test_what_comes_later_is_waited_for() -> None:
    async def main() -> list[int]:
        inbox = filled()
        asyncio.get_running_loop().call_later(5, inbox.put, 7)
        asyncio.get_running_loop().call_later(6, inbox.close)
        return await taken(inbox.each(all_of))

    assert virtual.run(main()) == [7]


def test_leaving_a_loop_leaves_the_rest_for_the_next() -> None:
    async def main() -> list[int]:
        inbox = filled(1, 2, 3)
        async for _ in inbox.each(all_of):
            break
        inbox.close()
        return await taken(inbox.each(all_of))

    assert virtual.run(main()) == [2, 3]


def test_an_error_comes_after_what_came_before_it_and_again_for_the_next() -> None:
    async def main() -> None:
        inbox = filled(1)
        inbox.close(Unreachable("gone"))
        inbox.close()
        each = inbox.each(all_of)
        assert await anext(each) == 1
        for one in (each, inbox.each(all_of)):
            with pytest.raises(Unreachable, match="gone"):
                await anext(one)

    virtual.run(main())


def test_a_second_taker_is_told_that_there_is_one() -> None:
    async def main() -> None:
        inbox = filled()
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(taken(inbox.each(all_of)))
            await asyncio.sleep(1)
            with pytest.raises(UsageError, match="somebody else is receiving"):
                await anext(inbox.each(all_of))
            inbox.put(1)
            inbox.close()
        assert await first == [1]

    virtual.run(main())


def test_a_taker_that_was_cancelled_makes_room_for_another() -> None:
    async def main() -> int:
        inbox = filled()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(inbox.each(all_of))
        inbox.put(5)
        return await anext(inbox.each(all_of))

    assert virtual.run(main()) == 5


def test_stopping_ends_what_has_begun_and_keeps_what_is_there() -> None:
    async def main() -> list[int]:
        inbox = filled()
        waiting = inbox.each(all_of)
        asyncio.get_running_loop().call_later(1, inbox.stop)
        assert await taken(waiting) == []
        inbox.put(1)
        assert await taken(waiting) == []
        inbox.close(Unreachable("gone"))
        return [await anext(inbox.each(all_of))]

    assert virtual.run(main()) == [1]


def test_who_fills_it_waits_while_it_is_full() -> None:
    async def main() -> float:
        inbox = filled(1, 2, most=2)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.room())
            await asyncio.sleep(3)
            await anext(inbox.each(all_of))
        await inbox.room()
        return loop.time() - began

    assert virtual.run(main()) == pytest.approx(3)


@pytest.mark.parametrize("how", ["drops", "closed"])
def test_nobody_waits_for_room_where_it_may_drop_or_is_closed(how: str) -> None:
    async def main() -> None:
        inbox = filled(1, 2, most=2)
        if how == "drops":
            inbox.drops = True
        else:
            inbox.close()
        await inbox.room()

    virtual.run(main())


def test_where_it_may_drop_the_oldest_goes() -> None:
    inbox = filled(most=2)
    inbox.drops = True
    for number in (1, 2, 3):
        inbox.put(number)
    inbox.close()
    assert virtual.run(taken(inbox.each(all_of))) == [2, 3]


def test_a_close_may_discard_what_nobody_took() -> None:
    inbox = filled(1, 2)
    inbox.close(discard=True)
    assert len(inbox) == 0
    assert virtual.run(taken(inbox.each(all_of))) == []
