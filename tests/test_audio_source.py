"""Claims about sources: their frames, their pace, their memory, and that nothing holds up the loop."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from livechat.audio.source import Source, open_source, paced
from livechat.errors import BadInput, MissingInput, UsageError
from tests.sound_help import chunk, fmt, riff, run_virtually, s16, sine, wav

SPEECH = s16(sine(16_100))


def piped(
    data: bytes, note: Callable[[str], None] = pytest.fail, *, channels: int | None = None, format: str | None = None
) -> bytes:
    async def scene() -> bytes:
        source = open_source("-", channels=channels, format=format, note=note, stdin=io.BytesIO(data))
        frames = [frame async for frame in source]
        assert {len(frame) for frame in frames[:-1]} <= {640}
        assert source.duration_s is None
        assert source.position_s == pytest.approx(sum(map(len, frames)) / 32_000)
        return b"".join(frames)

    return asyncio.run(scene())


def test_a_file_comes_in_frames_of_twenty_milliseconds_and_a_shorter_last_one(tmp_path: Path) -> None:
    path = tmp_path / "q.wav"
    path.write_bytes(wav(SPEECH))

    async def scene() -> None:
        with closing(open_source(str(path), note=pytest.fail)) as source:
            assert source.duration_s == 16_100 / 16_000
            frames: list[bytes] = []
            async for frame in source:
                frames.append(frame)
                assert source.position_s == pytest.approx(sum(map(len, frames)) / 32_000)
            assert [len(frame) for frame in frames] == [640] * 50 + [200]
            assert b"".join(frames) == SPEECH

    asyncio.run(scene())


def test_a_pipe_may_bring_raw_bytes_or_a_wav_and_says_so() -> None:
    notes: list[str] = []
    assert piped(SPEECH) == SPEECH
    assert piped(wav(SPEECH), notes.append) == SPEECH
    assert piped(riff(fmt(), chunk(b"data", SPEECH, 0xFFFFFFFF)), notes.append) == SPEECH
    assert set(notes) == {"standard input begins with 'RIFF': it is a WAV file, reading it as WAV"}
    assert piped(struct.pack("<2f", 0.5, 0.0) * 100, format="f32le", channels=2) == struct.pack("<h", 8192) * 100


def test_bytes_behind_the_sound_of_a_piped_wav_are_not_sound() -> None:
    data = riff(fmt(), chunk(b"data", SPEECH), chunk(b"LIST", b"not sound at all"))
    assert piped(data, lambda _: None) == SPEECH


def test_a_pipe_that_ends_early_or_oddly_is_noted() -> None:
    notes: list[str] = []
    assert piped(SPEECH + b"\1", notes.append) == SPEECH
    assert piped(wav(SPEECH)[:-16_100], notes.append) == SPEECH[:-16_100]
    assert notes[0] == "standard input has an odd length: last byte dropped"
    assert notes[-1] == "standard input ended 0.50 s too early"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "standard input is empty"),
        (b"Some words, not sound.\n", "standard input looks like text, not like sound"),
        (b"fLaC" + bytes(50), "standard input is FLAC, which cannot be read through a pipe"),
        (riff(chunk(b"data", SPEECH), fmt()), "standard input has its sound before its format"),
    ],
)
def test_what_cannot_be_read_from_a_pipe_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        piped(data, lambda _: None)


def test_what_was_asked_for_wrongly_or_is_missing_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError):
        open_source("-", rate=1, note=pytest.fail)
    with pytest.raises(MissingInput):
        open_source(str(tmp_path), note=pytest.fail)
    with pytest.raises(MissingInput):
        open_source("a\0b", note=pytest.fail)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(MissingInput, match="standard input is closed"):
        open_source("-", note=pytest.fail)


def test_standard_input_is_taken_from_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.pcm").write_bytes(SPEECH)

    async def scene() -> bytes:
        return b"".join([frame async for frame in open_source("-", note=pytest.fail)])

    with open(tmp_path / "q.pcm") as redirected:
        monkeypatch.setattr(sys, "stdin", redirected)
        assert asyncio.run(scene()) == SPEECH


def test_a_named_pipe_is_opened_without_waiting_and_read_as_it_fills(tmp_path: Path) -> None:
    path = tmp_path / "fifo.wav"
    os.mkfifo(path)

    async def scene() -> None:
        with closing(open_source(str(path), note=pytest.fail)) as source:
            frames = aiter(source)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(frames)
        with closing(open_source(str(path), note=pytest.fail)) as source, open(path, "wb") as writing:  # noqa: ASYNC230
            frames = aiter(source)
            writing.write(wav(SPEECH))
            writing.flush()
            assert await anext(frames) == SPEECH[:640]
            writing.close()
            assert b"".join([frame async for frame in frames]) == SPEECH[640:]

    asyncio.run(scene())


async def frames_of(*lengths: int) -> AsyncIterator[bytes]:
    for length in lengths:
        yield bytes(length)


def times_of(source: AsyncIterator[bytes], speed: float = 1.0, held_up: tuple[float, ...] = ()) -> list[float]:
    async def scene() -> list[float]:
        loop = asyncio.get_running_loop()
        delays = list(held_up)
        times: list[float] = []
        async for _ in paced(source, speed=speed):
            times.append(round(loop.time(), 6))
            if delays:
                await asyncio.sleep(delays.pop(0))
        return times

    return run_virtually(scene())


def test_frames_leave_in_real_time() -> None:
    assert times_of(frames_of(640, 640, 320, 640)) == [0.0, 0.02, 0.04, 0.05]


def test_speed_divides_the_time() -> None:
    assert times_of(frames_of(640, 640, 640), speed=2.0) == [0.0, 0.01, 0.02]


def test_delays_do_not_add_up() -> None:
    assert times_of(frames_of(*[640] * 6), held_up=(0.015, 0.05)) == [0.0, 0.02, 0.07, 0.07, 0.08, 0.1]


def test_a_source_that_paused_is_not_rushed_after() -> None:
    async def pausing() -> AsyncIterator[bytes]:
        yield bytes(640)
        await asyncio.sleep(3)
        yield bytes(640)
        yield bytes(640)

    assert times_of(pausing()) == [0.0, 3.0, 3.02]


def test_an_endless_source_lets_the_loop_live() -> None:
    async def scene() -> None:
        with open("/dev/zero", "rb") as endless:  # noqa: ASYNC230
            source = open_source("-", note=pytest.fail, stdin=endless)

            async def listen() -> None:
                async for _ in source:
                    pass

            async with asyncio.timeout(5):
                listener = asyncio.get_running_loop().create_task(listen())
                for _ in range(20):
                    await asyncio.sleep(0)
                listener.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await listener
            assert 0 < source.position_s < 60

    asyncio.run(scene())


async def drain(source: Source) -> int:
    return sum([len(frame) async for frame in source])


def test_a_long_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.pcm"
    path.touch()
    os.truncate(path, 48_000 * 4 * 120)  # two minutes of stereo at 48 kHz, 23 MB, none of it on the disk

    async def scene() -> None:
        with closing(open_source(str(path), rate=48_000, channels=2, note=pytest.fail)) as source:
            frames = aiter(source)
            await anext(frames)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            count = 1
            async for _ in frames:
                count += 1
            assert count == 120 * 50
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_192

    asyncio.run(scene())
