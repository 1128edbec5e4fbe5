"""The setup is what the configuration asks for, as the model's family takes it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from livechat.errors import UsageError
from livechat.library.config import LiveChanges, LiveConfig, Modality
from livechat.library.setup import setup_of
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import encode
from livechat.protocol.generations import FAMILIES, Family
from livechat.protocol.parts import Content, FunctionDeclaration, Part
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    PrebuiltVoiceConfig,
    SessionResumption,
    Setup,
    SlidingWindow,
    SpeechConfig,
    VoiceConfig,
)
from livechat.protocol.setup_options import AvatarConfig, FunctionCallingConfig, SafetySetting, ToolConfig
from livechat.server.agreement import Terms
from livechat.server.complaints import complaints
from livechat.shaping import Wishes, shape_setup

SPEAKS = "models/gemini-3.8-live"
WRITES = "models/gemini-live-2.5-flash"
THINKS = "models/gemini-3.8-live-extended-thinking"
FEELS = "models/gemini-2.5-flash-native-audio-latest"
TRANSLATES = "models/gemini-3.5-live-translate-preview"
UNKNOWN = "models/gemini-9-live"
USUAL: dict[str, Any] = {
    "model": SPEAKS,
    "generationConfig": {"responseModalities": ["AUDIO"]},
    "contextWindowCompression": {"slidingWindow": {}},
    "inputAudioTranscription": {},
    "outputAudioTranscription": {},
}
WEATHER = FunctionDeclaration(name="weather")


def on_the_wire(config: LiveConfig, model: str = SPEAKS) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(encode(ClientMessage(setup=setup_of(config, model))))
    setup: dict[str, Any] = frame["setup"]
    return setup


def beside_the_usual(config: LiveConfig, model: str = SPEAKS) -> dict[str, Any]:
    """What the configuration adds to the setup that no wish at all leads to."""
    return {name: value for name, value in on_the_wire(config, model).items() if USUAL.get(name) != value}


def generated(config: LiveConfig, model: str = SPEAKS) -> dict[str, Any]:
    fields: dict[str, Any] = on_the_wire(config, model)["generationConfig"]
    return {name: value for name, value in fields.items() if name != "responseModalities"}


# ------------------------------------------------------------------------------------------------- what comes back


def test_no_wish_at_all_is_speech_with_its_words() -> None:
    assert on_the_wire(LiveConfig()) == USUAL


def test_no_wish_at_all_is_what_the_command_line_asks_for() -> None:
    for family in FAMILIES:
        if not family.music and "text" in family.inputs:
            model = f"models/{family.models[0]}"
            assert setup_of(LiveConfig(), model) == shape_setup(Wishes(model, sound=True))


def test_words_come_as_text_from_a_model_that_writes() -> None:
    setup = on_the_wire(LiveConfig(modality="TEXT"), WRITES)
    assert setup["generationConfig"] == {"responseModalities": ["TEXT"]}
    assert "outputAudioTranscription" not in setup


@pytest.mark.parametrize("asked", [True, False])
def test_words_of_a_model_that_only_speaks_are_those_of_its_speech(asked: bool) -> None:
    assert on_the_wire(LiveConfig(modality="TEXT", output_transcription=asked)) == USUAL


def test_transcripts_can_be_left_out_or_told_how_to_be() -> None:
    setup = on_the_wire(LiveConfig(input_transcription=False, output_transcription=False))
    assert not {"inputAudioTranscription", "outputAudioTranscription"} & setup.keys()
    german = AudioTranscriptionConfig(language_codes=["de-DE"])
    told = beside_the_usual(LiveConfig(input_transcription=german, output_transcription=german))
    assert told == {name: {"languageCodes": ["de-DE"]} for name in told}
    assert len(told) == 2


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        (
            {"voice": "kore"},
            {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}},
        ),
        (
            {"voice": VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig(voice_name="New")), "language": "de-DE"},
            {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "New"}}, "languageCode": "de-DE"}},
        ),
        ({"language": "pt-BR"}, {"speechConfig": {"languageCode": "pt-BR"}}),
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 40}, {"temperature": 0.5, "topP": 0.9, "topK": 40}),
        ({"temperature": 0, "seed": 0}, {"temperature": 0, "seed": 0}),
        ({"max_output_tokens": 100, "candidate_count": 1}, {"maxOutputTokens": 100, "candidateCount": 1}),
        (
            {"presence_penalty": 0.5, "frequency_penalty": -0.5},
            {"presencePenalty": 0.5, "frequencyPenalty": -0.5},
        ),
        ({"stop_sequences": ("END",)}, {"stopSequences": ["END"]}),
        ({"media_resolution": "LOW"}, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
    ],
)
def test_answers_are_made_as_asked(changes: LiveChanges, sent: dict[str, Any]) -> None:
    assert generated(LiveConfig(**changes)) == sent


def test_a_voice_that_was_given_whole_is_not_changed_by_the_language() -> None:
    mine = VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig(voice_name="New"))
    setup = setup_of(LiveConfig(voice=mine, language="de-DE"), SPEAKS)
    assert setup.generation_config == GenerationConfig(
        response_modalities=["AUDIO"], speech_config=SpeechConfig(language_code="de-DE", voice_config=mine)
    )


def test_a_model_that_must_think_thinks_as_little_as_it_can_unless_told_otherwise() -> None:
    assert generated(LiveConfig(), THINKS) == {"thinkingConfig": {"thinkingLevel": "LOW"}}
    more = LiveConfig(thinking_level="HIGH", include_thoughts=True)
    assert generated(more, THINKS) == {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}}
    assert generated(LiveConfig(include_thoughts=True), THINKS) == {
        "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}
    }


def test_native_audio_takes_a_budget_and_feels_and_may_keep_silent() -> None:
    config = LiveConfig(thinking_budget=0, affective_dialog=True, proactive_audio=True)
    assert generated(config, FEELS) == {"thinkingConfig": {"thinkingBudget": 0}, "enableAffectiveDialog": True}
    assert on_the_wire(config, FEELS)["proactivity"] == {"proactiveAudio": True}


def test_a_model_that_translates_is_told_the_language() -> None:
    setup = on_the_wire(LiveConfig(translate_to="es-ES", echo_target_language=False), TRANSLATES)
    assert setup == {
        "model": TRANSLATES,
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "translationConfig": {"targetLanguageCode": "es-ES", "echoTargetLanguage": False},
        },
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }
    assert generated(LiveConfig(translate_to="es-ES"), TRANSLATES) == {
        "translationConfig": {"targetLanguageCode": "es-ES"}
    }
    assert generated(LiveConfig(echo_target_language=True), UNKNOWN) == {
        "translationConfig": {"echoTargetLanguage": True}
    }


# ------------------------------------------------------------------------------------------------ what is listened for

DETECTION = AutomaticActivityDetection(prefix_padding_ms=20, silence_duration_ms=100)


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"vad": "manual"}, {"automaticActivityDetection": {"disabled": True}}),
        (
            {"start_sensitivity": "LOW", "end_sensitivity": "HIGH"},
            {
                "automaticActivityDetection": {
                    "startOfSpeechSensitivity": "START_SENSITIVITY_LOW",
                    "endOfSpeechSensitivity": "END_SENSITIVITY_HIGH",
                }
            },
        ),
        (
            {"vad": DETECTION, "silence_duration_ms": 500},
            {"automaticActivityDetection": {"prefixPaddingMs": 20, "silenceDurationMs": 500}},
        ),
        ({"prefix_padding_ms": 0}, {"automaticActivityDetection": {"prefixPaddingMs": 0}}),
        ({"activity_handling": "NO_INTERRUPTION"}, {"activityHandling": "NO_INTERRUPTION"}),
        ({"turn_coverage": "TURN_INCLUDES_ALL_INPUT"}, {"turnCoverage": "TURN_INCLUDES_ALL_INPUT"}),
        ({"interim_transcript_timestamps": True}, {"interimTranscriptTimestampEnabled": True}),
    ],
)
def test_speech_is_noticed_as_asked(changes: LiveChanges, sent: dict[str, Any]) -> None:
    assert beside_the_usual(LiveConfig(**changes)) == {"realtimeInputConfig": sent}


def test_what_the_caller_gave_stays_as_it_was() -> None:
    setup_of(LiveConfig(vad=DETECTION, silence_duration_ms=500), SPEAKS)
    assert AutomaticActivityDetection(prefix_padding_ms=20, silence_duration_ms=100) == DETECTION


# ------------------------------------------------------------------------------------------ what the session is like


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"explicit_vad_signal": True}, {"explicitVadSignal": True}),
        ({"resumption": True}, {"sessionResumption": {}}),
        ({"resumption": "handle"}, {"sessionResumption": {"handle": "handle"}}),
        ({"resumption": SessionResumption(transparent=True)}, {"sessionResumption": {"transparent": True}}),
        (
            {"compression": ContextWindowCompression(trigger_tokens=9, sliding_window=SlidingWindow(target_tokens=4))},
            {"contextWindowCompression": {"triggerTokens": 9, "slidingWindow": {"targetTokens": 4}}},
        ),
        ({"initial_history": True}, {"historyConfig": {"initialHistoryInClientContent": True}}),
        ({"proactive_audio": True}, {"proactivity": {"proactiveAudio": True}}),
        ({"proactive_video": False}, {"proactivity": {"proactiveVideo": False}}),
        ({"system_instruction": "Be brief."}, {"systemInstruction": {"parts": [{"text": "Be brief."}]}}),
        (
            {"system_instruction": Content(role="system", parts=[Part(text="a")])},
            {"systemInstruction": {"parts": [{"text": "a"}], "role": "system"}},
        ),
        ({"tools": WEATHER}, {"tools": [{"functionDeclarations": [{"name": "weather"}]}]}),
        ({"tools": []}, {}),
        (
            {"tool_config": ToolConfig(function_calling_config=FunctionCallingConfig(mode="ANY"))},
            {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        ),
        (
            {
                "safety_settings": [
                    SafetySetting(category="HARM_CATEGORY_JAILBREAK", threshold="OFF"),
                    {"category": "HARM_CATEGORY_HARASSMENT"},
                ]
            },
            {
                "safetySettings": [
                    {"category": "HARM_CATEGORY_JAILBREAK", "threshold": "OFF"},
                    {"category": "HARM_CATEGORY_HARASSMENT"},
                ]
            },
        ),
        ({"labels": {"team_name": "voice"}}, {"labels": {"team_name": "voice"}}),
        ({"avatar": "Ada"}, {"avatarConfig": {"avatarName": "Ada"}}),
        ({"avatar": AvatarConfig(video_bitrate_bps=9)}, {"avatarConfig": {"videoBitrateBps": 9}}),
    ],
)
def test_the_session_is_asked_for_as_it_is_wished(changes: LiveChanges, sent: dict[str, Any]) -> None:
    assert beside_the_usual(LiveConfig(**changes)) == sent


def test_compression_can_be_left_out_and_is_where_the_family_has_none() -> None:
    assert "contextWindowCompression" not in on_the_wire(LiveConfig(compression=False))
    assert "contextWindowCompression" not in on_the_wire(LiveConfig(translate_to="es-ES"), TRANSLATES)


NOT_FOR_LIVE = {
    *("response_mime_type", "response_schema", "response_json_schema", "response_format", "response_logprobs"),
    *("logprobs", "routing_config", "model_selection_config", "audio_timestamp", "audio_transcription_config"),
    "enable_enhanced_civic_answers",
}
"""Of a generation's settings what no Live session takes (protocol.setup)."""


