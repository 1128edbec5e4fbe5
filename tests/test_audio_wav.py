"""Claims about finding sound in WAV files, honest and not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.pcm import Encoding, Format
from livechat.audio.wav import Located, is_wav, scan_wav
from livechat.errors import BadInput
from tests.sound_help import chunk, extensible, fmt, riff, wav

DATA = bytes(range(200)) * 16


def locate(data: bytes, *, piped: bool = False) -> tuple[Located, list[str]]:
    notes: list[str] = []
    steps = scan_wav("q.wav", None if piped else len(data), notes.append, "the way out")
    furthest = 0
    try:
        at, count = next(steps)
        while True:
            assert not piped or at >= furthest, "a pipe cannot go back"
            furthest = at
            at, count = steps.send(data[at : at + count])
    except StopIteration as done:
        return done.value, notes


def sound(data: bytes) -> bytes:
    found, notes = locate(data)
    assert notes == []
    assert found.size is not None
    return data[found.start : found.start + found.size]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (fmt(1, 1, 16_000, 8), Encoding.U8),
        (fmt(1, 1, 16_000, 16), Encoding.S16LE),
        (fmt(1, 1, 16_000, 12, block=2), Encoding.S16LE),
        (fmt(1, 1, 16_000, 24), Encoding.S24LE),
        (fmt(1, 1, 16_000, 24, block=4), Encoding.S32LE),
        (fmt(1, 1, 16_000, 32), Encoding.S32LE),
        (fmt(3, 1, 16_000, 32), Encoding.F32LE),
        (fmt(3, 1, 16_000, 64), Encoding.F64LE),
        (fmt(6, 1, 16_000, 8), Encoding.ALAW),
        (fmt(7, 1, 16_000, 8, more=b"\0\0"), Encoding.MULAW),
        (extensible(1, 1, 16_000, 24), Encoding.S24LE),
        (extensible(3, 1, 16_000, 32), Encoding.F32LE),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_every_kind_of_pcm_is_recognised(header: bytes, encoding: Encoding, piped: bool) -> None:
    found, notes = locate(riff(header, chunk(b"data", DATA)), piped=piped)
    assert found.format == Format(encoding, 1, 16_000)
    assert found.size == len(DATA)
    assert notes == []


def test_other_chunks_may_lie_before_between_and_behind_odd_ones_too() -> None:
    data = riff(chunk(b"LIST", b"odd"), fmt(), chunk(b"fact", bytes(4)), chunk(b"data", DATA), chunk(b"LIST", b"odd"))
    assert sound(data) == DATA


def test_a_file_may_have_its_sound_before_its_format() -> None:
    assert sound(riff(chunk(b"data", DATA), chunk(b"LIST", b"x"), fmt())) == DATA


def test_a_pipe_may_not() -> None:
    with pytest.raises(BadInput, match="sound before its format"):
        locate(riff(chunk(b"data", DATA), fmt()), piped=True)


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_rf64_tells_its_size_in_64_bits(name: bytes) -> None:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(DATA), 0, 0))
    data = riff(ds64, fmt(), chunk(b"data", DATA, 0xFFFFFFFF), chunk(b"LIST", b"tail"), name=name, size=0xFFFFFFFF)
    assert is_wav(data)
    assert sound(data) == DATA
    assert locate(data, piped=True)[0].size == len(DATA)


def test_a_cut_off_ds64_tells_nothing() -> None:
    assert sound(riff(chunk(b"ds64", b"short"), fmt(), chunk(b"data", DATA, 0xFFFFFFFF))) == DATA


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_stream_that_could_not_know_its_size_is_read_to_the_end(size: int) -> None:
    data = riff(fmt(), chunk(b"data", DATA, size), size=size)
    assert sound(data) == DATA
    assert locate(data, piped=True)[0].size is None


def test_no_sound_followed_by_another_chunk_is_no_sound() -> None:
    assert locate(riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"x")))[0].size == 0
    assert locate(riff(fmt(), chunk(b"data", b"")))[0].size == 0


def test_a_cut_off_file_is_read_as_far_as_it_goes_and_said() -> None:
    found, notes = locate(wav(DATA)[:-1600])
    assert found.size == len(DATA) - 1600
    assert notes == ["q.wav is cut off: 0.05 s of the 0.10 s it promises"]


def test_sound_beyond_the_size_in_the_header_is_said() -> None:
    found, notes = locate(riff(fmt(), chunk(b"data", DATA[:320], 320)) + b"\x80\x01" * 800)
    assert found.size == 320
    assert notes == ["q.wav goes on after the 0.01 s of sound its header counts; that is not read"]


def test_zeros_behind_the_sound_are_nothing_to_speak_of() -> None:
    assert sound(wav(DATA) + bytes(100)) == DATA


def test_a_header_that_contradicts_itself_is_said() -> None:
    found, notes = locate(riff(fmt(1, 2, 16_000, 16, block=2), chunk(b"data", DATA)))
    assert found.format == Format(Encoding.S16LE, 2, 16_000)
    assert notes == ["q.wav has a header that contradicts itself; reading it as 16000 Hz s16le stereo"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (fmt(2, 1, 16_000, 4), "Microsoft ADPCM"),
        (fmt(0x55, 2, 44_100, 0), "MP3"),
        (fmt(0x1234, 1, 16_000, 16), "format 0x1234 of 16 bits"),
        (fmt(1, 1, 16_000, 64), "format 0x1 of 64 bits"),
        (fmt(1, 1, 16_000, 0), "format 0x1 of 0 bits"),
        (fmt(3, 1, 16_000, 16), "format 0x3 of 16 bits"),
        (fmt(0xFFFE, 1, 16_000, 16), "format 0xfffe of 16 bits"),
    ],
)
def test_what_is_compressed_or_unheard_of_is_refused_by_name(header: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        locate(riff(header, chunk(b"data", DATA)))
    assert refused.value.hint == "the way out"


@pytest.mark.parametrize(
    "header", [fmt(1, 0, 16_000, 16), fmt(1, 65, 16_000, 16), fmt(1, 1, 0, 16), fmt(1, 1, 4_000_000_000, 16)]
)
def test_numbers_that_no_sound_has_are_refused(header: bytes) -> None:
    with pytest.raises(BadInput, match="which no sound has"):
        locate(riff(header, chunk(b"data", DATA)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (riff(), "without a format"),
        (riff(fmt()), "without sound"),
        (riff(chunk(b"data", DATA)), "without a format"),
        (riff(chunk(b"fmt ", bytes(8))), "cut off"),
        (riff(chunk(b"LIST", b"", 0xFFFFFFF0), fmt()), "without a format"),
        (riff(*[chunk(b"LIST", b"")] * 1_001, fmt(), chunk(b"data", DATA)), "without a format"),
    ],
)
def test_a_wav_without_its_parts_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        locate(data)


@pytest.mark.parametrize("head", [b"", b"RIFF", b"RIFF\0\0\0\0AVI ", b"riff\0\0\0\0WAVE"])
def test_other_beginnings_are_not_wav(head: bytes) -> None:
    assert not is_wav(head)


@given(st.binary(max_size=80), st.integers(0, 60), st.booleans())
def test_whatever_the_bytes_the_answer_is_sound_or_bad_input(noise: bytes, at: int, piped: bool) -> None:
    whole = wav(DATA)
    try:
        found, _ = locate(whole[:at] + noise + whole[at + len(noise) :], piped=piped)
    except BadInput:
        return
    assert found.size is None or piped or 0 <= found.size <= len(whole) + 80 - found.start
