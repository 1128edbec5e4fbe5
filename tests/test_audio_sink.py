"""Claims about writing sound: whole at every moment, honest about failure, never in the loop's way."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import signal
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from livechat.audio.file import RawOptions, open_regular
from livechat.audio.sink import FileSink, PipeSink, Sink, open_sink, wav_header
from livechat.errors import DeviceError, UsageError
from tests.sound_help import s16, sine

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SOUND = s16(sine(2_400, 24_000))


def write(path: Path, *pieces: bytes) -> int:
    async def scene() -> int:
        sink = open_sink(str(path))
        for piece in pieces:
            sink.write(piece)
        await sink.close()
        return sink.written

    return asyncio.run(scene())


def test_a_wav_is_what_other_readers_expect(tmp_path: Path) -> None:
    assert write(tmp_path / "a.WAV", SOUND, b"", SOUND) == 2 * len(SOUND)
    with wave.open(str(tmp_path / "a.WAV")) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, 24_000)
        assert read.readframes(read.getnframes()) == SOUND + SOUND


@pytest.mark.parametrize("suffix", [".pcm", ".raw"])
def test_raw_files_hold_sound_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a{suffix}", SOUND, SOUND)
    assert (tmp_path / f"a{suffix}").read_bytes() == SOUND + SOUND


def test_a_wav_is_of_the_rate_and_the_channels_that_were_said(tmp_path: Path) -> None:
    async def scene() -> None:
        sink = open_sink(str(tmp_path / "a.wav"), rate=48_000, channels=2)
        sink.write(SOUND)
        await sink.drain()
        await sink.close()

    asyncio.run(scene())
    with wave.open(str(tmp_path / "a.wav")) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (2, 2, 48_000)
        assert read.readframes(read.getnframes()) == SOUND
    assert wav_header(0, 48_000, 2)[28:34] == struct.pack("<IH", 192_000, 4)


def test_who_drains_a_pipe_waits_for_its_reader() -> None:
    read, write = os.pipe()

    async def scene() -> None:
        sink = PipeSink(writer)
        sink.write(bytes(300_000))
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(sink.drain())
            await asyncio.sleep(0.05)
            assert not draining.done()
            got = 0
            while got < 300_000:
                got += len(await asyncio.to_thread(reader.read, 65_536))
        await sink.drain()
        await sink.close()

    with open(read, "rb", buffering=0) as reader, open(write, "wb", buffering=0) as writer:
        asyncio.run(scene())


def test_who_drains_a_pipe_that_nobody_reads_any_more_is_told() -> None:
    read, write = os.pipe()

    async def scene() -> None:
        sink = PipeSink(writer)
        sink.write(bytes(300_000))
        os.close(read)
        await sink.drain()

    with open(write, "wb", buffering=0) as writer, pytest.raises(BrokenPipeError):
        asyncio.run(scene())


def test_a_wav_is_whole_after_every_write(tmp_path: Path) -> None:
    async def scene() -> None:
        sink = open_sink(str(tmp_path / "a.wav"))
        for count in range(1, 4):
            sink.write(SOUND)
            with wave.open(str(tmp_path / "a.wav")) as read:
                assert read.readframes(read.getnframes()) == SOUND * count
        await sink.close()

    asyncio.run(scene())


def test_a_wav_can_be_played_after_the_program_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    program = (
        "import sys; from livechat.audio.sink import FileSink\n"
        "sink = FileSink(sys.argv[1], wav=True)\n"
        "while True: sink.write(bytes(960)); print(sink.written, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(50)][-1]
        writer.send_signal(signal.SIGKILL)
    with wave.open(str(path)) as read:
        assert told <= read.getnframes() * 2 <= path.stat().st_size - 44
    sound = open_regular(str(path), RawOptions(), lambda _: None)
    assert sum(map(len, sound.blocks)) >= told // 3 * 2 - 2
    sound.close()


def test_a_file_is_written_over_when_sound_comes_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "a.pcm"
    path.write_bytes(b"the last answer")
    assert write(path) == 0
    assert path.read_bytes() == b"the last answer"
    write(path, b"")
    assert path.read_bytes() == b"the last answer"
    write(path, SOUND)
    assert path.read_bytes() == SOUND
    assert write(tmp_path / "none.wav") == 0
    assert not (tmp_path / "none.wav").exists()


def test_headers_of_what_is_too_long_for_them_read_as_up_to_the_end() -> None:
    assert wav_header(0xFFFFFFFF)[4:8] == wav_header(2**40)[40:44] == b"\xff\xff\xff\xff"
    assert struct.unpack("<I", wav_header(100)[4:8]) == (136,)


def test_what_can_never_be_written_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"livechat writes \.wav, \.pcm and \.raw"):
        open_sink(str(tmp_path / "a.mp3"))
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(DeviceError, match="is a directory"):
        open_sink(str(tmp_path / "folder.wav"))
    with pytest.raises(DeviceError, match="there is no folder"):
        open_sink(str(tmp_path / "nowhere" / "a.wav"))

    def refuse(*_: object) -> bool:
        return False

    def forbid(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", forbid)
        with pytest.raises(DeviceError, match="cannot write /dev/null"):
            open_sink("/dev/null")
    monkeypatch.setattr(os, "access", refuse)
    with pytest.raises(DeviceError, match="no permission"):
        open_sink(str(tmp_path / "a.wav"))


def test_a_full_disk_is_said_and_what_was_written_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        def write(self, data: ReadableBuffer, /) -> int:
            room = bytes(data)[: 6_000 - self.tell()]
            if not room:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(room) or 0

    def opening(path: str, mode: str, **_: object) -> Full:
        return Full(path, mode)

    monkeypatch.setattr("builtins.open", opening)
    sink = FileSink(str(tmp_path / "a.wav"), wav=True)
    sink.write(SOUND)
    with pytest.raises(DeviceError, match="the disk is full"):
        sink.write(SOUND)
    asyncio.run(sink.close())
    monkeypatch.undo()
    with wave.open(str(tmp_path / "a.wav")) as read:
        assert read.getnframes() * 2 == 6_000 - 44 == sink.written


def test_a_file_that_cannot_be_created_is_a_device_error(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    sink = open_sink(str(tmp_path / "gone" / "a.wav")) if os.name == "nt" else FileSink("/proc/a.wav", wav=True)
    with pytest.raises(DeviceError, match="cannot write") as error:
        sink.write(SOUND)
    assert error.value.why


def piped(scene: Callable[[Sink, int], object]) -> None:
    """Runs a scene with a sink into a pipe and the pipe's other end."""

    async def run() -> None:
        ours, theirs = os.pipe()
        stdout = open(theirs, "wb", buffering=0)  # noqa: SIM115, ASYNC230
        try:
            outcome = scene(open_sink("-", stdout=stdout), ours)
            if asyncio.iscoroutine(outcome):
                await outcome
        finally:
            stdout.close()
            os.close(ours)

    asyncio.run(run())


