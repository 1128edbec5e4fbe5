"""What a client sends at once is taken a little at a time, in order, and no more of it than is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.portions import LARGEST, SMALLEST, SPELL_S, Portions
from tests.virtual import run


class Source(asyncio.Transport):
    """A transport that is only read from."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Taker:
    """Takes portions and keeps them; it can have enough, and can be slow."""

    def __init__(self) -> None:
        self.source = Source()
        self.portions = Portions(self.source, self.take)
        self.taken: list[bytes] = []
        self.enough = 10**9
        """After so many it pauses."""

    def take(self, portion: bytes) -> None:
        self.taken.append(portion)
        if len(self.taken) == self.enough:
            self.portions.pause()

    @property
    def whole(self) -> bytes:
        return b"".join(self.taken)


def played(play: Callable[[Taker], Awaitable[None]]) -> Taker:
    async def main() -> Taker:
        taker = Taker()
        await play(taker)
        return taker

    return run(main())


def data(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


def test_a_little_is_taken_at_once_and_as_it_is() -> None:
    async def play(taker: Taker) -> None:
        taker.portions.put(b"hello")

    taker = played(play)
    assert (taker.taken, taker.source.reading) == ([b"hello"], True)


def test_much_is_taken_in_portions_that_grow() -> None:
    async def play(taker: Taker) -> None:
        taker.portions.put(data(100_000))

    taker = played(play)
    assert taker.whole == data(100_000)
    sizes = [len(portion) for portion in taker.taken]
    assert sizes[0] == SMALLEST
    assert max(sizes) == LARGEST
    assert sizes[:5] == sorted(sizes[:5])


def test_others_have_their_turn_while_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []

    async def play(taker: Taker) -> None:
        moments = iter(range(10**6))
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: next(moments) * SPELL_S)
        taker.portions.put(data(10_000))
        assert len(taker.taken) < 3
        while len(taker.whole) < 10_000:
            assert not taker.source.reading
            turns.append(len(taker.taken))
            await asyncio.sleep(0)

    taker = played(play)
    assert taker.whole == data(10_000)
    assert len(turns) > 2
    assert taker.source.reading


def test_who_has_enough_gets_no_more_until_he_wants_it() -> None:
    async def play(taker: Taker) -> None:
        taker.enough = 2
        taker.portions.put(data(100_000))
        taker.portions.put(b"more")
        await asyncio.sleep(1)
        assert len(taker.taken) == 2
        assert not taker.source.reading
        taker.portions.resume()
        taker.portions.resume()
        await asyncio.sleep(1)
        assert taker.whole == data(100_000) + b"more"
        assert len(taker.taken[2]) == SMALLEST
        assert taker.source.reading

    played(play)


def test_who_wants_more_and_there_is_none_is_read_for() -> None:
    async def play(taker: Taker) -> None:
        taker.enough = 1
        taker.portions.put(b"x")
        assert not taker.source.reading
        taker.portions.resume()
        assert taker.source.reading

    played(play)


def test_at_the_end_all_that_is_left_is_taken() -> None:
    async def play(taker: Taker) -> None:
        taker.enough = 1
        taker.portions.put(data(5_000))
        taker.portions.resume()
        taker.portions.finish()
        assert taker.whole == data(5_000)
        taker.portions.finish()
        taker.portions.resume()
        await asyncio.sleep(1)
        assert len(taker.taken) == 2

    played(play)


def test_what_is_not_wanted_any_more_is_not_taken() -> None:
    async def play(taker: Taker) -> None:
        taker.enough = 1
        taker.portions.put(data(5_000))
        taker.portions.resume()
        taker.portions.stop()
        taker.portions.stop()
        taker.portions.resume()
        await asyncio.sleep(1)
        assert len(taker.taken) == 1

    played(play)


@given(st.lists(st.one_of(st.integers(1, 30_000), st.just(0)), max_size=12), st.integers(1, 20))
def test_nothing_is_lost_or_turned_around(pieces: list[int], enough: int) -> None:
    """A zero stands for a moment in which more is wanted."""

    async def play(taker: Taker) -> None:
        sent = b""
        taker.enough = enough
        for size in pieces:
            if size:
                piece = data(len(sent) + size)[len(sent) :]
                sent += piece
                taker.portions.put(piece)
            else:
                taker.portions.resume()
                await asyncio.sleep(0)
        taker.portions.resume()
        await asyncio.sleep(1)
        assert taker.whole == sent
        assert taker.source.reading

    played(play)
