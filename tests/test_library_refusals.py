"""What a model's family refuses is known before it is asked, and said in the words of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from livechat.library.config import LiveConfig
from livechat.library.refusals import refusals
from livechat.protocol.generations import FAMILIES, Family
from livechat.protocol.parts import FunctionDeclaration
from livechat.protocol.setup import ContextWindowCompression

LIVE = "models/gemini-3.8-live"
THINKS = "models/gemini-3.8-live-extended-thinking"
FLASH = "models/gemini-3.1-flash-live-preview"
FEELS = "models/gemini-2.5-flash-native-audio-latest"
TRANSLATES = "models/gemini-3.5-live-translate-preview"
NON_BLOCKING = FunctionDeclaration(name="f", behavior="NON_BLOCKING")
SPANISH = {"translate_to": "es-ES"}


@pytest.mark.parametrize(
    ("model", "wish", "what"),
    [
        (LIVE, {"thinking_level": "LOW"}, "takes no settings for thinking"),
        (LIVE, {"thinking_budget": 0}, "takes no settings for thinking"),
        (LIVE, {"include_thoughts": False}, "takes no settings for thinking"),
        (THINKS, {"thinking_level": "XHIGH"}, "no thinking_level 'XHIGH'; its levels are LOW, MEDIUM, HIGH"),
        (THINKS, {"thinking_budget": 5}, "no thinking_budget but a thinking_level: LOW, MEDIUM, HIGH"),
        (FEELS, {"thinking_level": "LOW"}, "its levels are none at all: it takes a thinking_budget"),
        (LIVE, {"affective_dialog": True}, "knows no affective_dialog"),
        (FLASH, {"proactive_audio": True}, "knows no proactive_audio"),
        (LIVE, {"proactive_audio": False}, "always is proactive"),
        (LIVE, SPANISH, "does not translate"),
        (TRANSLATES, {}, "wants to know the language"),
        (TRANSLATES, {**SPANISH, "system_instruction": "Be brief."}, "takes no system_instruction"),
        (TRANSLATES, {**SPANISH, "compression": ContextWindowCompression()}, "takes no compression"),
        (TRANSLATES, {**SPANISH, "initial_history": True}, "takes no initial_history"),
        (TRANSLATES, {**SPANISH, "tools": NON_BLOCKING}, "takes no tools"),
        (FLASH, {"tools": NON_BLOCKING}, "does not run functions NON_BLOCKING, as 'f' is declared"),
        (LIVE, {"vad": "manual", "start_sensitivity": "LOW"}, "nobody listens for speech"),
        (LIVE, {"vad": "manual", "end_sensitivity": "LOW"}, "nobody listens for speech"),
    ],
)
def test_a_wish_that_the_family_refuses_is_told(model: str, wish: dict[str, Any], what: str) -> None:
    (told,) = refusals(LiveConfig(**wish), model)
    assert what in told


@pytest.mark.parametrize(
    ("model", "wish"),
    [
        (THINKS, {"thinking_level": "MEDIUM", "include_thoughts": True}),
        (FEELS, {"thinking_budget": -1, "affective_dialog": True, "proactive_audio": False}),
        (FLASH, {"thinking_level": "MINIMAL", "initial_history": True}),
        (FLASH, {"tools": FunctionDeclaration(name="f", behavior="BLOCKING")}),
        (FLASH, {"tools": FunctionDeclaration(name="f", behavior="UNSPECIFIED")}),
        (FLASH, {"tools": "google_search", "proactive_audio": False}),
        (LIVE, {"tools": [NON_BLOCKING], "proactive_audio": True, "vad": "manual", "prefix_padding_ms": 20}),
        (LIVE, {"affective_dialog": False}),
        (TRANSLATES, SPANISH),
        (TRANSLATES, {"setup": {"generationConfig": {"translationConfig": {"targetLanguageCode": "es-ES"}}}}),
    ],
)
def test_a_wish_that_the_family_grants_is_not(model: str, wish: dict[str, Any]) -> None:
    assert list(refusals(LiveConfig(**wish), model)) == []


@pytest.mark.parametrize("family", [family for family in FAMILIES if not family.music], ids=lambda family: family.name)
def test_nobody_refuses_who_is_asked_for_nothing(family: Family) -> None:
    language = None if "text" in family.inputs else "es-ES"
    for model in family.models:
        assert list(refusals(LiveConfig(translate_to=language), model)) == []


def test_a_model_that_is_not_known_is_not_judged() -> None:
    everything = LiveConfig(thinking_level="XHIGH", thinking_budget=9, affective_dialog=True, translate_to="es-ES")
    assert list(refusals(everything, "models/gemini-9-live")) == []
    assert list(refusals(everything, "my-own-model")) == []
