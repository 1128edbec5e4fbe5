"""A track is a WAV at every moment, takes sound in any order, and goes on in a second file when the first is full."""

from __future__ import annotations

import errno
import os
import stat
import struct
import wave
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from livechat.audio import track as track_file
from livechat.audio.track import Track, create, wav_header, write_all

if TYPE_CHECKING:
    from typing_extensions import Buffer

RATE = 1000


def sound(*steps: int) -> bytes:
    return struct.pack(f"<{len(steps)}h", *steps)


def steps_of(path: Path, channels: int = 1) -> list[int]:
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (RATE, channels, 2)
        data = wav.readframes(wav.getnframes())
    assert path.stat().st_size == 44 + len(data), "the header counts all of it"
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def test_sound_lies_where_it_was_laid_and_silence_between(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", RATE, part_s=9)
    track.lay(2, sound(1, 2, 3))
    track.lay(7, sound(4))
    track.lay(0, sound(5))
    track.close()
    assert steps_of(tmp_path / "you.wav") == [5, 0, 1, 2, 3, 0, 0, 4]


def test_a_channel_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    track = Track(tmp_path, "both", RATE, 2, part_s=9)
    track.lay(0, sound(1, 2, 3))
    track.lay(1, sound(7, 8, 9), 1)
    track.close()
    assert steps_of(tmp_path / "both.wav", 2) == [1, 0, 2, 7, 3, 8, 0, 9]


def test_it_grows_in_silence_and_never_shrinks(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", RATE, part_s=9)
    track.lay(0, sound(1))
    track.grow(3)
    track.grow(0)
    track.grow(-4)
    track.close()
    assert steps_of(tmp_path / "you.wav") == [1, 0, 0]


def test_what_is_stamped_can_be_played_while_it_is_written(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", RATE, part_s=9)
    assert steps_of(tmp_path / "you.wav") == []
    track.lay(0, sound(1, 2))
    with wave.open(str(tmp_path / "you.wav")) as wav:
        assert wav.getnframes() == 0, "counted only when it is stamped"
    track.stamp()
    assert steps_of(tmp_path / "you.wav") == [1, 2]
    track.close()


def test_a_full_part_is_followed_by_the_next(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", RATE, part_s=1)
    track.lay(998, sound(1, 2, 3, 4))
    track.lay(997, sound(9))  # told a little late
    track.grow(2000)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["you.2.wav", "you.wav"]
    track.grow(2001)
    track.close()
    assert steps_of(tmp_path / "you.wav") == [0] * 997 + [9, 1, 2]
    assert steps_of(tmp_path / "you.2.wav") == [3, 4] + [0] * 998
    assert steps_of(tmp_path / "you.3.wav") == [0]


def test_parts_that_are_skipped_are_silent_and_full(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", RATE, part_s=1)
    track.lay(3000, sound(1))
    track.lay(0, sound(2))  # that part is long over
    track.close()
    for name in ("you.wav", "you.2.wav", "you.3.wav"):
        assert steps_of(tmp_path / name) == [0] * 1000
    assert steps_of(tmp_path / "you.4.wav") == [1]


def test_no_more_than_two_files_are_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    track = Track(tmp_path, "you", RATE, part_s=1)
    track.grow(20 * RATE)
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before + 2
    track.close()


def test_only_the_owner_may_read_it_and_nothing_is_written_over(tmp_path: Path) -> None:
    Track(tmp_path, "you", RATE, part_s=1).close()
    assert stat.S_IMODE((tmp_path / "you.wav").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        Track(tmp_path, "you", RATE, part_s=1)


def test_a_disk_that_takes_a_part_leaves_a_wav_of_whole_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track = Track(tmp_path, "both", RATE, 2, part_s=9)
    track.lay(0, sound(1, 2))

    def takes_three(file: FileIO, data: bytes) -> None:
        file.write(data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(track_file, "write_all", takes_three)
        with pytest.raises(OSError, match="No space"):
            track.lay(2, sound(3, 4))
    track.close()
    with wave.open(str(tmp_path / "both.wav")) as wav:
        assert wav.readframes(9) == sound(1, 0, 2, 0)


def test_a_disk_that_refuses_even_the_header_does_not_hinder_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = Track(tmp_path, "you", RATE, part_s=9)
    track.lay(0, sound(1))

    def refuses(file: FileIO, data: bytes) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(track_file, "write_all", refuses)
    track.close()


def test_short_writes_are_gone_on_with(tmp_path: Path) -> None:
    class Tiny(FileIO):
        def write(self, data: Buffer, /) -> int:
            return super().write(bytes(data)[:2])

    create(tmp_path / "x").close()
    with Tiny(str(tmp_path / "x"), "r+") as file:
        write_all(file, b"abcdefg")
    assert (tmp_path / "x").read_bytes() == b"abcdefg"


def test_the_header_holds_as_much_as_32_bits_do() -> None:
    assert wav_header(2**32 - 2**20, 24_000, 2)[40:] == struct.pack("<I", 2**32 - 2**20)
