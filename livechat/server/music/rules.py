"""What a client of the music API may ask for, and what it is told if it may not.

Ranges and defaults are those of google-genai 3.4.0 (`LiveMusicGenerationConfig`) and of
ai.google.dev/gemini-api/docs/realtime-music-generation; the reasons' wording is that of the Live path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from livechat.protocol.client import ClientContent, ClientMessage
from livechat.protocol.endpoints import model_name
from livechat.protocol.generations import family_of
from livechat.protocol.music import FilteredPrompt, MusicGenerationConfig, WeightedPrompt
from livechat.protocol.setup import Setup
from livechat.protocol.wire import wire_name
from livechat.server.agreement import INVALID, NO_SUCH_MODEL, Refusal, Terms
from livechat.server.music.score import Mode, Settings

RANGES: tuple[tuple[str, float, float], ...] = (
    ("temperature", 0, 3),
    ("top_k", 1, 1_000),
    ("seed", 0, 2**31 - 1),
    ("guidance", 0, 6),
    ("bpm", 60, 200),
    ("density", 0, 1),
    ("brightness", 0, 1),
)
SCALES: dict[str, int | None] = {
    "SCALE_UNSPECIFIED": None,
    "C_MAJOR_A_MINOR": 0,
    "D_FLAT_MAJOR_B_FLAT_MINOR": 1,
    "D_MAJOR_B_MINOR": 2,
    "E_FLAT_MAJOR_C_MINOR": 3,
    "E_MAJOR_D_FLAT_MINOR": 4,
    "F_MAJOR_D_MINOR": 5,
    "G_FLAT_MAJOR_E_FLAT_MINOR": 6,
    "G_MAJOR_E_MINOR": 7,
    "A_FLAT_MAJOR_F_MINOR": 8,
    "A_MAJOR_G_FLAT_MINOR": 9,
    "B_FLAT_MAJOR_G_MINOR": 10,
    "B_MAJOR_A_FLAT_MINOR": 11,
}
MODES: dict[str, Mode] = {
    "MUSIC_GENERATION_MODE_UNSPECIFIED": "QUALITY",
    "QUALITY": "QUALITY",
    "DIVERSITY": "DIVERSITY",
    "VOCALIZATION": "VOCALIZATION",
}
MOST_PROMPTS, MOST_CHARACTERS = 100, 16_000
"""Of all prompts together. They come back with every chunk, and a frame that some client reads is below 1 MiB."""
ARTIST = re.compile(r"\b(in the (style|manner)|the (voice|vocals|lyrics)|a cover) of (?!(the|an?)\b)", re.IGNORECASE)
"""What this server filters: somebody's manner, voice or words; `in the style of the eighties` is nobody's.

Google publishes no list; of its other music models it says that prompts for an artist's voice or for lyrics that are
not free are filtered.
"""
FILTERED = "The prompt asks for the manner or the words of an artist."


def agree_on_music(setup: Setup, terms: Terms) -> None:
    """Raises Refusal unless the setup names a model that makes music, and nothing else: it has no other field."""
    model = model_name(setup.model or "")
    family = family_of(model)
    if not family.music or model.lower() not in family.models:
        reason = NO_SUCH_MODEL.replace("bidiGenerateContent", "bidiGenerateMusic")
        raise Refusal(1008, reason.format(model=model, version=terms.version))
    for name in sorted(setup.model_fields_set - {"model"}):
        raise Refusal(1007, f"{INVALID} {wire_name(name)} is not supported.")


def only_field(message: ClientMessage) -> str:
    """The one thing a frame says. Raises Refusal if it is not exactly one, or none that music understands."""
    known = [name for name in ClientMessage.model_fields if getattr(message, name) is not None]
    if len(known) != 1:
        raise Refusal(1007, INVALID)
    return known[0]


def prompts_of(content: ClientContent) -> list[WeightedPrompt]:
    """The prompts a client sends, with nothing but texts and weights. Raises Refusal."""
    if content.turns is not None or content.turn_complete is not None:
        raise Refusal(1007, f"{INVALID} turns are not supported.")
    prompts = content.weighted_prompts or []
    complaint = next(_complaints_about_prompts(prompts), None)
    if complaint is not None:
        raise Refusal(1007, f"{INVALID} {complaint}")
    return [WeightedPrompt(text=prompt.text, weight=prompt.weight) for prompt in prompts]


def filtered(prompt: WeightedPrompt) -> FilteredPrompt | None:
    """What to say of a prompt that is not followed; None of one that is."""
    text = prompt.text or ""
    return FilteredPrompt(text=text, filtered_reason=FILTERED) if ARTIST.search(text) else None


def config_of(config: MusicGenerationConfig) -> MusicGenerationConfig:
    """The same without what nobody knows. Raises Refusal, which names the field."""
    complaint = next(_complaints_about_config(config), None)
    if complaint is not None:
        raise Refusal(1007, f"{INVALID} musicGenerationConfig.{complaint}")
    known = config.model_fields_set & MusicGenerationConfig.model_fields.keys()
    return MusicGenerationConfig(**{name: getattr(config, name) for name in known})


def settings_of(config: MusicGenerationConfig) -> Settings:
    """What a config asks for. It is always a whole one: what it does not say is back to its default."""
    usual = Settings()
    return Settings(
        bpm=config.bpm,
        tonic=SCALES[config.scale or "SCALE_UNSPECIFIED"],
        density=config.density,
        brightness=config.brightness,
        mute_bass=config.mute_bass is True,
        mute_drums=config.mute_drums is True,
        only_bass_and_drums=config.only_bass_and_drums is True,
        mode=MODES[config.music_generation_mode or "QUALITY"],
        temperature=usual.temperature if config.temperature is None else config.temperature,
        top_k=usual.top_k if config.top_k is None else config.top_k,
        guidance=usual.guidance if config.guidance is None else config.guidance,
        seed=config.seed,
    )


def _complaints_about_prompts(prompts: Sequence[WeightedPrompt]) -> Iterator[str]:
    if not 0 < len(prompts) <= MOST_PROMPTS:
        yield f"weightedPrompts must be from 1 to {MOST_PROMPTS}."
    for place, prompt in enumerate(prompts):
        if not (prompt.text or "").strip():
            yield f"weightedPrompts[{place}].text must not be empty."
        if not prompt.weight:
            yield f"weightedPrompts[{place}].weight must not be 0."
    if sum(len(prompt.text or "") for prompt in prompts) > MOST_CHARACTERS:
        yield f"weightedPrompts must not be longer than {MOST_CHARACTERS} characters."


def _complaints_about_config(config: MusicGenerationConfig) -> Iterator[str]:
    for name, lowest, highest in RANGES:
        value = getattr(config, name)
        if value is not None and not lowest <= value <= highest:
            yield f"{wire_name(name)} must be from {lowest:.12g} to {highest:.12g}."
    if config.scale is not None and config.scale not in SCALES:
        yield "scale is none of the known ones."
    if config.music_generation_mode is not None and config.music_generation_mode not in MODES:
        yield "musicGenerationMode is none of the known ones."
