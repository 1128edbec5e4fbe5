"""Claims about sound on its way out: whatever it was, 16 kHz s16le mono comes of it, as one stream."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import BadInput, UsageError
from livechat.library.sounds import PIECE, AudioLike, Sound
from livechat.protocol.parts import Blob
from tests.sound_help import chunk, fmt, s16, sine

SPEECH = s16(sine(16_000))


def through(*given: AudioLike, rate: int = 16_000) -> bytes:
    sound = Sound()
    return b"".join(piece for audio in given for piece in sound.feed(audio, rate)) + b"".join(sound.flush())


def wav(format: bytes, data: bytes, size: int | None = None, *, more: bytes = b"", after: bytes = b"") -> bytes:
    body = b"WAVE" + format + more + chunk(b"data", data, size) + after
    return chunk(b"RIFF", body)


def steps(pcm: bytes) -> npt.NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[ends[at] : ends[at + 1]] for at in range(len(ends) - 1)]


def differs(pcm: bytes, wanted: bytes) -> float:
    """The error in dB of full scale, but for the edges, which a filter blurs."""
    length = min(len(pcm), len(wanted)) // 2
    error = (steps(pcm)[:length] - steps(wanted)[:length])[800:-800] / 32768
    return float(10 * np.log10(np.mean(np.square(error)) + 1e-20))


# ------------------------------------------------------------------------------------------------ bytes


@given(st.binary(max_size=400).filter(lambda data: data[:1] not in b"IOfF#\x1a"), st.lists(st.integers(0, 400)))
def test_what_is_speech_already_passes_bit_for_bit_however_it_is_cut(data: bytes, places: list[int]) -> None:
    assert through(*cut(data, places)) == data[: len(data) & ~1]


def test_no_piece_is_longer_than_100_ms_and_none_is_half_a_sample() -> None:
    pieces = Sound().feed(SPEECH[:-1])
    assert [len(piece) for piece in pieces] == [PIECE] * 9 + [PIECE - 2]
    assert Sound().feed(b"") == []


@pytest.mark.parametrize("audio", [bytearray(SPEECH), memoryview(SPEECH), memoryview(array("h", SPEECH))])
def test_all_kinds_of_bytes_are_taken(audio: AudioLike) -> None:
    assert through(audio) == SPEECH


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100, 48_000])
def test_another_rate_is_brought_to_16_khz_without_a_seam(rate: int) -> None:
    data = s16(sine(rate, rate))
    pcm = through(*cut(data, range(7, len(data), 1_999)), rate=rate)
    assert abs(len(pcm) - 32_000) <= 2
    assert differs(pcm, SPEECH) < -60


def test_a_change_of_rate_loses_nothing() -> None:
    sound = Sound()
    pieces = sound.feed(s16(sine(24_000, 24_000)), 24_000) + sound.feed(SPEECH, 16_000) + sound.flush()
    pcm = b"".join(pieces)
    assert abs(len(pcm) - 64_000) <= 2
    assert pcm.endswith(SPEECH)


def test_after_a_flush_another_sound_begins() -> None:
    sound = Sound()
    sound.feed(b"\1")
    assert sound.flush() == []
    assert sound.feed(b"\2\0") == [b"\2\0"]


@pytest.mark.parametrize("rate", [0, -1, 999, 768_001])
def test_a_rate_that_no_sound_has_is_refused(rate: int) -> None:
    with pytest.raises(UsageError, match="is not one of sound"):
        Sound().feed(b"\0\0", rate)


def test_sound_that_needs_no_conversion_needs_no_numpy() -> None:
    program = (
        "import sys; from livechat.library.sounds import Sound; Sound().feed(bytes(640));"
        "assert not {'numpy', 'soxr'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


# ------------------------------------------------------------------------------------------------- WAV


@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_wav_is_unwrapped_however_it_is_cut(places: list[int]) -> None:
    file = wav(fmt(), SPEECH[:640], more=chunk(b"LIST", b"a name"), after=chunk(b"LIST", b"rest"))
    pieces = cut(file, places)
    if len(pieces[0]) < 12:  # a beginning so short is not known for one
        pieces = [file]
    assert through(*pieces) == SPEECH[:640]


def test_a_wav_brings_its_own_rate_and_channels() -> None:
    stereo = np.repeat(np.frombuffer(s16(sine(48_000, 48_000)), "<i2"), 2).tobytes()
    assert differs(through(wav(fmt(channels=2, rate=48_000), stereo), rate=8_000), SPEECH) < -60


def test_what_comes_after_a_wav_is_raw_again() -> None:
    assert through(wav(fmt(), SPEECH[:640]), SPEECH[640:]) == SPEECH


def test_one_wav_after_another_is_one_sound() -> None:
    assert through(wav(fmt(), SPEECH[:640]), wav(fmt(), SPEECH[640:])) == SPEECH


def test_a_wav_of_unsaid_length_goes_on_until_the_flush() -> None:
    half = s16(sine(8_000, 8_000))
    pcm = through(wav(fmt(rate=8_000), half[:8_000], 0xFFFF_FFFF), half[8_000:])
    assert differs(pcm, SPEECH) < -60


def test_half_a_header_is_said_to_be_one() -> None:
    sound = Sound()
    assert sound.feed(wav(fmt(), SPEECH)[:30]) == []
    with pytest.raises(BadInput, match="ended before its sound began"):
        sound.flush()
    assert sound.feed(b"\1\0") == [b"\1\0"]


def test_a_wav_that_holds_no_pcm_is_refused() -> None:
    with pytest.raises(BadInput, match="MP3 inside"):
        Sound().feed(wav(fmt(tag=0x55), SPEECH))


@pytest.mark.parametrize(
    ("head", "name"), [(b"ID3\4", "MP3"), (b"OggS", "Ogg"), (b"fLaC", "FLAC"), (b"\0\0\0 ftypM4A ", "MPEG-4")]
)
def test_a_file_of_a_codec_is_refused_and_named(head: bytes, name: str) -> None:
    with pytest.raises(BadInput, match=f"these bytes are {name}") as refused:
        Sound().feed(head + bytes(100))
    assert "soundfile" in refused.value.hint


def test_inside_a_stream_anything_is_sound() -> None:
    assert through(b"\0\0", b"ID3\4", b"fLaC") == b"\0\0ID3\4fLaC"


# ----------------------------------------------------------------------------------------------- arrays

TRUE = np.array(sine(16_000))
INTEGERS = np.round(TRUE * 32767).astype(np.int16)


@pytest.mark.parametrize(
    "audio",
    [
        TRUE,
        TRUE.astype(np.float32),
        INTEGERS,
        INTEGERS.astype(">i2"),
        INTEGERS.astype(np.int32) * 65_536,
        np.stack([INTEGERS, INTEGERS], axis=1),
        np.asfortranarray(np.stack([TRUE, TRUE, TRUE], axis=1)),
        np.repeat(INTEGERS, 2)[::2],
    ],
    ids=["f8", "f4", "i2", "big-endian", "i4", "stereo", "by columns", "strided"],
)
def test_an_array_of_any_kind_becomes_the_same_sound(audio: npt.NDArray[np.generic]) -> None:
    assert np.abs(steps(through(audio)) - steps(SPEECH)).max() <= 1


def test_bytes_and_halves_of_floats_are_as_good_as_they_can_be() -> None:
    assert differs(through(np.round(TRUE * 127 + 128).astype(np.uint8)), SPEECH) < -45
    assert differs(through(TRUE.astype(np.float16)), SPEECH) < -70


def test_whole_numbers_of_16_bits_pass_bit_for_bit() -> None:
    assert through(np.arange(-32_768, 32_768, dtype=np.int16)) == np.arange(-32_768, 32_768, dtype="<i2").tobytes()


def test_channels_are_mixed_to_their_mean() -> None:
    assert steps(through(np.array([[100, 300], [-7, 7]], np.int16))).tolist() == [200, 0]


def test_what_is_too_loud_is_clipped_and_what_is_no_number_is_silence() -> None:
    audio = np.array([1.5, -3.0, np.nan, np.inf, -np.inf, 0.0])
    assert steps(through(audio)).tolist() == [32767, -32768, 0, 32767, -32768, 0]


def test_an_array_at_another_rate_is_resampled_over_calls() -> None:
    at_24 = np.array(sine(24_000, 24_000), np.float32)
    assert differs(through(*np.split(at_24, 50), rate=24_000), SPEECH) < -60


def test_bytes_and_arrays_are_one_stream() -> None:
    assert through(SPEECH[:640], np.frombuffer(SPEECH[640:], "<i2")) == SPEECH


def test_an_empty_array_is_no_sound_and_no_error() -> None:
    assert Sound().feed(np.zeros(0, np.float32)) == []
    assert Sound().feed(np.zeros((0, 2), np.int16)) == []


@pytest.mark.parametrize(
    ("audio", "what"),
    [
        (np.zeros(4, np.int64), "an array of int64"),
        (np.zeros(4, np.complex64), "an array of complex64"),
        (np.array(["a"]), "is not sound"),
        (np.zeros((2, 1_600)), r"shape \(2, 1600\)"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.array(1.0), "shape"),
        (np.array([0.0, 12_000.0]), "the floats go up to 12000"),
        ("speech.wav", "str is no sound"),
        ([1, 2], "list is no sound"),
        (memoryview(array("f", [1.0])), "a view of 'f'"),
    ],
)
def test_what_is_no_sound_is_refused(audio: AudioLike, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Sound().feed(audio)


# ------------------------------------------------------------------------------------------------ blobs


def test_a_blob_says_its_rate() -> None:
    at_24 = s16(sine(24_000, 24_000))
    assert through(Blob(data=SPEECH, mime_type="audio/pcm"), rate=16_000) == SPEECH
    assert through(Blob(data=SPEECH)) == SPEECH
    assert differs(through(Blob(data=at_24, mime_type="audio/PCM; rate=24000")), SPEECH) < -60
    assert differs(through(Blob(data=at_24, mime_type="audio/L16;codec=pcm;rate=24000")), SPEECH) < -60
    assert through(Blob(data=wav(fmt(), SPEECH), mime_type="audio/wav")) == SPEECH
    assert through(Blob(data=SPEECH, mime_type="audio/pcm;rate=fast")) == SPEECH


@pytest.mark.parametrize("mime_type", ["image/jpeg", "audio/mp3", "video/mp4"])
def test_a_blob_of_something_else_is_refused(mime_type: str) -> None:
    with pytest.raises(BadInput, match=f"a blob of {mime_type} is not sound"):
        Sound().feed(Blob(data=b"x", mime_type=mime_type))


def test_a_blob_without_data_is_refused() -> None:
    with pytest.raises(BadInput, match="no data"):
        Sound().feed(Blob(mime_type="audio/pcm"))
