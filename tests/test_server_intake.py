"""How a client's sound reaches the ears."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.intake import LONGEST_MARKED, PIECE, Intake, MarkedHearing


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> bytes:
    samples = np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate) * 8000
    return samples.astype("<i2").tobytes()


def heard(pcm: bytes, rate: int, chunk: int) -> bytes:
    intake = Intake()
    pieces = [piece for start in range(0, len(pcm), chunk) for piece in intake.pieces(pcm[start : start + chunk], rate)]
    return b"".join([*pieces, *intake.rest()])


def loudest_hertz(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2")
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / len(samples))


@given(st.binary(max_size=5_000), st.integers(1, 700))
def test_sound_of_16_khz_passes_as_it_is_however_it_is_chunked(pcm: bytes, chunk: int) -> None:
    assert heard(pcm, 16_000, chunk) == pcm[: len(pcm) // 2 * 2]


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("chunk", [641, 1_920, 1_000_000])
def test_another_rate_is_resampled_as_one_stream(rate: int, chunk: int) -> None:
    pcm = heard(tone(rate), rate, chunk)
    assert abs(len(pcm) // 2 - 16_000) <= 1
    assert loudest_hertz(pcm) == pytest.approx(440, abs=1.5)


def test_pieces_are_never_longer_than_a_frame_of_the_detector() -> None:
    assert {len(piece) for piece in Intake().pieces(bytes(100 * PIECE + 2), 16_000)} == {PIECE, 2}


def test_a_rate_may_change_on_the_way_and_nothing_is_lost() -> None:
    intake = Intake()
    pieces = [*intake.pieces(tone(48_000), 48_000), *intake.pieces(tone(16_000), 16_000)]
    pieces += [*intake.pieces(tone(8_000), 8_000), *intake.rest()]
    pcm = b"".join(pieces)
    assert abs(len(pcm) // 2 - 48_000) <= 2
    assert loudest_hertz(pcm) == pytest.approx(440, abs=1.5)


def test_a_stream_that_ended_begins_anew() -> None:
    intake = Intake()
    first = b"".join([*intake.pieces(tone(48_000) + b"x", 48_000), *intake.rest()])
    second = b"".join([*intake.pieces(tone(48_000), 48_000), *intake.rest()])
    assert first == second


def test_marked_hearing_keeps_what_it_is_fed_since_the_mark() -> None:
    hearing = MarkedHearing()
    hearing.begin()
    assert hearing.feed(b"ab") == hearing.flush() == []
    hearing.feed(b"cd")
    assert hearing.utterance() == b"abcd"
    hearing.begin()
    assert hearing.utterance() == b""


def test_marked_hearing_keeps_no_more_than_it_can_hold() -> None:
    hearing = MarkedHearing()
    for _ in range(4):
        hearing.feed(bytes(LONGEST_MARKED // 3))
    assert len(hearing.utterance()) == LONGEST_MARKED