def test_everything_that_a_setup_can_say_can_be_asked_for() -> None:
    everything = LiveConfig(
        temperature=1,
        top_p=1,
        top_k=1,
        max_output_tokens=1,
        seed=1,
        candidate_count=1,
        presence_penalty=1,
        frequency_penalty=1,
        stop_sequences=["END"],
        media_resolution="LOW",
        voice="Kore",
        include_thoughts=True,
        affective_dialog=True,
        translate_to="es-ES",
        system_instruction="Be brief.",
        tools=WEATHER,
        tool_config=ToolConfig(),
        turn_coverage="TURN_INCLUDES_ALL_INPUT",
        resumption=True,
        proactive_audio=True,
        explicit_vad_signal=True,
        initial_history=True,
        avatar="Ada",
        safety_settings=[SafetySetting(threshold="OFF")],
        labels={"a": "b"},
    )
    setup = setup_of(everything, UNKNOWN)
    assert setup.model_fields_set == Setup.model_fields.keys()
    assert setup.generation_config is not None
    assert setup.generation_config.model_fields_set == GenerationConfig.model_fields.keys() - NOT_FOR_LIVE


# ------------------------------------------------------------------------------------------------ what is laid over


@pytest.mark.parametrize(
    "raw",
    [
        {"generationConfig": {"topP": 0.1, "temperature": None}, "labels": {"a": "b"}, "new_field": {"x": 1}},
        {"generation_config": {"top_p": 0.1, "temperature": None}, "labels": {"a": "b"}, "new_field": {"x": 1}},
        Setup.model_validate(
            {"generation_config": {"top_p": 0.1, "temperature": None}, "labels": {"a": "b"}, "new_field": {"x": 1}}
        ),
    ],
)
def test_the_raw_setup_is_laid_over_field_by_field_and_none_takes_a_field_away(raw: Setup | dict[str, Any]) -> None:
    setup = on_the_wire(LiveConfig(temperature=0.5, seed=7, labels={"z": "z"}, setup=raw))
    assert setup == {
        **USUAL,
        "generationConfig": {"responseModalities": ["AUDIO"], "seed": 7, "topP": 0.1},
        "labels": {"a": "b"},
        "new_field": {"x": 1},
    }


