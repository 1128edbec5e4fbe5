"""Tones: speech for who has no models hears what is loud, reads no words and speaks to the millisecond."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.ears import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, EarEvent, EarSettings, SpeechEnded, SpeechStarted
from livechat.server.timbres import VOICES, PrebuiltVoice
from livechat.server.tones import LOUDEST, NOT_UNDERSTOOD, RATE, Loudness, level_db, load_tones
from tests.acoustics import median_pitch, samples

TONES = load_tones(None)
SENTENCE = "What time is it in Berlin?"


def hum(db: float, milliseconds: int) -> bytes:
    """A sine of 200 Hz at 16 kHz whose level is `db` below full scale."""
    time = np.arange(milliseconds * 16)
    loud = 32768 * 10 ** (db / 20) * 2**0.5
    return bytes((loud * np.sin(2 * np.pi * 200 / 16_000 * time)).astype("<i2").tobytes())


def silence(milliseconds: int) -> bytes:
    return bytes(milliseconds * BYTES_PER_MS)


def hear(pcm: bytes, settings: EarSettings | None = None) -> list[EarEvent]:
    return TONES.ears(settings or EarSettings(silence_duration_ms=300)).feed(pcm)


def kinds(events: list[EarEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


# ------------------------------------------------------------------------------------------------- ears


def test_a_tone_between_silences_is_an_utterance_that_ends_when_the_silence_is_long_enough() -> None:
    events = hear(silence(640) + hum(-30, 960) + silence(640))
    assert kinds(events) == ["SpeechStarted", "SpeechPaused", "SpeechEnded"]
    assert events[0] == SpeechStarted(640)
    ended = events[2]
    assert isinstance(ended, SpeechEnded)
    assert abs(ended.speech_end_ms - 1600) <= FRAME_MS
    assert 0 <= ended.at_ms - 1600 - 300 <= FRAME_MS


def test_speech_is_heard_from_the_first_sample_of_a_stream() -> None:
    assert kinds(hear(hum(-25, 320)))[:1] == ["SpeechStarted"]


def test_what_is_hardly_louder_than_silence_is_not_heard() -> None:
    assert hear(hum(-52, 960) + silence(640)) == []


def test_low_sensitivity_wants_it_louder() -> None:
    faint = silence(320) + hum(-47, 320)
    assert hear(faint, EarSettings(start_sensitivity="HIGH"))
    assert not hear(faint, EarSettings(start_sensitivity="LOW"))


def test_a_voice_is_heard_above_a_noise_that_goes_on() -> None:
    noise = np.random.default_rng(0).normal(0, 32768 * 10 ** (-45 / 20), 16 * 30_000)
    voice = np.zeros(16 * 30_000)
    voice[16 * 28_000 : 16 * 29_000] = np.frombuffer(hum(-20, 1000), "<i2")
    events = hear((noise + voice).astype("<i2").tobytes())
    assert kinds(events)[-3:] == ["SpeechStarted", "SpeechPaused", "SpeechEnded"]
    started, ended = events[-3], events[-1]
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert abs(started.at_ms - 28_000) <= FRAME_MS
    assert abs(ended.speech_end_ms - 29_000) <= FRAME_MS


def test_a_detector_that_is_reset_forgets_the_room() -> None:
    detector = Loudness()
    frame = hum(-40, FRAME_MS)
    while detector(frame):
        pass
    detector.reset()
    assert detector(frame) == 1.0


def test_a_detector_holds_on_for_two_frames() -> None:
    detector = Loudness()
    assert [detector(frame) for frame in (hum(-20, FRAME_MS), *3 * [bytes(FRAME_BYTES)])] == [1.0, 1.0, 1.0, 0.0]


def test_levels_are_relative_to_full_scale() -> None:
    assert level_db(hum(-20, 1000)) == pytest.approx(-20, abs=0.01)
    assert level_db(b"") == level_db(bytes(64)) == pytest.approx(-90.3, abs=0.1)


# ------------------------------------------------------------------------------------------ transcriber


def test_sound_is_read_as_a_remark_and_silence_as_nothing() -> None:
    assert TONES.transcribe(silence(200) + hum(-30, 200)) == NOT_UNDERSTOOD
    assert TONES.transcribe(hum(-30, 200)[:-1]) == NOT_UNDERSTOOD  # half a sample is none
    assert TONES.transcribe(silence(1000)) == ""
    assert TONES.transcribe(b"") == ""


# ------------------------------------------------------------------------------------------------ voice


@given(st.text(max_size=60), st.sampled_from([voice.name for voice in VOICES]))
def test_fifteen_characters_last_a_second(text: str, name: str) -> None:
    pcm = TONES.speak(text, name)
    assert len(pcm) == 2 * len(text) * RATE // 15
    assert pcm == TONES.speak(text, name)


def test_words_sound_and_what_is_between_them_is_silent() -> None:
    pcm = np.frombuffer(TONES.speak("one, two", "Kore"), "<i2")
    character = RATE // 15
    assert np.abs(pcm[: 3 * character]).max() > LOUDEST * 0.9
    assert not pcm[3 * character : 5 * character].any()
    assert np.abs(pcm[5 * character :]).max() > LOUDEST * 0.9


def test_a_syllable_begins_and_ends_softly() -> None:
    pcm = np.frombuffer(TONES.speak("rhythm banana", "Puck"), "<i2").astype(int)
    assert np.abs(np.diff(pcm)).max() < LOUDEST * 2 * np.pi * 250 / RATE * 1.1
    dips = [np.abs(pcm[character * RATE // 15 - 8 : character * RATE // 15 + 8]).max() for character in (6, 9, 11)]
    assert max(dips) < LOUDEST / 10  # before ba, na and na


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_a_name_has_its_pitch(voice: PrebuiltVoice) -> None:
    sound = samples(TONES.speak("Aaaaaaaaaaaaaaaa", voice.name))
    assert median_pitch(sound, RATE) == pytest.approx(voice.timbre.pitch_hz, rel=0.03)


def test_a_name_that_nobody_has_speaks_all_the_same() -> None:
    assert TONES.speak(SENTENCE, "Nobody")


def test_twice_the_speed_takes_half_the_time() -> None:
    assert len(TONES.speak(SENTENCE, "Kore", speed=2.0)) * 2 == len(TONES.speak(SENTENCE, "Kore"))


def test_the_ears_hear_what_the_voice_says() -> None:
    spoken = np.frombuffer(TONES.speak("Hello there, how are you?", "Kore"), "<i2")
    at_16k = np.interp(np.arange(0, len(spoken), 1.5), np.arange(len(spoken)), spoken).astype("<i2").tobytes()
    assert kinds(hear(at_16k + silence(960))).count("SpeechEnded") == 1


# ---------------------------------------------------------------------------------------------- the cost


def test_it_needs_no_model_and_no_extra_package() -> None:
    code = (
        "import sys; from livechat.server.tones import load_tones; t = load_tones(); t.speak('Hi.', 'Kore');"
        "t.transcribe(bytes(99)); bad = {'onnxruntime', 'ctranslate2', 'hibari', 'soxr', 'scipy'} & {*sys.modules};"
        "sys.exit(bool(bad))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
