"""Agrees with a client about a session: what its setup asks for, if the model and this server can do it.

A client is refused with the codes and reasons production was seen to use (wire-protocol §5); where production's
reason says little, what is wrong is named behind it.
"""

from __future__ import annotations

from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import Family, family_of
from livechat.protocol.setup import GenerationConfig, RealtimeInputConfig, Setup
from livechat.server.agreement import INVALID, NO_SUCH_MODEL, NOT_IMPLEMENTED, Agreement, Refusal, Terms
from livechat.server.complaints import complaints
from livechat.server.setup_reading import (
    asks_for_times,
    behaviors,
    characters,
    coverage,
    ears,
    input_words,
    instruction,
    modality,
    signature,
    streams_arguments,
    thinking_level,
    tools_of,
    translation_of,
    voice_of,
    wants_thoughts,
    window,
)
from livechat.server.skills.interpreting import task


def agree(setup: Setup, terms: Terms) -> Agreement:
    """The agreement that `setup` asks for. Raises Refusal."""
    family = _family(setup, terms)
    complaint = next(complaints(setup, family, terms), None)
    if complaint is not None:
        raise Refusal(1007, f"{INVALID} {complaint}")
    if setup.avatar_config is not None:  # nothing here can draw
        raise Refusal(1008, NOT_IMPLEMENTED)
    generation = setup.generation_config or GenerationConfig()
    speaks = modality(generation) == "AUDIO"
    if speaks and terms.speech_missing:
        raise Refusal(1008, terms.speech_missing)
    realtime = setup.realtime_input_config or RealtimeInputConfig()
    history = setup.history_config
    translation = translation_of(generation)
    return Agreement(
        family=family,
        speaks=speaks,
        voice=voice_of(generation.speech_config),
        system=task(translation.target) if translation else instruction(setup.system_instruction),
        tools=tools_of(setup.tools),
        ears=ears(realtime, family, terms),
        interrupts=realtime.activity_handling != "NO_INTERRUPTION",
        transcribes_input=setup.input_audio_transcription is not None,
        transcribes_output=setup.output_audio_transcription is not None,
        seeded=history is not None and history.initial_history_in_client_content is True,
        model=model_name(setup.model or "").lower(),
        behaviors=behaviors(setup.tools, family),
        thoughts=wants_thoughts(generation),
        thinks_aloud=family.interaction_status and thinking_level(generation) in ("MEDIUM", "HIGH"),
        characters=characters(generation, speaks=speaks),
        stops=tuple(generation.stop_sequences or []),
        window=window(setup.context_window_compression, terms.scenario.limits),
        coverage=coverage(realtime.turn_coverage, family),
        activity=setup.explicit_vad_signal is True,
        input_words=input_words(setup.input_audio_transcription, translated=translation is not None),
        output_timed=asks_for_times(setup.output_audio_transcription),
        interim_timed=realtime.interim_transcript_timestamp_enabled is True,
        handle=(setup.session_resumption.handle or None) if setup.session_resumption else None,
        resumable=setup.session_resumption is not None,
        transparent=setup.session_resumption is not None and setup.session_resumption.transparent is True,
        signature=signature(generation.speech_config),
        translation=translation,
        streams_arguments=streams_arguments(setup),
    )


def _family(setup: Setup, terms: Terms) -> Family:
    model = model_name(setup.model or "")
    family = family_of(model)
    if terms.music:
        raise Refusal(1008, NOT_IMPLEMENTED)
    if family.music or model.lower() not in family.models:
        raise Refusal(1008, NO_SUCH_MODEL.format(model=model, version=terms.version))
    return family
