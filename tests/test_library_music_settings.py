"""Claims about what can be asked of music: a person's words become the wire's, and mistakes are told before sending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import UsageError
from livechat.library.music_settings import (
    MODES,
    RANGES,
    SCALES,
    MusicChanges,
    Prompts,
    mode_named,
    music_config,
    read_prompt,
    scale_in_words,
    scale_named,
    weighted_prompts,
    written_prompt,
)
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.server.music import rules

TECHNO = WeightedPrompt(text="techno", weight=1.0)


def texts(prompts: Prompts) -> list[tuple[str | None, float | None]]:
    return [(prompt.text, prompt.weight) for prompt in weighted_prompts(prompts)]


@pytest.mark.parametrize(
    ("prompts", "sent"),
    [
        ("techno", [("techno", 1.0)]),
        ({"techno": 2, "rain": -0.5}, [("techno", 2), ("rain", -0.5)]),
        (["techno", ("rain", 0.5), WeightedPrompt(text="sax")], [("techno", 1.0), ("rain", 0.5), ("sax", 1.0)]),
        ([TECHNO], [("techno", 1.0)]),
    ],
)
def test_prompts_come_in_every_shape(prompts: Prompts, sent: list[tuple[str, float]]) -> None:
    assert texts(prompts) == sent


@pytest.mark.parametrize(
    ("prompts", "complaint"),
    [
        ([], "a prompt at least"),
        ("  ", "is empty"),
        ([WeightedPrompt()], "is empty"),
        ({"techno": 0}, "'techno' has a weight of 0"),
        ({"techno": float("nan")}, "has a weight of nan"),
    ],
)
def test_what_is_no_prompt_is_told(prompts: Prompts, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        weighted_prompts(prompts)


@pytest.mark.parametrize(
    ("written", "text", "weight"),
    [
        ("techno", "techno", 1.0),
        ("warm pads:1.5", "warm pads", 1.5),
        (" rain : -.5 ", "rain", -0.5),
        ("drums: heavy", "drums: heavy", 1.0),
        ("a:b:2", "a:b", 2.0),
        (":2", ":2", 1.0),
        ("12:", "12:", 1.0),
        ("nan:nan", "nan:nan", 1.0),
    ],
)
def test_a_weight_stands_behind_a_colon(written: str, text: str, weight: float) -> None:
    assert read_prompt(written) == (text, weight)


@given(st.text(min_size=1).map(str.strip).filter(bool), st.sampled_from([1.0, 0.5, -2.0, 12.25]))
def test_a_prompt_that_is_written_is_read_again(text: str, weight: float) -> None:
    assert read_prompt(written_prompt(WeightedPrompt(text=text, weight=weight))) == (text, weight)


def test_a_prompt_without_a_weight_is_written_without_one() -> None:
    assert written_prompt(WeightedPrompt(text="rain")) == "rain"
    assert written_prompt(WeightedPrompt(text="rain:2")) == "rain:2:1"
    assert written_prompt(WeightedPrompt(weight=2)) == ":2"


def test_settings_are_laid_over_each_other() -> None:
    first = music_config(None, {"bpm": 120, "density": 0.5, "mute_drums": True})
    then = music_config(first, {"bpm": 90.0, "density": None, "scale": "A minor", "music_generation_mode": "diversity"})
    assert then.to_wire() == {
        "bpm": 90,
        "muteDrums": True,
        "scale": "C_MAJOR_A_MINOR",
        "musicGenerationMode": "DIVERSITY",
    }
    assert isinstance(then.bpm, int)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"bpm": 59}, "bpm is from 60 to 200, not 59"),
        ({"bpm": 120.5}, "bpm is a whole number"),
        ({"bpm": "fast"}, "bpm is from 60 to 200, not 'fast'"),
        ({"bpm": True}, "bpm is from 60"),
        ({"density": 1.01}, "density is from 0 to 1"),
        ({"temperature": float("nan")}, "temperature is from 0 to 3"),
        ({"seed": 2**31}, "seed is from 0 to 2147483647"),
        ({"mute_drums": 1}, "mute_drums is True or False, not 1"),
        ({"denisty": 1}, "music has no setting 'denisty' — did you mean density"),
        ({"zzz": 1}, "music has no setting 'zzz'$"),
        ({"scale": "C majr"}, "no scale 'C majr' — did you mean C_MAJOR_A_MINOR"),
        ({"scale": "H major"}, "no scale 'H major'"),
        ({"music_generation_mode": "qualty"}, "no mode 'qualty' — did you mean QUALITY"),
        ({"music_generation_mode": "zzz"}, "no mode 'zzz'$"),
    ],
)
def test_a_mistake_in_the_settings_is_told(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        music_config(None, changes)


def test_a_config_that_is_out_of_range_is_told_too() -> None:
    with pytest.raises(UsageError, match="bpm"):
        music_config(MusicGenerationConfig(bpm=300), {})


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ("A minor", "C_MAJOR_A_MINOR"),
        ("am", "C_MAJOR_A_MINOR"),
        ("C", "C_MAJOR_A_MINOR"),
        ("c-major", "C_MAJOR_A_MINOR"),
        ("c_major_a_minor", "C_MAJOR_A_MINOR"),
        ("C major a minor", "C_MAJOR_A_MINOR"),
        ("bb", "B_FLAT_MAJOR_G_MINOR"),
        ("Bm", "D_MAJOR_B_MINOR"),
        ("B♭ minor", "D_FLAT_MAJOR_B_FLAT_MINOR"),
        ("F#m", "A_MAJOR_G_FLAT_MINOR"),
        ("f sharp minor", "A_MAJOR_G_FLAT_MINOR"),
        ("E flat maj", "E_FLAT_MAJOR_C_MINOR"),
        ("Cb", "B_MAJOR_A_FLAT_MINOR"),
        ("G#min", "B_MAJOR_A_FLAT_MINOR"),
        ("scale_unspecified", "SCALE_UNSPECIFIED"),
    ],
)
def test_a_scale_is_named_as_musicians_do(words: str, scale: str) -> None:
    assert scale_named(words) == scale


def test_scales_in_words_are_read_again() -> None:
    assert scale_in_words("D_FLAT_MAJOR_B_FLAT_MINOR") == "Db major / Bb minor"
    assert scale_in_words("SOMETHING") == "SOMETHING"
    for scale in SCALES:
        assert {scale_named(one) for one in scale_in_words(scale).split(" / ")} == {scale}


def test_modes_are_named_in_any_case() -> None:
    assert mode_named("vocalization") == "VOCALIZATION"


# ------------------------------------------------------------------------- what the wire and the server say of it


def test_every_setting_of_the_wire_can_be_changed_and_no_other() -> None:
    assert MusicChanges.__annotations__.keys() == MusicGenerationConfig.model_fields.keys()


def test_the_server_means_the_same_ranges_scales_and_modes() -> None:
    assert {name: (low, high) for name, low, high in rules.RANGES} == dict(RANGES)
    assert [*SCALES] == [name for name, tonic in rules.SCALES.items() if tonic is not None]
    assert {*MODES} == rules.MODES.keys()


@given(st.integers(60, 200), st.sampled_from(SCALES), st.floats(0, 1))
def test_what_passes_here_passes_there(bpm: int, scale: str, density: float) -> None:
    config = music_config(None, {"bpm": bpm, "scale": scale, "density": density})
    assert rules.config_of(config) == config
