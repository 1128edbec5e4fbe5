"""Lyria RealTime: prompts and settings in, chunks of music out."""

from typing import Annotated

from livechat.protocol.wire import Base64, Float, Int, Many, Wire, one_of

MusicGenerationMode = Annotated[
    str, one_of("MUSIC_GENERATION_MODE_UNSPECIFIED", "QUALITY", "DIVERSITY", "VOCALIZATION")
]
Scale = Annotated[
    str,
    one_of(
        "SCALE_UNSPECIFIED",
        "C_MAJOR_A_MINOR",
        "D_FLAT_MAJOR_B_FLAT_MINOR",
        "D_MAJOR_B_MINOR",
        "E_FLAT_MAJOR_C_MINOR",
        "E_MAJOR_D_FLAT_MINOR",
        "F_MAJOR_D_MINOR",
        "G_FLAT_MAJOR_E_FLAT_MINOR",
        "G_MAJOR_E_MINOR",
        "A_FLAT_MAJOR_F_MINOR",
        "A_MAJOR_G_FLAT_MINOR",
        "B_FLAT_MAJOR_G_MINOR",
        "B_MAJOR_A_FLAT_MINOR",
    ),
]


class WeightedPrompt(Wire):
    """What the music shall be like, and how much of it; never zero."""

    text: str | None = None
    weight: Float | None = None


class MusicGenerationConfig(Wire):
    """How the music is made; any field may be changed while it plays."""

    bpm: Int | None = None
    brightness: Float | None = None
    density: Float | None = None
    guidance: Float | None = None
    music_generation_mode: MusicGenerationMode | None = None
    mute_bass: bool | None = None
    mute_drums: bool | None = None
    only_bass_and_drums: bool | None = None
    scale: Scale | None = None
    seed: Int | None = None
    temperature: Float | None = None
    top_k: Int | None = None


class MusicPrompts(Wire):
    """The prompts a chunk was made from."""

    weighted_prompts: Many[WeightedPrompt] | None = None


class SourceMetadata(Wire):
    """What a chunk was made from."""

    client_content: MusicPrompts | None = None
    music_generation_config: MusicGenerationConfig | None = None


class AudioChunk(Wire):
    """A piece of music: 48 kHz, s16le, stereo by Google's documentation."""

    data: Base64 | None = None
    mime_type: str | None = None
    source_metadata: SourceMetadata | None = None


class FilteredPrompt(Wire):
    """A prompt that was refused, and why."""

    filtered_reason: str | None = None
    text: str | None = None
