"""Tests what a client of the music API may ask for."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from livechat.protocol.client import ClientContent
from livechat.protocol.codec import decode_client_message, encode
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.protocol.setup import Setup
from livechat.server.agreement import INVALID, Refusal, Terms
from livechat.server.music.harmony import MAJOR, key_of
from livechat.server.music.rules import (
    FILTERED,
    MODES,
    MOST_CHARACTERS,
    MOST_PROMPTS,
    RANGES,
    SCALES,
    agree_on_music,
    config_of,
    filtered,
    only_field,
    prompts_of,
    settings_of,
)
from livechat.server.music.score import Settings
from tests.wire_facts import enums_of

TERMS = Terms(UUID(int=1), version="v1alpha", music=True)


def refused(work: object, *args: object) -> tuple[int, str]:
    assert callable(work)
    with pytest.raises(Refusal) as caught:
        work(*args)
    return caught.value.code, caught.value.reason


def config(**fields: object) -> MusicGenerationConfig:
    return MusicGenerationConfig.model_validate_json(json.dumps(fields))


def content(*prompts: tuple[str | None, float | None]) -> ClientContent:
    return ClientContent(weighted_prompts=[WeightedPrompt(text=text, weight=weight) for text, weight in prompts])


@pytest.mark.parametrize(
    "model",
    [
        "models/lyria-realtime-exp",
        "lyria-realtime-exp",
        "models/Lyria-RealTime-Exp",
        "projects/p/models/lyria-realtime-exp",
    ],
)
def test_music_is_made_by_lyria(model: str) -> None:
    agree_on_music(Setup(model=model), TERMS)


@pytest.mark.parametrize("model", ["models/gemini-3.8-live", "models/lyria-7", "models/", None])
def test_no_other_model_makes_music(model: str | None) -> None:
    code, reason = refused(agree_on_music, Setup(model=model), TERMS)
    assert code == 1008
    assert "is not found for API version v1alpha, or is not supported for bidiGenerateMusic" in reason


def test_a_setup_holds_the_model_and_nothing_else() -> None:
    said = {"model": "models/lyria-realtime-exp", "systemInstruction": {"parts": [{"text": "Swing!"}]}}
    setup = Setup.model_validate_json(json.dumps(said))
    assert refused(agree_on_music, setup, TERMS) == (1007, f"{INVALID} systemInstruction is not supported.")


def test_a_frame_says_one_thing() -> None:
    assert only_field(decode_client_message('{"playbackControl":"PLAY"}')) == "playback_control"
    for frame in ("{}", '{"unknown":1}', '{"playbackControl":"PLAY","setup":{}}'):
        assert refused(only_field, decode_client_message(frame)) == (1007, INVALID)


# -------------------------------------------------------------------------------------------- the prompts


def test_prompts_are_texts_and_weights() -> None:
    said = {"weightedPrompts": [{"text": "techno", "weight": 2, "mood": "x"}, {"text": "piano", "weight": -0.5}]}
    prompts = prompts_of(ClientContent.model_validate_json(json.dumps(said)))
    assert [encode(prompt) for prompt in prompts] == ['{"text":"techno","weight":2}', '{"text":"piano","weight":-0.5}']


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (content(), f"weightedPrompts must be from 1 to {MOST_PROMPTS}."),
        (content(*[("x", 1.0)] * 101), f"weightedPrompts must be from 1 to {MOST_PROMPTS}."),
        (ClientContent(), f"weightedPrompts must be from 1 to {MOST_PROMPTS}."),
        (content(("techno", 0.0)), "weightedPrompts[0].weight must not be 0."),
        (content(("techno", 1.0), ("piano", None)), "weightedPrompts[1].weight must not be 0."),
        (content((" ", 1.0)), "weightedPrompts[0].text must not be empty."),
        (content((None, 1.0)), "weightedPrompts[0].text must not be empty."),
        (
            content(("x" * 8_000, 1.0), ("y" * 8_001, 1.0)),
            f"weightedPrompts must not be longer than {MOST_CHARACTERS} characters.",
        ),
        (ClientContent(turns=[]), "turns are not supported."),
        (ClientContent(turn_complete=True), "turns are not supported."),
    ],
)
def test_what_is_no_prompt_is_refused(asked: ClientContent, complaint: str) -> None:
    assert refused(prompts_of, asked) == (1007, f"{INVALID} {complaint}")


@pytest.mark.parametrize(
    "text",
    [
        "A ballad in the style of Nobody Inparticular",
        "the voice of nobody",
        "THE LYRICS OF Some Song",
        "a cover of Some Song",
        "in the manner of x",
    ],
)
def test_a_prompt_for_somebodys_manner_is_filtered(text: str) -> None:
    told = filtered(WeightedPrompt(text=text, weight=1.0))
    assert told is not None
    assert (told.text, told.filtered_reason) == (text, FILTERED)


@pytest.mark.parametrize(
    "text", ["techno", "synths in the style of the eighties", "in the style of a waltz", "a cover", None]
)
def test_other_prompts_are_not(text: str | None) -> None:
    assert filtered(WeightedPrompt(text=text, weight=1.0)) is None


# --------------------------------------------------------------------------------------------- the config


@pytest.mark.parametrize(("name", "lowest", "highest"), RANGES)
def test_a_value_is_in_its_range(name: str, lowest: float, highest: float) -> None:
    for value in (lowest, highest):
        assert getattr(config_of(config(**{name: value})), name) == value
    for value in (lowest - 1, highest + 1):
        code, reason = refused(config_of, config(**{name: value}))
        assert code == 1007
        assert reason.startswith(f"{INVALID} musicGenerationConfig.{'topK' if name == 'top_k' else name} must be from ")


def test_the_complaint_says_the_range() -> None:
    assert refused(config_of, config(bpm=300))[1].endswith("bpm must be from 60 to 200.")
    assert refused(config_of, config(seed=-1))[1].endswith("seed must be from 0 to 2147483647.")


def test_an_unknown_scale_or_mode_is_refused() -> None:
    assert refused(config_of, config(scale="H_MAJOR"))[1].endswith(
        "musicGenerationConfig.scale is none of the known ones."
    )
    assert refused(config_of, config(musicGenerationMode="FUN"))[1].endswith(
        "musicGenerationConfig.musicGenerationMode is none of the known ones."
    )


def test_every_scale_and_mode_of_the_wire_is_known() -> None:
    values = {field: set(names) for _, field, names in enums_of("music")}
    assert values["scale"] == SCALES.keys()
    assert values["musicGenerationMode"] == MODES.keys()


@pytest.mark.parametrize("scale", [name for name, tonic in SCALES.items() if tonic is not None])
def test_a_scale_is_named_for_its_major_and_its_minor(scale: str) -> None:
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    major, minor = scale.removesuffix("_MINOR").split("_MAJOR_")

    def tonic(name: str) -> int:
        return (letters[name[0]] - name.endswith("FLAT")) % 12

    assert key_of(SCALES[scale], 1.0, 0).tonic == tonic(major)
    assert key_of(SCALES[scale], 0.0, 0).tonic == tonic(minor)
    assert {(tonic(major) + step) % 12 for step in MAJOR} == {
        key_of(SCALES[scale], 0.0, 0).pitch_class(d) for d in range(7)
    }


def test_a_config_comes_back_as_it_was_without_what_nobody_knows() -> None:
    said = config(bpm=90, scale="c_major_a_minor", audioFormat="pcm16", muteBass=False)
    assert json.loads(encode(config_of(said))) == {"bpm": 90, "scale": "C_MAJOR_A_MINOR", "muteBass": False}


def test_what_is_not_said_is_as_google_has_it() -> None:
    assert settings_of(config()) == Settings(temperature=1.1, top_k=40, guidance=4.0)
    assert (
        settings_of(config(scale="SCALE_UNSPECIFIED", musicGenerationMode="MUSIC_GENERATION_MODE_UNSPECIFIED"))
        == Settings()
    )


def test_what_is_said_is_what_is_set() -> None:
    said = config(
        bpm=90,
        scale="D_MAJOR_B_MINOR",
        density=0.0,
        brightness=1,
        muteBass=True,
        muteDrums=True,
        onlyBassAndDrums=True,
        musicGenerationMode="DIVERSITY",
        temperature=0,
        topK=1,
        guidance=0,
        seed=0,
    )
    assert settings_of(config_of(said)) == Settings(
        bpm=90,
        tonic=2,
        density=0.0,
        brightness=1,
        mute_bass=True,
        mute_drums=True,
        only_bass_and_drums=True,
        mode="DIVERSITY",
        temperature=0,
        top_k=1,
        guidance=0,
        seed=0,
    )
