"""Speech as a whole: loaded at once, shared by all conversations."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from livechat.errors import MissingInput
from livechat.server.ears import EarSettings, SpeechStarted
from livechat.server.models import HIBARI, SILERO, find
from livechat.server.speech import load_speech

pytestmark = pytest.mark.speech


def test_what_is_spoken_is_heard_and_no_thread_is_left() -> None:
    before = threading.active_count()
    speech = load_speech()
    assert threading.active_count() == before
    assert speech.notes == ()
    assert speech.voice.speak("Hello.", "Kore")
    assert speech.transcriber.transcribe(bytes(3200)) == ""
    assert speech.ears(EarSettings()).feed(bytes(3200)) == []


def test_a_folder_replaces_what_it_holds_and_that_is_noted(tmp_path: Path) -> None:
    for model in (HIBARI, SILERO):
        shutil.copy(find(model).main_path, tmp_path)
    speech = load_speech(tmp_path)
    assert [note.split(" is replaced by ")[0] for note in speech.notes] == ["Silero VAD", "hibari"]
    pcm = speech.voice.speak("Hello there.", "Kore")
    assert any(isinstance(event, SpeechStarted) for event in speech.ears(EarSettings()).feed(pcm))


def test_a_folder_without_a_model_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(MissingInput):
        load_speech(tmp_path)
