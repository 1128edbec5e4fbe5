"""Tests the table of model families cell by cell, and that any name finds a row."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.generations import (
    DEFAULT_MODEL,
    DEFAULT_VOICE,
    FAMILIES,
    LOCAL_TEXT_MODEL,
    VOICES,
    Family,
    family_of,
    live_models,
)

CASCADE_2_0 = "gemini-2.0-flash-live-001"
CASCADE_2_5 = "gemini-live-2.5-flash"
NATIVE_2_5 = "gemini-2.5-flash-native-audio-preview-12-2025"
FLASH_3_1 = "gemini-3.1-flash-live-preview"
TRANSLATE_3_5 = "gemini-3.5-live-translate-preview"
LIVE_3_8 = "gemini-3.8-live"
THINKING_3_8 = "gemini-3.8-live-extended-thinking"
LYRIA = "lyria-realtime-exp"
MODELS = [CASCADE_2_0, CASCADE_2_5, NATIVE_2_5, FLASH_3_1, TRANSLATE_3_5, LIVE_3_8, THINKING_3_8, LYRIA]

ALL_INPUTS = ("text", "audio", "video")
ACTIVITY, ALL_VIDEO = "TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"
EITHER = ("BLOCKING", "NON_BLOCKING")
CASCADE, AUDIO = ("TEXT", "AUDIO"), ("AUDIO",)

# One line a column, one value a family, in the order of MODELS.
TABLE: dict[str, tuple[object, ...]] = {
    "name": (
        "Gemini 2.0 half-cascade",
        "Gemini Live 2.5 Flash",
        "Gemini 2.5 native audio",
        "Gemini 3.1 Flash Live",
        "Gemini 3.5 Live Translate",
        "Gemini 3.8 Live",
        "Gemini 3.8 Live Extended Thinking",
        "Lyria RealTime",
    ),
    "models": (
        ("gemini-live-2.5-flash-preview", CASCADE_2_0, "gemini-2.0-flash-live-preview-04-09"),
        (CASCADE_2_5,),
        (
            "gemini-live-2.5-flash-native-audio",
            "gemini-2.5-flash-native-audio-latest",
            NATIVE_2_5,
            "gemini-2.5-flash-native-audio-preview-09-2025",
        ),
        (FLASH_3_1,),
        (TRANSLATE_3_5,),
        (LIVE_3_8,),
        (THINKING_3_8,),
        (LYRIA,),
    ),
    "prefixes": (
        ("gemini-2.0-", "gemini-live-2.5-flash-preview"),
        ("gemini-live-2.5-flash",),
        ("gemini-2.5-", "gemini-live-2.5-flash-native-audio", "gemini-live-2.5-flash-preview-native-audio"),
        ("gemini-3.1-",),
        ("gemini-3.5-live-translate",),
        ("gemini-3.8-",),
        ("gemini-3.8-live-extended-thinking",),
        ("lyria-",),
    ),
    "modalities": (CASCADE, CASCADE, AUDIO, AUDIO, AUDIO, AUDIO, AUDIO, AUDIO),
    "inputs": (*[ALL_INPUTS] * 4, ("audio",), ALL_INPUTS, ALL_INPUTS, ("text",)),
    "text_route": (*["client_content"] * 3, "realtime_text", "none", "client_content", "client_content", "none"),
    "history": (*["client_content"] * 3, "history_config", "none", "client_content", "client_content", "none"),
    "instruction": (True, True, True, True, False, True, True, False),
    "default_behavior": (*["BLOCKING"] * 4, None, "NON_BLOCKING", "NON_BLOCKING", None),
    "behaviors": (
        *(EITHER, EITHER, EITHER),
        *(("BLOCKING",), (), ("NON_BLOCKING", "BLOCKING"), ("NON_BLOCKING",), ()),
    ),
    "thinking": (
        *("refused", "refused", "optional", "optional"),
        *("refused", "refused", "required", "refused"),
    ),
    "thinking_levels": (
        *((), (), (), ("MINIMAL", "LOW", "MEDIUM", "HIGH")),
        *((), (), ("LOW", "MEDIUM", "HIGH"), ()),
    ),
    "thinking_budget": (False, False, True, False, False, False, False, False),
    "interaction_status": (False, False, False, False, False, False, True, False),
    "compression": (True, True, True, True, False, True, True, False),
    "writes_ahead": (True, *[False] * 7),
    "affective_dialog": (False, False, True, False, False, False, False, False),
    "proactive_audio": (
        *("refused", "refused", "optional", "refused"),
        *("refused", "always", "always", "refused"),
    ),
    "context_update": (False, False, False, False, False, True, True, False),
    "null_handle": (True, True, True, False, True, True, True, False),
    "silence_duration": (True, True, True, False, False, True, True, False),
    "turn_coverage": (ACTIVITY, ACTIVITY, ACTIVITY, ALL_VIDEO, None, ALL_VIDEO, ALL_VIDEO, None),
    "retired": (date(2025, 12, 9), None, None, None, None, None, None, None),
    "holds_input": (False, False, True, False, False, False, False, False),
    "music": (False, False, False, False, False, False, False, True),
}


@pytest.mark.parametrize(
    ("model", "column", "cell"),
    [(model, column, cell) for column, cells in TABLE.items() for model, cell in zip(MODELS, cells, strict=True)],
)
def test_a_cell_holds_the_fact(model: str, column: str, cell: object) -> None:
    assert getattr(family_of(model), column) == cell


def test_the_table_has_no_other_column_and_no_other_row() -> None:
    assert set(TABLE) == {field.name for field in fields(Family)}
    assert {family.name for family in FAMILIES} == set(TABLE["name"])


def test_a_cell_holds_one_of_the_values_its_type_allows() -> None:
    hints = get_type_hints(Family)
    for family in FAMILIES:
        for column in ("text_route", "history", "thinking", "proactive_audio"):
            assert getattr(family, column) in get_args(hints[column])


def test_what_a_family_does_by_default_it_is_allowed_to_do() -> None:
    for family in FAMILIES:
        assert (family.default_behavior is None) == (family.behaviors == ())
        assert family.default_behavior is None or family.default_behavior in family.behaviors
        assert family.thinking != "refused" or not (family.thinking_levels or family.thinking_budget)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_known_model_finds_its_own_row(family: Family) -> None:
    for model in family.models:
        assert family_of(model) is family


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("models/gemini-3.8-live", LIVE_3_8),
        ("models/Gemini-3.8-Live", LIVE_3_8),
        ("projects/p/locations/l/publishers/google/models/gemini-3.1-flash-live-preview", FLASH_3_1),
        ("gemini-3.8-live-foo", LIVE_3_8),
        ("gemini-3.8-live-extended-thinking-preview-01", THINKING_3_8),
        ("gemini-3.1-pro-live", FLASH_3_1),
        ("gemini-2.5-flash-exp-native-audio-thinking-dialog", NATIVE_2_5),
        ("gemini-live-2.5-flash-preview-native-audio-09-2025", NATIVE_2_5),
        ("gemini-live-2.5-flash-preview-04-17", CASCADE_2_0),
        ("gemini-2.0-flash-exp", CASCADE_2_0),
        ("lyria-4-realtime", LYRIA),
        ("gemini-4.2-live", LIVE_3_8),
        ("tunedModels/abc", LIVE_3_8),
        ("", LIVE_3_8),
        ("models/", LIVE_3_8),
    ],
)
def test_an_unknown_model_goes_with_the_longest_beginning_that_is_known(model: str, known: str) -> None:
    assert family_of(model) is family_of(known)


@given(st.text())
def test_any_name_has_a_family(model: str) -> None:
    assert family_of(model) in FAMILIES


def test_there_are_thirty_voices_in_google_s_order() -> None:
    assert len(VOICES) == len(set(VOICES)) == 30
    assert VOICES[:8] == ("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede")
    assert VOICES[-1] == "Sulafat"
    assert DEFAULT_VOICE == "Puck"
    assert DEFAULT_VOICE in VOICES


def test_the_defaults_are_models_of_today() -> None:
    assert DEFAULT_MODEL == LIVE_3_8
    assert family_of(DEFAULT_MODEL).retired is None
    assert "TEXT" in family_of(LOCAL_TEXT_MODEL).modalities
    assert family_of(LOCAL_TEXT_MODEL).retired is None


def test_models_to_choose_from_converse_and_are_not_retired() -> None:
    models = live_models()
    assert models[:2] == (LIVE_3_8, THINKING_3_8)
    assert LOCAL_TEXT_MODEL in models
    assert CASCADE_2_0 not in models
    assert LYRIA not in models