def drained(reading: int) -> bytes:
    """All that lies in a pipe."""
    os.set_blocking(reading, False)
    got = b""
    while True:
        try:
            got += os.read(reading, 65_536)
        except BlockingIOError:
            return got


def test_a_pipe_gets_raw_sound_and_a_slow_reader_holds_up_nobody() -> None:
    long = SOUND * 200  # far more than a pipe holds

    async def scene(sink: Sink, reading: int) -> None:
        sink.write(SOUND)
        sink.write(long[len(SOUND) :])
        assert sink.written == len(long)
        got = bytearray()
        closing = asyncio.get_running_loop().create_task(sink.close())
        while len(got) < len(long):
            await asyncio.sleep(0)
            got += drained(reading)
        await closing
        assert got == long

    piped(scene)


def test_a_reader_that_leaves_is_a_broken_pipe() -> None:
    async def scene(sink: Sink, reading: int) -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, reading)  # closes the pipe's reading end
        os.close(null)
        sink.write(SOUND)
        with pytest.raises(BrokenPipeError):
            await sink.close()
        with pytest.raises(BrokenPipeError):
            sink.write(SOUND)

    piped(scene)


def test_a_pipe_is_left_alone_when_waiting_for_its_reader_is_given_up() -> None:
    async def scene(sink: Sink, reading: int) -> None:
        sink.write(SOUND * 200)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await sink.close()
        assert 0 < len(drained(reading)) < len(SOUND) * 200
        await asyncio.sleep(0)
        assert drained(reading) == b""

    piped(scene)


def test_redirected_output_and_buffers_are_written_directly(tmp_path: Path) -> None:
    async def into(stream: BinaryIO) -> None:
        sink = open_sink("-", stdout=stream)
        sink.write(SOUND)
        await sink.close()

    buffer = io.BytesIO()
    asyncio.run(into(buffer))
    assert buffer.getvalue() == SOUND
    with open(tmp_path / "redirected", "wb") as file:
        asyncio.run(into(file))
        assert (tmp_path / "redirected").read_bytes() == SOUND


def test_a_full_device_behind_standard_output_is_a_device_error() -> None:
    async def scene() -> None:
        said = "the disk is full: standard output ends here"
        with open("/dev/full", "wb", buffering=0) as full, pytest.raises(DeviceError, match=said):  # noqa: ASYNC230
            open_sink("-", stdout=full).write(SOUND)

    asyncio.run(scene())


def test_a_full_device_is_called_by_its_name() -> None:
    async def scene() -> None:
        sink = open_sink("/dev/full")
        with pytest.raises(DeviceError, match=r"^the disk is full: /dev/full ends here$"):
            sink.write(SOUND)
        with pytest.raises(DeviceError):
            await sink.close()

    asyncio.run(scene())


def test_a_closed_standard_output_is_said_to_be_closed() -> None:
    async def scene() -> None:
        said = r"^standard output is closed$"
        refusing = os.open(os.devnull, os.O_RDONLY)
        with open(refusing, "wb", buffering=0) as stdout, pytest.raises(DeviceError, match=said):  # noqa: ASYNC230
            open_sink("-", stdout=stdout).write(SOUND)

    asyncio.run(scene())


def test_a_named_pipe_gets_a_streamed_header_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "fifo.wav"
    os.mkfifo(path)

    async def scene() -> None:
        with pytest.raises(DeviceError, match="nobody reads the pipe"):
            open_sink(str(path))
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        sink = open_sink(str(path))
        assert isinstance(sink, PipeSink)
        sink.write(SOUND)
        await sink.close()
        assert os.read(reading, 65_536) == wav_header(0xFFFFFFFF) + SOUND
        assert os.read(reading, 1) == b""
        os.close(reading)

    asyncio.run(scene())