def test_a_raw_setup_may_hold_messages_and_bytes() -> None:
    raw = {
        "tools": [{"function_declarations": [WEATHER]}],
        "avatarConfig": {"customizedAvatar": {"imageData": b"\xff"}},
    }
    assert beside_the_usual(LiveConfig(setup=raw)) == {
        "tools": [{"functionDeclarations": [{"name": "weather"}]}],
        "avatarConfig": {"customizedAvatar": {"imageData": "/w=="}},
    }


# ---------------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"temperature": "warm"}, "generationConfig.temperature"),
        ({"seed": 1.5}, "generationConfig.seed"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"temperature": float("nan")}, "not JSON compliant"),
        ({"setup": {"generationConfig": {"seed": "x"}}}, "generationConfig.seed"),
        ({"setup": {"labels": object()}}, "object is not JSON"),
        ({"safety_settings": [{"category": 7}]}, "category"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_the_name_of_its_field(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match="cannot be sent") as refused:
        setup_of(LiveConfig(**wrong), SPEAKS)
    assert why in refused.value.why


def test_what_the_family_refuses_is_told_with_the_way_around_it() -> None:
    with pytest.raises(UsageError, match="takes no settings for thinking") as refused:
        setup_of(LiveConfig(thinking_level="LOW"), SPEAKS)
    assert "setup=" in refused.value.hint
    raw = LiveConfig(setup={"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}})
    assert generated(raw) == {"thinkingConfig": {"thinkingLevel": "LOW"}}


def test_a_model_that_makes_music_has_no_setup_of_a_conversation() -> None:
    with pytest.raises(UsageError, match="makes music") as refused:
        setup_of(LiveConfig(), "models/lyria-realtime-exp")
    assert "livechat.LiveMusic" in refused.value.hint


@pytest.mark.parametrize("family", [family for family in FAMILIES if not family.music], ids=lambda family: family.name)
@pytest.mark.parametrize("modality", ["AUDIO", "TEXT"])
def test_our_own_server_has_nothing_to_complain_of(family: Family, modality: Modality) -> None:
    language = None if "text" in family.inputs else "es-ES"
    config = LiveConfig(modality=modality, voice="Kore", language="pt-BR", translate_to=language, resumption=True)
    setup = setup_of(config, f"models/{family.models[0]}")
    assert list(complaints(setup, family, Terms(UUID(int=1)))) == []
