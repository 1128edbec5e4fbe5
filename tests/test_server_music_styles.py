"""Tests what prompts mean: known words, unknown ones, and several together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.music.composer import BASSES
from livechat.server.music.drums import BEATS
from livechat.server.music.instruments import TIMBRES
from livechat.server.music.styles import (
    GENRES,
    HEAVIEST,
    INSTRUMENTS,
    MOODS,
    PLAIN,
    SPELLINGS,
    WORDS,
    Style,
    between,
    mixture_of,
    style_of,
    words_in,
)


def style(*prompts: tuple[str, float]) -> Style:
    return style_of(mixture_of(prompts))


@pytest.mark.parametrize("name", WORDS)
def test_the_table_names_only_what_can_be_played(name: str) -> None:
    word = WORDS[name]
    assert set(word.plays) <= TIMBRES.keys()
    assert word.beat in ("", *BEATS)
    assert word.bass in ("", *BASSES)
    assert word.bpm is None or 60 <= word.bpm <= 200
    assert all(value is None or 0 <= value <= 1 for value in (word.swing, word.busy, word.light, word.sevenths))


def test_the_tables_do_not_hide_each_others_words() -> None:
    assert len(WORDS) == len(GENRES) + len(INSTRUMENTS) + len(MOODS)
    assert all(spelt in WORDS and other not in WORDS for other, spelt in SPELLINGS.items())


def test_a_genre_says_how_fast_and_on_what_beat() -> None:
    assert style(("techno", 1)).bpm == 130
    assert style(("techno", 1)).beat == "four"
    assert style(("Smooth JAZZ trio", 1)).bass == "walking"
    assert style(("lo-fi beats", 1)) == style(("Lofi", 1))


def test_who_is_named_first_weighs_twice_what_the_next_does() -> None:
    plays = style(("jazz", 1)).plays
    assert plays["piano"] == pytest.approx(2 * plays["brass"])


def test_an_instrument_says_who_plays_and_nothing_else() -> None:
    assert style(("flutes", 1)).plays == {"flute": 1.0}
    assert style(("flute", 1)).bpm == PLAIN.bpm


def test_a_mood_moves_the_light() -> None:
    assert style(("happy piano", 1)).light > 0.9
    assert style(("dark piano", 1)).light < 0.2


def test_nothing_asked_for_is_plain() -> None:
    assert style() == PLAIN


def test_prompts_count_by_their_weights() -> None:
    assert style(("techno", 3), ("ambient", 1)).bpm == pytest.approx(130 * 0.75 + 68 * 0.25)
    assert style(("techno", 3), ("ambient", 1)).beat == "four"
    assert style(("techno", 1), ("ambient", 3)).beat == "none"
    plays = style(("piano", 2), ("flute", 1)).plays
    assert plays["piano"] == pytest.approx(2 * plays["flute"])


@given(st.text(), st.text())
def test_any_prompt_means_something_and_always_the_same(text: str, other: str) -> None:
    assert words_in(text) == words_in(text)
    assert style((text, 1.0)) == style((text, 0.5))
    made = style((text, 1.0), (other, 2.0))
    assert sum(made.plays.values()) == pytest.approx(1)
    assert 60 <= made.bpm <= 200


def test_unknown_words_mean_different_things() -> None:
    styles = [style((f"zzyzx {number}", 1)) for number in range(20)]
    assert len({(made.bpm, tuple(made.plays)) for made in styles}) > 10


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)))
def test_shares_make_up_one(prompts: dict[str, float]) -> None:
    shares = mixture_of(prompts.items())
    assert all(share > 0 for share in shares.values())
    assert not shares or sum(shares.values()) == pytest.approx(1)
    assert bool(shares) == any(weight > 0 for weight in prompts.values())


def test_a_weight_below_zero_leaves_its_prompt_out_and_the_heaviest_have_a_bound() -> None:
    assert mixture_of([("techno", 1.0), ("jazz", -1.0)]) == {"techno": 1.0}
    assert mixture_of([("techno", 1e308), ("jazz", HEAVIEST)]) == {"techno": 0.5, "jazz": 0.5}
    assert mixture_of([("techno", 1.0), ("techno", 2.0), ("jazz", 1.0)]) == {"techno": 0.75, "jazz": 0.25}


def test_the_way_from_one_to_another_goes_by_shares() -> None:
    one, other = {"techno": 1.0}, {"jazz": 0.5, "techno": 0.5}
    assert between(one, other, 0) == {"techno": 1.0, "jazz": 0.0}
    assert between(one, other, 0.5) == {"techno": 0.75, "jazz": 0.25}
    assert between(one, other, 1) == other
    assert between({}, other, 0.1) == other
