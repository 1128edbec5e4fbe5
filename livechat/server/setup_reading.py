"""Reads a setup: what each of its fields means for the session, and what holds where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import NAMESPACE_OID, uuid5

from livechat.protocol.generations import DEFAULT_VOICE, VOICES, Family
from livechat.protocol.parts import Content, FunctionDeclaration, Tool
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    RealtimeInputConfig,
    Setup,
    SpeechConfig,
)
from livechat.server.agreement import INVALID, InputWords, Refusal, Terms, Translation
from livechat.server.ears import EarSettings, Sensitivity
from livechat.server.scenario import Limits
from livechat.server.tokens import AUDIO_TOKENS_PER_S, CHARACTERS_PER_TOKEN

PREFIX_MS = 20
"""The default of production is not published; this one is ours."""
NATIVE_RATE = 16_000
RATES = range(4_000, 384_001)
SPOKEN_CHARACTERS_PER_S = 15
WINDOW = 131_072
"""Tokens that 3.1 and 3.8 can have in view [D models]."""
_PCM = re.compile(r"\s*audio/pcm\s*(?:;.*)?", re.IGNORECASE)
_RATE = re.compile(r";\s*rate\s*=\s*(\d{1,6})\s*(?:;|$)", re.IGNORECASE)


def sound_rate(mime_type: str | None) -> int:
    """The rate of PCM in Hz that a MIME type tells; 16 kHz if it tells none. Raises Refusal for anything but PCM."""
    if mime_type and not _PCM.fullmatch(mime_type):
        raise Refusal(1007, f"{INVALID} Sound comes as audio/pcm;rate=N, not as {mime_type}.")
    told = _RATE.search(mime_type or "")
    rate = int(told[1]) if told else NATIVE_RATE
    if rate not in RATES:
        raise Refusal(1007, f"{INVALID} A rate of {rate} Hz is not supported.")
    return rate


def instruction(content: Content | None) -> str:
    """The words of a system instruction."""
    return "\n".join(part.text for part in (content.parts if content else None) or [] if part.text)


def tools_of(tools: Sequence[Tool] | None) -> tuple[FunctionDeclaration, ...]:
    """The functions that may be called; Google's own tools are accepted and never used."""
    return tuple(function for tool in tools or [] for function in tool.function_declarations or [])


def behaviors(tools: Sequence[Tool] | None, family: Family) -> dict[str, str]:
    """How each function runs: as it is declared, or as is the custom of the family."""
    usual = family.default_behavior or "BLOCKING"
    declared = ((function.name or "", function.behavior or usual) for function in tools_of(tools))
    return {name: usual if behavior == "UNSPECIFIED" else behavior for name, behavior in declared}


def streams_arguments(setup: Setup) -> bool:
    calling = setup.tool_config.function_calling_config if setup.tool_config else None
    return calling is not None and calling.stream_function_call_arguments is True


def modality(generation: GenerationConfig) -> str:
    asked = generation.response_modalities or ["AUDIO"]
    return "AUDIO" if asked[0] == "MODALITY_UNSPECIFIED" else asked[0]


def voice_of(speech: SpeechConfig | None) -> str:
    """The voice asked for, as Google spells it; a replica is spoken by one of the thirty, always the same."""
    chosen = speech.voice_config if speech else None
    replica = chosen.replicated_voice_config if chosen else None
    if replica is not None:
        return VOICES[sum(replica.voice_sample_audio or b"") % len(VOICES)]
    prebuilt = chosen.prebuilt_voice_config if chosen else None
    name = (prebuilt.voice_name if prebuilt else None) or (chosen.voice if chosen else None) or DEFAULT_VOICE
    return next((voice for voice in VOICES if voice.lower() == name.lower()), name)


def signature(speech: SpeechConfig | None) -> str | None:
    """Of the consent, if its sound was given."""
    replica = speech.voice_config.replicated_voice_config if speech and speech.voice_config else None
    if replica is None or not replica.consent_audio:
        return None
    return uuid5(NAMESPACE_OID, replica.consent_audio.hex()).hex


def wants_thoughts(generation: GenerationConfig) -> bool:
    thinking = generation.thinking_config
    return thinking is not None and thinking.include_thoughts is True and thinking.thinking_budget != 0


def thinking_level(generation: GenerationConfig) -> str | None:
    return generation.thinking_config.thinking_level if generation.thinking_config else None


def characters(generation: GenerationConfig, *, speaks: bool) -> int | None:
    tokens = generation.max_output_tokens
    if tokens is None:
        return None
    return tokens * SPOKEN_CHARACTERS_PER_S // AUDIO_TOKENS_PER_S if speaks else tokens * CHARACTERS_PER_TOKEN


def window(compression: ContextWindowCompression | None, limits: Limits) -> tuple[int, int] | None:
    """80 % of the window and half of that, where the client does not say [P]."""
    if compression is None:
        return None
    usual = (limits.context_tokens or WINDOW) * 8 // 10
    trigger = compression.trigger_tokens or usual
    target = compression.sliding_window.target_tokens if compression.sliding_window else None
    return trigger, target if target is not None else trigger // 2


def coverage(asked: str | None, family: Family) -> str:
    if asked not in (None, "TURN_COVERAGE_UNSPECIFIED"):
        return str(asked)
    return family.turn_coverage or "TURN_INCLUDES_ONLY_ACTIVITY"


def translation_of(generation: GenerationConfig) -> Translation | None:
    asked = generation.translation_config
    if asked is None or not asked.target_language_code:
        return None
    return Translation(asked.target_language_code, asked.echo_target_language is True)


def input_words(asked: AudioTranscriptionConfig | None, *, translated: bool) -> InputWords:
    if asked is None:
        return InputWords()
    return InputWords(
        timed=asked.word_timestamp is True,
        language="en-US" if asked.language_codes or translated else None,  # these ears know no other
        speaker="speaker_1" if asked.diarization else None,  # and cannot tell speakers apart
    )


def asks_for_times(asked: AudioTranscriptionConfig | None) -> bool:
    return asked is not None and asked.word_timestamp is True


def ears(realtime: RealtimeInputConfig, family: Family, terms: Terms) -> EarSettings | None:
    asked = realtime.automatic_activity_detection or AutomaticActivityDetection()
    if asked.disabled:
        return None
    silence_ms = asked.silence_duration_ms if family.silence_duration else None
    return EarSettings(
        start_sensitivity=_sensitivity(asked.start_of_speech_sensitivity, terms),
        end_sensitivity=_sensitivity(asked.end_of_speech_sensitivity, terms),
        prefix_padding_ms=PREFIX_MS if asked.prefix_padding_ms is None else asked.prefix_padding_ms,
        silence_duration_ms=terms.silence_ms if silence_ms is None else silence_ms,
    )


def _sensitivity(asked: str | None, terms: Terms) -> Sensitivity:
    """What is not specified is high on Developer endpoints and low on Vertex."""
    if asked is not None and asked.endswith("_HIGH"):
        return "HIGH"
    if asked is not None and asked.endswith("_LOW"):
        return "LOW"
    return "LOW" if terms.vertex else "HIGH"
