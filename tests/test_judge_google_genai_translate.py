"""Google's own Python client as a judge of sessions that only translate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from livechat.server.brain import BuiltinBrain
from tests.test_judge_google_genai import LOUD, SILENT, Session, judged, options, speaks

pytestmark = pytest.mark.judge

MODEL = "gemini-3.5-live-translate-preview"
CONFIG: dict[str, Any] = {
    "response_modalities": ["AUDIO"],
    "input_audio_transcription": {},
    "output_audio_transcription": {},
    "translation_config": {"target_language_code": "pl"},
}


def test_two_utterances_are_translated_without_turns() -> None:
    async def play(session: Session) -> None:
        await speaks(session, (LOUD * 25 + SILENT * 50) * 2)
        heard: list[tuple[str, str]] = []
        sound = 0
        async for message in session.receive():
            content = message.server_content
            assert not any((content.turn_complete, content.generation_complete, content.interrupted))
            both = (content.input_transcription, content.output_transcription)
            heard += [(words.language_code, words.text) for words in both if words]
            sound += len(message.data or b"")
            if sound == 2 * 480 * len("What time is it?"):
                break
        # the built-in brain knows no other language and says the words again
        assert sorted(heard) == [("en-US", "What time is it?")] * 2 + [("pl", "What time is it?")] * 2

    judged(play, MODEL, CONFIG, options(BuiltinBrain(lambda: datetime(2026, 11, 21))))
