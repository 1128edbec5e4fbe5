"""The cast is what the wish says and, where it says nothing, what the seed says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.chooser import Chooser
from livechat.server.skills.story_cast import Cast, cast
from livechat.server.skills.story_topics import topics_of


def of(wish: str, seed: int = 1) -> Cast:
    return cast(topics_of(wish), Chooser(seed))


def test_the_wish_is_granted() -> None:
    slots = of("a story about a fox, a crow, a lighthouse and a violin").slots
    assert slots["a_kind"] == "a fox"
    assert slots["a_friend"] == "a crow"
    assert (slots["first"], slots["again"]) == ("at a lighthouse", "at the lighthouse")
    assert (slots["a_thing"], slots["the_thing"]) == ("a violin", "the violin")


def test_what_has_no_part_is_kept_as_an_extra() -> None:
    whole = of("a story about a fox, a crow, a bear, Ada, a castle and a cave")
    assert whole.extras == ["a bear", "Ada", "a cave"]
    assert of("a story about a fox").extras == []


def test_what_the_hero_is_known_for_is_kept() -> None:
    whole = of("a story about a man who counts to 17")
    assert (whole.kind, whole.known_for) == ("man", "who counts to 17")


@pytest.mark.parametrize(
    ("wish", "he", "his", "himself"),
    [
        ("a story about a queen", "she", "her", "herself"),
        ("a story about a king", "he", "his", "himself"),
        ("a story about a baker named Ada", "she", "her", "herself"),
        ("a story about Tom", "he", "his", "himself"),
    ],
)
def test_pronouns_fit_the_hero(wish: str, he: str, his: str, himself: str) -> None:
    for seed in range(9):
        slots = of(wish, seed).slots
        assert (slots["he"], slots["his"], slots["himself"]) == (he, his, himself)
        assert slots["He"] == he.capitalize()


def test_a_hero_with_only_a_name_is_somebody() -> None:
    slots = of("a story about Ada and Tom").slots
    assert (slots["Name"], slots["a_kind"]) == ("Ada", "a young woman")
    assert (slots["Friend"], slots["a_friend"]) == ("Tom", "a young man")


@pytest.mark.parametrize(
    ("wish", "one"), [("a story about a bell", True), ("a story about winter", False), ("a story", True)]
)
def test_it_is_known_whether_there_can_be_one_of_the_thing(wish: str, one: bool) -> None:
    assert of(wish).one_thing is one


@given(st.integers(0, 2**32), st.sampled_from(["a story", "a story about a fox", "a story about Mira", "about a king"]))
def test_hero_and_helper_are_never_the_same(seed: int, wish: str) -> None:
    slots = of(wish, seed).slots
    assert slots["Name"] != slots["Friend"]
    assert slots["a_kind"] != slots["a_friend"]
    assert all(slots.values())


def test_two_of_one_kind_have_two_names() -> None:
    for seed in range(100):
        slots = of("a story about a queen and a girl", seed).slots
        assert slots["Name"] != slots["Friend"]


def test_where_nothing_is_said_the_helper_is_told_apart_by_the_pronoun() -> None:
    for seed in range(20):
        slots = of("a story", seed).slots
        if "girl" not in slots["a_friend"] + slots["a_kind"]:
            assert slots["he"] != slots["fhe"]
