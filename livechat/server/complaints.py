"""What in a setup a model family refuses: complaints in words, behind production's own reason, which says little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from livechat.protocol.generations import VOICES, Family
from livechat.protocol.parts import Tool
from livechat.protocol.setup import GenerationConfig, RealtimeInputConfig, Setup, SpeechConfig
from livechat.protocol.wire import wire_name
from livechat.server.agreement import Terms
from livechat.server.setup_reading import modality, streams_arguments, tools_of, translation_of, voice_of

_NOT_FOR_LIVE = (
    *("response_logprobs", "logprobs", "response_mime_type", "response_schema", "response_json_schema"),
    *("routing_config", "model_selection_config", "audio_timestamp"),
)
_SAMPLING = (
    *(("temperature", 0, 2), ("top_p", 0, 1), ("top_k", 1, 1_000), ("candidate_count", 1, 1)),
    *(("max_output_tokens", 1, 65_536), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)),
)
"""Ranges from the reference of GenerationConfig [D api/generate-content]; the window's output is 65,536 [D models]."""


def complaints(setup: Setup, family: Family, terms: Terms) -> Iterator[str]:
    """What in the setup this family refuses, the weightiest first."""
    generation = setup.generation_config or GenerationConfig()
    yield from _generation_complaints(generation, family)
    yield from _translation_complaints(generation, family)
    yield from _thinking_complaints(generation, family)
    yield from tool_complaints(setup.tools, family)
    proactive = setup.proactivity.proactive_audio if setup.proactivity else None
    if (proactive and family.proactive_audio == "refused") or (
        proactive is False and family.proactive_audio == "always"
    ):
        yield f"proactivity.proactiveAudio cannot be {str(proactive).lower()}."
    yield from _resumption_complaints(setup, family, terms)
    yield from _sampling_complaints(generation)
    if streams_arguments(setup) and not terms.vertex:  # "not supported in Gemini API", says google-genai 3.4.0
        yield "streamFunctionCallArguments is not supported."
    if setup.explicit_vad_signal and not terms.vertex:
        yield "explicitVadSignal is not supported."
    if setup.context_window_compression is not None and not family.compression:
        yield "contextWindowCompression is not supported."
    if setup.history_config is not None and family.history == "none":
        yield "historyConfig is not supported."
    if setup.system_instruction is not None and not family.instruction:
        yield "systemInstruction is not supported."
    yield from _detection_complaints(setup.realtime_input_config or RealtimeInputConfig())


def tool_complaints(tools: Sequence[Tool] | None, family: Family) -> Iterator[str]:
    """What of the tools this family refuses."""
    if tools and not family.behaviors:
        yield "tools are not supported."
    for declaration in tools_of(tools):
        if declaration.behavior not in (None, "UNSPECIFIED", *family.behaviors):
            yield f"This model does not run functions {declaration.behavior}."


def _generation_complaints(generation: GenerationConfig, family: Family) -> Iterator[str]:
    modalities = generation.response_modalities or []
    if len(modalities) > 1:
        yield "A session answers in one modality."
    if modality(generation) not in family.modalities:
        yield f"{family.name} answers in {' or '.join(family.modalities)} only."
    speech = generation.speech_config or SpeechConfig()
    if speech.multi_speaker_voice_config is not None:
        yield "multiSpeakerVoiceConfig is not supported."
    if voice_of(speech) not in VOICES:
        yield f"There is no voice {voice_of(speech)!r}."
    if generation.enable_affective_dialog and not family.affective_dialog:
        yield "enableAffectiveDialog is not supported."
    for name in _NOT_FOR_LIVE:
        if getattr(generation, name) is not None:
            yield f"generationConfig.{wire_name(name)} is not supported."


def _thinking_complaints(generation: GenerationConfig, family: Family) -> Iterator[str]:
    thinking = generation.thinking_config
    level = thinking.thinking_level if thinking else None
    if thinking is not None and family.thinking == "refused":
        yield "thinkingConfig is not supported."
    if level is None and family.thinking == "required":
        yield "thinkingConfig.thinkingLevel is required."
    if level not in (None, "THINKING_LEVEL_UNSPECIFIED", *family.thinking_levels):
        yield f"thinkingLevel {level} is not supported."
    if thinking is not None and thinking.thinking_budget is not None and not family.thinking_budget:
        yield "thinkingBudget is not supported."


def _translation_complaints(generation: GenerationConfig, family: Family) -> Iterator[str]:
    if "text" in family.inputs and generation.translation_config is not None:
        yield "generationConfig.translationConfig is not supported."
    if "text" not in family.inputs and translation_of(generation) is None:
        yield "generationConfig.translationConfig.targetLanguageCode is required."


def _resumption_complaints(setup: Setup, family: Family, terms: Terms) -> Iterator[str]:
    resumption = setup.session_resumption
    if resumption is None:
        return
    if resumption.transparent and not terms.vertex:
        yield "sessionResumption.transparent is not supported."
    if resumption.handle is None and "handle" in resumption.model_fields_set and not family.null_handle:
        yield "sessionResumption.handle cannot be null."


def _sampling_complaints(generation: GenerationConfig) -> Iterator[str]:
    for name, lowest, highest in _SAMPLING:
        value = getattr(generation, name)
        if value is not None and not lowest <= value <= highest:
            yield f"generationConfig.{wire_name(name)} must be from {lowest:g} to {highest:g}."


def _detection_complaints(realtime: RealtimeInputConfig) -> Iterator[str]:
    detection = realtime.automatic_activity_detection
    if detection is not None and ((detection.prefix_padding_ms or 0) < 0 or (detection.silence_duration_ms or 0) < 0):
        yield "Durations cannot be negative."
