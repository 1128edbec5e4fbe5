"""The voice: what it says, in how many voices, and what it does with text that is no text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livechat.errors import LivechatError
from livechat.server.models import OnnxSession
from livechat.server.timbres import TIMBRES, VOICES
from livechat.server.transcriber import Transcriber, load_transcriber
from livechat.server.voice import (
    FADE,
    MAX_CHARACTERS,
    MAX_PHONEMES,
    MAX_SPOKEN,
    RATE,
    Voice,
    finished,
    load_voice,
    readable,
    split,
)
from tests.acoustics import median_pitch, samples, spectral_centroid
from tests.long import SOAK
from tests.speech_fixture import spoken
from tests.speech_fixture import voice as shared_voice

SENTENCES = (
    "The old man carried a heavy basket of apples up the hill.",
    "Would you like another cup of coffee, or should we leave now?",
    "My brother plays the violin and my sister sings in a choir.",
)


class OneVowel:
    """A reader for which every letter is 100 ms of one vowel at 193 Hz, and the network that sings it."""

    def __init__(self) -> None:
        self.sess: OnnxSession = self
        self.read: list[str] = []
        self.sung: list[int] = []
        self.speeds: list[float] = []

    def phonemize(self, text: str) -> list[str]:
        self.read.append(text)
        return [text] if text.strip() else []

    def ids(self, phonemes: str) -> list[int]:
        return [1] * len(phonemes)

    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        letters = inputs["ids"].shape[1]
        self.sung.append(letters)
        self.speeds.append(float(inputs["speed"][0]))
        frames = letters * 8
        still, quiet = np.zeros((1, 601, frames), np.float32), np.full((1, 601, frames), -20, np.float32)
        return [still, still, quiet, quiet, still, np.full((1, frames), 193, np.float32)]


def test_every_phoneme_is_sung_and_the_sound_is_whole_samples() -> None:
    reader = OneVowel()
    pcm = Voice(reader).speak("abcde", "Kore")
    assert reader.sung == [5]
    assert len(pcm) == 2 * 5 * 8 * 300


@pytest.mark.parametrize("text", ["", " \n", "...", "?!", "— … —"])
def test_nothing_to_say_is_no_sound(text: str) -> None:
    assert Voice(OneVowel()).speak(text, "Kore") == b""


def test_a_long_text_is_sung_in_parts_that_the_network_takes() -> None:
    reader = OneVowel()
    Voice(reader).speak("word " * 300, "Kore")
    assert sum(reader.sung) >= 4 * 300
    assert max(reader.sung) <= MAX_PHONEMES


def test_a_text_without_end_is_cut() -> None:
    reader = OneVowel()
    Voice(reader).speak("a " * 10**6, "Kore")
    assert len(reader.read[0]) == MAX_CHARACTERS


class Spelling(OneVowel):
    """A reader that makes ten phonemes of every letter, as of digits in a long number."""

    def phonemize(self, text: str) -> list[str]:
        return [" ".join("nine nine " for _ in text)]


def test_a_text_that_takes_too_long_to_say_is_not_said_to_its_end() -> None:
    reader = Spelling()
    Voice(reader).speak("9" * MAX_CHARACTERS, "Kore")
    assert MAX_SPOKEN - MAX_PHONEMES <= sum(reader.sung) <= MAX_SPOKEN


@pytest.mark.parametrize(("asked", "given"), [(1.0, 1.0), (1.5, 1.5), (0.01, 0.5), (99, 2.0)])
def test_speed_stays_within_what_the_network_has_learned(asked: float, given: float) -> None:
    reader = OneVowel()
    Voice(reader).speak("abc", "Kore", speed=asked)
    assert reader.speeds == [given]


def test_a_timbre_has_its_own_pace() -> None:
    reader = OneVowel()
    Voice(reader).speak("abc", "Puck")
    assert reader.speeds == [pytest.approx(TIMBRES["Puck"].pace)]


def test_a_voice_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="Nobody"):
        Voice(OneVowel()).speak("Hello.", "Nobody")


def test_endless_words_are_broken_up() -> None:
    assert max(map(len, readable("x1" * 400).split())) == 30


def test_exotic_digits_become_plain_ones() -> None:
    assert readable("H₂O ① ²") == "H2O 1 2"


def test_of_a_link_only_its_words_are_read() -> None:
    assert readable("See [the docs](/help/) or [this](https://example.com).") == "See the docs or this."


@given(st.text(alphabet="ab ", max_size=900))
def test_splitting_loses_no_letter_and_breaks_no_word_that_fits(phonemes: str) -> None:
    parts = list(split(phonemes))
    assert all(len(part) <= MAX_PHONEMES for part in parts)
    assert "".join("".join(parts).split()) == "".join(phonemes.split())
    if all(len(word) < MAX_PHONEMES for word in phonemes.split(" ")):
        assert [word for part in parts for word in part.split()] == phonemes.split()


def test_a_sound_begins_and_ends_at_nothing_and_never_clips() -> None:
    loud = 50 * np.random.default_rng(0).normal(0, 1, RATE).astype(np.float32)
    sound = finished(loud)
    assert np.abs(sound).max() <= 0.9 + 1e-6
    assert sound[0] == sound[-1] == 0
    assert np.abs(sound[:20]).max() < 0.1


def test_silence_before_the_first_sound_is_cut_to_forty_milliseconds() -> None:
    sound = np.zeros(RATE, np.float32)
    sound[RATE // 2 :] = 0.1
    assert len(finished(sound)) == RATE // 2 + RATE // 25


@pytest.mark.parametrize("size", [1, 2, FADE, 3 * FADE])
def test_silence_stays_silence_however_short(size: int) -> None:
    assert not finished(np.zeros(size, np.float32)).any()


# From here on with the real network.


@pytest.fixture(scope="module")
def voice() -> Voice:
    return shared_voice()


@pytest.fixture(scope="module")
def whisper() -> Transcriber:
    return load_transcriber()


@pytest.mark.speech
def test_equal_arguments_give_equal_bytes_in_any_thread(voice: Voice) -> None:
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(voice.speak, [SENTENCES[0]] * 8, ["Puck", "Kore"] * 4))
    assert len(set(said)) == 2
    assert said[0] == load_voice().speak(SENTENCES[0], "Puck")


@pytest.mark.speech
def test_thirty_names_have_fifteen_sounds(voice: Voice) -> None:
    assert len({voice.speak("Hello there.", name) for name in TIMBRES}) == 15


@pytest.mark.speech
def test_every_two_timbres_differ_by_eight_percent_in_pitch_or_centroid(voice: Voice) -> None:
    names = {timbre: name for name, timbre in TIMBRES.items()}.values()
    measured = {name: measure(voice, name) for name in names}
    alike = [
        (one, other)
        for one, other in combinations(measured, 2)
        if all(max(a, b) / min(a, b) < 1.08 for a, b in zip(measured[one], measured[other], strict=True))
    ]
    assert len(measured) == 15
    assert alike == []


@pytest.mark.speech
def test_men_are_heard_as_men_and_women_as_women(voice: Voice) -> None:
    for timbre, prebuilt in {prebuilt.timbre: prebuilt for prebuilt in VOICES}.items():
        pitch, _ = measure(voice, prebuilt.name)
        assert pitch == pytest.approx(timbre.pitch_hz, rel=0.06), prebuilt.name
        assert (80 < pitch < 135) if prebuilt.sex == "male" else (150 < pitch < 260), prebuilt.name


@cache
def measure(voice: Voice, name: str) -> tuple[float, float]:
    """Pitch and spectral centroid in Hz, over a few sentences."""
    sounds = [samples(voice.speak(sentence, name)) for sentence in SENTENCES]
    pitches, centroids = ([of(sound, RATE) for sound in sounds] for of in (median_pitch, spectral_centroid))
    return float(np.mean(pitches)), float(np.mean(centroids))


@pytest.mark.speech
@pytest.mark.parametrize("name", list(TIMBRES)[:: 2 if SOAK else 6])
def test_whisper_understands_every_voice(whisper: Transcriber, name: str) -> None:
    wrong = sum(words(whisper.transcribe(spoken(sentence, name))) != words(sentence) for sentence in SENTENCES)
    assert wrong == 0


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


@pytest.mark.speech
def test_a_sound_starts_soon_and_is_neither_clipped_nor_faint(voice: Voice) -> None:
    for name in TIMBRES:
        sound = samples(voice.speak(SENTENCES[0], name))
        assert np.abs(sound).max() < 0.95, name
        assert 0.05 < np.sqrt(np.mean(np.square(sound))) < 0.1, name
        assert np.nonzero(np.abs(sound) > 0.02)[0][0] < RATE // 10, name


@pytest.mark.speech
def test_faster_is_shorter(voice: Voice) -> None:
    slow, plain, fast = (len(voice.speak(SENTENCES[0], "Charon", speed=speed)) for speed in (0.75, 1.0, 1.5))
    assert slow > 1.15 * plain > 1.3 * fast


@pytest.mark.speech
@pytest.mark.parametrize(
    "text",
    [
        "Привет, как дела?",
        "你好，世界。",
        "مرحبا بالعالم",
        "🙂🙂",
        "½ ⅓ ④ ² ፪ ٣",
        "é İ ß ﬁ 𝐇𝐞𝐥𝐥𝐨",
        "\x00\x07\x1b[31m",
        "\ud800",
        "a1" * 1000,
        "$" * 500,
        "[a](/b/) `c` *d* https://example.com/e?f=g#h",
    ],
)
def test_text_that_is_not_english_is_said_somehow_or_not_at_all(voice: Voice, text: str) -> None:
    assert len(voice.speak(text[:200], "Kore")) % 2 == 0


@pytest.mark.speech
@settings(max_examples=40, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet="0123456789.,:/-$%€'’ aA[](){}", max_size=40)))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert len(shared_voice().speak(text, "Kore")) % 2 == 0


@pytest.mark.speech
def test_loading_and_speaking_ask_nothing_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("hibari.voices.download", refuse)
    assert load_voice().speak("Zyxomma quixotically.", "Kore")


@pytest.mark.speech
def test_a_folder_with_another_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hibari.onnx").write_bytes(b"not a network")
    with pytest.raises(LivechatError, match="cannot be loaded"):
        load_voice(tmp_path)
