"""Claims about reading what comes when it comes."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.pipe import DirectReader, PolledReader, Reader, ThreadReader, Window, answer, reader_of
from tests.aio import ends


@contextmanager
def pipe() -> Generator[tuple[io.FileIO, io.FileIO]]:
    ours, theirs = os.pipe()
    with io.FileIO(ours, "r") as reading, io.FileIO(theirs, "w") as writing:
        yield reading, writing


def threaded(stream: io.FileIO) -> Reader:
    return ThreadReader(stream.fileno())


def polled(stream: io.FileIO) -> Reader:
    return PolledReader(stream.fileno())


@pytest.mark.parametrize("make", [polled, threaded])
def test_bytes_come_as_they_are_written_and_then_the_end(make: Callable[[io.FileIO], Reader]) -> None:
    async def scene() -> None:
        with pipe() as (reading, writing):
            reader = make(reading)
            writing.write(b"first")
            assert await reader.read() == b"first"
            asyncio.get_running_loop().call_soon(writing.write, b"second")
            assert await reader.read() == b"second"
            writing.close()
            assert await reader.read() == b""

    asyncio.run(scene())


@pytest.mark.parametrize("make", [polled, threaded])
def test_waiting_for_a_silent_pipe_can_be_given_up_and_taken_up_again(make: Callable[[io.FileIO], Reader]) -> None:
    async def scene() -> None:
        with pipe() as (reading, writing):
            reader = make(reading)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await reader.read()
            writing.write(b"kept")
            async with asyncio.timeout(5):
                assert await reader.read() == b"kept"
            writing.close()
            async with asyncio.timeout(5):
                assert await reader.read() == b""

    asyncio.run(scene())


def test_giving_up_in_the_moment_in_which_bytes_come_leaves_them_in_the_pipe() -> None:
    async def scene() -> None:
        with pipe() as (reading, writing):
            reader = PolledReader(reading.fileno())
            reads = asyncio.get_running_loop().create_task(reader.read())
            await asyncio.sleep(0)
            writing.write(b"kept")
            asyncio.get_running_loop().call_soon(reads.cancel)  # runs before the loop tells of the bytes
            with pytest.raises(asyncio.CancelledError):
                await reads
            assert await reader.read() == b"kept"

    asyncio.run(scene())


def test_a_thread_takes_no_more_than_is_asked_for() -> None:
    async def scene() -> None:
        with pipe() as (reading, writing):
            reader = ThreadReader(reading.fileno())
            writing.write(b"one")
            assert await reader.read() == b"one"
            writing.write(b"two")
            await asyncio.sleep(0)
            assert os.read(reading.fileno(), 10) == b"two"
            writing.close()
            assert await reader.read() == b""

    asyncio.run(scene())
    assert all(ends(thread) for thread in threading.enumerate() if thread.name == "livechat-pipe")


def test_what_a_thread_cannot_read_is_raised_to_the_one_who_asked() -> None:
    async def scene() -> None:
        with pipe() as (_, writing), pytest.raises(OSError, match="Bad file"):
            await ThreadReader(writing.fileno()).read()

    asyncio.run(scene())


def test_a_loop_that_is_gone_is_no_trouble_to_the_thread() -> None:
    with pipe() as (reading, writing):

        async def give_up() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await ThreadReader(reading.fileno()).read()

        asyncio.run(give_up())
        (left,) = [thread for thread in threading.enumerate() if thread.name == "livechat-pipe"]
        writing.write(b"too late")
        left.join(5)
        assert not left.is_alive()


def test_the_reader_suits_the_stream(tmp_path: Path) -> None:
    (tmp_path / "q.pcm").write_bytes(b"on a disk")

    async def scene() -> None:
        with pipe() as (reading, _):
            assert isinstance(reader_of(reading), PolledReader)
        with open(tmp_path / "q.pcm", "rb") as file:  # noqa: ASYNC230
            reader = reader_of(file)
            assert isinstance(reader, DirectReader)
            assert await reader.read() == b"on a disk"
        with open("/dev/zero", "rb") as endless:  # noqa: ASYNC230
            assert isinstance(reader_of(endless), DirectReader)
        assert isinstance(reader_of(io.BytesIO()), DirectReader)

    asyncio.run(scene())


def test_a_loop_that_watches_no_pipes_gets_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        def refuse(*_: object) -> None:
            raise NotImplementedError

        monkeypatch.setattr(asyncio.get_running_loop(), "add_reader", refuse)
        with pipe() as (reading, _):
            assert isinstance(reader_of(reading), ThreadReader)

    asyncio.run(scene())


class Pieces:
    """A reader of these pieces, which must not be asked again after its end."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = [piece for piece in pieces if piece]
        self.ended = False

    async def read(self) -> bytes:
        assert not self.ended
        self.ended = not self.pieces
        return self.pieces.pop(0) if self.pieces else b""


async def rest_of(window: Window) -> bytes:
    taken = b""
    while data := await window.take():
        taken += data
    return taken


@given(
    st.lists(st.binary(max_size=20), max_size=10),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
    st.integers(0, 30),
)
def test_a_window_answers_as_the_whole_would(
    pieces: list[bytes], steps: list[tuple[int, int]], rest_after: int
) -> None:
    whole = b"".join(pieces)

    def asking() -> Generator[tuple[int, int], bytes, int]:
        at = 0
        for step, count in steps:
            at += step
            assert (yield at, count) == whole[at : at + count]
        return at

    async def scene() -> None:
        window = Window(Pieces(pieces))
        at = await answer(asking(), window) + rest_after
        await window.skip_to(at)
        assert await rest_of(window) == whole[at:]
        assert await window.at(len(whole) + at, 1) == b""

    asyncio.run(scene())
