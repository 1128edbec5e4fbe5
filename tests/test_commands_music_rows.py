"""Claims about the rows of music: they fit, they tell what there is, and nothing in them commands a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.commands.music_desk import Desk
from livechat.commands.music_rows import Sight, State, clock, rows
from livechat.library.music_settings import music_config
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.terminal.cells import width_of
from livechat.terminal.decoder import Key
from livechat.terminal.editor import Editor
from livechat.terminal.style import text_of

PROMPTS = [WeightedPrompt(text="minimal techno", weight=1.0), WeightedPrompt(text="warm pads", weight=1.5)]
DESK = Desk(
    PROMPTS,
    music_config(
        None,
        {
            "bpm": 125,
            "density": 0.6,
            "scale": "A minor",
            "mute_drums": True,
            "mute_bass": False,
            "guidance": 5,
            "music_generation_mode": "diversity",
            "seed": 7,
        },
    ),
)
SIGHT = Sight("playing", DESK, heard_s=34.4, total_s=60)


def shown(sight: Sight, columns: int = 120, *, ascii: bool = False) -> list[str]:
    return [text_of(row) for row in rows(sight, columns, ascii=ascii)]


def test_they_tell_state_settings_prompts_and_keys() -> None:
    assert shown(SIGHT) == [
        " ▸ PLAYING    0:34 of 1:00  bpm 125  density 0.6  C major / A minor  drums off  guidance 5  diversity  seed 7",
        "   minimal techno · warm pads ×1.5",
        "   ↑↓ bpm  ←→ density  b B brightness  d drums  space pause  p prompt  r reset  ? help  q quit",
    ]


def test_in_ascii_they_are_ascii() -> None:
    found = shown(SIGHT, ascii=True)
    assert all(row.isascii() for row in found)
    assert found[1] == "   minimal techno | warm pads x1.5"
    assert found[2].startswith("   up down bpm  left right density")


def test_how_loud_it_is_played_is_told_where_it_was_turned() -> None:
    assert shown(replace(SIGHT, gain_db=-3))[0].startswith(" ▸ PLAYING    0:34 of 1:00  -3 dB  bpm 125")
    assert shown(replace(SIGHT, gain_db=6))[0].startswith(" ▸ PLAYING    0:34 of 1:00  +6 dB  bpm 125")


def test_gaps_are_told() -> None:
    few = replace(SIGHT, desk=Desk(PROMPTS, MusicGenerationConfig()), total_s=None)
    assert shown(few)[0] == " ▸ PLAYING    0:34"
    assert shown(replace(few, gaps=1))[0] == " ▸ PLAYING    0:34  1 gap"
    assert shown(replace(few, gaps=2))[0] == " ▸ PLAYING    0:34  2 gaps"


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("connecting", "◌ CONNECTING"),
        ("waiting", "◌ WAITING"),
        ("writing", "▸ WRITING"),
        ("paused", "○ PAUSED"),
        ("no speaker", "✗ NO SPEAKER"),
    ],
)
def test_each_state_has_its_word(state: State, word: str) -> None:
    assert shown(replace(SIGHT, state=state))[0].startswith(f" {word}")


def test_only_keys_that_work_are_offered() -> None:
    assert shown(replace(SIGHT, state="connecting"))[2] == "   q quit"
    assert shown(replace(SIGHT, steers=False))[2] == "   q quit"
    assert "space play" in shown(replace(SIGHT, state="paused"))[2]
    assert shown(replace(SIGHT, state="paused", steers=False))[2] == "   space play  q quit"
    assert len(shown(replace(SIGHT, keys=False))) == 2


def test_where_there_is_little_room_help_and_the_way_out_stay() -> None:
    assert shown(SIGHT, 40) == [
        " ▸ PLAYING    0:34 of 1:00  bpm 125",
        "   minimal techno · warm pads ×1.5",
        "   ↑↓ bpm  ←→ density  ? help  q quit",
    ]
    assert shown(SIGHT, 20)[1:] == ["   minimal techno…", "   ? help  q quit"]


def test_a_prompt_that_is_typed_is_shown_with_its_cursor() -> None:
    editor = Editor()
    for letter in "dub":
        editor.press(letter_key(letter))
    editor.press(key("left"))
    assert shown(replace(SIGHT, editor=editor))[1:] == ["   prompt> du▌b", "   enter send  esc back  ↑ last prompt"]
    editor.press(key("home"))
    assert shown(replace(SIGHT, editor=editor))[1] == "   prompt> ▌dub"


def letter_key(letter: str) -> Key:
    return Key("char", letter)


def key(name: str) -> Key:
    return Key(name)


HOSTILE = st.text(st.sampled_from("ab \x1b[31m\n\t\x9b\u202e\u2066漢🙂\u0301"), max_size=40)


@given(HOSTILE, HOSTILE, st.integers(1, 140), st.booleans())
def test_whatever_the_prompts_are_rows_fit_and_command_nothing(
    prompt: str, typed: str, columns: int, ascii: bool
) -> None:
    editor = Editor()
    editor.press(Key("paste", typed))
    desk = Desk([WeightedPrompt(text=prompt, weight=2), WeightedPrompt()], MusicGenerationConfig(scale=prompt))
    for sight in (Sight("playing", desk), Sight("playing", desk, editor=editor)):
        for row in rows(sight, columns, ascii=ascii):
            assert width_of(row) <= max(columns - 1, 1)
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text_of(row))


def test_the_clock_has_hours_where_there_are_any() -> None:
    assert [clock(seconds) for seconds in (-1, 9.9, 61, 3_661)] == ["0:00", "0:09", "1:01", "1:01:01"]
