"""A configuration refuses what none of its fields can have, and its changes have the same names."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from livechat.errors import UsageError
from livechat.library.config import LiveChanges, LiveConfig
from livechat.protocol.setup import AutomaticActivityDetection, PrebuiltVoiceConfig, VoiceConfig


def test_the_changes_have_the_fields_of_the_configuration_and_their_types() -> None:
    changes = {name: kind.__forward_arg__ for name, kind in LiveChanges.__annotations__.items()}
    assert changes == {field.name: field.type for field in fields(LiveConfig)}
    assert list(changes) == [field.name for field in fields(LiveConfig)]


def test_no_field_must_be_given() -> None:
    assert LiveConfig() == LiveConfig(modality=None)


def test_a_configuration_stays_as_it_is_and_its_changes_are_another() -> None:
    first = LiveConfig(voice="Kore", temperature=0.5)
    assert first.changed(voice="Puck") == LiveConfig(voice="Puck", temperature=0.5)
    assert first.voice == "Kore"
    with pytest.raises(FrozenInstanceError):
        setattr(first, "voice", "Puck")  # noqa: B010


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ({"modality": "audio"}, "AUDIO"),
        ({"media_resolution": "HIHG"}, "HIGH"),
        ({"thinking_level": "MINIMUM"}, "MINIMAL"),
        ({"start_sensitivity": "low"}, "LOW"),
        ({"end_sensitivity": "high"}, "HIGH"),
        ({"activity_handling": "NO_INTERRUPT"}, "NO_INTERRUPTION"),
        ({"turn_coverage": "TURN_INCLUDES_ALL"}, "TURN_INCLUDES_ALL_INPUT"),
        ({"vad": "manuel"}, "manual"),
        ({"voice": "Koree"}, "Kore"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_the_one_that_may_be(wrong: dict[str, Any], meant: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {meant}") as refused:
        LiveConfig(**wrong)
    assert next(iter(wrong.values())) in str(refused.value)


def test_nothing_is_suggested_where_nothing_is_alike() -> None:
    wrong: dict[str, Any] = {"modality": "☃"}
    with pytest.raises(UsageError) as refused:
        LiveConfig(**wrong)
    assert "did you mean" not in str(refused.value)


def test_changes_are_checked_like_a_configuration() -> None:
    with pytest.raises(UsageError, match="Kore"):
        LiveConfig().changed(voice="Korre")


@pytest.mark.parametrize("voice", ["kore", "KORE", VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig())])
def test_a_voice_is_written_in_any_case_and_another_than_the_thirty_as_a_whole(voice: str | VoiceConfig) -> None:
    assert LiveConfig(voice=voice).voice == voice


def test_who_notices_speech_may_be_told_as_a_whole() -> None:
    whole = AutomaticActivityDetection(disabled=True)
    assert LiveConfig(vad=whole).vad is whole
