"""Makes the setup that a session opens with, from its configuration and the family of its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from livechat.errors import UsageError
from livechat.library.config import LiveConfig
from livechat.library.given import check_setup, instruction_of, read_setup, tools_of
from livechat.library.refusals import refusals
from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import family_of
from livechat.protocol.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    HistoryConfig,
    Proactivity,
    RealtimeInputConfig,
    SessionResumption,
    Setup,
    SpeechConfig,
    ThinkingConfig,
    VoiceConfig,
)
from livechat.protocol.wire import Wire
from livechat.shaping import Wishes, shape_setup
from livechat.voices import check_voice

W = TypeVar("W", bound=Wire)


def setup_of(config: LiveConfig, model: str) -> Setup:
    """The setup for a model, spelt as its endpoint does: what the configuration asks for, as the family takes it.

    Raises UsageError for values that cannot be sent, and for what this family is known to refuse. A model that is not
    known is asked for everything.
    """
    if family_of(model).music:
        hint = "livechat.LiveMusic is for it; for a conversation take livechat.LiveGenerativeModel()"
        raise UsageError(f"{model_name(model)} makes music and holds no conversation", hint=hint)
    refused = next(refusals(config, model), None)
    if refused is not None:
        raise UsageError(refused, hint="or send it all the same: setup={…} is laid over the rest as it is")
    setup = shape_setup(_wishes(config, model))
    _generate(setup.generation_config or GenerationConfig(), config)
    _listen(setup, config)
    _remember(setup, config)
    _instruct(setup, config)
    setup = check_setup(setup, "this configuration")
    return _laid_over(setup, _raw(config.setup))


def _wishes(config: LiveConfig, model: str) -> Wishes:
    return Wishes(
        model=model,
        sound=config.modality != "TEXT",
        voice=check_voice(config.voice) if isinstance(config.voice, str) else None,
        language=config.language,
        compress=config.compression is True,
        marks_activity=config.vad == "manual",
    )


def _generate(generation: GenerationConfig, config: LiveConfig) -> None:
    """How answers are made."""
    resolution = f"MEDIA_RESOLUTION_{config.media_resolution}" if config.media_resolution else None
    stops = None if config.stop_sequences is None else list(config.stop_sequences)
    _put(
        generation,
        **{name: getattr(config, name) for name in _SAMPLING},
        stop_sequences=stops,
        media_resolution=resolution,
        enable_affective_dialog=config.affective_dialog,
    )
    if isinstance(config.voice, VoiceConfig):
        generation.speech_config = _overlaid(generation.speech_config, SpeechConfig, voice_config=config.voice)
    generation.thinking_config = _overlaid(
        generation.thinking_config,
        ThinkingConfig,
        thinking_level=config.thinking_level,
        thinking_budget=config.thinking_budget,
        include_thoughts=config.include_thoughts,
    )
    if config.translate_to is not None or config.echo_target_language is not None:
        from livechat.protocol.setup_options import TranslationConfig

        generation.translation_config = _overlaid(
            None,
            TranslationConfig,
            target_language_code=config.translate_to,
            echo_target_language=config.echo_target_language,
        )


_SAMPLING = (
    *("temperature", "top_p", "top_k", "max_output_tokens", "seed", "candidate_count"),
    *("presence_penalty", "frequency_penalty"),
)
"""Fields that are the same here and on the wire."""


def _listen(setup: Setup, config: LiveConfig) -> None:
    """What is noticed of the input, and what is written down of input and output."""
    setup.input_audio_transcription = _transcription(config.input_transcription)
    if setup.output_audio_transcription is not None:  # it speaks
        setup.output_audio_transcription = _transcription(config.output_transcription or config.modality == "TEXT")
    asked = setup.realtime_input_config or RealtimeInputConfig()
    given = config.vad if isinstance(config.vad, AutomaticActivityDetection) else asked.automatic_activity_detection
    detection = _overlaid(
        given,
        AutomaticActivityDetection,
        start_of_speech_sensitivity=_sensitivity("START", config.start_sensitivity),
        end_of_speech_sensitivity=_sensitivity("END", config.end_sensitivity),
        prefix_padding_ms=config.prefix_padding_ms,
        silence_duration_ms=config.silence_duration_ms,
    )
    setup.realtime_input_config = _overlaid(
        None,
        RealtimeInputConfig,
        automatic_activity_detection=detection,
        activity_handling=config.activity_handling,
        turn_coverage=config.turn_coverage,
        interim_transcript_timestamp_enabled=config.interim_transcript_timestamps,
    )
    _put(setup, explicit_vad_signal=config.explicit_vad_signal)


def _remember(setup: Setup, config: LiveConfig) -> None:
    """How long the session lasts, and what came before it."""
    if isinstance(config.compression, ContextWindowCompression):
        setup.context_window_compression = config.compression
    match config.resumption:
        case SessionResumption():
            setup.session_resumption = config.resumption
        case str():
            setup.session_resumption = SessionResumption(handle=config.resumption)
        case True:
            setup.session_resumption = SessionResumption()
        case _:
            pass
    if config.initial_history:
        setup.history_config = HistoryConfig(initial_history_in_client_content=True)


def _instruct(setup: Setup, config: LiveConfig) -> None:
    """Who the model is to be, what it may use, and what it must not say."""
    tools = tools_of(config.tools)
    safety = {"safety_settings": list(config.safety_settings or [])}
    _put(
        setup,
        system_instruction=None if config.system_instruction is None else instruction_of(config.system_instruction),
        tools=tools or None,
        tool_config=config.tool_config,
        proactivity=_overlaid(
            None, Proactivity, proactive_audio=config.proactive_audio, proactive_video=config.proactive_video
        ),
        safety_settings=read_setup(safety, "safety_settings").safety_settings or None,
        labels=None if config.labels is None else dict(config.labels),
    )
    if config.avatar is not None:
        from livechat.protocol.setup_options import AvatarConfig

        face = config.avatar
        setup.avatar_config = AvatarConfig(avatar_name=face) if isinstance(face, str) else face


def _transcription(asked: bool | AudioTranscriptionConfig) -> AudioTranscriptionConfig | None:
    if isinstance(asked, AudioTranscriptionConfig):
        return asked
    return AudioTranscriptionConfig() if asked else None


def _sensitivity(of: str, asked: str | None) -> str | None:
    return f"{of}_SENSITIVITY_{asked}" if asked else None


def _put(on: Wire, **fields: object) -> None:
    """Sets what is given."""
    for name, value in fields.items():
        if value is not None:
            setattr(on, name, value)


def _overlaid(base: W | None, kind: type[W], **fields: object) -> W | None:
    """`base` with what is given, or a new one; None if there is neither."""
    if all(value is None for value in fields.values()):
        return base
    over = kind() if base is None else base.model_copy()
    _put(over, **fields)
    return over


def _raw(given: Setup | Mapping[str, Any] | None) -> Setup:
    if given is None:
        return Setup()
    return given if isinstance(given, Setup) else read_setup(given, "setup")


def _laid_over(base: W, over: W) -> W:
    """`base` with all that is set in `over`, objects field by field."""
    values: dict[str, object] = dict(over.model_extra or {})
    for name in over.model_fields_set.intersection(type(over).model_fields):
        theirs, ours = getattr(base, name), getattr(over, name)
        both = isinstance(ours, Wire) and type(ours) is type(theirs)
        values[name] = _laid_over(theirs, ours) if both else ours
    return base.model_copy(update=values)
