"""Claims about rates and conversion."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.pcm import SPEECH, Encoding, Format, decode
from livechat.audio.resample import Converter, Resampler
from tests.sound_help import s16, sine


def convert(source: Format, data: bytes, cuts: list[int]) -> bytes:
    converter = Converter(source)
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    parts = [converter.feed(data[start:end]) for start, end in pairwise(places)]
    return b"".join(parts) + converter.finish()


@given(
    st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]),
    st.integers(0, 2_000),
    st.lists(st.integers(0, 10_000), max_size=6),
)
def test_as_many_samples_come_out_as_went_in_at_the_other_rate(rate: int, samples: int, cuts: list[int]) -> None:
    given_out = convert(Format(Encoding.S16LE, 1, rate), bytes(2 * samples), cuts)
    assert abs(len(given_out) / 2 - samples * 16_000 / rate) <= 0.5


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_what_is_speech_already_passes_bit_for_bit_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    converter = Converter(SPEECH)
    assert convert(SPEECH, data, cuts) == data[: len(data) & ~1]
    converter.feed(data)
    assert converter.leftover == len(data) % 2


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_a_tone_keeps_its_pitch_and_level(rate: int) -> None:
    out = decode(convert(Format(Encoding.S16LE, 1, rate), s16(sine(rate, rate)), [1_000, 1_001]), Encoding.S16LE)
    want = np.array(sine(16_000), np.float32)
    error = (out - want)[800:-800]
    assert 10 * np.log10(np.mean(np.square(error)) / np.mean(np.square(want))) < -60


def test_a_tone_beyond_what_the_target_can_hold_vanishes() -> None:
    out = decode(convert(Format(Encoding.S16LE, 1, 48_000), s16(sine(48_000, 48_000, 11_000.0)), []), Encoding.S16LE)
    assert np.abs(out[800:-800]).max() < 1e-3


@given(st.lists(st.integers(0, 4_000), max_size=8))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    stereo = Format(Encoding.S24LE, 2, 44_100)
    data = np.random.default_rng(7).integers(0, 256, 6 * 600, dtype=np.uint8).tobytes()
    assert convert(stereo, data, cuts) == convert(stereo, data, [])


def test_equal_rates_need_no_resampler() -> None:
    same = Resampler(24_000, 24_000)
    samples = np.ones(3, np.float32)
    assert same.feed(samples) is samples
    assert len(same.finish()) == 0


def test_stereo_keeps_both_its_channels_at_another_rate() -> None:
    left, right = np.array(sine(48_000, 48_000, 300.0)), np.array(sine(48_000, 48_000, 900.0))
    stereo = Format(Encoding.S16LE, 2, 48_000)
    converter = Converter(stereo, 44_100, all_channels=True, quality="HQ")
    pcm = s16(np.stack([left, right], axis=1).ravel().tolist())
    out = decode(converter.feed(pcm[:1_001]) + converter.feed(pcm[1_001:]) + converter.finish(), Encoding.S16LE)
    for channel, hertz in ((0, 300.0), (1, 900.0)):
        want = np.array(sine(44_100, 44_100, hertz), np.float32)
        error = (out.reshape(-1, 2)[:, channel] - want)[800:-800]
        assert 10 * np.log10(np.mean(np.square(error)) / np.mean(np.square(want))) < -60


def test_stereo_at_its_own_rate_passes_bit_for_bit() -> None:
    data = np.random.default_rng(7).integers(0, 256, 402, dtype=np.uint8).tobytes()
    converter = Converter(Format(Encoding.S16LE, 2, 48_000), 48_000, all_channels=True)
    assert converter.feed(data[:101]) + converter.feed(data[101:]) + converter.finish() == data[:400]
    assert converter.leftover == 2
