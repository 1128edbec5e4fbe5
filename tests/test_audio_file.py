"""Claims about what a file is taken for, and what is said about it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from livechat.audio.file import RawOptions, Sound, open_regular, raw_options
from livechat.audio.pcm import Encoding
from livechat.errors import BadInput, MissingInput, UsageError
from tests.sound_help import chunk, fmt, riff, s16, sine, wav

SPEECH = s16(sine(1_600))


def opened(path: Path, data: bytes | None, raw: RawOptions | None = None) -> tuple[Sound, list[str]]:
    notes: list[str] = []
    if data is not None:
        path.write_bytes(data)
    return open_regular(str(path), raw or RawOptions(), notes.append), notes


def heard(path: Path, data: bytes, raw: RawOptions | None = None) -> tuple[bytes, list[str]]:
    sound, notes = opened(path, data, raw)
    pcm = b"".join(sound.blocks)
    sound.close()
    assert sound.duration_s == pytest.approx(len(pcm) / 32_000, abs=1 / 16_000)
    return pcm, [note.replace(str(path), path.name) for note in notes]


def refused(path: Path, data: bytes | None) -> str:
    with pytest.raises(BadInput) as error:
        opened(path, data)
    return str(error.value).replace(str(path), path.name)


def test_raw_speech_and_the_same_as_wav_are_the_same(tmp_path: Path) -> None:
    assert heard(tmp_path / "q.pcm", SPEECH) == (SPEECH, [])
    assert heard(tmp_path / "q.wav", wav(SPEECH)) == (SPEECH, [])
    assert heard(tmp_path / "q.wav", wav(SPEECH + bytes(70_000))) == (SPEECH + bytes(70_000), [])


def test_options_say_what_raw_bytes_are(tmp_path: Path) -> None:
    raw = RawOptions(rate=16_000, channels=2, encoding=Encoding.F32LE)
    stereo = struct.pack("<6f", 0.5, 0.0, 0.25, 0.25, -1.0, -1.0)
    assert heard(tmp_path / "q.pcm", stereo, raw) == (struct.pack("<3h", 8192, 8192, -32768), [])


def test_a_wav_in_disguise_is_read_as_wav_and_said(tmp_path: Path) -> None:
    pcm, notes = heard(tmp_path / "q.pcm", wav(SPEECH))
    assert pcm == SPEECH
    assert notes == ["q.pcm begins with 'RIFF': it is a WAV file, reading it as WAV"]


def test_options_do_not_overrule_a_header(tmp_path: Path) -> None:
    assert heard(tmp_path / "q.wav", wav(SPEECH), RawOptions(rate=48_000)) == (SPEECH, [])


def test_an_odd_byte_is_dropped_and_said(tmp_path: Path) -> None:
    assert heard(tmp_path / "q.pcm", SPEECH + b"\1") == (SPEECH, ["q.pcm has an odd length: last byte dropped"])
    odd = riff(fmt(), chunk(b"data", SPEECH + b"\1"))
    assert heard(tmp_path / "q.wav", odd) == (SPEECH, ["q.wav has an odd length: last byte dropped"])
    stereo = RawOptions(channels=2)
    assert heard(tmp_path / "q.pcm", SPEECH + b"\1\1\1", stereo)[1] == ["q.pcm has an odd length: last 3 bytes dropped"]


def test_a_file_that_shrinks_while_it_is_read_is_said(tmp_path: Path) -> None:
    sound, notes = opened(tmp_path / "q.pcm", bytes(100_000))
    os.truncate(tmp_path / "q.pcm", 68_000)
    assert sum(len(block) for block in sound.blocks) == 68_000
    assert notes == [f"{tmp_path / 'q.pcm'} ended 1.00 s too early"]
    sound.close()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("q.pcm", b"", "q.pcm is empty"),
        ("q.wav", b"", "q.wav is empty"),
        ("q.pcm", b"\1", "q.pcm holds no sound"),
        ("q.wav", wav(b""), "q.wav holds no sound"),
        ("q.wav", SPEECH, "q.wav is not a WAV file"),
        ("q.wav", wav(SPEECH)[:30], "q.wav is a WAV file whose format is cut off"),
        ("q.mp3", b"<html>not found: no such song</html>\n", "q.mp3 looks like text, not like sound"),
        ("q.txt", b"These are words, not sound.\n", "q.txt looks like text, not like sound"),
        ("q.pcm", b"version https://git-lfs.github.com/spec/v1\n", "q.pcm looks like text, not like sound"),
    ],
)
def test_what_cannot_be_sound_is_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    assert refused(tmp_path / name, data) == said


def test_a_name_that_tells_another_rate_is_noticed_but_not_followed(tmp_path: Path) -> None:
    said = "is read at 16000 Hz; its name says {}: give --rate if it sounds wrong"
    for name, told in [("x_24k.pcm", "24k"), ("x 44.1 kHz.pcm", "44.1 kHz"), ("take48khz.raw", "48khz")]:
        assert heard(tmp_path / name, SPEECH) == (SPEECH, [f"{name} {said.format(told)}"])
    for name in ["x_16k.pcm", "x_124k.pcm", "24kg.pcm", "24.pcm", "kiosk8.pcm"]:
        assert heard(tmp_path / name, SPEECH) == (SPEECH, [])
    assert heard(tmp_path / "x_24k.pcm", SPEECH, RawOptions(rate=16_000)) == (SPEECH, [])


def test_a_file_of_no_known_kind_is_read_as_raw_and_said(tmp_path: Path) -> None:
    pcm, notes = heard(tmp_path / "take", SPEECH)
    assert pcm == SPEECH
    assert notes == ["take has no header that livechat knows; reading it as raw 16000 Hz s16le mono"]
    assert heard(tmp_path / "take", SPEECH, RawOptions(encoding=Encoding.S16LE)) == (SPEECH, [])


def test_a_missing_file_is_said_with_the_name_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "question.wav").write_bytes(wav(SPEECH))
    with pytest.raises(MissingInput) as error:
        opened(tmp_path / "qestion.wav", None)
    want = f"no such file: {tmp_path / 'qestion.wav'} — did you mean {tmp_path / 'question.wav'}?"
    assert str(error.value) == want
    assert error.value.hint == f"livechat send-audio {tmp_path / 'question.wav'}"
    with pytest.raises(MissingInput, match=r"no such file: \S+zzz.flac$"):
        opened(tmp_path / "zzz.flac", None)
    with pytest.raises(MissingInput) as error:
        opened(tmp_path / "nowhere" / "q.wav", None)
    assert error.value.why == f"there is no folder {tmp_path / 'nowhere'}"


def test_a_directory_a_broken_name_and_a_forbidden_file_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingInput, match="is a directory, not a sound file"):
        opened(tmp_path, None)
    with pytest.raises(MissingInput, match="cannot be read"):
        open_regular("a\0b", RawOptions(), print)

    def forbid(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", forbid)
    with pytest.raises(MissingInput, match="cannot be read") as error:
        opened(tmp_path / "q.pcm", None)
    assert error.value.why == "Permission denied"


def test_raw_options_are_checked() -> None:
    assert raw_options(None, None, None).unsaid
    assert raw_options(8_000, 2, "mulaw") == RawOptions(8_000, 2, Encoding.MULAW)
    for rate, channels, encoding in [(0, None, None), (1_000_000, None, None), (None, 0, None), (None, 65, None)]:
        with pytest.raises(UsageError):
            raw_options(rate, channels, encoding)
    with pytest.raises(UsageError, match="unknown format 's16be'") as error:
        raw_options(None, None, "s16be")
    assert error.value.hint == "one of s16le, s24le, s32le, f32le, f64le, u8, mulaw, alaw"
