"""What a setup may ask of the embedded server, by model family, and what was agreed.

A client is refused with the codes and reasons production was seen to use (wire-protocol §5); where production's
reason says little, what is wrong is named behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import NAMESPACE_OID, UUID, uuid5

from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import DEFAULT_VOICE, VOICES, Family, family_of
from livechat.protocol.parts import Content, FunctionDeclaration, Tool, Transcription
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    RealtimeInputConfig,
    Setup,
    SpeechConfig,
)
from livechat.protocol.wire import wire_name
from livechat.server import dialect
from livechat.server.ears import EarSettings, Sensitivity
from livechat.server.scenario import Limits, Scenario
from livechat.server.sessions import Sessions
from livechat.server.skills.interpreting import task
from livechat.server.tokens import AUDIO_TOKENS_PER_S, CHARACTERS_PER_TOKEN

INVALID = "Request contains an invalid argument."
NOT_IMPLEMENTED = "Operation is not implemented, or supported, or enabled."
TOO_LATE = "Deadline expired before operation could complete."
BROKEN = "Internal error encountered."
NO_SUCH_MODEL = (
    "models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent. "
    "Call ListModels to see the list of available models and their supported methods."
)

PREFIX_MS = 20
SILENCE_MS = 500
"""Numeric defaults are not published; these are ours."""
NATIVE_RATE = 16_000
RATES = range(4_000, 384_001)
SPOKEN_CHARACTERS_PER_S = 15
WINDOW = 131_072
"""Tokens that 3.1 and 3.8 can have in view [D models]."""
_PCM = re.compile(r"\s*audio/pcm\s*(?:;.*)?", re.IGNORECASE)
_RATE = re.compile(r";\s*rate\s*=\s*(\d{1,6})\s*(?:;|$)", re.IGNORECASE)
_NOT_FOR_LIVE = (
    *("response_logprobs", "logprobs", "response_mime_type", "response_schema", "response_json_schema"),
    *("routing_config", "model_selection_config", "audio_timestamp"),
)

_SAMPLING = (
    *(("temperature", 0, 2), ("top_p", 0, 1), ("top_k", 1, 1_000), ("candidate_count", 1, 1)),
    *(("max_output_tokens", 1, 65_536), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)),
)
"""Ranges from the reference of GenerationConfig [D api/generate-content]; the window's output is 65,536 [D models]."""


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
    scenario: Scenario = field(default_factory=Scenario)
    sessions: Sessions = field(default_factory=Sessions)
    """Those that may be gone on with; all connections of a server share them."""
    grant: Grant | None = None
    """What an ephemeral token allows; None for a client that came with a key."""


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
    model: str = ""
    behaviors: Mapping[str, str] = field(default_factory=dict[str, str])
    """How each function runs."""
    thoughts: bool = False
    """The client wants to read the model's thoughts."""
    thinks_aloud: bool = False
    """The model says that it thinks before it answers, in a turn of its own."""
    characters: int | None = None
    """So many of an answer at most."""
    stops: tuple[str, ...] = ()
    """What an answer stops before."""
    window: tuple[int, int] | None = None
    """Tokens in view at which the oldest are dropped, and down to how many; None if none are."""
    coverage: str = "TURN_INCLUDES_ONLY_ACTIVITY"
    activity: bool = False
    """The client wants to know when speech begins and ends."""
    input_words: InputWords = field(default_factory=lambda: InputWords())
    output_timed: bool = False
    interim_timed: bool = False
    handle: str | None = None
    """Of the session to go on with."""
    resumable: bool = False
    """The client wants handles."""
    transparent: bool = False
    """And to know which of its messages a handle stands for."""
    signature: str | None = None
    """The consent to a replicated voice, signed."""
    translation: Translation | None = None
    """It only translates; None for sessions that answer."""
    streams_arguments: bool = False
    """Calls come in pieces."""


