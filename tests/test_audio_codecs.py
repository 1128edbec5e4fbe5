"""Claims about compressed sound: what is recognised, what is read, and the way out for the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from livechat.audio.codecs import STDIN, codec_of, open_codec, recipe
from livechat.audio.file import RawOptions, Sound, open_regular
from livechat.audio.pcm import Encoding, Floats, decode
from livechat.errors import BadInput
from tests.sound_help import sine

TONE = np.array(sine(24_000, 24_000), np.float32)


class SoundFile(Protocol):
    """What is used of the module, which ships without types."""

    def write(self, path: Path, data: Floats, rate: int, *, format: str = ..., subtype: str = ...) -> None: ...
    def read(self, path: Path, *, dtype: str) -> tuple[Floats, int]: ...


@pytest.fixture(name="soundfile")
def _soundfile() -> SoundFile:
    module: SoundFile = pytest.importorskip("soundfile", reason="not installed: the extra `codecs`")
    return module


def opened(path: Path, data: bytes | None = None) -> Sound:
    if data is not None:
        path.write_bytes(data)
    return open_regular(str(path), RawOptions(), pytest.fail)


@pytest.mark.parametrize(
    ("head", "suffix", "name"),
    [
        (b"fLaC\0\0\0\x22", ".wav", "FLAC"),
        (b"OggS", "", "Ogg"),
        (b"ID3\4", ".pcm", "MP3"),
        (b"\xff\xfb\x90\0", ".MP3", "MP3"),
        (b"\0\0\0\x20ftypM4A ", "", "MPEG-4 (m4a)"),
        (b"\x1aE\xdf\xa3", ".wav", "Matroska or WebM"),
        (b"RIFX\0\0\0\0WAVE", ".wav", "big-endian WAV (RIFX)"),
        (b"RIFF\0\0\0\0AVI ", ".avi", "a RIFF that is not WAV"),
        (b"\xff\xf1", ".aac", "AAC"),
    ],
)
def test_a_codec_is_known_by_its_beginning_or_its_name(head: bytes, suffix: str, name: str) -> None:
    codec = codec_of(head, suffix)
    assert codec is not None
    assert codec.name == name


def test_raw_sound_may_begin_like_an_mp3_frame() -> None:
    assert codec_of(b"\xff\xfb\x90\0", ".pcm") is None


def test_the_recipe_survives_any_file_name() -> None:
    assert recipe("it's.m4a") == ("ffmpeg -i 'it'\"'\"'s.m4a' -ar 16000 -ac 1 -f s16le - | livechat send-audio -")
    assert recipe(STDIN) == "… | ffmpeg -i - -ar 16000 -ac 1 -f s16le - | livechat send-audio -"


def test_what_soundfile_does_not_read_is_refused_with_the_recipe(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"q.m4a is MPEG-4 \(m4a\), which livechat cannot read") as error:
        opened(tmp_path / "q.m4a", b"\0\0\0\x20ftypM4A ")
    assert error.value.hint == recipe(str(tmp_path / "q.m4a"))


def test_without_soundfile_the_hint_is_how_to_install_it_and_the_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(BadInput, match=r"q\.mp3 is MP3, and no decoder is installed") as error:
        opened(tmp_path / "q.mp3", b"\xff\xfb\x90\0")
    install, way_round = error.value.hint.split("\n")
    assert "codecs" in install
    assert way_round == recipe(str(tmp_path / "q.mp3"))


@pytest.mark.parametrize(("kind", "suffix"), [("FLAC", ".flac"), ("OGG", ".ogg"), ("MP3", ".mp3"), ("AIFF", ".aiff")])
def test_a_tone_comes_through_every_codec_without_a_gap(
    soundfile: SoundFile, tmp_path: Path, kind: str, suffix: str
) -> None:
    path = tmp_path / f"q{suffix}"
    soundfile.write(path, np.tile(TONE[:, np.newaxis], (3, 2)), 24_000, format=kind)
    sound = opened(path)
    assert sound.duration_s == pytest.approx(3.0, abs=0.1)
    heard = decode(b"".join(sound.blocks), Encoding.S16LE)
    sound.close()
    assert abs(len(heard) - sound.duration_s * 16_000) <= 1
    spectrum = np.abs(np.fft.rfft(heard[:16_000]))
    assert abs(int(spectrum.argmax()) - 300) <= 1
    for tenth in heard[1_600:46_400].reshape(-1, 1_600):
        assert np.sqrt(np.mean(np.square(tenth))) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_a_broken_file_is_bad_input(soundfile: SoundFile, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read as FLAC") as error:
        opened(tmp_path / "q.flac", b"fLaC" + bytes(100))
    assert error.value.why


def test_an_mp3_that_is_none_is_not_said_to_be_missing(soundfile: SoundFile, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read as MP3") as error:
        opened(tmp_path / "q.mp3", bytes(5000))
    assert error.value.why == "it is damaged, or not sound of this kind"


def test_a_file_that_breaks_off_in_the_middle_is_bad_input_or_shorter(soundfile: SoundFile, tmp_path: Path) -> None:
    path = tmp_path / "q.flac"
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 100_000).astype(np.float32)
    soundfile.write(path, noise, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    sound = opened(path)
    with pytest.raises(BadInput, match="cannot be read as FLAC"):
        sum(len(block) for block in sound.blocks)
    sound.close()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64"])
def test_our_wav_reader_agrees_with_libsndfile(soundfile: SoundFile, tmp_path: Path, kind: str, subtype: str) -> None:
    path = tmp_path / "q.wav"
    tone = np.array(sine(3_200), np.float32)
    soundfile.write(path, np.stack([tone, np.square(tone)], axis=1), 16_000, format=kind, subtype=subtype)
    want = soundfile.read(path, dtype="float32")[0].mean(axis=1)
    sound = opened(path)
    heard = decode(b"".join(sound.blocks), Encoding.S16LE)
    sound.close()
    assert np.abs(heard - want).max() <= 1 / 32768


def test_a_codec_is_opened_by_what_it_is_and_closed(soundfile: SoundFile, tmp_path: Path) -> None:
    path = tmp_path / "named.ogg"
    soundfile.write(path, TONE, 24_000, format="FLAC")
    codec = codec_of(path.read_bytes()[:12], ".ogg")
    assert codec is not None
    decoded = open_codec(str(path), codec)
    close: Callable[[], None] = decoded.close
    assert sum(len(block) for block in decoded.blocks) == 32_000
    close()
