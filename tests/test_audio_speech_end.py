"""The end of speech: told once, to within 30 ms, and never told of what is no speech."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livechat.audio.speech_end import HOP_S, SpeechEnd, levels, voice_end
from tests.spoken_ends import TOLD, errors_ms, noise, scenes

Floats = NDArray[np.float64]
RATE = 16_000
BEGAN = 1_000.0
"""The clock of the tests begins anywhere."""


def quiet(ms: float, dbfs: float = -70) -> Floats:
    return noise("white", round(ms * 16), dbfs, np.random.default_rng(round(ms)))


def voice(ms: float, dbfs: float = -20, fade_ms: float = 80) -> Floats:
    """A vowel of 140 Hz that fades by 3 dB each 5 ms at its end, as voices do, and is 48 dB down when it is over."""
    at = np.arange(round(ms * 16)) / RATE
    parts = [np.sin(2 * np.pi * 140 * part * at + part * part) / max(5, part) for part in range(1, 20)]
    sound: Floats = np.sum(parts, axis=0)
    left_ms = (at[-1] - at) * 1000
    sound *= 10 ** ((dbfs - 0.6 * np.maximum(0, fade_ms - left_ms)) / 20) / np.std(sound)
    return sound


def hiss(ms: float, dbfs: float) -> Floats:
    """A breath: coming and going, with nothing below 2 kHz to speak of."""
    sound = np.diff(np.random.default_rng(5).standard_normal(round(ms * 16) + 1))
    return sound / np.std(sound) * np.hanning(len(sound)) * 10 ** ((dbfs + 4) / 20)


def click(ms: float = 10, dbfs: float = -15) -> Floats:
    return np.random.default_rng(3).standard_normal(round(ms * 16)) * 10 ** (dbfs / 20)


def pcm(*parts: Floats) -> bytes:
    return np.clip(np.rint(np.concatenate(parts) * 32768), -32768, 32767).astype("<i2").tobytes()


def told(*parts: Floats, probability: float = 1.0, frame_ms: int = 20) -> list[int]:
    """The ends that are told, in ms from the beginning of the sound."""
    ends, sound, size = SpeechEnd(), pcm(*parts), 32 * frame_ms
    found = [
        ends.feed(sound[at : at + size], BEGAN + (at + size) / 32 / 1000, probability)
        for at in range(0, len(sound) - size + 1, size)
    ]
    return [round((end - BEGAN) * 1000) for end in found if end is not None]


def near(*ends: float) -> list[object]:
    return [pytest.approx(end, abs=15) for end in ends]


# ------------------------------------------------------------------------------------------------- what is speech


@pytest.mark.parametrize("dbfs", [-100, -60, -50, -45])
def test_the_end_is_found_whatever_the_noise(dbfs: float) -> None:
    sound = np.concatenate((np.zeros(16_000), voice(500), np.zeros(16_000)))
    assert told(sound + quiet(2_500, dbfs)) == near(1_500)


def test_it_is_told_200_ms_after_it() -> None:
    early = told(quiet(1_000), voice(500), quiet(160))
    assert early == []
    assert told(quiet(1_000), voice(500), quiet(240)) == near(1_500)


def test_each_end_is_told_once() -> None:
    assert told(quiet(1_000), voice(500), quiet(600), voice(300), quiet(5_000)) == near(1_500, 2_400)


def test_a_pause_within_a_word_is_no_end() -> None:
    assert told(quiet(1_000), voice(300, fade_ms=20), quiet(150), voice(300), quiet(600)) == near(1_750)


def test_sixty_milliseconds_of_voice_are_speech_and_forty_are_not() -> None:
    assert told(quiet(1_000), voice(100, fade_ms=20), quiet(600)) == near(1_100)
    assert told(quiet(1_000), voice(40, fade_ms=20), quiet(600)) == []


def test_sounds_too_short_for_speech_do_not_add_up_to_it() -> None:
    assert told(quiet(1_000), *[voice(30, fade_ms=5), quiet(80)] * 10, quiet(600)) == []


@pytest.mark.parametrize("kind", ["white", "pink", "room"])
def test_noise_is_no_speech_however_loud(kind: str) -> None:
    assert told(noise(kind, 80_000, -70), noise(kind, 80_000, -30), noise(kind, 80_000, -50)) == []


def test_clicks_are_no_speech() -> None:
    assert told(quiet(1_000), *[click(), quiet(70)] * 12, quiet(600)) == []


def test_what_is_too_low_to_be_meant_is_no_speech() -> None:
    assert told(quiet(1_000, -90), voice(500, -64), quiet(600, -90)) == []


def test_speech_in_a_stream_that_begins_with_it_is_heard_after_its_first_pause() -> None:
    assert told(voice(500), quiet(600), voice(500), quiet(600)) == near(1_600)


# ------------------------------------------------------------------------------------------------ what ends it


def test_a_click_after_the_end_does_not_move_it() -> None:
    assert told(quiet(1_000), voice(500), quiet(150), click(), quiet(600)) == near(1_500)


def test_the_burst_of_a_last_consonant_does() -> None:
    assert told(quiet(1_000), voice(500, fade_ms=10), quiet(80), click(12, -30), quiet(600)) == near(1_592)


def test_a_last_sound_below_the_vowels_belongs_to_them() -> None:
    fricative = quiet(120, -46)
    assert told(quiet(1_000), voice(500, fade_ms=10), fricative, quiet(600)) == near(1_620)


def test_a_breath_afterwards_does_not_move_it() -> None:
    assert told(quiet(1_000), voice(500), quiet(120), hiss(400, -42), quiet(600)) == near(1_500)


def test_a_breath_that_follows_at_once_does_not_hide_it() -> None:
    sound = told(quiet(1_000), voice(500), quiet(500, -52), quiet(600))
    assert len(sound) == 1
    assert 1_485 <= sound[0] <= 1_700


def test_what_is_left_of_an_echo_is_no_speech_but_a_lower_voice_is_after_a_while() -> None:
    assert told(quiet(1_000), voice(500), quiet(600), voice(500, -45), quiet(600)) == near(1_500)
    later = told(quiet(1_000), voice(500), quiet(4_000), voice(500, -45), quiet(600))
    assert later == near(1_500, 6_000)


def test_a_hum_and_an_offset_are_not_heard() -> None:
    at = np.arange(40_000) / RATE
    hum = 0.05 + 0.02 * np.sin(2 * math.pi * 50 * at)
    assert told(hum + np.concatenate((quiet(1_000), voice(500), quiet(1_000)))) == near(1_500)


def test_louder_noise_is_learned_within_seconds() -> None:
    loud = np.concatenate((np.zeros(16_000), voice(500, -15), np.zeros(16_000))) + quiet(2_500, -40)
    assert told(quiet(3_000), quiet(4_000, -40), loud) == near(8_500)


def test_a_voice_without_a_sure_sound_is_held_to_have_ended_before_all_that_is_kept() -> None:
    assert voice_end([(1.0, 1.0)] * 60, 24, 1e6) == 60


def test_a_voice_of_faint_sounds_alone_ended_no_later_than_the_first_of_them() -> None:
    past = [(1.0, 1.0)] * 20 + [(100.0, 1.0)] * 10 + [(1.0, 1.0)] * 30
    assert voice_end(past, 24, 1e12) == 60 - 1 - 20


# ------------------------------------------------------------------------------------------------- how it is fed


def test_nothing_is_speech_that_is_not_likely_to_be() -> None:
    sound = quiet(1_000), voice(500), quiet(600)
    assert told(*sound, probability=0.4) == []
    assert told(*sound, probability=0.5) == near(1_500)


@pytest.mark.parametrize("frame_ms", [5, 10, 40, 100])
def test_frames_of_any_length_tell_the_same(frame_ms: int) -> None:
    sound = quiet(1_000), voice(500), quiet(700)
    assert told(*sound, frame_ms=frame_ms) == told(*sound)


def test_after_a_gap_all_is_forgotten() -> None:
    ends, sound = SpeechEnd(), pcm(quiet(1_000), voice(500))
    assert ends.feed(sound, 10.0) is None
    assert ends.feed(pcm(quiet(600)), 12.0) is None
    assert ends.feed(sound, 13.0) is None
    assert ends.feed(pcm(quiet(400)), 13.4) == pytest.approx(13.0, abs=0.015)


def test_what_was_reset_tells_of_nothing_before() -> None:
    ends = SpeechEnd()
    ends.feed(pcm(quiet(1_000), voice(500)), 10.0)
    ends.reset()
    assert ends.feed(pcm(quiet(600)), 10.6) is None


def test_white_noise_is_as_loud_in_both_bands() -> None:
    for level in levels(pcm(quiet(100, -30))):
        assert [10 * math.log10(power / 32768**2) for power in level] == pytest.approx([-30, -30], abs=2.5)
    assert {round(power, 2) for level in levels(bytes(640)) for power in level} == {10.74}


@given(
    st.lists(st.tuples(st.sampled_from([0, 3, 300, 9_000, 32_767]), st.integers(1, 120)), max_size=30),
    st.sampled_from([5, 10, 20]),
)
def test_whatever_comes_an_end_lies_in_the_past_that_is_kept(runs: list[tuple[int, int]], frame_ms: int) -> None:
    rng = np.random.default_rng(1)
    sound = pcm(*[rng.uniform(-1, 1, 80 * hops).cumsum() % 1 * (top / 32768) for top, hops in runs], np.zeros(0))
    ends, size, last = SpeechEnd(), 32 * frame_ms, -math.inf
    for at in range(0, len(sound) - size + 1, size):
        now = (at + size) / 32 / 1000
        end = ends.feed(sound[at : at + size], now)
        if end is not None:
            assert now - (40 + 80 + 1 + size / 160) * HOP_S <= end < now - 0.1
            assert end > last
            last = end


# --------------------------------------------------------------------------------------------- words really spoken


@pytest.mark.speech
@pytest.mark.parametrize("kind", ["white", "pink", "room"])
@pytest.mark.parametrize(("dbfs", "percent"), [(-60, 95), (-50, 80)])
def test_of_words_really_spoken_the_ends_are_true_to_30_ms(kind: str, dbfs: float, percent: int) -> None:
    found = [abs(error) for error in errors_ms(scenes(TOLD, ["Kore", "Charon"], kind, dbfs)) if error is not None]
    assert len(found) == 2 * len(TOLD), "one was missed"
    assert sorted(found)[len(found) * percent // 100] <= 30