@dataclass(frozen=True)
class Translation:
    """What a session does that only translates."""

    target: str
    """BCP-47."""
    echoes: bool = False
    """It says again what already is in that language."""

    @property
    def is_spoken_already(self) -> bool:
        """What these ears hear is English, and English is wanted."""
        return self.target.lower().split("-")[0] == "en"


@dataclass(frozen=True)
class InputWords:
    """What else the transcript of the user tells."""

    timed: bool = False
    language: str | None = None
    speaker: str | None = None

    def transcription(self, text: str, span: tuple[int, int], *, finished: bool | None = None) -> Transcription:
        """`span`: when it was said, in ms of the session's sound."""
        told = Transcription(text=text, finished=finished, language_code=self.language, speaker_label=self.speaker)
        return dialect.timed(told, span) if self.timed else told


class Grant(Protocol):
    """What an ephemeral token makes of a setup."""

    def effective(self, setup: Setup) -> Setup: ...


def agree(setup: Setup, terms: Terms) -> Agreement:
    """The agreement that `setup` asks for. Raises Refusal."""
    family = _family(setup, terms)
    complaint = next(_complaints(setup, family, terms), None)
    if complaint is not None:
        raise Refusal(1007, f"{INVALID} {complaint}")
    if setup.avatar_config is not None:  # nothing here can draw
        raise Refusal(1008, NOT_IMPLEMENTED)
    generation = setup.generation_config or GenerationConfig()
    speaks = _modality(generation) == "AUDIO"
    if speaks and terms.speech_missing:
        raise Refusal(1008, terms.speech_missing)
    realtime = setup.realtime_input_config or RealtimeInputConfig()
    history = setup.history_config
    translation = _translation(generation)
    return Agreement(
        family=family,
        speaks=speaks,
        voice=_voice(generation.speech_config),
        system=task(translation.target) if translation else instruction(setup.system_instruction),
        tools=tools_of(setup.tools),
        ears=_ears(realtime, family, terms),
        interrupts=realtime.activity_handling != "NO_INTERRUPTION",
        transcribes_input=setup.input_audio_transcription is not None,
        transcribes_output=setup.output_audio_transcription is not None,
        seeded=history is not None and history.initial_history_in_client_content is True,
        model=model_name(setup.model or "").lower(),
        behaviors=behaviors(setup.tools, family),
        thoughts=_thoughts(generation),
        thinks_aloud=family.interaction_status and _level(generation) in ("MEDIUM", "HIGH"),
        characters=_characters(generation, speaks=speaks),
        stops=tuple(generation.stop_sequences or []),
        window=_window(setup.context_window_compression, terms.scenario.limits),
        coverage=_coverage(realtime.turn_coverage, family),
        activity=setup.explicit_vad_signal is True,
        input_words=_input_words(setup.input_audio_transcription, translated=translation is not None),
        output_timed=_asks_for_times(setup.output_audio_transcription),
        interim_timed=realtime.interim_transcript_timestamp_enabled is True,
        handle=(setup.session_resumption.handle or None) if setup.session_resumption else None,
        resumable=setup.session_resumption is not None,
        transparent=setup.session_resumption is not None and setup.session_resumption.transparent is True,
        signature=_signature(generation.speech_config),
        translation=translation,
        streams_arguments=_streams_arguments(setup),
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


def behaviors(tools: Sequence[Tool] | None, family: Family) -> dict[str, str]:
    """How each function runs: as it is declared, or as is the custom of the family."""
    usual = family.default_behavior or "BLOCKING"
    declared = ((function.name or "", function.behavior or usual) for function in tools_of(tools))
    return {name: usual if behavior == "UNSPECIFIED" else behavior for name, behavior in declared}


def tool_complaints(tools: Sequence[Tool] | None, family: Family) -> Iterator[str]:
    """What of the tools this family refuses."""
    if tools and not family.behaviors:
        yield "tools are not supported."
    for declaration in tools_of(tools):
        if declaration.behavior not in (None, "UNSPECIFIED", *family.behaviors):
            yield f"This model does not run functions {declaration.behavior}."


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
    return family


def _complaints(setup: Setup, family: Family, terms: Terms) -> Iterator[str]:
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
    if _streams_arguments(setup) and not terms.vertex:  # "not supported in Gemini API", says google-genai 3.4.0
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


def _translation_complaints(generation: GenerationConfig, family: Family) -> Iterator[str]:
    if "text" in family.inputs and generation.translation_config is not None:
        yield "generationConfig.translationConfig is not supported."
    if "text" not in family.inputs and _translation(generation) is None:
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


def _modality(generation: GenerationConfig) -> str:
    asked = generation.response_modalities or ["AUDIO"]
    return "AUDIO" if asked[0] == "MODALITY_UNSPECIFIED" else asked[0]


def _voice(speech: SpeechConfig | None) -> str:
    """The voice asked for, as Google spells it; a replica is spoken by one of the thirty, always the same."""
    chosen = speech.voice_config if speech else None
    replica = chosen.replicated_voice_config if chosen else None
    if replica is not None:
        return VOICES[sum(replica.voice_sample_audio or b"") % len(VOICES)]
    prebuilt = chosen.prebuilt_voice_config if chosen else None
    name = (prebuilt.voice_name if prebuilt else None) or (chosen.voice if chosen else None) or DEFAULT_VOICE
    return next((voice for voice in VOICES if voice.lower() == name.lower()), name)


def _streams_arguments(setup: Setup) -> bool:
    calling = setup.tool_config.function_calling_config if setup.tool_config else None
    return calling is not None and calling.stream_function_call_arguments is True


def _signature(speech: SpeechConfig | None) -> str | None:
    """Of the consent, if its sound was given."""
    replica = speech.voice_config.replicated_voice_config if speech and speech.voice_config else None
    if replica is None or not replica.consent_audio:
        return None
    return uuid5(NAMESPACE_OID, replica.consent_audio.hex()).hex


def _thoughts(generation: GenerationConfig) -> bool:
    thinking = generation.thinking_config
    return thinking is not None and thinking.include_thoughts is True and thinking.thinking_budget != 0


def _level(generation: GenerationConfig) -> str | None:
    return generation.thinking_config.thinking_level if generation.thinking_config else None


def _characters(generation: GenerationConfig, *, speaks: bool) -> int | None:
    tokens = generation.max_output_tokens
    if tokens is None:
        return None
    return tokens * SPOKEN_CHARACTERS_PER_S // AUDIO_TOKENS_PER_S if speaks else tokens * CHARACTERS_PER_TOKEN


def _window(compression: ContextWindowCompression | None, limits: Limits) -> tuple[int, int] | None:
    """80 % of the window and half of that, where the client does not say [P]."""
    if compression is None:
        return None
    usual = (limits.context_tokens or WINDOW) * 8 // 10
    trigger = compression.trigger_tokens or usual
    target = compression.sliding_window.target_tokens if compression.sliding_window else None
    return trigger, target if target is not None else trigger // 2


def _coverage(asked: str | None, family: Family) -> str:
    if asked not in (None, "TURN_COVERAGE_UNSPECIFIED"):
        return str(asked)
    return family.turn_coverage or "TURN_INCLUDES_ONLY_ACTIVITY"


def _translation(generation: GenerationConfig) -> Translation | None:
    asked = generation.translation_config
    if asked is None or not asked.target_language_code:
        return None
    return Translation(asked.target_language_code, asked.echo_target_language is True)


def _input_words(asked: AudioTranscriptionConfig | None, *, translated: bool) -> InputWords:
    if asked is None:
        return InputWords()
    return InputWords(
        timed=asked.word_timestamp is True,
        language="en-US" if asked.language_codes or translated else None,  # these ears know no other
        speaker="speaker_1" if asked.diarization else None,  # and cannot tell speakers apart
    )


def _asks_for_times(asked: AudioTranscriptionConfig | None) -> bool:
    return asked is not None and asked.word_timestamp is True


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
