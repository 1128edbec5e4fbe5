"""Shapes the setup that a session opens with: what the user wishes, as the model's family takes it."""

from __future__ import annotations

from dataclasses import dataclass

from livechat.protocol.generations import Family, family_of
from livechat.protocol.parts import Content, Part
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    PrebuiltVoiceConfig,
    RealtimeInputConfig,
    Setup,
    SlidingWindow,
    SpeechConfig,
    ThinkingConfig,
    VoiceConfig,
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for; None is not asked."""

    model: str
    """As the endpoint spells it: `models/X`, `projects/…/models/X`."""
    sound: bool
    """The answer's sound is wanted, not only its words."""
    voice: str | None = None
    language: str | None = None
    """BCP 47."""
    system: str | None = None
    compress: bool = True
    """Slide the context window, so that a long conversation is not cut at fifteen minutes (wire-protocol §5)."""
    marks_activity: bool = False
    """We say when the user speaks; the server does not listen for it."""
    noisy: bool = False
    """There are sounds around the user that must not count as speech (field.md pain 16)."""


def shape_setup(wishes: Wishes) -> Setup:
    """The setup for these wishes: words come as text where the family writes, else as the transcript of speech."""
    family = family_of(wishes.model)
    speaks = wishes.sound or "TEXT" not in family.modalities
    setup = Setup(model=wishes.model, generation_config=_generation(wishes, family, speaks))
    if wishes.system and family.instruction:
        setup.system_instruction = Content(parts=[Part(text=wishes.system)])
    setup.input_audio_transcription = AudioTranscriptionConfig()
    if speaks:
        setup.output_audio_transcription = AudioTranscriptionConfig()
    if wishes.compress and family.compression:
        setup.context_window_compression = ContextWindowCompression(sliding_window=SlidingWindow())
    if detection := _detection(wishes):
        setup.realtime_input_config = RealtimeInputConfig(automatic_activity_detection=detection)
    return setup


def _detection(wishes: Wishes) -> AutomaticActivityDetection | None:
    """How the server is to notice speech, where it is not to do so in its own way."""
    if wishes.marks_activity:
        return AutomaticActivityDetection(disabled=True)
    if wishes.noisy:
        return AutomaticActivityDetection(start_of_speech_sensitivity="START_SENSITIVITY_LOW")
    return None


def notes_on(wishes: Wishes, family: Family) -> list[str]:
    """What the user should know of the choice before the first word."""
    notes: list[str] = []
    if not wishes.sound and "TEXT" not in family.modalities:
        notes.append("this model only speaks; its text is taken from the transcript of its speech")
    if family.retired is not None:
        notes.append(f"the {family.name} models were retired on {family.retired}")
    if wishes.system and not family.instruction:
        notes.append(f"{family.name} takes no system instruction: it is left out")
    return notes


def _generation(wishes: Wishes, family: Family, speaks: bool) -> GenerationConfig:
    config = GenerationConfig(response_modalities=["AUDIO" if speaks else "TEXT"])
    if family.thinking == "required":
        config.thinking_config = ThinkingConfig(thinking_level=family.thinking_levels[0])
    if not speaks:
        return config
    speech = SpeechConfig()
    if wishes.voice:
        speech.voice_config = VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig(voice_name=wishes.voice))
    if wishes.language:
        speech.language_code = wishes.language
    if speech.model_fields_set:
        config.speech_config = speech
    return config
