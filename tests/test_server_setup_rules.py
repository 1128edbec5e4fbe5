"""What the embedded server takes for a setup, and what it refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.codec import decode_client_message
from livechat.protocol.generations import FAMILIES, VOICES
from livechat.protocol.parts import Content, Part
from livechat.protocol.setup import Setup
from livechat.server.agreement import Agreement, Refusal, Terms, Translation
from livechat.server.ears import EarSettings
from livechat.server.setup_reading import instruction, sound_rate, tools_of
from livechat.server.setup_rules import agree
from tests.dialogue_help import SESSION

DEVELOPER = Terms(SESSION)
VERTEX = Terms(SESSION, vertex=True, version="v1beta1")
OLD, NATIVE = "gemini-2.0-flash-live-001", "gemini-2.5-flash-native-audio-latest"
FLASH, LIVE, THINKING = "gemini-3.1-flash-live-preview", "gemini-3.8-live", "gemini-3.8-live-extended-thinking"
TRANSLATE, LYRIA = "gemini-3.5-live-translate-preview", "lyria-realtime-exp"
POLISH = '{"generationConfig": {"translationConfig": {"targetLanguageCode": "pl-PL"}}}'


def asked(fields: str = "{}", model: str = NATIVE) -> Setup:
    text = json.dumps({"setup": {"model": f"models/{model}", **json.loads(fields)}})
    setup = decode_client_message(text).setup
    assert setup is not None
    return setup


def agreed(fields: str = "{}", model: str = NATIVE, terms: Terms = DEVELOPER) -> Agreement:
    return agree(asked(fields, model), terms)


def refused(fields: str = "{}", model: str = NATIVE, terms: Terms = DEVELOPER) -> Refusal:
    with pytest.raises(Refusal) as caught:
        agreed(fields, model, terms)
    return caught.value


def test_a_setup_with_a_model_alone_answers_in_sound_in_the_default_voice() -> None:
    agreement = agreed()
    assert (agreement.speaks, agreement.voice, agreement.system, agreement.tools) == (True, "Puck", "", ())
    assert agreement.interrupts
    assert not any((agreement.transcribes_input, agreement.transcribes_output, agreement.seeded))


@pytest.mark.parametrize("model", [name for family in FAMILIES for name in family.models])
def test_every_model_google_has_given_is_known(model: str) -> None:
    needed = {THINKING: '{"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}', TRANSLATE: POLISH}
    if model == LYRIA:
        assert refused(model=model).code == 1008
    else:
        assert model in agreed(needed.get(model, "{}"), model).family.models


@pytest.mark.parametrize("spelt", ["models/models/{}", "projects/p/locations/l/publishers/google/models/{}", "{}"])
def test_the_model_is_what_follows_the_last_slash(spelt: str) -> None:
    assert agree(Setup(model=spelt.format(LIVE)), DEVELOPER).family.name == "Gemini 3.8 Live"


@pytest.mark.parametrize("model", ["gemini-3.8-lvie", "gemini-2.0-flash", "tunedModels/abc", "", LYRIA])
def test_a_model_that_is_not_one_is_not_found(model: str) -> None:
    refusal = refused(model=model, terms=VERTEX)
    name = model.rpartition("/")[2]
    assert refusal.code == 1008
    assert refusal.reason.startswith(f"models/{name} is not found for API version v1beta1, or is not supported")


def test_a_model_that_only_translates_is_told_into_which_language() -> None:
    assert agreed(POLISH, TRANSLATE).translation == Translation("pl-PL")
    echoed = {"targetLanguageCode": "en-GB", "echoTargetLanguage": True}
    translation = agreed(json.dumps({"generationConfig": {"translationConfig": echoed}}), TRANSLATE).translation
    assert translation == Translation("en-GB", echoes=True)
    assert Translation("en-GB").is_spoken_already
    assert not Translation("enm").is_spoken_already
    assert "pl-PL" in agreed(POLISH, TRANSLATE).system
    for nothing in ("{}", '{"generationConfig": {"translationConfig": {"echoTargetLanguage": true}}}'):
        refusal = refused(nothing, TRANSLATE)
        assert refusal.code == 1007
        assert "targetLanguageCode is required" in refusal.reason


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ('"systemInstruction": {"parts": [{"text": "Rhyme."}]}', "systemInstruction"),
        ('"tools": [{"googleSearch": {}}]', "tools"),
        ('"contextWindowCompression": {}', "contextWindowCompression"),
        ('"historyConfig": {"initialHistoryInClientContent": true}', "historyConfig"),
    ],
)
def test_it_takes_nothing_that_only_a_conversation_needs(field: str, why: str) -> None:
    refusal = refused(f"{POLISH[:-1]}, {field}}}", TRANSLATE)
    assert refusal.code == 1007
    assert f"{why} is not supported." in refusal.reason.replace("are", "is")


def test_music_is_not_offered() -> None:
    refusal = refused(model=LYRIA, terms=replace(DEVELOPER, music=True))
    assert (refusal.code, refusal.reason) == (1008, "Operation is not implemented, or supported, or enabled.")


@pytest.mark.parametrize(
    ("fields", "model", "why"),
    [
        ('{"generationConfig": {"responseModalities": ["TEXT", "AUDIO"]}}', OLD, "one modality"),
        ('{"generationConfig": {"responseModalities": ["TEXT"]}}', LIVE, "answers in AUDIO only"),
        ('{"generationConfig": {"responseModalities": ["IMAGE"]}}', OLD, "TEXT or AUDIO"),
        ('{"generationConfig": {"speechConfig": {"multiSpeakerVoiceConfig": {}}}}', NATIVE, "multiSpeaker"),
        (
            '{"generationConfig": {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puk"}}}}}',
            NATIVE,
            "no voice 'Puk'",
        ),
        ('{"generationConfig": {"enableAffectiveDialog": true}}', LIVE, "enableAffectiveDialog"),
        ('{"generationConfig": {"responseMimeType": "text/plain"}}', OLD, "responseMimeType"),
        ('{"generationConfig": {"translationConfig": {"targetLanguageCode": "pl"}}}', LIVE, "translationConfig"),
        ('{"generationConfig": {"thinkingConfig": {}}}', LIVE, "thinkingConfig is not"),
        ("{}", THINKING, "thinkingLevel is required"),
        ('{"generationConfig": {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}}', THINKING, "thinkingLevel MINIMAL"),
        ('{"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}', FLASH, "thinkingBudget"),
        ('{"tools": [{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}]}', FLASH, "NON_BLOCKING"),
        ('{"proactivity": {"proactiveAudio": true}}', OLD, "proactiveAudio cannot be true"),
        ('{"proactivity": {"proactiveAudio": false}}', LIVE, "proactiveAudio cannot be false"),
        ('{"sessionResumption": {"transparent": true}}', LIVE, "transparent"),
        ('{"explicitVadSignal": true}', LIVE, "explicitVadSignal"),
        ('{"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": true}}}', LIVE, "streamFunction"),
        ('{"generationConfig": {"thinkingConfig": {"thinkingLevel": "XHIGH"}}}', FLASH, "thinkingLevel XHIGH"),
        ('{"generationConfig": {"temperature": 2.1}}', OLD, "temperature must be from 0 to 2"),
        ('{"generationConfig": {"topP": -0.1}}', OLD, "topP must be from 0 to 1"),
        ('{"generationConfig": {"topK": 0}}', OLD, "topK must be from 1"),
        ('{"generationConfig": {"candidateCount": 2}}', OLD, "candidateCount must be from 1 to 1"),
        ('{"generationConfig": {"maxOutputTokens": 65537}}', OLD, "maxOutputTokens must be from 1 to 65536"),
        ('{"generationConfig": {"presencePenalty": 3}}', OLD, "presencePenalty"),
        ('{"generationConfig": {"frequencyPenalty": -3}}', OLD, "frequencyPenalty"),
        ('{"generationConfig": {"responseSchema": {"type": "OBJECT"}}}', OLD, "responseSchema"),
        ('{"generationConfig": {"responseJsonSchema": {"type": "object"}}}', OLD, "responseJsonSchema"),
        ('{"generationConfig": {"responseLogprobs": true}}', OLD, "responseLogprobs"),
        ('{"generationConfig": {"logprobs": 1}}', OLD, "logprobs"),
        ('{"generationConfig": {"routingConfig": {}}}', OLD, "routingConfig"),
        ('{"generationConfig": {"modelSelectionConfig": {}}}', OLD, "modelSelectionConfig"),
        ('{"generationConfig": {"audioTimestamp": true}}', OLD, "audioTimestamp"),
        ('{"sessionResumption": {"handle": null}}', FLASH, "handle cannot be null"),
        (
            '{"realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": -1}}}',
            LIVE,
            "cannot be negative",
        ),
        (
            '{"realtimeInputConfig": {"automaticActivityDetection": {"prefixPaddingMs": -1}}}',
            LIVE,
            "cannot be negative",
        ),
    ],
)
def test_what_a_family_does_not_take_is_refused_and_named(fields: str, model: str, why: str) -> None:
    refusal = refused(fields, model)
    assert refusal.code == 1007
    assert refusal.reason.startswith("Request contains an invalid argument. ")
    assert why in refusal.reason


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        ('{"generationConfig": {"responseModalities": ["text"]}}', OLD),
        ('{"generationConfig": {"responseModalities": ["MODALITY_UNSPECIFIED"]}}', LIVE),
        ('{"generationConfig": {"responseModalities": []}}', LIVE),
        ('{"generationConfig": {"enableAffectiveDialog": true, "temperature": 1, "maxOutputTokens": 9}}', NATIVE),
        ('{"generationConfig": {"speechConfig": {"languageCode": "pl-PL", "voiceConfig": {}}}}', LIVE),
        ('{"generationConfig": {"thinkingConfig": {"thinkingBudget": -1}}}', NATIVE),
        ('{"generationConfig": {"thinkingConfig": {"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}}}', FLASH),
        ('{"tools": [{"functionDeclarations": [{"name": "f", "behavior": "UNSPECIFIED"}]}]}', FLASH),
        ('{"proactivity": {}, "contextWindowCompression": {"slidingWindow": {}}, "sessionResumption": {}}', LIVE),
        ('{"sessionResumption": {"handle": null}}', LIVE),
        ('{"proactivity": {"proactiveAudio": true}, "labels": {"a": "b"}}', LIVE),
    ],
)
def test_what_a_family_takes_is_taken(fields: str, model: str) -> None:
    assert agreed(fields, model).family.models


def test_transparent_resumption_is_for_vertex() -> None:
    assert agreed('{"sessionResumption": {"transparent": true}}', terms=VERTEX)


def test_what_this_server_cannot_is_not_implemented() -> None:
    refusal = refused('{"avatarConfig": {"avatarName": "Kai"}}')
    assert refusal.code == 1008
    assert "not implemented" in refusal.reason


def test_a_replica_of_a_voice_is_one_of_the_thirty_and_its_consent_is_signed() -> None:
    def asked_for(**replica: str) -> Agreement:
        voice = {"voiceConfig": {"replicatedVoiceConfig": {"mimeType": "audio/wav", **replica}}}
        return agreed(json.dumps({"generationConfig": {"speechConfig": voice}}))

    plain, other = asked_for(voiceSampleAudio="AAAA"), asked_for(voiceSampleAudio="AAEC")
    assert plain.voice != other.voice
    assert plain.voice == asked_for(voiceSampleAudio="AAAA").voice
    assert plain.signature is None
    assert asked_for(voiceSampleAudio="AAAA", consentAudio="AQID").signature


def test_a_voice_may_be_named_in_the_new_way() -> None:
    assert agreed('{"generationConfig": {"speechConfig": {"voiceConfig": {"voice": "kore"}}}}').voice == "Kore"
    refusal = refused('{"generationConfig": {"speechConfig": {"voiceConfig": {"voice": "voices/mine"}}}}')
    assert refusal.code == 1007


def test_without_speech_sound_is_refused_and_text_works() -> None:
    deaf = replace(DEVELOPER, speech_missing="install it")
    assert (refused(terms=deaf).code, refused(terms=deaf).reason) == (1008, "install it")
    assert not agreed('{"generationConfig": {"responseModalities": ["TEXT"]}}', OLD, deaf).speaks


@pytest.mark.parametrize("voice", VOICES)
def test_a_voice_is_known_in_any_case(voice: str) -> None:
    chosen = {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice.upper()}}}}
    assert agreed(json.dumps({"generationConfig": chosen})).voice == voice


def test_what_is_asked_for_is_agreed() -> None:
    agreement = agreed(
        json.dumps(
            {
                "systemInstruction": {"parts": [{"text": "Be"}, {"text": "brief."}, {"inlineData": {}}]},
                "tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "a"}, {"name": "b"}]}],
                "realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"},
                "inputAudioTranscription": {},
                "outputAudioTranscription": {},
                "historyConfig": {"initialHistoryInClientContent": True},
            }
        )
    )
    assert agreement.system == "Be\nbrief."
    assert [function.name for function in agreement.tools] == ["a", "b"]
    assert not agreement.interrupts
    assert agreement.transcribes_input
    assert agreement.transcribes_output
    assert agreement.seeded


def test_detection_is_set_as_asked() -> None:
    detection = {
        "startOfSpeechSensitivity": "START_SENSITIVITY_LOW",
        "endOfSpeechSensitivity": "END_SENSITIVITY_HIGH",
        "prefixPaddingMs": 0,
        "silenceDurationMs": 300,
    }
    fields = json.dumps({"realtimeInputConfig": {"automaticActivityDetection": detection}})
    assert agreed(fields).ears == EarSettings("LOW", "HIGH", 0, 300)
    assert agreed(fields, terms=VERTEX).ears == EarSettings("LOW", "HIGH", 0, 300)


def test_what_is_not_asked_of_detection_has_its_defaults() -> None:
    fields = '{"realtimeInputConfig": {"automaticActivityDetection": {}}}'
    assert agreed(fields).ears == EarSettings("HIGH", "HIGH", 20, 500)
    assert agreed(fields, terms=VERTEX).ears == EarSettings("LOW", "LOW", 20, 500)
    assert agreed(fields, terms=replace(DEVELOPER, silence_ms=800)).ears == EarSettings("HIGH", "HIGH", 20, 800)


def test_a_family_that_ignores_the_silence_asked_for_keeps_the_default() -> None:
    fields = '{"realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": 50}}}'
    assert agreed(fields, FLASH).ears == EarSettings("HIGH", "HIGH", 20, 500)


def test_detection_can_be_left_to_the_client() -> None:
    assert agreed('{"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}}').ears is None


@pytest.mark.parametrize(
    ("mime_type", "rate"),
    [
        (None, 16_000),
        ("", 16_000),
        ("audio/pcm", 16_000),
        ("audio/pcm;rate=48000", 48_000),
        ("AUDIO/PCM; Rate=8000", 8_000),
        ("audio/pcm;channels=1;rate=24000;x=y", 24_000),
        ("audio/pcm;rate=fast", 16_000),
    ],
)
def test_the_rate_of_sound_is_told_by_its_mime_type(mime_type: str | None, rate: int) -> None:
    assert sound_rate(mime_type) == rate


@pytest.mark.parametrize(
    "mime_type", ["audio/wav", "audio/pcmx", "text/plain", "audio/pcm;rate=1", "audio/pcm;rate=999999"]
)
def test_sound_of_another_kind_is_refused(mime_type: str) -> None:
    with pytest.raises(Refusal) as caught:
        sound_rate(mime_type)
    assert caught.value.code == 1007


@given(st.text())
def test_any_mime_type_has_a_rate_or_a_refusal(mime_type: str) -> None:
    with suppress(Refusal):
        assert 4_000 <= sound_rate(mime_type) <= 384_000


def test_an_instruction_and_tools_may_be_absent() -> None:
    assert instruction(None) == instruction(Content()) == instruction(Content(parts=[Part()])) == ""
    assert tools_of(None) == tools_of([]) == ()
