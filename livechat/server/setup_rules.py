"""What a setup may ask of the embedded server, by model family, and what was agreed.

A client is refused with the codes and reasons production was seen to use (wire-protocol §5); where production's
reason says little, what is wrong is named behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import DEFAULT_VOICE, VOICES, Family, family_of
from livechat.protocol.parts import Content, FunctionDeclaration, Tool
from livechat.protocol.setup import (
    AutomaticActivityDetection,
    GenerationConfig,
    RealtimeInputConfig,
    Setup,
    SpeechConfig,
)
from livechat.protocol.wire import wire_name
from livechat.server.ears import EarSettings, Sensitivity

INVALID = "Request contains an invalid argument."
NOT_IMPLEMENTED = "Operation is not implemented, or supported, or enabled."
TOO_LATE = "Deadline expired before operation could complete."
BROKEN = "Internal error encountered."
NO_SUCH_SESSION = "BidiGenerateContent session not found"
NO_SUCH_MODEL = (
    "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. "
    "Call ListModels to see the list of available models and their supported methods."
)

PREFIX_MS = 20
SILENCE_MS = 500
"""Numeric defaults are not published; these are ours."""
NATIVE_RATE = 16_000
RATES = range(4_000, 384_001)
_PCM = re.compile(r"\s*audio/pcm\s*(?:;.*)?", re.IGNORECASE)
_RATE = re.compile(r";\s*rate\s*=\s*(\d{1,6})\s*(?:;|$)", re.IGNORECASE)
_NOT_FOR_LIVE = (
    *("response_logprobs", "logprobs", "response_mime_type", "response_schema", "response_json_schema"),
    *("routing_config", "model_selection_config", "audio_timestamp", "translation_config"),
)


class Refusal(Exception):
    """The session cannot be held, or cannot go on; `code` and `reason` are those of the close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Terms:
    """What the server brings into a session."""

    session_id: UUID
    version: str = "v1"
    """Of the API, as the path has it."""
    vertex: bool = False
    music: bool = False
    """The path is that of the music API."""
    speech_missing: str = ""
    """Why this server can neither hear nor speak, for a close frame; "" if it can."""
    speculative: bool = False
    """The brain may be asked on a guess."""
    silence_ms: int = SILENCE_MS
    """Silence that ends an utterance, where the client does not say."""
    setup_s: float = 10.0
    """How long a connection may be silent before its setup."""


@dataclass(frozen=True)
class Agreement:
    """What a session is held by from its setup on."""

    family: Family
    speaks: bool
    """It answers in sound."""
    voice: str
    system: str
    tools: tuple[FunctionDeclaration, ...]
    ears: EarSettings | None
    """How speech is detected; None if the client marks it."""
    interrupts: bool
    """The user's activity interrupts the model."""
    transcribes_input: bool
    transcribes_output: bool
    seeded: bool
    """The first contents are history."""


def agree(setup: Setup, terms: Terms) -> Agreement:
    """The agreement that `setup` asks for. Raises Refusal."""
    family = _family(setup, terms)
    complaint = next(_complaints(setup, family, terms), None)
    if complaint is not None:
        raise Refusal(1007, f"{INVALID} {complaint}")
    _refuse_what_is_not_built(setup)
    generation = setup.generation_config or GenerationConfig()
    speaks = _modality(generation) == "AUDIO"
    if speaks and terms.speech_missing:
        raise Refusal(1008, terms.speech_missing)
    realtime = setup.realtime_input_config or RealtimeInputConfig()
    history = setup.history_config
    return Agreement(
        family=family,
        speaks=speaks,
        voice=_voice(generation.speech_config),
        system=instruction(setup.system_instruction),
        tools=tools_of(setup.tools),
        ears=_ears(realtime, family, terms),
        interrupts=realtime.activity_handling != "NO_INTERRUPTION",
        transcribes_input=setup.input_audio_transcription is not None,
        transcribes_output=setup.output_audio_transcription is not None,
        seeded=history is not None and history.initial_history_in_client_content is True,
    )


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


