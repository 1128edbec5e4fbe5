"""A lane brings sound to its tracks bit for bit, or resampled without a seam, and keeps its place on the timeline."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from livechat.audio.lane import Lane
from livechat.audio.track import Track
from tests.sound_help import s16, sine

Steps = npt.NDArray[np.int16]


def read(path: Path, channel: int = 0) -> Steps:
    with wave.open(str(path)) as wav:
        data = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, wav.getnchannels())
    return data[:, channel]


def blocks(pcm: bytes, samples: int) -> list[bytes]:
    return [pcm[at : at + 2 * samples] for at in range(0, len(pcm), 2 * samples)]


def test_at_the_tracks_own_rate_every_bit_arrives(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", 16_000, part_s=99)
    lane = Lane([(track, 0)])
    pcm = np.random.default_rng(1).integers(-32768, 32768, 16_000, np.int16).tobytes()
    for number, block in enumerate(blocks(pcm, 320)):
        lane.lay(block, 16_000, 0.5 + number * 0.02 + (-1) ** number * 0.004)
    lane.finish()
    track.close()
    assert read(tmp_path / "you.wav").tobytes() == bytes(2 * 8064) + pcm


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_at_another_rate_it_is_the_same_sound_at_the_same_time(tmp_path: Path, rate: int) -> None:
    mono, both = Track(tmp_path, "mono", 24_000, part_s=99), Track(tmp_path, "both", 24_000, 2, part_s=99)
    lane = Lane([(mono, 0), (both, 1)])
    for number, block in enumerate(blocks(s16(sine(rate, rate)), rate // 100)):
        lane.lay(block, rate, 1.0 + number * 0.01)
    lane.finish()
    mono.close()
    both.close()
    heard = read(tmp_path / "mono.wav")
    assert len(heard) == 48_000
    expected = np.array(sine(24_000, 24_000)) * 32767
    inner = slice(24_000 + 480, 48_000 - 480)
    assert np.abs(heard[inner] - expected[480:-480]).max() < 40
    assert (read(tmp_path / "both.wav", 1) == heard).all()
    assert not read(tmp_path / "both.wav").any()


def test_after_a_gap_the_tail_of_what_was_before_is_not_lost(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", 24_000, part_s=99)
    lane = Lane([(track, 0)])
    lane.lay(s16([0.5] * 1600), 16_000, 0.0)
    lane.lay(s16([0.25] * 1600), 16_000, 0.5)
    lane.finish()
    track.close()
    heard = read(tmp_path / "you.wav") / 32768
    assert len(heard) == 14_400
    assert heard[2300] == pytest.approx(0.5, abs=0.05)
    assert not heard[2400:12_000].any()
    assert heard[14_300] == pytest.approx(0.25, abs=0.05)


def test_a_card_of_another_rate_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    track = Track(tmp_path, "model", 24_000, part_s=99)
    lane = Lane([(track, 0)])
    lane.lay(s16([0.5] * 4800), 48_000, 0.0)
    lane.lay(s16([0.25] * 2400), 24_000, 0.05)  # the new one begins while the old still has 50 ms to sound
    lane.lay(s16([0.75] * 441), 44_100, 0.2)
    lane.finish()
    track.close()
    heard = read(tmp_path / "model.wav") / 32768
    assert len(heard) == 4800 + 240
    assert heard[2390] == pytest.approx(0.5, abs=0.05)
    assert (heard[2400:3600] == 0.25).all()
    assert not heard[3600:4800].any()


def test_half_a_sample_and_nothing_are_no_sound(tmp_path: Path) -> None:
    track = Track(tmp_path, "you", 16_000, part_s=99)
    lane = Lane([(track, 0)])
    lane.lay(b"", 16_000, 0.0)
    lane.lay(b"\1", 16_000, 0.0)
    lane.finish()
    track.close()
    assert not len(read(tmp_path / "you.wav"))
