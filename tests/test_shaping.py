"""The setup is what the user wishes, as the model's family takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import encode
from livechat.protocol.generations import FAMILIES, Family, family_of
from livechat.shaping import Wishes, notes_on, shape_setup

WRITES = "models/gemini-live-2.5-flash"
SPEAKS = "models/gemini-3.8-live"
THINKS = "models/gemini-3.8-live-extended-thinking"
TRANSLATES = "models/gemini-3.5-live-translate-preview"
RETIRED = "models/gemini-2.0-flash-live-001"

TALKING = [family for family in FAMILIES if not family.music]


def on_the_wire(wishes: Wishes) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(encode(ClientMessage(setup=shape_setup(wishes))))
    setup: dict[str, Any] = frame["setup"]
    return setup


def notes(wishes: Wishes) -> list[str]:
    return notes_on(wishes, family_of(wishes.model))


def every_wish(family: Family, *, sound: bool) -> Wishes:
    return Wishes(f"models/{family.models[0]}", sound, voice="Kore", language="pt-BR", system="Be brief.")


# ------------------------------------------------------------------------------------------- on the wire


def test_words_from_a_model_that_writes_come_as_text() -> None:
    assert on_the_wire(Wishes(WRITES, sound=False)) == {
        "model": WRITES,
        "generationConfig": {"responseModalities": ["TEXT"]},
        "inputAudioTranscription": {},
        "contextWindowCompression": {"slidingWindow": {}},
    }


def test_words_from_a_model_that_only_speaks_come_as_the_transcript_of_its_speech() -> None:
    assert on_the_wire(Wishes(SPEAKS, sound=False)) == {
        "model": SPEAKS,
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
        "contextWindowCompression": {"slidingWindow": {}},
    }


def test_sound_from_a_model_that_can_write_comes_with_its_words() -> None:
    setup = on_the_wire(Wishes(WRITES, sound=True))
    assert setup["generationConfig"] == {"responseModalities": ["AUDIO"]}
    assert setup["outputAudioTranscription"] == {}


def test_voice_and_language_shape_the_speech() -> None:
    config = on_the_wire(Wishes(SPEAKS, sound=True, voice="Kore", language="pt-BR"))["generationConfig"]
    voice = {"prebuiltVoiceConfig": {"voiceName": "Kore"}}
    assert config["speechConfig"] == {"voiceConfig": voice, "languageCode": "pt-BR"}


def test_a_language_alone_leaves_the_voice_to_the_server() -> None:
    config = on_the_wire(Wishes(SPEAKS, sound=True, language="de-DE"))["generationConfig"]
    assert config["speechConfig"] == {"languageCode": "de-DE"}


def test_nobody_is_given_a_voice_to_write_with() -> None:
    config = on_the_wire(Wishes(WRITES, sound=False, voice="Kore", language="pt-BR"))["generationConfig"]
    assert config == {"responseModalities": ["TEXT"]}


def test_an_instruction_is_one_part_of_text() -> None:
    setup = on_the_wire(Wishes(SPEAKS, sound=True, system="Be brief."))
    assert setup["systemInstruction"] == {"parts": [{"text": "Be brief."}]}


@pytest.mark.parametrize("system", [None, ""])
def test_no_instruction_is_no_field(system: str | None) -> None:
    assert "systemInstruction" not in on_the_wire(Wishes(SPEAKS, sound=True, system=system))


def test_the_context_slides_unless_that_is_not_wished() -> None:
    assert "contextWindowCompression" not in on_the_wire(Wishes(SPEAKS, sound=True, compress=False))


def test_a_model_that_must_think_is_asked_for_the_least() -> None:
    assert on_the_wire(Wishes(THINKS, sound=True))["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "LOW"}


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("family", TALKING, ids=lambda family: family.name)
def test_no_family_is_sent_what_it_refuses(family: Family, sound: bool) -> None:
    setup = on_the_wire(every_wish(family, sound=sound))
    config = setup["generationConfig"]
    assert set(config["responseModalities"]) <= set(family.modalities)
    assert ("systemInstruction" in setup) == family.instruction
    assert ("contextWindowCompression" in setup) == family.compression
    assert ("thinkingConfig" in config) == (family.thinking == "required")
    assert "inputAudioTranscription" in setup
    assert ("outputAudioTranscription" in setup) == (config["responseModalities"] == ["AUDIO"])


# ------------------------------------------------------------------------------------- what the user is told


def test_an_ordinary_choice_needs_no_note() -> None:
    assert notes(Wishes(SPEAKS, sound=True, system="Be brief.")) == []
    assert notes(Wishes(WRITES, sound=False)) == []


def test_that_text_is_a_transcript_is_told() -> None:
    assert notes(Wishes(SPEAKS, sound=False)) == [
        "this model only speaks; its text is taken from the transcript of its speech"
    ]


def test_that_a_model_is_retired_is_told_with_its_day() -> None:
    name = family_of(RETIRED).name
    assert notes(Wishes(RETIRED, sound=False)) == [f"the {name} models were retired on 2025-12-09"]


def test_that_an_instruction_is_left_out_is_told() -> None:
    told = notes(Wishes(TRANSLATES, sound=True, system="Be brief."))
    assert told == [f"{family_of(TRANSLATES).name} takes no system instruction: it is left out"]
    assert notes(Wishes(TRANSLATES, sound=True)) == []


# ---------------------------------------------------------------------------------------- who notices speech


@pytest.mark.parametrize(
    ("wish", "detection"),
    [
        ({}, None),
        ({"marks_activity": True}, {"disabled": True}),
        ({"noisy": True}, {"startOfSpeechSensitivity": "START_SENSITIVITY_LOW"}),
        ({"marks_activity": True, "noisy": True}, {"disabled": True}),
    ],
)
def test_the_server_is_told_who_notices_speech_and_how(wish: dict[str, bool], detection: object) -> None:
    setup = on_the_wire(Wishes(SPEAKS, sound=True, **wish))
    assert setup.get("realtimeInputConfig", {}).get("automaticActivityDetection") == detection
