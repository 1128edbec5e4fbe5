"""The transcriber: which window is read, what is believed, and what whisper really hears."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livechat.errors import LivechatError
from livechat.server import models
from livechat.server.transcriber import (
    EARLIEST_CUT_S,
    PIECE_S,
    RATE,
    REMEMBERED_PIECES,
    Guess,
    Transcriber,
    byte_alphabet,
    load_transcriber,
    log_mel,
    mel_filters,
    pieces,
)
from tests.speech_fixture import spoken

Features = NDArray[np.float32]
Sound = NDArray[np.float64]

SURE = Guess("Hello there.", score=-0.1, no_speech=0.05)
UNSURE = Guess("Hell oh.", score=-1.2, no_speech=0.2)
NOBODY = Guess("Thank you.", score=-1.5, no_speech=0.95)
PARROT = Guess("and then and then and then and then and then and then and then", score=-0.2, no_speech=0.05)


class Scripted:
    """A decoder that guesses what it was told to, and remembers what it was asked."""

    n_mels = 80

    def __init__(self, *guesses: Guess) -> None:
        self.guesses = list(guesses)
        self.asked: list[tuple[int, int]] = []  # frames, most tokens

    def __call__(self, features: Features, max_tokens: int) -> Guess:
        assert features.shape[0] == self.n_mels
        assert features.dtype == np.float32
        assert features.flags.c_contiguous
        self.asked.append((features.shape[1], max_tokens))
        return self.guesses.pop(0) if len(self.guesses) > 1 else self.guesses[0]

    @property
    def windows(self) -> list[int]:
        """The seconds that were looked at."""
        return [frames // 100 for frames, _ in self.asked]


def noise(seconds: float) -> bytes:
    samples = np.random.default_rng(1).normal(0, 1000, int(seconds * RATE))
    return samples.astype("<i2").tobytes()


@pytest.mark.parametrize(("seconds", "window"), [(0.5, 10), (7, 10), (9, 12), (15, 18)])
def test_the_window_is_ten_seconds_or_three_more_than_was_said(seconds: float, window: int) -> None:
    decoder = Scripted(SURE)
    assert Transcriber(decoder).transcribe(noise(seconds)) == "Hello there."
    assert decoder.asked == [(window * 100, 12 + int(7 * seconds))]


def test_doubtful_words_are_tried_again_in_the_full_window_and_the_surer_ones_are_taken() -> None:
    decoder = Scripted(UNSURE, SURE)
    assert Transcriber(decoder).transcribe(noise(1)) == "Hello there."
    assert decoder.windows == [10, 30]


def test_the_second_try_is_not_believed_when_it_is_worse() -> None:
    worse = Guess("Help.", score=-3.0, no_speech=0.2)
    assert Transcriber(Scripted(UNSURE, worse)).transcribe(noise(1)) == "Hell oh."


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("The quick brown fox jumps over the lazy dog, the quick brown fox jumps.", True),
        ("A" + "a" * 50, True),
        ("10 of close 10 of close", True),
        ("The more we talk, the more we learn, the more we know.", False),
        ("No, no, no.", False),
        ("", False),
    ],
)
def test_an_end_that_was_said_before_is_a_repetition(text: str, repeats: bool) -> None:
    assert Guess(text, score=0.0, no_speech=0.0).repeats is repeats


def test_repetition_is_tried_again_however_sure_it_is() -> None:
    decoder = Scripted(PARROT, UNSURE)
    assert Transcriber(decoder).transcribe(noise(1)) == "Hell oh."
    assert decoder.windows == [10, 30]


def test_what_whisper_makes_up_for_nobody_is_nothing_and_is_not_tried_again() -> None:
    decoder = Scripted(NOBODY)
    assert Transcriber(decoder).transcribe(noise(1)) == ""
    assert decoder.windows == [10]


def test_clear_words_are_believed_even_if_nobody_seems_to_speak() -> None:
    assert Transcriber(Scripted(Guess("Stop.", score=-0.2, no_speech=0.7))).transcribe(noise(1)) == "Stop."


def test_punctuation_alone_is_nothing() -> None:
    assert Transcriber(Scripted(Guess(". . .", score=-0.1, no_speech=0.1))).transcribe(noise(1)) == ""


@pytest.mark.parametrize("pcm", [b"", b"\0", bytes(32_000)], ids=["empty", "half a sample", "digital silence"])
def test_nothing_is_asked_about_nothing(pcm: bytes) -> None:
    decoder = Scripted(SURE)
    assert Transcriber(decoder).transcribe(pcm) == ""
    assert decoder.asked == []


@pytest.mark.parametrize("size", [2, 3, 200, 322, 401, 641])
def test_the_shortest_sounds_and_odd_bytes_can_be_asked_about(size: int) -> None:
    assert Transcriber(Scripted(SURE)).transcribe(noise(1)[:size]) == "Hello there."


def test_long_speech_is_read_piece_by_piece_and_joined() -> None:
    texts = [Guess(f"Part {number}.", score=-0.1, no_speech=0.0) for number in range(1, 4)]
    decoder = Scripted(*texts)
    assert Transcriber(decoder).transcribe(noise(36)) == "Part 1. Part 2. Part 3."
    assert all(10 <= window <= 18 for window in decoder.windows)


def test_a_silent_piece_leaves_no_gap_in_the_words() -> None:
    decoder = Scripted(SURE, NOBODY)
    assert Transcriber(decoder).transcribe(noise(20)) == "Hello there."


def test_guessing_again_about_a_longer_recording_reads_only_what_is_new() -> None:
    decoder = Scripted(SURE)
    transcriber = Transcriber(decoder)
    recording = noise(38)
    transcriber.transcribe(recording[: 36 * RATE * 2])
    before = len(decoder.asked)
    transcriber.transcribe(recording)
    assert before == 3
    assert len(decoder.asked) == 4


def test_only_the_last_pieces_are_remembered() -> None:
    decoder = Scripted(SURE)
    transcriber = Transcriber(decoder)
    first = noise(20)
    transcriber.transcribe(first)
    for number in range(REMEMBERED_PIECES):
        transcriber.transcribe(number.to_bytes(2, "little") + first)
    before = len(decoder.asked)
    transcriber.transcribe(first)
    assert len(decoder.asked) == before + 2


@given(st.integers(0, 3), st.integers(1, 70))
def test_pieces_are_the_whole_and_stay_where_they_are_as_it_grows(seed: int, seconds: int) -> None:
    samples = np.random.default_rng(seed).normal(0, 1, seconds * RATE).astype(np.float32)
    whole = pieces(samples)
    assert np.array_equal(np.concatenate(whole), samples)
    assert all(EARLIEST_CUT_S * RATE <= len(piece) <= PIECE_S * RATE for piece in whole[:-1])
    assert len(whole[-1]) <= PIECE_S * RATE
    shorter = pieces(samples[: len(samples) * 2 // 3])
    assert [len(piece) for piece in shorter[:-1]] == [len(piece) for piece in whole[: len(shorter) - 1]]


def test_a_cut_goes_through_the_pause() -> None:
    samples = np.ones(20 * RATE, np.float32)
    samples[12 * RATE : 12 * RATE + RATE // 4] = 0
    first, _ = pieces(samples)
    assert 12 * RATE <= len(first) <= 12 * RATE + RATE // 4


def test_the_mel_bands_are_triangles_of_equal_area_and_double_in_width_with_frequency() -> None:
    filters = mel_filters(80)
    assert filters.shape == (80, 201)
    peaks = filters.argmax(axis=1) * RATE / 400
    assert np.all(np.diff(peaks) >= 0)
    assert peaks[0] == 40
    assert 7600 < peaks[-1] < 8000
    assert filters[40:].sum(axis=1) == pytest.approx(np.full(40, 400 / RATE), rel=0.1)


def test_a_tone_shows_in_its_band_and_the_window_behind_it_is_silent() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    filters = mel_filters(80)
    features = log_mel(tone, 1000, filters)
    assert features.shape == (80, 1000)
    assert abs(int(features[:, 50].argmax()) - int(filters[:, 25].argmax())) <= 1
    assert features.max() - features.min() == pytest.approx(2)
    assert np.all(features[:, 110:] == features.min())


def test_the_features_of_what_was_said_do_not_depend_on_the_window() -> None:
    samples = (np.frombuffer(noise(2), "<i2") / 32768).astype(np.float32)
    filters = mel_filters(80)
    assert np.array_equal(log_mel(samples, 1000, filters)[:, :200], log_mel(samples, 3000, filters)[:, :200])


def test_the_byte_alphabet_names_every_byte_once_and_ascii_by_itself() -> None:
    alphabet = byte_alphabet()
    assert sorted(alphabet.values()) == list(range(256))
    assert bytes(alphabet[c] for c in "Hello,Ġworld") == b"Hello, world"
    assert bytes(alphabet[c] for c in "cafÃ©").decode() == "café"


@pytest.fixture(scope="module")
def whisper() -> Transcriber:
    return load_transcriber()


@pytest.mark.speech
@pytest.mark.parametrize("voice", ["Kore", "Charon", "Leda", "Algieba"])
def test_whisper_hears_what_the_voice_says(whisper: Transcriber, voice: str) -> None:
    assert whisper.transcribe(spoken("What is the capital of France?", voice)) == "What is the capital of France?"


@pytest.mark.speech
@pytest.mark.parametrize("text", ["Stop.", "Yes.", "Tell me a story.", "Please repeat that."])
def test_whisper_hears_short_commands(whisper: Transcriber, text: str) -> None:
    assert whisper.transcribe(spoken(text, "Puck", tail_ms=300)).strip(".") == text.strip(".")


def hum(time: Sound) -> Sound:
    return np.sin(2 * np.pi * 50 * time) * 0.2 + np.sin(2 * np.pi * 100 * time) * 0.1


def hiss(time: Sound) -> Sound:
    return np.random.default_rng(0).normal(0, 0.03, len(time))


def keys(time: Sound) -> Sound:
    return hiss(time) * 10 * np.exp(-40 * (time % 0.25))


def chord(time: Sound) -> Sound:
    low, middle, high = (np.sin(2 * np.pi * hz * time) for hz in (262, 330, 392))
    return 0.1 * (low + middle + high)


@pytest.mark.speech
@pytest.mark.parametrize("seconds", [0.5, 2, 5])
@pytest.mark.parametrize("sound", [hum, hiss, keys, chord])
def test_whisper_is_not_believed_when_nobody_speaks(
    whisper: Transcriber, sound: Callable[[Sound], Sound], seconds: float
) -> None:
    time = np.arange(int(seconds * RATE), dtype=np.float64) / RATE
    assert whisper.transcribe((sound(time) * 32767).astype("<i2").tobytes()) == ""


@pytest.mark.speech
def test_whisper_hears_through_noise_ten_decibels_below_the_voice(whisper: Transcriber) -> None:
    speech = np.frombuffer(spoken("My favorite color is green."), "<i2").astype(np.float64)
    brown = np.cumsum(np.random.default_rng(2).normal(0, 1, len(speech)))
    brown -= np.convolve(brown, np.ones(800) / 800, "same")
    brown *= np.sqrt(np.mean(speech**2) / np.mean(brown**2) / 10)
    assert whisper.transcribe((speech + brown).astype("<i2").tobytes()) == "My favorite color is green."


@pytest.mark.speech
def test_threads_may_share_the_transcriber(whisper: Transcriber) -> None:
    texts = ["What time is it?", "Tell me a story.", "What time is it?", "Tell me a story."]
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(whisper.transcribe, [spoken(text) for text in texts]))
    assert heard == texts


@pytest.mark.speech
def test_a_minute_without_a_pause_keeps_its_words(whisper: Transcriber) -> None:
    sentence = "The old man carried a heavy basket of apples up the hill. "
    heard = whisper.transcribe(spoken(sentence * 8, "Charon"))
    assert heard.count("basket of apples") == 8


@pytest.mark.speech
def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    for name in models.WHISPER.sha256:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(LivechatError, match="cannot be loaded"):
        load_transcriber(tmp_path)
