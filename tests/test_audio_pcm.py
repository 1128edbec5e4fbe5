"""Claims about encodings, levels and frames."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.pcm import (
    SILENCE_DBFS,
    Encoding,
    Format,
    Framer,
    alaw_step,
    amplified,
    decode,
    encode,
    level_dbfs,
    mix_down,
    mulaw_step,
)
from tests.sound_help import s16, sine


@pytest.mark.parametrize(
    ("encoding", "code", "values"),
    [
        (Encoding.S16LE, "<3h", (-32768, 16384, 0)),
        (Encoding.S32LE, "<3i", (-(2**31), 2**30, 0)),
        (Encoding.F32LE, "<3f", (-1.0, 0.5, 0.0)),
        (Encoding.F64LE, "<3d", (-1.0, 0.5, 0.0)),
        (Encoding.U8, "<3B", (0, 192, 128)),
    ],
)
def test_full_scale_half_scale_and_silence_mean_the_same_in_every_linear_encoding(
    encoding: Encoding, code: str, values: tuple[float, ...]
) -> None:
    assert decode(struct.pack(code, *values), encoding).tolist() == [-1.0, 0.5, 0.0]
    assert encoding.width * 3 == struct.calcsize(code)


def test_twenty_four_bits_keep_their_sign_and_every_bit() -> None:
    values = [-(2**23), 2**22, 1, -1, 0]
    data = b"".join(value.to_bytes(3, "little", signed=True) for value in values)
    assert (decode(data, Encoding.S24LE) * 2**23).tolist() == values


@pytest.mark.parametrize(
    ("code", "step"), [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0xF0, 120), (0xEF, 132)]
)
def test_mulaw_decodes_as_g711_tabulates_it(code: int, step: int) -> None:
    assert mulaw_step(code) == step
    assert decode(bytes([code]), Encoding.MULAW)[0] * 32768 == step


@pytest.mark.parametrize(
    ("code", "step"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xC5, 264), (0xDA, 248), (0xF5, 528)]
)
def test_alaw_decodes_as_g711_tabulates_it(code: int, step: int) -> None:
    assert alaw_step(code) == step
    assert decode(bytes([code]), Encoding.ALAW)[0] * 32768 == step


@pytest.mark.parametrize("step_of", [mulaw_step, alaw_step])
def test_companding_tables_are_symmetric_and_monotonous(step_of: Callable[[int], int]) -> None:
    steps = sorted({step_of(code) for code in range(256)})
    assert steps == sorted(-step for step in steps)
    assert len(steps) >= 255


def test_numbers_that_are_none_read_as_silence_and_full_scale() -> None:
    odd = struct.pack("<4d", math.nan, math.inf, -math.inf, 1e300)
    assert decode(odd, Encoding.F64LE).tolist() == [0.0, 1.0, -1.0, 1.0]


@given(st.binary(max_size=64).map(lambda data: data[: len(data) & ~1]))
def test_s16_survives_decoding_and_encoding_bit_for_bit(pcm: bytes) -> None:
    assert encode(decode(pcm, Encoding.S16LE)) == pcm


def test_what_is_too_loud_is_clipped_and_never_wraps() -> None:
    assert struct.unpack("<4h", encode(np.array([1.0, 1.5, -1.0, -9.0], np.float32))) == (32767, 32767, -32768, -32768)


def test_channels_are_mixed_by_their_mean() -> None:
    assert mix_down(np.array([1.0, 0.0, -0.5, 0.5], np.float32), 2).tolist() == [0.5, 0.0]


def test_levels_are_measured_against_full_scale() -> None:
    assert level_dbfs(struct.pack("<2h", -32768, -32768)) == 0.0
    assert level_dbfs(s16(sine(16_000, level=1.0))) == pytest.approx(-3.01, abs=0.01)
    assert level_dbfs(bytes(640)) == level_dbfs(b"") == SILENCE_DBFS
    assert level_dbfs(struct.pack("<h", 1) + bytes(638)) == pytest.approx(-115.4, abs=0.1)


@given(st.lists(st.binary(max_size=50)), st.integers(1, 20))
def test_frames_lose_nothing_and_have_one_size(pieces: list[bytes], size: int) -> None:
    framer = Framer(size)
    frames = [frame for piece in pieces for frame in framer.feed(piece)]
    assert {len(frame) for frame in frames} <= {size}
    rest = framer.take_rest()
    assert len(rest) < size
    assert b"".join(frames) + rest == b"".join(pieces)
    assert framer.take_rest() == b""


def test_a_format_is_said_in_words() -> None:
    assert str(Format(Encoding.S16LE, 1, 16_000)) == "16000 Hz s16le mono"
    assert str(Format(Encoding.MULAW, 2, 8_000)) == "8000 Hz mulaw stereo"
    assert str(Format(Encoding.F32LE, 6, 48_000)) == "48000 Hz f32le 6 channels"


def test_sound_is_made_louder_and_softer_and_stays_within_full_scale() -> None:
    assert amplified(struct.pack("<2h", 1000, -1000), 20) == struct.pack("<2h", 10_000, -10_000)
    assert amplified(struct.pack("<2h", 1000, -1000), -20) == struct.pack("<2h", 100, -100)
    assert amplified(struct.pack("<2h", 30_000, -30_000), 6) == struct.pack("<2h", 32_767, -32_768)