def _family(setup: Setup, terms: Terms) -> Family:
    model = model_name(setup.model or "")
    family = family_of(model)
    if terms.music:
        raise Refusal(1008, NOT_IMPLEMENTED)
    if family.music or model.lower() not in family.models:
        raise Refusal(1008, NO_SUCH_MODEL.format(model=model, version=terms.version))
    if family.text_route == "none":  # a model that only translates: this server cannot
        raise Refusal(1008, NOT_IMPLEMENTED)
    return family


def _complaints(setup: Setup, family: Family, terms: Terms) -> Iterator[str]:
    """What in the setup this family refuses, the weightiest first."""
    generation = setup.generation_config or GenerationConfig()
    yield from _generation_complaints(generation, family)
    yield from _thinking_complaints(generation, family)
    for declaration in tools_of(setup.tools):
        if declaration.behavior not in (None, "UNSPECIFIED", *family.behaviors):
            yield f"This model does not run functions {declaration.behavior}."
    proactive = setup.proactivity.proactive_audio if setup.proactivity else None
    if (proactive and family.proactive_audio == "refused") or (
        proactive is False and family.proactive_audio == "always"
    ):
        yield f"proactivity.proactiveAudio cannot be {str(proactive).lower()}."
    yield from _resumption_complaints(setup, family, terms)
    yield from _detection_complaints(setup.realtime_input_config or RealtimeInputConfig())


def _generation_complaints(generation: GenerationConfig, family: Family) -> Iterator[str]:
    modalities = generation.response_modalities or []
    if len(modalities) > 1:
        yield "A session answers in one modality."
    if _modality(generation) not in family.modalities:
        yield f"{family.name} answers in {' or '.join(family.modalities)} only."
    speech = generation.speech_config or SpeechConfig()
    if speech.multi_speaker_voice_config is not None:
        yield "multiSpeakerVoiceConfig is not supported."
    if _voice(speech) not in VOICES:
        yield f"There is no voice {_voice(speech)!r}."
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


def _resumption_complaints(setup: Setup, family: Family, terms: Terms) -> Iterator[str]:
    resumption = setup.session_resumption
    if resumption is None:
        return
    if resumption.transparent and not terms.vertex:
        yield "sessionResumption.transparent is not supported."
    if resumption.handle is None and "handle" in resumption.model_fields_set and not family.null_handle:
        yield "sessionResumption.handle cannot be null."


def _detection_complaints(realtime: RealtimeInputConfig) -> Iterator[str]:
    detection = realtime.automatic_activity_detection
    if detection is not None and ((detection.prefix_padding_ms or 0) < 0 or (detection.silence_duration_ms or 0) < 0):
        yield "Durations cannot be negative."


def _refuse_what_is_not_built(setup: Setup) -> None:
    """What production can and this server cannot."""
    if setup.session_resumption is not None and setup.session_resumption.handle:
        raise Refusal(1008, NO_SUCH_SESSION)
    voice = setup.generation_config and setup.generation_config.speech_config
    chosen = voice.voice_config if voice else None
    if setup.avatar_config is not None or (chosen is not None and (chosen.replicated_voice_config or chosen.voice)):
        raise Refusal(1008, NOT_IMPLEMENTED)


def _modality(generation: GenerationConfig) -> str:
    asked = generation.response_modalities or ["AUDIO"]
    return "AUDIO" if asked[0] == "MODALITY_UNSPECIFIED" else asked[0]


def _voice(speech: SpeechConfig | None) -> str:
    """The voice asked for, as Google spells it."""
    chosen = speech.voice_config.prebuilt_voice_config if speech and speech.voice_config else None
    name = (chosen.voice_name if chosen else None) or DEFAULT_VOICE
    return next((voice for voice in VOICES if voice.lower() == name.lower()), name)


def _ears(realtime: RealtimeInputConfig, family: Family, terms: Terms) -> EarSettings | None:
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
