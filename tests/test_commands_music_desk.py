"""Claims about the desk of music: knobs turn by steps within their ranges, and what has changed is sent in one go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.commands.music_desk import KNOBS, SWITCHES, Desk
from livechat.errors import UsageError
from livechat.library.music_settings import RANGES, SCALES, music_config, weighted_prompts
from livechat.protocol.music import MusicGenerationConfig


def desk(**settings: object) -> Desk:
    """One that has begun: nothing is due."""
    found = Desk(weighted_prompts("techno"), music_config(None, settings))
    found.take()
    return found


def test_it_begins_with_all_that_was_asked_for() -> None:
    assert Desk(weighted_prompts("techno"), MusicGenerationConfig()).take() == ["prompts", "play"]
    assert Desk(weighted_prompts("techno"), MusicGenerationConfig(bpm=90)).take() == ["prompts", "config", "play"]


@pytest.mark.parametrize(
    ("name", "by", "said"),
    [
        ("bpm", 1, "bpm 125"),
        ("bpm", -1, "bpm 115"),
        ("density", 1, "density 0.6"),
        ("brightness", -2, "brightness 0.3"),
        ("guidance", 1, "guidance 4.5"),
    ],
)
def test_a_knob_that_was_left_alone_begins_where_most_music_is(name: str, by: int, said: str) -> None:
    turned = desk()
    assert turned.turn(name, by) == said
    assert f"{name} {getattr(turned.config, name):g}" == said


def test_a_knob_turns_from_where_it_is_to_its_end_and_no_further() -> None:
    turned = desk(bpm=197, density=0.05)
    assert turned.turn("bpm", 1) == "bpm 200"
    turned.take()
    assert turned.turn("bpm", 1) == "bpm 200 is the most"
    assert turned.take() == []
    assert turned.turn("density", -1) == "density 0"
    assert turned.turn("density", -1) == "density 0 is the least"


@given(st.lists(st.tuples(st.sampled_from(sorted(KNOBS)), st.integers(-9, 9)), max_size=30))
def test_however_knobs_are_turned_they_stay_within_their_ranges(turns: list[tuple[str, int]]) -> None:
    turned = desk()
    for name, by in turns:
        turned.turn(name, by)
        value = getattr(turned.config, name)
        assert RANGES[name][0] <= value <= RANGES[name][1]


def test_tempo_and_scale_begin_anew_and_nothing_else_does() -> None:
    turned = desk()
    turned.turn("density", 1)
    turned.switch("mute_drums")
    assert turned.take() == ["config"]
    turned.turn("bpm", 1)
    turned.turn("bpm", 1)
    assert turned.take() == ["config", "reset"]
    turned.move_scale(1)
    assert turned.take() == ["config", "reset"]
    assert turned.take() == []


def test_what_is_switched_on_can_be_switched_off() -> None:
    for name, (on, off) in SWITCHES.items():
        switched = desk()
        assert switched.switch(name) == on
        assert getattr(switched.config, name) is True
        assert switched.switch(name) == off
        assert getattr(switched.config, name) is False


def test_scales_go_round() -> None:
    turned = desk()
    assert turned.move_scale(1) == "C major / A minor"
    assert turned.move_scale(1) == "Db major / Bb minor"
    for _ in SCALES:
        turned.move_scale(-1)
    assert turned.config.scale == "D_FLAT_MAJOR_B_FLAT_MINOR"
    turned.move_scale(-2)
    assert turned.config.scale == SCALES[-1]


def test_a_line_of_prompts_takes_the_place_of_those_before() -> None:
    asked = desk()
    assert asked.ask(" dub:2 ;rain;; warm: pads ")
    assert [(prompt.text, prompt.weight) for prompt in asked.prompts] == [("dub", 2), ("rain", 1), ("warm: pads", 1)]
    assert asked.take() == ["prompts"]


def test_a_line_without_a_prompt_changes_nothing() -> None:
    asked = desk()
    assert not asked.ask(" ; ")
    with pytest.raises(UsageError, match="weight of 0"):
        asked.ask("dub:0")
    assert asked.take() == []
    assert [prompt.text for prompt in asked.prompts] == ["techno"]


def test_only_the_last_of_pause_and_play_is_sent() -> None:
    paused = desk()
    assert paused.toggle() == "paused"
    assert paused.paused
    assert paused.take() == ["pause"]
    assert paused.toggle() == "playing"
    paused.toggle()
    assert paused.take() == ["pause"]


def test_all_that_is_due_has_its_order() -> None:
    asked = desk()
    asked.toggle()
    asked.reset()
    asked.reset()
    asked.turn("density", 1)
    asked.ask("dub")
    assert asked.take() == ["prompts", "config", "reset", "pause"]
